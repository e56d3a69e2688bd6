/* The command line of hosod, taken apart and checked once; const afterwards. */
#ifndef HOSO_DAEMON_CONFIG_H
#define HOSO_DAEMON_CONFIG_H

#include "client/home/home.h"
#include "client/link/journal.h"

enum config_verb {
    CONFIG_INIT,
    CONFIG_INVITE,
    CONFIG_RUN,
    CONFIG_PEERS,
    CONFIG_BACKUP,
    CONFIG_SCRUB,
    CONFIG_HELP,
    CONFIG_VERSION
};

struct config {
    enum config_verb verb;
    enum config_verb helped; /* CONFIG_HELP: of which verb; CONFIG_HELP itself: of all */
    char home[HOME_PATH_SIZE];
    bool json;
    bool vietnamese;
    /* all borrowed from the command line; NULL: not given */
    const char *role;
    const char *unit;
    const char *name;
    const char *pack;
    const char *join;
    const char *device;
    const char *url;
    const char *listen;
    const char *upstream;
    const char *folder;    /* backup: where to, or what to check */
    const char *log_file;  /* run: instead of stderr; opened anew at SIGHUP */
    bool insecure;         /* run: by ws beyond this machine too */
    bool any_certificate;  /* run: upwards by wss, whatever key answers */
    bool check;            /* backup: verify a copy instead of making one */
    unsigned rate;         /* backup: megabytes a second; 0: the default */
    unsigned sweep_s;      /* run: between two sweeps; 0: the default */
    unsigned retry_most_s; /* 0: the default */
    enum journal_level log_level;
    bool verify_each; /* every signature by itself, not runs by their last one */
};

enum { CONFIG_PROBLEM_SIZE = 256 };

/* What is wrong with a command line, one line in each language. */
struct config_problem {
    char vietnamese[CONFIG_PROBLEM_SIZE];
    char english[CONFIG_PROBLEM_SIZE];
};

/* Takes |arguments| (argv, with argv[0]) apart; fills |*problem| if they are not well formed.
 * Errors: USAGE. */
CHECK_RESULT enum status config_read(int count, char **arguments, struct config *config,
                                     struct config_problem *problem);
/* The help text of |verb|, with an example; CONFIG_HELP: of the program. */
const char *config_help(enum config_verb verb, bool vietnamese);

#endif
