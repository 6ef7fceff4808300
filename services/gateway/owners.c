/* owners.c - folds what the owners tell, and asks them what only they know. */
#include "services/gateway/owners.h"

#include "lib/base/log.h"
#include "lib/json/read.h"

#define KNOWN_WAIT_MS 2000
#define CATCH_UP_WAIT_MS 300
#define OVER_MS ((int64_t)24 * 3600 * 1000) /* as a snapshot of live sales has it */

static const char *const owner_names[OWNER_COUNT] = { "movies", "rooms", "reservations" };

/* --- feeds --- */

static void fact_strange(enum owner_name which, const struct event *e)
{
    log_line("error", "fact_unreadable", "%.*s at %s/%lld cannot be read", STR_ARG(e->type), owner_names[which],
             (long long)e->position);
}

static void movies_changed(void *arg, const struct event *e)
{
    struct owner *owner = arg;
    if (!programme_film(&owner->all->programme, e))
        fact_strange(MOVIES, e);
    owner->generation++;
}

static void rooms_changed(void *arg, const struct event *e)
{
    struct owner *owner = arg;
    if (!programme_room(&owner->all->programme, e))
        fact_strange(ROOMS, e);
    owner->generation++;
    owner->all->seats_moved(owner->all->arg, 0);
}

static void movies_begin(void *arg)
{
    struct owner *owner = arg;
    programme_forget_films(&owner->all->programme);
    owner->generation++;
}

static void rooms_begin(void *arg)
{
    struct owner *owner = arg;
    programme_forget_rooms(&owner->all->programme);
    owner->generation++;
    owner->all->seats_moved(owner->all->arg, 0);
}

static void all_claims_changed(struct owners *o)
{
    for (size_t i = 0; i < SHOWING_SLOTS; i++)
        o->claims_generation[i]++;
    o->seats_moved(o->arg, 0);
}

static bool is_over(void *arg, int64_t schedule_id)
{
    struct showing s;
    return programme_showing_find(arg, schedule_id, &s) && s.ends_at.ms < clock_now().ms - OVER_MS;
}

/* Only the seat map of that showing is another one now. */
static void reservations_changed(void *arg, const struct event *e)
{
    struct owner *owner = arg;
    struct owners *o = owner->all;
    int64_t schedule_id;
    if (!sales_take(&o->sales, e, &schedule_id)) {
        fact_strange(RESERVATIONS, e);
        all_claims_changed(o);
    }
    owner->generation++;
    sales_tidy(&o->sales, is_over, &o->programme);
    if (!schedule_id)
        return;
    o->claims_generation[(uint64_t)schedule_id % SHOWING_SLOTS]++;
    o->seats_moved(o->arg, schedule_id);
}

static void reservations_begin(void *arg)
{
    struct owner *owner = arg;
    sales_forget(&owner->all->sales);
    owner->generation++;
    all_claims_changed(owner->all);
}

/* Past showings can be asked for by day, so rooms tells them all; of sales only those that can still matter. */
static const struct {
    const char *snapshot;
    void (*begin)(void *arg);
    void (*apply)(void *arg, const struct event *e);
} followed[OWNER_COUNT] = {
    [MOVIES] = { "all", movies_begin, movies_changed },
    [ROOMS] = { "all", rooms_begin, rooms_changed },
    [RESERVATIONS] = { "live", reservations_begin, reservations_changed },
};

void owners_follow(struct owners *o)
{
    for (size_t i = 0; i < OWNER_COUNT; i++) {
        struct owner *owner = &o->of[i];
        owner->all = o;
        owner->follower = (struct follower){ .owner = owner_names[i], .reader = "gateway", .upstream = owner->upstream,
                                             .snapshot = followed[i].snapshot, .begin = followed[i].begin,
                                             .apply = followed[i].apply, .arg = owner };
        follower_start(&owner->follower);
    }
}

void owners_stop(struct owners *o)
{
    for (size_t i = 0; i < OWNER_COUNT; i++)
        follower_stop(&o->of[i].follower);
}

void owners_free(struct owners *o)
{
    programme_free(&o->programme);
    sales_forget(&o->sales);
}

/* --- seats --- */

void owners_seat_map(const struct owners *o, arena *a, const struct showing *s, struct seat_map *out)
{
    *out = (struct seat_map){ .schedule_id = s->id, .version = o->of[RESERVATIONS].follower.position,
                              .seats = programme_seats(&o->programme, a, s) };
    sales_mark(&o->sales, s->id, &out->seats);
    seats_count(a, out);
}

/* --- how far the facts are --- */

static const fault *owner_wrong(arena *a, enum owner_name to, const char *why)
{
    fault *problem = fault_new(a, FAULT_UNAVAILABLE, "upstream_away", "A part of the cinema does not answer right now.");
    problem->internal = arena_printf(a, "%s: %s", owner_names[to], why);
    problem->retry_after_s = 1;
    return problem;
}

const fault *owner_known(struct owners *o, arena *a, enum owner_name which)
{
    if (o->of[which].follower.whole || follower_whole(&o->of[which].follower, KNOWN_WAIT_MS))
        return NULL;
    return owner_wrong(a, which, "its facts have not come");
}

const fault *owner_caught_up(struct owners *o, arena *a, enum owner_name which)
{
    return follower_catch_up(&o->of[which].follower, CATCH_UP_WAIT_MS) ? NULL : owner_wrong(a, which, "cannot be asked");
}

/* --- questions --- */

const fault *owner_ask(struct question *q)
{
    struct message answer;
    TRY(upstream_call(q->owners->of[q->to].upstream, q->arena,
                      &(struct outgoing){ .method = GET, .target = q->target, .internal = true }, &answer));
    q->missing = answer.status == 404;
    if (q->missing)
        return NULL;
    if (answer.status != 200)
        return owner_wrong(q->arena, q->to, "answered with an unexpected status");
    if (json_read_fact(q->arena, answer.body, q->shape, q->answer))
        return owner_wrong(q->arena, q->to, "answered what cannot be read");
    return NULL;
}
