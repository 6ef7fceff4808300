/* link.c - the client's connections: found by name, pooled, handed to who needs one. */
#include "lib/http/link.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>


/* --- one connection --- */

static void link_ready(struct watch *w, uint32_t events)
{
    struct link *l = w->owner;
    l->seen |= events;
    if (l->waiting)
        fiber_wake(l->waiting);
    else
        watch_change(w, 0); /* its fiber is busy with a piece, and looks at `seen` before it waits again */
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

bool link_await(struct link *l, uint32_t events, int64_t deadline_ms)
{
    watch_change(&l->watch, events);
    l->waiting = fiber_self();
    while (!l->seen && !l->of->closed)
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
    for (size_t i = 0; i < count && loop_now_ms() < deadline_ms && !u->closed; i++) {
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

void link_close(struct link *l)
{
    struct upstream *u = l->of;
    *l->among = l->later;
    if (l->later)
        l->later->among = l->among;
    if (l->watch.fd >= 0) {
        watch_stop(&l->watch);
        close(l->watch.fd);
    }
    buf_free(&l->pending);
    free(l);
    place_free(u);
}

void link_keep(struct link *l)
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

void links_end(struct upstream *u)
{
    while (u->idle) {
        struct link *l = u->idle;
        u->idle = l->next;
        link_close(l);
    }
    for (struct link *l = u->links; l; l = l->later)
        if (l->waiting)
            fiber_wake(l->waiting);
    for (struct link_waiter *w = u->first; w; w = w->next)
        fiber_wake(w->self);
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

/* In line: who pays behind those who pay, the others behind all. */
static void waiter_enter(struct upstream *u, struct link_waiter *me)
{
    struct link_waiter **at = me->pays ? &u->first : u->end;
    while (*at && (*at)->pays)
        at = &(*at)->next;
    me->next = *at;
    *at = me;
    if (!me->next)
        u->end = &me->next;
}

/* Waits in line until a connection is handed over or a place is free for a new one. */
static bool place_await(struct upstream *u, const struct link_talk *talk, struct link **handed)
{
    struct link_waiter *me = NEW(talk->arena, struct link_waiter);
    me->self = fiber_self();
    me->pays = talk->pays;
    waiter_enter(u, me);
    while (!me->link && !me->may_open && !u->closed)
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

static struct link *link_new(struct upstream *u)
{
    struct link *l = calloc(1, sizeof(*l));
    if (!l)
        return NULL;
    l->of = u;
    l->watch = (struct watch){ .fd = -1, .ready = link_ready, .owner = l };
    l->later = u->links;
    l->among = &u->links;
    if (u->links)
        u->links->among = &l->later;
    u->links = l;
    return l;
}

struct link *link_take(struct upstream *u, const struct link_talk *talk, bool *late)
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
    l = link_new(u);
    if (!l) {
        place_free(u);
        return NULL;
    }
    if (link_connect(l, talk->deadline_ms, talk->arena))
        return l;
    link_close(l);
    *late = loop_now_ms() >= talk->deadline_ms;
    return NULL;
}
