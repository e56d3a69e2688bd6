#include "daemon/config.h"

#include "client/command/call.h"
#include "daemon/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RETRY_MOST_SECONDS = 86400, RATE_MOST = 100000, SWEEP_MOST_SECONDS = 366 * 86400 };

/* Which verbs take an option: a bit a verb. */
#define FOR(verb) (1U << (verb))
#define FOR_ALL                                                                                    \
    (FOR(CONFIG_INIT) | FOR(CONFIG_INVITE) | FOR(CONFIG_RUN) | FOR(CONFIG_PEERS) |                 \
     FOR(CONFIG_BACKUP) | FOR(CONFIG_SCRUB))

enum option_kind { OPTION_TEXT, OPTION_FLAG, OPTION_HOME, OPTION_NUMBER, OPTION_LEVEL };

struct option {
    const char *name;
    unsigned verbs;
    enum option_kind kind;
    size_t offset; /* of the text, flag or number in struct config */
    unsigned most; /* OPTION_NUMBER */
};

static const struct option options[] = {
    {"--home", FOR_ALL, OPTION_HOME, 0, 0},
    {"--json", FOR_ALL, OPTION_FLAG, offsetof(struct config, json), 0},
    {"--role", FOR(CONFIG_INIT), OPTION_TEXT, offsetof(struct config, role), 0},
    {"--unit", FOR(CONFIG_INIT) | FOR(CONFIG_INVITE), OPTION_TEXT, offsetof(struct config, unit),
     0},
    {"--name", FOR(CONFIG_INIT), OPTION_TEXT, offsetof(struct config, name), 0},
    {"--pack", FOR(CONFIG_INIT), OPTION_TEXT, offsetof(struct config, pack), 0},
    {"--join", FOR(CONFIG_INIT), OPTION_TEXT, offsetof(struct config, join), 0},
    {"--device", FOR(CONFIG_INVITE), OPTION_TEXT, offsetof(struct config, device), 0},
    {"--url", FOR(CONFIG_INVITE), OPTION_TEXT, offsetof(struct config, url), 0},
    {"--listen", FOR(CONFIG_RUN), OPTION_TEXT, offsetof(struct config, listen), 0},
    {"--upstream", FOR(CONFIG_RUN), OPTION_TEXT, offsetof(struct config, upstream), 0},
    {"--insecure", FOR(CONFIG_RUN), OPTION_FLAG, offsetof(struct config, insecure), 0},
    {"--any-certificate", FOR(CONFIG_RUN), OPTION_FLAG, offsetof(struct config, any_certificate),
     0},
    {"--retry-max", FOR(CONFIG_RUN), OPTION_NUMBER, offsetof(struct config, retry_most_s),
     RETRY_MOST_SECONDS},
    {"--log", FOR(CONFIG_RUN), OPTION_LEVEL, 0, 0},
    {"--log-file", FOR(CONFIG_RUN), OPTION_TEXT, offsetof(struct config, log_file), 0},
    {"--sweep", FOR(CONFIG_RUN), OPTION_NUMBER, offsetof(struct config, sweep_s),
     SWEEP_MOST_SECONDS},
    {"--check", FOR(CONFIG_BACKUP), OPTION_FLAG, offsetof(struct config, check), 0},
    {"--rate", FOR(CONFIG_BACKUP), OPTION_NUMBER, offsetof(struct config, rate), RATE_MOST},
    {"--verify-each", FOR(CONFIG_RUN), OPTION_FLAG, offsetof(struct config, verify_each), 0},
};

static const char *const verbs[] = {
    [CONFIG_INIT] = "init",   [CONFIG_INVITE] = "invite", [CONFIG_RUN] = "run",
    [CONFIG_PEERS] = "peers", [CONFIG_BACKUP] = "backup", [CONFIG_SCRUB] = "scrub"};

static void say(char text[CONFIG_PROBLEM_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(char text[CONFIG_PROBLEM_SIZE], const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, CONFIG_PROBLEM_SIZE, format, arguments);
    va_end(arguments);
}

static bool verb_of(const char *name, enum config_verb *verb)
{
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(verbs[i], name) == 0) {
            *verb = (enum config_verb)i;
            return true;
        }
    }
    return false;
}

static const struct option *option_of(const char *argument, size_t name_size)
{
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (strlen(options[i].name) == name_size &&
            strncmp(options[i].name, argument, name_size) == 0)
            return &options[i];
    }
    return NULL;
}

static bool number_of(const char *text, unsigned most, unsigned *number)
{
    char *end = NULL;
    unsigned long value = strtoul(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end != '\0' || value == 0 || value > most)
        return false;
    *number = (unsigned)value;
    return true;
}

/* False: |value| is none for it. */
static bool option_set(const struct option *option, const char *value, struct config *config)
{
    unsigned number = 0;

    switch (option->kind) {
    case OPTION_TEXT:
        if (value[0] == '\0')
            return false;
        memcpy((char *)config + option->offset, &value, sizeof value);
        return true;
    case OPTION_HOME:
        return value[0] != '\0' && home_find(value, config->home) == STATUS_OK;
    case OPTION_NUMBER:
        if (!number_of(value, option->most, &number))
            return false;
        memcpy((char *)config + option->offset, &number, sizeof number);
        return true;
    case OPTION_LEVEL:
        return log_level_of(value, &config->log_level);
    case OPTION_FLAG:
        break;
    }
    return false;
}

/* Takes the option at |arguments[*at]| with its value, leaves |*at| at the last it used. */
static enum status option_read(int count, char **arguments, int *at, struct config *config,
                               struct config_problem *problem)
{
    const char *argument = arguments[*at];
    size_t size = strcspn(argument, "=");
    const struct option *option = option_of(argument, size);
    const char *value = argument[size] == '=' ? argument + size + 1 : NULL;
    bool flag = true;

    if (argument[0] != '-' && config->verb == CONFIG_BACKUP && config->folder == NULL) {
        config->folder = argument;
        return STATUS_OK;
    }
    if (option == NULL || (option->verbs & FOR(config->verb)) == 0) {
        say(problem->vietnamese, "%s không có tùy chọn %.100s", verbs[config->verb], argument);
        say(problem->english, "%s takes no %.100s", verbs[config->verb], argument);
        return STATUS_USAGE;
    }
    if (option->kind == OPTION_FLAG && value == NULL) {
        memcpy((char *)config + option->offset, &flag, sizeof flag);
        return STATUS_OK;
    }
    if (value == NULL && option->kind != OPTION_FLAG && *at + 1 < count)
        value = arguments[++*at];
    if (value == NULL) {
        say(problem->vietnamese, "%s: thiếu giá trị", option->name);
        say(problem->english, "%s: its value is missing", option->name);
        return STATUS_USAGE;
    }
    if (!option_set(option, value, config)) {
        say(problem->vietnamese, "%s: giá trị không hợp lệ", option->name);
        say(problem->english, "%s: not a value for it", option->name);
        return STATUS_USAGE;
    }
    return STATUS_OK;
}

static bool language_is_vietnamese(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);

        if (value != NULL && value[0] != '\0')
            return strncmp(value, "vi", 2) == 0;
    }
    return false;
}

/* What a verb cannot do without. */
static enum status check_whole(const struct config *config, struct config_problem *problem)
{
    bool hub = config->role != NULL && strcmp(config->role, "hub") == 0;
    bool office = config->role != NULL && strcmp(config->role, "office") == 0;
    struct words missing = {NULL, NULL};

    if (config->verb == CONFIG_INIT) {
        if (!hub && !office)
            missing =
                (struct words){"--role hub hoặc --role office", "--role hub or --role office"};
        else if (config->unit == NULL)
            missing = (struct words){"--unit MÃ", "--unit CODE"};
        else if (config->name == NULL)
            missing = (struct words){"--name TÊN", "--name TEXT"};
        else if (office && config->join == NULL)
            missing = (struct words){"--join LỜI_MỜI, do `hosod invite --unit` ở cấp trên tạo",
                                     "--join INVITE, from the hub's `hosod invite --unit`"};
        else if (hub && config->join != NULL)
            missing = (struct words){"không có --join: nút cấp trên không gia nhập nơi nào",
                                     "no --join: a hub joins nobody"};
    }
    if (config->verb == CONFIG_INVITE && (config->unit == NULL) == (config->device == NULL))
        missing = (struct words){"một trong hai: --unit MÃ hoặc --device TÊN",
                                 "--unit CODE or --device NAME, one of them"};
    if (config->verb == CONFIG_BACKUP && (config->folder == NULL || config->folder[0] == '\0'))
        missing = (struct words){"THƯ_MỤC: nơi ghi bản sao, hoặc bản sao cần kiểm tra",
                                 "DIR: where the copy goes, or the copy to be checked"};
    if (missing.english == NULL)
        return STATUS_OK;
    say(problem->vietnamese, "%s cần %s", verbs[config->verb], missing.vietnamese);
    say(problem->english, "%s needs %s", verbs[config->verb], missing.english);
    return STATUS_USAGE;
}

enum status config_read(int count, char **arguments, struct config *config,
                        struct config_problem *problem)
{
    enum status status = STATUS_OK;
    int at = 2;

    memset(config, 0, sizeof *config);
    config->log_level = JOURNAL_INFO;
    config->vietnamese = language_is_vietnamese();
    config->helped = CONFIG_HELP;
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--json") == 0)
            config->json = true; /* an error is told in the form asked for, wherever it stands */
        if (strcmp(arguments[i], "--help") == 0 || strcmp(arguments[i], "--version") == 0) {
            config->verb = arguments[i][2] == 'h' ? CONFIG_HELP : CONFIG_VERSION;
            if (!verb_of(arguments[1], &config->helped))
                config->helped = CONFIG_HELP;
            return STATUS_OK;
        }
    }
    if (count < 2 || !verb_of(arguments[1], &config->verb)) {
        say(problem->vietnamese,
            "hãy nêu init, invite, run, peers, backup hoặc scrub; xem hosod --help");
        say(problem->english, "say init, invite, run, peers, backup or scrub; see hosod --help");
        return STATUS_USAGE;
    }
    for (; at < count && status == STATUS_OK; at++)
        status = option_read(count, arguments, &at, config, problem);
    if (status == STATUS_OK)
        status = check_whole(config, problem);
    if (status == STATUS_OK && config->home[0] == '\0' &&
        home_find(NULL, config->home) != STATUS_OK) {
        say(problem->vietnamese, "chưa rõ thư mục dữ liệu: hãy nêu --home THƯ_MỤC");
        say(problem->english, "no home: say --home DIR");
        status = STATUS_USAGE;
    }
    return status;
}

static const struct words helps[] = {
    [CONFIG_INIT] =
        {"hosod init --role hub|office --unit MÃ --name TÊN [--pack THƯ_MỤC] [--join LỜI_MỜI]\n"
         "  tạo thư mục dữ liệu: một khóa và một kho trống. Không cần đường truyền; lời mời được\n"
         "  dùng ở lần liên lạc đầu. Nút cấp trên ghi khóa gốc ra một tệp để cất giữ riêng.\n"
         "ví dụ: hosod init --home /srv/hub --role hub --unit 000.00.30.H57 "
         "--name \"UBND huyện A Lưới\"\n",
         "hosod init --role hub|office --unit CODE --name TEXT [--pack DIR] [--join INVITE]\n"
         "  makes a home: a key and an empty store. Needs no line; an invitation is used at\n"
         "  first contact. A hub writes the root key to a file to be carried away.\n"
         "example: hosod init --home /srv/hub --role hub --unit 000.00.30.H57 "
         "--name \"UBND huyện A Lưới\"\n"},
    [CONFIG_INVITE] = {"hosod invite (--unit MÃ | --device TÊN) [--url URL] [--json]\n"
                       "  in một đoạn chữ để một đơn vị hay một máy gia nhập; dùng được 7 ngày.\n"
                       "ví dụ: hosod invite --home /srv/hub --unit 000.15.30.H57 "
                       "--url wss://10.0.0.5:7640\n",
                       "hosod invite (--unit CODE | --device NAME) [--url URL] [--json]\n"
                       "  prints one text that lets an office or a device join; it is good for 7 "
                       "days.\n"
                       "example: hosod invite --home /srv/hub --unit 000.15.30.H57 "
                       "--url wss://10.0.0.5:7640\n"},
    [CONFIG_RUN] =
        {"hosod run [--listen MÁY:CỔNG] [--upstream URL] [--retry-max GIÂY]\n"
         "          [--insecure] [--any-certificate] [--sweep GIÂY] [--verify-each]\n"
         "          [--log debug|info|warning|error] [--log-file TỆP]\n"
         "  phục vụ ở tiền cảnh; in `ready URL` khi đã mở. Cổng 0 tự chọn cổng trống; --listen\n"
         "  gần nhất được nhớ. SIGTERM dừng êm; SIGHUP mở lại --log-file.\n"
         "  Ngoài máy này luôn là wss:// (TLS 1.3, chỉ nói với đúng khóa ghi trong lời mời);\n"
         "  --listen wss://127.0.0.1:7640 mã hóa cả trong máy. --insecure cho phép ws:// trên\n"
         "  mạng riêng; --any-certificate khi một máy của cơ quan đứng giữa với chứng thư khác.\n"
         "ví dụ: hosod run --home /srv/office --listen 0.0.0.0:7640\n",
         "hosod run [--listen HOST:PORT] [--upstream URL] [--retry-max S]\n"
         "          [--insecure] [--any-certificate] [--sweep S] [--verify-each]\n"
         "          [--log debug|info|warning|error] [--log-file FILE]\n"
         "  serves in the foreground; prints `ready URL` once it listens. Port 0 picks one;\n"
         "  the last --listen is remembered. SIGTERM stops it cleanly, SIGHUP opens --log-file\n"
         "  anew.\n"
         "  Beyond this machine it is always wss:// (TLS 1.3, to the invitation's key alone);\n"
         "  --listen wss://127.0.0.1:7640 encrypts within it too. --insecure allows ws:// on a\n"
         "  private network; --any-certificate is for a proxy of one's own that stands between.\n"
         "example: hosod run --home /srv/office --listen 0.0.0.0:7640\n"},
    [CONFIG_PEERS] = {"hosod peers [--json]\n"
                      "  các nút mà nút này trao đổi: liên lạc gần nhất, chờ gửi, chờ nhận, tạm "
                      "giữ.\n"
                      "ví dụ: hosod peers --home /srv/hub\n",
                      "hosod peers [--json]\n"
                      "  lists the nodes this one exchanges with: last contact, ahead, behind, "
                      "held.\n"
                      "example: hosod peers --home /srv/hub\n"},
    [CONFIG_BACKUP] =
        {"hosod backup THƯ_MỤC [--rate MB_MỖI_GIÂY]\n"
         "hosod backup --check THƯ_MỤC\n"
         "  chép kho đang chạy, kèm khóa và cấu hình, vào một thư mục mới; --check kiểm tra trọn\n"
         "  vẹn một bản sao. Dùng lại: đặt thư mục đó làm --home; kho tự biết nó là bản sao, mở\n"
         "  nhật ký mới và in mã tạm cho đến khi được xác nhận. Khóa gốc không nằm trong bản sao.\n"
         "ví dụ: hosod backup --home /var/lib/hoso /mnt/usb/hoso-2026-11-24\n",
         "hosod backup DIR [--rate MB_A_SECOND]\n"
         "hosod backup --check DIR\n"
         "  copies a living store, with its keys and settings, to a new folder; --check verifies\n"
         "  such a copy wholly. To use one: make it the --home; it knows that it is a copy, opens\n"
         "  new logs and prints provisional codes until they are confirmed. The root key is not\n"
         "  part of it.\n"
         "example: hosod backup --home /var/lib/hoso /mnt/usb/hoso-2026-11-24\n"},
    [CONFIG_SCRUB] =
        {"hosod scrub [--json]\n"
         "  băm lại và kiểm tra mọi bản ghi, nêu tên cái hỏng, sửa cái sửa được, lấy lại cái mất\n"
         "  từ nơi còn giữ. `hosod run` cũng tự làm chậm rãi khi rỗi.\n"
         "ví dụ: hosod scrub --home /var/lib/hoso\n",
         "hosod scrub [--json]\n"
         "  hashes and checks every record again, names what is damaged, mends what can be\n"
         "  mended, and fetches the rest again from whoever holds it. `hosod run` does the same\n"
         "  slowly when idle.\n"
         "example: hosod scrub --home /var/lib/hoso\n"},
    [CONFIG_HELP] =
        {"hosod: bộ phận một cửa hay nút cấp trên, chạy được cả khi mất đường truyền\n"
         "  hosod init     tạo thư mục dữ liệu\n"
         "  hosod invite   mời một đơn vị hay một máy\n"
         "  hosod run      phục vụ\n"
         "  hosod peers    trao đổi với ai\n"
         "  hosod backup   sao lưu kho đang chạy, kiểm tra bản sao\n"
         "  hosod scrub    tìm và sửa bản ghi hỏng\n"
         "mọi lệnh: --home THƯ_MỤC (hoặc HOSO_HOME, /var/lib/hoso nếu là của mình, "
         "~/.local/share/hoso), --json, --help, --version\n"
         "mã thoát: 0 xong, 1 bị từ chối, 2 dùng sai, 3 không thấy, 4 không liên lạc được, 5 kho "
         "hỏng, 6 đang bận\n"
         "ví dụ: hosod run --home /srv/office --listen 127.0.0.1:7640\n",
         "hosod: an office or a hub of dossiers that works without a line\n"
         "  hosod init     make a home\n"
         "  hosod invite   let an office or a device join\n"
         "  hosod run      serve\n"
         "  hosod peers    with whom it exchanges\n"
         "  hosod backup   copy a living store, check a copy\n"
         "  hosod scrub    find and mend damaged records\n"
         "everywhere: --home DIR (else HOSO_HOME, /var/lib/hoso if ours, ~/.local/share/hoso), "
         "--json, --help, --version\n"
         "exit: 0 done, 1 refused, 2 wrong usage, 3 not found, 4 unreachable, 5 store failed, "
         "6 busy\n"
         "example: hosod run --home /srv/office --listen 127.0.0.1:7640\n"},
};

const char *config_help(enum config_verb verb, bool vietnamese)
{
    const struct words *help = &helps[verb == CONFIG_VERSION ? CONFIG_HELP : verb];

    return vietnamese ? help->vietnamese : help->english;
}
