/* link.c - the client's connections: found by name, pooled, one request at a time on each. */
#include "lib/http/link.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/http/wire.h"

#define INTERIMS_MAX 8

/* Where all connections read: no fiber parks between reading into it and taking out of it. */
static char scratch[32 * 1024];

/* --- one connection --- */

static void link_close(struct link *l);

static void link_ready(struct watch *w, uint32_t events)
{
    struct link *l = w->owner;
    l->seen |= events;
    if (l->waiting)
        fiber_wake(l->waiting);
}

/* An idle connection has nothing to say: it is being closed over there. */
static void link_ready_idle(struct watch *w, uint32_t events)
{
    (void)events;
    struct link *l = w->owner;
    for (struct link **at = &l->of->idle; *at; at = &(*at)->next)
        if (*at == l) {
            *at = l->next;
            break;
        }
    link_close(l);
}

/* Parks until something of `events` (or a hang-up) happened; false when it is late. */
static bool link_await(struct link *l, uint32_t events, int64_t deadline_ms)
{
    watch_change(&l->watch, events);
    l->waiting = fiber_self();
    while (!l->seen)
        if (!fiber_park("upstream", deadline_ms))
            break;
    l->waiting = NULL;
    return l->seen;
}

/* --- addresses --- */

struct lookup {
    const char *node, *port;
    int flags;
    struct address *into;
    size_t count;
};

static void lookup_run(void *arg)
{
    struct lookup *l = arg;
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = l->flags }, *found;
    if (getaddrinfo(l->node, l->port, &hints, &found) != 0)
        return;
    for (const struct addrinfo *at = found; at && l->count < ADDRESSES_MAX; at = at->ai_next) {
        memcpy(&l->into[l->count].at, at->ai_addr, at->ai_addrlen);
        l->into[l->count++].len = at->ai_addrlen;
    }
    freeaddrinfo(found);
}

/* One fiber asks, the others that need it wait for what it finds. */
static bool addresses_find(struct upstream *u, int64_t deadline_ms)
{
    while (u->resolving && loop_now_ms() < deadline_ms)
        fiber_sleep(5);
    if (u->address_count || u->resolving)
        return u->address_count;
    struct address found[ADDRESSES_MAX];
    struct lookup l = { u->node, u->port, AI_NUMERICHOST | AI_NUMERICSERV, found, 0 };
    lookup_run(&l);
    u->numeric = l.count;
    if (!l.count) {
        l.flags = AI_NUMERICSERV;
        u->resolving = true;
        bool done = offload("name resolution", lookup_run, &l);
        u->resolving = false;
        if (!done)
            return false;
    }
    memcpy(u->addresses, found, l.count * sizeof(found[0]));
    u->address_count = l.count;
    return l.count;
}

/* --- connecting --- */

static bool link_connect_to(struct link *l, const struct address *to, int64_t deadline_ms, arena *a)
{
    int one = 1, problem = 0;
    socklen_t len = sizeof(problem);
    l->watch.fd = socket(to->at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (l->watch.fd < 0)
        return false;
    setsockopt(l->watch.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    bool under_way = connect(l->watch.fd, (const struct sockaddr *)&to->at, to->len) < 0;
    l->seen = 0;
    if ((under_way && errno != EINPROGRESS) || watch_start(a, &l->watch, EPOLLOUT)) {
        close(l->watch.fd);
        l->watch.fd = -1;
        return false;
    }
    if (!under_way)
        return true;
    bool in_time = link_await(l, EPOLLOUT, deadline_ms);
    if (in_time && getsockopt(l->watch.fd, SOL_SOCKET, SO_ERROR, &problem, &len) == 0 && !problem)
        return true;
    watch_stop(&l->watch);
    close(l->watch.fd);
    l->watch.fd = -1;
    return false;
}

static bool link_connect(struct link *l, int64_t deadline_ms, arena *a)
{
    struct upstream *u = l->of;
    if (!addresses_find(u, deadline_ms))
        return false;
    size_t count = u->address_count;
    for (size_t i = 0; i < count && loop_now_ms() < deadline_ms; i++) {
        struct address to = u->addresses[i]; /* a copy: another fiber may look the name up anew */
        if (link_connect_to(l, &to, deadline_ms, a))
            return true;
    }
    if (!u->numeric)
        u->address_count = 0; /* perhaps it moved */
    return false;
}

/* --- the pool --- */

static void waiter_serve(struct upstream *u, struct link *l)
{
    struct link_waiter *w = u->first;
    u->first = w->next;
    if (!u->first)
        u->end = &u->first;
    w->link = l;
    w->may_open = !l;
    fiber_wake(w->self);
}

/* A place became free: for who waits, or for good. */
static void place_free(struct upstream *u)
{
    if (u->first)
        waiter_serve(u, NULL);
    else
        u->open--;
}

static void link_close(struct link *l)
{
    struct upstream *u = l->of;
    if (l->watch.fd >= 0) {
        watch_stop(&l->watch);
        close(l->watch.fd);
    }
    buf_free(&l->pending);
    free(l);
    place_free(u);
}

static void link_keep(struct link *l)
{
    struct upstream *u = l->of;
    if (u->closed) {
        link_close(l);
        return;
    }
    l->used = true;
    if (u->first) {
        waiter_serve(u, l);
        return;
    }
    l->watch.ready = link_ready_idle;
    watch_change(&l->watch, EPOLLIN);
    l->next = u->idle;
    u->idle = l;
}

void links_close_idle(struct upstream *u)
{
    while (u->idle) {
        struct link *l = u->idle;
        u->idle = l->next;
        link_close(l);
    }
}

/* Has the other side said nothing, not even good-bye? */
static bool link_is_silent(const struct link *l)
{
    char byte;
    return recv(l->watch.fd, &byte, 1, MSG_PEEK) < 0 && errno == EAGAIN;
}

static struct link *link_kept(struct upstream *u, bool careful)
{
    while (u->idle) {
        struct link *l = u->idle;
        u->idle = l->next;
        l->watch.ready = link_ready;
        if (!careful || link_is_silent(l))
            return l;
        link_close(l);
    }
    return NULL;
}

/* Waits in line until a connection is handed over or a place is free for a new one. */
static bool place_await(struct upstream *u, const struct link_talk *talk, struct link **handed)
{
    struct link_waiter *me = NEW(talk->arena, struct link_waiter);
    me->self = fiber_self();
    *u->end = me;
    u->end = &me->next;
    while (!me->link && !me->may_open)
        if (!fiber_park("a connection to an upstream", talk->deadline_ms))
            break;
    *handed = me->link;
    if (me->link || me->may_open)
        return true;
    struct link_waiter **at = &u->first;
    while (*at != me)
        at = &(*at)->next;
    *at = me->next;
    if (!me->next)
        u->end = at;
    return false;
}

/* A connection to use; NULL with *late when none came in time, or when none can be made. */
static struct link *link_take(struct upstream *u, const struct link_talk *talk, bool *late)
{
    struct link *l = talk->fresh ? NULL : link_kept(u, talk->careful);
    *late = false;
    if (l)
        return l;
    if (talk->fresh && u->open >= UPSTREAM_CONNECTIONS_MAX && u->idle)
        link_ready_idle(&u->idle->watch, 0); /* a kept one makes place for the new one */
    if (u->open < UPSTREAM_CONNECTIONS_MAX) {
        u->open++;
    } else if (!place_await(u, talk, &l)) {
        *late = true;
        return NULL;
    }
    if (l)
        return l;
    l = calloc(1, sizeof(*l));
    if (!l) {
        place_free(u);
        return NULL;
    }
    l->of = u;
    l->watch = (struct watch){ .fd = -1, .ready = link_ready, .owner = l };
    if (link_connect(l, talk->deadline_ms, talk->arena))
        return l;
    link_close(l);
    *late = loop_now_ms() >= talk->deadline_ms;
    return NULL;
}

/* --- one exchange --- */

/* True when all went out. False: late, broken, or the answer came before: reading will tell. */
static bool link_send(struct link *l, const struct link_talk *talk)
{
    size_t sent = 0, all = talk->head.len + talk->body.len;
    l->seen = 0;
    while (sent < all) {
        ssize_t went = wire_send(l->watch.fd, talk->head, talk->body, sent);
        if (went >= 0) {
            sent += (size_t)went;
        } else if (errno == EAGAIN) {
            l->seen = 0;
            if (!link_await(l, EPOLLIN | EPOLLOUT, talk->deadline_ms) || l->seen & EPOLLIN)
                return false;
        } else if (errno != EINTR) {
            l->seen |= EPOLLIN; /* perhaps it answered before it closed */
            return false;
        }
    }
    return true;
}

struct hearing {
    struct parser parser;
    int interims; /* 1xx answers so far */
    bool begun;   /* a byte came */
};

static void hearing_begin(struct hearing *h, const struct link_talk *talk)
{
    parser_await_response(&h->parser, talk->answer, talk->arena, talk->to_head,
                          UPSTREAM_BODY_BYTES_MAX);
}

static str answer_feed(struct hearing *h, const struct link_talk *talk, str bytes)
{
    for (;;) {
        bytes = str_after(bytes, parser_feed(&h->parser, bytes.at, bytes.len));
        bool interim = h->parser.stage == PARSE_DONE && talk->answer->status < 200;
        if (!interim || ++h->interims > INTERIMS_MAX)
            return bytes;
        hearing_begin(h, talk);
    }
}

/* Gives the parser what came, behind what it has left so far. */
static void link_feed(struct link *l, struct hearing *h, const struct link_talk *talk, size_t got)
{
    str fresh = { scratch, got };
    h->begun = true;
    if (!l->pending.len) {
        buf_text(&l->pending, answer_feed(h, talk, fresh));
        return;
    }
    buf_text(&l->pending, fresh);
    str left = answer_feed(h, talk, buf_str(&l->pending));
    buf_drop_front(&l->pending, l->pending.len - left.len);
}

static enum link_outcome link_hear(struct link *l, struct hearing *h, const struct link_talk *talk)
{
    hearing_begin(h, talk);
    while (h->parser.stage < PARSE_DONE) {
        /* Bytes seldom are there before we waited: asking first would be a call in vain. */
        if (!(l->seen & ~(uint32_t)EPOLLOUT)) {
            l->seen = 0;
            if (!link_await(l, EPOLLIN, talk->deadline_ms))
                return LINK_LATE;
        }
        ssize_t got = recv(l->watch.fd, scratch, sizeof(scratch), 0);
        l->seen = got == (ssize_t)sizeof(scratch) ? EPOLLIN : 0;
        if (got > 0)
            link_feed(l, h, talk, (size_t)got);
        else if (got == 0 || (errno != EAGAIN && errno != EINTR))
            break;
    }
    if (h->parser.stage == PARSE_DONE || parser_finish(&h->parser))
        return talk->answer->status < 200 ? LINK_BROKEN : LINK_ANSWERED;
    return l->used && !h->begun ? LINK_STALE : LINK_BROKEN;
}

enum link_outcome link_try(struct upstream *u, const struct link_talk *talk)
{
    bool late;
    struct link *l = link_take(u, talk, &late);
    if (!l)
        return late ? LINK_LATE : LINK_REFUSED;
    bool all_sent = link_send(l, talk);
    struct hearing h = { 0 };
    enum link_outcome outcome = link_hear(l, &h, talk);
    if (outcome == LINK_ANSWERED)
        u->heard_ms = loop_now_ms();
    if (outcome == LINK_ANSWERED && all_sent && talk->answer->keep_alive && !h.parser.until_close &&
        !l->pending.len)
        link_keep(l);
    else
        link_close(l);
    return outcome;
}
