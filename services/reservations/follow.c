/* follow.c - follows rooms, and tells the store which showings have other times than it knows. */
#include "services/reservations/follow.h"

#include <string.h>

#include "lib/base/log.h"
#include "lib/feed/export.h"
#include "lib/feed/follower.h"
#include "lib/loop/fiber.h"
#include "services/reservations/facts.h"

#define KNOWN_WAIT_MS 2000
#define CATCH_UP_WAIT_MS 300
#define SEE_WAIT_MS 250
#define REACH_WAIT_MS 2000
#define TELL_AGAIN_MS 1000
#define MOVED_MAX 1024
#define TELLING_BYTES_MAX ((size_t)16 * 1024 * 1024)

struct showings {
    struct upstream *upstream;
    struct store *store;
    int64_t unpaid_until_min;
    struct follower follower;
    struct showing_facts facts;
    bool holed; /* events are missing for good: nothing here is to be trusted */

    /* What the store is still to be told. */
    int64_t moved[MOVED_MAX]; /* showings that the feed told of, in order */
    size_t moved_count;
    bool compare;             /* every time that the store has is to be compared */
    bool compared;            /* it was, since the start */
    bool ending;
    struct fiber *teller;
};

/* --- what rooms says --- */

static void moved_add(struct showings *s, int64_t showing_id)
{
    if (s->moved_count < MOVED_MAX)
        s->moved[s->moved_count++] = showing_id;
    else
        s->compare = true;
    if (s->teller)
        fiber_wake(s->teller);
}

static void rooms_changed(void *arg, const struct event *e)
{
    struct showings *s = arg;
    int64_t showing_id;
    if (!showing_facts_take(&s->facts, e, &showing_id))
        log_line("error", "fact_unreadable", "%.*s at rooms/%lld cannot be read", STR_ARG(e->type), (long long)e->position);
    if (showing_id && s->follower.whole) /* before, all of them are compared at its end */
        moved_add(s, showing_id);
}

static void rooms_begin(void *arg)
{
    struct showings *s = arg;
    showing_facts_forget(&s->facts);
    showings_compare(s);
}

static void rooms_lost(void *arg)
{
    struct showings *s = arg;
    s->holed = s->follower.stopped;
}

/* --- telling the store: in a fiber of its own, the feed must not wait for a commit --- */

/* Nothing is written when the store has these times already. */
static const fault *time_tell(struct showings *s, arena *a, int64_t showing_id)
{
    struct showing now;
    if (!showing_facts_find(&s->facts, showing_id, &now))
        return NULL;
    return s->store->showing_moved(s->store, a, showing_id, now.starts_at, now.ends_at, s->unpaid_until_min);
}

static bool time_differs(const struct showings *s, const struct showing_time *has)
{
    struct showing now;
    return showing_facts_find(&s->facts, has->schedule_id, &now) &&
           (now.starts_at.ms != has->starts_at.ms || now.ends_at.ms != has->ends_at.ms);
}

static const fault *times_compare(struct showings *s, arena *a)
{
    list has;
    for (int64_t after = 0;; arena_reset(a)) {
        TRY(s->store->showing_times(s->store, a, after, &has));
        if (has.count == 0)
            return NULL;
        for (size_t i = 0; i < has.count && !s->ending; i++) {
            const struct showing_time *one = LIST_AT(&has, struct showing_time, i);
            if (time_differs(s, one))
                TRY(time_tell(s, a, one->schedule_id));
            after = one->schedule_id;
        }
        if (s->ending)
            return NULL;
        fiber_give_way();
    }
}

static const fault *store_tell(struct showings *s, arena *a)
{
    if (s->compare) {
        s->compare = false;
        const fault *problem = times_compare(s, a);
        s->compare |= problem != NULL;
        TRY(problem);
        s->compared = true;
    }
    while (s->moved_count > 0 && !s->ending) {
        TRY(time_tell(s, a, s->moved[0]));
        memmove(s->moved, s->moved + 1, --s->moved_count * sizeof s->moved[0]);
        arena_reset(a);
    }
    return NULL;
}

static void tell(void *arg)
{
    struct showings *s = arg;
    const struct exporter *x = s->store->exporter;
    arena *a = arena_new(TELLING_BYTES_MAX);
    s->teller = fiber_self();
    while (!s->ending) {
        if (!follower_whole(&s->follower, TELL_AGAIN_MS) && !s->follower.stopped)
            continue; /* it parked there */
        const fault *problem = s->follower.whole && !x->restore_runs(x->store) ? store_tell(s, a) : NULL;
        if (problem)
            log_line("error", "showing_not_followed", "%s: %.*s", problem->code, STR_ARG(problem->internal));
        arena_reset(a);
        bool left = s->compare || s->moved_count > 0;
        if (!s->ending)
            fiber_park("a moved showing", left ? loop_now_ms() + TELL_AGAIN_MS : INT64_MAX);
    }
    arena_free(a);
    s->teller = NULL;
}

bool showings_compared(const struct showings *s)
{
    return s->compared;
}

void showings_compare(struct showings *s)
{
    s->compare = true;
    if (s->teller)
        fiber_wake(s->teller);
}

/* --- what is asked --- */

static const fault *rooms_away(arena *a, const char *why)
{
    fault *problem = fault_new(a, FAULT_UNAVAILABLE, "upstream_away", "Showings cannot be looked up right now.");
    problem->internal = arena_printf(a, "rooms: %s", why);
    problem->retry_after_s = 1;
    return problem;
}

static const fault *facts_known(struct showings *s, arena *a)
{
    if (s->holed)
        return rooms_away(a, "its feed has a hole");
    return follower_whole(&s->follower, KNOWN_WAIT_MS) ? NULL : rooms_away(a, "its facts have not come");
}

const fault *showings_find(struct showings *s, arena *a, int64_t schedule_id, struct showing *out)
{
    TRY(facts_known(s, a));
    if (showing_facts_find(&s->facts, schedule_id, out))
        return NULL;
    if (!follower_catch_up(&s->follower, CATCH_UP_WAIT_MS))
        return rooms_away(a, "it cannot be asked");
    TRY(facts_known(s, a)); /* it may have begun anew */
    if (showing_facts_find(&s->facts, schedule_id, out))
        return NULL;
    return fault_new(a, FAULT_NOT_FOUND, "showing_unknown", "Showing not found with id: %lld", (long long)schedule_id);
}

void showings_see(struct showings *s, str position)
{
    if (s->follower.in_touch)
        (void)follower_reach(&s->follower, follower_position_of(&s->follower, position), SEE_WAIT_MS);
}

const fault *showings_reach(struct showings *s, arena *a, str position)
{
    int64_t wanted = follower_position_of(&s->follower, position);
    return follower_reach(&s->follower, wanted, REACH_WAIT_MS) ? NULL : rooms_away(a, "what it did has not come");
}

/* --- opening --- */

/* All showings, not only those of today: a booking of a past one is refused as such, and old reservations may wait for a time. */
const fault *showings_open(arena *boot, struct showings **out, struct upstream *upstream, struct store *store,
                           int64_t unpaid_until_min)
{
    struct showings *s = NEW(boot, struct showings);
    s->upstream = upstream;
    s->store = store;
    s->unpaid_until_min = unpaid_until_min;
    s->follower = (struct follower){ .owner = "rooms", .reader = "reservations", .upstream = upstream, .snapshot = "all", .begin = rooms_begin,
                                     .apply = rooms_changed, .lost = rooms_lost, .arg = s };
    *out = s;
    follower_start(&s->follower);
    if (!fiber_start("tell moved showings", tell, s))
        return fault_new(boot, FAULT_INTERNAL, "fibers_exhausted", "No fiber is left to tell the store of showings.");
    return NULL;
}

void showings_stop(struct showings *s)
{
    follower_stop(&s->follower);
}

void showings_close(struct showings *s)
{
    s->ending = true;
    follower_stop(&s->follower); /* an open that failed half way was never drained */
    while (s->teller) {
        fiber_wake(s->teller);
        fiber_sleep(1);
    }
    upstream_close(s->upstream);
    showing_facts_forget(&s->facts);
}
