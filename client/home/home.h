/*
 * A home: the folder of one replica on this machine, and the replica in it.
 *
 *   HOME/store/       the store
 *   HOME/daemon.sock  a running daemon's local socket (local.h)
 *   HOME/listen       where the daemon listened last
 *   HOME/tls          the daemon's TLS key and certificate; made anew when it is gone
 *   HOME/mark         what was committed last, as a hint (place.h)
 *   HOME/root-key     a hub's root key until it is carried away
 *
 * One process at a time has it open.
 */
#ifndef HOSO_CLIENT_HOME_HOME_H
#define HOSO_CLIENT_HOME_HOME_H

#include "client/replica/origin.h"

enum { HOME_PATH_SIZE = 512 /* of any path in a home, with the terminator */ };

struct home {
    char path[HOME_PATH_SIZE];
    struct replica_world world; /* this machine's clock and entropy */
    struct store *store;
    struct replica *replica;
    int mark;           /* descriptor of HOME/mark; only while |replica| is open */
    enum origin origin; /* what home_open() found out about the store */
};

/*
 * Says which folder is the home: |option| if not NULL, else HOSO_HOME, else /var/lib/hoso if it is
 * ours, else ~/.local/share/hoso. It need not exist. Errors: LIMIT (too long), NOT_FOUND (no
 * HOME).
 */
CHECK_RESULT enum status home_find(const char *option, char path[HOME_PATH_SIZE]);

/* "PATH/NAME". Errors: LIMIT. */
CHECK_RESULT enum status home_file(const char *path, const char *name, char out[HOME_PATH_SIZE]);

/*
 * Opens the home at |path| into |home|; home_close() it. |home| must not move meanwhile. A store
 * that turns out to be a backup, a copy, or older than this machine remembers begins a new epoch
 * here, before anything else: |origin| says so. Errors:
 * NOT_FOUND (nobody made one there), BUSY (another process has it), STORE_NEWER, CORRUPT, IO,
 * NO_MEMORY.
 */
CHECK_RESULT enum status home_open(struct home *home, const char *path);
/* Closes what is open; all zero is fine. */
void home_close(struct home *home);

/*
 * Makes a home at |path|: the folder if need be, a replica of |identity|, and what |begin| does in
 * the replica's first group (NULL: nothing). All of it is there afterwards, or nothing: a run that
 * was cut off leaves no half-made home. Errors: REFUSED (there is one already), IO, FULL,
 * NO_MEMORY, those of |begin|.
 */
CHECK_RESULT enum status home_create(const char *path, const struct replica_identity *identity,
                                     enum status (*begin)(struct replica *replica, void *context),
                                     void *context);

/*
 * Lets the home at |path| try again to join, with another invitation: takes node above, address
 * and invitation from |with| (replica_rejoin()). Its records stay what they are; |*key| is its
 * own. Errors: REFUSED
 * (the invitation is for another unit or district), NOT_FOUND, BUSY (it is in use), those of
 * home_open(), IO, FULL.
 */
CHECK_RESULT enum status home_rejoin(const char *path, const struct replica_identity *with,
                                     struct public_key *key);

/* The machine's clock and entropy. */
struct replica_world home_world(void);

#endif
