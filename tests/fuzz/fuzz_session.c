/*
 * Two real sessions over real replicas, and a hand in the line that holds both keys: each byte of
 * the input is something that happens. Whatever it was, no session may be upset; a store stays one
 * that verifies; and once the hand is gone a clean session makes both ends the same.
 */
#include "tests/fuzz/session_forge.h"
#include "tests/fuzz/target.h"

#include <string.h>

enum {
    KEPT_FRAMES = 8,
    EVENTS_A_STEP = 32,
    EVENTS_REST = 3000,
    EVENTS_CLEAN = 20000,
    CONNECTIONS_MOST = 6,
    ACTS_MOST = 8,
    WAIT_US = 100 * 1000000
};

struct kept {
    uint8_t bytes[LIMIT_FRAME_BYTES];
    size_t size;
};

/* What is to be done to the next frame that passes. */
struct hand {
    bool drop;
    bool cut;
    bool change;
    bool hello;
    size_t at;
    uint8_t bits;
};

struct play {
    struct pair pair; /* first: the pair's hand finds the play by it */
    struct site client, server;
    struct forge forge;
    struct input input;
    struct hand hand;
    uint8_t start;
    struct kept *kept;
    size_t kept_count;
    size_t connections;
    size_t acts;
};

static void keep(struct play *play, struct bytes frame)
{
    struct kept *kept = &play->kept[play->kept_count++ % KEPT_FRAMES];

    memcpy(kept->bytes, frame.at, frame.size);
    kept->size = frame.size;
}

static bool pass(struct pair *pair, struct side *from, uint8_t *frame, size_t *size)
{
    struct play *play = (struct play *)pair;
    struct hand hand = play->hand;

    forge_overhear(&play->forge, from, bytes_of(frame, *size));
    if (from == &pair->client && frame[0] == FRAME_HELLO) {
        struct buffer other;

        buffer_init(&other, LIMIT_FRAME_BYTES);
        if (hand.hello && forge_hello(&play->forge, &play->input, bytes_of(frame, *size), &other)) {
            /* The optional items differ by a few bytes; the session sees the other one instead. */
            pair_inject(&pair->server, other.at, other.size);
            hand.drop = true;
        }
        buffer_deinit(&other);
    }
    keep(play, bytes_of(frame, *size));
    memset(&play->hand, 0, sizeof play->hand);
    if (hand.cut)
        *size = hand.at % (*size + 1);
    if (hand.change && *size > 0)
        frame[hand.at % *size] ^= hand.bits;
    return !hand.drop;
}

static void alter(struct pair *pair, struct session_self *self)
{
    struct play *play = (struct play *)pair;

    if ((play->start & 8) != 0)
        self->cursor.running_hash.bytes[3] ^= 1;
    if ((play->start & 16) != 0)
        self->marks_certain = false;
    if ((play->start & 32) != 0)
        self->chain_mode = CHAIN_EACH;
}

static void connect(struct play *play)
{
    struct random random = play->pair.random;

    play->connections++;
    memset(&play->hand, 0, sizeof play->hand);
    play->hand.hello = (play->start & 128) != 0 && play->connections == 1;
    pair_connect(&play->pair, &play->client, &play->server);
    /* The first thing pair_connect() draws. */
    random.state = random.state == 0 ? 7 : random.state;
    random_fill(&random, play->forge.transcript.client_nonce, SESSION_NONCE_BYTES);
}

static struct side *pick_side(struct play *play, uint8_t op)
{
    return (op & 0x80) != 0 ? &play->pair.client : &play->pair.server;
}

static void inject(struct side *side, struct buffer *frame)
{
    if (frame->size > 0 && buffer_status(frame) == STATUS_OK)
        pair_inject(side, frame->at, frame->size);
    buffer_reset(frame);
}

static void send_forged(struct play *play, uint8_t op)
{
    struct side *side = pick_side(play, op);
    struct buffer frame;

    buffer_init(&frame, LIMIT_FRAME_BYTES);
    switch (op % 8) {
    case 0:
        forge_heads(&play->input, &frame);
        break;
    case 1:
        forge_ack(&play->input, side, &frame);
        break;
    case 2:
        forge_want(&play->input, &frame);
        break;
    case 3:
        forge_notice(&play->input, &frame);
        break;
    case 4:
        forge_receipts(&play->input, side, &frame);
        break;
    case 5:
        forge_refusal(&play->forge, &play->input, side, &frame);
        break;
    default:
        forge_records(&play->forge, &play->input, &frame);
        break;
    }
    inject(side, &frame);
    buffer_deinit(&frame);
}

static void replay(struct play *play, uint8_t op)
{
    const struct kept *kept = NULL;

    if (play->kept_count == 0)
        return;
    kept = &play->kept[input_byte(&play->input) % KEPT_FRAMES];
    if (kept->size > 0)
        pair_inject(pick_side(play, op), kept->bytes, kept->size);
}

static void inject_raw(struct play *play, uint8_t op)
{
    struct bytes piece = input_piece(&play->input, 1 + (size_t)input_byte(&play->input));

    if (piece.size > 0)
        pair_inject(pick_side(play, op), piece.at, piece.size);
}

/* What happens to the node itself: an act, a failing commit, time, a cut. */
static void happen(struct play *play, uint8_t op)
{
    struct side *side = pick_side(play, op);
    struct act_result result;

    switch (op % 4) {
    case 0:
        if (play->acts++ < ACTS_MOST &&
            site_receive(side->site, "Lê Thị Sen", 0, &result) == STATUS_OK)
            pair_changed(side);
        break;
    case 1:
        side->failing = 1;
        break;
    case 2:
        play->pair.now_us += WAIT_US / 16 * (input_byte(&play->input) % 17);
        break;
    default:
        if (play->connections < CONNECTIONS_MOST) {
            pair_close(&play->pair);
            connect(play);
        }
        break;
    }
}

static void do_one(struct play *play)
{
    uint8_t op = input_byte(&play->input);

    switch (op >> 3 & 15) {
    case 0:
    case 1:
    case 2:
        (void)pair_run_some(&play->pair, 1 + op % 8);
        break;
    case 3:
        (void)pair_run_some(&play->pair, EVENTS_A_STEP);
        break;
    case 4:
        play->hand.change = true;
        play->hand.at = input_pair(&play->input);
        play->hand.bits = input_byte(&play->input);
        break;
    case 5:
        play->hand.cut = true;
        play->hand.at = input_pair(&play->input);
        break;
    case 6:
        play->hand.drop = true;
        break;
    case 7:
        replay(play, op);
        break;
    case 8:
        inject_raw(play, op);
        break;
    case 9:
        happen(play, op);
        break;
    case 10:
        forge_record(&play->forge, &play->input);
        break;
    default:
        send_forged(play, op);
        break;
    }
}

static void must_verify(struct site *site)
{
    struct replica_read *read = NULL;
    struct replica_verdict verdict;

    FUZZ_MUST(replica_read_begin(site->replica, &read) == STATUS_OK);
    FUZZ_MUST(replica_verify(read, false, &verdict) == STATUS_OK && verdict.ok);
    replica_read_end(read);
}

/* The hand is gone: the two meet until neither has anything to tell. */
static void must_become_same(struct play *play)
{
    const struct name *scope = &replica_identity(world_base()->sites[WORLD_OFFICE].replica)->scope;
    struct name of_client, of_server;

    play->pair.hand = NULL;
    play->pair.alter = NULL;
    for (size_t i = 0; i < 3; i++) {
        pair_connect(&play->pair, &play->client, &play->server);
        FUZZ_MUST(!pair_run_some(&play->pair, EVENTS_CLEAN));
        pair_close(&play->pair);
    }
    of_client = site_vector(&play->client, scope);
    of_server = site_vector(&play->server, scope);
    FUZZ_MUST(memcmp(&of_client, &of_server, sizeof of_client) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum world_site clients[] = {WORLD_OFFICE, WORLD_DEVICE, WORLD_TWIN, WORLD_DEVICE};
    static const enum world_site servers[] = {WORLD_HUB, WORLD_OFFICE, WORLD_HUB, WORLD_HUB};
    static struct kept kept[KEPT_FRAMES];
    struct play play;

    memset(&play, 0, sizeof play);
    play.kept = kept;
    for (size_t i = 0; i < KEPT_FRAMES; i++)
        kept[i].size = 0;
    play.input = (struct input){data, size};
    play.start = input_byte(&play.input);
    world_copy(clients[play.start % 4], &play.client);
    world_copy(servers[play.start % 4], &play.server);
    forge_open(&play.forge, &play.pair);
    play.pair.hand = pass;
    play.pair.alter = alter;
    play.pair.window_bytes = (play.start & 64) != 0 ? 4096 : 0;
    connect(&play);
    (void)pair_run_some(&play.pair, (play.start & 4) != 0 ? EVENTS_A_STEP : 0);
    while (play.input.left > 0)
        do_one(&play);
    (void)pair_run_some(&play.pair, EVENTS_REST);
    pair_close(&play.pair);
    must_verify(&play.client);
    must_verify(&play.server);
    must_become_same(&play);
    forge_close(&play.forge);
    site_close(&play.client);
    site_close(&play.server);
    return 0;
}
