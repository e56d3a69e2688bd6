#include "client/replica/log/inquiry.h"

#include "client/replica/log/damage.h"
#include "client/replica/receipt/peer.h"
#include "client/replica/receipt/receipt.h"
#include "client/replica/receipt/receipt_row.h"

#include <stdlib.h>
#include <string.h>

enum {
    RECEIPT_ARENA_BYTES = 1 << 20,
    FIRST_RECEIPTS = 16,
    EVIDENCE_MOST = 32, /* receipts shown beside the newest */
    EVIDENCE_BYTES = 32 * 1024
};

static int number_compare(const void *a, const void *b)
{
    uint32_t left, right;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    return left < right ? -1 : left > right;
}

static enum status scopes_find(struct inquiry *inquiry)
{
    const struct read_request *request = inquiry->request;
    inquiry->every_scope = request->every_scope;
    inquiry->scopes = arena_array(inquiry->arena, request->scope_count, sizeof *inquiry->scopes);
    if (!inquiry->scopes && request->scope_count > 0)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < request->scope_count; i++) {
        uint32_t number = 0;
        enum status status = log_scope_number(inquiry->read, &request->scopes[i], &number);
        if (status == STATUS_NOT_FOUND)
            continue;
        if (status != STATUS_OK)
            return status;
        inquiry->scopes[inquiry->scope_count++] = number;
    }
    if (inquiry->scopes && inquiry->scope_count > 1)
        qsort(inquiry->scopes, inquiry->scope_count, sizeof *inquiry->scopes, number_compare);
    return STATUS_OK;
}

bool inquiry_has_scope(const struct inquiry *inquiry, uint32_t scope)
{
    return inquiry->every_scope ||
           (inquiry->scope_count > 0 && bsearch(&scope, inquiry->scopes, inquiry->scope_count,
                                                sizeof scope, number_compare) != NULL);
}

enum status inquiry_running_hash(struct store_read *read, uint64_t arrival,
                                 struct name *running_hash)
{
    struct table_key key = key_of_u64(arrival);
    struct bytes value;
    struct arrival_row row;
    *running_hash = (struct name){0};
    if (arrival == 0)
        return STATUS_OK;
    enum status status = store_get(read, TABLE_ARRIVAL, key_bytes(&key), &value);
    if (status == STATUS_OK)
        status = arrival_row_decode(value, &row);
    if (status == STATUS_OK)
        *running_hash = row.running_hash;
    return status;
}

/* ---- vectors ---- */

struct vector_build {
    struct inquiry *inquiry;
    struct vector_entry *entries; /* NULL: only counting */
    size_t count;
    enum status status;
};

static enum status entry_fill(struct inquiry *inquiry, const struct log_row *row,
                              struct vector_entry *entry)
{
    *entry = (struct vector_entry){.head = {.log = row->name, .seq = row->seq, .id = row->id},
                                   .device = row->device,
                                   .purpose = row->purpose};
    enum status status = log_scope_name(inquiry->read, row->scope, &entry->scope);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
    return peer_mark(inquiry->read, &inquiry->request->peer, row, &entry->peer_seq);
}

enum status inquiry_cap(const struct inquiry *inquiry, struct log_row *row)
{
    return inquiry->damaged ? damage_cap(inquiry->read, row) : STATUS_OK;
}

static bool vector_each(void *context, const struct log_row *row)
{
    struct vector_build *build = context;
    struct log_row told = *row;
    if (!inquiry_has_scope(build->inquiry, row->scope))
        return true;
    build->status = inquiry_cap(build->inquiry, &told);
    if (build->status != STATUS_OK)
        return false;
    if (told.seq < told.first && row->seq >= row->first)
        return true; /* nothing of it is held */
    if (build->entries)
        build->status = entry_fill(build->inquiry, &told, &build->entries[build->count]);
    build->count++;
    return build->status == STATUS_OK;
}

static int entry_compare(const void *a, const void *b)
{
    const struct vector_entry *left = a, *right = b;
    return name_compare(&left->head.log, &right->head.log);
}

static enum status inquiry_vector(struct inquiry *inquiry)
{
    struct vector_build build = {.inquiry = inquiry, .status = STATUS_OK};
    enum status status = log_each(inquiry->read, vector_each, &build);
    if (status != STATUS_OK || build.status != STATUS_OK)
        return status != STATUS_OK ? status : build.status;
    build.entries = arena_array(inquiry->arena, build.count, sizeof *build.entries);
    if (!build.entries && build.count > 0)
        return STATUS_NO_MEMORY;
    if (build.count > 0) {
        build.count = 0;
        status = log_each(inquiry->read, vector_each, &build);
        if (status != STATUS_OK || build.status != STATUS_OK)
            return status != STATUS_OK ? status : build.status;
        qsort(build.entries, build.count, sizeof *build.entries, entry_compare);
    }
    inquiry->result->vector = build.entries;
    inquiry->result->vector_count = build.count;
    inquiry->result->end = inquiry->counters.arrival;
    inquiry->result->running_hash = inquiry->counters.running_hash;
    inquiry->result->at_end = true;
    return STATUS_OK;
}

static enum status inquiry_heads(struct inquiry *inquiry)
{
    const struct read_request *request = inquiry->request;
    struct vector_entry *entries = arena_array(inquiry->arena, request->count, sizeof *entries);
    if (!entries && request->count > 0)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < request->count; i++) {
        struct log_row row;
        entries[i] = (struct vector_entry){.head = {.log = request->logs[i]}};
        enum status status = log_find(inquiry->read, &request->logs[i], &row);
        if (status == STATUS_OK)
            status = inquiry_cap(inquiry, &row);
        if (status == STATUS_OK && row.seq >= row.first)
            status = entry_fill(inquiry, &row, &entries[i]);
        if (status != STATUS_OK && status != STATUS_NOT_FOUND)
            return status;
    }
    inquiry->result->vector = entries;
    inquiry->result->vector_count = request->count;
    inquiry->result->at_end = true;
    return STATUS_OK;
}

static enum status inquiry_ids(struct inquiry *inquiry)
{
    const struct read_request *request = inquiry->request;
    struct log_row row;
    struct hash *ids = arena_array(inquiry->arena, request->count, sizeof *ids);
    if (!ids && request->count > 0)
        return STATUS_NO_MEMORY;
    enum status status = log_find(inquiry->read, &request->log, &row);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    bool held = status == STATUS_OK;
    for (size_t i = 0; held && i < request->count; i++) {
        status = log_id(inquiry->read, &row, request->seqs[i], &ids[i]);
        if (status != STATUS_OK && status != STATUS_NOT_FOUND)
            return status;
    }
    inquiry->result->ids = ids;
    inquiry->result->id_count = request->count;
    inquiry->result->at_end = true;
    return STATUS_OK;
}

/* ---- receipts ---- */

/* Whether |raw| covers a held log of the scopes asked for. */
static enum status receipt_wanted(const struct inquiry *inquiry, struct bytes raw,
                                  struct arena *arena, bool *wanted)
{
    struct receipt receipt;
    *wanted = inquiry->every_scope;
    if (*wanted)
        return STATUS_OK;
    arena_reset(arena);
    enum status status = receipt_decode(raw, arena, &receipt);
    if (status != STATUS_OK)
        return status == STATUS_NO_MEMORY ? status : STATUS_CORRUPT;
    for (size_t i = 0; !*wanted && i < receipt.head_count; i++) {
        struct log_row log;
        status = log_find(inquiry->read, &receipt.heads[i].log, &log);
        if (status == STATUS_OK)
            *wanted = inquiry_has_scope(inquiry, log.scope);
        else if (status != STATUS_NOT_FOUND)
            return status;
    }
    return STATUS_OK;
}

struct receipt_list {
    struct bytes *items;
    size_t count;
    size_t capacity;
    size_t bytes;
};

static enum status receipt_add(struct receipt_list *list, struct arena *arena, struct bytes raw)
{
    bool ok = false;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : FIRST_RECEIPTS;
        struct bytes *grown = arena_array(arena, capacity, sizeof *grown);
        if (!grown)
            return STATUS_NO_MEMORY;
        if (list->count > 0)
            memcpy(grown, list->items, list->count * sizeof *grown);
        list->items = grown;
        list->capacity = capacity;
    }
    list->items[list->count] = arena_copy(arena, raw, &ok);
    if (!ok)
        return STATUS_NO_MEMORY;
    list->count++;
    list->bytes += raw.size;
    return STATUS_OK;
}

static enum status receipts_walk(struct inquiry *inquiry, struct store_cursor *cursor,
                                 struct arena *arena, struct receipt_list *list)
{
    struct bytes found, value;
    struct table_key key = key_start();
    key_u8(&key, RECEIPT_RAW);
    key_u64(&key, inquiry->request->from == UINT64_MAX ? UINT64_MAX : inquiry->request->from + 1);
    enum status status = store_seek(cursor, key_bytes(&key), &found, &value);
    while (status == STATUS_OK && found.size == 9 && found.at[0] == RECEIPT_RAW) {
        bool wanted = false;
        status = receipt_wanted(inquiry, value, arena, &wanted);
        if (status != STATUS_OK)
            return status;
        if (wanted && list->count > 0 && list->bytes + value.size > inquiry->request->bytes)
            return STATUS_OK;
        if (wanted)
            status = receipt_add(list, inquiry->arena, value);
        inquiry->result->end = be64_load(found.at + 1);
        if (status == STATUS_OK)
            status = store_next(cursor, &found, &value);
    }
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    inquiry->result->at_end = true;
    if (inquiry->counters.receipt > inquiry->result->end)
        inquiry->result->end = inquiry->counters.receipt;
    return STATUS_OK;
}

static enum status inquiry_receipts(struct inquiry *inquiry)
{
    struct store_cursor *cursor = NULL;
    struct arena arena;
    struct receipt_list list = {.count = 0};
    enum status status = store_cursor_open(inquiry->read, TABLE_RECEIPT, &cursor);
    if (status != STATUS_OK)
        return status;
    arena_init(&arena, RECEIPT_ARENA_BYTES);
    inquiry->result->end = inquiry->request->from;
    status = receipts_walk(inquiry, cursor, &arena, &list);
    inquiry->result->receipts = list.items;
    inquiry->result->receipt_count = list.count;
    arena_deinit(&arena);
    store_cursor_close(cursor);
    return status;
}

/* Receipts by which a node is shown what it once held of its own logs. */
struct evidence {
    const struct inquiry *inquiry;
    uint32_t signer;
    uint64_t numbers[EVIDENCE_MOST]; /* of receipts, each once */
    size_t count;
    enum status status;
};

static bool evidence_add(void *context, const struct log_row *log)
{
    struct evidence *evidence = context;
    struct cover_row cover;
    if (!public_key_equal(&log->device, &evidence->inquiry->request->peer))
        return true;
    struct table_key key = key_of_cover(&log->name, evidence->signer, SLOT_HELD);
    enum status status = receipt_cover_get(evidence->inquiry->read, &key, &cover);
    if (status == STATUS_NOT_FOUND)
        return true;
    evidence->status = status;
    for (size_t i = 0; status == STATUS_OK && i < evidence->count; i++) {
        if (evidence->numbers[i] == cover.receipt)
            return true;
    }
    if (status == STATUS_OK)
        evidence->numbers[evidence->count++] = cover.receipt;
    return status == STATUS_OK && evidence->count < EVIDENCE_MOST;
}

static enum status evidence_list(struct inquiry *inquiry, struct receipt_list *list)
{
    struct evidence evidence = {.inquiry = inquiry};
    struct signer_row signer;
    struct bytes raw;
    enum status status = receipt_signer_get(inquiry->read, &inquiry->request->peer, &signer);
    if (status == STATUS_OK)
        status = receipt_newest(inquiry->read, &inquiry->request->peer, &raw);
    if (status == STATUS_OK)
        status = receipt_add(list, inquiry->arena, raw);
    if (status != STATUS_OK)
        return status;
    evidence.signer = signer.number;
    status = log_each(inquiry->read, evidence_add, &evidence);
    status = status == STATUS_OK ? evidence.status : status;
    for (size_t i = 0; status == STATUS_OK && i < evidence.count; i++) {
        struct table_key key = key_of_kind(RECEIPT_RAW, evidence.numbers[i]);
        if (evidence.numbers[i] == signer.newest)
            continue;
        status = store_get(inquiry->read, TABLE_RECEIPT, key_bytes(&key), &raw);
        if (status == STATUS_OK && list->bytes + raw.size <= EVIDENCE_BYTES)
            status = receipt_add(list, inquiry->arena, raw);
    }
    return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
}

static enum status inquiry_evidence(struct inquiry *inquiry)
{
    struct receipt_list list = {.count = 0};
    enum status status = evidence_list(inquiry, &list);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    inquiry->result->receipts = list.items;
    inquiry->result->receipt_count = list.count;
    inquiry->result->at_end = true;
    return STATUS_OK;
}

/* ---- dispatch ---- */

static enum status inquiry_answer(struct inquiry *inquiry)
{
    switch (inquiry->request->kind) {
    case READ_VECTOR:
        return inquiry_vector(inquiry);
    case READ_HEADS:
        return inquiry_heads(inquiry);
    case READ_ARRIVALS:
        return inquiry_arrivals(inquiry);
    case READ_LOG:
        return inquiry_log(inquiry);
    case READ_IDS:
        return inquiry_ids(inquiry);
    case READ_RECEIPTS:
        return inquiry_receipts(inquiry);
    case READ_EVIDENCE:
        return inquiry_evidence(inquiry);
    case READ_CURSOR:
        inquiry->result->end = inquiry->request->from;
        return inquiry_running_hash(inquiry->read, inquiry->request->from,
                                    &inquiry->result->running_hash);
    }
    return STATUS_USAGE;
}

enum status replica_inquire(struct replica *replica, const struct read_request *request,
                            struct arena *arena, struct read_result *result)
{
    struct inquiry inquiry = {.request = request, .arena = arena, .result = result};
    *result = (struct read_result){.tag = request->tag};
    enum status status = store_read_begin(replica->store, &inquiry.read);
    if (status == STATUS_OK)
        status = counters_get(inquiry.read, &inquiry.counters);
    if (status == STATUS_OK)
        status = scopes_find(&inquiry);
    if (status == STATUS_OK)
        status = damage_any(inquiry.read, &inquiry.damaged);
    if (status == STATUS_OK)
        status = inquiry_answer(&inquiry);
    result->newest = inquiry.counters.arrival;
    result->newest_receipt = inquiry.counters.receipt;
    result->status = status;
    store_read_end(inquiry.read);
    return status;
}

void replica_session_self(struct replica *replica, const struct public_key *peer,
                          struct session_self *self)
{
    struct store_read *read = NULL;
    struct peer_row row = {.has_cursor = false};
    *self = (struct session_self){.role = peer ? SESSION_CLIENT : SESSION_SERVER,
                                  .key = replica->key,
                                  .secret = &replica->secret,
                                  .epoch = replica_epoch(replica)};
    if (!peer) {
        self->invited = replica_invited;
        self->invited_context = replica;
        return;
    }
    self->peer = *peer;
    self->has_invitation = replica->identity.has_invitation;
    self->invitation = replica->identity.invitation;
    /* Without them the session falls back to vectors: slower, never wrong. */
    if (store_read_begin(replica->store, &read) != STATUS_OK)
        return;
    if (peer_get(read, peer, &row) == STATUS_OK) {
        self->has_cursor = row.has_cursor;
        self->cursor = row.cursor;
        self->marks_certain = row.certain;
    }
    store_read_end(read);
}
