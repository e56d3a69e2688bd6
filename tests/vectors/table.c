#include "tests/vectors/table.h"

const struct vector_file vector_files[] = {
    {"encoding", encoding_make, encoding_check},
    {"records", records_make, records_check},
    {"runs", runs_make, runs_check},
    {"signatures", signatures_make, signatures_check},
    {"rejected", rejected_make, rejected_check},
    {"receipts", receipts_make, receipts_check},
    {"handshake", handshake_make, handshake_check},
    {"frames", frames_make, frames_check},
    {"packs", packs_make, packs_check},
    {"authority", authority_make, authority_check},
    {"views", views_make, views_check},
};

const size_t vector_file_count = sizeof vector_files / sizeof vector_files[0];
