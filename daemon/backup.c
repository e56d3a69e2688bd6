#include "daemon/backup.h"

#include "client/home/entropy.h"
#include "client/replica/origin.h"
#include "client/text/file.h"
#include "client/text/time.h"
#include "daemon/apart.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/file.h>
#include <sys/stat.h>

enum {
    MEGABYTE = 1000 * 1000,
    RATE_MEGABYTES = 20,     /* a second, where nobody says otherwise */
    FILE_BYTES_MAX = 1 << 20 /* of a file beside the store: keys, certificate, settings */
};

static const struct words nothing_made = {"chưa có gì thay đổi", "nothing was changed"};

/* A copy being made. */
struct making {
    const struct config *config;
    const struct command_request *request;
    struct command_answer *answer;
    struct store *source;
    char home[HOME_PATH_SIZE];
    char part[HOME_PATH_SIZE];  /* DIR.part, until it is whole */
    char store[HOME_PATH_SIZE]; /* DIR.part/store */
    int lock;                   /* of DIR.part, held while it is being made */
    uint64_t bytes;
    uint64_t grew; /* of the source meanwhile */
    int64_t told;  /* when progress was said last */
    bool nearly_full;
    struct replica_verdict verdict;
};

static void refuse(const struct making *making, enum hoso_code code, const char *name,
                   const char *vietnamese, const char *english, struct words next)
{
    const struct desk_refusal refusal = {
        .failure = {.code = code, .name = name, .kept = nothing_made, .next = next},
        .message = {vietnamese, english}};

    desk_refuse(making->request, making->answer, &refusal);
}

/* ---- folders ---- */

static enum status status_of_errno(void)
{
    return errno == ENOSPC || errno == EDQUOT                    ? STATUS_FULL
           : errno == EACCES || errno == EPERM || errno == EROFS ? STATUS_REFUSED
           : errno == ENOENT || errno == ENOTDIR                 ? STATUS_NOT_FOUND
                                                                 : STATUS_IO;
}

static enum status sync_folder(const char *path)
{
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = descriptor >= 0 && fsync(descriptor) == 0;

    if (descriptor >= 0)
        (void)close(descriptor);
    return synced ? STATUS_OK : STATUS_IO;
}

/* Removes the plain files of |folder|: what a copy that was cut off left. */
static void empty_folder(const char *folder)
{
    DIR *listing = opendir(folder);

    if (listing == NULL)
        return;
    for (const struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            (void)unlinkat(dirfd(listing), entry->d_name, 0);
    }
    (void)closedir(listing);
}

static enum status take_folder(struct making *making)
{
    if (mkdir(making->part, 0700) != 0 && errno != EEXIST)
        return status_of_errno();
    making->lock = open(making->part, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (making->lock < 0)
        return status_of_errno();
    if (flock(making->lock, LOCK_EX | LOCK_NB) != 0) {
        enum status status = errno == EWOULDBLOCK ? STATUS_BUSY : STATUS_IO;
        (void)close(making->lock);
        making->lock = -1; /* another's: not ours to empty */
        return status;
    }
    empty_folder(making->store);
    empty_folder(making->part);
    return mkdir(making->store, 0700) == 0 || errno == EEXIST ? STATUS_OK : status_of_errno();
}

/* ---- copying ---- */

static uint64_t size_of(const char *folder)
{
    char path[HOME_PATH_SIZE];
    struct stat about;

    if (home_file(folder, "store/records.mdb", path) != STATUS_OK || stat(path, &about) != 0)
        return 0;
    return (uint64_t)about.st_size;
}

/* The pages a copy reads are not used again meanwhile, so the store's file may grow: never into the
 * reserve that keeps a person's acts possible. */
static enum status watch(void *context, uint64_t done, uint64_t all)
{
    struct making *making = context;
    uint64_t left = 0;
    bool reserve = false;
    int64_t now = (int64_t)time(NULL);
    enum status status = store_room(making->source, &left, &reserve);

    making->bytes = done;
    if (status == STATUS_OK && reserve && done < all) {
        making->nearly_full = true;
        status = STATUS_FULL;
    }
    if (!making->request->json && now != making->told && done < all) {
        making->told = now;
        (void)fprintf(stderr, "%" PRIu64 " / %" PRIu64 " MB\n", done / MEGABYTE, all / MEGABYTE);
    }
    return status;
}

static enum status copy_store(struct making *making)
{
    char path[HOME_PATH_SIZE];
    unsigned rate = making->config->rate > 0 ? making->config->rate : RATE_MEGABYTES;
    struct store_copy copy = {
        .bytes_per_second = (uint64_t)rate * MEGABYTE, .progress = watch, .context = making};
    uint64_t before = size_of(making->home);
    enum status status = home_file(making->store, "records.mdb", path);

    if (status != STATUS_OK)
        return status;
    copy.descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (copy.descriptor < 0)
        return status_of_errno();
    status = store_copy(making->source, &copy);
    if (close(copy.descriptor) != 0 && status == STATUS_OK)
        status = STATUS_IO;
    making->grew = size_of(making->home) - before;
    return status;
}

/* What a home needs beside its store: keys, certificate, settings. The root key is to be carried
 * away, not copied about; the mark belongs to the machine. */
static bool is_wanted(const char *name)
{
    static const char *const kept_out[] = {"mark", "daemon.sock", "root-key"};

    for (size_t i = 0; i < sizeof kept_out / sizeof kept_out[0]; i++) {
        if (strcmp(name, kept_out[i]) == 0)
            return false;
    }
    return name[0] != '.';
}

static enum status copy_file(const struct making *making, const char *name)
{
    char from[HOME_PATH_SIZE], to[HOME_PATH_SIZE];
    struct buffer content;
    struct stat about;
    enum status status = home_file(making->home, name, from);

    if (status == STATUS_OK)
        status = home_file(making->part, name, to);
    if (status != STATUS_OK)
        return status;
    if (lstat(from, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size > FILE_BYTES_MAX)
        return STATUS_OK; /* a socket, a folder, somebody's own file */
    buffer_init(&content, FILE_BYTES_MAX);
    status = file_read(from, &content);
    if (status == STATUS_OK)
        status = file_write(to, buffer_view(&content));
    entropy_wipe(content.at, content.size);
    buffer_deinit(&content);
    return status;
}

static enum status copy_files(const struct making *making)
{
    DIR *listing = opendir(making->home);
    enum status status = STATUS_OK;

    if (listing == NULL)
        return status_of_errno();
    for (const struct dirent *entry = readdir(listing); entry != NULL && status == STATUS_OK;
         entry = readdir(listing)) {
        if (is_wanted(entry->d_name))
            status = copy_file(making, entry->d_name);
    }
    (void)closedir(listing);
    return status;
}

/* The copy's own word that it is one: whoever opens it to work begins new logs. */
static enum status mark_copy(const struct making *making)
{
    static const char *const locks[] = {"records.mdb-lock", "owner.lock"};
    char path[HOME_PATH_SIZE];
    struct store *copy = NULL;
    enum status status = store_open_lmdb(making->store, false, &copy);

    if (status == STATUS_OK)
        status = origin_mark_backup(copy, (int64_t)time(NULL));
    store_close(copy);
    for (size_t i = 0; i < sizeof locks / sizeof locks[0] && status == STATUS_OK; i++) {
        status = home_file(making->store, locks[i], path);
        if (status == STATUS_OK)
            (void)unlink(path);
    }
    return status;
}

/* ---- checking ---- */

/* When the newest receipt of the node above was signed, at the top this node's own; 0: none. */
static enum status last_receipt(struct replica_read *read, struct replica *replica,
                                int64_t *seconds)
{
    const struct replica_identity *identity = replica_identity(replica);

    return origin_receipt_seconds(
        read, identity->has_upstream ? &identity->upstream : replica_key(replica), seconds);
}

struct checked {
    struct replica_verdict verdict;
    int64_t made;
    int64_t receipt;
};

static enum status check_store(const char *folder, bool each, struct checked *checked)
{
    struct replica_world world = home_world();
    struct store *store = NULL;
    struct replica *replica = NULL;
    struct replica_read *read = NULL;
    enum status status = entropy_start();

    if (status == STATUS_OK)
        status = store_open_lmdb_reader(folder, &store);
    if (status == STATUS_OK)
        status = origin_backup_seconds(store, &checked->made);
    if (status == STATUS_OK)
        status = replica_open(store, &world, &replica);
    if (status == STATUS_OK)
        status = replica_read_begin(replica, &read);
    if (status == STATUS_OK)
        status = replica_verify(read, each, &checked->verdict);
    if (status == STATUS_OK)
        status = last_receipt(read, replica, &checked->receipt);
    replica_read_end(read);
    replica_close(replica);
    store_close(store);
    return status;
}

static void say_unsound(const struct making *making, const struct replica_verdict *verdict,
                        struct words next)
{
    char log[33], vietnamese[256], english[256];
    const struct desk_refusal refusal = {
        .failure = {.code = HOSO_STORE,
                    .name = "unsound",
                    .kept = {"Các bản ghi khác đều toàn vẹn.", "All records before it are sound."},
                    .next = next},
        .message = {vietnamese, english}};

    hex_encode(bytes_of(verdict->bad_log.bytes, sizeof verdict->bad_log.bytes), log);
    (void)snprintf(vietnamese, sizeof vietnamese,
                   "bản sao có bản ghi hỏng: nhật ký %s, số %" PRIu64 ": %s", log, verdict->bad_seq,
                   verdict->bad_why);
    (void)snprintf(english, sizeof english,
                   "the copy holds a bad record: log %s, record %" PRIu64 ": %s", log,
                   verdict->bad_seq, verdict->bad_why);
    desk_refuse(making->request, making->answer, &refusal);
}

static void put_time(struct json_writer *writer, const char *key, int64_t seconds)
{
    char text[TIME_TEXT_BYTES];

    if (seconds == 0) {
        json_write_null(writer, key);
        return;
    }
    time_format(seconds, PRECISION_SECOND, TIME_VIETNAM_ZONE_MINUTES, text);
    json_write_string(writer, key, text);
}

static void tell_checked(const struct making *making, const struct checked *checked)
{
    struct json_writer writer;
    char made[TIME_TEXT_BYTES], receipt[TIME_TEXT_BYTES] = "-";
    char text[512];

    json_write_start(&writer, &making->answer->out);
    if (making->request->json) {
        json_open_object(&writer, NULL);
        json_write_flag(&writer, "ok", true);
        put_time(&writer, "made", checked->made);
        json_write_unsigned(&writer, "records", checked->verdict.records);
        json_write_unsigned(&writer, "logs", checked->verdict.logs);
        json_write_unsigned(&writer, "signatures", checked->verdict.signatures);
        put_time(&writer, "last_receipt", checked->receipt);
        json_close_object(&writer);
        json_write_end(&writer);
        return;
    }
    time_format(checked->made, PRECISION_SECOND, TIME_VIETNAM_ZONE_MINUTES, made);
    if (checked->receipt != 0)
        time_format(checked->receipt, PRECISION_SECOND, TIME_VIETNAM_ZONE_MINUTES, receipt);
    (void)snprintf(text, sizeof text,
                   making->request->vietnamese
                       ? "Bản sao toàn vẹn: lập lúc %s, %" PRIu64 " bản ghi trong %" PRIu64
                         " nhật ký, %" PRIu64 " chữ ký; giấy nhận gần nhất %s.\n"
                       : "The copy is sound: made %s; records: %" PRIu64 ", logs: %" PRIu64
                         ", signatures: %" PRIu64 "; last receipt %s.\n",
                   made, checked->verdict.records, checked->verdict.logs,
                   checked->verdict.signatures, receipt);
    buffer_append_bytes(&making->answer->out, bytes_of_text(text));
}

static void say_broken(struct making *making)
{
    refuse(making, HOSO_STORE, "broken", "tệp của bản sao bị cụt hoặc hỏng: không dùng được",
           "the copy's file is cut off or broken: it cannot be used",
           (struct words){"giữ bản sao cũ hơn; lập bản sao mới",
                          "keep an older copy; make a new one"});
}

static void check(void *context, struct command_answer *answer)
{
    struct making *making = context;
    struct checked checked = {.made = 0};
    enum status status = home_file(making->config->folder, "store", making->store);

    making->answer = answer;
    if (status == STATUS_OK)
        status = check_store(making->store, true, &checked);
    if (status == STATUS_NOT_FOUND)
        refuse(making, HOSO_NOT_FOUND, "no_backup",
               "thư mục này không phải bản sao của hosod backup",
               "that folder is no backup of hosod backup",
               (struct words){"nêu thư mục mà hosod backup đã lập",
                              "name a folder that hosod backup made"});
    else if (status == STATUS_CORRUPT || status == STATUS_IO)
        say_broken(making);
    else if (status != STATUS_OK)
        desk_fail(making->request, making->answer, status);
    else if (!checked.verdict.ok)
        say_unsound(making, &checked.verdict,
                    (struct words){"giữ bản sao cũ hơn; chạy hosod scrub ở kho gốc",
                                   "keep an older copy; run hosod scrub on the home itself"});
    else
        tell_checked(making, &checked);
}

static void check_apart(struct making *making)
{
    enum status status = apart_run(check, making, making->answer);

    if (status == STATUS_CORRUPT)
        say_broken(making);
    else if (status != STATUS_OK)
        desk_fail(making->request, making->answer, status);
}

/* ---- the whole ---- */

static enum status finish(const struct making *making)
{
    char parent[HOME_PATH_SIZE];
    enum status status = sync_folder(making->store);

    if (status == STATUS_OK)
        status = sync_folder(making->part);
    if (status == STATUS_OK && rename(making->part, making->config->folder) != 0)
        status = status_of_errno();
    if (status == STATUS_OK)
        status = home_file(making->config->folder, "..", parent);
    return status == STATUS_OK ? sync_folder(parent) : status;
}

static void tell_made(const struct making *making)
{
    struct json_writer writer;
    char text[HOME_PATH_SIZE + 256];

    if (!making->verdict.ok) {
        say_unsound(making, &making->verdict,
                    (struct words){"bản sao vẫn được giữ; chạy hosod scrub ở kho này",
                                   "the copy was kept all the same; run hosod scrub on this home"});
        return;
    }
    json_write_start(&writer, &making->answer->out);
    if (making->request->json) {
        json_open_object(&writer, NULL);
        json_write_string(&writer, "backup", making->config->folder);
        json_write_unsigned(&writer, "bytes", making->bytes);
        json_write_unsigned(&writer, "records", making->verdict.records);
        json_write_unsigned(&writer, "grew", making->grew);
        json_close_object(&writer);
        json_write_end(&writer);
        return;
    }
    (void)snprintf(
        text, sizeof text,
        making->request->vietnamese
            ? "Đã sao lưu %" PRIu64 " bản ghi (%" PRIu64 " MB) vào %s; kho lớn thêm %" PRIu64
              " MB trong lúc sao. Khóa gốc không nằm trong bản sao.\n"
            : "Records copied: %" PRIu64 " (%" PRIu64 " MB), to %s; the store grew by %" PRIu64
              " MB meanwhile. The root key is not part of the copy.\n",
        making->verdict.records, making->bytes / MEGABYTE, making->config->folder,
        making->grew / MEGABYTE);
    buffer_append_bytes(&making->answer->out, bytes_of_text(text));
}

static enum status make(struct making *making)
{
    struct checked checked = {.made = 0};
    enum status status = take_folder(making);

    if (status == STATUS_OK)
        status = copy_store(making);
    if (status == STATUS_OK)
        status = copy_files(making);
    if (status == STATUS_OK)
        status = mark_copy(making);
    if (status == STATUS_OK)
        status = check_store(making->store, false, &checked);
    making->verdict = checked.verdict;
    return status == STATUS_OK ? finish(making) : status;
}

/* What a copy that failed has taken of a disk, perhaps the full one. */
static void leave_folder(const struct making *making)
{
    if (making->lock < 0)
        return;
    empty_folder(making->store);
    (void)rmdir(making->store);
    empty_folder(making->part);
    (void)rmdir(making->part);
}

static void tell_failed(struct making *making, enum status status)
{
    if (status == STATUS_BUSY)
        refuse(making, HOSO_BUSY, "busy", "một bản sao khác đang được ghi vào thư mục này",
               "another backup is being written to that folder",
               (struct words){"chờ nó xong, hoặc nêu thư mục khác",
                              "wait for it, or name another folder"});
    else if (making->nearly_full)
        refuse(making, HOSO_STORE, "full", "ổ đĩa của kho sắp đầy: đã dừng sao lưu",
               "the store's own disk is nearly full: the backup was stopped",
               (struct words){"giải phóng ổ đĩa rồi sao lưu lại", "free some room and try again"});
    else if (status == STATUS_REFUSED || status == STATUS_NOT_FOUND)
        refuse(
            making, HOSO_REFUSED, "cannot_write", "không ghi được vào thư mục này",
            "that folder cannot be written",
            (struct words){"kiểm tra đường dẫn và quyền ghi", "check the path and who may write"});
    else
        desk_fail(making->request, making->answer, status);
}

static void run(struct making *making)
{
    char path[HOME_PATH_SIZE];
    enum status status = home_file(making->home, "store", path);
    int size = snprintf(making->part, sizeof making->part, "%s.part", making->config->folder);

    if (status == STATUS_OK && (size < 0 || size >= (int)sizeof making->part))
        status = STATUS_LIMIT;
    if (status == STATUS_OK)
        status = home_file(making->part, "store", making->store);
    if (status == STATUS_OK)
        status = store_open_lmdb_reader(path, &making->source);
    if (status == STATUS_NOT_FOUND) {
        refuse(making, HOSO_NOT_FOUND, "no_home", "ở đây chưa có dữ liệu nào",
               "there is no home here", (struct words){"nêu --home THƯ_MỤC", "say --home DIR"});
        return;
    }
    if (status == STATUS_OK && access(making->config->folder, F_OK) == 0) {
        refuse(making, HOSO_REFUSED, "exists", "thư mục này đã có: không ghi đè bản sao nào",
               "that folder is there already: no copy is written over",
               (struct words){"nêu thư mục khác", "name another folder"});
        return;
    }
    if (status == STATUS_OK) {
        status = make(making);
        if (status != STATUS_OK)
            leave_folder(making);
    }
    if (status == STATUS_OK)
        tell_made(making);
    else
        tell_failed(making, status);
}

void backup_answer(const struct config *config, const struct command_request *request,
                   struct command_answer *answer)
{
    struct making making = {.config = config, .request = request, .answer = answer, .lock = -1};
    int size = snprintf(making.home, sizeof making.home, "%s", config->home);

    (void)signal(SIGPIPE, SIG_IGN);
    if (size < 0 || size >= (int)sizeof making.home)
        desk_fail(request, answer, STATUS_LIMIT);
    else if (config->check)
        check_apart(&making);
    else
        run(&making);
    store_close(making.source);
    if (making.lock >= 0)
        (void)close(making.lock);
}
