/*
 * The accept transaction: what becomes of each run of a verified batch, decided against the store.
 */
#include "client/replica/act/lend.h"
#include "client/replica/act/number.h"
#include "client/replica/invite.h"
#include "client/replica/log/admission.h"
#include "client/replica/log/aside.h"
#include "client/replica/log/damage.h"
#include "client/replica/log/evidence.h"
#include "client/replica/log/fork.h"
#include "client/replica/log/log.h"
#include "client/replica/receipt/peer.h"
#include "client/replica/receipt/receipt.h"
#include "client/replica/snapshot.h"

#include <string.h>

/* One run on its way in. */
struct intake {
    struct replica *replica;
    struct run *run;
    const struct record *records; /* of the run; the authentic ones */
    size_t count;
    struct name root_name; /* as the headers name the log */
    struct log_row log;    /* the segment that holds the record before the next one */
    uint64_t seq;          /* of that record */
    struct hash id;
    bool open;         /* |log| ends at |seq| and nothing branches off there */
    bool of_authority; /* the authority scope */
    bool judged;       /* there is room, and its device may bring more today */
    size_t stored;
    uint64_t stored_bytes;
};

static void refuse(struct intake *intake, enum run_outcome outcome, enum status why, uint64_t seq)
{
    intake->run->outcome = outcome;
    intake->run->why = why;
    intake->run->refused_seq = seq;
}

/* While only the reserve is left peers bring nothing new; authority is always taken: what a device
 * that may not grant can bring of it in a day is less than the reserve. */
static enum status room_judge(struct intake *intake, uint64_t seq)
{
    struct group *group = &intake->replica->group;
    if (intake->of_authority)
        return STATUS_OK;
    if (!group->room_asked) {
        uint64_t free_bytes = 0;
        enum status status = store_room(intake->replica->store, &free_bytes, &group->room_short);
        if (status != STATUS_OK)
            return status;
        group->room_asked = true;
    }
    if (group->room_short)
        refuse(intake, RUN_NO_ROOM, STATUS_FULL, seq);
    return STATUS_OK;
}

/* Judged at the run's first new record: a run is at most one frame. */
static enum status bounds_judge(struct intake *intake, const struct public_key *device,
                                uint64_t seq)
{
    bool may = false;
    if (intake->judged)
        return STATUS_OK;
    enum status status = room_judge(intake, seq);
    if (status != STATUS_OK || intake->run->outcome != RUN_PENDING)
        return status;
    status = admission_may_bring(intake->replica, device, intake->of_authority, &may);
    if (status == STATUS_OK && !may)
        refuse(intake, RUN_NO_ROOM, STATUS_LIMIT, seq);
    intake->judged = true;
    return status;
}

/* The log is not held: only its opening record, authentic and of a granted key, makes it. */
static enum status log_begin(struct intake *intake)
{
    const struct record *first = &intake->records[0];
    struct admission admission;
    enum status status = admission_judge(intake->replica, first, &admission);
    if (status != STATUS_OK)
        return status;
    if (admission.outcome != RUN_STORED) {
        refuse(intake, admission.outcome, admission.why, first->header.seq);
        return STATUS_OK;
    }
    intake->of_authority = name_equal(&admission.scope, &intake->replica->authority_scope);
    status = bounds_judge(intake, &admission.device, first->header.seq);
    if (status != STATUS_OK || intake->run->outcome != RUN_PENDING)
        return status;
    intake->log = (struct log_row){.name = intake->root_name,
                                   .device = admission.device,
                                   .purpose = admission.purpose,
                                   .first = 1};
    if (public_key_equal(&admission.device, &intake->replica->key))
        intake->log.flags |= LOG_OWN;
    status = log_scope_make(intake->replica, &admission.scope, &intake->log.scope);
    if (lend_is_due(intake->replica, &admission))
        intake->log.flags |= LOG_LENT;
    if (status == STATUS_OK)
        status = log_create(intake->replica, &intake->log);
    if (status == STATUS_OK)
        status = log_save(intake->replica, &intake->log);
    if (status == STATUS_OK)
        status = admission_count_log(intake->replica, &admission);
    if (status == STATUS_OK && !admission.succeeds && admission.purpose == LOG_COUNTER &&
        intake->log.flags & LOG_OWN)
        status = evidence_first_log(intake->replica);
    intake->open = true;
    return status;
}

/* The run does not follow what is held: tells the sender what is. */
static enum status gap(struct intake *intake, const struct log_row *root)
{
    struct run *run = intake->run;
    struct log_row named;
    refuse(intake, RUN_GAP, STATUS_OK, intake->records[0].header.seq);
    run->head = (struct position){.log = run->log};
    if (!root)
        return STATUS_OK;
    enum status status = log_find(intake->replica->group.view, &run->log, &named);
    const struct log_row *held = status == STATUS_OK ? &named : root;
    run->head = (struct position){.log = held->name, .seq = held->seq, .id = held->id};
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* Finds the segment and the record that the run's first record follows. */
static enum status follow(struct intake *intake, const struct log_row *root)
{
    const struct record_header *header = &intake->records[0].header;
    struct store_read *view = intake->replica->group.view;
    intake->log = *root;
    if (header->seq == 1)
        return STATUS_OK; /* seq 0, no id: before the opening */
    struct name id16 = name_of_hash(&header->prev);
    enum status status = log_resolve(view, root->number, header->seq - 1, &id16, &intake->log);
    if (status == STATUS_NOT_FOUND)
        return gap(intake, root);
    if (status != STATUS_OK)
        return status;
    intake->seq = header->seq - 1;
    status = log_id(view, &intake->log, intake->seq, &intake->id);
    if (status == STATUS_OK && !hash_equal(&intake->id, &header->prev))
        return gap(intake, root);
    return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
}

/* Where the run begins, or why nothing of it is taken. */
static enum status locate(struct intake *intake)
{
    const struct record *first = &intake->records[0];
    struct log_row root;
    intake->root_name = record_log(first);
    enum status status = log_find(intake->replica->group.view, &intake->root_name, &root);
    if (status == STATUS_NOT_FOUND)
        return first->header.seq == 1 ? log_begin(intake) : gap(intake, NULL);
    if (status != STATUS_OK)
        return status;
    if (root.number != root.root) { /* no header names a branch */
        refuse(intake, RUN_REFUSED, STATUS_MALFORMED, first->header.seq);
        return STATUS_OK;
    }
    if (first->header.seq > 1 && !public_key_equal(&intake->run->device, &root.device)) {
        refuse(intake, RUN_REFUSED, STATUS_FORGED, first->header.seq);
        return STATUS_OK;
    }
    return follow(intake, &root);
}

/* Diverges: the branch is a log of its own, and so is what was held behind the last common one. */
static enum status branch(struct intake *intake, const struct record *record)
{
    struct log_row base = intake->log;
    bool taken = false;
    enum status status = admission_may_branch(intake->replica, &base.device, &taken);
    if (status != STATUS_OK)
        return status;
    if (!taken) {
        refuse(intake, RUN_NO_ROOM, STATUS_LIMIT, record->header.seq);
        return STATUS_OK;
    }
    if (intake->seq < base.seq)
        status = fork_split(intake->replica, &base, intake->seq + 1);
    if (status == STATUS_OK)
        status = fork_branch(intake->replica, &base, &record->id, &intake->log);
    if (status == STATUS_OK)
        status = admission_count_branch(intake->replica, &base.device);
    return status;
}

enum step { STEP_HELD, STEP_APPEND, STEP_BRANCH };

/* What |record| is to what is held: there already (then it is stepped onto), the next one, or the
 * first of another branch. */
static enum status look(struct intake *intake, const struct record *record, enum step *step)
{
    struct store_read *view = intake->replica->group.view;
    struct log_row child;
    struct hash id;
    bool any = false;
    if (intake->seq < intake->log.seq) {
        enum status status = log_id(view, &intake->log, record->header.seq, &id);
        *step = status == STATUS_OK && hash_equal(&id, &record->id) ? STEP_HELD : STEP_BRANCH;
        return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
    }
    enum status status = fork_find(view, &intake->log, &record->id, &child, &any);
    if (status == STATUS_OK) {
        intake->log = child;
        *step = STEP_HELD;
        return STATUS_OK;
    }
    *step = any ? STEP_BRANCH : STEP_APPEND;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status append(struct intake *intake, const struct record *record)
{
    struct log_record appended = {
        .raw = record->raw, .id = record->id, .kind = record->header.kind};
    if (!intake->of_authority && record_is_of_case(record->header.kind))
        appended.case_name = record_case(record);
    enum status status = log_append(intake->replica, &intake->log, &appended);
    if (status != STATUS_OK)
        return status;
    intake->stored++;
    intake->stored_bytes += record->raw.size;
    if (!intake->of_authority)
        return number_note(intake->replica, &intake->log, record);
    if (!snapshot_takes(record))
        return STATUS_OK;
    struct authority *authority = group_authority_own(intake->replica);
    if (!authority)
        return STATUS_NO_MEMORY;
    status = authority_add(authority, record, &intake->log.device);
    return status == STATUS_NO_MEMORY ? status : STATUS_OK; /* else it is kept without effect */
}

/* Takes one record; the run ends here if its outcome is set. */
static enum status take(struct intake *intake, const struct record *record)
{
    enum step step = STEP_APPEND;
    enum status status = STATUS_OK;
    struct name log = record_log(record);
    if (record->header.seq != intake->seq + 1 || !name_equal(&log, &intake->root_name) ||
        !hash_equal(&record->header.prev, &intake->id)) {
        refuse(intake, RUN_REFUSED, STATUS_FORGED, record->header.seq);
        return STATUS_OK;
    }
    if (!intake->open)
        status = look(intake, record, &step);
    if (status == STATUS_OK && step != STEP_HELD)
        status = bounds_judge(intake, &intake->log.device, record->header.seq);
    if (status == STATUS_OK && step == STEP_BRANCH && intake->run->outcome == RUN_PENDING)
        status = branch(intake, record);
    if (status != STATUS_OK || intake->run->outcome != RUN_PENDING)
        return status;
    if (step != STEP_HELD) {
        intake->open = true;
        status = append(intake, record);
    } else {
        struct place place = {.store = intake->log.store, .seq = record->header.seq};
        bool mended = false;
        status = damage_mend(intake->replica, &intake->log, &place, record, &mended);
        intake->stored += mended ? 1 : 0;
    }
    intake->seq = record->header.seq;
    intake->id = record->id;
    return status;
}

/* What the run came to, once all of it was looked at. */
static void conclude(struct intake *intake, const struct run *run)
{
    if (intake->run->outcome != RUN_PENDING)
        return;
    if (intake->count < run->count)
        refuse(intake, RUN_REFUSED, run->verdict.status, intake->seq + 1);
    else if (intake->stored == 0)
        intake->run->outcome = RUN_PRESENT;
    else
        intake->run->outcome = intake->log.number == intake->log.root ? RUN_STORED : RUN_BRANCH;
}

static enum status run_end(struct intake *intake)
{
    struct run *run = intake->run;
    enum status status = STATUS_OK;
    if (intake->stored > 0)
        status = log_save(intake->replica, &intake->log);
    if (status == STATUS_OK && intake->stored > 0)
        status = evidence_record(intake->replica, &intake->log);
    if (status == STATUS_OK)
        status = admission_count_records(intake->replica, &intake->log.device, intake->of_authority,
                                         intake->stored, intake->stored_bytes);
    conclude(intake, run);
    if (status != STATUS_OK || intake->log.number == 0 || run->outcome == RUN_GAP)
        return status;
    struct log_row told = intake->log;
    status = damage_cap(intake->replica->group.view, &told);
    if (status != STATUS_OK)
        return status;
    run->log = told.name;
    run->head = (struct position){.log = told.name, .seq = told.seq, .id = told.id};
    return log_scope_name(intake->replica->group.view, intake->log.scope, &run->scope);
}

static enum status accept_run(struct replica *replica, struct batch *batch, struct run *run)
{
    struct intake intake = {.replica = replica,
                            .run = run,
                            .records = batch->records + run->first,
                            .count = run->verdict.authentic < run->count ? run->verdict.authentic
                                                                         : run->count};
    run->outcome = RUN_PENDING;
    run->why = STATUS_OK;
    if (intake.count == 0) {
        uint64_t seq = run->count > 0 ? batch->records[run->first].header.seq : 0;
        refuse(&intake, run->count > 0 ? RUN_REFUSED : RUN_PRESENT, run->verdict.status, seq);
        run->head = run->before;
        return STATUS_OK;
    }
    enum status status = locate(&intake);
    if (status != STATUS_OK || run->outcome != RUN_PENDING)
        return status;
    struct name scope;
    status = log_scope_name(replica->group.view, intake.log.scope, &scope);
    intake.of_authority = name_equal(&scope, &replica->authority_scope);
    for (size_t i = 0; status == STATUS_OK && i < intake.count; i++) {
        status = take(&intake, &intake.records[i]);
        if (run->outcome != RUN_PENDING)
            break;
    }
    return status == STATUS_OK ? run_end(&intake) : status;
}

enum status accept_alone(struct replica *replica, struct record *record, const struct log_row *root,
                         struct run *run)
{
    struct batch batch = {.records = record, .record_count = 1, .runs = run, .run_count = 1};
    *run = (struct run){.log = root->name,
                        .count = 1,
                        .device_known = true,
                        .device = root->device,
                        .verdict = {.authentic = 1}};
    return accept_run(replica, &batch, run);
}

/* True iff |row| is where the batch goes on from. From the start it goes on always. */
static bool follows_cursor(const struct batch *batch, const struct peer_row *row)
{
    const struct cursor *after = &batch->after, *held = &row->cursor;
    return after->arrival == 0 ||
           (row->has_cursor && held->arrival == after->arrival &&
            name_equal(&held->epoch, &after->epoch) && name_equal(&held->scopes, &after->scopes) &&
            name_equal(&held->running_hash, &after->running_hash));
}

/* The cursor passes over what is in the batch, and over what came before it: only if nothing of
 * that has to come again. What a bound keeps out does not come again. */
static bool cursor_may_pass(const struct batch *batch, const struct peer_row *row)
{
    for (size_t i = 0; i < batch->run_count; i++) {
        const struct run *run = &batch->runs[i];
        if (run->outcome == RUN_GAP || (run->outcome == RUN_NO_ROOM && run->why != STATUS_LIMIT))
            return false;
    }
    return follows_cursor(batch, row);
}

/* The peer holds what it sent; a branch under its own name, whatever the peer called it. */
static enum status mark_runs(struct replica *replica, const struct batch *batch)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < batch->run_count; i++) {
        const struct run *run = &batch->runs[i];
        struct peer_mark mark = {.log = run->log, .seq = run->before.seq + run->count};
        if (run->outcome == RUN_STORED || run->outcome == RUN_PRESENT || run->outcome == RUN_BRANCH)
            status = peer_put_marks(replica, &batch->peer, &mark, 1);
    }
    return status;
}

static enum status accept_peer(struct replica *replica, struct batch *batch)
{
    static const struct public_key nobody;
    struct peer_row row;
    if (public_key_equal(&batch->peer, &nobody))
        return STATUS_OK; /* it came in a bundle */
    enum status status = peer_put_marks(replica, &batch->peer, batch->marks, batch->mark_count);
    if (status == STATUS_OK)
        status = mark_runs(replica, batch);
    if (status != STATUS_OK || !batch->has_cursor)
        return status;
    status = receipt_note_epoch(replica, &batch->peer, &batch->cursor.epoch);
    if (status == STATUS_OK)
        status = peer_get(replica->group.view, &batch->peer, &row);
    if (status != STATUS_OK)
        return status;
    batch->has_cursor = cursor_may_pass(batch, &row);
    if (!batch->has_cursor)
        return STATUS_OK;
    row.has_cursor = true;
    row.cursor = batch->cursor;
    return peer_put(replica, &batch->peer, &row);
}

enum status replica_accept(struct replica *replica, struct batch *batch)
{
    replica->group.accepted = true;
    for (size_t i = 0; i < batch->run_count; i++) {
        const struct run *run = &batch->runs[i];
        enum status status = accept_run(replica, batch, &batch->runs[i]);
        if (status == STATUS_OK && (run->outcome == RUN_STORED || run->outcome == RUN_BRANCH)) {
            struct name log = record_log(&batch->records[run->first]);
            status = aside_follow(replica, &log);
        }
        if (status != STATUS_OK)
            return status;
    }
    uint64_t left_before = replica->group.claims_left;
    for (size_t i = 0; i < batch->receipt_count; i++) {
        if (!batch->receipt_sound[i])
            continue;
        enum status status = receipt_keep(replica, batch->receipts[i], &batch->peer);
        if (status != STATUS_OK)
            return status;
    }
    batch->claims_left = replica->group.claims_left - left_before;
    enum status status = accept_peer(replica, batch);
    if (status == STATUS_OK && replica->group.authority)
        status = pack_settle(replica);
    return status;
}
