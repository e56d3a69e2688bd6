/*
 * What one core does with records as an import makes them (a header with its act, a body of five
 * writes), CPU time, median of five rounds. Prints one JSON object a line: {"what", "per_s", "us"}.
 * Usage: records
 */
#include "protocol/record/body.h"
#include "protocol/record/chain.h"
#include "tests/lib/median.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RECORDS = 4096, ROUNDS = 5, RUN = 256 };

struct bench {
    struct public_key device;
    struct secret_key secret;
    struct buffer raw[RECORDS];
    struct record records[RECORDS];
    struct arena arena;
};

static double cpu_seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void must(bool holds)
{
    if (!holds) {
        fprintf(stderr, "records: the library refused its own work\n");
        exit(1);
    }
}

static size_t make_body(struct buffer *out, uint32_t i)
{
    static const char *const fields[] = {"ho_ten", "dia_chi", "so_dien_thoai", "ghi_chu",
                                         "han_tra"};
    struct write writes[5];
    memset(writes, 0, sizeof writes);
    for (size_t w = 0; w < 5; w++) {
        writes[w].field = bytes_of_text(fields[w]);
        writes[w].value = (struct wire_value){.type = WIRE_UNSIGNED, .as.number = 1700000000 + w};
    }
    writes[0].value = (struct wire_value){.type = WIRE_TEXT};
    writes[0].value.as.bytes = bytes_of_text("Hồ Thị Hồng Nhung");
    writes[1].value = (struct wire_value){.type = WIRE_TEXT};
    writes[1].value.as.bytes = bytes_of_text("thôn A Niêng, xã Trung Sơn, huyện A Lưới");
    struct case_body body = {.writes = writes, .write_count = 5, .book_hat = HAT_RECEPTION};
    be32_store(body.salt, i);
    body.step = bytes_of_text("tiep_nhan");
    body.book_officer = bytes_of_text("tn01");
    must(case_body_encode(&body, out) == STATUS_OK);
    return out->size;
}

static void make_record(struct bench *b, uint32_t i)
{
    struct buffer body;
    buffer_init(&body, LIMIT_BODY_BYTES);
    (void)make_body(&body, i);
    struct record_header header = {.version = RECORD_VERSION,
                                   .log = {{1}},
                                   .seq = i + 2,
                                   .prev = {{1}},
                                   .kind = KIND_STEP,
                                   .case_name = {{2}},
                                   .happened = {true, 1600000000, PRECISION_MINUTE, 420},
                                   .recorded_seconds = 1700000000,
                                   .recorded_zone_minutes = 420,
                                   .source = SOURCE_IMPORT};
    if (i > 0) {
        header.prev = b->records[i - 1].id;
    }
    header.act = (struct record_act){.present = true, .hat = HAT_IT};
    header.act.officer = bytes_of_text("it01");
    header.act.unit = bytes_of_text("000.15.30.H57");
    struct hash id;
    buffer_reset(&b->raw[i]);
    must(record_seal(&header, buffer_view(&body), NULL, &b->secret, &b->raw[i], &id) == STATUS_OK);
    must(record_decode(buffer_view(&b->raw[i]), &b->arena, &b->records[i]) == STATUS_OK);
    buffer_deinit(&body);
}

static size_t seal_all(struct bench *b)
{
    for (uint32_t i = 0; i < RECORDS; i++) {
        make_record(b, i);
    }
    return RECORDS;
}

static size_t gate_all(struct bench *b)
{
    for (size_t i = 0; i < RECORDS; i++) {
        must(wire_gate(b->records[i].body) == STATUS_OK);
    }
    return RECORDS;
}

static size_t decode_all(struct bench *b)
{
    for (size_t i = 0; i < RECORDS; i++) {
        must(record_decode(buffer_view(&b->raw[i]), &b->arena, &b->records[i]) == STATUS_OK);
    }
    return RECORDS;
}

static size_t decode_bodies(struct bench *b)
{
    for (size_t i = 0; i < RECORDS; i++) {
        struct case_body body;
        must(case_body_decode(b->records[i].body, &b->arena, &body) == STATUS_OK);
    }
    return RECORDS;
}

static size_t check(struct bench *b, size_t run, enum chain_mode mode)
{
    struct position before = {.log = {{1}}, .seq = 1, .id = {{1}}};
    for (size_t i = 0; i < RECORDS; i += run) {
        struct chain_result result = chain_check(&b->records[i], run, &before, &b->device, mode);
        must(result.authentic == run);
        before.seq = b->records[i + run - 1].header.seq;
        before.id = b->records[i + run - 1].id;
    }
    return RECORDS;
}

static size_t check_runs(struct bench *b)
{
    return check(b, RUN, CHAIN_BY_RUN);
}

static size_t check_each(struct bench *b)
{
    return check(b, RUN, CHAIN_EACH);
}

static void measure(struct bench *b, const char *what, size_t (*work)(struct bench *b))
{
    double each[ROUNDS];
    for (size_t round = 0; round < ROUNDS; round++) {
        double start = cpu_seconds();
        size_t count = work(b);
        each[round] = (cpu_seconds() - start) / (double)count;
    }
    double middle = median(each, ROUNDS);
    printf("{\"what\":\"%s\",\"per_s\":%.0f,\"us\":%.3f}\n", what, 1 / middle, middle * 1e6);
}

int main(void)
{
    struct bench *b = calloc(1, sizeof *b);
    must(b != NULL);
    arena_init(&b->arena, SIZE_MAX);
    key_pair_of_seed((const uint8_t[32]){1}, &b->device, &b->secret);
    for (size_t i = 0; i < RECORDS; i++) {
        buffer_init(&b->raw[i], LIMIT_RECORD_BYTES);
    }
    measure(b, "seal: encode body and header, sign, hash, decode", seal_all);
    measure(b, "gate of a body", gate_all);
    measure(b, "decode: gates, header, commitment, id", decode_all);
    measure(b, "decode a case body", decode_bodies);
    measure(b, "check by runs of 256", check_runs);
    measure(b, "check each signature", check_each);
    for (size_t i = 0; i < RECORDS; i++) {
        buffer_deinit(&b->raw[i]);
    }
    arena_deinit(&b->arena);
    free(b);
    return 0;
}
