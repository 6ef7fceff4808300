/* server.c - listens, accepts, keeps the pool of exchanges, drains. */
#include "lib/http/connection.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/http/shared.h"

#define ACCEPTS_A_TURN 64
#define REFUSED_AT_ONCE_MAX 256 /* connections over the limit that are still told so */
#define SPARE_EXCHANGES_MAX 256
/* An upstream's answer may take 64 MiB several times. */
#define REQUEST_ARENA_BYTES_MAX ((size_t)512 * 1024 * 1024)

static const struct refusal too_many_connections = {
    503, FAULT_UNAVAILABLE, "too_many_connections",
    "Too many connections are open. Try again in a moment."
};

/* --- the pool --- */

struct exchange *server_exchange(struct server *s)
{
    struct exchange *x = s->spare;
    if (x) {
        s->spare = x->next_spare;
        s->spare_count--;
    } else {
        x = calloc(1, sizeof(*x));
        if (!x)
            abort(); /* as the arena does: without memory nothing can be answered */
        x->arena = arena_new(REQUEST_ARENA_BYTES_MAX);
    }
    parser_await_request(&x->parser, &x->message, x->arena);
    return x;
}

static void exchange_free(struct exchange *x)
{
    arena_free(x->arena);
    buf_free(&x->head);
    free(x);
}

void server_exchange_back(struct server *s, struct exchange *x)
{
    shared_body_drop(x->call.shared);
    x->call.shared = NULL;
    if (s->spare_count >= SPARE_EXCHANGES_MAX) {
        exchange_free(x);
        return;
    }
    arena_reset(x->arena);
    x->of = NULL;
    x->call.streaming = STREAM_NONE;
    x->next_spare = s->spare;
    s->spare = x;
    s->spare_count++;
}

/* --- accepting --- */

static void accept_resume(struct timer *t)
{
    struct server *s = t->owner;
    watch_change(&s->listener, EPOLLIN);
}

/* No descriptors or memory left. The listener stays readable: the loop would spin. */
static void accept_pause(struct server *s)
{
    log_line("error", "accept_paused", "%s", strerror(errno));
    watch_change(&s->listener, 0);
    timer_set(&s->accept_again, 100);
}

/* False when no more is to be accepted now. */
static bool accept_one(struct server *s)
{
    struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
    socklen_t from_len = sizeof(from);
    int fd = accept4(s->listener.fd, (struct sockaddr *)&from, &from_len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno == EAGAIN)
            return false;
        if (errno == ECONNABORTED || errno == EINTR || errno == EPROTO)
            return true; /* this one left before we came */
        accept_pause(s);
        return false;
    }
    if (s->open >= s->limits.connections_max + REFUSED_AT_ONCE_MAX) {
        close(fd);
        return true;
    }
    struct connection *c = connection_open(s, fd);
    if (c) {
        c->peer = peer_of_socket(&from);
        c->local = peer_is_loopback(&c->peer);
    }
    if (c && s->open > s->limits.connections_max)
        connection_refuse(c, &too_many_connections);
    else if (c && loop_crowded())
        connection_greet(c);
    return true;
}

static void accept_ready(struct watch *w, uint32_t events)
{
    (void)events;
    for (int i = 0; i < ACCEPTS_A_TURN; i++)
        if (!accept_one(w->owner))
            return;
}

/* --- opening --- */

static int listen_on(const struct addrinfo *where)
{
    int one = 1;
    int fd = socket(where->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)); /* what it accepts inherits it */
    if (bind(fd, where->ai_addr, where->ai_addrlen) == 0 && listen(fd, 4096) == 0)
        return fd;
    int problem = errno;
    close(fd);
    errno = problem;
    return -1;
}

static int port_of(int fd)
{
    struct sockaddr_storage bound;
    socklen_t len = sizeof(bound);
    char port[NI_MAXSERV];
    if (getsockname(fd, (struct sockaddr *)&bound, &len) < 0 ||
        getnameinfo((struct sockaddr *)&bound, len, NULL, 0, port, sizeof(port), NI_NUMERICSERV))
        return 0;
    return atoi(port);
}

static const fault *listen_anywhere(arena *a, const char *address, int port, int *fd)
{
    char service[16];
    snprintf(service, sizeof(service), "%d", port);
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE }, *found;
    int problem = getaddrinfo(address, service, &hints, &found);
    if (problem)
        return fault_new(a, FAULT_INVALID, "listen_failed", "Cannot listen on %s: %s.", address,
                         gai_strerror(problem));
    *fd = listen_on(found);
    int why = errno;
    freeaddrinfo(found);
    if (*fd < 0)
        return fault_new(a, FAULT_INVALID, "listen_failed", "Cannot listen on %s port %d: %s.",
                         address, port, strerror(why));
    return NULL;
}

const fault *server_open(arena *a, struct server **out, struct site *site, const char *address,
                         int port, int *bound_port)
{
    int fd = -1;
    TRY(listen_anywhere(a, address, port, &fd));
    struct server *s = calloc(1, sizeof(*s));
    if (!s)
        abort();
    s->site = site;
    s->limits = (struct server_limits){ REQUEST_DEADLINE_MS, IDLE_DEADLINE_MS, SEND_DEADLINE_MS,
                                        2000, CONNECTIONS_MAX, STREAM_STALL_MS };
    s->listener = (struct watch){ .fd = fd, .ready = accept_ready, .owner = s, .first = true };
    s->accept_again = (struct timer){ .ring = accept_resume, .owner = s };
    const fault *problem = watch_start(a, &s->listener, EPOLLIN);
    if (problem) {
        close(fd);
        free(s);
        return problem;
    }
    if (bound_port)
        *bound_port = port_of(fd);
    *out = s;
    return NULL;
}

void server_set_limits(struct server *s, const struct server_limits *limits)
{
    s->limits = *limits;
}

/* --- ending --- */

static void server_stop_listening(struct server *s)
{
    if (s->listener.fd < 0)
        return;
    timer_clear(&s->accept_again);
    watch_stop(&s->listener);
    close(s->listener.fd);
    s->listener.fd = -1;
}

static void server_free(struct server *s)
{
    while (s->spare) {
        struct exchange *x = s->spare;
        s->spare = x->next_spare;
        exchange_free(x);
    }
    free(s);
}

void server_left(struct server *s)
{
    if (s->open || s->held)
        return;
    if (s->closed)
        server_free(s); /* the last fiber of a server that was closed over it */
    else if (s->drain_timer.heap_index)
        timer_set(&s->drain_timer, 0); /* not from here: who is told may close the server */
}

static void drain_ring(struct timer *t)
{
    struct server *s = t->owner;
    if (s->open || s->held)
        log_line("warn", "drain_cut", "%zu connections and %zu requests were left", s->open,
                 s->held);
    void (*drained)(void *) = s->drained;
    s->drained = NULL;
    if (drained)
        drained(s->drained_arg);
}

void server_drain(struct server *s, int64_t grace_ms, void (*drained)(void *), void *arg)
{
    if (s->draining)
        return;
    s->draining = true;
    s->site->draining = true;
    s->drained = drained;
    s->drained_arg = arg;
    s->drain_timer = (struct timer){ .ring = drain_ring, .owner = s };
    timer_set(&s->drain_timer, grace_ms);
    while (accept_one(s)) /* who stands in the queue was let in by the kernel already */
        ;
    server_stop_listening(s);
    for (struct connection *c = s->first, *next; c; c = next) {
        next = c->next;
        if (c->state == CONNECTION_RUNNING)
            stream_wake(c->exchange);
        connection_leave_if_idle(c);
    }
    server_left(s);
}

void server_close(struct server *s)
{
    server_stop_listening(s);
    timer_clear(&s->drain_timer);
    s->drained = NULL;
    while (s->first)
        connection_close(s->first);
    s->closed = true;
    server_left(s);
}
