/*
 * What every unit test includes: cmocka and the headers it wants to see first.
 */
#ifndef HOSO_TESTS_LIB_UNIT_H
#define HOSO_TESTS_LIB_UNIT_H

/* In this order. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#endif
