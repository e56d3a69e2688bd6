#include "tests/sim/district.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const procedure_codes[] = {"1.001193", "1.000656", "2.000815"};

/* Who sits where, as "tn1" at unit 1; the hub has those with |at_hub|. */
struct desk {
    enum hat hat;
    const char *prefix;
    bool at_hub;
    bool at_communes;
};

static const struct desk desks[DISTRICT_DESKS] = {
    {HAT_RECEPTION, "tn", false, true},        {HAT_SPECIALIST, "ht", true, true},
    {HAT_HEAD_OF_ONE_STOP, "mc", false, true}, {HAT_LEADER, "ct", false, true},
    {HAT_CASE_DECIDER, "tp", true, false},
};

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

const char *district_unit(const struct district *district, size_t unit)
{
    return district->units[unit % district->unit_count];
}

struct name district_scope(const struct district *district, size_t unit)
{
    struct bytes code = bytes_of_text(district_unit(district, unit));
    return seal_name("hoso/sim/scope", &code, 1);
}

size_t district_scopes(const struct district *district, struct name scopes[DISTRICT_UNITS_MAX + 1])
{
    scopes[0] = authority_scope(&district->root);
    for (size_t i = 0; i < district->unit_count; i++)
        scopes[i + 1] = district_scope(district, i);
    return district->unit_count + 1;
}

const char *district_officer(const struct district *district, size_t unit, enum hat hat)
{
    for (size_t i = 0; i < DISTRICT_DESKS; i++) {
        const char *code = district->officers[unit % district->unit_count][i];
        if (desks[i].hat == hat)
            return code[0] ? code : NULL;
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

static size_t officers_of_pack(const struct district *district, struct pack_officer *officers)
{
    size_t count = 0;
    for (size_t unit = 0; unit < district->unit_count; unit++) {
        for (size_t i = 0; i < DISTRICT_DESKS; i++) {
            const char *code = district->officers[unit][i];
            if (!code[0])
                continue;
            officers[count++] = (struct pack_officer){.code = bytes_of_text(code),
                                                      .name = bytes_of_text(code),
                                                      .unit = bytes_of_text(district->units[unit]),
                                                      .title = bytes_of_text("officer"),
                                                      .hats = bit(desks[i].hat),
                                                      .first_hat = (uint8_t)desks[i].hat};
        }
    }
    return count;
}

static void name_units(struct district *district)
{
    for (size_t unit = 0; unit < district->unit_count; unit++) {
        snprintf(district->units[unit], DISTRICT_CODE_BYTES, "%03zu.%02zu.30.H57", unit / 100,
                 unit % 100);
        for (size_t i = 0; i < DISTRICT_DESKS; i++) {
            if (unit == 0 ? desks[i].at_hub : desks[i].at_communes)
                snprintf(district->officers[unit][i], sizeof district->officers[unit][i], "%s%zu",
                         desks[i].prefix, unit % 1000);
        }
    }
}

/* As many as the district has units: too large for the stack. */
struct lists {
    struct pack_unit units[DISTRICT_UNITS_MAX];
    struct pack_officer officers[DISTRICT_UNITS_MAX * DISTRICT_DESKS];
};

static void list_units(const struct district *district, struct pack_unit *units)
{
    for (size_t i = 0; i < district->unit_count; i++)
        units[i] = (struct pack_unit){.code = bytes_of_text(district->units[i]),
                                      .name = bytes_of_text(district->units[i]),
                                      .level = bytes_of_text(i ? "office" : "hub"),
                                      .above = bytes_of_text(i ? district->units[0] : "")};
}

static void encode_pack(const struct district *district, struct buffer *out)
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
    struct lists *lists = calloc(1, sizeof *lists);
    if (!lists)
        abort();
    list_units(district, lists->units);
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
                        .units = lists->units,
                        .unit_count = district->unit_count,
                        .officers = lists->officers,
                        .officer_count = officers_of_pack(district, lists->officers),
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
    free(lists);
}

void district_init(struct district *district, size_t units, const uint8_t seed[32])
{
    *district = (struct district){.unit_count = units};
    name_units(district);
    key_pair_of_seed(seed, &district->root, &district->root_secret);
    buffer_init(&district->pack, LIMIT_PACK_BYTES);
    encode_pack(district, &district->pack);
}

void district_deinit(struct district *district)
{
    secret_key_wipe(&district->root_secret);
    buffer_deinit(&district->pack);
}
