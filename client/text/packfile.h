/*
 * A pack as an office's people write it: a folder with procedures.json, calendar.csv, units.csv and
 * staff.csv, or the example district built in. Turned into struct pack and its canonical bytes.
 *
 * The files are the format of client/example; client/example/staff.csv is read so that the order of
 * hats stays, since the first one listed is the one an officer acts in. Unknown members and columns
 * are passed over: they are for later versions.
 */
#ifndef HOSO_CLIENT_TEXT_PACKFILE_H
#define HOSO_CLIENT_TEXT_PACKFILE_H

#include "protocol/case/pack/pack.h"

enum { PACKFILE_PROBLEM_BYTES = 256, PACKFILE_BYTES_MAX = 4 * 1024 * 1024 };

struct packfile_texts {
    struct bytes procedures;
    struct bytes calendar;
    struct bytes units;
    struct bytes staff;
};

/* Where and what is wrong, in English: "staff.csv, line 3: unknown hat". */
struct packfile_problem {
    char text[PACKFILE_PROBLEM_BYTES];
};

/*
 * Reads the four texts. Everything in |*pack| lives in |arena|; |example| is left false and |hash|
 * none. Errors: MALFORMED with |problem|, LIMIT, NO_MEMORY.
 */
CHECK_RESULT enum status packfile_parse(const struct packfile_texts *texts, struct arena *arena,
                                        struct pack *pack, struct packfile_problem *problem);
/*
 * Appends the canonical bytes of the pack in folder |path|, or of the example district if |path| is
 * NULL. Errors: NOT_FOUND or REFUSED (a file cannot be read), MALFORMED, LIMIT, USAGE, all with
 * |problem|; IO, NO_MEMORY.
 */
CHECK_RESULT enum status packfile_encode(const char *path, struct buffer *out,
                                         struct packfile_problem *problem);
/*
 * Appends the canonical bytes of the example district with the days of |calendar|, a text of
 * calendar.csv's form, instead of its own; NULL: with its own. Errors: MALFORMED, LIMIT, USAGE with
 * |problem|; NO_MEMORY.
 */
CHECK_RESULT enum status packfile_encode_example(const struct buffer *calendar, struct buffer *out,
                                                 struct packfile_problem *problem);

#endif
