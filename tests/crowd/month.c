/*
 * An office's work, written offline into its home by the replica itself, fifteen acts a dossier.
 * Usage: month HOME DOSSIERS
 */
#include "client/home/home.h"
#include "protocol/wire/wire.h"
#include "tests/crowd/figures.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { ACTS = 15, TEXT = 64 };

struct pen {
    struct act_write writes[8];
    struct buffer values[8];
    size_t count;
};

static void put(struct pen *pen, const char *field, const char *text, uint64_t number)
{
    struct buffer *value = &pen->values[pen->count];
    char whole[TEXT];

    (void)snprintf(whole, sizeof whole, "%s%" PRIu64, text, number);
    buffer_init(value, LIMIT_BODY_BYTES);
    wire_put_text(value, bytes_of_text(whole));
    pen->writes[pen->count++] =
        (struct act_write){.field = bytes_of_text(field), .value = buffer_view(value)};
}

static void put_procedure(struct pen *pen)
{
    struct buffer *value = &pen->values[pen->count];

    buffer_init(value, LIMIT_BODY_BYTES);
    wire_put_text(value, bytes_of_text("2.000815"));
    pen->writes[pen->count++] =
        (struct act_write){.field = bytes_of_text("ma_tthc"), .value = buffer_view(value)};
}

static struct name write_act(struct home *home, struct pen *pen, const struct name *case_name)
{
    struct act_result result;
    struct act act = {.kind = case_name == NULL ? KIND_GENESIS : KIND_EDIT,
                      .writes = pen->writes,
                      .write_count = pen->count,
                      .officer = bytes_of_text("tn01"),
                      .hat = HAT_RECEPTION,
                      .purpose = LOG_COUNTER,
                      .number = case_name == NULL};

    if (case_name != NULL)
        act.case_name = *case_name;
    enum status status = replica_act(home->replica, &act, &result);
    must(status == STATUS_OK, result.why != NULL ? result.why : status_name(status));
    for (size_t i = 0; i < pen->count; i++)
        buffer_deinit(&pen->values[i]);
    pen->count = 0;
    return result.case_name;
}

static void dossier(struct home *home, uint64_t number)
{
    static const char *const names[] = {"Hồ Thị Hồng Nhung ", "Nguyễn Văn Thử ",
                                        "Quỳnh Thị A Lưới ", "Lê Minh Đức "};
    struct pen pen = {.count = 0};

    put_procedure(&pen);
    put(&pen, "chu_ho_so", names[number % 4], number * 7919 % 1000);
    put(&pen, "so_giay_to", "0461", 10000000 + number * 7907 % 90000000);
    put(&pen, "dien_thoai", "09", 10000000 + number * 104729 % 90000000);
    put(&pen, "dia_chi", "xã Trung Sơn, thôn ", number % 12);
    struct name name = write_act(home, &pen, NULL);
    for (uint64_t i = 1; i < ACTS; i++) {
        put(&pen, i % 2 ? "ghi_chu" : "dia_chi", i % 2 ? "đã kiểm tra mục " : "xã Trung Sơn, thôn ",
            (number + i) % 100);
        (void)write_act(home, &pen, &name);
    }
}

int main(int count, char **arguments)
{
    struct home home;
    struct replica_commit commit;

    must(count == 3, "usage: month HOME DOSSIERS");
    uint64_t dossiers = strtoull(arguments[2], NULL, 10);
    must(home_open(&home, arguments[1]) == STATUS_OK, "the home cannot be opened");
    for (uint64_t i = 0; i < dossiers; i++) {
        must(replica_begin(home.replica) == STATUS_OK, "no group");
        dossier(&home, i);
        must(replica_commit(home.replica, &commit) == STATUS_OK, "no commit");
    }
    home_close(&home);
    return 0;
}
