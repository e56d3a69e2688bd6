#include "client/command/verb.h"
#include "client/command/verb/record_text.h"

void command_record(struct call *call)
{
    struct replica_read *read = NULL;
    struct record record;
    struct bytes id;
    bool json = call->json;

    if (!call_needs(call, "id", &id))
        return;
    enum status status = replica_read_begin(call->host->replica, &read);
    if (!status)
        status = replica_record_named(read, id, &call->arena, &record);
    if (!status) {
        struct name log = record_log(&record);
        /* A record is shown by what it says, to people too. */
        call->json = true;
        record_text_write(call, &record, &log, &call->arena);
        call->json = json;
    }
    if (read)
        replica_read_end(read);
    call_fail_status(call, status);
}
