/* service.c - analytics put together: its store, and the owners whose facts it folds. */
#include "services/analytics/service.h"

#include "lib/loop/loop.h"
#include "services/analytics/analytics.h"

/* --- health --- */

/* While an owner is away its facts are as old as its last word; before its first facts have all come nothing can be answered. */
static void owner_check(struct health_check *check, struct app *app)
{
    const struct follower *f = &((const struct owner *)check->arg)->follower;
    check->away = !f->in_touch;
    check->needed = !f->whole;
    check->age_s = f->heard_ms > 0 ? (loop_now_ms() - f->heard_ms) / 1000 : (clock_now().ms - app->started.ms) / 1000;
    if (f->in_touch)
        check->age_s = 0; /* it is in a long poll, which has not ended */
}

static void store_check(struct health_check *check, struct app *app)
{
    struct analytics *svc = app->service;
    arena *a = arena_new(64 * 1024);
    check->away = svc->store->check(svc->store, a) != NULL;
    arena_free(a);
}

static const fault *owner_open(struct app *app, struct owner *o, const char *name, str url)
{
    TRY(app_open_upstream(app, name, url, &o->upstream));
    if (!o->upstream)
        return fault_new(app->boot, FAULT_INVALID, "setting_invalid", "Analytics cannot do without %s.", name);
    app->checks[app->check_count++] =
        (struct health_check){ .name = name, .arg = o, .run = owner_check, .needed = true,
                               .breaker = upstream_breaker(o->upstream) };
    return NULL;
}

/* --- the store --- */

/* An address out of names and a password that may hold any sign. */
static void url_put(struct buf *url, str part)
{
    for (size_t i = 0; i < part.len; i++)
        buf_printf(url, "%%%02x", (unsigned)(unsigned char)part.at[i]);
}

/* The old system's names for its warehouse, as one address; no text when none is set. */
static str url_of_old_names(arena *a, const struct settings *set)
{
    struct buf url = { .in = a };
    if (set->rds_endpoint.len == 0)
        return (str){ NULL, 0 };
    buf_literal(&url, "postgres://");
    url_put(&url, set->rds_user);
    if (set->rds_password.len > 0)
        buf_char(&url, ':');
    url_put(&url, set->rds_password);
    buf_printf(&url, "@%.*s:%lld/", STR_ARG(set->rds_endpoint), (long long)set->rds_port);
    url_put(&url, set->rds_database);
    return buf_str(&url);
}

/* *url: none when it is the embedded one, in *directory. */
static const fault *store_choose(arena *a, const struct settings *set, str *url, const char **directory)
{
    *url = set->analytics_database_url;
    *directory = arena_cstr(a, set->data_dir);
    if (url->len == 0)
        *url = url_of_old_names(a, set);
    if (url->len == 0 || str_starts(*url, STR("postgres://")) || str_starts(*url, STR("postgresql://")))
        return NULL;
    if (!str_starts(*url, STR("sqlite:")))
        return fault_new(a, FAULT_INVALID, "setting_invalid",
                         "ANALYTICS_DATABASE_URL must begin with sqlite: or postgres://.");
    *directory = arena_cstr(a, str_after(*url, 7));
    *url = (str){ NULL, 0 };
    return NULL;
}

/* "05:00", which the settings' own check has read already. */
static int32_t clock_seconds(str text)
{
    int64_t hours = 0, minutes = 0;
    if (!str_to_int((str){ text.at, 2 }, &hours) || !str_to_int(str_after(text, 3), &minutes))
        return 0;
    return (int32_t)(hours * 3600 + minutes * 60);
}

static const fault *store_open(struct app *app, struct analytics *svc)
{
    str url;
    const char *directory = NULL;
    TRY(store_choose(app->boot, app->settings, &url, &directory));
    svc->day_starts_s = clock_seconds(app->settings->day_starts);
    svc->week_starts = app->settings->week_starts;
    str zone = app->settings->time_zone;
    if (url.len > 0)
        TRY(analytics_postgres_open(app->boot, &svc->store, url, zone, svc->day_starts_s));
    else
        TRY(analytics_sqlite_open(app->boot, &svc->store, directory, zone, svc->day_starts_s));
    app->checks[app->check_count++] = (struct health_check){ .name = "store", .run = store_check, .needed = true };
    return NULL;
}

static const fault *analytics_schema(arena *a, const struct settings *set, struct schema_seen *out)
{
    str url;
    const char *directory = NULL;
    TRY(store_choose(a, set, &url, &directory));
    return analytics_look(a, url, directory, out);
}

/* --- life --- */

static const fault *analytics_open(struct app *app)
{
    struct analytics *svc = NEW(app->boot, struct analytics);
    const struct settings *set = app->settings;
    const str urls[OWNER_COUNT] = { set->movies_api_url, set->rooms_api_url, set->reservations_api_url };
    app->service = svc;
    TRY(store_open(app, svc));
    svc->owners.store = svc->store;
    for (enum owner_name i = MOVIES; i < OWNER_COUNT; i++)
        TRY(owner_open(app, &svc->owners.of[i], analytics_owner_names[i], urls[i]));
    return analytics_follow(&svc->owners, app->boot);
}

static void analytics_drain(struct app *app)
{
    struct analytics *svc = app->service;
    analytics_owners_stop(&svc->owners);
}

/* Also after an open that failed half way. */
static void analytics_close(struct app *app)
{
    struct analytics *svc = app->service;
    analytics_owners_close(&svc->owners);
    if (svc->store)
        svc->store->close(svc->store);
}

/* --- metrics --- */

static void each_owner(struct buf *out, const struct analytics *svc, const char *name, const char *type,
                       int64_t (*value)(const struct owner *o))
{
    buf_printf(out, "# TYPE %s %s\n", name, type);
    for (size_t i = 0; i < OWNER_COUNT; i++)
        buf_printf(out, "%s{owner=\"%s\"} %lld\n", name, analytics_owner_names[i],
                   (long long)value(&svc->owners.of[i]));
}

static int64_t snapshots(const struct owner *o)
{
    return (int64_t)o->follower.snapshots_total;
}

static int64_t events(const struct owner *o)
{
    return (int64_t)o->follower.applied_total;
}

static int64_t unread(const struct owner *o)
{
    return o->unread_total;
}

static int64_t position(const struct owner *o)
{
    return o->follower.position;
}

static int64_t whole(const struct owner *o)
{
    return o->follower.whole;
}

static void analytics_metrics(struct app *app, struct buf *out)
{
    const struct analytics *svc = app->service;
    each_owner(out, svc, "taquilla_feed_snapshots_total", "counter", snapshots);
    each_owner(out, svc, "taquilla_feed_events_total", "counter", events);
    each_owner(out, svc, "taquilla_feed_unread_total", "counter", unread);
    each_owner(out, svc, "taquilla_feed_position", "gauge", position);
    each_owner(out, svc, "taquilla_feed_whole", "gauge", whole);
    svc->store->metrics(svc->store, out);
}

const struct service analytics_service = {
    .name = "analytics",
    .health_name = "analytics-api",
    .title = "Taquilla analytics",
    .about = "The figures of the house, exact to the cent over everything that was ever sold: revenue, films, rooms, "
             "users. Days, weeks and months are those of the house's clock (TIME_ZONE).",
    .port = 3005,
    .routes = analytics_routes,
    .open = analytics_open,
    .close = analytics_close,
    .drain = analytics_drain,
    .schema = analytics_schema,
    .metrics = analytics_metrics,
};
