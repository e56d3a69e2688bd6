#include "tests/sim/forger.h"

#include "client/replica/log/log.h"
#include "protocol/record/body.h"

#include <string.h>

static enum status forge(struct node *node, const struct name *case_name, struct buffer *out,
                         struct log_record *forged, struct log_row *log)
{
    struct buffer body;
    struct write write = {.field = bytes_of_text("ghi_chu"), .op = WRITE_ADD};
    static const uint8_t value[] = {0xa1, 'x'};
    write.value_bytes = bytes_of(value, sizeof value);
    write.value = (struct wire_value){.type = WIRE_TEXT, .as.bytes = bytes_of_text("x")};
    struct case_body content = {.writes = &write, .write_count = 1};
    prng_fill(&node->prng, content.salt, sizeof content.salt);
    buffer_init(&body, LIMIT_BODY_BYTES);
    struct name header_log;
    enum status status = log_own(node->replica, LOG_COUNTER, log, &header_log);
    if (status == STATUS_OK)
        status = case_body_encode(&content, &body);
    struct record_header header = {.version = RECORD_VERSION,
                                   .log = header_log,
                                   .seq = log->seq + 1,
                                   .kind = KIND_EDIT,
                                   .case_name = *case_name};
    prng_fill(&node->prng, header.prev.bytes, sizeof header.prev.bytes);
    if (status == STATUS_OK)
        status = record_seal(&header, buffer_view(&body), NULL, replica_secret(node->replica), out,
                             &forged->id);
    forged->raw = buffer_view(out);
    forged->kind = KIND_EDIT;
    forged->case_name = *case_name;
    buffer_deinit(&body);
    return status;
}

static enum status append_call(struct node *node, void *context)
{
    const struct name *case_name = context;
    struct buffer raw;
    struct log_row log;
    struct log_record forged = {0};
    buffer_init(&raw, LIMIT_RECORD_BYTES);
    enum status status = forge(node, case_name, &raw, &forged, &log);
    if (status == STATUS_OK)
        status = log_append(node->replica, &log, &forged);
    if (status == STATUS_OK)
        status = log_save(node->replica, &log);
    buffer_deinit(&raw);
    return status;
}

void forger_append(struct node *node, const struct name *case_name)
{
    struct name copy = *case_name;
    if (!scribe_now(node, append_call, &copy))
        world_fail(node->world, "%s cannot forge a record", node->name);
    world_say(node->world, "%s forges a record", node->name);
}
