/*
 * libhoso: an embeddable offline replica.
 *
 * One call opens a home, one call asks it anything the command line can ask, one call syncs.
 * Requests and answers are JSON (UTF-8), the same documents `hoso --json` prints; README.md
 * "Commands" lists them. A home belongs to one process; where a daemon already owns it, the same
 * calls go to that daemon through its local socket.
 *
 * Threads: one handle is used by one thread at a time; different handles are independent.
 */
#ifndef HOSO_H
#define HOSO_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hoso hoso;

/* Exit codes of the programs and results of every call. */
enum hoso_code {
    HOSO_DONE = 0,
    HOSO_REFUSED = 1, /* by a rule */
    HOSO_USAGE = 2,   /* the request is wrong */
    HOSO_NOT_FOUND = 3,
    HOSO_UNREACHABLE = 4, /* the other side */
    HOSO_STORE = 5,       /* the store or the machine failed */
    HOSO_BUSY = 6         /* another process owns the store and does not answer */
};

/*
 * Opens the home in folder |home|, or reaches the daemon that runs on it. |*handle| is NULL unless
 * HOSO_DONE; close it with hoso_close(). Else: HOSO_USAGE (|home| is NULL or too long),
 * HOSO_NOT_FOUND (no home there: make one with `hoso init`), HOSO_BUSY (its owner does not answer:
 * try again), HOSO_STORE.
 */
enum hoso_code hoso_open(const char *home, hoso **handle);
/* Closes it; NULL is allowed. */
void hoso_close(hoso *handle);

/*
 * Runs |verb| ("receive", "set", "show", "list" …) with |arguments|, a JSON object (NULL: none).
 * |*answer| becomes the JSON document, or one document a line for lists; on another code than
 * HOSO_DONE the document
 * {"error":{"code","message","kept","next"}}. Free it with hoso_free().
 */
enum hoso_code hoso_call(hoso *handle, const char *verb, const char *arguments, char **answer);
/* Frees an answer; NULL is allowed. */
void hoso_free(char *answer);

/* The library's version, "0.1.0". */
const char *hoso_version(void);

#ifdef __cplusplus
}
#endif

#endif
