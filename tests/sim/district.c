#include "tests/sim/district.h"

#include <stdlib.h>
#include <string.h>

static const char *const unit_codes[DISTRICT_UNITS] = {"000.00.30.H57", "000.01.30.H57",
                                                       "000.02.30.H57", "000.03.30.H57"};
static const char *const procedure_codes[] = {"1.001193", "1.000656", "2.000815"};

struct desk {
    enum hat hat;
    const char *officers[DISTRICT_UNITS];
};

static const struct desk desks[] = {
    {HAT_RECEPTION, {NULL, "tn1", "tn2", "tn3"}},
    {HAT_SPECIALIST, {"vh0", "ht1", "ht2", "ht3"}},
    {HAT_HEAD_OF_ONE_STOP, {NULL, "mc1", "mc2", "mc3"}},
    {HAT_LEADER, {NULL, "ct1", "ct2", "ct3"}},
    {HAT_CASE_DECIDER, {"tp0", NULL, NULL, NULL}},
};
enum { DESK_COUNT = sizeof desks / sizeof desks[0] };

struct field_row {
    const char *key;
    enum field_type type;
    enum policy policy;
};

static const struct field_row field_rows[] = {
    {"ma_tthc", FIELD_PROCEDURE, POLICY_HUMAN},
    {"nhan_luc", FIELD_TIME, POLICY_HUMAN},
    {"tra_luc", FIELD_TIME, POLICY_AUTHORITY},
    {"can_bo_tiep_nhan", FIELD_OFFICER, POLICY_AUTHORITY},
    {"nguoi_ky", FIELD_OFFICER, POLICY_AUTHORITY},
    {"ma_ho_so", FIELD_CODE, POLICY_EXCLUSIVE},
    {"chu_ho_so", FIELD_NAME, POLICY_HUMAN},
    {"nguoi_nop", FIELD_NAME, POLICY_HUMAN},
    {"so_giay_to", FIELD_IDENTITY_NUMBER, POLICY_HUMAN},
    {"dia_chi", FIELD_TEXT, POLICY_LATEST},
    {"dien_thoai", FIELD_PHONE, POLICY_LATEST},
    {"kenh", FIELD_CHANNEL, POLICY_HUMAN},
    {"thanh_phan", FIELD_LIST, POLICY_SET},
    {"trang_thai", FIELD_STATE, POLICY_MONOTONE},
    {"hen_tra", FIELD_TIME, POLICY_AUTHORITY},
    {"can_bo_xu_ly", FIELD_OFFICER, POLICY_AUTHORITY},
    {"ket_qua", FIELD_OUTCOME, POLICY_HUMAN},
    {"bo_sung", FIELD_TEXT, POLICY_HUMAN},
    {"hen_lai", FIELD_TIME, POLICY_HUMAN},
    {"nguoi_nhan", FIELD_NAME, POLICY_HUMAN},
    {"so_ket_qua", FIELD_CODE, POLICY_EXCLUSIVE},
    {"ghi_chu", FIELD_TEXT, POLICY_APPEND},
};
enum { FIELD_ROWS = sizeof field_rows / sizeof field_rows[0] };

static uint32_t bit(enum hat hat)
{
    return UINT32_C(1) << hat;
}

const char *district_unit(size_t unit)
{
    return unit_codes[unit % DISTRICT_UNITS];
}

struct name district_scope(size_t unit)
{
    struct bytes code = bytes_of_text(district_unit(unit));
    return seal_name("hoso/sim/scope", &code, 1);
}

size_t district_scopes(const struct district *district, struct name scopes[DISTRICT_UNITS + 1])
{
    scopes[0] = authority_scope(&district->root);
    for (size_t i = 0; i < DISTRICT_UNITS; i++)
        scopes[i + 1] = district_scope(i);
    return DISTRICT_UNITS + 1;
}

const char *district_officer(size_t unit, enum hat hat)
{
    for (size_t i = 0; i < DESK_COUNT; i++) {
        if (desks[i].hat == hat)
            return desks[i].officers[unit % DISTRICT_UNITS];
    }
    return NULL;
}

const char *district_procedure(size_t index)
{
    return procedure_codes[index % (sizeof procedure_codes / sizeof procedure_codes[0])];
}

static struct pack_field field_of(const struct field_row *row)
{
    uint32_t deciders = bit(HAT_CASE_DECIDER) | bit(HAT_LEADER) | bit(HAT_HEAD_OF_ONE_STOP);
    struct pack_field field = {.key = bytes_of_text(row->key),
                               .label = bytes_of_text(row->key),
                               .type = row->type,
                               .policy = row->policy,
                               .writer_hats = UINT32_MAX,
                               .settler_hats = deciders};
    field.impersonal = row->type == FIELD_STATE || row->type == FIELD_CODE;
    if (row->policy == POLICY_HUMAN)
        field.settler_hats |= bit(HAT_SPECIALIST);
    if (strcmp(row->key, "hen_tra") == 0 || strcmp(row->key, "can_bo_xu_ly") == 0)
        field.writer_hats = bit(HAT_LEADER) | bit(HAT_HEAD_OF_ONE_STOP);
    return field;
}

static size_t officers_of_pack(struct pack_officer *officers)
{
    size_t count = 0;
    for (size_t unit = 0; unit < DISTRICT_UNITS; unit++) {
        for (size_t i = 0; i < DESK_COUNT; i++) {
            const char *code = desks[i].officers[unit];
            if (!code)
                continue;
            officers[count++] = (struct pack_officer){.code = bytes_of_text(code),
                                                      .name = bytes_of_text(code),
                                                      .unit = bytes_of_text(unit_codes[unit]),
                                                      .title = bytes_of_text("officer"),
                                                      .hats = bit(desks[i].hat),
                                                      .first_hat = (uint8_t)desks[i].hat};
        }
    }
    return count;
}

static void encode_pack(struct buffer *out)
{
    struct pack_field fields[FIELD_ROWS];
    for (size_t i = 0; i < FIELD_ROWS; i++)
        fields[i] = field_of(&field_rows[i]);
    struct pack_procedure procedures[sizeof procedure_codes / sizeof procedure_codes[0]];
    size_t procedure_count = sizeof procedures / sizeof procedures[0];
    for (size_t i = 0; i < procedure_count; i++)
        procedures[i] = (struct pack_procedure){.code = bytes_of_text(procedure_codes[i]),
                                                .name = bytes_of_text("procedure"),
                                                .domain = bytes_of_text("HT"),
                                                .start_policy = bytes_of_text("D"),
                                                .term = 5,
                                                .supplement_policy = bytes_of_text("R"),
                                                .fee_rule = bytes_of_text("fixed"),
                                                .book = bytes_of_text("book")};
    struct pack_unit units[DISTRICT_UNITS];
    for (size_t i = 0; i < DISTRICT_UNITS; i++)
        units[i] = (struct pack_unit){.code = bytes_of_text(unit_codes[i]),
                                      .name = bytes_of_text(unit_codes[i]),
                                      .level = bytes_of_text(i ? "office" : "hub"),
                                      .above = bytes_of_text(i ? unit_codes[0] : "")};
    struct pack_officer officers[DISTRICT_UNITS * DESK_COUNT];
    struct pack_label domain = {bytes_of_text("HT"), bytes_of_text("HT")};
    struct pack_label states[10];
    static const char *const numbers[10] = {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"};
    for (size_t i = 0; i < 10; i++)
        states[i] = (struct pack_label){bytes_of_text(numbers[i]), bytes_of_text(numbers[i])};
    struct pack_label channel = {bytes_of_text("1"), bytes_of_text("counter")};
    struct pack_over over = {bytes_of_text("withdraw"), 1U << 2 | 1U << 4 | 1U << 5 | 1U << 6};
    struct pack pack = {.version = bytes_of_text("sim"),
                        .district = bytes_of_text("sim"),
                        .zone_minutes = 420,
                        .fields = fields,
                        .field_count = FIELD_ROWS,
                        .procedures = procedures,
                        .procedure_count = procedure_count,
                        .units = units,
                        .unit_count = DISTRICT_UNITS,
                        .officers = officers,
                        .officer_count = officers_of_pack(officers),
                        .domains = &domain,
                        .domain_count = 1,
                        .states = states,
                        .state_count = 10,
                        .channels = &channel,
                        .channel_count = 1,
                        .overs = &over,
                        .over_count = 1,
                        .ranks = {[HAT_CASE_DECIDER] = 40,
                                  [HAT_LEADER] = 30,
                                  [HAT_HEAD_OF_ONE_STOP] = 20,
                                  [HAT_SPECIALIST] = 10,
                                  [HAT_RECEPTION] = 5},
                        .reach_below_hats = bit(HAT_CASE_DECIDER)};
    if (pack_encode(&pack, out) != STATUS_OK)
        abort();
}

void district_init(struct district *district, const uint8_t seed[32])
{
    key_pair_of_seed(seed, &district->root, &district->root_secret);
    buffer_init(&district->pack, LIMIT_PACK_BYTES);
    encode_pack(&district->pack);
}

void district_deinit(struct district *district)
{
    secret_key_wipe(&district->root_secret);
    buffer_deinit(&district->pack);
}
