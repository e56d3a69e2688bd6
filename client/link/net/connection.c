#include "client/link/net/clock.h"
#include "client/link/net/inside.h"
#include "client/link/net/socket.h"
#include "protocol/base/limits.h"

#include <stdlib.h>
#include <string.h>

enum {
    FRAME_US = 60 * 1000000 /* from a frame's first piece to its last: the longest takes ten seconds
                               on the slowest line */
};

static_assert(OUTBOX_HEADROOM >= LWS_PRE, "a frame has room for what lws writes before it");

struct connection *connection_new(struct net *net, enum connection_kind kind)
{
    struct connection *connection = net->closing ? NULL : calloc(1, sizeof *connection);

    if (connection == NULL)
        return NULL;
    connection->net = net;
    connection->kind = kind;
    buffer_init(&connection->inbox, LIMIT_FRAME_BYTES);
    connection->id = slots_add(&net->connections, connection);
    if (connection->id == 0) {
        free(connection);
        return NULL;
    }
    return connection;
}

void connection_free(struct connection *connection)
{
    door_left(connection);
    outbox_clear(&connection->outbox);
    dial_free(connection);
    buffer_deinit(&connection->inbox);
    http_answer_free(connection->answer);
    if (connection->wsi != NULL)
        lws_set_opaque_user_data(connection->wsi, NULL);
    slots_remove(&connection->net->connections, connection->id);
    free(connection);
}

void connection_end(struct connection *connection, const char *why)
{
    struct net *net = connection->net;
    bool told = connection->kind != CONNECTION_PAGE && connection->kind != CONNECTION_ENTERING;
    bool unsaid =
        connection->kind == CONNECTION_ENTERING && !connection->served && connection->cut == NULL;
    void *attached = connection->attached;
    uint64_t id = connection->id;

    if (connection->kind == CONNECTION_OPEN && connection->inbox.size > 0 &&
        net->events->begun != NULL)
        net->events->begun(net->owner, id, buffer_view(&connection->inbox));
    connection_free(connection);
    if (unsaid && !net->closing)
        net->events->turned_away(net->owner, "nothing came of it that could be read");
    if (told)
        net->events->closed(net->owner, id, attached, why);
}

int connection_opened(struct connection *connection, struct lws *wsi, bool incoming,
                      struct bytes query)
{
    struct net *net = connection->net;

    connection->wsi = wsi;
    connection->kind = CONNECTION_OPEN;
    lws_set_opaque_user_data(wsi, connection);
    socket_tune(lws_get_socket_fd(wsi));
    connection->attached = net->events->opened(net->owner, connection->id, incoming, query);
    lws_callback_on_writable(wsi);
    return 0;
}

int connection_receive(struct connection *connection, struct lws *wsi, struct bytes piece)
{
    struct net *net = connection->net;
    bool whole = lws_is_final_fragment(wsi) != 0 && lws_remaining_packet_payload(wsi) == 0;

    if (connection->closing || connection->cut != NULL)
        return 0;
    door_charge(connection, piece.size, whole);
    if (whole && connection->inbox.size == 0 && piece.size <= LIMIT_FRAME_BYTES) {
        net->events->frame(net->owner, connection->id, piece);
        return 0;
    }
    if (connection->inbox.size == 0)
        connection->inbox_us = clock_now_us();
    buffer_append_bytes(&connection->inbox, piece);
    if (buffer_status(&connection->inbox) != STATUS_OK) {
        connection->cut = "its frame is too long";
        return -1;
    }
    if (!whole && clock_now_us() - connection->inbox_us > FRAME_US) {
        connection->cut = "its frame takes too long";
        return -1;
    }
    if (!whole)
        return 0;
    net->events->frame(net->owner, connection->id, buffer_view(&connection->inbox));
    /* An idle connection keeps no buffer. */
    buffer_deinit(&connection->inbox);
    buffer_init(&connection->inbox, LIMIT_FRAME_BYTES);
    return 0;
}

/* One write a callback is what lws allows; only a negative result is a failure. */
int connection_writable(struct connection *connection, struct lws *wsi)
{
    size_t size = 0;
    uint8_t *frame = outbox_front(&connection->outbox, &size);
    int written = 0;

    if (frame != NULL) {
        written = lws_write(wsi, frame, size, LWS_WRITE_BINARY);
        outbox_pop(&connection->outbox);
        connection->idle_told = false;
        lws_callback_on_writable(wsi);
        return written < 0 ? -1 : 0;
    }
    if (connection->closing)
        return -1;
    if (!connection->idle_told) {
        connection->idle_told = true;
        connection->net->events->writable(connection->net->owner, connection->id);
    }
    return 0;
}

enum status net_send(struct net *net, uint64_t id, struct bytes frame)
{
    struct connection *connection = slots_find(&net->connections, id);
    enum status status = STATUS_OK;

    if (connection == NULL || connection->kind != CONNECTION_OPEN || connection->closing)
        return STATUS_NOT_FOUND;
    status = outbox_push(&connection->outbox, frame);
    if (status == STATUS_OK)
        lws_callback_on_writable(connection->wsi);
    return status;
}

struct bytes net_begun(struct net *net, uint64_t id)
{
    struct connection *connection = slots_find(&net->connections, id);

    return connection != NULL ? buffer_view(&connection->inbox) : bytes_of(NULL, 0);
}

void *net_attached(struct net *net, uint64_t id)
{
    struct connection *connection = slots_find(&net->connections, id);

    return connection != NULL ? connection->attached : NULL;
}

void net_disconnect(struct net *net, uint64_t id)
{
    struct connection *connection = slots_find(&net->connections, id);

    if (connection == NULL || connection->closing)
        return;
    connection->closing = true;
    if (connection->wsi == NULL)
        return; /* dial_next() ends it */
    lws_callback_on_writable(connection->wsi);
    lws_set_timeout(connection->wsi, PENDING_TIMEOUT_CLOSE_SEND, FLUSH_SECONDS);
}
