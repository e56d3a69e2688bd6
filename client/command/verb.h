/*
 * The table of verbs: what each is called, takes and says of itself. The command line reads its
 * words by it, command_run() finds its function by it, `--help` is printed from it.
 */
#ifndef HOSO_CLIENT_COMMAND_VERB_H
#define HOSO_CLIENT_COMMAND_VERB_H

#include "client/command/call.h"

/* An option and the member of the arguments it becomes. */
struct verb_option {
    const char *name;  /* "--find" */
    const char *key;   /* "find" */
    const char *value; /* what stands for its value in the help; NULL: a flag */
};

/* What words after the positional ones are. */
enum verb_rest {
    REST_NONE,
    REST_FIELDS, /* k=v k+=v k-=v: "fields", "add", "remove" */
    REST_CHOICES /* k=@RECORD k=VALUE: "choose", "fields" */
};

enum { VERB_POSITIONAL_MAX = 2, VERB_OPTIONS_MAX = 6 };

struct verb {
    const char *name;
    void (*run)(struct call *call); /* NULL: the program around does it */
    const char *usage;
    struct words summary;
    bool homeless; /* needs no home, and opens none */
    const char *example;
    const char *positional[VERB_POSITIONAL_MAX + 1]; /* members of the arguments, NULL-ended */
    enum verb_rest rest;
    struct verb_option options[VERB_OPTIONS_MAX + 1]; /* ended by a NULL name */
};

/* NULL if there is none. */
const struct verb *verb_of(const char *name);
/* All in the order of the help; NULL past the end. */
const struct verb *verb_at(size_t index);

/* One function a verb; each is in the file of its name. */
void command_bundle(struct call *call);
void command_confirm(struct call *call);
void command_conflicts(struct call *call);
void command_due(struct call *call);
void command_export(struct call *call);
void command_fields(struct call *call);
void command_import(struct call *call);
void command_list(struct call *call);
void command_receive(struct call *call);
void command_record(struct call *call);
void command_resolve(struct call *call);
void command_set(struct call *call);
void command_show(struct call *call);
void command_stats(struct call *call);
void command_status(struct call *call);
void command_step(struct call *call);
void command_sync(struct call *call);
void command_verify(struct call *call);

#endif
