#include "client/replica/act/number.h"
#include "client/replica/case/index.h"
#include "client/text/text.h"

#include <stdlib.h>
#include <string.h>

enum { QUERY_BYTES = 512, QUERY_WORDS = 16, CASE_PREFIX_DIGITS = 8, CODE_PREFIX_BYTES = 8 };

static bool starts_with(struct bytes text, const uint8_t *prefix, size_t size)
{
    return text.size >= size && memcmp(text.at, prefix, size) == 0;
}

/*
 * The case numbers of the index keys from |from| on whose first |common| bytes are |from|'s, in
 * order of key; |each| ends it by setting |*more| false.
 */
static enum status each_indexed(struct replica_read *read, const struct index_key *from,
                                size_t common,
                                enum status (*each)(void *context, uint32_t number, bool *more),
                                void *context)
{
    struct store_cursor *cursor = NULL;
    struct bytes key = {NULL, 0};
    struct bytes value = {NULL, 0};
    bool more = true;
    enum status status = store_cursor_open(read->store, TABLE_INDEX, &cursor);
    if (status != STATUS_OK) {
        return status;
    }
    status = store_seek(cursor, bytes_of(from->bytes, from->size), &key, &value);
    while (status == STATUS_OK && starts_with(key, from->bytes, common)) {
        struct bytes text = {NULL, 0};
        uint32_t number = 0;
        if (!index_key_decode(key, &text, &number)) {
            status = STATUS_CORRUPT;
            break;
        }
        status = each(context, number, &more);
        if (status != STATUS_OK || !more) {
            break;
        }
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* ---- codes and ids ---- */

struct naming {
    struct replica_read *read;
    struct name *cases;
    size_t most;
    size_t count;
};

/* Adds a case once; false when there is no more room. */
static bool add_name(struct naming *naming, const struct name *name)
{
    for (size_t i = 0; i < naming->count; i++) {
        if (name_equal(&naming->cases[i], name)) {
            return true;
        }
    }
    if (naming->count == naming->most) {
        return false;
    }
    naming->cases[naming->count++] = *name;
    return true;
}

static enum status name_case(void *context, uint32_t number, bool *more)
{
    struct naming *naming = context;
    struct case_row row;
    enum status status = log_case_get(naming->read->store, number, &row);
    *more = status == STATUS_OK && add_name(naming, &row.name);
    return status;
}

static enum status name_by_code(struct replica_read *read, struct bytes code, bool whole,
                                struct naming *naming)
{
    static const enum index_kind kinds[] = {INDEX_LIST, INDEX_OTHER_CODE};
    enum status status = STATUS_OK;
    if (code.size > LIMIT_CODE_BYTES) {
        return STATUS_OK;
    }
    for (size_t i = 0; i < 2 && status == STATUS_OK; i++) {
        struct index_key prefix = index_prefix(kinds[i], code);
        if (whole) {
            prefix.bytes[prefix.size++] = 0;
        }
        status = each_indexed(read, &prefix, prefix.size, name_case, naming);
    }
    return status;
}

/* The own unit's numbers are never stale: a code given in the open group is found by them. */
static enum status name_by_number(struct replica_read *read, struct bytes text,
                                  struct naming *naming)
{
    struct code code;
    struct name name;
    if (!code_parse(text, &code)) {
        return STATUS_OK;
    }
    enum status status = number_find(read->store, &code, &name);
    if (status == STATUS_OK) {
        (void)add_name(naming, &name);
    }
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* |digits| hex digits of |name| equal those of |want|; an odd last digit is a half byte. */
static bool hex_prefix(const struct name *name, const struct name *want, size_t digits)
{
    size_t whole = digits / 2;
    if (memcmp(name->bytes, want->bytes, whole) != 0) {
        return false;
    }
    return digits % 2 == 0 || (name->bytes[whole] & 0xf0) == (want->bytes[whole] & 0xf0);
}

static enum status name_by_id(struct replica_read *read, struct bytes hex, struct naming *naming)
{
    struct name want = {{0}};
    char padded[33] = "";
    size_t size = 0;
    if (hex.size < CASE_PREFIX_DIGITS || hex.size > 32) {
        return STATUS_OK;
    }
    memcpy(padded, hex.at, hex.size);
    memset(padded + hex.size, '0', 32 - hex.size);
    if (!hex_decode(padded, 32, want.bytes, sizeof want.bytes, &size)) {
        return STATUS_OK;
    }
    struct store_cursor *cursor = NULL;
    struct bytes key = {NULL, 0};
    struct bytes value = {NULL, 0};
    enum status status = store_cursor_open(read->store, TABLE_CASE_NAME, &cursor);
    if (status != STATUS_OK) {
        return status;
    }
    status = store_seek(cursor, bytes_of(want.bytes, sizeof want.bytes), &key, &value);
    while (status == STATUS_OK && key.size >= sizeof want.bytes) {
        struct name name;
        memcpy(name.bytes, key.at, sizeof name.bytes);
        if (!hex_prefix(&name, &want, hex.size) || !add_name(naming, &name)) {
            break;
        }
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* What follows "tạm-" or "tam-" in any normal form; else the text itself. */
static struct bytes without_provisional(struct bytes text)
{
    static const char *const marks[] = {"tạm-", "ta\xcc\xa3m-", "tam-"};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        size_t size = strlen(marks[i]);
        if (starts_with(text, (const uint8_t *)marks[i], size)) {
            return bytes_of(text.at + size, text.size - size);
        }
    }
    return text;
}

enum status replica_cases_named(struct replica_read *read, struct bytes text, struct name *cases,
                                size_t most, size_t *count)
{
    struct naming naming = {.read = read, .cases = cases, .most = most};
    struct bytes wanted = text_trim(text);
    *count = 0;
    if (wanted.size == 0) {
        return STATUS_OK;
    }
    enum status status = name_by_number(read, wanted, &naming);
    if (status == STATUS_OK) {
        status = name_by_code(read, wanted, true, &naming);
    }
    if (status == STATUS_OK && naming.count == 0) {
        status = name_by_id(read, without_provisional(wanted), &naming);
    }
    if (status == STATUS_OK && naming.count == 0 && wanted.size >= CODE_PREFIX_BYTES) {
        status = name_by_code(read, wanted, false, &naming);
    }
    *count = naming.count;
    return status;
}

/* ---- the list ---- */

struct listing {
    struct replica_read *read;
    bool (*each)(void *context, const struct summary *row);
    void *context;
};

static enum status list_case(void *context, uint32_t number, bool *more)
{
    const struct listing *listing = context;
    struct summary_row row;
    enum status status = summary_get(listing->read->store, number, &row);
    *more = status == STATUS_OK && listing->each(listing->context, &row.summary);
    return status;
}

enum status replica_each_summary(struct replica_read *read, struct bytes after,
                                 bool (*each)(void *context, const struct summary *row),
                                 void *context)
{
    struct listing listing = {.read = read, .each = each, .context = context};
    struct index_key from = index_prefix(INDEX_LIST, after);
    if (after.size > 0) {
        from = index_key(INDEX_LIST, after, UINT32_MAX);
    }
    return each_indexed(read, &from, 1, list_case, &listing);
}

/* ---- search ---- */

struct hits {
    uint32_t *cases; /* ascending */
    size_t count;
    size_t capacity;
};

static enum status add_hit(void *context, uint32_t number, bool *more)
{
    struct hits *hits = context;
    *more = true;
    if (hits->count == hits->capacity) {
        size_t capacity = hits->capacity == 0 ? 256 : hits->capacity * 2;
        uint32_t *grown = realloc(hits->cases, capacity * sizeof *grown);
        if (grown == NULL) {
            return STATUS_NO_MEMORY;
        }
        hits->cases = grown;
        hits->capacity = capacity;
    }
    hits->cases[hits->count++] = number;
    return STATUS_OK;
}

static int compare_cases(const void *a, const void *b)
{
    uint32_t left = 0;
    uint32_t right = 0;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    return (left > right) - (left < right);
}

/* Cases that hold a word: |word| itself, or with |open| any that begins with it. */
static enum status find_word(struct replica_read *read, struct bytes word, bool open,
                             struct hits *hits)
{
    struct index_key prefix = index_prefix(INDEX_WORD, word);
    if (!open) {
        prefix.bytes[prefix.size++] = 0;
    }
    enum status status = each_indexed(read, &prefix, prefix.size, add_hit, hits);
    if (status == STATUS_OK && open && hits->count > 1) {
        qsort(hits->cases, hits->count, sizeof *hits->cases, compare_cases);
        size_t kept = 1;
        for (size_t i = 1; i < hits->count; i++) {
            if (hits->cases[i] != hits->cases[kept - 1]) {
                hits->cases[kept++] = hits->cases[i];
            }
        }
        hits->count = kept;
    }
    return status;
}

/* Keeps in |all| what is in |more| too. */
static void intersect(struct hits *all, const struct hits *more)
{
    size_t kept = 0;
    size_t at = 0;
    for (size_t i = 0; i < all->count; i++) {
        while (at < more->count && more->cases[at] < all->cases[i]) {
            at++;
        }
        if (at < more->count && more->cases[at] == all->cases[i]) {
            all->cases[kept++] = all->cases[i];
        }
    }
    all->count = kept;
}

struct query {
    struct buffer plain; /* words without marks */
    struct buffer exact; /* the same words with their marks */
    bool open;           /* the last word may go on */
};

static enum status find_all(struct replica_read *read, const struct query *query, struct hits *hits)
{
    struct bytes rest = buffer_view(&query->plain);
    struct bytes word = {NULL, 0};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < QUERY_WORDS && status == STATUS_OK && text_next_word(&rest, &word);
         i++) {
        struct hits more = {NULL, 0, 0};
        bool last = rest.size == 0;
        struct bytes key = word;
        key.size = key.size < SUMMARY_WORD_BYTES ? key.size : SUMMARY_WORD_BYTES;
        status = find_word(read, key, last && query->open, &more);
        if (i == 0) {
            *hits = more;
            continue;
        }
        intersect(hits, &more);
        free(more.cases);
    }
    return status;
}

/* Whether one of the first |most| words is |wanted|, or with |open| begins with it. */
static bool holds_word(struct bytes words, size_t most, struct bytes wanted, bool open)
{
    struct bytes word = {NULL, 0};
    for (size_t i = 0; i < most && text_next_word(&words, &word); i++) {
        if (starts_with(word, wanted.at, wanted.size) && (open || word.size == wanted.size)) {
            return true;
        }
    }
    return false;
}

enum { EXACT_WORD = 4, EXACT_BEGINNING = 2, PLAIN_WORD = 1 };

/* How well a row fits: words with the very marks weigh most, a word begun least. */
static unsigned score_row(const struct query *query, const struct summary_row *row)
{
    struct bytes rest = buffer_view(&query->exact);
    struct bytes wanted = {NULL, 0};
    unsigned score = 0;
    while (text_next_word(&rest, &wanted)) {
        if (holds_word(row->exact, SIZE_MAX, wanted, false)) {
            score += EXACT_WORD;
        } else if (query->open && rest.size == 0 &&
                   holds_word(row->exact, SIZE_MAX, wanted, true)) {
            score += EXACT_BEGINNING;
        }
    }
    rest = buffer_view(&query->plain);
    while (text_next_word(&rest, &wanted)) {
        score += holds_word(row->words, SIZE_MAX, wanted, false) ? PLAIN_WORD : 0;
    }
    return score;
}

/* How many of the words are the owner's: he comes before who only hands papers in. */
static unsigned score_owner(const struct query *query, const struct summary_row *row)
{
    struct bytes rest = buffer_view(&query->plain);
    struct bytes wanted = {NULL, 0};
    unsigned score = 0;
    while (text_next_word(&rest, &wanted)) {
        bool open = query->open && rest.size == 0;
        score += holds_word(row->words, row->owner_words, wanted, open);
    }
    return score;
}

struct candidate {
    unsigned score;
    unsigned owner;
    int64_t received;
    uint32_t number;
};

/* Best first; of equals the owner's own, then the newest dossier: it is the one asked for at the
 * counter. */
static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *left = a;
    const struct candidate *right = b;
    if (left->score != right->score) {
        return left->score > right->score ? -1 : 1;
    }
    if (left->owner != right->owner) {
        return left->owner > right->owner ? -1 : 1;
    }
    if (left->received != right->received) {
        return left->received > right->received ? -1 : 1;
    }
    return (left->number > right->number) - (left->number < right->number);
}

static enum status rank(struct replica_read *read, const struct query *query,
                        const struct hits *hits, struct candidate *candidates)
{
    for (size_t i = 0; i < hits->count; i++) {
        struct summary_row row;
        enum status status = summary_get(read->store, hits->cases[i], &row);
        if (status != STATUS_OK) {
            return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
        }
        candidates[i] = (struct candidate){.score = score_row(query, &row),
                                           .owner = score_owner(query, &row),
                                           .received = row.summary.received,
                                           .number = hits->cases[i]};
    }
    qsort(candidates, hits->count, sizeof *candidates, compare_candidates);
    return STATUS_OK;
}

static enum status make_query(struct bytes text, struct query *query)
{
    struct bytes typed = bytes_of(text.at, text.size < QUERY_BYTES ? text.size : QUERY_BYTES);
    while (typed.size > 0 && text.size > typed.size && !text_is_utf8(typed)) {
        typed.size--;
    }
    enum status status = text_search_key(typed, &query->plain);
    if (status == STATUS_OK) {
        status = text_exact_key(typed, &query->exact);
    }
    query->open = typed.size > 0 && typed.at[typed.size - 1] != ' ';
    return status == STATUS_MALFORMED ? STATUS_USAGE : status;
}

enum status replica_find(struct replica_read *read, struct bytes text, size_t limit,
                         bool (*each)(void *context, const struct summary *row), void *context)
{
    struct hits hits = {NULL, 0, 0};
    struct candidate *candidates = NULL;
    struct query query = {.open = false};
    buffer_init(&query.plain, text_room(QUERY_BYTES));
    buffer_init(&query.exact, text_room(QUERY_BYTES));
    enum status status = make_query(text, &query);
    if (status == STATUS_OK) {
        status = find_all(read, &query, &hits);
    }
    if (status != STATUS_OK || hits.count == 0) {
        goto done;
    }
    candidates = calloc(hits.count, sizeof *candidates);
    if (candidates == NULL) {
        status = STATUS_NO_MEMORY;
        goto done;
    }
    status = rank(read, &query, &hits, candidates);
    for (size_t i = 0; i < hits.count && i < limit && status == STATUS_OK; i++) {
        struct summary_row row;
        status = summary_get(read->store, candidates[i].number, &row);
        if (status == STATUS_OK && !each(context, &row.summary)) {
            break;
        }
    }
done:
    free(candidates);
    free(hits.cases);
    buffer_deinit(&query.exact);
    buffer_deinit(&query.plain);
    return status;
}
