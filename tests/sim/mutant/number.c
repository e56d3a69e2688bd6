/*
 * A deliberate fault, linked around the numbers (-Wl,--wrap): a store that has found out that it
 * was restored does not doubt its numbers, and draws those it no longer knows of again.
 */
#include "client/replica/act/number.h"

enum status __wrap_number_doubt(struct replica *replica, const struct name *log, uint64_t seq,
                                const struct name *id16);
enum status __wrap_number_doubt_all(struct replica *replica);

enum status __wrap_number_doubt_all(struct replica *replica)
{
    (void)replica;
    return STATUS_OK;
}

enum status __wrap_number_doubt(struct replica *replica, const struct name *log, uint64_t seq,
                                const struct name *id16)
{
    (void)replica;
    (void)log;
    (void)seq;
    (void)id16;
    return STATUS_OK;
}
