#include "client/replica/act/act.h"
#include "client/replica/case/field.h"
#include "protocol/case/pack/step.h"

#include <stdio.h>
#include <string.h>

/* Room for what a genesis gets beside the person's writes: the moment of reception and the code. */
enum { OWN_WRITES = 2 };

enum status act_take_officer(struct act_work *work)
{
    work->pack = snapshot_pack(work->replica, work->read->authority, NULL);
    if (work->pack == NULL) {
        return act_refuse(work, ACT_WHY_NO_PACK);
    }
    if (work->duty) {
        return STATUS_OK;
    }
    const struct pack_officer *officer = pack_officer_of(work->pack, work->act->officer);
    if (officer == NULL) {
        return act_refuse(work, ACT_WHY_NO_OFFICER);
    }
    if (work->act->hat >= 32 || (officer->hats >> work->act->hat & 1) == 0) {
        return act_refuse(work, ACT_WHY_NO_HAT);
    }
    /* The dossier would be counted, and decided, where its first officer belongs. */
    if (work->act->kind == KIND_GENESIS &&
        !bytes_equal(officer->unit, work->replica->identity.unit)) {
        return act_refuse(work, ACT_WHY_FOREIGN_OFFICER);
    }
    work->officer_unit = officer->unit;
    return STATUS_OK;
}

enum status act_take_writes(struct act_work *work)
{
    const struct act *act = work->act;
    if (act->write_count > LIMIT_WRITES - OWN_WRITES) {
        return STATUS_USAGE;
    }
    work->writes = arena_array(work->arena, act->write_count + OWN_WRITES, sizeof *work->writes);
    if (work->writes == NULL) {
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < act->write_count; i++) {
        const struct act_write *from = &act->writes[i];
        struct write *to = &work->writes[work->write_count++];
        *to = (struct write){.field = from->field,
                             .op = from->op,
                             .value_bytes = from->value,
                             .sources = from->sources,
                             .source_count = from->source_count};
        enum status status = wire_decode(from->value, work->arena, &to->value);
        if (status != STATUS_OK) {
            return status == STATUS_NO_MEMORY ? status : STATUS_USAGE;
        }
        bool scalar = to->value.type == WIRE_NIL || to->value.type == WIRE_TEXT ||
                      to->value.type == WIRE_UNSIGNED || to->value.type == WIRE_NEGATIVE;
        if (!scalar || from->field.size == 0 || from->op > WRITE_REMOVE) {
            return STATUS_USAGE;
        }
    }
    return STATUS_OK;
}

/* ---- writes against the case ---- */

/* The live version that holds |value|, or NULL. */
static const struct view_version *version_of(const struct view_field *field, struct bytes value)
{
    for (size_t i = 0; i < field->version_count; i++) {
        if (!field->versions[i].erased && bytes_equal(field->versions[i].value_bytes, value)) {
            return &field->versions[i];
        }
    }
    return NULL;
}

/* Whether the case says it already. Unchanged values saved with a form would all conflict with what
 * others wrote meanwhile, so they are no writes (D5). */
static bool changes_nothing(struct act_work *work, const struct write *write)
{
    const struct view *view = &work->loaded.view;
    const struct view_field *field = view_field_of(view, write->field);
    if (field == NULL || field->version_count == 0) {
        return write->op == WRITE_SET && write->value.type == WIRE_NIL;
    }
    const struct view_version *version = version_of(field, write->value_bytes);
    if (field->conflict || version == NULL) {
        return false;
    }
    bool same = write->op == WRITE_SET
                    ? bytes_equal(field->value_bytes, write->value_bytes)
                    : write->op == WRITE_ADD && field->field->policy == POLICY_SET;
    if (same) {
        work->unchanged_by = view->entries[version->entry].record->id;
    }
    return same;
}

static void drop_unchanged(struct act_work *work)
{
    size_t kept = 0;
    size_t given = work->write_count;
    for (size_t i = 0; i < given; i++) {
        if (!changes_nothing(work, &work->writes[i])) {
            work->writes[kept++] = work->writes[i];
        }
    }
    work->write_count = kept;
    work->unchanged = given > 0 && kept == 0;
}

static bool adds(const struct view_entry *entry, const struct write *removal)
{
    for (size_t i = 0; entry->body != NULL && i < entry->body->write_count; i++) {
        const struct write *write = &entry->body->writes[i];
        if (write->op == WRITE_ADD && bytes_equal(write->field, removal->field) &&
            bytes_equal(write->value_bytes, removal->value_bytes)) {
            return true;
        }
    }
    return false;
}

/* A removal takes away the additions its writer has seen, and names them. */
static enum status name_additions(struct act_work *work, struct write *removal)
{
    const struct view *view = &work->loaded.view;
    size_t count = 0;
    struct hash *sources = arena_array(work->arena, LIMIT_SOURCES, sizeof *sources);
    if (sources == NULL) {
        return STATUS_NO_MEMORY;
    }
    for (size_t i = view->entry_count; i > 0 && count < LIMIT_SOURCES; i--) {
        const struct view_entry *entry = &view->entries[i - 1];
        if (entry->effect == EFFECT_EFFECTIVE && adds(entry, removal)) {
            sources[count++] = entry->record->id;
        }
    }
    if (count == 0) {
        return act_refuse(work, ACT_WHY_NOT_IN_LIST);
    }
    removal->sources = sources;
    removal->source_count = count;
    return STATUS_OK;
}

static enum status check_load(struct act_work *work)
{
    switch (work->loaded.view.load) {
    case VIEW_LOADED:
        return STATUS_OK;
    case VIEW_NOT_LOADED:
        return act_refuse(work, ACT_WHY_NOT_LOADED);
    case VIEW_NEWER: /* what is understood is shown, and notes are taken: view_judge() (H37) */
        return work->loaded.view.pack ? STATUS_OK : act_refuse(work, ACT_WHY_NEWER);
    }
    return STATUS_CORRUPT;
}

enum status act_take_case(struct act_work *work)
{
    const struct act *act = work->act;
    struct case_row row;
    enum status status = log_case_find(work->read->store, &act->case_name, &row);
    if (status == STATUS_OK) {
        status = case_load(work->read, &row, work->arena, &work->loaded);
    }
    if (status == STATUS_OK) {
        status = check_load(work);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (act->has_expected && !name_equal(&act->expected_view, &work->loaded.view.hash16)) {
        return STATUS_CHANGED;
    }
    for (size_t i = 0; i < work->write_count && status == STATUS_OK; i++) {
        struct write *write = &work->writes[i];
        if (write->op == WRITE_REMOVE && write->source_count == 0) {
            status = name_additions(work, write);
        }
    }
    if (status == STATUS_OK && act->kind == KIND_EDIT) {
        drop_unchanged(work);
    }
    return status;
}

/* ---- judgement ---- */

/* Which of the act's fields stands in the way, for the message. */
static void name_field(struct act_work *work)
{
    for (size_t i = 0; i < work->write_count; i++) {
        struct bytes key = work->writes[i].field;
        const struct view_field *field = view_field_of(&work->loaded.view, key);
        if (pack_field_of(work->pack, key) == NULL || (field != NULL && field->conflict)) {
            (void)snprintf(work->result->detail, sizeof work->result->detail, "%.*s", (int)key.size,
                           (const char *)key.at);
            return;
        }
    }
}

/* A decision upon a dossier whose owner or submitter has the officer's identity number. Names are
 * not asked: they repeat. Source: Law on Civil Status 2014 art. 12.1.h. */
static bool decides_own(const struct act_work *work)
{
    const struct act *act = work->act;
    const struct pack_officer *officer = pack_officer_of(work->pack, act->officer);
    const struct step *step = act->kind == KIND_STEP ? step_of(act->step) : NULL;
    bool decides = act->kind == KIND_RESOLUTION || (step != NULL && step->to == STATE_DECIDED);
    struct bytes number = {NULL, 0};
    return decides && act->source == SOURCE_HERE && officer != NULL &&
           officer->identity_number.size > 0 &&
           case_shown_text(&work->loaded.view, FIELD_KEY_IDENTITY_NUMBER, &number) &&
           bytes_equal(number, officer->identity_number);
}

enum status act_judge(struct act_work *work)
{
    const struct act *act = work->act;
    struct case_body body;
    if (decides_own(work)) {
        work->result->article = "Luật Hộ tịch 2014 Điều 12.1.h";
        return act_refuse(work, ACT_WHY_OWN_CASE);
    }
    act_body(work, &body);
    struct view_draft draft = {.kind = act->kind,
                               .body = &body,
                               .hat = act->hat,
                               .officer = act->officer,
                               .officer_unit = work->officer_unit,
                               .source = act->source};
    enum status status =
        view_judge(&work->loaded.view, &draft, &work->result->why, &work->result->article);
    if (status == STATUS_REFUSED) {
        name_field(work);
    }
    return status;
}

static enum status refuse_by_rule(struct act_work *work, const struct view *view)
{
    if (view->entry_count == 1) {
        work->result->why = view->entries[0].why;
        work->result->article = view->entries[0].article;
    }
    name_field(work);
    return STATUS_REFUSED;
}

/* The record it would be, but for log, hashes and signature: they say nothing to a view of one. */
enum status act_judge_genesis(struct act_work *work)
{
    struct case_body body;
    struct view view;
    struct buffer encoded;
    struct record record = {.has_body = true};
    act_body(work, &body);
    act_header(work, &record.header);
    buffer_init(&encoded, LIMIT_BODY_BYTES);
    enum status status = case_body_encode(&body, &encoded);
    if (status != STATUS_OK) {
        goto done;
    }
    record.body = buffer_view(&encoded);
    record.header.log = work->header_log;
    record.header.seq = 2;
    record.header.body_size = record.body.size;
    memset(record.id.bytes, 1, sizeof record.id.bytes);
    struct view_record input = {.record = &record, .standing = STANDING_GRANTED};
    status = case_view(work->read, &input, 1, work->arena, &view);
    if (status == STATUS_OK &&
        (view.entry_count != 1 || view.entries[0].effect != EFFECT_EFFECTIVE)) {
        status = refuse_by_rule(work, &view);
    }
done:
    buffer_deinit(&encoded);
    return status == STATUS_LIMIT ? STATUS_USAGE : status;
}
