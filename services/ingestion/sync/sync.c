/* sync.c - runs of the sync: which pages are read, in which order, and how far they have come. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "services/ingestion/sync/sync_parts.h"
#include "services/ingestion/sync/told.h"

#define PAGE_BYTES_MAX ((size_t)512 * 1024 * 1024)
#define LOOK_MS 20

/* Owners in the order in which they are read: showings are known before the reservations for them. */
static const struct {
    sync_fold *fold;
    int64_t events_max; /* of a page: facts of seats are long */
} passes[SYNC_OWNERS] = {
    [SYNC_OF_MOVIES] = { sync_fold_movies, 1000 },
    [SYNC_OF_ROOMS] = { sync_fold_rooms, 200 },
    [SYNC_OF_RESERVATIONS] = { sync_fold_reservations, 1000 },
};

/* --- what a page is made of --- */

struct sync_write *sync_write_add(struct sync_page *p, enum cloud_table table, int64_t position)
{
    struct sync_write *made = &p->writes[p->write_count++];
    *made = (struct sync_write){ .table = p->s->set.cloud->tables[table].name, .position = position };
    return made;
}

void sync_tombstone_add(struct sync_page *p, enum cloud_table table, str id, int64_t position)
{
    const struct dynamodb_key *key = &p->s->set.cloud->tables[table].key;
    sync_write_add(p, table, position)->item = item_tombstone(p->a, key->name, key->type, id, position, clock_now());
}

struct keyed {
    str subject;
    size_t index;
};

static int by_key(const void *left, const void *right)
{
    const struct keyed *a = left, *b = right;
    size_t shorter = a->subject.len < b->subject.len ? a->subject.len : b->subject.len;
    int order = shorter > 0 ? memcmp(a->subject.at, b->subject.at, shorter) : 0;
    if (order == 0 && a->subject.len != b->subject.len)
        order = a->subject.len < b->subject.len ? -1 : 1;
    return order ? order : (a->index > b->index) - (a->index < b->index);
}

ids sync_newest(const struct sync_page *p, const char *type)
{
    struct keyed *keyed = NEW_ARRAY(p->a, struct keyed, p->events->count + 1);
    ids newest = { NEW_ARRAY(p->a, int64_t, p->events->count + 1), 0 };
    size_t count = 0;
    for (size_t i = 0; i < p->events->count; i++)
        if (str_starts(LIST_AT(p->events, const struct event, i)->type, str_of(type)))
            keyed[count++] = (struct keyed){ LIST_AT(p->events, const struct event, i)->subject, i };
    qsort(keyed, count, sizeof *keyed, by_key);
    for (size_t i = 0; i < count; i++)
        if (i + 1 == count || !str_equal(keyed[i].subject, keyed[i + 1].subject))
            newest.at[newest.count++] = (int64_t)keyed[i].index;
    return newest;
}

/* --- one owner --- */

struct pass {
    struct sync *s;
    enum sync_owner owner;
    unsigned tables;   /* of that owner */
    int64_t after;
    int64_t *synced;
    bool over;
};

static const fault *page_take(struct pass *pass, arena *a)
{
    struct sync *s = pass->s;
    struct event_page told = { 0 };
    int64_t most = passes[pass->owner].events_max < s->set.cloud->batch_rows ? passes[pass->owner].events_max : s->set.cloud->batch_rows;
    TRY(told_feed(sync_upstream(s, pass->owner), a, pass->after, most, &told));
    struct sync_page page = { .s = s, .a = a, .tables = pass->tables, .events = &told.events, .synced = pass->synced,
                              .writes = NEW_ARRAY(a, struct sync_write, told.events.count + 1) };
    TRY(passes[pass->owner].fold(&page));
    TRY(sync_write_all(s, a, page.writes, page.write_count));
    pass->after += (int64_t)told.events.count;
    pass->over = pass->after >= told.position;
    s->ends[pass->owner] = told.position;
    bool moved = false;
    for (unsigned i = 0; i < SYNC_TABLES; i++) {
        if (!(pass->tables & 1u << i) || s->positions[i] >= pass->after)
            continue;
        s->positions[i] = pass->after;
        moved = true;
    }
    return moved ? sync_state_save(s, a) : NULL;
}

static const fault *paused(arena *a)
{
    return fault_new(a, FAULT_CONFLICT, "job_running", "A migration or another sync is under way; what happens meanwhile is copied after it.");
}

static const fault *busy(arena *a)
{
    return fault_new(a, FAULT_UNAVAILABLE, "sync_busy", "Another sync is under way. Ask again later.");
}

static const fault *pages_take(struct pass *pass, arena *a, arena *of_page)
{
    while (!pass->over) {
        arena_reset(of_page);
        const fault *problem = page_take(pass, of_page);
        if (problem)
            return fault_copy(a, problem);
        if (pass->s->paused && !pass->over)
            return paused(a);
        if (pass->s->ending && !pass->over)
            return fault_new(a, FAULT_UNAVAILABLE, "sync_stopped",
                             "The sync ended because the service stops; it goes on from there.");
    }
    return NULL;
}

static const fault *owner_pass(struct pass *pass, arena *a, instant since)
{
    struct upstream *u = sync_upstream(pass->s, pass->owner);
    pass->after = INT64_MAX;
    for (unsigned i = 0; i < SYNC_TABLES; i++)
        if (pass->tables & 1u << i && pass->s->positions[i] < pass->after)
            pass->after = pass->s->positions[i];
    if (!u || pass->after == INT64_MAX)
        return NULL;
    arena *of_page = arena_new(PAGE_BYTES_MAX);
    int64_t then = INT64_MAX;
    const fault *problem = since.ms == TIME_NONE ? NULL : told_position_at(u, of_page, since, &then);
    problem = problem ? fault_copy(a, problem) : NULL;
    if (then < pass->after)
        pass->after = then;
    if (!problem)
        problem = pages_take(pass, a, of_page);
    arena_free(of_page);
    return problem;
}

/* --- a run --- */

/* What makes one item moves together. */
static unsigned with_kin(unsigned tables)
{
    static const unsigned kin[] = {
        1u << SYNC_MOVIES | 1u << SYNC_GENRES,
        1u << SYNC_ROOMS | 1u << SYNC_SEATS,
        1u << SYNC_RESERVATIONS | 1u << SYNC_RESERVED_SEATS | 1u << SYNC_PAYMENTS,
    };
    unsigned all = tables;
    for (size_t i = 0; i < COUNT_OF(kin); i++)
        all |= tables & kin[i] ? kin[i] : 0;
    return all;
}

static const fault *passes_run(struct sync *s, arena *a, unsigned tables, instant since, int64_t *synced)
{
    for (unsigned owner = 0; owner < SYNC_OWNERS; owner++) {
        struct pass pass = { .s = s, .owner = (enum sync_owner)owner, .synced = synced };
        for (unsigned i = 0; i < SYNC_TABLES; i++)
            if (tables & 1u << i && sync_owner_of((enum sync_table)i) == pass.owner)
                pass.tables |= 1u << i;
        TRY(owner_pass(&pass, a, since));
    }
    return NULL;
}

static const fault *turn_await(struct sync *s, arena *a)
{
    int64_t until_ms = loop_now_ms() + SYNC_WAIT_MS;
    while (s->running && !s->paused) {
        if (loop_now_ms() > until_ms)
            return busy(a);
        fiber_sleep(LOOK_MS);
    }
    return s->paused ? paused(a) : NULL;
}

static const fault *run_alone(struct sync *s, arena *a, unsigned tables, instant since, int64_t *synced)
{
    bool locked;
    TRY(sync_lock(s, a, &locked));
    if (!locked)
        return paused(a);
    const fault *problem = sync_state_again(s, a);
    instant began = clock_now();
    if (!problem)
        problem = passes_run(s, a, with_kin(tables), since, synced);
    if (!problem && tables == SYNC_ALL) {
        s->last_ok = began;
        problem = sync_state_save(s, a);
    }
    sync_unlock(s);
    return problem;
}

static void told(struct sync *s, const fault *problem)
{
    if (problem && (str_equal(str_of(problem->code), STR("job_running")) || s->ending))
        return;
    s->failed = problem != NULL;
    if (!problem)
        return;
    s->failures++;
    snprintf(s->code, sizeof s->code, "%s", problem->code);
    log_line("error", "sync_failed", "%s: %.*s", problem->code, STR_ARG(problem->internal.at ? problem->internal : problem->sentence));
}

const fault *sync_run(struct sync *s, arena *a, unsigned tables, instant since, int64_t synced[SYNC_TABLES])
{
    int64_t counts[SYNC_TABLES] = { 0 };
    TRY(turn_await(s, a));
    s->running = true;
    const fault *problem = run_alone(s, a, tables, since, counts);
    s->running = false;
    s->runs++;
    told(s, problem);
    for (size_t i = 0; i < SYNC_TABLES; i++)
        s->records[i] += (uint64_t)counts[i];
    if (synced)
        memcpy(synced, counts, sizeof counts);
    return problem;
}

/* --- open, pause, stamp --- */

void sync_open(struct sync *s, arena *a, const struct sync_setup *setup)
{
    *s = (struct sync){ .set = *setup, .began = clock_now(), .next = INSTANT_NONE, .lock_fd = -1 };
    sync_state_load(s, a);
}

void sync_close(struct sync *s)
{
    item_showings_forget(&s->showings);
}

const fault *sync_pause(struct sync *s, arena *a)
{
    int64_t until_ms = loop_now_ms() + SYNC_WAIT_MS;
    bool locked = false;
    const fault *problem = NULL;
    s->paused = true;
    while (!problem && !locked) {
        if (!s->running)
            problem = sync_lock(s, a, &locked);
        if (!problem && !locked && loop_now_ms() > until_ms)
            problem = busy(a);
        if (!problem && !locked)
            fiber_sleep(LOOK_MS);
    }
    if (problem)
        s->paused = false;
    return problem;
}

void sync_resume(struct sync *s)
{
    sync_unlock(s);
    s->paused = false;
}

const fault *sync_stamp(struct sync *s, arena *a, const char *owner, int64_t position)
{
    for (unsigned i = 0; i < SYNC_TABLES; i++)
        if (str_equal(str_of(sync_owner_names[sync_owner_of((enum sync_table)i)]), str_of(owner)))
            s->positions[i] = position;
    if (str_equal(str_of(owner), STR("rooms"))) { /* its log may be another one now */
        item_showings_forget(&s->showings);
        s->showings_known = false;
    }
    return sync_state_save(s, a);
}
