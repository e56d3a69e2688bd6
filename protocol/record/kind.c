#include "protocol/record/record.h"

static const char *const hat_names[] = {
    [HAT_NONE] = NULL,
    [HAT_RECEPTION] = "reception",
    [HAT_SPECIALIST] = "specialist",
    [HAT_LEADER] = "leader",
    [HAT_HEAD_OF_ONE_STOP] = "head_of_one_stop",
    [HAT_CLERK] = "clerk",
    [HAT_CASHIER] = "cashier",
    [HAT_CASE_DECIDER] = "case_decider",
    [HAT_HUB_OPERATOR] = "hub_operator",
    [HAT_ANALYST] = "analyst",
    [HAT_INSPECTOR] = "inspector",
    [HAT_IT] = "it",
};

enum { HATS = sizeof hat_names / sizeof hat_names[0] };

struct kind_row {
    uint64_t kind;
    const char *name;
};

static const struct kind_row kinds[] = {
    {KIND_OPENING, "opening"}, {KIND_GRANT, "grant"},           {KIND_REVOCATION, "revocation"},
    {KIND_PACK, "pack"},       {KIND_RULES, "rules"},           {KIND_RELEASE, "release"},
    {KIND_REFUSAL, "refusal"}, {KIND_CLONE, "clone"},           {KIND_ERASURE, "erasure"},
    {KIND_LEASE, "lease"},     {KIND_GENESIS, "genesis"},       {KIND_STEP, "step"},
    {KIND_EDIT, "edit"},       {KIND_RESOLUTION, "resolution"}, {KIND_REPACK, "repack"},
};

const char *hat_name(uint64_t hat)
{
    return hat < HATS ? hat_names[hat] : NULL;
}

enum hat hat_of_name(struct bytes text)
{
    for (size_t i = 1; i < HATS; i++) {
        if (bytes_equal_text(text, hat_names[i])) {
            return (enum hat)i;
        }
    }
    return HAT_NONE;
}

const char *record_kind_name(uint64_t kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].kind == kind) {
            return kinds[i].name;
        }
    }
    return NULL;
}

bool record_is_of_case(uint64_t kind)
{
    return kind >= KIND_GENESIS;
}

bool record_is_authority(uint64_t kind)
{
    return kind >= KIND_GRANT && kind < KIND_LEASE;
}
