#include "tests/lib/writer.h"

#include "protocol/record/chain.h"
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

enum { SCRIPT_BYTES = 64 << 20 };

void script_open(struct script *script)
{
    *script = (struct script){.count = 0};
    arena_init(&script->arena, SCRIPT_BYTES);
    script->records = arena_array(&script->arena, SCRIPT_MOST, sizeof *script->records);
    script->ids = arena_array(&script->arena, SCRIPT_MOST, sizeof *script->ids);
    assert_non_null(script->records);
    assert_non_null(script->ids);
}

void script_close(struct script *script)
{
    arena_deinit(&script->arena);
}

void writer_init(struct writer *writer, uint64_t seed, const struct name *scope)
{
    uint8_t bytes[32];
    *writer = (struct writer){.scope = *scope, .random = {seed}, .clock = 1795485600};
    random_fill(&writer->random, bytes, sizeof bytes);
    key_pair_of_seed(bytes, &writer->key, &writer->secret);
}

/* Seals |body| as the writer's next record. */
static void seal(struct writer *writer, struct record_header *header, struct bytes body,
                 struct script *script)
{
    struct buffer raw;
    struct hash id;
    bool ok = false;
    buffer_init(&raw, LIMIT_RECORD_BYTES);
    header->version = RECORD_VERSION;
    header->log = writer->log;
    header->seq = writer->seq + 1;
    header->prev = writer->id;
    header->recorded_seconds = writer->clock;
    header->recorded_zone_minutes = 420;
    assert_int_equal(record_seal(header, body, NULL, &writer->secret, &raw, &id), STATUS_OK);
    assert_true(script->count < SCRIPT_MOST);
    script->records[script->count] = arena_copy(&script->arena, buffer_view(&raw), &ok);
    assert_true(ok);
    script->ids[script->count++] = id;
    writer->seq++;
    writer->id = id;
    buffer_deinit(&raw);
}

void writer_open_log(struct writer *writer, uint64_t purpose, struct script *script)
{
    struct opening opening = {.device = writer->key,
                              .scope = writer->scope,
                              .software = bytes_of_text("test"),
                              .rules = RULES_VERSION,
                              .purpose = purpose};
    struct record_header header = {.kind = KIND_OPENING};
    struct buffer body;
    buffer_init(&body, LIMIT_BODY_BYTES);
    random_fill(&writer->random, opening.salt, sizeof opening.salt);
    assert_int_equal(opening_encode(&opening, &body), STATUS_OK);
    writer->log = (struct name){0};
    writer->seq = 0;
    writer->id = (struct hash){0};
    seal(writer, &header, buffer_view(&body), script);
    writer->log = name_of_hash(&writer->id);
    buffer_deinit(&body);
}

static void seal_case(struct writer *writer, struct record_header *header, struct script *script)
{
    struct case_body body = {.step = {NULL, 0}};
    struct buffer encoded;
    buffer_init(&encoded, LIMIT_BODY_BYTES);
    random_fill(&writer->random, body.salt, sizeof body.salt);
    assert_int_equal(case_body_encode(&body, &encoded), STATUS_OK);
    seal(writer, header, buffer_view(&encoded), script);
    buffer_deinit(&encoded);
}

struct name writer_genesis(struct writer *writer, struct script *script)
{
    struct record_header header = {.kind = KIND_GENESIS};
    memset(header.pack.bytes, 7, sizeof header.pack.bytes);
    seal_case(writer, &header, script);
    return name_of_hash(&writer->id);
}

void writer_record(struct writer *writer, uint64_t kind, const struct name *case_name,
                   struct script *script)
{
    struct record_header header = {.kind = kind};
    if (case_name)
        header.case_name = *case_name;
    seal_case(writer, &header, script);
}

void writer_edit(struct writer *writer, const struct name *case_name, struct script *script)
{
    writer_record(writer, KIND_EDIT, case_name, script);
}

void writer_grant(struct writer *writer, const struct grant *grant, struct script *script)
{
    struct record_header header = {.kind = KIND_GRANT};
    uint8_t salt[SALT_BYTES];
    struct buffer body;
    buffer_init(&body, LIMIT_BODY_BYTES);
    random_fill(&writer->random, salt, sizeof salt);
    assert_int_equal(grant_encode(salt, grant, &body), STATUS_OK);
    seal(writer, &header, buffer_view(&body), script);
    buffer_deinit(&body);
}

void writer_pack(struct writer *writer, struct bytes canonical, struct script *script)
{
    struct record_header header = {.kind = KIND_PACK};
    uint8_t salt[SALT_BYTES];
    struct buffer body;
    buffer_init(&body, LIMIT_BODY_BYTES);
    random_fill(&writer->random, salt, sizeof salt);
    assert_int_equal(pack_body_encode(salt, 1, canonical, &body), STATUS_OK);
    seal(writer, &header, buffer_view(&body), script);
    buffer_deinit(&body);
}

static struct batch *batch_make(size_t records)
{
    struct batch *batch = calloc(1, sizeof *batch);
    assert_non_null(batch);
    arena_init(&batch->arena, SCRIPT_BYTES);
    batch->records = arena_array(&batch->arena, records + 1, sizeof *batch->records);
    batch->runs = arena_array(&batch->arena, 1, sizeof *batch->runs);
    assert_non_null(batch->records);
    assert_non_null(batch->runs);
    return batch;
}

struct batch *script_batch(const struct script *script, size_t first, size_t count,
                           const struct public_key *device)
{
    struct batch *batch = batch_make(count);
    assert_true(count > 0 && first + count <= script->count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(
            record_decode(script->records[first + i], &batch->arena, &batch->records[i]),
            STATUS_OK);
    }
    const struct record_header *header = &batch->records[0].header;
    struct position before = {
        .log = record_log(&batch->records[0]), .seq = header->seq - 1, .id = header->prev};
    batch->record_count = count;
    batch->run_count = 1;
    batch->runs[0] = (struct run){.log = before.log,
                                  .before = before,
                                  .count = count,
                                  .device_known = true,
                                  .device = *device};
    batch->runs[0].verdict = chain_check(batch->records, count, &before, device, CHAIN_BY_RUN);
    return batch;
}

struct batch *receipt_batch(struct bytes raw, const struct public_key *from)
{
    struct batch *batch = batch_make(0);
    struct receipt receipt;
    batch->receipts = arena_array(&batch->arena, 1, sizeof *batch->receipts);
    batch->receipt_sound = arena_array(&batch->arena, 1, sizeof *batch->receipt_sound);
    assert_non_null(batch->receipts);
    assert_non_null(batch->receipt_sound);
    batch->receipts[0] = raw;
    batch->receipt_sound[0] = receipt_open(raw, &batch->arena, &receipt) == STATUS_OK;
    batch->receipt_count = 1;
    batch->peer = *from;
    return batch;
}

void script_batch_free(struct batch *batch)
{
    arena_deinit(&batch->arena);
    free(batch);
}
