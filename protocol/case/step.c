#include "protocol/case/step.h"

#define AT(state) (1u << STATE_##state)
#define BY(hat) (1u << HAT_##hat)

/* The order is the one in which a list of possible steps is shown. */
static const struct step steps[] = {
    {"receive", AT(NONE), STATE_ACCEPTED, BY(RECEPTION) | BY(HEAD_OF_ONE_STOP), NULL,
     "NĐ 61/2018 Điều 17.1.c", false, NULL},
    {"submit", AT(NONE), STATE_SUBMITTED, BY(RECEPTION) | BY(HEAD_OF_ONE_STOP), NULL,
     "NĐ 61/2018 Điều 16.1", false, NULL},
    {"accept", AT(SUBMITTED), STATE_ACCEPTED, BY(RECEPTION) | BY(HEAD_OF_ONE_STOP), NULL,
     "NĐ 61/2018 Điều 17.1.c", false, NULL},
    {"refuse", AT(SUBMITTED), STATE_NOT_ACCEPTED, BY(RECEPTION) | BY(HEAD_OF_ONE_STOP), NULL,
     "NĐ 61/2018 Điều 17.1.b", false, NULL},
    {"assign", AT(ACCEPTED), STATE_IN_WORK, BY(LEADER) | BY(HEAD_OF_ONE_STOP), NULL,
     "NĐ 61/2018 Điều 19.1", false, NULL},
    {"reassign", AT(IN_WORK), STATE_IN_WORK, BY(LEADER) | BY(HEAD_OF_ONE_STOP), NULL,
     "NĐ 61/2018 Điều 19.1", false, NULL},
    {"supplement", AT(IN_WORK), STATE_SUPPLEMENT,
     BY(SPECIALIST) | BY(HEAD_OF_ONE_STOP) | BY(RECEPTION), "bo_sung", "NĐ 61/2018 Điều 11.2.c",
     false, NULL},
    {"complete", AT(SUPPLEMENT), STATE_IN_WORK, BY(RECEPTION) | BY(HEAD_OF_ONE_STOP), NULL,
     "NĐ 61/2018 Điều 19.4", false, NULL},
    {"overdue", AT(SUPPLEMENT), STATE_STOPPED, BY(HEAD_OF_ONE_STOP) | BY(LEADER), NULL,
     "NĐ 61/2018 Điều 19.4", false, NULL},
    {"stop", AT(IN_WORK) | AT(SUPPLEMENT) | AT(FEE), STATE_STOPPED,
     BY(HEAD_OF_ONE_STOP) | BY(LEADER), NULL, "NĐ 61/2018 Điều 19.4", false, NULL},
    {"fee", AT(IN_WORK), STATE_FEE, BY(SPECIALIST) | BY(CASHIER), NULL, "NĐ 61/2018 Điều 22", false,
     NULL},
    {"paid", AT(FEE), STATE_IN_WORK, BY(CASHIER), NULL, "NĐ 61/2018 Điều 22", false, NULL},
    {"opinion", AT(IN_WORK), STATE_IN_WORK, BY(SPECIALIST), NULL, "NĐ 61/2018 Điều 19.5", false,
     NULL},
    {"propose", AT(IN_WORK), STATE_IN_WORK, BY(SPECIALIST), NULL, "NĐ 61/2018 Điều 19.2", false,
     NULL},
    {"decide", AT(IN_WORK), STATE_DECIDED, BY(LEADER), "ket_qua", "NĐ 61/2018 Điều 19.2", true,
     NULL},
    {"deny", AT(IN_WORK), STATE_DECIDED, BY(LEADER), "ket_qua", "NĐ 61/2018 Điều 19.8", true, NULL},
    {"withdraw", AT(ACCEPTED) | AT(IN_WORK) | AT(SUPPLEMENT) | AT(FEE), STATE_WITHDRAWN,
     BY(RECEPTION) | BY(HEAD_OF_ONE_STOP), NULL, "NĐ 61/2018 Điều 6", false, NULL},
    {"reappoint", AT(IN_WORK), STATE_IN_WORK, BY(LEADER), "hen_lai", "NĐ 61/2018 Điều 19.9", false,
     "hen_tra"},
    {"handover", AT(DECIDED), STATE_HANDED_OVER, BY(RECEPTION) | BY(HEAD_OF_ONE_STOP), "nguoi_nhan",
     "NĐ 61/2018 Điều 20", true, NULL},
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
