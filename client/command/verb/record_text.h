/*
 * A record as `hoso record` and `hoso export records` write it: its exact bytes, and what they say.
 */
#ifndef HOSO_CLIENT_COMMAND_VERB_RECORD_TEXT_H
#define HOSO_CLIENT_COMMAND_VERB_RECORD_TEXT_H

#include "client/command/call.h"

/* One line: {"id","log","seq","raw":{…},"decoded":{…}}. |arena| is scratch. */
void record_text_write(struct call *call, const struct record *record, const struct name *log,
                       struct arena *arena);

#endif
