#include "tests/lib/register.h"

#include "client/text/csv.h"
#include "client/text/time.h"
#include "protocol/record/body.h"
#include "tests/lib/random.h"
#include "tests/lib/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECORDS_A_ROW = 4, WRITES_MOST = 24, NOW = 1795485600 };

enum place {
    MA_HO_SO,
    MA_TTHC,
    SO_BO,
    CHU_HO_SO,
    NGUOI_NOP,
    SO_GIAY_TO,
    DIA_CHI,
    DIEN_THOAI,
    KENH,
    NHAN_LUC,
    HEN_TRA,
    TRA_LUC,
    TRANG_THAI,
    PHI,
    CAN_BO_TIEP_NHAN,
    CAN_BO_XU_LY,
    NGUOI_KY,
    GHI_CHU,
    SO_TRANG,
    COLUMNS
};

static const char *const field_names[COLUMNS] = {
    "ma_ho_so",     "ma_tthc",  "so_bo",      "chu_ho_so", "nguoi_nop",
    "so_giay_to",   "dia_chi",  "dien_thoai", "kenh",      "nhan_luc",
    "hen_tra",      "tra_luc",  "trang_thai", "phi",       "can_bo_tiep_nhan",
    "can_bo_xu_ly", "nguoi_ky", "ghi_chu",    "so_trang"};

struct maker {
    struct register_log *log;
    struct secret_key secret;
    struct random random;
    struct hash pack;
    struct hash prev;
    struct name case_name;
    uint64_t seq;
    const struct csv_row *row;
    struct write writes[WRITES_MOST];
    size_t write_count;
};

static struct bytes column(const struct maker *maker, enum place place)
{
    return maker->row->fields[place].text;
}

static struct moment moment_of(struct bytes text)
{
    struct moment moment = {.known = false};
    if (text.size > 0) {
        assert_int_equal(time_parse(text, TIME_VIETNAM_ZONE_MINUTES, &moment), STATUS_OK);
    }
    return moment;
}

static void write_value(struct maker *maker, const char *field, struct wire_value value)
{
    assert_true(maker->write_count < WRITES_MOST);
    maker->writes[maker->write_count++] =
        (struct write){.field = bytes_of_text(field), .op = WRITE_SET, .value = value};
}

static void write_number(struct maker *maker, const char *field, uint64_t number)
{
    write_value(maker, field, (struct wire_value){.type = WIRE_UNSIGNED, .as.number = number});
}

static void write_column(struct maker *maker, enum place place)
{
    struct bytes text = column(maker, place);
    if (text.size == 0) {
        return;
    }
    if (place == NHAN_LUC || place == HEN_TRA || place == TRA_LUC) {
        write_number(maker, field_names[place], (uint64_t)moment_of(text).seconds);
    } else if (place == SO_BO || place == PHI || place == SO_TRANG || place == KENH) {
        write_number(maker, field_names[place], strtoull((const char *)text.at, NULL, 10));
    } else {
        write_value(maker, field_names[place],
                    (struct wire_value){.type = WIRE_TEXT, .as.bytes = text});
    }
}

static struct bytes keep(struct maker *maker, const struct buffer *buffer)
{
    bool ok = true;
    struct bytes kept = arena_copy(&maker->log->arena, buffer_view(buffer), &ok);
    assert_true(ok);
    return kept;
}

static void seal(struct maker *maker, struct record_header *header, struct bytes body)
{
    struct buffer raw;
    struct hash id;
    buffer_init(&raw, LIMIT_RECORD_BYTES);
    header->version = RECORD_VERSION;
    header->seq = ++maker->seq;
    header->prev = maker->prev;
    header->recorded_seconds = NOW + (int64_t)(maker->seq / 2000);
    header->recorded_zone_minutes = TIME_VIETNAM_ZONE_MINUTES;
    if (header->seq > 1) {
        header->log = maker->log->log;
    }
    assert_int_equal(record_seal(header, body, NULL, &maker->secret, &raw, &id), STATUS_OK);
    struct record *record = &maker->log->records[maker->log->count++];
    assert_int_equal(record_decode(keep(maker, &raw), &maker->log->arena, record), STATUS_OK);
    maker->prev = id;
    buffer_deinit(&raw);
}

static void open_log(struct maker *maker)
{
    struct opening opening = {.device = maker->log->device,
                              .software = bytes_of_text("hoso 0.1.0"),
                              .rules = RULES_VERSION,
                              .purpose = LOG_BULK};
    struct buffer body;
    struct record_header header = {.kind = KIND_OPENING};
    random_fill(&maker->random, opening.salt, sizeof opening.salt);
    random_fill(&maker->random, opening.scope.bytes, sizeof opening.scope.bytes);
    buffer_init(&body, LIMIT_BODY_BYTES);
    assert_int_equal(opening_encode(&opening, &body), STATUS_OK);
    seal(maker, &header, buffer_view(&body));
    maker->log->log = name_of_hash(&maker->prev);
    buffer_deinit(&body);
}

static void entry(struct maker *maker, uint64_t kind, const char *step, enum place officer,
                  uint64_t hat, enum place moment)
{
    struct case_body body = {.step = bytes_of_text(step),
                             .writes = maker->writes,
                             .write_count = maker->write_count,
                             .book_officer = column(maker, officer),
                             .book_hat = hat};
    struct record_header header = {.kind = kind, .source = SOURCE_IMPORT};
    header.act = (struct record_act){.present = true,
                                     .officer = bytes_of_text("tn01"),
                                     .hat = HAT_RECEPTION,
                                     .unit = bytes_of_text("000.15.30.H57")};
    if (moment < COLUMNS) {
        header.happened = moment_of(column(maker, moment));
    }
    if (kind == KIND_GENESIS) {
        header.pack = maker->pack;
    } else {
        header.case_name = maker->case_name;
    }
    struct buffer encoded;
    random_fill(&maker->random, body.salt, sizeof body.salt);
    buffer_init(&encoded, LIMIT_BODY_BYTES);
    assert_int_equal(case_body_encode(&body, &encoded), STATUS_OK);
    seal(maker, &header, buffer_view(&encoded));
    if (kind == KIND_GENESIS) {
        maker->case_name = name_of_hash(&maker->prev);
    }
    buffer_deinit(&encoded);
    maker->write_count = 0;
}

static void dossier(struct maker *maker)
{
    static const enum place received[] = {
        MA_HO_SO, MA_TTHC,  SO_BO,   CHU_HO_SO, NGUOI_NOP,        SO_GIAY_TO, DIA_CHI, DIEN_THOAI,
        KENH,     NHAN_LUC, HEN_TRA, PHI,       CAN_BO_TIEP_NHAN, GHI_CHU,    SO_TRANG};
    for (size_t i = 0; i < sizeof received / sizeof *received; i++) {
        write_column(maker, received[i]);
    }
    write_number(maker, "trang_thai", 2);
    entry(maker, KIND_GENESIS, "receive", CAN_BO_TIEP_NHAN, HAT_RECEPTION, NHAN_LUC);
    write_column(maker, CAN_BO_XU_LY);
    write_number(maker, "trang_thai", 4);
    entry(maker, KIND_STEP, "assign", NGUOI_KY, HAT_LEADER, COLUMNS);
    write_column(maker, NGUOI_KY);
    write_number(maker, "trang_thai", 9);
    entry(maker, KIND_STEP, "decide", NGUOI_KY, HAT_LEADER, COLUMNS);
    write_column(maker, TRA_LUC);
    write_number(maker, "trang_thai", 10);
    entry(maker, KIND_STEP, "handover", CAN_BO_TIEP_NHAN, HAT_RECEPTION, TRA_LUC);
}

static struct bytes read_file(const char *path, struct arena *arena)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    assert_true(size > 0);
    rewind(file);
    char *text = arena_alloc(arena, (size_t)size);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)size, file), (size_t)size);
    assert_int_equal(fclose(file), 0);
    return bytes_of(text, (size_t)size);
}

void register_open(struct register_log *log, const char *path, size_t rows)
{
    struct maker maker = {.log = log, .random = {42}};
    struct csv_reader reader;
    struct csv_row row;
    uint8_t seed[32] = {'d', 'e', 'v'};
    *log = (struct register_log){.count = 0};
    arena_init(&log->arena, (size_t)512 * 1024 * 1024);
    key_pair_of_seed(seed, &log->device, &maker.secret);
    random_fill(&maker.random, maker.pack.bytes, sizeof maker.pack.bytes);
    log->records = arena_array(&log->arena, RECORDS_A_ROW * rows + 1, sizeof *log->records);
    assert_non_null(log->records);
    assert_int_equal(csv_open(&reader, read_file(path, &log->arena)), STATUS_OK);
    assert_int_equal(csv_next(&reader, &row), STATUS_OK); /* the names */
    open_log(&maker);
    maker.row = &row;
    for (size_t i = 0; i < rows && csv_next(&reader, &row) == STATUS_OK; i++) {
        dossier(&maker);
    }
    csv_close(&reader);
    secret_key_wipe(&maker.secret);
}

void register_close(struct register_log *log)
{
    arena_deinit(&log->arena);
}
