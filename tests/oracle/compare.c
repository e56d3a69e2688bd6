#include "tests/lib/unit.h"
#include "tests/oracle/generate.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 64 };

/* A value as the oracle writes it; NULL for nil. */
static const char *spell(struct generated *generated, struct bytes bytes, char *text)
{
    struct wire_value value;
    struct fixture *fixture = &generated->fixture;
    for (size_t i = 0; i < fixture->pack_count; i++) {
        if (bytes_equal(bytes, bytes_of(fixture->packs[i]->hash.bytes, sizeof(struct hash)))) {
            snprintf(text, TEXT_BYTES, "%zu", i);
            return text;
        }
    }
    assert_int_equal(wire_decode(bytes, &fixture->arena, &value), STATUS_OK);
    if (value.type == WIRE_NIL)
        return NULL;
    if (value.type == WIRE_TEXT)
        snprintf(text, TEXT_BYTES, "%.*s", (int)value.as.bytes.size,
                 (const char *)value.as.bytes.at);
    else
        snprintf(text, TEXT_BYTES, "%llu", (unsigned long long)value.as.number);
    return text;
}

static bool equal(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static size_t count_of(const struct oracle_field *field, const char *value, bool proposal)
{
    size_t count = 0;
    for (size_t i = 0; i < field->version_count; i++)
        count += equal(field->versions[i].value, value) && field->versions[i].proposal == proposal;
    return count;
}

static const char *compare_versions(struct generated *generated, const struct view_field *field,
                                    const struct oracle_field *expected)
{
    char text[TEXT_BYTES];
    char other[TEXT_BYTES];
    if (field->version_count != expected->version_count)
        return "how many versions";
    for (size_t i = 0; i < field->version_count; i++) {
        const struct view_version *version = &field->versions[i];
        const char *value = spell(generated, version->value_bytes, text);
        size_t count = 0;
        for (size_t j = 0; j < field->version_count; j++)
            count += field->versions[j].proposal == version->proposal &&
                     equal(spell(generated, field->versions[j].value_bytes, other), value);
        if (count != count_of(expected, value, version->proposal))
            return "a version";
    }
    return NULL;
}

static const char *compare_field(struct generated *generated, const struct view_field *field,
                                 const struct oracle_field *expected)
{
    char text[TEXT_BYTES];
    if (field->conflict != expected->conflict)
        return "conflict";
    if (field->rank != expected->rank)
        return "the rank that stays";
    bool list = field->value_bytes.size == 0 && !field->conflict;
    if (!list && !field->conflict &&
        !equal(spell(generated, field->value_bytes, text), expected->value))
        return "the value";
    const char *standing = NULL;
    if (field->standing_bytes.size > 0)
        standing = spell(generated, field->standing_bytes, text);
    if (!list && !equal(standing, expected->standing))
        return "the standing value";
    return compare_versions(generated, field, expected);
}

const char *compare_views(struct generated *generated, const struct oracle_view *expected)
{
    struct fixture *fixture = &generated->fixture;
    for (int i = 0; i < (int)generated->of.count; i++) {
        if ((generated->of.absent >> i & 1) != 0)
            continue;
        const struct view_entry *entry = fixture_entry(fixture, i);
        if (entry->effect != expected->effects[i])
            return "an effect";
        if (entry->aside != ((expected->aside >> i & 1) != 0))
            return "what is put aside";
    }
    if (fixture->view.pack != fixture->packs[expected->pack])
        return "the pack";
    for (size_t i = 0; i < ORACLE_FIELDS; i++) {
        const struct oracle_field *wanted = &expected->fields[i];
        const struct view_field *field =
            view_field_of(&fixture->view, bytes_of_text(oracle_key(i)));
        bool written =
            strcmp(oracle_key(i), VIEW_PACK_KEY) == 0 ? wanted->conflict : wanted->written;
        if ((field != NULL) != written)
            return "which fields are written";
        if (field == NULL)
            continue;
        const char *what = compare_field(generated, field, wanted);
        if (what != NULL)
            return what;
    }
    return NULL;
}

static record_set set_of(const struct fixture *fixture, const struct hash *ids, size_t count)
{
    record_set set = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < fixture->count; j++) {
            if (hash_equal(&fixture->records[j].id, &ids[i]))
                set |= (record_set)1 << j;
        }
    }
    return set;
}

const char *compare_cites(struct generated *generated, const struct oracle_view *expected)
{
    const struct fixture *fixture = &generated->fixture;
    const struct view *view = &fixture->view;
    record_set heads = set_of(fixture, view->heads, view->head_count);
    record_set without = set_of(fixture, view->without, view->without_count);
    if ((heads & ~expected->effective) != 0)
        return "a head without effect";
    if ((without & expected->effective) != 0)
        return "an effective record is named as not counted";
    record_set counted = oracle_counts(&generated->of, heads, without);
    if ((counted & ~(record_set)1) != (expected->effective & ~(record_set)1))
        return "the next record does not count what has effect";
    return NULL;
}
