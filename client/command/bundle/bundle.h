/*
 * `bundle` as the owner of the store answers it. The process that asks has the file and keeps it;
 * here are pieces of it, each a request of its own, so that neither end holds a bundle whole and a
 * daemon opens no file of its caller.
 *
 *   {"op":"give","for","whole","next"}    -> {"frames":[base64 …],"records","all","next" | absent}
 *   {"op":"give","front":[…],"next"}      the same: only receipts, for the writer of that bundle
 *   {"op":"take","front":[…],"frames":[…]} -> {"writer","unit","for","written","of", the tally}
 *
 * "front" is a bundle's title and its HEADS; a take without frames judges them and changes nothing.
 * "next" comes from the answer before.
 */
#ifndef HOSO_CLIENT_COMMAND_BUNDLE_BUNDLE_H
#define HOSO_CLIENT_COMMAND_BUNDLE_BUNDLE_H

#include "client/command/call.h"
#include "client/replica/log/bundle.h"
#include "protocol/sync/frame/bundle.h"

enum { BUNDLE_PIECE_BYTES_MOST = 1024 * 1024, BUNDLE_FRONT_MOST = 64 };

/* The front of a bundle, taken apart in the call's arena. */
struct bundle_front {
    struct bundle_title title;
    const struct name *scopes;
    size_t scope_count;
};

/* Reads the member "front"; false: it is none, the call has failed. */
bool bundle_front(struct call *call, struct bundle_front *front);
/* The frame at |index| of a list of base64 texts, in the call's arena; false: none, out of memory.
 */
bool bundle_frame(struct call *call, const struct json *list, size_t index, struct bytes *frame);

/* The two halves. */
void bundle_give(struct call *call);
void bundle_take_in(struct call *call);

#endif
