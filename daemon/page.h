/*
 * The status page: one plain HTML page, no script, of counts alone. Rendered from a snapshot of the
 * store and the list of who is connected.
 */
#ifndef HOSO_DAEMON_PAGE_H
#define HOSO_DAEMON_PAGE_H

#include "client/link/service.h"

/* For struct service_options.page: |context| is the replica. Returns 200, 404 or 503. */
unsigned page_render(void *context, struct bytes path, const struct service_peer *peers,
                     size_t peer_count, struct buffer *out);

#endif
