/* What a program says that is ended by its store: the store's file is mapped, so one that was cut
 * off, or a disk that cannot read it, is a signal instead of an error. */
#ifndef HOSO_CLIENT_HOME_BROKEN_H
#define HOSO_CLIENT_HOME_BROKEN_H

#include <stdbool.h>

/* From now on SIGBUS says on standard error what to do, with |json| also as an error object on
 * standard output, and ends the process with exit code 5. Once, at the start of main(). */
void broken_store_says(bool vietnamese, bool json);

#endif
