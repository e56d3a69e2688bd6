#include "client/replica/receipt/receipt.h"

#include "client/replica/log/evidence.h"
#include "client/replica/log/log.h"
#include "client/replica/receipt/receipt_row.h"

#include <string.h>

enum { RECEIPT_ARENA_BYTES = 1 << 20, NUMBERS_PASSED = 1 << 20 };

/* ---- signers ---- */

static enum status signer_put(struct replica *replica, const struct public_key *signer,
                              const struct signer_row *row)
{
    uint8_t value[SIGNER_ROW_BYTES];
    signer_row_encode(row, value);
    struct table_key key = key_of_signer(signer);
    return group_put(replica, TABLE_RECEIPT, &key, bytes_of(value, sizeof value));
}

static enum status signer_make(struct replica *replica, const struct public_key *signer,
                               const struct name *epoch, struct signer_row *row)
{
    enum status status = receipt_signer_get(replica->group.view, signer, row);
    if (status != STATUS_NOT_FOUND)
        return status;
    *row = (struct signer_row){
        .number = ++replica->group.counters.signers, .epoch = *epoch, .seconds = INT64_MIN};
    struct table_key key = key_of_signer_number(row->number);
    status = group_put(replica, TABLE_RECEIPT, &key, bytes_of(signer->bytes, sizeof signer->bytes));
    return status == STATUS_OK ? signer_put(replica, signer, row) : status;
}

static struct table_key key_of_past(uint32_t signer, const struct name *epoch)
{
    struct table_key key = key_start();
    key_u8(&key, RECEIPT_PAST);
    key_u32(&key, signer);
    key_name(&key, epoch);
    return key;
}

/* |epoch| is the signer's current one from now on. */
static enum status signer_turn(struct replica *replica, struct signer_row *signer,
                               const struct name *epoch, int64_t seconds)
{
    struct table_key key = key_of_past(signer->number, &signer->epoch);
    signer->epoch = *epoch;
    signer->named = false;
    signer->seconds = seconds;
    signer->arrival = 0;
    return group_put(replica, TABLE_RECEIPT, &key, (struct bytes){NULL, 0});
}

enum status receipt_note_epoch(struct replica *replica, const struct public_key *signer,
                               const struct name *epoch)
{
    struct signer_row row;
    enum status status = signer_make(replica, signer, epoch, &row);
    bool same = status == STATUS_OK && name_equal(&row.epoch, epoch);
    if (status != STATUS_OK || (same && row.named))
        return status;
    if (!same)
        status = signer_turn(replica, &row, epoch, INT64_MIN);
    row.named = true;
    return status == STATUS_OK ? signer_put(replica, signer, &row) : status;
}

/* ---- receipts and what they cover ---- */

static enum status references_add(struct replica *replica, uint64_t number, bool more)
{
    struct table_key key = key_of_kind(RECEIPT_REFERENCES, number);
    struct bytes value;
    uint32_t references = 0;
    enum status status = store_get(replica->group.view, TABLE_RECEIPT, key_bytes(&key), &value);
    if (status == STATUS_OK)
        status = number_decode(value, &references);
    if (status != STATUS_OK && (status != STATUS_NOT_FOUND || !more))
        return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
    if (!more && references <= 1) {
        struct table_key raw = key_of_kind(RECEIPT_RAW, number);
        status = group_delete(replica, TABLE_RECEIPT, &raw);
        return status == STATUS_OK ? group_delete(replica, TABLE_RECEIPT, &key) : status;
    }
    uint8_t changed[4];
    be32_store(changed, more ? references + 1 : references - 1);
    return group_put(replica, TABLE_RECEIPT, &key, bytes_of(changed, sizeof changed));
}

static enum status ahead_get(struct store_read *read, uint32_t signer, uint32_t *count)
{
    struct table_key key = key_of_ahead(signer);
    struct bytes value;
    *count = 0;
    enum status status = store_get(read, TABLE_RECEIPT, key_bytes(&key), &value);
    if (status == STATUS_OK)
        status = number_decode(value, count);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* One claim on a record that is not here more, or less. */
static enum status ahead_count(struct replica *replica, uint32_t signer, bool more)
{
    struct table_key key = key_of_ahead(signer);
    uint32_t count = 0;
    uint8_t value[4];
    enum status status = ahead_get(replica->group.view, signer, &count);
    if (status != STATUS_OK)
        return status;
    count = more ? count + 1 : count - (count > 0); /* a store of before has not counted all */
    be32_store(value, count);
    return group_put(replica, TABLE_RECEIPT, &key, bytes_of(value, sizeof value));
}

static enum status cover_drop(struct replica *replica, const struct table_key *key)
{
    struct cover_row row;
    enum status status = receipt_cover_get(replica->group.view, key, &row);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    if (status == STATUS_OK)
        status = group_delete(replica, TABLE_RECEIPT, key);
    if (status == STATUS_OK && cover_slot(key) == SLOT_AHEAD)
        status = ahead_count(replica, cover_signer(key), false);
    return status == STATUS_OK ? references_add(replica, row.receipt, false) : status;
}

/* The segment that holds the record a head names. NOT_FOUND if it is not held. */
static enum status head_find(struct store_read *read, const struct name *log, uint64_t seq,
                             const struct name *id16, struct log_row *row)
{
    enum status status = log_find(read, log, row);
    return status == STATUS_OK ? log_resolve(read, row->root, seq, id16, row) : status;
}

/* Replaces what the signer's older receipt says of the log, unless that says more. */
static enum status cover_keep(struct replica *replica, const struct receipt *receipt,
                              const struct receipt_head *head, uint32_t signer, uint64_t number,
                              size_t *kept)
{
    struct store_read *view = replica->group.view;
    struct log_row log;
    enum status status = head_find(view, &head->log, head->seq, &head->id16, &log);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    enum slot slot = status == STATUS_OK ? SLOT_HELD : SLOT_AHEAD;
    struct table_key key = key_of_cover(&head->log, signer, slot);
    struct cover_row old;
    if (slot == SLOT_HELD) {
        struct table_key ahead = key_of_cover(&head->log, signer, SLOT_AHEAD);
        status = receipt_cover_get(view, &ahead, &old);
        if (status == STATUS_OK &&
            (old.seq <= head->seq || !name_equal(&old.epoch, &receipt->epoch)))
            status = cover_drop(replica, &ahead);
        if (status != STATUS_OK && status != STATUS_NOT_FOUND)
            return status;
    }
    status = receipt_cover_get(view, &key, &old);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    if (status == STATUS_OK && name_equal(&old.epoch, &receipt->epoch) && old.seq >= head->seq)
        return STATUS_OK;
    status = cover_drop(replica, &key);
    if (status == STATUS_OK && slot == SLOT_AHEAD) {
        uint32_t ahead = 0;
        status = ahead_get(view, signer, &ahead);
        /* Names of logs can be made without end; who lacks this one hears of the next receipt. */
        if (status == STATUS_OK && ahead >= RECEIPT_AHEAD_MOST) {
            replica->group.claims_left++;
            return STATUS_OK;
        }
        if (status == STATUS_OK)
            status = ahead_count(replica, signer, true);
    }
    if (status != STATUS_OK)
        return status;
    struct cover_row row = {
        .receipt = number, .seq = head->seq, .id16 = head->id16, .epoch = receipt->epoch};
    uint8_t value[COVER_ROW_BYTES];
    cover_row_encode(&row, value);
    ++*kept;
    return group_put(replica, TABLE_RECEIPT, &key, bytes_of(value, sizeof value));
}

/*
 * Whether |receipt| is of its signer's current epoch, which it may change. The signer itself is
 * believed. Of a relayed one an epoch never met is the newer: a restored machine's clock may have
 * gone back, or still show the same second. One that another followed comes back only if its
 * signer's clock says so, and never where the signer itself has named the other: an office that
 * has not heard of it yet goes on relaying the old one.
 */
static enum status epoch_judge(struct replica *replica, const struct receipt *receipt, bool direct,
                               struct signer_row *signer, bool *current)
{
    struct bytes value;
    *current = true;
    if (!name_equal(&signer->epoch, &receipt->epoch)) {
        struct table_key key = key_of_past(signer->number, &receipt->epoch);
        enum status status = store_get(replica->group.view, TABLE_RECEIPT, key_bytes(&key), &value);
        if (status != STATUS_OK && status != STATUS_NOT_FOUND)
            return status;
        bool later = !signer->named && receipt->seconds > signer->seconds;
        *current = direct || status == STATUS_NOT_FOUND || later;
        if (!*current)
            return STATUS_OK;
        status = signer_turn(replica, signer, &receipt->epoch, receipt->seconds);
        if (status != STATUS_OK)
            return status;
    }
    signer->named = signer->named || direct;
    if (receipt->seconds > signer->seconds)
        signer->seconds = receipt->seconds;
    return STATUS_OK;
}

/* Only offices and hubs raise a level; of others just the newest receipt is kept, as evidence. */
static bool raises_level(const struct replica *replica, const struct public_key *signer)
{
    const struct grant *grant = authority_grant(group_authority(replica), signer);
    return public_key_equal(signer, &replica->key) ||
           (grant && (grant->role == ROLE_HUB || grant->role == ROLE_OFFICE));
}

/*
 * The next receipt's number. Each start of the store goes on some way further, drawn at random: a
 * store that was put back does not give numbers again that a peer knows of the time that is lost.
 * Such a peer names one that was passed, or one not come to, and is told what it lacks.
 */
static uint64_t next_number(struct replica *replica)
{
    uint64_t next = replica->group.counters.receipt + 1;
    if (replica->receipt_start == 0) {
        uint8_t random[4];
        replica->world.random(replica->world.context, random, sizeof random);
        replica->receipt_start = next + be32_load(random) % NUMBERS_PASSED;
    }
    return next < replica->receipt_start ? replica->receipt_start : next;
}

static enum status receipt_put(struct replica *replica, struct bytes raw,
                               const struct receipt *receipt, struct signer_row *signer)
{
    uint64_t number = next_number(replica);
    size_t kept = 0;
    enum status status = STATUS_OK;
    size_t heads = raises_level(replica, &receipt->signer) ? receipt->head_count : 0;
    for (size_t i = 0; status == STATUS_OK && i < heads; i++)
        status = cover_keep(replica, receipt, &receipt->heads[i], signer->number, number, &kept);
    if (status == STATUS_OK && (receipt->arrival > signer->arrival || signer->newest == 0)) {
        if (signer->newest != 0)
            status = references_add(replica, signer->newest, false);
        signer->arrival = receipt->arrival;
        signer->newest = number;
        kept++;
    }
    if (status == STATUS_OK)
        status = signer_put(replica, &receipt->signer, signer);
    if (status != STATUS_OK || kept == 0)
        return status;
    replica->group.counters.receipt = number;
    struct table_key key = key_of_kind(RECEIPT_RAW, number);
    status = group_put(replica, TABLE_RECEIPT, &key, raw);
    if (status != STATUS_OK)
        return status;
    uint8_t references[4];
    be32_store(references, (uint32_t)kept);
    key = key_of_kind(RECEIPT_REFERENCES, number);
    return group_put(replica, TABLE_RECEIPT, &key, bytes_of(references, sizeof references));
}

enum status receipt_keep(struct replica *replica, struct bytes raw, const struct public_key *from)
{
    struct arena arena;
    struct receipt receipt;
    struct signer_row signer;
    arena_init(&arena, RECEIPT_ARENA_BYTES);
    enum status status = receipt_decode(raw, &arena, &receipt);
    if (status != STATUS_OK) {
        status = status == STATUS_NO_MEMORY ? status : STATUS_OK; /* it is none */
        goto done;
    }
    if (public_key_equal(&receipt.signer, &replica->key)) {
        status = evidence_receipt(replica, &receipt);
        goto done;
    }
    if (!authority_ever_granted(group_authority(replica), &receipt.signer))
        goto done;
    bool direct = from && public_key_equal(from, &receipt.signer);
    bool current = false;
    status = signer_make(replica, &receipt.signer, &receipt.epoch, &signer);
    if (status == STATUS_OK)
        status = epoch_judge(replica, &receipt, direct, &signer, &current);
    if (status == STATUS_OK && current)
        status = receipt_put(replica, raw, &receipt, &signer);
done:
    arena_deinit(&arena);
    return status;
}

/* A receipt kept ahead of |log| whose record is here by now; copied into |arena|. NOT_FOUND. */
static enum status ahead_find(struct replica *replica, const struct name *log, struct arena *arena,
                              struct bytes *raw)
{
    struct store_read *view = replica->group.view;
    struct store_cursor *cursor = NULL;
    struct bytes found, value;
    struct table_key key = key_of_covers(log);
    struct bytes prefix = key_bytes(&key);
    enum status status = store_cursor_open(view, TABLE_RECEIPT, &cursor);
    if (status != STATUS_OK)
        return status;
    status = store_seek(cursor, prefix, &found, &value);
    while (status == STATUS_OK) {
        struct cover_row cover;
        struct log_row held;
        bool ok = found.size == prefix.size + 5 && memcmp(found.at, prefix.at, prefix.size) == 0;
        status = ok ? cover_row_decode(value, &cover) : STATUS_NOT_FOUND;
        if (status == STATUS_OK && found.at[found.size - 1] == SLOT_AHEAD) {
            status = head_find(view, log, cover.seq, &cover.id16, &held);
            struct table_key kept = key_of_kind(RECEIPT_RAW, cover.receipt);
            if (status == STATUS_OK)
                status = store_get(view, TABLE_RECEIPT, key_bytes(&kept), &value);
            if (status == STATUS_OK)
                *raw = arena_copy(arena, value, &ok);
            if (status != STATUS_NOT_FOUND) {
                status = ok || status != STATUS_OK ? status : STATUS_NO_MEMORY;
                break;
            }
        }
        if (status == STATUS_OK || (status == STATUS_NOT_FOUND && ok))
            status = store_next(cursor, &found, &value);
    }
    store_cursor_close(cursor);
    return status;
}

enum status receipt_follow(struct replica *replica, const struct name *log)
{
    enum { SIGNERS_MOST = 64 }; /* kept ahead of one log; the rest with its next record */
    struct arena arena;
    arena_init(&arena, RECEIPT_ARENA_BYTES);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < SIGNERS_MOST; i++) {
        struct receipt receipt;
        struct signer_row signer;
        struct bytes raw;
        arena_reset(&arena);
        status = ahead_find(replica, log, &arena, &raw);
        if (status == STATUS_OK)
            status = receipt_decode(raw, &arena, &receipt);
        if (status == STATUS_OK)
            status = receipt_signer_get(replica->group.view, &receipt.signer, &signer);
        if (status != STATUS_OK)
            break;
        if (name_equal(&signer.epoch, &receipt.epoch)) {
            status = receipt_put(replica, raw, &receipt, &signer);
        } else { /* of an epoch that is over: it must not displace one of the current */
            struct table_key key = key_of_cover(log, signer.number, SLOT_AHEAD);
            status = cover_drop(replica, &key);
        }
    }
    arena_deinit(&arena);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status receipt_sign(struct replica *replica, const struct receipt_head *heads, size_t count,
                         struct bytes *raw)
{
    const struct group *group = &replica->group;
    struct receipt receipt = {.signer = replica->key,
                              .epoch = group->epoch,
                              .arrival = group->counters.arrival,
                              .running_hash = group->counters.running_hash,
                              .seconds = replica->world.wall_seconds(replica->world.context),
                              .heads = heads,
                              .head_count = count};
    struct signer_row signer;
    bool ok = false, current = false;
    buffer_reset(&replica->scratch);
    enum status status = receipt_seal(&receipt, &replica->secret, &replica->scratch);
    if (status != STATUS_OK)
        return status;
    *raw = arena_copy(&replica->commit_arena, buffer_view(&replica->scratch), &ok);
    if (!ok)
        return STATUS_NO_MEMORY;
    status = signer_make(replica, &receipt.signer, &receipt.epoch, &signer);
    if (status == STATUS_OK)
        status = epoch_judge(replica, &receipt, true, &signer, &current);
    return status == STATUS_OK ? receipt_put(replica, *raw, &receipt, &signer) : status;
}

enum status receipt_forget_own(struct replica *replica)
{
    struct signer_row own;
    struct store_cursor *cursor = NULL;
    struct bytes found, value;
    enum status status = receipt_signer_get(replica->group.view, &replica->key, &own);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    status = store_cursor_open(replica->group.view, TABLE_RECEIPT, &cursor);
    if (status != STATUS_OK)
        return status;
    static const uint8_t first[] = {RECEIPT_COVER};
    status = store_seek(cursor, bytes_of(first, 1), &found, &value);
    while (status == STATUS_OK && found.at[0] == RECEIPT_COVER) {
        if (found.size == 22 && be32_load(found.at + 17) == own.number) {
            struct table_key key = {.size = found.size};
            memcpy(key.bytes, found.at, found.size);
            status = cover_drop(replica, &key);
        }
        if (status == STATUS_OK)
            status = store_next(cursor, &found, &value);
    }
    store_cursor_close(cursor);
    if (status != STATUS_NOT_FOUND && status != STATUS_OK)
        return status;
    if (own.newest == 0)
        return STATUS_OK;
    status = references_add(replica, own.newest, false);
    own.newest = 0;
    own.arrival = 0;
    return status == STATUS_OK ? signer_put(replica, &replica->key, &own) : status;
}

enum status receipt_newest(struct store_read *read, const struct public_key *signer,
                           struct bytes *raw)
{
    struct signer_row row;
    enum status status = receipt_signer_get(read, signer, &row);
    if (status != STATUS_OK)
        return status;
    if (row.newest == 0)
        return STATUS_NOT_FOUND;
    struct table_key key = key_of_kind(RECEIPT_RAW, row.newest);
    status = store_get(read, TABLE_RECEIPT, key_bytes(&key), raw);
    return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
}
