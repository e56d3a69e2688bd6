#include "client/replica/identity.h"

#include "protocol/wire/wire.h"

#include <string.h>

enum { TEXT_MOST = 4096, IDENTITY_ITEMS = 13, INVITATION_ITEMS = 7 };

static void put_raw32(struct buffer *out, const uint8_t bytes[32])
{
    wire_put_binary(out, bytes_of(bytes, 32));
}

static void take_raw32(struct wire_reader *reader, uint8_t out[32])
{
    struct bytes bytes = wire_take_binary(reader, 32, 32);
    if (bytes.size == 32)
        memcpy(out, bytes.at, 32);
}

void identity_encode(const struct replica_identity *identity, struct buffer *out)
{
    wire_put_array(out, IDENTITY_ITEMS);
    wire_put_unsigned(out, identity->role);
    wire_put_text(out, identity->unit);
    wire_put_text(out, identity->name);
    put_raw32(out, identity->seed);
    put_raw32(out, identity->root.bytes);
    wire_put_name(out, &identity->scope);
    wire_put_boolean(out, identity->has_upstream);
    put_raw32(out, identity->upstream.bytes);
    wire_put_text(out, identity->upstream_url);
    wire_put_boolean(out, identity->has_invitation);
    put_raw32(out, identity->invitation.secret);
    wire_put_integer(out, identity->invitation_expires);
    wire_put_text(out, identity->officer);
}

enum status identity_decode(struct bytes bytes, struct arena *arena,
                            struct replica_identity *identity)
{
    struct wire_value value;
    enum status status = wire_decode(bytes, arena, &value);
    if (status != STATUS_OK)
        return status == STATUS_NO_MEMORY ? status : STATUS_CORRUPT;
    struct wire_reader reader = wire_reader_of(&value, IDENTITY_ITEMS, IDENTITY_ITEMS);
    identity->role = wire_take_unsigned(&reader, UINT8_MAX);
    identity->unit = wire_take_text(&reader, 0, TEXT_MOST);
    identity->name = wire_take_text(&reader, 0, TEXT_MOST);
    take_raw32(&reader, identity->seed);
    take_raw32(&reader, identity->root.bytes);
    identity->scope = wire_take_name(&reader, true);
    identity->has_upstream = wire_take_boolean(&reader);
    take_raw32(&reader, identity->upstream.bytes);
    identity->upstream_url = wire_take_text(&reader, 0, TEXT_MOST);
    identity->has_invitation = wire_take_boolean(&reader);
    take_raw32(&reader, identity->invitation.secret);
    identity->invitation_expires = wire_take_integer(&reader);
    identity->officer = wire_take_text(&reader, 0, TEXT_MOST);
    return wire_reader_end(&reader) == STATUS_OK ? STATUS_OK : STATUS_CORRUPT;
}

void invitation_encode(const struct invitation *invitation, struct buffer *out)
{
    wire_put_array(out, INVITATION_ITEMS);
    wire_put_unsigned(out, invitation->role);
    wire_put_text(out, invitation->unit);
    wire_put_text(out, invitation->label);
    wire_put_name(out, &invitation->scope);
    wire_put_integer(out, invitation->expires);
    put_raw32(out, invitation->secret.secret);
    wire_put_hash(out, &invitation->proof_key);
}

enum status invitation_decode(struct bytes bytes, struct arena *arena,
                              struct invitation *invitation)
{
    struct wire_value value;
    enum status status = wire_decode(bytes, arena, &value);
    if (status != STATUS_OK)
        return status == STATUS_NO_MEMORY ? status : STATUS_CORRUPT;
    struct wire_reader reader = wire_reader_of(&value, INVITATION_ITEMS, INVITATION_ITEMS);
    invitation->role = wire_take_unsigned(&reader, UINT8_MAX);
    invitation->unit = wire_take_text(&reader, 0, TEXT_MOST);
    invitation->label = wire_take_text(&reader, 0, TEXT_MOST);
    invitation->scope = wire_take_name(&reader, true);
    invitation->expires = wire_take_integer(&reader);
    take_raw32(&reader, invitation->secret.secret);
    invitation->proof_key = wire_take_hash(&reader, true);
    return wire_reader_end(&reader) == STATUS_OK ? STATUS_OK : STATUS_CORRUPT;
}
