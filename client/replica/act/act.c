#include "client/replica/act/act.h"

#include "client/replica/act/number.h"
#include "client/replica/case/field.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ARENA_START_BYTES =
        48 * 1024 /* malloc tidies all its free lists for each block of 64 KiB freed */
};

enum status act_refuse(struct act_work *work, enum act_why why)
{
    work->result->why = act_why_text(why);
    return STATUS_REFUSED;
}

/* The code the case shows now: for an act on it, or a request id seen before. */
static void show_code(const struct view *view, struct act_result *result)
{
    struct bytes code = {NULL, 0};
    result->provisional = true;
    if (case_shown_text(view, FIELD_KEY_CODE, &code) && code.size > 0 &&
        code.size <= LIMIT_CODE_BYTES) {
        memcpy(result->code, code.at, code.size);
        result->code[code.size] = 0;
        result->provisional = false;
        return;
    }
    code_provisional(&result->case_name, result->code);
}

/* Same request id, same answer: nothing is written twice. |*known| if it was answered. */
static enum status answer_again(struct act_work *work, bool *known)
{
    struct act_result *result = work->result;
    *known = false;
    if (work->act->request.size == 0) {
        return STATUS_OK;
    }
    if (work->act->request.size > LIMIT_REQUEST_BYTES) {
        return STATUS_USAGE;
    }
    enum status status = number_request_find(work->read->store, work->act->request, &result->record,
                                             &result->case_name);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    struct view view;
    status = replica_view(work->read, &result->case_name, work->arena, &view);
    if (status == STATUS_OK) {
        show_code(&view, result);
        result->repeated = true;
        *known = true;
    }
    return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
}

/* The log a new dossier is numbered for: none is opened before its record is sure. */
static enum status look_at_log(struct act_work *work)
{
    struct log_row root;
    enum status status = log_own_find(work->read->store, work->act->purpose, &work->log);
    if (status == STATUS_OK) {
        status = log_get(work->read->store, work->log.root, &root);
        work->header_log = root.name;
    }
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* A case stays in its scope, whoever acts on it: a hub decides in the office's. */
static enum status take_log(struct act_work *work)
{
    struct name scope = work->replica->identity.scope;
    enum status status = STATUS_OK;
    if (work->act->kind != KIND_GENESIS) {
        status = log_scope_name(work->read->store, work->loaded.row.scope, &scope);
    }
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
    }
    return log_own_in(work->replica, work->act->purpose, &scope, &work->log, &work->header_log);
}

/* Everything up to the point where a record could be written. */
static enum status prepare(struct act_work *work)
{
    enum status status = clock_judge(work->read, &work->clock);
    if (status == STATUS_OK) {
        status = act_take_officer(work);
    }
    if (status == STATUS_OK) {
        status = act_take_writes(work);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (work->act->kind == KIND_GENESIS) {
        status = look_at_log(work);
        if (status == STATUS_OK) {
            status = act_number(work);
        }
        return status == STATUS_OK ? act_judge_genesis(work) : status;
    }
    status = act_take_case(work);
    if (status == STATUS_OK) {
        status = act_stamp(work);
    }
    return status == STATUS_OK && !work->unchanged ? act_judge(work) : status;
}

static enum status store_act(struct act_work *work)
{
    struct act_result *result = work->result;
    enum status status = take_log(work);
    if (status == STATUS_OK) {
        status = act_write(work);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (work->act->kind != KIND_GENESIS) {
        show_code(&work->loaded.view, result);
    } else if (result->provisional) {
        code_provisional(&result->case_name, result->code);
    }
    /* A dossier whose date a person's act has brought gets its code at once. Its derived rows are
     * made after the act is durable, by replica_index(); a register's dossiers get both there. */
    if (work->duty || work->act->purpose == LOG_BULK) {
        return STATUS_OK;
    }
    return duty_serve_case(work->replica, work->read, &result->case_name, work->arena);
}

static enum status perform(struct act_work *work, bool write)
{
    bool known = false;
    *work->result = (struct act_result){.repeated = false};
    if (!record_is_of_case(work->act->kind)) {
        return STATUS_USAGE;
    }
    enum status status = answer_again(work, &known);
    if (status == STATUS_OK && !known) {
        status = prepare(work);
    }
    if (status != STATUS_OK || known || !write) {
        return status;
    }
    if (work->unchanged) {
        work->result->case_name = work->loaded.row.name;
        work->result->record = work->unchanged_by;
        work->result->repeated = true;
        show_code(&work->loaded.view, work->result);
        return STATUS_OK;
    }
    return store_act(work);
}

static enum status perform_in_arena(struct act_work *work, bool write)
{
    struct arena arena;
    uint8_t *memory = malloc(ARENA_START_BYTES);
    if (memory == NULL) {
        return STATUS_NO_MEMORY;
    }
    arena_init_over(&arena, memory, ARENA_START_BYTES, CASE_ARENA_BYTES);
    work->arena = &arena;
    enum status status = perform(work, write);
    work->arena = NULL;
    arena_deinit(&arena);
    free(memory);
    return status;
}

static enum status perform_in_group(struct replica *replica, const struct act *act, bool duty,
                                    struct act_result *result)
{
    struct replica_read read;
    group_read(replica, &read);
    struct act_work work = {
        .replica = replica, .read = &read, .act = act, .result = result, .duty = duty};
    enum status status = perform_in_arena(&work, true);
    replica_read_end(&read);
    return status;
}

enum status replica_act(struct replica *replica, const struct act *act, struct act_result *result)
{
    return perform_in_group(replica, act, false, result);
}

enum status act_perform_duty(struct replica *replica, const struct act *act,
                             struct act_result *result)
{
    return perform_in_group(replica, act, true, result);
}

enum status replica_act_check(struct replica *replica, const struct act *act,
                              struct act_result *result)
{
    struct replica_read *read = NULL;
    enum status status = replica_read_begin(replica, &read);
    if (status != STATUS_OK) {
        return status;
    }
    struct act_work work = {.replica = replica, .read = read, .act = act, .result = result};
    status = perform_in_arena(&work, false);
    replica_read_end(read);
    return status;
}
