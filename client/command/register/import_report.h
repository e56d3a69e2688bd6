/*
 * What the process that read a register does with the answer of `import`: writes the refused rows
 * beside the input and tells people or programs the rest. Import itself may have run in a daemon,
 * which opens no file of its caller.
 */
#ifndef HOSO_CLIENT_COMMAND_REGISTER_IMPORT_REPORT_H
#define HOSO_CLIENT_COMMAND_REGISTER_IMPORT_REPORT_H

#include "client/command/command.h"

/*
 * Turns |answer| (of `import`, in JSON) into the answer for |request|'s form. |input| is the path
 * of the register. "register.csv" gives "register-tuchoi.csv", or with a number where that holds
 * other rows: nothing is overwritten.
 */
void import_report(const struct command_request *request, const char *input,
                   struct command_answer *answer);

#endif
