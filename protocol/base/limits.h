/*
 * Every bound of the protocol, in one place, with its unit. SPEC.md section "Bounds" lists the same
 * numbers.
 */
#ifndef HOSO_PROTOCOL_BASE_LIMITS_H
#define HOSO_PROTOCOL_BASE_LIMITS_H

#include <assert.h>
#include <stdint.h>

enum {
    LIMIT_DEPTH = 8,                /* nested containers in any message */
    LIMIT_HEADER_BYTES = 4096,      /* encoded header */
    LIMIT_BODY_BYTES = 65536,       /* encoded body */
    LIMIT_RECORD_BYTES = 72 * 1024, /* record as stored and sent whole */
    LIMIT_PARENTS = 32,             /* explicit parents; a writer facing more joins them first */
    LIMIT_WITHOUT = 32,             /* ancestors named as not counted */
    LIMIT_WRITES = 64,              /* field writes in one record */
    LIMIT_KEY_BYTES = 32,           /* a field key, a step name */
    LIMIT_TEXT_BYTES = 16384,       /* one text value: 4,000 characters of at most 4 bytes */
    LIMIT_CODE_BYTES = 64,          /* dossier code, unit code, officer code */
    LIMIT_EXTENSIONS = 16,          /* items of an extension area */
    LIMIT_ATTACHMENTS = 16,         /* attachment references in one body */
    LIMIT_SOURCES = 64,             /* versions a write or a shown field cites */
    LIMIT_CITES = 64,               /* records of other cases a body cites */
    LIMIT_SHOWN = 256,              /* fields a body says were shown */
    LIMIT_LABEL_BYTES = 64,         /* form, language, media type, software */
    LIMIT_FILE_NAME_BYTES = 255,    /* an attachment's name */
    LIMIT_REQUEST_BYTES = 128,      /* a caller's request id */
    LIMIT_LEASE_DAYS = 400,         /* days one lease spans */
    LIMIT_CASE_RECORDS = 10000,     /* records of one case */
    LIMIT_CASE_STEPS = 256,         /* state steps of one case */
    LIMIT_RECEIPT_HEADS = 1024,     /* log heads in one receipt */
    LIMIT_SCOPES = 64,              /* scopes in one grant or invitation */
    LIMIT_FRAME_BYTES = 80 * 1024,  /* one frame on the wire */
    LIMIT_FRAME_RAW_BYTES = 128 * 1024,     /* a frame's columns after inflating */
    LIMIT_FRAME_REBUILT_BYTES = 512 * 1024, /* a frame's records as rebuilt from its columns */
    LIMIT_FRAME_RECORDS = 4096,             /* records in one frame */
    LIMIT_PRELUDE_RECORDS = 64,             /* records a frame's columns go on from */
    LIMIT_PRELUDE_BYTES = 64 * 1024,        /* their bytes together */
    LIMIT_BRANCHES = 8,                     /* branches kept of one device */
    LIMIT_LOGS_A_DAY = 4,          /* logs a device opens a day without a record that grants more */
    LIMIT_LOGS = 64,               /* logs of one device */
    LIMIT_RECORDS_A_DAY = 2000000, /* records a node takes of one device in a day: a whole
                                      province's history of years, brought at once, is below it */
    LIMIT_BYTES_A_DAY = 1 << 30,   /* and bytes of them */
    LIMIT_AUTHORITY_A_DAY = 20000, /* authority records of one device that may grant, in a day */
    LIMIT_AUTHORITY_OTHERS = 256,  /* and of one that may not: they have no effect */
    LIMIT_PACK_BYTES = 61440       /* canonical pack (it travels in a body) */
};

/* Seconds from 1970 a moment may lie away, either way: 34,865 years; sums never overflow. */
#define LIMIT_SECONDS INT64_C(1099511627776)
/* The last seq of a log, the last arrival: exact in every number format, JSON's too. */
#define LIMIT_COUNT UINT64_C(9007199254740991)

static_assert(LIMIT_HEADER_BYTES + LIMIT_BODY_BYTES + 256 <= LIMIT_RECORD_BYTES,
              "a record holds both");
static_assert(LIMIT_RECORD_BYTES + 4096 <= LIMIT_FRAME_BYTES, "the largest record fits a frame");
static_assert(LIMIT_FRAME_BYTES <= LIMIT_FRAME_RAW_BYTES, "also where nothing compresses");
static_assert(LIMIT_PACK_BYTES < LIMIT_BODY_BYTES, "a pack fits a body");

#endif
