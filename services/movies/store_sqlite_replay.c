/* store_sqlite_replay.c - films and genres from what the log tells of them: each event is the whole document, which is written over. */
#include "services/movies/replay.h"

#include "lib/json/read.h"
#include "services/movies/store_sqlite.h"

static const fault *genre_replay(struct sql *db, arena *a, const struct event *e)
{
    struct genre about = { 0 };
    TRY(json_restore(a, e->data, &genre_shape, &about));
    TRY(sql_run(db, a, "DELETE FROM genres WHERE id = ?1", BIND(sql_text(about.id))));
    return genre_put(db, a, &about);
}

static const fault *movie_replay(struct sql *db, arena *a, const struct event *e)
{
    struct movie about = { 0 };
    TRY(json_restore(a, e->data, &movie_shape, &about));
    TRY(movie_put(db, a, &about));
    return movie_poster_forget(db, a, &about);
}

static const fault *events_replay(struct sql *db, arena *a, void *arg)
{
    const list *events = arg;
    for (size_t i = 0; i < events->count; i++) {
        const struct event *e = LIST_AT(events, struct event, i);
        TRY(sqlite_log_take(db, a, e));
        if (str_starts(e->type, STR("movie.")))
            TRY(movie_replay(db, a, e));
        else if (str_starts(e->type, STR("genre.")))
            TRY(genre_replay(db, a, e));
    }
    return NULL;
}

static const fault *events_take(void *store, arena *a, const list *events)
{
    list wanted = *events;
    return sqlite_write(STORE_OF(store)->db, a, events_replay, &wanted);
}

static void store_close(void *store)
{
    struct store *s = store;
    s->close(s);
}

static void nobody_waits(void *arg, int64_t position)
{
    (void)arg, (void)position;
}

const fault *movies_replayer_open(arena *boot, struct replayer *out, const char *directory)
{
    struct store *s;
    TRY(movies_sqlite_open(boot, &s, directory, nobody_waits, NULL));
    *out = (struct replayer){ .store = s, .exporter = s->exporter, .take = events_take, .close = store_close };
    return NULL;
}
