/* best.c - seats by wish: chosen from what the store says is free, and judged by the act that books them.
 *
 * Those who choose at the same moment in this process see what the others have chosen and take other seats, so a herd on one showing
 * goes into one batch instead of fighting for the same seats. Against other replicas and against buyers who name their seats the
 * store's key is the judge: who lost reads again and chooses anew. A loser's seats are somebody's by then, so the showing comes closer
 * to its end with every try. Nobody is refused while seats that would do are only promised: he waits for what becomes of them. */
#include "services/reservations/best.h"

#include <string.h>

#include "lib/loop/fiber.h"
#include "services/reservations/seating.h"

#define LOST_MAX 64 /* times that others were faster */
#define TIME_MS_MAX 5000
#define PLAN_BYTES_MAX ((size_t)64 * 1024 * 1024) /* of a room of 10,000 seats 4 MB */

/* One who chooses; lies on his fiber's stack. */
struct chooser {
    fiber *who;
    int64_t showing_id;
    arena *a;
    ids promised; /* what he has chosen, while the store judges it; by id */
    ids gone;     /* what others were given since he began to read */
    bool reading, waits;
    int lost;
    struct chooser *next;
};

/* --- those who choose --- */

static void chooser_enter(struct choosers *all, struct chooser *me)
{
    me->who = fiber_self();
    me->next = all->first;
    all->first = me;
}

static void chooser_leave(struct choosers *all, struct chooser *me)
{
    struct chooser **at = &all->first;
    while (*at != me)
        at = &(*at)->next;
    *at = me->next;
}

static void ids_add(ids *to, const ids *more)
{
    if (more->count > 0)
        memcpy(to->at + to->count, more->at, more->count * sizeof *more->at);
    to->count += more->count;
}

static ids ids_joined(arena *a, const ids *one, const ids *other)
{
    ids made = { NEW_ARRAY(a, int64_t, one->count + other->count + 1), 0 };
    ids_add(&made, one);
    ids_add(&made, other);
    return made;
}

/* What was promised is decided: who reads meanwhile may not see it in the store, and who waits looks again. */
static void promise_end(struct choosers *all, struct chooser *me, bool given)
{
    ids seats = me->promised;
    me->promised = (ids){ NULL, 0 };
    for (struct chooser *one = all->first; one; one = one->next) {
        if (one == me || one->showing_id != me->showing_id)
            continue;
        if (given && one->reading)
            one->gone = ids_joined(one->a, &one->gone, &seats);
        if (one->waits)
            fiber_wake(one->who);
    }
}

static ids promised_by_others(const struct choosers *all, const struct chooser *me)
{
    size_t most = 0;
    for (const struct chooser *one = all->first; one; one = one->next)
        most += one->promised.count;
    ids made = { NEW_ARRAY(all->plans, int64_t, most + 1), 0 };
    for (const struct chooser *one = all->first; one; one = one->next)
        if (one != me && one->showing_id == me->showing_id)
            ids_add(&made, &one->promised);
    return made;
}

/* --- one try --- */

static struct booking booking_of(arena *a, const struct best_wish *want, ids seats)
{
    struct booking made = { .user_id = want->user_id, .schedule_id = want->showing_id, .seat_ids = seats, .hold = want->hold,
                            .tickets = { NEW_ARRAY(a, struct ticket_choice, seats.count), seats.count } };
    for (size_t i = 0; i < seats.count; i++)
        *LIST_AT(&made.tickets, struct ticket_choice, i) = (struct ticket_choice){ seats.at[i], want->ticket_type };
    return made;
}

/* `taken` and `more` are gone; *out lies in the memory of plans. */
static void seating_without(struct reservations *svc, const struct best_wish *want, const struct showing *showing, const ids *taken,
                            const ids *more, struct seating *out)
{
    ids all = ids_joined(svc->choosers.plans, taken, more);
    ids_sort(&all);
    seating_choose(svc->choosers.plans, &showing->seats, &all, want->wish, want->box_office, out);
}

/* Nothing parks here: what was read is true until the choice is made. */
static const fault *choose(struct reservations *svc, struct chooser *me, const struct best_wish *want, const struct showing *showing,
                           const ids *taken, struct sale *sale)
{
    struct seating found;
    ids promised = promised_by_others(&svc->choosers, me);
    TRY(showing_on_sale(me->a, showing, clock_now()));
    ids known = ids_joined(svc->choosers.plans, taken, &me->gone);
    seating_without(svc, want, showing, &known, &promised, &found);
    if (found.end != SEATING_FOUND) {
        seating_without(svc, want, showing, &known, &(ids){ NULL, 0 }, &found);
        me->waits = found.end == SEATING_FOUND;
        return me->waits ? NULL : seats_gone(me->a, want->wish, found.left, found.beside);
    }
    ids mine = ids_joined(me->a, &found.seats, &(ids){ NULL, 0 });
    struct booking booking = booking_of(me->a, want, mine);
    TRY(sale_price(me->a, &booking, showing, &svc->rules, clock_now(), want->box_office, sale));
    me->promised = mine;
    return NULL;
}

static const fault *read_and_choose(struct reservations *svc, struct chooser *me, const struct best_wish *want, struct sale *sale)
{
    struct showing showing;
    ids taken;
    me->gone = (ids){ NULL, 0 };
    me->reading = true;
    const fault *problem = svc->store->seats_claimed(svc->store, me->a, want->showing_id, &taken);
    if (!problem)
        problem = showings_find(svc->showings, me->a, want->showing_id, &showing);
    me->reading = false;
    TRY(problem);
    problem = choose(svc, me, want, &showing, &taken, sale);
    arena_reset(svc->choosers.plans);
    return problem;
}

static const fault *try_once(struct reservations *svc, struct chooser *me, const struct best_wish *want, int64_t until_ms,
                             struct reservation *made, bool *again)
{
    struct sale sale;
    *again = false;
    TRY(read_and_choose(svc, me, want, &sale));
    if (me->waits) {
        *again = true;
        (void)fiber_park("seats promised to others", until_ms);
        me->waits = false;
        return NULL;
    }
    const fault *problem = svc->store->reserve(svc->store, me->a, &sale, want->once, made);
    promise_end(&svc->choosers, me, problem == NULL);
    *again = problem && strcmp(problem->code, "seats_taken") == 0;
    me->lost += *again;
    svc->choosers.chosen++;
    svc->choosers.lost += *again;
    return *again ? NULL : problem;
}

static const fault *too_fast(arena *a)
{
    fault *problem = fault_new(a, FAULT_UNAVAILABLE, "store_busy",
                               "Seats of this showing go faster than they can be chosen; please try again.");
    problem->retry_after_s = 1;
    return problem;
}

/* --- the outside --- */

const fault *best_make(struct reservations *svc, arena *a, const struct best_wish *want, struct reservation *made)
{
    struct chooser me = { .showing_id = want->showing_id, .a = a };
    const fault *problem = NULL;
    int64_t until_ms = loop_now_ms() + TIME_MS_MAX;
    bool again = true;
    if (!svc->choosers.plans)
        svc->choosers.plans = arena_new(PLAN_BYTES_MAX);
    chooser_enter(&svc->choosers, &me);
    while (again && !problem)
        problem = me.lost < LOST_MAX && loop_now_ms() < until_ms ? try_once(svc, &me, want, until_ms, made, &again) : too_fast(a);
    chooser_leave(&svc->choosers, &me);
    return problem;
}
