/* The rules of a header, one spoiled part at a time. */
#include "protocol/record/record.h"
#include "tests/lib/record_fixture.h"
#include "tests/lib/unit.h"

/* One way to spoil (or not) the full header; what a writer is told. */
struct variation {
    const char *what;
    void (*change)(struct record_header *header, struct record_fixture *f);
    enum status status;
};

static void officer_upper(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->act.officer = bytes_of_text("CT01");
}
static void officer_dot(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->act.officer = bytes_of_text("ct.01");
}
static void officer_empty(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->act.officer.size = 0;
}
static void officer_longest(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->act.officer =
        bytes_of_text("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abc-yz");
}
static void officer_too_long(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->act.officer =
        bytes_of_text("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abc-xyz");
}
static void unit_is_free_text(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->act.unit = bytes_of_text("xã Trung Sơn");
}
static void hat_most(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->act.hat = 255;
}
static void hat_over(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->act.hat = 256;
}
static void zone_most(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->happened.zone_minutes = 1440;
    h->recorded_zone_minutes = -1440;
}
static void zone_over(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->happened.zone_minutes = 1441;
}
static void recorded_zone_under(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->recorded_zone_minutes = -1441;
}
static void precision_none(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->happened.precision = 0;
}
static void precision_over(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->happened.precision = PRECISION_SECOND + 1;
}
static void seconds_over(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->recorded_seconds = LIMIT_SECONDS + 1;
}
static void seconds_least(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->recorded_seconds = -LIMIT_SECONDS;
}
static void source_over(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->source = SOURCE_IMPORT + 1;
}
static void parents_most(struct record_header *h, struct record_fixture *f)
{
    h->parents = f->references;
    h->parent_count = LIMIT_PARENTS;
}
static void parents_over(struct record_header *h, struct record_fixture *f)
{
    h->parents = f->references;
    h->parent_count = LIMIT_PARENTS + 1;
}
static void parents_twice(struct record_header *h, struct record_fixture *f)
{
    f->references[1] = f->references[0];
    h->parents = f->references;
}
static void parents_descend(struct record_header *h, struct record_fixture *f)
{
    f->references[0].bytes[0] = 99;
    h->parents = f->references;
}
static void without_over(struct record_header *h, struct record_fixture *f)
{
    h->without = f->references;
    h->without_count = LIMIT_WITHOUT + 1;
}
static void extensions_most(struct record_header *h, struct record_fixture *f)
{
    h->extensions = f->extensions;
    h->extension_count = LIMIT_EXTENSIONS;
}
static void extensions_over(struct record_header *h, struct record_fixture *f)
{
    h->extensions = f->extensions;
    h->extension_count = LIMIT_EXTENSIONS + 1;
}
static void header_over(struct record_header *h, struct record_fixture *f)
{
    static uint8_t value[LIMIT_HEADER_BYTES];
    f->extensions[0].value = bytes_of(value, sizeof value);
    h->extensions = f->extensions;
}
static void seq_none(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->seq = 0;
}
static void seq_over(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->seq = LIMIT_COUNT + 1;
}
static void seq_of_an_opening(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->seq = 1;
}
static void log_none(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->log = (struct name){{0}};
}
static void prev_none(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->prev = (struct hash){{0}};
}
static void case_none(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->case_name = (struct name){{0}};
}
static void pack_in_an_edit(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->pack = (struct hash){{1}};
}
static void repack_without_pack(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->kind = KIND_REPACK;
}
static void repack(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->kind = KIND_REPACK;
    h->pack = (struct hash){{1}};
}
static void grant_with_case(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->kind = KIND_GRANT;
    h->parent_count = 0;
    h->without_count = 0;
}
static void grant_with_parents(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->kind = KIND_GRANT;
    h->case_name = (struct name){{0}};
}
static void grant_with_without(struct record_header *h, struct record_fixture *f)
{
    grant_with_parents(h, f);
    h->parent_count = 0;
}
static void grant(struct record_header *h, struct record_fixture *f)
{
    grant_with_parents(h, f);
    h->parent_count = 0;
    h->without_count = 0;
}
static void genesis(struct record_header *h, struct record_fixture *f)
{
    grant(h, f);
    h->kind = KIND_GENESIS;
    h->pack = (struct hash){{1}};
}
static void genesis_without_pack(struct record_header *h, struct record_fixture *f)
{
    genesis(h, f);
    h->pack = (struct hash){{0}};
}
static void genesis_with_case(struct record_header *h, struct record_fixture *f)
{
    genesis(h, f);
    h->case_name = (struct name){{1}};
}
static void unknown_case_kind(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->kind = 1000;
    h->pack = (struct hash){{1}};
}
static void unknown_case_kind_without_case(struct record_header *h, struct record_fixture *f)
{
    unknown_case_kind(h, f);
    h->case_name = (struct name){{0}};
}
static void unknown_other_kind(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->kind = 40;
    h->case_name = (struct name){{0}};
}
static void version_none(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->version = 0;
}
static void version_newer(struct record_header *h, struct record_fixture *f)
{
    (void)f;
    h->version = 2;
}
static void nothing(struct record_header *h, struct record_fixture *f)
{
    (void)h;
    (void)f;
}

#define ROW(change, status)                                                                        \
    {                                                                                              \
#change, change, status                                                                    \
    }

static void test_header__keeps_its_rules(void **state)
{
    static const struct variation rows[] = {
        ROW(nothing, STATUS_OK),
        ROW(officer_upper, STATUS_USAGE),
        ROW(officer_dot, STATUS_USAGE),
        ROW(officer_empty, STATUS_USAGE),
        ROW(officer_longest, STATUS_OK),
        ROW(officer_too_long, STATUS_LIMIT),
        ROW(unit_is_free_text, STATUS_USAGE),
        ROW(hat_most, STATUS_OK),
        ROW(hat_over, STATUS_LIMIT),
        ROW(zone_most, STATUS_OK),
        ROW(zone_over, STATUS_USAGE),
        ROW(recorded_zone_under, STATUS_USAGE),
        ROW(precision_none, STATUS_USAGE),
        ROW(precision_over, STATUS_LIMIT),
        ROW(seconds_over, STATUS_USAGE),
        ROW(seconds_least, STATUS_OK),
        ROW(source_over, STATUS_LIMIT),
        ROW(parents_most, STATUS_OK),
        ROW(parents_over, STATUS_LIMIT),
        ROW(parents_twice, STATUS_USAGE),
        ROW(parents_descend, STATUS_USAGE),
        ROW(without_over, STATUS_LIMIT),
        ROW(extensions_most, STATUS_OK),
        ROW(extensions_over, STATUS_LIMIT),
        ROW(header_over, STATUS_LIMIT),
        ROW(seq_none, STATUS_USAGE),
        ROW(seq_over, STATUS_LIMIT),
        ROW(seq_of_an_opening, STATUS_USAGE),
        ROW(log_none, STATUS_USAGE),
        ROW(prev_none, STATUS_USAGE),
        ROW(case_none, STATUS_USAGE),
        ROW(pack_in_an_edit, STATUS_USAGE),
        ROW(repack_without_pack, STATUS_USAGE),
        ROW(repack, STATUS_OK),
        ROW(grant_with_case, STATUS_USAGE),
        ROW(grant_with_parents, STATUS_USAGE),
        ROW(grant_with_without, STATUS_USAGE),
        ROW(grant, STATUS_OK),
        ROW(genesis, STATUS_OK),
        ROW(genesis_without_pack, STATUS_USAGE),
        ROW(genesis_with_case, STATUS_USAGE),
        ROW(unknown_case_kind, STATUS_OK),
        ROW(unknown_case_kind_without_case, STATUS_USAGE),
        ROW(unknown_other_kind, STATUS_OK),
        ROW(version_none, STATUS_USAGE),
        ROW(version_newer, STATUS_USAGE),
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        void *fresh = NULL;
        record_fixture_set_up(&fresh);
        struct record_fixture *f = fresh;
        struct record_header header = record_fixture_header(f);
        rows[i].change(&header, f);
        struct buffer raw;
        buffer_init(&raw, LIMIT_RECORD_BYTES);
        struct hash id;
        enum status status = record_seal(&header, buffer_view(&f->body), &f->officer_secret,
                                         &f->device_secret, &raw, &id);
        if (status != rows[i].status) {
            fail_msg("%s: %s", rows[i].what, status_name(status));
        }
        buffer_deinit(&raw);
        record_fixture_tear_down(&fresh);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_header__keeps_its_rules)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
