/* test_client.c - the client over real sockets: pooling, tries, deadlines, the breaker, and answers gone wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/http/link.h"
#include "lib/http/test_loopback.h"

static struct upstream *opened(struct loopback *l, int port)
{
    struct upstream *u = NULL;
    EXPECT(!upstream_open(l->arena, &u, "rooms", arena_printf(l->arena, "http://127.0.0.1:%d", port), STR("secret")));
    return u;
}

static const fault *get(struct loopback *l, struct upstream *u, const char *target, struct message *answer)
{
    const struct outgoing want = { .method = GET, .target = str_of(target) };
    return upstream_call(u, l->arena, &want, answer);
}

static bool is_fault(const fault *f, const char *code)
{
    return f && f->kind == FAULT_UNAVAILABLE && f->retry_after_s >= 1 && strcmp(f->code, code) == 0;
}

/* --- against our own server --- */

static void plain_calls(struct loopback *l)
{
    struct upstream *u = opened(l, l->port);
    struct message m;
    for (int i = 0; i < 10; i++) {
        EXPECT(!get(l, u, "/plain", &m));
        EXPECT(m.status == 200 && str_equal(m.body, STR("{\"plain\":true}")));
        EXPECT(str_equal(message_header(&m, "content-type"), STR("application/json")));
    }
    EXPECT(!get(l, u, "/absent", &m) && m.status == 404); /* any status is an answer */
    EXPECT(l->site.connections_total == 1 && u->open == 1);
    EXPECT(upstream_heard_ms(u) > 0 && upstream_breaker(u)->state == BREAKER_CLOSED);
    EXPECT(strcmp(upstream_name(u), "rooms") == 0);
    upstream_close(u);
    fiber_sleep(10);
    EXPECT(u->open == 0 && l->site.connections_open == 0);
}

static void methods_and_headers(struct loopback *l)
{
    struct upstream *u = opened(l, l->port);
    struct message m;
    const struct header headers[] = { { STR("X-Evil"), STR("a\r\nX-Token: stolen") }, { STR("Content-Length"), STR("99") },
                                      { STR("Host"), STR("elsewhere") }, { STR("X-Request-Id"), STR("mine-1") } };
    struct outgoing want = { .method = POST, .target = STR("/echo?q=a b\r\nX: y"), .headers = headers,
                             .header_count = COUNT_OF(headers), .body = STR("{\"a\":1}"), .internal = true };
    EXPECT(!upstream_call(u, l->arena, &want, &m));
    EXPECT(m.status == 200 && str_equal(m.body, STR("{\"a\":1}")));
    EXPECT(str_equal(message_header(&m, "X-Query"), STR("q=a%20b%0D%0AX:%20y")));
    EXPECT(str_equal(message_header(&m, "X-Token"), STR("Bearer secret")));
    EXPECT(str_equal(message_header(&m, "X-Request-Id"), STR("mine-1")));
    want = (struct outgoing){ .method = HEAD, .target = STR("/plain") };
    EXPECT(!upstream_call(u, l->arena, &want, &m) && m.status == 200 && !m.body.len);
    want = (struct outgoing){ .method = DELETE, .target = STR("/nothing") };
    EXPECT(!upstream_call(u, l->arena, &want, &m) && m.status == 204 && !m.body.len);
    const struct header match = { STR("If-None-Match"), STR("*") };
    want = (struct outgoing){ .method = GET, .target = STR("/plain"), .headers = &match, .header_count = 1 };
    EXPECT(!upstream_call(u, l->arena, &want, &m) && m.status == 304);
    EXPECT(!get(l, u, "/plain", &m) && m.status == 200);
    EXPECT(l->site.connections_total == 1);
    upstream_close(u);
}

static void large_bodies(struct loopback *l)
{
    struct upstream *u = opened(l, l->port);
    struct message m;
    char *body = NEW_ARRAY(l->arena, char, BODY_BYTES_MAX + 1);
    memset(body, 'y', BODY_BYTES_MAX + 1);
    struct outgoing want = { .method = PUT, .target = STR("/echo"), .body = { body, BODY_BYTES_MAX } };
    EXPECT(!upstream_call(u, l->arena, &want, &m) && m.status == 200);
    EXPECT(str_equal(m.body, want.body));
    want.body.len++;
    EXPECT(!upstream_call(u, l->arena, &want, &m) && m.status == 413);
    const struct outgoing large = { .method = GET, .target = STR("/large"), .deadline_ms = 10000 };
    EXPECT(!upstream_call(u, l->arena, &large, &m) && m.body.len == 16 * 1024 * 1024);
    upstream_close(u);
}

struct crowd {
    struct loopback *l;
    struct upstream *u;
    int good;
    bool pays;
};

static void crowd_member(void *arg)
{
    struct crowd *c = arg;
    struct message m;
    const struct outgoing want = { .method = GET, .target = STR("/slow"), .deadline_ms = 4000, .pays = c->pays };
    if (!upstream_call(c->u, c->l->arena, &want, &m) && m.status == 200)
        c->good++;
}

static void crowd(struct loopback *l)
{
    struct crowd c = { l, opened(l, l->port), 0 };
    struct group g = { 0 };
    for (int i = 0; i < 600; i++)
        EXPECT(group_start(&g, "crowd", crowd_member, &c));
    group_wait(&g);
    EXPECT(c.good == 600);
    EXPECT(l->site.connections_total == UPSTREAM_CONNECTIONS_MAX && c.u->open == UPSTREAM_CONNECTIONS_MAX);
    upstream_close(c.u);
    EXPECT(c.u->open == 0);
}

/* The line for a connection is left when the deadline comes. */
static void crowd_too_late(struct loopback *l)
{
    struct crowd c = { l, opened(l, l->port), 0 };
    struct group g = { 0 };
    struct message m;
    for (int i = 0; i < UPSTREAM_CONNECTIONS_MAX; i++)
        EXPECT(group_start(&g, "crowd", crowd_member, &c));
    const struct outgoing hasty = { .method = GET, .target = STR("/plain"), .deadline_ms = 20 };
    EXPECT(is_fault(upstream_call(c.u, l->arena, &hasty, &m), "upstream_away"));
    EXPECT(!c.u->first && c.u->end == &c.u->first);
    group_wait(&g);
    EXPECT(c.good == UPSTREAM_CONNECTIONS_MAX && !get(l, c.u, "/plain", &m));
    upstream_close(c.u);
}

/* One service's crowd has its bound: the next is refused at once, and let in when one has gone. The last places are for who pays. */
static void crowd_too_large(struct loopback *l)
{
    struct crowd c = { l, opened(l, l->port), 0 };
    struct group g = { 0 };
    struct message m;
    for (int i = 0; i < UPSTREAM_CALLS_MAX - UPSTREAM_CALLS_PAYING; i++)
        EXPECT(group_start(&g, "crowd", crowd_member, &c));
    EXPECT(is_fault(get(l, c.u, "/plain", &m), "upstream_busy"));
    c.pays = true;
    for (int i = 0; i < UPSTREAM_CALLS_PAYING; i++)
        EXPECT(group_start(&g, "payer", crowd_member, &c));
    EXPECT(c.u->first && c.u->first->pays);
    int64_t began_ms = loop_now_ms();
    EXPECT(upstream_calls(c.u) == UPSTREAM_CALLS_MAX);
    EXPECT(is_fault(get(l, c.u, "/plain", &m), "upstream_busy") && loop_now_ms() - began_ms < 1000);
    group_wait(&g);
    EXPECT(c.good == UPSTREAM_CALLS_MAX && upstream_calls(c.u) == 0);
    EXPECT(!get(l, c.u, "/plain", &m));
    upstream_close(c.u);
}

static void serve_never(struct scripted *s, int fd)
{
    (void)s;
    if (hear_request(fd))
        (void)await_fd(fd, EPOLLIN, loop_now_ms() + 60000);
}

static void patient_member(void *arg)
{
    struct crowd *c = arg;
    struct message m;
    const struct outgoing want = { .method = POST, .target = STR("/"), .deadline_ms = 60000, .patient = true };
    const fault *f = upstream_call(c->u, c->l->arena, &want, &m);
    c->good += is_fault(f, "upstream_away") || is_fault(f, "upstream_open");
}

/* Nobody waits a minute for who does not even say that he lives, not even in the line for a connection. */
static void hung(struct loopback *l)
{
    struct scripted s = { .serve = serve_never };
    scripted_start(&s);
    struct crowd c = { l, opened(l, s.port), 0 };
    struct group g = { 0 };
    struct message m;
    int64_t began_ms = loop_now_ms();
    for (int i = 0; i < 2 * UPSTREAM_CONNECTIONS_MAX; i++)
        EXPECT(group_start(&g, "patient", patient_member, &c));
    group_wait(&g);
    EXPECT(c.good == 2 * UPSTREAM_CONNECTIONS_MAX && loop_now_ms() - began_ms < 10000);
    EXPECT(c.u->breaker.state == BREAKER_OPEN && c.u->breaker.opened_total == 1);
    EXPECT(is_fault(get(l, c.u, "/", &m), "upstream_open"));
    upstream_close(c.u);
    scripted_stop(&s);
}

/* The first connection is the slow one; who asks later hears at once. */
static void serve_late(struct scripted *s, int fd)
{
    bool first = s->connections == 1;
    if (hear_request(fd) && first)
        fiber_sleep(2500);
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

/* A long answer of a service that lives is waited for. */
static void slow_and_alive(struct loopback *l)
{
    struct scripted s = { .serve = serve_late };
    scripted_start(&s);
    struct upstream *u = opened(l, s.port);
    struct message m;
    const struct outgoing want = { .method = POST, .target = STR("/"), .deadline_ms = 60000, .patient = true };
    EXPECT(!upstream_call(u, l->arena, &want, &m) && m.status == 200);
    EXPECT(s.connections > 1 && u->breaker.opened_total == 0);
    upstream_close(u);
    scripted_stop(&s);
}

static void late(struct loopback *l)
{
    struct upstream *u = opened(l, l->port);
    struct message m;
    const struct outgoing want = { .method = GET, .target = STR("/hold"), .deadline_ms = 80 };
    int64_t began_ms = loop_now_ms();
    EXPECT(is_fault(upstream_call(u, l->arena, &want, &m), "upstream_away"));
    EXPECT(loop_now_ms() - began_ms >= 80 && loop_now_ms() - began_ms < 1000);
    EXPECT(u->open == 0); /* the answer may still come: that connection is of no more use */
    if (l->held)
        fiber_wake(l->held);
    fiber_sleep(10);
    upstream_close(u);
}

static void by_name(struct loopback *l)
{
    struct upstream *u = NULL;
    struct message m;
    EXPECT(!upstream_open(l->arena, &u, "rooms", arena_printf(l->arena, "http://localhost:%d/", l->port), (str){ 0 }));
    EXPECT(!get(l, u, "/plain", &m) && m.status == 200);
    EXPECT(u->address_count && !u->numeric);
    upstream_close(u);
    EXPECT(!upstream_open(l->arena, &u, "rooms", STR("http://no-such-host.invalid"), (str){ 0 }));
    EXPECT(is_fault(get(l, u, "/plain", &m), "upstream_away"));
    upstream_close(u);
}

/* --- against upstreams by hand --- */

static void refused(struct loopback *l)
{
    struct scripted s = { 0 };
    scripted_start(&s);
    scripted_stop(&s); /* its port is free now: nobody listens there */
    struct upstream *u = opened(l, s.port);
    struct message m;
    EXPECT(is_fault(get(l, u, "/plain", &m), "upstream_away"));
    EXPECT(u->breaker.failures_in_a_row == 3);
    EXPECT(is_fault(get(l, u, "/plain", &m), "upstream_open")); /* two more, and it is left in peace */
    int64_t began_us = clock_mono_us();
    EXPECT(is_fault(get(l, u, "/plain", &m), "upstream_open"));
    EXPECT(clock_mono_us() - began_us < 50000);
    EXPECT(upstream_breaker(u)->state == BREAKER_OPEN && u->open == 0);
    upstream_close(u);
}

#define OK_3 "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"

/* Answers one request on each connection and closes it when the next one comes: a kept connection gone stale. */
static void serve_once(struct scripted *s, int fd)
{
    (void)s;
    if (hear_request(fd))
        say(fd, OK_3);
    hear_request(fd);
}

static void stale(struct loopback *l)
{
    struct scripted s = { .serve = serve_once };
    scripted_start(&s);
    struct upstream *u = opened(l, s.port);
    struct message m;
    for (int i = 0; i < 5; i++)
        EXPECT(!get(l, u, "/", &m) && str_equal(m.body, STR("abc")));
    EXPECT(s.connections == 5 && u->breaker.failures == 0); /* nobody's failure, and no pause */
    const struct outgoing once = { .method = POST, .target = STR("/"), .body = STR("") };
    EXPECT(is_fault(upstream_call(u, l->arena, &once, &m), "upstream_away")); /* perhaps it was done: not again */
    EXPECT(s.connections == 5);
    const struct header key = { STR("idempotency-key"), STR("k1") };
    const struct outgoing keyed = { .method = POST, .target = STR("/"), .headers = &key, .header_count = 1 };
    EXPECT(!upstream_call(u, l->arena, &keyed, &m) && !upstream_call(u, l->arena, &keyed, &m));
    EXPECT(s.connections == 7);
    upstream_close(u);
    scripted_stop(&s);
}

/* Two connections break off within the answer, the third is well. */
static void serve_third_time(struct scripted *s, int fd)
{
    if (hear_request(fd))
        say(fd, s->connections % 3 ? "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na" : OK_3);
}

static void broken(struct loopback *l)
{
    struct scripted s = { .serve = serve_third_time };
    scripted_start(&s);
    struct upstream *u = opened(l, s.port);
    struct message m;
    int64_t began_ms = loop_now_ms();
    EXPECT(!get(l, u, "/", &m) && str_equal(m.body, STR("abc")));
    EXPECT(s.connections == 3 && loop_now_ms() - began_ms >= 40 && u->breaker.failures == 2);
    const struct outgoing once = { .method = POST, .target = STR("/") };
    EXPECT(is_fault(upstream_call(u, l->arena, &once, &m), "upstream_away"));
    EXPECT(s.connections == 4);
    upstream_close(u);
    scripted_stop(&s);
}

/* Answers as somebody else's server might: the n-th request gets the n-th of these. */
static const struct odd {
    const char *text;
    const char *body; /* NULL: to be refused */
} odd[] = {
    { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" OK_3, "abc" },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", "abc" },
    { "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall there is", "all there is" },
    { "HTTP/1.0 200 OK\r\n\r\nold", "old" },
    { "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", "x" },
    { "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\ny", "x" },
    { "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", NULL },
    { "HTTP/1.1 200 OK\nContent-Length: 0\n\n", NULL },
    { "HTTP/1.1 200 OK\r\nContent-Length: 67108865\r\n\r\n", NULL },
    { "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", NULL },
    { "\x15\x03\x01", NULL },
    { "", NULL },
};

static size_t odd_at;

static void serve_odd(struct scripted *s, int fd)
{
    (void)s;
    if (!hear_request(fd))
        return;
    const char *text = odd[odd_at].text;
    for (size_t i = 0; i < strlen(text); i += 7) { /* in pieces */
        say_bytes(fd, text + i, strlen(text) - i < 7 ? strlen(text) - i : 7);
        fiber_sleep(0);
    }
}

static void odd_answers(struct loopback *l)
{
    struct scripted s = { .serve = serve_odd };
    scripted_start(&s);
    for (odd_at = 0; odd_at < COUNT_OF(odd); odd_at++) {
        struct upstream *u = opened(l, s.port);
        struct message m;
        const struct outgoing want = { .method = PATCH, .target = STR("/") }; /* one try */
        const fault *f = upstream_call(u, l->arena, &want, &m);
        bool good = odd[odd_at].body ? !f && str_equal(m.body, str_of(odd[odd_at].body)) : is_fault(f, "upstream_away");
        if (!good)
            fprintf(stderr, "odd answer %zu\n", odd_at);
        EXPECT(good);
        upstream_close(u);
    }
    scripted_stop(&s);
}

/* Refuses a large body before it has come: the answer is heard all the same. */
static void serve_early(struct scripted *s, int fd)
{
    (void)s;
    if (hear_request(fd))
        say(fd, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
    fiber_sleep(100);
}

static void early_answer(struct loopback *l)
{
    struct scripted s = { .serve = serve_early };
    scripted_start(&s);
    struct upstream *u = opened(l, s.port);
    struct message m;
    size_t size = 32 * 1024 * 1024;
    const struct outgoing want = { .method = PUT, .target = STR("/"), .body = { NEW_ARRAY(l->arena, char, size), size } };
    EXPECT(!upstream_call(u, l->arena, &want, &m) && m.status == 413);
    EXPECT(u->open == 0);
    upstream_close(u);
    scripted_stop(&s);
}

static void test_urls(void **state)
{
    (void)state;
    static const char *const good[] = { "http://127.0.0.1:3001", "http://127.0.0.1:3001/", "http://rooms", "http://[::1]:80",
                                        "http://[::1]" };
    static const char *const bad[] = { "", "none", "127.0.0.1:3001", "https://rooms:1", "http://", "http://:80",
                                       "http://rooms:0", "http://rooms:65536", "http://rooms:x", "http://rooms/path",
                                       "http://[::1", "http://[::1]80", "http://rooms:" };
    arena *a = arena_new((size_t)1 << 20);
    struct upstream *u;
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_null(upstream_open(a, &u, "rooms", str_of(good[i]), (str){ 0 }));
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        const fault *f = upstream_open(a, &u, "rooms", str_of(bad[i]), (str){ 0 });
        if (!f || strcmp(f->code, "setting_invalid") != 0)
            fail_msg("%s was taken", bad[i]);
    }
    arena_free(a);
}

#define LOOPBACK_TEST(name)                                                                        \
    static void test_##name(void **state)                                                          \
    {                                                                                              \
        (void)state;                                                                               \
        loopback_run(NULL, name);                                                                  \
    }
LOOPBACK_TEST(plain_calls)
LOOPBACK_TEST(methods_and_headers)
LOOPBACK_TEST(large_bodies)
LOOPBACK_TEST(crowd)
LOOPBACK_TEST(crowd_too_late)
LOOPBACK_TEST(crowd_too_large)
LOOPBACK_TEST(hung)
LOOPBACK_TEST(slow_and_alive)
LOOPBACK_TEST(late)
LOOPBACK_TEST(by_name)
LOOPBACK_TEST(refused)
LOOPBACK_TEST(stale)
LOOPBACK_TEST(broken)
LOOPBACK_TEST(odd_answers)
LOOPBACK_TEST(early_answer)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_calls), cmocka_unit_test(test_methods_and_headers),
        cmocka_unit_test(test_large_bodies), cmocka_unit_test(test_crowd),
        cmocka_unit_test(test_crowd_too_late), cmocka_unit_test(test_crowd_too_large),
        cmocka_unit_test(test_hung), cmocka_unit_test(test_slow_and_alive), cmocka_unit_test(test_late),
        cmocka_unit_test(test_by_name), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_stale), cmocka_unit_test(test_broken),
        cmocka_unit_test(test_odd_answers), cmocka_unit_test(test_early_answer),
        cmocka_unit_test(test_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
