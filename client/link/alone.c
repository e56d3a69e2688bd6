#include "client/link/alone.h"

#include "client/text/json.h"

#include <pthread.h>
#include <signal.h>

void exchange_write(const struct service_exchange *exchange, struct buffer *answer)
{
    struct json_writer writer;

    json_write_start(&writer, answer);
    json_open_object(&writer, NULL);
    json_write_unsigned(&writer, "sent", exchange->sent);
    json_write_unsigned(&writer, "received", exchange->received);
    json_write_unsigned(&writer, "bytes_up", exchange->bytes_up);
    json_write_unsigned(&writer, "bytes_down", exchange->bytes_down);
    json_write_unsigned(&writer, "ms", exchange->ms);
    json_close_object(&writer);
    json_write_end(&writer);
}

/* The signals that end a watch are kept for sigwait() while one runs. */
static void keep_signals(sigset_t *ends, sigset_t *before)
{
    sigemptyset(ends);
    sigaddset(ends, SIGINT);
    sigaddset(ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, ends, before);
}

enum status exchange_alone(const struct alone_options *options, struct buffer *answer)
{
    struct service_options service_options = {.replica = options->replica,
                                              .world = options->world,
                                              .journal = options->journal,
                                              .upstream_url = options->url};
    struct service *service = NULL;
    struct service_exchange exchange = {0};
    sigset_t ends;
    sigset_t before;
    int signal = 0;
    enum status status = service_open(&service_options, &service);

    if (status != STATUS_OK)
        return status;
    if (options->watch)
        keep_signals(&ends, &before);
    status = service_start(service);
    if (status == STATUS_OK) {
        status = service_exchange(service, options->timeout_ms, &exchange);
        exchange_write(&exchange, answer);
        if (service_health(service) != STATUS_OK)
            status = service_health(service);
    }
    if (options->watch && (status == STATUS_OK || status == STATUS_UNREACHABLE))
        status = sigwait(&ends, &signal) == 0 ? STATUS_OK : STATUS_IO;
    service_close(service);
    if (options->watch)
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}
