/*
 * Why the replica refuses a local act before any rule of the case is asked: one code, one English
 * sentence each. Rules of the case speak through protocol/case/view/why.h. Whoever speaks another
 * language translates by code.
 */
#ifndef HOSO_CLIENT_REPLICA_ACT_ACT_WHY_H
#define HOSO_CLIENT_REPLICA_ACT_ACT_WHY_H

/* X(code, English text) */
#define ACT_WHY_TABLE(X)                                                                           \
    X(NONE, "nothing forbids it")                                                                  \
    X(NO_PACK, "there is no procedure pack here yet")                                              \
    X(NO_OFFICER, "the staff list has no such officer")                                            \
    X(NO_HAT, "the officer does not hold that hat")                                                \
    X(FOREIGN_OFFICER, "the officer is of another unit: new dossiers are taken in there")          \
    X(NOT_LOADED, "parts of the dossier are not here yet")                                         \
    X(NEWER, "the dossier needs a newer version of this program")                                  \
    X(NOT_IN_LIST, "the list does not hold what is to be taken off it")                            \
    X(FOREIGN_CODE, "the code is not one of this unit")                                            \
    X(NOT_OWNER, "only the unit's own office brings in its codes: import there")                   \
    X(CODE_TAKEN, "another dossier has this code")                                                 \
    X(CODE_LEASED, "the number is lent to a device")                                               \
    X(OWN_CASE, "nobody decides a dossier of his own")

enum act_why {
#define ACT_WHY_ENUM(code, text) ACT_WHY_##code,
    ACT_WHY_TABLE(ACT_WHY_ENUM)
#undef ACT_WHY_ENUM
};

/* The sentence. Never NULL. */
const char *act_why_text(enum act_why why);
/* The code of a sentence act_why_text() gave; ACT_WHY_NONE for NULL and any other. */
enum act_why act_why_of(const char *text);

#endif
