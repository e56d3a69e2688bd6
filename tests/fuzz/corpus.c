#include "tests/fuzz/corpus.h"

#include "protocol/base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An allocation of exactly the input's size, so that a read past its end is seen. */
static bool take_line(const char *line, size_t length,
                      void (*take)(const uint8_t *data, size_t size, void *context), void *context)
{
    uint8_t *data = malloc(length / 2 + (length < 2));
    size_t size = 0;
    bool sound = data != NULL && hex_decode(line, length, data, length / 2, &size);
    if (sound) {
        take(data, size, context);
    }
    free(data);
    return sound;
}

bool corpus_each(const char *path, void (*take)(const uint8_t *data, size_t size, void *context),
                 void *context)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        return false;
    }
    char *line = malloc(2 * CORPUS_INPUT_BYTES + 2);
    bool sound = line != NULL;
    for (size_t number = 1; sound && fgets(line, 2 * CORPUS_INPUT_BYTES + 2, file); number++) {
        sound = take_line(line, strcspn(line, "\n"), take, context);
        if (!sound) {
            fprintf(stderr, "%s:%zu: not hex\n", path, number);
        }
    }
    free(line);
    return fclose(file) == 0 && sound;
}
