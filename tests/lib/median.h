/* The middle of measured values. */
#ifndef HOSO_TESTS_LIB_MEDIAN_H
#define HOSO_TESTS_LIB_MEDIAN_H

#include <stddef.h>

/* The median of |count| values, one or more; of an even count the upper one. Sorts them. */
double median(double *values, size_t count);

#endif
