/*
 * Why a record has no effect, or an act is refused: one code, one English sentence and the rule
 * behind it each. Whoever speaks another language translates by code.
 */
#ifndef HOSO_PROTOCOL_CASE_VIEW_WHY_H
#define HOSO_PROTOCOL_CASE_VIEW_WHY_H

/* X(code, English text, rule of SPEC.md "Views" or NULL) */
#define WHY_TABLE(X)                                                                               \
    X(NONE, "it has effect", NULL)                                                                 \
    X(UNGRANTED, "its device has no grant for this dossier", "H33")                                \
    X(REVOKED, "it lies behind the cut of a revocation", "H18")                                    \
    X(REFUSED, "a refusal names it", "F14")                                                        \
    X(HELD, "a record it builds on is missing", "H28")                                             \
    X(NEWER, "it needs a newer version of this program", "H37")                                    \
    X(UNREADABLE, "its body cannot be read", "H16")                                                \
    X(NOT_LOADED, "the dossier is not complete here", "H25")                                       \
    X(NO_OFFICER, "no officer stands in it", "D5")                                                 \
    X(FOREIGN_UNIT, "the hat does not act in the dossier's unit", "D5")                            \
    X(NOT_RECEIVED, "the step does not open a dossier", "B4")                                      \
    X(NO_PROCEDURE, "the pack has no such procedure", "F13")                                       \
    X(HAT_STEP, "the hat may not take this step", "B4")                                            \
    X(HAT_WRITE, "the hat may not write this field", "D5")                                         \
    X(HAT_SETTLE, "the hat may not settle this field", "D5")                                       \
    X(RANK, "a higher rank has settled this field", "F05")                                         \
    X(FIELD_UNKNOWN, "the pack has no such field", "F13")                                          \
    X(FIELD_TWICE, "it writes one field twice", "D5")                                              \
    X(FIELD_OPERATION, "the field is no list: it is set, not added to", "F15")                     \
    X(STATE_WRITTEN, "the state changes by a step, not by a value", "F08")                         \
    X(CONFLICT, "the field is in conflict: only a resolution ends it", "F02")                      \
    X(STATE_CONFLICT, "the state is in conflict: only a resolution ends it", "F02")                \
    X(BLOCKED, "the step waits for a field in conflict", "D1")                                     \
    X(ERASED, "an erased value leaves it uncertain whether the field is in conflict", "D1")        \
    X(STEP_UNKNOWN, "there is no such step", "B4")                                                 \
    X(STEP_FROM, "the step does not start from this state", "B4")                                  \
    X(STEP_DONE, "the step may happen once and has happened", "P2")                                \
    X(STEP_UNFILLED, "the step must fill its field", "P2")                                         \
    X(STEP_LIMIT, "the dossier has too many steps", "D5")                                          \
    X(SETTLE_NOTHING, "it names no field to settle", "H22")                                        \
    X(SETTLE_REASON, "it gives no reason", "H22")                                                  \
    X(SETTLE_STATE, "it chooses a state that was not before it", "F08")                            \
    X(SETTLE_NUMBER, "it chooses a number that was not before it", "F08")                          \
    X(SETTLE_SOURCE, "the value is not that of the record it names", "H22")                        \
    X(SETTLE_AGAIN, "the same officer chose this value before, against one of equal rank", "F09")  \
    X(SHOWN_OTHER, "what was shown is not what the dossier holds", "F10")                          \
    X(SHOWN_CONFLICT, "a field that was shown is in conflict", "F10")                              \
    X(NUMBER_STANDS, "the number stands and is not written over", "D5")                            \
    X(BOOK_SETTLES, "a book entry settles nothing", "H20")                                         \
    X(BOOK_OVER_LIVE, "a book entry writes nothing over a live act", "H20")                        \
    X(HAT_REPACK, "the hat may not move the dossier to another pack", "F13")                       \
    X(ONLY_NOTES, "until the program is newer, only notes are taken", "H37")

enum view_why {
#define WHY_ENUM(code, text, rule) WHY_##code,
    WHY_TABLE(WHY_ENUM)
#undef WHY_ENUM
};

/* The English sentence; the rule or NULL. Never fail. */
const char *view_why_text(enum view_why why);
const char *view_why_rule(enum view_why why);
/* The code of a sentence that view_why_text() gave; WHY_NONE for NULL and any other. */
enum view_why view_why_of(const char *text);

#endif
