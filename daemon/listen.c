#include "daemon/listen.h"

#include "client/home/home.h"
#include "client/text/file.h"

#include <stdio.h>
#include <string.h>

/* Errors: NOT_FOUND: none is remembered. */
static enum status read_remembered(const char *path, struct address *address)
{
    char file[HOME_PATH_SIZE];
    char text[LISTEN_TEXT_SIZE];
    struct buffer content;
    enum status status = home_file(path, "listen", file);

    if (status != STATUS_OK)
        return status;
    buffer_init(&content, sizeof text - 1);
    status = file_read(file, &content);
    if (status == STATUS_OK) {
        memcpy(text, content.at, content.size);
        text[content.size] = '\0';
        text[strcspn(text, "\n")] = '\0';
        status = address_parse(text, address);
    }
    buffer_deinit(&content);
    return status;
}

enum status listen_recall(const char *path, struct address *address)
{
    enum status status = read_remembered(path, address);

    return status == STATUS_NOT_FOUND ? address_parse(LISTEN_DEFAULT, address) : status;
}

enum status listen_text(const struct address *address, char *out, size_t room)
{
    bool brackets = strchr(address->host, ':') != NULL;
    int size =
        snprintf(out, room, brackets ? "[%s]:%u" : "%s:%u", address->host, (unsigned)address->port);

    return size > 0 && (size_t)size < room ? STATUS_OK : STATUS_LIMIT;
}

/* "ws://HOST:PORT" or "wss://HOST:PORT"; false: no room. */
static bool listen_write_url(const struct address *address, char *out, size_t room)
{
    char text[LISTEN_TEXT_SIZE];
    int size = 0;

    if (listen_text(address, text, sizeof text) != STATUS_OK)
        return false;
    size = snprintf(out, room, "%s://%s", address->tls ? "wss" : "ws", text);
    return size > 0 && (size_t)size < room;
}

enum status listen_remember(const char *path, const struct address *address)
{
    char file[HOME_PATH_SIZE];
    char text[LISTEN_TEXT_SIZE];
    struct address before;
    enum status status = home_file(path, "listen", file);

    /* A file is written with two flushes: not at every start. */
    if (status == STATUS_OK && read_remembered(path, &before) == STATUS_OK &&
        before.port == address->port && before.tls == address->tls && before.scheme &&
        strcmp(before.host, address->host) == 0)
        return STATUS_OK;
    if (status == STATUS_OK && !listen_write_url(address, text, sizeof text))
        status = STATUS_LIMIT;
    if (status == STATUS_OK)
        status = file_write(file, bytes_of_text(text));
    return status;
}

bool listen_url(const char *path, char *out, size_t room)
{
    struct address address;

    if (read_remembered(path, &address) != STATUS_OK || address.port == 0 ||
        strcmp(address.host, "0.0.0.0") == 0 || strcmp(address.host, "::") == 0)
        return false;
    return listen_write_url(&address, out, room);
}
