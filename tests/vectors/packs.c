/* packs.json: a pack in its canonical form and its name, and bytes that are none. */
#include "protocol/case/pack/pack.h"
#include "tests/vectors/table.h"

#include <stdlib.h>
#include <string.h>

#define TEXT(literal)                                                                              \
    {                                                                                              \
        (const uint8_t *)(literal), sizeof(literal) - 1                                            \
    }
#define HAT(hat) (1u << HAT_##hat)

static const struct pack_field fields[] = {
    {TEXT("ma_tthc"), TEXT("thủ tục"), FIELD_PROCEDURE, POLICY_HUMAN, true, HAT(LEADER),
     UINT32_MAX},
    {TEXT("chu_ho_so"), TEXT("chủ hồ sơ"), FIELD_NAME, POLICY_HUMAN, false, HAT(LEADER),
     UINT32_MAX},
    {TEXT("dia_chi"), TEXT("địa chỉ"), FIELD_TEXT, POLICY_LATEST, false, HAT(LEADER), UINT32_MAX},
    {TEXT("trang_thai"), TEXT("trạng thái"), FIELD_STATE, POLICY_MONOTONE, true, HAT(LEADER),
     UINT32_MAX},
    {TEXT("ghi_chu"), TEXT("ghi chú"), FIELD_TEXT, POLICY_APPEND, false, HAT(LEADER), UINT32_MAX},
};

static const struct pack_procedure procedures[] = {
    {.code = TEXT("2.000815"),
     .name = TEXT("Chứng thực bản sao"),
     .domain = TEXT("CT"),
     .start_policy = TEXT("S"),
     .term = 1,
     .supplement_policy = TEXT("R"),
     .fee_vnd = 2000,
     .fee_rule = TEXT("per_page"),
     .book = TEXT("so-chung-thuc")},
};

static const struct pack_unit units[] = {
    {TEXT("000.00.30.H57"), TEXT("UBND huyện"), TEXT("hub"), {NULL, 0}},
    {TEXT("000.15.30.H57"), TEXT("UBND xã"), TEXT("office"), TEXT("000.00.30.H57")},
};

static const struct pack_officer officers[] = {
    {TEXT("ct01"),
     TEXT("Hồ Văn Đường"),
     TEXT("000.15.30.H57"),
     TEXT("chủ tịch"),
     HAT(LEADER),
     HAT_LEADER,
     {NULL, 0}},
    {TEXT("tn01"),
     TEXT("Hồ Thị Nhung"),
     TEXT("000.15.30.H57"),
     TEXT("tiếp nhận"),
     HAT(RECEPTION),
     HAT_RECEPTION,
     {NULL, 0}},
};

static const struct pack_label states[] = {{TEXT("1"), TEXT("đã tiếp nhận")},
                                           {TEXT("4"), TEXT("đang xử lý")}};
static const struct pack_day days[] = {{20454, 20454, 0, TEXT("Tết Dương lịch")}};

void vector_pack(struct buffer *out)
{
    struct pack pack = {.version = TEXT("1"),
                        .district = TEXT("huyện mẫu"),
                        .example = true,
                        .zone_minutes = 420,
                        .fields = fields,
                        .field_count = sizeof fields / sizeof fields[0],
                        .procedures = procedures,
                        .procedure_count = sizeof procedures / sizeof procedures[0],
                        .units = units,
                        .unit_count = sizeof units / sizeof units[0],
                        .officers = officers,
                        .officer_count = sizeof officers / sizeof officers[0],
                        .states = states,
                        .state_count = sizeof states / sizeof states[0],
                        .days = days,
                        .day_count = sizeof days / sizeof days[0]};
    pack.ranks[HAT_LEADER] = 30;
    pack.ranks[HAT_RECEPTION] = 5;
    vector_must(pack_encode(&pack, out), "pack");
}

static void add(json_t *list, const char *name, struct bytes canonical)
{
    struct arena arena;
    struct pack pack;
    struct hash hash = pack_hash(canonical);
    arena_init(&arena, SIZE_MAX);
    enum status status = pack_decode(canonical, &arena, &pack);
    json_array_append_new(list, json_pack("{s:s, s:o, s:o, s:o, s:s}", "name", name, "canonical",
                                          vector_hex(canonical), "value",
                                          vector_encoded_json(canonical), "hash",
                                          vector_hash_json(&hash), "status", status_name(status)));
    arena_deinit(&arena);
}

/* The first |from| in the pack becomes |to|, of the same length. */
static void add_changed(json_t *list, const char *name, struct bytes canonical, const char *from,
                        const char *to)
{
    struct buffer changed;
    size_t size = strlen(from);
    buffer_init(&changed, LIMIT_PACK_BYTES);
    buffer_append_bytes(&changed, canonical);
    for (size_t i = 0; i + size <= changed.size; i++) {
        if (memcmp(changed.at + i, from, size) == 0) {
            memcpy(changed.at + i, to, size);
            break;
        }
    }
    add(list, name, buffer_view(&changed));
    buffer_deinit(&changed);
}

json_t *packs_make(void)
{
    json_t *list = json_array();
    struct buffer pack;
    buffer_init(&pack, LIMIT_PACK_BYTES);
    vector_pack(&pack);
    struct bytes canonical = buffer_view(&pack);
    add(list, "small", canonical);
    add(list, "one byte short", bytes_of(canonical.at, canonical.size - 1));
    add_changed(list, "a key twice", canonical, "dia_chi", "ghi_chu");
    add_changed(list, "units out of order", canonical, "000.00.30", "000.99.30");
    add_changed(list, "officers out of order", canonical, "ct01", "zz01");
    pack.at[1] = 2;
    add(list, "a newer form", canonical);
    buffer_deinit(&pack);
    return json_pack("{s:s, s:o}", "about", "status: what decoding the canonical bytes says.",
                     "packs", list);
}

void packs_check(const json_t *file)
{
    size_t i = 0;
    json_t *row = NULL;
    json_array_foreach(json_object_get(file, "packs"), i, row)
    {
        struct arena arena;
        struct buffer again;
        struct pack pack;
        arena_init(&arena, SIZE_MAX);
        buffer_init(&again, LIMIT_PACK_BYTES);
        struct bytes canonical = vector_bytes(row, "canonical", &arena);
        struct hash hash = pack_hash(canonical);
        enum status status = pack_decode(canonical, &arena, &pack);
        vector_expect_status(row, status);
        vector_expect_bytes(row, "hash", bytes_of(hash.bytes, sizeof hash.bytes));
        if (status == STATUS_OK) {
            vector_expect(pack_encode(&pack, &again) == STATUS_OK, row, "pack_encode");
            vector_expect_bytes(row, "canonical", buffer_view(&again));
        }
        buffer_deinit(&again);
        arena_deinit(&arena);
    }
    vector_expect(i >= 6, file, "too few packs");
}
