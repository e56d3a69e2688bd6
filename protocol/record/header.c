#include "protocol/record/list.h"
#include "protocol/record/record.h"
#include "protocol/wire/wire.h"

#include <stdalign.h>
#include <stddef.h>
#include <string.h>

enum { VERSION_1_ITEMS = 17, ZONE_MINUTES_MOST = 1440, HAT_MOST = 255, SCRATCH_BYTES = 4096 };

static bool is_code_character(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

static bool is_unit_character(uint8_t c)
{
    return is_code_character(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '_';
}

static bool all_characters(struct bytes text, bool (*allowed)(uint8_t))
{
    for (size_t i = 0; i < text.size; i++) {
        if (!allowed(text.at[i])) {
            return false;
        }
    }
    return true;
}

/* Items 0 to 6: their meaning, and the rules among them, are those of every version. */
static enum status take_fixed_items(struct wire_reader *from, struct record_header *header)
{
    header->version = wire_take_unsigned(from, UINT64_MAX);
    header->log = wire_take_name(from, true);
    header->seq = wire_take_unsigned(from, LIMIT_COUNT);
    header->prev = wire_take_hash(from, true);
    header->kind = wire_take_unsigned(from, UINT64_MAX);
    header->case_name = wire_take_name(from, true);
    header->commitment = wire_take_hash(from, false);
    if (from->failed) {
        return wire_reader_end(from);
    }
    bool opening = header->kind == KIND_OPENING;
    if (header->version == 0 || header->seq == 0 || (header->seq == 1) != opening ||
        name_is_none(&header->log) != opening || hash_is_none(&header->prev) != opening) {
        return STATUS_MALFORMED;
    }
    bool in_case = record_is_of_case(header->kind) && header->kind != KIND_GENESIS;
    return name_is_none(&header->case_name) == in_case ? STATUS_MALFORMED : STATUS_OK;
}

static int16_t take_zone(struct wire_reader *from)
{
    int64_t zone = wire_take_integer(from);
    if (zone < -ZONE_MINUTES_MOST || zone > ZONE_MINUTES_MOST) {
        from->failed = true;
        return 0;
    }
    return (int16_t)zone;
}

static int64_t take_seconds(struct wire_reader *from)
{
    int64_t seconds = wire_take_integer(from);
    if (seconds < -LIMIT_SECONDS || seconds > LIMIT_SECONDS) {
        from->failed = true;
        return 0;
    }
    return seconds;
}

static void take_act(struct wire_reader *from, struct record_act *act)
{
    if (wire_take_nil(from)) {
        return;
    }
    struct wire_reader items = wire_take_array(from, 4, 4);
    act->present = true;
    act->officer = wire_take_text(&items, 1, LIMIT_CODE_BYTES);
    act->hat = wire_take_unsigned(&items, HAT_MOST);
    act->unit = wire_take_text(&items, 1, LIMIT_CODE_BYTES);
    act->has_officer_key = !wire_take_nil(&items);
    if (act->has_officer_key) {
        struct hash key = wire_take_hash(&items, false);
        memcpy(act->officer_key.bytes, key.bytes, sizeof act->officer_key.bytes);
    }
    wire_reader_close(from, &items);
    if (!all_characters(act->officer, is_code_character) ||
        !all_characters(act->unit, is_unit_character)) {
        from->failed = true;
    }
}

static void take_times(struct wire_reader *from, struct record_header *header)
{
    if (!wire_take_nil(from)) {
        struct wire_reader items = wire_take_array(from, 3, 3);
        header->happened.known = true;
        header->happened.seconds = take_seconds(&items);
        header->happened.precision = (uint8_t)wire_take_unsigned(&items, PRECISION_SECOND);
        header->happened.zone_minutes = take_zone(&items);
        if (header->happened.precision == 0) {
            items.failed = true;
        }
        wire_reader_close(from, &items);
    }
    struct wire_reader items = wire_take_array(from, 2, 2);
    header->recorded_seconds = take_seconds(&items);
    header->recorded_zone_minutes = take_zone(&items);
    wire_reader_close(from, &items);
}

static void take_seen(struct wire_reader *from, struct record_seen *seen)
{
    if (wire_take_nil(from)) {
        return;
    }
    struct wire_reader items = wire_take_array(from, 3, 3);
    seen->present = true;
    seen->tree = wire_take_name(&items, false);
    seen->size = wire_take_unsigned(&items, LIMIT_COUNT);
    seen->root = wire_take_hash(&items, false);
    wire_reader_close(from, &items);
}

/* What the known kinds keep besides; unknown kinds are free here. */
static bool kind_rules_hold(const struct record_header *header)
{
    if (record_kind_name(header->kind) == NULL) {
        return true;
    }
    bool names_pack = header->kind == KIND_GENESIS || header->kind == KIND_REPACK;
    if (hash_is_none(&header->pack) == names_pack) {
        return false;
    }
    /* Parents never leave the case, so there are none where there is no case yet. */
    return !name_is_none(&header->case_name) ||
           (header->parent_count == 0 && header->without_count == 0);
}

static enum status take_version_1_items(struct wire_reader *from, struct arena *arena,
                                        struct record_header *header)
{
    header->body_size = wire_take_unsigned(from, LIMIT_BODY_BYTES);
    enum status status = hashes_take(from, arena, LIMIT_PARENTS, LIST_ASCENDING, &header->parents,
                                     &header->parent_count);
    if (status == STATUS_OK) {
        status = hashes_take(from, arena, LIMIT_WITHOUT, LIST_ASCENDING, &header->without,
                             &header->without_count);
    }
    if (status != STATUS_OK) {
        return status;
    }
    take_act(from, &header->act);
    take_times(from, header);
    header->source = wire_take_unsigned(from, SOURCE_IMPORT);
    header->pack = wire_take_hash(from, true);
    take_seen(from, &header->seen);
    status = extensions_take(from, arena, &header->extensions, &header->extension_count);
    if (status == STATUS_OK) {
        status = wire_reader_end(from);
    }
    if (status != STATUS_OK) {
        return status;
    }
    return kind_rules_hold(header) ? STATUS_OK : STATUS_MALFORMED;
}

enum status record_header_decode(struct bytes header_bytes, struct arena *arena,
                                 struct record_header *header)
{
    if (header_bytes.size > LIMIT_HEADER_BYTES) {
        return STATUS_LIMIT;
    }
    alignas(max_align_t) uint8_t room[SCRATCH_BYTES];
    struct arena scratch;
    arena_init_over(&scratch, room, sizeof room, LIMIT_HEADER_BYTES * sizeof(struct wire_value));
    *header = (struct record_header){0};
    struct wire_value value;
    enum status status = wire_decode(header_bytes, &scratch, &value);
    if (status != STATUS_OK) {
        goto done;
    }
    struct wire_reader items = wire_reader_of(&value, RECORD_FIXED_ITEMS, SIZE_MAX);
    status = take_fixed_items(&items, header);
    if (status != STATUS_OK) {
        goto done;
    }
    if (header->version > RECORD_VERSION) {
        header->newer = true;
        goto done;
    }
    status = take_version_1_items(&items, arena, header);
done:
    arena_deinit(&scratch);
    return status;
}

static void put_act(struct buffer *out, const struct record_act *act)
{
    if (!act->present) {
        wire_put_nil(out);
        return;
    }
    wire_put_array(out, 4);
    wire_put_text(out, act->officer);
    wire_put_unsigned(out, act->hat);
    wire_put_text(out, act->unit);
    if (act->has_officer_key) {
        wire_put_binary(out, bytes_of(act->officer_key.bytes, sizeof act->officer_key.bytes));
    } else {
        wire_put_nil(out);
    }
}

static void put_times(struct buffer *out, const struct record_header *header)
{
    if (header->happened.known) {
        wire_put_array(out, 3);
        wire_put_integer(out, header->happened.seconds);
        wire_put_unsigned(out, header->happened.precision);
        wire_put_integer(out, header->happened.zone_minutes);
    } else {
        wire_put_nil(out);
    }
    wire_put_array(out, 2);
    wire_put_integer(out, header->recorded_seconds);
    wire_put_integer(out, header->recorded_zone_minutes);
}

static void put_seen(struct buffer *out, const struct record_seen *seen)
{
    if (!seen->present) {
        wire_put_nil(out);
        return;
    }
    wire_put_array(out, 3);
    wire_put_name(out, &seen->tree);
    wire_put_unsigned(out, seen->size);
    wire_put_hash(out, &seen->root);
}

static void put_header(struct buffer *out, const struct record_header *header)
{
    wire_put_array(out, VERSION_1_ITEMS);
    wire_put_unsigned(out, header->version);
    wire_put_name(out, &header->log);
    wire_put_unsigned(out, header->seq);
    wire_put_hash(out, &header->prev);
    wire_put_unsigned(out, header->kind);
    wire_put_name(out, &header->case_name);
    wire_put_hash(out, &header->commitment);
    wire_put_unsigned(out, header->body_size);
    hashes_put(out, header->parents, header->parent_count);
    hashes_put(out, header->without, header->without_count);
    put_act(out, &header->act);
    put_times(out, header);
    wire_put_unsigned(out, header->source);
    wire_put_hash(out, &header->pack);
    put_seen(out, &header->seen);
    extensions_put(out, header->extensions, header->extension_count);
}

/* OK, or what a writer must hear: his own mistakes are USAGE. */
static enum status check_encoded(struct bytes encoded)
{
    struct arena arena;
    arena_init(&arena, LIMIT_HEADER_BYTES * sizeof(struct hash));
    struct record_header header;
    enum status status = record_header_decode(encoded, &arena, &header);
    arena_deinit(&arena);
    return status == STATUS_MALFORMED ? STATUS_USAGE : status;
}

enum status record_header_encode(const struct record_header *header, struct buffer *out)
{
    if (header->version != RECORD_VERSION || header->newer) {
        return STATUS_USAGE;
    }
    size_t start = out->size;
    put_header(out, header);
    enum status status = buffer_status(out);
    if (status != STATUS_OK) {
        return status;
    }
    return check_encoded(bytes_of(out->at + start, out->size - start));
}
