#include "client/link/net/inside.h"

#include <stdlib.h>
#include <string.h>

struct dial {
    struct connection *connection;
    struct address address;
    char path[NET_QUERY_MAX + 16];
    struct address_lookup *lookup;
    bool started; /* the look-up is done and was taken up */
    lws_sorted_usec_list_t retry;
};

void dial_free(struct connection *connection)
{
    if (connection->dial == NULL)
        return;
    lws_sul_cancel(&connection->dial->retry);
    address_lookup_free(connection->dial->lookup);
    free(connection->dial);
    connection->dial = NULL;
}

static void dial_next(struct connection *connection);

static void dial_due(lws_sorted_usec_list_t *sul)
{
    struct dial *dial = (void *)((char *)sul - offsetof(struct dial, retry));

    dial_next(dial->connection);
}

/* Not from here: lws calls back out of its own connect. */
void dial_later(struct connection *connection)
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
    info.retry_and_idle_policy = &net_liveness;
    info.opaque_user_data = connection;
    info.pwsi = &connection->wsi;
    /* On NULL the error callback may have come or not; it sets the timer, and so does this. */
    if (lws_client_connect_via_info(&info) == NULL)
        dial_later(connection);
}

void dial_looked_up(struct net *net)
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
