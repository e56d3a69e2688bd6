#include "client/link/journal.h"

#include <stdarg.h>
#include <stdio.h>

void journal_say(const struct journal *journal, enum journal_level level, const char *event,
                 const char *format, ...)
{
    char fields[JOURNAL_LINE_MAX];
    va_list arguments;

    if (journal == NULL || journal->line == NULL)
        return;
    va_start(arguments, format);
    if (vsnprintf(fields, sizeof fields, format, arguments) < 0)
        fields[0] = '\0';
    va_end(arguments);
    journal->line(journal->context, level, event, fields);
}

void journal_key(const struct public_key *key, char text[JOURNAL_KEY_SIZE])
{
    hex_encode(bytes_of(key->bytes, (JOURNAL_KEY_SIZE - 1) / 2), text);
}
