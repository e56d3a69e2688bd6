/* A hub and an office in one process, each a whole service, over real loopback sockets. */
#include "client/home/home.h"
#include "client/link/service.h"
#include "tests/lib/site.h"
#include "tests/lib/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE_MS = 60 * 1000, DOSSIERS = 60 };

struct scene {
    struct district district;
    struct replica_world world;
    struct site hub;
    struct site office;
    struct service *hub_service;
    struct service *office_service;
    uint16_t port;
};

static enum status invite_job(struct replica *replica, void *context)
{
    return replica_invite(replica, context);
}

static void start_hub(struct scene *scene)
{
    struct service_options options = {
        .replica = scene->hub.replica, .world = &scene->world, .many_peers = true};

    assert_int_equal(service_open(&options, &scene->hub_service), STATUS_OK);
    assert_int_equal(service_listen(scene->hub_service, "127.0.0.1", &scene->port), STATUS_OK);
    assert_int_equal(service_start(scene->hub_service), STATUS_OK);
}

static void start_office(struct scene *scene)
{
    char url[64];
    struct service_options options = {.replica = scene->office.replica,
                                      .world = &scene->world,
                                      .route = {.url = url},
                                      .retry_most_s = 1};

    (void)snprintf(url, sizeof url, "ws://127.0.0.1:%u", (unsigned)scene->port);
    assert_int_equal(service_open(&options, &scene->office_service), STATUS_OK);
    assert_int_equal(service_start(scene->office_service), STATUS_OK);
}

/* An office that holds an invitation of the hub, as `hosod init --join` makes it. */
static void make_office(struct scene *scene, bool invited)
{
    struct invitation invitation = {.role = ROLE_OFFICE,
                                    .unit = bytes_of_text(SITE_UNIT),
                                    .label = bytes_of_text("Trung Sơn"),
                                    .scope = {{5}},
                                    .secret = {{9}}};
    struct replica_identity identity = {.role = ROLE_OFFICE,
                                        .unit = invitation.unit,
                                        .name = invitation.label,
                                        .seed = {77},
                                        .root = scene->district.root,
                                        .scope = invitation.scope,
                                        .has_upstream = true,
                                        .upstream = *replica_key(scene->hub.replica),
                                        .has_invitation = true,
                                        .invitation = invitation.secret};
    struct store *store = site_memory();

    invitation.expires = scene->world.wall_seconds(NULL) + 3600;
    identity.invitation_expires = invitation.expires;
    scene->office.clock = SITE_START_SECONDS;
    scene->office.store = store;
    assert_int_equal(replica_create(store, &scene->world, &identity), STATUS_OK);
    assert_int_equal(replica_open(store, &scene->world, &scene->office.replica), STATUS_OK);
    site_publish(&scene->office, &scene->district);
    if (invited)
        assert_int_equal(service_submit(scene->hub_service, invite_job, &invitation), STATUS_OK);
}

static void scene_open(struct scene *scene, bool invited)
{
    memset(scene, 0, sizeof *scene);
    scene->world = home_world();
    district_open(&scene->district);
    site_open(&scene->hub, site_memory(), &scene->district, ROLE_HUB, SITE_HUB_UNIT, 1, NULL);
    site_found(&scene->hub, &scene->district);
    start_hub(scene);
    make_office(scene, invited);
}

static void scene_close(struct scene *scene)
{
    service_close(scene->office_service);
    service_close(scene->hub_service);
    site_close(&scene->office);
    site_close(&scene->hub);
    district_close(&scene->district);
}

static enum status receive_job(struct replica *replica, void *context)
{
    const char *owner = context;
    struct act_write writes[] = {
        {.field = bytes_of_text("ma_tthc"), .value = value_of_text("2.000815")},
        {.field = bytes_of_text("chu_ho_so"), .value = value_of_text(owner)},
    };
    struct act act = {.kind = KIND_GENESIS,
                      .writes = writes,
                      .write_count = 2,
                      .officer = bytes_of_text("tn01"),
                      .hat = HAT_RECEPTION,
                      .purpose = LOG_COUNTER,
                      .number = true};
    struct act_result result;

    return replica_act(replica, &act, &result);
}

static void receive(struct scene *scene, char *owner)
{
    assert_int_equal(service_submit(scene->office_service, receive_job, owner), STATUS_OK);
}

/* Totals of a replica and the digest of the office's scope in it. */
static uint64_t look(struct replica *replica, const struct name *scope, struct name *vector,
                     uint64_t *waiting)
{
    struct replica_read *read = NULL;
    struct replica_status status;
    struct arena arena;
    uint64_t cases = 0;

    memset(vector, 0, sizeof *vector);
    arena_init(&arena, 1 << 24);
    assert_int_equal(replica_read_begin(replica, &read), STATUS_OK);
    assert_int_equal(replica_status(read, &arena, &status), STATUS_OK);
    for (size_t i = 0; i < status.scope_count; i++) {
        if (name_equal(&status.scopes[i].scope, scope))
            *vector = status.scopes[i].vector;
    }
    cases = status.cases;
    *waiting = status.waiting;
    replica_read_end(read);
    arena_deinit(&arena);
    return cases;
}

static void assert_equal_at_both(struct scene *scene, uint64_t cases)
{
    const struct name *scope = &replica_identity(scene->office.replica)->scope;
    struct name above;
    struct name here;
    uint64_t waiting = 0;

    assert_int_equal(look(scene->hub.replica, scope, &above, &waiting), cases);
    assert_int_equal(look(scene->office.replica, scope, &here, &waiting), cases);
    assert_true(name_equal(&above, &here));
    assert_false(name_is_none(&here));
    assert_int_equal(waiting, 0);
}

static void test_service__invited_office_brings_its_work_up(void **state)
{
    struct service_exchange exchange;
    struct service_peer peers[4];
    char owner[] = "Hồ Thị Hoa";
    struct scene scene;

    (void)state;
    scene_open(&scene, true);
    start_office(&scene);
    for (int i = 0; i < DOSSIERS; i++)
        receive(&scene, owner);
    assert_int_equal(service_exchange(scene.office_service, PATIENCE_MS, &exchange), STATUS_OK);
    assert_equal_at_both(&scene, DOSSIERS);
    assert_true(service_linked(scene.office_service));
    assert_int_equal(service_peers(scene.hub_service, peers, 4), 1);
    assert_false(peers[0].up);
    assert_true(public_key_equal(&peers[0].key, replica_key(scene.office.replica)));

    /* Live: an act after the exchange needs no new connection. */
    receive(&scene, owner);
    assert_int_equal(service_exchange(scene.office_service, PATIENCE_MS, &exchange), STATUS_OK);
    assert_true(exchange.sent <= 2);
    assert_equal_at_both(&scene, DOSSIERS + 1);

    /* Nothing new costs nothing. */
    assert_int_equal(service_exchange(scene.office_service, PATIENCE_MS, &exchange), STATUS_OK);
    assert_int_equal(exchange.sent, 0);
    scene_close(&scene);
}

static void test_service__work_goes_on_without_the_node_above(void **state)
{
    struct service_exchange exchange;
    char owner[] = "Lê Văn Bình";
    struct scene scene;

    (void)state;
    scene_open(&scene, true);
    start_office(&scene);
    assert_int_equal(service_exchange(scene.office_service, PATIENCE_MS, &exchange), STATUS_OK);
    service_close(scene.hub_service);
    scene.hub_service = NULL;
    receive(&scene, owner);
    assert_int_equal(service_exchange(scene.office_service, PATIENCE_MS, &exchange),
                     STATUS_UNREACHABLE);
    start_hub(&scene); /* at the same port */
    while (service_exchange(scene.office_service, PATIENCE_MS, &exchange) != STATUS_OK)
        usleep(50 * 1000);
    assert_equal_at_both(&scene, 1);
    scene_close(&scene);
}

static void test_service__stranger_is_not_let_in(void **state)
{
    struct service_exchange exchange;
    char owner[] = "Lê Văn Bình";
    struct scene scene;
    struct name vector;
    uint64_t waiting = 0;

    (void)state;
    scene_open(&scene, false);
    start_office(&scene);
    receive(&scene, owner);
    assert_int_equal(service_exchange(scene.office_service, PATIENCE_MS, &exchange),
                     STATUS_UNKNOWN_PEER);
    assert_int_equal(service_fault(scene.office_service), STATUS_UNKNOWN_PEER);
    assert_int_equal(
        look(scene.hub.replica, &replica_identity(scene.office.replica)->scope, &vector, &waiting),
        0);
    /* Its own work is all there. */
    assert_int_equal(look(scene.office.replica, &replica_identity(scene.office.replica)->scope,
                          &vector, &waiting),
                     1);
    scene_close(&scene);
}

static void test_service__waiting_exchange_ends_with_the_service(void **state)
{
    struct service_exchange exchange;
    struct scene scene;

    (void)state;
    scene_open(&scene, true);
    service_close(scene.hub_service);
    scene.hub_service = NULL;
    start_office(&scene);
    service_end_exchanges(scene.office_service);
    assert_int_equal(service_exchange(scene.office_service, 0, &exchange), STATUS_UNREACHABLE);
    scene_close(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_service__invited_office_brings_its_work_up),
        cmocka_unit_test(test_service__work_goes_on_without_the_node_above),
        cmocka_unit_test(test_service__stranger_is_not_let_in),
        cmocka_unit_test(test_service__waiting_exchange_ends_with_the_service),
    };

    return cmocka_run_group_tests_name("service", tests, NULL, NULL);
}
