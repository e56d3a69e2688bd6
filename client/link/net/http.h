/*
 * What a peer's HTTP request says, and one plain answer to one plain GET. Part of net.c's inside.
 */
#ifndef HOSO_CLIENT_LINK_NET_HTTP_H
#define HOSO_CLIENT_LINK_NET_HTTP_H

#include "protocol/base/bytes.h"

struct lws;
struct http_answer;

/* What is to be sent: a copy of |body| under status |code| and content type |type|. NULL: out of
 * memory. */
struct http_answer *http_answer_new(unsigned code, const char *type, struct bytes body);
/* NULL is allowed. */
void http_answer_free(struct http_answer *answer);

/* Whether the request of |wsi| is a GET; another one is answered here, |*result| is then what the
 * transport's callback returns. */
bool http_is_get(struct lws *wsi, int *result);
/* Whether the upgrade asked for exactly |path|. */
bool http_path_is(struct lws *wsi, const char *path);
/* What stood behind the '?', as much of it as fits, in |at|. */
struct bytes http_query(struct lws *wsi, char *at, size_t room);
/* Sends |answer| on the writable |wsi|; returns what the transport's callback returns. */
int http_answer_write(struct http_answer *answer, struct lws *wsi);

#endif
