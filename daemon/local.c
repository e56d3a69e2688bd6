#include "daemon/local.h"

#include "client/home/local.h"
#include "client/link/work.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

enum {
    READ_BYTES = 64 * 1024,
    HEARTBEAT_MS = LOCAL_SILENCE_SECONDS * 1000 / 4,
    SEND_SECONDS = 30 /* a client that reads nothing for so long is given up */
};

struct local_connection {
    struct local *local;
    int fd;       /* -1: the place is free */
    bool working; /* a request is being answered: heartbeats are due */
    pthread_mutex_t sending;
    struct buffer request;
};

struct local {
    const struct desk *desk;
    char path[sizeof((struct sockaddr_un *)0)->sun_path];
    int fd;
    int wake[2]; /* a pipe: something written ends the listener */
    pthread_t listener;
    pthread_mutex_t mutex;
    pthread_cond_t freed;
    bool stopping;
    size_t open;
    struct local_connection connections[LOCAL_CONNECTIONS_MOST];
};

static bool send_all(int fd, struct bytes bytes)
{
    while (bytes.size > 0) {
        ssize_t sent = send(fd, bytes.at, bytes.size, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        bytes.at += sent;
        bytes.size -= (size_t)sent;
    }
    return true;
}

/* ---- one connection, on its own thread ---- */

/* Reads on until the request's line is whole; |*line| borrows from the buffer. */
static bool read_line(struct local_connection *connection, struct bytes *line)
{
    uint8_t piece[READ_BYTES];
    size_t seen = 0;

    for (;;) {
        const uint8_t *end = NULL;
        ssize_t got = 0;

        if (connection->request.size > seen)
            end = memchr(connection->request.at + seen, '\n', connection->request.size - seen);
        if (end != NULL) {
            *line = bytes_of(connection->request.at, (size_t)(end - connection->request.at));
            return true;
        }
        seen = connection->request.size;
        got = recv(connection->fd, piece, sizeof piece, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        buffer_append(&connection->request, piece, (size_t)got);
        if (buffer_status(&connection->request) != STATUS_OK)
            return false;
    }
}

static void set_working(struct local_connection *connection, bool working)
{
    pthread_mutex_lock(&connection->local->mutex);
    connection->working = working;
    pthread_mutex_unlock(&connection->local->mutex);
}

static bool is_stopping(struct local *local)
{
    bool stopping = false;

    pthread_mutex_lock(&local->mutex);
    stopping = local->stopping;
    pthread_mutex_unlock(&local->mutex);
    return stopping;
}

/* A part of a long answer goes out at once. A heartbeat is a line of its own, so the mutex keeps
 * the two apart. */
static bool send_part(void *context, struct bytes text)
{
    struct local_connection *connection = context;
    struct buffer line;
    bool sent = false;

    if (is_stopping(connection->local))
        return false; /* who watches stops watching */
    buffer_init(&line, LOCAL_ANSWER_BYTES_MAX);
    if (local_put_progress(text, &line) == STATUS_OK) {
        pthread_mutex_lock(&connection->sending);
        sent = send_all(connection->fd, buffer_view(&line));
        pthread_mutex_unlock(&connection->sending);
    }
    buffer_deinit(&line);
    return sent;
}

/* Answers one request. False: the connection is no use any more. */
static bool answer_line(struct local_connection *connection, struct bytes line)
{
    struct command_request request;
    struct command_answer answer = {.code = HOSO_DONE};
    struct json *document = NULL;
    struct desk_stream stream = {.take = send_part, .context = connection};
    struct buffer arguments;
    struct buffer out;
    bool sent = false;
    enum status status = STATUS_OK;

    memset(&request, 0, sizeof request);
    buffer_init(&arguments, LOCAL_REQUEST_BYTES_MAX);
    buffer_init(&answer.out, LOCAL_ANSWER_BYTES_MAX);
    buffer_init(&answer.err, LOCAL_ANSWER_BYTES_MAX);
    buffer_init(&out, LOCAL_ANSWER_BYTES_MAX);
    status = local_take_request(line, &document, &arguments, &request);
    if (status == STATUS_OK) {
        set_working(connection, true);
        desk_answer(connection->local->desk, &request, &stream, &answer);
        set_working(connection, false);
        status = local_put_answer(&answer, &out);
    }
    if (status == STATUS_OK)
        sent = send_all(connection->fd, buffer_view(&out));
    json_release(document);
    buffer_deinit(&arguments);
    buffer_deinit(&answer.out);
    buffer_deinit(&answer.err);
    buffer_deinit(&out);
    return sent;
}

static void *connection_run(void *argument)
{
    struct local_connection *connection = argument;
    struct local *local = connection->local;
    struct bytes line;

    /* One request a connection: the client hangs up when it has its answer. */
    if (read_line(connection, &line))
        (void)answer_line(connection, line);
    buffer_deinit(&connection->request);
    pthread_mutex_lock(&local->mutex);
    close(connection->fd);
    connection->fd = -1;
    local->open--;
    pthread_cond_broadcast(&local->freed);
    pthread_mutex_unlock(&local->mutex);
    return NULL;
}

/* ---- the listener ---- */

/* One that is being sent something hears enough; a full pipe means that nobody waits. */
static void send_heartbeat(struct local_connection *connection, struct bytes line)
{
    if (connection->fd < 0 || !connection->working ||
        pthread_mutex_trylock(&connection->sending) != 0)
        return;
    (void)send(connection->fd, line.at, line.size, MSG_NOSIGNAL | MSG_DONTWAIT);
    pthread_mutex_unlock(&connection->sending);
}

/* A client that waits hears that the daemon lives. */
static void send_heartbeats(struct local *local)
{
    struct buffer line;

    buffer_init(&line, 256);
    if (local_put_progress(bytes_of(NULL, 0), &line) == STATUS_OK) {
        pthread_mutex_lock(&local->mutex);
        for (size_t i = 0; i < LOCAL_CONNECTIONS_MOST; i++) {
            send_heartbeat(&local->connections[i], buffer_view(&line));
        }
        pthread_mutex_unlock(&local->mutex);
    }
    buffer_deinit(&line);
}

static void take_connection(struct local *local, int fd)
{
    struct timeval patience = {.tv_sec = SEND_SECONDS};
    struct local_connection *connection = NULL;
    pthread_t thread;

    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    pthread_mutex_lock(&local->mutex);
    for (size_t i = 0; i < LOCAL_CONNECTIONS_MOST && connection == NULL; i++) {
        if (local->connections[i].fd < 0)
            connection = &local->connections[i];
    }
    if (connection != NULL && !local->stopping) {
        connection->local = local;
        connection->fd = fd;
        connection->working = false;
        buffer_init(&connection->request, LOCAL_REQUEST_BYTES_MAX);
        if (thread_start(&thread, connection_run, connection) == STATUS_OK) {
            pthread_detach(thread);
            local->open++;
            fd = -1;
        } else {
            connection->fd = -1;
        }
    }
    pthread_mutex_unlock(&local->mutex);
    if (fd >= 0)
        close(fd);
}

static void *listener_run(void *argument)
{
    struct local *local = argument;
    struct pollfd watched[2] = {{.fd = local->fd, .events = POLLIN},
                                {.fd = local->wake[0], .events = POLLIN}};

    for (;;) {
        int ready = poll(watched, 2, HEARTBEAT_MS);

        if (ready < 0 && errno != EINTR)
            break;
        if (ready == 0)
            send_heartbeats(local);
        if (ready > 0 && watched[1].revents != 0)
            break;
        if (ready > 0 && (watched[0].revents & POLLIN) != 0) {
            int fd = accept4(local->fd, NULL, NULL, SOCK_CLOEXEC);

            if (fd >= 0)
                take_connection(local, fd);
        }
    }
    return NULL;
}

/* ---- life ---- */

static enum status bind_socket(struct local *local)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    mode_t before = 0;
    int bound = -1;

    memcpy(address.sun_path, local->path, sizeof address.sun_path);
    local->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (local->fd < 0)
        return STATUS_IO;
    (void)unlink(local->path);
    /* Never open to others, not even for a moment. No other thread makes files yet. */
    before = umask(0177);
    bound = bind(local->fd, (const struct sockaddr *)&address, sizeof address);
    (void)umask(before);
    return bound == 0 && listen(local->fd, LOCAL_CONNECTIONS_MOST) == 0 ? STATUS_OK : STATUS_IO;
}

enum status local_open(const struct desk *desk, struct local **out)
{
    struct local *local = calloc(1, sizeof *local);
    enum status status = STATUS_OK;

    *out = NULL;
    if (local == NULL)
        return STATUS_NO_MEMORY;
    local->desk = desk;
    local->fd = -1;
    local->wake[0] = local->wake[1] = -1;
    for (size_t i = 0; i < LOCAL_CONNECTIONS_MOST; i++) {
        local->connections[i].fd = -1;
        pthread_mutex_init(&local->connections[i].sending, NULL);
    }
    status = local_socket_path(desk->home->path, local->path, sizeof local->path);
    if (status == STATUS_OK)
        status = bind_socket(local);
    if (status == STATUS_OK && pipe2(local->wake, O_CLOEXEC) != 0)
        status = STATUS_IO;
    if (status == STATUS_OK && (pthread_mutex_init(&local->mutex, NULL) != 0 ||
                                pthread_cond_init(&local->freed, NULL) != 0))
        status = STATUS_NO_MEMORY;
    if (status == STATUS_OK)
        status = thread_start(&local->listener, listener_run, local);
    if (status == STATUS_OK) {
        *out = local;
        return STATUS_OK;
    }
    if (local->fd >= 0)
        close(local->fd);
    if (local->wake[0] >= 0) {
        close(local->wake[0]);
        close(local->wake[1]);
    }
    free(local);
    return status;
}

void local_stop(struct local *local)
{
    pthread_mutex_lock(&local->mutex);
    if (!local->stopping) {
        local->stopping = true;
        (void)unlink(local->path);
        close(local->wake[1]); /* the listener sees the end of the pipe */
        local->wake[1] = -1;
        /* Who has not asked yet will not be answered; who waits for an answer gets it. */
        for (size_t i = 0; i < LOCAL_CONNECTIONS_MOST; i++) {
            if (local->connections[i].fd >= 0 && !local->connections[i].working)
                (void)shutdown(local->connections[i].fd, SHUT_RD);
        }
    }
    pthread_mutex_unlock(&local->mutex);
}

void local_close(struct local *local)
{
    if (local == NULL)
        return;
    local_stop(local);
    pthread_join(local->listener, NULL);
    pthread_mutex_lock(&local->mutex);
    while (local->open > 0)
        pthread_cond_wait(&local->freed, &local->mutex);
    pthread_mutex_unlock(&local->mutex);
    close(local->fd);
    close(local->wake[0]);
    for (size_t i = 0; i < LOCAL_CONNECTIONS_MOST; i++)
        pthread_mutex_destroy(&local->connections[i].sending);
    pthread_cond_destroy(&local->freed);
    pthread_mutex_destroy(&local->mutex);
    free(local);
}
