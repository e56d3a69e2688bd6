/* The bytes of one input, taken from the front; past its end everything is zero. */
#ifndef HOSO_TESTS_FUZZ_INPUT_H
#define HOSO_TESTS_FUZZ_INPUT_H

#include "protocol/base/bytes.h"

struct input {
    const uint8_t *at;
    size_t left;
};

static inline uint8_t input_byte(struct input *input)
{
    if (input->left == 0)
        return 0;
    input->left--;
    return *input->at++;
}

static inline size_t input_pair(struct input *input)
{
    size_t high = input_byte(input);

    return high << 8 | input_byte(input);
}

/* At most |most| bytes. */
static inline struct bytes input_piece(struct input *input, size_t most)
{
    struct bytes piece = bytes_of(input->at, most < input->left ? most : input->left);

    input->at += piece.size;
    input->left -= piece.size;
    return piece;
}

#endif
