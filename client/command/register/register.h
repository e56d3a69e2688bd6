/*
 * A row of a register: read, checked, and told as the book entries it stands for.
 *
 * A register has one row a dossier and names its columns after the form's fields. What a row does
 * not tell (when it was assigned, when decided) is unknown and stays so; order is the log's.
 * Source: SPEC.md "Steps"; the example's registers.
 */
#ifndef HOSO_CLIENT_COMMAND_REGISTER_REGISTER_H
#define HOSO_CLIENT_COMMAND_REGISTER_REGISTER_H

#include "client/command/call.h"
#include "client/text/table.h"
#include "protocol/case/pack/step.h"

enum { REGISTER_STEPS_MAX = 5, REGISTER_DETAIL_BYTES = 400 };

/* Why a row is refused. */
struct register_fault {
    const char *column; /* its name, static or the pack's; "" for the row as a whole */
    struct words reason;
    char detail[REGISTER_DETAIL_BYTES]; /* values beside each other; may be empty */
};

/* What rows are checked against. */
struct register_rules {
    const struct pack *pack;
    struct bytes unit;            /* only its rows are taken */
    struct table_column *columns; /* one a field of the pack, in its order */
    size_t column_count;
};

struct register_row {
    uint64_t line;
    struct bytes code;          /* text */
    const struct bytes *values; /* canonical, by column; nil where the cell is empty */
    uint64_t state;
    struct moment received;
    struct moment handed_over;
};

/* The columns a register of |pack| may have. In |arena|. Errors: NO_MEMORY. */
CHECK_RESULT enum status register_rules_of(const struct pack *pack, struct bytes unit,
                                           struct arena *arena, struct register_rules *rules);
/*
 * Reads the table's current row; everything lives in |arena| or the pack. Errors: USAGE with
 * |*fault|; NO_MEMORY.
 */
CHECK_RESULT enum status register_read(const struct register_rules *rules,
                                       const struct table *table, struct arena *arena,
                                       struct register_row *row, struct register_fault *fault);

/*
 * The steps from state |from| (STATE_NONE: no dossier yet) to |to| that a register tells of; false
 * if |to| is not a later state.
 */
bool register_plan(uint64_t from, uint64_t to, const struct step *steps[REGISTER_STEPS_MAX],
                   size_t *count);
/* Which of |steps| writes the field |key|: the one it belongs to, else the first for a new dossier
 * and the last for one that goes on. */
size_t register_writer(struct bytes key, const struct step *const *steps, size_t count);
/* The officer the row names for |step|, and the hat he took it in. */
const struct pack_officer *register_officer(const struct register_rules *rules,
                                            const struct register_row *row, const struct step *step,
                                            uint64_t *hat);

#endif
