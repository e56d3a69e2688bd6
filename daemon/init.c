#include "daemon/init.h"

#include "client/command/invitation.h"
#include "client/home/entropy.h"
#include "client/text/file.h"
#include "client/text/json.h"
#include "client/text/packfile.h"
#include "client/text/text.h"
#include "daemon/certificate.h"
#include "daemon/invite.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { INIT_ARENA_BYTES = 1024 * 1024 };

/* A home being made. */
struct making {
    const struct config *config;
    struct replica_identity identity;
    struct buffer name; /* in NFC */
    struct buffer pack; /* canonical */
    struct arena arena; /* of the invitation */
    struct public_key key;
    struct secret_key secret;      /* the device's */
    struct secret_key root_secret; /* a hub's */
    uint8_t root_seed[32];
    char root_file[HOME_PATH_SIZE]; /* empty: none was written */
};

static const struct desk_refusal is_made = {
    .failure = {.code = HOSO_REFUSED,
                .name = "home_exists",
                .kept = {"Chưa có gì thay đổi.", "Nothing was changed."},
                .next = {"Dùng nó, hoặc nêu --home khác.", "Use it, or say another --home"}},
    .message = {"Thư mục này đã được khởi tạo.", "There is a home already."}};
static const struct desk_refusal bad_invitation = {
    .failure = {.code = HOSO_USAGE,
                .name = "invitation",
                .kept = {"Chưa có gì thay đổi.", "Nothing was changed."},
                .next = {"Xin cấp trên chạy `hosod invite --unit MÃ`.",
                         "Ask the hub for `hosod invite --unit CODE`."}},
    .message = {"Đây không phải lời mời của cấp trên "
                "cho một đơn vị.",
                "This is no invitation of a hub to an office."}};
static const struct desk_refusal other_unit = {
    .failure = {.code = HOSO_REFUSED,
                .name = "invitation_unit",
                .kept = {"Chưa có gì thay đổi.", "Nothing was changed."},
                .next = {"Nêu đúng mã đơn vị được mời.", "Say the unit that was invited."}},
    .message = {"Lời mời này dành cho đơn vị khác.", "The invitation is for another unit."}};

static const struct desk_refusal bad_name = {
    .failure = {.code = HOSO_USAGE,
                .name = "usage",
                .kept = {"Chưa có gì thay đổi.", "Nothing was changed."},
                .next = {"Viết lại tên hoặc mã.", "Write the name or the code again."}},
    .message = {"--name hoặc --unit quá dài hay không phải chữ.",
                "--name or --unit is too long or not plain text."}};
static const struct desk_refusal cannot_make = {
    .failure = {.code = HOSO_STORE,
                .name = "io",
                .kept = {"Chưa có gì thay đổi.", "Nothing was changed."},
                .next = {"Xem quyền ghi và chỗ trống, hoặc nêu --home khác.",
                         "Look at rights and room there, or say another --home"}},
    .message = {"Không tạo được thư mục dữ liệu ở đó.", "No home can be made there."}};

/* ---- hub ---- */

/* The root key as a file a person can carry away and a program can read again. */
static enum status write_root_key(struct making *making)
{
    struct buffer text;
    char hex[2 * sizeof making->root_seed + 1];
    enum status status = home_file(making->config->home, "root-key", making->root_file);

    buffer_init(&text, 4096);
    hex_encode(bytes_of(making->root_seed, sizeof making->root_seed), hex);
    buffer_append_bytes(
        &text, bytes_of_text("# Khóa gốc của huyện: chép ra nơi cất giữ riêng rồi xóa khỏi máy này."
                             "\n# The district's root key: carry it away, then delete it here.\n"));
    buffer_append_bytes(&text, bytes_of_text("hoso-root-key-1 "));
    buffer_append_bytes(&text, bytes_of_text(hex));
    buffer_append_u8(&text, '\n');
    if (status == STATUS_OK)
        status = buffer_status(&text);
    if (status == STATUS_OK)
        status = file_write(making->root_file, buffer_view(&text));
    entropy_wipe(hex, sizeof hex);
    if (text.at != NULL)
        entropy_wipe(text.at, text.size);
    buffer_deinit(&text);
    return status;
}

static enum status begin_hub(struct replica *replica, void *context)
{
    struct making *making = context;
    struct grant grant = {.key = making->key,
                          .role = ROLE_HUB,
                          .unit = making->identity.unit,
                          .label = making->identity.name,
                          .scopes = &making->identity.scope,
                          .scope_count = 1,
                          .may_grant = true,
                          .counter_owner = true,
                          .sees_all = true};
    enum status status = replica_found(replica, &making->root_secret, &grant);

    if (status == STATUS_OK)
        status = replica_publish_pack(replica, buffer_view(&making->pack));
    /* The key is on the disk before the district it founds is. */
    if (status == STATUS_OK)
        status = write_root_key(making);
    return status;
}

static void plan_hub(struct making *making)
{
    struct replica_identity *identity = &making->identity;

    entropy_fill(making->root_seed, sizeof making->root_seed);
    key_pair_of_seed(making->root_seed, &identity->root, &making->root_secret);
    identity->role = ROLE_HUB;
    identity->scope = invite_scope_of_unit(&identity->root, identity->unit);
}

/* ---- office ---- */

/* Its own pack is a proposal until the hub's arrives; with it work can begin before any contact. */
static enum status begin_office(struct replica *replica, void *context)
{
    struct making *making = context;

    return replica_publish_pack(replica, buffer_view(&making->pack));
}

/* NULL: done. */
static const struct desk_refusal *plan_office(struct making *making)
{
    struct replica_identity *identity = &making->identity;
    struct invitation_text invitation;

    if (invitation_read(bytes_of_text(making->config->join), &making->arena, &invitation) !=
            STATUS_OK ||
        invitation.role != ROLE_OFFICE)
        return &bad_invitation;
    if (!bytes_equal(invitation.unit, identity->unit))
        return &other_unit;
    identity->role = ROLE_OFFICE;
    identity->root = invitation.root;
    identity->scope = invitation.scope;
    identity->has_upstream = true;
    identity->upstream = invitation.server;
    identity->upstream_url = invitation.url;
    identity->has_invitation = true;
    identity->invitation = invitation.secret;
    identity->invitation_expires = invitation.expires;
    return NULL;
}

/* ---- both ---- */

static void say_done(const struct making *making, const struct command_request *request,
                     struct command_answer *answer)
{
    bool example = making->config->pack == NULL;
    char fingerprint[FINGERPRINT_TEXT_BYTES];
    struct json_writer writer;
    char line[HOME_PATH_SIZE + 256];

    fingerprint_of_key(&making->key, fingerprint);
    if (request->json) {
        json_write_start(&writer, &answer->out);
        json_open_object(&writer, NULL);
        json_write_string(&writer, "home", making->config->home);
        json_write_string(&writer, "role", making->config->role);
        json_write_text(&writer, "unit", making->identity.unit);
        json_write_string(&writer, "fingerprint", fingerprint);
        json_write_string(&writer, "root_key_file",
                          making->root_file[0] != '\0' ? making->root_file : NULL);
        json_write_flag(&writer, "example_data", example);
        json_close_object(&writer);
        json_write_end(&writer);
        return;
    }
    (void)snprintf(line, sizeof line,
                   request->vietnamese ? "Đã khởi tạo %s (khóa %s).\n" : "Made %s (key %s).\n",
                   making->config->home, fingerprint);
    buffer_append_bytes(&answer->out, bytes_of_text(line));
    if (making->root_file[0] != '\0') {
        (void)snprintf(line, sizeof line,
                       request->vietnamese
                           ? "Khóa gốc nằm ở %s: chép ra nơi cất giữ riêng rồi xóa khỏi máy này.\n"
                           : "The root key is in %s: carry it away, then delete it here.\n",
                       making->root_file);
        buffer_append_bytes(&answer->out, bytes_of_text(line));
    }
    if (example)
        buffer_append_bytes(&answer->out,
                            bytes_of_text(request->vietnamese
                                              ? "Đang dùng dữ liệu mẫu (gói thủ tục ví dụ).\n"
                                              : "Working with the example district "
                                                "(dữ liệu mẫu).\n"));
}

/* A home that was not made leaves nothing: no folder that was not there, no key of a district that
 * never was. */
static void undo(const struct making *making, bool was_there)
{
    char store[HOME_PATH_SIZE];

    if (home_file(making->config->home, "store", store) != STATUS_OK || access(store, F_OK) == 0)
        return;
    if (making->root_file[0] != '\0')
        (void)unlink(making->root_file);
    if (!was_there)
        (void)rmdir(making->config->home);
}

static void make(struct making *making, const struct command_request *request,
                 struct command_answer *answer)
{
    bool hub = strcmp(making->config->role, "hub") == 0;
    bool was_there = access(making->config->home, F_OK) == 0;
    const struct desk_refusal *refusal = NULL;
    enum status status = STATUS_OK;

    if (hub)
        plan_hub(making);
    else
        refusal = plan_office(making);
    if (refusal != NULL) {
        desk_refuse(request, answer, refusal);
        return;
    }
    entropy_fill(making->identity.seed, sizeof making->identity.seed);
    key_pair_of_seed(making->identity.seed, &making->key, &making->secret);
    status = home_create(making->config->home, &making->identity, hub ? begin_hub : begin_office,
                         making);
    if (status != STATUS_OK)
        undo(making, was_there);
    /* An office whose first invitation came to nothing keeps its key and its work. */
    if (status == STATUS_REFUSED && !hub)
        status = home_rejoin(making->config->home, &making->identity, &making->key);
    else if (status == STATUS_OK)
        status = certificate_make(making->config->home, &making->secret);
    if (status == STATUS_OK)
        say_done(making, request, answer);
    else if (status == STATUS_REFUSED)
        desk_refuse(request, answer, &is_made);
    else if (status == STATUS_IO)
        desk_refuse(request, answer, &cannot_make);
    else
        desk_fail(request, answer, status);
}

static bool read_pack(struct making *making, const struct command_request *request,
                      struct command_answer *answer)
{
    struct packfile_problem problem = {.text = ""};
    enum status status = packfile_encode(making->config->pack, &making->pack, &problem);
    struct desk_refusal refusal = {
        .failure = {.code = HOSO_USAGE,
                    .name = "pack",
                    .kept = {"Chưa có gì thay đổi.", "Nothing was changed."},
                    .next = {"Sửa tệp rồi làm lại.", "Mend the file and try again."}},
        .message = {problem.text, problem.text}};

    if (status == STATUS_OK)
        return true;
    if (problem.text[0] != '\0')
        desk_refuse(request, answer, &refusal);
    else
        desk_fail(request, answer, status);
    return false;
}

/* A unit's code is plain: what prints in a log and in a dossier's code. */
static bool is_code(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.at[i] <= ' ' || text.at[i] >= 0x7f)
            return false;
    }
    return text.size > 0 && text.size <= LIMIT_CODE_BYTES;
}

void init_answer(const struct config *config, const struct command_request *request,
                 struct command_answer *answer)
{
    struct making making = {.config = config};
    enum status status = entropy_start();

    buffer_init(&making.name, LIMIT_TEXT_BYTES);
    buffer_init(&making.pack, LIMIT_PACK_BYTES);
    arena_init(&making.arena, INIT_ARENA_BYTES);
    if (status == STATUS_OK)
        status = text_normalise(bytes_of_text(config->name), &making.name);
    making.identity.unit = bytes_of_text(config->unit);
    making.identity.name = buffer_view(&making.name);
    if (status == STATUS_MALFORMED || status == STATUS_LIMIT || !is_code(making.identity.unit))
        desk_refuse(request, answer, &bad_name);
    else if (status != STATUS_OK)
        desk_fail(request, answer, status);
    else if (read_pack(&making, request, answer))
        make(&making, request, answer);
    entropy_wipe(making.root_seed, sizeof making.root_seed);
    entropy_wipe(making.identity.seed, sizeof making.identity.seed);
    secret_key_wipe(&making.secret);
    secret_key_wipe(&making.root_secret);
    buffer_deinit(&making.name);
    buffer_deinit(&making.pack);
    arena_deinit(&making.arena);
}
