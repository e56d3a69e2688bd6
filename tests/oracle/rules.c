/*
 * Which records are sound, and what comes out: the other half of the naive reading.
 */
#include "tests/oracle/inside.h"

#include <string.h>

struct trial {
    struct oracle *oracle;
    const struct fixture_act *act;
    int record;
    record_set among;
    const struct pack *pack;
    uint8_t rank;
    bool book, lenient;
};

static bool wears(uint32_t hats, uint64_t hat)
{
    return (hats >> hat & 1) != 0;
}

static bool reaches(const struct fixture_act *act)
{
    const char *unit = act->unit != NULL ? act->unit : FIXTURE_UNIT;
    return strcmp(unit, FIXTURE_UNIT) == 0 ||
           (strcmp(unit, FIXTURE_HUB) == 0 && act->hat == HAT_CASE_DECIDER);
}

static const char *officer_of(const struct oracle *oracle, int record)
{
    const char *officer = oracle->of->acts[record].officer;
    return officer != NULL ? officer : "o1";
}

static const struct saying *saying_of(const struct oracle *oracle, int record, size_t field)
{
    for (size_t i = 0; i < oracle->saying_counts[field]; i++) {
        if (oracle->sayings[field][i].record == record)
            return &oracle->sayings[field][i];
    }
    return NULL;
}

static bool filled(const struct folded *folded)
{
    for (size_t i = 0; i < folded->count; i++) {
        if (folded->marks[i] == LEFT && folded->live[i]->value != NULL)
            return true;
    }
    return false;
}

static bool over_live_act(const struct oracle *oracle, const struct folded *folded)
{
    for (size_t i = 0; i < folded->count; i++) {
        if (folded->live[i]->value != NULL &&
            oracle->of->acts[folded->live[i]->record].source == SOURCE_HERE)
            return true;
    }
    return false;
}

/* A decision: a resolution, or typing over a settled field. */
static bool decides(struct oracle *oracle, size_t field, const struct saying *saying)
{
    struct folded before;
    if (saying->shown || saying->derived || saying->record == 0)
        return false;
    if (oracle->of->acts[saying->record].kind == KIND_RESOLUTION)
        return true;
    fold(oracle, field, base_of(oracle, saying->record), &before);
    return rank_that_stays(oracle, field, &before) > 0;
}

/* F09 */
static bool ping_pong(const struct trial *trial, size_t field, const struct saying *saying,
                      const struct folded *folded)
{
    struct oracle *oracle = trial->oracle;
    const char *me = officer_of(oracle, trial->record);
    bool against = false;
    bool before = false;
    for (size_t i = 0; i < folded->count; i++) {
        const struct saying *live = folded->live[i];
        if ((decides(oracle, field, live) || live->shown) &&
            stays(oracle, field, live) == trial->rank && !same(live->value, saying->value) &&
            !live->erased && !saying->erased && strcmp(officer_of(oracle, live->record), me) != 0)
            against = true;
    }
    for (size_t i = 0; i < oracle->saying_counts[field]; i++) {
        const struct saying *other = &oracle->sayings[field][i];
        if (in(trial->among, other->record) && decides(oracle, field, other) && !other->erased &&
            same(other->value, saying->value) && strcmp(officer_of(oracle, other->record), me) == 0)
            before = true;
    }
    return against && before;
}

static bool plain_is_sound(const struct trial *trial, size_t field, const struct saying *saying)
{
    const struct pack_field *known = &trial->pack->fields[field];
    if (field == STATE_FIELD)
        return false;
    if (!list_policy(known->policy) && saying->op != WRITE_SET)
        return false;
    if (!trial->book && (trial->rank == 0 || !wears(known->writer_hats, trial->act->hat)))
        return false;
    if (list_policy(known->policy) || trial->lenient)
        return true;
    struct folded folded;
    fold(trial->oracle, field, trial->among, &folded);
    if (in_conflict(&folded, true) || (known->policy == POLICY_EXCLUSIVE && filled(&folded)))
        return false;
    uint8_t rank = rank_that_stays(trial->oracle, field, &folded);
    if (trial->book)
        return rank == 0 && !over_live_act(trial->oracle, &folded);
    if (rank > trial->rank)
        return false;
    return rank == 0 || !ping_pong(trial, field, saying, &folded);
}

static bool writes_are_sound(const struct trial *trial, const char *once)
{
    for (size_t field = 0; field < PACK_FIELD; field++) {
        for (size_t i = 0; i < trial->oracle->saying_counts[field]; i++) {
            const struct saying *saying = &trial->oracle->sayings[field][i];
            if (saying->record != trial->record || saying->derived || saying->shown)
                continue;
            if (once != NULL && strcmp(oracle_key(field), once) == 0)
                continue;
            if (!plain_is_sound(trial, field, saying))
                return false;
        }
    }
    return true;
}

static bool state_allows(const struct trial *trial, const struct step *step)
{
    struct folded folded;
    fold(trial->oracle, STATE_FIELD, trial->among, &folded);
    const struct saying *state = agreed(&folded);
    if (in_conflict(&folded, true) || state == NULL)
        return false;
    for (unsigned i = 1; i <= STATE_HANDED_OVER; i++) {
        char name[4] = {0};
        name[0] = i < 10 ? (char)('0' + i) : '1';
        name[1] = i < 10 ? '\0' : '0';
        if (strcmp(state->value, name) == 0)
            return (step->from >> i & 1) != 0;
    }
    return false;
}

static bool once_allows(const struct trial *trial, const struct step *step)
{
    if (step->once_field == NULL)
        return true;
    size_t field = field_of(step->once_field);
    struct folded folded;
    fold(trial->oracle, field, trial->among, &folded);
    if (in_conflict(&folded, true) || filled(&folded))
        return false;
    const struct saying *own = saying_of(trial->oracle, trial->record, field);
    return trial->book || (own != NULL && !own->shown && own->value != NULL);
}

static bool needs_allow(const struct trial *trial, const struct step *step)
{
    bool result = strcmp(step->name, "decide") == 0 || strcmp(step->name, "deny") == 0 ||
                  strcmp(step->name, "handover") == 0;
    for (size_t field = 0; field < PACK_FIELD; field++) {
        struct folded folded;
        fold(trial->oracle, field, trial->among, &folded);
        bool value = folded.policy == POLICY_HUMAN || folded.policy == POLICY_EXCLUSIVE;
        bool appointed =
            strcmp(step->name, "reappoint") == 0 && strcmp(oracle_key(field), "hen_tra") == 0;
        if (field != STATE_FIELD && !list_policy(folded.policy) &&
            ((result && value) || appointed) && in_conflict(&folded, true))
            return false;
    }
    return true;
}

static bool shown_is_right(const struct trial *trial)
{
    for (size_t field = 0; field < PACK_FIELD; field++) {
        const struct saying *saying = saying_of(trial->oracle, trial->record, field);
        if (saying == NULL || !saying->shown || list_policy(trial->pack->fields[field].policy))
            continue;
        struct folded folded;
        fold(trial->oracle, field, trial->among, &folded);
        if (in_conflict(&folded, true))
            return false;
        const struct saying *here = agreed(&folded);
        bool uncertain =
            in_conflict(&folded, false) || saying->erased || (here != NULL && here->erased);
        if (!uncertain && !same(here != NULL ? here->value : NULL, saying->value))
            return false;
    }
    return true;
}

static bool step_is_sound(const struct trial *trial)
{
    const struct step *step = step_taken(trial->act);
    if (step == NULL || step->from == 1 || !reaches(trial->act) ||
        (!trial->book && !wears(step->hats, trial->act->hat)))
        return false;
    if (!trial->lenient && !(state_allows(trial, step) && once_allows(trial, step) &&
                             needs_allow(trial, step) && shown_is_right(trial)))
        return false;
    return writes_are_sound(trial, step->once_field);
}

static bool source_fits(const struct trial *trial, size_t field, const struct saying *saying,
                        int source)
{
    const struct saying *other = saying_of(trial->oracle, source, field);
    return in(trial->among, source) && other != NULL &&
           (same(other->value, saying->value) || other->erased || saying->erased);
}

static bool value_was_weighed(const struct trial *trial, size_t field, const struct saying *saying,
                              const struct folded *folded)
{
    for (size_t i = 0; i < folded->count; i++) {
        const struct saying *live = folded->live[i];
        if (live->erased || saying->erased || same(live->value, saying->value) ||
            (is_settling(trial->oracle, field, live) &&
             weighed(trial->oracle, field, live, saying->value)))
            return true;
    }
    return saying->erased;
}

static bool choice_is_sound(const struct trial *trial, size_t field, const struct saying *saying)
{
    const struct pack_field *known = &trial->pack->fields[field];
    if (list_policy(known->policy) || saying->op != WRITE_SET || trial->rank == 0 ||
        !wears(known->settler_hats, trial->act->hat))
        return false;
    if (trial->lenient)
        return true;
    struct folded folded;
    fold(trial->oracle, field, trial->among, &folded);
    if (rank_that_stays(trial->oracle, field, &folded) > trial->rank)
        return false;
    for (size_t i = 0; i < folded.count && known->policy == POLICY_AUTHORITY; i++) {
        if (folded.marks[i] == LEFT && rank_of(trial->oracle, folded.live[i]->record) > trial->rank)
            return false;
    }
    if ((field == STATE_FIELD || known->policy == POLICY_EXCLUSIVE) &&
        !value_was_weighed(trial, field, saying, &folded))
        return false;
    for (size_t i = 0; i < saying->source_count; i++) {
        if (!source_fits(trial, field, saying, saying->sources[i]))
            return false;
    }
    return !ping_pong(trial, field, saying, &folded);
}

static bool resolution_is_sound(const struct trial *trial)
{
    size_t chosen = 0;
    bool reasoned = trial->act->reason != NULL || trial->oracle->of->erased[trial->record];
    if (trial->book || !reaches(trial->act) || !reasoned)
        return false;
    for (size_t field = 0; field < PACK_FIELD; field++) {
        const struct saying *saying = saying_of(trial->oracle, trial->record, field);
        if (saying == NULL)
            continue;
        chosen++;
        if (!choice_is_sound(trial, field, saying))
            return false;
    }
    return chosen > 0;
}

static bool repack_is_sound(const struct trial *trial)
{
    struct folded folded;
    if (trial->book || !reaches(trial->act) || trial->rank == 0 ||
        !wears(trial->pack->fields[STATE_FIELD].settler_hats, trial->act->hat))
        return false;
    fold(trial->oracle, PACK_FIELD, trial->among, &folded);
    for (size_t i = 0; i < folded.count && !trial->lenient; i++) {
        if (folded.marks[i] == LEFT && rank_of(trial->oracle, folded.live[i]->record) > trial->rank)
            return false;
    }
    return writes_are_sound(trial, NULL);
}

static bool edit_is_sound(const struct trial *trial)
{
    return trial->act->write_count == 0 || (reaches(trial->act) && writes_are_sound(trial, NULL));
}

static bool judge(struct oracle *oracle, int record)
{
    struct trial trial = {.oracle = oracle, .act = &oracle->of->acts[record], .record = record};
    if (record == 0)
        return true; /* the generator writes no other */
    trial.among = base_of(oracle, record);
    trial.pack = pack_of(oracle, record);
    trial.book = trial.act->source != SOURCE_HERE;
    trial.rank = reaches(trial.act) ? rank_of(oracle, record) : 0;
    trial.lenient = oracle->of->standings[record] == STANDING_RELEASED_HELD;
    switch (trial.act->kind) {
    case KIND_STEP:
        return step_is_sound(&trial);
    case KIND_RESOLUTION:
        return resolution_is_sound(&trial);
    case KIND_REPACK:
        return repack_is_sound(&trial);
    default:
        return edit_is_sound(&trial);
    }
}

bool is_sound(struct oracle *oracle, int record)
{
    if (in(oracle->of->absent, record))
        return false;
    if (oracle->soundness[record] == 0)
        oracle->soundness[record] = judge(oracle, record) ? 1 : 2;
    return oracle->soundness[record] == 1;
}

/* ---- what comes out ---- */

static enum view_effect effect_of(struct oracle *oracle, int record)
{
    enum standing standing = oracle->of->standings[record];
    if (standing == STANDING_UNGRANTED || standing == STANDING_REVOKED ||
        standing == STANDING_REFUSED)
        return EFFECT_NONE;
    if (standing != STANDING_RELEASED_HELD && (oracle->counts[record] & oracle->of->absent) != 0)
        return EFFECT_HELD;
    return is_sound(oracle, record) ? EFFECT_EFFECTIVE : EFFECT_UNSOUND;
}

static void add_version(struct oracle_field *field, const struct saying *saying, bool proposal,
                        bool once)
{
    for (size_t i = 0; i < field->version_count && once; i++) {
        if (same(field->versions[i].value, saying->value) &&
            field->versions[i].proposal == proposal)
            return;
    }
    field->versions[field->version_count++] =
        (struct oracle_version){saying->value, saying->record, proposal};
}

static bool taken_away(const struct oracle *oracle, const struct folded *folded,
                       const struct saying *item)
{
    for (size_t i = 0; i < folded->count; i++) {
        const struct saying *removal = folded->live[i];
        if (removal->op != WRITE_REMOVE || !in(oracle->counts[removal->record], item->record) ||
            (removal->value != NULL && !same(removal->value, item->value)))
            continue;
        for (size_t j = 0; j < removal->source_count; j++) {
            if (removal->sources[j] == item->record)
                return true;
        }
    }
    return false;
}

static void list_field(const struct oracle *oracle, const struct folded *folded,
                       struct oracle_field *out)
{
    for (size_t i = 0; i < folded->count; i++) {
        const struct saying *item = folded->live[i];
        if (item->op != WRITE_REMOVE && item->value != NULL && !taken_away(oracle, folded, item))
            add_version(out, item, false, folded->policy == POLICY_SET);
    }
}

static bool is_left(const struct folded *folded, const char *value)
{
    for (size_t i = 0; i < folded->count; i++) {
        if (folded->marks[i] == LEFT && same(folded->live[i]->value, value))
            return true;
    }
    return false;
}

static void value_field(struct oracle *oracle, size_t field, const struct folded *folded,
                        struct oracle_view *view)
{
    struct oracle_field *out = &view->fields[field];
    const struct saying *value = agreed(folded);
    out->conflict = in_conflict(folded, false);
    for (size_t i = 0; i < folded->count; i++) {
        const struct saying *live = folded->live[i];
        bool differs = value == NULL || !same(live->value, value->value);
        if (folded->marks[i] == LEFT || folded->marks[i] == EARLIER)
            add_version(out, live, false, true);
        if (folded->marks[i] == PROPOSAL && !is_left(folded, live->value))
            add_version(out, live, true, true);
        if (folded->marks[i] == ASIDE && (differs || out->conflict))
            view->aside |= bit(live->record);
    }
    if (!out->conflict && value != NULL)
        out->value = value->value;
    const struct saying *shown = standing(oracle, field, view->effective);
    out->standing = shown != NULL ? shown->value : NULL;
    out->rank = rank_that_stays(oracle, field, folded);
}

void oracle_compute(const struct oracle_case *of, struct oracle_view *view)
{
    struct oracle oracle = {.of = of};
    *view = (struct oracle_view){.pack = 0};
    for (int i = 0; i < (int)of->count; i++) {
        if (in(of->absent, i))
            continue;
        oracle.counts[i] = i == 0 ? 0 : oracle_counts(of, parents_of(of, i), without_of(of, i));
        read_record(&oracle, i);
    }
    for (int i = 0; i < (int)of->count; i++) {
        if (in(of->absent, i))
            continue;
        view->effects[i] = effect_of(&oracle, i);
        if (view->effects[i] == EFFECT_EFFECTIVE)
            view->effective |= bit(i);
    }
    view->pack = pack_among(&oracle, view->effective);
    for (size_t field = 0; field < ORACLE_FIELDS; field++) {
        struct folded folded;
        fold(&oracle, field, view->effective, &folded);
        view->fields[field].written = folded.count > 0;
        if (list_policy(folded.policy))
            list_field(&oracle, &folded, &view->fields[field]);
        else if (folded.count > 0)
            value_field(&oracle, field, &folded, view);
    }
}
