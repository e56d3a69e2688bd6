#include "client/command/bundle/bundle.h"

#include "client/command/verb.h"
#include "client/text/base64.h"

bool bundle_frame(struct call *call, const struct json *list, size_t index, struct bytes *frame)
{
    struct bytes text = json_as_text(json_item(list, index));
    struct buffer raw;
    bool ok = false;

    buffer_init(&raw, LIMIT_FRAME_BYTES);
    if (text.size > 0 && base64_decode(text, BASE64_STANDARD, &raw) == STATUS_OK && raw.size > 0)
        *frame = arena_copy(&call->arena, buffer_view(&raw), &ok);
    buffer_deinit(&raw);
    return ok;
}

static bool same_scopes(const struct bundle_front *front, const struct heads *heads)
{
    bool same = front->scope_count == heads->scope_count;

    for (size_t i = 0; same && i < heads->scope_count; i++)
        same = name_equal(&front->scopes[i], &heads->scopes[i]);
    return same;
}

/* HEADS of a bundle: a part of its vector, all of the same scopes. */
static bool take_heads(struct call *call, struct bytes frame, bool first,
                       struct bundle_front *front)
{
    struct heads heads;

    if (heads_decode(frame, &call->arena, &heads) != STATUS_OK ||
        (heads.mode != HEADS_PART && heads.mode != HEADS_WHOLE))
        return false;
    if (!first)
        return same_scopes(front, &heads);
    front->scopes = heads.scopes;
    front->scope_count = heads.scope_count;
    return true;
}

bool bundle_front(struct call *call, struct bundle_front *front)
{
    const struct json *list = json_member(call->arguments, "front");
    size_t count = json_count(list);
    bool ok = count >= 2 && count <= BUNDLE_FRONT_MOST;
    struct bytes frame;

    *front = (struct bundle_front){.scope_count = 0};
    ok = ok && bundle_frame(call, list, 0, &frame) &&
         bundle_title_decode(frame, &call->arena, &front->title) == STATUS_OK;
    for (size_t i = 1; ok && i < count; i++)
        ok = bundle_frame(call, list, i, &frame) && frame.at[0] == FRAME_HEADS &&
             take_heads(call, frame, i == 1, front);
    if (!ok)
        call_fail_usage(call, "front", "không phải phần đầu của một gói",
                        "it is not the front of a bundle");
    return ok;
}

void command_bundle(struct call *call)
{
    struct bytes op;

    if (!call_needs(call, "op", &op))
        return;
    if (bytes_equal_text(op, "give"))
        bundle_give(call);
    else if (bytes_equal_text(op, "take"))
        bundle_take_in(call);
    else
        call_fail_usage(call, "op", "phải là give hoặc take", "it must be give or take");
}
