/*
 * A piece of a bundle being written: its front, records log by log, receipts, its end.
 */
#include "client/command/bundle/bundle.h"

#include <string.h>
#include <time.h>

enum { GIVE_BYTES = 512 * 1024, RECEIPT_READ_BYTES = 7680 };

struct giving {
    struct call *call;
    struct replica_read *read;
    struct bundle_plan plan;
    struct bundle_title title;
    struct buffer frame;
    uint64_t records;  /* in this piece */
    uint64_t receipts; /* likewise */
    size_t bytes;      /* of receipts given in this piece */
    uint64_t told;     /* receipts up to this number went out */
    struct bundle_place place;
    bool at_receipts;
    bool done;
};

static enum status put_frame(void *context, struct bytes frame)
{
    struct giving *giving = context;

    json_write_base64(&giving->call->writer, NULL, frame);
    return buffer_status(&giving->call->answer->out);
}

/* What |fill| wrote goes out as the next frame. */
static enum status put_built(struct giving *giving)
{
    enum status status = buffer_status(&giving->frame);

    if (!status)
        status = put_frame(giving, buffer_view(&giving->frame));
    giving->bytes += giving->frame.size;
    buffer_reset(&giving->frame);
    return status;
}

static enum status put_vector(struct giving *giving)
{
    const struct bundle_plan *plan = &giving->plan;
    struct head *heads = arena_array(&giving->call->arena, plan->log_count + 1, sizeof *heads);
    size_t count = 0, at = 0;
    enum status status = heads ? STATUS_OK : STATUS_NO_MEMORY;

    for (size_t i = 0; !status && i < plan->log_count; i++) {
        if (!name_is_none(&plan->logs[i].after_id16))
            heads[count++] = (struct head){.log = plan->logs[i].log,
                                           .seq = plan->logs[i].after,
                                           .id16 = plan->logs[i].after_id16};
    }
    while (!status) {
        size_t some = count - at < FRAME_HEADS_MAX ? count - at : FRAME_HEADS_MAX;
        struct heads part = {.mode = at + some == count ? HEADS_WHOLE : HEADS_PART,
                             .scopes = plan->scopes,
                             .scope_count = plan->scope_count,
                             .entries = heads + at,
                             .count = some};
        heads_encode(&part, &giving->frame);
        status = put_built(giving);
        at += some;
        if (at == count)
            break;
    }
    return status;
}

static enum status put_front(struct giving *giving)
{
    bundle_title_encode(&giving->title, &giving->frame);
    enum status status = put_built(giving);
    return status ? status : put_vector(giving);
}

/* The receipts over the scopes' logs, from |told| on. */
static enum status put_receipts(struct giving *giving)
{
    struct arena arena;
    enum status status = STATUS_OK;
    bool at_end = false;

    arena_init(&arena, CALL_ARENA_BYTES);
    while (!status && !at_end && giving->bytes < GIVE_BYTES) {
        const struct read_request request = {.kind = READ_RECEIPTS,
                                             .scopes = giving->plan.scopes,
                                             .scope_count = giving->plan.scope_count,
                                             .from = giving->told,
                                             .bytes = RECEIPT_READ_BYTES};
        struct read_result result;
        arena_reset(&arena);
        status = replica_inquire(giving->call->host->replica, &request, &arena, &result);
        if (status)
            break;
        if (result.receipt_count > 0) {
            struct receipts receipts = {.items = result.receipts, .count = result.receipt_count};
            receipts_encode(&receipts, &giving->frame);
            status = put_built(giving);
            giving->receipts += result.receipt_count;
        }
        giving->told = result.end;
        at_end = result.at_end;
    }
    arena_deinit(&arena);
    if (!status && at_end) {
        notice_encode(FRAME_BYE, REASON_NONE, &giving->frame);
        status = put_built(giving);
        giving->done = true;
    }
    return status;
}

/* Where this piece begins, as the answer before said. False: it said no such thing. */
static bool take_place(struct giving *giving)
{
    const struct json *next = json_member(giving->call->arguments, "next");
    struct bytes log = json_as_text(json_member(next, "log"));
    size_t size = 0;

    giving->told = (uint64_t)json_as_integer(json_member(next, "receipts"), 0);
    giving->at_receipts = json_holds_integer(json_member(next, "receipts"));
    giving->place.seq = (uint64_t)json_as_integer(json_member(next, "seq"), 0);
    return !next || giving->at_receipts ||
           (hex_decode((const char *)log.at, log.size, giving->place.log.bytes,
                       sizeof giving->place.log.bytes, &size) &&
            size == sizeof giving->place.log.bytes);
}

static enum status put_piece(struct giving *giving)
{
    bool first = !json_member(giving->call->arguments, "next");
    enum status status = first ? put_front(giving) : STATUS_OK;

    if (!status && !giving->at_receipts && giving->plan.log_count > 0)
        status = bundle_read(giving->read, &giving->plan, &giving->place, GIVE_BYTES, put_frame,
                             giving, &giving->records);
    if (!status && name_is_none(&giving->place.log)) {
        giving->at_receipts = true;
        giving->bytes = 0;
        status = put_receipts(giving);
    }
    return status;
}

static void write_next(struct giving *giving)
{
    struct json_writer *writer = &giving->call->writer;

    if (giving->done)
        return;
    json_open_object(writer, "next");
    if (giving->at_receipts) {
        json_write_unsigned(writer, "receipts", giving->told);
    } else {
        json_write_hex(writer, "log", giving->place.log.bytes, sizeof giving->place.log.bytes);
        json_write_unsigned(writer, "seq", giving->place.seq);
    }
    json_close_object(writer);
}

static void fail_receiver(struct call *call, struct bytes unit, enum status status)
{
    const struct failure nobody = {
        .code = HOSO_NOT_FOUND,
        .name = "no_receiver",
        .kept = {"Chưa ghi gì.", "Nothing was written."},
        .next = {"Nêu đơn vị nhận: hoso bundle write TỆP --for MÃ_ĐƠN_VỊ",
                 "Say for whom: hoso bundle write FILE --for UNIT"}};

    if (status != STATUS_NOT_FOUND && status != STATUS_REFUSED)
        call_fail_status(call, status);
    else if (status == STATUS_REFUSED)
        call_fail(call, &nobody, "%s", "%s",
                  call_pick(call, "Đơn vị đó là chính máy này.", "That unit is this very node."));
    else if (unit.size == 0)
        call_fail(call, &nobody, "%s", "%s",
                  call_pick(call, "Không có cấp trên để gửi.", "There is no node above this one."));
    else
        call_fail(call, &nobody, "Chưa có đơn vị nào mã %.*s tham gia.",
                  "No unit %.*s has joined yet.", (int)unit.size, (const char *)unit.at);
}

/* A writer invited and not granted yet proves its invitation. */
static void prove(struct giving *giving)
{
    const struct replica *replica = giving->call->host->replica;
    const struct replica_identity *identity = replica_identity(replica);
    uint8_t transcript[INVITATION_TRANSCRIPT_BYTES];
    struct public_key key = *replica_key(replica);

    if (!identity->has_invitation || !public_key_equal(&giving->plan.receiver, &identity->upstream))
        return;
    const struct authority *authority = replica_authority_acquire(giving->call->host->replica);
    giving->title.has_proof = authority_grant(authority, &key) == NULL;
    replica_authority_release(giving->call->host->replica, authority);
    bundle_transcript(&identity->upstream, &key, transcript);
    if (giving->title.has_proof)
        giving->title.proof =
            invitation_proof(identity->invitation.secret, bytes_of(transcript, sizeof transcript));
}

/* The plan of a bundle of records for |unit|. */
static bool plan_records(struct giving *giving)
{
    struct call *call = giving->call;
    struct bytes unit = call_text(call, "for");
    struct public_key receiver;

    enum status status = bundle_receiver(giving->read, unit, &receiver);
    if (status) {
        fail_receiver(call, unit, status);
        return false;
    }
    status =
        bundle_plan(giving->read, &receiver, call_flag(call, "whole"), &call->arena, &giving->plan);
    call_fail_status(call, status);
    giving->title.unit = unit;
    giving->title.records = giving->plan.records;
    prove(giving);
    return !status;
}

/* Of what is planned only the authority: whose receipts they are, and the writer's own grant. */
static void keep_authority(struct bundle_plan *plan)
{
    size_t count = 0;

    while (count < plan->log_count && plan->logs[count].authority)
        count++;
    plan->log_count = count;
    plan->records = 0;
}

/* The plan of an answer: receipts, for whoever wrote the bundle of that front, and the authority he
 * needs to believe them. */
static bool plan_answer(struct giving *giving)
{
    struct call *call = giving->call;
    struct bundle_front front;
    bool ok = false;

    if (!bundle_front(call, &front))
        return false;
    const struct authority *authority = replica_authority_acquire(call->host->replica);
    const struct grant *grant = authority_grant(authority, &front.title.writer);
    bool granted = grant != NULL;
    giving->title.unit = arena_copy(
        &call->arena, grant && grant->role != ROLE_HUB ? grant->unit : bytes_of("", 0), &ok);
    replica_authority_release(call->host->replica, authority);
    enum status status =
        ok ? bundle_plan(giving->read, &front.title.writer, false, &call->arena, &giving->plan)
           : STATUS_NO_MEMORY;
    if (!granted)
        giving->plan.log_count = 0; /* whom nobody knows is told nothing but that it is here */
    keep_authority(&giving->plan);
    giving->plan.scopes = front.scopes;
    giving->plan.scope_count = front.scope_count;
    call_fail_status(call, status);
    return !status;
}

void bundle_give(struct call *call)
{
    struct giving giving = {.call = call};
    bool answer = json_member(call->arguments, "front") != NULL;

    if (!take_place(&giving)) {
        call_fail_usage(call, "next", "không phải chỗ của một gói", "it is no place in a bundle");
        return;
    }
    enum status status = replica_read_begin(call->host->replica, &giving.read);
    if (status) {
        call_fail_status(call, status);
        return;
    }
    giving.title.writer = *replica_key(call->host->replica);
    giving.title.seconds = (int64_t)time(NULL);
    buffer_init(&giving.frame, LIMIT_FRAME_BYTES);
    if (answer ? plan_answer(&giving) : plan_records(&giving)) {
        json_open_object(&call->writer, NULL);
        json_open_array(&call->writer, "frames");
        status = put_piece(&giving);
        json_close_array(&call->writer);
        json_write_unsigned(&call->writer, "records", giving.records);
        json_write_unsigned(&call->writer, "receipts", giving.receipts);
        json_write_unsigned(&call->writer, "all", giving.plan.records);
        write_next(&giving);
        json_close_object(&call->writer);
        json_write_end(&call->writer);
        if (status)
            buffer_reset(&call->answer->out); /* half a piece is none */
        call_fail_status(call, status);
    }
    replica_read_end(giving.read);
    buffer_deinit(&giving.frame);
}
