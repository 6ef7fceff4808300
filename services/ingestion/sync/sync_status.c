/* sync_status.c - how far DynamoDB is behind the owners, for /health and /metrics. */
#include "lib/json/write.h"
#include "services/ingestion/sync/sync_parts.h"

/* --- what is written below, for the API's description alone --- */

static const char *const results[] = { "ok", "failed", "none", NULL };

struct sync_lag_told {
    int64_t movies, rooms, reservations;
};
static const struct field lag_fields[] = {
    FIELD(struct sync_lag_told, movies, "movies"),
    FIELD(struct sync_lag_told, rooms, "rooms"),
    FIELD(struct sync_lag_told, reservations, "reservations"),
};
static const struct shape lag_shape = SHAPE(sync_lag_told, lag_fields);

struct sync_told {
    bool running, paused;
    unsigned last_result;
    str last_code;
    instant last_ok, next_at;
    struct sync_lag_told *lag;
};
static const struct field sync_fields[] = {
    FIELD(struct sync_told, running, "running"),
    FIELD(struct sync_told, paused, "paused", .doc = "a migration is under way"),
    FIELD(struct sync_told, last_result, "last_result", .choices = results),
    FIELD(struct sync_told, last_code, "last_code", .nullable = true),
    FIELD(struct sync_told, last_ok, "last_ok", .nullable = true, .form = TIME_Z_MS, .doc = "when the last of all tables was begun"),
    FIELD(struct sync_told, next_at, "next_at", .nullable = true, .form = TIME_Z_MS),
    FIELD(struct sync_told, lag, "lag", .shape = &lag_shape, .doc = "events of each log, as last heard, that are not in DynamoDB"),
};
const struct shape sync_told_shape = SHAPE(sync_told, sync_fields);

/* --- writing it --- */

static int64_t lag_of(const struct sync *s, enum sync_owner owner)
{
    int64_t behind = 0;
    for (unsigned i = 0; i < SYNC_TABLES; i++)
        if (sync_owner_of((enum sync_table)i) == owner && s->ends[owner] - s->positions[i] > behind)
            behind = s->ends[owner] - s->positions[i];
    return behind;
}

int64_t sync_age_s(const struct sync *s)
{
    int64_t age_ms = clock_now().ms - (s->last_ok.ms == TIME_NONE ? s->began.ms : s->last_ok.ms);
    return age_ms > 0 ? age_ms / 1000 : 0;
}

static void moment_write(struct buf *out, const char *name, instant moment)
{
    char room[TIME_TEXT_MAX];
    buf_printf(out, ",\"%s\":", name);
    json_write_text(out, instant_text(room, moment, TIME_Z_MS));
}

void sync_health_write(const struct sync *s, struct buf *out)
{
    bool ever = s->last_ok.ms != TIME_NONE || s->runs > s->failures;
    buf_printf(out, ",\"sync\":{\"running\":%s,\"paused\":%s,\"last_result\":\"%s\",\"last_code\":", s->running ? "true" : "false",
               s->paused ? "true" : "false", s->failed ? "failed" : ever ? "ok" : "none");
    json_write_text(out, s->failed ? str_of(s->code) : (str){ NULL, 0 });
    moment_write(out, "last_ok", s->last_ok);
    moment_write(out, "next_at", s->next);
    buf_literal(out, ",\"lag\":{");
    for (unsigned i = 0; i < SYNC_OWNERS; i++)
        buf_printf(out, "%s\"%s\":%lld", i > 0 ? "," : "", sync_owner_names[i], (long long)lag_of(s, (enum sync_owner)i));
    buf_literal(out, "}}");
}

void sync_metrics_write(const struct sync *s, struct buf *out)
{
    buf_literal(out, "# HELP taquilla_sync_lag_events Events of an owner's log, as last heard, that are not in DynamoDB.\n"
                     "# TYPE taquilla_sync_lag_events gauge\n");
    for (unsigned i = 0; i < SYNC_OWNERS; i++)
        buf_printf(out, "taquilla_sync_lag_events{owner=\"%s\"} %lld\n", sync_owner_names[i],
                   (long long)lag_of(s, (enum sync_owner)i));
    buf_literal(out, "# HELP taquilla_sync_records_total Records that the facts read were about.\n"
                     "# TYPE taquilla_sync_records_total counter\n");
    for (unsigned i = 0; i < SYNC_TABLES; i++)
        buf_printf(out, "taquilla_sync_records_total{table=\"%s\"} %llu\n", sync_table_names[i], (unsigned long long)s->records[i]);
    buf_printf(out,
               "# HELP taquilla_sync_items_total Writes to DynamoDB: taken, or refused because the same or a newer one was there.\n"
               "# TYPE taquilla_sync_items_total counter\n"
               "taquilla_sync_items_total{result=\"taken\"} %llu\ntaquilla_sync_items_total{result=\"refused\"} %llu\n"
               "# HELP taquilla_syncs_total Runs of the sync.\n# TYPE taquilla_syncs_total counter\n"
               "taquilla_syncs_total{result=\"ok\"} %llu\ntaquilla_syncs_total{result=\"failed\"} %llu\n"
               "# HELP taquilla_sync_age_seconds Since the last run of all tables that succeeded.\n"
               "# TYPE taquilla_sync_age_seconds gauge\ntaquilla_sync_age_seconds %lld\n",
               (unsigned long long)s->written, (unsigned long long)s->refused, (unsigned long long)(s->runs - s->failures),
               (unsigned long long)s->failures, (long long)sync_age_s(s));
}
