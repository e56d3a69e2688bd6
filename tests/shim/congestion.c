/*
 * A preloaded library that lets a test say how TCP meets congestion: whatever the program asks for,
 * its sockets get HOSO_CONGESTION (cubic: needs the right to administer its network).
 */
#include "tests/shim/shim.h"

#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

typedef int (*setsockopt_call)(int, int, int, const void *, socklen_t);

int setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
    REAL(setsockopt_call, "setsockopt")
    const char *wanted = getenv("HOSO_CONGESTION");
    if (level == IPPROTO_TCP && name == TCP_CONGESTION && wanted != NULL)
        return real(fd, level, name, wanted, (socklen_t)strlen(wanted));
    return real(fd, level, name, value, size);
}
