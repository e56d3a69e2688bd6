#include "client/link/net/address.h"

#include "client/link/work/work.h"

#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <sys/socket.h>

/* Shared by the thread that looks up and the one that waits; the last to leave frees it. */
struct address_lookup {
    pthread_mutex_t mutex;
    unsigned owners;
    bool wanted; /* |wake| may still be called */
    bool done;
    struct address_found found; /* the waiting thread's alone once done */
    size_t next;                /* of |found| */
    void (*wake)(void *context);
    void *context;
    char host[ADDRESS_HOST_MAX + 1];
};

static bool parse_port(const char *text, uint16_t *port)
{
    unsigned long value = 0;
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 5 || text[digits] != '\0')
        return false;
    value = strtoul(text, NULL, 10);
    if (value > UINT16_MAX)
        return false;
    *port = (uint16_t)value;
    return true;
}

/* Cuts the scheme off. False: one we do not speak. */
static bool parse_scheme(const char **text, struct address *address)
{
    static const struct {
        const char *prefix;
        bool tls;
    } schemes[] = {{"ws://", false}, {"http://", false}, {"wss://", true}, {"https://", true}};

    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t size = strlen(schemes[i].prefix);

        if (strncmp(*text, schemes[i].prefix, size) == 0) {
            *text += size;
            address->tls = schemes[i].tls;
            address->scheme = true;
            return true;
        }
    }
    return strstr(*text, "://") == NULL;
}

enum status address_parse(const char *text, struct address *address)
{
    char rest[ADDRESS_HOST_MAX + 16];
    char *host = rest;
    char *port = NULL;
    size_t size = 0;

    memset(address, 0, sizeof *address);
    if (!parse_scheme(&text, address))
        return STATUS_USAGE;
    size = strcspn(text, "/");
    if (size == 0 || size >= sizeof rest || (text[size] == '/' && text[size + 1] != '\0'))
        return STATUS_USAGE;
    memcpy(rest, text, size);
    rest[size] = '\0';
    if (rest[0] == '[') {
        char *end = strchr(rest, ']');

        if (end == NULL || (end[1] != '\0' && end[1] != ':'))
            return STATUS_USAGE;
        host = rest + 1;
        port = end[1] == ':' ? end + 2 : NULL;
        *end = '\0';
    } else if ((port = strchr(rest, ':')) != NULL) {
        *port++ = '\0';
    }
    address->port = address->tls ? 443 : 80;
    if (port != NULL && !parse_port(port, &address->port))
        return STATUS_USAGE;
    size = strlen(host);
    if (size == 0 || size > ADDRESS_HOST_MAX || strpbrk(host, "@?# \t") != NULL)
        return STATUS_USAGE;
    memcpy(address->host, host, size + 1);
    return STATUS_OK;
}

bool address_is_local(const struct address *address)
{
    struct in_addr four;
    struct in6_addr six;

    if (inet_pton(AF_INET, address->host, &four) == 1)
        return ntohl(four.s_addr) >> 24 == IN_LOOPBACKNET;
    if (inet_pton(AF_INET6, address->host, &six) == 1)
        return IN6_IS_ADDR_LOOPBACK(&six) != 0;
    return strcmp(address->host, "localhost") == 0;
}

enum status address_resolve(const char *host, struct address_found *found)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;

    found->count = 0;
    if (getaddrinfo(host, NULL, &hints, &list) != 0)
        return STATUS_UNREACHABLE;
    for (const struct addrinfo *at = list; at != NULL && found->count < ADDRESS_FOUND_MAX;
         at = at->ai_next) {
        if (getnameinfo(at->ai_addr, at->ai_addrlen, found->numeric[found->count],
                        ADDRESS_NUMERIC_SIZE, NULL, 0, NI_NUMERICHOST) == 0)
            found->count++;
    }
    freeaddrinfo(list);
    return found->count == 0 ? STATUS_UNREACHABLE : STATUS_OK;
}

/* Unlocks, and frees it if nobody is left. */
static void lookup_leave(struct address_lookup *lookup)
{
    unsigned left = --lookup->owners;

    pthread_mutex_unlock(&lookup->mutex);
    if (left == 0) {
        pthread_mutex_destroy(&lookup->mutex);
        free(lookup);
    }
}

static void *lookup_run(void *argument)
{
    struct address_lookup *lookup = argument;
    struct address_found found;

    if (address_resolve(lookup->host, &found) != STATUS_OK)
        found.count = 0;
    pthread_mutex_lock(&lookup->mutex);
    lookup->found = found;
    lookup->done = true;
    if (lookup->wanted)
        lookup->wake(lookup->context);
    lookup_leave(lookup);
    return NULL;
}

/* Whether |host| is an address already. */
static bool host_is_numeric(const char *host)
{
    struct in6_addr address;

    return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

struct address_lookup *address_lookup_start(const char *host, void (*wake)(void *context),
                                            void *context)
{
    struct address_lookup *lookup = calloc(1, sizeof *lookup);
    size_t size = strlen(host);
    pthread_t thread;

    if (lookup == NULL || size > ADDRESS_HOST_MAX || pthread_mutex_init(&lookup->mutex, NULL) != 0)
        goto failed;
    memcpy(lookup->host, host, size + 1);
    lookup->owners = 2;
    lookup->wanted = true;
    lookup->wake = wake;
    lookup->context = context;
    if (host_is_numeric(host)) {
        lookup->owners = 1;
        if (address_resolve(host, &lookup->found) != STATUS_OK)
            lookup->found.count = 0;
        lookup->done = true;
        wake(context);
        return lookup;
    }
    if (thread_start(&thread, lookup_run, lookup) != STATUS_OK) {
        pthread_mutex_destroy(&lookup->mutex);
        goto failed;
    }
    pthread_detach(thread);
    return lookup;
failed:
    free(lookup);
    return NULL;
}

bool address_lookup_done(struct address_lookup *lookup)
{
    bool done = false;

    pthread_mutex_lock(&lookup->mutex);
    done = lookup->done;
    pthread_mutex_unlock(&lookup->mutex);
    return done;
}

const char *address_lookup_next(struct address_lookup *lookup)
{
    return lookup->next < lookup->found.count ? lookup->found.numeric[lookup->next++] : NULL;
}

void address_lookup_free(struct address_lookup *lookup)
{
    if (lookup == NULL)
        return;
    pthread_mutex_lock(&lookup->mutex);
    lookup->wanted = false;
    lookup_leave(lookup);
}
