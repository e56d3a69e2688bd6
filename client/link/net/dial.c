#include "client/link/net/inside.h"
#include "client/link/net/tls.h"

#include <stdlib.h>
#include <string.h>

const char net_other_node[] = "its certificate is not of the node that was pinned";
const char net_by_wss[] = "by ws nothing answers there, by wss something does";
static const char no_answer[] = "nothing answers there";

struct dial {
    struct connection *connection;
    struct address address;
    bool any_node; /* any certificate will do */
    struct public_key node;
    char path[NET_QUERY_MAX + 16];
    struct address_lookup *lookup;
    bool asked;        /* by ws: the connection stood, and the question was sent */
    bool probing;      /* no answer came to it: whether there is TLS, to say what to do */
    const char *tried; /* the look-up's */
    bool started;      /* the look-up is done and was taken up */
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
    if (connection->wsi != NULL)
        lws_set_opaque_user_data(connection->wsi, NULL);
    connection->wsi = NULL;
    if (connection->net->closing)
        connection_end(connection, "closed");
    else
        lws_sul_schedule(connection->net->context, 0, &connection->dial->retry, dial_due, 1);
}

static void dial_at(struct connection *connection, const char *numeric, bool tls)
{
    struct dial *dial = connection->dial;
    struct net *net = connection->net;
    struct lws_client_connect_info info;

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
    info.alpn = "http/1.1";
    /* Who it is, dial_secured() finds out; issuers, names and dates decide nothing. */
    if (tls)
        info.ssl_connection = LCCSCF_USE_SSL | LCCSCF_ALLOW_SELFSIGNED | LCCSCF_ALLOW_INSECURE |
                              LCCSCF_ALLOW_EXPIRED | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
    info.opaque_user_data = connection;
    info.pwsi = &connection->wsi;
    /* On NULL the error callback may have come or not; it sets the timer, and so does this. */
    if (lws_client_connect_via_info(&info) == NULL)
        dial_later(connection);
}

/*
 * Tries the next address of the name; without one the connection is over. Where a question by ws
 * got no answer it is seen first whether there is TLS at that port: a person who gave the wrong
 * address is to read that, and not that nothing is there.
 */
static void dial_next(struct connection *connection)
{
    struct dial *dial = connection->dial;
    bool probe = dial->asked && !dial->probing && !connection->closing;
    const char *why = connection->cut;

    dial->probing = probe;
    dial->asked = false;
    if (!probe)
        dial->tried = address_lookup_next(dial->lookup);
    if (dial->tried == NULL || connection->closing) {
        connection_end(connection, why != NULL ? why : no_answer);
        return;
    }
    connection->cut = NULL;
    dial_at(connection, dial->tried, dial->address.tls || probe);
}

int dial_secured(struct connection *connection, struct lws *wsi)
{
    struct dial *dial = connection->dial;

    if (dial == NULL)
        return 0;
    if (dial->probing) { /* it has said nothing yet, and says nothing */
        connection->cut = net_by_wss;
        return -1;
    }
    dial->asked = !dial->address.tls;
    if (!dial->address.tls || dial->any_node || tls_is_node(lws_get_ssl(wsi), &dial->node))
        return 0;
    connection->cut = net_other_node;
    return -1;
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

enum status net_connect(struct net *net, const struct address *address,
                        const struct public_key *node, const char *query, uint64_t *id)
{
    struct connection *connection = NULL;
    struct dial *dial = NULL;
    size_t size = strlen(query);

    if (size > NET_QUERY_MAX)
        return STATUS_USAGE;
    connection = connection_new(net, CONNECTION_DIALLING);
    if (connection == NULL)
        return STATUS_NO_MEMORY;
    dial = connection->dial = calloc(1, sizeof *dial);
    if (dial == NULL)
        goto failed;
    dial->connection = connection;
    dial->address = *address;
    dial->any_node = node == NULL;
    if (node != NULL)
        dial->node = *node;
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
