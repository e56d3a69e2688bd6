#include "tests/lib/case_fixture.h"

#include "tests/lib/unit.h"

#include <string.h>

#define BIT(hat) (1u << HAT_##hat)

enum {
    SETTLE_HUMAN = BIT(CASE_DECIDER) | BIT(LEADER) | BIT(HEAD_OF_ONE_STOP) | BIT(SPECIALIST),
    SETTLE_REST = BIT(CASE_DECIDER) | BIT(LEADER) | BIT(HEAD_OF_ONE_STOP)
};

struct field_row {
    const char *key;
    enum field_type type;
    enum policy policy;
    bool impersonal;
    uint32_t writers;
};

static const struct field_row field_rows[] = {
    {"ma_tthc", FIELD_PROCEDURE, POLICY_HUMAN, true, UINT32_MAX},
    {"ma_ho_so", FIELD_CODE, POLICY_EXCLUSIVE, true, UINT32_MAX},
    {"chu_ho_so", FIELD_NAME, POLICY_HUMAN, false, UINT32_MAX},
    {"nguoi_nop", FIELD_NAME, POLICY_HUMAN, false, UINT32_MAX},
    {"dia_chi", FIELD_TEXT, POLICY_LATEST, false, UINT32_MAX},
    {"trang_thai", FIELD_STATE, POLICY_MONOTONE, true, UINT32_MAX},
    {"hen_tra", FIELD_TIME, POLICY_AUTHORITY, true, BIT(LEADER) | BIT(HEAD_OF_ONE_STOP)},
    {"nguoi_ky", FIELD_OFFICER, POLICY_AUTHORITY, true, UINT32_MAX},
    {"ket_qua", FIELD_OUTCOME, POLICY_HUMAN, true, UINT32_MAX},
    {"bo_sung", FIELD_TEXT, POLICY_HUMAN, false, UINT32_MAX},
    {"hen_lai", FIELD_TIME, POLICY_HUMAN, true, UINT32_MAX},
    {"nguoi_nhan", FIELD_NAME, POLICY_HUMAN, false, UINT32_MAX},
    {"so_ket_qua", FIELD_CODE, POLICY_EXCLUSIVE, true, UINT32_MAX},
    {"thanh_phan", FIELD_LIST, POLICY_SET, false, UINT32_MAX},
    {"ghi_chu", FIELD_TEXT, POLICY_APPEND, false, UINT32_MAX},
};

enum { FIELD_ROWS = sizeof(field_rows) / sizeof(field_rows[0]) };

static uint32_t settlers(enum policy policy)
{
    switch (policy) {
    case POLICY_HUMAN:
        return SETTLE_HUMAN;
    case POLICY_AUTHORITY:
    case POLICY_MONOTONE:
    case POLICY_EXCLUSIVE:
        return SETTLE_REST;
    case POLICY_APPEND:
    case POLICY_SET:
    case POLICY_LATEST:
        return 0;
    }
    return 0;
}

static void fill_pack(struct fixture *fixture, struct pack *pack)
{
    static const struct pack_procedure procedure = {.code = {(const uint8_t *)"1.001193", 8}};
    struct pack_unit *units = arena_array(&fixture->arena, 2, sizeof(*units));
    struct pack_field *fields = arena_array(&fixture->arena, FIELD_ROWS, sizeof(*fields));
    struct pack_over *over = arena_alloc(&fixture->arena, sizeof(*over));
    for (size_t i = 0; i < FIELD_ROWS; i++) {
        const struct field_row *row = &field_rows[i];
        fields[i] = (struct pack_field){
            bytes_of_text(row->key), bytes_of_text(row->key), row->type,   row->policy,
            row->impersonal,         settlers(row->policy),   row->writers};
    }
    units[0] = (struct pack_unit){.code = bytes_of_text(FIXTURE_HUB)};
    units[1] = (struct pack_unit){.code = bytes_of_text(FIXTURE_UNIT),
                                  .above = bytes_of_text(FIXTURE_HUB)};
    *over = (struct pack_over){bytes_of_text("withdraw"), 1u << 2 | 1u << 4 | 1u << 5 | 1u << 6};
    *pack = (struct pack){.version = bytes_of_text("test"),
                          .fields = fields,
                          .field_count = FIELD_ROWS,
                          .procedures = &procedure,
                          .procedure_count = 1,
                          .units = units,
                          .unit_count = 2,
                          .overs = over,
                          .over_count = 1,
                          .reach_below_hats = BIT(CASE_DECIDER)};
    pack->ranks[HAT_CASE_DECIDER] = 40;
    pack->ranks[HAT_LEADER] = 30;
    pack->ranks[HAT_HEAD_OF_ONE_STOP] = 20;
    pack->ranks[HAT_SPECIALIST] = 10;
    pack->ranks[HAT_RECEPTION] = pack->ranks[HAT_CASHIER] = pack->ranks[HAT_CLERK] = 5;
}

size_t fixture_add_pack(struct fixture *fixture, const char *field, enum policy policy)
{
    struct pack *pack = arena_alloc(&fixture->arena, sizeof(*pack));
    fill_pack(fixture, pack);
    for (size_t i = 0; field != NULL && i < FIELD_ROWS; i++) {
        struct pack_field *row = arena_array(&fixture->arena, FIELD_ROWS, sizeof(*row));
        memcpy(row, pack->fields, FIELD_ROWS * sizeof(*row));
        if (bytes_equal_text(row[i].key, field)) {
            row[i].policy = policy;
            row[i].settler_hats = settlers(policy);
        }
        pack->fields = row;
    }
    pack->hash.bytes[0] = (uint8_t)(0x70 + fixture->pack_count);
    fixture->packs[fixture->pack_count] = pack;
    return fixture->pack_count++;
}

void fixture_init(struct fixture *fixture)
{
    fixture_init_for(fixture, FIXTURE_RECORDS);
}

void fixture_init_for(struct fixture *fixture, size_t records)
{
    memset(fixture, 0, sizeof(*fixture));
    arena_init(&fixture->arena, (size_t)1 << 31);
    fixture->records = arena_array(&fixture->arena, records, sizeof(struct record));
    fixture->inputs = arena_array(&fixture->arena, records, sizeof(struct view_record));
    for (size_t i = 0; i < sizeof(fixture->log_last) / sizeof(fixture->log_last[0]); i++)
        fixture->log_last[i] = -1;
    fixture_add_pack(fixture, NULL, POLICY_HUMAN);
}

void fixture_deinit(struct fixture *fixture)
{
    arena_deinit(&fixture->arena);
}

static struct hash id_of(const struct fixture *fixture, int record)
{
    return fixture->records[record].id;
}

static const struct hash *ids_of(struct fixture *fixture, const int *records, size_t count)
{
    struct hash *ids = arena_array(&fixture->arena, count + 1, sizeof(*ids));
    for (size_t i = 0; i < count; i++)
        ids[i] = id_of(fixture, records[i]);
    return ids;
}

static struct wire_value value_of(const struct fixture_write *write)
{
    struct wire_value value = {.type = WIRE_NIL};
    if (write->text != NULL) {
        value.type = WIRE_TEXT;
        value.as.bytes = bytes_of_text(write->text);
    } else if (!write->nil) {
        value.type = WIRE_UNSIGNED;
        value.as.number = (uint64_t)write->number;
    }
    return value;
}

struct bytes fixture_value_bytes(struct fixture *fixture, const struct fixture_write *write)
{
    struct buffer out;
    bool ok = true;
    struct wire_value value = value_of(write);
    buffer_init(&out, LIMIT_BODY_BYTES);
    wire_put_value(&out, &value);
    struct bytes copy = arena_copy(&fixture->arena, buffer_view(&out), &ok);
    buffer_deinit(&out);
    assert_true(ok && copy.size > 0);
    return copy;
}

static struct write write_of(struct fixture *fixture, const struct fixture_write *from)
{
    struct write write = {.field = bytes_of_text(from->field), .op = from->op};
    write.value = value_of(from);
    write.value_bytes = fixture_value_bytes(fixture, from);
    write.sources = ids_of(fixture, from->sources, from->source_count);
    write.source_count = from->source_count;
    return write;
}

static void fill_body(struct fixture *fixture, const struct fixture_act *act,
                      struct case_body *body)
{
    struct write *writes = arena_array(&fixture->arena, act->write_count + 1, sizeof(*writes));
    struct shown_field *shown = arena_array(&fixture->arena, act->shown_count + 1, sizeof(*shown));
    for (size_t i = 0; i < act->write_count; i++)
        writes[i] = write_of(fixture, &act->writes[i]);
    for (size_t i = 0; i < act->shown_count; i++) {
        shown[i].field = bytes_of_text(act->shown[i].field);
        shown[i].value_bytes = fixture_value_bytes(fixture, &act->shown[i]);
    }
    *body = (struct case_body){.writes = writes, .write_count = act->write_count};
    if (act->step != NULL)
        body->step = bytes_of_text(act->step);
    if (act->shown_count > 0) {
        body->has_shown = true;
        body->shown_form = bytes_of_text("03");
        body->shown_language = bytes_of_text("vi");
        body->shown = shown;
        body->shown_count = act->shown_count;
    }
    if (act->reason != NULL)
        body->reason = bytes_of_text(act->reason);
}

static struct bytes encode_body(struct fixture *fixture, const struct case_body *body)
{
    struct buffer out;
    bool ok = true;
    buffer_init(&out, LIMIT_BODY_BYTES);
    assert_int_equal(case_body_encode(body, &out), STATUS_OK);
    struct bytes copy = arena_copy(&fixture->arena, buffer_view(&out), &ok);
    buffer_deinit(&out);
    return copy;
}

int fixture_add(struct fixture *fixture, const struct fixture_act *act)
{
    int number = (int)fixture->count++;
    struct record *record = &fixture->records[number];
    struct view_record *input = &fixture->inputs[number];
    struct case_body body;
    fill_body(fixture, act, &body);
    uint8_t seed[4];
    be32_store(seed, (uint32_t)number);
    struct bytes part = bytes_of(seed, sizeof(seed));
    record->id = seal_hash("hoso/test/record", &part, 1);
    record->has_body = true;
    record->body = encode_body(fixture, &body);
    struct record_header *header = &record->header;
    header->version = 1;
    header->kind = act->kind;
    header->seq = (uint64_t)number + 2;
    header->parents = ids_of(fixture, act->parents, act->parent_count);
    header->parent_count = act->parent_count;
    header->without = ids_of(fixture, act->without, act->without_count);
    header->without_count = act->without_count;
    const char *officer = act->officer != NULL ? act->officer : "o1";
    header->act.present = officer[0] != '\0';
    header->act.officer = bytes_of_text(officer);
    header->act.hat = act->hat;
    header->act.unit = bytes_of_text(act->unit != NULL ? act->unit : FIXTURE_UNIT);
    header->recorded_seconds = act->seconds != 0 ? act->seconds : 1000 + number;
    header->source = act->source;
    if (act->kind == KIND_GENESIS || act->kind == KIND_REPACK)
        header->pack = hash_is_none(&act->pack) ? fixture->packs[0]->hash : act->pack;
    if (act->kind != KIND_GENESIS)
        header->case_name = name_of_hash(&fixture->records[0].id);
    *input = (struct view_record){.record = record, .standing = STANDING_GRANTED};
    if (fixture->log_last[act->log] >= 0)
        input->implicit_parent = &fixture->records[fixture->log_last[act->log]].id;
    fixture->log_last[act->log] = number;
    return number;
}

static int number_of(const struct fixture *fixture, const struct hash *id)
{
    for (size_t i = 0; i < fixture->count; i++) {
        if (hash_equal(&fixture->records[i].id, id))
            return (int)i;
    }
    fail_msg("a record nobody wrote is cited");
    return -1;
}

int fixture_follow(struct fixture *fixture, struct fixture_act *act)
{
    int last = fixture->log_last[act->log];
    struct view_cites cites;
    assert_int_equal(view_cite(&fixture->view, last < 0 ? NULL : &fixture->records[last].id,
                               &fixture->arena, &cites),
                     STATUS_OK);
    assert_true(cites.parent_count <= LIMIT_PARENTS);
    act->parent_count = cites.parent_count;
    act->without_count = cites.without_count;
    for (size_t i = 0; i < cites.parent_count; i++)
        act->parents[i] = number_of(fixture, &cites.parents[i]);
    for (size_t i = 0; i < cites.without_count; i++)
        act->without[i] = number_of(fixture, &cites.without[i]);
    return fixture_add(fixture, act);
}

int fixture_genesis(struct fixture *fixture)
{
    struct fixture_act act = {
        .kind = KIND_GENESIS,
        .hat = HAT_RECEPTION,
        .write_count = 2,
        .writes = {{.field = "ma_tthc", .text = "1.001193"}, {.field = "chu_ho_so", .text = "v0"}}};
    return fixture_add(fixture, &act);
}

int fixture_edit(struct fixture *fixture, int log, int parent, uint64_t hat, const char *field,
                 const char *text)
{
    struct fixture_act act = {.kind = KIND_EDIT,
                              .log = log,
                              .parents = {parent},
                              .parent_count = 1,
                              .hat = hat,
                              .write_count = 1,
                              .writes = {{.field = field, .text = text}}};
    return fixture_add(fixture, &act);
}

int fixture_step(struct fixture *fixture, int log, int parent, uint64_t hat, const char *name,
                 const char *once)
{
    struct fixture_act act = {.kind = KIND_STEP,
                              .log = log,
                              .parents = {parent},
                              .parent_count = 1,
                              .hat = hat,
                              .step = name};
    const struct step *step = step_of(bytes_of_text(name));
    if (once != NULL) {
        act.writes[0] = (struct fixture_write){.field = step->once_field, .text = once};
        act.write_count = 1;
    }
    return fixture_add(fixture, &act);
}

void fixture_erase(struct fixture *fixture, int record, const struct fixture_write *stand_ins,
                   size_t count, const char *step)
{
    struct view_record *input = &fixture->inputs[record];
    struct write *writes = arena_array(&fixture->arena, count + 1, sizeof(*writes));
    for (size_t i = 0; i < count; i++)
        writes[i] = write_of(fixture, &stand_ins[i]);
    input->stand_in_count = count;
    if (step != NULL) {
        struct fixture_write name = {.field = STAND_IN_STEP, .text = step};
        writes[input->stand_in_count++] = write_of(fixture, &name);
    }
    input->erased = true;
    input->stand_ins = writes;
}

const struct pack *fixture_pack(void *context, const struct hash *hash)
{
    struct fixture *fixture = context;
    for (size_t i = 0; i < fixture->pack_count; i++) {
        if (hash_equal(&fixture->packs[i]->hash, hash))
            return fixture->packs[i];
    }
    return NULL;
}

void fixture_compute(struct fixture *fixture, const int *absent)
{
    struct view_record *inputs = arena_array(&fixture->arena, fixture->count + 1, sizeof(*inputs));
    size_t count = 0;
    for (size_t i = 0; i < fixture->count; i++) {
        bool here = true;
        for (const int *gone = absent; gone != NULL && *gone >= 0; gone++)
            here = here && (size_t)*gone != i;
        if (here)
            inputs[count++] = fixture->inputs[i];
    }
    assert_int_equal(
        view_compute(inputs, count, fixture_pack, fixture, &fixture->arena, &fixture->view),
        STATUS_OK);
}

const struct view_entry *fixture_entry(const struct fixture *fixture, int record)
{
    for (size_t i = 0; i < fixture->view.entry_count; i++) {
        if (hash_equal(&fixture->view.entries[i].record->id, &fixture->records[record].id))
            return &fixture->view.entries[i];
    }
    fail_msg("record %d is not in the view", record);
    return NULL;
}

const char *fixture_value(struct fixture *fixture, const char *field)
{
    const struct view_field *found = view_field_of(&fixture->view, bytes_of_text(field));
    if (found == NULL)
        return "";
    if (found->conflict)
        return "!";
    struct wire_value value;
    assert_int_equal(wire_decode(found->value_bytes, &fixture->arena, &value), STATUS_OK);
    if (value.type != WIRE_TEXT)
        return "";
    char *text = arena_alloc(&fixture->arena, value.as.bytes.size + 1);
    memcpy(text, value.as.bytes.at, value.as.bytes.size);
    return text;
}

enum view_why fixture_judge(struct fixture *fixture, const struct fixture_act *act)
{
    struct case_body body;
    fill_body(fixture, act, &body);
    struct view_draft draft = {.kind = act->kind,
                               .body = &body,
                               .hat = act->hat,
                               .officer = bytes_of_text(act->officer != NULL ? act->officer : "o1"),
                               .officer_unit =
                                   bytes_of_text(act->unit != NULL ? act->unit : FIXTURE_UNIT),
                               .source = act->source,
                               .pack = act->pack};
    const char *why = NULL;
    const char *article = NULL;
    enum status status = view_judge(&fixture->view, &draft, &why, &article);
    assert_true(status == STATUS_OK || status == STATUS_REFUSED);
    assert_true((status == STATUS_OK) == (why == NULL));
    return view_why_of(why);
}
