/* Writes the inputs of a kept corpus as files, for libFuzzer. Usage: fuzz_unpack CORPUS FOLDER */
#include "tests/fuzz/corpus.h"

#include <stdio.h>

struct unpacking {
    const char *folder;
    size_t count;
    bool failed;
};

static void unpack(const uint8_t *data, size_t size, void *context)
{
    struct unpacking *unpacking = context;
    char path[4096];
    snprintf(path, sizeof path, "%s/kept-%zu", unpacking->folder, unpacking->count++);
    FILE *file = fopen(path, "wb");
    bool written = file != NULL && fwrite(data, 1, size, file) == size;
    if ((file != NULL && fclose(file) != 0) || !written) {
        perror(path);
        unpacking->failed = true;
    }
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s CORPUS FOLDER\n", argv[0]);
        return 2;
    }
    struct unpacking unpacking = {.folder = argv[2]};
    return corpus_each(argv[1], unpack, &unpacking) && !unpacking.failed ? 0 : 1;
}
