/* What a program says that is ended by its store: the store's file is mapped, so one that was cut
 * off, or a disk that cannot read it, is a signal instead of an error. */
#ifndef HOSO_CLIENT_HOME_BROKEN_H
#define HOSO_CLIENT_HOME_BROKEN_H

#include <stdbool.h>

/* From now on SIGBUS, and SIGSEGV, to which a broken page may lead LMDB, say on standard error what
 * to do, with |json| also as an error object on standard output, and end the process with exit code
 * 5. With a sanitizer SIGSEGV stays its own. Once, at the start of main(). */
void broken_store_says(bool vietnamese, bool json);
/* For a child whose parent says what its end by a signal means. */
void broken_store_is_silent(void);

#endif
