/*
 * The result of every operation that can fail, with one text and one fault class each.
 *
 * The class answers the only question a caller has: whose fault is it, and what is the reaction.
 *   PEER       bytes from outside break a rule: cut that peer (or refuse that input), go on.
 *   RULE       a person asked for what a rule forbids: say so, nothing was changed.
 *   TRANSIENT  ours, may pass: try again later.
 *   FATAL      ours, will not pass by itself: stop writing, keep serving reads.
 */
#ifndef HOSO_PROTOCOL_BASE_STATUS_H
#define HOSO_PROTOCOL_BASE_STATUS_H

#define CHECK_RESULT __attribute__((warn_unused_result))

/* X(name, class, text) */
#define STATUS_TABLE(X)                                                                            \
    X(OK, NONE, "done")                                                                            \
    X(MALFORMED, PEER, "bytes are not in canonical form")                                          \
    X(LIMIT, PEER, "a bound of limits.h would be passed")                                          \
    X(PROTOCOL, PEER, "legal bytes at the wrong moment")                                           \
    X(FORGED, PEER, "a hash or a signature does not fit")                                          \
    X(UNKNOWN_PEER, PEER, "the key was never granted")                                             \
    X(NEWER, PEER, "needs a newer version of this program")                                        \
    X(REFUSED, RULE, "a rule forbids it")                                                          \
    X(USAGE, RULE, "the request is not well formed")                                               \
    X(NOT_FOUND, RULE, "nothing of that name")                                                     \
    X(AMBIGUOUS, RULE, "the name fits more than one thing")                                        \
    X(CHANGED, RULE, "the case has changed since it was shown")                                    \
    X(BUSY, TRANSIENT, "another process owns the store and does not answer")                       \
    X(UNREACHABLE, TRANSIENT, "the other side cannot be reached")                                  \
    X(NO_MEMORY, TRANSIENT, "out of memory")                                                       \
    X(FULL, TRANSIENT, "no room left for this in the store")                                       \
    X(IO, FATAL, "the disk or the store failed")                                                   \
    X(READ_ONLY, FATAL, "the disk takes no writes")                                                \
    X(CORRUPT, FATAL, "the store does not hold what it must")                                      \
    X(STORE_NEWER, FATAL, "the store was written by a newer version")                              \
    X(INSECURE, RULE, "the line is not encrypted to the node that was pinned")

enum status {
#define STATUS_ENUM(name, class, text) STATUS_##name,
    STATUS_TABLE(STATUS_ENUM)
#undef STATUS_ENUM
};

enum status_class {
    STATUS_CLASS_NONE,
    STATUS_CLASS_PEER,
    STATUS_CLASS_RULE,
    STATUS_CLASS_TRANSIENT,
    STATUS_CLASS_FATAL
};

/* Returns the name ("MALFORMED"), the English text, or the class of |status|. Never NULL. */
const char *status_name(enum status status);
const char *status_text(enum status status);
enum status_class status_class_of(enum status status);

#endif
