/* sync_schedule.c - a fiber that brings all tables up to date when its time has come, and tries again when that fails. */
#include "lib/base/log.h"
#include "lib/base/random.h"
#include "services/ingestion/sync/sync_parts.h"

#define RUN_BYTES_MAX ((size_t)16 * 1024 * 1024)
#define LOOK_MS 20000 /* the machine may sleep, and its clock be set */

static void rest(struct sync *s, const char *what, int64_t ms)
{
    if (s->ending)
        return;
    s->resting = true;
    fiber_park(what, loop_now_ms() + ms);
    s->resting = false;
}

/* False: it shall end. */
static bool rest_until_next(struct sync *s)
{
    while (!s->ending) {
        int64_t left_ms = s->next.ms == TIME_NONE ? LOOK_MS : s->next.ms - clock_now().ms;
        if (left_ms <= 0)
            return true;
        rest(s, "the next sync of the schedule", left_ms < LOOK_MS ? left_ms : LOOK_MS);
    }
    return false;
}

static void next_after(struct sync *s, instant after)
{
    if (!cron_next(s->set.schedule, after, &s->next))
        s->next = INSTANT_NONE;
}

/* While a migration runs there is nothing to try: it writes all that a sync would. */
static bool run_good(struct sync *s, arena *a)
{
    int64_t synced[SYNC_TABLES], records = 0, began_ms = loop_now_ms();
    const fault *problem = s->paused ? NULL : sync_run(s, a, SYNC_ALL, INSTANT_NONE, synced);
    if (s->paused || problem)
        return s->paused;
    for (size_t i = 0; i < SYNC_TABLES; i++)
        records += synced[i];
    if (records > 0)
        log_line("info", "synced", "%lld records in %lld ms", (long long)records, (long long)(loop_now_ms() - began_ms));
    return true;
}

static bool attempts(struct sync *s, arena *a)
{
    for (int64_t tried = 0; !s->ending && !run_good(s, a); tried++) {
        arena_reset(a);
        if (tried == s->set.retries_max)
            return false;
        int64_t until_ms = loop_now_ms() + random_pause_ms(s->set.retry_delay_s, tried);
        while (!s->ending && loop_now_ms() < until_ms)
            rest(s, "another try at a sync", until_ms - loop_now_ms());
    }
    return !s->ending;
}

static void schedule(void *arg)
{
    struct sync *s = arg;
    s->self = fiber_self();
    arena *a = arena_new(RUN_BYTES_MAX);
    /* What fell due while the service was away is due now; one that never ran waits for its time. */
    next_after(s, s->last_ok.ms != TIME_NONE && s->last_ok.ms < s->began.ms ? s->last_ok : s->began);
    while (rest_until_next(s)) {
        if (attempts(s, a) && s->set.after && !s->ending)
            s->set.after(s->set.arg, a);
        next_after(s, clock_now());
        arena_reset(a);
    }
    arena_free(a);
    s->self = NULL;
}

const fault *sync_start(struct sync *s, arena *a)
{
    if (!s->set.schedule)
        return NULL;
    if (!fiber_start("syncs", schedule, s))
        return fault_new(a, FAULT_INTERNAL, "fibers_exhausted", "No fiber is left for the syncs.");
    return NULL;
}

void sync_stop(struct sync *s)
{
    s->ending = true;
    if (s->resting)
        fiber_wake(s->self);
}

void sync_await(struct sync *s)
{
    sync_stop(s);
    while (s->self || s->running)
        fiber_sleep(5);
}
