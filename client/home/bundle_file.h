/*
 * `hoso bundle write FILE` and `read FILE`: the process that was asked has the file, whoever owns
 * the store gives and takes its pieces (client/command/bundle). Neither holds a bundle whole.
 */
#ifndef HOSO_CLIENT_HOME_BUNDLE_FILE_H
#define HOSO_CLIENT_HOME_BUNDLE_FILE_H

#include "client/home/runner.h"
#include "client/text/json.h"

/* Runs |request|, of verb `bundle`, whose arguments are |arguments|. What fails is in the answer.
 */
void bundle_file_run(struct runner *runner, const struct command_request *request,
                     const struct json *arguments, struct command_answer *answer);

#endif
