/*
 * What scripted worlds are made of: a district that is at rest, time that passes, and expectations
 * that are narrated.
 */
#ifndef HOSO_TESTS_SIM_STAGE_H
#define HOSO_TESTS_SIM_STAGE_H

#include "tests/sim/desk.h"

enum { STAGE_DEVICES = 3 };

struct stage {
    struct world *world;
    struct node *hub;
    struct node *office1;
    struct node *office2;
    struct node *devices[STAGE_DEVICES]; /* below office1 */
};

/* Hub, two offices, |devices| devices below office 1; all joined, granted and at rest. False: it
 * failed. */
bool stage_set(struct stage *stage, struct world *world, size_t devices);
/* Time passes until all are at rest; fails the world if that does not come in an hour. */
void stage_rest(struct stage *stage);
/* A day passes. */
void stage_day(struct stage *stage);
/* |node| cannot tell any more what of its records reached |server|, as after a crash with some of
 * them on the line. */
void stage_doubt(struct node *node, const struct node *server);
void stage_block(struct node *node, size_t route);
void stage_unblock(struct node *node, size_t route);
/* Receives |count| dossiers at |node|. |first| (may be NULL) gets the first one's case. */
void stage_receive(struct node *node, size_t count, struct name *first);
/* Heals, rests, and checks all properties. */
void stage_end(struct stage *stage);

/* What travelled so far, live sessions included. */
struct travel {
    uint64_t paths[PATH_COUNT];
    uint64_t records;
    uint64_t payload; /* bytes of frames, both ways */
};
struct travel stage_travel(const struct world *world);
/* What travelled since |before|. */
struct travel stage_since(const struct world *world, const struct travel *before);

/* At most |most| records travelled. */
void stage_allow(struct stage *stage, const struct travel *travel, uint64_t most);
/* Narrates "expected: |text|" and fails the world unless |holds|. */
void stage_expect(struct stage *stage, bool holds, const char *text);
/* LEVEL_ bits, as |node| knows them, of the genesis of |case_name|. */
unsigned stage_level(const struct node *node, const struct name *case_name);
/* True iff |node| shows |text| in |field| of the case. */
bool stage_shows(const struct node *node, const struct name *case_name, const char *field,
                 const char *text);
/* True iff |node|'s disk holds the genesis of |case_name|. */
bool stage_holds(const struct node *node, const struct name *case_name);

#endif
