#include "tests/oracle/generate.h"

#include "tests/lib/unit.h"

#include <stdio.h>
#include <string.h>

static const char *const values[] = {"x", "y", "z"};
static const char *const officers[] = {"an", "binh", "chi"};

static const char *pick_text(struct random *random)
{
    return values[random_below(random, 3)];
}

static void pick_hat(struct random *random, struct fixture_act *act)
{
    static const uint64_t hats[] = {HAT_RECEPTION,        HAT_SPECIALIST,   HAT_LEADER,  HAT_LEADER,
                                    HAT_HEAD_OF_ONE_STOP, HAT_CASE_DECIDER, HAT_CASHIER, HAT_IT};
    act->hat = hats[random_below(random, sizeof(hats) / sizeof(hats[0]))];
    act->officer = officers[random_below(random, 3)];
    if (random_below(random, 24) == 0 || act->hat == HAT_CASE_DECIDER)
        act->unit = FIXTURE_HUB;
    act->source = random_below(random, 16) == 0 ? SOURCE_IMPORT : SOURCE_HERE;
    act->seconds = 1000 + (int64_t)random_below(random, 4);
}

static void pick_sources(struct random *random, const struct generated *generated,
                         struct fixture_write *write, size_t most)
{
    for (size_t i = 0; i < most && random_below(random, 3) > 0; i++)
        write->sources[write->source_count++] = (int)random_below(random, generated->of.count);
}

static const char *const fields[] = {"chu_ho_so", "nguoi_nop", "dia_chi",    "nguoi_ky",
                                     "hen_tra",   "ma_ho_so",  "so_ket_qua", "thanh_phan",
                                     "ghi_chu",   "ket_qua"};

enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

static void pick_write(struct random *random, const struct generated *generated,
                       struct fixture_write *write)
{
    *write = (struct fixture_write){.field = generated->focus};
    if (random_below(random, 3) == 0)
        write->field = fields[random_below(random, FIELDS)];
    write->text = pick_text(random);
    if (random_below(random, 12) == 0) {
        write->text = NULL;
        write->nil = true;
    }
    bool list = strcmp(write->field, "thanh_phan") == 0 || strcmp(write->field, "ghi_chu") == 0;
    if (list && random_below(random, 2) == 0) {
        write->op = WRITE_REMOVE;
        pick_sources(random, generated, write, 4);
    } else if (list || random_below(random, 40) == 0) {
        write->op = WRITE_ADD;
    }
}

/* Never the same field twice: that is a body nobody can read. */
static void add_write(struct random *random, const struct generated *generated,
                      struct fixture_act *act)
{
    struct fixture_write write;
    pick_write(random, generated, &write);
    for (size_t i = 0; i < act->write_count; i++) {
        if (strcmp(act->writes[i].field, write.field) == 0)
            return;
    }
    act->writes[act->write_count++] = write;
}

static void make_step(struct random *random, const struct generated *generated,
                      struct fixture_act *act)
{
    static const char *const few[] = {"assign", "assign", "assign", "supplement", "complete"};
    static const char *const steps[] = {"assign", "assign",  "assign",   "supplement", "complete",
                                        "decide", "decide",  "deny",     "withdraw",   "withdraw",
                                        "fee",    "propose", "handover", "reappoint",  "stop"};
    act->kind = KIND_STEP;
    act->step = steps[random_below(random, sizeof(steps) / sizeof(steps[0]))];
    if (generated->lean == LEAN_STEPS && random_below(random, 4) > 0)
        act->step = few[random_below(random, sizeof(few) / sizeof(few[0]))];
    const struct step *step = step_of(bytes_of_text(act->step));
    while (random_below(random, 8) > 0 && (step->hats >> act->hat & 1) == 0)
        pick_hat(random, act);
    if (step->once_field != NULL && random_below(random, 8) > 0)
        act->writes[act->write_count++] =
            (struct fixture_write){.field = step->once_field, .text = pick_text(random)};
    if (random_below(random, 4) == 0)
        add_write(random, generated, act);
    if (random_below(random, 3) == 0) {
        act->shown[0] = (struct fixture_write){.field = "chu_ho_so"};
        act->shown[0].text = random_below(random, 2) == 0 ? "v0" : pick_text(random);
        act->shown_count = act->source == SOURCE_HERE;
    }
}

static void make_resolution(struct random *random, const struct generated *generated,
                            struct fixture_act *act)
{
    act->kind = KIND_RESOLUTION;
    act->reason = random_below(random, 16) == 0 ? NULL : "giấy tờ gốc";
    add_write(random, generated, act);
    struct fixture_write *write = &act->writes[0];
    write->op = WRITE_SET;
    write->source_count = 0;
    if (random_below(random, 5) == 0) {
        *write = (struct fixture_write){.field = "trang_thai"};
        write->number = 2 + (int64_t)random_below(random, 9);
    }
    if (random_below(random, 4) == 0)
        pick_sources(random, generated, write, 1);
}

void generate_act(struct random *random, struct generated *generated, struct fixture_act *act)
{
    *act = (struct fixture_act){.kind = KIND_EDIT};
    act->log = (int)random_below(random, 4);
    pick_hat(random, act);
    size_t choice = random_below(random, 16);
    if (random_below(random, 2) == 0 && generated->lean != LEAN_NONE)
        choice = generated->lean == LEAN_STEPS ? 2 : random_below(random, 3) == 0 ? 0 : 10;
    switch (choice) {
    case 0:
        act->kind = KIND_REPACK;
        act->pack = generated->fixture.packs[random_below(random, 3)]->hash;
        break;
    case 1:
        break; /* it joins */
    case 2:
    case 3:
    case 4:
    case 5:
        make_step(random, generated, act);
        break;
    case 6:
    case 7:
    case 8:
    case 9:
        make_resolution(random, generated, act);
        break;
    default:
        add_write(random, generated, act);
        if (random_below(random, 3) == 0)
            add_write(random, generated, act);
        break;
    }
}

static bool is_in(record_set set, int record)
{
    return (set >> record & 1) != 0;
}

static void cite_at_random(struct random *random, const struct generated *generated,
                           struct fixture_act *act)
{
    for (int i = 0; i < (int)generated->of.count; i++) {
        if (random_below(random, 3) == 0)
            act->parents[act->parent_count++] = i;
        else if (random_below(random, 10) == 0)
            act->without[act->without_count++] = i;
    }
    if (act->parent_count == 0)
        act->parents[act->parent_count++] = 0;
}

/* What one desk had: some records, with all they cite, and its own. */
static record_set had(struct random *random, const struct generated *generated, int log)
{
    const struct oracle_case *of = &generated->of;
    record_set set = 1;
    for (int i = (int)of->count - 1; i > 0; i--) {
        if (random_below(random, 2) == 0 || of->acts[i].log == log)
            set |= (record_set)1 << i;
        if (!is_in(set, i))
            continue;
        for (size_t j = 0; j < of->acts[i].parent_count; j++)
            set |= (record_set)1 << of->acts[i].parents[j];
        for (int j = i - 1; j >= 0; j--) {
            if (of->acts[j].log == of->acts[i].log) {
                set |= (record_set)1 << j;
                break;
            }
        }
    }
    return set;
}

static void cite_honestly(struct random *random, struct generated *generated,
                          struct fixture_act *act)
{
    record_set set = had(random, generated, act->log);
    generated_compute(generated, ~set);
    struct fixture *fixture = &generated->fixture;
    int last = fixture->log_last[act->log];
    struct view_cites cites;
    assert_int_equal(view_cite(&fixture->view, last < 0 ? NULL : &fixture->records[last].id,
                               &fixture->arena, &cites),
                     STATUS_OK);
    for (int i = 0; i < (int)generated->of.count; i++) {
        for (size_t j = 0; j < cites.parent_count; j++) {
            if (hash_equal(&fixture->records[i].id, &cites.parents[j]))
                act->parents[act->parent_count++] = i;
        }
        for (size_t j = 0; j < cites.without_count; j++) {
            if (hash_equal(&fixture->records[i].id, &cites.without[j]))
                act->without[act->without_count++] = i;
        }
    }
}

int generated_add(struct generated *generated, const struct fixture_act *act,
                  enum standing standing)
{
    struct oracle_case *of = &generated->of;
    int number = fixture_add(&generated->fixture, act);
    of->acts[number] = *act;
    of->standings[number] = standing;
    of->count = generated->fixture.count;
    generated->fixture.inputs[number].standing = standing;
    return number;
}

static bool is_personal(const struct generated *generated, const char *field)
{
    const struct pack_field *known =
        pack_field_of(generated->fixture.packs[0], bytes_of_text(field));
    return known != NULL && !known->impersonal;
}

static void erase(struct generated *generated, int record)
{
    const struct fixture_act *act = &generated->of.acts[record];
    struct fixture_write stand_ins[40];
    size_t count = 0;
    for (size_t i = 0; i < act->write_count; i++)
        stand_ins[count++] = act->writes[i];
    for (size_t i = 0; i < act->shown_count; i++) {
        stand_ins[count] = act->shown[i];
        stand_ins[count++].op = STAND_IN_SHOWN;
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_personal(generated, stand_ins[i].field))
            continue;
        stand_ins[i].text = "(đã xóa)";
        stand_ins[i].nil = false;
    }
    fixture_erase(&generated->fixture, record, stand_ins, count, act->step);
    generated->of.erased[record] = true;
}

static enum standing pick_standing(struct random *random)
{
    switch (random_below(random, 16)) {
    case 0:
        return STANDING_REVOKED;
    case 1:
        return STANDING_REFUSED;
    case 2:
        return STANDING_RELEASED_HELD;
    case 3:
        return STANDING_RELEASED_CUT;
    default:
        return STANDING_GRANTED;
    }
}

void generate_case(struct generated *generated, uint64_t seed, size_t most)
{
    struct random random = {seed};
    memset(&generated->of, 0, sizeof(generated->of));
    fixture_init_for(&generated->fixture, ORACLE_RECORDS);
    generated->of.fixture = &generated->fixture;
    fixture_add_pack(&generated->fixture, "chu_ho_so", POLICY_LATEST);
    fixture_add_pack(&generated->fixture, "nguoi_nop", POLICY_AUTHORITY);
    struct fixture_act genesis = {
        .kind = KIND_GENESIS,
        .hat = HAT_RECEPTION,
        .write_count = 2,
        .writes = {{.field = "ma_tthc", .text = "1.001193"}, {.field = "chu_ho_so", .text = "v0"}}};
    generated_add(generated, &genesis, STANDING_GRANTED);
    generated->honest = random_below(&random, 2) == 0;
    generated->focus = fields[random_below(&random, FIELDS + 2) % FIELDS];
    bool troubled = random_below(&random, 2) == 0;
    generated->lean = (enum lean)random_below(&random, LEANS);
    if (generated->lean == LEAN_REPACKS)
        generated->focus = fields[random_below(&random, 2)];
    size_t count = 1 + random_below(&random, 8);
    for (size_t i = 0; i < count && i < most; i++) {
        struct fixture_act act;
        generate_act(&random, generated, &act);
        if (generated->honest)
            cite_honestly(&random, generated, &act);
        else
            cite_at_random(&random, generated, &act);
        enum standing standing = troubled ? pick_standing(&random) : STANDING_GRANTED;
        int record = generated_add(generated, &act, standing);
        if (troubled && random_below(&random, 16) == 0)
            erase(generated, record);
        if (troubled && !generated->honest && random_below(&random, 16) == 0)
            generated->of.absent |= (record_set)1 << record;
    }
}

void generated_free(struct generated *generated)
{
    fixture_deinit(&generated->fixture);
}

void generated_compute(struct generated *generated, record_set without)
{
    int absent[ORACLE_RECORDS + 1];
    size_t count = 0;
    for (int i = 0; i < (int)generated->of.count; i++) {
        if (is_in(without, i))
            absent[count++] = i;
    }
    absent[count] = -1;
    fixture_compute(&generated->fixture, absent);
}

void print_case(const struct generated *generated)
{
    static const char *const standings[] = {"",         " UNGRANTED",     " REVOKED",
                                            " REFUSED", " RELEASED-HELD", " RELEASED-CUT"};
    for (int i = 0; i < (int)generated->of.count; i++) {
        const struct fixture_act *act = &generated->of.acts[i];
        printf("%2d log %d %s %s hat %s by %s at %lld%s%s%s%s:", i, act->log,
               record_kind_name(act->kind), act->step != NULL ? act->step : "", hat_name(act->hat),
               act->officer != NULL ? act->officer : "o1", (long long)act->seconds,
               act->source != SOURCE_HERE ? " BOOK" : "", standings[generated->of.standings[i]],
               generated->of.erased[i] ? " ERASED" : "",
               is_in(generated->of.absent, i) ? " ABSENT" : "");
        for (size_t j = 0; j < act->parent_count; j++)
            printf(" <-%d", act->parents[j]);
        for (size_t j = 0; j < act->without_count; j++)
            printf(" /%d", act->without[j]);
        for (size_t j = 0; j < act->write_count; j++) {
            const struct fixture_write *write = &act->writes[j];
            printf(" %s%s%s", write->field, write->op == WRITE_REMOVE ? "-=" : "=",
                   write->text != NULL ? write->text : "");
            if (write->text == NULL && !write->nil)
                printf("%lld", (long long)write->number);
            for (size_t k = 0; k < write->source_count; k++)
                printf("@%d", write->sources[k]);
        }
        for (size_t j = 0; j < act->shown_count; j++)
            printf(" shown %s=%s", act->shown[j].field, act->shown[j].text);
        printf("\n");
    }
}
