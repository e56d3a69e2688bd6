#include "tests/fuzz/office.h"

#include "tests/lib/unit.h"

#include <string.h>

static const char register_rows[] =
    "ma_ho_so,ma_tthc,so_bo,chu_ho_so,nguoi_nop,so_giay_to,dia_chi,dien_thoai,kenh,nhan_luc,"
    "hen_tra,tra_luc,trang_thai,phi,can_bo_tiep_nhan,can_bo_xu_ly,nguoi_ky,ghi_chu,so_trang\n"
    "000.15.30.H57-181001-0001,2.000815,5,Phạm Quốc Nghĩa,Phạm Quốc Nghĩa,834043018,thôn "
    "1,0365063955,1,2018-10-01T07:06+07:00,2018-10-01T17:00+07:00,2018-10-01T08:29+07:00,10,10000,"
    "tn01,ht01,pct1,,1\n"
    "000.15.30.H57-181001-0002,2.000815,1,Trần Nghĩa,Trần Nghĩa,046320110498,thôn "
    "2,0384092655,1,2018-10-01T08:01+07:00,2018-10-01T17:00+07:00,,4,6000,tn02,ht01,,,4\n";

static const struct site *base(void)
{
    static struct district district;
    static struct counter counter;
    static bool made;

    if (!made) {
        counter_district(&district);
        counter_open(&counter, &district, SITE_UNIT, 1);
        assert_int_equal(counter_import_content(&counter, bytes_of_text(register_rows), "tn01"),
                         HOSO_DONE);
        assert_int_equal(counter_run(&counter, "receive",
                                     "{\"as\":\"tn01\",\"procedure\":\"2.000815\",\"fields\":{"
                                     "\"chu_ho_so\":\"Hồ Thị Hòa\",\"so_bo\":\"2\"}}"),
                         HOSO_DONE);
    }
    made = true;
    return &counter.site;
}

void office_enter(struct site *copy, struct counter *counter)
{
    const struct site *of = base();
    struct replica_world world;

    *copy = (struct site){.store = store_memory_clone(of->store),
                          .clock = of->clock,
                          .random = {of->random.state + 99}};
    assert_non_null(copy->store);
    world = site_world(copy);
    assert_int_equal(replica_open(copy->store, &world, &copy->replica), STATUS_OK);
    counter_over(counter, copy);
}

void office_leave(struct site *copy, struct counter *counter)
{
    counter_close(counter);
    site_close(copy);
}

bool office_verifies(struct site *copy)
{
    struct replica_read *read = NULL;
    struct replica_verdict verdict;
    bool sound = false;

    if (replica_read_begin(copy->replica, &read) != STATUS_OK)
        return false;
    sound = replica_verify(read, false, &verdict) == STATUS_OK && verdict.ok;
    replica_read_end(read);
    return sound;
}
