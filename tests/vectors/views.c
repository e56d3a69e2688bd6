/* views.json: cases as records, and the hash of the view every node must come to. */
#include "protocol/case/view/view.h"
#include "tests/vectors/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECORDS_MOST = 16, LOGS = 3 };

/* ---- from records to a view ---- */

struct computing {
    struct arena arena;
    struct record records[RECORDS_MOST];
    struct view_record inputs[RECORDS_MOST];
    size_t count;
    struct pack pack;
    struct view view;
};

static const struct pack *find_pack(void *context, const struct hash *hash)
{
    const struct computing *computing = context;
    return hash_equal(hash, &computing->pack.hash) ? &computing->pack : NULL;
}

/* The record before |at| in its log: those of a log stand in its order. */
static const struct hash *before(const struct computing *computing, size_t at)
{
    struct name log = record_log(&computing->records[at]);
    for (size_t i = at; i > 0; i--) {
        struct name other = record_log(&computing->records[i - 1]);
        if (name_equal(&other, &log)) {
            return &computing->records[i - 1].id;
        }
    }
    return NULL;
}

static enum status compute(struct computing *computing)
{
    for (size_t i = 0; i < computing->count; i++) {
        computing->inputs[i] = (struct view_record){.record = &computing->records[i],
                                                    .implicit_parent = before(computing, i),
                                                    .standing = STANDING_GRANTED};
    }
    return view_compute(computing->inputs, computing->count, find_pack, computing,
                        &computing->arena, &computing->view);
}

/* ---- making ---- */

struct making {
    struct vector_key keys[LOGS];
    struct name logs[LOGS];
    uint64_t seqs[LOGS];
    struct hash heads[LOGS];
    struct buffer pack;
    struct computing *computing;
    struct name case_name;
    int64_t clock;
    unsigned salts;
    json_t *raws;
    json_t *list;
};

/* What one record says. */
struct said {
    int log;
    uint64_t kind;
    const char *officer;
    uint64_t hat;
    const char *field;
    const char *text;
    const char *reason;
    const struct hash *parents[2];
    uint64_t extension; /* type of a critical one; 0 none */
};

static const struct record *seal(struct making *m, const struct said *said)
{
    struct computing *computing = m->computing;
    struct record *record = &computing->records[computing->count++];
    struct write write = {.field = bytes_of_text(said->field),
                          .op = strcmp(said->field, "ghi_chu") == 0 ? WRITE_ADD : WRITE_SET,
                          .value = {.type = WIRE_TEXT, .as.bytes = bytes_of_text(said->text)}};
    const struct write writes[2] = {
        write,
        {.field = bytes_of_text("ma_tthc"),
         .op = WRITE_SET,
         .value = {.type = WIRE_TEXT, .as.bytes = bytes_of_text("2.000815")}}};
    struct case_body body = {.writes = writes, .write_count = said->kind == KIND_GENESIS ? 2 : 1};
    struct hash parents[2], salt;
    struct record_extension extension = {.type = said->extension, .critical = true};
    struct record_header header = {.version = RECORD_VERSION,
                                   .kind = said->kind,
                                   .log = m->logs[said->log],
                                   .seq = ++m->seqs[said->log],
                                   .prev = m->heads[said->log],
                                   .recorded_seconds = m->clock += 60,
                                   .recorded_zone_minutes = 420,
                                   .parents = parents};
    struct buffer encoded, raw;
    char label[32];
    bool ok = false;
    buffer_init(&encoded, LIMIT_BODY_BYTES);
    buffer_init(&raw, LIMIT_RECORD_BYTES);
    (void)snprintf(label, sizeof label, "view salt %u", m->salts++);
    salt = vector_hash_of(label);
    memcpy(body.salt, salt.bytes, sizeof body.salt);
    if (said->reason != NULL) {
        body.reason = bytes_of_text(said->reason);
    }
    if (said->kind == KIND_GENESIS) {
        header.pack = computing->pack.hash;
    } else {
        header.case_name = m->case_name;
    }
    for (size_t i = 0; i < 2 && said->parents[i] != NULL; i++) {
        parents[header.parent_count++] = *said->parents[i];
    }
    if (header.parent_count == 2 && hash_compare(&parents[0], &parents[1]) > 0) {
        struct hash swap = parents[0];
        parents[0] = parents[1];
        parents[1] = swap;
    }
    header.act = (struct record_act){.present = true,
                                     .officer = bytes_of_text(said->officer),
                                     .hat = said->hat,
                                     .unit = bytes_of_text("000.15.30.H57")};
    header.extensions = &extension;
    header.extension_count = said->extension != 0 ? 1 : 0;
    vector_must(case_body_encode(&body, &encoded), "view body");
    vector_must(record_seal(&header, buffer_view(&encoded), NULL, &m->keys[said->log].secret_key,
                            &raw, &m->heads[said->log]),
                "view record");
    struct bytes kept = arena_copy(&computing->arena, buffer_view(&raw), &ok);
    vector_must(ok ? record_decode(kept, &computing->arena, record) : STATUS_NO_MEMORY, "record");
    json_array_append_new(m->raws, vector_hex(kept));
    buffer_deinit(&encoded);
    buffer_deinit(&raw);
    if (said->kind == KIND_GENESIS) {
        m->case_name = record_case(record);
    }
    return record;
}

static const struct record *begin(struct making *m)
{
    struct computing *computing = calloc(1, sizeof *computing);
    if (computing == NULL) {
        abort();
    }
    arena_init(&computing->arena, SIZE_MAX);
    m->computing = computing;
    m->raws = json_array();
    m->clock = 1700000000;
    vector_must(pack_decode(buffer_view(&m->pack), &computing->arena, &computing->pack), "pack");
    for (size_t i = 0; i < LOGS; i++) {
        char label[32];
        (void)snprintf(label, sizeof label, "view log %zu", i);
        m->keys[i] = vector_key_of(label);
        m->logs[i] = vector_name_of(label);
        m->seqs[i] = 1;
        m->heads[i] = vector_hash_of(label);
    }
    return seal(
        m, &(struct said){
               0, KIND_GENESIS, "tn01", HAT_RECEPTION, "chu_ho_so", "Hồ Thị Hòa", NULL, {NULL}, 0});
}

static json_t *outcome_json(const struct view *view)
{
    size_t effective = 0;
    for (size_t i = 0; i < view->entry_count; i++) {
        effective += view->entries[i].effect == EFFECT_EFFECTIVE ? 1 : 0;
    }
    return json_pack("{s:i, s:I, s:I, s:I, s:I, s:o}", "load", (int)view->load, "state",
                     (json_int_t)view->state, "effective", (json_int_t)effective, "conflicts",
                     (json_int_t)view->conflict_count, "held", (json_int_t)view->held_count, "hash",
                     vector_name_json(&view->hash16));
}

static void end(struct making *m, const char *name)
{
    vector_must(compute(m->computing), name);
    json_array_append_new(m->list, json_pack("{s:s, s:o, s:o}", "name", name, "records", m->raws,
                                             "view", outcome_json(&m->computing->view)));
    arena_deinit(&m->computing->arena);
    free(m->computing);
}

static const struct record *edit(struct making *m, int log, const char *field, const char *text,
                                 const struct record *parent)
{
    return seal(m, &(struct said){log,
                                  KIND_EDIT,
                                  "tn01",
                                  HAT_RECEPTION,
                                  field,
                                  text,
                                  NULL,
                                  {parent != NULL ? &parent->id : NULL},
                                  0});
}

static void make_cases(struct making *m)
{
    (void)begin(m);
    end(m, "a genesis alone");
    const struct record *genesis = begin(m);
    (void)edit(m, 0, "dia_chi", "thôn 1", NULL);
    (void)edit(m, 1, "ghi_chu", "hẹn chiều", genesis);
    end(m, "an address, a note");
    genesis = begin(m);
    const struct record *a = edit(m, 1, "chu_ho_so", "Hồ Thị Hoà", genesis);
    const struct record *b = edit(m, 2, "chu_ho_so", "Hồ Thị Hạnh", genesis);
    end(m, "an owner in conflict");
    genesis = begin(m);
    a = edit(m, 1, "chu_ho_so", "Hồ Thị Hoà", genesis);
    b = edit(m, 2, "chu_ho_so", "Hồ Thị Hạnh", genesis);
    (void)seal(m, &(struct said){0,
                                 KIND_RESOLUTION,
                                 "ct01",
                                 HAT_LEADER,
                                 "chu_ho_so",
                                 "Hồ Thị Hạnh",
                                 "theo giấy khai sinh",
                                 {&a->id, &b->id},
                                 0});
    end(m, "decided");
    genesis = begin(m);
    (void)edit(m, 1, "dia_chi", "thôn 1", genesis);
    (void)edit(m, 2, "dia_chi", "thôn 2", genesis);
    end(m, "the later of two addresses");
    (void)begin(m);
    struct hash missing = vector_hash_of("missing");
    (void)seal(m,
               &(struct said){
                   1, KIND_EDIT, "tn01", HAT_RECEPTION, "dia_chi", "thôn 3", NULL, {&missing}, 0});
    end(m, "one that is held");
    genesis = begin(m);
    (void)seal(
        m,
        &(struct said){
            1, KIND_EDIT, "tn01", HAT_RECEPTION, "dia_chi", "thôn 4", NULL, {&genesis->id}, 200});
    (void)edit(m, 2, "ghi_chu", "đã gọi", genesis);
    end(m, "one that needs a newer version");
}

json_t *views_make(void)
{
    struct making m = {.list = json_array()};
    buffer_init(&m.pack, LIMIT_PACK_BYTES);
    vector_pack(&m.pack);
    make_cases(&m);
    json_t *pack = vector_hex(buffer_view(&m.pack));
    buffer_deinit(&m.pack);
    return json_pack(
        "{s:s, s:o, s:o}", "about",
        "view: of the records, all granted, those of a log in its order; load 0 whole, "
        "2 needs a newer version.",
        "pack", pack, "cases", m.list);
}

/* ---- checking ---- */

static void check_case(const json_t *file, const json_t *row, bool backwards)
{
    struct computing *computing = calloc(1, sizeof *computing);
    const json_t *list = json_object_get(row, "records");
    const json_t *view = json_object_get(row, "view");
    if (computing == NULL) {
        abort();
    }
    arena_init(&computing->arena, SIZE_MAX);
    struct bytes pack = vector_bytes(file, "pack", &computing->arena);
    vector_expect(pack_decode(pack, &computing->arena, &computing->pack) == STATUS_OK, row, "pack");
    size_t count = json_array_size(list);
    vector_expect(count > 0 && count <= RECORDS_MOST, row, "number of records");
    for (size_t i = 0; i < count && i < RECORDS_MOST; i++) {
        json_t *one = json_pack("{s:O}", "raw", json_array_get(list, i));
        struct bytes raw = vector_bytes(one, "raw", &computing->arena);
        vector_expect(record_decode(raw, &computing->arena,
                                    &computing->records[computing->count++]) == STATUS_OK,
                      row, "record");
        json_decref(one);
    }
    enum status status = compute(computing);
    if (status == STATUS_OK && backwards) { /* equal inputs, whatever their order */
        for (size_t i = 0; i < count / 2; i++) {
            struct view_record swap = computing->inputs[i];
            computing->inputs[i] = computing->inputs[count - 1 - i];
            computing->inputs[count - 1 - i] = swap;
        }
        status = view_compute(computing->inputs, count, find_pack, computing, &computing->arena,
                              &computing->view);
    }
    vector_expect(status == STATUS_OK, row, "view_compute");
    if (status == STATUS_OK) {
        json_t *now = outcome_json(&computing->view);
        vector_expect(json_equal(now, view) == 1, row, "the view");
        json_decref(now);
    }
    arena_deinit(&computing->arena);
    free(computing);
}

void views_check(const json_t *file)
{
    size_t i = 0;
    json_t *row = NULL;
    json_array_foreach(json_object_get(file, "cases"), i, row)
    {
        check_case(file, row, false);
        check_case(file, row, true);
    }
    vector_expect(i >= 7, file, "too few cases");
}
