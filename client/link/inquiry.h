/*
 * What a session asks of the store, asked on the reader thread and answered on the loop's.
 */
#ifndef HOSO_CLIENT_LINK_INQUIRY_H
#define HOSO_CLIENT_LINK_INQUIRY_H

#include "client/link/link.h"

/*
 * Performs a copy of |request| against a snapshot, then calls |done| on the loop's thread with the
 * connection's id, whether it stands still or not; |*result| lives for the call. Errors: NO_MEMORY.
 */
CHECK_RESULT enum status inquiry_start(struct link_shared *shared, uint64_t link,
                                       const struct read_request *request,
                                       void (*done)(struct link_shared *shared, uint64_t link,
                                                    const struct read_result *result));

#endif
