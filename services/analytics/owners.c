/* owners.c - the feeds into the store, how far they are, and names, which no feed tells. */
#include "services/analytics/owners.h"

#include "lib/base/log.h"
#include "lib/json/read.h"
#include "lib/loop/fiber.h"

#define KNOWN_WAIT_MS 2000
#define ASK_DEADLINE_MS 1000
#define LEFT_PAUSE_MS 500
#define LEFT_LOOK_MS 50
#define LEFT_BYTES_MAX ((size_t)1024 * 1024)

const char *const analytics_owner_names[OWNER_COUNT] = { "movies", "rooms", "reservations" };

int32_t analytics_today(void)
{
    return (int32_t)day_of(clock_wall_now()).days;
}

/* --- feeds --- */

static const fault *stopping(arena *a)
{
    return fault_new(a, FAULT_UNAVAILABLE, "upstream_away", "This service stops.");
}

/* The follower tells it all again, a little later. */
static const fault *not_kept(const struct owner *owner, const fault *problem)
{
    if (problem)
        log_line("error", "facts_not_kept", "what %s tells cannot be kept: %.*s", analytics_owner_names[owner->which],
                 STR_ARG(problem->internal.at ? problem->internal : problem->sentence));
    return problem;
}

/* What became of a page that was lost under way, and where a store that was put back from a copy stands, is what the store says.
 * True: it is followed from elsewhere. */
static bool go_on_from_store(struct owner *owner, arena *a)
{
    struct follower *f = &owner->follower;
    struct feed_left left;
    if (owner->all->store->feed_left(owner->all->store, a, owner->which, &left) ||
        (left.position == f->position && left.whole == f->whole))
        return false;
    log_line("warn", "feed_resumed", "%s is followed from position %lld, where the store is%s", f->owner, (long long)left.position,
             left.whole ? "" : ", from its beginning");
    follower_resume(f, left.position, left.whole);
    return true;
}

static const fault *feed_begin(void *arg, arena *a)
{
    struct owner *owner = arg;
    struct owners *o = owner->all;
    if (o->stopping)
        return stopping(a);
    o->taking++;
    const fault *problem = o->store->begin(o->store, a, owner->which, analytics_today());
    o->taking--;
    return not_kept(owner, problem);
}

static const fault *feed_take(void *arg, arena *a, const struct follower_page *page)
{
    struct owner *owner = arg;
    struct owners *o = owner->all;
    struct told told = { owner->which, page->events, page->position, page->whole, 0 };
    if (o->stopping)
        return stopping(a);
    o->taking++;
    const fault *problem = o->store->take(o->store, a, &told, analytics_today());
    if (problem)
        (void)go_on_from_store(owner, a);
    o->taking--;
    TRY(not_kept(owner, problem));
    o->moment++;
    if (told.unread > 0)
        log_line("error", "fact_unreadable", "%lld events of %s up to position %lld cannot be read",
                 (long long)told.unread, analytics_owner_names[owner->which], (long long)page->position);
    owner->unread_total += told.unread;
    return NULL;
}

static bool feed_look(void *arg, arena *a)
{
    struct owner *owner = arg;
    if (owner->all->stopping)
        return false;
    owner->all->taking++;
    bool moved = go_on_from_store(owner, a);
    owner->all->taking--;
    return moved;
}

static const struct follower_keeper keeper = { feed_begin, feed_take, feed_look };

static const fault *follow_on(struct owners *o, arena *a)
{
    struct feed_left left[OWNER_COUNT];
    for (enum owner_name i = MOVIES; i < OWNER_COUNT; i++)
        TRY(o->store->feed_left(o->store, a, i, &left[i]));
    if (o->stopping)
        return stopping(a);
    for (enum owner_name i = MOVIES; i < OWNER_COUNT; i++) {
        if (left[i].whole)
            o->of[i].follower.position = left[i].position;
        o->of[i].follower.whole = left[i].whole;
        follower_start(&o->of[i].follower);
    }
    return NULL;
}

/* Of an embedded store it is known at once; a server may come later. Until then the figures' first facts have not all come. */
static void follow_when_known(void *arg)
{
    struct owners *o = arg;
    arena *a = arena_new(LEFT_BYTES_MAX);
    bool complained = false;
    for (const fault *problem; !o->stopping && (problem = follow_on(o, a)); arena_reset(a)) {
        if (!complained)
            log_line("error", "facts_not_known", "how far the feeds were taken is not known: %.*s",
                     STR_ARG(problem->internal.at ? problem->internal : problem->sentence));
        complained = true;
        for (int64_t slept_ms = 0; !o->stopping && slept_ms < LEFT_PAUSE_MS; slept_ms += LEFT_LOOK_MS)
            fiber_sleep(LEFT_LOOK_MS);
    }
    arena_free(a);
    o->taking--;
}

const fault *analytics_follow(struct owners *o, arena *a)
{
    for (enum owner_name i = MOVIES; i < OWNER_COUNT; i++) {
        struct owner *owner = &o->of[i];
        owner->all = o;
        owner->which = i;
        owner->follower = (struct follower){ .owner = analytics_owner_names[i], .reader = "analytics", .upstream = owner->upstream,
                                             .snapshot = "all", .keeper = &keeper, .gathers = true, .arg = owner };
    }
    o->taking++;
    if (fiber_start("analytics goes on", follow_when_known, o))
        return NULL;
    o->taking--;
    return fault_new(a, FAULT_UNAVAILABLE, "store_unavailable", "The feeds cannot be followed.");
}

/* --- how far they are --- */

static const fault *owner_away(arena *a, const struct owner *owner)
{
    const char *name = analytics_owner_names[owner->which];
    fault *problem = fault_new(a, FAULT_UNAVAILABLE, "upstream_away",
                               "The %s service does not answer. Try again in a moment.", name);
    problem->internal = arena_printf(a, "the facts of %s have not all come", name);
    problem->retry_after_s = 1;
    return problem;
}

/* Nobody misses his own sale: what its owner has told when the question comes is counted. */
static void catch_up(void *arg)
{
    struct owner *owner = arg;
    if (follower_whole(&owner->follower, KNOWN_WAIT_MS))
        (void)follower_catch_up(&owner->follower, ASK_DEADLINE_MS);
}

const fault *analytics_caught_up(struct owners *o, arena *a, unsigned wanted)
{
    struct group all = { 0 };
    for (size_t i = 0; i < OWNER_COUNT; i++)
        if (wanted == WANT(i) || ((wanted & WANT(i)) && !group_start(&all, "catch up", catch_up, &o->of[i])))
            catch_up(&o->of[i]); /* the only one, or no fiber is free */
    group_wait(&all);
    for (size_t i = 0; i < OWNER_COUNT; i++)
        if ((wanted & WANT(i)) && !o->of[i].follower.whole)
            return owner_away(a, &o->of[i]);
    return NULL;
}

/* --- names --- */

struct named_user {
    int64_t id;
    str name;
};
static const struct field named_user_fields[] = {
    FIELD(struct named_user, id, "id"),
    FIELD(struct named_user, name, "name", .nullable = true),
};
static const struct shape named_user_shape = SHAPE(named_user, named_user_fields);

struct names_answer {
    list data;
};
static const struct field names_fields[] = { FIELD(struct names_answer, data, "data", .shape = &named_user_shape) };
const struct shape analytics_names_shape = SHAPE(names_answer, names_fields);

static str names_target(arena *a, const list *users)
{
    struct buf target = { .in = a };
    buf_literal(&target, "/internal/users?ids=");
    for (size_t i = 0; i < users->count; i++) {
        if (i > 0)
            buf_char(&target, ',');
        buf_int(&target, LIST_AT(users, struct top_user, i)->user_id);
    }
    return buf_str(&target);
}

void analytics_names_ask(struct owners *o, arena *a, const list *users)
{
    struct message *answer = NEW(a, struct message);
    struct names_answer found = { .data = { NULL, 0 } };
    struct outgoing want = { .method = GET, .target = names_target(a, users), .deadline_ms = ASK_DEADLINE_MS,
                             .internal = true };
    if (users->count == 0 || upstream_call(o->of[RESERVATIONS].upstream, a, &want, answer) || answer->status != 200 ||
        json_read(a, answer->body, &analytics_names_shape, &found))
        return;
    for (size_t i = 0; i < users->count; i++) {
        struct top_user *user = LIST_AT(users, struct top_user, i);
        for (size_t k = 0; k < found.data.count; k++)
            if (LIST_AT(&found.data, struct named_user, k)->id == user->user_id)
                user->user_name = LIST_AT(&found.data, struct named_user, k)->name;
    }
}

/* --- the end --- */

void analytics_owners_stop(struct owners *o)
{
    o->stopping = true;
    for (size_t i = 0; i < OWNER_COUNT; i++) {
        if (o->of[i].follower.owner)
            follower_stop(&o->of[i].follower);
        if (o->of[i].upstream)
            upstream_close(o->of[i].upstream);
    }
}

void analytics_owners_close(struct owners *o)
{
    analytics_owners_stop(o);
    while (o->taking > 0)
        fiber_sleep(1);
}
