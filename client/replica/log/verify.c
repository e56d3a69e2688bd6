/*
 * The whole store checked: every hash, chain and signature, in an order that is the same on every
 * node that holds the same records.
 */
#include "client/replica/log/log.h"
#include "client/replica/replica.h"

#include <stdlib.h>
#include <string.h>

enum {
    RUN_RECORDS = 256,
    RECORD_ARENA_BYTES = 1 << 20,
    ARRIVALS_ASK = 4096, /* of the order of arrival, between two looks whether to stop */
    LOGS_ARENA_BYTES = 1 << 30,
    PREFIX_LEAST = 8 /* hex digits */
};

/* ---- logs in the order of verification ---- */

struct log_list {
    struct log_row *rows;
    size_t count;
    uint32_t authority_scope;
};

static bool count_log(void *context, const struct log_row *row)
{
    (void)row;
    ++*(size_t *)context;
    return true;
}

static bool list_log(void *context, const struct log_row *row)
{
    struct log_list *list = context;
    list->rows[list->count++] = *row;
    return true;
}

static int log_compare(const void *a, const void *b)
{
    const struct log_row *left = a, *right = b;
    return name_compare(&left->name, &right->name);
}

/* Moves the logs of the authority scope to the front, each part ascending by name. */
static void logs_sort(struct log_list *list)
{
    size_t front = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (list->rows[i].scope != list->authority_scope)
            continue;
        struct log_row row = list->rows[i];
        list->rows[i] = list->rows[front];
        list->rows[front++] = row;
    }
    if (front > 1)
        qsort(list->rows, front, sizeof *list->rows, log_compare);
    if (list->count - front > 1)
        qsort(list->rows + front, list->count - front, sizeof *list->rows, log_compare);
}

static enum status logs_list(struct replica_read *read, struct arena *arena, struct log_list *list)
{
    size_t count = 0;
    *list = (struct log_list){.count = 0};
    enum status status =
        log_scope_number(read->store, &read->replica->authority_scope, &list->authority_scope);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    status = log_each(read->store, count_log, &count);
    if (status != STATUS_OK || count == 0)
        return status;
    list->rows = arena_array(arena, count, sizeof *list->rows);
    if (!list->rows)
        return STATUS_NO_MEMORY;
    status = log_each(read->store, list_log, list);
    logs_sort(list);
    return status;
}

/* ---- records in that order ---- */

struct visit {
    bool (*each)(void *context, const struct record *record, const struct name *log);
    void *context;
    bool stopped;
};

static enum status visit_log(struct replica_read *read, const struct log_row *log,
                             struct arena *arena, struct visit *visit)
{
    for (uint64_t seq = log->first; !visit->stopped && seq <= log->seq; seq++) {
        struct place place = {.store = log->store, .seq = seq};
        struct record record;
        arena_reset(arena);
        enum status status = log_record_decode(read->store, &place, arena, &record);
        if (status == STATUS_NOT_FOUND)
            continue; /* not held till it comes again */
        if (status != STATUS_OK)
            return status;
        visit->stopped = !visit->each(visit->context, &record, &log->name);
    }
    return STATUS_OK;
}

enum status replica_each_record(struct replica_read *read,
                                bool (*each)(void *context, const struct record *record,
                                             const struct name *log),
                                void *context)
{
    struct arena logs, records;
    struct log_list list;
    struct visit visit = {.each = each, .context = context};
    arena_init(&logs, LOGS_ARENA_BYTES);
    arena_init(&records, RECORD_ARENA_BYTES);
    enum status status = logs_list(read, &logs, &list);
    for (size_t i = 0; status == STATUS_OK && !visit.stopped && i < list.count; i++)
        status = visit_log(read, &list.rows[i], &records, &visit);
    arena_deinit(&records);
    arena_deinit(&logs);
    return status;
}

/* ---- one record by its id ---- */

/* True if |id| begins with the first |digits| hex digits of |prefix|. */
static bool id_matches(const struct hash *id, const uint8_t *prefix, size_t digits)
{
    if (memcmp(id->bytes, prefix, digits / 2) != 0)
        return false;
    return digits % 2 == 0 || (id->bytes[digits / 2] & 0xf0) == (prefix[digits / 2] & 0xf0);
}

/* The id's digits as bytes; an odd last digit stands in the high half. */
static bool prefix_parse(struct bytes hex, uint8_t prefix[32])
{
    char text[65];
    size_t size = 0;
    if (hex.size < PREFIX_LEAST || hex.size > 64)
        return false;
    memcpy(text, hex.at, hex.size);
    text[hex.size] = '0';
    return hex_decode(text, hex.size + hex.size % 2, prefix, 32, &size);
}

/*
 * Walks the records' rows, reading ids only: nothing is keyed by id, since such a table would cost
 * every commit a page for nearly every record, and a person looks one up now and then.
 */
static enum status id_find(struct store_read *read, const uint8_t *prefix, size_t digits,
                           struct place *place)
{
    struct store_cursor *cursor = NULL;
    struct bytes key, value;
    bool any = false;
    enum status status = store_cursor_open(read, TABLE_RECORD, &cursor);
    if (status != STATUS_OK)
        return status;
    while ((status = store_next(cursor, &key, &value)) == STATUS_OK) {
        struct record_row row;
        status = record_row_decode(value, &row);
        if (status != STATUS_OK)
            break;
        if (!id_matches(&row.id, prefix, digits))
            continue;
        if (any) {
            status = STATUS_AMBIGUOUS;
            break;
        }
        any = true;
        status = place_decode(key, place);
        if (status != STATUS_OK)
            break;
    }
    store_cursor_close(cursor);
    if (status != STATUS_NOT_FOUND)
        return status;
    return any ? STATUS_OK : STATUS_NOT_FOUND;
}

enum status replica_record_named(struct replica_read *read, struct bytes hex, struct arena *arena,
                                 struct record *record)
{
    uint8_t prefix[32];
    struct place place;
    struct record_row row;
    bool ok = false;
    if (!prefix_parse(hex, prefix))
        return STATUS_NOT_FOUND;
    enum status status = id_find(read->store, prefix, hex.size, &place);
    if (status == STATUS_OK)
        status = log_record(read->store, &place, &row);
    if (status != STATUS_OK)
        return status;
    struct bytes raw = arena_copy(arena, row.raw, &ok);
    return ok ? record_decode(raw, arena, record) : STATUS_NO_MEMORY;
}

/* ---- verification ---- */

struct checking {
    struct replica_read *read;
    bool each;
    struct replica_verdict *verdict;
    const struct log_row *log;
    bool of_authority;
    struct case_row case_row; /* the last one looked at; number 0: none */
    struct position before;   /* the last record proved */
    struct arena arena;       /* of one run */
    struct record *records;
    size_t count;
};

static void found_bad(struct checking *checking, const struct log_row *log, uint64_t seq,
                      const char *why)
{
    checking->verdict->ok = false;
    checking->verdict->bad_log = log->name;
    checking->verdict->bad_seq = seq;
    checking->verdict->bad_why = why;
}

/* BUSY: whoever waits for the verdict is to wait no longer. */
static enum status stop_check(const struct checking *checking)
{
    const struct replica_read *read = checking->read;
    return read->stopped && read->stopped(read->stopped_context) ? STATUS_BUSY : STATUS_OK;
}

/* The row says of which case the record is. */
static enum status case_check(struct checking *checking, const struct record_row *row,
                              const struct record *record)
{
    struct case_row *found = &checking->case_row;
    struct name case_name = record_case(record);
    bool none = checking->of_authority || !record_is_of_case(record->header.kind);
    if (none)
        return row->case_number == 0 ? STATUS_OK : STATUS_CORRUPT;
    enum status status = STATUS_OK;
    if (found->number != row->case_number || row->case_number == 0)
        status = log_case_get(checking->read->store, row->case_number, found);
    if (status == STATUS_OK && name_equal(&found->name, &case_name))
        return STATUS_OK;
    found->number = 0;
    return status == STATUS_OK || status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
}

/* Reads up to |most| records behind the last proved one; stops before one that is none. */
static enum status run_read(struct checking *checking, size_t most)
{
    const struct log_row *log = checking->log;
    arena_reset(&checking->arena);
    checking->count = 0;
    checking->records = arena_array(&checking->arena, most, sizeof *checking->records);
    if (!checking->records)
        return STATUS_NO_MEMORY;
    for (uint64_t seq = checking->before.seq + 1; seq <= log->seq && checking->count < most;
         seq++) {
        struct place place = {.store = log->store, .seq = seq};
        struct record *record = &checking->records[checking->count];
        struct record_row row;
        enum status status = log_record(checking->read->store, &place, &row);
        if (status == STATUS_OK && row.raw.size == 0) {
            found_bad(checking, log, seq, "its bytes were damaged; it waits to be sent again");
            break;
        }
        if (status == STATUS_OK)
            status = record_decode(row.raw, &checking->arena, record);
        if (status == STATUS_NO_MEMORY || status == STATUS_IO)
            return status;
        if (status != STATUS_OK || !hash_equal(&row.id, &record->id)) {
            found_bad(checking, log, seq, "not a record, or its hash does not fit");
            break;
        }
        status = case_check(checking, &row, record);
        if (status == STATUS_NO_MEMORY || status == STATUS_IO)
            return status;
        if (status != STATUS_OK) {
            found_bad(checking, log, seq, "it does not stand with its case");
            break;
        }
        if (record->has_officer_signature) {
            checking->verdict->signatures++;
            if (!record_verify_officer(record)) {
                found_bad(checking, log, seq, "the officer's signature does not fit");
                break;
            }
        }
        checking->count++;
    }
    return STATUS_OK;
}

/* Checks the log run by run. A signature at a run's end that does not fit may still be covered by
 * a later one: then a longer run is tried, up to the log's end. */
static enum status log_check(struct checking *checking)
{
    const struct log_row *log = checking->log;
    struct replica_verdict *verdict = checking->verdict;
    enum chain_mode mode = checking->each ? CHAIN_EACH : CHAIN_BY_RUN;
    size_t most = RUN_RECORDS;
    while (verdict->ok && checking->before.seq < log->seq) {
        enum status status = stop_check(checking);
        if (status == STATUS_OK)
            status = run_read(checking, most);
        if (status != STATUS_OK)
            return status;
        if (checking->count == 0)
            break;
        bool whole = checking->before.seq + checking->count >= log->seq || !verdict->ok;
        struct chain_result result =
            chain_check(checking->records, checking->count, &checking->before, &log->device, mode);
        verdict->signatures += result.signatures_checked;
        verdict->by_chain += result.by_chain;
        verdict->records += result.authentic;
        if (result.authentic > 0) {
            const struct record *last = &checking->records[result.authentic - 1];
            checking->before =
                (struct position){.log = record_log(last), .seq = last->header.seq, .id = last->id};
        }
        if (result.authentic == checking->count) {
            most = RUN_RECORDS;
        } else if (whole) {
            found_bad(checking, log, checking->before.seq + 1,
                      "the chain or the signature does not fit");
        } else {
            most *= 2;
        }
    }
    return STATUS_OK;
}

/* Where the log's first record goes on from: nothing, or the record it branched off. Headers name
 * the log that was forked. */
static enum status log_begin(struct checking *checking)
{
    const struct log_row *log = checking->log;
    struct log_row root;
    enum status status = log_get(checking->read->store, log->root, &root);
    checking->before = (struct position){.log = root.name, .seq = log->first - 1};
    if (status == STATUS_OK && log->base != 0)
        status = log_id(checking->read->store, log, log->first - 1, &checking->before.id);
    return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
}

/* The running hash over all ids in arrival order, as receipts state it. */
static enum status arrivals_check(struct checking *checking)
{
    struct store_read *store = checking->read->store;
    struct store_cursor *cursor = NULL;
    struct bytes key, value;
    struct name running = {0};
    uint64_t looked = 0;
    enum status status = store_cursor_open(store, TABLE_ARRIVAL, &cursor);
    if (status != STATUS_OK)
        return status;
    while (checking->verdict->ok && (status = store_next(cursor, &key, &value)) == STATUS_OK) {
        struct arrival_row row;
        if (++looked % ARRIVALS_ASK == 0 && stop_check(checking) != STATUS_OK) {
            status = STATUS_BUSY;
            break;
        }
        struct record_row record;
        struct log_row log;
        status = arrival_row_decode(value, &row);
        if (status == STATUS_OK)
            status = log_record(store, &row.place, &record);
        if (status == STATUS_OK && (key.size != 8 || record.arrival != be64_load(key.at)))
            status = STATUS_CORRUPT;
        if (status == STATUS_OK)
            running = receipt_running_hash(&running, &record.id);
        if (status != STATUS_OK && status != STATUS_NOT_FOUND && status != STATUS_CORRUPT)
            break;
        if (status == STATUS_OK && name_equal(&running, &row.running_hash))
            continue;
        if (log_at(store, &row.place, &log) == STATUS_OK) {
            found_bad(checking, &log, row.place.seq, "the order of arrival does not fit");
        }
        checking->verdict->ok = false;
    }
    store_cursor_close(cursor);
    return checking->verdict->ok && status != STATUS_NOT_FOUND ? status : STATUS_OK;
}

enum status replica_verify(struct replica_read *read, bool each, struct replica_verdict *verdict)
{
    struct arena logs;
    struct log_list list;
    struct checking checking = {.read = read, .each = each, .verdict = verdict};
    *verdict = (struct replica_verdict){.ok = true};
    arena_init(&logs, LOGS_ARENA_BYTES);
    arena_init(&checking.arena, LOGS_ARENA_BYTES);
    enum status status = logs_list(read, &logs, &list);
    for (size_t i = 0; status == STATUS_OK && verdict->ok && i < list.count; i++) {
        checking.log = &list.rows[i];
        status = log_begin(&checking);
        struct name scope = {{0}};
        if (status == STATUS_OK)
            status = log_scope_name(read->store, checking.log->scope, &scope);
        checking.of_authority = name_equal(&scope, &read->replica->authority_scope);
        if (status == STATUS_OK)
            status = log_check(&checking);
        verdict->logs++;
    }
    if (status == STATUS_OK && verdict->ok)
        status = arrivals_check(&checking);
    arena_deinit(&checking.arena);
    arena_deinit(&logs);
    return status;
}
