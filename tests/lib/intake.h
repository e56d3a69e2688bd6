/*
 * An office's replica over either store, fed by scripts of records: a root that grants, a device
 * that writes. The clock stands still unless the test moves it.
 */
#ifndef HOSO_TESTS_LIB_INTAKE_H
#define HOSO_TESTS_LIB_INTAKE_H

#include "client/replica/log/log.h"
#include "client/replica/replica.h"
#include "tests/lib/unit.h"
#include "tests/lib/writer.h"

struct intake_fixture {
    bool lmdb;
    char folder[64];
    struct store *store;
    struct replica *replica;
    struct random random;
    int64_t clock;
    struct writer root;   /* its log is open here */
    struct writer device; /* without a grant and a log */
    struct name scope;    /* the office's and the device's */
    struct script script;
    struct replica_commit commit; /* of the last group */
};

/* cmocka's setup and teardown. */
int intake_setup_memory(void **state);
int intake_setup_lmdb(void **state);
int intake_teardown(void **state);
int intake_setup(void **state, bool lmdb);
/* Closes the replica and opens it again over the same store. */
void intake_reopen(struct intake_fixture *fixture);

/* Takes |count| records of the script from |first| in, in a group of their own. */
struct run intake_accept(struct intake_fixture *fixture, size_t first, size_t count,
                         const struct writer *writer);
/* All the script got since |first|. */
struct run intake_accept_from(struct intake_fixture *fixture, size_t first,
                              const struct writer *writer);
/* Takes a batch with one raw receipt in, brought by |from|. */
void intake_receipt(struct intake_fixture *fixture, struct bytes raw,
                    const struct public_key *from);
/* The root grants |writer| |role| in its scope, here. */
void intake_grant(struct intake_fixture *fixture, const struct writer *writer, uint64_t role);
/* The device opens a log, begins a case and edits it; the script's place of the opening. */
size_t intake_write_log(struct intake_fixture *fixture, struct writer *writer, size_t edits);
/* The row of the log |name|, which is held. */
struct log_row intake_row(struct intake_fixture *fixture, const struct name *name);

#define INTAKE_BOTH(test)                                                                          \
    {#test " (memory)", test, intake_setup_memory, intake_teardown, NULL},                         \
    {                                                                                              \
#test " (lmdb)", test, intake_setup_lmdb, intake_teardown, NULL                            \
    }

#endif
