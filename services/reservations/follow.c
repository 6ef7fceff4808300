/* follow.c - showings as rooms tells them, kept in memory while its feed says that nothing changed. */
#include "services/reservations/follow.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "lib/base/log.h"
#include "lib/feed/follower.h"
#include "lib/json/read.h"
#include "lib/loop/fiber.h"

#define SHOWINGS_KEPT_MAX 1024
#define SHOWING_BYTES_MAX (16 * 1024 * 1024) /* a room of 10,000 seats takes 3 MB */

struct kept {
    int64_t id;
    arena *memory; /* this entry lives in it */
    struct showing *showing;
    UT_hash_handle hh;
};

/* One question per showing is under way; who comes meanwhile waits for its answer. Lives on the asker's stack. */
struct asking {
    int64_t id;
    struct asking *next;
    struct asker {
        struct fiber *fiber;
        struct asker *next;
    } *waiting;
};

struct showings {
    struct upstream *upstream;
    struct store *store;
    int64_t unpaid_until_min;
    struct follower follower;
    struct kept *kept;
    struct asking *asking;
    uint64_t generation; /* of the facts: an answer asked for under an older one is not kept */
};

/* --- keeping and dropping --- */

static void kept_drop(struct showings *s, struct kept *entry)
{
    HASH_DEL(s->kept, entry);
    arena_free(entry->memory);
}

static void kept_drop_all(void *arg)
{
    struct showings *s = arg;
    s->generation++;
    struct kept *entry, *next;
    HASH_ITER(hh, s->kept, entry, next)
        kept_drop(s, entry);
}

/* --- what the feed says --- */

struct moved_showing {
    int64_t id;
    instant starts_at, ends_at;
};
static const struct field moved_fields[] = {
    FIELD(struct moved_showing, id, "id"),
    FIELD(struct moved_showing, starts_at, "startsAt"),
    FIELD(struct moved_showing, ends_at, "endsAt"),
};
static const struct shape moved_shape = SHAPE(moved_showing, moved_fields);

/* The store is told in a fiber of its own: the feed must not wait for a commit. */
struct moving {
    struct showings *showings;
    arena *memory;
    int64_t position;
    struct moved_showing now;
};

static void showing_move(void *arg)
{
    struct moving *m = arg;
    struct showings *s = m->showings;
    const fault *problem = s->store->showing_moved(s->store, m->memory, m->now.id, m->now.starts_at, m->now.ends_at,
                                                   s->unpaid_until_min);
    if (problem)
        log_line("error", "showing_not_followed", "%s at rooms/%lld", problem->code, (long long)m->position);
    arena_free(m->memory);
}

static void showing_changed(struct showings *s, const struct event *e)
{
    arena *memory = arena_new(1024 * 1024);
    struct moving *m = NEW(memory, struct moving);
    *m = (struct moving){ .showings = s, .memory = memory, .position = e->position };
    const fault *problem = json_read(memory, e->data, &moved_shape, &m->now);
    if (!problem && fiber_start("follow a showing", showing_move, m))
        return;
    log_line("error", "showing_not_followed", "%s at rooms/%lld", problem ? problem->code : "fibers_exhausted",
             (long long)e->position);
    arena_free(memory);
}

static void rooms_changed(void *arg, const struct event *e)
{
    struct showings *s = arg;
    if (!str_starts(e->type, STR("showing."))) { /* .changed, or .adopted from a database of the old system */
        kept_drop_all(s);                        /* a room or its seats: any of its showings */
        return;
    }
    s->generation++;
    int64_t id = 0;
    struct kept *entry = NULL;
    if (str_to_int(e->subject, &id))
        HASH_FIND(hh, s->kept, &id, sizeof id, entry);
    if (entry)
        kept_drop(s, entry);
    showing_changed(s, e);
}

/* --- asking --- */

struct showing_answer {
    struct showing *data;
};
static const struct field answer_fields[] = { FIELD(struct showing_answer, data, "data", .shape = &showing_shape) };
static const struct shape answer_shape = SHAPE(showing_answer, answer_fields);

static const fault *showing_ask(struct showings *s, arena *a, int64_t schedule_id, str *body)
{
    struct message answer;
    TRY(upstream_call(s->upstream, a,
                      &(struct outgoing){ .method = GET,
                                          .target = arena_printf(a, "/internal/showings/%lld", (long long)schedule_id),
                                          .internal = true },
                      &answer));
    if (answer.status == 404)
        return fault_new(a, FAULT_NOT_FOUND, "showing_unknown", "Showing not found with id: %lld",
                         (long long)schedule_id);
    if (answer.status != 200)
        return fault_internal(a, FAULT_UNAVAILABLE, "upstream_away", "Showings cannot be looked up right now.",
                              "rooms answered %d", answer.status);
    *body = answer.body;
    return NULL;
}

/* Keeps the facts when nothing changed while they were on their way and the feed will tell of the next change. */
static const fault *showing_keep(struct showings *s, arena *a, int64_t schedule_id, str body, uint64_t generation,
                                 const struct showing **out)
{
    bool keep = generation == s->generation && s->follower.in_touch;
    arena *memory = keep ? arena_new(SHOWING_BYTES_MAX) : a;
    struct showing_answer answer;
    const fault *problem = json_read(memory, keep ? arena_copy(memory, body) : body, &answer_shape, &answer);
    if (problem) {
        const fault *said = fault_internal(a, FAULT_UNAVAILABLE, "upstream_away", "Showings cannot be looked up right now.",
                                           "rooms said: %.*s", STR_ARG(problem->sentence));
        if (keep)
            arena_free(memory);
        return said;
    }
    *out = answer.data;
    if (!keep)
        return NULL;
    if (HASH_COUNT(s->kept) >= SHOWINGS_KEPT_MAX)
        kept_drop_all(s);
    struct kept *entry;
    HASH_FIND(hh, s->kept, &schedule_id, sizeof schedule_id, entry);
    if (entry)
        kept_drop(s, entry);
    entry = NEW(memory, struct kept);
    *entry = (struct kept){ .id = schedule_id, .memory = memory, .showing = answer.data };
    HASH_ADD(hh, s->kept, id, sizeof entry->id, entry);
    return NULL;
}

static const struct showing *showing_kept(const struct showings *s, int64_t schedule_id)
{
    struct kept *entry;
    HASH_FIND(hh, s->kept, &schedule_id, sizeof schedule_id, entry);
    return entry ? entry->showing : NULL;
}

/* True when somebody else was asking, and has his answer now. */
static bool showing_awaited(struct showings *s, int64_t schedule_id)
{
    for (struct asking *a = s->asking; a; a = a->next) {
        if (a->id != schedule_id)
            continue;
        struct asker me = { fiber_self(), a->waiting };
        a->waiting = &me;
        (void)fiber_park("another's question about a showing", INT64_MAX);
        return true;
    }
    return false;
}

static void asking_end(struct showings *s, struct asking *mine)
{
    struct asking **link = &s->asking;
    while (*link != mine)
        link = &(*link)->next;
    *link = mine->next;
    for (struct asker *w = mine->waiting, *next; w; w = next) {
        next = w->next; /* the waiter's stack is its own again once it is woken */
        fiber_wake(w->fiber);
    }
}

const fault *showings_find(struct showings *s, arena *a, int64_t schedule_id, const struct showing **out)
{
    *out = showing_kept(s, schedule_id);
    if (!*out && showing_awaited(s, schedule_id))
        *out = showing_kept(s, schedule_id);
    if (*out)
        return NULL;
    struct asking mine = { .id = schedule_id, .next = s->asking };
    s->asking = &mine;
    uint64_t generation = s->generation;
    str body;
    const fault *problem = showing_ask(s, a, schedule_id, &body);
    if (!problem)
        problem = showing_keep(s, a, schedule_id, body, generation, out);
    asking_end(s, &mine);
    return problem;
}

/* --- opening --- */

const fault *showings_open(arena *boot, struct showings **out, struct upstream *upstream, struct store *store,
                           int64_t unpaid_until_min)
{
    struct showings *s = NEW(boot, struct showings);
    s->upstream = upstream;
    s->store = store;
    s->unpaid_until_min = unpaid_until_min;
    s->follower = (struct follower){
        .owner = "rooms", .upstream = upstream, .apply = rooms_changed, .lost = kept_drop_all, .arg = s
    };
    follower_start(&s->follower);
    *out = s;
    return NULL;
}

void showings_stop(struct showings *s)
{
    follower_stop(&s->follower);
}

void showings_close(struct showings *s)
{
    kept_drop_all(s);
    upstream_close(s->upstream);
}
