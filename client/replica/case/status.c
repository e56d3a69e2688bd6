#include "client/replica/act/clock.h"
#include "client/replica/case/index.h"
#include "client/replica/log/aside.h"
#include "client/replica/receipt/peer.h"
#include "client/replica/receipt/receipt.h"

#include <stdlib.h>
#include <string.h>

enum { PEERS_MOST = 4096 };

/* Everything a status gathers in its walks. */
struct gathering {
    struct replica_read *read;
    struct arena *arena;
    struct replica_status *status;
    struct replica_scope_status *scopes;
    uint32_t *scope_numbers;
    uint64_t *scope_held;
    struct buffer *vectors; /* one a scope */
    struct buffer *views;
    size_t scope_count;
    struct replica_peer_status *peers;
    struct log_row *logs; /* of all logs, by name */
    size_t log_count;
    size_t log_capacity;
    enum status failure;
};

/* ---- logs ---- */

static bool gather_log(void *context, const struct log_row *row)
{
    struct gathering *gathering = context;
    if (gathering->log_count == gathering->log_capacity) {
        size_t capacity = gathering->log_capacity == 0 ? 64 : gathering->log_capacity * 2;
        struct log_row *grown = realloc(gathering->logs, capacity * sizeof *grown);
        if (grown == NULL) {
            gathering->failure = STATUS_NO_MEMORY;
            return false;
        }
        gathering->logs = grown;
        gathering->log_capacity = capacity;
    }
    gathering->logs[gathering->log_count++] = *row;
    return true;
}

static int compare_logs(const void *a, const void *b)
{
    const struct log_row *left = a;
    const struct log_row *right = b;
    return name_compare(&left->name, &right->name);
}

static size_t scope_index(const struct gathering *gathering, uint32_t number)
{
    size_t i = 0;
    while (i < gathering->scope_count && gathering->scope_numbers[i] != number) {
        i++;
    }
    return i;
}

/* Records of |log| up to |seq| that lie in its own segment. */
static uint64_t covered(const struct log_row *log, uint64_t seq)
{
    uint64_t end = seq < log->seq ? seq : log->seq;
    return end < log->first ? 0 : end - log->first + 1;
}

static enum status count_log(struct gathering *gathering, const struct log_row *log)
{
    struct coverage coverage;
    struct replica_status *status = gathering->status;
    size_t scope = scope_index(gathering, log->scope);
    enum status failure = receipt_coverage(gathering->read, log, &coverage);
    if (failure != STATUS_OK || log->seq < log->first) {
        return failure;
    }
    status->logs++;
    status->records += log->seq - log->first + 1;
    status->at_office += covered(log, coverage.office);
    status->at_hub += covered(log, coverage.hub);
    if (scope < gathering->scope_count) {
        struct name id16 = name_of_hash(&log->id);
        struct buffer *vector = &gathering->vectors[scope];
        buffer_append(vector, log->name.bytes, sizeof log->name.bytes);
        buffer_append_be64(vector, log->seq);
        buffer_append(vector, id16.bytes, sizeof id16.bytes);
    }
    return STATUS_OK;
}

static enum status count_logs(struct gathering *gathering)
{
    enum status status = log_each(gathering->read->store, gather_log, gathering);
    status = status == STATUS_OK ? gathering->failure : status;
    if (status != STATUS_OK) {
        return status;
    }
    if (gathering->log_count > 1) {
        qsort(gathering->logs, gathering->log_count, sizeof *gathering->logs, compare_logs);
    }
    for (size_t i = 0; i < gathering->log_count && status == STATUS_OK; i++) {
        status = count_log(gathering, &gathering->logs[i]);
    }
    gathering->status->waiting = gathering->status->records - gathering->status->at_hub;
    return status;
}

/* ---- cases ---- */

/* The case's row as it would be: a stale one is computed here and not kept. */
static enum status fresh_row(struct gathering *gathering, uint32_t number, struct arena *arena,
                             struct summary_row *row)
{
    bool stale = false;
    struct case_row found;
    struct loaded_case loaded;
    enum status status = index_is_stale(gathering->read->store, number, &stale);
    if (status == STATUS_OK && !stale) {
        status = summary_get(gathering->read->store, number, row);
        if (status != STATUS_NOT_FOUND) {
            return status;
        }
        status = STATUS_OK;
    }
    gathering->status->stale_cases++;
    if (status == STATUS_OK) {
        status = log_case_get(gathering->read->store, number, &found);
    }
    if (status == STATUS_OK) {
        status = case_load(gathering->read, &found, arena, &loaded);
    }
    return status == STATUS_OK ? summary_of_case(&loaded, arena, row) : status;
}

static enum status count_case(struct gathering *gathering, const struct name *name,
                              uint32_t scope_number, uint32_t number, struct arena *arena)
{
    struct summary_row row;
    enum status status = fresh_row(gathering, number, arena, &row);
    if (status != STATUS_OK) {
        return status;
    }
    gathering->status->cases++;
    gathering->status->held += row.summary.held;
    gathering->status->ineffective += row.summary.ineffective;
    gathering->status->refused += row.summary.refused;
    size_t scope = scope_index(gathering, scope_number);
    if (scope < gathering->scope_count) {
        struct buffer *views = &gathering->views[scope];
        gathering->scope_held[scope] += row.summary.held;
        buffer_append(views, name->bytes, sizeof name->bytes);
        buffer_append(views, row.summary.view_hash.bytes, sizeof row.summary.view_hash.bytes);
    }
    return STATUS_OK;
}

/* In order of name, which is the order the digest is over. */
static enum status count_cases(struct gathering *gathering)
{
    struct store_cursor *cursor = NULL;
    struct bytes key = {NULL, 0};
    struct bytes value = {NULL, 0};
    struct name first = {{0}};
    struct arena arena;
    enum status status = store_cursor_open(gathering->read->store, TABLE_CASE_NAME, &cursor);
    if (status != STATUS_OK) {
        return status;
    }
    arena_init(&arena, CASE_ARENA_BYTES);
    status = store_seek(cursor, bytes_of(first.bytes, sizeof first.bytes), &key, &value);
    while (status == STATUS_OK) {
        struct name name;
        uint32_t number = 0;
        if (key.size != sizeof name.bytes + 4) {
            status = STATUS_CORRUPT;
            break;
        }
        memcpy(name.bytes, key.at, sizeof name.bytes);
        status = number_decode(value, &number);
        if (status == STATUS_OK) {
            status =
                count_case(gathering, &name, be32_load(key.at + sizeof name.bytes), number, &arena);
        }
        arena_reset(&arena);
        if (status == STATUS_OK) {
            status = store_next(cursor, &key, &value);
        }
    }
    arena_deinit(&arena);
    store_cursor_close(cursor);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* ---- scopes ---- */

static enum status gather_scopes(struct gathering *gathering)
{
    struct name name;
    uint32_t most = 0;
    enum status status = STATUS_OK;
    while (status == STATUS_OK) {
        status = log_scope_name(gathering->read->store, most + 1, &name);
        most += status == STATUS_OK;
    }
    if (status != STATUS_NOT_FOUND) {
        return status;
    }
    struct arena *arena = gathering->arena;
    gathering->scopes = arena_array(arena, most, sizeof *gathering->scopes);
    gathering->scope_numbers = arena_array(arena, most, sizeof *gathering->scope_numbers);
    gathering->scope_held = arena_array(arena, most, sizeof *gathering->scope_held);
    gathering->vectors = arena_array(arena, most, sizeof *gathering->vectors);
    gathering->views = arena_array(arena, most, sizeof *gathering->views);
    if (gathering->scopes == NULL || gathering->scope_numbers == NULL ||
        gathering->scope_held == NULL || gathering->vectors == NULL || gathering->views == NULL) {
        return STATUS_NO_MEMORY;
    }
    for (uint32_t i = 0; i < most; i++) {
        status = log_scope_name(gathering->read->store, i + 1, &gathering->scopes[i].scope);
        if (status != STATUS_OK) {
            return status;
        }
        gathering->scope_numbers[i] = i + 1;
        buffer_init(&gathering->vectors[i], SIZE_MAX);
        buffer_init(&gathering->views[i], SIZE_MAX);
    }
    gathering->scope_count = most;
    return STATUS_OK;
}

static enum status digest_scopes(struct gathering *gathering)
{
    for (size_t i = 0; i < gathering->scope_count; i++) {
        struct bytes vector = buffer_view(&gathering->vectors[i]);
        struct bytes views = buffer_view(&gathering->views[i]);
        enum status status = buffer_status(&gathering->vectors[i]);
        if (status == STATUS_OK) {
            status = buffer_status(&gathering->views[i]);
        }
        if (status != STATUS_OK) {
            return status;
        }
        gathering->scopes[i].vector = seal_name("hoso/vector/1", &vector, 1);
        gathering->scopes[i].views = seal_name("hoso/views/1", &views, 1);
    }
    gathering->status->scopes = gathering->scopes;
    gathering->status->scope_count = gathering->scope_count;
    return STATUS_OK;
}

/* ---- peers ---- */

static enum status count_ahead(struct gathering *gathering, struct replica_peer_status *peer)
{
    for (size_t i = 0; i < gathering->log_count; i++) {
        const struct log_row *log = &gathering->logs[i];
        struct name scope;
        uint64_t mark = 0;
        enum status status = log_scope_name(gathering->read->store, log->scope, &scope);
        if (status == STATUS_OK && !authority_may(gathering->read->authority, &peer->key, &scope)) {
            continue;
        }
        if (status == STATUS_OK) {
            status = peer_mark(gathering->read->store, &peer->key, log, &mark);
        }
        if (status != STATUS_OK) {
            return status;
        }
        peer->ahead += covered(log, log->seq) - covered(log, mark);
        peer->behind += mark > log->seq ? mark - log->seq : 0;
    }
    return STATUS_OK;
}

static void count_held(const struct gathering *gathering, struct replica_peer_status *peer)
{
    for (size_t i = 0; i < gathering->scope_count; i++) {
        if (authority_may(gathering->read->authority, &peer->key, &gathering->scopes[i].scope)) {
            peer->held += gathering->scope_held[i];
        }
    }
}

static bool gather_peer(void *context, const struct public_key *key, const struct peer_row *row)
{
    struct gathering *gathering = context;
    struct replica_status *status = gathering->status;
    if (status->peer_count == PEERS_MOST) {
        return false;
    }
    struct replica_peer_status *peer = &gathering->peers[status->peer_count++];
    *peer = (struct replica_peer_status){.key = *key, .last_contact = row->contact_seconds};
    const struct grant *grant = authority_grant(gathering->read->authority, key);
    if (grant != NULL) {
        peer->unit = grant->unit;
        peer->label = grant->label;
        peer->role = grant->role;
    }
    if (peer->last_contact > status->last_contact) {
        status->last_contact = peer->last_contact;
    }
    count_held(gathering, peer);
    gathering->failure = count_ahead(gathering, peer);
    return gathering->failure == STATUS_OK;
}

static bool count_peer(void *context, const struct public_key *key, const struct peer_row *row)
{
    size_t *count = context;
    (void)key;
    (void)row;
    *count += 1;
    return *count < PEERS_MOST;
}

static enum status gather_peers(struct gathering *gathering)
{
    size_t count = 0;
    enum status status = peer_each(gathering->read->store, count_peer, &count);
    if (status != STATUS_OK) {
        return status;
    }
    gathering->peers = arena_array(gathering->arena, count, sizeof *gathering->peers);
    if (gathering->peers == NULL) {
        return STATUS_NO_MEMORY;
    }
    if (count > 0) {
        status = peer_each(gathering->read->store, gather_peer, gathering);
    }
    gathering->status->peers = gathering->peers;
    return status == STATUS_OK ? gathering->failure : status;
}

/* Texts of grants live with the authority set; a status outlives its snapshot. */
static enum status copy_peer_texts(struct gathering *gathering)
{
    for (size_t i = 0; i < gathering->status->peer_count; i++) {
        struct replica_peer_status *peer = &gathering->peers[i];
        bool unit = false;
        bool label = false;
        peer->unit = arena_copy(gathering->arena, peer->unit, &unit);
        peer->label = arena_copy(gathering->arena, peer->label, &label);
        if (!unit || !label) {
            return STATUS_NO_MEMORY;
        }
    }
    return STATUS_OK;
}

/* ---- all ---- */

static enum status gather_node(struct gathering *gathering)
{
    struct replica *replica = gathering->read->replica;
    struct replica_status *status = gathering->status;
    struct clock_verdict clock;
    struct aside_count aside;
    bool reserve = false;
    enum status failure = clock_judge(gathering->read, &clock);
    if (failure == STATUS_OK) {
        failure = aside_count(gathering->read->store, &aside);
    }
    if (failure != STATUS_OK) {
        return failure;
    }
    status->aside = aside.records;
    const struct pack *pack = replica_pack(replica, NULL);
    status->clock_suspect = !clock.sane;
    status->example_pack = pack != NULL && pack->example;
    status->granted = authority_grant(gathering->read->authority, &replica->key) != NULL;
    return store_room(replica->store, &status->free_bytes, &reserve);
}

enum status replica_status(struct replica_read *read, struct arena *arena,
                           struct replica_status *status)
{
    struct gathering gathering = {.read = read, .arena = arena, .status = status};
    *status = (struct replica_status){.records = 0};
    enum status failure = gather_node(&gathering);
    if (failure == STATUS_OK) {
        failure = gather_scopes(&gathering);
    }
    if (failure == STATUS_OK) {
        failure = count_logs(&gathering);
    }
    if (failure == STATUS_OK) {
        failure = count_cases(&gathering);
    }
    if (failure == STATUS_OK) {
        failure = digest_scopes(&gathering);
    }
    if (failure == STATUS_OK) {
        failure = gather_peers(&gathering);
    }
    if (failure == STATUS_OK) {
        failure = copy_peer_texts(&gathering);
    }
    for (size_t i = 0; i < gathering.scope_count; i++) {
        buffer_deinit(&gathering.vectors[i]);
        buffer_deinit(&gathering.views[i]);
    }
    free(gathering.logs);
    return failure;
}
