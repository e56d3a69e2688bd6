/*
 * The hash of a view: over every input that can change it, and over what came out, so that two
 * programs which differ in one rule are caught at the first case that shows it.
 */
#include "protocol/case/view/casefile.h"

#include <string.h>

/* Written twice: once without |at| to learn the size. */
struct digest {
    uint8_t *at;
    size_t size;
};

static void put(struct digest *digest, const void *bytes, size_t size)
{
    if (digest->at != NULL && size > 0)
        memcpy(digest->at + digest->size, bytes, size);
    digest->size += size;
}

static void put_byte(struct digest *digest, uint8_t byte)
{
    put(digest, &byte, 1);
}

static void put_number(struct digest *digest, size_t number)
{
    uint8_t bytes[4];
    be32_store(bytes, (uint32_t)number);
    put(digest, bytes, sizeof(bytes));
}

static void put_bytes(struct digest *digest, struct bytes bytes)
{
    put_number(digest, bytes.size);
    put(digest, bytes.at, bytes.size);
}

static void put_hashes(struct digest *digest, const struct hash *hashes, size_t count)
{
    put_number(digest, count);
    put(digest, hashes, count * sizeof(*hashes));
}

enum { BODY_ABSENT = 0, BODY_PRESENT = 1, BODY_ERASED = 2 };

static void put_input(struct digest *digest, const struct vertex *vertex)
{
    const struct view_record *in = vertex->in;
    static const struct hash none = {{0}};
    put(digest, vertex->id->bytes, sizeof(vertex->id->bytes));
    put(digest, in->implicit_parent != NULL ? in->implicit_parent : &none, sizeof(none));
    put_byte(digest, in->erased ? BODY_ERASED : in->record->has_body ? BODY_PRESENT : BODY_ABSENT);
    put_byte(digest, (uint8_t)in->standing);
    put_byte(digest, (uint8_t)vertex->effect);
    put_byte(digest, (uint8_t)vertex->why);
    put_byte(digest, vertex->aside);
    if (!in->erased)
        return;
    put_number(digest, in->stand_in_count);
    for (size_t i = 0; i < in->stand_in_count; i++) {
        const struct write *write = &in->stand_ins[i];
        put_bytes(digest, write->field);
        put_byte(digest, (uint8_t)write->op);
        put_bytes(digest, write->value_bytes);
        put_hashes(digest, write->sources, write->source_count);
    }
}

static void put_field(struct digest *digest, const struct view_field *field)
{
    put_bytes(digest, field->key);
    put_byte(digest, field->conflict);
    put_byte(digest, field->rank);
    put_bytes(digest, field->value_bytes);
    put_bytes(digest, field->standing_bytes);
    put_number(digest, field->version_count);
    for (size_t i = 0; i < field->version_count; i++) {
        const struct view_version *version = &field->versions[i];
        put_number(digest, version->entry);
        put_bytes(digest, version->value_bytes);
        put_byte(digest, version->erased);
        put_byte(digest, version->proposal);
    }
}

static void put_view(struct digest *digest, const struct casefile *casefile,
                     const struct view *view)
{
    put_byte(digest, VIEW_VERSION);
    put(digest, view->case_name.bytes, sizeof(view->case_name.bytes));
    put_byte(digest, (uint8_t)view->load);
    put_number(digest, casefile->pack_count);
    for (size_t i = 0; i < casefile->pack_count; i++)
        put(digest, casefile->packs[i]->hash.bytes, sizeof(struct hash));
    put_number(digest, casefile->missing_count);
    put_number(digest, casefile->count);
    for (size_t i = casefile->missing_count; i < casefile->count; i++)
        put_input(digest, &casefile->vertices[i]);
    put_number(digest, view->field_count);
    for (size_t i = 0; i < view->field_count; i++)
        put_field(digest, &view->fields[i]);
    put_hashes(digest, view->heads, view->head_count);
    put_hashes(digest, view->without, view->without_count);
}

enum status digest_view(const struct casefile *casefile, struct view *view)
{
    struct digest digest = {NULL, 0};
    put_view(&digest, casefile, view);
    uint8_t *at = arena_alloc(casefile->arena, digest.size);
    if (at == NULL)
        return STATUS_NO_MEMORY;
    digest = (struct digest){at, 0};
    put_view(&digest, casefile, view);
    struct bytes bytes = bytes_of(digest.at, digest.size);
    view->hash16 = seal_name("hoso/view/1", &bytes, 1);
    return STATUS_OK;
}
