#include "protocol/record/list.h"
#include "protocol/record/tree.h"

enum { LEASE_ITEMS = 8, DAY_MOST = 3000000, NUMBER_MOST = 9999 };

static enum status take_lease(struct wire_reader *from, struct arena *arena, struct lease *lease)
{
    salt_take(from, lease->salt);
    lease->log = wire_take_name(from, false);
    lease->first_day = wire_take_unsigned(from, DAY_MOST);
    lease->days = wire_take_unsigned(from, LIMIT_LEASE_DAYS);
    lease->first_number = wire_take_unsigned(from, NUMBER_MOST);
    lease->count = wire_take_unsigned(from, NUMBER_MOST);
    lease->unit = wire_take_text(from, 1, LIMIT_CODE_BYTES);
    const struct record_extension *extensions = NULL;
    size_t count = 0;
    enum status status = extensions_take(from, arena, &extensions, &count);
    if (status == STATUS_OK) {
        status = wire_reader_end(from);
    }
    if (status != STATUS_OK) {
        return status;
    }
    bool sound = lease->days > 0 && lease->first_number > 0 && lease->count > 0 &&
                 lease->first_number + lease->count - 1 <= NUMBER_MOST;
    return sound ? STATUS_OK : STATUS_MALFORMED;
}

enum status lease_decode(struct bytes body, struct arena *arena, struct lease *lease)
{
    *lease = (struct lease){.days = 0};
    struct tree tree;
    enum status status = tree_open(&tree, body);
    if (status == STATUS_OK) {
        struct wire_reader items = wire_reader_of(&tree.value, LEASE_ITEMS, LEASE_ITEMS);
        status = take_lease(&items, arena, lease);
    }
    tree_close(&tree);
    return status;
}

enum status lease_encode(const struct lease *lease, struct buffer *out)
{
    size_t start = out->size;
    wire_put_array(out, LEASE_ITEMS);
    wire_put_binary(out, bytes_of(lease->salt, SALT_BYTES));
    wire_put_name(out, &lease->log);
    wire_put_unsigned(out, lease->first_day);
    wire_put_unsigned(out, lease->days);
    wire_put_unsigned(out, lease->first_number);
    wire_put_unsigned(out, lease->count);
    wire_put_text(out, lease->unit);
    extensions_put(out, NULL, 0);
    struct arena arena;
    struct lease again;
    struct bytes encoded = check_begin(out, start, &arena);
    return check_end(out, &arena, lease_decode(encoded, &arena, &again));
}
