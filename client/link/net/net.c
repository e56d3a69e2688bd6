#include "client/link/net/inside.h"
#include "client/link/net/tls.h"

#include <stdlib.h>
#include <string.h>

enum {
    SERVICE_BYTES = 128 * 1024, /* one read of the loop: 2.6 times less CPU a byte than 4 KiB */
    PIECE_BYTES = 256           /* of a frame, as it is handed up: what of it is lost at a cut */
};

const lws_retry_bo_t net_liveness = {.secs_since_valid_ping = PING_SECONDS,
                                     .secs_since_valid_hangup = HANGUP_SECONDS};

static int server_established(struct net *net, struct lws *wsi)
{
    struct connection *connection = lws_get_opaque_user_data(wsi);
    char query[NET_QUERY_MAX];

    if (connection == NULL || connection->kind != CONNECTION_ENTERING || net->closing)
        return -1;
    return connection_opened(connection, wsi, true, http_query(wsi, query, sizeof query));
}

static int page_requested(struct net *net, struct lws *wsi, struct bytes path)
{
    struct connection *connection = NULL;
    int result = 0;

    if (!http_is_get(wsi, &result))
        return result;
    connection = lws_get_opaque_user_data(wsi);
    if (connection == NULL || connection->kind != CONNECTION_ENTERING || net->closing)
        return -1;
    connection->kind = CONNECTION_PAGE;
    connection->served = true;
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
    http_answer_free(connection->answer);
    connection->answer = NULL;
    connection->kind = CONNECTION_ENTERING; /* it may ask again, within a stranger's time */
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
    case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
        net->secured = tls_serve(user, net->tls);
        return net->secured ? 0 : -1;
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
        return door_lets_in(net, wsi, (int)(intptr_t)in) ? 0 : -1;
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
        return door_entered(net, wsi);
    case LWS_CALLBACK_WSI_DESTROY:
        connection = lws_get_opaque_user_data(wsi);
        if (connection != NULL && connection->kind == CONNECTION_ENTERING)
            connection_end(connection, NULL);
        else if (connection != NULL && connection->kind == CONNECTION_DIALLING)
            dial_later(connection); /* not every early end is told as an error */
        return 0;
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
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        return dial_secured(connection, wsi);
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
        connection_end(connection, connection->cut != NULL ? connection->cut : "closed");
        return 0;
    default:
        return 0;
    }
}

/* Index 0 gets plain pages and unnamed upgrades; lws binds those to the first entry. Without a size
 * of its own every connection would keep a buffer of SERVICE_BYTES. */
static const struct lws_protocols protocols[] = {
    {.name = "page", .callback = page_callback, .rx_buffer_size = PIECE_BYTES},
    {.name = "hoso", .callback = sync_callback, .rx_buffer_size = PIECE_BYTES},
    {.name = NULL},
};

/* No authority of the system is loaded: none is asked, and they are many. */
static const uint64_t vhost_options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                                      LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
                                      LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;

static void context_info(struct lws_context_creation_info *info, struct net *net)
{
    memset(info, 0, sizeof *info);
    info->port = CONTEXT_PORT_NO_LISTEN;
    info->protocols = protocols;
    info->user = net;
    info->pt_serv_buf_size = SERVICE_BYTES;
    info->options = vhost_options;
    info->alpn = "http/1.1";
    /* Ours: the library would keep its own by a number that changes with the next loop. */
    info->provided_client_ssl_ctx = net->dialler.context;
    info->retry_and_idle_policy = &net_liveness;
    info->connect_timeout_secs = CONNECT_SECONDS;
    /* The guard cuts strangers before, a few at a time: the transport would all in one go. */
    info->timeout_secs = GUARD_PATIENCE_S + CONNECT_SECONDS;
    info->timeout_secs_ah_idle = GUARD_PATIENCE_S + CONNECT_SECONDS;
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
    net->tls = options->tls;
    net->guard = guard_new(options->seed);
    if (!tls_dialler_init(&net->dialler) || net->guard == NULL) {
        net_free(net);
        return STATUS_NO_MEMORY;
    }
    lws_set_log_level(0, NULL);
    context_info(&info, net);
    if (options->many_peers) {
        /* The second: it must not catch a crash of ours and spin. */
        info.options |= LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_UV_NO_SIGSEGV_SIGFPE_SPIN;
        net->context = lws_create_context(&info);
        net->library = net->context != NULL;
        info.options = vhost_options;
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
    door_close(net);
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
    guard_free(net->guard);
    tls_dialler_deinit(&net->dialler);
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
    if (net->tls.size > 0)
        info.options |= LWS_SERVER_OPTION_CREATE_VHOST_SSL_CTX;
    if (strchr(info.iface, ':') == NULL)
        info.options |= LWS_SERVER_OPTION_DISABLE_IPV6;
    net->secured = net->tls.size == 0;
    vhost = lws_create_vhost(net->context, &info);
    net->tls = bytes_of(NULL, 0);
    if (vhost == NULL || lws_get_vhost_listen_port(vhost) <= 0 || !net->secured)
        return STATUS_UNREACHABLE;
    *port = (uint16_t)lws_get_vhost_listen_port(vhost);
    return STATUS_OK;
}

struct lws_context *net_context(struct net *net)
{
    return net->context;
}
