/* service.c - movies put together: its store, and rooms, which knows what is still to be shown. */
#include "services/movies/service.h"

#include "lib/base/log.h"
#include "services/movies/movies.h"

#define SWEEP_EVERY_MS (10 * 60 * 1000)

_Static_assert(offsetof(struct movies, desk) == 0, "owner.h finds the desk there");

static void store_moved(void *arg, int64_t position)
{
    feed_moved(&((struct movies *)arg)->desk.feed, position);
}

static const fault *feed_read(void *arg, arena *a, int64_t after, int64_t limit, struct event_page *out)
{
    struct store *store = arg;
    return store->feed_read(store, a, after, limit, out);
}

static void store_check(struct health_check *check, struct app *app)
{
    struct movies *svc = app->service;
    arena *a = arena_new(64 * 1024);
    check->away = svc->store->check(svc->store, a) != NULL;
    arena_free(a);
}

static void keep(void *arg)
{
    struct movies *svc = arg;
    svc->keeper = fiber_self();
    arena *a = arena_new(1024 * 1024);
    while (!svc->ending) {
        const fault *problem = owner_closed(svc) ? NULL : svc->store->sweep(svc->store, a);
        if (problem)
            log_line("warn", "upkeep_failed", "%s: %.*s", problem->code, STR_ARG(problem->sentence));
        arena_reset(a);
        if (!svc->ending)
            fiber_park("the next look for old keys", loop_now_ms() + SWEEP_EVERY_MS);
    }
    arena_free(a);
    svc->keeper = NULL;
}

static bool store_awaited(void *arg)
{
    return ((struct movies *)arg)->desk.feed.readers > 0;
}

/* Where the films are: as MOVIES_DATABASE_URL says, or the old system's MONGODB_URI. */
static const fault *store_choose(arena *a, const struct settings *s, str *url, const char **directory)
{
    *url = s->movies_database_url.len > 0 ? s->movies_database_url : s->mongodb_uri;
    *directory = arena_cstr(a, s->data_dir);
    if (url->len == 0 || str_starts(*url, STR("mongodb://")) || str_starts(*url, STR("mongodb+srv://")))
        return NULL;
    if (!str_starts(*url, STR("sqlite:")))
        return fault_new(a, FAULT_INVALID, "setting_invalid", "MOVIES_DATABASE_URL must begin with sqlite: or mongodb://.");
    *directory = arena_cstr(a, str_after(*url, 7));
    *url = (str){ NULL, 0 };
    return NULL;
}

static const fault *store_open(struct app *app, struct movies *svc)
{
    str url;
    const char *directory;
    struct store_news news = { store_moved, store_awaited, svc };
    TRY(store_choose(app->boot, app->settings, &url, &directory));
    if (url.len > 0)
        return movies_mongo_open(app->boot, &svc->store, url, &news);
    return movies_sqlite_open(app->boot, &svc->store, directory, store_moved, svc);
}

static const fault *movies_schema(arena *a, const struct settings *set, struct schema_seen *out)
{
    str url;
    const char *directory;
    TRY(store_choose(a, set, &url, &directory));
    return movies_look(a, url, directory, out);
}

static const fault *movies_open(struct app *app)
{
    struct movies *svc = NEW(app->boot, struct movies);
    app->service = svc;
    svc->desk.feed = (struct feed){ .source = "taquilla/movies", .read = feed_read };
    TRY(store_open(app, svc));
    svc->desk.feed.store = svc->store;
    svc->desk.exporter = svc->store->exporter;
    svc->desk.parts = movies_snapshot;
    feed_moved(&svc->desk.feed, svc->store->position(svc->store));
    TRY(relay_open(app->boot, &svc->desk.feed, &svc->desk.relay));
    app->checks[app->check_count++] = (struct health_check){ .name = "store", .run = store_check, .needed = true };
    TRY(app_open_upstream(app, "rooms", app->settings->rooms_api_url, &svc->rooms));
    if (svc->rooms)
        app_check_upstream(app, "rooms", svc->rooms, false);
    if (!fiber_start("upkeep", keep, svc))
        return fault_new(app->boot, FAULT_INTERNAL, "fibers_exhausted", "No fiber is left for upkeep.");
    return NULL;
}

static void movies_drain(struct app *app)
{
    struct movies *svc = app->service;
    feed_stop(&svc->desk.feed);
}

/* Also after an open that failed half way. */
static void movies_close(struct app *app)
{
    struct movies *svc = app->service;
    svc->ending = true;
    while (svc->keeper) {
        fiber_wake(svc->keeper);
        fiber_sleep(1);
    }
    if (svc->rooms)
        upstream_close(svc->rooms);
    relay_close(svc->desk.relay);
    if (svc->store)
        svc->store->close(svc->store);
}

static int64_t movies_position(void *service)
{
    struct store *store = ((struct movies *)service)->store;
    return store->position(store);
}

static void movies_metrics(struct app *app, struct buf *out)
{
    const struct movies *svc = app->service;
    svc->store->metrics(svc->store, out);
    buf_printf(out, "# TYPE taquilla_feed_readers gauge\ntaquilla_feed_readers %zu\n", svc->desk.feed.readers);
}

const struct service movies_service = {
    .name = "movies",
    .health_name = "movies-api",
    .title = "Taquilla movies",
    .about = "Films and genres: listed by date or rating, searched by words.",
    .port = 3001,
    .routes = movies_routes,
    .errors = ERRORS_MOVIES,
    .open = movies_open,
    .close = movies_close,
    .drain = movies_drain,
    .position = movies_position,
    .closed = owner_closed,
    .schema = movies_schema,
    .metrics = movies_metrics,
};
