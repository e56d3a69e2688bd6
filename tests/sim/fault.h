/*
 * What a world may do to those who live in it, counted, so that a long run can tell what it has
 * met.
 */
#ifndef HOSO_TESTS_SIM_FAULT_H
#define HOSO_TESTS_SIM_FAULT_H

/* X(name, text of the summary) */
#define FAULT_TABLE(X)                                                                             \
    X(PARTITION, "partition begun or ended")                                                       \
    X(CUT, "line cut")                                                                             \
    X(HALF_OPEN, "end of a cut line that does not know")                                           \
    X(LOSS, "frame lost and sent again")                                                           \
    X(WINDOW, "two-minute window of a day over")                                                   \
    X(FRAME_BIT, "bit of a frame flipped")                                                         \
    X(CRASH, "crash")                                                                              \
    X(COMMIT_LOST, "commit failed")                                                                \
    X(COMMIT_LANDED, "commit failed and was durable all the same")                                 \
    X(COMMITS_FORGOTTEN, "sync that lied: commits lost at a crash")                                \
    X(GROUP, "group dropped for want of room or memory")                                           \
    X(DISK_FULL, "disk full in the middle of a write")                                             \
    X(RESERVE, "only the reserve left")                                                            \
    X(RECORD_BIT, "bit of a stored record flipped")                                                \
    X(BACKUP, "disk copied")                                                                       \
    X(RESTORE, "copy put back")                                                                    \
    X(WRONG_COPY, "another machine's copy put back")                                               \
    X(CLONE, "copy run beside the original")                                                       \
    X(BURN, "machine gone for good")                                                               \
    X(CLOCK, "clock set")                                                                          \
    X(JOIN, "node invited")

enum fault {
#define FAULT_ENUM(name, text) FAULT_##name,
    FAULT_TABLE(FAULT_ENUM)
#undef FAULT_ENUM
        FAULT_COUNT
};

#endif
