/*
 * A crowd of offices in one process, as load for one hub: idle connections, a morning at which all
 * come back at once, live acts of some beside the backlog of another.
 *
 *   crowd grant HOME COUNT       grants the first COUNT offices of the crowd in a hub's home, which
 *                                no daemon has open
 *   crowd run HOME URL [OPTION …]   HOME: a copy of that home, taken behind the grants
 *     --first N --offices N      which of them take part (0, 1)
 *     --records N                written by each before the line comes
 *     --acts N --every MS        once all are at rest: so many acts each, one every so often
 *     --hold SECONDS             stay connected so long in the end
 *     --pid N                    the hub's process: its memory and CPU time
 *     --samples FILE             of each act: when (microseconds, monotonic), and after how long
 * the hub's receipt was held
 *     --wait                     begins with a line on standard input
 *
 * Prints "prepared", then one JSON document. Exit 1: not everything came to rest.
 */
#include "client/home/home.h"
#include "client/link/net/clock.h"
#include "tests/crowd/figures.h"
#include "tests/crowd/member.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TURN_US = 2000,
    GREETINGS =
        200, /* dialled and not at rest: one thread plays them all, and each has 10 s to greet */
    GIVE_UP_US = 400 * 1000 * 1000,
    ARENA_BYTES = 1 << 28,
    GRANTS_A_GROUP = 1000
};

enum stage { STAGE_ARRIVE, STAGE_ACT, STAGE_HOLD, STAGE_OVER };

struct options {
    uint64_t first, offices, records, acts, every_ms, hold_s;
    pid_t pid;
    const char *samples;
    bool wait;
};

struct sample {
    uint64_t at_us, took_us;
};

struct load {
    struct crowd crowd; /* first */
    struct options options;
    struct timer *turn;
    enum stage stage;
    bool failed;
    size_t open, settled; /* in the end, before the farewell */
    uint64_t lost;
    uint64_t began_us, stage_us, open_us, rest_us;
    uint64_t expected;  /* records to be receipted */
    uint64_t *due_us;   /* of each member: its next act, or attempt to dial */
    uint64_t *wrote_us; /* of each act: [member * acts + act] */
    struct sample *samples;
    size_t sample_count;
    struct figures before, most, after;
};

static struct load *load_of(void *context)
{
    return context;
}

static struct member *member_of(struct crowd *crowd, uint64_t id)
{
    for (size_t i = 0; i < crowd->count; i++)
        if (crowd->members[i].id == id)
            return &crowd->members[i];
    return NULL;
}

/* ---- what the net tells ---- */

static void *on_opened(void *context, uint64_t id, bool incoming, struct bytes query)
{
    struct crowd *crowd = context;
    struct member *member = member_of(crowd, id);

    (void)query;
    must(!incoming && member != NULL, "a connection nobody made");
    member_opened(member);
    return member;
}

static void on_frame(void *context, uint64_t id, struct bytes frame)
{
    struct member *member = net_attached(load_of(context)->crowd.net, id);

    if (member != NULL)
        member_frame(member, frame);
}

static void on_writable(void *context, uint64_t id)
{
    struct member *member = net_attached(load_of(context)->crowd.net, id);

    if (member != NULL)
        member_writable(member);
}

static void on_closed(void *context, uint64_t id, void *attached, const char *why)
{
    struct load *load = context;
    struct member *member = attached != NULL ? attached : member_of(&load->crowd, id);

    (void)why;
    if (member != NULL)
        member_closed(member);
}

static void on_page(void *context, uint64_t id, struct bytes path)
{
    (void)context;
    (void)id;
    (void)path;
}

static void on_woken(void *context)
{
    (void)context;
}

/* ---- the run ---- */

/* Comes again within two seconds, each by its own lot. */
static void on_gone(struct crowd *crowd, struct member *member)
{
    struct load *load = (struct load *)crowd;

    if (load->stage != STAGE_OVER)
        load->due_us[member - crowd->members] =
            clock_now_us() + random_below(&crowd->random, 2000 * 1000);
}

static void on_receipt(struct crowd *crowd, struct member *member, uint64_t from)
{
    struct load *load = (struct load *)crowd;
    size_t place = (size_t)(member - crowd->members);
    uint64_t before = load->options.records; /* acts come behind these */

    for (uint64_t seq = from + 1; seq <= member->receipted; seq++) {
        if (seq <= before || seq > before + load->options.acts)
            continue;
        uint64_t wrote_us = load->wrote_us[place * load->options.acts + (seq - before - 1)];
        load->samples[load->sample_count++] =
            (struct sample){.at_us = wrote_us, .took_us = clock_now_us() - wrote_us};
    }
}

static void look_at_hub(struct load *load)
{
    struct figures now = figures_of(load->options.pid);

    if (now.anonymous_bytes > load->most.anonymous_bytes)
        load->most.anonymous_bytes = now.anonymous_bytes;
    if (now.rss_bytes > load->most.rss_bytes)
        load->most.rss_bytes = now.rss_bytes;
    load->after = now;
}

static void enter(struct load *load, enum stage stage, uint64_t now_us)
{
    struct crowd *crowd = &load->crowd;

    load->stage = stage;
    load->stage_us = now_us;
    if (stage == STAGE_ACT)
        for (size_t i = 0; i < crowd->count; i++)
            load->due_us[i] =
                now_us + random_below(&crowd->random, load->options.every_ms * 1000 + 1);
}

static void dial_some(struct load *load, uint64_t now_us)
{
    struct crowd *crowd = &load->crowd;
    for (size_t i = 0; i < crowd->count && crowd->greeting < GREETINGS; i++)
        if (crowd->members[i].id == 0 && load->due_us[i] <= now_us)
            member_dial(&crowd->members[i]);
    if (load->open_us == 0 && crowd->open == crowd->count)
        load->open_us = now_us;
}

static void act_some(struct load *load, uint64_t now_us)
{
    struct crowd *crowd = &load->crowd;
    uint64_t whole = load->options.records + load->options.acts;
    size_t done = 0;

    for (size_t i = 0; i < crowd->count; i++) {
        struct member *member = &crowd->members[i];
        uint64_t written = member->desk.count;

        if (written < whole && load->due_us[i] <= now_us && member->session != NULL) {
            load->wrote_us[i * load->options.acts + (written - load->options.records)] =
                clock_now_us();
            desk_write(&member->desk);
            member_wrote(member);
            load->due_us[i] += load->options.every_ms * 1000;
        }
        done += member->receipted == whole ? 1 : 0;
    }
    if (done == crowd->count)
        enter(load, STAGE_HOLD, now_us);
}

static void take_turn(void *context)
{
    struct load *load = context;
    struct crowd *crowd = &load->crowd;
    uint64_t now_us = clock_now_us();

    dial_some(load, now_us);
    if (load->stage == STAGE_ARRIVE && crowd->settled == crowd->count &&
        crowd->receipted == load->expected) {
        load->rest_us = now_us;
        enter(load, load->options.acts > 0 ? STAGE_ACT : STAGE_HOLD, now_us);
    } else if (load->stage == STAGE_ACT) {
        act_some(load, now_us);
    } else if (load->stage == STAGE_HOLD &&
               now_us - load->stage_us >= load->options.hold_s * 1000000) {
        enter(load, STAGE_OVER, now_us);
    }
    look_at_hub(load);
    load->failed = now_us - load->began_us > GIVE_UP_US;
    if (load->stage == STAGE_OVER || load->failed) {
        load->stage = STAGE_OVER;
        load->open = crowd->open;
        load->settled = crowd->settled;
        load->lost = crowd->lost;
        net_stop(crowd->net);
    } else {
        timer_set(load->turn, clock_now_us() + TURN_US);
    }
}

static const struct net_events events = {.opened = on_opened,
                                         .frame = on_frame,
                                         .writable = on_writable,
                                         .closed = on_closed,
                                         .page = on_page,
                                         .woken = on_woken};

/* ---- the hub, read from the copy ---- */

static void read_hub(struct hub *hub, struct home *home, const char *url, struct hash *pack)
{
    struct arena arena;
    struct read_request request = {.kind = READ_VECTOR, .scope_count = 1};
    struct read_result result;

    must(address_parse(url, &hub->address) == STATUS_OK, "no address");
    hub->key = *replica_key(home->replica);
    hub->authority = replica_authority_acquire(home->replica);
    (void)authority_current_pack(hub->authority, pack);
    struct name root = authority_scope(authority_root(hub->authority));
    request.scopes = &root;
    arena_init(&arena, ARENA_BYTES);
    must(replica_inquire(home->replica, &request, &arena, &result) == STATUS_OK,
         "the hub's copy cannot be read");
    hub->log_count = result.vector_count;
    hub->logs = calloc(hub->log_count + 1, sizeof *hub->logs);
    must(hub->logs != NULL, "out of memory");
    memcpy(hub->logs, result.vector, hub->log_count * sizeof *hub->logs);
    hub->cursor = (struct cursor){.epoch = replica_epoch(home->replica),
                                  .arrival = result.end,
                                  .running_hash = result.running_hash,
                                  .receipts = result.newest_receipt};
    arena_deinit(&arena);
}

static void grant_one(struct home *home, uint64_t number)
{
    struct hash pack = {{0}};
    struct desk desk;

    desk_init(&desk, number, &pack);
    struct grant grant = {.key = desk.key,
                          .role = ROLE_OFFICE,
                          .unit = bytes_of_text("000.15.30.H57"),
                          .label = bytes_of_text("đám đông"),
                          .scopes = &desk.scope,
                          .scope_count = 1,
                          .may_grant = true};
    must(replica_grant(home->replica, &grant) == STATUS_OK, "a grant is refused");
    desk_deinit(&desk);
}

static int grant_all(const char *path, uint64_t count)
{
    struct home home;
    struct replica_commit commit;

    must(home_open(&home, path) == STATUS_OK, "the hub's home cannot be opened");
    for (uint64_t i = 0; i < count; i += GRANTS_A_GROUP) {
        must(replica_begin(home.replica) == STATUS_OK, "no group");
        for (uint64_t k = i; k < count && k < i + GRANTS_A_GROUP; k++)
            grant_one(&home, k);
        must(replica_commit(home.replica, &commit) == STATUS_OK, "no commit");
    }
    home_close(&home);
    return 0;
}

/* ---- figures ---- */

static int compare_samples(const void *a, const void *b)
{
    const struct sample *left = a, *right = b;

    return left->took_us < right->took_us ? -1 : left->took_us > right->took_us;
}

static void write_samples(struct load *load)
{
    FILE *file = load->options.samples != NULL ? fopen(load->options.samples, "w") : NULL;

    if (file == NULL)
        return;
    for (size_t i = 0; i < load->sample_count; i++)
        (void)fprintf(file, "%" PRIu64 " %" PRIu64 "\n", load->samples[i].at_us,
                      load->samples[i].took_us);
    (void)fclose(file);
}

static uint64_t quantile(const struct load *load, size_t percent)
{
    return load->sample_count == 0
               ? 0
               : load->samples[(load->sample_count - 1) * percent / 100].took_us;
}

static void print(struct load *load)
{
    const struct crowd *crowd = &load->crowd;
    struct figures own = figures_of(getpid());
    uint64_t count = crowd->count > 0 ? crowd->count : 1;
    uint64_t grown = load->after.anonymous_bytes > load->before.anonymous_bytes
                         ? load->after.anonymous_bytes - load->before.anonymous_bytes
                         : 0;

    write_samples(load);
    qsort(load->samples, load->sample_count, sizeof *load->samples, compare_samples);
    (void)printf("{\"offices\":%zu,\"open\":%zu,\"settled\":%zu,\"lost\":%" PRIu64
                 ",\"failed_dials\":%" PRIu64 ",\"records\":%" PRIu64 ",\"began_us\":%" PRIu64
                 ",\"all_open_ms\":%" PRIu64 ",\"at_rest_us\":%" PRIu64 ",\"at_rest_ms\":%" PRIu64,
                 crowd->count, load->open, load->settled, load->lost, crowd->failed,
                 crowd->receipted, load->began_us,
                 load->open_us > 0 ? (load->open_us - load->began_us) / 1000 : 0, load->rest_us,
                 load->rest_us > 0 ? (load->rest_us - load->began_us) / 1000 : 0);
    (void)printf(",\"acts\":%zu,\"p50_us\":%" PRIu64 ",\"p99_us\":%" PRIu64 ",\"max_us\":%" PRIu64,
                 load->sample_count, quantile(load, 50), quantile(load, 99), quantile(load, 100));
    (void)printf(",\"hub\":{\"rss_anon_before\":%" PRIu64 ",\"rss_anon_most\":%" PRIu64
                 ",\"rss_anon_end\":%" PRIu64 ",\"rss_anon_a_connection\":%" PRIu64
                 ",\"rss_end\":%" PRIu64 ",\"cpu_ms\":%" PRIu64 "},\"crowd_cpu_ms\":%" PRIu64 "}\n",
                 load->before.anonymous_bytes, load->most.anonymous_bytes,
                 load->after.anonymous_bytes, grown / count, load->after.rss_bytes,
                 (load->after.cpu_us - load->before.cpu_us) / 1000, own.cpu_us / 1000);
}

/* ---- the program ---- */

static void prepare(struct load *load, const struct hash *pack)
{
    struct crowd *crowd = &load->crowd;
    const struct options *options = &load->options;

    crowd->count = options->offices;
    crowd->members = calloc(crowd->count, sizeof *crowd->members);
    load->due_us = calloc(crowd->count, sizeof *load->due_us);
    load->wrote_us = calloc(crowd->count * options->acts + 1, sizeof *load->wrote_us);
    load->samples = calloc(crowd->count * options->acts + 1, sizeof *load->samples);
    must(crowd->members != NULL && load->due_us != NULL && load->wrote_us != NULL &&
             load->samples != NULL,
         "out of memory");
    for (size_t i = 0; i < crowd->count; i++) {
        member_init(&crowd->members[i], crowd, options->first + i, pack);
        for (uint64_t k = 0; k < options->records; k++)
            desk_write(&crowd->members[i].desk);
    }
    load->expected = crowd->count * options->records;
}

static int run_all(const char *path, const char *url, const struct options *options)
{
    static struct load load;
    struct crowd *crowd = &load.crowd;
    struct home home;
    struct hash pack = {{0}};
    struct net_options net = {.events = &events, .context = &load, .many_peers = true};

    must(home_open(&home, path) == STATUS_OK, "the hub's copy cannot be opened");
    load.options = *options;
    crowd->random.state = clock_now_us(); /* nonces, and when each comes again */
    crowd->receipt = on_receipt;
    crowd->gone = on_gone;
    read_hub(&crowd->hub, &home, url, &pack);
    prepare(&load, &pack);
    (void)puts("prepared");
    (void)fflush(stdout);
    if (options->wait)
        (void)getchar();
    must(net_open(&net, &crowd->net) == STATUS_OK, "no loop");
    load.turn = timer_new(crowd->net, take_turn, &load);
    load.before = figures_of(options->pid);
    load.began_us = clock_now_us();
    timer_set(load.turn, load.began_us);
    must(net_run(crowd->net) == STATUS_OK, "the loop failed");
    print(&load);
    bool whole = !load.failed;
    timer_free(load.turn);
    net_close(crowd->net);
    for (size_t i = 0; i < crowd->count; i++)
        member_deinit(&crowd->members[i]);
    net_free(crowd->net);
    replica_authority_release(home.replica, crowd->hub.authority);
    home_close(&home);
    free(crowd->hub.logs);
    free(crowd->members);
    free(load.due_us);
    free(load.wrote_us);
    free(load.samples);
    return whole ? 0 : 1;
}

static const struct option long_options[] = {
    {"first", required_argument, NULL, 'f'},   {"offices", required_argument, NULL, 'o'},
    {"records", required_argument, NULL, 'r'}, {"acts", required_argument, NULL, 'a'},
    {"every", required_argument, NULL, 'e'},   {"hold", required_argument, NULL, 'h'},
    {"pid", required_argument, NULL, 'p'},     {"samples", required_argument, NULL, 's'},
    {"wait", no_argument, NULL, 'w'},          {NULL, 0, NULL, 0}};

static bool read_options(int count, char **arguments, struct options *options)
{
    for (int option; (option = getopt_long(count, arguments, "", long_options, NULL)) != -1;) {
        uint64_t value =
            option == 's' || option == 'w' ? 0 : strtoull(optarg ? optarg : "", NULL, 10);
        switch (option) {
        case 'f':
            options->first = value;
            break;
        case 'o':
            options->offices = value;
            break;
        case 'r':
            options->records = value;
            break;
        case 'a':
            options->acts = value;
            break;
        case 'e':
            options->every_ms = value;
            break;
        case 'h':
            options->hold_s = value;
            break;
        case 'p':
            options->pid = (pid_t)value;
            break;
        case 's':
            options->samples = optarg;
            break;
        case 'w':
            options->wait = true;
            break;
        default:
            return false;
        }
    }
    return count - optind == 3;
}

int main(int count, char **arguments)
{
    struct options options = {.offices = 1, .every_ms = 1000};

    if (!read_options(count, arguments, &options)) {
        (void)fprintf(stderr, "usage: crowd grant HOME COUNT | crowd run HOME URL [OPTION …]\n");
        return 2;
    }
    if (strcmp(arguments[optind], "grant") == 0)
        return grant_all(arguments[optind + 1], strtoull(arguments[optind + 2], NULL, 10));
    return run_all(arguments[optind + 1], arguments[optind + 2], &options);
}
