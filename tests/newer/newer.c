/*
 * What a node of an invented newer version writes: this library's node, and records it does not
 * know. Usage: newer HOME CASE WHAT, the case by its id in hex
 *
 *   version    a header of version 2 with two items more, whose body nobody here can read
 *   kind       a kind of case record that is not known here
 *   critical   an edit with an extension that says it must be understood
 *   ignorable  an edit with one that may be passed over
 *   authority  a kind of authority record that is not known here
 *   store      not a record: the store's number becomes one more
 *
 * Prints the record's id.
 */
#include "client/home/entropy.h"
#include "client/home/home.h"
#include "client/replica/log/log.h"
#include "protocol/wire/wire.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { NEWER_VERSION = 2, NEWER_KIND = 70, NEWER_AUTHORITY = 30, NEWER_EXTENSION = 200 };

struct writing {
    const char *what;
    struct name case_name;
    struct hash id;
};

static enum status find_scope(struct replica *replica, const struct name *case_name,
                              struct name *scope)
{
    struct case_row row;
    enum status status = log_case_find(replica->group.view, case_name, &row);

    return status ? status : log_scope_name(replica->group.view, row.scope, scope);
}

/* A body that this version's decoder does not take: its second item is no step. */
static void put_body(struct buffer *out)
{
    uint8_t salt[SALT_BYTES];

    entropy_fill(salt, sizeof salt);
    wire_put_array(out, 3);
    wire_put_binary(out, bytes_of(salt, sizeof salt));
    wire_put_map(out, 1);
    wire_put_unsigned(out, 1);
    wire_put_text(out, bytes_of_text("điều chưa có"));
    wire_put_boolean(out, true);
}

/* A header of version 2: the seven items that never change, and what came after. */
static enum status write_version(struct replica *replica, struct writing *writing,
                                 struct log_row *log, const struct name *header_log)
{
    struct buffer header, body, raw;
    struct signature signature;

    buffer_init(&header, LIMIT_HEADER_BYTES);
    buffer_init(&body, LIMIT_BODY_BYTES);
    buffer_init(&raw, LIMIT_RECORD_BYTES);
    put_body(&body);
    struct bytes body_bytes = buffer_view(&body);
    struct hash commitment = record_commitment(body_bytes);
    wire_put_array(&header, RECORD_FIXED_ITEMS + 2);
    wire_put_unsigned(&header, NEWER_VERSION);
    wire_put_name(&header, header_log);
    wire_put_unsigned(&header, log->seq + 1);
    wire_put_hash(&header, &log->id);
    wire_put_unsigned(&header, KIND_EDIT);
    wire_put_name(&header, &writing->case_name);
    wire_put_hash(&header, &commitment);
    wire_put_text(&header, bytes_of_text("mới"));
    wire_put_map(&header, 0);
    struct bytes header_bytes = buffer_view(&header);
    seal_sign("hoso/device/1", &header_bytes, 1, replica_secret(replica), &signature);
    enum status status = record_assemble(header_bytes, NULL, &signature, &body_bytes, &raw);
    if (status == STATUS_OK)
        status = log_write_sealed(replica, log, buffer_view(&raw));
    writing->id = log->id;
    buffer_deinit(&raw);
    buffer_deinit(&body);
    buffer_deinit(&header);
    return status;
}

/* A record of this version's header, of a kind or with an extension that is not known. */
static enum status write_known(struct replica *replica, struct writing *writing,
                               struct log_row *log, bool of_case)
{
    const struct record_extension extension = {.type = NEWER_EXTENSION,
                                               .critical = strcmp(writing->what, "critical") == 0,
                                               .value = bytes_of_text("mới")};
    bool extended = extension.critical || strcmp(writing->what, "ignorable") == 0;
    struct record_header header = {.kind = extended ? KIND_EDIT : NEWER_KIND,
                                   .recorded_seconds = (int64_t)time(NULL),
                                   .recorded_zone_minutes = 420};
    struct write note = {.field = bytes_of_text("ghi_chu"),
                         .op = WRITE_ADD,
                         .value = {.type = WIRE_TEXT, .as.bytes = bytes_of_text("từ bản mới")}};
    struct case_body content = {.writes = &note, .write_count = 1};
    struct buffer body;

    buffer_init(&body, LIMIT_BODY_BYTES);
    entropy_fill(content.salt, sizeof content.salt);
    if (of_case)
        header.case_name = writing->case_name;
    else
        header.kind = NEWER_AUTHORITY;
    if (extended) {
        header.extensions = &extension;
        header.extension_count = 1;
        header.act = (struct record_act){.present = true,
                                         .officer = bytes_of_text("tn01"),
                                         .hat = HAT_RECEPTION,
                                         .unit = replica_identity(replica)->unit};
    } else {
        put_body(&body);
    }
    enum status status = extended ? case_body_encode(&content, &body) : STATUS_OK;
    if (status == STATUS_OK)
        status = log_write(replica, log, &header, buffer_view(&body), &writing->id);
    buffer_deinit(&body);
    return status;
}

static enum status write_store(struct replica *replica)
{
    struct table_key key = key_of_meta(META_VERSION);
    uint8_t number[4];

    be32_store(number, STORE_VERSION + 1);
    return group_put(replica, TABLE_META, &key, bytes_of(number, sizeof number));
}

static enum status write_record(struct replica *replica, struct writing *writing)
{
    struct log_row log;
    struct name header_log, scope;
    bool of_case = strcmp(writing->what, "authority") != 0;
    enum status status = STATUS_OK;

    if (strcmp(writing->what, "store") == 0)
        return write_store(replica);
    if (of_case)
        status = find_scope(replica, &writing->case_name, &scope);
    if (status == STATUS_OK)
        status = of_case ? log_own_in(replica, LOG_COUNTER, &scope, &log, &header_log)
                         : log_own(replica, LOG_AUTHORITY, &log, &header_log);
    if (status != STATUS_OK)
        return status;
    return strcmp(writing->what, "version") == 0
               ? write_version(replica, writing, &log, &header_log)
               : write_known(replica, writing, &log, of_case);
}

static enum status run(const char *path, struct writing *writing)
{
    struct home home;
    struct replica_commit commit;
    size_t left = 0;

    enum status status = home_open(&home, path);
    if (status == STATUS_OK)
        status = replica_begin(home.replica);
    if (status == STATUS_OK) {
        status = write_record(home.replica, writing);
        if (status == STATUS_OK)
            status = replica_index(home.replica, SIZE_MAX, &left);
        if (status == STATUS_OK)
            status = replica_commit(home.replica, &commit);
        else
            replica_abort(home.replica);
    }
    home_close(&home);
    return status;
}

int main(int count, char **words)
{
    struct writing writing = {.what = count == 4 ? words[3] : ""};
    char id[65];
    size_t size = 0;

    if (count != 4 || entropy_start() != STATUS_OK ||
        !hex_decode(words[2], strlen(words[2]), writing.case_name.bytes,
                    sizeof writing.case_name.bytes, &size)) {
        (void)fprintf(stderr, "usage: newer HOME CASE WHAT\n");
        return 2;
    }
    enum status status = run(words[1], &writing);
    if (status != STATUS_OK) {
        (void)fprintf(stderr, "newer: %s\n", status_text(status));
        return 1;
    }
    hex_encode(bytes_of(writing.id.bytes, sizeof writing.id.bytes), id);
    (void)printf("%s\n", id);
    return 0;
}
