/* test_stream.c - answers of unknown length over real sockets: how they are framed, slow clients, clients that leave, faults, drain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/http/test_loopback.h"

#define HOST "Host: localhost\r\n"
#define GET_PLAIN "GET /plain HTTP/1.1\r\n" HOST "\r\n"

static const struct server_limits short_limits = {
    .request_ms = 1000, .idle_ms = 1000, .send_ms = 200, .linger_ms = 100, .connections_max = 100, .stall_ms = 150
};

/* What the handlers saw, for the test that asked. */
static struct {
    int begun, ended, gone, news, padding;
    size_t arena_bytes_max;
    fiber *waiting;
} seen;

/* --- handlers --- */

static const fault *three(struct call *c)
{
    static const char *const pieces[] = { "one\n", "and two\n", "" };
    answer_header(c, "X-Own", STR("mine"));
    if (!stream_start(c, 200, "application/x-ndjson"))
        return NULL;
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        buf_text(&c->out, str_of(pieces[i]));
        TRY(stream_flush(c));
    }
    buf_literal(&c->out, "the rest\n"); /* goes with the end */
    return NULL;
}

static const fault *none(struct call *c)
{
    if (!stream_start(c, 200, "text/plain"))
        return NULL;
    return stream_flush(c);
}

static const fault *unflushed(struct call *c)
{
    if (stream_start(c, 200, "text/plain"))
        buf_literal(&c->out, "short");
    return NULL;
}

static const fault *fault_early(struct call *c)
{
    if (!stream_start(c, 200, "text/plain"))
        return NULL;
    buf_literal(&c->out, "not to be seen");
    return fault_new(c->arena, FAULT_UNAVAILABLE, "overloaded", "Not now.");
}

static const fault *fault_late(struct call *c)
{
    if (!stream_start(c, 200, "text/plain"))
        return NULL;
    buf_literal(&c->out, "half of it");
    TRY(stream_flush(c));
    buf_literal(&c->out, "not to be seen");
    return fault_new(c->arena, FAULT_UNAVAILABLE, "overloaded", "Not now.");
}

#define LARGE_PIECE ((size_t)128 * 1024)
#define LARGE_PIECES 400 /* 50 MiB */

static const fault *large_stream(struct call *c)
{
    seen.begun++;
    if (!stream_start(c, 200, "application/octet-stream"))
        return NULL;
    for (int i = 0; i < LARGE_PIECES; i++) {
        buf_reserve(&c->out, LARGE_PIECE);
        memset(c->out.at, 'a' + i % 26, LARGE_PIECE);
        c->out.len = LARGE_PIECE;
        const fault *problem = stream_flush(c);
        if (arena_used_bytes(c->arena) > seen.arena_bytes_max)
            seen.arena_bytes_max = arena_used_bytes(c->arena);
        if (problem) {
            seen.gone += strcmp(problem->code, "client_gone") == 0;
            return problem;
        }
    }
    seen.ended++;
    return NULL;
}

/* Events as they come, until the client has left: what /feed or a seat map would stream. */
static const fault *events(struct call *c)
{
    seen.begun++;
    if (!stream_start(c, 200, "text/event-stream"))
        return NULL;
    TRY(stream_flush(c));
    seen.waiting = fiber_self();
    int told = 0;
    while (!stream_gone(c)) {
        if (told < seen.news) {
            buf_printf(&c->out, "data: %d%*s\n\n", ++told, seen.padding, "");
            const fault *problem = stream_flush(c);
            if (problem) {
                seen.gone++;
                seen.waiting = NULL;
                return problem;
            }
        } else {
            fiber_park("news", INT64_MAX);
        }
    }
    seen.waiting = NULL;
    seen.ended++;
    return NULL;
}

static const fault *delayed(struct call *c)
{
    if (!stream_start(c, 200, "text/plain"))
        return NULL;
    for (int i = 0; i < 5; i++) {
        buf_printf(&c->out, "%d\n", i);
        TRY(stream_flush(c));
        fiber_sleep(20);
    }
    return NULL;
}

static const struct route routes[] = {
    { GET, "/three", three, .access = ACCESS_ANYONE },
    { POST, "/three", three, .access = ACCESS_ANYONE },
    { GET, "/none", none, .access = ACCESS_ANYONE },
    { GET, "/unflushed", unflushed, .access = ACCESS_ANYONE },
    { GET, "/fault-early", fault_early, .access = ACCESS_ANYONE },
    { GET, "/fault-late", fault_late, .access = ACCESS_ANYONE },
    { GET, "/large-stream", large_stream, .access = ACCESS_ANYONE },
    { GET, "/events", events, .access = ACCESS_ANYONE },
    { GET, "/delayed", delayed, .access = ACCESS_ANYONE },
    { .path = NULL },
};

/* --- helpers --- */

/* Says all of `text` on a new connection and hears until it ended. */
static struct heard ask(struct loopback *l, const char *text)
{
    int fd = dial(l->port);
    say(fd, text);
    struct heard h = hear(l->arena, fd, 0, 3000);
    close(fd);
    return h;
}

static str body_of(str text)
{
    const char *end = text.len ? memmem(text.at, text.len, "\r\n\r\n", 4) : NULL;
    return end ? str_after(text, (size_t)(end - text.at) + 4) : STR("");
}

static void close_hard(int fd)
{
    struct linger at_once = { 1, 0 };
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(fd);
}

/* --- framing --- */

#define THREE "4\r\none\n\r\n8\r\nand two\n\r\n9\r\nthe rest\n\r\n0\r\n\r\n"

static int64_t position_seven(void *service)
{
    (void)service;
    return 7;
}

static void chunked(struct loopback *l)
{
    int fd = dial(l->port);
    l->site.position = position_seven;
    for (int i = 0; i < 3; i++) {
        say(fd, "GET /three HTTP/1.1\r\n" HOST "Origin: http://localhost\r\nX-Request-Id: me-1\r\n\r\n");
        struct heard h = hear(l->arena, fd, 0, 60);
        EXPECT(!h.ended && str_starts(h.text, STR("HTTP/1.1 200 OK\r\n")));
        EXPECT(contains(h.text, "Transfer-Encoding: chunked\r\n") && !contains(h.text, "Content-Length"));
        EXPECT(contains(h.text, "Content-Type: application/x-ndjson\r\n") && !contains(h.text, "Connection:"));
        EXPECT(contains(h.text, "X-Own: mine\r\n") && contains(h.text, "X-Request-Id: me-1\r\n") && !contains(h.text, "\r\nETag:"));
        EXPECT(contains(h.text, "Access-Control-Allow-Origin: http://localhost\r\n") && contains(h.text, "Vary: Origin\r\n"));
        EXPECT(str_equal(body_of(h.text), STR(THREE)));
    }
    say(fd, "POST /three HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    struct heard h = hear(l->arena, fd, 0, 1000);
    EXPECT(h.ended && contains(h.text, "Taquilla-Position: test/7\r\n") && contains(h.text, "Connection: close\r\n"));
    EXPECT(str_equal(body_of(h.text), STR(THREE)));
    EXPECT(l->site.connections_total == 1 && l->site.requests_by_class[2] == 4 && l->site.requests_in_flight == 0);
    close(fd);
    h = ask(l, "GET /none HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    EXPECT(h.ended && str_equal(body_of(h.text), STR("0\r\n\r\n")));
    h = ask(l, "GET /unflushed HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"); /* all of it was there in time */
    EXPECT(contains(h.text, "Content-Length: 5\r\n") && !contains(h.text, "Transfer-Encoding"));
    EXPECT(str_equal(body_of(h.text), STR("short")));
}

static void to_http_1_0(struct loopback *l)
{
    struct heard h = ask(l, "GET /three HTTP/1.0\r\n" HOST "Connection: keep-alive\r\n\r\n");
    EXPECT(h.ended && contains(h.text, "Connection: close\r\n") && !contains(h.text, "Transfer-Encoding"));
    EXPECT(!contains(h.text, "Content-Length") && str_equal(body_of(h.text), STR("one\nand two\nthe rest\n")));
    h = ask(l, "GET /none HTTP/1.0\r\n\r\n");
    EXPECT(h.ended && str_starts(h.text, STR("HTTP/1.1 200 OK\r\n")) && !body_of(h.text).len);
}

static void to_head(struct loopback *l)
{
    struct heard h = ask(l, "HEAD /three HTTP/1.1\r\n" HOST "\r\n" "GET /plain HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    EXPECT(h.ended && answers_in(h.text) == 2 && contains(h.text, "Transfer-Encoding: chunked\r\n"));
    EXPECT(contains(h.text, "X-Own: mine\r\n") && contains(h.text, "Content-Type: application/x-ndjson\r\n"));
    EXPECT(str_starts(body_of(h.text), STR("HTTP/1.1 200 OK\r\n")) && str_ends(h.text, STR("{\"plain\":true}")));
}

static void pipelined(struct loopback *l)
{
    struct heard h = ask(l, "GET /delayed HTTP/1.1\r\n" HOST "\r\n" GET_PLAIN "GET /three HTTP/1.1\r\n" HOST "\r\n" GET_PLAIN
                            "GET /three HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    EXPECT(h.ended && answers_in(h.text) == 5 && l->site.connections_total == 1);
    EXPECT(contains(h.text, "2\r\n4\n\r\n0\r\n\r\nHTTP/1.1 200 OK") && contains(h.text, "{\"plain\":true}HTTP/1.1 200 OK"));
    EXPECT(contains(h.text, THREE "HTTP/1.1 200 OK") && str_ends(h.text, STR(THREE)));
}

/* --- faults --- */

static void faults(struct loopback *l)
{
    struct heard h = ask(l, "GET /fault-early HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    EXPECT(str_starts(h.text, STR("HTTP/1.1 503 ")) && contains(h.text, "\"code\":\"overloaded\"") && !contains(h.text, "seen"));
    EXPECT(contains(h.text, "Content-Length: "));
    h = ask(l, "GET /fault-late HTTP/1.1\r\n" HOST "\r\n" GET_PLAIN);
    EXPECT(h.ended && str_starts(h.text, STR("HTTP/1.1 200 OK\r\n")) && answers_in(h.text) == 1);
    EXPECT(str_equal(body_of(h.text), STR("a\r\nhalf of it\r\n")));
    EXPECT(l->site.requests_by_class[5] == 2 && l->site.connections_open == 0 && l->server->held == 0);
}

/* The end of a connection is the end of an HTTP/1.0 body: only a reset tells that this one was cut. */
static void fault_resets(struct loopback *l)
{
    char room[1000];
    int fd = dial(l->port);
    say(fd, "GET /fault-late HTTP/1.0\r\n\r\n");
    fiber_sleep(20);
    ssize_t got = recv(fd, room, sizeof(room), 0);
    while (got > 0)
        got = recv(fd, room, sizeof(room), 0);
    EXPECT(got < 0 && errno == ECONNRESET);
    close(fd);
}

/* --- slow clients --- */

static int dial_narrow(int port)
{
    int fd = dial(port), size = 4096;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    return fd;
}

/* Takes bytes until the other side ends; how many came. A pause of 1 ms after every `breath` bytes. */
static size_t swallow(int fd, size_t breath)
{
    static char room[256 * 1024];
    size_t all = 0, since = 0;
    for (;;) {
        ssize_t got = recv(fd, room, sizeof(room), 0);
        if (got > 0) {
            all += (size_t)got;
            since += (size_t)got;
            if (since >= breath)
                fiber_sleep(1);
            since = since >= breath ? 0 : since;
        } else if (got == 0 || errno != EAGAIN || !await_fd(fd, EPOLLIN, loop_now_ms() + 3000)) {
            return all;
        }
    }
}

#define GET_LARGE "GET /large-stream HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"
#define LARGE_BYTES ((size_t)LARGE_PIECES * (LARGE_PIECE + sizeof("20000\r\n\r\n") - 1) + sizeof("0\r\n\r\n") - 1)

/* However fast it is taken: all of it comes, and no more than one piece is in memory. */
static void large_in_little(struct loopback *l)
{
    for (size_t breath = 100000; breath <= 100000000; breath *= 1000) {
        int fd = dial(l->port);
        say(fd, GET_LARGE);
        size_t got = swallow(fd, breath);
        EXPECT(got > LARGE_BYTES && got < LARGE_BYTES + 500);
        close(fd);
    }
    EXPECT(seen.ended == 2 && seen.arena_bytes_max > LARGE_PIECE && seen.arena_bytes_max < 6 * LARGE_PIECE);
}

static void stalls(struct loopback *l)
{
    int fd = dial_narrow(l->port);
    say(fd, GET_LARGE);
    fiber_sleep(700); /* 150 ms after it took the last */
    EXPECT(seen.begun == 1 && seen.gone == 1 && l->site.connections_open == 0 && l->server->held == 0);
    EXPECT(l->site.requests_by_class[2] == 1 && l->site.requests_by_class[5] == 0);
    close(fd);
}

/* Less than the kernel thinks worth telling us within the limit, but something: it is waited for. */
static void crawls(struct loopback *l)
{
    static char room[32 * 1024];
    int fd = dial(l->port);
    say(fd, GET_LARGE);
    for (int i = 0; i < 40; i++) {
        fiber_sleep(25);
        EXPECT(recv(fd, room, sizeof(room), 0) > 0);
    }
    EXPECT(seen.begun == 1 && seen.gone == 0 && l->site.connections_open == 1);
    close_hard(fd);
    fiber_sleep(20);
    EXPECT(seen.gone == 1 && l->server->held == 0);
}

/* Others are served while a stream waits, and the last piece is awaited as any answer is. */
static void end_is_slow(struct loopback *l)
{
    int fd = dial(l->port), other = dial(l->port);
    say(fd, GET_LARGE);
    fiber_sleep(50);
    say(other, GET_PLAIN);
    EXPECT(answers_in(hear(l->arena, other, 1, 1000).text) == 1 && seen.ended == 0);
    EXPECT(swallow(fd, 10000000) > LARGE_BYTES && seen.ended == 1);
    close(fd);
    close(other);
}

/* --- clients that leave --- */

static void leaves_in_the_middle(struct loopback *l)
{
    int fd = dial_narrow(l->port);
    say(fd, GET_LARGE);
    fiber_sleep(50);
    EXPECT(seen.begun == 1 && seen.gone == 0);
    close_hard(fd);
    fiber_sleep(20);
    EXPECT(seen.gone == 1 && l->site.connections_open == 0 && l->server->held == 0);
}

/* Who says that he sends no more, as `nc -N` does, gets all of it. */
static void half_closed(struct loopback *l)
{
    int fd = dial(l->port);
    say(fd, "GET /delayed HTTP/1.1\r\n" HOST "\r\n");
    shutdown(fd, SHUT_WR);
    struct heard h = hear(l->arena, fd, 0, 1000);
    EXPECT(h.ended && str_ends(h.text, STR("2\r\n4\n\r\n0\r\n\r\n")));
    close(fd);
}

static int listen_to_events(struct loopback *l)
{
    int fd = dial(l->port);
    say(fd, "GET /events HTTP/1.1\r\n" HOST "\r\n");
    struct heard h = hear(l->arena, fd, 1, 1000);
    EXPECT(contains(h.text, "Content-Type: text/event-stream\r\n") && !h.ended);
    seen.news++;
    if (seen.waiting)
        fiber_wake(seen.waiting);
    h = hear(l->arena, fd, 0, 30);
    EXPECT(!h.ended && str_equal(h.text, STR("9\r\ndata: 1\n\n\r\n")));
    return fd;
}

/* A handler that waits for news hears at once that its client left, however it left. */
static void leaves_the_news(struct loopback *l)
{
    int fd = listen_to_events(l);
    EXPECT(seen.waiting && seen.ended == 0);
    close(fd);
    fiber_sleep(20);
    EXPECT(!seen.waiting && seen.ended == 1 && l->site.connections_open == 0);
    seen.news = 0;
    close_hard(listen_to_events(l));
    fiber_sleep(20);
    EXPECT(!seen.waiting && seen.ended == 2 && l->site.connections_open == 0 && l->server->held == 0);
}

/* News that come more often than its patience lasts do not keep a client that takes nothing. */
static void news_do_not_renew(struct loopback *l)
{
    int fd = dial_narrow(l->port);
    say(fd, "GET /events HTTP/1.1\r\n" HOST "\r\n");
    fiber_sleep(20);
    seen.news = 2000000000;
    seen.padding = 10000;
    if (seen.waiting)
        fiber_wake(seen.waiting);
    for (int i = 0; i < 500 && seen.waiting; i++) {
        fiber_wake(seen.waiting);
        fiber_sleep(10);
    }
    EXPECT(!seen.waiting && seen.gone == 1 && l->site.connections_open == 0);
    close(fd);
}

/* --- drain --- */

static void on_drained(void *arg)
{
    *(bool *)arg = true;
}

/* A stream under way is finished; a connection that was promised to stay ends behind it, and news end at once. */
static void drains(struct loopback *l)
{
    bool drained = false;
    int fd = dial(l->port), news = listen_to_events(l);
    say(fd, "GET /delayed HTTP/1.1\r\n" HOST "\r\n");
    fiber_sleep(10);
    server_drain(l->server, 3000, on_drained, &drained);
    struct heard h = hear(l->arena, news, 0, 1000);
    EXPECT(h.ended && str_equal(h.text, STR("0\r\n\r\n")) && seen.ended == 1);
    EXPECT(!drained);
    h = hear(l->arena, fd, 0, 1000);
    EXPECT(h.ended && !contains(h.text, "Connection: close") && str_ends(h.text, STR("2\r\n4\n\r\n0\r\n\r\n")));
    fiber_sleep(20);
    EXPECT(drained);
    close(fd);
    close(news);
}

static void drain_is_cut(struct loopback *l)
{
    bool drained = false;
    int fd = dial_narrow(l->port);
    say(fd, GET_LARGE);
    fiber_sleep(20);
    server_drain(l->server, 50, on_drained, &drained);
    fiber_sleep(100);
    EXPECT(drained && seen.begun == 1 && seen.gone == 0);
    server_close(l->server);
    l->server = NULL;
    fiber_sleep(10);
    EXPECT(seen.gone == 1 && l->site.requests_in_flight == 0);
    close(fd);
}

#define LOOPBACK_TEST(name, limits)                                                                \
    static void test_##name(void **state)                                                          \
    {                                                                                              \
        (void)state;                                                                               \
        memset(&seen, 0, sizeof(seen));                                                            \
        loopback_routes = routes;                                                                  \
        loopback_run(limits, name);                                                                \
    }
LOOPBACK_TEST(chunked, NULL)
LOOPBACK_TEST(to_http_1_0, NULL)
LOOPBACK_TEST(to_head, NULL)
LOOPBACK_TEST(pipelined, NULL)
LOOPBACK_TEST(faults, NULL)
LOOPBACK_TEST(fault_resets, NULL)
LOOPBACK_TEST(large_in_little, NULL)
LOOPBACK_TEST(stalls, &short_limits)
LOOPBACK_TEST(crawls, &short_limits)
LOOPBACK_TEST(end_is_slow, NULL)
LOOPBACK_TEST(leaves_in_the_middle, NULL)
LOOPBACK_TEST(half_closed, NULL)
LOOPBACK_TEST(leaves_the_news, NULL)
LOOPBACK_TEST(news_do_not_renew, &short_limits)
LOOPBACK_TEST(drains, NULL)
LOOPBACK_TEST(drain_is_cut, NULL)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chunked), cmocka_unit_test(test_to_http_1_0),
        cmocka_unit_test(test_to_head), cmocka_unit_test(test_pipelined), cmocka_unit_test(test_faults),
        cmocka_unit_test(test_fault_resets), cmocka_unit_test(test_large_in_little), cmocka_unit_test(test_stalls),
        cmocka_unit_test(test_crawls), cmocka_unit_test(test_end_is_slow), cmocka_unit_test(test_leaves_in_the_middle),
        cmocka_unit_test(test_half_closed), cmocka_unit_test(test_leaves_the_news),
        cmocka_unit_test(test_news_do_not_renew), cmocka_unit_test(test_drains), cmocka_unit_test(test_drain_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
