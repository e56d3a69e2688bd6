/*
 * The live writes of a field and what their policy makes of them, to the letter of the text.
 */
#include "tests/oracle/inside.h"

#include <string.h>

record_set base_of(struct oracle *oracle, int record)
{
    record_set base = oracle->bases[record];
    /* Once known it is not empty: the genesis is in every base but its own. */
    for (int i = 0; i < record && oracle->bases[record] == 0; i++) {
        if (in(oracle->counts[record], i) && is_sound(oracle, i))
            base |= bit(i);
    }
    oracle->bases[record] = base;
    return base;
}

const struct pack *pack_of(struct oracle *oracle, int record)
{
    if (oracle->packs[record] == NULL) {
        size_t number = record == 0 ? 0 : pack_among(oracle, base_of(oracle, record));
        oracle->packs[record] = oracle->of->fixture->packs[number];
    }
    return oracle->packs[record];
}

uint8_t rank_of(struct oracle *oracle, int record)
{
    const struct fixture_act *act = &oracle->of->acts[record];
    return act->source != SOURCE_HERE ? 0 : pack_of(oracle, record)->ranks[act->hat];
}

static enum policy policy_of(struct oracle *oracle, size_t field, int record)
{
    return field == PACK_FIELD ? POLICY_AUTHORITY : pack_of(oracle, record)->fields[field].policy;
}

bool list_policy(enum policy policy)
{
    return policy == POLICY_APPEND || policy == POLICY_SET;
}

static bool supersedes(struct oracle *oracle, size_t field, int later, int earlier)
{
    enum policy a = policy_of(oracle, field, later);
    enum policy b = policy_of(oracle, field, earlier);
    if (!in(oracle->counts[later], earlier) || (list_policy(a) && list_policy(b)))
        return false;
    return !(a == POLICY_AUTHORITY && b == POLICY_AUTHORITY &&
             rank_of(oracle, later) < rank_of(oracle, earlier));
}

bool is_settling(struct oracle *oracle, size_t field, const struct saying *saying)
{
    return field != PACK_FIELD && stays(oracle, field, saying) > 0;
}

static void fold_aside(struct oracle *oracle, size_t field, struct folded *folded)
{
    for (unsigned rank = 256; rank-- > 0;) {
        for (size_t i = 0; i < folded->count; i++) {
            bool settling = is_settling(oracle, field, folded->live[i]);
            if (folded->marks[i] != LEFT ||
                (settling ? stays(oracle, field, folded->live[i]) : 0) != rank)
                continue;
            for (size_t j = 0; j < folded->count; j++) {
                if (folded->marks[j] == LEFT && is_settling(oracle, field, folded->live[j]) &&
                    stays(oracle, field, folded->live[j]) > rank &&
                    weighed(oracle, field, folded->live[j], folded->live[i]->value))
                    folded->marks[i] = ASIDE;
            }
        }
    }
}

static bool among_branch(const struct oracle *oracle, record_set among, int record, int of,
                         int not_of)
{
    bool here = record == of || in(oracle->counts[of], record);
    bool there = record == not_of || in(oracle->counts[not_of], record);
    return in(among, record) && here && !there;
}

/* The steps (as names; a resolution as none) of one branch, in order of generation, time, id. */
static size_t branch_steps(const struct oracle *oracle, record_set among, int of, int not_of,
                           const struct step **steps, const int *order)
{
    size_t count = 0;
    for (int i = 0; i < ORACLE_RECORDS; i++) {
        for (size_t j = 0; j < oracle->saying_counts[STATE_FIELD]; j++) {
            int record = oracle->sayings[STATE_FIELD][j].record;
            if (order[record] == i && among_branch(oracle, among, record, of, not_of))
                steps[count++] = step_taken(&oracle->of->acts[record]);
        }
    }
    return count;
}

static void canonical_order(const struct oracle *oracle, int *order)
{
    int generations[ORACLE_RECORDS] = {1};
    const struct oracle_case *of = oracle->of;
    for (int i = 1; i < (int)of->count; i++) {
        generations[i] = 2;
        for (int j = 0; j < i; j++) {
            if (in(parents_of(of, i), j) && !in(of->absent, j) &&
                generations[j] + 1 > generations[i])
                generations[i] = generations[j] + 1;
        }
    }
    for (int i = 0; i < ORACLE_RECORDS; i++) {
        order[i] = 0;
        for (int j = 0; j < (int)of->count && i < (int)of->count; j++) {
            int64_t a = of->fixture->records[i].header.recorded_seconds;
            int64_t b = of->fixture->records[j].header.recorded_seconds;
            int ids = hash_compare(&of->fixture->records[j].id, &of->fixture->records[i].id);
            order[i] += !in(of->absent, j) &&
                        (generations[j] != generations[i] ? generations[j] < generations[i]
                         : b != a                         ? b < a
                                                          : ids < 0);
        }
    }
}

static bool stands_over(struct oracle *oracle, record_set among, const struct saying *a,
                        const struct saying *b)
{
    if (!a->derived || !b->derived || same(a->value, b->value))
        return false;
    const struct step *step = step_taken(&oracle->of->acts[a->record]);
    if (strcmp(step->name, "withdraw") == 0 && strchr("2456", b->value[0]) != NULL &&
        b->value[1] == '\0')
        return true;
    const struct step *mine[WRITES];
    const struct step *theirs[WRITES];
    int order[ORACLE_RECORDS];
    canonical_order(oracle, order);
    size_t left = branch_steps(oracle, among, a->record, b->record, mine, order);
    size_t right = branch_steps(oracle, among, b->record, a->record, theirs, order);
    if (left < right)
        return false;
    for (size_t i = 0; i < right; i++) {
        if (mine[i] == NULL || mine[i] != theirs[i])
            return false;
    }
    return true;
}

static void fold_steps(struct oracle *oracle, record_set among, struct folded *folded)
{
    bool under[WRITES] = {false};
    bool any = false;
    for (size_t i = 0; i < folded->count; i++) {
        for (size_t j = 0; j < folded->count; j++) {
            if (folded->marks[i] == LEFT && folded->marks[j] == LEFT &&
                stands_over(oracle, among, folded->live[j], folded->live[i]) &&
                !stands_over(oracle, among, folded->live[i], folded->live[j]))
                under[i] = true;
        }
    }
    for (size_t i = 0; i < folded->count; i++)
        any = any || (folded->marks[i] == LEFT && !under[i]);
    for (size_t i = 0; i < folded->count && any; i++) {
        if (under[i])
            folded->marks[i] = UNDER;
    }
}

static void fold_ranks(struct oracle *oracle, struct folded *folded)
{
    for (size_t i = 0; i < folded->count; i++) {
        for (size_t j = 0; j < folded->count; j++) {
            if (rank_of(oracle, folded->live[j]->record) > rank_of(oracle, folded->live[i]->record))
                folded->marks[i] = PROPOSAL;
        }
    }
}

static void fold_latest(const struct oracle *oracle, struct folded *folded)
{
    for (size_t i = 0; i < folded->count; i++) {
        const struct record *mine = &oracle->of->fixture->records[folded->live[i]->record];
        for (size_t j = 0; j < folded->count; j++) {
            const struct record *other = &oracle->of->fixture->records[folded->live[j]->record];
            int64_t a = mine->header.recorded_seconds;
            int64_t b = other->header.recorded_seconds;
            if (b > a || (b == a && hash_compare(&other->id, &mine->id) > 0))
                folded->marks[i] = EARLIER;
        }
    }
}

void fold(struct oracle *oracle, size_t field, record_set among, struct folded *folded)
{
    *folded = (struct folded){.policy = POLICY_HUMAN};
    for (size_t i = 0; i < oracle->saying_counts[field]; i++) {
        const struct saying *saying = &oracle->sayings[field][i];
        bool live = in(among, saying->record);
        for (size_t j = 0; j < oracle->saying_counts[field]; j++) {
            int other = oracle->sayings[field][j].record;
            if (live && in(among, other) && supersedes(oracle, field, other, saying->record))
                live = false;
        }
        if (live)
            folded->live[folded->count++] = saying;
    }
    for (size_t i = 0; i < folded->count; i++) {
        enum policy policy = policy_of(oracle, field, folded->live[i]->record);
        if (i == 0)
            folded->policy = policy;
        else if (policy != policy_of(oracle, field, folded->live[0]->record))
            folded->policy = POLICY_HUMAN;
    }
    if (list_policy(folded->policy))
        return;
    if (folded->policy == POLICY_AUTHORITY)
        fold_ranks(oracle, folded);
    if (folded->policy == POLICY_LATEST)
        fold_latest(oracle, folded);
    else
        fold_aside(oracle, field, folded);
    if (folded->policy == POLICY_MONOTONE)
        fold_steps(oracle, among, folded);
}

bool in_conflict(const struct folded *folded, bool surely)
{
    for (size_t i = 0; i < folded->count; i++) {
        for (size_t j = 0; j < i; j++) {
            const struct saying *a = folded->live[i];
            const struct saying *b = folded->live[j];
            if (folded->marks[i] == LEFT && folded->marks[j] == LEFT && !same(a->value, b->value) &&
                !(surely && (a->erased || b->erased)))
                return true;
        }
    }
    return false;
}

const struct saying *agreed(const struct folded *folded)
{
    for (size_t i = 0; i < folded->count; i++) {
        if (folded->marks[i] == LEFT)
            return folded->live[i];
    }
    return NULL;
}

uint8_t rank_that_stays(struct oracle *oracle, size_t field, const struct folded *folded)
{
    uint8_t rank = 0;
    for (size_t i = 0; i < folded->count; i++) {
        uint8_t other = field == PACK_FIELD ? 0 : stays(oracle, field, folded->live[i]);
        rank = other > rank ? other : rank;
    }
    return rank;
}

static bool is_decision(const struct oracle *oracle, const struct saying *saying)
{
    return oracle->of->acts[saying->record].kind == KIND_RESOLUTION;
}

uint8_t stays(struct oracle *oracle, size_t field, const struct saying *saying)
{
    int record = saying->record;
    if (record == 0 || list_policy(policy_of(oracle, field, record)))
        return 0;
    bool *known = &oracle->ranks_known[field][record];
    if (!*known) {
        struct folded folded;
        fold(oracle, field, base_of(oracle, record), &folded);
        uint8_t before = rank_that_stays(oracle, field, &folded);
        uint8_t own = rank_of(oracle, record);
        bool decides =
            is_decision(oracle, saying) || saying->shown || (before > 0 && !saying->derived);
        oracle->ranks[field][record] = decides && own > before ? own : before;
        *known = true;
    }
    return oracle->ranks[field][record];
}

bool weighed(struct oracle *oracle, size_t field, const struct saying *by, const char *value)
{
    struct folded folded;
    if (same(by->value, value))
        return true;
    fold(oracle, field, base_of(oracle, by->record), &folded);
    for (size_t i = 0; i < folded.count; i++) {
        const struct saying *live = folded.live[i];
        if (same(live->value, value) ||
            (is_settling(oracle, field, live) && weighed(oracle, field, live, value)))
            return true;
    }
    return false;
}

/* D2 */
const struct saying *standing(struct oracle *oracle, size_t field, record_set among)
{
    struct folded folded;
    fold(oracle, field, among, &folded);
    if (!in_conflict(&folded, false))
        return agreed(&folded);
    const struct saying *best = NULL;
    bool tied = false;
    for (size_t i = 0; i < folded.count; i++) {
        const struct saying *live = folded.live[i];
        if (folded.marks[i] != LEFT || !is_settling(oracle, field, live))
            continue;
        uint8_t rank = stays(oracle, field, live);
        if (best == NULL || rank > stays(oracle, field, best)) {
            best = live;
            tied = false;
        } else if (rank == stays(oracle, field, best) && !same(live->value, best->value)) {
            tied = true;
        }
    }
    if (best != NULL && !tied)
        return best;
    for (size_t i = 0; i < folded.count; i++)
        among &= oracle->counts[folded.live[i]->record];
    return standing(oracle, field, among);
}

size_t pack_among(struct oracle *oracle, record_set among)
{
    const struct saying *saying = standing(oracle, PACK_FIELD, among);
    return saying != NULL ? (size_t)(saying->value[0] - '0') : 0;
}
