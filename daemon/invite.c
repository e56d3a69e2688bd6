#include "daemon/invite.h"

#include "client/command/invitation.h"
#include "client/home/entropy.h"
#include "client/link/net/address.h"
#include "client/text/json.h"
#include "client/text/time.h"
#include "daemon/listen.h"

#include <stdio.h>
#include <string.h>

enum { INVITE_DAYS = 7 };

static const struct desk_refusal wants_one = {
    .failure = {.code = HOSO_USAGE,
                .name = "usage",
                .kept = {"Chưa có gì thay đổi.", "Nothing was changed."},
                .next = {"Ví dụ: hosod invite --device \"máy 2\"",
                         "Example: hosod invite --device \"desk 2\""}},
    .message = {"Hãy nêu --unit MÃ hoặc --device TÊN.", "Say --unit CODE or --device NAME."}};
static const struct desk_refusal not_a_hub = {
    .failure = {.code = HOSO_REFUSED,
                .name = "not_a_hub",
                .kept = {"Chưa có gì thay đổi.", "Nothing was changed."},
                .next = {"Chạy lệnh này tại nút cấp trên.", "Run it at the hub's home."}},
    .message = {"Chỉ nút cấp trên mới mời đơn vị.", "Only a hub invites offices."}};
static const struct desk_refusal not_a_server = {
    .failure = {.code = HOSO_REFUSED,
                .name = "not_a_server",
                .kept = {"Chưa có gì thay đổi.", "Nothing was changed."},
                .next = {"Chạy lệnh này tại máy của đơn vị.", "Run it at the office's home."}},
    .message = {"Thiết bị không mời ai.", "A device invites nobody."}};
static const struct desk_refusal no_address = {
    .failure = {.code = HOSO_USAGE,
                .name = "no_address",
                .kept = {"Chưa có gì thay đổi.", "Nothing was changed."},
                .next = {"Hãy nêu --url wss://MÁY:CỔNG", "Say --url wss://HOST:PORT"}},
    .message = {
        "Người được mời phải biết địa chỉ để nối: máy này chưa từng mở ở một địa chỉ nêu rõ "
        "(0.0.0.0 là mọi địa chỉ).",
        "The invited one must know where to connect: this home never listened at one "
        "address by name (0.0.0.0 is all of them)."}};
static const struct desk_refusal bad_address = {
    .failure = {.code = HOSO_USAGE,
                .name = "usage",
                .kept = {"Chưa có gì thay đổi.", "Nothing was changed."},
                .next = {"Ví dụ: --url wss://10.0.0.5:7640", "Example: --url wss://10.0.0.5:7640"}},
    .message = {"--url không phải địa chỉ ws:// hay wss://",
                "--url is no ws:// or wss:// address."}};

struct name invite_scope_of_unit(const struct public_key *root, struct bytes unit)
{
    struct bytes parts[2] = {bytes_of(root->bytes, sizeof root->bytes), unit};

    return seal_name("hoso/scope/unit/1", parts, 2);
}

/* NULL: it stands in no list this node knows. */
static const struct pack_unit *listed_unit(struct replica *replica, struct bytes code)
{
    const struct pack *pack = replica_pack(replica, NULL);

    return pack != NULL ? pack_unit_of(pack, code) : NULL;
}

static struct bytes unit_name(struct replica *replica, struct bytes code)
{
    const struct pack_unit *unit = listed_unit(replica, code);

    return unit != NULL && unit->name.size > 0 ? unit->name : code;
}

/* Not refused: units merge, and the list may come later than the line. */
static void warn_of_unit(const struct command_request *request, struct command_answer *answer,
                         struct bytes unit)
{
    char line[512];
    int size = snprintf(
        line, sizeof line,
        request->vietnamese
            ? "Lưu ý: mã đơn vị %.*s không có trong danh mục đơn vị đang dùng. Nếu gõ nhầm, đừng "
              "giao lời mời này; mời lại với mã đúng.\n"
            : "Note: the unit %.*s is in no list in use here. If it is a slip of the pen, do not "
              "hand this invitation over; invite again with the right code.\n",
        (int)unit.size, (const char *)unit.at);

    if (size > 0)
        buffer_append(&answer->err, line,
                      (size_t)size < sizeof line ? (size_t)size : sizeof line - 1);
}

static enum status keep_job(struct replica *replica, void *context)
{
    return replica_invite(replica, context);
}

/* What is asked, checked against who this node is; false: |*refusal| says why not. */
static bool take_wish(const struct attendant *attendant, const struct json *arguments,
                      struct invitation *invitation, const struct desk_refusal **refusal)
{
    const struct replica_identity *identity = replica_identity(attendant->home->replica);
    struct bytes unit = json_as_text(json_member(arguments, "unit"));
    struct bytes device = json_as_text(json_member(arguments, "device"));

    *refusal = NULL;
    if ((unit.size == 0) == (device.size == 0) || unit.size > LIMIT_CODE_BYTES)
        *refusal = &wants_one;
    else if (identity->role == ROLE_DEVICE)
        *refusal = &not_a_server;
    else if (unit.size > 0 && identity->role != ROLE_HUB)
        *refusal = &not_a_hub;
    if (*refusal != NULL)
        return false;
    invitation->role = unit.size > 0 ? ROLE_OFFICE : ROLE_DEVICE;
    invitation->unit = unit.size > 0 ? unit : identity->unit;
    invitation->label = unit.size > 0 ? unit_name(attendant->home->replica, unit) : device;
    invitation->scope =
        unit.size > 0 ? invite_scope_of_unit(&identity->root, unit) : identity->scope;
    return true;
}

/* |url| as the text carries it: given, or where this home listens. */
static bool take_url(const struct attendant *attendant, const struct json *arguments,
                     char url[INVITATION_URL_BYTES], const struct desk_refusal **refusal)
{
    struct bytes given = json_as_text(json_member(arguments, "url"));
    struct address address;

    if (given.size == 0) {
        *refusal = &no_address;
        return listen_url(attendant->home->path, url, INVITATION_URL_BYTES);
    }
    *refusal = &bad_address;
    if (given.size >= INVITATION_URL_BYTES)
        return false;
    memcpy(url, given.at, given.size);
    url[given.size] = '\0';
    return strncmp(url, "ws", 2) == 0 && address_parse(url, &address) == STATUS_OK;
}

static void write_answer(const struct command_request *request, struct command_answer *answer,
                         struct bytes text, int64_t expires, bool listed)
{
    struct json_writer writer;
    char time[TIME_TEXT_BYTES];

    if (!request->json) {
        buffer_append_bytes(&answer->out, text);
        buffer_append_u8(&answer->out, '\n');
        return;
    }
    time_format(expires, PRECISION_SECOND, TIME_VIETNAM_ZONE_MINUTES, time);
    json_write_start(&writer, &answer->out);
    json_open_object(&writer, NULL);
    json_write_text(&writer, "invite", text);
    json_write_string(&writer, "expires", time);
    json_write_flag(&writer, "unit_listed", listed);
    json_close_object(&writer);
    json_write_end(&writer);
}

static enum status invite(const struct attendant *attendant, struct invitation *invitation,
                          const char *url, struct buffer *text)
{
    struct replica *replica = attendant->home->replica;
    struct invitation_text carried = {.role = invitation->role,
                                      .unit = invitation->unit,
                                      .label = invitation->label,
                                      .scope = invitation->scope,
                                      .url = bytes_of_text(url),
                                      .server = *replica_key(replica),
                                      .root = replica_identity(replica)->root};
    enum status status = STATUS_OK;

    entropy_fill(invitation->secret.secret, sizeof invitation->secret.secret);
    invitation->expires = attendant->home->world.wall_seconds(attendant->home->world.context) +
                          INVITE_DAYS * TIME_DAY_SECONDS;
    carried.secret = invitation->secret;
    carried.expires = invitation->expires;
    status = invitation_write(&carried, text);
    if (status == STATUS_OK)
        status = attend_submit(attendant, keep_job, invitation);
    entropy_wipe(&carried.secret, sizeof carried.secret);
    return status;
}

void invite_answer(const struct attendant *attendant, const struct command_request *request,
                   struct command_answer *answer)
{
    const struct desk_refusal *refusal = NULL;
    struct invitation invitation;
    struct json *arguments = NULL;
    struct buffer text;
    char url[INVITATION_URL_BYTES];
    enum status status = json_read(
        bytes_of_text(request->arguments != NULL ? request->arguments : "{}"), &arguments);

    memset(&invitation, 0, sizeof invitation);
    buffer_init(&text, INVITATION_TEXT_BYTES);
    if (status != STATUS_OK) {
        desk_fail(request, answer, status);
        goto done;
    }
    if (!take_wish(attendant, arguments, &invitation, &refusal) ||
        !take_url(attendant, arguments, url, &refusal)) {
        desk_refuse(request, answer, refusal);
        goto done;
    }
    status = invite(attendant, &invitation, url, &text);
    bool listed = invitation.role != ROLE_OFFICE ||
                  listed_unit(attendant->home->replica, invitation.unit) != NULL;
    if (status == STATUS_OK)
        write_answer(request, answer, buffer_view(&text), invitation.expires, listed);
    else
        desk_fail(request, answer, status);
    if (status == STATUS_OK && !listed)
        warn_of_unit(request, answer, invitation.unit);
done:
    entropy_wipe(&invitation.secret, sizeof invitation.secret);
    buffer_deinit(&text);
    json_release(arguments);
}
