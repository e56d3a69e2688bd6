#include "client/home/server.h"

#include "client/home/local.h"
#include "client/link/net/clock.h"
#include "client/link/work/work.h"

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
    SEND_SECONDS = 30 /* a client that reads nothing for so long is given up */
};

struct server_connection {
    struct server *server;
    int fd;       /* -1: the place is free */
    bool working; /* a request is being answered: heartbeats are due */
    pthread_mutex_t sending;
    struct buffer request;
};

struct server {
    void (*answer)(void *context, const struct command_request *request,
                   const struct attend_stream *stream, struct command_answer *answer);
    void *context;
    char path[sizeof((struct sockaddr_un *)0)->sun_path];
    int fd;
    int wake[2]; /* a pipe: something written ends the listener */
    pthread_t listener;
    pthread_mutex_t mutex;
    pthread_cond_t freed;
    bool stopping;
    size_t open;
    struct server_connection connections[SERVER_CONNECTIONS_MOST];
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
static bool read_line(struct server_connection *connection, struct bytes *line)
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

static void set_working(struct server_connection *connection, bool working)
{
    pthread_mutex_lock(&connection->server->mutex);
    connection->working = working;
    pthread_mutex_unlock(&connection->server->mutex);
}

static bool is_stopping(struct server *server)
{
    bool stopping = false;

    pthread_mutex_lock(&server->mutex);
    stopping = server->stopping;
    pthread_mutex_unlock(&server->mutex);
    return stopping;
}

/* A part of a long answer goes out at once. A heartbeat is a line of its own, so the mutex keeps
 * the two apart. */
static bool send_part(void *context, struct bytes text)
{
    struct server_connection *connection = context;
    struct buffer line;
    bool sent = false;

    if (is_stopping(connection->server))
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

static bool is_to_end(void *context)
{
    const struct server_connection *connection = context;

    return is_stopping(connection->server);
}

/* Answers one request. False: the connection is no use any more. */
static bool answer_line(struct server_connection *connection, struct bytes line)
{
    struct command_request request;
    struct command_answer answer = {.code = HOSO_DONE};
    struct json *document = NULL;
    struct attend_stream stream = {.take = send_part, .stopped = is_to_end, .context = connection};
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
        connection->server->answer(connection->server->context, &request, &stream, &answer);
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
    struct server_connection *connection = argument;
    struct server *server = connection->server;
    struct bytes line;

    /* One request a connection: the client hangs up when it has its answer. */
    if (read_line(connection, &line))
        (void)answer_line(connection, line);
    buffer_deinit(&connection->request);
    pthread_mutex_lock(&server->mutex);
    close(connection->fd);
    connection->fd = -1;
    server->open--;
    pthread_cond_broadcast(&server->freed);
    pthread_mutex_unlock(&server->mutex);
    return NULL;
}

/* ---- the listener ---- */

/* One that is being sent something hears enough; a full pipe means that nobody waits. */
static void send_heartbeat(struct server_connection *connection, struct bytes line)
{
    if (connection->fd < 0 || !connection->working ||
        pthread_mutex_trylock(&connection->sending) != 0)
        return;
    (void)send(connection->fd, line.at, line.size, MSG_NOSIGNAL | MSG_DONTWAIT);
    pthread_mutex_unlock(&connection->sending);
}

/* A client that waits hears that the daemon lives. */
static void send_heartbeats(struct server *server)
{
    struct buffer line;

    buffer_init(&line, 256);
    if (local_put_progress(bytes_of(NULL, 0), &line) == STATUS_OK) {
        pthread_mutex_lock(&server->mutex);
        for (size_t i = 0; i < SERVER_CONNECTIONS_MOST; i++) {
            send_heartbeat(&server->connections[i], buffer_view(&line));
        }
        pthread_mutex_unlock(&server->mutex);
    }
    buffer_deinit(&line);
}

static void take_connection(struct server *server, int fd)
{
    struct timeval patience = {.tv_sec = SEND_SECONDS};
    struct server_connection *connection = NULL;
    pthread_t thread;

    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    pthread_mutex_lock(&server->mutex);
    for (size_t i = 0; i < SERVER_CONNECTIONS_MOST && connection == NULL; i++) {
        if (server->connections[i].fd < 0)
            connection = &server->connections[i];
    }
    if (connection != NULL && !server->stopping) {
        connection->server = server;
        connection->fd = fd;
        connection->working = false;
        buffer_init(&connection->request, LOCAL_REQUEST_BYTES_MAX);
        if (thread_start(&thread, connection_run, connection) == STATUS_OK) {
            pthread_detach(thread);
            server->open++;
            fd = -1;
        } else {
            connection->fd = -1;
        }
    }
    pthread_mutex_unlock(&server->mutex);
    if (fd >= 0)
        close(fd);
}

static void *listener_run(void *argument)
{
    struct server *server = argument;
    struct pollfd watched[2] = {{.fd = server->fd, .events = POLLIN},
                                {.fd = server->wake[0], .events = POLLIN}};

    for (uint64_t next_us = clock_now_us();;) {
        int ready = poll(watched, 2, LOCAL_HEARTBEAT_MS);

        if (ready < 0 && errno != EINTR)
            break;
        if (clock_now_us() >= next_us) { /* also where somebody asks all the time */
            send_heartbeats(server);
            next_us = clock_now_us() + LOCAL_HEARTBEAT_MS * UINT64_C(1000);
        }
        if (ready > 0 && watched[1].revents != 0)
            break;
        if (ready > 0 && (watched[0].revents & POLLIN) != 0) {
            int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);

            if (fd >= 0)
                take_connection(server, fd);
        }
    }
    return NULL;
}

/* ---- life ---- */

static enum status bind_socket(struct server *server)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    mode_t before = 0;
    int bound = -1;

    memcpy(address.sun_path, server->path, sizeof address.sun_path);
    server->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server->fd < 0)
        return STATUS_IO;
    (void)unlink(server->path);
    /* Never open to others, not even for a moment. No other thread makes files yet. */
    before = umask(0177);
    bound = bind(server->fd, (const struct sockaddr *)&address, sizeof address);
    (void)umask(before);
    return bound == 0 && listen(server->fd, SERVER_CONNECTIONS_MOST) == 0 ? STATUS_OK : STATUS_IO;
}

enum status server_open(const char *path,
                        void (*answer)(void *context, const struct command_request *request,
                                       const struct attend_stream *stream,
                                       struct command_answer *answer),
                        void *context, struct server **out)
{
    struct server *server = calloc(1, sizeof *server);
    enum status status = STATUS_OK;

    *out = NULL;
    if (server == NULL)
        return STATUS_NO_MEMORY;
    server->answer = answer;
    server->context = context;
    server->fd = -1;
    server->wake[0] = server->wake[1] = -1;
    for (size_t i = 0; i < SERVER_CONNECTIONS_MOST; i++) {
        server->connections[i].fd = -1;
        pthread_mutex_init(&server->connections[i].sending, NULL);
    }
    status = local_socket_path(path, server->path, sizeof server->path);
    if (status == STATUS_OK)
        status = bind_socket(server);
    if (status == STATUS_OK && pipe2(server->wake, O_CLOEXEC) != 0)
        status = STATUS_IO;
    if (status == STATUS_OK && (pthread_mutex_init(&server->mutex, NULL) != 0 ||
                                pthread_cond_init(&server->freed, NULL) != 0))
        status = STATUS_NO_MEMORY;
    if (status == STATUS_OK)
        status = thread_start(&server->listener, listener_run, server);
    if (status == STATUS_OK) {
        *out = server;
        return STATUS_OK;
    }
    if (server->fd >= 0)
        close(server->fd);
    if (server->wake[0] >= 0) {
        close(server->wake[0]);
        close(server->wake[1]);
    }
    free(server);
    return status;
}

void server_stop(struct server *server)
{
    pthread_mutex_lock(&server->mutex);
    if (!server->stopping) {
        server->stopping = true;
        (void)unlink(server->path);
        close(server->wake[1]); /* the listener sees the end of the pipe */
        server->wake[1] = -1;
        /* Who has not asked yet will not be answered; who waits for an answer gets it. */
        for (size_t i = 0; i < SERVER_CONNECTIONS_MOST; i++) {
            if (server->connections[i].fd >= 0 && !server->connections[i].working)
                (void)shutdown(server->connections[i].fd, SHUT_RD);
        }
    }
    pthread_mutex_unlock(&server->mutex);
}

void server_close(struct server *server)
{
    if (server == NULL)
        return;
    server_stop(server);
    pthread_join(server->listener, NULL);
    pthread_mutex_lock(&server->mutex);
    while (server->open > 0)
        pthread_cond_wait(&server->freed, &server->mutex);
    pthread_mutex_unlock(&server->mutex);
    close(server->fd);
    close(server->wake[0]);
    for (size_t i = 0; i < SERVER_CONNECTIONS_MOST; i++)
        pthread_mutex_destroy(&server->connections[i].sending);
    pthread_cond_destroy(&server->freed);
    pthread_mutex_destroy(&server->mutex);
    free(server);
}
