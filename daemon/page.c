#include "daemon/page.h"

#include "client/text/time.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PAGE_ARENA_BYTES = 16 * 1024 * 1024, DOMAINS_MOST = 64, DOMAIN_BYTES = 96 };

/* Dossiers of one field of work. */
struct domain_count {
    char name[DOMAIN_BYTES];
    uint64_t all, open, closed, conflicts;
};

struct counts {
    struct domain_count domains[DOMAINS_MOST];
    size_t domain_count;
    struct domain_count others; /* beyond DOMAINS_MOST */
    struct domain_count total;
};

static void put(struct buffer *out, const char *text)
{
    buffer_append(out, text, strlen(text));
}

static void put_format(struct buffer *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Only numbers and times go through here; texts go through put_text(). */
static void put_format(struct buffer *out, const char *format, ...)
{
    char text[256];
    va_list arguments;
    int size = 0;

    va_start(arguments, format);
    size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (size > 0 && (size_t)size < sizeof text)
        buffer_append(out, text, (size_t)size);
}

/* |text| with what HTML would read as its own made harmless. */
static void put_text(struct buffer *out, struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        switch (text.at[i]) {
        case '<':
            put(out, "&lt;");
            break;
        case '>':
            put(out, "&gt;");
            break;
        case '&':
            put(out, "&amp;");
            break;
        case '"':
            put(out, "&quot;");
            break;
        default:
            buffer_append_u8(out, text.at[i]);
            break;
        }
    }
}

static void put_time(struct buffer *out, int64_t seconds)
{
    char time[TIME_TEXT_BYTES];

    if (seconds == 0) {
        put(out, "chưa lần nào");
        return;
    }
    time_format(seconds, PRECISION_MINUTE, TIME_VIETNAM_ZONE_MINUTES, time);
    put(out, time);
}

/* ---- counting ---- */

static struct domain_count *domain_of(struct counts *counts, struct bytes name)
{
    struct domain_count *domain = NULL;
    size_t size = name.size < DOMAIN_BYTES ? name.size : DOMAIN_BYTES - 1;

    for (size_t i = 0; i < counts->domain_count; i++) {
        domain = &counts->domains[i];
        if (strlen(domain->name) == size && memcmp(domain->name, name.at, size) == 0)
            return domain;
    }
    if (counts->domain_count == DOMAINS_MOST)
        return &counts->others;
    domain = &counts->domains[counts->domain_count++];
    if (size > 0)
        memcpy(domain->name, name.at, size);
    return domain;
}

static void count_in(struct domain_count *domain, const struct summary *row)
{
    uint64_t state = row->state != 0 ? row->state : row->standing_state;

    domain->all++;
    domain->conflicts += row->conflicts;
    if (state == 3 || state == 7 || state == 8)
        domain->closed++;
    else if (state != 10)
        domain->open++;
}

static bool count_row(void *context, const struct summary *row)
{
    struct counts *counts = context;

    count_in(domain_of(counts, row->domain), row);
    count_in(&counts->total, row);
    return true;
}

/* ---- writing ---- */

static void put_head(struct buffer *out, const struct replica_identity *identity)
{
    put(out, "<!doctype html>\n<html lang=\"vi\"><head><meta charset=\"utf-8\">"
             "<meta name=\"viewport\" content=\"width=device-width\"><title>");
    put_text(out, identity->name);
    put(out, " – hồ sơ</title><style>"
             "body{font:16px/1.5 sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}"
             "table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}"
             "th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ccc}"
             "td.n,th.n{text-align:right}.warn{background:#fff3c4;padding:.5rem}"
             "</style></head><body>\n<h1>");
    put_text(out, identity->name);
    put(out, "</h1>\n<p>Đơn vị ");
    put_text(out, identity->unit);
    put(out, identity->role == ROLE_HUB ? ", nút cấp trên." : ", bộ phận một cửa.");
    put(out, "</p>\n");
}

static void put_warnings(struct buffer *out, const struct replica_status *status)
{
    if (status->example_pack)
        put(out, "<p class=\"warn\">Dữ liệu mẫu: đang dùng gói thủ tục ví dụ.</p>\n");
    if (status->clock_suspect)
        put(out, "<p class=\"warn\">Đồng hồ máy này đáng ngờ: xem lại ngày giờ.</p>\n");
    if (!status->granted)
        put(out, "<p class=\"warn\">Chưa được cấp trên công nhận: dữ liệu vẫn an toàn tại đây và "
                 "sẽ được chuyển khi liên lạc được.</p>\n");
}

static const struct service_peer *connected(const struct service_peer *peers, size_t count,
                                            const struct public_key *key)
{
    for (size_t i = 0; i < count; i++) {
        if (peers[i].linked && public_key_equal(&peers[i].key, key))
            return &peers[i];
    }
    return NULL;
}

static void put_peers(struct buffer *out, const struct replica_status *status,
                      const struct service_peer *peers, size_t peer_count)
{
    put(out, "<h2>Đơn vị và thiết bị</h2>\n<table><tr><th>Tên</th><th>Mã đơn vị</th>"
             "<th>Liên lạc gần nhất</th><th class=\"n\">Chờ gửi đi</th>"
             "<th class=\"n\">Chờ nhận về</th></tr>\n");
    for (size_t i = 0; i < status->peer_count; i++) {
        const struct replica_peer_status *peer = &status->peers[i];

        if (peer->unit.size == 0 && peer->label.size == 0)
            continue; /* a stranger that was turned away */
        put(out, "<tr><td>");
        put_text(out, peer->label);
        put(out, "</td><td>");
        put_text(out, peer->unit);
        put(out, "</td><td>");
        if (connected(peers, peer_count, &peer->key) != NULL)
            put(out, "đang nối");
        else
            put_time(out, peer->last_contact);
        put_format(out,
                   "</td><td class=\"n\">%" PRIu64 "</td><td class=\"n\">%" PRIu64 "</td></tr>\n",
                   peer->ahead, peer->behind);
    }
    put(out, "</table>\n");
}

static void put_domain(struct buffer *out, struct bytes name, const struct domain_count *domain)
{
    put(out, "<tr><td>");
    put_text(out, name);
    put_format(out,
               "</td><td class=\"n\">%" PRIu64 "</td><td class=\"n\">%" PRIu64
               "</td><td class=\"n\">%" PRIu64 "</td><td class=\"n\">%" PRIu64 "</td></tr>\n",
               domain->all, domain->open, domain->closed, domain->conflicts);
}

/* The name a field of work has in the pack that holds now. */
static struct bytes domain_name(const struct pack *pack, const struct domain_count *domain)
{
    struct bytes code = bytes_of_text(domain->name);

    if (code.size == 0)
        return bytes_of_text("chưa rõ");
    return pack != NULL ? pack_label_of(pack->domains, pack->domain_count, code) : code;
}

static void put_domains(struct buffer *out, const struct counts *counts, const struct pack *pack,
                        uint64_t stale)
{
    if (stale > 0)
        put_format(out,
                   "<p class=\"warn\">Đang tổng hợp %" PRIu64 " hồ sơ; số dưới đây chưa đủ.</p>\n",
                   stale);
    put(out, "<h2>Hồ sơ theo lĩnh vực</h2>\n<table><tr><th>Lĩnh vực</th><th class=\"n\">Hồ sơ</th>"
             "<th class=\"n\">Đang giải quyết</th><th class=\"n\">Dừng, rút, trả lại</th>"
             "<th class=\"n\">Mâu thuẫn còn mở</th></tr>\n");
    for (size_t i = 0; i < counts->domain_count; i++) {
        put_domain(out, domain_name(pack, &counts->domains[i]), &counts->domains[i]);
    }
    if (counts->others.all > 0)
        put_domain(out, bytes_of_text("Lĩnh vực khác"), &counts->others);
    put_domain(out, bytes_of_text("Tất cả"), &counts->total);
    put(out, "</table>\n");
}

static void put_totals(struct buffer *out, const struct replica_status *status, bool above)
{
    put_format(out,
               "<p>Bản ghi: %" PRIu64 "; đã có ở cấp trên: %" PRIu64 "; chờ: %" PRIu64
               "; tạm giữ: %" PRIu64 ".</p>\n",
               status->records, status->at_hub, status->waiting, status->held);
    if (above) {
        put(out, "<p>Liên lạc cấp trên gần nhất: ");
        put_time(out, status->last_contact);
        put(out, "</p>\n");
    }
    put(out, "</body></html>\n");
}

unsigned page_render(void *context, struct bytes path, const struct service_peer *peers,
                     size_t peer_count, struct buffer *out)
{
    struct replica *replica = context;
    struct replica_read *read = NULL;
    struct replica_status status;
    struct counts counts;
    struct arena arena;
    unsigned code = 503;

    if (!bytes_equal_text(path, "/"))
        return 404;
    memset(&counts, 0, sizeof counts);
    arena_init(&arena, PAGE_ARENA_BYTES);
    if (replica_read_begin(replica, &read) == STATUS_OK &&
        replica_status(read, &arena, &status) == STATUS_OK &&
        replica_each_summary(read, bytes_of(NULL, 0), count_row, &counts) == STATUS_OK) {
        put_head(out, replica_identity(replica));
        put_warnings(out, &status);
        put_peers(out, &status, peers, peer_count);
        put_domains(out, &counts, replica_pack(replica, NULL), status.stale_cases);
        put_totals(out, &status, replica_identity(replica)->has_upstream);
        code = 200;
    }
    replica_read_end(read);
    arena_deinit(&arena);
    return code;
}
