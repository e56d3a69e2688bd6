#include "client/link/net/http.h"

#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

struct http_answer {
    unsigned code;
    char type[64];
    size_t size;
    uint8_t bytes[]; /* LWS_PRE bytes, then the body */
};

struct http_answer *http_answer_new(unsigned code, const char *type, struct bytes body)
{
    size_t type_size = strlen(type);
    struct http_answer *answer = malloc(sizeof *answer + LWS_PRE + body.size);

    if (answer == NULL || type_size >= sizeof answer->type) {
        free(answer);
        return NULL;
    }
    answer->code = code;
    answer->size = body.size;
    memcpy(answer->type, type, type_size + 1);
    if (body.size > 0)
        memcpy(answer->bytes + LWS_PRE, body.at, body.size);
    return answer;
}

void http_answer_free(struct http_answer *answer)
{
    free(answer);
}

bool http_is_get(struct lws *wsi, int *result)
{
    if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0)
        return true;
    *result = lws_return_http_status(wsi, HTTP_STATUS_METHOD_NOT_ALLOWED, NULL) != 0 ? -1 : 0;
    return false;
}

bool http_path_is(struct lws *wsi, const char *path)
{
    char asked[64];
    int size = lws_hdr_copy(wsi, asked, (int)sizeof asked, WSI_TOKEN_GET_URI);

    return size > 0 && strcmp(asked, path) == 0;
}

struct bytes http_query(struct lws *wsi, char *at, size_t room)
{
    size_t size = 0;

    for (int i = 0; size < room; i++) {
        int piece =
            lws_hdr_copy_fragment(wsi, at + size, (int)(room - size), WSI_TOKEN_HTTP_URI_ARGS, i);

        if (piece <= 0)
            break;
        size += (size_t)piece;
        at[size++] = '&'; /* where the terminator stood */
    }
    return bytes_of(at, size > 0 ? size - 1 : 0);
}

static bool add_header(struct lws *wsi, const char *name, const char *value, uint8_t **at,
                       uint8_t *end)
{
    return lws_add_http_header_by_name(wsi, (const unsigned char *)name,
                                       (const unsigned char *)value, (int)strlen(value), at,
                                       end) == 0;
}

int http_answer_write(struct http_answer *answer, struct lws *wsi)
{
    uint8_t head[LWS_PRE + 1024];
    uint8_t *start = head + LWS_PRE;
    uint8_t *at = start;
    uint8_t *end = head + sizeof head - 1;
    int written = 0;

    if (lws_add_http_common_headers(wsi, answer->code, answer->type, answer->size, &at, end) != 0 ||
        !add_header(wsi, "content-security-policy:",
                    "default-src 'none'; style-src 'unsafe-inline'", &at, end) ||
        !add_header(wsi, "x-content-type-options:", "nosniff", &at, end) ||
        !add_header(wsi, "cache-control:", "no-store", &at, end) ||
        lws_finalize_write_http_header(wsi, start, &at, end) != 0)
        return -1;
    written = lws_write(wsi, answer->bytes + LWS_PRE, answer->size, LWS_WRITE_HTTP_FINAL);
    return written < 0 || lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
}
