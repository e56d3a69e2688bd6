#include "protocol/sync/frame/frame.h"
#include "protocol/wire/wire.h"

#include <string.h>

enum {
    SIGNATURE_ITEM_BYTES = 66, /* a bin of 64 bytes: always a HELLO's last item */
    VERSIONS_MOST = 127,
    WINDOW_LOG2_MOST = 40
};

static const char server_domain[] = "hoso/hello/server/1";
static const char client_domain[] = "hoso/hello/client/1";
static const char invitation_domain[] = "hoso/invitation/1";
static const char cursor_domain[] = "hoso/cursor/1";
static const char refusal_domain[] = "hoso/refuse/1";

static struct bytes nonce_bytes(const uint8_t nonce[FRAME_NONCE_BYTES])
{
    return bytes_of(nonce, FRAME_NONCE_BYTES);
}

/* Signs |before| and what |out| holds from |start| on, and appends the signature's item. */
static void sign_frame(const char *domain, const struct bytes *before, size_t before_count,
                       const struct secret_key *key, struct buffer *out, size_t start)
{
    if (out->status != STATUS_OK) {
        return;
    }
    struct bytes parts[4];
    memcpy(parts, before, before_count * sizeof *before);
    parts[before_count] = bytes_of(out->at + start, out->size - start);
    struct signature signature;
    seal_sign(domain, parts, before_count + 1, key, &signature);
    wire_put_binary(out, bytes_of(signature.bytes, sizeof signature.bytes));
}

/* Checks the signature that ends |frame|. */
static bool frame_is_signed(const char *domain, const struct bytes *before, size_t before_count,
                            const struct public_key *key, struct bytes frame)
{
    if (frame.size < SIGNATURE_ITEM_BYTES) {
        return false;
    }
    size_t signed_size = frame.size - SIGNATURE_ITEM_BYTES;
    struct bytes parts[4];
    memcpy(parts, before, before_count * sizeof *before);
    parts[before_count] = bytes_of(frame.at, signed_size);
    struct signature signature;
    memcpy(signature.bytes, frame.at + signed_size + 2, sizeof signature.bytes);
    return seal_verify(domain, parts, before_count + 1, key, &signature);
}

static enum status open_array(struct bytes frame, struct arena *arena, size_t items,
                              struct wire_reader *reader)
{
    struct wire_value value;
    enum status status = wire_decode(bytes_of(frame.at + 1, frame.size - 1), arena, &value);
    if (status == STATUS_OK) {
        *reader = wire_reader_of(&value, items, items);
    }
    return status;
}

static void take_nonce(struct wire_reader *reader, uint8_t out[FRAME_NONCE_BYTES])
{
    struct bytes nonce = wire_take_binary(reader, FRAME_NONCE_BYTES, FRAME_NONCE_BYTES);
    if (nonce.size == FRAME_NONCE_BYTES) {
        memcpy(out, nonce.at, FRAME_NONCE_BYTES);
    }
}

enum status hello_server_seal(const struct hello_server *hello, const struct transcript *transcript,
                              const struct secret_key *key, struct buffer *out)
{
    size_t start = out->size;
    buffer_append_u8(out, FRAME_HELLO);
    wire_put_array(out, 6);
    wire_put_unsigned(out, hello->least_version);
    wire_put_unsigned(out, hello->most_version);
    wire_put_unsigned(out, hello->window_log2);
    wire_put_binary(out, bytes_of(hello->epoch.bytes, sizeof hello->epoch.bytes));
    wire_put_binary(out, nonce_bytes(hello->nonce));
    struct bytes before[] = {nonce_bytes(transcript->client_nonce),
                             bytes_of(transcript->server.bytes, sizeof transcript->server.bytes)};
    sign_frame(server_domain, before, 2, key, out, start);
    return buffer_status(out);
}

enum status hello_server_open(struct bytes frame, const struct transcript *transcript,
                              struct arena *arena, struct hello_server *hello)
{
    *hello = (struct hello_server){0};
    struct wire_reader reader = {0};
    enum status status = open_array(frame, arena, 6, &reader);
    if (status != STATUS_OK) {
        return status;
    }
    hello->least_version = wire_take_unsigned(&reader, VERSIONS_MOST);
    hello->most_version = wire_take_unsigned(&reader, VERSIONS_MOST);
    hello->window_log2 = wire_take_unsigned(&reader, WINDOW_LOG2_MOST);
    hello->epoch = wire_take_name(&reader, false);
    take_nonce(&reader, hello->nonce);
    (void)wire_take_binary(&reader, 64, 64);
    status = wire_reader_end(&reader);
    if (status != STATUS_OK) {
        return status;
    }
    struct bytes before[] = {nonce_bytes(transcript->client_nonce),
                             bytes_of(transcript->server.bytes, sizeof transcript->server.bytes)};
    return frame_is_signed(server_domain, before, 2, &transcript->server, frame) ? STATUS_OK
                                                                                 : STATUS_FORGED;
}

enum status hello_client_seal(const struct hello_client *hello, const struct transcript *transcript,
                              const struct secret_key *key, struct buffer *out)
{
    static const struct name none;
    static const struct hash no_proof;
    size_t start = out->size;
    buffer_append_u8(out, FRAME_HELLO);
    wire_put_array(out, 9);
    wire_put_unsigned(out, hello->version);
    wire_put_unsigned(out, hello->window_log2);
    wire_put_binary(out, bytes_of(hello->key.bytes, sizeof hello->key.bytes));
    wire_put_unsigned(out, hello->has_cursor ? hello->arrival : 0);
    wire_put_name(out, hello->has_cursor ? &hello->check : &none);
    wire_put_unsigned(out, hello->receipts);
    wire_put_name(out, hello->at_rest ? &hello->digest : &none);
    wire_put_hash(out, hello->has_proof ? &hello->proof : &no_proof);
    struct bytes before[] = {nonce_bytes(transcript->client_nonce),
                             bytes_of(transcript->server.bytes, sizeof transcript->server.bytes),
                             transcript->server_hello};
    sign_frame(client_domain, before, 3, key, out, start);
    return buffer_status(out);
}

enum status hello_client_open(struct bytes frame, const struct transcript *transcript,
                              struct arena *arena, struct hello_client *hello)
{
    *hello = (struct hello_client){0};
    struct wire_reader reader = {0};
    enum status status = open_array(frame, arena, 9, &reader);
    if (status != STATUS_OK) {
        return status;
    }
    hello->version = wire_take_unsigned(&reader, VERSIONS_MOST);
    hello->window_log2 = wire_take_unsigned(&reader, WINDOW_LOG2_MOST);
    struct bytes key = wire_take_binary(&reader, 32, 32);
    hello->arrival = wire_take_unsigned(&reader, INT64_MAX);
    hello->check = wire_take_name(&reader, true);
    hello->has_cursor = !name_is_none(&hello->check);
    hello->receipts = wire_take_unsigned(&reader, INT64_MAX);
    hello->digest = wire_take_name(&reader, true);
    hello->at_rest = !name_is_none(&hello->digest);
    hello->proof = wire_take_hash(&reader, true);
    hello->has_proof = !hash_is_none(&hello->proof);
    (void)wire_take_binary(&reader, 64, 64);
    status = wire_reader_end(&reader);
    if (status != STATUS_OK) {
        return status;
    }
    memcpy(hello->key.bytes, key.at, sizeof hello->key.bytes);
    struct bytes before[] = {nonce_bytes(transcript->client_nonce),
                             bytes_of(transcript->server.bytes, sizeof transcript->server.bytes),
                             transcript->server_hello};
    return frame_is_signed(client_domain, before, 3, &hello->key, frame) ? STATUS_OK
                                                                         : STATUS_FORGED;
}

void invitation_transcript(const struct transcript *transcript, const struct public_key *client,
                           uint8_t out[INVITATION_TRANSCRIPT_BYTES])
{
    memcpy(out, transcript->client_nonce, FRAME_NONCE_BYTES);
    memcpy(out + FRAME_NONCE_BYTES, transcript->server_nonce, FRAME_NONCE_BYTES);
    uint8_t *keys = out + 2 * (size_t)FRAME_NONCE_BYTES;
    memcpy(keys, transcript->server.bytes, sizeof transcript->server.bytes);
    memcpy(keys + sizeof transcript->server.bytes, client->bytes, sizeof client->bytes);
}

struct hash invitation_proof(const uint8_t secret[32], struct bytes transcript)
{
    return seal_proof(invitation_domain, bytes_of(secret, 32), transcript);
}

struct name frame_cursor_check(const struct cursor *cursor)
{
    uint8_t arrival[8];
    be64_store(arrival, cursor->arrival);
    struct bytes parts[] = {
        bytes_of(cursor->epoch.bytes, sizeof cursor->epoch.bytes),
        bytes_of(arrival, sizeof arrival),
        bytes_of(cursor->running_hash.bytes, sizeof cursor->running_hash.bytes),
        bytes_of(cursor->scopes.bytes, sizeof cursor->scopes.bytes),
    };
    return seal_name(cursor_domain, parts, 4);
}

void refusal_seal(const struct refusal *refusal, const struct transcript *transcript,
                  const struct secret_key *key, struct buffer *out)
{
    size_t start = out->size;
    buffer_append_u8(out, FRAME_REFUSE);
    wire_put_array(out, 4);
    wire_put_name(out, &refusal->log);
    wire_put_unsigned(out, refusal->seq);
    wire_put_unsigned(out, refusal->reason);
    struct bytes before[] = {nonce_bytes(transcript->client_nonce),
                             nonce_bytes(transcript->server_nonce)};
    sign_frame(refusal_domain, before, 2, key, out, start);
}

enum status refusal_open(struct bytes frame, const struct transcript *transcript,
                         const struct public_key *key, struct arena *arena, struct refusal *refusal)
{
    *refusal = (struct refusal){0};
    struct wire_reader reader = {0};
    enum status status = open_array(frame, arena, 4, &reader);
    if (status != STATUS_OK) {
        return status;
    }
    refusal->log = wire_take_name(&reader, false);
    refusal->seq = wire_take_unsigned(&reader, INT64_MAX);
    refusal->reason = (enum frame_reason)wire_take_unsigned(&reader, REASON_FAILED);
    (void)wire_take_binary(&reader, 64, 64);
    status = wire_reader_end(&reader);
    if (status != STATUS_OK) {
        return status;
    }
    struct bytes before[] = {nonce_bytes(transcript->client_nonce),
                             nonce_bytes(transcript->server_nonce)};
    return frame_is_signed(refusal_domain, before, 2, key, frame) ? STATUS_OK : STATUS_FORGED;
}
