/*
 * The writer thread: the only one that changes the store. It commits in groups: all batches that
 * wait go into one transaction, so a hundred peers cost two flushes and not two hundred.
 *
 *   local job    a person's act. A group of its own, before anything else: whatever a peer's bulk
 *                meets (a full map, a bad disk), the act does not die with it.
 *   post         what a session learnt: an admission, a refusal, a contact. Shares the group of the
 *                batches; where that group fails the posts are tried again without them.
 *   batch        verified records of one session. Where its group fails its session is told so and
 *                asks again; nothing of it is retried here.
 *
 * After a commit |committed| is called, on the writer's thread, before any waiting job returns: who
 * then asks the loop finds it has the news already. When the disk has failed once, nothing is
 * written any more until the process starts again; reads go on (H42).
 */
#ifndef HOSO_CLIENT_LINK_WORK_WRITER_H
#define HOSO_CLIENT_LINK_WORK_WRITER_H

#include "client/link/work/work.h"
#include "client/replica/replica.h"

/* A batch on its way through the writer; the owner embeds it. |work| comes back through the mailbox
 * with |status|. */
struct writer_batch {
    struct work work; /* |run| is not used */
    struct batch *batch;
    enum status status;   /* OK: durable, with outcomes */
    uint64_t arrival;     /* the store's newest behind the commit: the outcomes' heads are of it */
    struct bytes receipt; /* of the commit; valid until |done| of its news has returned */
};

/* A job nobody waits for. |job| may run twice (its group failed and was retried) and leaves nothing
 * behind when it fails. |done| gets |status|. */
struct writer_post {
    struct work work; /* |run| is not used */
    enum status (*job)(struct replica *replica, void *context);
    void *context;
    enum status status;
};

/* What a commit made: a copy that outlives the group. It is posted to the mailbox behind the
 * batches and posts of its group and freed by the |news| that was given to writer_open(). */
struct writer_news {
    struct work work;
    struct writer *writer;
    struct vector_entry *changed;
    size_t changed_count;
    uint64_t arrival;
    struct name running_hash;
    struct buffer receipt;
    uint64_t receipt_number;
    bool authority_changed;
    bool epoch_changed;
    const char *epoch_why;
};

struct writer;

struct writer_options {
    struct replica *replica;
    struct mailbox *mailbox;
    /* On the loop: a commit has been made. */
    void (*news)(void *context, const struct writer_news *news);
    /* On the loop: the store cannot be written any more. */
    void (*broken)(void *context, enum status status);
    void *context;
};

/* Errors: NO_MEMORY. */
CHECK_RESULT enum status writer_open(const struct writer_options *options, struct writer **writer);
/* Commits what waits, joins the thread. NULL is allowed. */
void writer_close(struct writer *writer);

/* Queues a batch. Its session's window bounds what waits here. */
void writer_commit(struct writer *writer, struct writer_batch *batch);
void writer_send(struct writer *writer, struct writer_post *post);
/* Runs |job| inside an open group, which is committed if it returns OK, and returns when that is
 * durable or has failed. Any thread but the writer's and the
 * loop's. Errors: those of |job|; IO, FULL, NO_MEMORY of the group; BUSY: the writer is closing. */
CHECK_RESULT enum status writer_run(struct writer *writer,
                                    enum status (*job)(struct replica *replica, void *context),
                                    void *context);

#endif
