/* store_mongo_log.c - the one fiber that reads and writes the log: what waits is tried together, and inserted at last + 1. */
#include "services/movies/store_mongo.h"

#include <string.h>

#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/base/twin.h"

#define WAITING_MAX 1024
#define ACTS_AT_ONCE 64
#define TRIES 8
#define POLL_MS 100
#define POLL_AWAITED_MS 20
#define LOAD_AGAIN_MS 200
#define RIVALS_ABOUT_MS 1000
#define UNKNOWN_MS 4000 /* so long an insert without an answer is sent again */
#define REACH_MS 2000
#define BYTES_MAX ((size_t)1 << 30)
#define ID_BYTES 12
#define NOBODY ((str){ NULL, 0 })

/* --- who waits --- */

const fault *movies_log_write(void *store, arena *a, sqlite_act *act, void *arg)
{
    struct mongo_store *s = store;
    if (!s->loaded || s->closing)
        return movies_store_away(a);
    if (s->waiting_count >= WAITING_MAX) {
        fault *busy = fault_new(a, FAULT_UNAVAILABLE, "store_busy", "The store is busy at the moment; please try again.");
        busy->retry_after_s = 1;
        return busy;
    }
    struct pending mine = { .act = act, .arena = a, .arg = arg, .who = fiber_self() };
    if (s->waiting.last)
        s->waiting.last->next = &mine;
    else
        s->waiting.first = &mine;
    s->waiting.last = &mine;
    s->waiting_count++;
    fiber_wake(s->keeper);
    while (!mine.done)
        fiber_park("the store's commit", INT64_MAX);
    return mine.problem;
}

const fault *movies_log_reach(struct mongo_store *s, arena *a)
{
    uint64_t want = s->looks_begun + 1;
    int64_t deadline_ms = loop_now_ms() + REACH_MS;
    if (s->closing || !s->keeper)
        return movies_store_away(a);
    struct look_waiter w = { .who = fiber_self(), .next = s->lookers, .link = &s->lookers };
    if (w.next)
        w.next->link = &w.next;
    s->lookers = &w;
    if (s->looks_wanted < want)
        s->looks_wanted = want;
    fiber_wake(s->keeper);
    while (s->looks_ended < want && s->keeper && loop_now_ms() < deadline_ms)
        fiber_park("the log's end", deadline_ms);
    *w.link = w.next;
    if (w.next)
        w.next->link = w.link;
    return s->looks_ended >= want && !s->look_failed ? NULL : movies_store_away(a);
}

/* --- reading --- */

static const fault *entry_take(struct mongo_store *s, arena *a, const struct log_entry *entry)
{
    const fault *problem = movies_entry_fold(s, a, entry);
    bool told = s->broken;
    s->broken = problem != NULL;
    if (problem && !told)
        log_line("error", "log_unreadable", "entry %lld of the log cannot be read: %.*s", (long long)entry->first,
                 STR_ARG(problem->internal));
    TRY(problem);
    fiber_wake(s->projector);
    if (s->loaded)
        movies_catalogue_follow(&s->inner);
    if (s->loaded && s->news.moved)
        s->news.moved(s->news.arg, sqlite_position(s->inner.db));
    return NULL;
}

const fault *movies_log_look(struct mongo_store *s, arena *a, bool to_the_end, str by, bool *found, bool *mine)
{
    *found = *mine = false;
    for (;;) {
        struct log_entry entry;
        bool there;
        int64_t next = sqlite_position(s->inner.db) + 1;
        TRY(mongo_find(s->db, a, LOG_COLLECTION, MONGO_WHERE(mongo_is("_id", next)), &log_entry_shape, &entry, &there));
        if (!there)
            return NULL;
        TRY(entry_take(s, a, &entry));
        *found = true;
        if (by.at && str_equal(entry.by, by))
            *mine = true;
        else
            s->rival_ms = loop_now_ms();
        if (!to_the_end)
            return NULL;
    }
}

/* --- writing --- */

/* The twin of the tests takes last + 1 for its own without looking whether somebody else did. */
static const fault *entry_send(struct mongo_store *s, arena *a, const struct log_entry *entry)
{
    int64_t pause_ms = twin_pause_ms();
    if (pause_ms > 0)
        fiber_sleep(pause_ms);
    if (twin_lacks("positions"))
        return mongo_set(s->db, a, LOG_COLLECTION, MONGO_WHERE(mongo_is("_id", entry->first)), &log_entry_shape, entry, true);
    return mongo_insert(s->db, a, LOG_COLLECTION, &log_entry_shape, entry);
}

/* The same entry again does no harm: it is there once, or not at all. So what became of one that got no answer is found out by
 * sending it until there is one. */
const fault *movies_entry_put(struct mongo_store *s, arena *a, const struct log_entry *entry)
{
    int64_t deadline_ms = loop_now_ms() + UNKNOWN_MS;
    const fault *unknown = NULL;
    for (;;) {
        const fault *problem = entry_send(s, a, entry);
        if (!problem || problem->kind != FAULT_UNAVAILABLE)
            return problem;
        if (!unknown && strcmp(problem->code, "outcome_unknown") != 0)
            return problem;
        unknown = unknown ? unknown : problem;
        if (loop_now_ms() >= deadline_ms || s->closing)
            return unknown;
        fiber_sleep(50);
    }
}

/* Runs the acts on the tables as they are at `last`, and gathers what they would log. What does not fit into one entry goes back to
 * those who wait. */
static const fault *batch_try(struct mongo_store *s, arena *a, struct pending *first, struct log_entry *entry)
{
    size_t bytes = 0, events = 0;
    TRY(sqlite_trial_begin(s->inner.db, a));
    for (struct pending *p = first; p; p = p->next) {
        sqlite_trial_run(s->inner.db, p->arena, p->act, p->arg, a, &p->tried);
        events += p->tried.events.count;
        for (size_t i = 0; i < p->tried.events.count; i++)
            bytes += LIST_AT(&p->tried.events, struct event, i)->data.len;
        if (bytes < ENTRY_BYTES_ENOUGH || !p->next)
            continue;
        struct pending *rest = p->next, *last = rest;
        for (; last->next; last = last->next)
            ;
        last->next = s->waiting.first;
        s->waiting.last = s->waiting.last ? s->waiting.last : last;
        s->waiting.first = rest;
        p->next = NULL;
    }
    sqlite_trial_end(s->inner.db);
    *entry = (struct log_entry){ sqlite_position(s->inner.db) + 1, random_hex(a, ID_BYTES),
                                 { NEW_ARRAY(a, struct log_event, events + 1), 0 } };
    for (struct pending *p = first; p; p = p->next)
        for (size_t i = 0; i < p->tried.events.count; i++) {
            const struct event *e = LIST_AT(&p->tried.events, struct event, i);
            struct log_event *to = LIST_AT(&entry->events, struct log_event, entry->events.count++);
            *to = (struct log_event){ .type = e->type, .subject = e->subject, .time = e->time, .data = { e->data } };
            if (p->tried.once && i + 1 == p->tried.events.count) {
                to->scope = p->tried.once->scope;
                to->key = p->tried.once->key;
                to->body_hash = p->tried.once->body_hash;
            }
        }
    return NULL;
}

/* One try. *done: what the acts found counts. */
static const fault *batch_commit_once(struct mongo_store *s, arena *a, struct pending *first, int tries, bool *done)
{
    struct log_entry entry;
    bool found, mine;
    TRY(batch_try(s, a, first, &entry));
    if (entry.events.count == 0) { /* true only if nothing was added since */
        TRY(movies_log_look(s, a, true, NOBODY, &found, &mine));
        *done = !found;
        return NULL;
    }
    const fault *problem = movies_entry_put(s, a, &entry);
    if (!problem) {
        *done = true;
        s->entries++;
        return entry_take(s, a, &entry);
    }
    if (problem->kind != FAULT_CONFLICT)
        return problem;
    TRY(movies_log_look(s, a, false, entry.by, &found, &mine));
    *done = mine; /* the answer to it was lost */
    s->entries += mine;
    s->conflicts += !mine;
    if (!found) /* it is there, but not with the majority yet */
        fiber_sleep(5 * (tries + 1));
    return NULL;
}

static const fault *too_many_rivals(arena *a)
{
    fault *busy = fault_new(a, FAULT_UNAVAILABLE, "store_busy", "The store is busy at the moment; please try again.");
    busy->retry_after_s = 1;
    busy->internal = STR("other replicas were faster every time");
    return busy;
}

static const fault *problem_copy(arena *a, const fault *problem)
{
    fault *made = fault_new(a, problem->kind, problem->code, "%.*s", STR_ARG(problem->sentence));
    made->retry_after_s = problem->retry_after_s ? problem->retry_after_s : 1;
    made->internal = arena_copy(a, problem->internal.at ? problem->internal : STR(""));
    return made;
}

static struct pending *batch_take(struct mongo_store *s)
{
    struct pending *first = s->waiting.first, *last = first;
    for (int count = 1; last && last->next && count < ACTS_AT_ONCE; count++)
        last = last->next;
    if (!first)
        return NULL;
    s->waiting.first = last->next;
    if (!last->next)
        s->waiting.last = NULL;
    last->next = NULL;
    return first;
}

/* Who has just won lets the others have a turn. */
static void rivals_let(const struct mongo_store *s, int64_t took_ms)
{
    if (s->rival_ms && loop_now_ms() - s->rival_ms < RIVALS_ABOUT_MS)
        fiber_sleep((int64_t)random_below((uint64_t)(2 * took_ms + 2)));
}

static void batch_commit(struct mongo_store *s, arena *a, struct pending *first)
{
    const fault *problem = sqlite_restore_runs(s->inner.db) ? movies_store_away(a) : NULL;
    bool done = false;
    int64_t began_ms = loop_now_ms();
    for (int tries = 0; tries < TRIES && !done && !problem; tries++) {
        began_ms = loop_now_ms();
        problem = batch_commit_once(s, a, first, tries, &done);
    }
    if (!problem && !done)
        problem = too_many_rivals(a);
    for (struct pending *p = first, *next; p; p = next) {
        next = p->next;
        p->problem = problem ? problem_copy(p->arena, problem) : p->tried.problem;
        p->done = true;
        s->waiting_count--;
        fiber_wake(p->who);
    }
    if (done)
        rivals_let(s, loop_now_ms() - began_ms);
}

/* --- the fiber --- */

static void load(struct mongo_store *s, arena *a)
{
    const fault *problem = movies_store_load(s, a);
    if (!problem)
        problem = movies_catalogue_reach(&s->inner, a);
    movies_store_tell(s, "store_not_ready", problem);
    s->tried = true;
    if (!problem) {
        s->loaded = true;
        s->told = NULL;
        if (s->news.moved)
            s->news.moved(s->news.arg, sqlite_position(s->inner.db));
        fiber_wake(s->projector);
    }
    if (s->opening)
        fiber_wake(s->opening);
    if (problem && !s->closing)
        fiber_park("the next try to load the store", loop_now_ms() + LOAD_AGAIN_MS);
}

static void lookers_wake(struct mongo_store *s)
{
    for (struct look_waiter *w = s->lookers; w; w = w->next)
        fiber_wake(w->who);
}

static void look(struct mongo_store *s, arena *a)
{
    bool found, mine;
    s->looks_begun++;
    const fault *problem = movies_log_look(s, a, true, NOBODY, &found, &mine);
    s->look_failed = problem != NULL;
    s->looks_ended = s->looks_begun;
    movies_store_tell(s, "store_away", problem);
    if (!problem)
        s->told = NULL;
    lookers_wake(s);
}

static void everybody_refuse(struct mongo_store *s)
{
    for (struct pending *p = s->waiting.first, *next; p; p = next) {
        next = p->next;
        p->problem = movies_store_away(p->arena);
        p->done = true;
        s->waiting_count--;
        fiber_wake(p->who);
    }
    s->waiting = (struct pending_queue){ NULL, NULL };
    lookers_wake(s);
}

static void keeper_turn(struct mongo_store *s, arena *a, int64_t *next_ms)
{
    if (!s->loaded) {
        load(s, a);
        return;
    }
    struct pending *first = batch_take(s);
    if (first)
        batch_commit(s, a, first);
    bool wanted = s->looks_wanted > s->looks_ended;
    if (!wanted && (s->waiting.first || loop_now_ms() < *next_ms))
        return;
    if (!sqlite_restore_runs(s->inner.db)) {
        look(s, a);
    } else { /* the log is what the restore will make of it */
        s->looks_ended = ++s->looks_begun;
        lookers_wake(s);
    }
    bool awaited = s->news.awaited && s->news.awaited(s->news.arg);
    *next_ms = loop_now_ms() + (awaited ? POLL_AWAITED_MS : POLL_MS);
}

void movies_keeper_run(void *store)
{
    struct mongo_store *s = store;
    int64_t next_ms = 0;
    s->keeper = fiber_self();
    arena *a = arena_new(BYTES_MAX);
    while (!s->closing || s->waiting.first) {
        keeper_turn(s, a, &next_ms);
        arena_reset(a);
        if (s->loaded && !s->closing && !s->waiting.first && s->looks_wanted <= s->looks_ended)
            fiber_park("acts, or other replicas' entries", next_ms);
        if (s->closing && !s->loaded)
            break;
    }
    arena_free(a);
    s->keeper = NULL;
    everybody_refuse(s);
}
