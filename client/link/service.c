#include "client/link/service.h"

#include "client/link/exchange.h"
#include "client/link/net/clock.h"
#include "client/link/reception.h"
#include "client/link/slack.h"
#include "client/link/traffic.h"
#include "client/link/upstream.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PAGES_MOST = 8,           /* rendered at a time: they share the reader with the sessions */
    PAGE_BYTES = 1024 * 1024, /* one page */
    FAREWELL_US = 1000 * 1000 /* how long a closing service waits for its connections */
};

struct service {
    struct service_options options;
    struct net *net;
    struct mailbox mailbox;
    struct writer *writer;
    struct workers *reader;
    struct workers *verifiers;
    struct link_shared shared;
    struct reception reception;
    struct upstream upstream;
    bool has_upstream;
    pthread_t loop;
    bool loop_runs;
    struct timer *farewell;
    struct slack *slack;
    bool closing; /* the loop's */
    bool
        renewing; /* the link upwards ends because of a new epoch and is to be made again at once */
    size_t pages; /* being rendered; the loop's */
    atomic_bool linked;
    atomic_int health; /* enum status */
    atomic_int fault;  /* enum status */
    struct exchanges exchanges;
    struct traffic traffic;
};

struct page_job {
    struct work work; /* first */
    struct service *service;
    uint64_t id;
    unsigned code;
    struct service_peer *peers;
    size_t peer_count;
    struct buffer path;
    struct buffer out;
};

struct peers_wanted {
    struct service *service;
    struct service_peer *peers;
    size_t most, count;
};

/* ---- what the net and the links tell ---- */

static void *on_opened(void *context, uint64_t id, bool incoming, struct bytes query)
{
    struct service *service = context;

    slack_note(service->slack);
    if (!incoming)
        return upstream_opened(&service->upstream);
    if (service->closing) {
        net_disconnect(service->net, id);
        return NULL;
    }
    return reception_open(&service->reception, id, query);
}

static void on_turned_away(void *context, const char *why)
{
    struct service *service = context;

    reception_turned_away(&service->reception, why);
}

static void on_frame(void *context, uint64_t id, struct bytes frame)
{
    struct service *service = context;
    struct link *link = net_attached(service->net, id);

    if (link != NULL)
        link_frame(link, frame);
}

static void on_writable(void *context, uint64_t id)
{
    struct service *service = context;
    struct link *link = net_attached(service->net, id);

    if (link != NULL)
        link_writable(link);
}

/* What is told of the end of a session upwards. */
static enum status fault_of(const struct link *link)
{
    enum status fault = link != NULL ? link_fault(link) : STATUS_UNREACHABLE;
    bool says_more = fault == STATUS_UNKNOWN_PEER || fault == STATUS_FORGED ||
                     fault == STATUS_NEWER || fault == STATUS_FULL ||
                     status_class_of(fault) == STATUS_CLASS_FATAL;

    return says_more ? fault : STATUS_UNREACHABLE;
}

static void on_begun(void *context, uint64_t id, struct bytes beginning)
{
    struct service *service = context;
    struct link *link = net_attached(service->net, id);

    if (link != NULL)
        reception_begun(&service->reception, link, beginning);
}

static void on_take_begun(void *context, const struct public_key *key, struct buffer *out)
{
    struct service *service = context;

    reception_take_begun(&service->reception, key, out);
}

static void on_closed(void *context, uint64_t id, void *attached, const char *why)
{
    struct service *service = context;
    struct session_report report;

    slack_note(service->slack);
    memset(&report, 0, sizeof report);
    if (attached != NULL) {
        link_report(attached, &report);
        traffic_add(&service->traffic, &report);
    }
    if (service->has_upstream && id == service->upstream.id) {
        if (attached == NULL)
            journal_say(service->options.journal, JOURNAL_INFO, "unreachable", "why=\"%s\"", why);
        atomic_store(&service->linked, false);
        bool renewing = service->renewing || service->exchanges.renewing;

        if (renewing) {
            exchanges_carry(&service->exchanges);
        } else {
            bool insecure = why == net_other_node || why == net_by_wss;
            enum status fault = insecure ? STATUS_INSECURE : fault_of(attached);

            atomic_store(&service->fault, (int)fault);
            exchanges_finish(&service->exchanges, fault);
        }
        upstream_lost(&service->upstream, attached, &report);
        if (renewing)
            upstream_dial(&service->upstream);
        service->renewing = service->exchanges.renewing = false;
    }
    if (attached != NULL) {
        reception_closed(&service->reception, attached);
        link_closed(attached, why);
    }
    if (service->closing && service->shared.count == 0)
        net_stop(service->net);
}

static void on_changed(void *context, struct link *link)
{
    struct service *service = context;
    struct session_report report;

    link_report(link, &report);
    if (link_is_known(link) && !traffic_know(&service->traffic, &report))
        journal_say(service->options.journal, JOURNAL_WARNING, "traffic", "result=NO_MEMORY");
    if (link_role(link) != SESSION_CLIENT) {
        reception_look(&service->reception, link);
        return;
    }
    atomic_store(&service->linked, report.proved);
    if (report.settled && service->upstream.link == link) {
        enum status outcome = exchange_outcome(&report);

        service->upstream.settled = true;
        atomic_store(&service->fault, (int)outcome);
        exchanges_finish(&service->exchanges, outcome);
    }
}

static void on_news(void *context, const struct writer_news *news)
{
    struct service *service = context;

    if (service->shared.net == NULL)
        return;
    slack_note(service->slack);
    if (news->epoch_changed) {
        journal_say(service->options.journal, JOURNAL_WARNING, "epoch", "why=\"%s\"",
                    news->epoch_why != NULL ? news->epoch_why : "");
        service->renewing = service->has_upstream && service->upstream.link != NULL;
        link_end_all(&service->shared, "this store was rolled back: new epoch");
        return;
    }
    link_news_all(&service->shared, news);
}

static void on_broken(void *context, enum status status)
{
    struct service *service = context;

    atomic_store(&service->health, (int)status);
    journal_say(service->options.journal, JOURNAL_ERROR, "store_failed",
                "status=%s effect=\"nothing is written until restart; reads go on\"",
                status_name(status));
}

static void on_woken(void *context)
{
    struct service *service = context;

    mailbox_deliver(&service->mailbox);
}

/* ---- pages ---- */

static void collect_peers(void *context)
{
    struct peers_wanted *wanted = context;

    wanted->count = traffic_copy(&wanted->service->traffic, wanted->service->shared.first,
                                 wanted->peers, wanted->most);
}

static void page_run(struct work *work)
{
    struct page_job *job = (struct page_job *)work;

    job->code =
        job->service->options.page(job->service->options.page_context, buffer_view(&job->path),
                                   job->peers, job->peer_count, &job->out);
}

static void page_done(struct work *work)
{
    struct page_job *job = (struct page_job *)work;
    bool sound = buffer_status(&job->out) == STATUS_OK;

    if (job->service->shared.net != NULL)
        net_answer(job->service->net, job->id, sound ? job->code : 500, "text/html; charset=utf-8",
                   buffer_view(&job->out));
    buffer_deinit(&job->path);
    buffer_deinit(&job->out);
    free(job->peers);
    job->service->pages--;
    free(job);
}

static void on_page(void *context, uint64_t id, struct bytes path)
{
    struct service *service = context;
    struct page_job *job = NULL;
    struct peers_wanted wanted = {.service = service, .most = service->traffic.count};

    if (service->options.page == NULL) {
        net_answer(service->net, id, 404, "text/plain", bytes_of_text("not found\n"));
        return;
    }
    job = service->pages < PAGES_MOST ? calloc(1, sizeof *job) : NULL;
    if (job == NULL) {
        net_answer(service->net, id, 503, "text/plain", bytes_of_text("busy\n"));
        return;
    }
    service->pages++;
    if (wanted.most > 0)
        wanted.peers = calloc(wanted.most, sizeof *wanted.peers);
    if (wanted.peers != NULL)
        collect_peers(&wanted);
    job->work.run = page_run;
    job->work.done = page_done;
    job->service = service;
    job->id = id;
    job->peers = wanted.peers;
    job->peer_count = wanted.count;
    buffer_init(&job->path, 1024);
    buffer_append_bytes(&job->path, path);
    buffer_init(&job->out, PAGE_BYTES);
    workers_post(service->reader, &job->work);
}

/* ---- life ---- */

static const struct net_events events = {.opened = on_opened,
                                         .frame = on_frame,
                                         .writable = on_writable,
                                         .begun = on_begun,
                                         .closed = on_closed,
                                         .page = on_page,
                                         .turned_away = on_turned_away,
                                         .woken = on_woken};

static void wake_net(void *context)
{
    struct service *service = context;

    net_wake(service->net);
}

static enum status open_upstream(struct service *service)
{
    const struct replica_identity *identity = replica_identity(service->options.replica);
    char url[ADDRESS_HOST_MAX + 32];
    const char *text = service->options.route.url;
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
    status = strstr(text, "://") != NULL ? address_parse(text, &address) : STATUS_USAGE;
    if (status != STATUS_OK)
        return status;
    if (!address.tls && !service->options.route.insecure && !address_is_local(&address)) {
        atomic_store(&service->fault, (int)STATUS_INSECURE);
        journal_say(service->options.journal, JOURNAL_WARNING, "dial", "result=INSECURE");
        return STATUS_OK;
    }
    status = upstream_init(&service->upstream, &service->shared, &address, &identity->upstream,
                           service->options.retry_most_s);
    service->upstream.any_certificate = service->options.route.any_certificate;
    service->has_upstream = status == STATUS_OK;
    if (service->has_upstream)
        service->exchanges.upstream = &service->upstream;
    return status;
}

static size_t core_count(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);

    if (count < 1)
        return 1;
    return count > WORKERS_MAX ? WORKERS_MAX : (size_t)count;
}

static enum status open_threads(struct service *service)
{
    struct writer_options writer = {.replica = service->options.replica,
                                    .mailbox = &service->mailbox,
                                    .news = on_news,
                                    .broken = on_broken,
                                    .context = service};
    enum status status = writer_open(&writer, &service->writer);

    if (status == STATUS_OK)
        status = workers_open(1, &service->mailbox, &service->reader);
    if (status == STATUS_OK)
        status = workers_open(core_count(), &service->mailbox, &service->verifiers);
    return status;
}

enum status service_open(const struct service_options *options, struct service **out)
{
    struct service *service = calloc(1, sizeof *service);
    struct net_options net = {.events = &events,
                              .context = service,
                              .many_peers = options->many_peers,
                              .tls = options->tls};
    enum status status = STATUS_OK;

    *out = NULL;
    if (service == NULL)
        return STATUS_NO_MEMORY;
    service->options = *options;
    status = mailbox_init(&service->mailbox, wake_net, service);
    if (status != STATUS_OK) {
        free(service);
        return status;
    }
    options->world->random(options->world->context, (uint8_t *)&net.seed, sizeof net.seed);
    status = net_open(&net, &service->net);
    service->shared.net = service->net;
    if (status == STATUS_OK)
        service->slack = slack_new(service->net); /* works without */
    if (status == STATUS_OK)
        status = open_threads(service);
    service->reception.shared = &service->shared;
    service->shared.replica = options->replica;
    service->shared.world = options->world;
    service->shared.writer = service->writer;
    service->shared.reader = service->reader;
    service->shared.verifiers = service->verifiers;
    service->shared.mailbox = &service->mailbox;
    service->shared.journal = options->journal;
    service->shared.chain_mode = options->chain_mode;
    service->shared.changed = on_changed;
    service->shared.begun = on_take_begun;
    service->shared.context = service;
    if (status == STATUS_OK)
        status = open_upstream(service);
    if (status != STATUS_OK) {
        service_close(service);
        return status;
    }
    *out = service;
    return STATUS_OK;
}

enum status service_listen(struct service *service, const char *host, uint16_t *port)
{
    return net_listen(service->net, host, port);
}

static void *loop_run(void *argument)
{
    struct service *service = argument;

    if (net_run(service->net) != STATUS_OK)
        journal_say(service->options.journal, JOURNAL_ERROR, "loop", "result=IO");
    return NULL;
}

enum status service_start(struct service *service)
{
    enum status status = STATUS_OK;

    if (service->has_upstream)
        upstream_dial(&service->upstream);
    status = thread_start(&service->loop, loop_run, service);
    service->loop_runs = status == STATUS_OK;
    return status;
}

static void farewell_due(void *context)
{
    struct service *service = context;

    net_stop(service->net);
}

static void end_exchanges(void *context)
{
    struct service *service = context;

    service->exchanges.closed = true;
    exchanges_finish(&service->exchanges, STATUS_UNREACHABLE);
}

/* On the loop: no new connections, a little time for the old ones to say good-bye. */
static void begin_closing(void *context)
{
    struct service *service = context;

    service->closing = true;
    end_exchanges(service);
    if (service->has_upstream)
        upstream_stop(&service->upstream);
    link_end_all(&service->shared, "this node stops");
    service->farewell = timer_new(service->net, farewell_due, service);
    if (service->shared.count == 0 || service->farewell == NULL)
        net_stop(service->net);
    else
        timer_set(service->farewell, clock_now_us() + FAREWELL_US);
}

void service_close(struct service *service)
{
    if (service == NULL)
        return;
    if (service->loop_runs) {
        ask_loop(&service->mailbox, begin_closing, service);
        pthread_join(service->loop, NULL);
    }
    service->closing = true;
    workers_close(service->reader);
    workers_close(service->verifiers);
    mailbox_deliver(&service->mailbox);
    if (service->has_upstream)
        upstream_deinit(&service->upstream);
    timer_free(service->farewell);
    slack_free(service->slack);
    service->slack = NULL;
    if (service->net != NULL)
        net_close(service->net);
    service->shared.net = NULL;
    writer_close(service->writer); /* takes up what the links' ends asked to be noted */
    mailbox_deliver(&service->mailbox);
    net_free(service->net);
    traffic_deinit(&service->traffic);
    reception_deinit(&service->reception);
    mailbox_deinit(&service->mailbox);
    free(service);
}

enum status service_submit(void *context,
                           enum status (*job)(struct replica *replica, void *context),
                           void *job_context)
{
    struct service *service = context;

    return writer_run(service->writer, job, job_context);
}

bool service_linked(void *context)
{
    struct service *service = context;

    return atomic_load(&service->linked);
}

size_t service_peers(struct service *service, struct service_peer *peers, size_t most)
{
    struct peers_wanted wanted = {.service = service, .peers = peers, .most = most};

    ask_loop(&service->mailbox, collect_peers, &wanted);
    return wanted.count;
}

struct moved_wanted {
    struct service *service;
    struct service_exchange *moved;
};

static void collect_moved(void *context)
{
    const struct moved_wanted *wanted = context;
    const struct upstream *upstream = &wanted->service->upstream;
    struct service_peer peer;

    if (!wanted->service->has_upstream ||
        !traffic_find(&wanted->service->traffic, upstream->link, &upstream->key, &peer))
        return;
    wanted->moved->sent = peer.records_sent;
    wanted->moved->received = peer.records_received;
    wanted->moved->bytes_up = peer.bytes_sent;
    wanted->moved->bytes_down = peer.bytes_received;
}

void service_moved(struct service *service, struct service_exchange *moved)
{
    struct moved_wanted wanted = {.service = service, .moved = moved};

    memset(moved, 0, sizeof *moved);
    ask_loop(&service->mailbox, collect_moved, &wanted);
}

enum status service_exchange(struct service *service, uint64_t timeout_ms,
                             struct service_exchange *exchange)
{
    if (!service->has_upstream && service_fault(service) == STATUS_INSECURE)
        return STATUS_INSECURE;
    return exchange_wait(&service->exchanges, &service->mailbox, timeout_ms, exchange);
}

void service_end_exchanges(struct service *service)
{
    ask_loop(&service->mailbox, end_exchanges, service);
}

enum status service_health(struct service *service)
{
    return (enum status)atomic_load(&service->health);
}

enum status service_fault(struct service *service)
{
    return (enum status)atomic_load(&service->fault);
}
