#include "client/home/broken.h"

#include "client/hoso.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

/* A sanitizer's own account of a fault is worth more to who builds with one. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_SANITIZER true
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER true
#endif
#ifndef HAS_SANITIZER
#define HAS_SANITIZER false
#endif

#define VI_MESSAGE "Tệp của kho bị cụt hoặc có trang hỏng, hoặc ổ đĩa không đọc được."
#define VI_KEPT "Không ghi thêm gì."
#define VI_NEXT                                                                                                          \
    "Kiểm tra ổ đĩa (dmesg), chạy hosod scrub. Nếu tệp bị cụt: để kho sang một bên, đặt bản " \
    "hosod backup gần nhất "                                                                                         \
    "làm --home; bản ghi mới hơn tự về từ cấp trên và các máy."
#define EN_MESSAGE "The store's file is cut off or has a broken page, or the disk cannot read it."
#define EN_KEPT "Nothing more was written."
#define EN_NEXT                                                                                    \
    "Look at the disk (dmesg), run hosod scrub. If the file is cut off: put the store aside and "  \
    "make the newest "                                                                             \
    "hosod backup the --home; newer records come by themselves from the node above and from "      \
    "devices."
#define VI_FAULT "Một trang hỏng của kho, hoặc một lỗi của chương trình, đã làm dừng chương trình."
#define VI_SCRUB                                                                                                        \
    "Dừng hosod nếu nó đang chạy, rồi chạy hosod scrub: lệnh này nói kho có hỏng không và phải " \
    "làm gì."
#define EN_FAULT "A broken page of the store, or a fault of the program, has ended it."
#define EN_SCRUB                                                                                   \
    "Stop hosod if it runs, then run hosod scrub: it says whether the store is broken, and what "  \
    "to do."
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
    if (number == SIGSEGV)
        end(LINES(VI_FAULT, VI_KEPT, VI_SCRUB), NULL);
    end(LINES(VI_MESSAGE, VI_KEPT, VI_NEXT), NULL);
}

static void end_vietnamese_json(int number)
{
    if (number == SIGSEGV)
        end(LINES(VI_FAULT, VI_KEPT, VI_SCRUB), OBJECT(VI_FAULT, VI_KEPT, VI_SCRUB));
    end(LINES(VI_MESSAGE, VI_KEPT, VI_NEXT), OBJECT(VI_MESSAGE, VI_KEPT, VI_NEXT));
}

static void end_english(int number)
{
    if (number == SIGSEGV)
        end(LINES(EN_FAULT, EN_KEPT, EN_SCRUB), NULL);
    end(LINES(EN_MESSAGE, EN_KEPT, EN_NEXT), NULL);
}

static void end_english_json(int number)
{
    if (number == SIGSEGV)
        end(LINES(EN_FAULT, EN_KEPT, EN_SCRUB), OBJECT(EN_FAULT, EN_KEPT, EN_SCRUB));
    end(LINES(EN_MESSAGE, EN_KEPT, EN_NEXT), OBJECT(EN_MESSAGE, EN_KEPT, EN_NEXT));
}

void broken_store_says(bool vietnamese, bool json)
{
    void (*say)(int number) = vietnamese ? (json ? end_vietnamese_json : end_vietnamese)
                                         : (json ? end_english_json : end_english);

    (void)signal(SIGBUS, say);
    if (!HAS_SANITIZER)
        (void)signal(SIGSEGV, say);
}

void broken_store_is_silent(void)
{
    (void)signal(SIGBUS, SIG_DFL);
    if (!HAS_SANITIZER)
        (void)signal(SIGSEGV, SIG_DFL);
}
