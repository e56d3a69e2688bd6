#include "client/link/node.h"

#include "client/link/clock.h"
#include "client/link/exchange.h"
#include "client/link/query.h"
#include "client/link/upstream.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LINKS_MOST = 12000,       /* below the 20,000 descriptors a process may have */
    PAGE_BYTES = 1024 * 1024, /* one page */
    FAREWELL_US = 1000 * 1000 /* how long a closing node waits for its connections */
};

struct node {
    struct node_options options;
    struct net *net;
    struct mailbox mailbox;
    struct writer *writer;
    struct workers *reader;
    struct workers *verifiers;
    struct link_shared shared;
    struct upstream upstream;
    bool has_upstream;
    pthread_t loop;
    bool loop_runs;
    struct timer *farewell;
    bool closing; /* the loop's */
    atomic_bool linked;
    atomic_int health; /* enum status */
    struct exchanges exchanges;
};

struct page_job {
    struct work work; /* first */
    struct node *node;
    uint64_t id;
    unsigned code;
    struct node_peer *peers;
    size_t peer_count;
    struct buffer path;
    struct buffer out;
};

struct peers_wanted {
    struct node *node;
    struct node_peer *peers;
    size_t most, count;
};

/* ---- what the net and the links tell ---- */

static void *on_opened(void *context, uint64_t id, bool incoming, struct bytes query)
{
    struct node *node = context;
    struct link_options options = {.id = id, .role = SESSION_SERVER};
    struct link *link = NULL;

    if (!incoming)
        return upstream_opened(&node->upstream);
    if (!node->closing && node->shared.count < LINKS_MOST &&
        query_read(query, options.nonce) == STATUS_OK)
        link = link_open(&node->shared, &options);
    if (link == NULL) {
        journal_say(node->options.journal, JOURNAL_WARNING, "turned_away", "link=%" PRIx64, id);
        net_disconnect(node->net, id);
    }
    return link;
}

static void on_frame(void *context, uint64_t id, struct bytes frame)
{
    struct node *node = context;
    struct link *link = net_attached(node->net, id);

    if (link != NULL)
        link_frame(link, frame);
}

static void on_writable(void *context, uint64_t id)
{
    struct node *node = context;
    struct link *link = net_attached(node->net, id);

    if (link != NULL)
        link_writable(link);
}

static void on_closed(void *context, uint64_t id, void *attached, const char *why)
{
    struct node *node = context;
    struct session_report report;

    memset(&report, 0, sizeof report);
    if (node->has_upstream && id == node->upstream.id) {
        if (attached != NULL)
            link_report(attached, &report);
        else
            journal_say(node->options.journal, JOURNAL_INFO, "unreachable", "why=\"%s\"", why);
        atomic_store(&node->linked, false);
        exchanges_finish(&node->exchanges, STATUS_UNREACHABLE);
        upstream_lost(&node->upstream, report.retry_after_ms);
    }
    if (attached != NULL)
        link_closed(attached, why);
    if (node->closing && node->shared.count == 0)
        net_stop(node->net);
}

static void on_changed(void *context, struct link *link)
{
    struct node *node = context;
    struct session_report report;

    if (link_role(link) != SESSION_CLIENT)
        return;
    link_report(link, &report);
    atomic_store(&node->linked, report.proved);
    if (report.settled && node->upstream.link == link) {
        node->upstream.settled = true;
        exchanges_finish(&node->exchanges, STATUS_OK);
    }
}

static void on_news(void *context, const struct writer_news *news)
{
    struct node *node = context;

    if (node->shared.net == NULL)
        return;
    if (news->epoch_changed) {
        journal_say(node->options.journal, JOURNAL_WARNING, "epoch", "why=\"%s\"",
                    news->epoch_why != NULL ? news->epoch_why : "");
        link_end_all(&node->shared, "this store was rolled back: new epoch");
        return;
    }
    link_news_all(&node->shared, news);
}

static void on_broken(void *context, enum status status)
{
    struct node *node = context;

    atomic_store(&node->health, (int)status);
    journal_say(node->options.journal, JOURNAL_ERROR, "store_failed",
                "status=%s effect=\"nothing is written until restart; reads go on\"",
                status_name(status));
}

static void on_woken(void *context)
{
    struct node *node = context;

    mailbox_deliver(&node->mailbox);
}

/* ---- pages ---- */

static void collect_peers(void *context)
{
    struct peers_wanted *wanted = context;

    for (struct link *link = wanted->node->shared.first;
         link != NULL && wanted->count < wanted->most; link = link_next(link)) {
        struct node_peer *peer = &wanted->peers[wanted->count];
        struct session_report report;

        link_report(link, &report);
        if (!report.proved)
            continue;
        peer->key = report.peer;
        peer->up = link_role(link) == SESSION_CLIENT;
        peer->settled = report.settled;
        peer->records_sent = report.records_sent;
        peer->records_received = report.records_received;
        wanted->count++;
    }
}

static void page_run(struct work *work)
{
    struct page_job *job = (struct page_job *)work;

    job->code = job->node->options.page(job->node->options.page_context, buffer_view(&job->path),
                                        job->peers, job->peer_count, &job->out);
}

static void page_done(struct work *work)
{
    struct page_job *job = (struct page_job *)work;
    bool sound = buffer_status(&job->out) == STATUS_OK;

    if (job->node->shared.net != NULL)
        net_answer(job->node->net, job->id, sound ? job->code : 500, "text/html; charset=utf-8",
                   buffer_view(&job->out));
    buffer_deinit(&job->path);
    buffer_deinit(&job->out);
    free(job->peers);
    free(job);
}

static void on_page(void *context, uint64_t id, struct bytes path)
{
    struct node *node = context;
    struct page_job *job = node->options.page != NULL ? calloc(1, sizeof *job) : NULL;
    struct peers_wanted wanted = {.node = node, .most = node->shared.count};

    if (job != NULL && wanted.most > 0)
        wanted.peers = calloc(wanted.most, sizeof *wanted.peers);
    if (wanted.peers != NULL)
        collect_peers(&wanted);
    if (job == NULL) {
        net_answer(node->net, id, 404, "text/plain", bytes_of_text("not found\n"));
        return;
    }
    job->work.run = page_run;
    job->work.done = page_done;
    job->node = node;
    job->id = id;
    job->peers = wanted.peers;
    job->peer_count = wanted.count;
    buffer_init(&job->path, 1024);
    buffer_append_bytes(&job->path, path);
    buffer_init(&job->out, PAGE_BYTES);
    workers_post(node->reader, &job->work);
}

/* ---- life ---- */

static const struct net_events events = {.opened = on_opened,
                                         .frame = on_frame,
                                         .writable = on_writable,
                                         .closed = on_closed,
                                         .page = on_page,
                                         .woken = on_woken};

static void wake_net(void *context)
{
    struct node *node = context;

    net_wake(node->net);
}

static enum status open_upstream(struct node *node)
{
    const struct replica_identity *identity = replica_identity(node->options.replica);
    char url[ADDRESS_HOST_MAX + 32];
    const char *text = node->options.upstream_url;
    struct address address;
    enum status status = STATUS_OK;

    if (!identity->has_upstream)
        return STATUS_OK;
    if (text == NULL) {
        if (identity->upstream_url.size == 0 || identity->upstream_url.size >= sizeof url)
            return STATUS_OK;
        memcpy(url, identity->upstream_url.at, identity->upstream_url.size);
        url[identity->upstream_url.size] = '\0';
        text = url;
    }
    status = address_parse(text, &address);
    if (status != STATUS_OK)
        return status;
    status = upstream_init(&node->upstream, &node->shared, &address, &identity->upstream,
                           node->options.retry_most_s);
    node->has_upstream = status == STATUS_OK;
    if (node->has_upstream)
        node->exchanges.upstream = &node->upstream;
    return status;
}

static size_t core_count(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);

    if (count < 1)
        return 1;
    return count > WORKERS_MAX ? WORKERS_MAX : (size_t)count;
}

static enum status open_threads(struct node *node)
{
    struct writer_options writer = {.replica = node->options.replica,
                                    .mailbox = &node->mailbox,
                                    .news = on_news,
                                    .broken = on_broken,
                                    .context = node};
    enum status status = writer_open(&writer, &node->writer);

    if (status == STATUS_OK)
        status = workers_open(1, &node->mailbox, &node->reader);
    if (status == STATUS_OK)
        status = workers_open(core_count(), &node->mailbox, &node->verifiers);
    return status;
}

enum status node_open(const struct node_options *options, struct node **out)
{
    struct node *node = calloc(1, sizeof *node);
    struct net_options net = {
        .events = &events, .context = node, .many_peers = options->many_peers};
    enum status status = STATUS_OK;

    *out = NULL;
    if (node == NULL)
        return STATUS_NO_MEMORY;
    node->options = *options;
    status = mailbox_init(&node->mailbox, wake_net, node);
    if (status != STATUS_OK) {
        free(node);
        return status;
    }
    status = net_open(&net, &node->net);
    node->shared.net = node->net;
    if (status == STATUS_OK)
        status = open_threads(node);
    node->shared.replica = options->replica;
    node->shared.world = options->world;
    node->shared.writer = node->writer;
    node->shared.reader = node->reader;
    node->shared.verifiers = node->verifiers;
    node->shared.mailbox = &node->mailbox;
    node->shared.journal = options->journal;
    node->shared.chain_mode = options->chain_mode;
    node->shared.changed = on_changed;
    node->shared.context = node;
    if (status == STATUS_OK)
        status = open_upstream(node);
    if (status != STATUS_OK) {
        node_close(node);
        return status;
    }
    *out = node;
    return STATUS_OK;
}

enum status node_listen(struct node *node, const char *host, uint16_t *port)
{
    return net_listen(node->net, host, port);
}

static void *loop_run(void *argument)
{
    struct node *node = argument;

    if (net_run(node->net) != STATUS_OK)
        journal_say(node->options.journal, JOURNAL_ERROR, "loop", "result=IO");
    return NULL;
}

enum status node_start(struct node *node)
{
    enum status status = STATUS_OK;

    if (node->has_upstream)
        upstream_dial(&node->upstream);
    status = thread_start(&node->loop, loop_run, node);
    node->loop_runs = status == STATUS_OK;
    return status;
}

static void farewell_due(void *context)
{
    struct node *node = context;

    net_stop(node->net);
}

/* On the loop: no new connections, a little time for the old ones to say good-bye. */
static void begin_closing(void *context)
{
    struct node *node = context;

    node->closing = true;
    node->exchanges.closed = true;
    exchanges_finish(&node->exchanges, STATUS_UNREACHABLE);
    if (node->has_upstream)
        upstream_stop(&node->upstream);
    link_end_all(&node->shared, "this node stops");
    node->farewell = timer_new(node->net, farewell_due, node);
    if (node->shared.count == 0 || node->farewell == NULL)
        net_stop(node->net);
    else
        timer_set(node->farewell, clock_now_us() + FAREWELL_US);
}

void node_close(struct node *node)
{
    if (node == NULL)
        return;
    if (node->loop_runs) {
        ask_loop(&node->mailbox, begin_closing, node);
        pthread_join(node->loop, NULL);
    }
    node->closing = true;
    workers_close(node->reader);
    workers_close(node->verifiers);
    mailbox_deliver(&node->mailbox);
    if (node->has_upstream)
        upstream_deinit(&node->upstream);
    timer_free(node->farewell);
    if (node->net != NULL)
        net_close(node->net);
    node->shared.net = NULL;
    writer_close(node->writer); /* takes up what the links' ends asked to be noted */
    mailbox_deliver(&node->mailbox);
    net_free(node->net);
    mailbox_deinit(&node->mailbox);
    free(node);
}

enum status node_submit(void *context, enum status (*job)(struct replica *replica, void *context),
                        void *job_context)
{
    struct node *node = context;

    return writer_run(node->writer, job, job_context);
}

bool node_linked(void *context)
{
    struct node *node = context;

    return atomic_load(&node->linked);
}

size_t node_peers(struct node *node, struct node_peer *peers, size_t most)
{
    struct peers_wanted wanted = {.node = node, .peers = peers, .most = most};

    ask_loop(&node->mailbox, collect_peers, &wanted);
    return wanted.count;
}

enum status node_exchange(struct node *node, uint64_t timeout_ms, struct node_exchange *exchange)
{
    return exchange_wait(&node->exchanges, &node->mailbox, timeout_ms, exchange);
}

enum status node_health(struct node *node)
{
    return (enum status)atomic_load(&node->health);
}
