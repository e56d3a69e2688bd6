/* Writes every file of vectors into the folder given. Usage: generate FOLDER */
#include "tests/vectors/vector.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: generate FOLDER\n");
        return 2;
    }
    for (size_t i = 0; i < vector_file_count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s.json", argv[1], vector_files[i].name);
        json_t *file = vector_files[i].make();
        FILE *out = fopen(path, "w");
        bool written = file != NULL && out != NULL && json_dumpf(file, out, JSON_INDENT(1)) == 0 &&
                       fputc('\n', out) != EOF;
        if (out != NULL && fclose(out) != 0) {
            written = false;
        }
        json_decref(file);
        if (!written) {
            fprintf(stderr, "generate: cannot write %s\n", path);
            return 1;
        }
    }
    return 0;
}
