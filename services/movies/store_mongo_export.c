/* store_mongo_export.c - the tables out of memory at one position, and back: rows are gathered there, and become
 * the log at the end. A document of the server says that a restore is under way; it outlives a crash. */
#include "services/movies/store_mongo_posters.h"

#include <string.h>

#include "lib/base/random.h"
#include "lib/json/read.h"
#include "services/movies/model_poster.h"
#include "services/movies/store_tables.h"

struct mark {
    str id;
    instant started;
};
static const struct field mark_fields[] = {
    FIELD(struct mark, id, "_id"),
    FIELD(struct mark, started, "startedAt"),
};
static const struct shape mark_shape = SHAPE(mark, mark_fields);

/* What is in memory comes from there; parts of posters from the server, for the films as they are in the view. */
struct export_view {
    struct mongo_store *store;
    struct export_view *inner;
    bool of_posters;
    str id, digest; /* the film whose parts are given; in `room` */
    char room[MOVIE_ID_LENGTH + POSTER_DIGEST_LENGTH];
    int64_t part;
};

static const struct exporter *inner_of(const struct export_view *v)
{
    return &v->store->inner.exporter.exporter;
}

static bool is_posters(const struct export_table *t)
{
    return t->row == &poster_part_shape;
}

static const fault *view_open(void *store, arena *a, struct export_view **out, int64_t *position)
{
    struct mongo_store *s = store;
    struct export_view *v = NEW(a, struct export_view);
    if (!s->loaded)
        return movies_store_away(a);
    TRY(movies_log_reach(s, a));
    v->store = s;
    TRY(inner_of(v)->view_open(&s->inner.exporter, a, &v->inner, position));
    *out = v;
    return NULL;
}

/* movies_tables[0] is that of the films. */
static const fault *view_begin(struct export_view *v, arena *a, const struct export_table *t)
{
    v->of_posters = is_posters(t);
    v->digest = (str){ NULL, 0 };
    return inner_of(v)->view_begin(v->inner, a, v->of_posters ? &movies_tables[0] : t);
}

static void film_keep(struct export_view *v, str id, str digest)
{
    memcpy(v->room, id.at, MOVIE_ID_LENGTH);
    memcpy(v->room + MOVIE_ID_LENGTH, digest.at, POSTER_DIGEST_LENGTH);
    v->id = (str){ v->room, MOVIE_ID_LENGTH };
    v->digest = (str){ v->room + MOVIE_ID_LENGTH, POSTER_DIGEST_LENGTH };
    v->part = 0;
}

/* The next film with a poster. *more: there is one. */
static const fault *film_next(struct export_view *v, arena *a, bool *more)
{
    list films;
    for (;;) {
        TRY(inner_of(v)->view_rows(v->inner, a, 1, &films));
        *more = films.count > 0;
        if (!*more)
            return NULL;
        const struct movie *m = LIST_AT(&films, struct movie, 0);
        str digest = poster_digest(m->id, m->poster_url);
        if (!digest.len)
            continue;
        film_keep(v, m->id, digest);
        return NULL;
    }
}

static const fault *view_rows(struct export_view *v, arena *a, int64_t limit, list *rows)
{
    bool more = true, found = false;
    if (!v->of_posters)
        return inner_of(v)->view_rows(v->inner, a, limit, rows);
    *rows = (list){ NEW(a, struct poster_part), 0 };
    while (more && !found) {
        if (!v->digest.len)
            TRY(film_next(v, a, &more));
        if (!more)
            return NULL;
        TRY(movies_mongo_part(v->store, a, v->id, v->digest, v->part++, LIST_AT(rows, struct poster_part, 0), &found));
        if (!found)
            v->digest = (str){ NULL, 0 };
    }
    rows->count = 1;
    return NULL;
}

static void view_close(struct export_view *v)
{
    inner_of(v)->view_close(v->inner);
}

/* --- start and rows --- */

static const fault *collections_empty(struct mongo_store *s, arena *a)
{
    static const char *const names[] = { LOG_COLLECTION, "movies", "genres", POSTERS_COLLECTION, PARTS_COLLECTION };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        TRY(mongo_delete(s->db, a, names[i], (struct mongo_filter){ NULL, 0 }));
    return NULL;
}

/* Only what an unfinished restore left is taken away. */
static const fault *restore_start(void *store, arena *a)
{
    struct mongo_store *s = store;
    struct mark mark = { STR(RESTORE_MARK), clock_now() };
    if (!s->loaded)
        return movies_store_away(a);
    TRY(movies_log_reach(s, a));
    TRY(sqlite_restore_start(s->inner.db, a, &s->inner.exporter.restore));
    const fault *problem = mongo_insert(s->db, a, STATE_COLLECTION, &mark_shape, &mark);
    if (problem && problem->kind != FAULT_CONFLICT)
        return problem;
    return problem ? collections_empty(s, a) : NULL;
}

static const fault *restore_rows(void *store, arena *a, const struct export_table *t, const list *rows)
{
    struct mongo_store *s = store;
    if (is_posters(t))
        return movies_mongo_parts_put(s, a, rows);
    return s->inner.exporter.exporter.restore_rows(&s->inner.exporter, a, t, rows);
}

/* --- finish --- */

static const struct field event_fields[] = {
    FIELD(struct event, position, "position"), FIELD(struct event, type, "type"), FIELD(struct event, subject, "subject"),
    FIELD(struct event, time, "time"),         FIELD(struct event, data, "data"),
};
static const struct shape event_shape = SHAPE(event, event_fields);

static const fault *log_tells_nothing(arena *a, str what, int64_t position)
{
    return fault_new(a, FAULT_CONFLICT, "restore_differs", "The event at position %lld tells no %.*s.", (long long)position,
                     STR_ARG(what));
}

/* Of films and genres the log is all that is kept here: what it does not tell would be gone at the next start. */
static const fault *event_check(arena *a, const struct event *e)
{
    str id = e->subject;
    if (str_starts(e->type, STR("movie."))) {
        struct movie movie = { .id = { NULL, 0 } };
        if (id.len != MOVIE_ID_LENGTH || json_restore(a, e->data, &movie_shape, &movie) || !str_equal(movie.id, id))
            return log_tells_nothing(a, STR("film"), e->position);
    } else if (str_starts(e->type, STR("genre."))) {
        struct genre genre = { .id = { NULL, 0 } };
        if (id.len != MOVIE_ID_LENGTH || json_restore(a, e->data, &genre_shape, &genre) || !str_equal(genre.id, id))
            return log_tells_nothing(a, STR("genre"), e->position);
    }
    return NULL;
}

static const fault *rows_check(struct mongo_store *s, arena *a)
{
    int64_t untold = 0;
    TRY(sql_number(sqlite_reader(s->inner.db), a, &untold,
                   "SELECT (SELECT count(*) FROM movies WHERE id NOT IN (SELECT subject FROM log WHERE type GLOB 'movie.*')) + "
                   "(SELECT count(*) FROM genres WHERE id NOT IN (SELECT subject FROM log WHERE type GLOB 'genre.*'))",
                   NO_BINDS));
    return untold == 0 ? NULL
                       : fault_new(a, FAULT_CONFLICT, "restore_differs", "The log does not tell of %lld films and genres.",
                                   (long long)untold);
}

static const fault *entry_read(struct mongo_store *s, arena *a, int64_t after, struct log_entry *out)
{
    list events;
    size_t bytes = 0;
    TRY(sql_list(sqlite_reader(s->inner.db), a, &event_shape, &events,
                 "SELECT position, type, subject, time_ms AS time, data FROM log WHERE position > ?1 ORDER BY position LIMIT ?2",
                 BIND(sql_int(after), sql_int(ENTRY_EVENTS_MAX))));
    *out = (struct log_entry){ after + 1, random_hex(a, 12), { NEW_ARRAY(a, struct log_event, events.count + 1), 0 } };
    for (size_t i = 0; i < events.count && bytes < ENTRY_BYTES_ENOUGH; i++) {
        const struct event *e = LIST_AT(&events, struct event, i);
        if (e->position != after + 1 + (int64_t)i)
            return fault_new(a, FAULT_CONFLICT, "restore_differs", "The log has a hole before position %lld.",
                             (long long)e->position);
        TRY(event_check(a, e));
        *LIST_AT(&out->events, struct log_event, out->events.count++) =
            (struct log_event){ .type = e->type, .subject = e->subject, .time = e->time, .data = { e->data } };
        bytes += e->data.len;
    }
    return NULL;
}

static const fault *log_send(struct mongo_store *s, arena *a)
{
    for (int64_t after = 0;;) {
        struct log_entry entry;
        TRY(entry_read(s, a, after, &entry));
        if (entry.events.count == 0)
            return NULL;
        const fault *problem = movies_entry_put(s, a, &entry);
        if (problem && problem->kind == FAULT_CONFLICT)
            return fault_new(a, FAULT_CONFLICT, "store_not_empty", "This store has data; only an empty one takes a restore.");
        TRY(problem);
        after += (int64_t)entry.events.count;
    }
}

static const fault *due_act(struct sql *db, arena *a, void *arg)
{
    (void)arg;
    return movies_due_all(db, a);
}

/* Who finds that it broke off here begins anew: start takes away what the server has by then. */
static const fault *restore_finish(void *store, arena *a)
{
    struct mongo_store *s = store;
    if (!sqlite_restore_runs(s->inner.db))
        return fault_new(a, FAULT_CONFLICT, "restore_not_started", "No restore is under way here; start one first.");
    TRY(rows_check(s, a));
    TRY(log_send(s, a));
    TRY(mongo_delete(s->db, a, STATE_COLLECTION, MONGO_WHERE(mongo_is_text("_id", STR(RESTORE_MARK)))));
    TRY(sqlite_restore_finish(s->inner.db, a, &s->inner.exporter.restore));
    movies_catalogue_forget(&s->inner);
    TRY(sqlite_memory_run(s->inner.db, a, due_act, NULL));
    fiber_wake(s->projector);
    if (s->news.moved)
        s->news.moved(s->news.arg, sqlite_position(s->inner.db));
    return NULL;
}

static bool restore_runs(void *store)
{
    return sqlite_restore_runs(((struct mongo_store *)store)->inner.db);
}

void movies_mongo_export_fill(struct mongo_store *s)
{
    s->exporter = s->inner.exporter.exporter;
    s->exporter.store = s;
    s->exporter.view_open = view_open;
    s->exporter.view_begin = view_begin;
    s->exporter.view_rows = view_rows;
    s->exporter.view_close = view_close;
    s->exporter.restore_start = restore_start;
    s->exporter.restore_rows = restore_rows;
    s->exporter.restore_finish = restore_finish;
    s->exporter.restore_runs = restore_runs;
    s->inner.store.exporter = &s->exporter;
}
