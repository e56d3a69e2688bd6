#include "daemon/apart.h"

#include "client/home/broken.h"

#include <stdio.h>
#include <unistd.h>

#include <sys/wait.h>

enum status apart_run(apart_work *work, void *context, struct command_answer *answer)
{
    int how = 0;
    pid_t child = fork();

    if (child == 0) {
        broken_store_is_silent();
        work(context, answer);
        (void)fwrite(answer->out.at, 1, answer->out.size, stdout);
        (void)fwrite(answer->err.at, 1, answer->err.size, stderr);
        (void)fflush(stdout);
        _exit((int)answer->code);
    }
    if (child < 0 || waitpid(child, &how, 0) != child)
        return STATUS_NO_MEMORY;
    if (WIFSIGNALED(how))
        return STATUS_CORRUPT;
    answer->code = (enum hoso_code)WEXITSTATUS(how);
    return STATUS_OK;
}
