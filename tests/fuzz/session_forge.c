#include "tests/fuzz/session_forge.h"

#include "protocol/record/body.h"
#include "protocol/sync/frame/columns.h"
#include "tests/lib/unit.h"

#include <string.h>

enum { ENTRIES_MOST = 40, RUNS_MOST = 4, RECORDS_MOST = 32 };

void forge_open(struct forge *forge, struct pair *pair)
{
    memset(forge, 0, sizeof *forge);
    forge->pair = pair;
    buffer_init(&forge->hello, LIMIT_FRAME_BYTES);
    arena_init(&forge->arena, (size_t)16 * 1024 * 1024);
}

void forge_close(struct forge *forge)
{
    buffer_deinit(&forge->hello);
    arena_deinit(&forge->arena);
}

/* ---- who and what there is ---- */

static const struct batch *pick_known(struct input *input)
{
    return world_base()->known[input_byte(input) % WORLD_SITES];
}

/* A record any site holds. */
static const struct record *pick_record(struct input *input)
{
    const struct batch *known = pick_known(input);

    return &known->records[input_byte(input) % known->record_count];
}

static struct name pick_log(struct input *input)
{
    const struct batch *known = pick_known(input);
    uint8_t which = input_byte(input);

    if (which == UINT8_MAX)
        return (struct name){{9}};
    return known->runs[which % known->run_count].log;
}

/* A head that may be true, too high, or of another branch. */
static struct head pick_head(struct input *input)
{
    const struct record *record = pick_record(input);
    struct head head = {.log = record_log(record), .seq = record->header.seq};
    uint8_t how = input_byte(input);

    memcpy(head.id16.bytes, record->id.bytes, sizeof head.id16.bytes);
    if ((how & 1) != 0)
        head.seq += how;
    if ((how & 6) == 6)
        head.id16.bytes[how % 16] ^= how;
    if (how == 0x80)
        head.seq = LIMIT_COUNT;
    if (how == 0xc0) {
        head.seq = 0;
        head.id16 = (struct name){{0}};
    }
    return head;
}

static size_t pick_heads(struct input *input, struct head *heads)
{
    size_t count = input_byte(input) % ENTRIES_MOST;

    for (size_t i = 0; i < count; i++)
        heads[i] = pick_head(input);
    return count;
}

/* ---- the handshake ---- */

void forge_overhear(struct forge *forge, struct side *from, struct bytes frame)
{
    struct arena arena;
    struct hello_server hello;

    if (from != &forge->pair->server || frame.size == 0 || frame.at[0] != FRAME_HELLO)
        return;
    forge->transcript.server = *replica_key(from->site->replica);
    arena_init(&arena, LIMIT_FRAME_BYTES);
    if (hello_server_open(frame, &forge->transcript, &arena, &hello) == STATUS_OK)
        memcpy(forge->transcript.server_nonce, hello.nonce, sizeof hello.nonce);
    buffer_reset(&forge->hello);
    buffer_append_bytes(&forge->hello, frame);
    forge->transcript.server_hello = buffer_view(&forge->hello);
    arena_deinit(&arena);
}

bool forge_hello(struct forge *forge, struct input *input, struct bytes frame, struct buffer *out)
{
    struct arena arena;
    struct hello_client hello;
    bool good = false;

    arena_init(&arena, LIMIT_FRAME_BYTES);
    good = hello_client_open(frame, &forge->transcript, &arena, &hello) == STATUS_OK;
    if (good) {
        uint8_t what = input_byte(input);

        hello.version += what == 255;
        hello.window_log2 = (what & 1) != 0 ? input_byte(input) % 64 : hello.window_log2;
        hello.has_cursor ^= (what & 2) != 0;
        hello.arrival += (what & 4) != 0 ? input_pair(input) : 0;
        hello.check.bytes[3] ^= (what & 8) >> 3;
        hello.receipts += (what & 16) != 0 ? input_pair(input) : 0;
        hello.at_rest ^= (what & 32) != 0;
        hello.digest.bytes[0] |= (what & 64) >> 6;
        hello.has_proof ^= (what & 128) != 0;
        good =
            hello_client_seal(&hello, &forge->transcript,
                              replica_secret(forge->pair->client.site->replica), out) == STATUS_OK;
    }
    arena_deinit(&arena);
    return good;
}

/* ---- frames of one value ---- */

void forge_heads(struct input *input, struct buffer *out)
{
    struct head entries[ENTRIES_MOST];
    struct heads heads = {.mode = (enum heads_mode)(input_byte(input) % 7), .entries = entries};
    struct name scopes[2];
    size_t scopes_said = input_byte(input) % 3;

    scopes[0] = authority_scope(&world_base()->district.root);
    scopes[1] = replica_identity(world_base()->sites[WORLD_OFFICE].replica)->scope;
    if (memcmp(&scopes[0], &scopes[1], sizeof scopes[0]) > 0) {
        struct name first = scopes[1];

        scopes[1] = scopes[0];
        scopes[0] = first;
    }
    heads.scopes = scopes;
    heads.scope_count = scopes_said;
    heads.count = pick_heads(input, entries);
    heads_encode(&heads, out);
}

void forge_ack(struct input *input, struct side *to, struct buffer *out)
{
    struct head entries[ENTRIES_MOST];
    struct ack ack = {.heads = entries};
    uint8_t how = input_byte(input);

    ack.bytes = (how & 1) != 0 ? input_pair(input) : side_report(to).payload_sent;
    ack.window_log2 = (how & 2) != 0 ? input_byte(input) % 40 : 18;
    ack.head_count = pick_heads(input, entries);
    ack_encode(&ack, out);
}

void forge_want(struct input *input, struct buffer *out)
{
    uint64_t seqs[FRAME_WANT_MAX];
    struct want want = {.seqs = seqs};
    uint64_t seq = 0;

    want.vector = input_byte(input) % 2 == 0;
    want.log = pick_log(input);
    want.count = 1 + input_byte(input) % FRAME_WANT_MAX;
    for (size_t i = 0; i < want.count; i++)
        seqs[i] = seq += 1 + input_byte(input) % 8;
    want_encode(&want, out);
}

void forge_notice(struct input *input, struct buffer *out)
{
    struct rest rest = {.equal = false};
    uint8_t which = input_byte(input);

    if (which % 3 == 0)
        notice_encode(FRAME_BUSY, input_pair(input), out);
    else if (which % 3 == 1)
        notice_encode(FRAME_BYE, input_byte(input), out);
    else {
        rest.equal = which % 2 == 0;
        rest.digest.bytes[0] = 1 | which;
        rest_encode(&rest, out);
    }
}

/* ---- signed by the peer's own key ---- */

void forge_refusal(struct forge *forge, struct input *input, struct side *to, struct buffer *out)
{
    struct refusal refusal = {.log = pick_log(input),
                              .seq = 1 + input_byte(input),
                              .reason = (enum frame_reason)(input_byte(input) % 9)};

    refusal_seal(&refusal, &forge->transcript, replica_secret(to->other->site->replica), out);
}

/* A receipt by the peer or by |to| itself, over heads that may never have been. */
void forge_receipts(struct input *input, struct side *to, struct buffer *out)
{
    struct replica *signer =
        input_byte(input) % 4 == 0 ? to->site->replica : to->other->site->replica;
    struct head entries[ENTRIES_MOST];
    struct receipt_head heads[ENTRIES_MOST];
    struct receipt receipt = {.signer = *replica_key(signer),
                              .epoch = replica_epoch(signer),
                              .arrival = input_byte(input),
                              .seconds = SITE_START_SECONDS + input_byte(input),
                              .heads = heads};
    struct receipts told = {.number = input_pair(input), .count = 1};
    size_t count = pick_heads(input, entries);
    struct buffer raw;
    struct bytes item;

    for (size_t i = 0; i < count; i++) {
        if (receipt.head_count > 0 &&
            memcmp(&entries[i].log, &heads[receipt.head_count - 1].log, sizeof(struct name)) <= 0)
            continue;
        heads[receipt.head_count++] = (struct receipt_head){
            .log = entries[i].log, .seq = entries[i].seq, .id16 = entries[i].id16};
    }
    receipt.epoch.bytes[0] ^= input_byte(input) % 8;
    receipt.running_hash.bytes[0] = receipt.arrival > 0 ? 1 : 0;
    buffer_init(&raw, LIMIT_FRAME_BYTES);
    if (receipt_seal(&receipt, replica_secret(signer), &raw) == STATUS_OK) {
        item = buffer_view(&raw);
        told.items = &item;
        receipts_encode(&told, out);
    }
    buffer_deinit(&raw);
}

/* ---- records ---- */

static void fill_header(struct forge *forge, struct input *input, const struct record *after,
                        struct record_header *header)
{
    static const uint64_t kinds[] = {KIND_EDIT,  KIND_STEP,  KIND_GENESIS, KIND_RESOLUTION,
                                     KIND_LEASE, KIND_GRANT, KIND_PACK,    200};
    uint8_t how = input_byte(input);

    *header = (struct record_header){.version = RECORD_VERSION,
                                     .kind = kinds[how % (sizeof kinds / sizeof kinds[0])],
                                     .log = record_log(after),
                                     .seq = after->header.seq + 1,
                                     .prev = after->id,
                                     .recorded_seconds = SITE_START_SECONDS,
                                     .recorded_zone_minutes = 420};
    if ((how & 32) != 0)
        header->seq += input_byte(input);
    if (header->kind == KIND_GENESIS)
        header->pack.bytes[0] = 7;
    if (header->kind > KIND_GENESIS) {
        const struct record *of = pick_record(input);
        struct hash *parent = arena_array(&forge->arena, 1, sizeof *parent);

        header->case_name =
            record_is_of_case(of->header.kind) ? record_case(of) : (struct name){{5}};
        if (parent != NULL && (how & 64) != 0) {
            *parent = of->id;
            header->parents = parent;
            header->parent_count = 1;
        }
    }
}

/* Follows a record that is known or was made before, signed by any site's key. */
void forge_record(struct forge *forge, struct input *input)
{
    struct case_body body = {.step = {NULL, 0}};
    const struct record *after = pick_record(input);
    uint8_t which = input_byte(input);
    const struct site *signer = &world_base()->sites[which % WORLD_SITES];
    struct record_header header;
    struct buffer encoded;
    struct buffer raw;
    struct hash id;
    bool copied = false;

    if (forge->made_count == WORLD_FORGED_MAX)
        return;
    if ((which & 0x80) != 0 && forge->made_count > 0)
        after = &forge->made[forge->made_count - 1];
    fill_header(forge, input, after, &header);
    body.salt[0] = 1 + input_byte(input);
    buffer_init(&encoded, LIMIT_BODY_BYTES);
    buffer_init(&raw, LIMIT_RECORD_BYTES);
    if (case_body_encode(&body, &encoded) == STATUS_OK &&
        record_seal(&header, buffer_view(&encoded), NULL, replica_secret(signer->replica), &raw,
                    &id) == STATUS_OK) {
        struct bytes kept = arena_copy(&forge->arena, buffer_view(&raw), &copied);

        if (copied &&
            record_decode(kept, &forge->arena, &forge->made[forge->made_count]) == STATUS_OK)
            forge->made_count++;
    }
    buffer_deinit(&raw);
    buffer_deinit(&encoded);
}

/* The records of one run of the frame: some in a row of what is known, or those made. */
static size_t pick_records(struct forge *forge, struct input *input, struct record *records,
                           size_t room)
{
    const struct batch *known = pick_known(input);
    const struct run *run = &known->runs[input_byte(input) % known->run_count];
    const struct record *from = &known->records[run->first];
    size_t there = run->count;
    size_t first = 0;
    size_t count = 0;

    if (input_byte(input) % 4 == 0 && forge->made_count > 0) {
        from = forge->made;
        there = forge->made_count;
    }
    first = input_byte(input) % there;
    count = 1 + input_byte(input) % 16;
    count = count < there - first ? count : there - first;
    count = count < room ? count : room;
    memcpy(records, from + first, count * sizeof *records);
    return count;
}

/* Flips a bit of a record; one that is none then is left as it was. */
static void spoil(struct forge *forge, struct input *input, struct record *record)
{
    size_t size = record->raw.size;
    uint8_t *copy = arena_array(&forge->arena, size, 1);
    struct record spoilt;

    if (copy == NULL)
        return;
    memcpy(copy, record->raw.at, size);
    copy[input_pair(input) % size] ^= (uint8_t)(1 + input_byte(input));
    if (record_decode(bytes_of(copy, size), &forge->arena, &spoilt) == STATUS_OK)
        *record = spoilt;
}

static void describe(struct input *input, const struct record *records, const struct run *run,
                     struct records_run *told)
{
    uint8_t how = input_byte(input);

    *told = (struct records_run){.log = run->log,
                                 .first_seq = run->before.seq + 1,
                                 .count = run->count,
                                 .follow = FOLLOW_TOLD,
                                 .before = run->before.id};
    if (records[run->first].header.seq == 1)
        told->follow = FOLLOW_OPENING;
    else if ((how & 1) != 0) {
        told->follow = FOLLOW_KNOWN;
        memset(told->before.bytes + 8, 0, sizeof told->before.bytes - 8);
    }
    if ((how & 6) == 6)
        told->first_seq += how;
    if ((how & 24) == 24)
        told->log.bytes[how % 16] ^= 1;
    if ((how & 96) == 96)
        told->count += how % 3;
}

void forge_records(struct forge *forge, struct input *input, struct buffer *out)
{
    struct record records[RECORDS_MOST];
    struct records_run told[RUNS_MOST];
    struct run runs[RUNS_MOST];
    struct records frame = {.runs = told};
    size_t run_count = input_byte(input) % (RUNS_MOST + 1);
    size_t count = 0;
    uint8_t how = input_byte(input);

    for (size_t i = 0; i < run_count && count < RECORDS_MOST; i++) {
        size_t first = count;

        count += pick_records(forge, input, records + count, RECORDS_MOST - count);
        if (input_byte(input) % 4 == 3)
            spoil(forge, input, &records[first + input_byte(input) % (count - first)]);
        runs[i] = (struct run){.log = record_log(&records[first]), .first = first};
        runs[i].count = count - first;
        runs[i].before = (struct position){.log = runs[i].log,
                                           .seq = records[first].header.seq - 1,
                                           .id = records[first].header.prev};
        describe(input, records, &runs[i], &told[i]);
        frame.run_count = i + 1;
    }
    frame.has_cursor = (how & 1) != 0;
    frame.arrival = (how & 2) != 0 ? input_pair(input) : input_byte(input) % 32;
    frame.running_hash.bytes[0] = 1;
    frame.at_end = (how & 4) != 0;
    frame.restart = (how & 8) != 0;
    records_encode(&frame, out);
    if (frame.run_count > 0 &&
        columns_encode(NULL, records, runs, frame.run_count, out) != STATUS_OK)
        buffer_reset(out);
}
