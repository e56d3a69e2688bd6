#include "client/replica/act/act.h"
#include "client/replica/act/number.h"

#include <string.h>

static struct bytes some(struct bytes text)
{
    return text.size == 0 ? bytes_of(NULL, 0) : text;
}

void act_body(const struct act_work *work, struct case_body *body)
{
    const struct act *act = work->act;
    *body = (struct case_body){.step = some(act->step),
                               .writes = work->writes,
                               .write_count = work->write_count,
                               .reason = some(act->reason),
                               .basis = some(act->basis),
                               .book_officer = some(act->book_officer),
                               .book_hat = act->book_hat,
                               .request = some(act->request)};
}

void act_header(const struct act_work *work, struct record_header *header)
{
    const struct act *act = work->act;
    int16_t zone = work->pack->zone_minutes;
    *header = (struct record_header){.version = RECORD_VERSION,
                                     .kind = act->kind,
                                     .case_name = act->case_name,
                                     .happened = act->happened,
                                     .recorded_seconds = work->clock.now,
                                     .recorded_zone_minutes = zone,
                                     .source = act->source};
    if (act->kind == KIND_GENESIS) {
        header->case_name = (struct name){{0}};
    }
    if (!work->duty) {
        header->act = (struct record_act){
            .present = true, .officer = act->officer, .hat = act->hat, .unit = work->officer_unit};
    }
    if (!act->happened.known && act->source == SOURCE_HERE && work->clock.sane) {
        header->happened = (struct moment){.known = true,
                                           .seconds = work->clock.now,
                                           .precision = PRECISION_SECOND,
                                           .zone_minutes = zone};
    }
    if (act->kind == KIND_GENESIS || act->kind == KIND_REPACK) {
        header->pack = work->pack->hash;
    }
}

/* ---- parents ---- */

/* This log's newest record of the case is a parent without being named. */
static bool implicit_parent(const struct act_work *work, struct hash *id)
{
    for (size_t i = work->loaded.count; i > 0; i--) {
        const struct case_spot *spot = &work->loaded.spots[i - 1];
        if (spot->log == work->log.number) {
            *id = work->loaded.inputs[spot->input].record->id;
            return true;
        }
    }
    return false;
}

static enum status take_cites(const struct act_work *work, struct view_cites *cites)
{
    struct hash own;
    bool has_own = implicit_parent(work, &own);
    return view_cite(&work->loaded.view, has_own ? &own : NULL, work->arena, cites);
}

static void cite(const struct view_cites *cites, struct record_header *header)
{
    bool many = cites->parent_count > LIMIT_PARENTS;
    header->parents = cites->parent_count == 0 ? NULL : cites->parents;
    header->parent_count = many ? LIMIT_PARENTS : cites->parent_count;
    header->without = cites->without;
    header->without_count = cites->without_count;
}

static enum status seal(struct act_work *work, struct record_header *header, struct case_body *body,
                        struct hash *id)
{
    struct buffer encoded;
    work->replica->world.random(work->replica->world.context, body->salt, sizeof body->salt);
    buffer_init(&encoded, LIMIT_BODY_BYTES);
    enum status status = case_body_encode(body, &encoded);
    if (status == STATUS_OK) {
        status = log_write(work->replica, &work->log, header, buffer_view(&encoded), id);
    }
    buffer_deinit(&encoded);
    /* What the encoder refuses here is a request too large, not a peer's fault. */
    return status == STATUS_LIMIT ? STATUS_USAGE : status;
}

/* A record cites at most LIMIT_PARENTS heads: notes without a word join the others first. */
static enum status join_heads(struct act_work *work, struct view_cites *cites)
{
    while (cites->parent_count > LIMIT_PARENTS) {
        struct record_header header;
        struct case_body note = {.step = {NULL, 0}};
        struct hash id;
        act_header(work, &header);
        header.kind = KIND_EDIT;
        header.pack = (struct hash){{0}};
        cite(cites, &header);
        enum status status = seal(work, &header, &note, &id);
        if (status != STATUS_OK) {
            return status;
        }
        cites->parents += LIMIT_PARENTS;
        cites->parent_count -= LIMIT_PARENTS;
    }
    return STATUS_OK;
}

enum status act_write(struct act_work *work)
{
    struct record_header header;
    struct case_body body;
    struct view_cites cites = {.parent_count = 0};
    struct act_result *result = work->result;
    bool genesis = work->act->kind == KIND_GENESIS;
    enum status status = STATUS_OK;
    act_header(work, &header);
    act_body(work, &body);
    if (!genesis) {
        status = take_cites(work, &cites);
        if (status == STATUS_OK) {
            status = join_heads(work, &cites);
        }
        cite(&cites, &header);
    }
    if (status == STATUS_OK) {
        status = seal(work, &header, &body, &result->record);
    }
    if (status != STATUS_OK) {
        return status;
    }
    result->case_name = genesis ? name_of_hash(&result->record) : work->act->case_name;
    return number_note_body(work->replica, &work->log, work->act->kind, &result->record,
                            &result->case_name, &body);
}
