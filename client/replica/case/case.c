#include "client/replica/case/case.h"

#include "protocol/record/seal.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_RECORDS = 8 };

/* A list of inputs that grows in the arena, and the log the last one lay in. */
struct loading {
    struct replica_read *read;
    struct arena *arena;
    struct name scope;
    struct log_row log;
    bool has_log;
    struct view_record *inputs;
    struct case_spot *spots;
    size_t count;
    size_t capacity;
};

static enum status make_room(struct loading *loading)
{
    if (loading->count < loading->capacity) {
        return STATUS_OK;
    }
    if (loading->count >= LIMIT_CASE_RECORDS) {
        return STATUS_LIMIT;
    }
    size_t capacity = loading->capacity == 0 ? FIRST_RECORDS : loading->capacity * 2;
    struct view_record *inputs = arena_array(loading->arena, capacity, sizeof *inputs);
    struct case_spot *spots = arena_array(loading->arena, capacity, sizeof *spots);
    if (inputs == NULL || spots == NULL) {
        return STATUS_NO_MEMORY;
    }
    if (loading->count > 0) {
        memcpy(inputs, loading->inputs, loading->count * sizeof *inputs);
        memcpy(spots, loading->spots, loading->count * sizeof *spots);
    }
    loading->inputs = inputs;
    loading->spots = spots;
    loading->capacity = capacity;
    return STATUS_OK;
}

static enum status find_log(struct loading *loading, const struct place *place)
{
    const struct log_row *log = &loading->log;
    if (loading->has_log && log->store == place->store && log->first <= place->seq &&
        place->seq <= log->seq) {
        return STATUS_OK;
    }
    enum status status = log_at(loading->read->store, place, &loading->log);
    loading->has_log = status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
}

/* A node that was never granted works all the same: what it writes before its first contact has
 * effect here, and everywhere once the grant is there. */
static enum standing standing_of(const struct loading *loading, const struct position *position)
{
    const struct replica_read *read = loading->read;
    const struct public_key *writer = &loading->log.device;
    enum standing standing = authority_standing(read->authority, writer, &loading->scope, position);
    if (standing == STANDING_UNGRANTED && public_key_equal(writer, &read->replica->key) &&
        !authority_ever_granted(read->authority, writer)) {
        return STANDING_GRANTED;
    }
    return standing;
}

static enum status load_record(struct loading *loading, const struct place *place)
{
    struct record_row row;
    bool copied = false;
    enum status status = make_room(loading);
    if (status == STATUS_OK) {
        status = find_log(loading, place);
    }
    if (status == STATUS_OK) {
        status = log_record(loading->read->store, place, &row);
        status = status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
    }
    if (status != STATUS_OK) {
        return status;
    }
    struct record *record = arena_alloc(loading->arena, sizeof *record);
    struct bytes raw = arena_copy(loading->arena, row.raw, &copied);
    if (record == NULL || !copied) {
        return STATUS_NO_MEMORY;
    }
    status = record_decode(raw, loading->arena, record);
    if (status == STATUS_OK && !hash_equal(&record->id, &row.id)) {
        status = STATUS_FORGED;
    }
    if (status != STATUS_OK) { /* spoilt, or let go till it comes again: half a case is none */
        return status == STATUS_NO_MEMORY ? status : STATUS_LIMIT;
    }
    struct position position = {loading->log.name, place->seq, row.id};
    loading->spots[loading->count] = (struct case_spot){.log = loading->log.number,
                                                        .base = loading->log.base,
                                                        .seq = place->seq,
                                                        .input = loading->count};
    struct view_record *input = &loading->inputs[loading->count++];
    *input = (struct view_record){.record = record};
    input->standing = standing_of(loading, &position);
    input->erased = authority_erasure(loading->read->authority, &record->id, &loading->scope,
                                      &input->stand_ins, &input->stand_in_count);
    return STATUS_OK;
}

/* ---- implicit parents ---- */

static int compare_spots(const void *a, const void *b)
{
    const struct case_spot *left = a;
    const struct case_spot *right = b;
    if (left->log != right->log) {
        return left->log < right->log ? -1 : 1;
    }
    return (left->seq > right->seq) - (left->seq < right->seq);
}

/* The last spot in segment |log|, or NULL. */
static const struct case_spot *last_spot(const struct loading *loading, uint32_t log)
{
    size_t low = 0;
    size_t high = loading->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (loading->spots[middle].log <= log) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const struct case_spot *spot = low > 0 ? &loading->spots[low - 1] : NULL;
    return spot != NULL && spot->log == log ? spot : NULL;
}

/* The case's last record in what a branch goes on from. A log that forked ends where its branches
 * begin, so all of it lies before them. */
static enum status spot_below(const struct loading *loading, uint32_t base,
                              const struct case_spot **spot)
{
    *spot = NULL;
    while (base != 0 && *spot == NULL) {
        struct log_row row;
        *spot = last_spot(loading, base);
        enum status status = log_get(loading->read->store, base, &row);
        if (status != STATUS_OK) {
            return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
        }
        base = row.base;
    }
    return STATUS_OK;
}

/* A log's previous record of the case is a parent without being named. */
static enum status name_implicit_parents(struct loading *loading)
{
    if (loading->count > 1) {
        qsort(loading->spots, loading->count, sizeof *loading->spots, compare_spots);
    }
    for (size_t i = 0; i < loading->count; i++) {
        const struct case_spot *spot = &loading->spots[i];
        const struct case_spot *before = i > 0 ? spot - 1 : NULL;
        if (before == NULL || before->log != spot->log) {
            enum status status = spot_below(loading, spot->base, &before);
            if (status != STATUS_OK) {
                return status;
            }
        }
        if (before != NULL) {
            loading->inputs[spot->input].implicit_parent =
                &loading->inputs[before->input].record->id;
        }
    }
    return STATUS_OK;
}

static const struct pack *find_pack(void *context, const struct hash *hash)
{
    struct replica_read *read = context;
    return snapshot_pack(read->replica, read->authority, hash);
}

enum status case_view(struct replica_read *read, const struct view_record *inputs, size_t count,
                      struct arena *arena, struct view *view)
{
    return view_compute(inputs, count, find_pack, read, arena, view);
}

static enum status load_records(struct loading *loading, uint32_t case_number)
{
    struct case_walk walk;
    struct case_record_row record;
    enum status status = case_walk_begin(loading->read->store, case_number, &walk);
    if (status != STATUS_OK) {
        return status;
    }
    do {
        status = case_walk_next(&walk, &record);
        if (status == STATUS_OK) {
            status = load_record(loading, &record.place);
        }
    } while (status == STATUS_OK);
    case_walk_end(&walk);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/*
 * A case past its bounds, or with a spoilt record, is not computed, and nothing is written into it
 * here. It must not stop what goes over all cases: one device can make it so. Which of its records
 * arrived first is no input of a view, so the view tells of none of them.
 */
static void leave_unloaded(struct loaded_case *loaded)
{
    struct name name = loaded->row.name;
    struct bytes part = bytes_of(name.bytes, sizeof name.bytes);
    *loaded = (struct loaded_case){.row = loaded->row};
    loaded->view = (struct view){.load = VIEW_NOT_LOADED,
                                 .case_name = name,
                                 .hash16 = seal_name("hoso/view-past-bounds/1", &part, 1)};
}

static enum status load_whole(struct loading *loading, struct loaded_case *loaded)
{
    enum status status = load_records(loading, loaded->row.number);
    if (status != STATUS_OK) {
        return status;
    }
    loaded->inputs = loading->inputs;
    loaded->spots = loading->spots;
    loaded->count = loading->count;
    status = name_implicit_parents(loading);
    if (status != STATUS_OK) {
        return status;
    }
    return case_view(loading->read, loading->inputs, loading->count, loading->arena, &loaded->view);
}

enum status case_load(struct replica_read *read, const struct case_row *row, struct arena *arena,
                      struct loaded_case *loaded)
{
    struct loading loading = {.read = read, .arena = arena};
    *loaded = (struct loaded_case){.row = *row};
    enum status status = log_scope_name(read->store, row->scope, &loading.scope);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
    }
    status = load_whole(&loading, loaded);
    if (status == STATUS_LIMIT) {
        leave_unloaded(loaded);
        status = STATUS_OK;
    }
    return status;
}

/* The agreed value, else the standing one; empty if there is none. */
static struct bytes shown_value(const struct view *view, const char *key)
{
    const struct view_field *field = view_field_of(view, bytes_of_text(key));
    if (field == NULL) {
        return bytes_of(NULL, 0);
    }
    return field->value_bytes.size > 0 ? field->value_bytes : field->standing_bytes;
}

/* Values are scalars: their decoding takes no memory. */
static bool decode_scalar(struct bytes bytes, struct wire_value *value)
{
    struct arena none;
    arena_init(&none, 0);
    bool decoded = bytes.size > 0 && wire_decode(bytes, &none, value) == STATUS_OK;
    arena_deinit(&none);
    return decoded;
}

bool value_text(struct bytes bytes, struct bytes *text)
{
    struct wire_value value;
    if (!decode_scalar(bytes, &value) || value.type != WIRE_TEXT) {
        return false;
    }
    *text = value.as.bytes;
    return true;
}

bool value_integer(struct bytes bytes, int64_t *number)
{
    struct wire_value value;
    if (!decode_scalar(bytes, &value)) {
        return false;
    }
    if (value.type == WIRE_UNSIGNED && value.as.number <= INT64_MAX) {
        *number = (int64_t)value.as.number;
        return true;
    }
    *number = value.as.negative;
    return value.type == WIRE_NEGATIVE;
}

bool case_shown_text(const struct view *view, const char *key, struct bytes *text)
{
    return value_text(shown_value(view, key), text);
}

bool case_shown_integer(const struct view *view, const char *key, int64_t *number)
{
    return value_integer(shown_value(view, key), number);
}

enum status replica_view(struct replica_read *read, const struct name *case_name,
                         struct arena *arena, struct view *view)
{
    struct case_row row;
    struct loaded_case loaded;
    enum status status = log_case_find(read->store, case_name, &row);
    if (status == STATUS_OK) {
        status = case_load(read, &row, arena, &loaded);
    }
    if (status == STATUS_OK) {
        *view = loaded.view;
    }
    return status;
}
