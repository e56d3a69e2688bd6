#include "client/replica/case/index.h"

#include "client/replica/act/number.h"
#include "client/text/text.h"

#include <stdlib.h>
#include <string.h>

enum { ARENA_START_BYTES = 256 * 1024 };

struct index_key index_prefix(enum index_kind kind, struct bytes text)
{
    struct index_key key = {.bytes = {(uint8_t)kind}, .size = 1};
    size_t room = LIMIT_CODE_BYTES;
    size_t size = text.size < room ? text.size : room;
    if (size > 0) {
        memcpy(key.bytes + 1, text.at, size);
    }
    key.size += size;
    return key;
}

struct index_key index_key(enum index_kind kind, struct bytes text, uint32_t case_number)
{
    struct index_key key = index_prefix(kind, text);
    key.bytes[key.size] = 0;
    be32_store(key.bytes + key.size + 1, case_number);
    key.size += 5;
    return key;
}

bool index_key_decode(struct bytes key, struct bytes *text, uint32_t *case_number)
{
    if (key.size < 6 || key.at[key.size - 5] != 0) {
        return false;
    }
    *text = bytes_of(key.at + 1, key.size - 6);
    *case_number = be32_load(key.at + key.size - 4);
    return true;
}

/* ---- rows of one case ---- */

/* Puts or deletes one row of the index; deleting what is not there is no fault of a derived row. */
static enum status change(struct replica *replica, const struct index_key *key, bool put)
{
    struct bytes bytes = bytes_of(key->bytes, key->size);
    if (put) {
        return store_put(replica->group.write, TABLE_INDEX, bytes, bytes_of(NULL, 0));
    }
    enum status status = store_delete(replica->group.write, TABLE_INDEX, bytes);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status change_codes(struct replica *replica, const struct summary_row *row,
                                uint32_t number, bool put)
{
    char provisional[NUMBER_PROVISIONAL_BYTES];
    struct bytes code = row->summary.code;
    if (code.size == 0) {
        code_provisional(&row->summary.case_name, provisional);
        code = bytes_of_text(provisional);
    }
    struct index_key key = index_key(INDEX_LIST, code, number);
    enum status status = change(replica, &key, put);
    struct bytes rest = row->other_codes;
    while (status == STATUS_OK && rest.size > 0) {
        const uint8_t *end = memchr(rest.at, 0, rest.size);
        size_t size = end == NULL ? rest.size : (size_t)(end - rest.at);
        key = index_key(INDEX_OTHER_CODE, bytes_of(rest.at, size), number);
        status = change(replica, &key, put);
        size_t used = end == NULL ? size : size + 1;
        rest = bytes_of(rest.at + used, rest.size - used);
    }
    return status;
}

static enum status change_words(struct replica *replica, struct bytes words, uint32_t number,
                                bool put)
{
    struct bytes word = {NULL, 0};
    enum status status = STATUS_OK;
    while (status == STATUS_OK && text_next_word(&words, &word)) {
        struct index_key key = index_key(INDEX_WORD, word, number);
        status = change(replica, &key, put);
    }
    return status;
}

static bool same_codes(const struct summary_row *a, const struct summary_row *b)
{
    return bytes_equal(a->summary.code, b->summary.code) &&
           bytes_equal(a->other_codes, b->other_codes);
}

/* Only what differs from the old row is written: most changes of a case touch no search key. */
static enum status change_index(struct replica *replica, const struct summary_row *old,
                                const struct summary_row *fresh, uint32_t number)
{
    enum status status = STATUS_OK;
    if (old == NULL || !same_codes(old, fresh)) {
        if (old != NULL) {
            status = change_codes(replica, old, number, false);
        }
        if (status == STATUS_OK) {
            status = change_codes(replica, fresh, number, true);
        }
    }
    if (status == STATUS_OK && (old == NULL || !bytes_equal(old->words, fresh->words))) {
        if (old != NULL) {
            status = change_words(replica, old->words, number, false);
        }
        if (status == STATUS_OK) {
            status = change_words(replica, fresh->words, number, true);
        }
    }
    return status;
}

static enum status old_row(struct store_read *read, uint32_t number, struct arena *arena,
                           struct summary_row *row, bool *found)
{
    struct table_key key = key_of_u32(number);
    struct bytes value = {NULL, 0};
    bool copied = false;
    enum status status = store_get(read, TABLE_SUMMARY, key_bytes(&key), &value);
    *found = status == STATUS_OK;
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    struct bytes copy = arena_copy(arena, value, &copied);
    return copied ? summary_decode(copy, row) : STATUS_NO_MEMORY;
}

/* Makes the rows of a case that has just been loaded. */
static enum status index_loaded(struct replica *replica, const struct loaded_case *loaded,
                                struct arena *arena)
{
    struct summary_row old;
    struct summary_row fresh;
    struct buffer encoded;
    bool found = false;
    uint32_t number = loaded->row.number;
    struct table_key key = key_of_u32(number);
    buffer_init(&encoded, STORE_VALUE_BYTES);
    enum status status = index_follow_version(replica);
    if (status == STATUS_OK) {
        status = old_row(replica->group.view, number, arena, &old, &found);
    }
    if (status == STATUS_OK) {
        status = summary_of_case(loaded, arena, &fresh);
    }
    if (status == STATUS_OK) {
        status = change_index(replica, found ? &old : NULL, &fresh, number);
    }
    if (status == STATUS_OK) {
        status = summary_encode(&fresh, &encoded);
    }
    if (status == STATUS_OK) {
        status = group_put(replica, TABLE_SUMMARY, &key, buffer_view(&encoded));
    }
    if (status == STATUS_OK) {
        status = group_delete(replica, TABLE_DIRTY, &key);
        replica->group.last_case_number = 0; /* the case's next record marks it again */
        status = status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    buffer_deinit(&encoded);
    return status;
}

enum status index_case(struct replica *replica, struct replica_read *read, uint32_t case_number,
                       struct arena *arena)
{
    struct loaded_case loaded;
    struct case_row row;
    enum status status = log_case_get(read->store, case_number, &row);
    if (status == STATUS_NOT_FOUND) {
        return STATUS_CORRUPT;
    }
    if (status == STATUS_OK) {
        status = case_load(read, &row, arena, &loaded);
    }
    return status == STATUS_OK ? index_loaded(replica, &loaded, arena) : status;
}

/* ---- all of them ---- */

/* The first stale case from |number| on. NOT_FOUND. */
static enum status next_stale(struct store_read *read, uint32_t from, uint32_t *number)
{
    struct store_cursor *cursor = NULL;
    struct table_key key = key_of_u32(from);
    struct bytes found = {NULL, 0};
    struct bytes value = {NULL, 0};
    enum status status = store_cursor_open(read, TABLE_DIRTY, &cursor);
    if (status != STATUS_OK) {
        return status;
    }
    status = store_seek(cursor, key_bytes(&key), &found, &value);
    if (status == STATUS_OK) {
        status = number_decode(found, number);
    }
    store_cursor_close(cursor);
    return status;
}

static enum status count_stale(struct store_read *read, size_t *count)
{
    struct store_cursor *cursor = NULL;
    struct bytes found = {NULL, 0};
    struct bytes value = {NULL, 0};
    *count = 0;
    enum status status = store_cursor_open(read, TABLE_DIRTY, &cursor);
    if (status != STATUS_OK) {
        return status;
    }
    while ((status = store_next(cursor, &found, &value)) == STATUS_OK) {
        *count += 1;
    }
    store_cursor_close(cursor);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status replica_any_stale(struct replica_read *read, bool *any)
{
    uint32_t number = 0;
    enum status status = next_stale(read->store, 0, &number);
    *any = status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status index_is_stale(struct store_read *read, uint32_t case_number, bool *stale)
{
    struct table_key key = key_of_u32(case_number);
    struct bytes value = {NULL, 0};
    enum status status = store_get(read, TABLE_DIRTY, key_bytes(&key), &value);
    *stale = status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status replica_index(struct replica *replica, size_t most, size_t *left)
{
    struct replica_read read;
    struct arena arena;
    uint32_t number = 0;
    uint8_t *memory = malloc(ARENA_START_BYTES);
    if (memory == NULL) {
        return STATUS_NO_MEMORY;
    }
    arena_init_over(&arena, memory, ARENA_START_BYTES, CASE_ARENA_BYTES);
    group_read(replica, &read);
    enum status status = index_follow_version(replica);
    if (status == STATUS_OK) {
        status = index_follow_authority(replica);
    }
    for (size_t i = 0; i < most && status == STATUS_OK; i++) {
        status = next_stale(read.store, number, &number);
        if (status == STATUS_OK) {
            status = index_case(replica, &read, number, &arena);
        }
        arena_reset(&arena);
    }
    status = status == STATUS_NOT_FOUND ? STATUS_OK : status;
    if (status == STATUS_OK) {
        status = count_stale(read.store, left);
    }
    replica_read_end(&read);
    arena_deinit(&arena);
    free(memory);
    return status;
}
