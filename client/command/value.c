#include "client/command/value.h"

#include "client/replica/case/case.h"
#include "client/text/text.h"
#include "client/text/time.h"
#include "protocol/wire/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    COUNT_MOST = 9999,
    PHONE_LEAST = 8,
    PHONE_MOST = 15,
    IDENTITY_LEAST = 5,
    IDENTITY_MOST = 20
};

static const int64_t VND_MOST = 1000000000000;

/* One reading of a value. */
struct reading {
    const struct pack *pack;
    const struct pack_field *field;
    struct bytes text; /* composed and trimmed, not empty */
    struct value_fault *fault;
    struct wire_value *value;
};

static enum status complain(struct reading *reading, const char *vietnamese, const char *english)
{
    reading->fault->words = (struct words){vietnamese, english};
    return STATUS_USAGE;
}

static enum status take_text(struct reading *reading)
{
    if (text_length(reading->text) > VALUE_CHARACTERS_MAX)
        return complain(reading, "dài quá 4.000 ký tự", "it is longer than 4,000 characters");
    *reading->value = (struct wire_value){.type = WIRE_TEXT, .as.bytes = reading->text};
    return STATUS_OK;
}

static enum status take_integer(struct reading *reading, int64_t least, int64_t most,
                                const char *vietnamese, const char *english)
{
    int64_t number = 0;
    struct bytes text = reading->text;

    if (text.size > 18)
        return complain(reading, vietnamese, english);
    for (size_t i = 0; i < text.size; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return complain(reading, vietnamese, english);
        number = number * 10 + (text.at[i] - '0');
    }
    if (number < least || number > most)
        return complain(reading, vietnamese, english);
    *reading->value = (struct wire_value){.type = WIRE_UNSIGNED, .as.number = (uint64_t)number};
    return STATUS_OK;
}

static enum status take_time(struct reading *reading)
{
    struct moment moment;

    if (time_parse(reading->text, reading->pack->zone_minutes, &moment))
        return complain(reading, "không phải ngày giờ có thật (ví dụ 2020-07-17T08:30+07:00)",
                        "that is no date and time (say 2020-07-17T08:30+07:00)");
    if (moment.seconds < 0)
        *reading->value = (struct wire_value){.type = WIRE_NEGATIVE, .as.negative = moment.seconds};
    else
        *reading->value =
            (struct wire_value){.type = WIRE_UNSIGNED, .as.number = (uint64_t)moment.seconds};
    return STATUS_OK;
}

/* Letters, digits and |others|, between |least| and |most| of them. */
static bool is_number_like(struct bytes text, bool letters, const char *others, size_t least,
                           size_t most)
{
    size_t count = 0;

    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if ((c >= '0' && c <= '9') || (letters && letter))
            count++;
        else if (c >= 0x80 || c == 0 || !strchr(others, c))
            return false;
    }
    return count >= least && count <= most;
}

static enum status take_by_type(struct reading *reading)
{
    switch (reading->field->type) {
    case FIELD_TIME:
        return take_time(reading);
    case FIELD_COUNT:
        return take_integer(reading, 1, COUNT_MOST, "phải là số nguyên từ 1 đến 9999",
                            "it must be a whole number from 1 to 9999");
    case FIELD_VND:
        return take_integer(reading, 0, VND_MOST, "phải là số đồng, chỉ gồm chữ số (ví dụ 22000)",
                            "it must be an amount in VND, digits only (say 22000)");
    case FIELD_CHANNEL:
        if (bytes_equal(
                pack_label_of(reading->pack->channels, reading->pack->channel_count, reading->text),
                reading->text))
            return complain(reading, "không có kênh tiếp nhận này", "there is no such channel");
        return take_integer(reading, 0, COUNT_MOST, "không có kênh tiếp nhận này",
                            "there is no such channel");
    case FIELD_STATE:
        return take_integer(reading, 1, 10, "trạng thái là số từ 1 đến 10",
                            "a state is a number from 1 to 10");
    case FIELD_OFFICER:
        if (!pack_officer_of(reading->pack, reading->text))
            return complain(reading, "danh sách cán bộ không có mã này",
                            "the staff list has no such officer");
        return take_text(reading);
    case FIELD_PROCEDURE:
        if (!pack_procedure_of(reading->pack, reading->text))
            return complain(reading, "danh mục không có thủ tục này",
                            "the pack has no such procedure");
        return take_text(reading);
    case FIELD_PHONE:
        if (!is_number_like(reading->text, false, "+ .-()", PHONE_LEAST, PHONE_MOST))
            return complain(reading, "không phải số điện thoại", "that is no telephone number");
        return take_text(reading);
    case FIELD_IDENTITY_NUMBER:
        if (!is_number_like(reading->text, true, "", IDENTITY_LEAST, IDENTITY_MOST))
            return complain(reading, "không phải số giấy tờ tùy thân (CCCD 12 số, CMND 9 số)",
                            "that is no identity number");
        return take_text(reading);
    case FIELD_TEXT:
    case FIELD_NAME:
    case FIELD_CODE:
    case FIELD_LIST:
    case FIELD_OUTCOME:
        return take_text(reading);
    }
    return take_text(reading);
}

enum status value_parse(const struct pack *pack, const struct pack_field *field, struct bytes text,
                        struct arena *arena, struct bytes *value, struct value_fault *fault)
{
    struct wire_value taken = {.type = WIRE_NIL};
    struct reading reading = {.pack = pack, .field = field, .fault = fault, .value = &taken};
    struct buffer composed;
    struct buffer encoded;
    bool copied;

    fault->words = (struct words){NULL, NULL};
    buffer_init(&composed, text_room(text.size) + 1);
    buffer_init(&encoded, LIMIT_TEXT_BYTES + 16);
    enum status status = text_normalise(text_trim(text), &composed);
    if (status == STATUS_MALFORMED)
        status =
            complain(&reading, "có ký tự không hợp lệ (không phải UTF-8 hoặc ký tự điều khiển)",
                     "it holds characters that are not allowed (not UTF-8, or control "
                     "characters)");
    reading.text = buffer_view(&composed);
    if (!status && reading.text.size > 0)
        status = take_by_type(&reading);
    if (!status) {
        wire_put_value(&encoded, &taken);
        status = buffer_status(&encoded);
        if (status == STATUS_LIMIT)
            status = complain(&reading, "nội dung quá dài", "it is too long");
    }
    if (!status) {
        *value = arena_copy(arena, buffer_view(&encoded), &copied);
        status = copied ? STATUS_OK : STATUS_NO_MEMORY;
    }
    buffer_deinit(&encoded);
    buffer_deinit(&composed);
    return status;
}

bool value_is_nil(struct bytes value)
{
    return value.size == 0 || value.at[0] == 0xc0;
}

static unsigned precision_of(int64_t seconds)
{
    return seconds % 60 == 0 ? PRECISION_MINUTE : PRECISION_SECOND;
}

void value_write_time(struct json_writer *writer, const char *key, bool known, int64_t seconds,
                      unsigned precision, int zone_minutes)
{
    char text[TIME_TEXT_BYTES];

    if (!known) {
        json_write_null(writer, key);
        return;
    }
    time_format(seconds, precision, zone_minutes, text);
    json_write_string(writer, key, text);
}

void value_write_moment(struct json_writer *writer, const char *key, const struct moment *moment)
{
    value_write_time(writer, key, moment->known, moment->seconds, moment->precision,
                     moment->zone_minutes);
}

void value_write(struct json_writer *writer, const char *key, const struct pack *pack,
                 const struct pack_field *field, struct bytes value)
{
    struct bytes text;
    int64_t number;

    if (value_text(value, &text))
        json_write_text(writer, key, text);
    else if (!value_integer(value, &number))
        json_write_null(writer, key);
    else if (field && pack && field->type == FIELD_TIME)
        value_write_time(writer, key, true, number, precision_of(number), pack->zone_minutes);
    else
        json_write_integer(writer, key, number);
}

void value_print(const struct pack *pack, const struct pack_field *field, struct bytes value,
                 struct buffer *out)
{
    char digits[TIME_TEXT_BYTES];
    struct bytes text;
    int64_t number;

    if (value_text(value, &text)) {
        buffer_append_bytes(out, text);
        return;
    }
    if (!value_integer(value, &number))
        return;
    if (field && pack && field->type == FIELD_TIME)
        time_format(number, precision_of(number), pack->zone_minutes, digits);
    else
        (void)snprintf(digits, sizeof digits, "%lld", (long long)number);
    buffer_append_bytes(out, bytes_of_text(digits));
}
