/*
 * One local act on its way from a request to a stored record. act.c drives; act_judge.c looks at
 * the case and the rules; act_number.c dates and numbers a new dossier; act_write.c makes the body,
 * the header and the record.
 */
#ifndef HOSO_CLIENT_REPLICA_ACT_ACT_H
#define HOSO_CLIENT_REPLICA_ACT_ACT_H

#include "client/replica/act/act_why.h"
#include "client/replica/act/clock.h"
#include "client/replica/case/case.h"

struct act_work {
    struct replica *replica;
    struct replica_read *read; /* the group's own state; of a dry run a snapshot */
    struct arena *arena;       /* everything below lives here */
    const struct act *act;
    struct act_result *result;
    struct clock_verdict clock;
    const struct pack *pack;   /* the current one: who the officer is, what a genesis names */
    struct bytes officer_unit; /* empty: nobody acts, it is the node's own duty */
    bool duty;                 /* an act of the node itself, without an officer */
    struct log_row log;        /* own log it goes into; all zero in a dry run without one */
    struct name header_log;    /* what its headers name */
    struct loaded_case loaded; /* but for a genesis */
    struct write *writes;      /* room for the act's and two more */
    size_t write_count;
    bool unchanged;           /* every write says what the case says already */
    struct hash unchanged_by; /* the record that said it */
};

/* Who acts: known to the current pack, wearing the hat. REFUSED, USAGE (no pack). */
CHECK_RESULT enum status act_take_officer(struct act_work *work);
/* Decodes the act's writes. USAGE: a value is no scalar, or too many. */
CHECK_RESULT enum status act_take_writes(struct act_work *work);
/* Loads the case, compares the expected view, drops writes that change nothing, finds what a
 * removal takes away. NOT_FOUND, CHANGED, REFUSED. */
CHECK_RESULT enum status act_take_case(struct act_work *work);
/* Judges an act on a loaded case. REFUSED. */
CHECK_RESULT enum status act_judge(struct act_work *work);
/* Judges a new dossier by the view it would have. REFUSED. */
CHECK_RESULT enum status act_judge_genesis(struct act_work *work);

/* Dates a new dossier and draws its code, as far as can be; fills the result's code. REFUSED: the
 * given code may not be brought in here. */
CHECK_RESULT enum status act_number(struct act_work *work);

/* Writes the moment into the field the act wants stamped, if the clock is believed. */
CHECK_RESULT enum status act_stamp(struct act_work *work);

/* The body of the act. Its salt is drawn when it is written: a judgement draws none. */
void act_body(const struct act_work *work, struct case_body *body);
/* The header of the act, without log, seq, prev, commitment and parents. */
void act_header(const struct act_work *work, struct record_header *header);
/* Joins too many heads, seals, stores and notes the record. */
CHECK_RESULT enum status act_write(struct act_work *work);

/* REFUSED, with the sentence. */
enum status act_refuse(struct act_work *work, enum act_why why);

/* [writer] An act of the node itself, without an officer: a code for a provisional dossier. */
CHECK_RESULT enum status act_perform_duty(struct replica *replica, const struct act *act,
                                          struct act_result *result);

/* [writer] Gives all dossiers that wait their codes, as far as this node may. */
CHECK_RESULT enum status duty_serve_waiting(struct replica *replica, struct replica_read *read);
/* [writer] Gives one case its code if it waits for one and this node may. */
CHECK_RESULT enum status duty_serve_case(struct replica *replica, struct replica_read *read,
                                         const struct name *case_name, struct arena *arena);

#endif
