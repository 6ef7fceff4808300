/* test_loopback.c - a small site, its server, and clients and upstreams by hand. */
#include "lib/http/test_loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#define MOST_MS 5000

int loopback_failures;
const struct route *loopback_routes;

/* --- the site --- */

static const fault *plain(struct call *c)
{
    return reply_raw(c, 200, NULL, STR("{\"plain\":true}"));
}

static const fault *nothing(struct call *c)
{
    c->status = 204;
    return NULL;
}

static const fault *echo(struct call *c)
{
    answer_header(c, "X-Method", str_of(method_name(c->request->method)));
    answer_header(c, "X-Query", c->request->query);
    answer_header(c, "X-Token", message_header(c->request, "Authorization"));
    return reply_raw(c, 200, "text/plain", c->request->body);
}

static const fault *slow(struct call *c)
{
    struct loopback *l = c->service;
    l->slow_begun++;
    fiber_sleep(60);
    l->slow_ended++;
    return reply_raw(c, 200, NULL, STR("{\"slow\":true}"));
}

static const fault *hold(struct call *c)
{
    struct loopback *l = c->service;
    l->held = fiber_self();
    fiber_park("the test", INT64_MAX);
    l->held = NULL;
    return reply_raw(c, 200, NULL, STR("{\"held\":true}"));
}

static const fault *large(struct call *c)
{
    char *text = NEW_ARRAY(c->arena, char, 16 * 1024 * 1024);
    memset(text, 'x', 16 * 1024 * 1024);
    return reply_raw(c, 200, "text/plain", (str){ text, 16 * 1024 * 1024 });
}

static const fault *lying(struct call *c)
{
    answer_header(c, "Content-Length", STR("3"));
    answer_header(c, "Transfer-Encoding", STR("chunked"));
    answer_header(c, "Connection", STR("close"));
    return reply_raw(c, 200, NULL, STR("{\"true\":1}"));
}

static const struct route table[] = {
    { GET, "/plain", plain, .access = ACCESS_ANYONE },
    { DELETE, "/nothing", nothing, .access = ACCESS_ANYONE },
    { GET, "/echo", echo, .access = ACCESS_ANYONE },
    { POST, "/echo", echo, .access = ACCESS_ANYONE },
    { PUT, "/echo", echo, .access = ACCESS_ANYONE },
    { GET, "/slow", slow, .access = ACCESS_ANYONE },
    { POST, "/slow", slow, .access = ACCESS_ANYONE },
    { GET, "/hold", hold, .access = ACCESS_ANYONE },
    { GET, "/large", large, .access = ACCESS_ANYONE },
    { GET, "/lying", lying, .access = ACCESS_ANYONE },
    { .path = NULL },
};

/* --- running --- */

struct scene {
    struct loopback *l;
    void (*scenario)(struct loopback *);
};

static void scene_run(void *arg)
{
    struct scene *s = arg;
    s->scenario(s->l);
    loop_stop();
}

void loopback_run(const struct server_limits *limits, void (*scenario)(struct loopback *))
{
    struct loopback l = { .arena = arena_new((size_t)1 << 30) };
    const struct route *const tables[] = { table, loopback_routes, NULL };
    l.site = (struct site){ .name = "test", .tables = tables, .service = &l };
    loopback_failures = 0;
    site_compile(&l.site);
    loop_open();
    assert_null(server_open(l.arena, &l.server, &l.site, "127.0.0.1", 0, &l.port));
    if (limits)
        server_set_limits(l.server, limits);
    snprintf(l.url, sizeof(l.url), "http://127.0.0.1:%d", l.port);
    struct scene s = { &l, scenario };
    if (fiber_start("scenario", scene_run, &s))
        loop_run();
    if (l.server)
        server_close(l.server);
    loop_close();
    site_release(&l.site);
    arena_free(l.arena);
    assert_int_equal(loopback_failures, 0);
}

/* --- a client by hand --- */

int dial(int port)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    EXPECT(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 || errno == EINPROGRESS);
    return fd;
}

void say_bytes(int fd, const void *bytes, size_t len)
{
    int64_t until_ms = loop_now_ms() + MOST_MS;
    for (size_t sent = 0; sent < len;) {
        ssize_t went = send(fd, (const char *)bytes + sent, len - sent, MSG_NOSIGNAL);
        if (went >= 0)
            sent += (size_t)went;
        else if ((errno != EAGAIN && errno != ENOTCONN) || !await_fd(fd, EPOLLOUT, until_ms))
            return; /* it does not listen any more: the test looks at what it answered */
    }
}

void say(int fd, const char *text)
{
    say_bytes(fd, text, strlen(text));
}

int answers_in(str text)
{
    int count = 0;
    for (size_t i = 0; i + 9 <= text.len; i++)
        count += memcmp(text.at + i, "HTTP/1.1 ", 9) == 0;
    return count;
}

bool contains(str text, const char *part)
{
    return text.len && memmem(text.at, text.len, part, strlen(part));
}

struct heard hear(arena *a, int fd, int count, int64_t ms)
{
    struct heard all = { 0 };
    struct buf text = { .in = a };
    int64_t until_ms = loop_now_ms() + ms;
    int found = 0;
    while (!count || found < count) {
        buf_reserve(&text, 65536);
        ssize_t got = recv(fd, text.at + text.len, 65536, 0);
        if (got > 0) {
            size_t seen = text.len > 8 ? text.len - 8 : 0;
            text.len += (size_t)got;
            found += answers_in(str_after(buf_str(&text), seen));
        } else if (got == 0 || errno != EAGAIN) {
            all.ended = true;
            break;
        } else if (!await_fd(fd, EPOLLIN, until_ms)) {
            break;
        }
    }
    all.text = buf_str(&text);
    return all;
}

/* --- an upstream by hand --- */

struct visit {
    struct scripted *to;
    int fd;
};

static void visit_run(void *arg)
{
    struct visit v = *(struct visit *)arg;
    v.to->serve(v.to, v.fd);
    close(v.fd);
}

static void scripted_run(void *arg)
{
    struct scripted *s = arg;
    while (!s->stopped) {
        if (!await_fd(s->listener, EPOLLIN, loop_now_ms() + 20))
            continue;
        struct visit v = { s, accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC) };
        if (v.fd < 0)
            continue;
        s->connections++;
        EXPECT(fiber_start("scripted visit", visit_run, &v));
    }
    close(s->listener);
    s->stopped = false;
}

void scripted_start(struct scripted *s)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(at);
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    EXPECT(bind(s->listener, (struct sockaddr *)&at, len) == 0 && listen(s->listener, 512) == 0);
    EXPECT(getsockname(s->listener, (struct sockaddr *)&at, &len) == 0);
    s->port = ntohs(at.sin_port);
    EXPECT(fiber_start("scripted", scripted_run, s));
}

void scripted_stop(struct scripted *s)
{
    s->stopped = true;
    while (s->stopped)
        fiber_sleep(5);
}

bool hear_request(int fd)
{
    char last[4] = { 0 };
    while (memcmp(last, "\r\n\r\n", 4) != 0) {
        memmove(last, last + 1, 3);
        ssize_t got = recv(fd, last + 3, 1, 0);
        if (got == 1)
            continue;
        if (got == 0 || errno != EAGAIN || !await_fd(fd, EPOLLIN, loop_now_ms() + MOST_MS))
            return false;
        memmove(last + 1, last, 3);
    }
    return true;
}
