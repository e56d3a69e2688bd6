#include "client/link/told.h"

#include "client/link/net/clock.h"

#include <inttypes.h>

void told_no_room(const struct link_shared *shared, uint64_t link,
                  const struct writer_batch *written)
{
    bool short_of = written->status == STATUS_FULL;

    for (size_t i = 0; written->status == STATUS_OK && i < written->batch->run_count; i++) {
        const struct run *run = &written->batch->runs[i];

        short_of = short_of || (run->outcome == RUN_NO_ROOM && run->why == STATUS_FULL);
    }
    if (short_of)
        journal_say(shared->journal, JOURNAL_WARNING, "no_room",
                    "link=%" PRIx64 " effect=\"what peers send waits there; acts here go on\"",
                    link);
}

static void say_not_taken(const struct link_shared *shared, const struct session *session,
                          const struct run *run, uint64_t left_out)
{
    struct session_report report;
    char key[JOURNAL_KEY_SIZE];
    char log[2 * sizeof run->log.bytes + 1];

    session_report(session, &report);
    journal_key(&report.peer, key);
    hex_encode(bytes_of(run->log.bytes, sizeof run->log.bytes), log);
    journal_say(shared->journal, JOURNAL_WARNING, "not_taken",
                "peer=%s log=%s seq=%" PRIu64 " why=%s left_out=%" PRIu64, key, log,
                run->refused_seq, status_name(run->why), left_out);
}

void told_not_taken(struct link_shared *shared, const struct session *session,
                    const struct writer_batch *written, uint64_t *count)
{
    for (size_t i = 0; written->status == STATUS_OK && i < written->batch->run_count; i++) {
        const struct run *run = &written->batch->runs[i];
        uint64_t left_out = 0;

        if (run->outcome != RUN_REFUSED && (run->outcome != RUN_NO_ROOM || run->why == STATUS_FULL))
            continue;
        if ((*count)++ == 0 && quiet_may_say(&shared->quiet_peers, clock_now_us(), &left_out))
            say_not_taken(shared, session, run, left_out);
    }
}

void told_claims_left(struct link_shared *shared, const struct session *session,
                      const struct writer_batch *written, uint64_t *count)
{
    struct session_report report;
    char key[JOURNAL_KEY_SIZE];
    uint64_t left_out = 0;
    uint64_t before = *count;

    if (written->status != STATUS_OK || written->batch->claims_left == 0)
        return;
    *count += written->batch->claims_left;
    if (before > 0 || !quiet_may_say(&shared->quiet_peers, clock_now_us(), &left_out))
        return;
    session_report(session, &report);
    journal_key(&report.peer, key);
    journal_say(shared->journal, JOURNAL_WARNING, "receipts_left",
                "peer=%s claims=%" PRIu64
                " why=\"it receipts too many records that are not here\" left_out=%" PRIu64,
                key, written->batch->claims_left, left_out);
}
