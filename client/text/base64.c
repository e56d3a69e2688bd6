#include "client/text/base64.h"

static const char *alphabet(enum base64_form form)
{
    return form == BASE64_URL ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
                              : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
}

void base64_encode(struct bytes bytes, enum base64_form form, struct buffer *out)
{
    const char *digits = alphabet(form);

    for (size_t i = 0; i < bytes.size; i += 3) {
        size_t left = bytes.size - i;
        uint32_t group = (uint32_t)bytes.at[i] << 16;
        if (left > 1)
            group |= (uint32_t)bytes.at[i + 1] << 8;
        if (left > 2)
            group |= bytes.at[i + 2];
        char text[4] = {digits[group >> 18], digits[group >> 12 & 63], digits[group >> 6 & 63],
                        digits[group & 63]};
        size_t digits_used = left >= 3 ? 4 : left + 1;
        for (size_t d = digits_used; d < 4; d++)
            text[d] = '=';
        buffer_append(out, text, form == BASE64_URL ? digits_used : 4);
    }
}

static int digit_of(uint8_t character, enum base64_form form)
{
    if (character >= 'A' && character <= 'Z')
        return character - 'A';
    if (character >= 'a' && character <= 'z')
        return character - 'a' + 26;
    if (character >= '0' && character <= '9')
        return character - '0' + 52;
    if (character == (form == BASE64_URL ? '-' : '+'))
        return 62;
    if (character == (form == BASE64_URL ? '_' : '/'))
        return 63;
    return -1;
}

/* One group of |count| digits, 2 to 4. */
static bool decode_group(const uint8_t *at, size_t count, enum base64_form form, struct buffer *out)
{
    uint32_t group = 0;

    for (size_t i = 0; i < 4; i++) {
        int digit = i < count ? digit_of(at[i], form) : 0;
        if (digit < 0)
            return false;
        group = group << 6 | (uint32_t)digit;
    }
    uint32_t beyond = count == 2 ? 0xffff : count == 3 ? 0xff : 0;
    if (group & beyond)
        return false;
    for (size_t i = 0; i + 1 < count; i++)
        buffer_append_u8(out, (uint8_t)(group >> (16 - 8 * i) & 0xff));
    return true;
}

enum status base64_decode(struct bytes text, enum base64_form form, struct buffer *out)
{
    size_t size = text.size;

    if (form == BASE64_STANDARD) {
        if (size % 4 != 0)
            return STATUS_MALFORMED;
        for (int pad = 0; pad < 2 && size > 0 && text.at[size - 1] == '='; pad++)
            size--;
    }
    if (size % 4 == 1)
        return STATUS_MALFORMED;
    for (size_t i = 0; i < size; i += 4) {
        if (!decode_group(text.at + i, size - i < 4 ? size - i : 4, form, out))
            return STATUS_MALFORMED;
    }
    return buffer_status(out);
}
