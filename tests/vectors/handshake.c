/* handshake.json: one whole handshake, what its parts are made of, and spoilt ones. */
#include "protocol/sync/frame/frame.h"
#include "tests/vectors/table.h"

#include <string.h>

struct making {
    struct vector_key client;
    struct vector_key server;
    struct transcript transcript;
    struct cursor cursor;
    struct buffer server_hello;
    struct buffer client_hello;
    json_t *list;
};

static void set_nonce(uint8_t nonce[FRAME_NONCE_BYTES], const char *label)
{
    struct name name = vector_name_of(label);
    memcpy(nonce, name.bytes, FRAME_NONCE_BYTES);
}

static struct transcript transcript_of(void)
{
    struct transcript transcript = {.server = vector_key_of("server").public_key};
    set_nonce(transcript.client_nonce, "client nonce");
    set_nonce(transcript.server_nonce, "server nonce");
    return transcript;
}

static struct cursor cursor_of(void)
{
    return (struct cursor){.epoch = vector_name_of("epoch"),
                           .arrival = 34344,
                           .running_hash = vector_name_of("running"),
                           .scopes = vector_name_of("scopes"),
                           .receipts = 17};
}

static struct hash proof_of(const struct transcript *transcript, const struct public_key *client)
{
    struct hash secret = vector_hash_of("secret");
    uint8_t message[INVITATION_TRANSCRIPT_BYTES];
    invitation_transcript(transcript, client, message);
    return invitation_proof(secret.bytes, bytes_of(message, sizeof message));
}

static enum status open_server(struct bytes frame, const struct transcript *transcript)
{
    struct arena arena;
    struct hello_server hello;
    arena_init(&arena, SIZE_MAX);
    enum status status = hello_server_open(frame, transcript, &arena, &hello);
    arena_deinit(&arena);
    return status;
}

static enum status open_client(struct bytes frame, const struct transcript *transcript)
{
    struct arena arena;
    struct hello_client hello;
    arena_init(&arena, SIZE_MAX);
    enum status status = hello_client_open(frame, transcript, &arena, &hello);
    arena_deinit(&arena);
    return status;
}

static json_t *nonce_json(const uint8_t nonce[FRAME_NONCE_BYTES])
{
    return vector_hex(bytes_of(nonce, FRAME_NONCE_BYTES));
}

/* One HELLO of |side| as a receiver with |transcript| judges it. */
static void add(struct making *m, const char *name, const char *side, struct bytes frame,
                const struct transcript *transcript)
{
    bool server = strcmp(side, "server") == 0;
    enum status status = server ? open_server(frame, transcript) : open_client(frame, transcript);
    json_array_append_new(
        m->list,
        json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:s}", "name", name, "side", side, "frame",
                  vector_hex(frame), "client_nonce", nonce_json(transcript->client_nonce),
                  "server_nonce", nonce_json(transcript->server_nonce), "server_key",
                  vector_hex(bytes_of(transcript->server.bytes, sizeof transcript->server.bytes)),
                  "server_hello", vector_hex(transcript->server_hello), "status",
                  status_name(status)));
}

static void add_spoilt(struct making *m)
{
    struct transcript other = m->transcript;
    struct bytes server = buffer_view(&m->server_hello);
    struct bytes client = buffer_view(&m->client_hello);
    set_nonce(other.client_nonce, "another client nonce");
    add(m, "replayed to another nonce", "server", server, &other);
    add(m, "replayed to another connection", "client", client, &other);
    other = m->transcript;
    memcpy(other.client_nonce, m->transcript.server_nonce, FRAME_NONCE_BYTES);
    memcpy(other.server_nonce, m->transcript.client_nonce, FRAME_NONCE_BYTES);
    add(m, "nonces swapped", "server", server, &other);
    other = m->transcript;
    other.server = vector_key_of("another server").public_key;
    add(m, "another hub's key is pinned", "server", server, &other);
    add(m, "said to another hub", "client", client, &other);
    other = m->transcript;
    struct buffer stripped;
    buffer_init(&stripped, LIMIT_FRAME_BYTES);
    buffer_append_bytes(&stripped, server);
    stripped.at[3] ^= 1; /* the newest version it speaks */
    add(m, "version changed on the way", "server", buffer_view(&stripped), &other);
    other.server_hello = buffer_view(&stripped);
    add(m, "answers a changed server's hello", "client", client, &other);
    stripped.size--;
    add(m, "one byte short", "server", buffer_view(&stripped), &m->transcript);
    buffer_deinit(&stripped);
}

json_t *handshake_make(void)
{
    struct making m = {.client = vector_key_of("client"),
                       .server = vector_key_of("server"),
                       .transcript = transcript_of(),
                       .cursor = cursor_of(),
                       .list = json_array()};
    buffer_init(&m.server_hello, LIMIT_FRAME_BYTES);
    buffer_init(&m.client_hello, LIMIT_FRAME_BYTES);
    struct hello_server server = {
        .least_version = 1, .most_version = 1, .window_log2 = 18, .epoch = m.cursor.epoch};
    memcpy(server.nonce, m.transcript.server_nonce, FRAME_NONCE_BYTES);
    vector_must(hello_server_seal(&server, &m.transcript, &m.server.secret_key, &m.server_hello),
                "server");
    m.transcript.server_hello = buffer_view(&m.server_hello);
    struct hello_client client = {.version = 1,
                                  .window_log2 = 18,
                                  .key = m.client.public_key,
                                  .has_cursor = true,
                                  .arrival = m.cursor.arrival,
                                  .check = frame_cursor_check(&m.cursor),
                                  .receipts = m.cursor.receipts,
                                  .at_rest = true,
                                  .digest = vector_name_of("digest")};
    vector_must(hello_client_seal(&client, &m.transcript, &m.client.secret_key, &m.client_hello),
                "client");
    add(&m, "the server speaks first", "server", buffer_view(&m.server_hello), &m.transcript);
    add(&m, "the client answers", "client", buffer_view(&m.client_hello), &m.transcript);
    add_spoilt(&m);
    struct buffer invited;
    buffer_init(&invited, LIMIT_FRAME_BYTES);
    client.has_cursor = false;
    client.at_rest = false;
    client.receipts = 0;
    client.has_proof = true;
    client.proof = proof_of(&m.transcript, &m.client.public_key);
    vector_must(hello_client_seal(&client, &m.transcript, &m.client.secret_key, &invited),
                "invited");
    add(&m, "an invited client", "client", buffer_view(&invited), &m.transcript);
    struct hash secret = vector_hash_of("secret");
    json_t *file = json_pack(
        "{s:s, s:[o,o], s:o, s:{s:o, s:I, s:o, s:o}, s:o, s:o, s:o}", "about",
        "hellos: what a receiver says who knows these nonces and keys and, for a client's, "
        "that server's hello.",
        "keys", vector_key_json(&m.client), vector_key_json(&m.server), "hellos", m.list, "cursor",
        "epoch", vector_name_json(&m.cursor.epoch), "arrival", (json_int_t)m.cursor.arrival,
        "running_hash", vector_name_json(&m.cursor.running_hash), "scopes",
        vector_name_json(&m.cursor.scopes), "check", vector_name_json(&client.check), "secret",
        vector_hash_json(&secret), "proof", vector_hash_json(&client.proof));
    buffer_deinit(&invited);
    buffer_deinit(&m.server_hello);
    buffer_deinit(&m.client_hello);
    return file;
}

static bool take_16(const json_t *row, const char *key, struct arena *arena, uint8_t out[16])
{
    struct bytes bytes = vector_bytes(row, key, arena);
    if (bytes.size == 16) {
        memcpy(out, bytes.at, 16);
    }
    return bytes.size == 16;
}

void handshake_check(const json_t *file)
{
    size_t i = 0;
    json_t *row = NULL;
    json_array_foreach(json_object_get(file, "hellos"), i, row)
    {
        struct arena arena;
        struct transcript transcript;
        arena_init(&arena, SIZE_MAX);
        bool whole = take_16(row, "client_nonce", &arena, transcript.client_nonce) &&
                     take_16(row, "server_nonce", &arena, transcript.server_nonce);
        struct bytes key = vector_bytes(row, "server_key", &arena);
        transcript.server_hello = vector_bytes(row, "server_hello", &arena);
        vector_expect(whole && key.size == 32, row, "nonces and key");
        if (key.size == sizeof transcript.server.bytes) {
            memcpy(transcript.server.bytes, key.at, key.size);
        }
        struct bytes frame = vector_bytes(row, "frame", &arena);
        bool server = strcmp(vector_text(row, "side"), "server") == 0;
        vector_expect_status(row, server ? open_server(frame, &transcript)
                                         : open_client(frame, &transcript));
        arena_deinit(&arena);
    }
    vector_expect(i >= 10, file, "too few hellos");
    struct cursor cursor = cursor_of();
    struct name check = frame_cursor_check(&cursor);
    vector_expect_bytes(file, "check", bytes_of(check.bytes, sizeof check.bytes));
    struct transcript transcript = transcript_of();
    struct vector_key client = vector_key_of("client");
    struct hash proof = proof_of(&transcript, &client.public_key);
    vector_expect_bytes(file, "proof", bytes_of(proof.bytes, sizeof proof.bytes));
}
