/*
 * runs.json: runs of consecutive records, and which of them are authentic. Where a signature is
 * junk it is part of its record's id, so the chain after it holds.
 */
#include "protocol/record/body.h"
#include "protocol/record/chain.h"
#include "tests/vectors/table.h"

#include <stdlib.h>
#include <string.h>

enum { RUN = 8 };

/* What is to be wrong with a run. */
struct plan {
    const char *name;
    size_t from;            /* the run starts behind this many records of its log */
    size_t authority;       /* this record is of an authority kind; 0: none */
    bool junk[RUN];         /* these have a signature that is not valid */
    size_t missing;         /* this record is left out; 0: none */
    bool opening_body_gone; /* the opening comes without its body */
    bool claim;             /* only 16 bytes of the id before are known */
    bool other_device;      /* checked with another device's key */
};

static const struct plan plans[] = {
    {.name = "whole log"},
    {.name = "behind a position", .from = 3},
    {.name = "behind a claim of 16 bytes", .from = 3, .claim = true},
    {.name = "one record alone", .from = RUN - 1},
    {.name = "junk in the middle is covered", .junk = {[2] = true, [5] = true}},
    {.name = "junk first", .junk = {[0] = true}},
    {.name = "junk at the end", .junk = {[RUN - 2] = true, [RUN - 1] = true}},
    {.name = "junk everywhere behind a position",
     .from = 5,
     .junk = {[5] = true, [6] = true, [7] = true}},
    {.name = "authority is checked by itself", .authority = 4},
    {.name = "junk authority ends the log", .authority = 4, .junk = {[4] = true}},
    {.name = "junk before junk authority", .authority = 4, .junk = {[3] = true, [4] = true}},
    {.name = "a gap", .missing = 5},
    {.name = "an opening without its body", .opening_body_gone = true},
    {.name = "another device's key", .from = 3, .other_device = true},
};

struct making {
    struct arena arena;
    struct vector_key device;
    struct record records[RUN];
};

/* Puts the sealed record behind the others, its signature spoiled or its body dropped on the way.
 */
static void keep(struct making *m, size_t i, struct bytes sealed, bool junk, bool headless)
{
    struct record record;
    vector_must(record_decode(sealed, &m->arena, &record), "runs");
    if (junk) {
        record.device_signature.bytes[5] ^= 1;
    }
    struct buffer raw;
    buffer_init(&raw, LIMIT_RECORD_BYTES);
    vector_must(record_assemble(record.header_bytes, NULL, &record.device_signature,
                                headless ? NULL : &record.body, &raw),
                "runs");
    bool ok = false;
    struct bytes kept = arena_copy(&m->arena, buffer_view(&raw), &ok);
    vector_must(record_decode(kept, &m->arena, &m->records[i]), "runs");
    buffer_deinit(&raw);
}

static void add_record(struct making *m, size_t i, const struct plan *plan)
{
    struct buffer body;
    buffer_init(&body, LIMIT_BODY_BYTES);
    struct record_header header = {.version = RECORD_VERSION,
                                   .seq = i + 1,
                                   .kind = KIND_OPENING,
                                   .recorded_seconds = 1700000000};
    if (i == 0) {
        struct opening opening = {.device = m->device.public_key,
                                  .scope = vector_name_of("scope"),
                                  .rules = RULES_VERSION};
        opening.software = bytes_of_text("hoso 0.1.0");
        vector_must(opening_encode(&opening, &body), plan->name);
    } else {
        struct case_body edit = {.salt = {(uint8_t)i}};
        vector_must(case_body_encode(&edit, &body), plan->name);
        header.log = record_log(&m->records[0]);
        header.prev = m->records[i - 1].id;
        header.kind = KIND_EDIT;
        header.case_name = vector_name_of("case");
        if (plan->authority == i) {
            header.kind = KIND_CLONE;
            header.case_name = (struct name){{0}};
        }
    }
    struct buffer raw;
    buffer_init(&raw, LIMIT_RECORD_BYTES);
    struct hash id;
    vector_must(record_seal(&header, buffer_view(&body), NULL, &m->device.secret_key, &raw, &id),
                plan->name);
    keep(m, i, buffer_view(&raw), plan->junk[i], plan->opening_body_gone && i == 0);
    buffer_deinit(&raw);
    buffer_deinit(&body);
}

static json_t *position_json(const struct position *position)
{
    if (position->seq == 0) {
        return json_null();
    }
    return json_pack("{s:o, s:I, s:o}", "log", vector_name_json(&position->log), "seq",
                     (json_int_t)position->seq, "id", vector_hash_json(&position->id));
}

static json_t *run_json(const struct plan *plan)
{
    struct making *m = calloc(1, sizeof *m);
    vector_must(m != NULL ? STATUS_OK : STATUS_NO_MEMORY, plan->name);
    arena_init(&m->arena, SIZE_MAX);
    m->device = vector_key_of("device");
    struct vector_key key = vector_key_of(plan->other_device ? "other device" : "device");
    struct position before = {.seq = 0};
    struct record run[RUN];
    size_t count = 0;
    json_t *raws = json_array();
    for (size_t i = 0; i < RUN; i++) {
        add_record(m, i, plan);
        if (i + 1 == plan->from) {
            before = (struct position){record_log(&m->records[i]), i + 1, m->records[i].id};
        }
        if (i >= plan->from && (plan->missing == 0 || i != plan->missing)) {
            run[count++] = m->records[i];
            json_array_append_new(raws, vector_hex(m->records[i].raw));
        }
    }
    if (plan->claim) {
        memset(before.id.bytes + 16, 0, 16);
    }
    struct chain_result result = chain_check(run, count, &before, &key.public_key, CHAIN_BY_RUN);
    json_t *json = json_pack(
        "{s:s, s:o, s:s, s:o, s:I, s:s, s:I, s:I}", "name", plan->name, "before",
        position_json(&before), "device", key.label, "records", raws, "authentic",
        (json_int_t)result.authentic, "status", status_name(result.status), "signatures_checked",
        (json_int_t)result.signatures_checked, "proved_by_chain", (json_int_t)result.by_chain);
    arena_deinit(&m->arena);
    free(m);
    return json;
}

json_t *runs_make(void)
{
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        json_array_append_new(list, run_json(&plans[i]));
    }
    struct vector_key device = vector_key_of("device");
    struct vector_key other = vector_key_of("other device");
    struct name log = vector_name_of("log");
    struct hash first = vector_hash_of("first divergent record");
    struct name branch = chain_branch_name(&log, &first);
    return json_pack("{s:s, s:[o, o], s:o, s:{s:o, s:o, s:o}}", "about",
                     "authentic: so many of the first records; status: why not the next one. An id "
                     "before whose last 16 bytes are zero is a claim of the first 16. The counts "
                     "are of checking by the run's last signature.",
                     "keys", vector_key_json(&device), vector_key_json(&other), "runs", list,
                     "branch", "log", vector_name_json(&log), "first_divergent",
                     vector_hash_json(&first), "name", vector_name_json(&branch));
}

static struct position position_of(const json_t *json, struct arena *arena)
{
    struct position position = {.seq = 0};
    if (json_is_object(json)) {
        struct bytes log = vector_bytes(json, "log", arena);
        struct bytes id = vector_bytes(json, "id", arena);
        if (log.size == sizeof position.log && id.size == sizeof position.id) {
            memcpy(&position.log, log.at, log.size);
            memcpy(&position.id, id.at, id.size);
        }
        position.seq = (uint64_t)json_integer_value(json_object_get(json, "seq"));
    }
    return position;
}

static void check_run(const json_t *row)
{
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct vector_key key = vector_key_of(vector_text(row, "device"));
    struct position before = position_of(json_object_get(row, "before"), &arena);
    struct record run[RUN];
    size_t count = 0;
    size_t i = 0;
    json_t *raw = NULL;
    json_array_foreach(json_object_get(row, "records"), i, raw)
    {
        const char *hex = json_string_value(raw);
        uint8_t *at = arena_alloc(&arena, LIMIT_RECORD_BYTES);
        size_t size = 0;
        bool sound = count < RUN && at != NULL && hex != NULL &&
                     hex_decode(hex, strlen(hex), at, LIMIT_RECORD_BYTES, &size) &&
                     record_decode(bytes_of(at, size), &arena, &run[count]) == STATUS_OK;
        vector_expect(sound, row, "record_decode");
        count += sound;
    }
    struct chain_result result = chain_check(run, count, &before, &key.public_key, CHAIN_BY_RUN);
    struct chain_result each = chain_check(run, count, &before, &key.public_key, CHAIN_EACH);
    json_int_t authentic = json_integer_value(json_object_get(row, "authentic"));
    vector_expect((json_int_t)result.authentic == authentic, row, "authentic by run");
    vector_expect((json_int_t)each.authentic == authentic, row, "authentic each");
    vector_expect_status(row, result.status);
    vector_expect_status(row, each.status);
    vector_expect(json_integer_value(json_object_get(row, "signatures_checked")) ==
                      (json_int_t)result.signatures_checked,
                  row, "signatures_checked");
    vector_expect(json_integer_value(json_object_get(row, "proved_by_chain")) ==
                      (json_int_t)result.by_chain,
                  row, "proved_by_chain");
    arena_deinit(&arena);
}

void runs_check(const json_t *file)
{
    size_t i = 0;
    json_t *row = NULL;
    json_array_foreach(json_object_get(file, "runs"), i, row)
    {
        check_run(row);
    }
    vector_expect(i >= 14, file, "too few runs");
    const json_t *branch = json_object_get(file, "branch");
    struct name log = vector_name_of("log");
    struct hash first = vector_hash_of("first divergent record");
    struct name name = chain_branch_name(&log, &first);
    vector_expect_bytes(branch, "name", bytes_of(name.bytes, sizeof name.bytes));
}
