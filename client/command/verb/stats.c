#include "client/command/verb.h"
#include "client/command/verb/tally.h"
#include "client/text/time.h"
#include "protocol/case/pack/step.h"

#include <stdio.h>
#include <string.h>

/* The figures while they are counted. */
struct figures {
    struct call *call;
    const struct pack *pack;
    uint64_t dossiers;
    uint64_t records;
    struct tally units, domains, procedures, months, states;
    uint64_t early, on_time, late, open, closed;
    enum status status;
};

static bool is_closed(uint64_t state)
{
    return state == STATE_NOT_ACCEPTED || state == STATE_WITHDRAWN || state == STATE_STOPPED;
}

/* Early: handed over on a day before the due day. On time: on the due day, not after the due time.
 * Late: after it. */
static void count_outcome(struct figures *figures, const struct summary *row, uint64_t state)
{
    int zone = figures->pack->zone_minutes;

    if (is_closed(state))
        figures->closed++;
    else if (state != STATE_HANDED_OVER)
        figures->open++;
    else if (row->handed_over == INT64_MIN || row->due == INT64_MIN)
        return;
    else if (time_day_of(row->handed_over, zone) < time_day_of(row->due, zone))
        figures->early++;
    else if (row->handed_over <= row->due)
        figures->on_time++;
    else
        figures->late++;
}

static enum status count_month(struct figures *figures, int64_t received)
{
    char month[TIME_TEXT_BYTES] = "?";

    if (received != INT64_MIN) {
        time_format(received, PRECISION_DAY, figures->pack->zone_minutes, month);
        month[strlen(month) - 3] = 0; /* without "-DD" */
    }
    return tally_add(&figures->months, &figures->call->arena, bytes_of_text(month));
}

static bool count_row(void *context, const struct summary *row)
{
    struct figures *figures = context;
    struct arena *arena = &figures->call->arena;
    uint64_t state = row->state > 0 ? row->state : row->standing_state;
    char number[24];

    figures->dossiers++;
    figures->records += row->records;
    (void)snprintf(number, sizeof number, "%u", (unsigned)state);
    enum status status = tally_add(&figures->units, arena, row->unit);
    if (!status)
        status = tally_add(&figures->domains, arena, row->domain);
    if (!status)
        status = tally_add(&figures->procedures, arena, row->procedure);
    if (!status)
        status = count_month(figures, row->received);
    if (!status)
        status = tally_add(&figures->states, arena, bytes_of_text(number));
    count_outcome(figures, row, state);
    figures->status = status;
    return status == STATUS_OK;
}

static void write_figures(struct call *call, const struct figures *figures)
{
    struct json_writer *writer = &call->writer;

    json_open_object(writer, NULL);
    json_write_unsigned(writer, "dossiers", figures->dossiers);
    json_write_unsigned(writer, "records", figures->records);
    tally_write(&figures->units, writer, "by_unit");
    tally_write(&figures->domains, writer, "by_domain");
    tally_write(&figures->procedures, writer, "by_procedure");
    tally_write(&figures->months, writer, "by_month");
    tally_write(&figures->states, writer, "by_state");
    json_open_object(writer, "by_outcome");
    json_write_unsigned(writer, "early", figures->early);
    json_write_unsigned(writer, "on_time", figures->on_time);
    json_write_unsigned(writer, "late", figures->late);
    json_write_unsigned(writer, "open", figures->open);
    json_write_unsigned(writer, "closed", figures->closed);
    json_close_object(writer);
    json_close_object(writer);
    json_write_end(writer);
}

/* One table of figures, its keys with the labels the pack has for them. */
static void say_tally(struct call *call, const char *title, const struct tally *tally,
                      const struct pack_label *labels, size_t label_count)
{
    call_say(call, "%s\n", "%s\n", title);
    for (size_t i = 0; i < tally->count; i++) {
        struct bytes key = tally->rows[i].key;
        struct bytes label = pack_label_of(labels, label_count, key);
        call_put(call, bytes_of_text("  "));
        call_put_padded(call, key, 16);
        call_put_padded(call, bytes_equal(label, key) ? bytes_of_text("") : label, 36);
        call_say(call, "%8llu\n", "%8llu\n", (unsigned long long)tally->rows[i].count);
    }
}

static void say_figures(struct call *call, const struct figures *figures)
{
    const struct pack *pack = figures->pack;

    call_say(call, "%llu hồ sơ, %llu bản ghi.\n", "Dossiers: %llu; records: %llu.\n",
             (unsigned long long)figures->dossiers, (unsigned long long)figures->records);
    call_say(call,
             "Đã trả kết quả: trước hạn %llu, đúng hạn %llu, quá hạn %llu. Đang giải quyết %llu, "
             "đã đóng %llu.\n",
             "Handed over: early %llu, on time %llu, late %llu. Open %llu, closed %llu.\n",
             (unsigned long long)figures->early, (unsigned long long)figures->on_time,
             (unsigned long long)figures->late, (unsigned long long)figures->open,
             (unsigned long long)figures->closed);
    say_tally(call, call_pick(call, "Theo đơn vị", "By unit"), &figures->units, NULL, 0);
    say_tally(call, call_pick(call, "Theo lĩnh vực", "By field of work"), &figures->domains,
              pack->domains, pack->domain_count);
    say_tally(call, call_pick(call, "Theo thủ tục", "By procedure"), &figures->procedures, NULL, 0);
    say_tally(call, call_pick(call, "Theo tháng tiếp nhận", "By month of reception"),
              &figures->months, NULL, 0);
    say_tally(call, call_pick(call, "Theo trạng thái", "By state"), &figures->states, pack->states,
              pack->state_count);
}

void command_stats(struct call *call)
{
    struct figures figures = {.call = call, .pack = call_pack(call)};
    struct replica_read *read = figures.pack ? call_read(call) : NULL;

    if (!read)
        return;
    enum status status = replica_each_summary(read, (struct bytes){0}, count_row, &figures);
    if (!status)
        status = figures.status;
    replica_read_end(read);
    if (!status && call->json)
        write_figures(call, &figures);
    else if (!status)
        say_figures(call, &figures);
    call_fail_status(call, status);
    tally_free(&figures.units);
    tally_free(&figures.domains);
    tally_free(&figures.procedures);
    tally_free(&figures.months);
    tally_free(&figures.states);
}
