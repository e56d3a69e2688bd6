/*
 * What the two halves of the oracle share.
 */
#ifndef HOSO_TESTS_ORACLE_INSIDE_H
#define HOSO_TESTS_ORACLE_INSIDE_H

#include "tests/oracle/oracle.h"

enum { STATE_FIELD = 5, NO_FIELD = ORACLE_FIELDS - 2, PACK_FIELD = ORACLE_FIELDS - 1, WRITES = 64 };

/* A write of one field, as the text speaks of it. */
struct saying {
    int record;
    uint64_t op;
    const char *value; /* NULL: nil */
    const int *sources;
    size_t source_count;
    bool derived, shown, erased;
};

/* All that is asked again and again is kept; nothing else is clever. */
struct oracle {
    const struct oracle_case *of;
    record_set counts[ORACLE_RECORDS];
    int soundness[ORACLE_RECORDS];            /* 0 unknown, 1 sound, 2 not */
    const struct pack *packs[ORACLE_RECORDS]; /* at the record's base; NULL unknown */
    record_set bases[ORACLE_RECORDS];         /* the sound ones it counts; 0 unknown */
    struct saying sayings[ORACLE_FIELDS][WRITES];
    size_t saying_counts[ORACLE_FIELDS];
    bool ranks_known[ORACLE_FIELDS][ORACLE_RECORDS];
    uint8_t ranks[ORACLE_FIELDS][ORACLE_RECORDS];
};

enum mark { LEFT, ASIDE, UNDER, PROPOSAL, EARLIER };

/* The live writes of one field among some records. */
struct folded {
    const struct saying *live[WRITES];
    enum mark marks[WRITES];
    size_t count;
    enum policy policy;
};

bool in(record_set set, int record);
record_set bit(int record);
/* NULL is nil. */
bool same(const char *a, const char *b);
size_t field_of(const char *key);
bool list_policy(enum policy policy);
record_set parents_of(const struct oracle_case *of, int record);
record_set without_of(const struct oracle_case *of, int record);
void read_record(struct oracle *oracle, int record);
const struct step *step_taken(const struct fixture_act *act);

bool is_sound(struct oracle *oracle, int record);
/* The sound records |record| counts. */
record_set base_of(struct oracle *oracle, int record);
const struct pack *pack_of(struct oracle *oracle, int record);
size_t pack_among(struct oracle *oracle, record_set among);
uint8_t rank_of(struct oracle *oracle, int record);

void fold(struct oracle *oracle, size_t field, record_set among, struct folded *folded);
bool in_conflict(const struct folded *folded, bool surely);
/* The first of those left. */
const struct saying *agreed(const struct folded *folded);
uint8_t rank_that_stays(struct oracle *oracle, size_t field, const struct folded *folded);
/* The rank that stays with the field after |saying|; 0 none. */
uint8_t stays(struct oracle *oracle, size_t field, const struct saying *saying);
bool is_settling(struct oracle *oracle, size_t field, const struct saying *saying);
/* F04: among the values live at its base, those weighed there, and its own. */
bool weighed(struct oracle *oracle, size_t field, const struct saying *by, const char *value);
/* D2 */
const struct saying *standing(struct oracle *oracle, size_t field, record_set among);

#endif
