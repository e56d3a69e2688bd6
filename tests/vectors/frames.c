/* frames.json: each frame of a session, and RECORDS with what they rebuild to. */
#include "protocol/record/body.h"
#include "protocol/sync/frame/columns.h"
#include "protocol/sync/frame/frame.h"
#include "protocol/sync/frame/packing.h"
#include "protocol/sync/frame/squeeze.h"
#include "tests/vectors/table.h"

#include <string.h>

enum { RECORDS = 4, BLOCK_MOST = 65535 };

static void add(json_t *list, const char *name, const struct buffer *frame)
{
    struct bytes bytes = buffer_view(frame);
    vector_must(buffer_status(frame), name);
    json_array_append_new(
        list, json_pack("{s:s, s:o, s:o}", "name", name, "frame", vector_hex(bytes), "value",
                        vector_encoded_json(bytes_of(bytes.at + 1, bytes.size - 1))));
}

static void make_positions(json_t *list)
{
    static const uint64_t seqs[] = {1, 7, 50};
    struct name scopes[2] = {{{1}}, {{2}}};
    struct head entries[] = {
        {.log = vector_name_of("log"), .seq = 70, .id16 = vector_name_of("id")},
        {.log = vector_name_of("other log")},
    };
    struct buffer out;
    buffer_init(&out, LIMIT_FRAME_BYTES);
    struct heads heads = {.mode = HEADS_ASK, .entries = entries, .count = 2};
    heads_encode(&heads, &out);
    add(list, "heads: ask", &out);
    heads.mode = HEADS_WHOLE;
    heads.scopes = scopes;
    heads.scope_count = 2;
    buffer_reset(&out);
    heads_encode(&heads, &out);
    add(list, "heads: whole", &out);
    struct want want = {.log = entries[0].log, .seqs = seqs, .count = 3};
    buffer_reset(&out);
    want_encode(&want, &out);
    add(list, "want: ids", &out);
    want.vector = true;
    buffer_reset(&out);
    want_encode(&want, &out);
    add(list, "want: the vector", &out);
    buffer_deinit(&out);
}

static void make_answers(json_t *list)
{
    struct head head = {.log = vector_name_of("log"), .seq = 70, .id16 = vector_name_of("id")};
    struct hash receipt = vector_hash_of("stands for a receipt");
    struct bytes raw = bytes_of(receipt.bytes, sizeof receipt.bytes);
    struct buffer out;
    buffer_init(&out, LIMIT_FRAME_BYTES);
    struct ack ack = {.bytes = 4711, .window_log2 = 18, .heads = &head, .head_count = 1};
    ack_encode(&ack, &out);
    add(list, "ack: heads", &out);
    ack.head_count = 0;
    ack.receipt = raw;
    buffer_reset(&out);
    ack_encode(&ack, &out);
    add(list, "ack: a receipt", &out);
    struct receipts receipts = {.number = 9, .items = &raw, .count = 1};
    buffer_reset(&out);
    receipts_encode(&receipts, &out);
    add(list, "receipt: relayed", &out);
    struct rest rest = {.equal = true, .digest = vector_name_of("digest")};
    buffer_reset(&out);
    rest_encode(&rest, &out);
    add(list, "rest: equal", &out);
    rest.equal = false;
    buffer_reset(&out);
    rest_encode(&rest, &out);
    add(list, "rest: a digest", &out);
    buffer_reset(&out);
    notice_encode(FRAME_BUSY, 5000, &out);
    add(list, "busy", &out);
    buffer_reset(&out);
    notice_encode(FRAME_BYE, REASON_UNKNOWN_PEER, &out);
    add(list, "bye: unknown peer", &out);
    struct begun begun = {.bytes = 911, .check = begun_check(raw)};
    buffer_reset(&out);
    begun_encode(&begun, &out);
    add(list, "begun: 911 bytes came", &out);
    struct transcript transcript = {.server = vector_key_of("server").public_key};
    struct vector_key server = vector_key_of("server");
    struct refusal refusal = {.log = head.log, .seq = 40, .reason = REASON_FORGED};
    buffer_reset(&out);
    refusal_seal(&refusal, &transcript, &server.secret_key, &out);
    add(list, "refuse: both nonces zero", &out);
    buffer_deinit(&out);
}

/* ---- records ---- */

struct log {
    struct arena arena;
    struct vector_key device;
    struct record records[RECORDS];
    size_t count;
};

static void seal(struct log *log, struct record_header header, const struct buffer *body)
{
    struct buffer raw;
    struct hash id;
    bool ok = true;
    header.version = RECORD_VERSION;
    header.seq = log->count + 1;
    if (log->count > 0) {
        header.log = record_log(&log->records[0]);
        header.prev = log->records[log->count - 1].id;
    }
    header.recorded_seconds = 1700000000 + 61 * (int64_t)log->count;
    header.recorded_zone_minutes = 420;
    buffer_init(&raw, LIMIT_RECORD_BYTES);
    vector_must(record_seal(&header, buffer_view(body), NULL, &log->device.secret_key, &raw, &id),
                "seal");
    struct bytes kept = arena_copy(&log->arena, buffer_view(&raw), &ok);
    vector_must(ok ? STATUS_OK : STATUS_NO_MEMORY, "copy");
    vector_must(record_decode(kept, &log->arena, &log->records[log->count++]), "decode");
    buffer_deinit(&raw);
}

static void add_case_record(struct log *log, uint64_t kind, const char *value)
{
    struct write write = {.field = bytes_of_text("chu_ho_so"),
                          .op = WRITE_SET,
                          .value = {.type = WIRE_TEXT, .as.bytes = bytes_of_text(value)}};
    struct case_body body = {.step = bytes_of_text(kind == KIND_GENESIS ? "receive" : ""),
                             .writes = &write,
                             .write_count = 1};
    struct record_header header = {.kind = kind};
    header.happened = (struct moment){
        .known = true, .seconds = 1699999980, .precision = PRECISION_MINUTE, .zone_minutes = 420};
    if (kind == KIND_GENESIS) {
        header.pack = vector_hash_of("pack");
    } else {
        header.case_name = record_case(&log->records[1]);
    }
    struct buffer encoded;
    struct hash salt = vector_hash_of(value);
    memcpy(body.salt, salt.bytes, sizeof body.salt);
    buffer_init(&encoded, LIMIT_BODY_BYTES);
    vector_must(case_body_encode(&body, &encoded), "body");
    seal(log, header, &encoded);
    buffer_deinit(&encoded);
}

static void log_open(struct log *log)
{
    struct opening opening = {.device = vector_key_of("device").public_key,
                              .scope = vector_name_of("scope"),
                              .software = bytes_of_text("vectors"),
                              .rules = RULES_VERSION};
    struct buffer body;
    *log = (struct log){.device = vector_key_of("device")};
    arena_init(&log->arena, SIZE_MAX);
    buffer_init(&body, LIMIT_BODY_BYTES);
    vector_must(opening_encode(&opening, &body), "opening");
    seal(log, (struct record_header){.kind = KIND_OPENING}, &body);
    buffer_deinit(&body);
    add_case_record(log, KIND_GENESIS, "Hồ Thị Hòa");
    add_case_record(log, KIND_EDIT, "Hồ Thị Hoà");
    add_case_record(log, KIND_EDIT, "Hồ Thị Hoa");
}

/* Any deflate stream of the same raw bytes is legal. In the vectors it is one that every zlib makes
 * alike: stored blocks. */
static void store_instead(struct bytes columns, struct bytes dictionary, struct buffer *out)
{
    struct unpacker from = unpacker_of(columns);
    size_t plain = (size_t)unpack_unsigned(&from, SIZE_MAX);
    struct bytes kept = unpack_bytes(&from, plain);
    size_t size = (size_t)unpack_unsigned(&from, BLOCK_MOST);
    uint8_t raw[BLOCK_MOST];
    vector_must(squeeze_inflate(dictionary, from.left, raw, size), "inflate");
    pack_unsigned(out, plain);
    buffer_append_bytes(out, kept);
    pack_unsigned(out, size);
    uint8_t head[] = {1, (uint8_t)size, (uint8_t)(size >> 8), (uint8_t)~size,
                      (uint8_t)(~size >> 8)};
    buffer_append(out, head, sizeof head);
    buffer_append(out, raw, size);
}

static json_t *records_json(const struct log *log, size_t first, size_t count)
{
    json_t *list = json_array();
    for (size_t i = first; i < first + count; i++) {
        json_array_append_new(list, vector_hex(log->records[i].raw));
    }
    return list;
}

/* |before|: so many records of the prelude. */
static void add_records(json_t *list, const char *name, const struct log *log, size_t before,
                        size_t first, size_t count, enum run_follow follow)
{
    struct prelude prelude = {.records = log->records + first - before, .count = before};
    struct buffer dictionary;
    struct name log_name = record_log(&log->records[0]);
    struct run run = {.log = log_name, .first = first, .count = count};
    run.before.seq = first;
    run.before.id = first > 0 ? log->records[first - 1].id : (struct hash){{0}};
    struct records_run told = {.log = log_name,
                               .first_seq = first + 1,
                               .count = count,
                               .follow = follow,
                               .before = run.before.id};
    struct records frame = {.has_cursor = true,
                            .arrival = 34344,
                            .running_hash = vector_name_of("running"),
                            .prelude = before,
                            .runs = &told,
                            .run_count = 1};
    struct buffer out;
    struct buffer columns;
    buffer_init(&out, LIMIT_FRAME_BYTES);
    buffer_init(&columns, LIMIT_FRAME_BYTES);
    records_encode(&frame, &out);
    vector_must(columns_encode(&prelude, log->records, &run, 1, &columns), "columns");
    buffer_init(&dictionary, LIMIT_FRAME_BYTES);
    for (size_t i = 0; i < before; i++) {
        buffer_append_bytes(&dictionary, prelude.records[i].body);
    }
    store_instead(buffer_view(&columns), buffer_view(&dictionary), &out);
    json_array_append_new(list, json_pack("{s:s, s:o, s:o, s:o, s:o}", "name", name, "frame",
                                          vector_hex(buffer_view(&out)), "before",
                                          vector_hash_json(&run.before.id), "prelude",
                                          records_json(log, first - before, before), "records",
                                          records_json(log, first, count)));
    buffer_deinit(&dictionary);
    buffer_deinit(&columns);
    buffer_deinit(&out);
}

json_t *frames_make(void)
{
    struct log log;
    json_t *frames = json_array();
    json_t *records = json_array();
    make_positions(frames);
    make_answers(frames);
    log_open(&log);
    add_records(records, "a log from its opening", &log, 0, 0, RECORDS, FOLLOW_OPENING);
    add_records(records, "one record behind a known one", &log, 0, 2, 1, FOLLOW_KNOWN);
    add_records(records, "two behind one whose id is told", &log, 0, 2, 2, FOLLOW_TOLD);
    add_records(records, "two behind a prelude of the two before", &log, 2, 2, 2, FOLLOW_KNOWN);
    add_records(records, "one behind a prelude with the opening", &log, 3, 3, 1, FOLLOW_KNOWN);
    arena_deinit(&log.arena);
    return json_pack("{s:s, s:o, s:o}", "about",
                     "frames: all but RECORDS, with the value behind the type byte. records: "
                     "RECORDS frames and the records they rebuild to, whose first follows before, "
                     "with the records of the prelude; their deflate streams are stored blocks.",
                     "frames", frames, "records", records);
}

/* Decodes and encodes again by type. */
static bool travels(struct bytes frame, struct arena *arena, struct buffer *out)
{
    struct heads heads;
    struct ack ack;
    struct receipts receipts;
    struct want want;
    struct rest rest;
    struct begun begun;
    uint64_t number = 0;
    enum frame_type type = (enum frame_type)frame.at[0];
    if (type == FRAME_HEADS && heads_decode(frame, arena, &heads) == STATUS_OK) {
        heads_encode(&heads, out);
    } else if (type == FRAME_ACK && ack_decode(frame, arena, &ack) == STATUS_OK) {
        ack_encode(&ack, out);
    } else if (type == FRAME_RECEIPT && receipts_decode(frame, arena, &receipts) == STATUS_OK) {
        receipts_encode(&receipts, out);
    } else if (type == FRAME_WANT && want_decode(frame, arena, &want) == STATUS_OK) {
        want_encode(&want, out);
    } else if (type == FRAME_REST && rest_decode(frame, arena, &rest) == STATUS_OK) {
        rest_encode(&rest, out);
    } else if ((type == FRAME_BUSY || type == FRAME_BYE) &&
               notice_decode(frame, arena, &number) == STATUS_OK) {
        notice_encode(type, number, out);
    } else if (type == FRAME_BEGUN && begun_decode(frame, arena, &begun) == STATUS_OK) {
        begun_encode(&begun, out);
    } else if (type == FRAME_REFUSE) {
        struct transcript transcript = {.server = vector_key_of("server").public_key};
        struct refusal refusal;
        if (refusal_open(frame, &transcript, &transcript.server, arena, &refusal) != STATUS_OK) {
            return false;
        }
        struct vector_key server = vector_key_of("server");
        refusal_seal(&refusal, &transcript, &server.secret_key, out);
    }
    return out->size > 0;
}

/* The records of |row|'s prelude, at most RECORDS, into |records|. */
static struct prelude read_prelude(const json_t *row, struct arena *arena, struct record *records)
{
    const json_t *list = json_object_get(row, "prelude");
    struct prelude prelude = {.records = records};
    size_t i = 0;
    json_t *item = NULL;
    json_array_foreach(list, i, item)
    {
        const char *text = json_string_value(item);
        size_t size = 0;
        uint8_t *at = arena_alloc(arena, LIMIT_RECORD_BYTES);
        bool good = i < RECORDS && text != NULL && at != NULL &&
                    hex_decode(text, strlen(text), at, LIMIT_RECORD_BYTES, &size) &&
                    record_decode(bytes_of(at, size), arena, &records[i]) == STATUS_OK;
        vector_expect(good, row, "a record of the prelude");
        prelude.count += good ? 1 : 0;
    }
    return prelude;
}

static void check_records(const json_t *row)
{
    struct arena arena;
    struct records frame;
    arena_init(&arena, SIZE_MAX);
    struct bytes before = vector_is_null(row, "before") ? (struct bytes){NULL, 0}
                                                        : vector_bytes(row, "before", &arena);
    struct record records[RECORDS];
    enum status status = records_decode(vector_bytes(row, "frame", &arena), &arena, &frame);
    vector_expect(status == STATUS_OK && frame.run_count == 1 && frame.runs[0].count <= RECORDS,
                  row, "one run");
    if (status == STATUS_OK && frame.run_count == 1 && frame.runs[0].count <= RECORDS) {
        struct run run = {.log = frame.runs[0].log, .count = frame.runs[0].count};
        run.before.seq = frame.runs[0].first_seq - 1;
        if (before.size == sizeof run.before.id.bytes) {
            memcpy(run.before.id.bytes, before.at, before.size);
        }
        struct record before_them[RECORDS];
        struct prelude prelude = read_prelude(row, &arena, before_them);
        vector_expect(prelude.count == frame.prelude, row, "prelude");
        status = columns_decode(frame.columns, &prelude, &arena, &run, 1, records);
        vector_expect(status == STATUS_OK, row, "columns");
        const json_t *list = json_object_get(row, "records");
        for (size_t i = 0; status == STATUS_OK && i < run.count; i++) {
            json_t *hex = vector_hex(records[i].raw);
            vector_expect(json_equal(hex, json_array_get(list, i)), row, "record");
            json_decref(hex);
        }
    }
    arena_deinit(&arena);
}

void frames_check(const json_t *file)
{
    size_t i = 0;
    json_t *row = NULL;
    json_array_foreach(json_object_get(file, "frames"), i, row)
    {
        struct arena arena;
        struct buffer again;
        arena_init(&arena, SIZE_MAX);
        buffer_init(&again, LIMIT_FRAME_BYTES);
        struct bytes frame = vector_bytes(row, "frame", &arena);
        vector_expect(frame.size > 1 && travels(frame, &arena, &again), row, "decode");
        vector_expect_bytes(row, "frame", buffer_view(&again));
        buffer_deinit(&again);
        arena_deinit(&arena);
    }
    vector_expect(i >= 10, file, "too few frames");
    json_array_foreach(json_object_get(file, "records"), i, row)
    {
        check_records(row);
    }
    vector_expect(i >= 3, file, "too few frames of records");
}
