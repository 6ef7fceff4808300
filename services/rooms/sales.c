/* sales.c - changes under which nobody may buy: the sale is stopped first, and what was stopped is
 * written down, so that no crash leaves a showing that cannot be sold. */
#include "services/rooms/rooms.h"

#include <string.h>

#define TURN_DEADLINE_MS 10000
#define TURN_LOOK_MS 5
#define REPLICA_LOOK_MS 50

/* One such change at a time: two would put on sale what the other still needs stopped. */
static const fault *turn_take(struct rooms *svc, arena *a)
{
    int64_t deadline_ms = loop_now_ms() + TURN_DEADLINE_MS;
    while (svc->sales_stopping) {
        if (loop_now_ms() > deadline_ms) {
            fault *problem =
                fault_new(a, FAULT_UNAVAILABLE, "change_under_way",
                          "Another change of showings is still under way; please try again.");
            problem->retry_after_s = 1;
            return problem;
        }
        fiber_sleep(TURN_LOOK_MS);
    }
    svc->sales_stopping = true;
    return NULL;
}

static void turn_give(struct rooms *svc)
{
    svc->sales_stopping = false;
}

/* The same among replicas. */
static const fault *stops_begin(struct rooms *svc, arena *a, const ids *schedule_ids)
{
    int64_t deadline_ms = loop_now_ms() + TURN_DEADLINE_MS;
    for (;;) {
        const fault *problem = svc->store->stops_begin(svc->store, a, schedule_ids);
        if (!problem || strcmp(problem->code, "change_under_way") != 0 ||
            loop_now_ms() > deadline_ms)
            return problem;
        fiber_sleep(REPLICA_LOOK_MS);
    }
}

static const fault *repair(struct rooms *svc, arena *a)
{
    list stopped;
    TRY(svc->store->stops_list(svc->store, a, &stopped));
    if (stopped.count == 0)
        return NULL;
    ids all = { NEW_ARRAY(a, int64_t, stopped.count), 0 },
        active = { NEW_ARRAY(a, int64_t, stopped.count), 0 };
    for (size_t i = 0; i < stopped.count; i++) {
        const struct stopped_sale *one = LIST_AT(&stopped, struct stopped_sale, i);
        all.at[all.count++] = one->schedule_id;
        if (one->is_active)
            active.at[active.count++] = one->schedule_id;
    }
    if (active.count > 0)
        TRY(rooms_sales_resume(svc, a, &active));
    return svc->store->stops_end(svc->store, a, &all);
}

const fault *rooms_sales_repair(struct rooms *svc, arena *a)
{
    if (!svc->reservations || svc->sales_stopping)
        return NULL;
    svc->sales_stopping = true;
    const fault *problem = repair(svc, a);
    turn_give(svc);
    return problem;
}

static const fault *has_tickets(arena *a, const list *live)
{
    ids named = { NEW_ARRAY(a, int64_t, live->count), 0 };
    int64_t tickets = 0;
    for (size_t i = 0; i < live->count; i++) {
        named.at[named.count++] = LIST_AT(live, struct live_sales, i)->schedule_id;
        tickets += LIST_AT(live, struct live_sales, i)->tickets;
    }
    struct buf numbers = { .in = a };
    for (size_t i = 0; i < named.count; i++)
        buf_printf(&numbers, "%s%lld", i > 0 ? ", " : "", (long long)named.at[i]);
    bool one = named.count == 1;
    fault *problem =
        fault_new(a, FAULT_CONFLICT, "showing_has_tickets", "%s %.*s %s %lld live ticket%s.",
                  one ? "Showing" : "Showings", STR_ARG(buf_str(&numbers)), one ? "has" : "have",
                  (long long)tickets, tickets == 1 ? "" : "s");
    problem->named_as = "scheduleIds";
    problem->named = named;
    return problem;
}

/* When the answer to the stop is lost nobody knows whether it was done: the repair, now or later,
 * undoes it. */
static const fault *stop_and_change(struct rooms *svc, arena *a, const struct sales_order *stop,
                                    sales_change *change, void *arg, int64_t *cancelled)
{
    struct sales_answer answer;
    TRY(stops_begin(svc, a, &stop->schedule_ids));
    const fault *problem = rooms_sales_stop(svc, a, stop, &answer);
    if (!problem && !answer.stopped) {
        TRY(svc->store->stops_end(svc->store, a, &stop->schedule_ids));
        return has_tickets(a, &answer.live);
    }
    if (!problem && cancelled)
        *cancelled = answer.cancelled;
    if (!problem)
        problem = change(svc, a, arg);
    /* Its own failure is no fault of the change: the keeper tries again. */
    (void)repair(svc, a);
    return problem;
}

const fault *rooms_change_stopped(struct rooms *svc, arena *a, const struct sales_order *stop,
                                  sales_change *change, void *arg, int64_t *cancelled)
{
    if (!svc->reservations || stop->schedule_ids.count == 0)
        return change(svc, a, arg);
    TRY(turn_take(svc, a));
    const fault *problem = stop_and_change(svc, a, stop, change, arg, cancelled);
    turn_give(svc);
    return problem;
}

static const fault *reopen(struct rooms *svc, arena *a, int64_t schedule_id, sales_change *change,
                           void *arg)
{
    ids one = { &schedule_id, 1 };
    TRY(stops_begin(svc, a, &one));
    const fault *problem = change(svc, a, arg);
    (void)repair(svc, a);
    return problem;
}

const fault *rooms_change_reopening(struct rooms *svc, arena *a, int64_t schedule_id,
                                    sales_change *change, void *arg)
{
    if (!svc->reservations)
        return change(svc, a, arg);
    TRY(turn_take(svc, a));
    const fault *problem = reopen(svc, a, schedule_id, change, arg);
    turn_give(svc);
    return problem;
}
