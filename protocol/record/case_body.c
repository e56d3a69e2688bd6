#include "protocol/record/list.h"
#include "protocol/record/tree.h"

enum { CASE_BODY_ITEMS = 7, SLOT_MOST = 65535, HAT_MOST = 255 };

/* A field's value: nil, integer or text. */
static struct wire_value take_value(struct wire_reader *from)
{
    const struct wire_value *value = wire_take_any(from);
    switch (value->type) {
    case WIRE_NIL:
    case WIRE_NEGATIVE:
        return *value;
    case WIRE_UNSIGNED:
        if (value->as.number <= INT64_MAX) {
            return *value;
        }
        break;
    case WIRE_TEXT:
        if (value->as.bytes.size <= LIMIT_TEXT_BYTES) {
            return *value;
        }
        break;
    case WIRE_BOOLEAN:
    case WIRE_BINARY:
    case WIRE_ARRAY:
    case WIRE_MAP:
        break;
    }
    from->failed = true;
    return (struct wire_value){.type = WIRE_NIL};
}

/* A set after a set of the same field in one record would be two values of one moment. */
static bool sets_twice(const struct write *writes, size_t count)
{
    const struct write *last = &writes[count - 1];
    for (size_t i = 0; last->op == WRITE_SET && i + 1 < count; i++) {
        if (writes[i].op == WRITE_SET && bytes_equal(writes[i].field, last->field)) {
            return true;
        }
    }
    return false;
}

static enum status take_writes(struct wire_reader *from, struct arena *arena,
                               struct case_body *body)
{
    struct wire_reader items = wire_take_array(from, 0, LIMIT_WRITES);
    size_t count = items.left;
    struct write *writes = arena_array(arena, count, sizeof *writes);
    if (writes == NULL) {
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        struct wire_reader item = wire_take_array(&items, 4, 4);
        writes[i].field = wire_take_text(&item, 1, LIMIT_KEY_BYTES);
        writes[i].op = wire_take_unsigned(&item, WRITE_REMOVE);
        writes[i].value = take_value(&item);
        enum status status = hashes_take(&item, arena, LIMIT_SOURCES, LIST_ANY, &writes[i].sources,
                                         &writes[i].source_count);
        if (status == STATUS_OK) {
            status = wire_reader_end(&item);
        }
        if (status != STATUS_OK) {
            return status;
        }
        writes[i].value_bytes = wire_scalar_bytes(&writes[i].value, arena);
        if (writes[i].value_bytes.size == 0) {
            return STATUS_NO_MEMORY;
        }
        if (sets_twice(writes, i + 1)) {
            return STATUS_MALFORMED;
        }
    }
    body->writes = count == 0 ? NULL : writes;
    body->write_count = count;
    return wire_reader_end(&items);
}

static enum status take_shown_fields(struct wire_reader *from, struct arena *arena,
                                     struct case_body *body)
{
    struct wire_reader items = wire_take_array(from, 0, LIMIT_SHOWN);
    size_t count = items.left;
    struct shown_field *fields = arena_array(arena, count, sizeof *fields);
    if (fields == NULL) {
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        struct wire_reader item = wire_take_array(&items, 3, 3);
        fields[i].field = wire_take_text(&item, 1, LIMIT_KEY_BYTES);
        struct wire_value value = take_value(&item);
        enum status status = hashes_take(&item, arena, LIMIT_SOURCES, LIST_ANY, &fields[i].sources,
                                         &fields[i].source_count);
        if (status == STATUS_OK) {
            status = wire_reader_end(&item);
        }
        if (status != STATUS_OK) {
            return status;
        }
        fields[i].value_bytes = wire_scalar_bytes(&value, arena);
        if (fields[i].value_bytes.size == 0) {
            return STATUS_NO_MEMORY;
        }
    }
    body->shown = count == 0 ? NULL : fields;
    body->shown_count = count;
    return wire_reader_end(&items);
}

static enum status take_shown(struct wire_reader *from, struct arena *arena, struct case_body *body)
{
    body->has_shown = !wire_take_nil(from);
    if (!body->has_shown) {
        return STATUS_OK;
    }
    struct wire_reader items = wire_take_array(from, 3, 3);
    body->shown_form = wire_take_text(&items, 1, LIMIT_LABEL_BYTES);
    body->shown_language = wire_take_text(&items, 1, LIMIT_LABEL_BYTES);
    enum status status = take_shown_fields(&items, arena, body);
    return status == STATUS_OK ? wire_reader_end(&items) : status;
}

static enum status take_attachments(struct wire_reader *from, struct arena *arena,
                                    struct case_body *body)
{
    struct wire_reader items = wire_take_array(from, 0, LIMIT_ATTACHMENTS);
    size_t count = items.left;
    struct attachment *list = arena_array(arena, count, sizeof *list);
    if (list == NULL) {
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        struct wire_reader item = wire_take_array(&items, 6, 6);
        list[i].slot = wire_take_unsigned(&item, SLOT_MOST);
        list[i].size = wire_take_unsigned(&item, LIMIT_COUNT);
        list[i].chunk_size = wire_take_unsigned(&item, UINT32_MAX);
        list[i].root = wire_take_hash(&item, false);
        list[i].media_type = wire_take_text(&item, 1, LIMIT_LABEL_BYTES);
        list[i].file_name = wire_take_text(&item, 0, LIMIT_FILE_NAME_BYTES);
        wire_reader_close(&items, &item);
        if (list[i].chunk_size == 0 || (i > 0 && list[i - 1].slot >= list[i].slot)) {
            return STATUS_MALFORMED;
        }
    }
    body->attachments = count == 0 ? NULL : list;
    body->attachment_count = count;
    return wire_reader_end(&items);
}

/* One pair of the detail map; |pair| is a reader over its value alone. */
static enum status take_detail_pair(uint64_t key, struct wire_reader *pair, struct arena *arena,
                                    struct case_body *body)
{
    switch (key) {
    case DETAIL_REASON:
        body->reason = wire_take_text(pair, 1, LIMIT_TEXT_BYTES);
        break;
    case DETAIL_BASIS:
        body->basis = wire_take_text(pair, 1, LIMIT_TEXT_BYTES);
        break;
    case DETAIL_BOOK_OFFICER:
        body->book_officer = wire_take_text(pair, 1, LIMIT_CODE_BYTES);
        break;
    case DETAIL_BOOK_HAT:
        body->book_hat = wire_take_unsigned(pair, HAT_MOST);
        /* No hat is said by leaving the pair out. */
        pair->failed = pair->failed || body->book_hat == 0;
        break;
    case DETAIL_CITES: {
        enum status status =
            hashes_take(pair, arena, LIMIT_CITES, LIST_ANY, &body->cites, &body->cite_count);
        if (status != STATUS_OK) {
            return status;
        }
        pair->failed = pair->failed || body->cite_count == 0;
        break;
    }
    case DETAIL_REQUEST:
        body->request = wire_take_text(pair, 1, LIMIT_REQUEST_BYTES);
        break;
    case DETAIL_NOTE:
        body->note = wire_take_text(pair, 1, LIMIT_TEXT_BYTES);
        break;
    default:
        (void)wire_take_any(pair);
        break;
    }
    return wire_reader_end(pair);
}

static enum status take_detail(struct wire_reader *from, struct arena *arena,
                               struct case_body *body)
{
    const struct wire_value *map = wire_take_any(from);
    if (map->type != WIRE_MAP) {
        from->failed = true;
        return wire_reader_end(from);
    }
    for (size_t i = 0; i < map->as.list.count; i++) {
        const struct wire_value *key = &map->as.list.items[2 * i];
        struct wire_reader pair = {.items = key + 1, .left = 1};
        enum status status = take_detail_pair(key->as.number, &pair, arena, body);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

static enum status take_case_body(struct wire_reader *from, struct arena *arena,
                                  struct case_body *body)
{
    salt_take(from, body->salt);
    if (!wire_take_nil(from)) {
        body->step = wire_take_text(from, 1, LIMIT_KEY_BYTES);
    }
    enum status status = take_writes(from, arena, body);
    if (status == STATUS_OK) {
        status = take_shown(from, arena, body);
    }
    if (status == STATUS_OK) {
        status = take_attachments(from, arena, body);
    }
    if (status == STATUS_OK) {
        status = take_detail(from, arena, body);
    }
    if (status == STATUS_OK) {
        status = extensions_take(from, arena, &body->extensions, &body->extension_count);
    }
    return status == STATUS_OK ? wire_reader_end(from) : status;
}

enum status case_body_decode(struct bytes body, struct arena *arena, struct case_body *out)
{
    *out = (struct case_body){.has_shown = false};
    struct tree tree;
    enum status status = tree_open(&tree, body);
    if (status == STATUS_OK) {
        struct wire_reader items = wire_reader_of(&tree.value, CASE_BODY_ITEMS, CASE_BODY_ITEMS);
        status = take_case_body(&items, arena, out);
    }
    tree_close(&tree);
    return status;
}

static void put_writes(struct buffer *out, const struct case_body *body)
{
    wire_put_array(out, body->write_count);
    for (size_t i = 0; i < body->write_count; i++) {
        const struct write *write = &body->writes[i];
        wire_put_array(out, 4);
        wire_put_text(out, write->field);
        wire_put_unsigned(out, write->op);
        wire_put_value(out, &write->value);
        hashes_put(out, write->sources, write->source_count);
    }
}

static void put_shown(struct buffer *out, const struct case_body *body)
{
    if (!body->has_shown) {
        wire_put_nil(out);
        return;
    }
    wire_put_array(out, 3);
    wire_put_text(out, body->shown_form);
    wire_put_text(out, body->shown_language);
    wire_put_array(out, body->shown_count);
    for (size_t i = 0; i < body->shown_count; i++) {
        const struct shown_field *shown = &body->shown[i];
        wire_put_array(out, 3);
        wire_put_text(out, shown->field);
        buffer_append_bytes(out, shown->value_bytes);
        hashes_put(out, shown->sources, shown->source_count);
    }
}

static void put_attachments(struct buffer *out, const struct case_body *body)
{
    wire_put_array(out, body->attachment_count);
    for (size_t i = 0; i < body->attachment_count; i++) {
        const struct attachment *attachment = &body->attachments[i];
        wire_put_array(out, 6);
        wire_put_unsigned(out, attachment->slot);
        wire_put_unsigned(out, attachment->size);
        wire_put_unsigned(out, attachment->chunk_size);
        wire_put_hash(out, &attachment->root);
        wire_put_text(out, attachment->media_type);
        wire_put_text(out, attachment->file_name);
    }
}

static void put_text_pair(struct buffer *out, uint64_t key, struct bytes text)
{
    if (text.size > 0) {
        wire_put_unsigned(out, key);
        wire_put_text(out, text);
    }
}

static void put_detail(struct buffer *out, const struct case_body *body)
{
    size_t pairs = (size_t)(body->reason.size > 0) + (body->basis.size > 0) +
                   (body->book_officer.size > 0) + (body->book_hat > 0) + (body->cite_count > 0) +
                   (body->request.size > 0) + (body->note.size > 0);
    wire_put_map(out, pairs);
    put_text_pair(out, DETAIL_REASON, body->reason);
    put_text_pair(out, DETAIL_BASIS, body->basis);
    put_text_pair(out, DETAIL_BOOK_OFFICER, body->book_officer);
    if (body->book_hat > 0) {
        wire_put_unsigned(out, DETAIL_BOOK_HAT);
        wire_put_unsigned(out, body->book_hat);
    }
    if (body->cite_count > 0) {
        wire_put_unsigned(out, DETAIL_CITES);
        hashes_put(out, body->cites, body->cite_count);
    }
    put_text_pair(out, DETAIL_REQUEST, body->request);
    put_text_pair(out, DETAIL_NOTE, body->note);
}

enum status case_body_encode(const struct case_body *body, struct buffer *out)
{
    size_t start = out->size;
    wire_put_array(out, CASE_BODY_ITEMS);
    wire_put_binary(out, bytes_of(body->salt, SALT_BYTES));
    if (body->step.size > 0) {
        wire_put_text(out, body->step);
    } else {
        wire_put_nil(out);
    }
    put_writes(out, body);
    put_shown(out, body);
    put_attachments(out, body);
    put_detail(out, body);
    extensions_put(out, body->extensions, body->extension_count);
    struct arena arena;
    struct case_body again;
    struct bytes encoded = check_begin(out, start, &arena);
    return check_end(out, &arena, case_body_decode(encoded, &arena, &again));
}
