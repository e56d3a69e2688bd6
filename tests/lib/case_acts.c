#include "tests/lib/case_acts.h"

struct fixture_act edit_act(int log, uint64_t hat, const char *officer, const char *field,
                            const char *text)
{
    return (struct fixture_act){.kind = KIND_EDIT,
                                .log = log,
                                .hat = hat,
                                .officer = officer,
                                .write_count = 1,
                                .writes = {{.field = field, .text = text}}};
}

struct fixture_act step_act(int log, uint64_t hat, const char *step)
{
    return (struct fixture_act){.kind = KIND_STEP, .log = log, .hat = hat, .step = step};
}

struct fixture_act settle_act(int log, uint64_t hat, const char *officer, const char *field,
                              const char *text)
{
    struct fixture_act act = edit_act(log, hat, officer, field, text);
    act.kind = KIND_RESOLUTION;
    act.reason = "theo giấy tờ gốc";
    return act;
}

struct fixture_act settle_state(int log, uint64_t hat, const char *officer, int64_t state)
{
    struct fixture_act act = settle_act(log, hat, officer, "trang_thai", NULL);
    act.writes[0].number = state;
    return act;
}

struct fixture_act citing(struct fixture_act act, int a, int b)
{
    act.parents[0] = a;
    act.parents[1] = b;
    act.parent_count = b < 0 ? 1 : 2;
    return act;
}

struct fixture_act decide_act(int log, const char *officer)
{
    struct fixture_act act = step_act(log, HAT_LEADER, "decide");
    act.officer = officer;
    act.writes[0] = (struct fixture_write){.field = "ket_qua", .text = "dong_y"};
    act.write_count = 1;
    return act;
}

int fixture_in_work(struct fixture *fixture)
{
    int genesis = fixture_genesis(fixture);
    return fixture_step(fixture, 0, genesis, HAT_LEADER, "assign", NULL);
}

void fixture_owners_in_conflict(struct fixture *fixture, int base, int *a, int *b)
{
    *a = fixture_edit(fixture, 1, base, HAT_RECEPTION, "chu_ho_so", "x");
    *b = fixture_edit(fixture, 2, base, HAT_RECEPTION, "chu_ho_so", "y");
}
