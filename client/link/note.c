#include "client/link/note.h"

#include "client/link/net/clock.h"

#include <inttypes.h>
#include <stdlib.h>

struct note {
    struct writer_post post; /* first */
    struct link_shared *shared;
    uint64_t link;
    void (*told)(struct link_shared *shared, uint64_t link, enum status status);
    struct public_key peer;
    struct hash proof;
    int64_t seconds;
    bool certain;
    struct name log; /* refused … */
    uint64_t seq;    /* … from here on … */
    enum status why; /* … for this */
};

static struct note *note_new(struct link_shared *shared, const struct public_key *peer,
                             enum status (*job)(struct replica *replica, void *context),
                             void (*done)(struct work *work))
{
    struct note *note = calloc(1, sizeof *note);

    if (note == NULL)
        return NULL;
    note->post.work.done = done;
    note->post.job = job;
    note->post.context = note;
    note->shared = shared;
    note->peer = *peer;
    note->seconds = clock_wall_seconds();
    return note;
}

static enum status contact_job(struct replica *replica, void *context)
{
    const struct note *note = context;

    return replica_note_peer(replica, &note->peer, note->certain, note->seconds);
}

static void contact_done(struct work *work)
{
    struct note *note = (struct note *)work;

    if (note->told != NULL)
        note->told(note->shared, note->link, note->post.status);
    free(note);
}

enum status note_contact(struct link_shared *shared, const struct public_key *peer, bool certain)
{
    struct note *note = note_new(shared, peer, contact_job, contact_done);

    if (note == NULL)
        return STATUS_NO_MEMORY;
    note->certain = certain;
    writer_send(shared->writer, &note->post);
    return STATUS_OK;
}

enum status note_in_flight(struct link_shared *shared, const struct public_key *peer, uint64_t link,
                           void (*done)(struct link_shared *shared, uint64_t link,
                                        enum status status))
{
    struct note *note = note_new(shared, peer, contact_job, contact_done);

    if (note == NULL)
        return STATUS_NO_MEMORY;
    note->link = link;
    note->told = done;
    writer_send(shared->writer, &note->post);
    return STATUS_OK;
}

static enum status rest_job(struct replica *replica, void *context)
{
    const struct note *note = context;

    return replica_note_rest(replica, &note->peer);
}

enum status note_rest(struct link_shared *shared, const struct public_key *peer)
{
    struct note *note = note_new(shared, peer, rest_job, contact_done);

    if (note == NULL)
        return STATUS_NO_MEMORY;
    writer_send(shared->writer, &note->post);
    return STATUS_OK;
}

static enum status admit_job(struct replica *replica, void *context)
{
    const struct note *note = context;

    return replica_admit(replica, &note->proof, &note->peer);
}

static void admit_done(struct work *work)
{
    struct note *note = (struct note *)work;
    char key[JOURNAL_KEY_SIZE];

    journal_key(&note->peer, key);
    journal_say(note->shared->journal,
                note->post.status == STATUS_OK ? JOURNAL_INFO : JOURNAL_WARNING, "admit",
                "peer=%s result=%s", key, status_name(note->post.status));
    free(note);
}

enum status note_admit(struct link_shared *shared, const struct public_key *peer,
                       const struct hash *proof)
{
    struct note *note = note_new(shared, peer, admit_job, admit_done);

    if (note == NULL)
        return STATUS_NO_MEMORY;
    note->proof = *proof;
    writer_send(shared->writer, &note->post);
    return STATUS_OK;
}

static enum status refused_job(struct replica *replica, void *context)
{
    const struct note *note = context;

    return replica_note_refused(replica, &note->peer, &note->log, note->seq, note->why);
}

static void refused_done(struct work *work)
{
    struct note *note = (struct note *)work;
    char key[JOURNAL_KEY_SIZE];
    char log[2 * sizeof note->log.bytes + 1];

    journal_key(&note->peer, key);
    hex_encode(bytes_of(note->log.bytes, sizeof note->log.bytes), log);
    journal_say(note->shared->journal, JOURNAL_WARNING, "refused",
                "peer=%s log=%s seq=%" PRIu64 " why=%s", key, log, note->seq,
                status_name(note->why));
    free(note);
}

enum status note_refused(struct link_shared *shared, const struct public_key *peer,
                         const struct name *log, uint64_t seq, enum status why)
{
    struct note *note = note_new(shared, peer, refused_job, refused_done);

    if (note == NULL)
        return STATUS_NO_MEMORY;
    note->log = *log;
    note->seq = seq;
    note->why = why;
    writer_send(shared->writer, &note->post);
    return STATUS_OK;
}
