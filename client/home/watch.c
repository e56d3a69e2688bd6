#include "client/home/watch.h"

#include "client/home/server.h"
#include "client/link/alone.h"
#include "client/link/work/work.h"

#include <pthread.h>
#include <signal.h>

struct watch {
    struct attendant attendant;
    struct service *service;
    struct server *server;
    void (*told)(void *context, struct bytes text);
    void *context;
    sigset_t ends;
};

static void answer(void *context, const struct command_request *request,
                   const struct attend_stream *stream, struct command_answer *answer)
{
    const struct watch *watch = context;

    attend_answer(&watch->attendant, request, stream, answer);
}

/* On a thread of its own: a signal must end the watch while this waits. */
static void *tell_exchange(void *argument)
{
    const struct watch *watch = argument;
    struct service_exchange exchange = {0};
    struct buffer text;

    buffer_init(&text, 1024);
    /* Without a line it is tried again, and again. */
    if (service_exchange(watch->service, 0, &exchange) == STATUS_OK) {
        exchange_write(&exchange, &text);
        watch->told(watch->context, buffer_view(&text));
    }
    buffer_deinit(&text);
    return NULL;
}

static enum status attend(struct watch *watch)
{
    pthread_t teller;
    int number = 0;
    enum status status = server_open(watch->attendant.home->path, answer, watch, &watch->server);

    if (status == STATUS_OK)
        status = service_start(watch->service);
    if (status == STATUS_OK)
        status = thread_start(&teller, tell_exchange, watch);
    if (status != STATUS_OK)
        return status;
    if (sigwait(&watch->ends, &number) != 0)
        status = STATUS_IO;
    server_stop(watch->server);
    service_end_exchanges(watch->service);
    pthread_join(teller, NULL);
    return service_health(watch->service) != STATUS_OK ? service_health(watch->service) : status;
}

enum status watch_run(struct home *home, const struct route *route,
                      void (*told)(void *context, struct bytes text), void *context)
{
    struct watch watch = {.attendant = {.home = home}, .told = told, .context = context};
    struct service_options options = {
        .replica = home->replica, .world = &home->world, .route = *route};
    sigset_t before;
    enum status status = STATUS_OK;

    /* Before any thread: all of them then leave these to sigwait(). */
    sigemptyset(&watch.ends);
    sigaddset(&watch.ends, SIGINT);
    sigaddset(&watch.ends, SIGTERM);
    sigaddset(&watch.ends, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &watch.ends, &before);
    status = service_open(&options, &watch.service);
    watch.attendant.service = watch.service;
    if (status == STATUS_OK)
        status = attend(&watch);
    server_close(watch.server);
    service_close(watch.service);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}
