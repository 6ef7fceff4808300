/* mysql_pool.c - the connections of one store: handed out in turn, dialled one at a time, and not at all for a while after one failed. */
#include "lib/db/mysql_internal.h"

#include <string.h>

#include "lib/base/log.h"
#include "lib/base/random.h"

#define BACK_OFF_FIRST_MS 50
#define BACK_OFF_MAX_MS 2000
#define DIAL_BYTES_MAX ((size_t)64 * 1024)

/* --- who waits --- */

void queue_add(struct my_queue *q, struct my_waiter *w)
{
    if (q->last)
        q->last->next = w;
    else
        q->first = w;
    q->last = w;
    q->count++;
}

struct my_waiter *queue_take(struct my_queue *q)
{
    struct my_waiter *w = q->first;
    if (w)
        queue_leave(q, w);
    return w;
}

void queue_leave(struct my_queue *q, const struct my_waiter *w)
{
    struct my_waiter *before = NULL;
    for (struct my_waiter *each = q->first; each; before = each, each = each->next) {
        if (each != w)
            continue;
        if (before)
            before->next = each->next;
        else
            q->first = each->next;
        if (q->last == each)
            q->last = before;
        q->count--;
        return;
    }
}

/* They look again: there may be room for a connection now, or no hope. */
static void waiters_call(struct my_store *s)
{
    for (struct my_waiter *w = s->waiting.first; w; w = w->next)
        fiber_wake(w->who);
}

/* --- dialling --- */

static bool resting(const struct my_store *s)
{
    return loop_now_ms() < s->retry_at_ms;
}

/* Twice as long each time, and never at the same moment as the other replicas. */
static void back_off(struct my_store *s, const fault *problem)
{
    if (s->back_off_ms == 0)
        log_line("warn", "store_away", "%s: %.*s", s->setup.service, STR_ARG(problem->internal));
    int64_t wait_ms = s->back_off_ms ? s->back_off_ms * 2 : BACK_OFF_FIRST_MS;
    s->back_off_ms = wait_ms > BACK_OFF_MAX_MS ? BACK_OFF_MAX_MS : wait_ms;
    int64_t half_ms = s->back_off_ms / 2;
    s->retry_at_ms = loop_now_ms() + half_ms + (int64_t)random_below((uint64_t)half_ms + 1);
    s->connects_failed++;
    size_t length = problem->internal.len < sizeof s->away_why - 1 ? problem->internal.len : sizeof s->away_why - 1;
    memcpy(s->away_why, problem->internal.at, length);
    s->away_why[length] = '\0';
}

static void dial(void *arg)
{
    struct my_store *s = arg;
    s->dialler = fiber_self();
    arena *a = arena_new(DIAL_BYTES_MAX);
    struct my_connection *made;
    const fault *problem = connection_dial(&s->setup.address, a, &made);
    s->connects++;
    if (problem) {
        s->open_count--;
        back_off(s, problem);
        waiters_call(s);
    } else {
        if (s->back_off_ms > 0)
            log_line("info", "store_back", "%s: connected again", s->setup.service);
        s->back_off_ms = 0;
        pool_give(s, made);
    }
    arena_free(a);
    s->dialler = NULL;
    s->dialling = false;
}

static void dial_if_room(struct my_store *s)
{
    if (s->dialling || resting(s) || s->open_count >= CONNECTIONS_MAX || s->closing)
        return;
    s->dialling = true;
    s->open_count++;
    if (fiber_start("store connection", dial, s))
        return;
    s->dialling = false;
    s->open_count--;
}

/* --- taking and giving --- */

static void connection_drop(struct my_store *s, struct my_connection *c)
{
    s->lost += c->broken;
    connection_end(c);
    s->open_count--;
}

void pool_give(struct my_store *s, struct my_connection *c)
{
    c->undone = false;
    if (c->broken || s->closing) {
        connection_drop(s, c);
        waiters_call(s);
        return;
    }
    struct my_waiter *next = queue_take(&s->waiting);
    if (next) {
        next->got = c;
        fiber_wake(next->who);
        return;
    }
    c->next = s->idle;
    s->idle = c;
}

static struct my_connection *idle_take(struct my_store *s)
{
    while (s->idle) {
        struct my_connection *c = s->idle;
        s->idle = c->next;
        c->next = NULL;
        if (!connection_stale(c))
            return c;
        c->broken = true;
        connection_drop(s, c);
    }
    return NULL;
}

static const fault *away(struct my_store *s, arena *a)
{
    return my_away(a, str_of(s->away_why[0] ? s->away_why : "not connected yet"));
}

/* Waits until somebody gives one; a connection that could not be made ends the wait when there is no other. */
static const fault *take_in_turn(struct my_store *s, arena *a, struct my_waiter *w)
{
    int64_t deadline_ms = loop_now_ms() + TAKE_WAIT_MS;
    while (!w->got) {
        dial_if_room(s);
        if (s->closing || (s->open_count == 0 && resting(s)))
            return away(s, a);
        if (loop_now_ms() >= deadline_ms)
            return s->open_count >= CONNECTIONS_MAX ? my_busy(a, "all connections are taken") : away(s, a);
        fiber_park("a connection to the store", deadline_ms);
    }
    return NULL;
}

const fault *pool_take(struct my_store *s, arena *a, struct my_connection **out)
{
    if (s->closing || (!s->ready && fiber_self() != s->opener))
        return away(s, a);
    struct my_connection *c = s->waiting.first ? NULL : idle_take(s);
    if (!c) {
        struct my_waiter w = { .who = fiber_self() };
        queue_add(&s->waiting, &w);
        const fault *problem = take_in_turn(s, a, &w);
        if (problem) {
            queue_leave(&s->waiting, &w);
            return problem;
        }
        c = w.got;
    }
    *out = c;
    return NULL;
}
