/*
 * The two ways pieces of a bundle go between a file and the owner of the store. Shared by the files
 * of `hoso bundle`.
 */
#ifndef HOSO_CLIENT_HOME_BUNDLE_PIECES_H
#define HOSO_CLIENT_HOME_BUNDLE_PIECES_H

#include "client/command/call.h"
#include "client/home/runner.h"
#include "client/text/file.h"
#include "protocol/sync/frame/bundle.h"

/* One `hoso bundle` on its way. */
struct carrying {
    struct call *call;
    struct runner *runner;
    const struct command_request *request;
    struct command_answer piece; /* the owner's answer to the last piece */
    struct json *document;       /* the same, read */
};

/* Asks the owner; |arguments| is a JSON object, terminated. False: it failed, and the call says so
 * with what the owner said. */
bool carry_piece(struct carrying *carrying, const struct buffer *arguments);

/* What a written bundle came to. */
struct bundle_written {
    uint64_t records, receipts, bytes;
};
/*
 * Writes the bundle that the requests |first| (an open JSON object, without "next" and its end) ask
 * for to |path|. False: nothing is there but what was before; the call has failed.
 */
bool bundle_pieces_write(struct carrying *carrying, struct bytes first, const char *path,
                         struct bundle_written *written);

/* What reading one came to: sums over its pieces, and how it ended. */
struct bundle_read_sum {
    uint64_t of, read, fresh, aside, unknown, refused, left, receipts, waiting;
    struct buffer front;  /* the JSON array of its front frames */
    struct buffer writer; /* unit or name of who wrote it, for people */
    char written[64];     /* when, by its writer's clock */
    bool begun;           /* it was judged and is for this node */
    bool whole;           /* its end was reached */
    uint64_t damaged_at;  /* if not: the byte from which nothing was looked at */
    bool cut;             /* the file ends there, before its end */
};
/* Reads |path| piece by piece. False: the call has failed before anything was taken, or the store
 * failed; what |sum| counts stands. */
bool bundle_pieces_read(struct carrying *carrying, const char *path, struct bundle_read_sum *sum);

#endif
