/*
 * A row of a register on its way into the log: what it says against what is here, and the acts it
 * becomes.
 */
#ifndef HOSO_CLIENT_COMMAND_REGISTER_PLANNED_H
#define HOSO_CLIENT_COMMAND_REGISTER_PLANNED_H

#include "client/command/register/register.h"

enum verdict {
    VERDICT_PRESENT, /* the dossier is here and says the same */
    VERDICT_PLANNED, /* entries are to be written */
    VERDICT_REFUSED,
    VERDICT_AGAIN /* the rows before it are to be written first */
};

struct planned {
    struct register_row row;
    struct bytes raw; /* its bytes as in the file */
    const struct step *steps[REGISTER_STEPS_MAX];
    size_t step_count;
    const bool *write; /* by column: written now */
    bool fresh;        /* a new dossier */
    struct name case_name;
    bool refused; /* by the writer, with |fault| */
    struct register_fault fault;
};

/* Refuses: |column| and the reason are static. */
void planned_refuse(struct register_fault *fault, const char *column, const char *vietnamese,
                    const char *english);
/* The row opens a new dossier. |*verdict| PLANNED, or REFUSED with |*fault|. Errors: NO_MEMORY. */
CHECK_RESULT enum status planned_fresh(const struct register_rules *rules, struct arena *arena,
                                       struct planned *planned, enum verdict *verdict,
                                       struct register_fault *fault);
/*
 * The row against the dossier of its code as |view| shows it: the same; a later state, so that the
 * missing entries are added; or another value, refused with both. Errors: NO_MEMORY.
 */
CHECK_RESULT enum status planned_compare(const struct call *call,
                                         const struct register_rules *rules, struct arena *arena,
                                         const struct view *view, struct planned *planned,
                                         enum verdict *verdict, struct register_fault *fault);
/* The act of the row's step |index| by the importer |actor|; |writes| has LIMIT_WRITES places.
 * LIMIT: it would write more. */
CHECK_RESULT enum status planned_act(const struct register_rules *rules, const struct actor *actor,
                                     const struct planned *planned, size_t index,
                                     struct act_write *writes, struct act *act);

#endif
