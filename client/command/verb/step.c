/*
 * The verbs that move a dossier on, each a row: which steps it stands for, what has to be named,
 * what the program fills in. Whether it may be done is the rules' to say (protocol/case/view).
 */
#include "protocol/case/pack/step.h"

#include "client/command/verb.h"
#include "client/command/verb/act_words.h"
#include "client/command/verb/draft.h"
#include "client/replica/case/field.h"

#include <string.h>

enum { STEPS_A_VERB = 2 };

struct step_verb {
    const char *verb;
    const char *word;                /* its second word: `fee pay`; NULL: it has none */
    const char *steps[STEPS_A_VERB]; /* the first that begins in the dossier's state is taken */
    const char *needs;               /* a field that has to be named; NULL: none */
    bool needs_reason;
    const char *from_reason; /* a field that is the reason's text unless it is named; or NULL */
    const char *also;        /* a field that has the value of |needs|, unless named; or NULL */
    const char *by;          /* a field that is who acts, unless named; or NULL */
    const char *outcome;     /* what FIELD_KEY_OUTCOME is, unless named; or NULL */
    const char *stamp;       /* a field that is the moment, unless named; or NULL */
};

static const struct step_verb step_verbs[] = {
    {.verb = "accept", .steps = {"accept"}, .by = "can_bo_tiep_nhan", .stamp = FIELD_KEY_RECEIVED},
    {.verb = "refuse", .steps = {"refuse", "deny"}, .needs_reason = true, .outcome = "từ chối"},
    {.verb = "assign", .steps = {"assign", "reassign"}, .needs = "can_bo_xu_ly"},
    {.verb = "supplement", .steps = {"supplement"}, .needs_reason = true, .from_reason = "bo_sung"},
    {.verb = "complete", .steps = {"complete"}},
    {.verb = "stop", .steps = {"stop"}, .needs_reason = true},
    {.verb = "fee", .word = "ask", .steps = {"fee"}, .needs = "phi"},
    {.verb = "fee", .word = "pay", .steps = {"paid"}},
    {.verb = "opinion", .steps = {"opinion"}, .needs_reason = true},
    {.verb = "propose", .steps = {"propose"}},
    {.verb = "decide", .steps = {"decide"}, .by = "nguoi_ky", .outcome = "đồng ý"},
    {.verb = "withdraw", .steps = {"withdraw"}, .needs_reason = true},
    {.verb = "apologise",
     .steps = {"reappoint"},
     .needs = FIELD_KEY_DUE,
     .needs_reason = true,
     .also = "hen_lai"},
    {.verb = "handover",
     .steps = {"handover"},
     .needs = "nguoi_nhan",
     .stamp = FIELD_KEY_HANDED_OVER},
};

enum { STEP_VERB_COUNT = sizeof step_verbs / sizeof *step_verbs };

/* The row of the call's verb and second word. NULL: the call has failed. */
static const struct step_verb *find_row(struct call *call)
{
    struct bytes word = call_text(call, "what");

    for (size_t i = 0; i < STEP_VERB_COUNT; i++) {
        const struct step_verb *row = &step_verbs[i];
        if (strcmp(row->verb, call->verb) == 0 && (!row->word || bytes_equal_text(word, row->word)))
            return row;
    }
    call_fail_usage(call, "fee", "phải là fee ask hoặc fee pay", "it is fee ask or fee pay");
    return NULL;
}

/* The step of |row| that begins in |state|; else its first, for the rules to refuse. */
static const struct step *step_from(const struct step_verb *row, uint64_t state)
{
    for (size_t i = 0; i < STEPS_A_VERB && row->steps[i]; i++) {
        const struct step *step = step_of(bytes_of_text(row->steps[i]));
        if (step && state < 32 && (step->from >> state & 1) != 0)
            return step;
    }
    return step_of(bytes_of_text(row->steps[0]));
}

/* A field the program fills unless the person has, where the pack has such a field. */
static bool fill(struct draft *draft, const char *key, struct bytes text)
{
    if (!key || draft_has(draft, key) || !pack_field_of(draft->pack, bytes_of_text(key)))
        return true;
    return draft_write(draft, key, WRITE_SET, text);
}

/* The field |to| gets what |from| was given. */
static bool repeat(struct draft *draft, const char *from, const char *to)
{
    if (!to || draft_has(draft, to) || !pack_field_of(draft->pack, bytes_of_text(to)))
        return true;
    for (size_t i = 0; i < draft->act.write_count; i++) {
        if (bytes_equal_text(draft->writes[i].field, from))
            return draft_choose(draft, bytes_of_text(to), draft->writes[i].value, NULL, 0);
    }
    return true;
}

static bool take_texts(struct draft *draft, const struct step_verb *row)
{
    struct call *call = draft->call;

    if (!call_composed(call, "reason", &draft->act.reason) ||
        !call_composed(call, "basis", &draft->act.basis) ||
        !call_composed(call, "request_id", &draft->act.request))
        return false;
    if (row->needs && !draft_has(draft, row->needs)) {
        call_fail_usage(call, row->needs, "chưa nêu trường này (k=v)",
                        "this field is missing (k=v)");
        return false;
    }
    bool told =
        draft->act.reason.size > 0 || (row->from_reason && draft_has(draft, row->from_reason));
    if (row->needs_reason && !told) {
        call_fail_usage(call, "--reason", "chưa nêu lý do", "the reason is missing");
        return false;
    }
    return true;
}

static bool take_what_follows(struct draft *draft, const struct step_verb *row)
{
    if (row->stamp && pack_field_of(draft->pack, bytes_of_text(row->stamp)) &&
        !draft_has(draft, row->stamp))
        draft->act.stamp = bytes_of_text(row->stamp);
    if (row->outcome && step_of(draft->act.step)->to == STATE_DECIDED &&
        !fill(draft, FIELD_KEY_OUTCOME, bytes_of_text(row->outcome)))
        return false;
    return repeat(draft, row->needs, row->also) &&
           fill(draft, row->from_reason, draft->act.reason) &&
           fill(draft, row->by, draft->act.officer);
}

static void tell(struct call *call, const struct draft *draft, const struct act_result *result)
{
    struct json_writer *writer = &call->writer;
    const struct step *step = step_of(draft->act.step);
    struct words words = act_words_of_step(draft->act.step);
    bool dry_run = call_flag(call, "dry_run");

    if (call->json) {
        json_open_object(writer, NULL);
        json_write_string(writer, "code", result->code);
        json_write_hex(writer, "case", draft->act.case_name.bytes,
                       sizeof draft->act.case_name.bytes);
        json_write_string(writer, "step", step->name);
        json_write_unsigned(writer, "state", step->to);
        if (dry_run)
            json_write_null(writer, "record");
        else
            json_write_hex(writer, "record", result->record.bytes, sizeof result->record.bytes);
        json_write_flag(writer, "repeated", result->repeated);
        json_write_flag(writer, "dry_run", dry_run);
        json_close_object(writer);
        json_write_end(writer);
        return;
    }
    const char *name = call_pick(call, words.vietnamese, words.english);
    if (dry_run)
        call_say(call, "Bước này hợp lệ: %s. Chưa ghi gì (--dry-run).\n",
                 "This step would stand: %s. Nothing was written (--dry-run).\n", name);
    else if (result->repeated)
        call_say(call, "Yêu cầu này đã được ghi trước đó; không ghi thêm.\n",
                 "This request was written before; nothing was added.\n");
    else
        call_say(call, "Hồ sơ %s: %s. Đã lưu trên máy này. Chưa gửi lên hub.\n",
                 "Dossier %s: %s. Saved on this machine. Not sent to the hub yet.\n", result->code,
                 name);
}

void command_step(struct call *call)
{
    const struct step_verb *row = find_row(call);
    struct replica_read *read = NULL;
    struct draft draft;
    struct act_result result;
    struct view view;
    struct bytes code;

    if (!row || !call_needs(call, "code", &code) || !draft_begin(&draft, call, KIND_STEP))
        return;
    draft.any_policy = true;
    read = call_read(call);
    if (!read)
        return;
    enum status status = STATUS_OK;
    bool found = call_case(call, read, code, &draft.act.case_name);
    if (found)
        status = replica_view(read, &draft.act.case_name, &call->arena, &view);
    replica_read_end(read);
    call_fail_status(call, status);
    if (!found || status)
        return;
    draft.act.step = bytes_of_text(step_from(row, view.standing_state)->name);
    if (!draft_take_fields(&draft) || !take_texts(&draft, row) || !take_what_follows(&draft, row))
        return;
    if (draft_perform(&draft, call_flag(call, "dry_run"), &result))
        tell(call, &draft, &result);
}
