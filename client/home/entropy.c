#include "client/home/entropy.h"

#include <sodium.h>

enum status entropy_start(void)
{
    return sodium_init() < 0 ? STATUS_IO : STATUS_OK;
}

void entropy_fill(uint8_t *out, size_t size)
{
    randombytes_buf(out, size);
}

void entropy_wipe(void *at, size_t size)
{
    sodium_memzero(at, size);
}
