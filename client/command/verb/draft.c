#include "client/command/verb/draft.h"

#include "client/command/value.h"

#include <string.h>

static const struct words nothing_changed = {"Không có gì bị thay đổi.", "Nothing was changed."};

bool draft_begin(struct draft *draft, struct call *call, uint64_t kind)
{
    struct actor actor;

    *draft = (struct draft){.call = call, .pack = call_pack(call)};
    if (!draft->pack || !call_actor(call, &actor))
        return false;
    draft->act.kind = kind;
    draft->act.officer = actor.officer->code;
    draft->act.hat = actor.hat;
    draft->act.source = SOURCE_HERE;
    draft->act.purpose = LOG_COUNTER;
    draft->act.writes = draft->writes;
    return true;
}

static struct act_write *next_write(struct draft *draft)
{
    if (draft->act.write_count == LIMIT_WRITES) {
        call_fail_usage(draft->call, "k=v", "quá nhiều trường", "too many fields");
        return NULL;
    }
    return &draft->writes[draft->act.write_count++];
}

const struct pack_field *draft_field(struct draft *draft, struct bytes key)
{
    const struct pack_field *field = pack_field_of(draft->pack, key);
    const struct failure failure = {
        .code = HOSO_REFUSED,
        .name = "unknown_field",
        .kept = nothing_changed,
        .next = {"Xem các trường: hoso fields THỦ_TỤC", "See the fields: hoso fields PROCEDURE"}};

    if (!field)
        call_fail(draft->call, &failure, "Biểu mẫu không có trường \"%.*s\".",
                  "The form has no field \"%.*s\".", (int)key.size, (const char *)key.at);
    return field;
}

/* Only fields people write freely; the others change by verbs that know their rules. */
static bool may_write(struct draft *draft, const struct pack_field *field)
{
    enum policy policy = field->policy;
    const struct failure failure = {
        .code = HOSO_REFUSED,
        .name = "field_by_step",
        .kept = nothing_changed,
        .next = {"Trường này đổi bằng bước xử lý riêng hoặc hoso resolve.",
                 "It changes by a step of its own, or by hoso resolve."}};

    if (draft->any_policy || policy == POLICY_HUMAN || policy == POLICY_LATEST ||
        policy == POLICY_APPEND || policy == POLICY_SET)
        return true;
    call_fail(draft->call, &failure, "Trường \"%.*s\" không ghi trực tiếp được (%s).",
              "The field \"%.*s\" is not written directly (%s).", (int)field->key.size,
              (const char *)field->key.at, policy_name(policy));
    return false;
}

static bool operation_fits(struct draft *draft, const struct pack_field *field, uint64_t op)
{
    bool list = field->policy == POLICY_APPEND || field->policy == POLICY_SET;
    const struct failure failure = {.code = HOSO_USAGE,
                                    .name = "usage",
                                    .kept = nothing_changed,
                                    .next = {"Danh sách và ghi chú: k+=v, k-=v; trường khác: k=v.",
                                             "Lists and notes: k+=v, k-=v; other fields: k=v."}};

    if (list == (op != WRITE_SET))
        return true;
    call_fail(draft->call, &failure, "Trường \"%.*s\" %s.", "The field \"%.*s\" %s.",
              (int)field->key.size, (const char *)field->key.at,
              list ? call_pick(draft->call, "là danh sách", "is a list")
                   : call_pick(draft->call, "không phải danh sách", "is no list"));
    return false;
}

static bool write_field(struct draft *draft, const struct pack_field *field, uint64_t op,
                        struct bytes text)
{
    struct value_fault fault;
    struct bytes value;
    const struct failure failure = {.code = HOSO_REFUSED, .name = "value", .kept = nothing_changed};

    enum status status = value_parse(draft->pack, field, text, &draft->call->arena, &value, &fault);
    if (status == STATUS_USAGE)
        call_fail(draft->call, &failure, "%.*s: %s.", "%.*s: %s.", (int)field->key.size,
                  (const char *)field->key.at,
                  call_pick(draft->call, fault.words.vietnamese, fault.words.english));
    else
        call_fail_status(draft->call, status);
    struct act_write *write = status ? NULL : next_write(draft);
    if (!write)
        return false;
    *write = (struct act_write){.field = field->key, .op = op, .value = value};
    return true;
}

bool draft_write(struct draft *draft, const char *key, uint64_t op, struct bytes text)
{
    const struct pack_field *field = draft_field(draft, bytes_of_text(key));

    return field && may_write(draft, field) && operation_fits(draft, field, op) &&
           write_field(draft, field, op, text);
}

bool draft_choose(struct draft *draft, struct bytes key, struct bytes value,
                  const struct hash *sources, size_t source_count)
{
    const struct pack_field *field = draft_field(draft, key);
    struct act_write *write = field ? next_write(draft) : NULL;

    if (!write)
        return false;
    *write = (struct act_write){.field = field->key,
                                .op = WRITE_SET,
                                .value = value,
                                .sources = sources,
                                .source_count = source_count};
    return true;
}

/* The members of one group of the arguments. */
struct group_walk {
    struct draft *draft;
    uint64_t op;
    bool sound;
};

static bool take_member(void *context, const char *key, const struct json *member)
{
    struct group_walk *walk = context;
    struct draft *draft = walk->draft;
    uint64_t op = walk->op;
    const struct pack_field *field = pack_field_of(draft->pack, bytes_of_text(key));

    /* A note given at reception is the first of its list. */
    if (op == WRITE_SET && draft->act.kind == KIND_GENESIS && field &&
        (field->policy == POLICY_APPEND || field->policy == POLICY_SET))
        op = WRITE_ADD;
    if (json_holds_array(member)) {
        for (size_t i = 0; walk->sound && i < json_count(member); i++)
            walk->sound = draft_write(draft, key, op, json_as_text(json_item(member, i)));
    } else if (json_holds_text(member) || json_holds_null(member)) {
        walk->sound = draft_write(draft, key, op, json_as_text(member));
    } else {
        call_fail_usage(draft->call, key, "giá trị phải là văn bản", "a value is a text");
        walk->sound = false;
    }
    return walk->sound;
}

bool draft_take_fields(struct draft *draft)
{
    static const struct {
        const char *key;
        uint64_t op;
    } groups[] = {{"fields", WRITE_SET}, {"add", WRITE_ADD}, {"remove", WRITE_REMOVE}};
    struct group_walk walk = {.draft = draft, .sound = true};

    for (size_t i = 0; walk.sound && i < sizeof groups / sizeof *groups; i++) {
        walk.op = groups[i].op;
        json_members(json_member(draft->call->arguments, groups[i].key), take_member, &walk);
    }
    return walk.sound;
}

bool draft_has(const struct draft *draft, const char *key)
{
    for (size_t i = 0; i < draft->act.write_count; i++) {
        if (bytes_equal_text(draft->writes[i].field, key) && !value_is_nil(draft->writes[i].value))
            return true;
    }
    return false;
}

/* The job the writer runs. */
struct performance {
    const struct act *act;
    struct act_result *result;
};

static enum status perform(struct replica *replica, void *context)
{
    struct performance *performance = context;

    return replica_act(replica, performance->act, performance->result);
}

bool draft_perform(struct draft *draft, bool dry_run, struct act_result *result)
{
    const struct command_host *host = draft->call->host;
    struct performance performance = {.act = &draft->act, .result = result};
    enum status status;

    *result = (struct act_result){.repeated = false};
    if (dry_run)
        status = replica_act_check(host->replica, &draft->act, result);
    else
        status = host->submit(host->context, perform, &performance);
    if (status)
        call_fail_act(draft->call, status, result);
    return status == STATUS_OK;
}
