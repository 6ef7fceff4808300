/* test_server.c - the server over real sockets: what is answered, in which order, and when a connection ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/http/test_loopback.h"

#define HOST "Host: localhost\r\n"
#define GET_PLAIN "GET /plain HTTP/1.1\r\n" HOST "\r\n"
#define GET_SLOW "GET /slow HTTP/1.1\r\n" HOST "\r\n"
#define CLOSE "Connection: close\r\n"

static const struct server_limits short_limits = { 150, 300, 200, 100, 100 };

/* Says all of `text` on a new connection and hears until `count` answers came or it ended. */
static struct heard ask(struct loopback *l, const char *text, int count)
{
    int fd = dial(l->port);
    say(fd, text);
    struct heard h = hear(l->arena, fd, count, 3000);
    close(fd);
    return h;
}

/* --- answers --- */

static void keep_alive(struct loopback *l)
{
    int fd = dial(l->port);
    for (int i = 0; i < 3; i++) {
        say(fd, GET_PLAIN);
        struct heard h = hear(l->arena, fd, 1, 1000);
        EXPECT(str_starts(h.text, STR("HTTP/1.1 200 OK\r\n")));
        EXPECT(contains(h.text, "Content-Type: application/json\r\n") && contains(h.text, "Content-Length: 14\r\n"));
        EXPECT(contains(h.text, "Date: ") && contains(h.text, " GMT\r\n") && !contains(h.text, "Connection:"));
        EXPECT(str_ends(h.text, STR("\r\n\r\n{\"plain\":true}")) && !h.ended);
    }
    EXPECT(l->site.connections_total == 1 && l->site.connections_open == 1);
    close(fd);
    fiber_sleep(10);
    EXPECT(l->site.connections_open == 0);
}

static void pipelined(struct loopback *l)
{
    struct heard h = ask(l, GET_SLOW GET_PLAIN "\r\n" "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc"
                         GET_SLOW "GET /plain HTTP/1.1\r\n" HOST CLOSE "\r\n", 0);
    EXPECT(answers_in(h.text) == 5 && h.ended);
    const char *at = h.text.at;
    static const char *const order[] = { "\"slow\"", "\"plain\"", "\r\n\r\nabc", "\"slow\"", "\"plain\"" };
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        at = memmem(at, h.text.len - (size_t)(at - h.text.at), order[i], strlen(order[i]));
        EXPECT(at);
        if (!at)
            return;
    }
}

static void pipelined_by_the_thousand(struct loopback *l)
{
    struct buf text = { .in = l->arena };
    for (int i = 0; i < 3000; i++)
        buf_literal(&text, GET_PLAIN);
    int fd = dial(l->port);
    say_bytes(fd, text.at, text.len);
    struct heard h = hear(l->arena, fd, 3000, 4000);
    EXPECT(answers_in(h.text) == 3000);
    close(fd);
}

static void byte_by_byte(struct loopback *l)
{
    static const char text[] = "POST /echo?a=b HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                               "3;x\r\nabc\r\n2\r\nde\r\n0\r\nT: u\r\n\r\n" GET_PLAIN;
    int fd = dial(l->port);
    for (size_t i = 0; i + 1 < sizeof(text); i++) {
        say_bytes(fd, text + i, 1);
        fiber_sleep(0);
    }
    struct heard h = hear(l->arena, fd, 2, 1000);
    EXPECT(answers_in(h.text) == 2 && contains(h.text, "\r\n\r\nabcdeHTTP/1.1 200"));
    EXPECT(contains(h.text, "X-Query: a=b\r\n"));
    close(fd);
}

static void head_and_empty(struct loopback *l)
{
    struct heard h = ask(l, "HEAD /plain HTTP/1.1\r\n" HOST CLOSE "\r\n", 0);
    EXPECT(contains(h.text, "Content-Length: 14\r\n") && str_ends(h.text, STR("\r\n\r\n")));
    h = ask(l, "DELETE /nothing HTTP/1.1\r\n" HOST CLOSE "\r\n", 0);
    EXPECT(str_starts(h.text, STR("HTTP/1.1 204 No Content\r\n")) && str_ends(h.text, STR("\r\n\r\n")));
    EXPECT(!contains(h.text, "Content-Length") && !contains(h.text, "Content-Type"));
    h = ask(l, "GET /plain HTTP/1.1\r\n" HOST CLOSE "If-None-Match: *\r\n\r\n", 0);
    EXPECT(str_starts(h.text, STR("HTTP/1.1 304 ")) && str_ends(h.text, STR("\r\n\r\n")));
    EXPECT(contains(h.text, "ETag: ") && !contains(h.text, "Content-Length"));
    h = ask(l, "GET /lying HTTP/1.1\r\n" HOST "\r\n", 1); /* what ends a message is the server's to say */
    EXPECT(contains(h.text, "Content-Length: 10\r\n") && !contains(h.text, "Content-Length: 3") && !h.ended);
    EXPECT(!contains(h.text, "Transfer-Encoding") && !contains(h.text, "Connection"));
}

static void http_1_0(struct loopback *l)
{
    struct heard h = ask(l, "GET /plain HTTP/1.0\r\n\r\n", 0);
    EXPECT(h.ended && contains(h.text, "Connection: close\r\n"));
    h = ask(l, "GET /plain HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n", 1);
    EXPECT(!h.ended && contains(h.text, "Connection: keep-alive\r\n"));
}

static void expect_continue(struct loopback *l)
{
    int fd = dial(l->port);
    say(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    struct heard h = hear(l->arena, fd, 1, 1000);
    EXPECT(str_equal(h.text, STR("HTTP/1.1 100 Continue\r\n\r\n")));
    say(fd, "abc");
    EXPECT(str_ends(hear(l->arena, fd, 1, 1000).text, STR("\r\n\r\nabc")));
    say(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\nExpect: 100-continue\r\n\r\nabc"); /* did not wait */
    EXPECT(str_starts(hear(l->arena, fd, 1, 1000).text, STR("HTTP/1.1 200 OK\r\n")));
    close(fd);
    /* Behind an answer: the interim one may not overtake it. */
    h = ask(l, GET_SLOW "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n", 2);
    EXPECT(str_ends(h.text, STR("{\"slow\":true}HTTP/1.1 100 Continue\r\n\r\n")));
}

/* --- refusals --- */

static void refused(struct loopback *l)
{
    struct heard h = ask(l, "GET /plain HTTP/1.1\r\n\r\n" GET_PLAIN, 0);
    EXPECT(answers_in(h.text) == 1 && h.ended && str_starts(h.text, STR("HTTP/1.1 400 Bad Request\r\n")));
    EXPECT(contains(h.text, "Connection: close\r\n") && contains(h.text, "\"code\":\"host_wrong\",\"status\":400"));
    EXPECT(contains(h.text, "\"success\":false") && contains(h.text, "\"requestId\":\""));
    h = ask(l, "GET /plain HTTP/1.9\r\n" HOST "\r\n", 0);
    EXPECT(str_starts(h.text, STR("HTTP/1.1 505 HTTP Version Not Supported\r\n")) && contains(h.text, "\"status\":505"));
    h = ask(l, "BREW /plain HTTP/1.1\r\n" HOST "\r\n", 0);
    EXPECT(contains(h.text, "\"status\":501"));
    h = ask(l, "HEAD /%zz HTTP/1.1\r\n" HOST "\r\n", 0);
    EXPECT(str_starts(h.text, STR("HTTP/1.1 400 ")) && str_ends(h.text, STR("\r\n\r\n")));
    h = ask(l, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1\r\nExpect: tea\r\n\r\nx", 0);
    EXPECT(contains(h.text, "\"status\":417") && h.ended);
    h = ask(l, GET_SLOW "\x16\x03\x01", 0); /* what was good before is answered first */
    EXPECT(answers_in(h.text) == 2 && contains(h.text, "\"slow\"") && contains(h.text, "\"status\":400"));
    EXPECT(l->site.requests_by_class[4] >= 4 && l->site.requests_by_class[5] == 2);
}

/* What an address that knows GET alone says to each method that llhttp has heard of. 405 leaves the connection open. CONNECT
 * names no path; PRI is HTTP/2's greeting; from DESCRIBE on they are RTSP's, and as unknown here as BREW. */
static int status_of_method(int number)
{
    switch (number) {
    case HTTP_GET:
    case HTTP_HEAD:
        return 200;
    case HTTP_OPTIONS:
        return 204;
    case HTTP_CONNECT:
        return 501;
    case HTTP_PRI:
        return 505;
    default:
        return number >= HTTP_DESCRIBE ? 501 : 405;
    }
}

static void all_methods(struct loopback *l)
{
    static const struct {
        const char *name;
        int number;
    } methods[] = {
#define METHOD(number, name, text) { #text, number },
        HTTP_ALL_METHOD_MAP(METHOD)
#undef METHOD
        { "BREW", 1000 }, { "X_BREW-2", 1000 },
    };
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        int status = status_of_method(methods[i].number);
        const char *text = (const char *)arena_printf(l->arena, "%s /plain HTTP/1.1\r\n" HOST "\r\n"
                                                      "GET /plain HTTP/1.1\r\n" HOST CLOSE "\r\n", methods[i].name).at;
        struct heard h = ask(l, text, 0);
        bool right = h.ended && str_starts(h.text, arena_printf(l->arena, "HTTP/1.1 %d ", status)) &&
                     (status < 500) == contains(h.text, "{\"plain\":true}") &&
                     (status >= 500 || answers_in(h.text) == 2) &&
                     (status != 405 || contains(h.text, "Allow: GET, HEAD, OPTIONS\r\n"));
        if (!right)
            fprintf(stderr, "%s: %.*s\n", methods[i].name, STR_ARG(h.text));
        EXPECT(right);
    }
}

/* Who sends a body that is refused still gets to read why. */
static void refused_while_sending(struct loopback *l)
{
    size_t size = 8 * 1024 * 1024;
    char *body = NEW_ARRAY(l->arena, char, size);
    int fd = dial(l->port);
    say(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 8388608\r\n\r\n");
    say_bytes(fd, body, size);
    struct heard h = hear(l->arena, fd, 0, 3000);
    EXPECT(h.ended && str_starts(h.text, STR("HTTP/1.1 413 Content Too Large\r\n")));
    EXPECT(contains(h.text, "\"code\":\"body_too_large\""));
    close(fd);
}

static void too_many(struct loopback *l)
{
    struct server_limits limits = short_limits;
    limits.connections_max = 2;
    limits.idle_ms = 5000;
    server_set_limits(l->server, &limits);
    int one = dial(l->port), two = dial(l->port);
    say(one, GET_PLAIN);
    say(two, GET_PLAIN);
    EXPECT(answers_in(hear(l->arena, one, 1, 1000).text) == 1 && answers_in(hear(l->arena, two, 1, 1000).text) == 1);
    struct heard h = ask(l, GET_PLAIN, 0);
    EXPECT(str_starts(h.text, STR("HTTP/1.1 503 ")) && contains(h.text, "\"code\":\"too_many_connections\"") && h.ended);
    EXPECT(contains(h.text, "Retry-After: 1\r\n"));
    close(one);
    fiber_sleep(150); /* the refused one lingers a moment */
    h = ask(l, GET_PLAIN, 1);
    EXPECT(str_starts(h.text, STR("HTTP/1.1 200 ")));
    close(two);
}

static int64_t cpu_ms(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

/* Without descriptors the server pauses, and goes on when there are some. */
static void no_descriptors(struct loopback *l)
{
    struct rlimit before, low;
    getrlimit(RLIMIT_NOFILE, &before);
    int fds[2] = { dial(l->port), dial(l->port) };
    low = before;
    low.rlim_cur = (rlim_t)fds[1] + 1;
    setrlimit(RLIMIT_NOFILE, &low);
    say(fds[0], GET_PLAIN);
    say(fds[1], GET_PLAIN);
    int64_t before_ms = cpu_ms();
    EXPECT(answers_in(hear(l->arena, fds[0], 1, 150).text) == 0);
    EXPECT(cpu_ms() - before_ms < 75); /* it does not spin */
    setrlimit(RLIMIT_NOFILE, &before);
    EXPECT(answers_in(hear(l->arena, fds[0], 1, 1000).text) == 1);
    EXPECT(answers_in(hear(l->arena, fds[1], 1, 1000).text) == 1);
    close(fds[0]);
    close(fds[1]);
}

/* --- time --- */

/* A byte every 20 ms: the clock of a request runs from the first and is not set back. */
static void drip(struct loopback *l, const char *text)
{
    int fd = dial(l->port);
    int64_t began_ms = loop_now_ms();
    struct heard h = { 0 };
    for (size_t i = 0; i < strlen(text) && !h.text.len; i++) {
        say_bytes(fd, text + i, 1);
        h = hear(l->arena, fd, 1, 20);
    }
    int64_t took_ms = loop_now_ms() - began_ms;
    EXPECT(took_ms >= 140 && took_ms < 600);
    EXPECT(str_starts(h.text, STR("HTTP/1.1 408 Request Timeout\r\n")) && contains(h.text, "\"code\":\"request_late\""));
    EXPECT(hear(l->arena, fd, 0, 500).ended);
    close(fd);
}

static void late_requests(struct loopback *l)
{
    drip(l, "GET /plain HTTP/1.1\r\nHost: localhost\r\n\r\n");
    int fd = dial(l->port);
    say(fd, GET_PLAIN); /* the second request of a connection has its own clock */
    hear(l->arena, fd, 1, 1000);
    fiber_sleep(200);
    say(fd, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nabc");
    struct heard h = hear(l->arena, fd, 0, 1000);
    EXPECT(h.ended && str_starts(h.text, STR("HTTP/1.1 408 ")));
    close(fd);
}

static void idle_ends(struct loopback *l)
{
    int never = dial(l->port), once = dial(l->port);
    int64_t began_ms = loop_now_ms();
    say(once, GET_PLAIN);
    hear(l->arena, once, 1, 1000);
    struct heard h = { 0 };
    for (int i = 0; i < 20 && !h.ended; i++) {
        say(once, "\r\n"); /* prolongs nothing */
        h = hear(l->arena, once, 0, 100);
    }
    EXPECT(h.ended && !h.text.len && loop_now_ms() - began_ms < 1500);
    h = hear(l->arena, never, 0, 1000);
    EXPECT(h.ended && !h.text.len);
    close(never);
    close(once);
}

static void slow_reader(struct loopback *l)
{
    int fd = dial(l->port), size = 4096;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    say(fd, "GET /large HTTP/1.1\r\n" HOST "\r\n" GET_PLAIN);
    fiber_sleep(400);
    EXPECT(l->site.connections_open == 0); /* it took nothing for 200 ms: cut */
    close(fd);
    struct server_limits patient = short_limits;
    patient.send_ms = 5000;
    server_set_limits(l->server, &patient);
    fd = dial(l->port);
    say(fd, "GET /large HTTP/1.1\r\n" HOST "\r\n" GET_PLAIN);
    struct heard h = hear(l->arena, fd, 2, 3000);
    EXPECT(h.text.len > 16 * 1024 * 1024 && answers_in(h.text) == 2);
    close(fd);
}

/* --- leaving --- */

static void client_leaves(struct loopback *l)
{
    struct linger at_once = { 1, 0 };
    int fd = dial(l->port);
    say(fd, GET_SLOW);
    fiber_sleep(10);
    EXPECT(l->slow_begun == 1 && l->site.connections_open == 1);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(fd);
    fiber_sleep(20);
    EXPECT(l->slow_ended == 0 && l->site.connections_open == 0 && l->server->held == 1);
    fiber_sleep(80);
    EXPECT(l->slow_ended == 1 && l->server->held == 0);
}

static void half_closed(struct loopback *l)
{
    int fd = dial(l->port);
    say(fd, GET_SLOW);
    shutdown(fd, SHUT_WR);
    struct heard h = hear(l->arena, fd, 0, 1000);
    EXPECT(contains(h.text, "{\"slow\":true}") && h.ended);
    close(fd);
    fd = dial(l->port);
    say(fd, "GET /plain HT");
    shutdown(fd, SHUT_WR);
    h = hear(l->arena, fd, 0, 1000);
    EXPECT(!h.text.len && h.ended);
    close(fd);
}

/* While a request runs, what its client sends meanwhile waits in the kernel, and nobody spins over it. */
static void waits_in_the_kernel(struct loopback *l)
{
    int fd = dial(l->port);
    say(fd, "GET /hold HTTP/1.1\r\n" HOST "\r\n");
    fiber_sleep(10);
    say(fd, GET_PLAIN);
    shutdown(fd, SHUT_WR);
    int64_t before_ms = cpu_ms();
    EXPECT(!hear(l->arena, fd, 0, 150).text.len && l->held);
    EXPECT(cpu_ms() - before_ms < 75);
    if (l->held)
        fiber_wake(l->held);
    struct heard h = hear(l->arena, fd, 0, 1000);
    EXPECT(answers_in(h.text) == 2 && contains(h.text, "\"held\"") && contains(h.text, "\"plain\"") && h.ended);
    close(fd);
}

static void on_drained(void *arg)
{
    *(bool *)arg = true;
}

static void drains(struct loopback *l)
{
    bool drained = false;
    int idle = dial(l->port), running = dial(l->port), reading = dial(l->port);
    say(idle, GET_PLAIN);
    hear(l->arena, idle, 1, 1000);
    say(running, GET_SLOW);
    say(reading, "GET /plain HTTP/1.1\r\n");
    fiber_sleep(20);
    int queued = dial(l->port); /* in by the kernel, not yet by the server */
    say(queued, GET_PLAIN);
    server_drain(l->server, 2000, on_drained, &drained);
    EXPECT(hear(l->arena, idle, 0, 1000).ended);
    struct heard h = hear(l->arena, queued, 0, 1000);
    EXPECT(contains(h.text, "Connection: close\r\n") && contains(h.text, "{\"plain\":true}") && h.ended);
    EXPECT(!drained);
    h = hear(l->arena, running, 0, 1000);
    EXPECT(contains(h.text, "Connection: close\r\n") && contains(h.text, "{\"slow\":true}") && h.ended);
    say(reading, HOST "\r\n");
    h = hear(l->arena, reading, 0, 1000);
    EXPECT(contains(h.text, "Connection: close\r\n") && contains(h.text, "{\"plain\":true}"));
    int late = dial(l->port);
    say(late, GET_PLAIN);
    EXPECT(hear(l->arena, late, 1, 500).text.len == 0);
    int all[] = { idle, running, queued, reading, late };
    for (size_t i = 0; i < COUNT_OF(all); i++)
        close(all[i]);
    fiber_sleep(20);
    EXPECT(drained);
}

static void drain_is_cut(struct loopback *l)
{
    bool drained = false;
    int fd = dial(l->port);
    say(fd, "GET /hold HTTP/1.1\r\n" HOST "\r\n");
    fiber_sleep(10);
    server_drain(l->server, 100, on_drained, &drained);
    fiber_sleep(50);
    EXPECT(!drained);
    fiber_sleep(80);
    EXPECT(drained && l->held);
    server_close(l->server); /* over its fiber: what that holds is freed when it ends */
    l->server = NULL;
    EXPECT(hear(l->arena, fd, 0, 500).ended);
    if (l->held)
        fiber_wake(l->held);
    fiber_sleep(10);
    EXPECT(!l->held);
    close(fd);
}

#define LOOPBACK_TEST(name, limits)                                                                \
    static void test_##name(void **state)                                                          \
    {                                                                                              \
        (void)state;                                                                               \
        loopback_run(limits, name);                                                                \
    }
LOOPBACK_TEST(keep_alive, NULL)
LOOPBACK_TEST(pipelined, NULL)
LOOPBACK_TEST(pipelined_by_the_thousand, NULL)
LOOPBACK_TEST(byte_by_byte, NULL)
LOOPBACK_TEST(head_and_empty, NULL)
LOOPBACK_TEST(http_1_0, NULL)
LOOPBACK_TEST(expect_continue, NULL)
LOOPBACK_TEST(refused, NULL)
LOOPBACK_TEST(all_methods, NULL)
LOOPBACK_TEST(refused_while_sending, NULL)
LOOPBACK_TEST(too_many, NULL)
LOOPBACK_TEST(no_descriptors, NULL)
LOOPBACK_TEST(late_requests, &short_limits)
LOOPBACK_TEST(idle_ends, &short_limits)
LOOPBACK_TEST(slow_reader, &short_limits)
LOOPBACK_TEST(client_leaves, NULL)
LOOPBACK_TEST(half_closed, NULL)
LOOPBACK_TEST(waits_in_the_kernel, NULL)
LOOPBACK_TEST(drains, NULL)
LOOPBACK_TEST(drain_is_cut, NULL)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keep_alive), cmocka_unit_test(test_pipelined),
        cmocka_unit_test(test_pipelined_by_the_thousand), cmocka_unit_test(test_byte_by_byte),
        cmocka_unit_test(test_head_and_empty), cmocka_unit_test(test_http_1_0),
        cmocka_unit_test(test_expect_continue), cmocka_unit_test(test_refused), cmocka_unit_test(test_all_methods),
        cmocka_unit_test(test_refused_while_sending), cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_no_descriptors), cmocka_unit_test(test_late_requests),
        cmocka_unit_test(test_idle_ends), cmocka_unit_test(test_slow_reader),
        cmocka_unit_test(test_client_leaves), cmocka_unit_test(test_half_closed),
        cmocka_unit_test(test_waits_in_the_kernel),
        cmocka_unit_test(test_drains), cmocka_unit_test(test_drain_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
