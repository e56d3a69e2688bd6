#include "client/home/local.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

enum { READ_BYTES = 64 * 1024 };

enum status local_socket_path(const char *home, char *out, size_t capacity)
{
    struct sockaddr_un address;
    int size = snprintf(out, capacity, "%s/daemon.sock", home);

    if (size < 0 || (size_t)size >= capacity || (size_t)size >= sizeof address.sun_path)
        return STATUS_LIMIT;
    return STATUS_OK;
}

enum status local_put_request(const struct command_request *request, struct buffer *out)
{
    struct json *arguments = NULL;
    struct json_writer writer;

    enum status status =
        json_read(bytes_of_text(request->arguments ? request->arguments : "{}"), &arguments);
    if (status)
        return status;
    json_write_start(&writer, out);
    json_open_object(&writer, NULL);
    json_write_string(&writer, "verb", request->verb);
    json_write_value(&writer, "arguments", arguments);
    json_write_flag(&writer, "json", request->json);
    json_write_flag(&writer, "vietnamese", request->vietnamese);
    json_close_object(&writer);
    json_write_end(&writer);
    json_release(arguments);
    return buffer_status(out);
}

enum status local_take_request(struct bytes line, struct json **document, struct buffer *arguments,
                               struct command_request *request)
{
    struct json_writer writer;

    buffer_init(arguments, LOCAL_REQUEST_BYTES_MAX);
    enum status status = json_read(line, document);
    if (status)
        return status;
    struct bytes verb = json_as_text(json_member(*document, "verb"));
    const struct json *given = json_member(*document, "arguments");
    if (verb.size == 0 || memchr(verb.at, 0, verb.size) || !json_holds_object(given))
        return STATUS_MALFORMED;
    json_write_start(&writer, arguments);
    json_write_value(&writer, NULL, given);
    buffer_append_u8(arguments, 0);
    status = buffer_status(arguments);
    if (status)
        return status;
    *request = (struct command_request){
        .verb = (const char *)verb.at,
        .arguments = (const char *)arguments->at,
        .json = json_as_flag(json_member(*document, "json")),
        .vietnamese = json_as_flag(json_member(*document, "vietnamese")),
    };
    return STATUS_OK;
}

enum status local_put_answer(const struct command_answer *answer, struct buffer *out)
{
    struct json_writer writer;

    json_write_start(&writer, out);
    json_open_object(&writer, NULL);
    json_write_integer(&writer, "code", (int64_t)answer->code);
    json_write_text(&writer, "out", buffer_view(&answer->out));
    json_write_text(&writer, "err", buffer_view(&answer->err));
    json_close_object(&writer);
    json_write_end(&writer);
    return buffer_status(out);
}

enum status local_put_progress(struct bytes text, struct buffer *out)
{
    struct json_writer writer;

    json_write_start(&writer, out);
    json_open_object(&writer, NULL);
    json_write_text(&writer, "out", text);
    json_close_object(&writer);
    json_write_end(&writer);
    return buffer_status(out);
}

enum status local_take_answer(struct bytes line, struct command_answer *answer, bool *last)
{
    struct json *document = NULL;

    enum status status = json_read(line, &document);
    if (status)
        return status;
    int64_t code = json_as_integer(json_member(document, "code"), -1);
    *last = code >= 0;
    if (!json_holds_object(document) || code > HOSO_BUSY) {
        json_release(document);
        return STATUS_MALFORMED;
    }
    buffer_append_bytes(&answer->out, json_as_text(json_member(document, "out")));
    buffer_append_bytes(&answer->err, json_as_text(json_member(document, "err")));
    if (*last)
        answer->code = (enum hoso_code)code;
    json_release(document);
    status = buffer_status(&answer->out);
    return status ? status : buffer_status(&answer->err);
}

enum status local_connect(const char *home, int *descriptor)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval silence = {.tv_sec = LOCAL_QUIET_SECONDS};

    *descriptor = -1;
    /* A home whose socket could not be named has no daemon that listens there. */
    if (local_socket_path(home, address.sun_path, sizeof address.sun_path))
        return STATUS_NOT_FOUND;
    int socket_descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket_descriptor < 0)
        return STATUS_IO;
    (void)setsockopt(socket_descriptor, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence);
    (void)setsockopt(socket_descriptor, SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof silence);
    if (connect(socket_descriptor, (const struct sockaddr *)&address, sizeof address) != 0) {
        int error = errno;
        (void)close(socket_descriptor);
        return error == ENOENT || error == ECONNREFUSED || error == ENOTDIR ? STATUS_NOT_FOUND
                                                                            : STATUS_BUSY;
    }
    *descriptor = socket_descriptor;
    return STATUS_OK;
}

/* A call that waits. */
struct waiting {
    int descriptor;
    const struct local_watch *watch;
    bool told;
    unsigned quiet_seconds;
};

/* Whether to go on after the system call that returned |got| <= 0. */
static bool may_wait(struct waiting *waiting, ssize_t got)
{
    if (got == 0 || (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK))
        return false;
    if (errno == EINTR)
        return true;
    waiting->quiet_seconds += LOCAL_QUIET_SECONDS;
    if (waiting->quiet_seconds >= LOCAL_SILENCE_SECONDS)
        return false;
    if (!waiting->told && waiting->watch->quiet)
        waiting->watch->quiet(waiting->watch->quiet_context);
    waiting->told = true;
    return true;
}

static enum status send_all(struct waiting *waiting, struct bytes bytes)
{
    while (bytes.size > 0) {
        ssize_t sent = send(waiting->descriptor, bytes.at, bytes.size, MSG_NOSIGNAL);
        if (sent <= 0) {
            if (!may_wait(waiting, sent))
                return STATUS_BUSY;
            continue;
        }
        waiting->quiet_seconds = 0;
        bytes = bytes_of(bytes.at + sent, bytes.size - (size_t)sent);
    }
    return STATUS_OK;
}

/* Receives until |input| holds a whole line from |from| on; |*end| is its line feed's place. */
static enum status receive_line(struct waiting *waiting, struct buffer *input, size_t from,
                                size_t *end)
{
    uint8_t chunk[READ_BYTES];
    size_t looked = from;

    for (;;) {
        struct bytes have = buffer_view(input);
        const uint8_t *feed =
            have.size > looked ? memchr(have.at + looked, '\n', have.size - looked) : NULL;
        if (feed) {
            *end = (size_t)(feed - have.at);
            return STATUS_OK;
        }
        looked = have.size;
        ssize_t got = recv(waiting->descriptor, chunk, sizeof chunk, 0);
        if (got <= 0) {
            if (!may_wait(waiting, got))
                return STATUS_BUSY;
            continue;
        }
        waiting->quiet_seconds = 0;
        buffer_append(input, chunk, (size_t)got);
        enum status status = buffer_status(input);
        if (status)
            return status;
    }
}

enum status local_call(int descriptor, const struct command_request *request,
                       const struct local_watch *watch, struct command_answer *answer)
{
    struct waiting waiting = {.descriptor = descriptor, .watch = watch};
    struct buffer line;
    size_t from = 0;
    size_t end = 0;
    bool last = false;

    buffer_init(&line, LOCAL_ANSWER_BYTES_MAX);
    enum status status = local_put_request(request, &line);
    if (!status)
        status = send_all(&waiting, buffer_view(&line));
    buffer_reset(&line);
    while (!status && !last) {
        status = receive_line(&waiting, &line, from, &end);
        if (status)
            break;
        status = local_take_answer(bytes_of(line.at + from, end - from), answer, &last);
        from = end + 1;
        if (!status && !last && watch->progress) {
            watch->progress(watch->context, buffer_view(&answer->out));
            buffer_reset(&answer->out);
        }
    }
    buffer_deinit(&line);
    return status;
}
