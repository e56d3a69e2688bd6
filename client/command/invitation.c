#include "client/command/invitation.h"

#include "client/text/base64.h"
#include "client/text/text.h"
#include "protocol/wire/wire.h"

#include <string.h>

static const char prefix[] = "hoso1:";

static bool is_sound(const struct invitation_text *invitation)
{
    bool websocket = invitation->url.size > 5 && (memcmp(invitation->url.at, "ws://", 5) == 0 ||
                                                  memcmp(invitation->url.at, "wss:/", 5) == 0);

    return (invitation->role == ROLE_OFFICE || invitation->role == ROLE_DEVICE) &&
           invitation->unit.size > 0 && invitation->unit.size <= LIMIT_CODE_BYTES &&
           invitation->label.size <= LIMIT_TEXT_BYTES && websocket &&
           invitation->url.size <= INVITATION_URL_BYTES && !name_is_none(&invitation->scope) &&
           text_is_utf8(invitation->unit) && text_is_utf8(invitation->label) &&
           text_is_utf8(invitation->url) && public_key_is_sound(&invitation->server) &&
           public_key_is_sound(&invitation->root);
}

enum status invitation_write(const struct invitation_text *invitation, struct buffer *out)
{
    struct buffer raw;

    if (!is_sound(invitation))
        return STATUS_USAGE;
    buffer_init(&raw, INVITATION_TEXT_BYTES / 4 * 3 - sizeof prefix);
    wire_put_array(&raw, 11);
    wire_put_unsigned(&raw, INVITATION_VERSION);
    wire_put_unsigned(&raw, invitation->role);
    wire_put_text(&raw, invitation->unit);
    wire_put_text(&raw, invitation->label);
    wire_put_name(&raw, &invitation->scope);
    wire_put_text(&raw, invitation->url);
    wire_put_binary(&raw, bytes_of(invitation->server.bytes, sizeof invitation->server.bytes));
    wire_put_binary(&raw, bytes_of(invitation->root.bytes, sizeof invitation->root.bytes));
    wire_put_binary(&raw, bytes_of(invitation->secret.secret, sizeof invitation->secret.secret));
    wire_put_integer(&raw, invitation->expires);
    if (invitation->authority.size > 0)
        wire_put_binary(&raw, invitation->authority);
    else
        wire_put_nil(&raw);
    enum status status = buffer_status(&raw);
    if (!status) {
        buffer_append(out, prefix, sizeof prefix - 1);
        base64_encode(buffer_view(&raw), BASE64_URL, out);
        status = buffer_status(out);
    }
    buffer_deinit(&raw);
    return status;
}

static void take_key(struct wire_reader *reader, uint8_t out[32])
{
    struct bytes bytes = wire_take_binary(reader, 32, 32);

    if (bytes.size == 32)
        memcpy(out, bytes.at, 32);
}

static enum status decode(struct bytes raw, struct arena *arena, struct invitation_text *invitation)
{
    struct wire_value value;

    enum status status = wire_decode(raw, arena, &value);
    if (status)
        return status;
    struct wire_reader reader = wire_reader_of(&value, 1, SIZE_MAX);
    uint64_t version = wire_take_unsigned(&reader, UINT64_MAX);
    if (!reader.failed && version > INVITATION_VERSION)
        return STATUS_NEWER;
    reader = wire_reader_of(&value, 11, 11);
    (void)wire_take_unsigned(&reader, UINT64_MAX);
    *invitation = (struct invitation_text){0};
    invitation->role = wire_take_unsigned(&reader, ROLE_DEVICE);
    invitation->unit = wire_take_text(&reader, 1, LIMIT_CODE_BYTES);
    invitation->label = wire_take_text(&reader, 0, LIMIT_TEXT_BYTES);
    invitation->scope = wire_take_name(&reader, false);
    invitation->url = wire_take_text(&reader, 1, INVITATION_URL_BYTES);
    take_key(&reader, invitation->server.bytes);
    take_key(&reader, invitation->root.bytes);
    take_key(&reader, invitation->secret.secret);
    invitation->expires = wire_take_integer(&reader);
    if (!wire_take_nil(&reader))
        invitation->authority = wire_take_binary(&reader, 1, INVITATION_TEXT_BYTES);
    status = wire_reader_end(&reader);
    if (status)
        return status;
    return is_sound(invitation) ? STATUS_OK : STATUS_MALFORMED;
}

enum status invitation_read(struct bytes text, struct arena *arena,
                            struct invitation_text *invitation)
{
    struct buffer tight;
    struct buffer raw;
    bool copied;

    if (text.size > 2 * INVITATION_TEXT_BYTES)
        return STATUS_LIMIT;
    buffer_init(&tight, INVITATION_TEXT_BYTES);
    buffer_init(&raw, INVITATION_TEXT_BYTES);
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.at[i];
        if (byte != ' ' && byte != '\t' && byte != '\r' && byte != '\n')
            buffer_append_u8(&tight, byte);
    }
    struct bytes whole = buffer_view(&tight);
    enum status status = buffer_status(&tight);
    size_t skip = sizeof prefix - 1;
    if (!status && (whole.size <= skip || memcmp(whole.at, prefix, skip) != 0))
        status = STATUS_MALFORMED;
    if (!status)
        status = base64_decode(bytes_of(whole.at + skip, whole.size - skip), BASE64_URL, &raw);
    if (!status) {
        struct bytes kept = arena_copy(arena, buffer_view(&raw), &copied);
        status = copied ? decode(kept, arena, invitation) : STATUS_NO_MEMORY;
    }
    buffer_deinit(&raw);
    buffer_deinit(&tight);
    return status;
}

void fingerprint_of_key(const struct public_key *key, char out[FINGERPRINT_TEXT_BYTES])
{
    static const char digits[] = "0123456789ABCDEF";
    struct bytes part = bytes_of(key->bytes, sizeof key->bytes);
    struct hash hash = seal_hash("hoso/fingerprint/1", &part, 1);
    size_t at = 0;

    for (size_t i = 0; i < 8; i++) {
        if (i > 0 && i % 2 == 0)
            out[at++] = '-';
        out[at++] = digits[hash.bytes[i] >> 4];
        out[at++] = digits[hash.bytes[i] & 15];
    }
    out[at] = 0;
}
