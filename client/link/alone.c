#include "client/link/alone.h"

#include "client/text/json.h"

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

enum status exchange_alone(const struct alone_options *options, struct buffer *answer)
{
    struct service_options service_options = {.replica = options->replica,
                                              .world = options->world,
                                              .journal = options->journal,
                                              .route = options->route};
    struct service *service = NULL;
    struct service_exchange exchange = {0};
    enum status status = service_open(&service_options, &service);

    if (status != STATUS_OK)
        return status;
    status = service_start(service);
    if (status == STATUS_OK) {
        status = service_exchange(service, options->timeout_ms, &exchange);
        exchange_write(&exchange, answer);
        if (service_health(service) != STATUS_OK)
            status = service_health(service);
    }
    service_close(service);
    return status;
}
