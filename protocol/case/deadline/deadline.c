#include "protocol/case/deadline/deadline.h"

#include "protocol/case/pack/step.h"
#include "protocol/wire/wire.h"

static const char received_key[] = "nhan_luc";
static const char due_key[] = "hen_tra";

/* One pass over a dossier's records. */
struct pass {
    const struct view *view;
    struct arena *arena;
    struct calendar calendar;
    struct deadline *deadline;
    bool recounts;     /* supplement policy R */
    uint64_t waits_in; /* the state the clock stands in */
};

static enum status integer_of(const struct pass *pass, struct bytes bytes, int64_t *number,
                              bool *known)
{
    struct wire_value value;

    *known = false;
    if (bytes.size == 0)
        return STATUS_OK;
    enum status status = wire_decode(bytes, pass->arena, &value);
    if (status)
        return status == STATUS_NO_MEMORY ? status : STATUS_OK;
    *known = value.type == WIRE_NEGATIVE ||
             (value.type == WIRE_UNSIGNED && value.as.number <= (uint64_t)INT64_MAX);
    if (*known)
        *number = value.type == WIRE_NEGATIVE ? value.as.negative : (int64_t)value.as.number;
    return STATUS_OK;
}

/* The procedure the dossier is of; NULL: it cannot be told. */
static enum status find_procedure(const struct pass *pass, const struct pack_procedure **procedure)
{
    const struct view *view = pass->view;

    *procedure = NULL;
    for (size_t i = 0; i < view->field_count; i++) {
        const struct view_field *field = &view->fields[i];
        struct wire_value value;
        if (!field->field || field->field->type != FIELD_PROCEDURE)
            continue;
        struct bytes shown = field->conflict ? field->standing_bytes : field->value_bytes;
        enum status status =
            shown.size > 0 ? wire_decode(shown, pass->arena, &value) : STATUS_MALFORMED;
        if (status == STATUS_NO_MEMORY)
            return status;
        if (!status && value.type == WIRE_TEXT)
            *procedure = pack_procedure_of(view->pack, value.as.bytes);
        return STATUS_OK;
    }
    return STATUS_OK;
}

static void count_from(struct pass *pass, int64_t moment)
{
    struct deadline *deadline = pass->deadline;

    deadline->started = moment;
    deadline->extended = false;
    deadline->source =
        due_count(&pass->calendar, deadline->policy, deadline->term, moment, &deadline->due)
            ? DEADLINE_NONE
            : DEADLINE_COUNTED;
}

/* The term as counted from the reception. */
static enum status begin(struct pass *pass)
{
    const struct view_field *received = view_field_of(pass->view, bytes_of_text(received_key));
    const struct pack_procedure *procedure;
    int64_t moment = 0;
    bool known = false;

    enum status status = find_procedure(pass, &procedure);
    if (!status && received)
        status =
            integer_of(pass, received->conflict ? received->standing_bytes : received->value_bytes,
                       &moment, &known);
    if (status || !procedure || start_policy_of(procedure->start_policy, &pass->deadline->policy))
        return status;
    pass->deadline->term = procedure->term;
    pass->recounts = bytes_equal_text(procedure->supplement_policy, "R");
    if (known)
        count_from(pass, moment);
    return STATUS_OK;
}

static int64_t moment_of(const struct record *record)
{
    const struct record_header *header = &record->header;

    return header->happened.known ? header->happened.seconds : header->recorded_seconds;
}

static void stop_waiting(struct pass *pass, const struct step *step, int64_t moment)
{
    struct deadline *deadline = pass->deadline;
    bool again = pass->waits_in == STATE_SUPPLEMENT && pass->recounts;

    deadline->waiting = false;
    if (step->to != STATE_IN_WORK)
        return;
    if (again)
        count_from(pass, moment);
    else if (deadline->source != DEADLINE_NONE && deadline->waiting_since < deadline->due.seconds &&
             due_extend(&pass->calendar, deadline->policy, deadline->waiting_since, moment,
                        &deadline->due) == STATUS_OK)
        deadline->extended = true;
}

static void take_step(struct pass *pass, const struct step *step, int64_t moment)
{
    struct deadline *deadline = pass->deadline;

    if (!step || !step_moves(step))
        return;
    if (deadline->waiting)
        stop_waiting(pass, step, moment);
    if (step->to != STATE_SUPPLEMENT && step->to != STATE_FEE)
        return;
    deadline->waiting = true;
    deadline->waiting_since = moment;
    pass->waits_in = step->to;
}

static void take_written(struct pass *pass, int64_t seconds)
{
    struct deadline *deadline = pass->deadline;
    uint32_t of_day;
    int64_t day = calendar_local(&pass->calendar, seconds, &of_day);

    deadline->source = DEADLINE_WRITTEN;
    deadline->extended = false;
    deadline->due = (struct due){.seconds = seconds, .first = day, .last = day, .skipping = day};
}

/* What the due date says that the record at |index| wrote; of several in conflict the earliest
 * holds for the staff (K09). */
static enum status take_writes(struct pass *pass, size_t index)
{
    const struct view_field *field = view_field_of(pass->view, bytes_of_text(due_key));
    enum status status = STATUS_OK;
    int64_t earliest = INT64_MAX;

    for (size_t i = 0; field && i < field->version_count && !status; i++) {
        int64_t seconds;
        bool known;
        if (field->versions[i].entry != index || field->versions[i].proposal)
            continue;
        status = integer_of(pass, field->versions[i].value_bytes, &seconds, &known);
        if (!status && known && due_in_range(seconds) && seconds < earliest)
            earliest = seconds;
    }
    bool later = pass->deadline->source == DEADLINE_WRITTEN && field && field->conflict &&
                 earliest > pass->deadline->due.seconds;
    if (!status && earliest != INT64_MAX && !later)
        take_written(pass, earliest);
    return status;
}

enum status deadline_of(const struct view *view, struct arena *arena, struct deadline *deadline)
{
    struct pass pass = {.view = view, .arena = arena, .deadline = deadline};

    *deadline = (struct deadline){.source = DEADLINE_NONE};
    if (!view->pack)
        return STATUS_OK;
    pass.calendar = calendar_of(view->pack);
    enum status status = begin(&pass);
    for (size_t i = 0; i < view->entry_count && !status; i++) {
        const struct view_entry *entry = &view->entries[i];
        if (entry->effect != EFFECT_EFFECTIVE || !entry->body)
            continue;
        if (entry->record->header.kind == KIND_STEP)
            take_step(&pass, step_of(entry->body->step), moment_of(entry->record));
        status = take_writes(&pass, i);
    }
    return status;
}
