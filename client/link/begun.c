#include "client/link/begun.h"

#include <stdlib.h>
#include <string.h>

struct begun_frame {
    struct public_key key;
    uint8_t *at; /* NULL: the place is free */
    size_t size;
};

static void forget(struct begun_frame *frame)
{
    free(frame->at);
    memset(frame, 0, sizeof *frame);
}

static struct begun_frame *find(const struct begun_frames *frames, const struct public_key *key)
{
    for (size_t i = 0; frames->frames != NULL && i < BEGUN_FRAMES; i++) {
        struct begun_frame *frame = &frames->frames[i];

        if (frame->at != NULL && public_key_equal(&frame->key, key))
            return frame;
    }
    return NULL;
}

void begun_frames_deinit(struct begun_frames *frames)
{
    for (size_t i = 0; frames->frames != NULL && i < BEGUN_FRAMES; i++)
        forget(&frames->frames[i]);
    free(frames->frames);
    memset(frames, 0, sizeof *frames);
}

void begun_frames_keep(struct begun_frames *frames, const struct public_key *key,
                       struct bytes beginning)
{
    struct begun_frame *frame = find(frames, key);

    if (frame != NULL)
        forget(frame);
    if (beginning.size < BEGUN_FRAME_LEAST || beginning.size > BEGUN_FRAME_BYTES)
        return;
    if (frames->frames == NULL)
        frames->frames = calloc(BEGUN_FRAMES, sizeof *frames->frames);
    if (frames->frames == NULL)
        return;
    if (frame == NULL) {
        frame = &frames->frames[frames->next];
        frames->next = (frames->next + 1) % BEGUN_FRAMES;
        forget(frame);
    }
    frame->at = malloc(beginning.size);
    if (frame->at == NULL)
        return;
    memcpy(frame->at, beginning.at, beginning.size);
    frame->size = beginning.size;
    frame->key = *key;
}

void begun_frames_take(struct begun_frames *frames, const struct public_key *key,
                       struct buffer *out)
{
    struct begun_frame *frame = find(frames, key);

    if (frame == NULL)
        return;
    buffer_append(out, frame->at, frame->size);
    forget(frame);
}
