/*
 * Bodies: what a record says. An array whose first item is always 16 random bytes of its own (the
 * salt), so that the commitment hides the rest and an erased body leaves nothing to guess from.
 *
 * Here: openings, leases, and the one body all records of a case share (step, writes, what was
 * shown, attachments, detail). Bodies of authority records are in case/authority.h. SPEC.md
 * "Bodies" has every item. Source: SPEC.md "Bodies".
 */
#ifndef HOSO_PROTOCOL_RECORD_BODY_H
#define HOSO_PROTOCOL_RECORD_BODY_H

#include "protocol/record/record.h"
#include "protocol/wire/wire.h"

enum { SALT_BYTES = 16 };

enum log_purpose { LOG_COUNTER = 0, LOG_BULK = 1, LOG_AUTHORITY = 2 };

struct opening {
    uint8_t salt[SALT_BYTES];
    struct public_key device;
    struct name scope;
    bool has_predecessor;
    struct name predecessor_log;
    uint64_t predecessor_seq;
    struct hash predecessor_id;
    struct bytes software; /* "hoso 0.1.0" */
    uint64_t rules;
    uint64_t purpose;
};

enum write_op { WRITE_SET = 0, WRITE_ADD = 1, WRITE_REMOVE = 2 };

struct write {
    struct bytes field;
    uint64_t op;
    struct wire_value value; /* nil, integer or text */
    /* its canonical bytes: equal values have equal bytes; set by the decoder, not read by the
     * encoder */
    struct bytes value_bytes;
    const struct hash *sources;
    size_t source_count;
};

struct shown_field {
    struct bytes field;
    struct bytes value_bytes; /* canonical bytes of a nil, integer or text */
    const struct hash *sources;
    size_t source_count;
};

struct attachment {
    uint64_t slot;
    uint64_t size;
    uint64_t chunk_size;
    struct hash root;
    struct bytes media_type;
    struct bytes file_name;
};

/* Keys of the detail map; unknown ones are kept and passed over. */
enum detail_key {
    DETAIL_REASON = 1,       /* text: why */
    DETAIL_BASIS = 2,        /* text: legal basis */
    DETAIL_BOOK_OFFICER = 3, /* text: staff code of the one who acted, as a book entry tells it */
    DETAIL_BOOK_HAT = 4,     /* uint */
    DETAIL_CITES = 5,        /* array of bin32: records of other cases this act is a pair with */
    DETAIL_REQUEST = 6,      /* text: request id of the caller (idempotence) */
    DETAIL_NOTE = 7          /* text */
};

struct case_body {
    uint8_t salt[SALT_BYTES];
    struct bytes step; /* empty: none */
    const struct write *writes;
    size_t write_count;
    bool has_shown;
    struct bytes shown_form;
    struct bytes shown_language;
    const struct shown_field *shown;
    size_t shown_count;
    const struct attachment *attachments;
    size_t attachment_count;
    struct bytes reason;
    struct bytes basis;
    struct bytes book_officer;
    uint64_t book_hat;
    const struct hash *cites;
    size_t cite_count;
    struct bytes request;
    struct bytes note;
    const struct record_extension *extensions;
    size_t extension_count;
};

struct lease {
    uint8_t salt[SALT_BYTES];
    struct name log;    /* the log that may draw */
    uint64_t first_day; /* days since 1970-01-01, the unit's zone */
    uint64_t days;
    uint64_t first_number; /* 1..9999 */
    uint64_t count;
    struct bytes unit; /* unit code */
};

/*
 * Decoders borrow from |body|; lists live in |arena|. Errors: MALFORMED, LIMIT, NO_MEMORY.
 * A record whose body a decoder refuses is a record all the same, without effect; only an opening's
 * decides whether there is a log.
 */
CHECK_RESULT enum status opening_decode(struct bytes body, struct arena *arena,
                                        struct opening *opening);
/* The first three items of an opening's body, which stand in every version. Errors: MALFORMED
 * (also: a key that is not sound), LIMIT, NO_MEMORY. */
CHECK_RESULT enum status opening_decode_identity(struct bytes body, struct public_key *device,
                                                 struct name *scope);
CHECK_RESULT enum status case_body_decode(struct bytes body, struct arena *arena,
                                          struct case_body *out);
CHECK_RESULT enum status lease_decode(struct bytes body, struct arena *arena, struct lease *lease);
/* Encoders append. Errors: LIMIT, NO_MEMORY, USAGE (what the decoder would refuse). */
CHECK_RESULT enum status opening_encode(const struct opening *opening, struct buffer *out);
CHECK_RESULT enum status case_body_encode(const struct case_body *body, struct buffer *out);
CHECK_RESULT enum status lease_encode(const struct lease *lease, struct buffer *out);

#endif
