/* service.c - rooms put together: its store, the services it asks, its feed, its upkeep. */
#include "services/rooms/service.h"

#include "services/rooms/rooms.h"

#define HEALTH_BYTES_MAX ((size_t)64 * 1024)

static const struct field settings_fields[] = {
    FIELD(struct house_rules, cleaning_minutes, "CLEANING_MINUTES", .fallback = "15", .min = 0,
          .max = 1440, .doc = "minutes that a room stays free between two showings"),
    FIELD(struct house_rules, sales_close_minutes, "SALES_CLOSE_MINUTES", .fallback = "20",
          .min = 0, .max = 1440,
          .doc = "minutes after the start until which a showing is sold, unless it says otherwise"),
};
static const struct shape settings_own_shape = SHAPE(house_rules, settings_fields);

_Static_assert(offsetof(struct rooms, desk) == 0, "owner.h finds the desk there");

static void store_moved(void *arg, int64_t position)
{
    feed_moved(&((struct rooms *)arg)->desk.feed, position);
}

static bool store_awaited(void *arg)
{
    return ((struct rooms *)arg)->desk.feed.readers > 0;
}

static void store_restarted(void *arg)
{
    feed_restart(&((struct rooms *)arg)->desk.feed);
}

static const fault *feed_read(void *arg, arena *a, int64_t after, int64_t limit,
                              struct event_page *out)
{
    struct store *store = arg;
    return store->feed_read(store, a, after, limit, out);
}

static void store_check(struct health_check *check, struct app *app)
{
    struct rooms *svc = app->service;
    arena *a = arena_new(HEALTH_BYTES_MAX);
    check->away = svc->store->check(svc->store, a) != NULL;
    arena_free(a);
}

static const fault *owners_open(struct app *app, struct rooms *svc)
{
    TRY(app_open_upstream(app, "movies", app->settings->movies_api_url, &svc->movies));
    TRY(app_open_upstream(app, "reservations", app->settings->reservations_api_url,
                          &svc->reservations));
    if (svc->movies) {
        TRY(rooms_programme_open(app->boot, &svc->programme, svc->movies, svc->store));
        app_check_upstream(app, "movies", svc->movies, false);
    }
    if (svc->reservations)
        app_check_upstream(app, "reservations", svc->reservations, false);
    return NULL;
}

/* --- which store --- */

static void url_put(struct buf *url, str part)
{
    for (size_t i = 0; i < part.len; i++)
        buf_printf(url, "%%%02x", (unsigned)(unsigned char)part.at[i]);
}

/* The old system's names, as one address. */
static str url_of_old_names(arena *a, const struct settings *s)
{
    struct buf url = { .in = a };
    buf_literal(&url, "mysql://");
    url_put(&url, s->mysql_user);
    buf_char(&url, ':');
    url_put(&url, s->mysql_password);
    buf_char(&url, '@');
    buf_text(&url, s->mysql_host);
    buf_printf(&url, ":%lld/", (long long)s->mysql_port);
    url_put(&url, s->mysql_database);
    return buf_str(&url);
}

static const fault *store_choose(arena *a, const struct settings *s, str *url, const char **directory)
{
    *url = s->rooms_database_url;
    *directory = arena_cstr(a, s->data_dir);
    if (url->len == 0 && s->mysql_host.len > 0)
        *url = url_of_old_names(a, s);
    if (url->len == 0 || str_starts(*url, STR("mysql://")))
        return NULL;
    if (!str_starts(*url, STR("sqlite:")))
        return fault_new(a, FAULT_INVALID, "setting_invalid",
                         "ROOMS_DATABASE_URL must begin with sqlite: or mysql://.");
    *directory = arena_cstr(a, str_after(*url, 7));
    *url = (str){ NULL, 0 };
    return NULL;
}

static const fault *store_open(struct app *app, struct rooms *svc)
{
    str url;
    const char *directory;
    struct store_news news = { store_moved, store_awaited, svc, store_restarted };
    TRY(store_choose(app->boot, app->settings, &url, &directory));
    if (url.len > 0)
        return rooms_mysql_open(app->boot, &svc->store, url, app->own, &news);
    return rooms_sqlite_open(app->boot, &svc->store, directory, app->own, store_moved, svc);
}

static const fault *rooms_schema(arena *a, const struct settings *set, struct schema_seen *out)
{
    str url;
    const char *directory;
    TRY(store_choose(a, set, &url, &directory));
    return rooms_look(a, url, directory, out);
}

static const fault *rooms_open(struct app *app)
{
    struct rooms *svc = NEW(app->boot, struct rooms);
    app->service = svc;
    svc->desk.feed = (struct feed){ .source = "taquilla/rooms", .read = feed_read };
    TRY(store_open(app, svc));
    svc->desk.feed.store = svc->store;
    svc->desk.feed.passed = svc->store->reader_passed;
    svc->desk.archive = svc->store->log_archive;
    svc->desk.log_keep_days = app->settings->log_keep_days;
    svc->desk.exporter = svc->store->exporter;
    svc->desk.parts = rooms_snapshot;
    feed_moved(&svc->desk.feed, svc->store->position(svc->store));
    TRY(relay_open(app->boot, &svc->desk.feed, &svc->desk.relay));
    app->checks[app->check_count++] =
        (struct health_check){ .name = "store", .run = store_check, .needed = true };
    TRY(owners_open(app, svc));
    return rooms_upkeep_start(svc, app->boot);
}

static void rooms_drain(struct app *app)
{
    struct rooms *svc = app->service;
    feed_stop(&svc->desk.feed);
    if (svc->programme)
        rooms_programme_stop(svc->programme);
}

/* Also after an open that failed half way. */
static void rooms_close(struct app *app)
{
    struct rooms *svc = app->service;
    rooms_upkeep_stop(svc);
    if (svc->programme)
        rooms_programme_close(svc->programme);
    if (svc->movies)
        upstream_close(svc->movies);
    if (svc->reservations)
        upstream_close(svc->reservations);
    relay_close(svc->desk.relay);
    if (svc->store)
        svc->store->close(svc->store);
}

static int64_t rooms_position(void *service)
{
    const struct store *store = ((struct rooms *)service)->store;
    return store->position(store);
}

static void rooms_metrics(struct app *app, struct buf *out)
{
    struct rooms *svc = app->service;
    svc->store->metrics(svc->store, out);
    buf_printf(out, "# TYPE taquilla_feed_readers gauge\ntaquilla_feed_readers %zu\n", svc->desk.feed.readers);
    buf_printf(out,
               "# HELP taquilla_showings_meeting_total Showings that a film's new length made meet another, or leave no time to clean.\n"
               "# TYPE taquilla_showings_meeting_total counter\ntaquilla_showings_meeting_total %llu\n",
               svc->programme ? (unsigned long long)rooms_programme_meeting(svc->programme) : 0);
}

const struct service rooms_service = {
    .name = "rooms",
    .health_name = "rooms-api",
    .title = "Taquilla rooms",
    .about = "Rooms, their seats, and the showings in them. No two showings meet in one room.",
    .port = 3002,
    .routes = rooms_routes,
    .settings = &settings_own_shape,
    .settings_size = sizeof(struct house_rules),
    .open = rooms_open,
    .close = rooms_close,
    .drain = rooms_drain,
    .position = rooms_position,
    .closed = owner_closed,
    .schema = rooms_schema,
    .metrics = rooms_metrics,
};
