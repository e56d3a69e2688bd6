#include "client/replica/state.h"

enum status replica_any_stale(struct replica_read *read, bool *any)
{
    struct store_cursor *cursor = NULL;
    struct bytes key = {NULL, 0};
    struct bytes value = {NULL, 0};
    const uint8_t first = 0;

    *any = false;
    enum status status = store_cursor_open(read->store, TABLE_DIRTY, &cursor);
    if (status != STATUS_OK) {
        return status;
    }
    status = store_seek(cursor, bytes_of(&first, 1), &key, &value);
    store_cursor_close(cursor);
    *any = status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
