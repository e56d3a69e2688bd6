/* Gives a target the inputs of a kept corpus. Usage: replay_NAME CORPUS */
#include "tests/fuzz/corpus.h"
#include "tests/fuzz/target.h"

#include <stdio.h>

static void replay(const uint8_t *data, size_t size, void *context)
{
    size_t *count = context;
    (void)LLVMFuzzerTestOneInput(data, size);
    (*count)++;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
        return 2;
    }
    size_t count = 0;
    bool sound = corpus_each(argv[1], replay, &count);
    printf("%zu inputs\n", count);
    return sound && count > 0 ? 0 : 1;
}
