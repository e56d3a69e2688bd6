#include "client/command/value.h"
#include "client/command/verb.h"
#include "client/command/verb/reach.h"
#include "client/replica/act/number.h"
#include "client/text/text.h"
#include "client/text/time.h"

#include <stdio.h>
#include <string.h>

enum { LIST_MOST = 1000000, LIST_PEOPLE = 50 };

/* One listing on its way. */
struct listing {
    struct call *call;
    struct replica_read *read;
    struct replica_levels *levels;
    int64_t state; /* 0: any */
    int64_t limit;
    int64_t shown;
    int zone_minutes;
    bool more; /* a row past the limit was seen */
    char last[LIMIT_CODE_BYTES + 1];
    enum status status;
};

static void code_of_row(const struct summary *row, char out[LIMIT_CODE_BYTES + 1])
{
    if (row->code.size == 0 || row->code.size > LIMIT_CODE_BYTES) {
        code_provisional(&row->case_name, out);
        return;
    }
    memcpy(out, row->code.at, row->code.size);
    out[row->code.size] = 0;
}

static void write_row(struct listing *listing, const struct summary *row, unsigned levels)
{
    struct json_writer *writer = &listing->call->writer;

    json_open_object(writer, NULL);
    json_write_string(writer, "code", listing->last);
    json_write_hex(writer, "case", row->case_name.bytes, sizeof row->case_name.bytes);
    if (row->state > 0)
        json_write_unsigned(writer, "state", row->state);
    else
        json_write_null(writer, "state");
    if (row->owner.size > 0)
        json_write_text(writer, "owner", row->owner);
    else
        json_write_null(writer, "owner");
    value_write_time(writer, "due", row->due != INT64_MIN, row->due,
                     row->due % 60 == 0 ? PRECISION_MINUTE : PRECISION_SECOND,
                     listing->zone_minutes);
    reach_write(writer, "reached", levels);
    json_write_flag(writer, "conflict", row->conflicts > 0);
    json_write_flag(writer, "newer", row->newer);
    json_close_object(writer);
    json_write_end(writer);
}

static void say_row(struct listing *listing, const struct summary *row, unsigned levels)
{
    struct call *call = listing->call;
    char due[TIME_TEXT_BYTES] = "";
    char state[8] = "?";

    if (row->due != INT64_MIN)
        time_format(row->due, PRECISION_MINUTE, listing->zone_minutes, due);
    if (row->state > 0)
        (void)snprintf(state, sizeof state, "%u", (unsigned)row->state);
    call_put_padded(call, bytes_of_text(listing->last), 26);
    call_put_padded(call, bytes_of_text(state), 4);
    call_put_padded(call, row->owner, 28);
    call_put_padded(call, bytes_of_text(due), 24);
    call_say(call, "%s%s%s\n", "%s%s%s\n",
             levels & LEVEL_HUB      ? call_pick(call, "hub đã nhận", "at the hub")
             : levels & LEVEL_OFFICE ? call_pick(call, "đơn vị đã nhận", "at the office")
                                     : call_pick(call, "chưa đồng bộ", "here only"),
             row->conflicts > 0 ? call_pick(call, ", XUNG ĐỘT", ", IN CONFLICT") : "",
             row->newer ? call_pick(call, ", CẦN BẢN MỚI HƠN", ", NEEDS A NEWER VERSION") : "");
}

static bool take_row(void *context, const struct summary *row)
{
    struct listing *listing = context;
    unsigned levels;

    if (listing->state > 0 && row->state != (uint64_t)listing->state)
        return true;
    if (listing->shown == listing->limit) {
        listing->more = true;
        return false;
    }
    listing->status = replica_levels_of_case(listing->levels, &row->case_name, &levels);
    if (listing->status)
        return false;
    code_of_row(row, listing->last);
    if (listing->call->json)
        write_row(listing, row, levels);
    else
        say_row(listing, row, levels);
    listing->shown++;
    call_flush(listing->call);
    return true;
}

static enum status walk(struct listing *listing)
{
    struct call *call = listing->call;
    struct bytes find = call_text(call, "find");
    struct bytes after = call_text(call, "after");

    enum status status = find.size > 0
                             ? replica_find(listing->read, find, LIST_MOST, take_row, listing)
                             : replica_each_summary(listing->read, after, take_row, listing);
    return status ? status : listing->status;
}

void command_list(struct call *call)
{
    const struct pack *pack = call_pack(call);
    struct listing listing = {.call = call};

    if (!pack || !call_number(call, "state", 0, 10, 0, &listing.state) ||
        !call_number(call, "limit", 1, LIST_MOST, call->json ? LIST_MOST : LIST_PEOPLE,
                     &listing.limit))
        return;
    listing.zone_minutes = pack->zone_minutes;
    listing.read = call_read(call);
    if (!listing.read)
        return;
    listing.levels = replica_levels_open(listing.read);
    enum status status = listing.levels ? walk(&listing) : STATUS_NO_MEMORY;
    replica_levels_close(listing.levels);
    replica_read_end(listing.read);
    call_fail_status(call, status);
    if (status)
        return;
    if (listing.shown == 0)
        call_say(call, "Không có hồ sơ nào.\n", "There is no dossier.\n");
    if (listing.more && call_text(call, "find").size == 0)
        call_say(call, "Còn nữa: hoso list --after %s\n", "There is more: hoso list --after %s\n",
                 listing.last);
}
