#include "daemon/run.h"

#include "client/home/server.h"
#include "client/link/net/tls.h"
#include "daemon/certificate.h"
#include "daemon/listen.h"
#include "daemon/log.h"
#include "daemon/notify.h"
#include "daemon/page.h"
#include "daemon/scrub.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Everything a running daemon consists of. */
struct running {
    const struct config *config;
    struct home home;
    struct journal journal;
    struct address listen;
    struct buffer pem; /* the key it serves wss with, until it listens; empty: by ws */
    struct service *service;
    struct attendant attendant;
    struct server *server;
    struct sweep *sweep;
};

static const struct desk_refusal no_home = {
    .failure = {.code = HOSO_NOT_FOUND,
                .name = "no_home",
                .kept = {"Chưa có gì thay đổi.", "Nothing was changed."},
                .next = {"Khởi tạo bằng hosod init, hoặc nêu --home THƯ_MỤC.",
                         "Make one with hosod init, or say --home DIR."}},
    .message = {"Ở đây chưa có dữ liệu nào.", "There is no home here."}};
static const struct desk_refusal is_taken = {
    .failure = {.code = HOSO_BUSY,
                .name = "busy",
                .kept = {"Chưa có gì thay đổi.", "Nothing was changed."},
                .next = {"Kết thúc nó, hoặc nêu --home khác.", "End it, or say another --home"}},
    .message = {"Một tiến trình khác đang dùng dữ liệu này.",
                "Another process has this home open."}};
static const struct desk_refusal bad_listen = {
    .failure = {.code = HOSO_USAGE,
                .name = "usage",
                .kept = {"Chưa có gì thay đổi.", "Nothing was changed."},
                .next = {"Ví dụ: --listen 127.0.0.1:7640", "Example: --listen 127.0.0.1:7640"}},
    .message = {"--listen không phải MÁY:CỔNG", "--listen is not HOST:PORT"}};
static const struct desk_refusal bad_upstream = {
    .failure = {.code = HOSO_USAGE,
                .name = "usage",
                .kept = {"Chưa có gì thay đổi.", "Nothing was changed."},
                .next = {"Ví dụ: --upstream wss://10.0.0.5:7640",
                         "Example: --upstream wss://10.0.0.5:7640"}},
    .message = {"--upstream không phải địa chỉ wss:// hay ws://",
                "--upstream is no wss:// or ws:// address."}};
static const struct desk_refusal not_encrypted = {
    .failure = {.code = HOSO_USAGE,
                .name = "insecure",
                .kept = {"Chưa có gì thay đổi.", "Nothing was changed."},
                .next = {"Bỏ ws:// để dùng wss://; nếu là mạng riêng không cần mã hóa: --insecure",
                         "Leave ws:// out, then it is wss://; if the network is private: "
                         "--insecure"}},
    .message = {"ws:// không mã hóa, chỉ dùng trong cùng một máy.",
                "ws:// is not encrypted: it is for one machine alone."}};
static const struct desk_refusal address_taken = {
    .failure = {.code = HOSO_UNREACHABLE,
                .name = "address_taken",
                .kept = {"Chưa có gì thay đổi.", "Nothing was changed."},
                .next = {"Nêu --listen khác; cổng 0 sẽ tự chọn cổng trống.",
                         "Say another --listen; port 0 picks a free one."}},
    .message = {
        "Không mở được địa chỉ này: đã có chương trình khác dùng, hoặc không thuộc máy này.",
        "Cannot listen at that address: it is taken, or not of this machine."}};
static const struct desk_refusal long_home = {
    .failure = {.code = HOSO_USAGE,
                .name = "usage",
                .kept = {"Chưa có gì thay đổi.", "Nothing was changed."},
                .next = {"Dùng --home ngắn hơn.", "Use a shorter --home"}},
    .message = {"Đường dẫn thư mục quá dài cho ổ nối nội bộ.",
                "The home's path is too long for a local socket."}};

/* ---- starting ---- */

/* Where to listen: as asked, else as last time. A name becomes an address here, before the loop.
 * Where it was not said how, it is by wss, but plainly within this machine. */
static const struct desk_refusal *choose_listen(struct running *running)
{
    const char *asked = running->config->listen;
    struct address_found found;
    enum status status = asked != NULL ? address_parse(asked, &running->listen)
                                       : listen_recall(running->home.path, &running->listen);

    if (status != STATUS_OK)
        return &bad_listen;
    if (address_resolve(running->listen.host, &found) != STATUS_OK)
        return &address_taken;
    memcpy(running->listen.host, found.numeric[0], sizeof found.numeric[0]);
    if (!running->listen.scheme)
        running->listen.tls = !running->config->insecure && !address_is_local(&running->listen);
    if (!running->listen.tls && !running->config->insecure && !address_is_local(&running->listen))
        return &not_encrypted;
    return NULL;
}

static const struct desk_refusal *open_service(struct running *running, enum status *status)
{
    struct service_options options = {
        .replica = running->home.replica,
        .world = &running->home.world,
        .journal = &running->journal,
        .route = {.url = running->config->upstream,
                  .any_certificate = running->config->any_certificate,
                  .insecure = running->config->insecure},
        .tls = buffer_view(&running->pem),
        .retry_most_s = running->config->retry_most_s,
        .chain_mode = running->config->verify_each ? CHAIN_EACH : CHAIN_BY_RUN,
        .many_peers = replica_identity(running->home.replica)->role == ROLE_HUB,
        .page = page_render,
        .page_context = running->home.replica};

    *status = service_open(&options, &running->service);
    if (*status == STATUS_USAGE)
        return &bad_upstream;
    if (*status != STATUS_OK)
        return NULL;
    *status = service_listen(running->service, running->listen.host, &running->listen.port);
    certificate_wipe(&running->pem); /* the library holds the key in memory of its own now */
    if (*status != STATUS_OK)
        return &address_taken;
    /* Nobody is kept from reading by an address that a full disk does not take. */
    if (listen_remember(running->home.path, &running->listen) != STATUS_OK)
        journal_say(&running->journal, JOURNAL_WARNING, "listen_not_kept",
                    "why=\"the disk takes no file: the next start needs --listen again\"");
    running->attendant.home = &running->home;
    running->attendant.service = running->service;
    *status = server_open(running->home.path, desk_answer, &running->attendant, &running->server);
    if (*status == STATUS_LIMIT)
        return &long_home;
    if (*status == STATUS_OK)
        *status = service_start(running->service);
    if (*status == STATUS_OK)
        *status = sweep_start(&running->attendant, &running->journal, running->config->sweep_s,
                              &running->sweep);
    return NULL;
}

static bool start(struct running *running, const struct command_request *request,
                  struct command_answer *answer)
{
    enum status status = home_open(&running->home, running->config->home);
    const struct desk_refusal *refusal = NULL;

    if (status == STATUS_NOT_FOUND)
        refusal = &no_home;
    if (status == STATUS_BUSY)
        refusal = &is_taken;
    if (status == STATUS_OK)
        refusal = choose_listen(running);
    if (status == STATUS_OK && refusal == NULL && running->listen.tls)
        status = certificate_get(running->home.path, replica_secret(running->home.replica),
                                 &running->pem);
    if (status == STATUS_OK && refusal == NULL)
        refusal = open_service(running, &status);
    if (refusal != NULL)
        desk_refuse(request, answer, refusal);
    else if (status != STATUS_OK)
        desk_fail(request, answer, status);
    return refusal == NULL && status == STATUS_OK;
}

/* ---- life ---- */

/* A store that was put back says so before it serves anybody. */
static void say_origin(const struct running *running, bool vietnamese)
{
    static const struct words told = {
        "kho này là bản sao lưu, bản chép, hoặc đã được đặt lại: nhật ký mới được mở, mã hồ sơ là "
        "mã tạm cho đến khi cấp trên hoặc cán bộ xác nhận",
        "this store is a backup, a copy, or was put back: new logs are opened, new codes are "
        "provisional until the node above or an officer confirms them"};

    if (running->home.origin == ORIGIN_HERE)
        return;
    (void)printf("restored %s\n", vietnamese ? told.vietnamese : told.english);
    journal_say(&running->journal, JOURNAL_WARNING, "restored", "origin=%s why=\"%s\"",
                origin_name(running->home.origin), origin_text(running->home.origin));
}

/* What was forced at this start is to be found later by who reads the log. */
static void say_forced(const struct running *running)
{
    if (running->config->insecure)
        journal_say(
            &running->journal, JOURNAL_WARNING, "insecure",
            "option=--insecure effect=\"ws:// is allowed beyond this machine: whoever is on "
            "the line can read\"");
    if (running->config->any_certificate)
        journal_say(&running->journal, JOURNAL_WARNING, "insecure",
                    "option=--any-certificate effect=\"a machine between here and the node above "
                    "can read\"");
}

static void say_ready(const struct running *running)
{
    char text[LISTEN_TEXT_SIZE];

    say_origin(running, running->config->vietnamese);
    say_forced(running);
    if (!replica_keys_locked(running->home.replica))
        journal_say(&running->journal, JOURNAL_WARNING, "keys_unlocked",
                    "why=\"the limit on locked memory: keys may reach the swap\"");
    if (listen_text(&running->listen, text, sizeof text) != STATUS_OK)
        return;
    (void)printf("ready %s://%s/\n", running->listen.tls ? "https" : "http", text);
    (void)fflush(stdout);
    notify_send("READY=1");
    journal_say(&running->journal, JOURNAL_INFO, "ready", "listen=%s unit=%.*s", text,
                (int)replica_identity(running->home.replica)->unit.size,
                (const char *)replica_identity(running->home.replica)->unit.at);
}

static void stop(struct running *running)
{
    sweep_stop(running->sweep);
    if (running->service != NULL && running->server != NULL) {
        server_stop(running->server);
        service_end_exchanges(running->service);
    }
    server_close(running->server);
    service_close(running->service);
    home_close(&running->home);
    certificate_wipe(&running->pem);
}

/* SIGHUP: the log's file is opened anew. */
static void reload(const struct running *running)
{
    struct timespec now;
    char state[64];

    clock_gettime(CLOCK_MONOTONIC, &now);
    (void)snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
                   (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
    notify_send(state);
    if (running->config->log_file == NULL)
        journal_say(&running->journal, JOURNAL_INFO, "reloaded", "log=stderr");
    else if (log_to_file(running->config->log_file) == STATUS_OK)
        journal_say(&running->journal, JOURNAL_INFO, "reloaded", "log=file");
    else
        journal_say(&running->journal, JOURNAL_ERROR, "reload_failed",
                    "why=\"the log's file cannot be opened; the old one is kept\"");
    notify_send("READY=1");
}

/* Waits until a signal ends the run; returns its number. |hang_up_ends|: nobody is left to read. */
static int wait_for_end(const struct running *running, const sigset_t *signals, bool hang_up_ends)
{
    unsigned seconds = notify_watchdog_seconds();
    const struct timespec pause = {.tv_sec = seconds > 0 ? (time_t)seconds : 3600};

    for (;;) {
        struct service_exchange moved;
        int number = sigtimedwait(signals, NULL, &pause);

        if (number == SIGHUP && !hang_up_ends)
            reload(running);
        else if (number > 0)
            return number;
        if (number < 0 && seconds > 0) {
            service_moved(running->service, &moved); /* only a loop that turns answers */
            notify_send("WATCHDOG=1");
        }
    }
}

static const struct desk_refusal bad_log = {
    .failure = {.code = HOSO_USAGE,
                .name = "usage",
                .kept = {"Chưa có gì thay đổi.", "Nothing was changed."},
                .next = {"Nêu một tệp ghi được.", "Name a file that can be written."}},
    .message = {"Không mở được tệp nhật ký --log-file.", "--log-file cannot be opened."}};

void run_answer(const struct config *config, const struct command_request *request,
                struct command_answer *answer)
{
    struct running running = {.config = config};
    bool hang_up_ends = config->log_file == NULL && isatty(STDERR_FILENO) == 1;
    sigset_t signals;
    int number = 0;

    /* Before any thread: all of them then leave these to the one that waits here. */
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    if (config->log_file != NULL && log_to_file(config->log_file) != STATUS_OK) {
        desk_refuse(request, answer, &bad_log);
        return;
    }
    buffer_init(&running.pem, TLS_PEM_BYTES);
    running.journal = log_journal(&config->log_level);
    if (!tls_start())
        journal_say(&running.journal, JOURNAL_WARNING, "memory",
                    "effect=\"the TLS key may be swapped out: no locked memory\"");
    if (start(&running, request, answer)) {
        say_ready(&running);
        number = wait_for_end(&running, &signals, hang_up_ends);
        journal_say(&running.journal, JOURNAL_INFO, "stopping", "signal=%d", number);
        notify_send("STOPPING=1");
        if (service_health(running.service) != STATUS_OK)
            desk_fail(request, answer, service_health(running.service));
    }
    stop(&running);
    if (number != 0)
        journal_say(&running.journal, JOURNAL_INFO, "stopped", "code=%d", (int)answer->code);
}
