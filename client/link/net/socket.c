#include "client/link/net/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

enum { UNSENT_BYTES = 16 * 1024 };

void socket_tune(int fd)
{
    int unsent = UNSENT_BYTES;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "bbr", 3);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
}
