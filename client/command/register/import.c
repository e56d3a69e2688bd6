#include "client/command/reason.h"
#include "client/command/register/planned.h"
#include "client/command/register/refusal.h"
#include "client/command/register/seen.h"
#include "client/command/verb.h"
#include "client/text/base64.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * Rows are read and looked up against a snapshot, then a group of them is written in one
 * transaction: what was committed stays, whatever becomes of the rest.
 */
enum {
    GROUP_ROWS = 256,
    GROUP_ARENA_BYTES = 64 * 1024 * 1024,
    CONTENT_BYTES_MAX = 64 * 1024 * 1024
};

struct import {
    struct call *call;
    struct actor actor;
    bool dry_run;
    struct register_rules rules;
    struct table table;
    struct buffer content;
    struct replica_read *read; /* of the group being read; NULL between groups */
    struct arena arena;        /* of the group */
    struct arena case_arena;   /* of one look-up */
    struct planned *planned;
    size_t planned_count;
    struct seen seen;
    struct refusals refusals;
    uint64_t fresh, present, updated, records;
    uint64_t rows_done, rows_all;
};

/* ---- what a row says against what is here ---- */

static enum status look_up(struct import *import, struct planned *planned, enum verdict *verdict,
                           struct register_fault *fault)
{
    struct name cases[2];
    struct view view;
    size_t count = 0;

    enum status status = replica_cases_named(import->read, planned->row.code, cases, 2, &count);
    if (status)
        return status;
    if (count == 0)
        return planned_fresh(&import->rules, &import->arena, planned, verdict, fault);
    if (count > 1) {
        planned_refuse(fault, "ma_ho_so", "mã này đang là của hai hồ sơ",
                       "two dossiers have this code");
        *verdict = VERDICT_REFUSED;
        return STATUS_OK;
    }
    planned->case_name = cases[0];
    arena_reset(&import->case_arena);
    status = replica_view(import->read, &cases[0], &import->case_arena, &view);
    return status ? status
                  : planned_compare(import->call, &import->rules, &import->arena, &view, planned,
                                    verdict, fault);
}

/* A code this import has taken already. */
static enum verdict judge_repeated(const struct import *import, const struct seen_row *before,
                                   const struct name *digest, struct register_fault *fault)
{
    if (name_equal(&before->row, digest))
        return VERDICT_PRESENT;
    if (!import->dry_run)
        return VERDICT_AGAIN;
    planned_refuse(fault, "ma_ho_so", "mã này đã ở một dòng trước với nội dung khác",
                   "an earlier row has this code with other values");
    return VERDICT_REFUSED;
}

static enum status judge(struct import *import, struct planned *planned, enum verdict *verdict,
                         struct register_fault *fault)
{
    enum status status =
        register_read(&import->rules, &import->table, &import->arena, &planned->row, fault);
    if (status == STATUS_USAGE) {
        *verdict = VERDICT_REFUSED;
        return STATUS_OK;
    }
    if (status)
        return status;
    struct name digest = seen_digest(planned->row.values, import->rules.column_count);
    const struct seen_row *before = seen_find(&import->seen, planned->row.code);
    if (before) {
        *verdict = judge_repeated(import, before, &digest, fault);
        if (*verdict != VERDICT_AGAIN || import->planned_count > 0)
            return STATUS_OK;
        /* What was taken of it is in the store by now: it is judged like any other row. */
    }
    status = look_up(import, planned, verdict, fault);
    if (!status && *verdict == VERDICT_PLANNED && !before)
        status = seen_add(&import->seen, planned->row.code, &digest);
    return status;
}

/* ---- writing a group ---- */

/* What is the row's fault is the row's: the others go on. */
static bool is_of_row(enum status status)
{
    return status_class_of(status) == STATUS_CLASS_RULE || status == STATUS_LIMIT;
}

static void refuse_planned(struct planned *planned, enum status status,
                           const struct act_result *result)
{
    struct words why = status == STATUS_REFUSED
                           ? reason_words(result->why)
                           : (struct words){"dòng này không ghi được", "the row cannot be written"};

    planned->refused = true;
    planned_refuse(&planned->fault, "ma_ho_so", why.vietnamese, why.english);
    (void)snprintf(planned->fault.detail, sizeof planned->fault.detail, "%s", result->detail);
}

static enum status write_row(struct import *import, struct replica *replica,
                             struct planned *planned)
{
    struct act_write writes[LIMIT_WRITES];
    struct act act;

    for (size_t i = 0; i < planned->step_count; i++) {
        struct act_result result = {.repeated = false};
        enum status status = planned_act(&import->rules, &import->actor, planned, i, writes, &act);
        if (!status)
            status = replica_act(replica, &act, &result);
        if (is_of_row(status)) {
            refuse_planned(planned, status, &result);
            return STATUS_OK;
        }
        if (status)
            return status;
        planned->case_name = result.case_name;
        import->records++;
    }
    return STATUS_OK;
}

static enum status write_group(struct replica *replica, void *context)
{
    struct import *import = context;
    enum status status = STATUS_OK;

    for (size_t i = 0; i < import->planned_count && !status; i++)
        status = write_row(import, replica, &import->planned[i]);
    return status;
}

static void count_group(struct import *import)
{
    for (size_t i = 0; i < import->planned_count; i++) {
        const struct planned *planned = &import->planned[i];
        if (planned->refused)
            refusals_add_raw(&import->refusals, &import->table, planned->row.line, planned->raw,
                             &planned->fault);
        else if (planned->fresh)
            import->fresh++;
        else
            import->updated++;
    }
    import->planned_count = 0;
    arena_reset(&import->arena);
}

static enum status flush(struct import *import)
{
    const struct command_host *host = import->call->host;
    uint64_t records = import->records;
    enum status status = STATUS_OK;

    if (import->read)
        replica_read_end(import->read);
    import->read = NULL;
    if (import->planned_count > 0 && !import->dry_run)
        status = host->submit(host->context, write_group, import);
    if (status) {
        import->records = records;
        return status;
    }
    count_group(import);
    if (host->progress)
        host->progress(host->context, import->rows_done, import->rows_all);
    return STATUS_OK;
}

/* ---- the walk over the file ---- */

static enum status keep_raw(struct import *import, struct planned *planned)
{
    bool copied;

    planned->raw = arena_copy(&import->arena, import->table.row.raw, &copied);
    return copied ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status take_row(struct import *import)
{
    struct register_fault fault;
    enum verdict verdict = VERDICT_REFUSED;
    enum status status = STATUS_OK;

    for (int attempt = 0; attempt < 2; attempt++) {
        struct planned *planned = &import->planned[import->planned_count];
        *planned = (struct planned){.refused = false};
        if (!import->read)
            status = replica_read_begin(import->call->host->replica, &import->read);
        if (!status)
            status = judge(import, planned, &verdict, &fault);
        if (status || verdict != VERDICT_AGAIN)
            break;
        status = flush(import);
        if (status)
            break;
    }
    if (status)
        return status;
    import->rows_done++;
    if (verdict == VERDICT_REFUSED)
        refusals_add(&import->refusals, &import->table, &fault);
    else if (verdict == VERDICT_PRESENT)
        import->present++;
    else if (verdict == VERDICT_PLANNED)
        status = keep_raw(import, &import->planned[import->planned_count++]);
    if (!status && import->planned_count == GROUP_ROWS)
        status = flush(import);
    return status;
}

static enum status walk(struct import *import)
{
    enum status status = STATUS_OK;

    while (!status) {
        status = table_next(&import->table);
        if (!status)
            status = take_row(import);
    }
    if (status == STATUS_NOT_FOUND)
        status = flush(import);
    return status;
}

static void answer(struct import *import)
{
    struct call *call = import->call;
    struct json_writer *writer = &call->writer;
    const struct failure some_refused = {
        .code = HOSO_REFUSED,
        .name = "rows_refused",
        .kept = {"Các dòng khác đã được nhập.", "All other rows were taken in."},
        .next = {"Sửa các dòng trong tệp bị từ chối rồi nhập lại tệp đó.",
                 "Mend the rows in the file of refused rows and import that file."}};

    json_open_object(writer, NULL);
    json_write_unsigned(writer, "new", import->fresh);
    json_write_unsigned(writer, "present", import->present);
    json_write_unsigned(writer, "updated", import->updated);
    json_write_unsigned(writer, "refused", import->refusals.count);
    json_write_null(writer, "refused_file");
    json_write_unsigned(writer, "records", import->records);
    json_write_flag(writer, "dry_run", import->dry_run);
    refusals_write(&import->refusals, writer);
    if (import->refusals.count > 0)
        json_write_base64(writer, "refused_rows", buffer_view(&import->refusals.file));
    if (import->refusals.count > 0)
        call_note_error(call, &some_refused, "Có dòng bị từ chối.", "Some rows were refused.");
    json_close_object(writer);
    json_write_end(writer);
}

static uint64_t count_lines(struct bytes content)
{
    uint64_t lines = 0;

    for (size_t i = 0; i < content.size; i++)
        lines += content.at[i] == '\n';
    return lines;
}

static bool open_table(struct import *import)
{
    struct call *call = import->call;
    struct bytes content = json_as_text(json_member(call->arguments, "content"));
    const char *missing = NULL;
    const struct failure failure = {
        .code = HOSO_REFUSED,
        .name = "no_register",
        .kept = {"Không có gì bị thay đổi.", "Nothing was changed."},
        .next = {"Dòng đầu của tệp phải là tên cột như sổ mẫu (register.csv).",
                 "The first row must name the columns, as in the example's register.csv."}};

    enum status status = base64_decode(content, BASE64_STANDARD, &import->content);
    if (status == STATUS_MALFORMED) {
        call_fail_usage(call, "content", "phải là base64", "it must be base 64");
        return false;
    }
    if (!status)
        status =
            register_rules_of(import->rules.pack, import->rules.unit, &call->arena, &import->rules);
    if (!status)
        status = table_open(&import->table, buffer_view(&import->content), import->rules.columns,
                            import->rules.column_count, &missing);
    if (status == STATUS_MALFORMED)
        call_fail(call, &failure, "Tệp không phải sổ đăng ký: %s%s.",
                  "The file is no register: %s%s.",
                  missing ? call_pick(call, "thiếu cột ", "it lacks the column ")
                  : import->content.size == 0
                      ? call_pick(call, "tệp trống", "it is empty")
                      : call_pick(call, "dòng tên cột không đúng", "its header is not sound"),
                  missing ? missing : "");
    else
        call_fail_status(call, status);
    import->rows_all = count_lines(buffer_view(&import->content));
    return status == STATUS_OK;
}

/* The groups before the failure are in the store and stay there. */
static void fail_midway(struct import *import, enum status status)
{
    struct call *call = import->call;
    const struct failure failure = {
        .code = HOSO_STORE,
        .name = "import_cut",
        .kept = {"Các dòng đã ghi vẫn còn trên máy này.", "The rows written so far are kept."},
        .next = {"Khắc phục rồi nhập lại cùng tệp: dòng đã có sẽ được bỏ qua.",
                 "Mend the cause and import the same file again: what is here is passed over."}};

    unsigned long long written = import->fresh + import->updated;

    if (written == 0)
        call_fail_status(call, status);
    else
        call_fail(call, &failure, "Việc nhập dừng giữa chừng sau %llu hồ sơ: %s.",
                  "The import stopped. Dossiers taken in: %llu; why: %s.", written,
                  status_text(status));
}

static void close_import(struct import *import)
{
    if (import->read)
        replica_read_end(import->read);
    table_close(&import->table);
    buffer_deinit(&import->content);
    refusals_close(&import->refusals);
    seen_free(&import->seen);
    arena_deinit(&import->arena);
    arena_deinit(&import->case_arena);
    free(import->planned);
}

void command_import(struct call *call)
{
    struct import import = {.call = call, .dry_run = call_flag(call, "dry_run")};

    /* Who asked for it writes the refused rows where they belong and tells the rest. */
    call->json = true;
    buffer_init(&import.content, CONTENT_BYTES_MAX);
    refusals_open(&import.refusals, call);
    arena_init(&import.arena, GROUP_ARENA_BYTES);
    arena_init(&import.case_arena, CALL_ARENA_BYTES);
    import.planned = calloc(GROUP_ROWS, sizeof *import.planned);
    import.rules.pack = call_pack(call);
    import.rules.unit = replica_identity(call->host->replica)->unit;
    if (!import.planned)
        call_fail_status(call, STATUS_NO_MEMORY);
    else if (import.rules.pack && call_actor(call, &import.actor) && open_table(&import)) {
        enum status status = walk(&import);
        if (status)
            fail_midway(&import, status);
        else
            answer(&import);
    }
    close_import(&import);
}
