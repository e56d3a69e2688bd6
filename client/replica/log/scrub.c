#include "client/replica/log/scrub.h"

#include "client/replica/act/number.h"
#include "client/replica/case/index.h"
#include "client/replica/case/summary.h"
#include "client/replica/log/damage.h"
#include "client/replica/log/evidence.h"
#include "client/replica/receipt/peer.h"

#include <stdlib.h>
#include <string.h>

enum {
    RECORD_ARENA_BYTES = 1 << 20,
    BIT_BYTES_MOST = 8 * 1024 /* of a record whose single bits are tried: a tenth of a second */
};

/* One record under the glass. */
struct glass {
    struct replica *replica;
    struct store_read *read;
    struct arena *arena;
    struct place place;
    struct record_row row;
    struct record record;
    bool sound;   /* the bytes decode, and give the row's id */
    bool pointed; /* arrival, scope and case rows point at it as they should */
    struct log_row log;
};

/* ---- looking ---- */

static enum status must(enum status status)
{
    return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
}

/* Whether |id| is what the running hashes around |arrival| were made with. */
static enum status id_arrived(struct store_read *read, uint64_t arrival, const struct hash *id,
                              bool *did)
{
    struct table_key key = key_of_u64(arrival);
    struct arrival_row before = {.place = {.store = 0}}, at;
    struct bytes value;
    *did = false;
    enum status status = store_get(read, TABLE_ARRIVAL, key_bytes(&key), &value);
    if (status == STATUS_OK)
        status = arrival_row_decode(value, &at);
    if (status == STATUS_OK && arrival > 1) {
        key = key_of_u64(arrival - 1);
        status = store_get(read, TABLE_ARRIVAL, key_bytes(&key), &value);
        if (status == STATUS_OK)
            status = arrival_row_decode(value, &before);
    }
    if (status == STATUS_OK) {
        struct name hash = receipt_running_hash(&before.running_hash, id);
        *did = name_equal(&hash, &at.running_hash);
    }
    return status == STATUS_NOT_FOUND || status == STATUS_CORRUPT ? STATUS_OK : status;
}

static enum status row_is(struct store_read *read, enum store_table table,
                          const struct table_key *key, struct bytes want, bool *is)
{
    struct bytes value;
    enum status status = store_get(read, table, key_bytes(key), &value);
    if (status == STATUS_OK)
        *is = *is && value.size >= want.size && bytes_equal(bytes_of(value.at, want.size), want);
    else
        *is = false;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* The rows that point at the record: of its arrival, of its scope, of its case. */
static enum status look_at_pointers(struct glass *glass)
{
    uint8_t place[PLACE_BYTES], of_case[CASE_RECORD_ROW_BYTES];
    struct case_record_row case_row = {.arrival = glass->row.arrival, .place = glass->place};
    struct table_key key = key_of_u64(glass->row.arrival);
    place_encode(&glass->place, place);
    glass->pointed = true;
    enum status status =
        row_is(glass->read, TABLE_ARRIVAL, &key, bytes_of(place, sizeof place), &glass->pointed);
    key = key_of_pair(glass->log.scope, glass->row.arrival);
    if (status == STATUS_OK)
        status =
            row_is(glass->read, TABLE_SCOPE, &key, bytes_of(place, sizeof place), &glass->pointed);
    if (status != STATUS_OK || glass->row.case_number == 0)
        return status;
    case_row.id16 = name_of_hash(&glass->row.id);
    case_record_row_encode(&case_row, of_case);
    key = key_of_pair(glass->row.case_number, glass->row.arrival);
    return row_is(glass->read, TABLE_CASE, &key, bytes_of(of_case, sizeof of_case),
                  &glass->pointed);
}

/* Fills the glass with the record at its place; NOT_FOUND: none is there. */
static enum status look(struct glass *glass)
{
    arena_reset(glass->arena);
    enum status status = log_record(glass->read, &glass->place, &glass->row);
    if (status == STATUS_OK)
        status = must(log_at(glass->read, &glass->place, &glass->log));
    if (status != STATUS_OK)
        return status;
    status = record_decode(glass->row.raw, glass->arena, &glass->record);
    if (status == STATUS_NO_MEMORY)
        return status;
    glass->sound = status == STATUS_OK && hash_equal(&glass->record.id, &glass->row.id);
    return look_at_pointers(glass);
}

static void report(struct scrub *scrub, const struct glass *glass)
{
    scrub->findings[scrub->finding_count++] =
        (struct scrub_finding){.place = glass->place,
                               .outcome = SCRUB_WAITS,
                               .log = glass->log.name,
                               .id = glass->row.id,
                               .case_number = glass->row.case_number};
}

static enum status inspect(struct scrub *scrub, struct glass *glass)
{
    enum status status = look(glass);
    if (status != STATUS_OK)
        return must(status);
    scrub->records++;
    if (glass->row.raw.size == 0) {
        scrub->waiting++;
        report(scrub, glass);
        scrub->findings[scrub->finding_count - 1].known = true;
        return STATUS_OK;
    }
    if (!glass->sound || !glass->pointed) {
        report(scrub, glass);
        return STATUS_OK;
    }
    /* What is sound by its hash is as it came: a signature that does not fit came so too, and is
     * a mark against its device (SPEC.md, Authenticity). */
    scrub->signatures++;
    if (!record_verify_device(&glass->record, &glass->log.device))
        scrub->bad_signatures++;
    if (glass->record.has_officer_signature) {
        scrub->signatures++;
        if (!record_verify_officer(&glass->record))
            scrub->bad_signatures++;
    }
    return STATUS_OK;
}

static enum status walk(struct scrub *scrub, struct glass *glass, struct store_cursor *cursor,
                        size_t most)
{
    struct table_key first = key_of_pair(scrub->at.store, scrub->at.seq + 1);
    struct bytes key, value;
    enum status status = store_seek(cursor, key_bytes(&first), &key, &value);
    for (size_t i = 0; status == STATUS_OK && i < most; i++) {
        status = key.size == PLACE_BYTES ? place_decode(key, &glass->place) : STATUS_CORRUPT;
        if (status == STATUS_OK)
            status = inspect(scrub, glass);
        if (status != STATUS_OK)
            return status;
        scrub->at = glass->place;
        if (scrub->finding_count == SCRUB_FINDINGS)
            return STATUS_OK;
        status = store_next(cursor, &key, &value);
    }
    scrub->ended = status == STATUS_NOT_FOUND;
    return scrub->ended ? STATUS_OK : status;
}

enum status scrub_slice(struct replica *replica, struct scrub *scrub, size_t most)
{
    struct glass glass = {.replica = replica};
    struct store_cursor *cursor = NULL;
    struct arena arena;
    scrub->finding_count = 0;
    enum status status = store_read_begin(replica->store, &glass.read);
    if (status != STATUS_OK)
        return status;
    arena_init(&arena, RECORD_ARENA_BYTES);
    glass.arena = &arena;
    status = store_cursor_open(glass.read, TABLE_RECORD, &cursor);
    if (status == STATUS_OK)
        status = walk(scrub, &glass, cursor, most);
    store_cursor_close(cursor);
    arena_deinit(&arena);
    store_read_end(glass.read);
    return status;
}

/* ---- mending ---- */

/* Whether |bytes| are the record |id|. */
static bool is_record(struct bytes bytes, const struct hash *id, struct arena *arena)
{
    struct record record;
    arena_reset(arena);
    return record_decode(bytes, arena, &record) == STATUS_OK && hash_equal(&record.id, id);
}

/* A single bit that turned over is found by trying each: an id is proof enough. */
static bool turn_bit_back(uint8_t *bytes, size_t size, const struct hash *id)
{
    struct arena arena;
    bool found = false;
    if (size > BIT_BYTES_MOST)
        return false;
    arena_init(&arena, RECORD_ARENA_BYTES);
    for (size_t bit = 0; bit < 8 * size && !found; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        found = is_record(bytes_of(bytes, size), id, &arena);
        if (!found)
            bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    arena_deinit(&arena);
    return found;
}

/* Bytes or id: one of them was spoilt. The running hash tells which, for it was made of the id. */
static enum status mend_bytes(struct glass *glass, struct scrub_finding *finding)
{
    bool id_stands = false, other_stands = false;
    enum status status = id_arrived(glass->read, glass->row.arrival, &glass->row.id, &id_stands);
    if (status == STATUS_OK && !id_stands && glass->record.raw.size > 0)
        status = id_arrived(glass->read, glass->row.arrival, &glass->record.id, &other_stands);
    if (status != STATUS_OK)
        return status;
    uint8_t *copy = malloc(glass->row.raw.size + 1);
    if (!copy)
        return STATUS_NO_MEMORY;
    size_t size = glass->row.raw.size;
    if (size > 0)
        memcpy(copy, glass->row.raw.at, size);
    struct record_row row = glass->row;
    row.raw = bytes_of(copy, size);
    if (other_stands)
        row.id = glass->record.id;
    if (other_stands || turn_bit_back(copy, size, &row.id)) {
        finding->outcome = SCRUB_MENDED;
        status = damage_put_record(glass->replica, &glass->place, &row);
    } else {
        finding->outcome = SCRUB_WAITS;
        status = damage_let_go(glass->replica, &glass->place, &row);
    }
    finding->id = row.id;
    free(copy);
    return status;
}

/* Makes the rows again that point at the record. Its arrival's running hash stands or falls with
 * those around it: it is made again from the one before. */
static enum status mend_pointers(struct glass *glass, struct scrub_finding *finding)
{
    struct replica *replica = glass->replica;
    struct arrival_row arrival = {.place = glass->place}, before = {.place = {.store = 0}};
    uint8_t row[ARRIVAL_ROW_BYTES], place[PLACE_BYTES], of_case[CASE_RECORD_ROW_BYTES];
    struct table_key key = key_of_u64(glass->row.arrival - 1);
    struct bytes value;
    enum status status = STATUS_NOT_FOUND;
    finding->outcome = SCRUB_REBUILT;
    if (glass->row.arrival == 0 || glass->row.arrival > replica->group.counters.arrival)
        return STATUS_CORRUPT;
    if (glass->row.arrival > 1)
        status = store_get(glass->read, TABLE_ARRIVAL, key_bytes(&key), &value);
    if (status == STATUS_OK)
        status = arrival_row_decode(value, &before);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    arrival.running_hash = receipt_running_hash(&before.running_hash, &glass->row.id);
    struct case_record_row case_row = {
        .arrival = glass->row.arrival, .place = glass->place, .id16 = name_of_hash(&glass->row.id)};
    arrival_row_encode(&arrival, row);
    place_encode(&glass->place, place);
    case_record_row_encode(&case_row, of_case);
    uint64_t at = glass->row.arrival;
    uint32_t case_number = glass->row.case_number;
    key = key_of_u64(at);
    status = group_put(replica, TABLE_ARRIVAL, &key, bytes_of(row, sizeof row));
    key = key_of_pair(glass->log.scope, at);
    if (status == STATUS_OK)
        status = group_put(replica, TABLE_SCOPE, &key, bytes_of(place, sizeof place));
    if (status != STATUS_OK || case_number == 0)
        return status;
    key = key_of_pair(case_number, at);
    status = group_put(replica, TABLE_CASE, &key, bytes_of(of_case, sizeof of_case));
    key = key_of_u32(case_number);
    return status == STATUS_OK ? group_put(replica, TABLE_DIRTY, &key, bytes_of(NULL, 0)) : status;
}

static enum status settle_one(struct replica *replica, struct scrub_finding *finding)
{
    struct arena arena;
    struct glass glass = {
        .replica = replica, .read = replica->group.view, .arena = &arena, .place = finding->place};
    arena_init(&arena, RECORD_ARENA_BYTES);
    finding->outcome = SCRUB_SOUND;
    enum status status = must(look(&glass));
    if (status == STATUS_OK && glass.row.raw.size > 0) {
        if (!glass.sound)
            status = mend_bytes(&glass, finding);
        else if (!glass.pointed)
            status = mend_pointers(&glass, finding);
    }
    arena_deinit(&arena);
    return status;
}

/* What the cursor of the node above passed over is to be told anew. */
static enum status forget_cursor(struct replica *replica)
{
    const struct replica_identity *identity = &replica->identity;
    struct peer_row row;
    if (!identity->has_upstream)
        return STATUS_OK;
    enum status status = peer_get(replica->group.view, &identity->upstream, &row);
    if (status != STATUS_OK || !row.has_cursor)
        return status;
    row.has_cursor = false;
    return peer_put(replica, &identity->upstream, &row);
}

enum status scrub_settle(struct replica *replica, struct scrub *scrub)
{
    bool lost = false;
    for (size_t i = 0; i < scrub->finding_count; i++) {
        if (scrub->findings[i].known)
            continue;
        enum status status = settle_one(replica, &scrub->findings[i]);
        if (status != STATUS_OK)
            return status;
        lost = lost || scrub->findings[i].outcome == SCRUB_WAITS;
    }
    if (!lost)
        return STATUS_OK;
    enum status status = forget_cursor(replica);
    return status == STATUS_OK ? evidence_origin(replica, ORIGIN_DAMAGED) : status;
}

enum status scrub_renew_derived(struct replica *replica)
{
    return index_renew(replica);
}

enum status scrub_code(struct replica_read *read, uint32_t number, char code[LIMIT_CODE_BYTES + 16])
{
    struct summary_row summary;
    struct case_row row;
    enum status status = log_case_get(read->store, number, &row);
    if (status != STATUS_OK)
        return status;
    code_provisional(&row.name, code);
    if (summary_get(read->store, number, &summary) == STATUS_OK && summary.summary.code.size > 0 &&
        summary.summary.code.size <= LIMIT_CODE_BYTES) {
        memcpy(code, summary.summary.code.at, summary.summary.code.size);
        code[summary.summary.code.size] = 0;
    }
    return STATUS_OK;
}

uint64_t scrub_newest(struct replica_read *read)
{
    struct counters counters;
    return counters_get(read->store, &counters) == STATUS_OK ? counters.arrival : 0;
}
