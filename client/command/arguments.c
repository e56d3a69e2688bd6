#include "client/command/arguments.h"

#include "client/text/file.h"
#include "client/text/text.h"

#include <stdio.h>
#include <string.h>

enum { PAIRS_MAX = 256 };

/* A word k=v taken apart. */
struct pair {
    const char *group; /* "fields", "add", "remove" or "choose" */
    struct bytes key;
    struct bytes value;
    struct buffer file; /* holds |value| if it came from a file */
};

struct parsing {
    struct arguments *arguments;
    bool vietnamese;
    char *problem;
    struct json_writer writer;
    size_t positional;
    struct pair pairs[PAIRS_MAX];
    size_t pair_count;
};

static enum status complain(const struct parsing *parsing, enum status status, const char *what,
                            const char *vietnamese, const char *english)
{
    (void)snprintf(parsing->problem, ARGUMENTS_PROBLEM_BYTES, "%s: %s", what,
                   parsing->vietnamese ? vietnamese : english);
    return status;
}

static enum status read_file(const struct parsing *parsing, const char *path, struct buffer *out)
{
    enum status status = file_read(path, out);

    switch (status) {
    case STATUS_OK:
        return status;
    case STATUS_NOT_FOUND:
        return complain(parsing, status, path, "không có tệp này", "there is no such file");
    case STATUS_LIMIT:
        return complain(parsing, status, path, "tệp quá lớn", "the file is too large");
    case STATUS_MALFORMED:
    case STATUS_PROTOCOL:
    case STATUS_FORGED:
    case STATUS_UNKNOWN_PEER:
    case STATUS_NEWER:
    case STATUS_REFUSED:
    case STATUS_USAGE:
    case STATUS_AMBIGUOUS:
    case STATUS_CHANGED:
    case STATUS_BUSY:
    case STATUS_UNREACHABLE:
    case STATUS_NO_MEMORY:
    case STATUS_FULL:
    case STATUS_IO:
    case STATUS_READ_ONLY:
    case STATUS_CORRUPT:
    case STATUS_STORE_NEWER:
    case STATUS_INSECURE:
        return complain(parsing, status, path, "không đọc được tệp", "the file cannot be read");
    }
    return status;
}

/* k=@FILE reads the file, k=@@x is a literal @x. */
static enum status take_value(struct parsing *parsing, struct pair *pair, const char *value)
{
    pair->value = bytes_of_text(value);
    if (value[0] != '@')
        return STATUS_OK;
    if (value[1] == '@') {
        pair->value = bytes_of_text(value + 1);
        return STATUS_OK;
    }
    if (parsing->arguments->verb->rest == REST_CHOICES) {
        pair->group = "choose";
        pair->value = bytes_of_text(value + 1);
        return STATUS_OK;
    }
    enum status status = read_file(parsing, value + 1, &pair->file);
    pair->value = buffer_view(&pair->file);
    if (!status && !text_is_utf8(pair->value))
        status = complain(parsing, STATUS_USAGE, value + 1, "tệp không phải văn bản UTF-8",
                          "the file is no UTF-8 text");
    return status;
}

static enum status take_pair(struct parsing *parsing, const char *word)
{
    const char *equals = strchr(word, '=');
    struct pair *pair = &parsing->pairs[parsing->pair_count];

    if (!equals || equals == word)
        return complain(parsing, STATUS_USAGE, word, "cần dạng khóa=giá_trị",
                        "a word like key=value is needed");
    if (parsing->pair_count == PAIRS_MAX)
        return complain(parsing, STATUS_USAGE, word, "quá nhiều trường", "too many fields");
    parsing->pair_count++;
    buffer_init(&pair->file, ARGUMENTS_FILE_BYTES_MAX);
    pair->group = "fields";
    pair->key = bytes_of(word, (size_t)(equals - word));
    if (parsing->arguments->verb->rest == REST_FIELDS && pair->key.size > 1) {
        if (equals[-1] == '+')
            pair->group = "add";
        else if (equals[-1] == '-')
            pair->group = "remove";
        if (equals[-1] == '+' || equals[-1] == '-')
            pair->key.size--;
    }
    if (pair->key.size > LIMIT_KEY_BYTES)
        return complain(parsing, STATUS_USAGE, word, "tên trường quá dài", "the key is too long");
    return take_value(parsing, pair, equals + 1);
}

/* What the file at |path| holds becomes the member "content". */
static enum status take_content(struct parsing *parsing, const char *path)
{
    struct buffer content;

    buffer_init(&content, ARGUMENTS_FILE_BYTES_MAX);
    enum status status = read_file(parsing, path, &content);
    if (!status)
        json_write_base64(&parsing->writer, "content",
                          content.size > 0 ? buffer_view(&content) : bytes_of("", 0));
    buffer_deinit(&content);
    return status;
}

static enum status take_positional(struct parsing *parsing, const char *word)
{
    const struct verb *verb = parsing->arguments->verb;
    const char *key =
        parsing->positional < VERB_POSITIONAL_MAX ? verb->positional[parsing->positional] : NULL;

    if (!key && verb->rest != REST_NONE)
        return take_pair(parsing, word);
    if (!key)
        return complain(parsing, STATUS_USAGE, word, "thừa", "one word too many");
    parsing->positional++;
    json_write_text(&parsing->writer, key, bytes_of_text(word));
    return strcmp(verb->name, "import") == 0 ? take_content(parsing, word) : STATUS_OK;
}

/* --name VALUE or --name=VALUE; |*used| tells how many words it took. */
static enum status take_option(struct parsing *parsing, int left, char *const *words, int *used)
{
    struct arguments *arguments = parsing->arguments;
    const char *word = words[0];
    const char *equals = strchr(word, '=');
    size_t size = equals ? (size_t)(equals - word) : strlen(word);
    struct bytes name = bytes_of(word, size);
    const char *value = equals ? equals + 1 : left > 1 ? words[1] : NULL;
    const struct verb_option *option = arguments->verb ? arguments->verb->options : NULL;
    bool takes_value = bytes_equal_text(name, "--home") || bytes_equal_text(name, "--as");

    *used = 1;
    if (bytes_equal_text(name, "--json") && !equals)
        arguments->json = true;
    else if (bytes_equal_text(name, "--help") && !equals)
        arguments->help = true;
    else if (bytes_equal_text(name, "--version") && !equals)
        arguments->version = true;
    else if (!takes_value) {
        while (option && option->name && !bytes_equal_text(name, option->name))
            option++;
        if (!option || !option->name || (equals && !option->value))
            return complain(parsing, STATUS_USAGE, word, "không có tùy chọn này",
                            "there is no such option");
        takes_value = option->value != NULL;
        if (!takes_value)
            json_write_flag(&parsing->writer, option->key, true);
    } else {
        option = NULL;
    }
    if (!takes_value)
        return STATUS_OK;
    if (!value)
        return complain(parsing, STATUS_USAGE, word, "còn thiếu giá trị", "its value is missing");
    *used = equals ? 1 : 2;
    if (option) {
        json_write_text(&parsing->writer, option->key, bytes_of_text(value));
        if (strcmp(option->key, "calendar") == 0)
            return take_content(parsing, value);
    } else if (bytes_equal_text(name, "--home"))
        arguments->home = value;
    else
        arguments->as = value;
    return STATUS_OK;
}

/* Whether an earlier pair has the group and key of the one at |index|. */
static bool is_written(const struct parsing *parsing, size_t index)
{
    const struct pair *pair = &parsing->pairs[index];

    for (size_t i = 0; i < index; i++) {
        if (strcmp(parsing->pairs[i].group, pair->group) == 0 &&
            bytes_equal(parsing->pairs[i].key, pair->key))
            return true;
    }
    return false;
}

/* One member of a group: a text, or for lists an array of all that were given for the key. */
static void write_pair(struct parsing *parsing, size_t index)
{
    char key[LIMIT_KEY_BYTES + 1] = {0};
    const struct pair *pair = &parsing->pairs[index];
    bool list = strcmp(pair->group, "add") == 0 || strcmp(pair->group, "remove") == 0;

    memcpy(key, pair->key.at, pair->key.size);
    if (!list) {
        json_write_text(&parsing->writer, key, pair->value);
        return;
    }
    json_open_array(&parsing->writer, key);
    for (size_t i = index; i < parsing->pair_count; i++) {
        if (strcmp(parsing->pairs[i].group, pair->group) == 0 &&
            bytes_equal(parsing->pairs[i].key, pair->key))
            json_write_text(&parsing->writer, NULL, parsing->pairs[i].value);
    }
    json_close_array(&parsing->writer);
}

static enum status write_pairs(struct parsing *parsing)
{
    static const char *const groups[] = {"fields", "add", "remove", "choose"};

    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        bool open = false;
        for (size_t i = 0; i < parsing->pair_count; i++) {
            if (strcmp(parsing->pairs[i].group, groups[g]) != 0)
                continue;
            if (is_written(parsing, i)) {
                if (g == 0 || g == 3)
                    return complain(parsing, STATUS_USAGE, (const char *)parsing->pairs[i].key.at,
                                    "trường được nêu hai lần", "the field is named twice");
                continue;
            }
            if (!open)
                json_open_object(&parsing->writer, groups[g]);
            open = true;
            write_pair(parsing, i);
        }
        if (open)
            json_close_object(&parsing->writer);
    }
    return STATUS_OK;
}

/* What is not UTF-8 would reach the record as something else than was typed. */
static enum status check_words(const struct parsing *parsing, int count, char *const *words)
{
    char place[32];

    for (int i = 0; i < count; i++) {
        if (text_is_utf8(bytes_of_text(words[i])))
            continue;
        (void)snprintf(place, sizeof place, parsing->vietnamese ? "từ thứ %d" : "word %d", i + 1);
        return complain(parsing, STATUS_USAGE, place, "không phải văn bản UTF-8", "it is no UTF-8");
    }
    return STATUS_OK;
}

static enum status take_words(struct parsing *parsing, int count, char *const *words)
{
    enum status status = STATUS_OK;
    bool plain = false; /* after "--" nothing is an option */

    for (int i = 0; i < count && !status;) {
        int used = 1;
        if (!plain && strcmp(words[i], "--") == 0) {
            plain = true;
        } else if (!plain && words[i][0] == '-' && words[i][1] == '-') {
            status = take_option(parsing, count - i, words + i, &used);
        } else if (!parsing->arguments->verb) {
            parsing->arguments->verb = verb_of(words[i]);
            if (!parsing->arguments->verb)
                status = complain(parsing, STATUS_USAGE, words[i], "không có lệnh này",
                                  "there is no such verb");
        } else {
            status = take_positional(parsing, words[i]);
        }
        i += used;
    }
    return status;
}

enum status arguments_read(int count, char *const *words, bool vietnamese,
                           struct arguments *arguments, struct buffer *out,
                           char problem[ARGUMENTS_PROBLEM_BYTES])
{
    struct parsing parsing = {.arguments = arguments, .vietnamese = vietnamese, .problem = problem};

    problem[0] = 0;
    /* A problem with an earlier word is told in the form a later one asks for. */
    for (int i = 0; i < count && strcmp(words[i], "--") != 0; i++)
        arguments->json = arguments->json || strcmp(words[i], "--json") == 0;
    json_write_start(&parsing.writer, out);
    json_open_object(&parsing.writer, NULL);
    enum status status = check_words(&parsing, count, words);
    if (!status)
        status = take_words(&parsing, count, words);
    if (!status)
        status = write_pairs(&parsing);
    for (size_t i = 0; i < parsing.pair_count; i++)
        buffer_deinit(&parsing.pairs[i].file);
    if (status)
        return status;
    if (arguments->as)
        json_write_text(&parsing.writer, "as", bytes_of_text(arguments->as));
    json_close_object(&parsing.writer);
    buffer_append_u8(out, 0);
    status = buffer_status(out);
    if (status || arguments->help || arguments->version)
        return status;
    if (!arguments->verb)
        return complain(&parsing, STATUS_USAGE, "hoso", "cần một lệnh; xem hoso --help",
                        "a verb is needed; see hoso --help");
    if (arguments->verb->positional[parsing.positional])
        return complain(&parsing, STATUS_USAGE, arguments->verb->usage, "còn thiếu từ",
                        "a word is missing");
    return STATUS_OK;
}

void arguments_refuse(const struct command_request *request, struct command_answer *answer,
                      enum status status, const char *problem)
{
    struct call call = {.json = request->json, .vietnamese = request->vietnamese, .answer = answer};
    bool usage = status == STATUS_USAGE;
    const struct failure failure = {
        .code = status == STATUS_NOT_FOUND ? HOSO_NOT_FOUND : HOSO_USAGE,
        .name = usage ? "usage" : "file",
        .kept = {"Không có gì bị thay đổi.", "Nothing was changed."},
        .next = {"Xem cách dùng: hoso --help", "See how it is used: hoso --help"}};

    json_write_start(&call.writer, &answer->out);
    if (problem[0] == 0)
        call_fail_status(&call, status);
    else
        call_fail(&call, &failure, "%s.", "%s.", problem);
}

static void put_line(struct buffer *out, const char *first, const char *second)
{
    buffer_append_bytes(out, bytes_of_text(first));
    buffer_append_bytes(out, bytes_of_text(second));
    buffer_append_u8(out, '\n');
}

void arguments_help(const struct verb *verb, bool vietnamese, struct buffer *out)
{
    if (verb) {
        put_line(out, vietnamese ? "Cách dùng: hoso " : "Usage: hoso ", verb->usage);
        put_line(out, vietnamese ? verb->summary.vietnamese : verb->summary.english, "");
        put_line(out, vietnamese ? "Ví dụ: " : "Example: ", verb->example);
        put_line(out, "[--home DIR] [--json] [--as OFFICER[:HAT]]", "");
        return;
    }
    put_line(out, vietnamese ? "Cách dùng: hoso LỆNH … " : "Usage: hoso VERB … ",
             "[--home DIR] [--json] [--as OFFICER[:HAT]]");
    for (size_t i = 0; (verb = verb_at(i)) != NULL; i++) {
        put_line(out, "  hoso ", verb->usage);
        put_line(out, "      ", vietnamese ? verb->summary.vietnamese : verb->summary.english);
    }
    put_line(out, vietnamese ? "Ví dụ: " : "Example: ", "hoso list --find 'ho thi hoa' --limit 5");
}
