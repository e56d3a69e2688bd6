/*
 * The example district, compiled into the library: what a home works with until its hub's own pack
 * arrives. The bytes are those of the files in this folder; embed.cmake turns them into C.
 */
#ifndef HOSO_CLIENT_EXAMPLE_EXAMPLE_H
#define HOSO_CLIENT_EXAMPLE_EXAMPLE_H

#include "protocol/base/bytes.h"

/* Each is static. */
struct bytes example_procedures(void); /* procedures.json */
struct bytes example_calendar(void);   /* calendar.csv */
struct bytes example_units(void);      /* units.csv */
struct bytes example_staff(void);      /* staff.csv */

#endif
