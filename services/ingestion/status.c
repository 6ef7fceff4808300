/* status.c - how the backups are and what the cloud says, for /health and /metrics. */
#include "lib/json/write.h"
#include "services/ingestion/ingestion.h"

static void instant_write(struct buf *out, const char *name, instant moment)
{
    char room[TIME_TEXT_MAX];
    buf_printf(out, ",\"%s\":", name);
    json_write_text(out, instant_text(room, moment, TIME_Z_MS));
}

/* --- what is written below, for the API's description alone --- */

static const char *const connection_states[] = { "success", "error", "not_configured", NULL };
static const char *const backup_results[] = { "ok", "failed", "none", NULL };

struct connection_told {
    unsigned status;
    str message;
};
static const struct field connection_fields[] = {
    FIELD(struct connection_told, status, "status", .choices = connection_states),
    FIELD(struct connection_told, message, "message"),
};
static const struct shape connection_shape = SHAPE(connection_told, connection_fields);

struct connections_told {
    struct connection_told *s3, *dynamodb, *rds;
};
static const struct field connections_fields[] = {
    FIELD(struct connections_told, s3, "s3", .shape = &connection_shape),
    FIELD(struct connections_told, dynamodb, "dynamodb", .shape = &connection_shape),
    FIELD(struct connections_told, rds, "rds", .shape = &connection_shape),
};
static const struct shape connections_shape = SHAPE(connections_told, connections_fields);

struct backup_told {
    str schedule;
    instant next_at;
    bool running;
    unsigned last_result;
    str last_code, newest;
    instant newest_made_at;
};
static const struct field backup_fields[] = {
    FIELD(struct backup_told, schedule, "schedule"),
    FIELD(struct backup_told, next_at, "next_at", .nullable = true, .form = TIME_Z_MS),
    FIELD(struct backup_told, running, "running"),
    FIELD(struct backup_told, last_result, "last_result", .choices = backup_results),
    FIELD(struct backup_told, last_code, "last_code", .nullable = true),
    FIELD(struct backup_told, newest, "newest", .nullable = true),
    FIELD(struct backup_told, newest_made_at, "newest_made_at", .nullable = true, .form = TIME_Z_MS),
};
static const struct shape backup_shape = SHAPE(backup_told, backup_fields);

struct health_told {
    struct connections_told *aws_connections;
    struct backup_told *backup;
    struct sync_told *sync;
};
static const struct field health_fields[] = {
    FIELD(struct health_told, aws_connections, "aws_connections", .shape = &connections_shape),
    FIELD(struct health_told, backup, "backup", .shape = &backup_shape, .doc = "null: no BACKUP_DIR is set and no cloud"),
    FIELD(struct health_told, sync, "sync", .shape = &sync_told_shape, .doc = "null: no cloud is configured"),
};
const struct shape ingestion_health_shape = SHAPE(health_told, health_fields);

/* --- writing it --- */

static void cloud_write(const struct ingestion *svc, struct buf *out)
{
    static const char *const each[WATCHED] = { "s3", "dynamodb", "rds" };
    buf_literal(out, ",\"aws_connections\":{");
    for (size_t i = 0; i < WATCHED; i++) {
        const struct watch_state *of = &svc->watch.of[i];
        buf_printf(out, "%s\"%s\":{\"status\":\"%s\",\"message\":", i > 0 ? "," : "", each[i],
                   !of->used ? "not_configured" : of->well ? "success" : "error");
        json_write_text(out, of->used ? of->message : STR("Not configured; backups go to a directory."));
        buf_char(out, '}');
    }
    buf_char(out, '}');
}

static const char *last_result(const struct scheduler *s)
{
    return s->failed ? "failed" : s->last_name[0] ? "ok" : "none";
}

/* Names and codes, no path and no sentence: anybody may ask for /health. */
static void backup_write(const struct ingestion *svc, struct buf *out)
{
    const struct scheduler *s = &svc->scheduler;
    if (svc->settings->backup_dir.len == 0 && !svc->cloud.aws) {
        buf_literal(out, ",\"backup\":null");
        return;
    }
    buf_literal(out, ",\"backup\":{\"schedule\":");
    json_write_text(out, svc->settings->backup_schedule);
    instant_write(out, "next_at", s->next);
    buf_printf(out, ",\"running\":%s,\"last_result\":\"%s\",\"last_code\":", s->running ? "true" : "false", last_result(s));
    json_write_text(out, s->failed ? str_of(s->code) : (str){ NULL, 0 });
    buf_literal(out, ",\"newest\":");
    json_write_text(out, s->last_name[0] ? str_of(s->last_name) : (str){ NULL, 0 });
    instant_write(out, "newest_made_at", s->last_name[0] ? s->last.made_at : INSTANT_NONE);
    buf_char(out, '}');
}

void ingestion_health_write(const struct ingestion *svc, struct buf *out)
{
    cloud_write(svc, out);
    backup_write(svc, out);
    if (svc->cloud.aws)
        sync_health_write(&svc->sync, out);
    else
        buf_literal(out, ",\"sync\":null");
}

static void aws_metrics(const struct cloud *c, struct buf *out)
{
    static const char *const each[] = { "s3", "dynamodb" };
    buf_literal(out, "# HELP taquilla_aws_requests_total Requests to AWS, every try of them.\n"
                     "# TYPE taquilla_aws_requests_total counter\n"
                     "# HELP taquilla_aws_retries_total Tries after the first.\n# TYPE taquilla_aws_retries_total counter\n"
                     "# HELP taquilla_aws_throttled_total Answers that asked for patience.\n"
                     "# TYPE taquilla_aws_throttled_total counter\n");
    for (size_t i = 0; i < COUNT_OF(each); i++) {
        struct aws_counts n = aws_counts_of(c->aws, each[i]);
        buf_printf(out,
                   "taquilla_aws_requests_total{service=\"%s\"} %llu\ntaquilla_aws_retries_total{service=\"%s\"} %llu\n"
                   "taquilla_aws_throttled_total{service=\"%s\"} %llu\n",
                   each[i], (unsigned long long)n.requests, each[i], (unsigned long long)n.retries, each[i],
                   (unsigned long long)n.throttled);
    }
}

static void jobs_metrics(const struct cloud_jobs *j, struct buf *out)
{
    static const char *const results[] = { [JOB_SUCCEEDED] = "succeeded", [JOB_PARTIAL] = "partial", [JOB_FAILED] = "failed" };
    buf_literal(out, "# HELP taquilla_cloud_jobs_total Backups to S3 and migrations that ended.\n"
                     "# TYPE taquilla_cloud_jobs_total counter\n");
    for (size_t kind = 0; kind < JOB_KINDS; kind++)
        for (size_t state = JOB_SUCCEEDED; state <= JOB_FAILED; state++)
            buf_printf(out, "taquilla_cloud_jobs_total{kind=\"%s\",result=\"%s\"} %llu\n", job_kind_names[kind], results[state],
                       (unsigned long long)j->ended[kind][state]);
}

void ingestion_metrics_write(const struct ingestion *svc, struct buf *out)
{
    const struct scheduler *s = &svc->scheduler;
    if (svc->cloud.aws) {
        aws_metrics(&svc->cloud, out);
        jobs_metrics(&svc->work, out);
        sync_metrics_write(&svc->sync, out);
    }
    if (svc->settings->backup_dir.len == 0 && !svc->cloud.aws)
        return;
    buf_printf(out,
               "# HELP taquilla_backups_total Tries at a backup by schedule.\n# TYPE taquilla_backups_total counter\n"
               "taquilla_backups_total{result=\"ok\"} %llu\ntaquilla_backups_total{result=\"failed\"} %llu\n"
               "# HELP taquilla_backup_running One is being made.\n# TYPE taquilla_backup_running gauge\n"
               "taquilla_backup_running %d\n",
               (unsigned long long)s->made, (unsigned long long)s->failures, s->running);
    if (s->last_name[0])
        buf_printf(out,
                   "# HELP taquilla_backup_made_timestamp_seconds When the newest was begun, since 1970.\n"
                   "# TYPE taquilla_backup_made_timestamp_seconds gauge\n"
                   "taquilla_backup_made_timestamp_seconds %.3f\n",
                   (double)s->last.made_at.ms / 1e3);
    if (s->made > 0)
        buf_printf(out,
                   "# HELP taquilla_backup_bytes Size of the last one made.\n# TYPE taquilla_backup_bytes gauge\n"
                   "taquilla_backup_bytes %lld\n"
                   "# HELP taquilla_backup_rows Rows in the last one made.\n# TYPE taquilla_backup_rows gauge\n"
                   "taquilla_backup_rows %lld\n"
                   "# HELP taquilla_backup_seconds How long the last one took.\n# TYPE taquilla_backup_seconds gauge\n"
                   "taquilla_backup_seconds %.3f\n",
                   (long long)s->last.bytes, (long long)s->last.rows, (double)s->took_ms / 1e3);
}
