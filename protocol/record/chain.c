#include "protocol/record/chain.h"

#include "protocol/record/body.h"

#include <string.h>

enum { CLAIMED_ID_BYTES = 16 };

static bool id_fits(const struct hash *claim, const struct hash *id)
{
    static const uint8_t zero[sizeof claim->bytes - CLAIMED_ID_BYTES];
    bool whole = memcmp(claim->bytes + CLAIMED_ID_BYTES, zero, sizeof zero) != 0;
    return memcmp(claim->bytes, id->bytes, whole ? sizeof id->bytes : CLAIMED_ID_BYTES) == 0;
}

static bool starts_run(const struct record *record, const struct position *before)
{
    if (before->seq == 0) {
        return record->header.kind == KIND_OPENING;
    }
    return record->header.kind != KIND_OPENING && name_equal(&record->header.log, &before->log) &&
           record->header.seq == before->seq + 1 && id_fits(&before->id, &record->header.prev);
}

/* How many of the first records follow each other without a gap. */
static size_t linked_prefix(const struct record *records, size_t count,
                            const struct position *before)
{
    if (count == 0 || !starts_run(&records[0], before)) {
        return 0;
    }
    struct name log = record_log(&records[0]);
    size_t linked = 1;
    while (linked < count) {
        const struct record_header *header = &records[linked].header;
        if (header->seq != records[linked - 1].header.seq + 1 || !name_equal(&header->log, &log) ||
            !hash_equal(&header->prev, &records[linked - 1].id)) {
            break;
        }
        linked++;
    }
    return linked;
}

static bool never_amortised(const struct record *record)
{
    return record->header.kind == KIND_OPENING || record_is_authority(record->header.kind);
}

/* The checking of one run: what each verification said is counted here. */
struct check {
    const struct record *records;
    const struct public_key *device;
    size_t verified; /* among the records before |end| */
    size_t checked;
};

static bool verify(struct check *check, size_t index)
{
    check->checked++;
    bool good = record_verify_device(&check->records[index], check->device);
    if (good) {
        check->verified++;
    }
    return good;
}

/* Verifies the records that need a signature of their own; the first that fails ends the run. */
static size_t strict_prefix(struct check *check, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (never_amortised(&check->records[i]) && !verify(check, i)) {
            return i;
        }
    }
    return count;
}

/* One past the last record before |end| whose own signature verifies; those never amortised have
 * passed already. */
static size_t prefix_by_run(struct check *check, size_t end)
{
    while (end > 0 && !never_amortised(&check->records[end - 1]) && !verify(check, end - 1)) {
        end--;
    }
    return end;
}

static size_t prefix_by_each(struct check *check, size_t end)
{
    size_t good = 0;
    for (size_t i = 0; i < end; i++) {
        if (never_amortised(&check->records[i]) || verify(check, i)) {
            good = i + 1;
        }
    }
    return good;
}

struct chain_result chain_check(const struct record *records, size_t count,
                                const struct position *before, const struct public_key *device,
                                enum chain_mode mode)
{
    struct chain_result result = {.status = STATUS_OK};
    size_t linked = linked_prefix(records, count, before);
    if (linked < count) {
        result.status = STATUS_MALFORMED;
    }
    if (linked == 0) {
        return result;
    }
    struct public_key named;
    struct check check = {.records = records, .device = device};
    if (records[0].header.kind == KIND_OPENING) {
        struct name scope;
        enum status status = STATUS_MALFORMED;
        if (records[0].has_body) {
            status = opening_decode_identity(records[0].body, &named, &scope);
        }
        if (status != STATUS_OK) {
            result.status = status;
            return result;
        }
        check.device = &named;
    }
    size_t end = strict_prefix(&check, linked);
    result.authentic =
        mode == CHAIN_BY_RUN ? prefix_by_run(&check, end) : prefix_by_each(&check, end);
    result.signatures_checked = check.checked;
    result.by_chain = result.authentic - check.verified;
    if (result.authentic < linked) {
        result.status = STATUS_FORGED;
    }
    return result;
}

struct name chain_branch_name(const struct name *log, const struct hash *first_divergent)
{
    struct bytes parts[2] = {bytes_of(log->bytes, sizeof log->bytes),
                             bytes_of(first_divergent->bytes, sizeof first_divergent->bytes)};
    return seal_name("hoso/branch/1", parts, 2);
}
