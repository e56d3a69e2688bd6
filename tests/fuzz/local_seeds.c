/*
 * Prints inputs of fuzz_local that no hand writes: what `bundle` asks of the store's owner, with a
 * bundle of the hub for the target's office. Lines for
 * tests/fuzz/corpus/local.hex. Usage: fuzz_local_seeds
 */
#include "client/home/local.h"
#include "tests/fuzz/office.h"
#include "tests/lib/unit.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    LINE_BYTES = 64 * 1024,
    LONGEST_BYTES = 8000, /* tests/fuzz/run cuts a longer one */
    FRONT_FRAMES = 2,     /* the title, and the scopes' HEADS */
    NO_FRAME = 0
};

static void print_line(const char *arguments)
{
    const struct command_request request = {.verb = "bundle", .arguments = arguments, .json = true};
    struct buffer line;
    char *hex = NULL;

    buffer_init(&line, LINE_BYTES);
    assert_int_equal(local_put_request(&request, &line), STATUS_OK);
    hex = malloc(2 * line.size + 1);
    assert_non_null(hex);
    hex_encode(bytes_of(line.at, line.size - 1), hex); /* without its line feed */
    puts(hex);
    free(hex);
    buffer_deinit(&line);
}

/* What a reader asks with: the bundle's front, and the frame |at|; NO_FRAME: the front alone. */
static void put_take(const struct json *list, size_t at, struct buffer *out)
{
    struct json_writer writer;

    json_write_start(&writer, out);
    json_open_object(&writer, NULL);
    json_write_string(&writer, "op", "take");
    json_open_array(&writer, "front");
    for (size_t i = 0; i < FRONT_FRAMES; i++)
        json_write_text(&writer, NULL, json_as_text(json_item(list, i)));
    json_close_array(&writer);
    if (at != NO_FRAME) {
        json_open_array(&writer, "frames");
        json_write_text(&writer, NULL, json_as_text(json_item(list, at)));
        json_close_array(&writer);
    }
    json_close_object(&writer);
    json_write_end(&writer);
    buffer_append_u8(out, 0);
    assert_int_equal(buffer_status(out), STATUS_OK);
}

/* |giver|'s bundle as the target's office reads it, a frame at a time; it takes each. */
static void print_bundle(struct counter *giver, const char *give)
{
    const struct json *list = NULL;
    size_t count = 0;

    print_line(give);
    assert_int_equal(counter_run(giver, "bundle", give), HOSO_DONE);
    list = json_member(giver->document, "frames");
    count = json_count(list);
    assert_true(count > FRONT_FRAMES);
    for (size_t at = FRONT_FRAMES - 1; at < count; at++) {
        struct counter office;
        struct site site;
        struct buffer take;

        buffer_init(&take, LINE_BYTES);
        put_take(list, at < FRONT_FRAMES ? NO_FRAME : at, &take);
        office_enter(&site, &office);
        assert_int_equal(counter_run(&office, "bundle", (const char *)take.at), HOSO_DONE);
        office_leave(&site, &office);
        if (take.size < LONGEST_BYTES)
            print_line((const char *)take.at);
        buffer_deinit(&take);
    }
}

int main(void)
{
    struct district district;
    struct counter office, above;
    struct site site, hub;

    counter_district(&district);
    office_enter(&site, &office);
    site_open(&hub, site_memory(), &district, ROLE_HUB, SITE_HUB_UNIT, 9, NULL);
    site_found(&hub, &district);
    site_grant(&hub, &site, true, true);
    site_send(&site, &hub);
    counter_over(&above, &hub);
    print_bundle(&above, "{\"op\":\"give\",\"for\":\"" SITE_UNIT "\",\"whole\":true}");
    counter_close(&above);
    site_close(&hub);
    office_leave(&site, &office);
    district_close(&district);
    return 0;
}
