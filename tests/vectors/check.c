/* Reads the committed vectors and holds the library to them. Usage: check FOLDER */
#include "tests/vectors/vector.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: check FOLDER\n");
        return 2;
    }
    for (size_t i = 0; i < vector_file_count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s.json", argv[1], vector_files[i].name);
        json_error_t error;
        json_t *file = json_load_file(path, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
        if (file == NULL) {
            fprintf(stderr, "check: %s: %s\n", path, error.text);
            return 1;
        }
        size_t before = vector_expectations();
        vector_files[i].check(file);
        printf("%s: %zu expectations\n", vector_files[i].name, vector_expectations() - before);
        json_decref(file);
    }
    printf("%zu failures\n", vector_failures());
    return vector_failures() == 0 ? 0 : 1;
}
