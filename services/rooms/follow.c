/* follow.c - follows movies, and tells the store which films last longer or shorter than their showings. */
#include "services/rooms/follow.h"

#include "lib/base/log.h"
#include "lib/feed/export.h"
#include "lib/feed/follower.h"
#include "lib/loop/fiber.h"
#include "services/rooms/films.h"

#define KNOWN_WAIT_MS 2000
#define CATCH_UP_WAIT_MS 300
#define TELL_AGAIN_MS 1000
#define TELLING_BYTES_MAX ((size_t)64 * 1024 * 1024)

struct rooms_programme {
    struct upstream *upstream;
    struct store *store;
    struct follower follower;
    struct rooms_films films;
    bool holed;   /* events are missing for good: nothing here is to be trusted */
    bool compare; /* the lengths of showings to come with those of their films */
    bool ending;
    struct fiber *teller;
    uint64_t meeting;
};

/* --- what movies says --- */

static void movies_changed(void *arg, const struct event *e)
{
    struct rooms_programme *p = arg;
    bool lasts_other;
    if (!rooms_films_take(&p->films, e, &lasts_other))
        log_line("error", "fact_unreadable", "%.*s at movies/%lld cannot be read", STR_ARG(e->type), (long long)e->position);
    if (lasts_other)
        rooms_programme_compare(p);
}

static void movies_begin(void *arg)
{
    struct rooms_programme *p = arg;
    rooms_films_forget(&p->films);
    rooms_programme_compare(p);
}

static void movies_lost(void *arg)
{
    struct rooms_programme *p = arg;
    p->holed = p->follower.stopped;
}

/* --- telling the store: in a fiber of its own, the feed must not wait for a commit --- */

/* A film is as long as it is, also when its showings meet then: somebody has to move one of them. */
static void meeting_tell(struct rooms_programme *p, arena *a, const struct film_length *now, const ids *meeting)
{
    struct buf numbers = { .in = a };
    p->meeting += meeting->count;
    for (size_t i = 0; i < meeting->count; i++)
        buf_printf(&numbers, "%s%lld", i > 0 ? ", " : "", (long long)meeting->at[i]);
    if (meeting->count > 0)
        log_line("warn", "showings_meet", "film %.*s lasts %lld minutes now: showing %.*s meets another of its room, or leaves no time to clean",
                 STR_ARG(now->movie_id), (long long)now->minutes, STR_ARG(buf_str(&numbers)));
}

static const fault *lengths_compare(struct rooms_programme *p, arena *a)
{
    list lengths;
    TRY(p->store->film_lengths(p->store, a, &lengths));
    for (size_t i = 0; i < lengths.count && !p->ending; i++) {
        struct film_length now = *LIST_AT(&lengths, struct film_length, i);
        const struct film *film = rooms_films_find(&p->films, now.movie_id);
        if (!film || film->minutes == now.minutes)
            continue;
        ids meeting;
        now.minutes = film->minutes;
        TRY(p->store->film_lasts(p->store, a, &now, &meeting));
        meeting_tell(p, a, &now, &meeting);
    }
    return NULL;
}

static void tell(void *arg)
{
    struct rooms_programme *p = arg;
    const struct exporter *x = p->store->exporter;
    arena *a = arena_new(TELLING_BYTES_MAX);
    p->teller = fiber_self();
    while (!p->ending) {
        if (!follower_whole(&p->follower, TELL_AGAIN_MS) && !p->follower.stopped)
            continue; /* it parked there */
        if (p->compare && p->follower.whole && !x->restore_runs(x->store)) {
            p->compare = false;
            const fault *problem = lengths_compare(p, a);
            p->compare |= problem != NULL;
            if (problem)
                log_line("error", "film_not_followed", "%s: %.*s", problem->code, STR_ARG(problem->sentence));
            arena_reset(a);
        }
        if (!p->ending)
            fiber_park("a film of another length", p->compare ? loop_now_ms() + TELL_AGAIN_MS : INT64_MAX);
    }
    arena_free(a);
    p->teller = NULL;
}

void rooms_programme_compare(struct rooms_programme *p)
{
    p->compare = true;
    if (p->teller)
        fiber_wake(p->teller);
}

void rooms_programme_check(struct rooms_programme *p, const struct showing *made)
{
    const struct film *film = rooms_films_find(&p->films, made->movie_id);
    if (film && film->minutes != made->length_minutes)
        rooms_programme_compare(p);
}

uint64_t rooms_programme_meeting(const struct rooms_programme *p)
{
    return p->meeting;
}

/* --- what is asked --- */

static const fault *movies_away(arena *a, const char *why)
{
    fault *problem = fault_new(a, FAULT_UNAVAILABLE, "upstream_away", "Films cannot be looked up right now.");
    problem->internal = arena_printf(a, "movies: %s", why);
    problem->retry_after_s = 1;
    return problem;
}

const fault *rooms_programme_minutes(struct rooms_programme *p, arena *a, str movie_id, int64_t *minutes)
{
    if (!p->holed)
        (void)follower_whole(&p->follower, KNOWN_WAIT_MS);
    bool asked = follower_catch_up(&p->follower, CATCH_UP_WAIT_MS);
    if (p->holed || !p->follower.whole)
        return movies_away(a, p->holed ? "its feed has a hole" : "its facts have not come");
    const struct film *film = rooms_films_find(&p->films, movie_id);
    if (!film && !asked)
        return movies_away(a, "it cannot be asked");
    if (!film)
        return fault_new(a, FAULT_NOT_FOUND, "film_unknown", "Movie not found");
    if (!film->is_active)
        return fault_new(a, FAULT_CONFLICT, "film_inactive", "Movie %.*s is no longer shown.", STR_ARG(movie_id));
    *minutes = film->minutes;
    return NULL;
}

/* --- opening --- */

const fault *rooms_programme_open(arena *boot, struct rooms_programme **out, struct upstream *upstream, struct store *store)
{
    struct rooms_programme *p = NEW(boot, struct rooms_programme);
    p->upstream = upstream;
    p->store = store;
    p->follower = (struct follower){ .owner = "movies", .reader = "rooms", .upstream = upstream, .snapshot = "all", .begin = movies_begin,
                                     .apply = movies_changed, .lost = movies_lost, .arg = p };
    *out = p;
    follower_start(&p->follower);
    if (!fiber_start("tell lengths of films", tell, p))
        return fault_new(boot, FAULT_INTERNAL, "fibers_exhausted", "No fiber is left to follow films.");
    return NULL;
}

void rooms_programme_stop(struct rooms_programme *p)
{
    follower_stop(&p->follower);
}

void rooms_programme_close(struct rooms_programme *p)
{
    p->ending = true;
    follower_stop(&p->follower); /* an open that failed half way was never drained */
    while (p->teller) {
        fiber_wake(p->teller);
        fiber_sleep(1);
    }
    rooms_films_forget(&p->films);
}
