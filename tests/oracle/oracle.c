#include "tests/oracle/inside.h"

#include <string.h>

bool in(record_set set, int record)
{
    return (set >> record & 1) != 0;
}

record_set bit(int record)
{
    return (record_set)1 << record;
}

bool same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

const char *oracle_key(size_t field)
{
    static const char *const keys[ORACLE_FIELDS] = {
        "ma_tthc",    "ma_ho_so",   "chu_ho_so", "nguoi_nop", "dia_chi",    "trang_thai",
        "hen_tra",    "nguoi_ky",   "ket_qua",   "bo_sung",   "hen_lai",    "nguoi_nhan",
        "so_ket_qua", "thanh_phan", "ghi_chu",   "",          VIEW_PACK_KEY};
    return keys[field];
}

size_t field_of(const char *key)
{
    for (size_t i = 0; i < ORACLE_FIELDS; i++) {
        if (strcmp(oracle_key(i), key) == 0)
            return i;
    }
    return NO_FIELD;
}

/* ---- who counts whom ---- */

record_set parents_of(const struct oracle_case *of, int record)
{
    record_set parents = 0;
    const struct fixture_act *act = &of->acts[record];
    for (size_t i = 0; i < act->parent_count; i++)
        parents |= bit(act->parents[i]);
    for (int i = record - 1; i >= 0; i--) {
        if (of->acts[i].log == act->log) {
            parents |= bit(i);
            break;
        }
    }
    return parents;
}

record_set without_of(const struct oracle_case *of, int record)
{
    record_set without = 0;
    for (size_t i = 0; i < of->acts[record].without_count; i++)
        without |= bit(of->acts[record].without[i]);
    return without & ~bit(0);
}

static record_set reach(const struct oracle_case *of, int from, record_set allowed)
{
    record_set reached = bit(from);
    /* What is absent here cites nothing: it is only known to have been there. */
    record_set up = in(of->absent, from) ? 0 : parents_of(of, from) & ~without_of(of, from);
    for (int i = 0; i < ORACLE_RECORDS; i++) {
        if (in(up & allowed, i))
            reached |= reach(of, i, allowed);
    }
    return reached;
}

record_set oracle_counts(const struct oracle_case *of, record_set parents, record_set without)
{
    record_set counted = bit(0);
    without &= ~bit(0);
    for (int i = 0; i < ORACLE_RECORDS; i++) {
        if (!in(parents & ~without, i))
            continue;
        record_set within = in(of->absent, i) || i == 0
                                ? 0
                                : oracle_counts(of, parents_of(of, i), without_of(of, i));
        counted |= reach(of, i, within & ~without);
    }
    return counted;
}

static record_set by_paths(const struct oracle_case *of, int record, record_set named)
{
    record_set counted = 0;
    record_set up = in(of->absent, record) ? 0 : parents_of(of, record);
    named |= without_of(of, record);
    for (int i = 0; i < ORACLE_RECORDS; i++) {
        if (in(up & ~named, i))
            counted |= bit(i) | by_paths(of, i, named);
    }
    return counted;
}

record_set oracle_counts_by_paths(const struct oracle_case *of, int record)
{
    return by_paths(of, record, 0) | bit(0);
}

/* ---- what is written ---- */

static void say(struct oracle *oracle, size_t field, struct saying saying)
{
    oracle->sayings[field][oracle->saying_counts[field]++] = saying;
}

static bool personal(const struct oracle *oracle, size_t field)
{
    return field < NO_FIELD && !oracle->of->fixture->packs[0]->fields[field].impersonal;
}

static const char *const erased_label = "(đã xóa)";

static const char *written_value(const struct fixture_write *write)
{
    static const char *const numbers[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"};
    if (write->text != NULL || write->nil)
        return write->text;
    return numbers[write->number];
}

/* F12 */
static void read_through(const struct oracle *oracle, size_t field,
                         const struct fixture_write *write, struct saying *saying)
{
    const struct oracle_case *of = oracle->of;
    for (size_t i = 0; i < write->source_count; i++) {
        int source = write->sources[i];
        for (size_t j = 0; j < of->acts[source].write_count; j++) {
            if (in(of->absent, source) || !of->erased[source] ||
                strcmp(of->acts[source].writes[j].field, write->field) != 0)
                continue;
            saying->erased = personal(oracle, field);
            saying->value =
                saying->erased ? erased_label : written_value(&of->acts[source].writes[j]);
            return;
        }
    }
}

static void read_write(struct oracle *oracle, int record, const struct fixture_write *write,
                       bool shown)
{
    const struct oracle_case *of = oracle->of;
    size_t field = field_of(write->field);
    struct saying saying = {.record = record,
                            .op = write->op,
                            .value = written_value(write),
                            .sources = write->sources,
                            .source_count = write->source_count,
                            .shown = shown};
    if (of->erased[record] && personal(oracle, field)) {
        saying.value = erased_label;
        saying.erased = true;
    }
    if (of->acts[record].kind == KIND_RESOLUTION)
        read_through(oracle, field, write, &saying);
    say(oracle, field, saying);
}

static bool act_writes(const struct fixture_act *act, const char *key)
{
    for (size_t i = 0; i < act->write_count; i++) {
        if (strcmp(act->writes[i].field, key) == 0)
            return true;
    }
    return false;
}

const struct step *step_taken(const struct fixture_act *act)
{
    if (act->kind == KIND_GENESIS)
        return step_of_genesis(bytes_of_text(act->step != NULL ? act->step : ""));
    return act->kind == KIND_STEP ? step_of(bytes_of_text(act->step)) : NULL;
}

static const char *pack_name(const struct oracle *oracle, const struct hash *hash)
{
    static const char *const names[] = {"0", "1", "2", "3"};
    for (size_t i = 0; i < oracle->of->fixture->pack_count; i++) {
        if (hash_equal(&oracle->of->fixture->packs[i]->hash, hash))
            return names[i];
    }
    return names[0];
}

void read_record(struct oracle *oracle, int record)
{
    static const char *const states[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"};
    const struct fixture_act *act = &oracle->of->acts[record];
    for (size_t i = 0; i < act->write_count; i++)
        read_write(oracle, record, &act->writes[i], false);
    for (size_t i = 0; i < act->shown_count; i++) {
        if (!act_writes(act, act->shown[i].field))
            read_write(oracle, record, &act->shown[i], true);
    }
    const struct step *step = step_taken(act);
    if (step != NULL && (step->from >> step->to & 1) == 0)
        say(oracle, STATE_FIELD,
            (struct saying){.record = record, .value = states[step->to], .derived = true});
    if (act->kind == KIND_GENESIS || act->kind == KIND_REPACK)
        say(oracle, PACK_FIELD,
            (struct saying){
                .record = record, .value = pack_name(oracle, &act->pack), .derived = true});
}
