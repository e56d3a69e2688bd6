/*
 * The words of a command line, turned into the JSON arguments of a verb.
 */
#ifndef HOSO_CLIENT_COMMAND_ARGUMENTS_H
#define HOSO_CLIENT_COMMAND_ARGUMENTS_H

#include "client/command/verb.h"

/* What every verb of the program takes. Borrowed from the words. */
struct arguments {
    const struct verb *verb; /* NULL: none given (help or version) */
    const char *home;        /* --home, or NULL */
    const char *as;          /* --as, or NULL */
    bool json;
    bool help;
    bool version;
};

enum { ARGUMENTS_PROBLEM_BYTES = 512, ARGUMENTS_FILE_BYTES_MAX = 64 * 1024 * 1024 };

/*
 * Reads |words| (without the program's name); |*arguments| holds the defaults of |home| and |as|;
 * appends the verb's arguments as a JSON object to |out|, terminated. `k=@FILE`, the file of
 * `import` and the calendar of `due` are read here: a daemon on the other side of a socket opens no
 * file of its caller. Errors: USAGE with |problem| (in the language chosen); NOT_FOUND, REFUSED,
 * IO, LIMIT of a file, with |problem|; NO_MEMORY.
 */
CHECK_RESULT enum status arguments_read(int count, char *const *words, bool vietnamese,
                                        struct arguments *arguments, struct buffer *out,
                                        char problem[ARGUMENTS_PROBLEM_BYTES]);

/* The answer to words that could not be read. */
void arguments_refuse(const struct command_request *request, struct command_answer *answer,
                      enum status status, const char *problem);

/* The help of one verb, or of the program if |verb| is NULL. */
void arguments_help(const struct verb *verb, bool vietnamese, struct buffer *out);

#endif
