/* service.c - analytics put together: the owners it reads, what it keeps of them, how well it knows them. */
#include "services/analytics/service.h"

#include "lib/loop/loop.h"
#include "services/analytics/analytics.h"

#define PROBE_EVERY_MS 2000
#define PROBE_BYTES_MAX ((size_t)1024 * 1024)

static const char *const owner_names[OWNER_COUNT] = { "movies", "rooms", "reservations" };

/* --- health --- */

/* While an owner is away its facts are as old as the last time they were known to be the present ones; without facts
 * nothing can be answered. */
static void owner_check(struct health_check *check, struct app *app)
{
    struct analytics *svc = app->service;
    size_t i = 0;
    while (i < OWNER_COUNT - 1 && &svc->owners.of[i] != check->arg)
        i++;
    struct owner *o = &svc->owners.of[i];
    if (check->asked_ms == 0 || loop_now_ms() - check->asked_ms >= PROBE_EVERY_MS) {
        check->asked_ms = loop_now_ms();
        arena *a = arena_new(PROBE_BYTES_MAX);
        analytics_probe(o, a);
        arena_free(a);
    }
    int64_t well_ms = o->away && o->facts ? o->confirmed_ms : o->heard_ms;
    check->away = o->away;
    check->needed = !o->facts;
    check->age_s = well_ms > 0 ? (loop_now_ms() - well_ms) / 1000 : (clock_now().ms - app->started.ms) / 1000;
}

static const fault *owner_open(struct app *app, struct owner *o, str url)
{
    TRY(app_open_upstream(app, o->name, url, &o->upstream));
    if (!o->upstream)
        return fault_new(app->boot, FAULT_INVALID, "setting_invalid", "Analytics cannot do without %s.", o->name);
    app->checks[app->check_count++] =
        (struct health_check){ .name = o->name, .arg = o, .run = owner_check, .needed = true,
                               .breaker = upstream_breaker(o->upstream) };
    return NULL;
}

/* --- life --- */

static const fault *analytics_open(struct app *app)
{
    struct analytics *svc = NEW(app->boot, struct analytics);
    const struct settings *set = app->settings;
    const str urls[OWNER_COUNT] = { set->movies_api_url, set->rooms_api_url, set->reservations_api_url };
    app->service = svc;
    for (enum owner_name i = MOVIES; i < OWNER_COUNT; i++) {
        svc->owners.of[i].name = owner_names[i];
        svc->owners.of[i].which = i;
        TRY(owner_open(app, &svc->owners.of[i], urls[i]));
    }
    return NULL;
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
    analytics_kept_free(&svc->kept);
}

/* --- metrics --- */

static void each_owner(struct buf *out, const struct analytics *svc, const char *name, const char *type,
                       int64_t (*value)(const struct owner *o))
{
    buf_printf(out, "# TYPE %s %s\n", name, type);
    for (size_t i = 0; i < OWNER_COUNT; i++)
        buf_printf(out, "%s{owner=\"%s\"} %lld\n", name, svc->owners.of[i].name,
                   (long long)value(&svc->owners.of[i]));
}

static int64_t readings(const struct owner *o)
{
    return (int64_t)o->readings_total;
}

static int64_t failures(const struct owner *o)
{
    return (int64_t)o->failures_total;
}

static int64_t position(const struct owner *o)
{
    return o->facts ? o->facts->position : 0;
}

static int64_t rows(const struct owner *o)
{
    return o->facts ? o->facts->rows : 0;
}

static void analytics_metrics(struct app *app, struct buf *out)
{
    const struct analytics *svc = app->service;
    each_owner(out, svc, "taquilla_readings_total", "counter", readings);
    each_owner(out, svc, "taquilla_readings_failed_total", "counter", failures);
    each_owner(out, svc, "taquilla_facts_position", "gauge", position);
    each_owner(out, svc, "taquilla_facts_rows", "gauge", rows);
    buf_printf(out,
               "# TYPE taquilla_kept_hits_total counter\ntaquilla_kept_hits_total %llu\n"
               "# TYPE taquilla_kept_misses_total counter\ntaquilla_kept_misses_total %llu\n",
               (unsigned long long)svc->kept.hits, (unsigned long long)svc->kept.misses);
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
    .metrics = analytics_metrics,
};
