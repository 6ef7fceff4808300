/* redis.c - a connection to Redis: dialled without blocking, read whenever something comes, its protocol taken apart by hiredis. */
#include "lib/db/redis.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#define READ_AT_ONCE ((size_t)64 * 1024)

/* What Redis says of a refusal is for the log; it repeats no argument of AUTH. */
static const fault *away(struct redis *r, arena *a, const char *why)
{
    const fault *problem = fault_internal(a, FAULT_UNAVAILABLE, "upstream_away", "Redis does not answer.", "redis: %s", why);
    redis_drop(r);
    return problem;
}

/* --- dialling --- */

struct lookup {
    const char *host;
    char port[8];
    struct sockaddr_storage found;
    socklen_t length;
    int family;
};

static void lookup_run(void *arg)
{
    struct lookup *l = arg;
    struct addrinfo wanted = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM }, *all = NULL;
    if (getaddrinfo(l->host, l->port, &wanted, &all) != 0)
        return;
    memcpy(&l->found, all->ai_addr, all->ai_addrlen);
    l->length = all->ai_addrlen;
    l->family = all->ai_family;
    freeaddrinfo(all);
}

/* The socket connected, or -1. */
static int dial(const struct redis_address *to, int64_t deadline_ms)
{
    struct lookup asked = { .host = to->host };
    int yes = 1, wrong = 0;
    socklen_t length = sizeof wrong;
    snprintf(asked.port, sizeof asked.port, "%d", (int)to->port);
    if (!offload("the name of Redis", lookup_run, &asked) || asked.length == 0)
        return -1;
    int fd = socket(asked.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    bool made = connect(fd, (struct sockaddr *)&asked.found, asked.length) == 0;
    if (!made && errno == EINPROGRESS && await_fd(fd, EPOLLOUT, deadline_ms))
        made = getsockopt(fd, SOL_SOCKET, SO_ERROR, &wrong, &length) == 0 && wrong == 0;
    if (made)
        return fd;
    close(fd);
    return -1;
}

/* --- bytes --- */

static void bytes_send(struct redis *r)
{
    while (r->unsent.len > 0 && !r->broken) {
        ssize_t sent = send(r->watch.fd, r->unsent.at, r->unsent.len, MSG_NOSIGNAL);
        if (sent >= 0)
            buf_drop_front(&r->unsent, (size_t)sent);
        else if (errno == EAGAIN)
            break;
        else if (errno != EINTR)
            r->broken = "the connection was lost";
    }
    if (!r->broken)
        watch_change(&r->watch, r->unsent.len > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void bytes_take(struct redis *r)
{
    static char room[READ_AT_ONCE];
    ssize_t got = recv(r->watch.fd, room, sizeof room, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        r->broken = "the connection was lost";
        return;
    }
    r->unread += (size_t)got;
    if (r->unread > REDIS_ANSWER_BYTES_MAX)
        r->broken = "an answer is too long";
    else if (redisReaderFeed(r->reader, room, (size_t)got) != REDIS_OK)
        r->broken = "an answer is not in its protocol";
}

static void ready(struct watch *w, uint32_t events)
{
    struct redis *r = w->owner;
    if (events & EPOLLOUT)
        bytes_send(r);
    if (events & ~(uint32_t)EPOLLOUT)
        bytes_take(r);
    if (r->broken)
        watch_stop(w);
    if (r->who)
        fiber_wake(r->who);
}

/* --- commands and answers --- */

void redis_ask(struct redis *r, const str *words, size_t count)
{
    buf_printf(&r->unsent, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++) {
        buf_printf(&r->unsent, "$%zu\r\n", words[i].len);
        buf_text(&r->unsent, words[i]);
        buf_literal(&r->unsent, "\r\n");
    }
}

static void answer_copy(arena *a, const struct redisReply *from, struct redis_answer *to)
{
    *to = (struct redis_answer){ .kind = REDIS_NOTHING };
    switch (from->type) {
    case REDIS_REPLY_ERROR:
        to->kind = REDIS_REFUSAL;
        to->text = arena_copy(a, (str){ from->str, (size_t)from->len });
        break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
        to->kind = REDIS_TEXT;
        to->text = arena_copy(a, (str){ from->str, (size_t)from->len });
        break;
    case REDIS_REPLY_INTEGER:
        to->kind = REDIS_NUMBER;
        to->number = from->integer;
        break;
    case REDIS_REPLY_ARRAY:
        to->kind = REDIS_LIST;
        to->items = (list){ NEW_ARRAY(a, struct redis_answer, from->elements), from->elements };
        for (size_t i = 0; i < from->elements; i++)
            answer_copy(a, from->element[i], LIST_AT(&to->items, struct redis_answer, i));
        break;
    default:
        break;
    }
}

/* One answer that came whole; NULL when there is none. */
static const struct redis_answer *answer_take(struct redis *r, arena *a)
{
    void *whole = NULL;
    if (redisReaderGetReply(r->reader, &whole) != REDIS_OK) {
        r->broken = "an answer is not in its protocol";
        return NULL;
    }
    if (!whole)
        return NULL;
    struct redis_answer *made = NEW(a, struct redis_answer);
    answer_copy(a, whole, made);
    freeReplyObject(whole);
    r->unread = 0;
    return made;
}

const fault *redis_next(struct redis *r, arena *a, int64_t deadline_ms, const struct redis_answer **out)
{
    bytes_send(r);
    *out = answer_take(r, a);
    if (!*out && !r->broken) {
        r->who = fiber_self();
        fiber_park("Redis", deadline_ms);
        r->who = NULL;
        if (!r->open)
            return away(r, a, "it was closed");
        *out = answer_take(r, a);
    }
    return *out || !r->broken ? NULL : away(r, a, r->broken);
}

const fault *redis_wait(struct redis *r, arena *a, int64_t deadline_ms, const struct redis_answer **out)
{
    do {
        TRY(redis_next(r, a, deadline_ms, out));
    } while (!*out && loop_now_ms() < deadline_ms);
    return *out ? NULL : away(r, a, "it answers too late");
}

/* --- a connection's life --- */

static const fault *must_agree(struct redis *r, arena *a, int64_t deadline_ms, const str *words, size_t count)
{
    const struct redis_answer *answer;
    redis_ask(r, words, count);
    TRY(redis_wait(r, a, deadline_ms, &answer));
    return answer->kind == REDIS_REFUSAL ? away(r, a, answer->text.at) : NULL;
}

static const fault *log_in(struct redis *r, arena *a, int64_t deadline_ms)
{
    str user = str_of(r->to->user), password = str_of(r->to->password);
    if (user.len > 0)
        TRY(must_agree(r, a, deadline_ms, (str[]){ STR("AUTH"), user, password }, 3));
    else if (password.len > 0)
        TRY(must_agree(r, a, deadline_ms, (str[]){ STR("AUTH"), password }, 2));
    if (r->to->database > 0)
        TRY(must_agree(r, a, deadline_ms,
                       (str[]){ STR("SELECT"), arena_printf(a, "%lld", (long long)r->to->database) }, 2));
    return must_agree(r, a, deadline_ms, (str[]){ STR("PING") }, 1);
}

const fault *redis_open(struct redis *r, arena *a, int64_t deadline_ms)
{
    redis_drop(r);
    int fd = dial(r->to, deadline_ms);
    if (fd < 0)
        return away(r, a, "no connection can be made");
    r->watch = (struct watch){ .fd = fd, .ready = ready, .owner = r };
    const fault *problem = watch_start(a, &r->watch, EPOLLIN);
    if (problem) {
        close(fd);
        return problem;
    }
    r->reader = redisReaderCreate();
    r->open = true;
    return log_in(r, a, deadline_ms);
}

void redis_drop(struct redis *r)
{
    if (!r->open)
        return;
    if (r->watch.events)
        watch_stop(&r->watch);
    close(r->watch.fd);
    redisReaderFree(r->reader);
    buf_free(&r->unsent);
    *r = (struct redis){ .to = r->to, .who = r->who };
    if (r->who)
        fiber_wake(r->who);
}
