/* What systemd is told of the daemon's life, over the socket it named. Source: sd_notify(3). */
#ifndef HOSO_DAEMON_NOTIFY_H
#define HOSO_DAEMON_NOTIFY_H

/* Sends |state| ("READY=1", "STOPPING=1") if NOTIFY_SOCKET is set; else, or on failure, nothing. */
void notify_send(const char *state);
/* How often "WATCHDOG=1" is to be sent, in seconds: half of what systemd allows; 0: never. */
unsigned notify_watchdog_seconds(void);

#endif
