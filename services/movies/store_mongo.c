/* store_mongo.c - the store on MongoDB: opened while its server may still be away, asked by way of its tables in memory, closed. */
#include "services/movies/store_mongo_posters.h"

#include <string.h>

#include "lib/base/log.h"

#define OPEN_WAIT_MS 5000
#define MIGRATIONS_MAX 16

const fault *movies_store_away(arena *a)
{
    fault *away = fault_new(a, FAULT_UNAVAILABLE, "store_unavailable",
                            "The store cannot be reached at the moment; please try again.");
    away->retry_after_s = 1;
    return away;
}

void movies_store_tell(struct mongo_store *s, const char *code, const fault *problem)
{
    if (!problem || (s->told && strcmp(s->told, problem->code) == 0))
        return;
    s->told = problem->code;
    log_line("warn", code, "%s: %.*s", problem->code, STR_ARG(problem->internal.at ? problem->internal : problem->sentence));
}

static const fault *ready(const struct mongo_store *s, arena *a)
{
    return s->loaded ? NULL : movies_store_away(a);
}

/* --- reads: from memory, once all is there --- */

/* Who misses something reads the log to its end first: another replica may just have made it. */
static const fault *movie_show(struct store *store, arena *a, str id, struct movie *out)
{
    struct mongo_store *s = MONGO_STORE_OF(store);
    TRY(ready(s, a));
    const fault *problem = s->on_tables.movie_show(store, a, id, out);
    if (!problem || problem->kind != FAULT_NOT_FOUND)
        return problem;
    TRY(movies_log_reach(s, a));
    return s->on_tables.movie_show(store, a, id, out);
}

static const fault *movie_text(struct store *store, arena *a, str id, struct written *out)
{
    struct mongo_store *s = MONGO_STORE_OF(store);
    TRY(ready(s, a));
    const fault *problem = s->on_tables.movie_text(store, a, id, out);
    if (!problem || problem->kind != FAULT_NOT_FOUND)
        return problem;
    TRY(movies_log_reach(s, a));
    return s->on_tables.movie_text(store, a, id, out);
}

static const fault *movies_lookup(struct store *store, arena *a, const list *wishes, list *out)
{
    struct mongo_store *s = MONGO_STORE_OF(store);
    TRY(ready(s, a));
    TRY(movies_log_reach(s, a));
    return s->on_tables.movies_lookup(store, a, wishes, out);
}

static const fault *movie_list(struct store *store, arena *a, const struct movie_filter *filter, list *out, int64_t *total)
{
    TRY(ready(MONGO_STORE_OF(store), a));
    return MONGO_STORE_OF(store)->on_tables.movie_list(store, a, filter, out, total);
}

static const fault *movie_search(struct store *store, arena *a, const struct movie_filter *filter, list *out,
                                 int64_t *total)
{
    TRY(ready(MONGO_STORE_OF(store), a));
    return MONGO_STORE_OF(store)->on_tables.movie_search(store, a, filter, out, total);
}

static const fault *movie_featured(struct store *store, arena *a, int64_t limit, list *out)
{
    TRY(ready(MONGO_STORE_OF(store), a));
    return MONGO_STORE_OF(store)->on_tables.movie_featured(store, a, limit, out);
}

static const fault *genre_list(struct store *store, arena *a, list *out)
{
    TRY(ready(MONGO_STORE_OF(store), a));
    return MONGO_STORE_OF(store)->on_tables.genre_list(store, a, out);
}

static const fault *movies_after(struct store *store, arena *a, str id, int64_t limit, list *out)
{
    TRY(ready(MONGO_STORE_OF(store), a));
    return MONGO_STORE_OF(store)->on_tables.movies_after(store, a, id, limit, out);
}

static const fault *genres_after(struct store *store, arena *a, str id, int64_t limit, list *out)
{
    TRY(ready(MONGO_STORE_OF(store), a));
    return MONGO_STORE_OF(store)->on_tables.genres_after(store, a, id, limit, out);
}

/* Who asks for the end, or for more than there is, gets the end that the server knows. */
static const fault *feed_read(void *store, arena *a, int64_t after, int64_t limit, struct event_page *out)
{
    struct mongo_store *s = store;
    TRY(ready(s, a));
    if (limit == 0 || after + limit > sqlite_position(s->inner.db))
        TRY(movies_log_reach(s, a));
    return s->on_tables.feed_read(store, a, after, limit, out);
}

/* --- upkeep --- */

static const fault *sweep_act(struct sql *db, arena *a, void *arg)
{
    (void)arg;
    return sqlite_once_sweep(db, a);
}

/* Keys are forgotten in memory; in the log they stay, and are not read again when they are old. */
static const fault *sweep(struct store *store, arena *a)
{
    struct mongo_store *s = MONGO_STORE_OF(store);
    TRY(ready(s, a));
    TRY(sqlite_memory_run(s->inner.db, a, sweep_act, NULL));
    return movies_mongo_posters_sweep(s, a);
}

static const fault *check(struct store *store, arena *a)
{
    struct mongo_store *s = MONGO_STORE_OF(store);
    TRY(ready(s, a));
    if (s->broken)
        return movies_store_away(a);
    return mongo_check(s->db, a);
}

static void metrics(struct store *store, struct buf *out)
{
    struct mongo_store *s = MONGO_STORE_OF(store);
    int64_t due = 0;
    arena *a = arena_new((size_t)64 * 1024);
    if (sql_number(sqlite_reader(s->inner.db), a, &due, "SELECT count(*) FROM projections_due", NO_BINDS))
        due = -1;
    arena_free(a);
    mongo_metrics(s->db, out);
    buf_printf(out,
               "# TYPE taquilla_store_entries_total counter\ntaquilla_store_entries_total %llu\n"
               "# TYPE taquilla_store_conflicts_total counter\ntaquilla_store_conflicts_total %llu\n"
               "# TYPE taquilla_store_queued gauge\ntaquilla_store_queued %zu\n"
               "# TYPE taquilla_store_projections_due gauge\ntaquilla_store_projections_due %lld\n",
               (unsigned long long)s->entries, (unsigned long long)s->conflicts, s->waiting_count, (long long)due);
}

/* --- the store's life --- */

static void store_close(struct store *store)
{
    struct mongo_store *s = MONGO_STORE_OF(store);
    if (s->closed)
        return;
    s->closing = true;
    while (s->keeper || s->projector) {
        if (s->keeper)
            fiber_wake(s->keeper);
        if (s->projector)
            fiber_wake(s->projector);
        fiber_sleep(1);
    }
    mongo_close(s->db);
    sqlite_close(s->inner.db);
    movies_catalogue_end(&s->inner);
    s->closed = true;
}

static const fault *tables_open(struct mongo_store *s, arena *boot)
{
    struct migration *all = NEW_ARRAY(boot, struct migration, MIGRATIONS_MAX);
    size_t count = 0;
    for (const struct migration *m = movies_migrations; m->number && count < MIGRATIONS_MAX - 2; m++)
        all[count++] = *m;
    for (const struct migration *m = movies_tables_more; m->number && count < MIGRATIONS_MAX - 1; m++)
        all[count++] = *m;
    return sqlite_memory_open(boot, &s->inner.db,
                              &(struct sqlite_memory_setup){ .migrations = all, .write = movies_log_write, .arg = s });
}

static void functions_fill(struct mongo_store *s)
{
    struct store *out = &s->inner.store;
    movies_store_fill(&s->inner);
    s->on_tables = *out;
    out->movie_show = movie_show;
    out->movie_text = movie_text;
    out->movies_lookup = movies_lookup;
    out->movie_list = movie_list;
    out->movie_search = movie_search;
    out->movie_featured = movie_featured;
    out->genre_list = genre_list;
    out->movies_after = movies_after;
    out->genres_after = genres_after;
    out->feed_read = feed_read;
    out->sweep = sweep;
    out->check = check;
    out->metrics = metrics;
    out->close = store_close;
    movies_mongo_posters_fill(out);
    movies_mongo_export_fill(s);
}

const fault *movies_mongo_open(arena *boot, struct store **out, str url, const struct store_news *news)
{
    struct mongo_store *s = NEW(boot, struct mongo_store);
    s->news = *news;
    TRY(mongo_open(boot, &s->db, "MOVIES_DATABASE_URL", url, DATABASE));
    TRY(tables_open(s, boot));
    TRY(movies_catalogue_begin(&s->inner, boot));
    functions_fill(s);
    s->opening = fiber_self();
    if (!fiber_start("store log", movies_keeper_run, s) || !fiber_start("store projection", movies_projector_run, s)) {
        store_close(&s->inner.store);
        return fault_new(boot, FAULT_INTERNAL, "fibers_exhausted", "No fiber is left for the store.");
    }
    int64_t deadline_ms = loop_now_ms() + OPEN_WAIT_MS;
    while (!s->tried && loop_now_ms() < deadline_ms)
        fiber_park("the store's first answer", deadline_ms);
    s->opening = NULL;
    *out = &s->inner.store;
    return NULL;
}
