/*
 * records.json: records of two devices' logs, with everything that is derived from their bytes.
 */
#include "protocol/record/body.h"
#include "tests/vectors/table.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 32, SECONDS = 1700000000, ZONE = 420 };

struct making {
    struct arena arena;
    struct vector_key device;
    struct vector_key other;
    struct vector_key officer;
    size_t count;
    const char *names[MOST];
    struct record records[MOST];
    json_t *list;
};

static struct record_header header_after(const struct making *m, size_t previous, uint64_t kind)
{
    struct record_header header = {.version = RECORD_VERSION, .kind = kind};
    header.log = record_log(&m->records[previous]);
    header.seq = m->records[previous].header.seq + 1;
    header.prev = m->records[previous].id;
    header.recorded_seconds = SECONDS + (int64_t)header.seq;
    header.recorded_zone_minutes = ZONE;
    return header;
}

static struct record_act act_of(const char *officer, uint64_t hat)
{
    struct record_act act = {.present = true, .hat = hat};
    act.officer = bytes_of_text(officer);
    act.unit = bytes_of_text("000.15.30.H57");
    return act;
}

static json_t *signature_json(const struct signature *signature)
{
    return vector_hex(bytes_of(signature->bytes, sizeof signature->bytes));
}

static void add_json(struct making *m, const struct record *record, const struct vector_key *device)
{
    struct name log = record_log(record);
    struct name case_name = record_case(record);
    json_t *json = json_pack(
        "{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "name", m->names[m->count], "device", device->label,
        "raw", vector_hex(record->raw), "header", vector_hex(record->header_bytes),
        "officer_signature",
        record->has_officer_signature ? signature_json(&record->officer_signature) : json_null(),
        "device_signature", signature_json(&record->device_signature), "body",
        record->has_body ? vector_hex(record->body) : json_null());
    json_object_set_new(json, "commitment", vector_hash_json(&record->header.commitment));
    json_object_set_new(json, "id", vector_hash_json(&record->id));
    json_object_set_new(json, "log", vector_name_json(&log));
    json_object_set_new(json, "case", vector_name_json(&case_name));
    json_object_set_new(json, "newer", json_boolean(record->header.newer));
    json_object_set_new(json, "header_value", vector_encoded_json(record->header_bytes));
    json_object_set_new(json, "body_value",
                        record->has_body ? vector_encoded_json(record->body) : json_null());
    json_array_append_new(m->list, json);
}

/* Takes a stored record into the list. */
static size_t keep(struct making *m, const char *name, struct bytes raw,
                   const struct vector_key *device)
{
    bool ok = false;
    struct bytes kept = arena_copy(&m->arena, raw, &ok);
    vector_must(ok && m->count < MOST ? STATUS_OK : STATUS_NO_MEMORY, name);
    m->names[m->count] = name;
    vector_must(record_decode(kept, &m->arena, &m->records[m->count]), name);
    add_json(m, &m->records[m->count], device);
    return m->count++;
}

static size_t seal(struct making *m, const char *name, struct record_header *header,
                   const struct buffer *body, const struct vector_key *device)
{
    struct buffer raw;
    buffer_init(&raw, LIMIT_RECORD_BYTES);
    struct hash id;
    const struct secret_key *officer = header->act.has_officer_key ? &m->officer.secret_key : NULL;
    vector_must(record_seal(header, buffer_view(body), officer, &device->secret_key, &raw, &id),
                name);
    size_t index = keep(m, name, buffer_view(&raw), device);
    buffer_deinit(&raw);
    return index;
}

static size_t add_opening(struct making *m, const char *name, const struct vector_key *device,
                          const struct record *predecessor)
{
    struct opening opening = {.device = device->public_key,
                              .scope = vector_name_of("scope"),
                              .rules = RULES_VERSION,
                              .purpose = LOG_COUNTER};
    struct name salt = vector_name_of(name);
    memcpy(opening.salt, salt.bytes, SALT_BYTES);
    opening.software = bytes_of_text("hoso 0.1.0");
    if (predecessor != NULL) {
        opening.has_predecessor = true;
        opening.predecessor_log = record_log(predecessor);
        opening.predecessor_seq = predecessor->header.seq;
        opening.predecessor_id = predecessor->id;
    }
    struct buffer body;
    buffer_init(&body, LIMIT_BODY_BYTES);
    vector_must(opening_encode(&opening, &body), name);
    struct record_header header = {.version = RECORD_VERSION,
                                   .seq = 1,
                                   .kind = KIND_OPENING,
                                   .recorded_seconds = SECONDS,
                                   .recorded_zone_minutes = ZONE};
    size_t index = seal(m, name, &header, &body, device);
    buffer_deinit(&body);
    return index;
}

static size_t add_case_record(struct making *m, const char *name, struct record_header *header,
                              struct case_body *case_body, const struct vector_key *device)
{
    struct name salt = vector_name_of(name);
    memcpy(case_body->salt, salt.bytes, SALT_BYTES);
    struct buffer body;
    buffer_init(&body, LIMIT_BODY_BYTES);
    vector_must(case_body_encode(case_body, &body), name);
    size_t index = seal(m, name, header, &body, device);
    buffer_deinit(&body);
    return index;
}

static struct write text_write(const char *field, const char *text)
{
    struct write write = {.op = WRITE_SET, .value = {.type = WIRE_TEXT}};
    write.field = bytes_of_text(field);
    write.value.as.bytes = bytes_of_text(text);
    return write;
}

static size_t add_genesis(struct making *m, size_t previous)
{
    struct write writes[3] = {text_write("ma_ho_so", "000.15.30.H57-231115-0001"),
                              text_write("ho_ten", "Hồ Thị Hòa"),
                              {.op = WRITE_SET}};
    writes[2].field = bytes_of_text("nhan_luc");
    writes[2].value = (struct wire_value){.type = WIRE_UNSIGNED, .as.number = SECONDS};
    struct case_body body = {.writes = writes, .write_count = 3};
    body.request = bytes_of_text("request 1");
    struct record_header header = header_after(m, previous, KIND_GENESIS);
    header.pack = vector_hash_of("pack");
    header.act = act_of("tn01", HAT_RECEPTION);
    header.happened = (struct moment){true, SECONDS, PRECISION_MINUTE, ZONE};
    return add_case_record(m, "genesis", &header, &body, &m->device);
}

static size_t add_step_with_officer(struct making *m, size_t previous, size_t genesis)
{
    struct hash source = m->records[genesis].id;
    struct shown_field shown = {
        .value_bytes = bytes_of("\xa3Hoa", 4), .sources = &source, .source_count = 1};
    shown.field = bytes_of_text("ho_ten");
    struct attachment attachment = {
        .slot = 1, .size = 123456, .chunk_size = 65536, .root = vector_hash_of("file")};
    attachment.media_type = bytes_of_text("image/webp");
    attachment.file_name = bytes_of_text("giấy tờ.webp");
    struct case_body body = {.has_shown = true,
                             .shown = &shown,
                             .shown_count = 1,
                             .attachments = &attachment,
                             .attachment_count = 1};
    body.step = bytes_of_text("phe_duyet");
    body.shown_form = bytes_of_text("phieu/1");
    body.shown_language = bytes_of_text("vi");
    struct record_header header = header_after(m, previous, KIND_STEP);
    header.case_name = record_case(&m->records[genesis]);
    header.act = act_of("ct01", HAT_LEADER);
    header.act.has_officer_key = true;
    header.act.officer_key = m->officer.public_key;
    header.happened = (struct moment){true, SECONDS + 90000, PRECISION_SECOND, ZONE};
    header.seen = (struct record_seen){true, vector_name_of("tree"), 1000, vector_hash_of("root")};
    return add_case_record(m, "step with the officer's signature", &header, &body, &m->device);
}

static size_t add_resolution(struct making *m, size_t previous, size_t genesis, size_t other)
{
    struct hash sources[2] = {m->records[genesis].id, m->records[other].id};
    struct hash parent = m->records[other].id;
    struct write write = text_write("ho_ten", "Hồ Thị Hoa");
    write.sources = &sources[1];
    write.source_count = 1;
    struct case_body body = {.writes = &write, .write_count = 1, .cites = sources, .cite_count = 2};
    body.reason = bytes_of_text("theo giấy khai sinh");
    body.basis = bytes_of_text("Luật Hộ tịch, điều 28");
    struct record_header header = header_after(m, previous, KIND_RESOLUTION);
    header.case_name = record_case(&m->records[genesis]);
    header.parents = &parent;
    header.parent_count = 1;
    header.act = act_of("ct01", HAT_LEADER);
    return add_case_record(m, "resolution with a parent of another log", &header, &body,
                           &m->device);
}

static size_t add_book_entry(struct making *m, size_t previous, size_t genesis)
{
    struct case_body body = {.book_hat = HAT_SPECIALIST};
    body.step = bytes_of_text("phan_cong");
    body.book_officer = bytes_of_text("ht01");
    body.note = bytes_of_text("nhập bù");
    struct record_header header = header_after(m, previous, KIND_STEP);
    header.case_name = record_case(&m->records[genesis]);
    header.source = SOURCE_IMPORT;
    header.act = act_of("it01", HAT_IT);
    return add_case_record(m, "book entry, moment unknown", &header, &body, &m->device);
}

/* Drops the body of the edit it seals. */
static size_t add_headless(struct making *m, size_t previous, size_t genesis)
{
    struct write write = {.op = WRITE_SET, .value = {.type = WIRE_NIL}};
    write.field = bytes_of_text("ghi_chu");
    struct case_body body = {.writes = &write, .write_count = 1};
    struct record_header header = header_after(m, previous, KIND_EDIT);
    header.case_name = record_case(&m->records[genesis]);
    size_t index = add_case_record(m, "edit", &header, &body, &m->device);
    const struct record *whole = &m->records[index];
    struct buffer raw;
    buffer_init(&raw, LIMIT_RECORD_BYTES);
    vector_must(record_assemble(whole->header_bytes, NULL, &whole->device_signature, NULL, &raw),
                "edit, body absent");
    (void)keep(m, "edit, body absent", buffer_view(&raw), &m->device);
    buffer_deinit(&raw);
    return index;
}

static size_t add_newer(struct making *m, size_t previous, size_t genesis)
{
    struct name case_name = record_case(&m->records[genesis]);
    struct name log = record_log(&m->records[previous]);
    struct bytes body = bytes_of("\x92\xc4\x10"
                                 "0123456789abcdef\xa3new",
                                 23);
    struct hash commitment = record_commitment(body);
    struct buffer header;
    buffer_init(&header, LIMIT_HEADER_BYTES);
    wire_put_array(&header, 9);
    wire_put_unsigned(&header, 2);
    wire_put_name(&header, &log);
    wire_put_unsigned(&header, m->records[previous].header.seq + 1);
    wire_put_hash(&header, &m->records[previous].id);
    wire_put_unsigned(&header, 70);
    wire_put_name(&header, &case_name);
    wire_put_hash(&header, &commitment);
    wire_put_text(&header, bytes_of_text("later"));
    wire_put_map(&header, 0);
    struct bytes header_bytes = buffer_view(&header);
    struct signature signature;
    seal_sign("hoso/device/1", &header_bytes, 1, &m->device.secret_key, &signature);
    struct buffer raw;
    buffer_init(&raw, LIMIT_RECORD_BYTES);
    vector_must(record_assemble(header_bytes, NULL, &signature, &body, &raw), "newer version");
    size_t index = keep(m, "newer version", buffer_view(&raw), &m->device);
    buffer_deinit(&raw);
    buffer_deinit(&header);
    return index;
}

/* A kind and a critical extension this version does not know, an authority record, a lease. */
static size_t add_strangers(struct making *m, size_t previous, size_t genesis)
{
    struct case_body body = {.has_shown = false};
    struct record_header header = header_after(m, previous, 1000);
    header.case_name = record_case(&m->records[genesis]);
    size_t last = add_case_record(m, "unknown kind", &header, &body, &m->device);

    struct record_extension extensions[2] = {{.type = 7}, {.type = 300, .critical = true}};
    extensions[1].value = bytes_of("\x01\x02", 2);
    header = header_after(m, last, KIND_EDIT);
    header.case_name = record_case(&m->records[genesis]);
    header.extensions = extensions;
    header.extension_count = 2;
    header.without = &m->records[genesis].id;
    header.without_count = 1;
    last = add_case_record(m, "critical extension", &header, &body, &m->device);

    header = header_after(m, last, KIND_REFUSAL);
    last = add_case_record(m, "authority kind", &header, &body, &m->device);

    struct lease lease = {.log = vector_name_of("leased log"),
                          .first_day = 19676,
                          .days = 90,
                          .first_number = 51,
                          .count = 50};
    struct name salt = vector_name_of("lease");
    memcpy(lease.salt, salt.bytes, SALT_BYTES);
    lease.unit = bytes_of_text("000.15.30.H57");
    struct buffer lease_body;
    buffer_init(&lease_body, LIMIT_BODY_BYTES);
    vector_must(lease_encode(&lease, &lease_body), "lease");
    header = header_after(m, last, KIND_LEASE);
    last = seal(m, "lease", &header, &lease_body, &m->device);
    buffer_deinit(&lease_body);
    return last;
}

/* The second device edits what it has seen: the genesis only. */
static size_t add_other_log(struct making *m, size_t genesis)
{
    size_t opening = add_opening(m, "opening with a predecessor", &m->other, &m->records[0]);
    struct write write = text_write("ho_ten", "Hồ Thị Hoà");
    struct case_body body = {.writes = &write, .write_count = 1};
    struct record_header header = header_after(m, opening, KIND_EDIT);
    header.case_name = record_case(&m->records[genesis]);
    header.parents = &m->records[genesis].id;
    header.parent_count = 1;
    header.act = act_of("tn02", HAT_RECEPTION);
    return add_case_record(m, "edit in another log", &header, &body, &m->other);
}

json_t *records_make(void)
{
    struct making *m = calloc(1, sizeof *m);
    vector_must(m != NULL ? STATUS_OK : STATUS_NO_MEMORY, "records");
    arena_init(&m->arena, SIZE_MAX);
    m->device = vector_key_of("device");
    m->other = vector_key_of("other device");
    m->officer = vector_key_of("officer");
    m->list = json_array();
    size_t last = add_opening(m, "opening", &m->device, NULL);
    size_t genesis = add_genesis(m, last);
    size_t other = add_other_log(m, genesis);
    last = add_step_with_officer(m, genesis, genesis);
    last = add_resolution(m, last, genesis, other);
    last = add_book_entry(m, last, genesis);
    last = add_headless(m, last, genesis);
    last = add_newer(m, last, genesis);
    (void)add_strangers(m, last, genesis);
    json_t *file = json_pack(
        "{s:s, s:[o, o, o], s:o}", "about",
        "Signatures are deterministic: sealing the header and body with the seeds gives raw.",
        "keys", vector_key_json(&m->device), vector_key_json(&m->other),
        vector_key_json(&m->officer), "records", m->list);
    arena_deinit(&m->arena);
    free(m);
    return file;
}

static void check_derived(const json_t *row, const struct record *record)
{
    struct name log = record_log(record);
    struct name case_name = record_case(record);
    vector_expect_bytes(row, "header", record->header_bytes);
    vector_expect_bytes(row, "id", bytes_of(record->id.bytes, sizeof record->id.bytes));
    vector_expect_bytes(row, "log", bytes_of(log.bytes, sizeof log.bytes));
    vector_expect_bytes(row, "device_signature",
                        bytes_of(record->device_signature.bytes, sizeof(struct signature)));
    vector_expect_bytes(row, "commitment",
                        bytes_of(record->header.commitment.bytes, sizeof(struct hash)));
    vector_expect(vector_is_null(row, "case") == name_is_none(&case_name), row, "case");
    if (!name_is_none(&case_name)) {
        vector_expect_bytes(row, "case", bytes_of(case_name.bytes, sizeof case_name.bytes));
    }
    vector_expect(vector_is_null(row, "body") != record->has_body, row, "body");
    if (record->has_body) {
        vector_expect_bytes(row, "body", record->body);
        struct hash commitment = record_commitment(record->body);
        vector_expect(hash_equal(&commitment, &record->header.commitment), row, "commitment");
    }
    json_t *value = vector_encoded_json(record->header_bytes);
    vector_expect(json_equal(value, json_object_get(row, "header_value")) == 1, row,
                  "header_value");
    json_decref(value);
    vector_expect(json_is_true(json_object_get(row, "newer")) == record->header.newer, row,
                  "newer");
}

static void check_signatures(const json_t *row, const struct record *record)
{
    struct vector_key device = vector_key_of(vector_text(row, "device"));
    struct vector_key officer = vector_key_of("officer");
    vector_expect(record_verify_device(record, &device.public_key), row, "device's signature");
    vector_expect(!record_verify_device(record, &officer.public_key), row, "another's key");
    bool has_officer = !vector_is_null(row, "officer_signature");
    vector_expect(has_officer == record_verify_officer(record), row, "officer's signature");
    struct bytes parts[2] = {record->header_bytes,
                             bytes_of(record->officer_signature.bytes, sizeof(struct signature))};
    struct signature again;
    seal_sign("hoso/device/1", parts, has_officer ? 2 : 1, &device.secret_key, &again);
    vector_expect_bytes(row, "device_signature", bytes_of(again.bytes, sizeof again.bytes));
    if (has_officer) {
        seal_sign("hoso/officer/1", parts, 1, &officer.secret_key, &again);
        vector_expect_bytes(row, "officer_signature", bytes_of(again.bytes, sizeof again.bytes));
    }
}

static void check_encoding(const json_t *row, const struct record *record)
{
    struct buffer out;
    buffer_init(&out, LIMIT_RECORD_BYTES);
    vector_expect(record_assemble(record->header_bytes,
                                  record->has_officer_signature ? &record->officer_signature : NULL,
                                  &record->device_signature,
                                  record->has_body ? &record->body : NULL, &out) == STATUS_OK,
                  row, "record_assemble");
    vector_expect_bytes(row, "raw", buffer_view(&out));
    buffer_reset(&out);
    if (!record->header.newer) {
        vector_expect(record_header_encode(&record->header, &out) == STATUS_OK, row,
                      "record_header_encode");
        vector_expect_bytes(row, "header", buffer_view(&out));
    }
    buffer_deinit(&out);
}

void records_check(const json_t *file)
{
    size_t i = 0;
    json_t *row = NULL;
    json_array_foreach(json_object_get(file, "records"), i, row)
    {
        struct arena arena;
        arena_init(&arena, SIZE_MAX);
        struct record record;
        enum status status = record_decode(vector_bytes(row, "raw", &arena), &arena, &record);
        vector_expect(status == STATUS_OK, row, "record_decode");
        if (status == STATUS_OK) {
            check_derived(row, &record);
            check_signatures(row, &record);
            check_encoding(row, &record);
        }
        arena_deinit(&arena);
    }
    vector_expect(i >= 13, file, "too few records");
}
