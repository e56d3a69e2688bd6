#include "tests/sim/forger.h"

#include "client/replica/log/log.h"
#include "protocol/record/body.h"

#include <string.h>

enum { UNKNOWN_KIND = 99, NEWER_ITEMS = RECORD_FIXED_ITEMS + 2 };

static enum status encode_body(struct node *node, struct buffer *out)
{
    static const uint8_t value[] = {0xa1, 'x'};
    struct write write = {.field = bytes_of_text("ghi_chu"), .op = WRITE_ADD};
    write.value_bytes = bytes_of(value, sizeof value);
    write.value = (struct wire_value){.type = WIRE_TEXT, .as.bytes = bytes_of_text("x")};
    struct case_body content = {.writes = &write, .write_count = 1};
    prng_fill(&node->prng, content.salt, sizeof content.salt);
    return case_body_encode(&content, out);
}

/* The header of a later version: what it means behind the items that stay only that one knows. */
static void encode_newer(const struct record_header *header, struct buffer *out)
{
    wire_put_array(out, NEWER_ITEMS);
    wire_put_unsigned(out, RECORD_VERSION + 1);
    wire_put_name(out, &header->log);
    wire_put_unsigned(out, header->seq);
    wire_put_hash(out, &header->prev);
    wire_put_unsigned(out, header->kind);
    wire_put_name(out, &header->case_name);
    wire_put_hash(out, &header->commitment);
    wire_put_text(out, bytes_of_text("later"));
    wire_put_unsigned(out, UINT64_MAX);
}

static enum status seal_newer(struct node *node, struct record_header *header, struct bytes body,
                              struct buffer *out, struct hash *id)
{
    struct buffer encoded;
    struct signature signature;
    buffer_init(&encoded, LIMIT_HEADER_BYTES);
    header->commitment = record_commitment(body);
    encode_newer(header, &encoded);
    struct bytes bytes = buffer_view(&encoded);
    seal_sign("hoso/device/1", &bytes, 1, replica_secret(node->replica), &signature);
    *id = record_id(bytes, NULL, &signature);
    enum status status = record_assemble(bytes, NULL, &signature, &body, out);
    buffer_deinit(&encoded);
    return status;
}

/* The same record with a signature that is none, and the id that goes with it. */
static enum status spoil_signature(struct buffer *out, struct hash *id)
{
    struct arena arena;
    struct record record;
    struct buffer spoilt;
    arena_init(&arena, LIMIT_RECORD_BYTES);
    buffer_init(&spoilt, LIMIT_RECORD_BYTES);
    enum status status = record_decode(buffer_view(out), &arena, &record);
    if (status == STATUS_OK) {
        struct signature signature = record.device_signature;
        signature.bytes[0] ^= 1;
        *id = record_id(record.header_bytes, NULL, &signature);
        status = record_assemble(record.header_bytes, NULL, &signature, &record.body, &spoilt);
    }
    if (status == STATUS_OK) {
        buffer_reset(out);
        buffer_append_bytes(out, buffer_view(&spoilt));
        status = buffer_status(out);
    }
    buffer_deinit(&spoilt);
    arena_deinit(&arena);
    return status;
}

struct order {
    struct name case_name;
    enum forgery forgery;
};

static enum status forge(struct node *node, const struct order *order, struct buffer *out,
                         struct log_record *forged, struct log_row *log)
{
    struct buffer body;
    struct name header_log;
    buffer_init(&body, LIMIT_BODY_BYTES);
    enum status status = log_own(node->replica, LOG_COUNTER, log, &header_log);
    if (status == STATUS_OK)
        status = encode_body(node, &body);
    struct record_header header = {.version = RECORD_VERSION,
                                   .log = header_log,
                                   .seq = log->seq + 1,
                                   .prev = log->id,
                                   .kind = order->forgery == FORGED_KIND ? UNKNOWN_KIND : KIND_EDIT,
                                   .case_name = order->case_name};
    if (order->forgery == FORGED_PREV)
        prng_fill(&node->prng, header.prev.bytes, sizeof header.prev.bytes);
    if (status == STATUS_OK && order->forgery == FORGED_NEWER)
        status = seal_newer(node, &header, buffer_view(&body), out, &forged->id);
    else if (status == STATUS_OK)
        status = record_seal(&header, buffer_view(&body), NULL, replica_secret(node->replica), out,
                             &forged->id);
    if (status == STATUS_OK && order->forgery == FORGED_SIGNATURE)
        status = spoil_signature(out, &forged->id);
    forged->raw = buffer_view(out);
    forged->kind = header.kind;
    forged->case_name = order->case_name;
    buffer_deinit(&body);
    return status;
}

static enum status append_call(struct node *node, void *context)
{
    struct buffer raw;
    struct log_row log;
    struct log_record forged = {0};
    buffer_init(&raw, LIMIT_RECORD_BYTES);
    enum status status = forge(node, context, &raw, &forged, &log);
    if (status == STATUS_OK)
        status = log_append(node->replica, &log, &forged);
    if (status == STATUS_OK)
        status = log_save(node->replica, &log);
    buffer_deinit(&raw);
    return status;
}

void forger_append(struct node *node, const struct name *case_name, enum forgery forgery)
{
    struct order order = {.case_name = *case_name, .forgery = forgery};
    if (!scribe_now(node, append_call, &order))
        world_fail(node->world, "%s cannot forge a record", node->name);
    world_say(node->world, "%s forges a record", node->name);
}
