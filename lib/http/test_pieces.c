/* test_pieces.c - the client's bodies that are handed on as they come: framings, tries, deadlines, faults, memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
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

static bool is_fault(const fault *f, const char *code)
{
    return f && f->kind == FAULT_UNAVAILABLE && strcmp(f->code, code) == 0;
}

/* --- takers --- */

struct collected {
    struct piece_taker taker;
    struct buf text;
    int pieces;
    int stop_at;     /* a fault with this piece */
    int64_t park_ms; /* over each of the first two */
};

static const fault stop = { .kind = FAULT_UNAVAILABLE, .code = "enough", .sentence = { "Enough.", 7 } };

static const fault *collect(struct piece_taker *t, str bytes)
{
    struct collected *all = t->arg;
    buf_text(&all->text, bytes);
    if (all->park_ms && all->pieces < 2)
        fiber_sleep(all->park_ms);
    return ++all->pieces == all->stop_at ? &stop : NULL;
}

static const fault *stream(struct loopback *l, struct upstream *u, const char *target, struct collected *all,
                           struct message *m)
{
    const struct outgoing want = { .method = GET, .target = str_of(target), .deadline_ms = 500 };
    all->taker = (struct piece_taker){ collect, all };
    all->text = (struct buf){ .in = l->arena };
    all->pieces = 0;
    return upstream_stream(u, l->arena, &want, &all->taker, m);
}

/* --- against upstreams by hand --- */

static const struct odd {
    const char *text;
    const char *body; /* NULL: upstream_away */
    bool whole;       /* in the answer, not in pieces */
} odd[] = {
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", "abc", false },
    { "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc", false },
    { "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall there is", "all there is", false },
    { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", false },
    { "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc", "abc", true },
    { "HTTP/1.1 503 Away\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "abc", true },
    { "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc", false },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n", NULL, false },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabXX0\r\n\r\n", NULL, false },
    { "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nabc", NULL, false },
    { "HTTP/1.1 200 OK\r\nContent-Length: 3", NULL, false },
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
        fiber_sleep(1);
    }
}

static void odd_answers(struct loopback *l)
{
    struct scripted s = { .serve = serve_odd };
    scripted_start(&s);
    for (odd_at = 0; odd_at < COUNT_OF(odd); odd_at++) {
        struct upstream *u = opened(l, s.port);
        struct message m = { 0 };
        struct collected all = { 0 };
        const fault *f = stream(l, u, "/", &all, &m);
        const struct odd *o = &odd[odd_at];
        bool good = !o->body ? is_fault(f, "upstream_away")
                             : !f && str_equal(o->whole ? m.body : buf_str(&all.text), str_of(o->body)) &&
                                   !(o->whole ? all.text.len : m.body.len);
        if (!good)
            fprintf(stderr, "odd answer %zu\n", odd_at);
        EXPECT(good);
        upstream_close(u);
    }
    scripted_stop(&s);
}

/* --- tries and the breaker --- */

/* Before a piece came another try may be worth it, after one it would be a second beginning. */
static void serve_third_time(struct scripted *s, int fd)
{
    if (hear_request(fd))
        say(fd, s->connections == 3 ? "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nab" : "HTTP/1.1 200 OK\r\n");
}

static void tries(struct loopback *l)
{
    struct scripted s = { .serve = serve_third_time };
    scripted_start(&s);
    struct upstream *u = opened(l, s.port);
    struct message m = { 0 };
    struct collected all = { 0 };
    EXPECT(is_fault(stream(l, u, "/", &all, &m), "upstream_away"));
    EXPECT(s.connections == 3 && all.pieces == 1 && str_equal(buf_str(&all.text), STR("ab")));
    EXPECT(u->breaker.failures == 3 && u->breaker.failures_in_a_row == 1 && u->open == 0);
    upstream_close(u);
    scripted_stop(&s);
}

/* One answer is under way as long as it likes: the breaker knows with its first piece that the service is well. */
static void trial_ends_with_a_piece(struct loopback *l)
{
    struct scripted s = { .serve = serve_odd };
    scripted_start(&s);
    struct upstream *u = opened(l, s.port);
    struct message m = { 0 };
    struct collected all = { 0 };
    odd_at = 1;
    u->breaker = (struct breaker){ .state = BREAKER_OPEN, .open_until_ms = loop_now_ms() };
    EXPECT(!stream(l, u, "/", &all, &m) && u->breaker.state == BREAKER_CLOSED && u->breaker.calls == 1);
    u->breaker = (struct breaker){ .state = BREAKER_OPEN, .open_until_ms = loop_now_ms() };
    odd_at = 3; /* no body, no piece */
    EXPECT(!stream(l, u, "/", &all, &m) && u->breaker.state == BREAKER_CLOSED && all.pieces == 0);
    u->breaker = (struct breaker){ .state = BREAKER_OPEN, .open_until_ms = INT64_MAX };
    EXPECT(is_fault(stream(l, u, "/", &all, &m), "upstream_open"));
    upstream_close(u);
    scripted_stop(&s);
}

/* --- time --- */

static int64_t drip_ms;

static void serve_drops(struct scripted *s, int fd)
{
    (void)s;
    if (!hear_request(fd))
        return;
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n");
    for (int i = 0; i < 6; i++) {
        fiber_sleep(drip_ms);
        say(fd, "x");
    }
}

/* The deadline is for each piece: the whole may take longer. */
static void deadlines(struct loopback *l)
{
    struct scripted s = { .serve = serve_drops };
    scripted_start(&s);
    struct upstream *u = opened(l, s.port);
    struct message m = { 0 };
    struct collected all = { 0 };
    drip_ms = 150;
    EXPECT(!stream(l, u, "/", &all, &m) && str_equal(buf_str(&all.text), STR("xxxxxx"))); /* 900 ms of 500 */
    drip_ms = 2000;
    EXPECT(is_fault(stream(l, u, "/", &all, &m), "upstream_away") && u->open == 0);
    all.park_ms = 600; /* what the taker needs is not the other side's lateness */
    drip_ms = 1;
    EXPECT(!stream(l, u, "/", &all, &m) && str_equal(buf_str(&all.text), STR("xxxxxx")));
    upstream_close(u);
    scripted_stop(&s);
}

static void serve_reset(struct scripted *s, int fd)
{
    (void)s;
    struct linger at_once = { 1, 0 };
    if (!hear_request(fd))
        return;
    say(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf of it");
    fiber_sleep(20);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

/* A body that lasts until its connection ends is whole only when that ends orderly. */
static void reset_is_no_end(struct loopback *l)
{
    struct scripted s = { .serve = serve_reset };
    scripted_start(&s);
    struct upstream *u = opened(l, s.port);
    struct message m = { 0 };
    struct collected all = { 0 };
    EXPECT(is_fault(stream(l, u, "/", &all, &m), "upstream_away") && str_equal(buf_str(&all.text), STR("half of it")));
    const struct outgoing want = { .method = GET, .target = STR("/") };
    EXPECT(is_fault(upstream_call(u, l->arena, &want, &m), "upstream_away"));
    upstream_close(u);
    scripted_stop(&s);
}

/* --- against our own server --- */

#define LARGE_PIECE ((size_t)100 * 1000)
#define LARGE_PIECES 500 /* 50 MB */

static int64_t large_sent;

static const fault *large_stream(struct call *c)
{
    large_sent = 0;
    if (!stream_start(c, 200, "text/plain"))
        return NULL;
    for (int i = 0; i < LARGE_PIECES; i++) {
        buf_reserve(&c->out, LARGE_PIECE);
        memset(c->out.at, 'a' + i % 26, LARGE_PIECE);
        c->out.len = LARGE_PIECE;
        TRY(stream_flush(c));
        large_sent += (int64_t)LARGE_PIECE;
    }
    return NULL;
}

/* A chunk a byte: most of what travels is frames. */
static const fault *crumbs(struct call *c)
{
    if (!stream_start(c, 200, "text/plain"))
        return NULL;
    for (int i = 0; i < 20000; i++) {
        buf_char(&c->out, (char)('a' + i % 26));
        TRY(stream_flush(c));
    }
    return NULL;
}

static const fault *cut(struct call *c)
{
    if (!stream_start(c, 200, "text/plain"))
        return NULL;
    buf_literal(&c->out, "half of it");
    TRY(stream_flush(c));
    fiber_sleep(20);
    return fault_new(c->arena, FAULT_UNAVAILABLE, "overloaded", "Not now.");
}

static const struct route routes[] = {
    { GET, "/large-stream", large_stream, .access = ACCESS_ANYONE },
    { GET, "/crumbs", crumbs, .access = ACCESS_ANYONE },
    { GET, "/cut", cut, .access = ACCESS_ANYONE },
    { .path = NULL },
};

struct counted {
    struct piece_taker taker;
    size_t bytes, longest;
    uint64_t wrong;
    int parks;
};

static const fault *count(struct piece_taker *t, str bytes)
{
    struct counted *all = t->arg;
    for (size_t i = 0; i < bytes.len; i++, all->bytes++)
        all->wrong += bytes.at[i] != (char)('a' + all->bytes / LARGE_PIECE % 26);
    all->longest = bytes.len > all->longest ? bytes.len : all->longest;
    if (all->bytes % 97 == 0 && all->parks++ < 50)
        fiber_sleep(2);
    return NULL;
}

static void large_in_little(struct loopback *l)
{
    struct upstream *u = opened(l, l->port);
    arena *a = arena_new((size_t)1 << 20); /* taking more would end the process */
    struct message m = { 0 };
    const struct outgoing want = { .method = GET, .target = STR("/large-stream") };
    for (int i = 0; i < 2; i++) {
        struct counted all = { 0 };
        all.taker = (struct piece_taker){ count, &all };
        EXPECT(!upstream_stream(u, a, &want, &all.taker, &m) && m.status == 200 && !m.body.len);
        EXPECT(all.bytes == LARGE_PIECE * LARGE_PIECES && all.wrong == 0 && all.longest <= 64 * 1024);
        EXPECT(arena_used_bytes(a) < 512 * 1024);
    }
    EXPECT(l->site.connections_total == 1 && u->open == 1); /* kept, and used again */
    arena_free(a);
    upstream_close(u);
}

static int64_t cpu_ms(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

/* While the taker is busy the other side waits: nothing gathers on this one, and nobody spins. */
static void slow_taker(struct loopback *l)
{
    struct upstream *u = opened(l, l->port);
    struct message m = { 0 };
    struct collected all = { .stop_at = 3, .park_ms = 150 };
    int64_t before_ms = cpu_ms();
    const fault *f = stream(l, u, "/large-stream", &all, &m);
    EXPECT(cpu_ms() - before_ms < 75); /* of 300 */
    EXPECT(f == &stop && all.pieces == 3 && large_sent < (int64_t)LARGE_PIECE * LARGE_PIECES);
    EXPECT(u->open == 0 && u->breaker.failures == 0); /* it is nobody's failure, and nobody's connection any more */
    fiber_sleep(20);
    EXPECT(l->site.connections_open == 0 && l->server->held == 0);
    upstream_close(u);
}

static void crumbs_and_cuts(struct loopback *l)
{
    struct upstream *u = opened(l, l->port);
    struct message m = { 0 };
    struct collected all = { 0 };
    EXPECT(!stream(l, u, "/crumbs", &all, &m) && all.text.len == 20000 && str_ends(buf_str(&all.text), STR("def")));
    EXPECT(is_fault(stream(l, u, "/cut", &all, &m), "upstream_away") && str_equal(buf_str(&all.text), STR("half of it")));
    EXPECT(!stream(l, u, "/absent", &all, &m) && m.status == 404 && contains(m.body, "route_unknown") && !all.pieces);
    const struct outgoing head = { .method = HEAD, .target = STR("/crumbs") };
    EXPECT(!upstream_call(u, l->arena, &head, &m) && m.status == 200 && m.keep_alive && u->open == 1);
    upstream_close(u);
}

/* --- the end --- */

struct long_call {
    struct loopback *l;
    struct upstream *u;
    const char *target;
    int ended, away;
};

static void long_call_run(void *arg)
{
    struct long_call *c = arg;
    struct message m = { 0 };
    const struct outgoing want = { .method = GET, .target = str_of(c->target), .deadline_ms = 20000 };
    c->away += is_fault(upstream_call(c->u, c->l->arena, &want, &m), "upstream_away");
    c->ended++;
}

/* Whoever waits for an answer, for a connection or for a place in the pool hears at once that it was closed. */
static void closing_ends_calls(struct loopback *l)
{
    struct long_call held = { l, opened(l, l->port), "/hold", 0, 0 };
    EXPECT(fiber_start("long call", long_call_run, &held));
    fiber_sleep(10);
    struct group g = { 0 };
    struct long_call crowd = { l, held.u, "/hold", 0, 0 };
    for (int i = 0; i < UPSTREAM_CONNECTIONS_MAX + 10; i++)
        EXPECT(group_start(&g, "crowd", long_call_run, &crowd));
    fiber_sleep(20);
    EXPECT(held.ended == 0 && crowd.ended == 0 && held.u->open == UPSTREAM_CONNECTIONS_MAX);
    int64_t began_ms = loop_now_ms();
    upstream_close(held.u);
    group_wait(&g);
    EXPECT(loop_now_ms() - began_ms < 5000 && held.away == 1 && crowd.away == UPSTREAM_CONNECTIONS_MAX + 10);
    EXPECT(held.u->open == 0 && !held.u->links && !held.u->first && upstream_breaker(held.u)->failures == 0);
    long_call_run(&held); /* and nobody begins another */
    EXPECT(held.away == 2);
    server_close(l->server); /* the handlers that were held are cut: nobody wakes them */
    l->server = NULL;
}

#define LOOPBACK_TEST(name, limits)                                                                \
    static void test_##name(void **state)                                                          \
    {                                                                                              \
        (void)state;                                                                               \
        loopback_routes = routes;                                                                  \
        loopback_run(limits, name);                                                                \
    }
LOOPBACK_TEST(odd_answers, NULL)
LOOPBACK_TEST(tries, NULL)
LOOPBACK_TEST(trial_ends_with_a_piece, NULL)
LOOPBACK_TEST(deadlines, NULL)
LOOPBACK_TEST(reset_is_no_end, NULL)
LOOPBACK_TEST(large_in_little, NULL)
LOOPBACK_TEST(slow_taker, NULL)
LOOPBACK_TEST(crumbs_and_cuts, NULL)
LOOPBACK_TEST(closing_ends_calls, NULL)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_odd_answers), cmocka_unit_test(test_tries), cmocka_unit_test(test_trial_ends_with_a_piece),
        cmocka_unit_test(test_deadlines), cmocka_unit_test(test_reset_is_no_end), cmocka_unit_test(test_large_in_little),
        cmocka_unit_test(test_slow_taker), cmocka_unit_test(test_crumbs_and_cuts),
        cmocka_unit_test(test_closing_ends_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
