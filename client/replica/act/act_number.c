#include "client/replica/act/act.h"
#include "client/replica/act/number.h"
#include "client/replica/case/field.h"
#include "client/text/time.h"

#include <string.h>

static struct write *find_write(struct act_work *work, const char *key)
{
    for (size_t i = 0; i < work->write_count; i++) {
        if (bytes_equal_text(work->writes[i].field, key)) {
            return &work->writes[i];
        }
    }
    return NULL;
}

static enum status add_write(struct act_work *work, const char *key, struct wire_value value)
{
    struct buffer encoded;
    bool copied = false;
    buffer_init(&encoded, LIMIT_CODE_BYTES + 16);
    wire_put_value(&encoded, &value);
    struct bytes name = arena_copy(work->arena, bytes_of_text(key), &copied);
    if (!copied) {
        buffer_deinit(&encoded);
        return STATUS_NO_MEMORY;
    }
    struct write *write = &work->writes[work->write_count++];
    *write = (struct write){.field = name, .op = WRITE_SET, .value = value};
    enum status status = buffer_status(&encoded);
    write->value_bytes = arena_copy(work->arena, buffer_view(&encoded), &copied);
    buffer_deinit(&encoded);
    return status == STATUS_OK && !copied ? STATUS_NO_MEMORY : status;
}

static enum status add_now(struct act_work *work, const char *key)
{
    struct wire_value value = {.type = WIRE_UNSIGNED, .as.number = (uint64_t)work->clock.now};
    return add_write(work, key, value);
}

enum status act_stamp(struct act_work *work)
{
    char key[LIMIT_KEY_BYTES + 1] = {0};
    struct bytes stamp = work->act->stamp;
    if (stamp.size == 0 || stamp.size > LIMIT_KEY_BYTES || !work->clock.sane) {
        return STATUS_OK;
    }
    memcpy(key, stamp.at, stamp.size);
    return find_write(work, key) == NULL ? add_now(work, key) : STATUS_OK;
}

/*
 * When the dossier was received, in seconds; |*known| false if nobody can tell. A clock that may
 * not be believed says nothing: the dossier is taken in all the same, without a moment and
 * therefore without a code, and gets both when an officer has given the date.
 */
static enum status date_of(struct act_work *work, int64_t *seconds, bool *known)
{
    const struct write *given = find_write(work, FIELD_KEY_RECEIVED);
    *known = false;
    if (given != NULL) {
        *known = value_integer(given->value_bytes, seconds);
        return STATUS_OK;
    }
    if (work->act->source != SOURCE_HERE || !work->clock.sane) {
        return STATUS_OK;
    }
    *known = true;
    *seconds = work->clock.now;
    return add_now(work, FIELD_KEY_RECEIVED);
}

/* A code the act brings along: from a register, so only the unit's counter owner takes it in. */
static enum status take_given(struct act_work *work, const struct write *given)
{
    struct code code;
    struct name user;
    struct bytes text = {NULL, 0};
    struct bytes unit = work->replica->identity.unit;
    if (!value_text(given->value_bytes, &text) || !code_parse(text, &code) ||
        !bytes_equal(code.unit, unit)) {
        return act_refuse(work, ACT_WHY_FOREIGN_CODE);
    }
    if (!number_is_owner(work->read, unit)) {
        return act_refuse(work, ACT_WHY_NOT_OWNER);
    }
    enum status status = number_find(work->read->store, &code, &user);
    if (status == STATUS_OK) {
        return act_refuse(work, ACT_WHY_CODE_TAKEN);
    }
    bool lent = false;
    if (status == STATUS_NOT_FOUND) {
        status = number_is_leased(work->read, &code, &lent);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (lent) {
        return act_refuse(work, ACT_WHY_CODE_LEASED);
    }
    memcpy(work->result->code, text.at, text.size);
    work->result->code[text.size] = 0;
    return STATUS_OK;
}

static enum status draw(struct act_work *work, uint32_t day, struct code *code)
{
    struct bytes unit = work->replica->identity.unit;
    *code = (struct code){.unit = unit, .day = day};
    if (number_is_owner(work->read, unit)) {
        return number_next(work->read, unit, day, &code->number);
    }
    return number_leased(work->read, unit, day, &work->log.name, &code->number);
}

enum status act_number(struct act_work *work)
{
    int64_t received = 0;
    bool known = false;
    struct code code;
    const struct write *given = find_write(work, FIELD_KEY_CODE);
    enum status status = date_of(work, &received, &known);
    if (status != STATUS_OK) {
        return status;
    }
    if (given != NULL) {
        return take_given(work, given);
    }
    work->result->provisional = true;
    if (!work->act->number || !known) {
        return STATUS_OK;
    }
    status = draw(work, code_day_of(received, work->pack->zone_minutes), &code);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    status = code_format(&code, work->result->code);
    if (status != STATUS_OK) {
        return status;
    }
    work->result->provisional = false;
    bool copied = false;
    struct bytes text = arena_copy(work->arena, bytes_of_text(work->result->code), &copied);
    struct wire_value value = {.type = WIRE_TEXT, .as.bytes = text};
    return copied ? add_write(work, FIELD_KEY_CODE, value) : STATUS_NO_MEMORY;
}
