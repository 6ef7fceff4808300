/* store_sqlite.c - the embedded store of movies: opening it, genres, upkeep. */
#include "services/movies/store_sqlite.h"

#include "lib/base/random.h"

str object_id(arena *a, instant now)
{
    static unsigned char process[5];
    static uint32_t counter;
    static bool begun;
    if (!begun) { /* the one thread that writes comes here */
        random_bytes(process, sizeof process);
        random_bytes(&counter, sizeof counter);
        begun = true;
    }
    counter++;
    return arena_printf(a, "%08llx%02x%02x%02x%02x%02x%06x", (unsigned long long)(now.ms / 1000) & 0xffffffff, process[0],
                        process[1], process[2], process[3], process[4], counter & 0xffffff);
}

/* --- genres --- */

const fault *genre_put(struct sql *db, arena *a, const struct genre *g)
{
    return sql_run(db, a, "INSERT INTO genres (id, name, description, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                   BIND(sql_text(g->id), sql_text(g->name), sql_text(g->description), sql_instant(g->created_at),
                        sql_instant(g->updated_at)));
}

struct genre_act {
    const struct genre *want;
    const struct once *once;
    struct genre made;
};

static const fault *genre_act(struct sql *db, arena *a, void *arg)
{
    struct genre_act *act = arg;
    struct genre *made = &act->made;
    bool seen = false;
    TRY(sqlite_once_recall(db, a, act->once, &genre_shape, made, &seen));
    if (seen)
        return NULL;
    int64_t taken = 0;
    TRY(sql_number(db, a, &taken, "SELECT count(*) FROM genres WHERE name = ?1", BIND(sql_text(act->want->name))));
    if (taken > 0)
        return fault_new(a, FAULT_CONFLICT, "genre_exists", "Genre already exists");
    *made = *act->want;
    made->created_at = made->updated_at = sql_now(db);
    made->id = object_id(a, made->created_at);
    TRY(genre_put(db, a, made));
    TRY(sqlite_log(db, a, "genre.changed", made->id, &genre_shape, made, NULL));
    return sqlite_once_keep(db, a, act->once, &genre_shape, made, 0);
}

static const fault *genre_create(struct store *store, arena *a, const struct genre *want, const struct once *once,
                                 struct genre *out)
{
    struct genre_act act = { .want = want, .once = once };
    TRY(sqlite_write(STORE_OF(store)->db, a, genre_act, &act));
    *out = act.made;
    return NULL;
}

/* --- upkeep --- */

static const fault *sweep_act(struct sql *db, arena *a, void *arg)
{
    (void)arg;
    return sqlite_once_sweep(db, a);
}

static const fault *sweep(struct store *store, arena *a)
{
    return sqlite_write(STORE_OF(store)->db, a, sweep_act, NULL);
}

static const fault *feed_read(void *store, arena *a, int64_t after, int64_t limit, struct event_page *out)
{
    return sqlite_log_read(((struct sqlite_store *)store)->db, a, after, limit, out);
}

static int64_t position(struct store *store)
{
    return sqlite_position(STORE_OF(store)->db);
}

static const fault *check(struct store *store, arena *a)
{
    return sqlite_check(STORE_OF(store)->db, a);
}

static void metrics(struct store *store, struct buf *out)
{
    sqlite_metrics(STORE_OF(store)->db, out);
}

static void store_close(struct store *store)
{
    sqlite_close(STORE_OF(store)->db);
    movies_catalogue_end(STORE_OF(store));
}

/* Every function of a store, on whatever connection it has. */
void movies_store_fill(struct sqlite_store *s)
{
    s->store = (struct store){
        .genre_create = genre_create,
        .sweep = sweep,
        .feed_read = feed_read,
        .position = position,
        .check = check,
        .metrics = metrics,
        .close = store_close,
    };
    store_lists_fill(&s->store);
    store_films_fill(&s->store);
    store_posters_fill(&s->store);
    movies_store_export_fill(s);
    store_film_import_fill(&s->store);
}

static void store_moved(void *store, int64_t position)
{
    struct sqlite_store *s = store;
    if (s->catalogue)
        movies_catalogue_follow(s);
    s->moved(s->moved_arg, position);
}

const fault *movies_sqlite_open(arena *boot, struct store **out, const char *directory,
                                void (*moved)(void *, int64_t position), void *arg)
{
    struct sqlite_store *s = NEW(boot, struct sqlite_store);
    s->moved = moved;
    s->moved_arg = arg;
    TRY(sqlite_open(boot, &s->db,
                    &(struct sqlite_setup){ .directory = directory,
                                            .file = "movies.db",
                                            .service = "movies",
                                            .migrations = movies_migrations,
                                            .moved = store_moved,
                                            .arg = s }));
    movies_store_fill(s);
    const fault *problem = movies_catalogue_begin(s, boot);
    if (!problem)
        problem = movies_catalogue_reach(s, boot);
    if (problem) {
        store_close(&s->store);
        return problem;
    }
    *out = &s->store;
    return NULL;
}
