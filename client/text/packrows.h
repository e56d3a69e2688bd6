/*
 * The comma separated files of a pack: units, staff, calendar.
 */
#ifndef HOSO_CLIENT_TEXT_PACKROWS_H
#define HOSO_CLIENT_TEXT_PACKROWS_H

#include "client/text/packfile.h"

/* Each fills its part of |*pack| (rows in |arena|). Errors: MALFORMED with |problem|, LIMIT,
 * NO_MEMORY. */
CHECK_RESULT enum status packrows_units(struct bytes text, struct arena *arena, struct pack *pack,
                                        struct packfile_problem *problem);
CHECK_RESULT enum status packrows_staff(struct bytes text, struct arena *arena, struct pack *pack,
                                        struct packfile_problem *problem);
CHECK_RESULT enum status packrows_calendar(struct bytes text, struct arena *arena,
                                           struct pack *pack, struct packfile_problem *problem);

#endif
