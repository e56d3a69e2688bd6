/*
 * oracle dags                 every DAG of up to 4 records over 3 logs and 2 fields, each effective
 *                             or not, each write its own value
 * oracle random [SEED [N]]    N random cases of up to 8 records, all policies, from SEED on
 * oracle one SEED             one of them, printed
 * oracle orders [SEED]        1,000 arrival orders of 100 cases that hold conflicts
 */
#include "tests/lib/unit.h"
#include "tests/oracle/generate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RANDOM_CASES = 500000, RECORDS_MOST = 8, ORDER_CASES = 100, ORDERS = 1000 };

static const uint64_t first_seed = 20261124;

/* ---- random ---- */

/* An honest writer's count is the letter's. */
static const char *check_counts(const struct generated *generated)
{
    const struct oracle_case *of = &generated->of;
    for (int i = 1; generated->honest && i < (int)of->count; i++) {
        record_set parents = 0;
        record_set without = 0;
        for (size_t j = 0; j < of->acts[i].parent_count; j++)
            parents |= (record_set)1 << of->acts[i].parents[j];
        for (int j = i - 1; j >= 0; j--) {
            if (of->acts[j].log == of->acts[i].log) {
                parents |= (record_set)1 << j;
                break;
            }
        }
        for (size_t j = 0; j < of->acts[i].without_count; j++)
            without |= (record_set)1 << of->acts[i].without[j];
        if (oracle_counts(of, parents, without) != oracle_counts_by_paths(of, i))
            return "the count of an honest record is not the letter's";
    }
    return NULL;
}

/* What the screen says before is what the view says after. */
static const char *check_judgement(struct generated *generated, uint64_t seed)
{
    struct random random = {~seed};
    struct fixture *fixture = &generated->fixture;
    struct fixture_act act;
    generate_act(&random, generated, &act);
    act.log = 9;
    enum view_why why = fixture_judge(fixture, &act);
    if (fixture->view.load != VIEW_LOADED || why == WHY_ERASED)
        return NULL;
    struct view_cites cites;
    assert_int_equal(view_cite(&fixture->view, NULL, &fixture->arena, &cites), STATUS_OK);
    for (int i = 0; i < (int)generated->of.count; i++) {
        for (size_t j = 0; j < cites.parent_count; j++) {
            if (hash_equal(&fixture->records[i].id, &cites.parents[j]))
                act.parents[act.parent_count++] = i;
        }
        for (size_t j = 0; j < cites.without_count; j++) {
            if (hash_equal(&fixture->records[i].id, &cites.without[j]))
                act.without[act.without_count++] = i;
        }
    }
    int record = generated_add(generated, &act, STANDING_GRANTED);
    generated_compute(generated, generated->of.absent);
    enum view_why after = view_why_of(fixture_entry(fixture, record)->why);
    return after == why ? NULL : "the judgement before signing is not the one after";
}

static const char *check_seed(struct generated *generated, uint64_t seed, size_t most,
                              size_t *conflicts)
{
    struct oracle_view expected;
    generate_case(generated, seed, most);
    generated_compute(generated, generated->of.absent);
    oracle_compute(&generated->of, &expected);
    *conflicts += generated->fixture.view.conflict_count > 0;
    const char *what = compare_views(generated, &expected);
    if (what == NULL)
        what = compare_cites(generated, &expected);
    if (what == NULL)
        what = check_counts(generated);
    if (what == NULL)
        what = check_judgement(generated, seed);
    return what;
}

/* Prints the shortest beginning of the case that still fails. */
static void report(uint64_t seed)
{
    struct generated generated;
    size_t conflicts = 0;
    for (size_t most = 1; most <= RECORDS_MOST; most++) {
        const char *what = check_seed(&generated, seed, most, &conflicts);
        if (what != NULL) {
            printf("seed %" PRIu64 ": %s differs. Again: oracle one %" PRIu64 "\n", seed, what,
                   seed);
            print_case(&generated);
            most = RECORDS_MOST;
        }
        generated_free(&generated);
    }
}

static int run_random(uint64_t seed, uint64_t count)
{
    size_t conflicts = 0;
    for (uint64_t i = 0; i < count; i++) {
        struct generated generated;
        const char *what = check_seed(&generated, seed + i, RECORDS_MOST, &conflicts);
        generated_free(&generated);
        if (what != NULL) {
            report(seed + i);
            return 1;
        }
    }
    printf("%" PRIu64 " cases from seed %" PRIu64 ", %zu with conflicts: equal\n", count, seed,
           conflicts);
    return 0;
}

static int run_one(uint64_t seed)
{
    struct generated generated;
    size_t conflicts = 0;
    const char *what = check_seed(&generated, seed, RECORDS_MOST, &conflicts);
    print_case(&generated);
    generated_free(&generated);
    printf("%s\n", what != NULL ? what : "equal");
    return what != NULL;
}

/* ---- every DAG ---- */

/* Two fields under `latest`: no rule of a policy stands between a write and its being live, and the
 * versions are exactly the live ones. */
static const char *const dag_fields[] = {"dia_chi", "nguoi_nop"};

struct dag {
    struct generated generated;
    size_t records;
    int logs[4];
    unsigned parents[4]; /* bits of earlier records; none: the genesis */
    unsigned writes[4];  /* bits of fields */
    size_t seen;
};

static void build_dag(struct dag *dag)
{
    static const char *const own[4][2] = {{"a1", "a2"}, {"b1", "b2"}, {"c1", "c2"}, {"d1", "d2"}};
    struct generated *generated = &dag->generated;
    memset(&generated->of, 0, sizeof(generated->of));
    fixture_init_for(&generated->fixture, ORACLE_RECORDS);
    generated->of.fixture = &generated->fixture;
    fixture_add_pack(&generated->fixture, dag_fields[1], POLICY_LATEST);
    struct pack *pack = generated->fixture.packs[1];
    generated->fixture.packs[1] = generated->fixture.packs[0];
    generated->fixture.packs[0] = pack;
    struct fixture_act genesis = {.kind = KIND_GENESIS,
                                  .log = 8,
                                  .hat = HAT_RECEPTION,
                                  .write_count = 1,
                                  .writes = {{.field = "ma_tthc", .text = "1.001193"}}};
    generated_add(generated, &genesis, STANDING_GRANTED);
    for (size_t i = 0; i < dag->records; i++) {
        struct fixture_act act = {.kind = KIND_EDIT, .log = dag->logs[i], .hat = HAT_RECEPTION};
        for (size_t j = 0; j < i; j++) {
            if ((dag->parents[i] >> j & 1) != 0)
                act.parents[act.parent_count++] = (int)j + 1;
        }
        if (act.parent_count == 0)
            act.parents[act.parent_count++] = 0;
        for (size_t j = 0; j < 2; j++) {
            if ((dag->writes[i] >> j & 1) != 0)
                act.writes[act.write_count++] =
                    (struct fixture_write){.field = dag_fields[j], .text = own[i][j]};
        }
        generated_add(generated, &act, STANDING_GRANTED);
    }
}

static bool check_dag(struct dag *dag)
{
    bool ok = true;
    build_dag(dag);
    struct generated *generated = &dag->generated;
    for (unsigned effects = 0; effects < 1u << dag->records && ok; effects++) {
        struct oracle_view expected;
        for (size_t i = 0; i < dag->records; i++) {
            enum standing standing = (effects >> i & 1) != 0 ? STANDING_GRANTED : STANDING_REVOKED;
            generated->of.standings[i + 1] = standing;
            generated->fixture.inputs[i + 1].standing = standing;
        }
        generated_compute(generated, 0);
        oracle_compute(&generated->of, &expected);
        const char *what = compare_views(generated, &expected);
        if (what == NULL)
            what = compare_cites(generated, &expected);
        dag->seen++;
        if (what != NULL) {
            printf("%s differs:\n", what);
            print_case(generated);
            ok = false;
        }
    }
    generated_free(generated);
    return ok;
}

/* All choices for the records from |next| on. Logs are numbered as they first appear, no record
 * cites its predecessor in its log, and the last one writes: nothing else would tell a new case. */
static bool each_dag(struct dag *dag, size_t next)
{
    if (next == dag->records)
        return check_dag(dag);
    int logs = 0;
    for (size_t i = 0; i < next; i++)
        logs = dag->logs[i] >= logs ? dag->logs[i] + 1 : logs;
    for (int log = 0; log <= logs && log < 3; log++) {
        unsigned own = 0;
        for (size_t i = 0; i < next; i++) {
            if (dag->logs[i] == log)
                own = 1u << i;
        }
        for (unsigned parents = 0; parents < 1u << next; parents++) {
            if ((parents & own) != 0)
                continue;
            for (unsigned writes = next + 1 == dag->records; writes < 4; writes++) {
                dag->logs[next] = log;
                dag->parents[next] = parents;
                dag->writes[next] = writes;
                if (!each_dag(dag, next + 1))
                    return false;
            }
        }
    }
    return true;
}

static int run_dags(void)
{
    struct dag dag = {.seen = 0};
    for (dag.records = 1; dag.records <= 4; dag.records++) {
        if (!each_dag(&dag, 0))
            return 1;
    }
    printf("%zu cases: equal\n", dag.seen);
    return 0;
}

/* ---- arrival orders ---- */

static void shuffle(struct random *random, struct view_record *inputs, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = random_below(random, i);
        struct view_record other = inputs[i - 1];
        inputs[i - 1] = inputs[j];
        inputs[j] = other;
    }
}

static bool same_bytes(struct bytes a, struct bytes b)
{
    return bytes_equal(a, b);
}

/* Everything a view shows, not its hash alone. */
static bool same_views(const struct view *a, const struct view *b)
{
    bool same = name_equal(&a->hash16, &b->hash16) && a->entry_count == b->entry_count &&
                a->field_count == b->field_count && a->state == b->state &&
                a->standing_state == b->standing_state && a->head_count == b->head_count &&
                a->without_count == b->without_count;
    for (size_t i = 0; same && i < a->entry_count; i++)
        same = a->entries[i].record == b->entries[i].record &&
               a->entries[i].effect == b->entries[i].effect &&
               a->entries[i].why == b->entries[i].why && a->entries[i].aside == b->entries[i].aside;
    for (size_t i = 0; same && i < a->field_count; i++) {
        const struct view_field *left = &a->fields[i];
        const struct view_field *right = &b->fields[i];
        same = same_bytes(left->key, right->key) && left->conflict == right->conflict &&
               same_bytes(left->value_bytes, right->value_bytes) &&
               same_bytes(left->standing_bytes, right->standing_bytes) &&
               left->version_count == right->version_count;
        for (size_t j = 0; same && j < left->version_count; j++)
            same = left->versions[j].entry == right->versions[j].entry &&
                   same_bytes(left->versions[j].value_bytes, right->versions[j].value_bytes);
    }
    for (size_t i = 0; same && i < a->head_count; i++)
        same = hash_equal(&a->heads[i], &b->heads[i]);
    for (size_t i = 0; same && i < a->without_count; i++)
        same = hash_equal(&a->without[i], &b->without[i]);
    return same;
}

static bool check_orders(struct generated *generated, uint64_t seed)
{
    struct random random = {seed};
    struct fixture *fixture = &generated->fixture;
    struct view_record inputs[ORACLE_RECORDS];
    memcpy(inputs, fixture->inputs, fixture->count * sizeof(inputs[0]));
    for (int i = 0; i < ORDERS; i++) {
        struct arena arena;
        struct view view;
        arena_init(&arena, 1 << 24);
        shuffle(&random, inputs, fixture->count);
        enum status status =
            view_compute(inputs, fixture->count, fixture_pack, fixture, &arena, &view);
        bool same = status == STATUS_OK && same_views(&view, &fixture->view);
        arena_deinit(&arena);
        if (!same)
            return false;
    }
    return true;
}

static int run_orders(uint64_t seed)
{
    size_t found = 0;
    for (; found < ORDER_CASES; seed++) {
        struct generated generated;
        generate_case(&generated, seed, RECORDS_MOST);
        generated.of.absent = 0;
        generated_compute(&generated, 0);
        bool conflict = generated.fixture.view.conflict_count > 0;
        bool same = !conflict || check_orders(&generated, seed);
        generated_free(&generated);
        found += conflict;
        if (!same) {
            printf("seed %" PRIu64 ": the view depends on the order of arrival\n", seed);
            return 1;
        }
    }
    printf("%d orders of %d cases with conflicts: byte-equal\n", ORDERS, ORDER_CASES);
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : first_seed;
    uint64_t count = argc > 3 ? strtoull(argv[3], NULL, 10) : RANDOM_CASES;
    if (strcmp(what, "dags") == 0)
        return run_dags();
    if (strcmp(what, "random") == 0)
        return run_random(seed, count);
    if (strcmp(what, "one") == 0 && argc > 2)
        return run_one(seed);
    if (strcmp(what, "orders") == 0)
        return run_orders(seed);
    fprintf(stderr, "usage: oracle dags | random [SEED [N]] | one SEED | orders [SEED]\n");
    return 2;
}
