#include "protocol/case/pack/step.h"

#define AT(state) (1u << STATE_##state)
#define BY(hat) (1u << HAT_##hat)

/* The order is the one in which a list of possible steps is shown. */
static const struct step steps[] = {
    {"receive", AT(NONE), BY(RECEPTION) | BY(HEAD_OF_ONE_STOP), STATE_ACCEPTED, NULL,
     "NĐ 61/2018 Điều 17.1.c", NULL, false},
    {"submit", AT(NONE), BY(RECEPTION) | BY(HEAD_OF_ONE_STOP), STATE_SUBMITTED, NULL,
     "NĐ 61/2018 Điều 16.1", NULL, false},
    {"accept", AT(SUBMITTED), BY(RECEPTION) | BY(HEAD_OF_ONE_STOP), STATE_ACCEPTED, NULL,
     "NĐ 61/2018 Điều 17.1.c", NULL, false},
    {"refuse", AT(SUBMITTED), BY(RECEPTION) | BY(HEAD_OF_ONE_STOP), STATE_NOT_ACCEPTED, NULL,
     "NĐ 61/2018 Điều 17.1.b", NULL, false},
    {"assign", AT(ACCEPTED), BY(LEADER) | BY(HEAD_OF_ONE_STOP), STATE_IN_WORK, NULL,
     "NĐ 61/2018 Điều 19.1", NULL, false},
    {"reassign", AT(IN_WORK), BY(LEADER) | BY(HEAD_OF_ONE_STOP), STATE_IN_WORK, NULL,
     "NĐ 61/2018 Điều 19.1", NULL, false},
    {"supplement", AT(IN_WORK), BY(SPECIALIST) | BY(HEAD_OF_ONE_STOP) | BY(RECEPTION),
     STATE_SUPPLEMENT, "bo_sung", "NĐ 61/2018 Điều 11.2.c", NULL, false},
    {"complete", AT(SUPPLEMENT), BY(RECEPTION) | BY(HEAD_OF_ONE_STOP), STATE_IN_WORK, NULL,
     "NĐ 61/2018 Điều 19.4", NULL, false},
    {"overdue", AT(SUPPLEMENT), BY(HEAD_OF_ONE_STOP) | BY(LEADER), STATE_STOPPED, NULL,
     "NĐ 61/2018 Điều 19.4", NULL, false},
    {"stop", AT(IN_WORK) | AT(SUPPLEMENT) | AT(FEE), BY(HEAD_OF_ONE_STOP) | BY(LEADER),
     STATE_STOPPED, NULL, "NĐ 61/2018 Điều 19.4", NULL, false},
    {"fee", AT(IN_WORK), BY(SPECIALIST) | BY(CASHIER), STATE_FEE, NULL, "NĐ 61/2018 Điều 22", NULL,
     false},
    {"paid", AT(FEE), BY(CASHIER), STATE_IN_WORK, NULL, "NĐ 61/2018 Điều 22", NULL, false},
    {"opinion", AT(IN_WORK), BY(SPECIALIST), STATE_IN_WORK, NULL, "NĐ 61/2018 Điều 19.5", NULL,
     false},
    {"propose", AT(IN_WORK), BY(SPECIALIST), STATE_IN_WORK, NULL, "NĐ 61/2018 Điều 19.2", NULL,
     false},
    {"decide", AT(IN_WORK), BY(LEADER), STATE_DECIDED, "ket_qua", "NĐ 61/2018 Điều 19.2", NULL,
     true},
    {"deny", AT(IN_WORK), BY(LEADER), STATE_DECIDED, "ket_qua", "NĐ 61/2018 Điều 19.8", NULL, true},
    {"withdraw", AT(ACCEPTED) | AT(IN_WORK) | AT(SUPPLEMENT) | AT(FEE),
     BY(RECEPTION) | BY(HEAD_OF_ONE_STOP), STATE_WITHDRAWN, NULL, "NĐ 61/2018 Điều 6", NULL, false},
    {"reappoint", AT(IN_WORK), BY(LEADER), STATE_IN_WORK, "hen_lai", "NĐ 61/2018 Điều 19.9",
     "hen_tra", false},
    {"handover", AT(DECIDED), BY(RECEPTION) | BY(HEAD_OF_ONE_STOP), STATE_HANDED_OVER, "nguoi_nhan",
     "NĐ 61/2018 Điều 20", NULL, true},
};

#undef AT
#undef BY

enum { STEP_COUNT = sizeof(steps) / sizeof(steps[0]) };

const struct step *step_of(struct bytes name)
{
    for (size_t i = 0; i < STEP_COUNT; i++) {
        if (bytes_equal_text(name, steps[i].name))
            return &steps[i];
    }
    return NULL;
}

const struct step *step_at(size_t index)
{
    return index < STEP_COUNT ? &steps[index] : NULL;
}

const struct step *step_of_genesis(struct bytes name)
{
    const struct step *step = name.size == 0 ? &steps[0] : step_of(name);
    return step != NULL && step_opens(step) ? step : NULL;
}

bool step_opens(const struct step *step)
{
    return step->from == 1u << STATE_NONE;
}

bool step_moves(const struct step *step)
{
    return (step->from >> step->to & 1) == 0;
}
