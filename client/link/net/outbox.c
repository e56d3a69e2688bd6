#include "client/link/net/outbox.h"

#include <stdlib.h>
#include <string.h>

struct outbox_frame {
    struct outbox_frame *next;
    size_t size;
    uint8_t bytes[]; /* headroom, then the frame */
};

enum status outbox_push(struct outbox *outbox, struct bytes bytes)
{
    struct outbox_frame *frame = NULL;

    if (outbox->frames >= OUTBOX_FRAMES || bytes.size > OUTBOX_BYTES_MAX - outbox->bytes)
        return STATUS_LIMIT;
    frame = malloc(sizeof *frame + OUTBOX_HEADROOM + bytes.size);
    if (frame == NULL)
        return STATUS_NO_MEMORY;
    frame->next = NULL;
    frame->size = bytes.size;
    if (bytes.size > 0)
        memcpy(frame->bytes + OUTBOX_HEADROOM, bytes.at, bytes.size);
    if (outbox->last != NULL)
        outbox->last->next = frame;
    else
        outbox->first = frame;
    outbox->last = frame;
    outbox->frames++;
    outbox->bytes += bytes.size;
    return STATUS_OK;
}

uint8_t *outbox_front(struct outbox *outbox, size_t *size)
{
    if (outbox->first == NULL)
        return NULL;
    *size = outbox->first->size;
    return outbox->first->bytes + OUTBOX_HEADROOM;
}

void outbox_pop(struct outbox *outbox)
{
    struct outbox_frame *frame = outbox->first;

    outbox->first = frame->next;
    if (outbox->first == NULL)
        outbox->last = NULL;
    outbox->frames--;
    outbox->bytes -= frame->size;
    free(frame);
}

void outbox_clear(struct outbox *outbox)
{
    while (outbox->first != NULL)
        outbox_pop(outbox);
}
