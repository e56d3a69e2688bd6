/*
 * A piece of a bundle being read: judged by its front, verified here, taken in by the writer.
 */
#include "client/command/bundle/bundle.h"
#include "client/command/invitation.h"
#include "client/command/value.h"

#include <string.h>

enum { FRAMES_MOST = 4096, ROOM_BYTES = 16 * 1024 * 1024 };

struct taking {
    struct call *call;
    struct bundle_front front;
    struct batch **batches;
    size_t count;
    bool invited; /* the writer's proof fits an open invitation */
    struct bundle_tally tally;
};

static const struct words nothing_taken = {"Chưa nhận gì từ gói này, kho không bị thay đổi.",
                                           "Nothing of it was taken; the store is as it was."};

static bool fail_front(struct taking *taking, enum status status)
{
    struct call *call = taking->call;
    const struct replica_identity *identity = replica_identity(call->host->replica);
    struct bytes unit = taking->front.title.unit;
    struct failure failure = {.code = HOSO_REFUSED, .kept = nothing_taken};

    if (status == STATUS_UNKNOWN_PEER) {
        failure.name = "other_district";
        failure.next =
            (struct words){"Đưa gói về đúng huyện của nó.", "Take the bundle to its own district."};
        call_fail(
            call, &failure, "%s", "%s",
            call_pick(call, "Gói này của một huyện khác.", "This bundle is of another district."));
    } else if (status == STATUS_REFUSED) {
        failure.name = "other_office";
        failure.next = (struct words){"Đưa gói đến đúng nơi nhận.",
                                      "Take the bundle to the office it is for."};
        if (unit.size == 0)
            unit =
                bytes_of_text(call_pick(call, "cấp trên của nơi ghi", "the node above its writer"));
        call_fail(call, &failure, "Gói này gửi cho %.*s, có hồ sơ không thuộc %.*s (nơi này).",
                  "This bundle is for %.*s; it holds dossiers that are not of %.*s (this node).",
                  (int)unit.size, (const char *)unit.at, (int)identity->unit.size,
                  (const char *)identity->unit.at);
    } else {
        call_fail_status(call, status);
    }
    return false;
}

static void let_go(struct taking *taking)
{
    for (size_t i = 0; i < taking->count; i++)
        batch_free(taking->batches[i]);
    taking->count = 0;
}

static bool judge(struct taking *taking, struct replica_read *read)
{
    enum status status = bundle_judge(read, taking->front.scopes, taking->front.scope_count);

    return status == STATUS_OK || fail_front(taking, status);
}

/* ---- frames become batches ---- */

static enum status take_receipts(struct taking *taking, struct bytes frame)
{
    struct call *call = taking->call;
    struct receipts receipts;
    struct batch *batch = NULL;

    enum status status = receipts_decode(frame, &call->arena, &receipts);
    if (status)
        return status;
    batch = batch_new();
    if (!batch)
        return STATUS_NO_MEMORY;
    taking->batches[taking->count++] = batch;
    batch->receipts = arena_array(&batch->arena, receipts.count + 1, sizeof *batch->receipts);
    batch->receipt_sound =
        arena_array(&batch->arena, receipts.count + 1, sizeof *batch->receipt_sound);
    if (!batch->receipts || !batch->receipt_sound)
        return STATUS_NO_MEMORY;
    batch->receipt_count = receipts.count;
    memcpy(batch->receipts, receipts.items, receipts.count * sizeof *batch->receipts);
    return STATUS_OK;
}

static enum status take_frame(struct taking *taking, struct bytes frame)
{
    if (frame.at[0] == FRAME_RECEIPT)
        return take_receipts(taking, frame);
    if (frame.at[0] != FRAME_RECORDS)
        return STATUS_OK;
    enum status status = bundle_batch(frame, &taking->batches[taking->count]);
    if (!status)
        taking->count++;
    return status;
}

/* ---- the transaction ---- */

static bool is_stores_fault(enum status status)
{
    enum status_class class = status_class_of(status);

    return class == STATUS_CLASS_TRANSIENT || class == STATUS_CLASS_FATAL;
}

static enum status take_job(struct replica *replica, void *context)
{
    struct taking *taking = context;
    enum status status = STATUS_OK;

    if (taking->invited) {
        const struct bundle_title *title = &taking->front.title;
        status = replica_admit(replica, &title->proof, &title->writer);
        if (is_stores_fault(status))
            return status;
        status = STATUS_OK; /* used up or expired since: its records stay without a grant */
    }
    for (size_t i = 0; !status && i < taking->count; i++)
        status = bundle_accept(replica, taking->batches[i], &taking->tally);
    if (!status && taking->tally.fresh + taking->tally.receipts > 0)
        status =
            replica_note_bundle(replica, &taking->front.title.writer, taking->front.title.seconds);
    if (!status) {
        status = replica_duties(replica);
        status = is_stores_fault(status) ? status : STATUS_OK;
    }
    return status;
}

/* Whether the writer, unknown so far, holds one of this node's open invitations. */
static void look_for_invitation(struct taking *taking)
{
    struct replica *replica = taking->call->host->replica;
    const struct bundle_title *title = &taking->front.title;
    uint8_t transcript[INVITATION_TRANSCRIPT_BYTES];
    struct bytes told = bytes_of(transcript, sizeof transcript);

    if (!title->has_proof)
        return;
    const struct authority *authority = replica_authority_acquire(replica);
    bool known = authority_grant(authority, &title->writer) != NULL;
    replica_authority_release(replica, authority);
    bundle_transcript(replica_key(replica), &title->writer, transcript);
    taking->invited = !known && replica_invited(replica, &title->proof, &title->writer, &told);
}

/* Takes in what is decoded so far, and frees it. */
static enum status take_in(struct taking *taking)
{
    struct call *call = taking->call;
    struct replica_read *read = NULL;

    if (taking->count == 0)
        return STATUS_OK;
    enum status status = replica_read_begin(call->host->replica, &read);
    if (!status)
        status = bundle_verify(read, taking->front.scopes, taking->front.scope_count,
                               taking->batches, taking->count, &taking->tally);
    replica_read_end(read);
    if (!status)
        look_for_invitation(taking);
    if (!status)
        status = call->host->submit(call->host->context, take_job, taking);
    let_go(taking);
    return status;
}

/* What the batches weigh: a little on the line may be much once it is rebuilt. */
static size_t room_used(const struct taking *taking)
{
    size_t bytes = 0;

    for (size_t i = 0; i < taking->count; i++)
        bytes += taking->batches[i]->arena.used_bytes;
    return bytes;
}

/* Frame by frame, a transaction as soon as they fill the room, and one for the rest. */
static bool take_frames(struct taking *taking)
{
    struct call *call = taking->call;
    const struct json *list = json_member(call->arguments, "frames");
    size_t count = json_count(list);
    struct bytes frame;

    if (count > FRAMES_MOST) {
        call_fail_usage(call, "frames", "quá nhiều", "they are too many");
        return false;
    }
    taking->batches = arena_array(&call->arena, count + 1, sizeof(struct batch *));
    enum status status = taking->batches ? STATUS_OK : STATUS_NO_MEMORY;
    for (size_t i = 0; !status && i < count; i++) {
        status = bundle_frame(call, list, i, &frame) ? take_frame(taking, frame) : STATUS_MALFORMED;
        if (!status && room_used(taking) > ROOM_BYTES)
            status = take_in(taking);
    }
    if (!status)
        status = take_in(taking);
    const struct failure damaged = {.code = HOSO_REFUSED, .name = "damaged"};
    if (status && status_class_of(status) == STATUS_CLASS_PEER)
        call_fail(call, &damaged, "%s", "%s",
                  call_pick(call, "Một phần của gói không đúng dạng.",
                            "A part of the bundle is not well formed."));
    else
        call_fail_status(call, status);
    return !status;
}

/* ---- the answer ---- */

static void write_answer(struct taking *taking)
{
    struct call *call = taking->call;
    struct json_writer *writer = &call->writer;
    const struct bundle_title *title = &taking->front.title;
    const struct bundle_tally *tally = &taking->tally;
    struct replica_read *read = NULL;
    char fingerprint[FINGERPRINT_TEXT_BYTES];
    uint64_t waiting = 0;
    const struct pack *pack = replica_pack(call->host->replica, NULL);

    enum status status = replica_read_begin(call->host->replica, &read);
    if (!status)
        status = bundle_waiting(read, &waiting);
    replica_read_end(read);
    if (status) {
        call_fail_status(call, status);
        return;
    }
    const struct authority *authority = replica_authority_acquire(call->host->replica);
    const struct grant *grant = authority_grant(authority, &title->writer);
    json_open_object(writer, NULL);
    fingerprint_of_key(&title->writer, fingerprint);
    json_write_string(writer, "writer_fingerprint", fingerprint);
    json_write_optional(writer, "writer_unit", grant ? grant->unit : bytes_of(NULL, 0));
    json_write_optional(writer, "writer_name", grant ? grant->label : bytes_of(NULL, 0));
    replica_authority_release(call->host->replica, authority);
    json_write_optional(writer, "for", title->unit);
    value_write_time(writer, "written", true, title->seconds, PRECISION_SECOND,
                     pack ? pack->zone_minutes : 0);
    json_write_unsigned(writer, "of", title->records);
    json_write_unsigned(writer, "read", tally->read);
    json_write_unsigned(writer, "new", tally->fresh);
    json_write_unsigned(writer, "aside", tally->aside);
    json_write_unsigned(writer, "unknown", tally->unknown);
    json_write_unsigned(writer, "refused", tally->refused);
    json_write_unsigned(writer, "left", tally->left);
    json_write_unsigned(writer, "receipts", tally->receipts);
    json_write_unsigned(writer, "waiting", waiting);
    json_close_object(writer);
    json_write_end(writer);
}

void bundle_take_in(struct call *call)
{
    struct taking taking = {.call = call};
    struct replica_read *read = NULL;

    if (!bundle_front(call, &taking.front))
        return;
    enum status status = replica_read_begin(call->host->replica, &read);
    if (status) {
        call_fail_status(call, status);
        return;
    }
    bool ok = judge(&taking, read);
    replica_read_end(read);
    if (ok && take_frames(&taking))
        write_answer(&taking);
    let_go(&taking);
}
