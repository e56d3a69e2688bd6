/*
 * The texts people hand to the programs. The first byte says which: I an invitation, J a JSON
 * document, C comma separated values, P the four files of a pack (parted by 255), T a time.
 */
#include "client/command/invitation.h"
#include "client/text/csv.h"
#include "client/text/json.h"
#include "client/text/packfile.h"
#include "client/text/text.h"
#include "client/text/time.h"
#include "tests/fuzz/target.h"

#include <string.h>

enum { TEXT_BYTES = 4 * 1024 * 1024, PART_END = 255 };

/* What reads is written again as a text that says the same. */
static void try_invitation(struct bytes text)
{
    struct invitation_text invitation;
    struct invitation_text again;
    struct arena arena;
    struct buffer out;

    arena_init(&arena, TEXT_BYTES);
    buffer_init(&out, INVITATION_TEXT_BYTES);
    if (invitation_read(text, &arena, &invitation) == STATUS_OK) {
        FUZZ_MUST(invitation_write(&invitation, &out) == STATUS_OK);
        FUZZ_MUST(invitation_read(buffer_view(&out), &arena, &again) == STATUS_OK);
        FUZZ_MUST(bytes_equal(invitation.url, again.url));
        FUZZ_MUST(invitation.expires == again.expires);
    }
    buffer_deinit(&out);
    arena_deinit(&arena);
}

/* A document is written as JSON that says the same. */
static void try_json(struct bytes text)
{
    struct json *document = NULL;
    struct json *again = NULL;
    struct json_writer writer;
    struct buffer first;
    struct buffer second;

    buffer_init(&first, TEXT_BYTES);
    buffer_init(&second, TEXT_BYTES);
    if (json_read(text, &document) == STATUS_OK) {
        json_write_start(&writer, &first);
        json_write_value(&writer, NULL, document);
        json_write_end(&writer);
        FUZZ_MUST(json_read(buffer_view(&first), &again) == STATUS_OK);
        json_write_start(&writer, &second);
        json_write_value(&writer, NULL, again);
        json_write_end(&writer);
        FUZZ_MUST(bytes_equal(buffer_view(&first), buffer_view(&second)));
    }
    json_release(document);
    json_release(again);
    buffer_deinit(&first);
    buffer_deinit(&second);
}

/* A row's bytes are the file's own; a sound row written again reads as the same fields. */
static void check_row(const struct csv_row *row)
{
    struct csv_reader reader;
    struct csv_row again;
    struct buffer out;

    buffer_init(&out, TEXT_BYTES);
    csv_put_field(&out, bytes_of_text("a header, or a mark of byte order would be passed over"),
                  true, false);
    csv_put_end(&out);
    for (size_t i = 0; i < row->field_count; i++)
        csv_put_field(&out, row->fields[i].text, i == 0, false);
    csv_put_end(&out);
    FUZZ_MUST(csv_open(&reader, buffer_view(&out)) == STATUS_OK);
    FUZZ_MUST(csv_next(&reader, &again) == STATUS_OK);
    if (csv_next(&reader, &again) == STATUS_OK) {
        FUZZ_MUST(again.problem == CSV_SOUND && again.field_count == row->field_count);
        for (size_t i = 0; i < row->field_count; i++)
            FUZZ_MUST(bytes_equal(again.fields[i].text, row->fields[i].text));
    }
    csv_close(&reader);
    buffer_deinit(&out);
}

static void try_csv(struct bytes text)
{
    struct csv_reader reader;
    struct csv_row row;
    size_t passed = 0;

    FUZZ_MUST(csv_open(&reader, text) == STATUS_OK);
    while (csv_next(&reader, &row) == STATUS_OK) {
        FUZZ_MUST(row.raw.size > 0 && row.raw.at >= text.at + passed);
        passed = (size_t)(row.raw.at - text.at) + row.raw.size;
        FUZZ_MUST(passed <= text.size);
        if (row.problem == CSV_SOUND)
            check_row(&row);
    }
    csv_close(&reader);
}

static struct bytes cut_part(struct bytes *text)
{
    const uint8_t *end = text->size > 0 ? memchr(text->at, PART_END, text->size) : NULL;
    size_t size = end != NULL ? (size_t)(end - text->at) : text->size;
    struct bytes part = bytes_of(text->at, size);

    text->at += size + (end != NULL);
    text->size -= size + (end != NULL);
    return part;
}

static void try_pack(struct bytes text)
{
    struct packfile_texts texts;
    struct packfile_problem problem = {""};
    struct arena arena;
    struct pack pack;
    struct buffer out;

    texts.procedures = cut_part(&text);
    texts.calendar = cut_part(&text);
    texts.units = cut_part(&text);
    texts.staff = text;
    arena_init(&arena, TEXT_BYTES);
    buffer_init(&out, LIMIT_PACK_BYTES);
    if (packfile_parse(&texts, &arena, &pack, &problem) == STATUS_OK)
        (void)!pack_encode(&pack, &out);
    else
        FUZZ_MUST(memchr(problem.text, '\0', sizeof problem.text) != NULL);
    buffer_deinit(&out);
    arena_deinit(&arena);
}

static void try_time(struct bytes text)
{
    struct moment moment;
    struct moment again;
    char shown[TIME_TEXT_BYTES];
    struct buffer composed;
    struct buffer key;

    buffer_init(&composed, TEXT_BYTES);
    buffer_init(&key, TEXT_BYTES);
    if (time_parse(text, TIME_VIETNAM_ZONE_MINUTES, &moment) == STATUS_OK) {
        time_format(moment.seconds, moment.precision, moment.zone_minutes, shown);
        FUZZ_MUST(time_parse(bytes_of_text(shown), TIME_VIETNAM_ZONE_MINUTES, &again) == STATUS_OK);
        FUZZ_MUST(again.seconds == moment.seconds);
    }
    (void)!text_normalise(text, &composed);
    (void)!text_search_key(text, &key);
    (void)!text_sort_key(text, &key);
    buffer_deinit(&composed);
    buffer_deinit(&key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes rest = bytes_of(data + 1, size - (size > 0));

    if (size == 0)
        return 0;
    switch (data[0]) {
    case 'I':
        try_invitation(rest);
        break;
    case 'J':
        try_json(rest);
        break;
    case 'C':
        try_csv(rest);
        break;
    case 'P':
        try_pack(rest);
        break;
    default:
        try_time(rest);
        break;
    }
    return 0;
}
