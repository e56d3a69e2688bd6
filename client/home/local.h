/*
 * The local socket of a home, `daemon.sock`: how `hoso` uses the store of a running daemon. Both
 * halves use this file, the daemon's loop with its own reading and writing.
 *
 *   request  one line   {"verb","arguments","json","vietnamese"}
 *   answer   one line   {"code","out","err"}
 *            before it any number of lines {"out"} while a verb is still going on (`sync --watch`);
 *            an empty one every LOCAL_HEARTBEAT_MS says that the daemon lives
 *
 * A line is a JSON document and a line feed; a file a command needs travels inside the arguments.
 * The socket is 0600: whoever may open it may open the store.
 */
#ifndef HOSO_CLIENT_HOME_LOCAL_H
#define HOSO_CLIENT_HOME_LOCAL_H

#include "client/command/command.h"
#include "client/text/json.h"

enum {
    LOCAL_REQUEST_BYTES_MAX = 96 * 1024 * 1024,  /* a register of 64 MB with its quoting */
    LOCAL_ANSWER_BYTES_MAX = 1024 * 1024 * 1024, /* an export of a whole store */
    LOCAL_HEARTBEAT_MS = 2000,
    LOCAL_QUIET_SECONDS = 6,    /* three heartbeats did not come: a person is told */
    LOCAL_SILENCE_SECONDS = 120 /* after so long the client gives up: BUSY */
};

/* "HOME/daemon.sock" for the daemon to bind. LIMIT: longer than a socket's name may be. */
CHECK_RESULT enum status local_socket_path(const char *home, char *out, size_t capacity);

/* Appends the request's line. Errors: LIMIT, NO_MEMORY. */
CHECK_RESULT enum status local_put_request(const struct command_request *request,
                                           struct buffer *out);
/*
 * Takes a request's line (without its line feed) apart. |*request| borrows from |*document| and
 * |*arguments|; free both (json_release, buffer_deinit) afterwards, also on failure. Errors:
 * MALFORMED, NO_MEMORY.
 */
CHECK_RESULT enum status local_take_request(struct bytes line, struct json **document,
                                            struct buffer *arguments,
                                            struct command_request *request);
/* Appends an answer's line. Errors: LIMIT, NO_MEMORY. */
CHECK_RESULT enum status local_put_answer(const struct command_answer *answer, struct buffer *out);
/* Appends a line that carries |text| for stdout before the answer. */
CHECK_RESULT enum status local_put_progress(struct bytes text, struct buffer *out);
/*
 * Takes a line of an answer apart: appends to |answer|'s buffers; |*last| tells an answer from
 * progress. Errors: MALFORMED, LIMIT, NO_MEMORY.
 */
CHECK_RESULT enum status local_take_answer(struct bytes line, struct command_answer *answer,
                                           bool *last);

/* ---- the client's half ---- */

/*
 * Connects to the daemon of |home|. NOT_FOUND: no daemon listens there. BUSY: a socket is there and
 * does not answer for LOCAL_QUIET_SECONDS. IO.
 */
CHECK_RESULT enum status local_connect(const char *home, int *descriptor);
/* Who hears of a call while it lasts; each may be NULL. */
struct local_watch {
    /* A streamed line; NULL: it is gathered in the answer. An empty one is a heartbeat. */
    void (*progress)(void *context, struct bytes text);
    void *context;
    /* Nothing came for LOCAL_QUIET_SECONDS: once a call. */
    void (*quiet)(const void *context);
    const void *quiet_context;
};

/*
 * Sends the request and waits for the answer, however long the verb takes, as long as something
 * comes each LOCAL_SILENCE_SECONDS. Errors: BUSY (the daemon went away, or is silent: whether it
 * does what was asked is not known), MALFORMED, LIMIT, NO_MEMORY.
 */
CHECK_RESULT enum status local_call(int descriptor, const struct command_request *request,
                                    const struct local_watch *watch, struct command_answer *answer);

#endif
