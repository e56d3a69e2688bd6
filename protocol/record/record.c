#include "protocol/record/record.h"

#include "protocol/record/body.h"
#include "protocol/wire/wire.h"

#include <stdalign.h>
#include <stddef.h>
#include <string.h>

enum { RECORD_ITEMS = 4, SCRATCH_BYTES = 512 };

struct name record_log(const struct record *record)
{
    if (record->header.kind == KIND_OPENING) {
        return name_of_hash(&record->id);
    }
    return record->header.log;
}

struct name record_case(const struct record *record)
{
    if (record->header.kind == KIND_GENESIS) {
        return name_of_hash(&record->id);
    }
    return record->header.case_name;
}

struct hash record_commitment(struct bytes body)
{
    return seal_hash("hoso/body/1", &body, 1);
}

/* header ‖ officer's signature if any ‖ device's signature if given; returns how many parts. */
static size_t signed_parts(struct bytes parts[3], struct bytes header_bytes,
                           const struct signature *officer_signature,
                           const struct signature *device_signature)
{
    size_t count = 0;
    parts[count++] = header_bytes;
    if (officer_signature != NULL) {
        parts[count++] = bytes_of(officer_signature->bytes, sizeof officer_signature->bytes);
    }
    if (device_signature != NULL) {
        parts[count++] = bytes_of(device_signature->bytes, sizeof device_signature->bytes);
    }
    return count;
}

struct hash record_id(struct bytes header_bytes, const struct signature *officer_signature,
                      const struct signature *device_signature)
{
    struct bytes parts[3];
    size_t count = signed_parts(parts, header_bytes, officer_signature, device_signature);
    return seal_hash("hoso/record/1", parts, count);
}

static const struct signature *officer_signature_of(const struct record *record)
{
    return record->has_officer_signature ? &record->officer_signature : NULL;
}

bool record_verify_device(const struct record *record, const struct public_key *key)
{
    struct bytes parts[3];
    size_t count = signed_parts(parts, record->header_bytes, officer_signature_of(record), NULL);
    return seal_verify("hoso/device/1", parts, count, key, &record->device_signature);
}

bool record_verify_officer(const struct record *record)
{
    return record->has_officer_signature && record->header.act.has_officer_key &&
           seal_verify("hoso/officer/1", &record->header_bytes, 1, &record->header.act.officer_key,
                       &record->officer_signature);
}

static void take_signature(struct wire_reader *from, struct signature *signature)
{
    struct bytes bytes = wire_take_binary(from, sizeof signature->bytes, sizeof signature->bytes);
    if (!from->failed) {
        memcpy(signature->bytes, bytes.at, sizeof signature->bytes);
    }
}

/* The four parts, nothing looked into yet. */
static enum status take_parts(struct bytes raw, struct record *record)
{
    alignas(max_align_t) uint8_t room[SCRATCH_BYTES];
    struct arena scratch;
    arena_init_over(&scratch, room, sizeof room, SCRATCH_BYTES);
    struct wire_value value;
    enum status status = wire_decode(raw, &scratch, &value);
    if (status == STATUS_OK) {
        struct wire_reader items = wire_reader_of(&value, RECORD_ITEMS, RECORD_ITEMS);
        record->header_bytes = wire_take_binary(&items, 1, LIMIT_HEADER_BYTES);
        record->has_officer_signature = !wire_take_nil(&items);
        if (record->has_officer_signature) {
            take_signature(&items, &record->officer_signature);
        }
        take_signature(&items, &record->device_signature);
        record->has_body = !wire_take_nil(&items);
        if (record->has_body) {
            record->body = wire_take_binary(&items, 1, LIMIT_BODY_BYTES);
        }
        status = wire_reader_end(&items);
    }
    arena_deinit(&scratch);
    return status;
}

static enum status check_body(const struct record *record)
{
    struct hash commitment = record_commitment(record->body);
    if (!hash_equal(&commitment, &record->header.commitment) ||
        (!record->header.newer && record->header.body_size != record->body.size)) {
        return STATUS_FORGED;
    }
    if (record->header.kind != KIND_OPENING) {
        return STATUS_OK;
    }
    /* A log is nothing without its key, so this body is looked into; no other may decide whether
     * a record is one, since some nodes do not hold them. */
    struct public_key device;
    struct name scope;
    return opening_decode_identity(record->body, &device, &scope);
}

enum status record_decode(struct bytes raw, struct arena *arena, struct record *record)
{
    *record = (struct record){.raw = raw};
    if (raw.size > LIMIT_RECORD_BYTES) {
        return STATUS_LIMIT;
    }
    enum status status = take_parts(raw, record);
    if (status != STATUS_OK) {
        return status;
    }
    status = record_header_decode(record->header_bytes, arena, &record->header);
    if (status != STATUS_OK) {
        return status;
    }
    if (!record->header.newer &&
        record->has_officer_signature != record->header.act.has_officer_key) {
        return STATUS_MALFORMED;
    }
    if (record->has_body) {
        status = check_body(record);
        if (status != STATUS_OK) {
            return status;
        }
    }
    record->id =
        record_id(record->header_bytes, officer_signature_of(record), &record->device_signature);
    return STATUS_OK;
}

enum status record_assemble(struct bytes header_bytes, const struct signature *officer_signature,
                            const struct signature *device_signature, const struct bytes *body,
                            struct buffer *out)
{
    if (header_bytes.size > LIMIT_HEADER_BYTES || (body != NULL && body->size > LIMIT_BODY_BYTES)) {
        return STATUS_LIMIT;
    }
    wire_put_array(out, RECORD_ITEMS);
    wire_put_binary(out, header_bytes);
    if (officer_signature != NULL) {
        wire_put_binary(out, bytes_of(officer_signature->bytes, sizeof officer_signature->bytes));
    } else {
        wire_put_nil(out);
    }
    wire_put_binary(out, bytes_of(device_signature->bytes, sizeof device_signature->bytes));
    if (body != NULL) {
        wire_put_binary(out, *body);
    } else {
        wire_put_nil(out);
    }
    return buffer_status(out);
}

/* The officer's key and the header must say the same. */
static bool officer_fits(const struct record_header *header, const struct secret_key *officer_key)
{
    if (!header->act.present || !header->act.has_officer_key) {
        return officer_key == NULL;
    }
    return officer_key != NULL && memcmp(officer_key->bytes + 32, header->act.officer_key.bytes,
                                         sizeof header->act.officer_key.bytes) == 0;
}

enum status record_seal(struct record_header *header, struct bytes body,
                        const struct secret_key *officer_key, const struct secret_key *device_key,
                        struct buffer *out, struct hash *id)
{
    if (!officer_fits(header, officer_key) || body.size == 0) {
        return STATUS_USAGE;
    }
    if (body.size > LIMIT_BODY_BYTES) {
        return STATUS_LIMIT;
    }
    struct public_key device;
    struct name scope;
    if (header->kind == KIND_OPENING &&
        opening_decode_identity(body, &device, &scope) != STATUS_OK) {
        return STATUS_USAGE;
    }
    header->commitment = record_commitment(body);
    header->body_size = body.size;

    struct buffer encoded;
    buffer_init(&encoded, LIMIT_HEADER_BYTES);
    enum status status = record_header_encode(header, &encoded);
    if (status != STATUS_OK) {
        goto done;
    }
    struct bytes header_bytes = buffer_view(&encoded);
    struct signature officer_signature;
    const struct signature *officer = NULL;
    if (officer_key != NULL) {
        seal_sign("hoso/officer/1", &header_bytes, 1, officer_key, &officer_signature);
        officer = &officer_signature;
    }
    struct signature device_signature;
    struct bytes parts[3];
    size_t count = signed_parts(parts, header_bytes, officer, NULL);
    seal_sign("hoso/device/1", parts, count, device_key, &device_signature);

    *id = record_id(header_bytes, officer, &device_signature);
    status = record_assemble(header_bytes, officer, &device_signature, &body, out);
done:
    buffer_deinit(&encoded);
    return status;
}
