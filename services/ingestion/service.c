/* service.c - ingestion put together: the owners it reads, the cloud, and what is done by schedule. */
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

/* The cloud away makes the service unwell, as clients of the old one know it; ready it is all the same. */
static void cloud_check(struct health_check *check, struct app *app)
{
    struct ingestion *svc = app->service;
    const struct watch_state *of = check->arg;
    cloud_watch_look(&svc->watch);
    int64_t since_ms = of->well_ms > 0 ? loop_now_ms() - of->well_ms : clock_now().ms - app->started.ms;
    check->away = !of->well;
    check->age_s = of->well ? 0 : since_ms / 1000;
}

static void cloud_checks_add(struct app *app, struct ingestion *svc)
{
    static const char *const names[WATCHED] = { "s3", "dynamodb", "rds" };
    cloud_watch_open(&svc->watch, &svc->cloud, svc->cloud.aws && svc->settings->rds_endpoint.len > 0);
    for (size_t i = 0; i < WATCHED; i++)
        if (svc->watch.of[i].used)
            app->checks[app->check_count++] = (struct health_check){ .name = names[i], .arg = &svc->watch.of[i], .run = cloud_check,
                                                                     .matters = true };
}

/* The lake is as new as DynamoDB, so that a restore to a moment may be to any but the last minutes. */
static void synced(void *arg, arena *a)
{
    struct ingestion *svc = arg;
    struct lake_written made;
    const fault *problem = ingestion_lake_follow(&svc->work, a, &made);
    if (problem && !svc->work.jobs.stopping)
        log_line("error", "lake_failed", "%s: %.*s", problem->code, STR_ARG(problem->sentence));
}

static const fault *cloud_open(struct app *app, struct ingestion *svc)
{
    struct cloud *c = &svc->cloud;
    TRY(ingestion_cloud_open(app->boot, c, svc->settings, app->settings->data_dir));
    c->owners = svc->owners;
    c->admin_token = app->settings->admin_token;
    cloud_checks_add(app, svc);
    if (!c->aws)
        return NULL;
    for (size_t i = 0; i < BACKUP_OWNERS; i++)
        if (!svc->owners.of[i])
            return fault_new(app->boot, FAULT_INVALID, "setting_invalid", "A cloud is configured, and a copy cannot do without %s.",
                             ingestion_owner_names[i]);
    TRY(app_open_upstream(app, "analytics", svc->settings->analytics_api_url, &c->analytics));
    sync_open(&svc->sync, app->boot, &(struct sync_setup){ .cloud = c, .schedule = &svc->settings->syncs,
                                                           .after = synced, .arg = svc,
                                                           .retries_max = svc->settings->retries_max,
                                                           .retry_delay_s = svc->settings->retry_delay_s });
    svc->work = (struct cloud_jobs){ .cloud = c, .settings = svc->settings, .program = svc->program, .sync = &svc->sync };
    TRY(ingestion_cloud_jobs_open(app->boot, &svc->work));
    jobs_resume(&svc->work.jobs);
    return sync_start(&svc->sync, app->boot);
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
    TRY(cloud_open(app, svc));
    if (svc->settings->backup_dir.len > 0 || svc->cloud.aws)
        app->checks[app->check_count++] = (struct health_check){ .name = "backup", .run = backup_check };
    return ingestion_scheduler_start(svc, app->boot);
}

static void ingestion_drain(struct app *app)
{
    struct ingestion *svc = app->service;
    jobs_stop(&svc->work.jobs);
    sync_stop(&svc->sync);
    ingestion_scheduler_stop(svc);
}

/* Also after an open that failed half way. */
static void ingestion_close(struct app *app)
{
    struct ingestion *svc = app->service;
    ingestion_scheduler_await(svc);
    jobs_await(&svc->work.jobs);
    sync_await(&svc->sync);
    sync_close(&svc->sync);
    cloud_watch_close(&svc->watch);
    ingestion_cloud_close(&svc->cloud);
    for (size_t i = 0; i < BACKUP_OWNERS; i++)
        if (svc->owners.of[i])
            upstream_close(svc->owners.of[i]);
    if (svc->cloud.analytics)
        upstream_close(svc->cloud.analytics);
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
    .about = "Safe copies of every table: into a directory and into S3 by schedule, and what is true now in DynamoDB.",
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
