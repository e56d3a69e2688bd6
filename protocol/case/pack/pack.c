#include "protocol/case/pack/pack.h"

#include <stdlib.h>
#include <string.h>

enum {
    PACK_FORMAT = 1,
    PACK_ITEMS = 17,
    PACK_HATS = 16,
    TEXT_MOST = 512, /* a label, a name, a reason */
    FIELDS_MOST = 128,
    ROWS_MOST = 4096, /* procedures, units, officers, days: the bytes run out first */
    LABELS_MOST = 64,
    OVERS_MOST = 64,
    TERM_MOST = 100000,
    ZONE_MOST = 14 * 60
};

static const uint64_t VND_MOST = 1000000000000;
static const int64_t DAY_MOST = 1000000; /* some 2,700 years either side of 1970 */

static const char *const policy_names[] = {"append",    "set",       "monotone", "latest",
                                           "authority", "exclusive", "human"};
static const char *const type_names[] = {
    "text",    "name",  "time", "officer", "code",  "identity_number", "phone",
    "channel", "count", "vnd",  "list",    "state", "outcome",         "procedure"};

enum {
    POLICY_COUNT = sizeof(policy_names) / sizeof(policy_names[0]),
    TYPE_COUNT = sizeof(type_names) / sizeof(type_names[0])
};

const char *policy_name(enum policy policy)
{
    return policy_names[policy];
}

const char *field_type_name(enum field_type type)
{
    return type_names[type];
}

bool policy_of_name(struct bytes text, enum policy *policy)
{
    for (size_t i = 0; i < POLICY_COUNT; i++) {
        if (bytes_equal_text(text, policy_names[i])) {
            *policy = (enum policy)i;
            return true;
        }
    }
    return false;
}

bool field_type_of_name(struct bytes text, enum field_type *type)
{
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (bytes_equal_text(text, type_names[i])) {
            *type = (enum field_type)i;
            return true;
        }
    }
    return false;
}

struct hash pack_hash(struct bytes canonical)
{
    return seal_hash("hoso/pack/1", &canonical, 1);
}

/* ---- decoding: one taker a row, one table of sections ---- */

/* What a row is told apart and ordered by. */
struct row_key {
    struct bytes text;
    int64_t number;
};

static int row_key_compare(const struct row_key *a, const struct row_key *b)
{
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return bytes_compare(a->text, b->text);
}

static struct row_key take_field(struct wire_reader *row, void *at)
{
    struct pack_field *field = at;
    field->key = wire_take_text(row, 1, LIMIT_KEY_BYTES);
    field->label = wire_take_text(row, 0, TEXT_MOST);
    field->type = (enum field_type)wire_take_unsigned(row, TYPE_COUNT - 1);
    field->policy = (enum policy)wire_take_unsigned(row, POLICY_COUNT - 1);
    field->impersonal = wire_take_boolean(row);
    field->settler_hats = (uint32_t)wire_take_unsigned(row, UINT32_MAX);
    field->writer_hats = (uint32_t)wire_take_unsigned(row, UINT32_MAX);
    return (struct row_key){.text = field->key};
}

static struct row_key take_procedure(struct wire_reader *row, void *at)
{
    struct pack_procedure *procedure = at;
    procedure->code = wire_take_text(row, 1, LIMIT_CODE_BYTES);
    procedure->name = wire_take_text(row, 0, TEXT_MOST);
    procedure->domain = wire_take_text(row, 0, LIMIT_CODE_BYTES);
    procedure->start_policy = wire_take_text(row, 0, 1);
    procedure->term = wire_take_unsigned(row, TERM_MOST);
    procedure->supplement_policy = wire_take_text(row, 0, 1);
    procedure->fee_vnd = wire_take_unsigned(row, VND_MOST);
    procedure->fee_rule = wire_take_text(row, 0, LIMIT_CODE_BYTES);
    procedure->book = wire_take_text(row, 0, LIMIT_CODE_BYTES);
    return (struct row_key){.text = procedure->code};
}

static struct row_key take_unit(struct wire_reader *row, void *at)
{
    struct pack_unit *unit = at;
    unit->code = wire_take_text(row, 1, LIMIT_CODE_BYTES);
    unit->name = wire_take_text(row, 0, TEXT_MOST);
    unit->level = wire_take_text(row, 0, LIMIT_CODE_BYTES);
    unit->above = wire_take_text(row, 0, LIMIT_CODE_BYTES);
    return (struct row_key){.text = unit->code};
}

static struct row_key take_officer(struct wire_reader *row, void *at)
{
    struct pack_officer *officer = at;
    officer->code = wire_take_text(row, 1, LIMIT_CODE_BYTES);
    officer->name = wire_take_text(row, 0, TEXT_MOST);
    officer->unit = wire_take_text(row, 0, LIMIT_CODE_BYTES);
    officer->title = wire_take_text(row, 0, TEXT_MOST);
    officer->hats = (uint32_t)wire_take_unsigned(row, UINT32_MAX);
    officer->first_hat = (uint8_t)wire_take_unsigned(row, PACK_HATS - 1);
    officer->identity_number = wire_take_text(row, 0, LIMIT_CODE_BYTES);
    return (struct row_key){.text = officer->code};
}

static struct row_key take_label(struct wire_reader *row, void *at)
{
    struct pack_label *label = at;
    label->key = wire_take_text(row, 1, LIMIT_CODE_BYTES);
    label->label = wire_take_text(row, 0, TEXT_MOST);
    return (struct row_key){.text = label->key};
}

static struct row_key take_over(struct wire_reader *row, void *at)
{
    struct pack_over *over = at;
    over->step = wire_take_text(row, 1, LIMIT_KEY_BYTES);
    over->states = (uint32_t)wire_take_unsigned(row, UINT32_MAX);
    return (struct row_key){.text = over->step};
}

static struct row_key take_day(struct wire_reader *row, void *at)
{
    struct pack_day *day = at;
    day->day = wire_take_integer(row);
    day->last_day = wire_take_integer(row);
    day->kind = (uint8_t)wire_take_unsigned(row, 2);
    day->reason = wire_take_text(row, 0, TEXT_MOST);
    if (day->day < -DAY_MOST || day->last_day > DAY_MOST || day->last_day < day->day ||
        (day->kind != 2 && day->last_day != day->day))
        row->failed = true;
    return (struct row_key){.number = day->day * 4 + day->kind};
}

struct section {
    size_t row_size;
    size_t row_items;
    size_t rows_most;
    bool ascending; /* rows ascend by key; else they keep the order given and only may not repeat */
    struct row_key (*take)(struct wire_reader *row, void *at);
};

static const struct section field_section = {sizeof(struct pack_field), 7, FIELDS_MOST, false,
                                             take_field};
static const struct section procedure_section = {sizeof(struct pack_procedure), 9, ROWS_MOST, true,
                                                 take_procedure};
static const struct section unit_section = {sizeof(struct pack_unit), 4, ROWS_MOST, true,
                                            take_unit};
static const struct section officer_section = {sizeof(struct pack_officer), 7, ROWS_MOST, true,
                                               take_officer};
static const struct section label_section = {sizeof(struct pack_label), 2, LABELS_MOST, false,
                                             take_label};
static const struct section over_section = {sizeof(struct pack_over), 2, OVERS_MOST, false,
                                            take_over};
static const struct section day_section = {sizeof(struct pack_day), 4, ROWS_MOST, true, take_day};

/* True iff the key at |count| may follow the |count| keys before it. */
static bool key_follows(const struct section *section, const struct row_key *keys, size_t count)
{
    if (section->ascending)
        return count == 0 || row_key_compare(&keys[count - 1], &keys[count]) < 0;
    for (size_t i = 0; i < count; i++) {
        if (row_key_compare(&keys[i], &keys[count]) == 0)
            return false;
    }
    return true;
}

struct taker {
    struct wire_reader *reader;
    struct arena *arena;
    enum status status; /* sticky */
};

struct rows {
    void *at;
    size_t count;
};

static struct rows take_rows(struct taker *taker, const struct section *section)
{
    struct rows rows = {NULL, 0};
    if (taker->status != STATUS_OK)
        return rows;
    struct wire_reader list = wire_take_array(taker->reader, 0, section->rows_most);
    size_t total = list.failed ? 0 : list.left;
    uint8_t *out = arena_array(taker->arena, total + 1, section->row_size);
    struct row_key *keys = arena_array(taker->arena, total + 1, sizeof(*keys));
    if (out == NULL || keys == NULL) {
        taker->status = STATUS_NO_MEMORY;
        return rows;
    }
    for (size_t i = 0; i < total && taker->status == STATUS_OK; i++) {
        struct wire_reader row = wire_take_array(&list, section->row_items, section->row_items);
        keys[i] = section->take(&row, out + i * section->row_size);
        taker->status = wire_reader_end(&row);
        if (taker->status == STATUS_OK && !key_follows(section, keys, i))
            taker->status = STATUS_MALFORMED;
    }
    if (taker->status == STATUS_OK)
        taker->status = wire_reader_end(&list);
    rows.at = out;
    rows.count = total;
    return rows;
}

static enum status take_sections(struct wire_reader *reader, struct arena *arena, struct pack *pack)
{
    struct taker taker = {reader, arena, STATUS_OK};
    struct rows rows = take_rows(&taker, &field_section);
    pack->fields = rows.at;
    pack->field_count = rows.count;
    rows = take_rows(&taker, &procedure_section);
    pack->procedures = rows.at;
    pack->procedure_count = rows.count;
    rows = take_rows(&taker, &unit_section);
    pack->units = rows.at;
    pack->unit_count = rows.count;
    rows = take_rows(&taker, &officer_section);
    pack->officers = rows.at;
    pack->officer_count = rows.count;
    rows = take_rows(&taker, &label_section);
    pack->domains = rows.at;
    pack->domain_count = rows.count;
    rows = take_rows(&taker, &label_section);
    pack->states = rows.at;
    pack->state_count = rows.count;
    rows = take_rows(&taker, &label_section);
    pack->channels = rows.at;
    pack->channel_count = rows.count;
    rows = take_rows(&taker, &over_section);
    pack->overs = rows.at;
    pack->over_count = rows.count;
    rows = take_rows(&taker, &day_section);
    pack->days = rows.at;
    pack->day_count = rows.count;
    return taker.status;
}

enum status pack_decode(struct bytes canonical, struct arena *arena, struct pack *pack)
{
    *pack = (struct pack){0};
    if (canonical.size > LIMIT_PACK_BYTES)
        return STATUS_LIMIT;
    struct wire_value value;
    enum status status = wire_decode(canonical, arena, &value);
    if (status != STATUS_OK)
        return status;
    struct wire_reader reader = wire_reader_of(&value, PACK_ITEMS, PACK_ITEMS);
    if (wire_take_unsigned(&reader, UINT64_MAX) != PACK_FORMAT)
        return STATUS_MALFORMED;
    pack->hash = pack_hash(canonical);
    pack->version = wire_take_text(&reader, 1, LIMIT_CODE_BYTES);
    pack->district = wire_take_text(&reader, 0, TEXT_MOST);
    pack->example = wire_take_boolean(&reader);
    int64_t zone = wire_take_integer(&reader);
    if (zone < -ZONE_MOST || zone > ZONE_MOST)
        return STATUS_MALFORMED;
    pack->zone_minutes = (int16_t)zone;
    status = take_sections(&reader, arena, pack);
    if (status != STATUS_OK)
        return status;
    struct wire_reader ranks = wire_take_array(&reader, PACK_HATS, PACK_HATS);
    for (size_t i = 0; i < PACK_HATS; i++)
        pack->ranks[i] = (uint8_t)wire_take_unsigned(&ranks, UINT8_MAX);
    if (wire_reader_end(&ranks) != STATUS_OK)
        return STATUS_MALFORMED;
    pack->reach_below_hats = (uint32_t)wire_take_unsigned(&reader, UINT32_MAX);
    struct wire_reader extensions = wire_take_array(&reader, 0, 0);
    if (wire_reader_end(&extensions) != STATUS_OK)
        return STATUS_MALFORMED;
    return wire_reader_end(&reader);
}

/* ---- encoding ---- */

static int by_procedure(const void *a, const void *b)
{
    return bytes_compare(((const struct pack_procedure *)a)->code,
                         ((const struct pack_procedure *)b)->code);
}

static int by_unit(const void *a, const void *b)
{
    return bytes_compare(((const struct pack_unit *)a)->code, ((const struct pack_unit *)b)->code);
}

static int by_officer(const void *a, const void *b)
{
    return bytes_compare(((const struct pack_officer *)a)->code,
                         ((const struct pack_officer *)b)->code);
}

static int by_day(const void *a, const void *b)
{
    const struct pack_day *left = a;
    const struct pack_day *right = b;
    if (left->day != right->day)
        return left->day < right->day ? -1 : 1;
    return (int)left->kind - (int)right->kind;
}

/* A sorted copy, so that the order of the source files never changes a pack's name. */
static void *sorted(struct arena *arena, const void *rows, size_t count, size_t size,
                    int (*compare)(const void *, const void *))
{
    uint8_t *copy = arena_array(arena, count + 1, size);
    if (copy != NULL && count > 0) {
        memcpy(copy, rows, count * size);
        qsort(copy, count, size, compare);
    }
    return copy;
}

static void put_fields(const struct pack *pack, struct buffer *out)
{
    wire_put_array(out, pack->field_count);
    for (size_t i = 0; i < pack->field_count; i++) {
        const struct pack_field *field = &pack->fields[i];
        wire_put_array(out, field_section.row_items);
        wire_put_text(out, field->key);
        wire_put_text(out, field->label);
        wire_put_unsigned(out, field->type);
        wire_put_unsigned(out, field->policy);
        wire_put_boolean(out, field->impersonal);
        wire_put_unsigned(out, field->settler_hats);
        wire_put_unsigned(out, field->writer_hats);
    }
}

static void put_procedures(const struct pack_procedure *rows, size_t count, struct buffer *out)
{
    wire_put_array(out, count);
    for (size_t i = 0; i < count; i++) {
        wire_put_array(out, procedure_section.row_items);
        wire_put_text(out, rows[i].code);
        wire_put_text(out, rows[i].name);
        wire_put_text(out, rows[i].domain);
        wire_put_text(out, rows[i].start_policy);
        wire_put_unsigned(out, rows[i].term);
        wire_put_text(out, rows[i].supplement_policy);
        wire_put_unsigned(out, rows[i].fee_vnd);
        wire_put_text(out, rows[i].fee_rule);
        wire_put_text(out, rows[i].book);
    }
}

static void put_units(const struct pack_unit *rows, size_t count, struct buffer *out)
{
    wire_put_array(out, count);
    for (size_t i = 0; i < count; i++) {
        wire_put_array(out, unit_section.row_items);
        wire_put_text(out, rows[i].code);
        wire_put_text(out, rows[i].name);
        wire_put_text(out, rows[i].level);
        wire_put_text(out, rows[i].above);
    }
}

static void put_officers(const struct pack_officer *rows, size_t count, struct buffer *out)
{
    wire_put_array(out, count);
    for (size_t i = 0; i < count; i++) {
        wire_put_array(out, officer_section.row_items);
        wire_put_text(out, rows[i].code);
        wire_put_text(out, rows[i].name);
        wire_put_text(out, rows[i].unit);
        wire_put_text(out, rows[i].title);
        wire_put_unsigned(out, rows[i].hats);
        wire_put_unsigned(out, rows[i].first_hat);
        wire_put_text(out, rows[i].identity_number);
    }
}

static void put_labels(const struct pack_label *labels, size_t count, struct buffer *out)
{
    wire_put_array(out, count);
    for (size_t i = 0; i < count; i++) {
        wire_put_array(out, label_section.row_items);
        wire_put_text(out, labels[i].key);
        wire_put_text(out, labels[i].label);
    }
}

static void put_overs_and_days(const struct pack *pack, const struct pack_day *days,
                               struct buffer *out)
{
    wire_put_array(out, pack->over_count);
    for (size_t i = 0; i < pack->over_count; i++) {
        wire_put_array(out, over_section.row_items);
        wire_put_text(out, pack->overs[i].step);
        wire_put_unsigned(out, pack->overs[i].states);
    }
    wire_put_array(out, pack->day_count);
    for (size_t i = 0; i < pack->day_count; i++) {
        wire_put_array(out, day_section.row_items);
        wire_put_integer(out, days[i].day);
        wire_put_integer(out, days[i].last_day);
        wire_put_unsigned(out, days[i].kind);
        wire_put_text(out, days[i].reason);
    }
}

/* What the decoder would refuse is the caller's mistake, not a peer's. */
static enum status check_encoded(struct bytes canonical, struct arena *arena)
{
    struct pack again;
    enum status status = pack_decode(canonical, arena, &again);
    return status == STATUS_MALFORMED ? STATUS_USAGE : status;
}

enum status pack_encode(const struct pack *pack, struct buffer *out)
{
    struct arena arena;
    arena_init(&arena, 8 * 1024 * 1024);
    enum status status = STATUS_NO_MEMORY;
    size_t start = out->size;
    struct pack_procedure *procedures =
        sorted(&arena, pack->procedures, pack->procedure_count, sizeof(*procedures), by_procedure);
    struct pack_unit *units =
        sorted(&arena, pack->units, pack->unit_count, sizeof(*units), by_unit);
    struct pack_officer *officers =
        sorted(&arena, pack->officers, pack->officer_count, sizeof(*officers), by_officer);
    struct pack_day *days = sorted(&arena, pack->days, pack->day_count, sizeof(*days), by_day);
    if (procedures == NULL || units == NULL || officers == NULL || days == NULL)
        goto done;
    wire_put_array(out, PACK_ITEMS);
    wire_put_unsigned(out, PACK_FORMAT);
    wire_put_text(out, pack->version);
    wire_put_text(out, pack->district);
    wire_put_boolean(out, pack->example);
    wire_put_integer(out, pack->zone_minutes);
    put_fields(pack, out);
    put_procedures(procedures, pack->procedure_count, out);
    put_units(units, pack->unit_count, out);
    put_officers(officers, pack->officer_count, out);
    put_labels(pack->domains, pack->domain_count, out);
    put_labels(pack->states, pack->state_count, out);
    put_labels(pack->channels, pack->channel_count, out);
    put_overs_and_days(pack, days, out);
    wire_put_array(out, PACK_HATS);
    for (size_t i = 0; i < PACK_HATS; i++)
        wire_put_unsigned(out, pack->ranks[i]);
    wire_put_unsigned(out, pack->reach_below_hats);
    wire_put_array(out, 0);
    status = buffer_status(out);
    if (status == STATUS_OK)
        status = check_encoded(bytes_of(out->at + start, out->size - start), &arena);
done:
    arena_deinit(&arena);
    return status;
}

/* ---- look-ups ---- */

const struct pack_field *pack_field_of(const struct pack *pack, struct bytes key)
{
    for (size_t i = 0; i < pack->field_count; i++) {
        if (bytes_equal(pack->fields[i].key, key))
            return &pack->fields[i];
    }
    return NULL;
}

/* Rows that begin with their code, ascending. */
static const void *row_of_code(const void *rows, size_t count, size_t size, struct bytes code)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const void *row = (const uint8_t *)rows + middle * size;
        struct bytes key;
        memcpy(&key, row, sizeof(key));
        int order = bytes_compare(key, code);
        if (order == 0)
            return row;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct pack_procedure *pack_procedure_of(const struct pack *pack, struct bytes code)
{
    return row_of_code(pack->procedures, pack->procedure_count, sizeof(struct pack_procedure),
                       code);
}

const struct pack_unit *pack_unit_of(const struct pack *pack, struct bytes code)
{
    return row_of_code(pack->units, pack->unit_count, sizeof(struct pack_unit), code);
}

const struct pack_officer *pack_officer_of(const struct pack *pack, struct bytes code)
{
    return row_of_code(pack->officers, pack->officer_count, sizeof(struct pack_officer), code);
}

struct bytes pack_label_of(const struct pack_label *labels, size_t count, struct bytes key)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes_equal(labels[i].key, key))
            return labels[i].label;
    }
    return key;
}

bool pack_reaches(const struct pack *pack, uint64_t hat, struct bytes officer_unit,
                  struct bytes unit)
{
    if (officer_unit.size == 0 || hat >= PACK_HATS)
        return false;
    if (bytes_equal(officer_unit, unit))
        return true;
    if ((pack->reach_below_hats >> hat & 1) == 0)
        return false;
    /* A ring of units above each other must not hold us: no chain is longer than all units. */
    for (size_t i = 0; i < pack->unit_count; i++) {
        const struct pack_unit *row = pack_unit_of(pack, unit);
        if (row == NULL || row->above.size == 0)
            return false;
        unit = row->above;
        if (bytes_equal(officer_unit, unit))
            return true;
    }
    return false;
}

uint8_t pack_rank(const struct pack *pack, uint64_t hat, struct bytes officer_unit,
                  struct bytes unit)
{
    return pack_reaches(pack, hat, officer_unit, unit) ? pack->ranks[hat] : 0;
}
