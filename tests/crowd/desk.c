#include "tests/crowd/desk.h"

#include "protocol/record/body.h"
#include "tests/crowd/figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_MOST = 1 << 30, NOW = 1795485600, STEPS = 15, WRITES_MOST = 12 };

void desk_init(struct desk *desk, uint64_t number, const struct hash *pack)
{
    uint8_t seed[32];

    *desk = (struct desk){.pack = *pack, .random = {0x63726f7764 + number}};
    arena_init(&desk->arena, ARENA_MOST);
    random_fill(&desk->random, seed, sizeof seed);
    random_fill(&desk->random, desk->scope.bytes, sizeof desk->scope.bytes);
    key_pair_of_seed(seed, &desk->key, &desk->secret);
}

void desk_deinit(struct desk *desk)
{
    arena_deinit(&desk->arena);
    free(desk->records);
    free(desk->ids);
    secret_key_wipe(&desk->secret);
}

static void make_room(struct desk *desk)
{
    if (desk->count < desk->capacity)
        return;
    desk->capacity = desk->capacity == 0 ? 64 : 2 * desk->capacity;
    desk->records = realloc(desk->records, desk->capacity * sizeof *desk->records);
    desk->ids = realloc(desk->ids, desk->capacity * sizeof *desk->ids);
    must(desk->records != NULL && desk->ids != NULL, "out of memory");
}

static void seal(struct desk *desk, struct record_header *header, struct bytes body)
{
    struct buffer raw;
    bool ok = false;

    make_room(desk);
    buffer_init(&raw, LIMIT_RECORD_BYTES);
    header->version = RECORD_VERSION;
    header->log = desk->log;
    header->seq = desk->count + 1;
    if (desk->count > 0)
        header->prev = desk->ids[desk->count - 1];
    header->recorded_seconds = NOW + (int64_t)(desk->count * 90);
    header->recorded_zone_minutes = 420;
    must(record_seal(header, body, NULL, &desk->secret, &raw, &desk->ids[desk->count]) == STATUS_OK,
         "a record cannot be sealed");
    desk->records[desk->count++] = arena_copy(&desk->arena, buffer_view(&raw), &ok);
    must(ok, "out of memory");
    buffer_deinit(&raw);
}

static void open_log(struct desk *desk, struct buffer *body)
{
    struct record_header header = {.kind = KIND_OPENING};
    struct opening opening = {.device = desk->key,
                              .scope = desk->scope,
                              .software = bytes_of_text("hoso crowd"),
                              .rules = RULES_VERSION,
                              .purpose = LOG_COUNTER};

    random_fill(&desk->random, opening.salt, sizeof opening.salt);
    must(opening_encode(&opening, body) == STATUS_OK, "an opening cannot be encoded");
    seal(desk, &header, buffer_view(body));
    desk->log = name_of_hash(&desk->ids[0]);
}

/* The writes of one act. */
struct pen {
    struct write writes[WRITES_MOST];
    size_t count;
    char texts[WRITES_MOST][64];
};

static void put_number(struct pen *pen, const char *field, uint64_t number)
{
    pen->writes[pen->count++] = (struct write){
        .field = bytes_of_text(field), .value = {.type = WIRE_UNSIGNED, .as.number = number}};
}

static void put_text(struct pen *pen, const char *field, const char *text)
{
    char *own = pen->texts[pen->count];

    (void)snprintf(own, sizeof pen->texts[0], "%s", text);
    pen->writes[pen->count++] =
        (struct write){.field = bytes_of_text(field),
                       .value = {.type = WIRE_TEXT, .as.bytes = bytes_of_text(own)}};
}

/* |text| with a number drawn below |bound| behind it, |digits| long. */
static void put_drawn(struct desk *desk, struct pen *pen, const char *field, const char *text,
                      int digits, uint64_t bound)
{
    char whole[64];

    (void)snprintf(whole, sizeof whole, "%s%0*llu", text, digits,
                   (unsigned long long)random_below(&desk->random, bound));
    put_text(pen, field, whole);
}

static void receive(struct desk *desk, struct pen *pen)
{
    static const char *const names[] = {"Hồ Thị Hồng Nhung ", "Nguyễn Văn Thử ",
                                        "Quỳnh Thị A Lưới ", "Lê Minh Đức "};

    put_text(pen, "ma_tthc", "2.000815");
    put_drawn(desk, pen, "chu_ho_so", names[random_below(&desk->random, 4)], 1, 1000);
    put_drawn(desk, pen, "so_giay_to", "", 12, 1000000000000);
    put_drawn(desk, pen, "dien_thoai", "09", 8, 100000000);
    put_drawn(desk, pen, "dia_chi", "xã Trung Sơn, thôn ", 1, 12);
    put_number(pen, "so_bo", 1 + random_below(&desk->random, 3));
    put_number(pen, "kenh", 1);
    put_number(pen, "nhan_luc", NOW + desk->count * 90);
    put_number(pen, "trang_thai", 2);
}

/* What the |step|-th act of a dossier says. */
static const char *write_step(struct desk *desk, struct pen *pen)
{
    switch (desk->step) {
    case 0:
        receive(desk, pen);
        return "receive";
    case 1:
        put_text(pen, "can_bo_xu_ly", "ht01");
        put_number(pen, "trang_thai", 4);
        return "assign";
    case STEPS - 2:
        put_text(pen, "nguoi_ky", "ct01");
        put_number(pen, "trang_thai", 9);
        return "decide";
    case STEPS - 1:
        put_number(pen, "tra_luc", NOW + desk->count * 90);
        put_number(pen, "trang_thai", 10);
        return "handover";
    default:
        put_drawn(desk, pen, "ghi_chu", "đã kiểm tra mục ", 1, 100);
        return "";
    }
}

void desk_write(struct desk *desk)
{
    struct record_header header = {.kind = KIND_EDIT};
    struct case_body body = {.writes = NULL};
    struct pen pen = {.count = 0};
    struct buffer encoded;

    buffer_init(&encoded, LIMIT_BODY_BYTES);
    if (desk->count == 0) {
        open_log(desk, &encoded);
        buffer_deinit(&encoded);
        return;
    }
    body.step = bytes_of_text(write_step(desk, &pen));
    body.writes = pen.writes;
    body.write_count = pen.count;
    random_fill(&desk->random, body.salt, sizeof body.salt);
    must(case_body_encode(&body, &encoded) == STATUS_OK, "a body cannot be encoded");
    header.act = (struct record_act){.present = true,
                                     .officer = bytes_of_text("tn01"),
                                     .hat = HAT_RECEPTION,
                                     .unit = bytes_of_text("000.15.30.H57")};
    if (desk->step == 0) {
        header.kind = KIND_GENESIS;
        header.pack = desk->pack;
    } else {
        header.kind = body.step.size > 0 ? KIND_STEP : KIND_EDIT;
        header.case_name = desk->case_name;
    }
    seal(desk, &header, buffer_view(&encoded));
    if (desk->step == 0)
        desk->case_name = name_of_hash(&desk->ids[desk->count - 1]);
    desk->step = (desk->step + 1) % STEPS;
    buffer_deinit(&encoded);
}
