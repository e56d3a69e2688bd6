#include "protocol/sync/frame/frame.h"

#include "protocol/record/seal.h"
#include "protocol/sync/frame/packing.h"
#include "protocol/wire/wire.h"

#include <string.h>

enum { WINDOW_LOG2_MOST = 40, SCOPES_MOST = 4096, KNOWN_CHECK_BYTES = 8 };

enum { FLAG_CURSOR = 1, FLAG_AT_END = 2, FLAG_RESTART = 4, FLAG_PRELUDE = 8, FLAGS_ALL = 15 };

static const char begun_domain[] = "hoso/begun/1";

enum frame_reason frame_reason_of(enum status status)
{
    switch ((int)status) {
    case STATUS_OK:
        return REASON_NONE;
    case STATUS_MALFORMED:
        return REASON_MALFORMED;
    case STATUS_LIMIT:
        return REASON_LIMIT;
    case STATUS_PROTOCOL:
        return REASON_PROTOCOL;
    case STATUS_FORGED:
        return REASON_FORGED;
    case STATUS_UNKNOWN_PEER:
        return REASON_UNKNOWN_PEER;
    case STATUS_NEWER:
        return REASON_NEWER;
    case STATUS_FULL:
    case STATUS_NO_MEMORY:
        return REASON_NO_ROOM;
    default:
        return REASON_FAILED;
    }
}

enum status frame_status_of(uint64_t reason)
{
    static const enum status statuses[] = {
        [REASON_NONE] = STATUS_OK,
        [REASON_MALFORMED] = STATUS_MALFORMED,
        [REASON_LIMIT] = STATUS_LIMIT,
        [REASON_PROTOCOL] = STATUS_PROTOCOL,
        [REASON_FORGED] = STATUS_FORGED,
        [REASON_UNKNOWN_PEER] = STATUS_UNKNOWN_PEER,
        [REASON_NEWER] = STATUS_NEWER,
        [REASON_NO_ROOM] = STATUS_FULL,
        [REASON_FAILED] = STATUS_UNREACHABLE,
    };
    return reason < sizeof statuses / sizeof *statuses ? statuses[reason] : STATUS_UNREACHABLE;
}

/* Every frame but RECORDS: the type, then one value. */
static enum status open_value(struct bytes frame, struct arena *arena, struct wire_value *value)
{
    if (frame.size < 2 || frame.size > LIMIT_FRAME_BYTES) {
        return frame.size < 2 ? STATUS_MALFORMED : STATUS_LIMIT;
    }
    return wire_decode(bytes_of(frame.at + 1, frame.size - 1), arena, value);
}

static void put_heads(const struct head *heads, size_t count, struct buffer *out)
{
    wire_put_array(out, count);
    for (size_t i = 0; i < count; i++) {
        wire_put_array(out, 3);
        wire_put_name(out, &heads[i].log);
        wire_put_unsigned(out, heads[i].seq);
        wire_put_name(out, &heads[i].id16);
    }
}

static enum status take_heads(struct wire_reader *reader, struct arena *arena,
                              const struct head **heads, size_t *count)
{
    struct wire_reader list = wire_take_array(reader, 0, FRAME_HEADS_MAX);
    struct head *taken = arena_array(arena, list.left + 1, sizeof *taken);
    if (taken == NULL) {
        return STATUS_NO_MEMORY;
    }
    size_t size = 0;
    while (list.left > 0 && !list.failed) {
        struct wire_reader item = wire_take_array(&list, 3, 3);
        struct head *head = &taken[size++];
        head->log = wire_take_name(&item, false);
        head->seq = wire_take_unsigned(&item, INT64_MAX);
        head->id16 = wire_take_name(&item, true);
        bool fits = (head->seq == 0) == name_is_none(&head->id16);
        wire_reader_close(&list, &item);
        if (!fits) {
            return STATUS_MALFORMED;
        }
    }
    wire_reader_close(reader, &list);
    *heads = taken;
    *count = size;
    return STATUS_OK;
}

void heads_encode(const struct heads *heads, struct buffer *out)
{
    buffer_append_u8(out, FRAME_HEADS);
    wire_put_array(out, 3);
    wire_put_unsigned(out, heads->mode);
    wire_put_array(out, heads->scope_count);
    for (size_t i = 0; i < heads->scope_count; i++) {
        wire_put_name(out, &heads->scopes[i]);
    }
    put_heads(heads->entries, heads->count, out);
}

enum status heads_decode(struct bytes frame, struct arena *arena, struct heads *heads)
{
    *heads = (struct heads){0};
    struct wire_value value;
    enum status status = open_value(frame, arena, &value);
    if (status != STATUS_OK) {
        return status;
    }
    struct wire_reader reader = wire_reader_of(&value, 3, 3);
    heads->mode = (enum heads_mode)wire_take_unsigned(&reader, HEADS_GAP);
    struct wire_reader list = wire_take_array(&reader, 0, SCOPES_MOST);
    struct name *scopes = arena_array(arena, list.left + 1, sizeof *scopes);
    if (scopes == NULL) {
        return STATUS_NO_MEMORY;
    }
    while (list.left > 0 && !list.failed) {
        struct name scope = wire_take_name(&list, false);
        size_t at = heads->scope_count++;
        if (at > 0 && name_compare(&scopes[at - 1], &scope) >= 0) {
            return STATUS_MALFORMED;
        }
        scopes[at] = scope;
    }
    wire_reader_close(&reader, &list);
    heads->scopes = scopes;
    status = take_heads(&reader, arena, &heads->entries, &heads->count);
    return status != STATUS_OK ? status : wire_reader_end(&reader);
}

void ack_encode(const struct ack *ack, struct buffer *out)
{
    buffer_append_u8(out, FRAME_ACK);
    wire_put_array(out, 4);
    wire_put_unsigned(out, ack->bytes);
    wire_put_unsigned(out, ack->window_log2);
    put_heads(ack->heads, ack->head_count, out);
    if (ack->receipt.size == 0) {
        wire_put_nil(out);
    } else {
        wire_put_binary(out, ack->receipt);
    }
}

enum status ack_decode(struct bytes frame, struct arena *arena, struct ack *ack)
{
    *ack = (struct ack){0};
    struct wire_value value;
    enum status status = open_value(frame, arena, &value);
    if (status != STATUS_OK) {
        return status;
    }
    struct wire_reader reader = wire_reader_of(&value, 4, 4);
    ack->bytes = wire_take_unsigned(&reader, INT64_MAX);
    ack->window_log2 = wire_take_unsigned(&reader, WINDOW_LOG2_MOST);
    status = take_heads(&reader, arena, &ack->heads, &ack->head_count);
    if (status != STATUS_OK) {
        return status;
    }
    if (!wire_take_nil(&reader)) {
        ack->receipt = wire_take_binary(&reader, 1, LIMIT_FRAME_BYTES);
    }
    return wire_reader_end(&reader);
}

void receipts_encode(const struct receipts *receipts, struct buffer *out)
{
    buffer_append_u8(out, FRAME_RECEIPT);
    wire_put_array(out, 2);
    wire_put_unsigned(out, receipts->number);
    wire_put_array(out, receipts->count);
    for (size_t i = 0; i < receipts->count; i++) {
        wire_put_binary(out, receipts->items[i]);
    }
}

enum status receipts_decode(struct bytes frame, struct arena *arena, struct receipts *receipts)
{
    *receipts = (struct receipts){0};
    struct wire_value value;
    enum status status = open_value(frame, arena, &value);
    if (status != STATUS_OK) {
        return status;
    }
    struct wire_reader reader = wire_reader_of(&value, 2, 2);
    receipts->number = wire_take_unsigned(&reader, INT64_MAX);
    struct wire_reader list = wire_take_array(&reader, 0, FRAME_RECEIPTS_MAX);
    struct bytes *items = arena_array(arena, list.left + 1, sizeof *items);
    if (items == NULL) {
        return STATUS_NO_MEMORY;
    }
    while (list.left > 0 && !list.failed) {
        items[receipts->count++] = wire_take_binary(&list, 1, LIMIT_FRAME_BYTES);
    }
    wire_reader_close(&reader, &list);
    receipts->items = items;
    return wire_reader_end(&reader);
}

void want_encode(const struct want *want, struct buffer *out)
{
    buffer_append_u8(out, FRAME_WANT);
    if (want->vector) {
        wire_put_nil(out);
        return;
    }
    wire_put_array(out, 2);
    wire_put_name(out, &want->log);
    wire_put_array(out, want->count);
    for (size_t i = 0; i < want->count; i++) {
        wire_put_unsigned(out, want->seqs[i]);
    }
}

enum status want_decode(struct bytes frame, struct arena *arena, struct want *want)
{
    *want = (struct want){0};
    struct wire_value value;
    enum status status = open_value(frame, arena, &value);
    if (status != STATUS_OK) {
        return status;
    }
    if (value.type == WIRE_NIL) {
        want->vector = true;
        return STATUS_OK;
    }
    struct wire_reader reader = wire_reader_of(&value, 2, 2);
    want->log = wire_take_name(&reader, false);
    struct wire_reader list = wire_take_array(&reader, 1, FRAME_WANT_MAX);
    uint64_t *seqs = arena_array(arena, list.left + 1, sizeof *seqs);
    if (seqs == NULL) {
        return STATUS_NO_MEMORY;
    }
    while (list.left > 0 && !list.failed) {
        uint64_t seq = wire_take_unsigned(&list, INT64_MAX);
        if (seq <= (want->count == 0 ? 0 : seqs[want->count - 1])) {
            return STATUS_MALFORMED;
        }
        seqs[want->count++] = seq;
    }
    wire_reader_close(&reader, &list);
    want->seqs = seqs;
    return wire_reader_end(&reader);
}

void rest_encode(const struct rest *rest, struct buffer *out)
{
    static const struct name none;
    buffer_append_u8(out, FRAME_REST);
    wire_put_name(out, rest->equal ? &none : &rest->digest);
}

enum status rest_decode(struct bytes frame, struct arena *arena, struct rest *rest)
{
    *rest = (struct rest){0};
    struct wire_value value;
    enum status status = open_value(frame, arena, &value);
    if (status != STATUS_OK) {
        return status;
    }
    struct wire_reader reader = {.items = &value, .left = 1};
    rest->digest = wire_take_name(&reader, true);
    rest->equal = name_is_none(&rest->digest);
    return wire_reader_end(&reader);
}

void begun_encode(const struct begun *begun, struct buffer *out)
{
    buffer_append_u8(out, FRAME_BEGUN);
    wire_put_array(out, 2);
    wire_put_unsigned(out, begun->bytes);
    wire_put_name(out, &begun->check);
}

enum status begun_decode(struct bytes frame, struct arena *arena, struct begun *begun)
{
    *begun = (struct begun){0};
    struct wire_value value;
    enum status status = open_value(frame, arena, &value);
    if (status != STATUS_OK) {
        return status;
    }
    struct wire_reader reader = wire_reader_of(&value, 2, 2);
    begun->bytes = wire_take_unsigned(&reader, LIMIT_FRAME_BYTES);
    begun->check = wire_take_name(&reader, false);
    return wire_reader_end(&reader);
}

struct name begun_check(struct bytes beginning)
{
    return seal_name(begun_domain, &beginning, 1);
}

void notice_encode(enum frame_type type, uint64_t number, struct buffer *out)
{
    buffer_append_u8(out, (uint8_t)type);
    wire_put_unsigned(out, number);
}

enum status notice_decode(struct bytes frame, struct arena *arena, uint64_t *number)
{
    *number = 0;
    struct wire_value value;
    enum status status = open_value(frame, arena, &value);
    if (status != STATUS_OK) {
        return status;
    }
    struct wire_reader reader = {.items = &value, .left = 1};
    *number = wire_take_unsigned(&reader, UINT32_MAX);
    return wire_reader_end(&reader);
}

void records_encode(const struct records *records, struct buffer *out)
{
    buffer_append_u8(out, FRAME_RECORDS);
    buffer_append_u8(out, (uint8_t)((records->has_cursor ? FLAG_CURSOR : 0) |
                                    (records->at_end ? FLAG_AT_END : 0) |
                                    (records->restart ? FLAG_RESTART : 0) |
                                    (records->prelude > 0 ? FLAG_PRELUDE : 0)));
    if (records->has_cursor) {
        pack_unsigned(out, records->arrival);
        buffer_append(out, records->running_hash.bytes, sizeof records->running_hash.bytes);
    }
    if (records->prelude > 0) {
        pack_unsigned(out, records->prelude);
    }
    pack_unsigned(out, records->run_count);
    for (size_t i = 0; i < records->run_count; i++) {
        const struct records_run *run = &records->runs[i];
        buffer_append(out, run->log.bytes, sizeof run->log.bytes);
        pack_unsigned(out, run->first_seq);
        pack_unsigned(out, run->count);
        buffer_append_u8(out, (uint8_t)run->follow);
        size_t told = run->follow == FOLLOW_OPENING ? 0
                      : run->follow == FOLLOW_KNOWN ? KNOWN_CHECK_BYTES
                                                    : sizeof run->before.bytes;
        buffer_append(out, run->before.bytes, told);
    }
}

static bool take_run(struct unpacker *from, struct records_run *run)
{
    run->log = unpack_name(from);
    run->first_seq = unpack_unsigned(from, INT64_MAX);
    run->count = (size_t)unpack_unsigned(from, LIMIT_FRAME_RECORDS);
    uint8_t follow = unpack_u8(from);
    if (follow == FOLLOW_KNOWN) {
        struct bytes check = unpack_bytes(from, KNOWN_CHECK_BYTES);
        if (check.size == KNOWN_CHECK_BYTES) {
            memcpy(run->before.bytes, check.at, check.size);
        }
    } else if (follow == FOLLOW_TOLD) {
        run->before = unpack_hash(from);
    }
    run->follow = (enum run_follow)follow;
    return !from->failed && follow <= FOLLOW_TOLD && run->count > 0 && !name_is_none(&run->log) &&
           run->first_seq > 0 && (run->first_seq == 1) == (follow == FOLLOW_OPENING);
}

enum status records_decode(struct bytes frame, struct arena *arena, struct records *records)
{
    *records = (struct records){0};
    if (frame.size > LIMIT_FRAME_BYTES) {
        return STATUS_LIMIT;
    }
    struct unpacker from = unpacker_of(frame);
    (void)unpack_u8(&from);
    uint8_t flags = unpack_u8(&from);
    records->has_cursor = (flags & FLAG_CURSOR) != 0;
    records->at_end = (flags & FLAG_AT_END) != 0;
    records->restart = (flags & FLAG_RESTART) != 0;
    if (records->has_cursor) {
        records->arrival = unpack_unsigned(&from, INT64_MAX);
        records->running_hash = unpack_name(&from);
    }
    if ((flags & FLAG_PRELUDE) != 0) {
        records->prelude = (size_t)unpack_unsigned(&from, LIMIT_PRELUDE_RECORDS);
        from.failed = from.failed || records->prelude == 0;
    }
    records->run_count = (size_t)unpack_unsigned(&from, FRAME_RUNS_MAX);
    if (from.failed || (flags & ~FLAGS_ALL) != 0) {
        return STATUS_MALFORMED;
    }
    records->runs = arena_array(arena, records->run_count + 1, sizeof *records->runs);
    if (records->runs == NULL) {
        return STATUS_NO_MEMORY;
    }
    size_t total = 0;
    for (size_t i = 0; i < records->run_count; i++) {
        if (!take_run(&from, &records->runs[i])) {
            return STATUS_MALFORMED;
        }
        total += records->runs[i].count;
    }
    if (total > LIMIT_FRAME_RECORDS) {
        return STATUS_LIMIT;
    }
    if (records->prelude > 0 && (total == 0 || records->runs[0].follow != FOLLOW_KNOWN ||
                                 records->prelude >= records->runs[0].first_seq)) {
        return STATUS_MALFORMED;
    }
    records->columns = from.left;
    return (total == 0) == (from.left.size == 0) ? STATUS_OK : STATUS_MALFORMED;
}
