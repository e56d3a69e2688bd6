/*
 * The deadline of a dossier: a function of its view, so that every node shows the same, with the
 * calendar of the pack the dossier keeps. Nothing is stored but what people did: reception, a
 * request for papers, their arrival, a fee asked and paid, another day appointed.
 *
 * The term counts from the reception. While papers are awaited, or a fee, the clock stands; when
 * the papers are complete it starts anew (supplement policy R) or goes on, later by the working
 * time waited (P); after a fee it goes on. Waiting that began when the dossier was late already
 * moves nothing. A due date someone wrote (a register's, a re-appointment) holds from there on.
 * Sources: Decree 61/2018 art. 19.4, 19.9, 22.
 */
#ifndef HOSO_PROTOCOL_CASE_DEADLINE_DEADLINE_H
#define HOSO_PROTOCOL_CASE_DEADLINE_DEADLINE_H

#include "protocol/case/deadline/due.h"
#include "protocol/case/view/view.h"

enum deadline_source {
    DEADLINE_NONE,    /* nobody can tell: no moment of reception, or the dossier is not loaded */
    DEADLINE_COUNTED, /* from |started| */
    DEADLINE_WRITTEN  /* by a person; |due| has only seconds and last */
};

struct deadline {
    enum deadline_source source;
    enum start_policy policy;
    uint64_t term;
    int64_t started; /* where the term counts from: the reception, or complete papers */
    struct due due;  /* in force */
    bool extended;   /* by time waited */
    bool waiting;    /* the clock stands */
    int64_t waiting_since;
};

/*
 * |arena| is for reading values. Errors: NO_MEMORY. What cannot be counted (a term or a moment out
 * of range) is DEADLINE_NONE.
 */
CHECK_RESULT enum status deadline_of(const struct view *view, struct arena *arena,
                                     struct deadline *deadline);

#endif
