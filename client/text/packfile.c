#include "client/text/packfile.h"

#include "client/example/example.h"
#include "client/text/file.h"
#include "client/text/json.h"
#include "client/text/packrows.h"
#include "client/text/text.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { HAT_COUNT = 16 /* of ranks[] */, TERM_MOST = 100000 };

/* One reading of procedures.json. */
struct reading {
    const struct json *root;
    struct arena *arena;
    struct pack *pack;
    struct packfile_problem *problem;
};

static enum status complain(const struct reading *reading, const char *what, const char *key)
{
    (void)snprintf(reading->problem->text, sizeof reading->problem->text, "procedures.json, %s: %s",
                   key, what);
    return STATUS_MALFORMED;
}

/* Texts of a pack are composed (NFC), whatever editor wrote the file. */
static enum status keep_text(const struct reading *reading, const struct json *value,
                             const char *key, struct bytes *out)
{
    struct buffer composed;
    bool copied;

    *out = (struct bytes){0};
    if (!value || json_holds_null(value))
        return STATUS_OK;
    if (!json_holds_text(value))
        return complain(reading, "a text is needed", key);
    buffer_init(&composed, LIMIT_PACK_BYTES);
    enum status status = text_normalise(json_as_text(value), &composed);
    if (status == STATUS_MALFORMED)
        status = complain(reading, "the text holds characters that are not allowed", key);
    if (!status) {
        *out = arena_copy(reading->arena, buffer_view(&composed), &copied);
        status = copied ? STATUS_OK : STATUS_NO_MEMORY;
    }
    buffer_deinit(&composed);
    return status;
}

/* Bits of the hats a list of names holds. */
static enum status hats_of(const struct reading *reading, const struct json *list, const char *key,
                           uint32_t *hats)
{
    *hats = 0;
    if (list && !json_holds_array(list))
        return complain(reading, "a list of hats is needed", key);
    for (size_t i = 0; i < json_count(list); i++) {
        enum hat hat = hat_of_name(json_as_text(json_item(list, i)));
        if (hat == HAT_NONE)
            return complain(reading, "unknown hat", key);
        *hats |= 1u << hat;
    }
    return STATUS_OK;
}

/* Walks the members of an object until one fails. */
struct member_walk {
    struct reading *reading;
    enum status (*take)(struct reading *reading, const char *key, const struct json *member,
                        void *row);
    uint8_t *rows; /* zeroed, as many as there are members; NULL: none are filled */
    size_t row_size;
    enum status status;
};

static bool take_member(void *context, const char *key, const struct json *member)
{
    struct member_walk *walk = context;

    walk->status = walk->take(walk->reading, key, member, walk->rows);
    if (walk->rows)
        walk->rows += walk->row_size;
    return walk->status == STATUS_OK;
}

static enum status copy_key(const struct reading *reading, const char *key, struct bytes *out)
{
    bool copied;

    *out = arena_copy(reading->arena, bytes_of_text(key), &copied);
    return copied ? STATUS_OK : STATUS_NO_MEMORY;
}

/* What an erasure's stand-in may keep: what tells nothing about a person. */
static bool is_impersonal(enum field_type type)
{
    return type == FIELD_STATE || type == FIELD_CODE || type == FIELD_TIME ||
           type == FIELD_PROCEDURE || type == FIELD_OUTCOME || type == FIELD_CHANNEL;
}

static enum status take_field(struct reading *reading, const char *key, const struct json *member,
                              void *row)
{
    struct pack_field *field = row;
    const struct json *competence = json_member(reading->root, "competence");
    const struct json *settle = json_member(competence, "may_settle");
    const struct json *writers = json_member(json_member(competence, "writers"), key);
    const struct json *mark = json_member(member, "impersonal");
    struct bytes policy = json_as_text(json_member(member, "policy"));

    if (!field_type_of_name(json_as_text(json_member(member, "type")), &field->type))
        return complain(reading, "unknown type", key);
    if (!policy_of_name(policy, &field->policy))
        return complain(reading, "unknown policy", key);
    field->impersonal = mark ? json_as_flag(mark) : is_impersonal(field->type);
    /* A line for the field itself goes before its policy's. */
    const struct json *settlers = json_member(settle, key);
    if (!settlers)
        settlers = json_member(settle, policy_name(field->policy));
    enum status status = hats_of(reading, settlers, key, &field->settler_hats);
    if (!status)
        status = hats_of(reading, writers, key, &field->writer_hats);
    if (!writers)
        field->writer_hats = UINT32_MAX;
    if (!status)
        status = keep_text(reading, json_member(member, "label"), key, &field->label);
    return status ? status : copy_key(reading, key, &field->key);
}

static enum status take_label(struct reading *reading, const char *key, const struct json *member,
                              void *row)
{
    struct pack_label *label = row;

    enum status status = keep_text(reading, member, key, &label->label);
    return status ? status : copy_key(reading, key, &label->key);
}

static enum status take_over(struct reading *reading, const char *key, const struct json *member,
                             void *row)
{
    struct pack_over *over = row;

    for (size_t i = 0; i < json_count(member); i++) {
        int64_t state = json_as_integer(json_item(member, i), 0);
        if (state < 1 || state > 31)
            return complain(reading, "unknown state", key);
        over->states |= 1u << state;
    }
    return copy_key(reading, key, &over->step);
}

static enum status take_rank(struct reading *reading, const char *key, const struct json *member,
                             void *row)
{
    enum hat hat = hat_of_name(bytes_of_text(key));
    int64_t rank = json_as_integer(member, -1);

    (void)row;
    if (hat == HAT_NONE || (int)hat >= HAT_COUNT)
        return complain(reading, "unknown hat", key);
    if (rank < 0 || rank > UINT8_MAX)
        return complain(reading, "a rank is a number from 0 to 255", key);
    reading->pack->ranks[hat] = (uint8_t)rank;
    return STATUS_OK;
}

static enum status take_procedure(struct reading *reading, const struct json *item,
                                  struct pack_procedure *out)
{
    struct {
        const char *key;
        struct bytes *at;
    } texts[] = {
        {"code", &out->code},
        {"name", &out->name},
        {"domain", &out->domain},
        {"start_policy", &out->start_policy},
        {"supplement_policy", &out->supplement_policy},
        {"fee_rule", &out->fee_rule},
        {"book", &out->book},
    };
    int64_t term = json_as_integer(json_member(item, "term"), -1);
    int64_t fee = json_as_integer(json_member(item, "fee_vnd"), -1);

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        enum status status =
            keep_text(reading, json_member(item, texts[i].key), texts[i].key, texts[i].at);
        if (status)
            return status;
    }
    if (out->code.size == 0 || out->name.size == 0)
        return complain(reading, "a procedure has a code and a name", "procedures");
    if (term < 0 || term > TERM_MOST || fee < 0)
        return complain(reading, "term and fee_vnd are numbers, not negative",
                        (const char *)out->code.at);
    out->term = (uint64_t)term;
    out->fee_vnd = (uint64_t)fee;
    return STATUS_OK;
}

static enum status take_procedures(struct reading *reading)
{
    const struct json *list = json_member(reading->root, "procedures");
    size_t count = json_count(list);
    struct pack_procedure *procedures =
        arena_array(reading->arena, count + 1, sizeof(struct pack_procedure));

    if (!json_holds_array(list))
        return complain(reading, "a list is needed", "procedures");
    if (!procedures)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        enum status status = take_procedure(reading, json_item(list, i), &procedures[i]);
        if (status)
            return status;
    }
    reading->pack->procedures = procedures;
    reading->pack->procedure_count = count;
    return STATUS_OK;
}

/* "+07:00" to minutes east of UTC. */
static bool zone_of(struct bytes text, int16_t *minutes)
{
    int hour;
    int minute;
    char sign;
    char copy[8] = {0};

    if (text.size != 6)
        return false;
    memcpy(copy, text.at, text.size);
    if (sscanf(copy, "%c%2d:%2d", &sign, &hour, &minute) != 3 || (sign != '+' && sign != '-') ||
        hour < 0 || hour > 14 || minute < 0 || minute > 59)
        return false;
    *minutes = (int16_t)((sign == '-' ? -1 : 1) * (hour * 60 + minute));
    return true;
}

/* An object's members become a table of as many rows. */
static enum status take_table(struct reading *reading, const struct json *object, size_t row_size,
                              enum status (*take)(struct reading *reading, const char *key,
                                                  const struct json *member, void *row),
                              void **rows)
{
    *rows = arena_array(reading->arena, json_count(object) + 1, row_size);
    struct member_walk walk = {
        .reading = reading, .take = take, .rows = *rows, .row_size = row_size};
    if (!*rows)
        return STATUS_NO_MEMORY;
    json_members(object, take_member, &walk);
    return walk.status;
}

static enum status take_labels(struct reading *reading, const char *key,
                               const struct pack_label **labels, size_t *count)
{
    const struct json *object = json_member(reading->root, key);
    void *rows;

    enum status status = take_table(reading, object, sizeof(struct pack_label), take_label, &rows);
    *labels = rows;
    *count = json_count(object);
    return status;
}

static enum status take_fields(struct reading *reading)
{
    const struct json *object = json_member(reading->root, "fields");
    void *rows;

    enum status status = take_table(reading, object, sizeof(struct pack_field), take_field, &rows);
    reading->pack->fields = rows;
    reading->pack->field_count = json_count(object);
    if (!status && reading->pack->field_count == 0)
        status = complain(reading, "the form's fields are needed", "fields");
    return status;
}

static enum status take_competence(struct reading *reading)
{
    struct pack *pack = reading->pack;
    const struct json *competence = json_member(reading->root, "competence");
    const struct json *over = json_member(json_member(competence, "over"), "trang_thai");
    const struct json *below = json_member(competence, "reach_below");
    struct member_walk ranks = {.reading = reading, .take = take_rank};
    void *rows;

    enum status status = take_table(reading, over, sizeof(struct pack_over), take_over, &rows);
    pack->overs = rows;
    pack->over_count = json_count(over);
    if (status)
        return status;
    json_members(json_member(competence, "ranks"), take_member, &ranks);
    if (ranks.status)
        return ranks.status;
    status = hats_of(reading, below, "reach_below", &pack->reach_below_hats);
    /* Where the pack does not list them, the one hat that stands above communes. */
    if (!below)
        pack->reach_below_hats = 1u << HAT_CASE_DECIDER;
    return status;
}

static enum status take_root(struct reading *reading)
{
    const struct json *root = reading->root;
    struct pack *pack = reading->pack;

    if (!zone_of(json_as_text(json_member(root, "time_zone")), &pack->zone_minutes))
        return complain(reading, "a zone like \"+07:00\" is needed", "time_zone");
    enum status status =
        keep_text(reading, json_member(root, "version"), "version", &pack->version);
    if (!status)
        status = take_fields(reading);
    if (!status)
        status = take_labels(reading, "domains", &pack->domains, &pack->domain_count);
    if (!status)
        status = take_labels(reading, "states", &pack->states, &pack->state_count);
    if (!status)
        status = take_labels(reading, "channels", &pack->channels, &pack->channel_count);
    if (!status)
        status = take_competence(reading);
    return status ? status : take_procedures(reading);
}

enum status packfile_parse(const struct packfile_texts *texts, struct arena *arena,
                           struct pack *pack, struct packfile_problem *problem)
{
    struct json *root = NULL;

    *pack = (struct pack){0};
    problem->text[0] = 0;
    enum status status = json_read(texts->procedures, &root);
    struct reading reading = {.root = root, .arena = arena, .pack = pack, .problem = problem};
    if (status == STATUS_MALFORMED || (!status && !json_holds_object(root)))
        status = complain(&reading, "it is not one JSON object", "as a whole");
    if (!status)
        status = take_root(&reading);
    if (!status)
        status = packrows_units(texts->units, arena, pack, problem);
    if (!status)
        status = packrows_staff(texts->staff, arena, pack, problem);
    if (!status)
        status = packrows_calendar(texts->calendar, arena, pack, problem);
    json_release(root);
    return status;
}

static enum status read_part(const char *folder, const char *name, struct buffer *out,
                             struct packfile_problem *problem)
{
    char path[PATH_MAX];

    int size = snprintf(path, sizeof path, "%s/%s", folder, name);
    enum status status = size < 0 || (size_t)size >= sizeof path ? STATUS_LIMIT : STATUS_OK;
    if (!status)
        status = file_read(path, out);
    if (status)
        (void)snprintf(problem->text, sizeof problem->text, "%s: the file cannot be read", name);
    return status;
}

static enum status encode_texts(const struct packfile_texts *texts, bool example,
                                struct buffer *out, struct packfile_problem *problem)
{
    struct arena arena;
    struct pack pack;

    arena_init(&arena, 4 * PACKFILE_BYTES_MAX);
    enum status status = packfile_parse(texts, &arena, &pack, problem);
    if (!status) {
        pack.example = example;
        status = pack_encode(&pack, out);
    }
    if (status && problem->text[0] == 0)
        (void)snprintf(problem->text, sizeof problem->text, "%s",
                       status == STATUS_LIMIT ? "the pack is too large"
                                              : "a key stands twice, or a text is too long");
    arena_deinit(&arena);
    return status;
}

enum status packfile_encode_example(const struct buffer *calendar, struct buffer *out,
                                    struct packfile_problem *problem)
{
    const struct packfile_texts texts = {example_procedures(),
                                         calendar ? buffer_view(calendar) : example_calendar(),
                                         example_units(), example_staff()};

    problem->text[0] = 0;
    return encode_texts(&texts, calendar == NULL, out, problem);
}

enum status packfile_encode(const char *path, struct buffer *out, struct packfile_problem *problem)
{
    static const char *const names[] = {"procedures.json", "calendar.csv", "units.csv",
                                        "staff.csv"};
    struct buffer parts[4];
    enum status status = STATUS_OK;

    problem->text[0] = 0;
    if (!path)
        return packfile_encode_example(NULL, out, problem);
    for (size_t i = 0; i < 4; i++)
        buffer_init(&parts[i], PACKFILE_BYTES_MAX);
    for (size_t i = 0; i < 4 && !status; i++)
        status = read_part(path, names[i], &parts[i], problem);
    if (!status) {
        struct packfile_texts texts = {buffer_view(&parts[0]), buffer_view(&parts[1]),
                                       buffer_view(&parts[2]), buffer_view(&parts[3])};
        status = encode_texts(&texts, false, out, problem);
    }
    for (size_t i = 0; i < 4; i++)
        buffer_deinit(&parts[i]);
    return status;
}
