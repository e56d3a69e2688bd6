/* Randomness of the machine. The only file of this layer that includes libsodium. Any thread. */
#ifndef HOSO_CLIENT_HOME_ENTROPY_H
#define HOSO_CLIENT_HOME_ENTROPY_H

#include "protocol/base/status.h"

#include <stddef.h>
#include <stdint.h>

/* Makes the library ready; once before threads start, more often does nothing. IO: it cannot be. */
CHECK_RESULT enum status entropy_start(void);
/* Fills |out| with |size| random bytes fit for keys. Never fails once started. */
void entropy_fill(uint8_t *out, size_t size);
/* Overwrites a secret so that the compiler keeps the write. */
void entropy_wipe(void *at, size_t size);

#endif
