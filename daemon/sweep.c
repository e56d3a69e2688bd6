/*
 * The idle sweep: a thousandth of the machine, only while nothing moves, until every record was
 * looked at once; then again a day later.
 */
#include "client/link/work/work.h"
#include "client/replica/log/scrub.h"
#include "daemon/scrub.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

enum {
    SLICE_RECORDS = 100, /* five milliseconds of one core */
    PAUSE_MS = 200,      /* between two slices */
    FIRST_AFTER_S = 60,  /* a start has better things to do */
    EVERY_S = 24 * 3600
};

struct sweep {
    const struct attendant *attendant;
    const struct journal *journal;
    unsigned every_s;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t ends;
    bool ending;
    struct scrub scrub;
};

/* Waits so long; true: the sweep is to end. */
static bool pause_ms(struct sweep *sweep, uint64_t ms)
{
    struct timespec until;
    bool ending = false;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&sweep->mutex);
    while (!sweep->ending &&
           pthread_cond_timedwait(&sweep->ends, &sweep->mutex, &until) != ETIMEDOUT)
        continue;
    ending = sweep->ending;
    pthread_mutex_unlock(&sweep->mutex);
    return ending;
}

static enum status settle_job(struct replica *replica, void *context)
{
    return scrub_settle(replica, context);
}

static void say_findings(struct sweep *sweep)
{
    static const char *const names[] = {[SCRUB_SOUND] = "sound",
                                        [SCRUB_MENDED] = "mended",
                                        [SCRUB_REBUILT] = "rebuilt",
                                        [SCRUB_WAITS] = "waits"};

    for (size_t i = 0; i < sweep->scrub.finding_count; i++) {
        const struct scrub_finding *finding = &sweep->scrub.findings[i];
        char log[33], record[65];

        if (finding->outcome == SCRUB_SOUND || finding->known)
            continue;
        hex_encode(bytes_of(finding->log.bytes, sizeof finding->log.bytes), log);
        hex_encode(bytes_of(finding->id.bytes, sizeof finding->id.bytes), record);
        journal_say(sweep->journal, JOURNAL_WARNING, "damaged",
                    "log=%s seq=%" PRIu64 " record=%.16s outcome=%s", log, finding->place.seq,
                    record, names[finding->outcome]);
    }
}

/* What counts as something else to do: the writer has made records, or the line carries some. */
static uint64_t activity(const struct sweep *sweep)
{
    struct service_exchange moved = {0};
    struct replica_read *read = NULL;
    uint64_t records = 0;

    service_moved(sweep->attendant->service, &moved);
    if (replica_read_begin(sweep->attendant->home->replica, &read) == STATUS_OK) {
        records = scrub_newest(read);
        replica_read_end(read);
    }
    return moved.sent + moved.received + records;
}

/* One pass over the store; true: the sweep is to end. */
static bool pass(struct sweep *sweep)
{
    uint64_t before = activity(sweep);

    sweep->scrub = (struct scrub){.ended = false};
    while (!sweep->scrub.ended) {
        enum status status = STATUS_OK;
        uint64_t now = 0;

        if (pause_ms(sweep, PAUSE_MS))
            return true;
        now = activity(sweep);
        if (now != before) {
            before = now;
            continue;
        }
        status = scrub_slice(sweep->attendant->home->replica, &sweep->scrub, SLICE_RECORDS);
        if (status == STATUS_OK && sweep->scrub.finding_count > 0) {
            status = attend_submit(sweep->attendant, settle_job, &sweep->scrub);
            if (status == STATUS_OK)
                say_findings(sweep);
        }
        if (status != STATUS_OK) {
            journal_say(sweep->journal, JOURNAL_WARNING, "sweep_failed", "status=%s",
                        status_name(status));
            return false;
        }
    }
    journal_say(sweep->journal, JOURNAL_INFO, "swept",
                "records=%" PRIu64 " signatures=%" PRIu64 " bad_signatures=%" PRIu64
                " waiting=%" PRIu64,
                sweep->scrub.records, sweep->scrub.signatures, sweep->scrub.bad_signatures,
                sweep->scrub.waiting);
    return false;
}

static void *sweep_run(void *argument)
{
    struct sweep *sweep = argument;
    unsigned first = sweep->every_s < FIRST_AFTER_S ? sweep->every_s : FIRST_AFTER_S;
    bool ending = pause_ms(sweep, (uint64_t)first * 1000);

    while (!ending)
        ending = pass(sweep) || pause_ms(sweep, (uint64_t)sweep->every_s * 1000);
    return NULL;
}

enum status sweep_start(const struct attendant *attendant, const struct journal *journal,
                        unsigned every_s, struct sweep **out)
{
    struct sweep *sweep = calloc(1, sizeof *sweep);
    pthread_condattr_t attributes;

    *out = NULL;
    if (sweep == NULL)
        return STATUS_NO_MEMORY;
    sweep->attendant = attendant;
    sweep->journal = journal;
    sweep->every_s = every_s > 0 ? every_s : EVERY_S;
    if (pthread_mutex_init(&sweep->mutex, NULL) != 0 || pthread_condattr_init(&attributes) != 0 ||
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) != 0 ||
        pthread_cond_init(&sweep->ends, &attributes) != 0 ||
        thread_start(&sweep->thread, sweep_run, sweep) != STATUS_OK) {
        free(sweep);
        return STATUS_NO_MEMORY;
    }
    pthread_condattr_destroy(&attributes);
    *out = sweep;
    return STATUS_OK;
}

void sweep_stop(struct sweep *sweep)
{
    if (sweep == NULL)
        return;
    pthread_mutex_lock(&sweep->mutex);
    sweep->ending = true;
    pthread_cond_signal(&sweep->ends);
    pthread_mutex_unlock(&sweep->mutex);
    (void)pthread_join(sweep->thread, NULL);
    pthread_cond_destroy(&sweep->ends);
    pthread_mutex_destroy(&sweep->mutex);
    free(sweep);
}
