/* stream.c - answers of unknown length: sent piece by piece, no faster than their client takes them. */
#include <errno.h>
#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "lib/http/connection.h"
#include "lib/http/site.h"
#include "lib/http/wire.h"

static const fault *client_gone(const struct call *c)
{
    return fault_new(c->arena, FAULT_UNAVAILABLE, "client_gone", "The client left before it had the whole answer.");
}

/* What the connection looks out for while its fiber runs: `events`, and the client's last word. */
static void stream_watch(struct connection *c, uint32_t events)
{
    watch_change(&c->watch, events | (c->hushed ? 0 : EPOLLRDHUP));
}

bool stream_start(struct call *c, int status, const char *content_type)
{
    struct exchange *x = c->exchange;
    c->status = status;
    c->content_type = content_type;
    c->streaming = STREAM_STARTED;
    if (c->request->method == HEAD || !status_has_body(status))
        return false;
    if (x) {
        x->streamer = fiber_self();
        if (!x->of->gone)
            stream_watch(x->of, 0);
    }
    return true;
}

bool stream_gone(const struct call *c)
{
    const struct exchange *x = c->exchange;
    return x && (x->of->gone || x->of->hushed || c->site->draining);
}

/* --- for the connection --- */

void stream_wake(const struct exchange *x)
{
    if (x->streamer && x->streamer != fiber_self())
        fiber_wake(x->streamer);
}

void stream_ready(struct connection *c, uint32_t events)
{
    if (events & EPOLLRDHUP) {
        c->hushed = true;
        stream_watch(c, c->watch.events & EPOLLOUT);
    }
    stream_wake(c->exchange);
}

enum body_end stream_body_end(const struct exchange *x)
{
    return x->parser.minor ? BODY_OF_CHUNKS : BODY_UNTIL_CLOSE;
}

/* To HTTP/1.0 a connection that ends orderly has brought the whole body: only a reset says that it has not. */
void stream_reset_on_close(int fd)
{
    const struct linger at_once = { .l_onoff = 1 };
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

/* --- pieces --- */

/* Makes c->out a chunk: its size goes behind the head, its end behind itself. */
static void piece_frame(struct exchange *x)
{
    struct buf *piece = &x->call.out;
    if (!x->chunked || !piece->len)
        return;
    buf_printf(&x->head, "%zx\r\n", piece->len);
    buf_literal(piece, "\r\n");
}

static void piece_write(struct exchange *x)
{
    x->head.len = x->sent = 0;
    if (x->call.streaming == STREAM_STARTED) {
        enum body_end end = stream_body_end(x);
        site_dress(&x->call);
        exchange_head(x, end);
        x->chunked = end == BODY_OF_CHUNKS;
        x->call.streaming = STREAM_FLOWING;
    }
    piece_frame(x);
    x->body = buf_str(&x->call.out);
}

void stream_end_write(struct exchange *x)
{
    x->head.len = x->sent = 0;
    piece_frame(x);
    if (x->chunked)
        buf_literal(&x->call.out, "0\r\n\r\n");
    x->body = buf_str(&x->call.out);
}

/* How much the client has not acknowledged. */
static int bytes_under_way(const struct connection *c)
{
    int bytes = 0;
    return ioctl(c->watch.fd, SIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

/* How long a client is waited for that takes nothing. */
struct patience {
    int64_t until_ms; /* 0: it has not been waited for yet */
    int under_way;
};

static void patience_renew(struct connection *c, struct patience *p)
{
    p->until_ms = loop_now_ms() + c->server->limits.stall_ms;
    p->under_way = bytes_under_way(c);
}

/* Parks until the socket may take more; false when the client left or is waited for no longer. The kernel says that
 * there is room when a third of its megabytes is free: a client that needs longer than stall_ms for so much is well. */
static bool room_await(struct connection *c, struct patience *p)
{
    if (!p->until_ms)
        patience_renew(c, p);
    stream_watch(c, EPOLLOUT);
    if (!fiber_park("a slow client", p->until_ms) && !c->gone) {
        int before = p->under_way;
        patience_renew(c, p);
        return p->under_way < before;
    }
    return !c->gone;
}

/* Sends head and piece; false when the client is gone. */
static bool piece_send(struct connection *c)
{
    struct exchange *x = c->exchange;
    struct patience patience = { 0 };
    size_t all = x->head.len + x->body.len;
    while (x->sent < all) {
        ssize_t sent = wire_send(c->watch.fd, buf_str(&x->head), x->body, x->sent);
        if (sent >= 0) {
            x->sent += (size_t)sent;
            patience.until_ms = 0;
        } else if (errno == EAGAIN ? !room_await(c, &patience) : errno != EINTR) {
            return false;
        }
    }
    stream_watch(c, 0);
    return true;
}

const fault *stream_flush(struct call *c)
{
    struct exchange *x = c->exchange;
    if (!x)
        return NULL;
    if (!x->streamer) { /* to HEAD */
        c->out.len = 0;
        return NULL;
    }
    x->streamer = fiber_self();
    if (x->of->gone)
        return client_gone(c);
    piece_write(x);
    if (!piece_send(x->of)) {
        if (!x->of->gone)
            connection_close(x->of);
        return client_gone(c);
    }
    c->out.len = 0;
    fiber_give_way();
    return NULL;
}
