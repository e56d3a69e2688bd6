#include "tests/sim/desk.h"

#include "protocol/case/pack/step.h"

#include <stdlib.h>
#include <string.h>

enum { VIEW_ARENA = 16 << 20, VALUE_BYTES = 64, WRITES_MAX = 6 };

/* An act being composed: its values live here. */
struct draft {
    struct act act;
    struct act_write writes[WRITES_MAX];
    struct buffer values[WRITES_MAX];
    struct hash source;
    struct arena arena;
};

static void draft_init(struct draft *draft, uint64_t kind)
{
    *draft = (struct draft){.act = {.kind = kind}};
    for (size_t i = 0; i < WRITES_MAX; i++)
        buffer_init(&draft->values[i], VALUE_BYTES);
    draft->act.writes = draft->writes;
    arena_init(&draft->arena, VIEW_ARENA);
}

static void draft_deinit(struct draft *draft)
{
    for (size_t i = 0; i < WRITES_MAX; i++)
        buffer_deinit(&draft->values[i]);
    arena_deinit(&draft->arena);
}

static struct buffer *add_write(struct draft *draft, const char *field, uint64_t op)
{
    size_t index = draft->act.write_count++;
    draft->writes[index] = (struct act_write){.field = bytes_of_text(field), .op = op};
    return &draft->values[index];
}

static void write_text(struct draft *draft, const char *field, uint64_t op, const char *text)
{
    struct buffer *value = add_write(draft, field, op);
    wire_put_text(value, bytes_of_text(text));
    draft->writes[draft->act.write_count - 1].value = buffer_view(value);
}

static void set_actor(struct draft *draft, const struct node *node, enum hat hat)
{
    const char *officer = district_officer(&node->world->district, node->unit, hat);
    draft->act.officer = bytes_of_text(officer ? officer : "");
    draft->act.hat = hat;
}

static void happened_now(struct draft *draft, const struct node *node)
{
    draft->act.happened = (struct moment){.known = true,
                                          .seconds = node_wall_seconds(node),
                                          .precision = PRECISION_SECOND,
                                          .zone_minutes = 420};
}

static const char *some_name(struct prng *prng)
{
    static const char *const names[] = {"An", "Bình", "Chi", "Dũng", "Hà", "Kăn"};
    return names[prng_below(prng, sizeof names / sizeof names[0])];
}

static void draft_receipt(struct draft *draft, struct node *node, const char *owner)
{
    struct prng *prng = &node->world->prng;
    draft_init(draft, KIND_GENESIS);
    set_actor(draft, node, HAT_RECEPTION);
    happened_now(draft, node);
    draft->act.number = true;
    write_text(draft, "ma_tthc", WRITE_SET, district_procedure((size_t)prng_below(prng, 3)));
    write_text(draft, "chu_ho_so", WRITE_SET, owner);
}

/* ---- what is on the screen ---- */

struct choice {
    const struct node *node;
    struct prng *prng;
    uint64_t seen;
    struct name case_name;
};

static void consider_case(void *context, struct witness_entry *entry)
{
    struct choice *choice = context;
    bool here = witness_holds(entry, choice->node);
    if (entry->kind != KIND_GENESIS || !here)
        return;
    if (prng_below(choice->prng, ++choice->seen) == 0)
        choice->case_name = name_of_hash(&entry->id);
}

/* A case the node's disk holds; false if there is none. */
static bool choose_case(const struct node *node, struct name *case_name)
{
    struct choice choice = {.node = node, .prng = &node->world->prng};
    witness_each(&node->world->witness, consider_case, &choice);
    *case_name = choice.case_name;
    return choice.seen > 0;
}

static void draft_edit(struct draft *draft, struct node *node)
{
    struct prng *prng = &node->world->prng;
    draft->act.kind = KIND_EDIT;
    set_actor(draft, node, prng_chance(prng, 600) ? HAT_RECEPTION : HAT_SPECIALIST);
    switch (prng_below(prng, 6)) {
    case 0:
        write_text(draft, "dia_chi", WRITE_SET, some_name(prng));
        break;
    case 1:
        write_text(draft, "ghi_chu", WRITE_ADD, some_name(prng));
        break;
    case 2:
        write_text(draft, "thanh_phan", WRITE_ADD, some_name(prng));
        break;
    case 3:
        write_text(draft, "nguoi_nop", WRITE_SET, some_name(prng));
        break;
    default:
        write_text(draft, "chu_ho_so", WRITE_SET, some_name(prng));
        break;
    }
}

static void draft_step(struct draft *draft, struct node *node, const struct view *view)
{
    struct prng *prng = &node->world->prng;
    const struct step *chosen = NULL;
    uint64_t seen = 0;
    for (size_t i = 0; step_at(i); i++) {
        const struct step *step = step_at(i);
        if ((step->from >> view->state) & 1 && prng_below(prng, ++seen) == 0)
            chosen = step;
    }
    if (!chosen) {
        draft_edit(draft, node);
        return;
    }
    draft->act.kind = KIND_STEP;
    draft->act.step = bytes_of_text(chosen->name);
    static const enum hat hats[] = {HAT_RECEPTION, HAT_SPECIALIST, HAT_HEAD_OF_ONE_STOP,
                                    HAT_LEADER};
    enum hat hat = HAT_RECEPTION;
    for (size_t i = 0; i < sizeof hats / sizeof hats[0]; i++) {
        if ((chosen->hats >> hats[i]) & 1)
            hat = hats[i];
    }
    set_actor(draft, node, hat);
    if (chosen->once_field)
        write_text(draft, chosen->once_field, WRITE_SET, some_name(prng));
}

static void draft_resolution(struct draft *draft, struct node *node, const struct view *view)
{
    struct prng *prng = &node->world->prng;
    const struct view_field *field = NULL;
    for (size_t i = 0; i < view->field_count && !field; i++) {
        if (view->fields[i].conflict)
            field = &view->fields[i];
    }
    if (!field || field->version_count == 0) {
        draft_edit(draft, node);
        return;
    }
    const struct view_version *version = &field->versions[prng_below(prng, field->version_count)];
    draft->act.kind = KIND_RESOLUTION;
    draft->act.reason = bytes_of_text("papers seen");
    set_actor(draft, node, prng_chance(prng, 500) ? HAT_LEADER : HAT_SPECIALIST);
    draft->source = view->entries[version->entry].record->id;
    struct buffer *value = &draft->values[0];
    buffer_append_bytes(value, version->value_bytes);
    draft->writes[0] = (struct act_write){.field = field->key,
                                          .op = WRITE_SET,
                                          .value = buffer_view(value),
                                          .sources = &draft->source,
                                          .source_count = 1};
    draft->act.write_count = 1;
}

/* ---- acting ---- */

static enum status write_act(struct node *node, const struct draft *draft,
                             struct act_result *result)
{
    enum status status = replica_act(node->replica, &draft->act, result);
    char brief[9];
    struct name id = name_of_hash(&result->record);
    if (status == STATUS_OK)
        world_say(node->world, "%s writes %s %s %s%s", node->name,
                  record_kind_name(draft->act.kind), name_brief(&id, brief), result->code,
                  result->provisional ? " (provisional)" : "");
    else
        world_say(node->world, "%s: %s is refused: %s %s", node->name,
                  record_kind_name(draft->act.kind), status_name(status),
                  result->why ? result->why : "");
    node->acts_tried++;
    node->acts_written += status == STATUS_OK;
    return status;
}

static enum status act_on_case(struct node *node, const struct name *case_name)
{
    struct prng *prng = &node->world->prng;
    struct replica_read *read = NULL;
    struct view view = {0};
    struct draft draft;
    struct act_result result = {0};
    draft_init(&draft, KIND_EDIT);
    enum status status = replica_read_begin(node->replica, &read);
    if (status == STATUS_OK)
        status = replica_view(read, case_name, &draft.arena, &view);
    if (status == STATUS_OK && view.load == VIEW_LOADED) {
        uint64_t dice = prng_below(prng, 10);
        if (view.conflict_count > 0 && dice < 4)
            draft_resolution(&draft, node, &view);
        else if (dice < 7)
            draft_edit(&draft, node);
        else
            draft_step(&draft, node, &view);
        draft.act.case_name = *case_name;
        happened_now(&draft, node);
        status = write_act(node, &draft, &result);
    }
    if (read)
        replica_read_end(read);
    draft_deinit(&draft);
    return status;
}

static enum status receive_call(struct node *node, void *context)
{
    struct draft draft;
    struct act_result result = {0};
    (void)context;
    draft_receipt(&draft, node, some_name(&node->world->prng));
    enum status status = write_act(node, &draft, &result);
    draft_deinit(&draft);
    return status;
}

/* The office brings rows of an old register in: book entries with codes of their own, in the log
 * for bulk. */
static enum status import_call(struct node *node, void *context)
{
    struct draft draft;
    struct act_result result = {0};
    char code[LIMIT_CODE_BYTES];
    (void)context;
    draft_receipt(&draft, node, some_name(&node->world->prng));
    uint64_t row = ++node->world->imports;
    snprintf(code, sizeof code, "%s-1910%02llu-%04llu",
             district_unit(&node->world->district, node->unit),
             (unsigned long long)(1 + row / 9999), (unsigned long long)(1 + row % 9999));
    write_text(&draft, "ma_ho_so", WRITE_SET, code);
    draft.act.number = false;
    draft.act.source = SOURCE_IMPORT;
    draft.act.purpose = LOG_BULK;
    draft.act.book_officer = draft.act.officer;
    draft.act.book_hat = draft.act.hat;
    enum status status = write_act(node, &draft, &result);
    draft_deinit(&draft);
    return status;
}

static enum status random_call(struct node *node, void *context)
{
    struct name case_name;
    (void)context;
    /* The hub's officers decide and note; the counter is at the communes. */
    bool receives = node->unit != 0 && prng_chance(&node->world->prng, 350);
    if (node->identity.role == ROLE_OFFICE && prng_chance(&node->world->prng, 100))
        return import_call(node, NULL);
    if (receives || !choose_case(node, &case_name))
        return node->unit == 0 ? STATUS_OK : receive_call(node, NULL);
    return act_on_case(node, &case_name);
}

void desk_act(struct node *node)
{
    if (node_is_up(node))
        scribe_add(node, (struct job){.kind = JOB_CALL, .call = random_call});
}

void desk_rush(struct node *node)
{
    enum { RUSH = 3 };
    for (size_t i = 0; i < RUSH && node_is_up(node) && node->unit != 0; i++)
        scribe_add(node, (struct job){.kind = JOB_CALL, .call = receive_call});
}

/* ---- scripts ---- */

struct script {
    struct draft *draft;
    struct act_result *result;
};

static enum status script_call(struct node *node, void *context)
{
    const struct script *script = context;
    return write_act(node, script->draft, script->result);
}

bool desk_receive(struct node *node, const char *owner, struct act_result *result)
{
    struct draft draft;
    draft_receipt(&draft, node, owner);
    bool good = scribe_now(node, script_call, &(struct script){&draft, result});
    draft_deinit(&draft);
    return good;
}

bool desk_set(struct node *node, const struct name *case_name, const char *field, const char *value)
{
    struct draft draft;
    struct act_result result = {0};
    draft_init(&draft, KIND_EDIT);
    set_actor(&draft, node, HAT_RECEPTION);
    happened_now(&draft, node);
    draft.act.case_name = *case_name;
    write_text(&draft, field, WRITE_SET, value);
    bool good = scribe_now(node, script_call, &(struct script){&draft, &result});
    draft_deinit(&draft);
    return good;
}
