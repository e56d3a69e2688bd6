/*
 * Dossiers that were taken in without a code: the owner of the unit's counter gives them one as
 * soon as it may.
 */
#include "client/replica/act/act.h"
#include "client/replica/act/number_key.h"
#include "client/replica/case/field.h"
#include "client/text/time.h"

#include <string.h>

enum {
    WAITING_BATCH = 64,
    LEFT_DAYS = 7 /* a dossier is left to the store that received it */
};

static struct table_key waiting_key(const struct name *case_name)
{
    struct table_key key = key_start();
    key_u8(&key, NUMBER_WAITING);
    key_name(&key, case_name);
    return key;
}

static enum status write_code(struct replica *replica, const struct name *case_name,
                              struct bytes code)
{
    struct act_result result;
    struct buffer value;
    buffer_init(&value, LIMIT_CODE_BYTES + 8);
    wire_put_text(&value, code);
    struct act_write write = {
        .field = bytes_of_text(FIELD_KEY_CODE), .op = WRITE_SET, .value = buffer_view(&value)};
    struct act act = {.kind = KIND_EDIT,
                      .case_name = *case_name,
                      .writes = &write,
                      .write_count = 1,
                      .source = SOURCE_HERE,
                      .purpose = LOG_COUNTER};
    enum status status = buffer_status(&value);
    if (status == STATUS_OK) {
        status = act_perform_duty(replica, &act, &result);
    }
    buffer_deinit(&value);
    /* What the rules of the case forbid now stays waiting. */
    return status_class_of(status) == STATUS_CLASS_RULE ? STATUS_OK : status;
}

static enum status give_code(struct replica *replica, struct replica_read *read,
                             const struct loaded_case *loaded)
{
    struct code code = {.unit = replica->identity.unit};
    char text[LIMIT_CODE_BYTES + 1];
    int64_t received = 0;
    const struct view *view = &loaded->view;
    if (view->load != VIEW_LOADED || view->pack == NULL ||
        !case_shown_integer(view, FIELD_KEY_RECEIVED, &received)) {
        return STATUS_OK;
    }
    code.day = code_day_of(received, view->pack->zone_minutes);
    enum status status = number_next(read, code.unit, code.day, &code.number);
    if (status == STATUS_OK) {
        status = code_format(&code, text);
    }
    if (status == STATUS_OK) {
        status = write_code(replica, &loaded->row.name, bytes_of_text(text));
    }
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* The genesis of |row|; NOT_FOUND: it is not here. */
static enum status find_genesis(struct store_read *read, const struct case_row *row,
                                struct place *place)
{
    struct case_walk walk;
    struct case_record_row record;
    enum status status = case_walk_begin(read, row->number, &walk);
    while (status == STATUS_OK) {
        status = case_walk_next(&walk, &record);
        if (status == STATUS_OK && name_equal(&record.id16, &row->name)) {
            *place = record.place;
            break;
        }
    }
    case_walk_end(&walk);
    return status;
}

/*
 * Whether a dossier waits for the code of another store of this node's key: that one wrote it,
 * was put back or copied, and gives it a code as soon as it has numbers. Both would else. When
 * days are gone by, it will not come any more.
 */
static enum status is_anothers(struct replica *replica, struct replica_read *read,
                               const struct case_row *row, struct arena *arena, bool *anothers)
{
    int64_t now = replica->world.wall_seconds(replica->world.context);
    struct record record;
    struct log_row log;
    struct place place;
    bool wrote = false;
    *anothers = false;
    enum status status = find_genesis(read->store, row, &place);
    if (status == STATUS_OK)
        status = log_at(read->store, &place, &log);
    if (status != STATUS_OK || !public_key_equal(&log.device, &replica->key))
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    status = log_own_wrote(read->store, log.root, &wrote);
    if (status != STATUS_OK || wrote)
        return status;
    status = log_record_decode(read->store, &place, arena, &record);
    *anothers =
        status == STATUS_OK && now - record.header.recorded_seconds < LEFT_DAYS * TIME_DAY_SECONDS;
    return status;
}

static enum status serve_waiting(struct replica *replica, struct replica_read *read,
                                 const struct name *case_name, struct arena *arena)
{
    struct case_row row;
    struct loaded_case loaded;
    struct table_key key = waiting_key(case_name);
    enum status status = log_case_find(read->store, case_name, &row);
    if (status == STATUS_NOT_FOUND) {
        return group_delete(replica, TABLE_NUMBER, &key);
    }
    if (status == STATUS_OK) {
        status = case_load(read, &row, arena, &loaded);
    }
    if (status != STATUS_OK) {
        return status;
    }
    const struct view_field *field = view_field_of(&loaded.view, bytes_of_text(FIELD_KEY_CODE));
    if (field != NULL && field->version_count > 0) {
        return group_delete(replica, TABLE_NUMBER, &key);
    }
    bool anothers = false;
    status = is_anothers(replica, read, &row, arena, &anothers);
    return status == STATUS_OK && !anothers ? give_code(replica, read, &loaded) : status;
}

/* The name after |name|, to go on behind it. */
static struct name next_name(const struct name *name)
{
    struct name next = *name;
    for (size_t i = sizeof next.bytes; i > 0 && ++next.bytes[i - 1] == 0; i--) {
    }
    return next;
}

enum status duty_serve_case(struct replica *replica, struct replica_read *read,
                            const struct name *case_name, struct arena *arena)
{
    struct table_key key = waiting_key(case_name);
    struct bytes value = {NULL, 0};
    enum status status = store_get(read->store, TABLE_NUMBER, key_bytes(&key), &value);
    if (status != STATUS_OK || !number_is_owner(read, replica->identity.unit)) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    return serve_waiting(replica, read, case_name, arena);
}

enum status duty_serve_waiting(struct replica *replica, struct replica_read *read)
{
    struct name cases[WAITING_BATCH];
    struct name from = {{0}};
    struct arena arena;
    size_t count = 0;
    enum status status = STATUS_OK;
    arena_init(&arena, CASE_ARENA_BYTES);
    do {
        status = number_names(read->store, NUMBER_WAITING, &from, cases, WAITING_BATCH, &count);
        for (size_t i = 0; i < count && status == STATUS_OK; i++) {
            status = serve_waiting(replica, read, &cases[i], &arena);
            arena_reset(&arena);
            from = next_name(&cases[i]);
        }
    } while (status == STATUS_OK && count == WAITING_BATCH && !name_is_none(&from));
    arena_deinit(&arena);
    return status;
}
