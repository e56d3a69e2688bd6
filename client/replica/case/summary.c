#include "client/replica/case/summary.h"

#include "client/replica/act/number.h"
#include "client/replica/case/field.h"
#include "client/text/text.h"
#include "protocol/case/deadline/deadline.h"

#include <string.h>

enum { FLAG_NOT_LOADED = 1, FLAG_NEWER = 2, FIXED_BYTES = 4 + 5 * 4 + 3 * 8 + 16 + 16 + 4 };
enum { TEXT_MOST = UINT16_MAX, NAME_SHOWN_BYTES = 512 };

/* ---- from a case ---- */

/* A long text is cut where a character begins: rows of a list hold no essays. */
static struct bytes cut(struct bytes text, size_t most)
{
    if (text.size <= most) {
        return text;
    }
    size_t size = most;
    while (size > 0 && (text.at[size] & 0xc0) == 0x80) {
        size--;
    }
    return bytes_of(text.at, size);
}

static struct bytes shown_text(const struct view *view, const char *key, size_t most)
{
    struct bytes text = {NULL, 0};
    return case_shown_text(view, key, &text) ? cut(text, most) : text;
}

static int64_t shown_time(const struct view *view, const char *key)
{
    int64_t seconds = 0;
    return case_shown_integer(view, key, &seconds) ? seconds : INT64_MIN;
}

static bool has_word(struct bytes words, struct bytes word)
{
    struct bytes one = {NULL, 0};
    while (text_next_word(&words, &one)) {
        if (bytes_equal(one, word)) {
            return true;
        }
    }
    return false;
}

/* Adds the words of |key| that are not there yet, each cut to what an index key takes. */
static void add_words(struct buffer *words, struct bytes key, size_t *count)
{
    struct bytes word = {NULL, 0};
    while (text_next_word(&key, &word) && *count < SUMMARY_WORDS) {
        word = cut(word, SUMMARY_WORD_BYTES);
        if (words->size + word.size + 1 > SUMMARY_WORDS_BYTES) {
            return;
        }
        if (has_word(buffer_view(words), word)) {
            continue;
        }
        if (words->size > 0) {
            buffer_append_u8(words, ' ');
        }
        buffer_append_bytes(words, word);
        *count += 1;
    }
}

typedef enum status (*make_key)(struct bytes text, struct buffer *out);

struct wording {
    make_key make;
    struct buffer words;
    struct buffer key;
    size_t count;
};

static enum status word_text(struct wording *wording, struct bytes text)
{
    struct bytes part = cut(text, SUMMARY_WORDS_BYTES / 4);
    buffer_reset(&wording->key);
    enum status status = wording->make(part, &wording->key);
    if (status == STATUS_OK) {
        add_words(&wording->words, buffer_view(&wording->key), &wording->count);
    }
    return status == STATUS_NO_MEMORY ? status : STATUS_OK;
}

/* A field in conflict is found by each of its values. */
static enum status word_field(struct wording *wording, const struct view *view, const char *key)
{
    const struct view_field *field = view_field_of(view, bytes_of_text(key));
    enum status status = STATUS_OK;
    struct bytes text = {NULL, 0};
    for (size_t i = 0; field != NULL && i < field->version_count && status == STATUS_OK; i++) {
        if (value_text(field->versions[i].value_bytes, &text)) {
            status = word_text(wording, text);
        }
    }
    return status;
}

static enum status make_words(const struct view *view, make_key make, struct arena *arena,
                              struct bytes *words, size_t *owner_words)
{
    static const char *const keys[] = {FIELD_KEY_OWNER, FIELD_KEY_SUBMITTER,
                                       FIELD_KEY_IDENTITY_NUMBER, FIELD_KEY_PHONE, FIELD_KEY_CODE};
    struct wording wording = {.make = make};
    enum status status = STATUS_OK;
    bool copied = false;
    buffer_init(&wording.words, SUMMARY_WORDS_BYTES);
    buffer_init(&wording.key, text_room(SUMMARY_WORDS_BYTES));
    for (size_t i = 0; i < sizeof keys / sizeof keys[0] && status == STATUS_OK; i++) {
        status = word_field(&wording, view, keys[i]);
        *owner_words = i == 0 ? wording.count : *owner_words;
    }
    if (status == STATUS_OK) {
        status = buffer_status(&wording.words);
    }
    if (status == STATUS_OK) {
        *words = arena_copy(arena, buffer_view(&wording.words), &copied);
        status = copied ? STATUS_OK : STATUS_NO_MEMORY;
    }
    buffer_deinit(&wording.key);
    buffer_deinit(&wording.words);
    return status;
}

/* Codes of a conflict beside the shown one: the case answers to each. */
static enum status other_codes(const struct view *view, struct bytes shown, struct arena *arena,
                               struct bytes *codes)
{
    const struct view_field *field = view_field_of(view, bytes_of_text(FIELD_KEY_CODE));
    struct buffer all;
    bool copied = false;
    buffer_init(&all, SUMMARY_WORDS_BYTES);
    for (size_t i = 0; field != NULL && i < field->version_count; i++) {
        struct bytes code = {NULL, 0};
        if (value_text(field->versions[i].value_bytes, &code) && code.size <= LIMIT_CODE_BYTES &&
            all.size + code.size < SUMMARY_WORDS_BYTES && !bytes_equal(code, shown)) {
            buffer_append_bytes(&all, code);
            buffer_append_u8(&all, 0);
        }
    }
    enum status status = buffer_status(&all);
    if (status == STATUS_OK) {
        *codes = arena_copy(arena, buffer_view(&all), &copied);
        status = copied ? STATUS_OK : STATUS_NO_MEMORY;
    }
    buffer_deinit(&all);
    return status;
}

static void count_records(const struct loaded_case *loaded, struct summary *summary)
{
    const struct view *view = &loaded->view;
    summary->records = loaded->count;
    for (size_t i = 0; i < loaded->count; i++) {
        summary->refused += loaded->inputs[i].standing == STANDING_REFUSED;
    }
    for (size_t i = 0; i < view->entry_count; i++) {
        summary->held += view->entries[i].effect == EFFECT_HELD;
        summary->ineffective +=
            view->entries[i].effect == EFFECT_NONE || view->entries[i].effect == EFFECT_UNSOUND;
    }
}

static enum status take_deadline(const struct view *view, struct arena *arena,
                                 struct summary *summary)
{
    struct deadline deadline;
    enum status status = deadline_of(view, arena, &deadline);
    summary->due = deadline.source == DEADLINE_NONE ? INT64_MIN : deadline.due.seconds;
    return status;
}

enum status summary_of_case(const struct loaded_case *loaded, struct arena *arena,
                            struct summary_row *row)
{
    const struct view *view = &loaded->view;
    struct summary *summary = &row->summary;
    *row = (struct summary_row){.scope = loaded->row.scope};
    summary->case_name = loaded->row.name;
    summary->view_hash = view->hash16;
    summary->not_loaded = view->load == VIEW_NOT_LOADED;
    summary->newer = view->load == VIEW_NEWER;
    summary->state = view->state;
    summary->standing_state = view->standing_state;
    summary->conflicts = view->conflict_count;
    summary->unit = cut(view->unit, LIMIT_CODE_BYTES);
    summary->code = shown_text(view, FIELD_KEY_CODE, LIMIT_CODE_BYTES);
    summary->procedure = shown_text(view, FIELD_KEY_PROCEDURE, LIMIT_CODE_BYTES);
    summary->owner = shown_text(view, FIELD_KEY_OWNER, NAME_SHOWN_BYTES);
    summary->submitter = shown_text(view, FIELD_KEY_SUBMITTER, NAME_SHOWN_BYTES);
    summary->received = shown_time(view, FIELD_KEY_RECEIVED);
    summary->handed_over = shown_time(view, FIELD_KEY_HANDED_OVER);
    if (view->pack != NULL) {
        const struct pack_procedure *procedure = pack_procedure_of(view->pack, summary->procedure);
        summary->domain =
            procedure == NULL ? bytes_of(NULL, 0) : cut(procedure->domain, LIMIT_CODE_BYTES);
    }
    count_records(loaded, summary);
    size_t owner_words = 0;
    size_t exact_words = 0;
    enum status status = take_deadline(view, arena, summary);
    if (status == STATUS_OK) {
        status = make_words(view, text_search_key, arena, &row->words, &owner_words);
    }
    if (status == STATUS_OK) {
        status = make_words(view, text_exact_key, arena, &row->exact, &exact_words);
    }
    row->owner_words = (uint8_t)owner_words;
    if (status == STATUS_OK) {
        status = other_codes(view, summary->code, arena, &row->other_codes);
    }
    return status;
}

/* ---- the row ---- */

static void put_text(struct buffer *out, struct bytes text)
{
    buffer_append_u8(out, (uint8_t)(text.size >> 8));
    buffer_append_u8(out, (uint8_t)text.size);
    buffer_append_bytes(out, text);
}

enum status summary_encode(const struct summary_row *row, struct buffer *out)
{
    const struct summary *summary = &row->summary;
    const uint64_t counts[] = {summary->conflicts, summary->records, summary->held,
                               summary->ineffective, summary->refused};
    const struct bytes texts[] = {summary->code,   summary->unit,  summary->procedure,
                                  summary->domain, summary->owner, summary->submitter,
                                  row->words,      row->exact,     row->other_codes};
    buffer_append_u8(out, (uint8_t)((summary->not_loaded ? FLAG_NOT_LOADED : 0) |
                                    (summary->newer ? FLAG_NEWER : 0)));
    buffer_append_u8(out, (uint8_t)summary->state);
    buffer_append_u8(out, (uint8_t)summary->standing_state);
    buffer_append_u8(out, row->owner_words);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        buffer_append_be32(out, counts[i] > UINT32_MAX ? UINT32_MAX : (uint32_t)counts[i]);
    }
    buffer_append_be64(out, (uint64_t)summary->received);
    buffer_append_be64(out, (uint64_t)summary->due);
    buffer_append_be64(out, (uint64_t)summary->handed_over);
    buffer_append(out, summary->case_name.bytes, sizeof summary->case_name.bytes);
    buffer_append(out, summary->view_hash.bytes, sizeof summary->view_hash.bytes);
    buffer_append_be32(out, row->scope);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i].size > TEXT_MOST) {
            return STATUS_LIMIT;
        }
        put_text(out, texts[i]);
    }
    return buffer_status(out);
}

static bool take_text(struct bytes *rest, struct bytes *text)
{
    if (rest->size < 2) {
        return false;
    }
    size_t size = (size_t)rest->at[0] << 8 | rest->at[1];
    if (rest->size - 2 < size) {
        return false;
    }
    *text = bytes_of(rest->at + 2, size);
    *rest = bytes_of(rest->at + 2 + size, rest->size - 2 - size);
    return true;
}

static int64_t take_seconds(const uint8_t *at)
{
    uint64_t bits = be64_load(at);
    int64_t seconds = 0;
    memcpy(&seconds, &bits, sizeof seconds);
    return seconds;
}

enum status summary_decode(struct bytes bytes, struct summary_row *row)
{
    *row = (struct summary_row){.scope = 0};
    if (bytes.size < FIXED_BYTES) {
        return STATUS_CORRUPT;
    }
    struct summary *summary = &row->summary;
    const uint8_t *at = bytes.at;
    summary->not_loaded = (at[0] & FLAG_NOT_LOADED) != 0;
    summary->newer = (at[0] & FLAG_NEWER) != 0;
    summary->state = at[1];
    summary->standing_state = at[2];
    row->owner_words = at[3];
    summary->conflicts = be32_load(at + 4);
    summary->records = be32_load(at + 8);
    summary->held = be32_load(at + 12);
    summary->ineffective = be32_load(at + 16);
    summary->refused = be32_load(at + 20);
    summary->received = take_seconds(at + 24);
    summary->due = take_seconds(at + 32);
    summary->handed_over = take_seconds(at + 40);
    memcpy(summary->case_name.bytes, at + 48, sizeof summary->case_name.bytes);
    memcpy(summary->view_hash.bytes, at + 64, sizeof summary->view_hash.bytes);
    row->scope = be32_load(at + 80);
    struct bytes rest = bytes_of(at + FIXED_BYTES, bytes.size - FIXED_BYTES);
    struct bytes *const texts[] = {&summary->code,   &summary->unit,  &summary->procedure,
                                   &summary->domain, &summary->owner, &summary->submitter,
                                   &row->words,      &row->exact,     &row->other_codes};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (!take_text(&rest, texts[i])) {
            return STATUS_CORRUPT;
        }
    }
    return rest.size == 0 ? STATUS_OK : STATUS_CORRUPT;
}

enum status summary_get(struct store_read *read, uint32_t case_number, struct summary_row *row)
{
    struct table_key key = key_of_u32(case_number);
    struct bytes value = {NULL, 0};
    enum status status = store_get(read, TABLE_SUMMARY, key_bytes(&key), &value);
    return status == STATUS_OK ? summary_decode(value, row) : status;
}
