#include "client/home/broken.h"

#include "client/hoso.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#define VI_MESSAGE "Tệp của kho bị cụt, hoặc ổ đĩa không đọc được."
#define VI_KEPT "Không ghi thêm gì."
#define VI_NEXT                                                                                                                \
    "Kiểm tra ổ đĩa (dmesg). Nếu tệp bị cụt: để kho sang một bên, đặt bản hosod backup gần nhất " \
    "làm --home; bản ghi mới hơn tự về từ cấp trên và các máy."
#define EN_MESSAGE "The store's file is cut off, or the disk cannot read it."
#define EN_KEPT "Nothing more was written."
#define EN_NEXT                                                                                    \
    "Look at the disk (dmesg). If the file is cut off: put the store aside and make the newest "   \
    "hosod backup the --home; newer records come by themselves from the node above and from "      \
    "devices."
#define LINES(message, kept, next) message "\n" kept "\n" next "\n"
#define OBJECT(message, kept, next)                                                                \
    "{\"error\":{\"code\":\"broken\",\"message\":\"" message "\",\"kept\":\"" kept                 \
    "\",\"next\":\"" next "\"}}\n"

/* Nothing but write() and _exit() may be called here. */
static _Noreturn void end(const char *lines, const char *object)
{
    ssize_t told = write(STDERR_FILENO, lines, strlen(lines));

    if (object != NULL)
        told = write(STDOUT_FILENO, object, strlen(object));
    (void)told;
    _exit(HOSO_STORE);
}

static void end_vietnamese(int number)
{
    (void)number;
    end(LINES(VI_MESSAGE, VI_KEPT, VI_NEXT), NULL);
}

static void end_vietnamese_json(int number)
{
    (void)number;
    end(LINES(VI_MESSAGE, VI_KEPT, VI_NEXT), OBJECT(VI_MESSAGE, VI_KEPT, VI_NEXT));
}

static void end_english(int number)
{
    (void)number;
    end(LINES(EN_MESSAGE, EN_KEPT, EN_NEXT), NULL);
}

static void end_english_json(int number)
{
    (void)number;
    end(LINES(EN_MESSAGE, EN_KEPT, EN_NEXT), OBJECT(EN_MESSAGE, EN_KEPT, EN_NEXT));
}

void broken_store_says(bool vietnamese, bool json)
{
    if (vietnamese)
        (void)signal(SIGBUS, json ? end_vietnamese_json : end_vietnamese);
    else
        (void)signal(SIGBUS, json ? end_english_json : end_english);
}
