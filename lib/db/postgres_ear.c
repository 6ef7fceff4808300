/* postgres_ear.c - hears what other replicas commit: each commit that logged something notifies its last position. */
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "lib/db/postgres_internal.h"

#define ASK_EVERY_MS 5000 /* also shows whether the connection still lives */

void pg_position_reached(struct postgres *p, int64_t position)
{
    if (position <= p->position)
        return;
    p->position = position;
    if (p->setup.moved && !p->closing)
        p->setup.moved(p->setup.arg, position);
}

const fault *pg_mark_read(struct postgres *p, arena *a, struct pg_link *l)
{
    str marks;
    TRY(pg_ask(l, a, "SELECT count(*) FROM restore_state", &marks));
    bool runs = marks.len > 0 && !str_equal(marks, STR("0"));
    p->refresh = p->refresh || (p->restoring && !runs);
    p->restoring = runs;
    return NULL;
}

static const fault *ear_ask(struct postgres *p, arena *a)
{
    str text;
    int64_t position = 0;
    TRY(pg_mark_read(p, a, &p->ear));
    TRY(pg_ask(&p->ear, a, "SELECT max(position) FROM log", &text));
    if (text.at && str_to_int(text, &position))
        pg_position_reached(p, position);
    return NULL;
}

static const fault *ear_open(struct postgres *p, arena *a)
{
    struct buf text = { .in = a };
    str nothing;
    TRY(pg_link_open(&p->ear, a));
    buf_printf(&text, "LISTEN taquilla_%s", p->setup.service);
    buf_char(&text, '\0');
    TRY(pg_ask(&p->ear, a, text.at, &nothing));
    return ear_ask(p, a); /* what was committed before the LISTEN */
}

/* *mark: a restore began or ended. */
static void ear_take(struct postgres *p, bool *mark)
{
    for (PGnotify *heard; (heard = PQnotifies(p->ear.conn)) != NULL; PQfreemem(heard)) {
        int64_t position = strtoll(heard->extra, NULL, 10);
        *mark = *mark || position == 0;
        pg_position_reached(p, position);
    }
}

static const fault *ear_listen(struct postgres *p, arena *a)
{
    bool mark = false;
    ear_take(p, &mark); /* what came together with an answer */
    if (mark)
        return ear_ask(p, a);
    if (!await_fd(PQsocket(p->ear.conn), EPOLLIN, loop_now_ms() + ASK_EVERY_MS))
        return p->closing ? NULL : ear_ask(p, a);
    if (!PQconsumeInput(p->ear.conn))
        return pg_away(a, "the ear's connection was lost");
    ear_take(p, &mark);
    return mark ? ear_ask(p, a) : NULL;
}

static void ear_run(void *arg)
{
    struct postgres *p = arg;
    p->ear_fiber = fiber_self();
    arena *a = arena_new(1024 * 1024);
    while (!p->closing) {
        arena_reset(a);
        if (!p->migrated) {
            fiber_park("the store's schema", loop_now_ms() + 100);
            continue;
        }
        const fault *problem = p->ear.conn ? ear_listen(p, a) : ear_open(p, a);
        if (!problem)
            continue;
        pg_link_drop(&p->ear);
        pg_link_pause(&p->ear);
    }
    pg_link_drop(&p->ear);
    arena_free(a);
    p->ear_fiber = NULL;
}

const fault *pg_ear_start(struct postgres *p, arena *a)
{
    if (!fiber_start("store's ear", ear_run, p))
        return fault_new(a, FAULT_UNAVAILABLE, "store_unavailable", "The store cannot be opened.");
    return NULL;
}

void pg_ear_stop(struct postgres *p)
{
    while (p->ear_fiber) {
        if (p->ear.conn)
            (void)shutdown(PQsocket(p->ear.conn), SHUT_RDWR); /* ends its wait */
        fiber_wake(p->ear_fiber);
        fiber_sleep(1);
    }
}
