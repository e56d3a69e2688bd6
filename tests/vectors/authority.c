/* authority.json: the bodies of authority records, each good and spoilt. */
#include "protocol/case/authority/authority.h"

#include "protocol/case/view/order.h"
#include "tests/vectors/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SALT_AT = 3 /* array, bin 8, its size */ };

/* Decodes the body of |kind| and encodes what it says with the salt it has, into |again|. */
static enum status again_of(uint64_t kind, struct bytes body, struct arena *arena,
                            struct buffer *again)
{
    uint8_t salt[SALT_BYTES] = {0};
    struct grant grant;
    struct revocation revocation;
    struct rules_order rules;
    struct release release;
    struct refusal refusal;
    struct clone_order clone;
    struct erasure erasure;
    uint64_t generation = 0;
    struct bytes canonical;
    enum status status = STATUS_NEWER;
    if (body.size >= SALT_AT + sizeof salt) {
        memcpy(salt, body.at + SALT_AT, sizeof salt);
    }
    if (kind == KIND_GRANT) {
        status = grant_decode(body, arena, &grant);
        return status != STATUS_OK ? status : grant_encode(salt, &grant, again);
    }
    if (kind == KIND_REVOCATION) {
        status = revocation_decode(body, arena, &revocation);
        return status != STATUS_OK ? status : revocation_encode(salt, &revocation, again);
    }
    if (kind == KIND_PACK) {
        status = pack_body_decode(body, arena, &generation, &canonical);
        return status != STATUS_OK ? status : pack_body_encode(salt, generation, canonical, again);
    }
    if (kind == KIND_RULES) {
        status = rules_order_decode(body, arena, &rules);
        return status != STATUS_OK ? status : rules_order_encode(salt, &rules, again);
    }
    if (kind == KIND_RELEASE) {
        status = release_decode(body, arena, &release);
        return status != STATUS_OK ? status : release_encode(salt, &release, again);
    }
    if (kind == KIND_REFUSAL) {
        status = refusal_decode(body, arena, &refusal);
        return status != STATUS_OK ? status : refusal_encode(salt, &refusal, again);
    }
    if (kind == KIND_CLONE) {
        status = clone_order_decode(body, arena, &clone);
        return status != STATUS_OK ? status : clone_order_encode(salt, &clone, again);
    }
    if (kind == KIND_ERASURE) {
        status = erasure_decode(body, arena, &erasure);
        return status != STATUS_OK ? status : erasure_encode(salt, &erasure, again);
    }
    return status;
}

static void add(json_t *list, const char *name, uint64_t kind, struct bytes body)
{
    struct arena arena;
    struct buffer again;
    arena_init(&arena, SIZE_MAX);
    buffer_init(&again, LIMIT_BODY_BYTES);
    enum status status = again_of(kind, body, &arena, &again);
    json_array_append_new(list,
                          json_pack("{s:s, s:I, s:o, s:o, s:s}", "name", name, "kind",
                                    (json_int_t)kind, "body", vector_hex(body), "value",
                                    vector_encoded_json(body), "status", status_name(status)));
    buffer_deinit(&again);
    arena_deinit(&arena);
}

/* The body, the same cut short by a byte, and with its first item (the salt) one byte less. */
static void add_all(json_t *list, const char *name, uint64_t kind, struct buffer *body)
{
    char label[96];
    struct bytes whole = buffer_view(body);
    add(list, name, kind, whole);
    (void)snprintf(label, sizeof label, "%s, one byte short", name);
    add(list, label, kind, bytes_of(whole.at, whole.size - 1));
    body->at[0]--;
    (void)snprintf(label, sizeof label, "%s, an item less than it has", name);
    add(list, label, kind, whole);
    buffer_reset(body);
}

struct making {
    json_t *list;
    uint8_t salt[SALT_BYTES];
    struct position cuts[2];
    struct record_range range;
    struct buffer body;
};

static void make_grants(struct making *m)
{
    struct vector_key office = vector_key_of("office");
    struct name scopes[2] = {vector_name_of("scope a"), vector_name_of("scope b")};
    if (name_compare(&scopes[0], &scopes[1]) > 0) {
        struct name swap = scopes[0];
        scopes[0] = scopes[1];
        scopes[1] = swap;
    }
    struct grant grant = {.key = office.public_key,
                          .role = ROLE_OFFICE,
                          .unit = bytes_of_text("000.15.30.H57"),
                          .label = bytes_of_text("UBND xã Trung Sơn"),
                          .scopes = scopes,
                          .scope_count = 2,
                          .may_grant = true,
                          .counter_owner = true};
    vector_must(grant_encode(m->salt, &grant, &m->body), "grant");
    add_all(m->list, "grant of an office", KIND_GRANT, &m->body);
    struct name swap = scopes[0];
    scopes[0] = scopes[1];
    scopes[1] = swap;
    grant.scope_count = 1;
    vector_must(grant_encode(m->salt, &grant, &m->body), "grant");
    add_all(m->list, "grant of one scope", KIND_GRANT, &m->body);
    grant = (struct grant){.key = office.public_key, .role = ROLE_HUB, .sees_all = true};
    grant.unit = bytes_of_text("000.00.30.H57");
    grant.label = bytes_of_text("hub");
    vector_must(grant_encode(m->salt, &grant, &m->body), "grant");
    add_all(m->list, "grant of a hub", KIND_GRANT, &m->body);
}

static void make_orders(struct making *m)
{
    struct bytes reason = bytes_of_text("máy bị mất");
    struct revocation revocation = {
        .grant = vector_hash_of("grant"), .cuts = m->cuts, .cut_count = 2, .reason = reason};
    vector_must(revocation_encode(m->salt, &revocation, &m->body), "revocation");
    add_all(m->list, "revocation with two cuts", KIND_REVOCATION, &m->body);
    revocation.cut_count = 0;
    vector_must(revocation_encode(m->salt, &revocation, &m->body), "revocation");
    add_all(m->list, "revocation of all", KIND_REVOCATION, &m->body);
    struct rules_order rules = {.rules = 2, .cuts = m->cuts, .cut_count = 2};
    vector_must(rules_order_encode(m->salt, &rules, &m->body), "rules");
    add_all(m->list, "rules", KIND_RULES, &m->body);
    struct release release = {.mode = RELEASE_CUT, .range = m->range, .reason = reason};
    vector_must(release_encode(m->salt, &release, &m->body), "release");
    add_all(m->list, "release behind a cut", KIND_RELEASE, &m->body);
    struct refusal refusal = {.range = m->range, .reason = reason};
    vector_must(refusal_encode(m->salt, &refusal, &m->body), "refusal");
    add_all(m->list, "refusal", KIND_REFUSAL, &m->body);
    struct clone_order clone = {.device = vector_key_of("device").public_key,
                                .log_kept = vector_name_of("log")};
    vector_must(clone_order_encode(m->salt, &clone, &m->body), "clone");
    add_all(m->list, "clone", KIND_CLONE, &m->body);
}

static void make_erasure(struct making *m)
{
    struct write stand_in = {.field = bytes_of_text("chu_ho_so"),
                             .op = WRITE_SET,
                             .value = {.type = WIRE_TEXT, .as.bytes = bytes_of_text("đã xóa")}};
    struct erasure_item items[2] = {
        {.record = vector_hash_of("erased a"), .stand_ins = &stand_in, .stand_in_count = 1},
        {.record = vector_hash_of("erased b")}};
    if (hash_compare(&items[0].record, &items[1].record) > 0) {
        struct erasure_item swap = items[0];
        items[0] = items[1];
        items[1] = swap;
    }
    struct erasure erasure = {
        .items = items, .item_count = 2, .reason = bytes_of_text("theo yêu cầu")};
    vector_must(erasure_encode(m->salt, &erasure, &m->body), "erasure");
    add_all(m->list, "erasure", KIND_ERASURE, &m->body);
    vector_must(pack_body_encode(m->salt, 3, bytes_of_text("canonical"), &m->body), "pack");
    add_all(m->list, "pack", KIND_PACK, &m->body);
}

json_t *authority_make(void)
{
    struct making m = {.list = json_array()};
    struct name salt = vector_name_of("salt");
    memcpy(m.salt, salt.bytes, sizeof m.salt);
    m.cuts[0] =
        (struct position){.log = vector_name_of("cut a"), .seq = 9, .id = vector_hash_of("nine")};
    m.cuts[1] =
        (struct position){.log = vector_name_of("cut b"), .seq = 1, .id = vector_hash_of("one")};
    if (name_compare(&m.cuts[0].log, &m.cuts[1].log) > 0) {
        struct position swap = m.cuts[0];
        m.cuts[0] = m.cuts[1];
        m.cuts[1] = swap;
    }
    m.range = (struct record_range){.log = vector_name_of("log"),
                                    .first_seq = 4,
                                    .last_seq = 9,
                                    .last_id = vector_hash_of("nine")};
    buffer_init(&m.body, LIMIT_BODY_BYTES);
    make_grants(&m);
    make_orders(&m);
    make_erasure(&m);
    buffer_deinit(&m.body);
    return json_pack("{s:s, s:o}", "about",
                     "status: what decoding the body of that kind says; OK ones encode to the same "
                     "bytes.",
                     "bodies", m.list);
}

void authority_check(const json_t *file)
{
    size_t i = 0;
    json_t *row = NULL;
    json_array_foreach(json_object_get(file, "bodies"), i, row)
    {
        struct arena arena;
        struct buffer again;
        arena_init(&arena, SIZE_MAX);
        buffer_init(&again, LIMIT_BODY_BYTES);
        struct bytes body = vector_bytes(row, "body", &arena);
        uint64_t kind = (uint64_t)json_integer_value(json_object_get(row, "kind"));
        enum status status = again_of(kind, body, &arena, &again);
        vector_expect_status(row, status);
        if (status == STATUS_OK) {
            vector_expect_bytes(row, "body", buffer_view(&again));
        }
        buffer_deinit(&again);
        arena_deinit(&arena);
    }
    vector_expect(i >= 30, file, "too few bodies");
}
