/* test_pieces.c - the client's bodies that are handed on as they come: framings, tries, deadlines, faults, memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
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
    int64_t park_ms; /* over each */
};

static const fault stop = { .kind = FAULT_UNAVAILABLE, .code = "enough", .sentence = { "Enough.", 7 } };

static const fault *collect(struct piece_taker *t, str bytes)
{
    struct collected *all = t->arg;
    buf_text(&all->text, bytes);
    if (all->park_ms)
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

#define LOOPBACK_TEST(name, limits)                                                                \
    static void test_##name(void **state)                                                          \
    {                                                                                              \
        (void)state;                                                                               \
        loopback_run(limits, name);                                                                \
    }
LOOPBACK_TEST(odd_answers, NULL)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_odd_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
