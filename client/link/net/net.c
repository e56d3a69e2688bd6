#include "client/link/net/net.h"

#include "client/link/net/http.h"
#include "client/link/net/outbox.h"
#include "client/link/net/slots.h"
#include "client/link/net/socket.h"
#include "protocol/base/limits.h"

#include <libwebsockets.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    SERVICE_BYTES = 128 * 1024, /* one read of the loop: 2.6 times less CPU a byte than 4 KiB */
    PING_SECONDS = 30,    /* silence before a ping: mobile networks forget a flow in minutes */
    HANGUP_SECONDS = 75,  /* silence before the line counts as dead */
    CONNECT_SECONDS = 15, /* for one address */
    FLUSH_SECONDS = 5     /* a closing connection may still send */
};

static_assert(OUTBOX_HEADROOM >= LWS_PRE, "a frame has room for what lws writes before it");

enum connection_kind { CONNECTION_DIALLING, CONNECTION_OPEN, CONNECTION_PAGE };

struct connection {
    struct net *net;
    struct lws *wsi; /* NULL while names are looked up and between two addresses */
    uint64_t id;
    enum connection_kind kind;
    bool closing;        /* to be closed once the queue is empty */
    bool idle_told;      /* |writable| was called since the last frame left */
    struct buffer inbox; /* pieces of a frame that is not complete */
    struct outbox outbox;
    void *attached;    /* the owner's */
    struct dial *dial; /* outgoing, until open */
    struct http_answer *answer;
};

struct dial {
    struct connection *connection;
    struct address address;
    char path[NET_QUERY_MAX + 16];
    struct address_lookup *lookup;
    bool started; /* the look-up is done and was taken up */
    lws_sorted_usec_list_t retry;
};

struct net {
    struct lws_context *context;
    struct lws_vhost *client;
    const struct net_events *events;
    void *owner;
    atomic_bool stopped;
    bool library; /* the loop is an event library's, not poll() */
    pthread_mutex_t wake_mutex;
    bool ended; /* under it: the context takes no wake-up any more, its pipe is going */
    bool closing;
    struct slots connections;
};

static const lws_retry_bo_t liveness = {.secs_since_valid_ping = PING_SECONDS,
                                        .secs_since_valid_hangup = HANGUP_SECONDS};

static struct connection *connection_new(struct net *net, enum connection_kind kind)
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

static void dial_free(struct connection *connection)
{
    if (connection->dial == NULL)
        return;
    lws_sul_cancel(&connection->dial->retry);
    address_lookup_free(connection->dial->lookup);
    free(connection->dial);
    connection->dial = NULL;
}

static void connection_free(struct connection *connection)
{
    outbox_clear(&connection->outbox);
    dial_free(connection);
    buffer_deinit(&connection->inbox);
    http_answer_free(connection->answer);
    if (connection->wsi != NULL)
        lws_set_opaque_user_data(connection->wsi, NULL);
    slots_remove(&connection->net->connections, connection->id);
    free(connection);
}

/* The connection is over: its owner learns it, its memory goes. */
static void connection_end(struct connection *connection, const char *why)
{
    struct net *net = connection->net;
    bool told = connection->kind != CONNECTION_PAGE;
    void *attached = connection->attached;
    uint64_t id = connection->id;

    connection_free(connection);
    if (told)
        net->events->closed(net->owner, id, attached, why);
}

static int connection_opened(struct connection *connection, struct lws *wsi, bool incoming,
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

static int server_established(struct net *net, struct lws *wsi)
{
    struct connection *connection = connection_new(net, CONNECTION_OPEN);
    char query[NET_QUERY_MAX];

    if (connection == NULL)
        return -1;
    return connection_opened(connection, wsi, true, http_query(wsi, query, sizeof query));
}

static int connection_receive(struct connection *connection, struct lws *wsi, struct bytes piece)
{
    struct net *net = connection->net;
    bool whole = lws_is_final_fragment(wsi) != 0 && lws_remaining_packet_payload(wsi) == 0;

    if (connection->closing)
        return 0;
    if (whole && connection->inbox.size == 0 && piece.size <= LIMIT_FRAME_BYTES) {
        net->events->frame(net->owner, connection->id, piece);
        return 0;
    }
    buffer_append_bytes(&connection->inbox, piece);
    if (buffer_status(&connection->inbox) != STATUS_OK)
        return -1;
    if (!whole)
        return 0;
    net->events->frame(net->owner, connection->id, buffer_view(&connection->inbox));
    /* An idle connection keeps no buffer. */
    buffer_deinit(&connection->inbox);
    buffer_init(&connection->inbox, LIMIT_FRAME_BYTES);
    return 0;
}

/* One write a callback is what lws allows; only a negative result is a failure. */
static int connection_writable(struct connection *connection, struct lws *wsi)
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

static void dial_next(struct connection *connection);

static void dial_due(lws_sorted_usec_list_t *sul)
{
    struct dial *dial = (void *)((char *)sul - offsetof(struct dial, retry));

    dial_next(dial->connection);
}

/* Not from here: lws calls back out of its own connect. */
static void dial_later(struct connection *connection)
{
    connection->wsi = NULL;
    if (connection->net->closing)
        connection_end(connection, "closed");
    else
        lws_sul_schedule(connection->net->context, 0, &connection->dial->retry, dial_due, 1);
}

/* Tries the next address of the name; without one the connection is over. */
static void dial_next(struct connection *connection)
{
    struct dial *dial = connection->dial;
    struct net *net = connection->net;
    struct lws_client_connect_info info;
    const char *numeric = address_lookup_next(dial->lookup);

    if (numeric == NULL || connection->closing) {
        connection_end(connection, "nothing answers there");
        return;
    }
    memset(&info, 0, sizeof info);
    info.context = net->context;
    info.vhost = net->client;
    info.address = numeric;
    info.port = dial->address.port;
    info.path = dial->path;
    info.host = dial->address.host;
    info.protocol = "hoso";
    info.local_protocol_name = "hoso";
    info.ietf_version_or_minus_one = -1;
    info.retry_and_idle_policy = &liveness;
    info.opaque_user_data = connection;
    info.pwsi = &connection->wsi;
    /* On NULL the error callback may have come or not; it sets the timer, and so does this. */
    if (lws_client_connect_via_info(&info) == NULL)
        dial_later(connection);
}

/* Takes up the look-ups that have ended. */
static void dial_looked_up(struct net *net)
{
    for (size_t i = 0; i < net->connections.count; i++) {
        struct connection *connection = net->connections.at[i].item;
        struct dial *dial = connection != NULL ? connection->dial : NULL;

        if (dial != NULL && !dial->started && address_lookup_done(dial->lookup)) {
            dial->started = true;
            dial_next(connection);
        }
    }
}

static void wake_context(void *context)
{
    net_wake(context);
}

enum status net_connect(struct net *net, const struct address *address, const char *query,
                        uint64_t *id)
{
    struct connection *connection = NULL;
    struct dial *dial = NULL;
    size_t size = strlen(query);

    if (address->tls || size > NET_QUERY_MAX)
        return STATUS_USAGE;
    connection = connection_new(net, CONNECTION_DIALLING);
    if (connection == NULL)
        return STATUS_NO_MEMORY;
    dial = connection->dial = calloc(1, sizeof *dial);
    if (dial == NULL)
        goto failed;
    dial->connection = connection;
    dial->address = *address;
    memcpy(dial->path, "/sync?", 6);
    memcpy(dial->path + 6, query, size + 1);
    dial->lookup = address_lookup_start(address->host, wake_context, net);
    if (dial->lookup == NULL)
        goto failed;
    *id = connection->id;
    return STATUS_OK;
failed:
    connection_free(connection);
    return STATUS_NO_MEMORY;
}

static int page_requested(struct net *net, struct lws *wsi, struct bytes path)
{
    struct connection *connection = NULL;
    int result = 0;

    if (!http_is_get(wsi, &result))
        return result;
    connection = connection_new(net, CONNECTION_PAGE);
    if (connection == NULL)
        return -1;
    connection->wsi = wsi;
    lws_set_opaque_user_data(wsi, connection);
    lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, CONNECT_SECONDS);
    net->events->page(net->owner, connection->id, path);
    return 0;
}

static int page_writable(struct connection *connection, struct lws *wsi)
{
    int result = 0;

    if (connection->answer == NULL)
        return 0;
    result = http_answer_write(connection->answer, wsi);
    connection_free(connection);
    return result;
}

void net_answer(struct net *net, uint64_t id, unsigned code, const char *type, struct bytes body)
{
    struct connection *connection = slots_find(&net->connections, id);

    if (connection == NULL || connection->kind != CONNECTION_PAGE || connection->answer != NULL)
        return;
    connection->answer = http_answer_new(code, type, body);
    if (connection->answer != NULL)
        lws_callback_on_writable(connection->wsi);
    else
        lws_set_timeout(connection->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

/* No wake-up reaches the context from here on; false: it was so already. */
static bool net_end(struct net *net)
{
    bool first = false;

    pthread_mutex_lock(&net->wake_mutex);
    first = !net->ended;
    net->ended = true;
    pthread_mutex_unlock(&net->wake_mutex);
    return first;
}

static int net_woken(struct net *net)
{
    dial_looked_up(net);
    net->events->woken(net->owner);
    /* The library's loop ends when the context begins to be destroyed, not before. */
    if (net->library && atomic_load(&net->stopped) && net_end(net))
        lws_context_destroy(net->context);
    return 0;
}

/* What lws calls: tables of contents, no logic. */
static int page_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                         size_t size)
{
    struct net *net = lws_context_user(lws_get_context(wsi));
    struct connection *connection = NULL;

    switch ((int)reason) {
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: /* an upgrade without our name */
        return -1;
    case LWS_CALLBACK_HTTP:
        return page_requested(net, wsi, bytes_of(in, size));
    case LWS_CALLBACK_HTTP_WRITEABLE:
        connection = lws_get_opaque_user_data(wsi);
        return connection != NULL ? page_writable(connection, wsi) : 0;
    case LWS_CALLBACK_CLOSED_HTTP:
        connection = lws_get_opaque_user_data(wsi);
        if (connection != NULL)
            connection_end(connection, NULL);
        return 0;
    default:
        return lws_callback_http_dummy(wsi, reason, user, in, size);
    }
}

static int sync_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                         size_t size)
{
    struct net *net = lws_context_user(lws_get_context(wsi));
    struct connection *connection = NULL;

    (void)user;
    switch ((int)reason) {
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        return net_woken(net);
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return net->closing || !http_path_is(wsi, "/sync") ? -1 : 0;
    case LWS_CALLBACK_ESTABLISHED:
        return server_established(net, wsi);
    default:
        break;
    }
    /* NULL for reasons that belong to no connection, and on early closes. */
    connection = wsi != NULL ? lws_get_opaque_user_data(wsi) : NULL;
    if (connection == NULL)
        return 0;
    switch ((int)reason) {
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        dial_free(connection);
        return connection_opened(connection, wsi, false, bytes_of(NULL, 0));
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        dial_later(connection);
        return 0;
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return connection_receive(connection, wsi, bytes_of(in, size));
    case LWS_CALLBACK_SERVER_WRITEABLE:
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return connection_writable(connection, wsi);
    case LWS_CALLBACK_CLOSED:
    case LWS_CALLBACK_CLIENT_CLOSED:
        connection_end(connection, "closed");
        return 0;
    default:
        return 0;
    }
}

/* Index 0 gets plain pages and unnamed upgrades; lws binds those to the first entry. */
static const struct lws_protocols protocols[] = {
    {.name = "page", .callback = page_callback},
    {.name = "hoso", .callback = sync_callback},
    {.name = NULL},
};

static void context_info(struct lws_context_creation_info *info, struct net *net)
{
    memset(info, 0, sizeof *info);
    info->port = CONTEXT_PORT_NO_LISTEN;
    info->protocols = protocols;
    info->user = net;
    info->pt_serv_buf_size = SERVICE_BYTES;
    info->options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    info->retry_and_idle_policy = &liveness;
    info->connect_timeout_secs = CONNECT_SECONDS;
    info->timeout_secs = CONNECT_SECONDS;
    info->keepalive_timeout = CONNECT_SECONDS;
}

enum status net_open(const struct net_options *options, struct net **out)
{
    struct lws_context_creation_info info;
    struct net *net = calloc(1, sizeof *net);

    *out = NULL;
    if (net == NULL || pthread_mutex_init(&net->wake_mutex, NULL) != 0) {
        free(net);
        return STATUS_NO_MEMORY;
    }
    net->events = options->events;
    net->owner = options->context;
    lws_set_log_level(0, NULL);
    context_info(&info, net);
    if (options->many_peers) {
        /* The second: it must not catch a crash of ours and spin. */
        info.options |= LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_UV_NO_SIGSEGV_SIGFPE_SPIN;
        net->context = lws_create_context(&info);
        net->library = net->context != NULL;
        info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    }
    if (net->context == NULL)
        net->context = lws_create_context(&info);
    info.vhost_name = "client";
    net->client = net->context != NULL ? lws_create_vhost(net->context, &info) : NULL;
    if (net->client != NULL) {
        *out = net;
        return STATUS_OK;
    }
    if (net->context != NULL)
        net_close(net);
    net_free(net);
    return STATUS_IO;
}

/*
 * Ends the context. With libuv, version 4.1 frees it at the second call (the first was made inside
 * the loop), 4.3 closes its own handles at the second and frees it at the third; a leak checker
 * found both.
 */
static void context_free(struct net *net)
{
    lws_context_destroy(net->context);
#if LWS_LIBRARY_VERSION_NUMBER >= 4003000
    if (net->library)
        lws_context_destroy(net->context);
#endif
    net->context = NULL;
}

void net_close(struct net *net)
{
    if (net->library && !net->ended) {
        /* It was never run, or failed: its handles close inside the loop only. */
        net_stop(net);
        (void)lws_service(net->context, 0);
    }
    (void)net_end(net);
    net->closing = true;
    for (size_t i = 0; i < net->connections.count; i++) {
        struct connection *connection = net->connections.at[i].item;

        /* Those lws knows end in their own callback. */
        if (connection != NULL && connection->wsi == NULL)
            connection_end(connection, "closed");
    }
    context_free(net);
    slots_deinit(&net->connections);
}

void net_free(struct net *net)
{
    if (net == NULL)
        return;
    pthread_mutex_destroy(&net->wake_mutex);
    free(net);
}

enum status net_run(struct net *net)
{
    while (!atomic_load(&net->stopped)) {
        if (lws_service(net->context, 0) < 0)
            return STATUS_IO;
    }
    return STATUS_OK;
}

void net_stop(struct net *net)
{
    atomic_store(&net->stopped, true);
    net_wake(net);
}

void net_wake(struct net *net)
{
    pthread_mutex_lock(&net->wake_mutex);
    if (!net->ended)
        lws_cancel_service(net->context);
    pthread_mutex_unlock(&net->wake_mutex);
}

enum status net_listen(struct net *net, const char *host, uint16_t *port)
{
    struct lws_context_creation_info info;
    struct lws_vhost *vhost = NULL;

    context_info(&info, net);
    info.vhost_name = "server";
    info.iface = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
    info.port = *port;
    info.options |= LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND;
    if (strchr(info.iface, ':') == NULL)
        info.options |= LWS_SERVER_OPTION_DISABLE_IPV6;
    vhost = lws_create_vhost(net->context, &info);
    if (vhost == NULL || lws_get_vhost_listen_port(vhost) <= 0)
        return STATUS_UNREACHABLE;
    *port = (uint16_t)lws_get_vhost_listen_port(vhost);
    return STATUS_OK;
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

struct lws_context *net_context(struct net *net)
{
    return net->context;
}
