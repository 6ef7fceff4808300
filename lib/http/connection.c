/* connection.c - one client's connection: reads requests, runs each in a fiber, sends its answer,
 * goes on. */
#include "lib/http/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/http/wire.h"

#define THROWN_AWAY_BYTES_MAX ((size_t)64 * 1024 * 1024)

static const struct refusal request_late = { 408, FAULT_MALFORMED, "request_late",
                                             "The request took longer than 10 seconds to arrive." };
static const struct refusal fibers_taken = {
    503, FAULT_UNAVAILABLE, "overloaded", "Too many requests are under way. Try again in a moment."
};

static void connection_advance(struct connection *c, str fresh);

/* --- deadlines --- */

/* Most deadlines move away before they come: the timer only moves when one comes nearer, and looks
 * again when it rings. */
static void connection_due(struct connection *c, int64_t after_ms)
{
    c->deadline_ms = loop_now_ms() + after_ms;
    if (!c->timer.heap_index || c->timer.due_ms > c->deadline_ms)
        timer_set(&c->timer, after_ms);
}

static void connection_ring(struct timer *t)
{
    struct connection *c = t->owner;
    if (c->deadline_ms == INT64_MAX)
        return;
    int64_t left_ms = c->deadline_ms - loop_now_ms();
    if (left_ms > 0)
        timer_set(t, left_ms);
    else if (c->state == CONNECTION_IDLE && c->server->site->draining)
        connection_leave_if_idle(c);
    else if (c->state == CONNECTION_READING)
        connection_refuse(c, &request_late);
    else
        connection_close(c);
}

/* --- end --- */

static void connection_free(struct connection *c)
{
    if (c->exchange)
        server_exchange_back(c->server, c->exchange);
    buf_free(&c->pending);
    server_left(c->server);
    free(c);
}

static void connection_unlink(struct connection *c)
{
    struct server *s = c->server;
    *(c->previous ? &c->previous->next : &s->first) = c->next;
    if (c->next)
        c->next->previous = c->previous;
    s->open--;
    s->site->connections_open--;
}

void connection_close(struct connection *c)
{
    const struct exchange *x = c->exchange;
    if (x && x->call.streaming >= STREAM_FLOWING)
        stream_reset_on_close(c->watch.fd);
    timer_clear(&c->timer);
    watch_stop(&c->watch);
    close(c->watch.fd);
    connection_unlink(c);
    if (c->state == CONNECTION_RUNNING) {
        /* Its fiber holds the request: what it does is finished, only nobody is told. */
        c->gone = true;
        c->server->held++;
        stream_wake(x);
        return;
    }
    connection_free(c);
}

/* A close with unread bytes makes the kernel send a reset, which may overtake the answer at the
 * client's side. So: say that we end, and throw away what still comes, for a while. */
static void connection_linger(struct connection *c)
{
    if (shutdown(c->watch.fd, SHUT_WR) < 0) {
        connection_close(c);
        return;
    }
    c->state = CONNECTION_LINGERING;
    server_exchange_back(c->server, c->exchange);
    c->exchange = NULL;
    buf_free(&c->pending);
    c->taken = 0;
    watch_change(&c->watch, EPOLLIN);
    connection_due(c, c->server->limits.linger_ms);
}

static void connection_throw_away(struct connection *c)
{
    struct server *s = c->server;
    for (int reads = 0; reads < 16; reads++) {
        ssize_t got = recv(c->watch.fd, s->scratch, sizeof(s->scratch), 0);
        if (got < 0 && errno == EAGAIN)
            return;
        c->thrown_away += got > 0 ? (size_t)got : 0;
        if (got <= 0 || c->thrown_away > THROWN_AWAY_BYTES_MAX) {
            connection_close(c);
            return;
        }
    }
}

/* --- sending --- */

static void continue_sent(struct connection *c)
{
    c->interim = false;
    if (c->state == CONNECTION_SENDING)
        connection_due(c, c->server->limits.request_ms);
    c->state = CONNECTION_READING;
    watch_change(&c->watch, EPOLLIN);
}

/* After the answer: true when the connection goes on. */
static bool answer_sent(struct connection *c)
{
    struct exchange *x = c->exchange;
    x->call.streaming = STREAM_NONE; /* all of it is out: the end of the connection cuts nothing off */
    c->state = CONNECTION_IDLE;
    c->deadline_ms = INT64_MAX;
    if (c->refused || (c->last && (c->pending.len || x->message.keep_alive))) {
        connection_linger(c);
        return false;
    }
    if (c->last) {
        connection_close(c);
        return false;
    }
    c->exchange = NULL;
    server_exchange_back(c->server, x);
    return true;
}

/* Sends on; true when all is sent and the connection goes on. */
static bool connection_send(struct connection *c)
{
    struct exchange *x = c->exchange;
    size_t all = x->head.len + x->body.len;
    while (x->sent < all) {
        ssize_t sent = wire_send(c->watch.fd, buf_str(&x->head), x->body, x->sent);
        if (sent >= 0) {
            x->sent += (size_t)sent;
        } else if (errno == EAGAIN) {
            if (c->state != CONNECTION_SENDING)
                connection_due(c, c->server->limits.send_ms);
            c->state = CONNECTION_SENDING;
            watch_change(&c->watch, EPOLLOUT);
            return false;
        } else if (errno != EINTR) {
            c->state = CONNECTION_SENDING; /* no fiber holds it any more */
            connection_close(c);
            return false;
        }
    }
    if (!c->interim)
        return answer_sent(c);
    continue_sent(c);
    return false;
}

static bool answer_begin(struct connection *c)
{
    struct exchange *x = c->exchange;
    if (x->call.streaming == STREAM_CUT) {
        c->state = CONNECTION_SENDING; /* no fiber holds it any more */
        connection_close(c);
        return false;
    }
    if (x->call.streaming == STREAM_FLOWING)
        stream_end_write(x);
    else
        exchange_answer(x);
    return connection_send(c);
}

static void continue_send(struct connection *c)
{
    struct exchange *x = c->exchange;
    x->parser.expects_continue = false;
    x->head.len = x->sent = 0;
    x->body = STR("");
    buf_literal(&x->head, "HTTP/1.1 100 Continue\r\n\r\n");
    c->interim = true;
    connection_send(c);
}

/* --- refusing --- */

void connection_refuse(struct connection *c, const struct refusal *why)
{
    if (!c->exchange)
        c->exchange = server_exchange(c->server);
    struct exchange *x = c->exchange;
    x->of = c;
    if (c->interim) { /* half of "100 Continue" is on its way: no answer can follow it now */
        connection_close(c);
        return;
    }
    c->refused = true;
    exchange_refuse(x, why);
    answer_begin(c);
}

/* --- running --- */

/* True when the answer is sent already and the connection goes on. */
static bool run_ended(struct connection *c)
{
    if (!c->gone)
        return answer_begin(c);
    c->server->held--;
    connection_free(c);
    return false;
}

static void exchange_run(void *arg)
{
    struct exchange *x = arg;
    struct connection *c = x->of;
    site_answer(c->server->site, &x->call);
    x->answered = true;
    if (!x->starting && run_ended(c)) /* else it never parked, and connection_run goes on */
        connection_advance(c, STR(""));
}

/* Starts the request's fiber; true when its answer is sent already and the connection goes on. */
static bool connection_run(struct connection *c)
{
    struct exchange *x = c->exchange;
    c->state = CONNECTION_RUNNING;
    c->deadline_ms = INT64_MAX;
    exchange_begin(x);
    x->answered = false;
    x->starting = true;
    if (!fiber_start("unmatched", exchange_run, x)) {
        exchange_refuse(x, &fibers_taken);
        x->answered = true;
    }
    x->starting = false;
    return x->answered && run_ended(c);
}

/* --- reading --- */

static void pending_put(struct connection *c, str bytes)
{
    if (c->taken)
        buf_drop_front(&c->pending, c->taken);
    c->taken = 0;
    buf_text(&c->pending, bytes);
}

static str pending_left(const struct connection *c)
{
    return str_after(buf_str(&c->pending), c->taken);
}

static void pending_take(struct connection *c, size_t bytes)
{
    c->taken += bytes;
    if (c->taken == c->pending.len)
        c->pending.len = c->taken = 0;
}

static void connection_rest(struct connection *c)
{
    if (c->exchange)
        server_exchange_back(c->server, c->exchange);
    c->exchange = NULL;
    if (c->pending.cap)
        buf_free(&c->pending);
    if (c->server->site->draining) /* its last answer was begun before */
        connection_due(c, 0);
    else if (c->deadline_ms == INT64_MAX) /* empty lines alone prolong nothing */
        connection_due(c, c->server->limits.idle_ms);
    c->state = CONNECTION_IDLE;
    watch_change(&c->watch, EPOLLIN);
}

/* More bytes are needed. The clock of a request runs from its first byte and is never set back. */
static void connection_await(struct connection *c)
{
    struct parser *p = &c->exchange->parser;
    if (c->state != CONNECTION_READING)
        connection_due(c, c->server->limits.request_ms);
    c->state = CONNECTION_READING;
    watch_change(&c->watch, EPOLLIN);
    if (p->stage == PARSE_BODY && p->expects_continue && !p->body.len)
        continue_send(c);
}

/* Runs every whole request of what is pending and of what was read just now, until one waits or
 * bytes are missing. */
static void connection_advance(struct connection *c, str fresh)
{
    for (;;) {
        bool from_pending = c->pending.len > 0;
        str bytes = from_pending ? pending_left(c) : fresh;
        if (!bytes.len && !c->exchange) {
            connection_rest(c);
            return;
        }
        if (!c->exchange) {
            c->exchange = server_exchange(c->server);
            c->exchange->of = c;
        }
        struct parser *p = &c->exchange->parser;
        size_t used = parser_feed(p, bytes.at, bytes.len);
        if (from_pending)
            pending_take(c, used);
        else
            pending_put(c, str_after(bytes, used));
        fresh = STR("");
        if (p->stage == PARSE_REFUSED) {
            connection_refuse(c, p->refused);
            return;
        }
        if (p->stage != PARSE_DONE) {
            if (p->stage == PARSE_HEAD && !c->pending.len)
                connection_rest(c); /* nothing but empty lines came */
            else
                connection_await(c);
            return;
        }
        if (!connection_run(c))
            return;
    }
}

/* Where the next bytes go: behind those that wait already, else into the room that all connections
 * share. */
static ssize_t connection_recv(struct connection *c, str *fresh)
{
    struct server *s = c->server;
    if (!c->pending.len) {
        ssize_t got = recv(c->watch.fd, s->scratch, sizeof(s->scratch), 0);
        *fresh = (str){ s->scratch, got > 0 ? (size_t)got : 0 };
        return got;
    }
    pending_put(c, STR(""));
    buf_reserve(&c->pending, 4096);
    size_t room = c->pending.cap - c->pending.len;
    ssize_t got = recv(c->watch.fd, c->pending.at + c->pending.len, room, 0);
    if (got > 0)
        c->pending.len += (size_t)got;
    *fresh = STR("");
    return got;
}

static void connection_read(struct connection *c)
{
    str fresh;
    ssize_t got = connection_recv(c, &fresh);
    if (got > 0)
        connection_advance(c, fresh);
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
        connection_close(c);
}

void connection_greet(struct connection *c)
{
    connection_read(c);
}

void connection_leave_if_idle(struct connection *c)
{
    if (c->state != CONNECTION_IDLE)
        return;
    str fresh;
    ssize_t got = connection_recv(c, &fresh);
    if (got > 0)
        connection_advance(c, fresh);
    else
        connection_close(c);
}

static void connection_ready(struct watch *w, uint32_t events)
{
    struct connection *c = w->owner;
    bool broken = events & (EPOLLHUP | EPOLLERR);
    switch (c->state) {
    case CONNECTION_IDLE:
    case CONNECTION_READING:
        connection_read(c);
        break;
    case CONNECTION_RUNNING:
        if (broken)
            connection_close(c);
        else if (c->exchange->streamer)
            stream_ready(c, events);
        else
            watch_change(w, 0); /* a next request, or the client's last word: the kernel keeps it */
        break;
    case CONNECTION_SENDING:
        if (broken)
            connection_close(c);
        else if (connection_send(c))
            connection_advance(c, STR(""));
        break;
    case CONNECTION_LINGERING:
        connection_throw_away(c);
        break;
    }
}

struct connection *connection_open(struct server *s, int fd)
{
    struct connection *c = calloc(1, sizeof(*c));
    if (!c) {
        close(fd);
        return NULL;
    }
    c->server = s;
    c->watch = (struct watch){ .fd = fd, .ready = connection_ready, .owner = c };
    c->timer = (struct timer){ .ring = connection_ring, .owner = c };
    struct exchange *x = server_exchange(s); /* only for its arena: a fault needs one */
    const fault *problem = watch_start(x->arena, &c->watch, EPOLLIN);
    server_exchange_back(s, x);
    if (problem) {
        close(fd);
        free(c);
        return NULL;
    }
    c->next = s->first;
    if (s->first)
        s->first->previous = c;
    s->first = c;
    s->open++;
    s->site->connections_open++;
    s->site->connections_total++;
    connection_due(c, s->limits.idle_ms);
    return c;
}
