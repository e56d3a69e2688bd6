/*
 * A writer of records for tests of the accept transaction: a key and where its log stands. Copying
 * the struct copies the device, as a disk image does: both copies then write the same log on.
 */
#ifndef HOSO_TESTS_LIB_WRITER_H
#define HOSO_TESTS_LIB_WRITER_H

#include "client/replica/replica.h"
#include "tests/lib/random.h"

struct writer {
    struct public_key key;
    struct secret_key secret;
    struct name scope;
    struct name log;
    uint64_t seq;
    struct hash id;
    struct random random;
    int64_t clock;
};

/* Records in a row, made by writers. */
enum { SCRIPT_MOST = 4096 };
struct script {
    struct arena arena;
    struct bytes *records;
    struct hash *ids;
    size_t count;
};

void script_open(struct script *script);
void script_close(struct script *script);

/* A device key from |seed|; no log yet. */
void writer_init(struct writer *writer, uint64_t seed, const struct name *scope);
/* Each appends one record to |script| and moves the writer on. */
void writer_open_log(struct writer *writer, uint64_t purpose, struct script *script);
/* Returns the new case's name. */
struct name writer_genesis(struct writer *writer, struct script *script);
void writer_edit(struct writer *writer, const struct name *case_name, struct script *script);
void writer_grant(struct writer *writer, const struct grant *grant, struct script *script);
void writer_pack(struct writer *writer, struct bytes canonical, struct script *script);
/* A record of any kind. */
void writer_record(struct writer *writer, uint64_t kind, const struct name *case_name,
                   struct script *script);

/*
 * A batch of one run out of |count| records of |script| from |first| on, with |device| known to the
 * session, checked by runs. The script must outlive it.
 */
struct batch *script_batch(const struct script *script, size_t first, size_t count,
                           const struct public_key *device);
void script_batch_free(struct batch *batch);
/* The batch brings the raw receipt |raw| of a sound signature and nothing else; |from|: the peer.
 */
struct batch *receipt_batch(struct bytes raw, const struct public_key *from);

#endif
