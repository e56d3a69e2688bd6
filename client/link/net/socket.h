/* Settings of a TCP socket that make a poor line bearable. */
#ifndef HOSO_CLIENT_LINK_NET_SOCKET_H
#define HOSO_CLIENT_LINK_NET_SOCKET_H

/*
 * Asks the kernel for BBR (six times the goodput of cubic at 10 % loss) and for little
 * unsent data, so that a live act is never queued behind a second of backlog. A kernel may lack
 * either; the line is then slower, not wrong.
 */
void socket_tune(int fd);

#endif
