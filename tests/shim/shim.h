/*
 * What the preloaded libraries share: the real call behind one they stand before, and the path of a
 * descriptor.
 */
#ifndef HOSO_TESTS_SHIM_SHIM_H
#define HOSO_TESTS_SHIM_SHIM_H

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SHIM_PATH_BYTES = 4096 };

/* dlsym gives an object pointer; ISO C has no cast from it to a function's. */
#define REAL(type, name)                                                                           \
    static type real;                                                                              \
    if (!real) {                                                                                   \
        void *found = dlsym(RTLD_NEXT, name);                                                      \
        memcpy(&real, &found, sizeof real);                                                        \
    }

/* The path |fd| was opened by, as the kernel knows it now; false: it has none. */
static inline bool shim_path_of(int fd, char path[SHIM_PATH_BYTES])
{
    char link[64];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, SHIM_PATH_BYTES - 1);
    if (size <= 0)
        return false;
    path[size] = '\0';
    return true;
}

static inline bool shim_ends_with(const char *path, const char *ending)
{
    size_t size = strlen(path), length = strlen(ending);
    return size >= length && strcmp(path + size - length, ending) == 0;
}

#endif
