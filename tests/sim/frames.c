#include "tests/sim/frames.h"

#include "protocol/sync/frame/frame.h"

#include <stdarg.h>
#include <string.h>

enum { FRAME_ARENA = 16 << 20 };

struct line_text {
    char *out;
    size_t used;
};

static void say(struct line_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(struct line_text *text, const char *format, ...)
{
    va_list arguments;
    size_t room = FRAME_LINE_BYTES - text->used;
    va_start(arguments, format);
    int length = vsnprintf(text->out + text->used, room, format, arguments);
    va_end(arguments);
    if (length > 0)
        text->used += (size_t)length < room ? (size_t)length : room - 1;
}

static void say_heads(struct line_text *text, const struct head *heads, size_t count)
{
    enum { SHOWN = 6 };
    for (size_t i = 0; i < count && i < SHOWN; i++) {
        char log[9];
        say(text, " %s:%llu", name_brief(&heads[i].log, log), (unsigned long long)heads[i].seq);
    }
    if (count > SHOWN)
        say(text, " and %zu more", count - SHOWN);
}

static void say_records(struct line_text *text, struct bytes frame, struct arena *arena)
{
    struct records records;
    if (records_decode(frame, arena, &records) != STATUS_OK)
        return;
    size_t count = 0;
    for (size_t i = 0; i < records.run_count; i++)
        count += records.runs[i].count;
    say(text, " %zu", count);
    for (size_t i = 0; i < records.run_count && i < 4; i++) {
        char log[9];
        const struct records_run *run = &records.runs[i];
        say(text, " (log %s %llu-%llu)", name_brief(&run->log, log),
            (unsigned long long)run->first_seq,
            (unsigned long long)(run->first_seq + run->count - 1));
    }
    if (records.has_cursor)
        say(text, " cursor %llu%s%s", (unsigned long long)records.arrival,
            records.at_end ? " at the end" : "", records.restart ? " anew" : "");
}

/* " (e1a0c3d4@17 log:seq ...)": signer, its arrival, the heads. */
static void say_receipt(struct line_text *text, struct bytes raw, struct arena *arena)
{
    struct receipt receipt;
    struct name signer;
    char brief[9];
    if (receipt_decode(raw, arena, &receipt) != STATUS_OK)
        return;
    memcpy(signer.bytes, receipt.signer.bytes, sizeof signer.bytes);
    say(text, " (%s@%llu", name_brief(&signer, brief), (unsigned long long)receipt.arrival);
    for (size_t i = 0; i < receipt.head_count && i < 4; i++)
        say(text, " %s:%llu", name_brief(&receipt.heads[i].log, brief),
            (unsigned long long)receipt.heads[i].seq);
    say(text, ")");
}

static void say_frame(struct line_text *text, struct bytes frame, struct arena *arena)
{
    static const char *const modes[] = {"ask", "tell", "whole", "part", "ids", "gap"};
    struct heads heads;
    struct ack ack;
    struct receipts receipts;
    struct want want = {0};
    struct rest rest;
    switch (frame.at[0]) {
    case FRAME_HEADS:
        if (heads_decode(frame, arena, &heads) == STATUS_OK) {
            say(text, " %s", modes[(size_t)heads.mode % 6]);
            say_heads(text, heads.entries, heads.count);
        }
        break;
    case FRAME_RECORDS:
        say_records(text, frame, arena);
        break;
    case FRAME_ACK:
        if (ack_decode(frame, arena, &ack) == STATUS_OK) {
            say(text, " %llu bytes%s", (unsigned long long)ack.bytes,
                ack.receipt.size ? ", receipt" : "");
            say_heads(text, ack.heads, ack.head_count);
            if (ack.receipt.size)
                say_receipt(text, ack.receipt, arena);
        }
        break;
    case FRAME_RECEIPT:
        receipts = (struct receipts){0};
        if (receipts_decode(frame, arena, &receipts) == STATUS_OK)
            say(text, " %zu up to %llu%s", receipts.count, (unsigned long long)receipts.number,
                receipts.number ? "" : " as evidence");
        for (size_t i = 0; i < receipts.count; i++)
            say_receipt(text, receipts.items[i], arena);
        break;
    case FRAME_WANT:
        if (want_decode(frame, arena, &want) == STATUS_OK && want.vector)
            say(text, " the vector");
        else if (frame.size)
            say(text, " %zu ids", want.count);
        break;
    case FRAME_REST:
        if (rest_decode(frame, arena, &rest) == STATUS_OK) {
            char digest[9];
            say(text, " %s %s", rest.equal ? "equal" : "at", name_brief(&rest.digest, digest));
        }
        break;
    default:
        break;
    }
}

void frame_describe(struct bytes frame, char out[FRAME_LINE_BYTES])
{
    static const char *const names[] = {"?",      "HELLO", "HEADS", "RECORDS", "ACK", "RECEIPT",
                                        "REFUSE", "WANT",  "BUSY",  "BYE",     "REST"};
    struct line_text text = {.out = out};
    struct arena arena;
    size_t type = frame.size ? frame.at[0] : 0;
    arena_init(&arena, FRAME_ARENA);
    say(&text, "%s", names[type < sizeof names / sizeof names[0] ? type : 0]);
    if (frame.size)
        say_frame(&text, frame, &arena);
    say(&text, ", %zu bytes", frame.size);
    arena_deinit(&arena);
}

/* ---- promises ---- */

static void judge_receipt(struct node *sender, struct bytes raw, struct arena *arena)
{
    struct receipt receipt;
    enum status status = receipt_open(raw, arena, &receipt);
    if (status != STATUS_OK)
        world_fail(sender->world, "%s sends a receipt that is none: %s", sender->name,
                   status_name(status));
    else
        witness_promise(sender->world, sender, &receipt);
}

static void judge_ack(struct node *sender, struct bytes frame, struct arena *arena)
{
    struct ack ack;
    if (ack_decode(frame, arena, &ack) != STATUS_OK)
        return;
    for (size_t i = 0; i < ack.head_count; i++) {
        const struct head *head = &ack.heads[i];
        char log[9];
        struct receipt_head claimed = {.log = head->log, .seq = head->seq, .id16 = head->id16};
        if (head->seq > 0 && !witness_is_durable(sender, &claimed))
            world_fail(sender->world, "%s acknowledges log %s seq %llu, which is not durable",
                       sender->name, name_brief(&head->log, log), (unsigned long long)head->seq);
    }
    if (ack.receipt.size)
        judge_receipt(sender, ack.receipt, arena);
}

void frame_judge(struct node *sender, struct bytes frame)
{
    struct arena arena;
    struct receipts receipts;
    if (frame.size == 0)
        return;
    arena_init(&arena, FRAME_ARENA);
    if (frame.at[0] == FRAME_ACK)
        judge_ack(sender, frame, &arena);
    else if (frame.at[0] == FRAME_RECEIPT &&
             receipts_decode(frame, &arena, &receipts) == STATUS_OK) {
        for (size_t i = 0; i < receipts.count; i++)
            judge_receipt(sender, receipts.items[i], &arena);
    }
    arena_deinit(&arena);
}
