/*
 * Any bytes as a register that is imported into an office with dossiers, down to the signed
 * entries. An input that begins with 1 is rows alone, under the register's own header. What was
 * taken once is taken again without a new record, and nothing breaks the office's log.
 */
#include "tests/fuzz/office.h"
#include "tests/fuzz/target.h"

#include <string.h>

enum { ROWS_ALONE = 1 };

static const char header[] =
    "ma_ho_so,ma_tthc,so_bo,chu_ho_so,nguoi_nop,so_giay_to,dia_chi,dien_thoai,kenh,nhan_luc,"
    "hen_tra,tra_luc,trang_thai,phi,can_bo_tiep_nhan,can_bo_xu_ly,nguoi_ky,ghi_chu,so_trang\n";

static int64_t figure(const struct counter *counter, const char *key)
{
    return json_as_integer(json_member(counter->document, key), -1);
}

static void import_twice(struct bytes content)
{
    struct site site;
    struct counter counter;
    enum hoso_code code = HOSO_DONE;

    office_enter(&site, &counter);
    code = counter_import_content(&counter, content, "tn01");
    FUZZ_MUST(code != HOSO_STORE);
    if (figure(&counter, "refused") >= 0) {
        int64_t fresh = figure(&counter, "new");
        int64_t present = figure(&counter, "present");
        int64_t updated = figure(&counter, "updated");
        int64_t refused = figure(&counter, "refused");

        FUZZ_MUST(counter_import_content(&counter, content, "tn01") == code);
        FUZZ_MUST(figure(&counter, "records") == 0);
        FUZZ_MUST(figure(&counter, "new") == 0 && figure(&counter, "updated") == 0);
        FUZZ_MUST(figure(&counter, "refused") == refused || updated > 0);
        FUZZ_MUST(figure(&counter, "present") + figure(&counter, "refused") ==
                  fresh + present + updated + refused);
    }
    FUZZ_MUST(office_verifies(&site));
    office_leave(&site, &counter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer content;

    buffer_init(&content, SIZE_MAX);
    if (size > 0 && data[0] == ROWS_ALONE) {
        buffer_append(&content, header, sizeof header - 1);
        data++;
        size--;
    }
    buffer_append(&content, data, size);
    import_twice(buffer_view(&content));
    buffer_deinit(&content);
    return 0;
}
