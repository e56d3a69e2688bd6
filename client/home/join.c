#include "client/home/join.h"

#include "client/command/call.h"
#include "client/command/invitation.h"
#include "client/home/entropy.h"
#include "client/home/home.h"
#include "client/text/packfile.h"

#include <string.h>

/* A home being made. */
struct joining {
    struct call *call;
    const char *path;
    struct invitation_text invitation;
    struct replica_identity identity;
    struct buffer pack;
    struct public_key key;
};

static const struct words nothing_made = {"Chưa tạo gì.", "Nothing was made."};

static bool read_invitation(struct joining *joining)
{
    struct call *call = joining->call;
    struct bytes text;
    const struct failure failure = {
        .code = HOSO_REFUSED,
        .name = "invitation",
        .kept = nothing_made,
        .next = {"Xin đơn vị một giấy mời mới: hosod invite --device TÊN",
                 "Ask the office for a new one: hosod invite --device NAME"}};

    if (!call_needs(call, "join", &text))
        return false;
    enum status status = invitation_read(text, &call->arena, &joining->invitation);
    if (status == STATUS_NO_MEMORY) {
        call_fail_status(call, status);
        return false;
    }
    if (status == STATUS_NEWER)
        call_fail(call, &failure, "%s", "%s",
                  call_pick(call, "Giấy mời cần phiên bản mới hơn của chương trình.",
                            "The invitation needs a newer version of this program."));
    else if (status)
        call_fail(call, &failure, "%s", "%s",
                  call_pick(call, "Đây không phải giấy mời, hoặc giấy mời bị thiếu ký tự.",
                            "This is no invitation, or part of it is missing."));
    else if (joining->invitation.role != ROLE_DEVICE)
        call_fail(call, &failure, "%s", "%s",
                  call_pick(call, "Giấy mời này là của một đơn vị: dùng hosod init.",
                            "This invitation is for an office: use hosod init."));
    return !call->failed;
}

/* The officer stored with the home: known to the pack that comes along, where it knows any. */
static bool take_officer(struct joining *joining)
{
    struct call *call = joining->call;
    struct bytes as = call_text(call, "as");
    struct arena arena;
    struct pack pack;
    bool known = true;
    const struct failure failure = {.code = HOSO_REFUSED,
                                    .name = "unknown_officer",
                                    .kept = nothing_made,
                                    .next = {"Dùng mã cán bộ có trong danh sách của đơn vị.",
                                             "Use a code of the unit's staff list."}};

    joining->identity.officer = as;
    if (as.size == 0)
        return true;
    const uint8_t *colon = memchr(as.at, ':', as.size);
    struct bytes code = bytes_of(as.at, colon ? (size_t)(colon - as.at) : as.size);
    arena_init(&arena, CALL_ARENA_BYTES);
    enum status status = pack_decode(buffer_view(&joining->pack), &arena, &pack);
    if (!status)
        known = pack_officer_of(&pack, code) != NULL;
    arena_deinit(&arena);
    call_fail_status(call, status);
    if (!known)
        call_fail(call, &failure, "Danh sách cán bộ không có \"%.*s\".",
                  "The staff list has no \"%.*s\".", (int)code.size, (const char *)code.at);
    return !call->failed;
}

static enum status begin(struct replica *replica, void *context)
{
    struct joining *joining = context;

    return replica_publish_pack(replica, buffer_view(&joining->pack));
}

static enum status make_home(struct joining *joining)
{
    struct replica_identity *identity = &joining->identity;
    struct secret_key secret;

    enum status status = entropy_start();
    if (status)
        return status;
    identity->role = ROLE_DEVICE;
    identity->unit = joining->invitation.unit;
    identity->name = joining->invitation.label;
    identity->root = joining->invitation.root;
    identity->scope = joining->invitation.scope;
    identity->has_upstream = true;
    identity->upstream = joining->invitation.server;
    identity->upstream_url = joining->invitation.url;
    identity->has_invitation = true;
    identity->invitation = joining->invitation.secret;
    identity->invitation_expires = joining->invitation.expires;
    entropy_fill(identity->seed, sizeof identity->seed);
    key_pair_of_seed(identity->seed, &joining->key, &secret);
    secret_key_wipe(&secret);
    status = home_create(joining->path, identity, begin, joining);
    /* A device whose first invitation came to nothing keeps its key and its work. */
    if (status == STATUS_REFUSED)
        status = home_rejoin(joining->path, identity, &joining->key);
    entropy_wipe(identity->seed, sizeof identity->seed);
    return status;
}

static void tell(const struct joining *joining)
{
    struct call *call = joining->call;
    struct json_writer *writer = &call->writer;
    char own[FINGERPRINT_TEXT_BYTES];
    char above[FINGERPRINT_TEXT_BYTES];

    fingerprint_of_key(&joining->key, own);
    fingerprint_of_key(&joining->invitation.server, above);
    if (call->json) {
        json_open_object(writer, NULL);
        json_write_string(writer, "home", joining->path);
        json_write_text(writer, "unit", joining->invitation.unit);
        json_write_text(writer, "name", joining->invitation.label);
        json_write_string(writer, "fingerprint", own);
        json_write_string(writer, "upstream_fingerprint", above);
        json_write_flag(writer, "example", true);
        json_close_object(writer);
        json_write_end(writer);
        return;
    }
    call_say(call, "Đã tạo %s. Khóa của máy này: %s; của đơn vị: %s (so với màn hình bên kia).\n",
             "Made %s. This machine's key: %s; the office's: %s (compare with the other screen).\n",
             joining->path, own, above);
    call_say(
        call, "Đang dùng dữ liệu mẫu cho đến khi danh mục của hub về. Làm việc được ngay.\n",
        "The example district (dữ liệu mẫu) is used until the hub's own pack arrives. Work can "
        "start now.\n");
}

static void join_home(struct joining *joining)
{
    struct call *call = joining->call;
    struct packfile_problem problem;
    const struct failure there_already = {
        .code = HOSO_REFUSED,
        .name = "exists",
        .kept = {"Kho cũ còn nguyên.", "The home that is there was not touched."},
        .next = {"Chọn thư mục khác bằng --home.", "Name another folder with --home."}};

    enum status status = packfile_encode(NULL, &joining->pack, &problem);
    if (!status && !take_officer(joining))
        return;
    if (!status)
        status = make_home(joining);
    if (status == STATUS_REFUSED)
        call_fail(call, &there_already, "Thư mục %s đã có kho dữ liệu.", "There is a home in %s.",
                  joining->path);
    else if (status)
        call_fail_status(call, status);
    else
        tell(joining);
}

void join_run(const char *path, const struct command_request *request,
              struct command_answer *answer)
{
    struct json *arguments = NULL;
    struct call call = {.json = request->json, .vietnamese = request->vietnamese, .answer = answer};
    struct joining joining = {.call = &call, .path = path};

    answer->code = HOSO_DONE;
    arena_init(&call.arena, CALL_ARENA_BYTES);
    buffer_init(&joining.pack, LIMIT_PACK_BYTES);
    json_write_start(&call.writer, &answer->out);
    enum status status = json_read(bytes_of_text(request->arguments), &arguments);
    call.arguments = arguments;
    call_fail_status(&call, status);
    if (!status && read_invitation(&joining))
        join_home(&joining);
    json_release(arguments);
    buffer_deinit(&joining.pack);
    arena_deinit(&call.arena);
}
