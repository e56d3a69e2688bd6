#include "tests/lib/site.h"

#include "client/replica/log/log.h"
#include "client/replica/state.h"
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#define TEXT(literal)                                                                              \
    {                                                                                              \
        (const uint8_t *)(literal), sizeof(literal) - 1                                            \
    }
#define BIT(hat) (1u << HAT_##hat)
#define ALL_HATS UINT32_MAX

static const struct pack_field fields[] = {
    {TEXT("ma_tthc"), TEXT("thủ tục"), FIELD_PROCEDURE, POLICY_HUMAN, true,
     BIT(LEADER) | BIT(SPECIALIST), ALL_HATS},
    {TEXT("nhan_luc"), TEXT("nhận lúc"), FIELD_TIME, POLICY_HUMAN, true,
     BIT(LEADER) | BIT(SPECIALIST), ALL_HATS},
    {TEXT("hen_tra"), TEXT("hẹn trả"), FIELD_TIME, POLICY_AUTHORITY, true, BIT(LEADER),
     BIT(LEADER) | BIT(HEAD_OF_ONE_STOP)},
    {TEXT("tra_luc"), TEXT("trả lúc"), FIELD_TIME, POLICY_AUTHORITY, true, BIT(LEADER), ALL_HATS},
    {TEXT("ma_ho_so"), TEXT("mã hồ sơ"), FIELD_CODE, POLICY_EXCLUSIVE, true, BIT(LEADER), ALL_HATS},
    {TEXT("chu_ho_so"), TEXT("chủ hồ sơ"), FIELD_NAME, POLICY_HUMAN, false,
     BIT(LEADER) | BIT(SPECIALIST), ALL_HATS},
    {TEXT("nguoi_nop"), TEXT("người nộp"), FIELD_NAME, POLICY_HUMAN, false,
     BIT(LEADER) | BIT(SPECIALIST), ALL_HATS},
    {TEXT("so_giay_to"), TEXT("số giấy tờ"), FIELD_IDENTITY_NUMBER, POLICY_HUMAN, false,
     BIT(LEADER) | BIT(SPECIALIST), ALL_HATS},
    {TEXT("dia_chi"), TEXT("địa chỉ"), FIELD_TEXT, POLICY_LATEST, false, BIT(LEADER), ALL_HATS},
    {TEXT("dien_thoai"), TEXT("điện thoại"), FIELD_PHONE, POLICY_LATEST, false, BIT(LEADER),
     ALL_HATS},
    {TEXT("thanh_phan"), TEXT("thành phần"), FIELD_LIST, POLICY_SET, false, BIT(LEADER), ALL_HATS},
    {TEXT("ket_qua"), TEXT("kết quả"), FIELD_OUTCOME, POLICY_HUMAN, true, BIT(LEADER), ALL_HATS},
    {TEXT("bo_sung"), TEXT("bổ sung"), FIELD_TEXT, POLICY_HUMAN, false, BIT(LEADER), ALL_HATS},
    {TEXT("hen_lai"), TEXT("hẹn lại"), FIELD_TIME, POLICY_HUMAN, true, BIT(LEADER), ALL_HATS},
    {TEXT("nguoi_nhan"), TEXT("người nhận"), FIELD_NAME, POLICY_HUMAN, false, BIT(LEADER),
     ALL_HATS},
    {TEXT("trang_thai"), TEXT("trạng thái"), FIELD_STATE, POLICY_MONOTONE, true, BIT(LEADER),
     ALL_HATS},
    {TEXT("ghi_chu"), TEXT("ghi chú"), FIELD_TEXT, POLICY_APPEND, false, BIT(LEADER), ALL_HATS},
};

static const struct pack_procedure procedures[] = {
    {.code = TEXT("2.000815"),
     .name = TEXT("Chứng thực bản sao"),
     .domain = TEXT("CT"),
     .start_policy = TEXT("S"),
     .supplement_policy = TEXT("R"),
     .fee_rule = TEXT("per_page"),
     .book = TEXT("so-chung-thuc")},
    {.code = TEXT("1.001193"),
     .name = TEXT("Đăng ký khai sinh"),
     .domain = TEXT("HT"),
     .start_policy = TEXT("S"),
     .supplement_policy = TEXT("R"),
     .fee_rule = TEXT("fixed"),
     .book = TEXT("so-khai-sinh")},
};

static const struct pack_unit units[] = {
    {TEXT(SITE_HUB_UNIT), TEXT("UBND huyện A Lưới"), TEXT("hub"), {NULL, 0}},
    {TEXT(SITE_UNIT), TEXT("UBND xã Trung Sơn"), TEXT("office"), TEXT(SITE_HUB_UNIT)},
    {TEXT(SITE_OTHER_UNIT), TEXT("UBND xã Hồng Vân"), TEXT("office"), TEXT(SITE_HUB_UNIT)},
};

static const struct pack_officer officers[] = {
    {TEXT("tn01"),
     TEXT("Hồ Thị Nhung"),
     TEXT(SITE_UNIT),
     TEXT("tiếp nhận"),
     BIT(RECEPTION) | BIT(CASHIER),
     HAT_RECEPTION,
     {NULL, 0}},
    {TEXT("tn02"),
     TEXT("Lê Văn Hòa"),
     TEXT(SITE_UNIT),
     TEXT("tiếp nhận"),
     BIT(RECEPTION),
     HAT_RECEPTION,
     {NULL, 0}},
    {TEXT("ht01"),
     TEXT("Nguyễn Xuân Bình"),
     TEXT(SITE_UNIT),
     TEXT("hộ tịch"),
     BIT(SPECIALIST) | BIT(HEAD_OF_ONE_STOP),
     HAT_SPECIALIST,
     {NULL, 0}},
    {TEXT("ct01"),
     TEXT("Hồ Văn Đường"),
     TEXT(SITE_UNIT),
     TEXT("chủ tịch"),
     BIT(LEADER),
     HAT_LEADER,
     {NULL, 0}},
};

static void encode_pack(struct buffer *out)
{
    struct pack pack = {.version = TEXT("test"),
                        .district = TEXT("mẫu"),
                        .example = true,
                        .zone_minutes = 420,
                        .fields = fields,
                        .field_count = sizeof fields / sizeof fields[0],
                        .procedures = procedures,
                        .procedure_count = sizeof procedures / sizeof procedures[0],
                        .units = units,
                        .unit_count = sizeof units / sizeof units[0],
                        .officers = officers,
                        .officer_count = sizeof officers / sizeof officers[0]};
    pack.ranks[HAT_LEADER] = 30;
    pack.ranks[HAT_HEAD_OF_ONE_STOP] = 20;
    pack.ranks[HAT_SPECIALIST] = 10;
    pack.ranks[HAT_RECEPTION] = 5;
    pack.ranks[HAT_CASHIER] = 5;
    assert_int_equal(pack_encode(&pack, out), STATUS_OK);
}

void district_open(struct district *district)
{
    uint8_t seed[32] = {'r', 'o', 'o', 't'};
    key_pair_of_seed(seed, &district->root, &district->root_secret);
    buffer_init(&district->pack, LIMIT_PACK_BYTES);
    encode_pack(&district->pack);
}

void district_close(struct district *district)
{
    buffer_deinit(&district->pack);
    secret_key_wipe(&district->root_secret);
}

static void draw(void *context, uint8_t *out, size_t size)
{
    struct site *site = context;
    random_fill(&site->random, out, size);
}

static int64_t tell_time(void *context)
{
    const struct site *site = context;
    return site->clock;
}

struct replica_world site_world(struct site *site)
{
    return (struct replica_world){.context = site, .random = draw, .wall_seconds = tell_time};
}

struct store *site_memory(void)
{
    struct store *store = NULL;
    assert_int_equal(store_open_memory(&store), STATUS_OK);
    return store;
}

void site_open(struct site *site, struct store *store, const struct district *district,
               uint64_t role, const char *unit, uint64_t seed, const struct name *scope)
{
    *site = (struct site){.store = store, .clock = SITE_START_SECONDS, .random = {seed}};
    struct replica_identity identity = {.role = role,
                                        .unit = bytes_of_text(unit),
                                        .name = bytes_of_text("máy"),
                                        .root = district->root};
    struct replica_world world = site_world(site);
    random_fill(&site->random, identity.seed, sizeof identity.seed);
    random_fill(&site->random, identity.scope.bytes, sizeof identity.scope.bytes);
    if (scope != NULL) {
        identity.scope = *scope;
    }
    assert_int_equal(replica_create(store, &world, &identity), STATUS_OK);
    assert_int_equal(replica_open(store, &world, &site->replica), STATUS_OK);
}

void site_open_again(struct site *site, struct store *store, const struct site *like)
{
    *site = (struct site){.store = store, .clock = like->clock, .random = {like->random.state + 1}};
    struct replica_world world = site_world(site);
    assert_int_equal(replica_open(store, &world, &site->replica), STATUS_OK);
}

void site_reopen(struct site *site)
{
    struct replica_world world = site_world(site);
    replica_close(site->replica);
    assert_int_equal(replica_open(site->store, &world, &site->replica), STATUS_OK);
}

void site_close(struct site *site)
{
    replica_close(site->replica);
    store_close(site->store);
}

static void commit(struct site *site)
{
    struct replica_commit made;
    assert_int_equal(replica_commit(site->replica, &made), STATUS_OK);
}

static struct grant grant_of(struct site *site, bool counter_owner, bool may_grant)
{
    const struct replica_identity *identity = replica_identity(site->replica);
    return (struct grant){.key = *replica_key(site->replica),
                          .role = identity->role,
                          .unit = identity->unit,
                          .label = identity->name,
                          .scopes = &identity->scope,
                          .scope_count = 1,
                          .may_grant = may_grant,
                          .counter_owner = counter_owner,
                          .sees_all = identity->role == ROLE_HUB};
}

void site_found(struct site *hub, const struct district *district)
{
    struct grant grant = grant_of(hub, true, true);
    assert_int_equal(replica_begin(hub->replica), STATUS_OK);
    assert_int_equal(replica_found(hub->replica, &district->root_secret, &grant), STATUS_OK);
    assert_int_equal(replica_publish_pack(hub->replica, buffer_view(&district->pack)), STATUS_OK);
    commit(hub);
}

void site_publish(struct site *site, const struct district *district)
{
    assert_int_equal(replica_begin(site->replica), STATUS_OK);
    assert_int_equal(replica_publish_pack(site->replica, buffer_view(&district->pack)), STATUS_OK);
    commit(site);
}

void site_grant(struct site *granter, struct site *site, bool counter_owner, bool may_grant)
{
    struct grant grant = grant_of(site, counter_owner, may_grant);
    assert_int_equal(replica_begin(granter->replica), STATUS_OK);
    assert_int_equal(replica_grant(granter->replica, &grant), STATUS_OK);
    commit(granter);
}

/* ---- records from one site to another ---- */

struct sending {
    struct store_read *read;
    struct batch *batch;
    size_t record_capacity;
    size_t run_capacity;
    struct name authority; /* its scope */
    bool of_authority;     /* logs of that scope, or all others */
};

static void add_record(struct sending *sending, struct bytes raw)
{
    struct batch *batch = sending->batch;
    bool copied = false;
    assert_true(batch->record_count < sending->record_capacity);
    struct bytes copy = arena_copy(&batch->arena, raw, &copied);
    assert_true(copied);
    assert_int_equal(record_decode(copy, &batch->arena, &batch->records[batch->record_count++]),
                     STATUS_OK);
}

static bool add_log(void *context, const struct log_row *row)
{
    struct sending *sending = context;
    struct batch *batch = sending->batch;
    struct run run = {.log = row->name, .first = batch->record_count};
    struct name scope;
    assert_int_equal(log_scope_name(sending->read, row->scope, &scope), STATUS_OK);
    if (name_equal(&scope, &sending->authority) != sending->of_authority) {
        return true;
    }
    for (uint64_t seq = row->first; seq <= row->seq; seq++) {
        struct place place = {row->store, seq};
        struct record_row record;
        assert_int_equal(log_record(sending->read, &place, &record), STATUS_OK);
        add_record(sending, record.raw);
    }
    run.count = batch->record_count - run.first;
    assert_true(batch->run_count < sending->run_capacity);
    if (run.count > 0) {
        batch->runs[batch->run_count++] = run;
    }
    return true;
}

/* What |from| would show of receipts, in any scope. */
static void add_receipts(struct site *from, struct batch *batch)
{
    struct read_request request = {.kind = READ_RECEIPTS, .every_scope = true, .bytes = SIZE_MAX};
    struct read_result result;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    assert_int_equal(replica_inquire(from->replica, &request, &arena, &result), STATUS_OK);
    batch->receipts = arena_array(&batch->arena, result.receipt_count, sizeof *batch->receipts);
    batch->receipt_sound = arena_array(&batch->arena, result.receipt_count, sizeof(bool));
    assert_non_null(batch->receipts);
    assert_non_null(batch->receipt_sound);
    for (size_t i = 0; i < result.receipt_count; i++) {
        bool copied = false;
        batch->receipts[i] = arena_copy(&batch->arena, result.receipts[i], &copied);
        assert_true(copied);
    }
    batch->receipt_count = result.receipt_count;
    arena_deinit(&arena);
}

struct batch *site_batch(struct site *from)
{
    struct sending sending = {.batch = batch_new(), .record_capacity = 8192, .run_capacity = 256};
    struct batch *batch = sending.batch;
    assert_non_null(batch);
    batch->records = arena_array(&batch->arena, sending.record_capacity, sizeof *batch->records);
    batch->runs = arena_array(&batch->arena, sending.run_capacity, sizeof *batch->runs);
    assert_non_null(batch->records);
    assert_non_null(batch->runs);
    assert_int_equal(store_read_begin(from->store, &sending.read), STATUS_OK);
    /* Authority goes first, as in a session: what comes behind may need its grants. */
    sending.authority = authority_scope(&replica_identity(from->replica)->root);
    sending.of_authority = true;
    assert_int_equal(log_each(sending.read, add_log, &sending), STATUS_OK);
    sending.of_authority = false;
    assert_int_equal(log_each(sending.read, add_log, &sending), STATUS_OK);
    store_read_end(sending.read);
    add_receipts(from, batch);
    batch->peer = *replica_key(from->replica);
    batch_verify(batch, CHAIN_BY_RUN);
    return batch;
}

static void deliver(struct batch *batch, struct site *to)
{
    size_t left = 1;
    assert_int_equal(replica_begin(to->replica), STATUS_OK);
    assert_int_equal(replica_accept(to->replica, batch), STATUS_OK);
    assert_int_equal(replica_index(to->replica, SIZE_MAX, &left), STATUS_OK);
    assert_int_equal(left, 0);
    assert_int_equal(replica_duties(to->replica), STATUS_OK);
    commit(to);
    batch_free(batch);
}

void site_send(struct site *from, struct site *to)
{
    deliver(site_batch(from), to);
}

void site_show_receipts(struct site *from, struct site *to)
{
    struct batch *batch = batch_new();
    assert_non_null(batch);
    add_receipts(from, batch);
    batch->peer = *replica_key(from->replica);
    batch_verify(batch, CHAIN_BY_RUN);
    deliver(batch, to);
}

/* ---- acts ---- */

enum status site_act(struct site *site, const struct act *act, struct act_result *result)
{
    assert_int_equal(replica_begin(site->replica), STATUS_OK);
    enum status status = replica_act(site->replica, act, result);
    if (status == STATUS_OK) {
        commit(site);
    } else {
        replica_abort(site->replica);
    }
    if (status == STATUS_OK && !site->busy) {
        site_idle(site);
    }
    return status;
}

void site_idle(struct site *site)
{
    size_t left = 0;
    assert_int_equal(replica_begin(site->replica), STATUS_OK);
    assert_int_equal(replica_index(site->replica, SIZE_MAX, &left), STATUS_OK);
    assert_int_equal(left, 0);
    commit(site);
}

/* Values are kept in a ring: a test holds few at a time. */
static struct bytes keep(const struct buffer *from)
{
    enum { ROOMS = 64, ROOM_BYTES = 600 };
    static uint8_t rooms[ROOMS][ROOM_BYTES];
    static size_t next;
    struct bytes view = buffer_view(from);
    assert_true(view.size > 0 && view.size <= ROOM_BYTES);
    uint8_t *room = rooms[next++ % ROOMS];
    memcpy(room, view.at, view.size);
    return bytes_of(room, view.size);
}

struct bytes value_of_text(const char *text)
{
    struct buffer buffer;
    buffer_init(&buffer, 600);
    wire_put_text(&buffer, bytes_of_text(text));
    struct bytes value = keep(&buffer);
    buffer_deinit(&buffer);
    return value;
}

struct bytes value_of_integer(int64_t number)
{
    struct buffer buffer;
    buffer_init(&buffer, 16);
    wire_put_integer(&buffer, number);
    struct bytes value = keep(&buffer);
    buffer_deinit(&buffer);
    return value;
}

enum status site_receive(struct site *site, const char *owner, int64_t received,
                         struct act_result *result)
{
    struct act_write writes[] = {
        {.field = TEXT("ma_tthc"), .value = value_of_text("2.000815")},
        {.field = TEXT("chu_ho_so"), .value = value_of_text(owner)},
        {.field = TEXT("nhan_luc"), .value = value_of_integer(received)},
    };
    struct act act = {.kind = KIND_GENESIS,
                      .writes = writes,
                      .write_count = received == 0 ? 2 : 3,
                      .officer = TEXT("tn01"),
                      .hat = HAT_RECEPTION,
                      .purpose = LOG_COUNTER,
                      .number = true};
    return site_act(site, &act, result);
}

enum status site_set(struct site *site, const struct name *case_name, const char *officer,
                     uint64_t hat, const char *field, const char *value, struct act_result *result)
{
    struct act_write write = {.field = bytes_of_text(field), .value = value_of_text(value)};
    struct act act = {.kind = KIND_EDIT,
                      .case_name = *case_name,
                      .writes = &write,
                      .write_count = 1,
                      .officer = bytes_of_text(officer),
                      .hat = hat,
                      .purpose = LOG_COUNTER};
    return site_act(site, &act, result);
}

void site_look(struct site *site, const struct name *case_name, struct seen *seen)
{
    arena_init(&seen->arena, SIZE_MAX);
    assert_int_equal(replica_read_begin(site->replica, &seen->read), STATUS_OK);
    assert_int_equal(replica_view(seen->read, case_name, &seen->arena, &seen->view), STATUS_OK);
}

void site_look_away(struct seen *seen)
{
    replica_read_end(seen->read);
    arena_deinit(&seen->arena);
}

void site_check_value(struct site *site, const struct name *case_name, const char *key,
                      const char *want)
{
    struct seen seen;
    site_look(site, case_name, &seen);
    const struct view_field *field = view_field_of(&seen.view, bytes_of_text(key));
    assert_non_null(field);
    assert_false(field->conflict);
    assert_true(bytes_equal(field->value_bytes, value_of_text(want)));
    site_look_away(&seen);
}

void site_receive_many(struct site *site, size_t count)
{
    struct act_result result;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(site_receive(site, "Hồ Thị Hòa", 0, &result), STATUS_OK);
    }
}
