/* What stands in an HTTP request: the upgrade's query, the page's path; and addresses. */
#include "client/link/net/address.h"
#include "client/link/net/query.h"
#include "daemon/page.h"
#include "tests/fuzz/office.h"
#include "tests/fuzz/target.h"

#include <string.h>

enum { PAGE_BYTES = 1024 * 1024 };

static void try_query(struct bytes query)
{
    uint8_t nonce[SESSION_NONCE_BYTES];
    uint8_t again[SESSION_NONCE_BYTES];
    char text[QUERY_SIZE];

    if (query_read(query, nonce) != STATUS_OK)
        return;
    query_write(nonce, text);
    FUZZ_MUST(query_read(bytes_of_text(text), again) == STATUS_OK);
    FUZZ_MUST(memcmp(nonce, again, sizeof nonce) == 0);
}

static void try_address(struct bytes bytes)
{
    struct address address;
    char text[512];

    if (bytes.size >= sizeof text)
        return;
    memcpy(text, bytes.at, bytes.size);
    text[bytes.size] = '\0';
    if (address_parse(text, &address) == STATUS_OK)
        FUZZ_MUST(strlen(address.host) > 0 && strlen(address.host) <= ADDRESS_HOST_MAX);
}

static void try_path(struct bytes path)
{
    struct site site;
    struct counter counter;
    struct buffer out;
    unsigned code = 0;

    office_enter(&site, &counter);
    buffer_init(&out, PAGE_BYTES);
    code = page_render(site.replica, path, NULL, 0, &out);
    FUZZ_MUST(code == 200 ? out.size > 0 && buffer_status(&out) == STATUS_OK : code == 404);
    buffer_deinit(&out);
    office_leave(&site, &counter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] == '?')
        try_query(bytes_of(data + 1, size - 1));
    else if (data[0] == '/')
        try_path(bytes_of(data, size));
    else
        try_address(bytes_of(data, size));
    return 0;
}
