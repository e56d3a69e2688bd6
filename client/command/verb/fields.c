#include "client/command/verb.h"

static void write_field(struct call *call, const struct pack_field *field)
{
    struct json_writer *writer = &call->writer;

    json_open_object(writer, NULL);
    json_write_text(writer, "key", field->key);
    json_write_text(writer, "label", field->label);
    json_write_string(writer, "type", field_type_name(field->type));
    json_write_string(writer, "policy", policy_name(field->policy));
    json_close_object(writer);
    json_write_end(writer);
}

void command_fields(struct call *call)
{
    const struct pack *pack = call_pack(call);
    struct bytes code;

    if (!pack || !call_needs(call, "procedure", &code))
        return;
    const struct pack_procedure *procedure = pack_procedure_of(pack, code);
    if (!procedure) {
        const struct failure failure = {.code = HOSO_NOT_FOUND,
                                        .name = "unknown_procedure",
                                        .next = {"Kiểm tra mã thủ tục.", "Check the code."}};
        call_fail(call, &failure, "Danh mục không có thủ tục \"%.*s\".",
                  "The pack has no procedure \"%.*s\".", (int)code.size, (const char *)code.at);
        return;
    }
    call_say(call, "%.*s %.*s\n", "%.*s %.*s\n", (int)procedure->code.size,
             (const char *)procedure->code.at, (int)procedure->name.size,
             (const char *)procedure->name.at);
    for (size_t i = 0; i < pack->field_count; i++) {
        const struct pack_field *field = &pack->fields[i];
        if (call->json)
            write_field(call, field);
        call_put(call, bytes_of_text("  "));
        call_put_padded(call, field->key, 20);
        call_put_padded(call, field->label, 36);
        call_put(call, bytes_of_text(policy_name(field->policy)));
        call_put(call, bytes_of_text("\n"));
    }
}
