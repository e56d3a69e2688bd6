/*
 * One call of a command: what it was asked, where its answer goes, and the words for it. Shared by
 * the files of this folder.
 *
 * Texts stand beside each other in both languages where they are said. An answer in JSON never has
 * words on stdout that are not JSON; a failure says what happened, what was kept, what to do next.
 */
#ifndef HOSO_CLIENT_COMMAND_CALL_H
#define HOSO_CLIENT_COMMAND_CALL_H

#include "client/command/command.h"
#include "client/text/json.h"

enum { CALL_ARENA_BYTES = 256 * 1024 * 1024, CALL_MESSAGE_BYTES = 2048 };

struct call {
    const struct command_host *host;
    const char *verb; /* as it was called */
    const struct json *arguments;
    bool vietnamese;
    bool json;
    bool failed; /* call_fail() has spoken */
    struct command_answer *answer;
    struct json_writer writer; /* into |answer->out| */
    struct arena arena;        /* freed when the call ends */
};

/* A text in both languages. */
struct words {
    const char *vietnamese;
    const char *english;
};

/* The one of the call's language. */
const char *call_pick(const struct call *call, const char *vietnamese, const char *english);

/* Text for people on stdout, in the call's language; nothing where JSON is asked for. */
void call_say(struct call *call, const char *vietnamese, const char *english, ...)
    __attribute__((format(printf, 2, 4), format(printf, 3, 4)));
/* Bytes as they are on stdout, for people. */
void call_put(struct call *call, struct bytes text);
/* Pads with spaces so that |text| (of UTF-8 characters) fills |columns|. */
void call_put_padded(struct call *call, struct bytes text, size_t columns);
/* Gives what stands in |answer->out| away if much of it does and the host takes it. */
void call_flush(struct call *call);
/* Whether the host is to end: a long command then ends with BUSY. */
bool call_stopped(const struct call *call);

/* What becomes of a failed call. |kept| and |next| may be {NULL, NULL}. */
struct failure {
    enum hoso_code code;
    const char *name; /* "competence", "not_found" …: stable, for programs */
    struct words kept;
    struct words next;
};

/* Ends the call with |failure| and a message. Returns |failure->code|'s. The first one stays. */
void call_fail(struct call *call, const struct failure *failure, const char *vietnamese,
               const char *english, ...)
    __attribute__((format(printf, 3, 5), format(printf, 4, 5)));
/* Ends the call with |failure| though its answer stands (`status` while something waits): in JSON
 * as the member "error" of the object being written, else a line on stderr. */
void call_note_error(struct call *call, const struct failure *failure, const char *vietnamese,
                     const char *english);
/* What |status| says, and what to do: a line each, where there are words for it. */
void call_say_status(struct call *call, enum status status);
/* call_fail() for a status no command has words of its own for. Does nothing for OK. */
void call_fail_status(struct call *call, enum status status);
/* Wrong usage: |name| is the argument it is about. */
void call_fail_usage(struct call *call, const char *name, const char *vietnamese,
                     const char *english);

/* ---- arguments ---- */

/* A text argument, trimmed; empty if it was not given. */
struct bytes call_text(const struct call *call, const char *key);
/* The same, ends the call with USAGE if it is empty. */
bool call_needs(struct call *call, const char *key, struct bytes *text);
/* A text argument in composed form (NFC), in the call's arena: for what is signed. False: it holds
 * characters that are not allowed, the call has failed. */
bool call_composed(struct call *call, const char *key, struct bytes *text);
bool call_flag(const struct call *call, const char *key);
/* An integer, also as digits in a text; |otherwise| if it was not given. False: it is none, or not
 * within |least| and |most|; the call has failed then. */
bool call_number(struct call *call, const char *key, int64_t least, int64_t most, int64_t otherwise,
                 int64_t *number);

/* ---- who acts, on what ---- */

struct actor {
    const struct pack_officer *officer;
    uint64_t hat;
};

/* The pack that holds now; fails the call if there is none. */
const struct pack *call_pack(struct call *call);
/* Who acts: the argument "as" (OFFICER or OFFICER:HAT), else the home's officer. False: the call
 * has failed (nobody named, unknown, not his hat). */
bool call_actor(struct call *call, struct actor *actor);
/*
 * A snapshot whose derived rows (list, search, figures) show all there is: what is stale is made
 * first, in bounded groups so that live acts get between. NULL: the call has failed. Ends with
 * replica_read_end().
 */
struct replica_read *call_read(struct call *call);
/* The case that CODE (a code, a case id, a prefix) names. False: none or several, the call has
 * failed and said so. */
bool call_case(struct call *call, struct replica_read *read, struct bytes code,
               struct name *case_name);

/* Ends the call with what replica_act() refused: its reason, article and the next step. */
void call_fail_act(struct call *call, enum status status, const struct act_result *result);

#endif
