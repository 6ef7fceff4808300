/* service.c - ingestion put together: the owners it reads, backups by schedule, and no cloud yet. */
#include "services/ingestion/service.h"

#include "lib/base/log.h"
#include "services/ingestion/ingestion.h"

static const fault *owner_open(struct app *app, struct ingestion *svc, const char *name, str url)
{
    for (size_t i = 0; i < BACKUP_OWNERS; i++) {
        if (!str_equal(str_of(ingestion_owner_names[i]), str_of(name)))
            continue;
        TRY(app_open_upstream(app, name, url, &svc->owners.of[i]));
        if (svc->owners.of[i])
            app_check_upstream(app, ingestion_owner_names[i], svc->owners.of[i], false);
    }
    return NULL;
}

/* A backup that failed is shown and does not make the service unwell: a balancer that took it away would mend nothing. */
static void backup_check(struct health_check *check, struct app *app)
{
    const struct scheduler *s = &((struct ingestion *)app->service)->scheduler;
    instant since = s->last_name[0] ? s->last.made_at : s->began;
    int64_t age_ms = clock_now().ms - since.ms;
    check->away = s->failed;
    check->age_s = age_ms > 0 ? age_ms / 1000 : 0;
}

static const fault *ingestion_open(struct app *app)
{
    struct ingestion *svc = NEW(app->boot, struct ingestion);
    app->service = svc;
    svc->settings = app->own;
    svc->program = arena_printf(app->boot, "taquilla %s", taquilla_version).at;
    TRY(owner_open(app, svc, "movies", app->settings->movies_api_url));
    TRY(owner_open(app, svc, "rooms", app->settings->rooms_api_url));
    TRY(owner_open(app, svc, "reservations", app->settings->reservations_api_url));
    if (ingestion_cloud_wished(svc->settings))
        log_line("warn", "cloud_not_configured", "AWS settings are there, and this version does not speak to AWS.");
    if (svc->settings->backup_dir.len > 0)
        app->checks[app->check_count++] = (struct health_check){ .name = "backup", .run = backup_check };
    return ingestion_scheduler_start(svc, app->boot);
}

static void ingestion_drain(struct app *app)
{
    ingestion_scheduler_stop(app->service);
}

/* Also after an open that failed half way. */
static void ingestion_close(struct app *app)
{
    struct ingestion *svc = app->service;
    ingestion_scheduler_await(svc);
    for (size_t i = 0; i < BACKUP_OWNERS; i++)
        if (svc->owners.of[i])
            upstream_close(svc->owners.of[i]);
}

static void ingestion_health(struct app *app, struct buf *out)
{
    ingestion_health_write(app->service, out);
}

static void ingestion_metrics(struct app *app, struct buf *out)
{
    ingestion_metrics_write(app->service, out);
}

const struct service ingestion_service = {
    .name = "ingestion",
    .health_name = "data-ingestion-service",
    .title = "Taquilla ingestion",
    .about = "Safe copies of every table: into a directory by schedule, and into the cloud once one is configured.",
    .port = 3006,
    .routes = ingestion_routes,
    .settings = &ingestion_settings_shape,
    .settings_size = sizeof(struct ingestion_settings),
    .open = ingestion_open,
    .close = ingestion_close,
    .drain = ingestion_drain,
    .health = ingestion_health,
    .health_gives = &ingestion_health_shape,
    .metrics = ingestion_metrics,
};
