#include "daemon/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/un.h>

void notify_send(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t size = path != NULL ? strlen(path) : 0;
    int fd = -1;

    if (size == 0 || size >= sizeof to.sun_path)
        return;
    memcpy(to.sun_path, path, size);
    if (path[0] == '@')
        to.sun_path[0] = '\0'; /* the abstract name space */
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&to,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size));
    close(fd);
}

unsigned notify_watchdog_seconds(void)
{
    const char *usec = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");
    unsigned long long half = usec != NULL ? strtoull(usec, NULL, 10) / 2000000 : 0;

    if (pid != NULL && strtoull(pid, NULL, 10) != (unsigned long long)getpid())
        return 0; /* meant for the process around this one */
    if (usec != NULL && half == 0 && usec[0] != '0')
        half = 1;
    return half > 3600 ? 3600 : (unsigned)half;
}
