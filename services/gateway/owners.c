/* owners.c - asking the owners, and hearing from their feeds that something changed. */
#include "services/gateway/owners.h"

#include "lib/json/read.h"
#include "lib/loop/fiber.h"

static const char *const owner_names[OWNER_COUNT] = { "movies", "rooms", "reservations" };

/* --- feeds --- */

static void owner_changed(void *arg, const struct event *e)
{
    (void)e;
    ((struct owner *)arg)->generation++;
}

static void owner_lost(void *arg)
{
    ((struct owner *)arg)->generation++;
}

struct sold_showing {
    int64_t schedule_id;
};
static const struct field sold_fields[] = { FIELD(struct sold_showing, schedule_id, "scheduleId", .optional = true) };
static const struct shape sold_shape = SHAPE(sold_showing, sold_fields);

/* Only the seat map of that showing is another one now. */
static void reservation_changed(void *arg, const struct event *e)
{
    struct owners *o = arg;
    o->of[RESERVATIONS].generation++;
    if (!str_starts(e->type, STR("reservation.")))
        return;
    arena *a = arena_new(1024 * 1024);
    struct sold_showing sold = { 0 };
    const fault *problem = json_read(a, e->data, &sold_shape, &sold);
    for (size_t i = 0; problem && i < SHOWING_SLOTS; i++)
        o->claims_generation[i]++;
    o->claims_generation[(uint64_t)sold.schedule_id % SHOWING_SLOTS]++;
    arena_free(a);
}

static void reservations_lost(void *arg)
{
    struct owners *o = arg;
    o->of[RESERVATIONS].generation++;
    for (size_t i = 0; i < SHOWING_SLOTS; i++)
        o->claims_generation[i]++;
}

void owners_follow(struct owners *o)
{
    for (size_t i = 0; i < OWNER_COUNT; i++) {
        struct owner *owner = &o->of[i];
        owner->follower = (struct follower){ .owner = owner_names[i], .upstream = owner->upstream };
        if (i == RESERVATIONS) {
            owner->follower.apply = reservation_changed;
            owner->follower.lost = reservations_lost;
            owner->follower.arg = o;
        } else {
            owner->follower.apply = owner_changed;
            owner->follower.lost = owner_lost;
            owner->follower.arg = owner;
        }
        follower_start(&owner->follower);
    }
}

void owners_stop(struct owners *o)
{
    for (size_t i = 0; i < OWNER_COUNT; i++)
        follower_stop(&o->of[i].follower);
}

/* --- questions --- */

static const fault *owner_wrong(arena *a, enum owner_name to, const char *why)
{
    fault *problem = fault_new(a, FAULT_UNAVAILABLE, "upstream_away", "A part of the cinema does not answer right now.");
    problem->internal = arena_printf(a, "%s: %s", owner_names[to], why);
    problem->retry_after_s = 1;
    return problem;
}

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
    if (json_read(q->arena, answer.body, q->shape, q->answer))
        return owner_wrong(q->arena, q->to, "answered what cannot be read");
    return NULL;
}

static void question_run(void *arg)
{
    struct question *q = arg;
    q->problem = owner_ask(q);
}

const fault *owners_ask(struct question *questions, size_t count)
{
    struct group all = { 0 };
    for (size_t i = 0; i < count; i++)
        if (!group_start(&all, "ask an owner", question_run, &questions[i]))
            questions[i].problem = owner_wrong(questions[i].arena, questions[i].to, "no fiber is free");
    group_wait(&all);
    for (size_t i = 0; i < count; i++)
        if (questions[i].problem)
            return questions[i].problem;
    return NULL;
}
