/* watching.c - GET /api/showtimes/{id}/seats/stream: people who watch a showing's seats go.
 *
 * A showing that is watched has a fiber that looks at its map when a fact came, tells what changed, and then pauses: the longer the
 * more people watch, so that telling them never takes the loop from those who buy. */
#include "services/gateway/gateway.h"

#include <stdlib.h>
#include <uthash.h>

#include "lib/base/heap.h"
#include "lib/loop/fiber.h"
#include "services/gateway/live.h"

#define WATCHERS_MAX 5000
#define MAP_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define HEARTBEAT_MS 15000
#define FACTS_WAIT_MS 1000
#define PAUSE_MS_MIN 5
#define WATCHERS_PER_PAUSE_MS 50 /* telling one takes the loop some 8 us: some third of its time at most */

/* Lies on the stack of its watcher's fiber. */
struct watcher {
    fiber *who;
    struct watcher *next;
};

struct watched {
    struct gateway *of;
    struct live live;
    struct watcher *watchers;
    size_t watcher_count;
    fiber *teller;
    bool news; /* a fact came that may have changed it */
    int64_t schedule_id;
    UT_hash_handle hh;
};

/* --- telling --- */

static void watchers_wake(const struct watched *w)
{
    for (struct watcher *one = w->watchers; one; one = one->next)
        fiber_wake(one->who);
}

/* A showing that rooms has lost, after a restore: what was told last stands. */
static bool look(struct watched *w)
{
    struct showing s;
    if (!programme_showing_find(&w->of->owners.programme, w->schedule_id, &s))
        return false;
    arena *memory = arena_new(MAP_BYTES_MAX);
    struct seat_map now;
    owners_seat_map(&w->of->owners, memory, &s, &now);
    return live_tell(&w->live, memory, &now);
}

/* While a snapshot is read the map is not whole: nobody is told that all seats are free. */
static bool facts_whole(struct gateway *gw)
{
    return follower_whole(&gw->owners.of[ROOMS].follower, FACTS_WAIT_MS) &&
           follower_whole(&gw->owners.of[RESERVATIONS].follower, FACTS_WAIT_MS);
}

static void watched_end(struct watched *w)
{
    HASH_DEL(w->of->watched, w);
    live_free(&w->live);
    free(w);
}

static void tell(void *arg)
{
    struct watched *w = arg;
    w->teller = fiber_self();
    while (w->watchers) {
        if (!w->news) {
            (void)fiber_park("a change of seats", INT64_MAX);
        } else if (facts_whole(w->of)) {
            w->news = false;
            if (look(w))
                watchers_wake(w);
            fiber_sleep(PAUSE_MS_MIN + (int64_t)w->watcher_count / WATCHERS_PER_PAUSE_MS);
        }
    }
    watched_end(w);
}

/* From the owners, with every fact of seats; schedule_id 0: it may concern all. */
void gateway_seats_moved(void *arg, int64_t schedule_id)
{
    struct gateway *gw = arg;
    struct watched *w, *next;
    HASH_ITER(hh, gw->watched, w, next)
        if (schedule_id == 0 || schedule_id == w->schedule_id) {
            w->news = true;
            fiber_wake(w->teller);
        }
}

/* --- watching --- */

static const fault *too_many(struct call *c)
{
    fault *problem = fault_new(c->arena, FAULT_UNAVAILABLE, "overloaded", "Too many people watch seats right now.");
    problem->retry_after_s = 5;
    return problem;
}

static struct watched *watched_find(const struct gateway *gw, int64_t schedule_id)
{
    struct watched *found;
    HASH_FIND(hh, gw->watched, &schedule_id, sizeof schedule_id, found);
    return found;
}

static struct watched *watched_begin(struct gateway *gw, int64_t schedule_id)
{
    struct watched *w = heap_take(sizeof *w);
    w->of = gw;
    w->schedule_id = schedule_id;
    HASH_ADD(hh, gw->watched, schedule_id, sizeof w->schedule_id, w);
    (void)look(w);
    return w;
}

static const fault *watcher_enter(struct gateway *gw, struct call *c, struct watcher *me, struct watched **out)
{
    int64_t schedule_id = c->ids[0];
    if (gw->watcher_count >= WATCHERS_MAX)
        return too_many(c);
    struct watched *w = watched_find(gw, schedule_id);
    bool first = !w;
    if (first)
        w = watched_begin(gw, schedule_id);
    *me = (struct watcher){ fiber_self(), w->watchers };
    w->watchers = me;
    w->watcher_count++;
    gw->watcher_count++;
    *out = w;
    if (!first || fiber_start("seats to watchers", tell, w))
        return NULL;
    gw->watcher_count--;
    watched_end(w);
    return too_many(c);
}

static void watcher_leave(struct watched *w, struct watcher *me)
{
    struct watcher **at = &w->watchers;
    while (*at != me)
        at = &(*at)->next;
    *at = me->next;
    w->watcher_count--;
    w->of->watcher_count--;
    if (!w->watchers)
        fiber_wake(w->teller);
}

static const fault *watch(struct call *c, struct live *live)
{
    uint64_t known = live_known(live, message_header(c->request, "Last-Event-ID"));
    buf_literal(&c->out, "retry: 1000\n\n");
    while (!stream_gone(c)) {
        live_write(live, &known, &c->out);
        if (c->out.len > 0)
            TRY(stream_flush(c));
        else if (!fiber_park("a change of seats", loop_now_ms() + HEARTBEAT_MS))
            buf_literal(&c->out, ":\n\n");
    }
    return NULL;
}

const fault *gateway_seats_stream(struct call *c)
{
    struct gateway *gw = c->service;
    struct showing s;
    TRY(owner_known(&gw->owners, c->arena, RESERVATIONS));
    TRY(showing_find(gw, c, c->ids[0], &s));
    answer_header(c, "Cache-Control", STR("no-store"));
    if (!stream_start(c, 200, "text/event-stream"))
        return NULL;
    struct watcher me;
    struct watched *w;
    TRY(watcher_enter(gw, c, &me, &w));
    const fault *problem = watch(c, &w->live);
    watcher_leave(w, &me);
    return problem;
}
