/*
 * Records for a session: the stream in arrival order over a set of scopes, and one log.
 */
#include "client/replica/log/inquiry.h"

#include <stdlib.h>
#include <string.h>

enum {
    SOURCES_MOST = 16,   /* scopes merged cursor by cursor; more are filtered */
    STEPS_MOST = 200000, /* rows looked at before an answer is due */
    LOG_CACHE = 64,
    FIRST_RECORDS = 64
};

/* ---- the answer ---- */

struct answer {
    struct read_record *records;
    size_t count;
    size_t capacity;
    size_t before; /* those that are there only for what follows */
    size_t bytes;  /* of the others */
};

static enum status answer_add(struct answer *answer, struct arena *arena,
                              const struct read_record *record)
{
    if (answer->count == answer->capacity) {
        size_t capacity = answer->capacity ? answer->capacity * 2 : FIRST_RECORDS;
        struct read_record *grown = arena_array(arena, capacity, sizeof *grown);
        if (!grown)
            return STATUS_NO_MEMORY;
        if (answer->count > 0)
            memcpy(grown, answer->records, answer->count * sizeof *grown);
        answer->records = grown;
        answer->capacity = capacity;
    }
    bool ok = false;
    answer->records[answer->count] = *record;
    answer->records[answer->count].raw = arena_copy(arena, record->raw, &ok);
    if (!ok)
        return STATUS_NO_MEMORY;
    answer->count++;
    answer->bytes += record->raw.size;
    return STATUS_OK;
}

/* Whether the next record of |size| still fits: one always does. */
static bool answer_takes(const struct answer *answer, const struct read_request *request,
                         size_t size)
{
    return answer->count == answer->before ||
           (answer->bytes < request->bytes && size <= request->bytes - answer->bytes);
}

static void answer_give(const struct answer *answer, struct read_result *result)
{
    result->records = answer->records;
    result->record_count = answer->count;
}

/* ---- rows of logs, remembered ---- */

struct log_cache {
    struct log_row rows[LOG_CACHE];
    struct name scopes[LOG_CACHE];
};

static enum status cache_find(struct log_cache *cache, struct store_read *read,
                              const struct place *place, const struct log_row **row,
                              struct name *scope)
{
    size_t slot = place->store % LOG_CACHE;
    struct log_row *kept = &cache->rows[slot];
    if (kept->number == 0 || kept->store != place->store || place->seq < kept->first ||
        place->seq > kept->seq) {
        enum status status = log_at(read, place, kept);
        if (status == STATUS_OK)
            status = log_scope_name(read, kept->scope, &cache->scopes[slot]);
        if (status != STATUS_OK) {
            kept->number = 0;
            return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
        }
    }
    *row = kept;
    *scope = cache->scopes[slot];
    return STATUS_OK;
}

/* ---- what the receiver has ---- */

struct held {
    uint32_t store;
    uint64_t seq;
};

static int held_compare(const void *a, const void *b)
{
    const struct held *left = a, *right = b;
    if (left->store != right->store)
        return left->store < right->store ? -1 : 1;
    return left->seq < right->seq ? -1 : left->seq > right->seq;
}

/* Adds the log and all it branched off; two entries at most for each segment of its base. */
static enum status held_add(struct store_read *read, const struct peer_mark *mark,
                            struct held *list, size_t *count)
{
    struct log_row row;
    uint64_t seq = mark->seq;
    enum status status = log_find(read, &mark->log, &row);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    for (size_t depth = 0; depth < LOG_SEGMENTS_MAX; depth++) {
        list[(*count)++] = (struct held){.store = row.store, .seq = seq};
        if (row.base == 0)
            break;
        seq = row.first - 1;
        status = log_get(read, row.base, &row);
        if (status != STATUS_OK)
            return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
    }
    return STATUS_OK;
}

static enum status held_list(const struct inquiry *inquiry, struct held **list, size_t *count)
{
    const struct read_request *request = inquiry->request;
    size_t capacity = 0;
    *count = 0;
    *list = NULL;
    for (size_t i = 0; i < request->have_count; i++) {
        /* Room for the deepest chain of branches, taken a piece at a time. */
        if (capacity - *count < LOG_SEGMENTS_MAX) {
            capacity = capacity * 2 + LOG_SEGMENTS_MAX + 64;
            struct held *grown = arena_array(inquiry->arena, capacity, sizeof *grown);
            if (!grown)
                return STATUS_NO_MEMORY;
            if (*count > 0)
                memcpy(grown, *list, *count * sizeof *grown);
            *list = grown;
        }
        enum status status = held_add(inquiry->read, &request->have[i], *list, count);
        if (status != STATUS_OK)
            return status;
    }
    if (*count > 1)
        qsort(*list, *count, sizeof **list, held_compare);
    return STATUS_OK;
}

static bool held_has(const struct held *list, size_t count, const struct place *place)
{
    size_t low = 0, high = count; /* the first entry behind those of the store */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list[middle].store <= place->store)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && list[low - 1].store == place->store && list[low - 1].seq >= place->seq;
}

/* ---- arrival order over scopes ---- */

struct source {
    struct store_cursor *cursor;
    uint32_t scope; /* 0: the table of arrivals itself */
    uint64_t arrival;
    struct place place;
    bool ended;
};

struct stream {
    struct source sources[SOURCES_MOST];
    size_t count;
    bool filtered; /* one source over all scopes, of which some are wanted */
};

static enum status source_take(struct source *source, enum status status, struct bytes key,
                               struct bytes value)
{
    if (status == STATUS_NOT_FOUND) {
        source->ended = true;
        return STATUS_OK;
    }
    if (status != STATUS_OK)
        return status;
    size_t prefix = source->scope ? 4 : 0;
    if (key.size != prefix + 8 || value.size < PLACE_BYTES)
        return STATUS_CORRUPT;
    source->ended = source->scope && be32_load(key.at) != source->scope;
    source->arrival = be64_load(key.at + prefix);
    return place_decode(bytes_of(value.at, PLACE_BYTES), &source->place);
}

static enum status source_next(struct source *source)
{
    struct bytes key = {NULL, 0}, value = {NULL, 0};
    enum status status = store_next(source->cursor, &key, &value);
    return source_take(source, status, key, value);
}

static enum status source_open(struct source *source, struct store_read *read, uint32_t scope,
                               uint64_t after)
{
    struct bytes key = {NULL, 0}, value = {NULL, 0};
    *source = (struct source){.scope = scope};
    if (after == UINT64_MAX) {
        source->ended = true;
        return STATUS_OK;
    }
    enum store_table table = scope ? TABLE_SCOPE : TABLE_ARRIVAL;
    enum status status = store_cursor_open(read, table, &source->cursor);
    if (status != STATUS_OK)
        return status;
    struct table_key first = scope ? key_of_pair(scope, after + 1) : key_of_u64(after + 1);
    status = store_seek(source->cursor, key_bytes(&first), &key, &value);
    return source_take(source, status, key, value);
}

static enum status stream_open(struct stream *stream, const struct inquiry *inquiry)
{
    uint64_t after = inquiry->request->from;
    enum status status = STATUS_OK;
    *stream = (struct stream){.count = 0};
    if (inquiry->every_scope || inquiry->scope_count > SOURCES_MOST) {
        stream->count = 1;
        stream->filtered = !inquiry->every_scope;
        return source_open(&stream->sources[0], inquiry->read, 0, after);
    }
    for (size_t i = 0; status == STATUS_OK && i < inquiry->scope_count; i++)
        status = source_open(&stream->sources[stream->count++], inquiry->read, inquiry->scopes[i],
                             after);
    return status;
}

static void stream_close(struct stream *stream)
{
    for (size_t i = 0; i < stream->count; i++)
        store_cursor_close(stream->sources[i].cursor);
}

/* The source whose record arrived first; NULL at the end. */
static struct source *stream_first(struct stream *stream)
{
    struct source *first = NULL;
    for (size_t i = 0; i < stream->count; i++) {
        struct source *source = &stream->sources[i];
        if (!source->ended && (!first || source->arrival < first->arrival))
            first = source;
    }
    return first;
}

struct walk {
    const struct inquiry *inquiry;
    struct stream stream;
    struct log_cache cache;
    struct answer answer;
    struct held *held;
    size_t held_count;
    bool full; /* the next record would be too much */
};

/* Adds the record at |source|, if it is wanted and still fits. */
static enum status walk_add(struct walk *walk, const struct source *source)
{
    const struct inquiry *inquiry = walk->inquiry;
    const struct log_row *log = NULL;
    struct read_record record = {.seq = source->place.seq, .arrival = source->arrival};
    struct record_row row;
    if (walk->stream.filtered) {
        enum status status =
            cache_find(&walk->cache, inquiry->read, &source->place, &log, &record.scope);
        if (status != STATUS_OK || !inquiry_has_scope(inquiry, log->scope))
            return status;
    }
    if (held_has(walk->held, walk->held_count, &source->place)) {
        inquiry->result->skipped++;
        return STATUS_OK;
    }
    enum status status = log_record(inquiry->read, &source->place, &row);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
    if (!answer_takes(&walk->answer, inquiry->request, row.raw.size)) {
        walk->full = true;
        return STATUS_OK;
    }
    status = cache_find(&walk->cache, inquiry->read, &source->place, &log, &record.scope);
    if (status == STATUS_OK && inquiry->damaged) {
        /* What follows a record that is not held no receiver could take. */
        struct log_row held = *log;
        status = inquiry_cap(inquiry, &held);
        if (status == STATUS_OK && source->place.seq > held.seq)
            return STATUS_OK;
    }
    if (status == STATUS_OK)
        status = inquiry_running_hash(inquiry->read, source->arrival, &record.running_hash);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
    record.raw = row.raw;
    record.id = row.id;
    record.log = log->name;
    return answer_add(&walk->answer, inquiry->arena, &record);
}

enum status inquiry_arrivals(struct inquiry *inquiry)
{
    struct walk *walk = arena_alloc(inquiry->arena, sizeof *walk);
    if (!walk)
        return STATUS_NO_MEMORY;
    walk->inquiry = inquiry;
    inquiry->result->end = inquiry->request->from;
    enum status status = held_list(inquiry, &walk->held, &walk->held_count);
    if (status != STATUS_OK)
        return status;
    status = stream_open(&walk->stream, inquiry);
    for (size_t steps = 0; status == STATUS_OK && steps < STEPS_MOST; steps++) {
        struct source *source = stream_first(&walk->stream);
        if (!source) {
            /* Nothing more in these scopes: all that arrived so far is read. */
            inquiry->result->at_end = true;
            if (inquiry->counters.arrival > inquiry->result->end)
                inquiry->result->end = inquiry->counters.arrival;
            break;
        }
        status = walk_add(walk, source);
        if (status != STATUS_OK || walk->full)
            break;
        inquiry->result->end = source->arrival;
        status = source_next(source);
    }
    stream_close(&walk->stream);
    answer_give(&walk->answer, inquiry->result);
    if (status != STATUS_OK || inquiry->result->end > inquiry->counters.arrival)
        return status;
    return inquiry_running_hash(inquiry->read, inquiry->result->end,
                                &inquiry->result->running_hash);
}

/* ---- one log ---- */

/* What precedes |from|, as much of it as was asked for; none if that is too much. */
static enum status log_before(const struct inquiry *inquiry, const struct log_row *log,
                              const struct name *scope, uint64_t from, struct answer *answer)
{
    size_t most = from - 1 > log->seq ? 0 : inquiry->request->before;
    uint64_t first = from - log->first > most ? from - most : log->first;
    size_t bytes = 0;
    enum status status = STATUS_OK;
    for (uint64_t seq = first; seq < from && status == STATUS_OK; seq++) {
        struct place place = {.store = log->store, .seq = seq};
        struct record_row row;
        status = log_record(inquiry->read, &place, &row);
        bytes += status == STATUS_OK ? row.raw.size : 0;
        if (status != STATUS_OK || bytes > LIMIT_PRELUDE_BYTES) {
            answer->count = 0;
            break;
        }
        struct read_record record = {.raw = row.raw,
                                     .id = row.id,
                                     .log = log->name,
                                     .seq = seq,
                                     .arrival = row.arrival,
                                     .scope = *scope};
        status = answer_add(answer, inquiry->arena, &record);
    }
    answer->before = answer->count;
    answer->bytes = 0;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status log_walk(struct inquiry *inquiry, const struct log_row *log,
                            const struct name *scope, struct answer *answer)
{
    struct store_cursor *cursor = NULL;
    struct bytes key, value;
    uint64_t from = inquiry->request->from > log->first ? inquiry->request->from : log->first;
    struct table_key first = key_of_pair(log->store, from);
    enum status status = log_before(inquiry, log, scope, from, answer);
    if (status == STATUS_OK)
        status = store_cursor_open(inquiry->read, TABLE_RECORD, &cursor);
    if (status != STATUS_OK)
        return status;
    inquiry->result->end = from - 1;
    status = store_seek(cursor, key_bytes(&first), &key, &value);
    while (status == STATUS_OK && key.size == 12 && be32_load(key.at) == log->store &&
           be64_load(key.at + 4) <= log->seq) {
        struct record_row row;
        status = record_row_decode(value, &row);
        if (status != STATUS_OK || !answer_takes(answer, inquiry->request, row.raw.size))
            break;
        struct read_record record = {.raw = row.raw,
                                     .id = row.id,
                                     .log = log->name,
                                     .seq = be64_load(key.at + 4),
                                     .arrival = row.arrival,
                                     .scope = *scope};
        inquiry->result->end = record.seq;
        status = answer_add(answer, inquiry->arena, &record);
        if (status == STATUS_OK)
            status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    inquiry->result->at_end = inquiry->result->end >= log->seq;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status inquiry_log(struct inquiry *inquiry)
{
    struct log_row log;
    struct name scope;
    struct answer answer = {.count = 0};
    enum status status = log_find(inquiry->read, &inquiry->request->log, &log);
    if (status == STATUS_OK)
        status = inquiry_cap(inquiry, &log);
    if (status == STATUS_OK)
        status = log_scope_name(inquiry->read, log.scope, &scope);
    if (status == STATUS_OK)
        status = log_walk(inquiry, &log, &scope, &answer);
    answer_give(&answer, inquiry->result);
    return status;
}
