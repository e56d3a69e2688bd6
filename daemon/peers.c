#include "daemon/peers.h"

#include "client/text/json.h"
#include "client/text/text.h"
#include "client/text/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { PEERS_ARENA_BYTES = 16 * 1024 * 1024, PEERS_MOST = 12000, NAME_COLUMNS = 32 };

/* What is known of those that were connected; of others the store alone knows. */
struct connected {
    struct service_peer *peers;
    size_t count;
};

static struct service_peer peer_of(const struct connected *connected, const struct public_key *key)
{
    struct service_peer none = {.linked = false};

    for (size_t i = 0; i < connected->count; i++) {
        if (public_key_equal(&connected->peers[i].key, key))
            return connected->peers[i];
    }
    return none;
}

static void write_json(struct buffer *out, const struct replica_peer_status *peer,
                       const struct service_peer *traffic, int64_t contact)
{
    struct json_writer writer;
    char time[TIME_TEXT_BYTES];

    json_write_start(&writer, out);
    json_open_object(&writer, NULL);
    json_write_text(&writer, "unit", peer->unit);
    json_write_text(&writer, "name", peer->label);
    if (contact != 0)
        time_format(contact, PRECISION_SECOND, TIME_VIETNAM_ZONE_MINUTES, time);
    json_write_string(&writer, "last_contact", contact != 0 ? time : NULL);
    json_write_unsigned(&writer, "ahead", peer->ahead);
    json_write_unsigned(&writer, "behind", peer->behind);
    json_write_unsigned(&writer, "held", peer->held);
    json_write_flag(&writer, "linked", traffic->linked);
    json_write_unsigned(&writer, "bytes_in", traffic->bytes_received);
    json_write_unsigned(&writer, "bytes_out", traffic->bytes_sent);
    json_write_hex(&writer, "key", peer->key.bytes, sizeof peer->key.bytes);
    json_close_object(&writer);
    json_write_end(&writer);
}

static void write_text(struct buffer *out, const struct replica_peer_status *peer, bool linked,
                       int64_t contact, bool vietnamese)
{
    char line[512];
    char time[TIME_TEXT_BYTES];
    size_t letters = text_length(peer->label); /* printf counts bytes */
    int size = 0;

    if (contact != 0)
        time_format(contact, PRECISION_MINUTE, TIME_VIETNAM_ZONE_MINUTES, time);
    else
        (void)snprintf(time, sizeof time, "%s", vietnamese ? "chưa liên lạc" : "never");
    size = snprintf(line, sizeof line, "%-16.*s %.*s%*s %s%s  +%" PRIu64 " -%" PRIu64 "\n",
                    (int)peer->unit.size, (const char *)peer->unit.at, (int)peer->label.size,
                    (const char *)peer->label.at,
                    letters < NAME_COLUMNS ? (int)(NAME_COLUMNS - letters) : 0, "", time,
                    linked ? (vietnamese ? " (đang nối)" : " (linked)") : "", peer->ahead,
                    peer->behind);
    if (size > 0)
        buffer_append(out, line, (size_t)size < sizeof line ? (size_t)size : sizeof line - 1);
}

static void write_peers(const struct attendant *attendant, const struct command_request *request,
                        const struct replica_status *status, const struct connected *connected,
                        struct buffer *out)
{
    int64_t now = attendant->home->world.wall_seconds(attendant->home->world.context);

    for (size_t i = 0; i < status->peer_count; i++) {
        const struct replica_peer_status *peer = &status->peers[i];
        struct service_peer traffic = peer_of(connected, &peer->key);
        int64_t contact = traffic.linked ? now : peer->last_contact;

        /* A stranger that was turned away is nobody this node exchanges with. */
        if (peer->unit.size == 0 && peer->label.size == 0)
            continue;
        if (request->json)
            write_json(out, peer, &traffic, contact);
        else
            write_text(out, peer, traffic.linked, contact, request->vietnamese);
    }
}

void peers_answer(const struct attendant *attendant, const struct command_request *request,
                  struct command_answer *answer)
{
    struct replica_read *read = NULL;
    struct replica_status report;
    struct connected connected = {0};
    struct arena arena;
    enum status status = STATUS_OK;

    arena_init(&arena, PEERS_ARENA_BYTES);
    if (attendant->service != NULL) {
        connected.peers = calloc(PEERS_MOST, sizeof *connected.peers);
        if (connected.peers == NULL)
            status = STATUS_NO_MEMORY;
        else
            connected.count = service_peers(attendant->service, connected.peers, PEERS_MOST);
    }
    if (status == STATUS_OK)
        status = replica_read_begin(attendant->home->replica, &read);
    if (status == STATUS_OK)
        status = replica_status(read, &arena, &report);
    if (status == STATUS_OK)
        write_peers(attendant, request, &report, &connected, &answer->out);
    else
        desk_fail(request, answer, status);
    replica_read_end(read);
    free(connected.peers);
    arena_deinit(&arena);
}
