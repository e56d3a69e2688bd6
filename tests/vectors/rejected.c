/*
 * rejected.json: what must be refused, and as what. Encodings for the gate; records, most of them a
 * sound one with one item of its header replaced.
 */
#include "protocol/record/body.h"
#include "tests/vectors/table.h"

#include <stdlib.h>
#include <string.h>

struct hostile {
    const char *name;
    const char *hex;
};

static const struct hostile encodings[] = {
    {"nothing", ""},
    {"two values", "c0c0"},
    {"array of 2^28 items in five bytes", "dd10000000"},
    {"map of 2^28 pairs in five bytes", "df10000000"},
    {"array of 2^20 items", "dd00100000"},
    {"array of 2^32 - 1 items", "ddffffffff"},
    {"two arrays that owe more together than is left", "92dc0010c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0"},
    {"binary longer than the message", "c6ffffffff"},
    {"text longer than the message", "a361"},
    {"cut number", "cd01"},
    {"nine containers deep", "919191919191919190"},
    {"reserved byte", "c1"},
    {"float 32", "ca3f800000"},
    {"float 64", "cb3ff0000000000000"},
    {"extension", "d40100"},
    {"extension of length 0", "c70001"},
    {"0 in two bytes", "cc00"},
    {"127 in two bytes", "cc7f"},
    {"255 in three bytes", "cd00ff"},
    {"65,535 in five bytes", "ce0000ffff"},
    {"2^32 - 1 in nine bytes", "cf00000000ffffffff"},
    {"-1 in two bytes", "d0ff"},
    {"-32 in two bytes", "d0e0"},
    {"-128 in three bytes", "d1ff80"},
    {"5 in a signed form", "d005"},
    {"short text with a length byte", "d90161"},
    {"short binary with two length bytes", "c5000161"},
    {"short array with two length bytes", "dc0001c0"},
    {"short map with two length bytes", "de000100c0"},
    {"key twice", "8201c001c0"},
    {"keys descend", "8202c001c0"},
    {"text as key", "81a161c0"},
    {"negative key", "81ffc0"},
    {"overlong /", "a2c0af"},
    {"surrogate", "a3eda080"},
    {"above U+10FFFF", "a4f4908080"},
    {"continuation alone", "a180"},
    {"cut character", "a2e1bb"},
};

/* Item |item| of a sound edit's header becomes |hex|. */
struct replaced {
    const char *name;
    size_t item;
    const char *hex;
};

#define ID_1 "c4200101010101010101010101010101010101010101010101010101010101010101"
#define ID_2 "c4200202020202020202020202020202020202020202020202020202020202020202"
#define ZERO_16 "c41000000000000000000000000000000000"

static const struct replaced headers[] = {
    {"version 0", 0, "00"},
    {"log of zeros", 1, ZERO_16},
    {"log of 15 bytes", 1, "c40f010101010101010101010101010101"},
    {"no log", 1, "c0"},
    {"seq 0", 2, "00"},
    {"seq 1 without being an opening", 2, "01"},
    {"seq of 2^53", 2, "cf0020000000000000"},
    {"seq below zero", 2, "ff"},
    {"no prev", 3, "c0"},
    {"opening with a log and a prev", 4, "00"},
    {"lease with a case", 4, "20"},
    {"genesis with a case", 4, "40"},
    {"edit without a case", 5, "c0"},
    {"no commitment", 6, "c0"},
    {"body size of 65,537", 7, "ce00010001"},
    {"parents descend", 8, "92" ID_2 ID_1},
    {"parent twice", 8, "92" ID_1 ID_1},
    {"without descends", 9, "92" ID_2 ID_1},
    {"officer in upper case", 10,
     "94a443543031"
     "03"
     "a3483537"
     "c0"},
    {"officer of no byte", 10,
     "94a0"
     "03"
     "a3483537"
     "c0"},
    {"hat of 256", 10,
     "94a463743031"
     "cd0100"
     "a3483537"
     "c0"},
    {"unit with a space", 10,
     "94a463743031"
     "03"
     "a3482037"
     "c0"},
    {"officer's key without his signature", 10,
     "94a463743031"
     "03"
     "a3483537" ID_1},
    {"act of three items", 10, "93a46374303103a3483537"},
    {"precision 0", 11, "930100cd01a4"},
    {"precision 4", 11, "930104cd01a4"},
    {"zone of 1,441 minutes", 11, "930101cd05a1"},
    {"no moment of recording", 12, "c0"},
    {"recorded after 2^40 seconds", 12,
     "92cf0000010000000001"
     "00"},
    {"source 3", 13, "03"},
    {"edit with a pack", 14, ID_1},
    {"seen of two items", 15, "92c4100101010101010101010101010101010101"},
    {"extension twice", 16,
     "9293"
     "01c2c400"
     "9301c2c400"},
    {"extension that is neither critical nor not", 16, "919301c0c400"},
    {"seventeenth item missing", 16, ""},
};

/* A sound edit, to be spoiled. */
static void make_edit(struct buffer *raw, struct record *record, struct arena *arena)
{
    struct vector_key device = vector_key_of("device");
    struct case_body body = {.salt = {1}};
    struct buffer encoded;
    buffer_init(&encoded, LIMIT_BODY_BYTES);
    vector_must(case_body_encode(&body, &encoded), "rejected");
    struct record_header header = {.version = RECORD_VERSION,
                                   .log = vector_name_of("log"),
                                   .seq = 5,
                                   .prev = vector_hash_of("prev"),
                                   .kind = KIND_EDIT,
                                   .case_name = vector_name_of("case"),
                                   .recorded_seconds = 1700000000};
    struct hash id;
    vector_must(record_seal(&header, buffer_view(&encoded), NULL, &device.secret_key, raw, &id),
                "rejected");
    vector_must(record_decode(buffer_view(raw), arena, record), "rejected");
    buffer_deinit(&encoded);
}

static void append_hex(struct buffer *out, const char *hex)
{
    uint8_t room[512];
    size_t size = 0;
    vector_must(hex_decode(hex, strlen(hex), room, sizeof room, &size) ? STATUS_OK : STATUS_USAGE,
                hex);
    buffer_append(out, room, size);
}

static void replace_item(struct buffer *out, struct bytes header, const struct replaced *replaced)
{
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct wire_value value;
    vector_must(wire_decode(header, &arena, &value), replaced->name);
    size_t count = value.as.list.count;
    wire_put_array(out, replaced->hex[0] == '\0' ? count - 1 : count);
    for (size_t i = 0; i < count; i++) {
        if (i == replaced->item) {
            append_hex(out, replaced->hex);
        } else {
            wire_put_value(out, &value.as.list.items[i]);
        }
    }
    arena_deinit(&arena);
}

static void add(json_t *list, const char *name, struct bytes bytes, enum status status)
{
    vector_must(status == STATUS_OK ? STATUS_USAGE : STATUS_OK, name);
    json_array_append_new(list, json_pack("{s:s, s:o, s:s}", "name", name, "bytes",
                                          vector_hex(bytes), "status", status_name(status)));
}

static enum status decode(struct bytes raw)
{
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct record record;
    enum status status = record_decode(raw, &arena, &record);
    arena_deinit(&arena);
    return status;
}

static void add_record(json_t *list, const char *name, struct bytes header,
                       const struct signature *officer, const struct record *of,
                       const struct bytes *body)
{
    struct buffer raw;
    buffer_init(&raw, LIMIT_RECORD_BYTES);
    vector_must(record_assemble(header, officer, &of->device_signature, body, &raw), name);
    add(list, name, buffer_view(&raw), decode(buffer_view(&raw)));
    buffer_deinit(&raw);
}

/* What is wrong with more than an item of the header. */
static void add_whole_records(json_t *list, const struct record *edit)
{
    uint8_t changed[64];
    vector_must(edit->body.size <= sizeof changed ? STATUS_OK : STATUS_LIMIT, "rejected");
    memcpy(changed, edit->body.at, edit->body.size);
    changed[4] ^= 1;
    struct bytes body = bytes_of(changed, edit->body.size);
    add_record(list, "body does not fit the commitment", edit->header_bytes, NULL, edit, &body);
    body.size--;
    add_record(list, "body is cut", edit->header_bytes, NULL, edit, &body);
    add_record(list, "officer's signature without his key", edit->header_bytes,
               &edit->device_signature, edit, &edit->body);

    struct buffer out;
    buffer_init(&out, LIMIT_RECORD_BYTES);
    add(list, "cut after the header", bytes_of(edit->raw.at, edit->raw.size / 2),
        decode(bytes_of(edit->raw.at, edit->raw.size / 2)));
    buffer_append_bytes(&out, edit->raw);
    out.at[0] = 0x93;
    add(list, "three parts", buffer_view(&out), decode(buffer_view(&out)));
    out.at[0] = 0x95;
    wire_put_nil(&out);
    add(list, "five parts", buffer_view(&out), decode(buffer_view(&out)));
    buffer_deinit(&out);
}

/* An opening whose body is not one's. */
static void add_opening(json_t *list, const char *name, struct bytes body)
{
    struct record_header header = {.version = RECORD_VERSION, .seq = 1, .kind = KIND_OPENING};
    header.commitment = record_commitment(body);
    header.body_size = body.size;
    struct buffer encoded;
    buffer_init(&encoded, LIMIT_HEADER_BYTES);
    vector_must(record_header_encode(&header, &encoded), name);
    struct record unsigned_record = {.device_signature = {{1}}};
    add_record(list, name, buffer_view(&encoded), NULL, &unsigned_record, &body);
    buffer_deinit(&encoded);
}

static void add_openings(json_t *list, const struct record *edit)
{
    add_opening(list, "opening with another body", edit->body);
    struct name salt = vector_name_of("salt");
    struct name scope = vector_name_of("scope");
    struct public_key small = {{1}};
    struct buffer body;
    buffer_init(&body, LIMIT_BODY_BYTES);
    wire_put_array(&body, 3);
    wire_put_binary(&body, bytes_of(salt.bytes, sizeof salt.bytes));
    wire_put_binary(&body, bytes_of(small.bytes, sizeof small.bytes));
    wire_put_binary(&body, bytes_of(scope.bytes, sizeof scope.bytes));
    add_opening(list, "opening of a key of small order", buffer_view(&body));
    buffer_deinit(&body);
}

json_t *rejected_make(void)
{
    json_t *gate = json_array();
    for (size_t i = 0; i < sizeof encodings / sizeof encodings[0]; i++) {
        uint8_t room[64];
        size_t size = 0;
        const char *hex = encodings[i].hex;
        vector_must(hex_decode(hex, strlen(hex), room, sizeof room, &size) ? STATUS_OK
                                                                           : STATUS_USAGE,
                    encodings[i].name);
        add(gate, encodings[i].name, bytes_of(room, size), wire_gate(bytes_of(room, size)));
    }
    json_t *records = json_array();
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct buffer raw;
    buffer_init(&raw, LIMIT_RECORD_BYTES);
    struct record edit;
    make_edit(&raw, &edit, &arena);
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        struct buffer header;
        buffer_init(&header, LIMIT_HEADER_BYTES);
        replace_item(&header, edit.header_bytes, &headers[i]);
        add_record(records, headers[i].name, buffer_view(&header), NULL, &edit, &edit.body);
        buffer_deinit(&header);
    }
    add_whole_records(records, &edit);
    add_openings(records, &edit);
    buffer_deinit(&raw);
    arena_deinit(&arena);
    return json_pack("{s:s, s:o, s:o}", "about",
                     "encodings: not canonical. records: not a record, whatever its signatures; "
                     "these are not valid.",
                     "encodings", gate, "records", records);
}

static void check_list(const json_t *list, enum status (*judge)(struct bytes bytes), size_t least)
{
    size_t i = 0;
    json_t *row = NULL;
    json_array_foreach(list, i, row)
    {
        struct arena arena;
        arena_init(&arena, SIZE_MAX);
        vector_expect_status(row, judge(vector_bytes(row, "bytes", &arena)));
        arena_deinit(&arena);
    }
    vector_expect(i >= least, list, "too few rejected");
}

void rejected_check(const json_t *file)
{
    check_list(json_object_get(file, "encodings"), wire_gate, 38);
    check_list(json_object_get(file, "records"), decode, 40);
}
