#include "client/command/verb/record_text.h"

#include "client/command/value.h"

static void write_name(struct json_writer *writer, const char *key, const struct name *name)
{
    if (name_is_none(name))
        json_write_null(writer, key);
    else
        json_write_hex(writer, key, name->bytes, sizeof name->bytes);
}

static void write_hash(struct json_writer *writer, const char *key, const struct hash *hash)
{
    if (hash_is_none(hash))
        json_write_null(writer, key);
    else
        json_write_hex(writer, key, hash->bytes, sizeof hash->bytes);
}

static void write_hashes(struct json_writer *writer, const char *key, const struct hash *hashes,
                         size_t count)
{
    json_open_array(writer, key);
    for (size_t i = 0; i < count; i++)
        json_write_hex(writer, NULL, hashes[i].bytes, sizeof hashes[i].bytes);
    json_close_array(writer);
}

static void write_act(struct json_writer *writer, const struct record_act *act)
{
    if (!act->present) {
        json_write_null(writer, "act");
        return;
    }
    json_open_object(writer, "act");
    json_write_text(writer, "officer", act->officer);
    json_write_string(writer, "hat", hat_name(act->hat));
    json_write_text(writer, "unit", act->unit);
    json_close_object(writer);
}

static void write_raw(struct json_writer *writer, const struct record *record)
{
    const struct signature *officer = &record->officer_signature;
    const struct signature *device = &record->device_signature;

    json_open_object(writer, "raw");
    json_write_base64(writer, "header", record->header_bytes);
    json_write_base64(writer, "officer_signature",
                      record->has_officer_signature ? bytes_of(officer->bytes, 64)
                                                    : (struct bytes){0});
    json_write_base64(writer, "device_signature", bytes_of(device->bytes, 64));
    json_write_base64(writer, "body", record->has_body ? record->body : (struct bytes){0});
    json_close_object(writer);
}

static void write_case_body(struct json_writer *writer, const struct case_body *body)
{
    static const char *const operations[] = {"set", "add", "remove"};

    json_write_optional(writer, "step", body->step);
    json_open_array(writer, "writes");
    for (size_t i = 0; i < body->write_count; i++) {
        const struct write *write = &body->writes[i];
        json_open_object(writer, NULL);
        json_write_text(writer, "field", write->field);
        json_write_string(writer, "op", write->op < 3 ? operations[write->op] : "unknown");
        value_write(writer, "value", NULL, NULL, write->value_bytes);
        write_hashes(writer, "sources", write->sources, write->source_count);
        json_close_object(writer);
    }
    json_close_array(writer);
    json_write_optional(writer, "reason", body->reason);
    json_write_optional(writer, "basis", body->basis);
    json_write_optional(writer, "book_officer", body->book_officer);
    json_write_optional(writer, "request", body->request);
    json_write_optional(writer, "note", body->note);
}

static void write_opening(struct json_writer *writer, const struct opening *opening)
{
    json_write_hex(writer, "device", opening->device.bytes, sizeof opening->device.bytes);
    write_name(writer, "scope", &opening->scope);
    if (opening->has_predecessor)
        write_name(writer, "predecessor", &opening->predecessor_log);
    else
        json_write_null(writer, "predecessor");
    json_write_text(writer, "software", opening->software);
    json_write_unsigned(writer, "rules", opening->rules);
    json_write_unsigned(writer, "purpose", opening->purpose);
}

static void write_grant(struct json_writer *writer, const struct grant *grant)
{
    json_write_hex(writer, "key", grant->key.bytes, sizeof grant->key.bytes);
    json_write_unsigned(writer, "role", grant->role);
    json_write_text(writer, "unit", grant->unit);
    json_write_text(writer, "label", grant->label);
    json_write_flag(writer, "may_grant", grant->may_grant);
    json_write_flag(writer, "counter_owner", grant->counter_owner);
    json_write_flag(writer, "sees_all", grant->sees_all);
}

static void write_lease(struct json_writer *writer, const struct lease *lease)
{
    write_name(writer, "log", &lease->log);
    json_write_unsigned(writer, "first_day", lease->first_day);
    json_write_unsigned(writer, "days", lease->days);
    json_write_unsigned(writer, "first_number", lease->first_number);
    json_write_unsigned(writer, "count", lease->count);
    json_write_text(writer, "unit", lease->unit);
}

/* What the body says, as far as this version reads its kind. */
static void write_body(struct json_writer *writer, const struct record *record, struct arena *arena)
{
    struct case_body body;
    struct opening opening;
    struct lease lease;
    struct grant grant;
    uint64_t kind = record->header.kind;

    if (!record->has_body || record->header.newer) {
        json_write_null(writer, "body");
        return;
    }
    json_open_object(writer, "body");
    if (record_is_of_case(kind)) {
        if (case_body_decode(record->body, arena, &body) == STATUS_OK)
            write_case_body(writer, &body);
    } else if (kind == KIND_OPENING) {
        if (opening_decode(record->body, arena, &opening) == STATUS_OK)
            write_opening(writer, &opening);
    } else if (kind == KIND_LEASE) {
        if (lease_decode(record->body, arena, &lease) == STATUS_OK)
            write_lease(writer, &lease);
    } else if (kind == KIND_GRANT) {
        if (grant_decode(record->body, arena, &grant) == STATUS_OK)
            write_grant(writer, &grant);
    }
    json_close_object(writer);
}

static void write_header(struct json_writer *writer, const struct record *record)
{
    const struct record_header *header = &record->header;
    struct name case_name = record_case(record);

    json_write_unsigned(writer, "version", header->version);
    json_write_string(writer, "kind", record_kind_name(header->kind));
    json_write_unsigned(writer, "kind_number", header->kind);
    write_hash(writer, "prev", &header->prev);
    write_name(writer, "case", &case_name);
    write_hash(writer, "commitment", &header->commitment);
    if (header->newer)
        return;
    json_write_unsigned(writer, "body_size", header->body_size);
    write_hashes(writer, "parents", header->parents, header->parent_count);
    write_hashes(writer, "without", header->without, header->without_count);
    write_act(writer, &header->act);
    value_write_moment(writer, "happened", &header->happened);
    value_write_time(writer, "recorded", true, header->recorded_seconds, PRECISION_SECOND,
                     header->recorded_zone_minutes);
    json_write_unsigned(writer, "source", header->source);
    write_hash(writer, "pack", &header->pack);
}

void record_text_write(struct call *call, const struct record *record, const struct name *log,
                       struct arena *arena)
{
    struct json_writer *writer = &call->writer;

    json_open_object(writer, NULL);
    json_write_hex(writer, "id", record->id.bytes, sizeof record->id.bytes);
    write_name(writer, "log", log);
    json_write_unsigned(writer, "seq", record->header.seq);
    write_raw(writer, record);
    json_open_object(writer, "decoded");
    write_header(writer, record);
    write_body(writer, record, arena);
    json_close_object(writer);
    json_close_object(writer);
    json_write_end(writer);
}
