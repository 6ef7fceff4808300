/* status.c - how the backups are and what the cloud says, for /health and /metrics. */
#include "lib/json/write.h"
#include "services/ingestion/ingestion.h"

static void instant_write(struct buf *out, const char *name, instant moment)
{
    char room[TIME_TEXT_MAX];
    buf_printf(out, ",\"%s\":", name);
    json_write_text(out, instant_text(room, moment, TIME_Z_MS));
}

static void cloud_write(const struct ingestion *svc, struct buf *out)
{
    static const char *const each[] = { "s3", "dynamodb", "rds" };
    str message = ingestion_cloud_wished(svc->settings)
                      ? STR("This version does not speak to AWS, although its settings are there.")
                      : STR("No cloud is configured; backups go to a directory.");
    buf_literal(out, ",\"aws_connections\":{");
    for (size_t i = 0; i < COUNT_OF(each); i++) {
        buf_printf(out, "%s\"%s\":{\"status\":\"not_configured\",\"message\":", i > 0 ? "," : "", each[i]);
        json_write_text(out, message);
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
    if (svc->settings->backup_dir.len == 0) {
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
}

void ingestion_metrics_write(const struct ingestion *svc, struct buf *out)
{
    const struct scheduler *s = &svc->scheduler;
    if (svc->settings->backup_dir.len == 0)
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
