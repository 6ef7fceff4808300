/* model_report.c - the report of a backup or migration as the contract names its members. */
#include "services/ingestion/model_report.h"

static const char *const statuses[] = { "SUCCESS", "PARTIAL", NULL };

static const struct field rooms_fields[] = {
    FIELD(struct rooms_counts, rooms, "rooms"),
    FIELD(struct rooms_counts, seats, "seats"),
    FIELD(struct rooms_counts, schedules, "schedules"),
};
static const struct shape rooms_shape = SHAPE(rooms_counts, rooms_fields);

static const struct field reservations_fields[] = {
    FIELD(struct reservations_counts, users, "users"),
    FIELD(struct reservations_counts, reservations, "reservations"),
    FIELD(struct reservations_counts, reserved_seats, "reserved_seats"),
    FIELD(struct reservations_counts, payments, "payments"),
};
static const struct shape reservations_shape = SHAPE(reservations_counts, reservations_fields);

static const struct field movies_fields[] = {
    FIELD(struct movies_counts, movies, "movies"),
    FIELD(struct movies_counts, genres, "genres"),
};
static const struct shape movies_shape = SHAPE(movies_counts, movies_fields);

static const struct field counts_fields[] = {
    FIELD(struct record_counts, mysql, "mysql", .shape = &rooms_shape),
    FIELD(struct record_counts, postgresql, "postgresql", .shape = &reservations_shape),
    FIELD(struct record_counts, mongodb, "mongodb", .shape = &movies_shape),
};
static const struct shape counts_shape = SHAPE(record_counts, counts_fields);

static const struct field items_fields[] = {
    FIELD(struct item_counts, movies, "movies"),
    FIELD(struct item_counts, rooms, "rooms"),
    FIELD(struct item_counts, reservations, "reservations"),
    FIELD(struct item_counts, users, "users"),
};
static const struct shape items_shape = SHAPE(item_counts, items_fields);

static const struct field positions_fields[] = {
    FIELD(struct position_counts, movies, "movies"),
    FIELD(struct position_counts, rooms, "rooms"),
    FIELD(struct position_counts, reservations, "reservations"),
};
static const struct shape positions_shape = SHAPE(position_counts, positions_fields);

static const struct field error_fields[] = {
    FIELD(struct report_error, step, "step"),
    FIELD(struct report_error, code, "code"),
    FIELD(struct report_error, message, "message"),
};
static const struct shape error_shape = SHAPE(report_error, error_fields);

#define COMMON \
    FIELD(struct cloud_report, message, "message"), \
    FIELD(struct cloud_report, timestamp, "timestamp", .form = TIME_Z_MS), \
    FIELD(struct cloud_report, record_counts, "record_counts", .shape = &counts_shape, .nullable = true, \
          .doc = "as read at the owners, in the names of the old system's databases; null: it did not come so far"), \
    FIELD(struct cloud_report, backup, "backup", .nullable = true, \
          .doc = "the time in the names of its objects; null: there is no complete backup of it in S3, because it failed or the cinema is empty"), \
    FIELD(struct cloud_report, objects, "objects", .doc = "sent to S3"), \
    FIELD(struct cloud_report, bytes, "bytes", .doc = "sent to S3"), \
    FIELD(struct cloud_report, reports, "reports", .doc = "answers of analytics kept beside it: 5"), \
    FIELD(struct cloud_report, lake_rows, "lake_rows", .doc = "events and sales of ended days that the data lake got besides"), \
    FIELD(struct cloud_report, log_rows_removed, "log_rows_removed", \
          .doc = "old rows that the owners dropped from their logs, which the lake has: see LOG_KEEP_DAYS"), \
    FIELD(struct cloud_report, positions, "positions", .shape = &positions_shape, .nullable = true, \
          .doc = "of the owners' logs, at which every table stands"), \
    FIELD(struct cloud_report, errors, "errors", .shape = &error_shape, .doc = "steps that failed"), \
    FIELD(struct cloud_report, error, "error", .nullable = true, .doc = "why it failed; the copies are not complete"), \
    FIELD(struct cloud_report, code, "code", .nullable = true, .doc = "of that")

static const struct field backup_fields[] = {
    COMMON,
    FIELD(struct cloud_report, total, "total_records"),
};
const struct shape ingestion_backup_report_shape = { .name = "backup_report", .size = sizeof(struct cloud_report),
                                                     .fields = backup_fields, .count = COUNT_OF(backup_fields) };

static const struct field migration_fields[] = {
    COMMON,
    FIELD(struct cloud_report, total, "total_records_migrated"),
    FIELD(struct cloud_report, status, "migration_status", .choices = statuses),
    FIELD(struct cloud_report, dynamodb, "dynamodb", .shape = &items_shape, .nullable = true, .doc = "items written"),
    FIELD(struct cloud_report, rds, "rds", .doc = "not_configured, success or error"),
};
const struct shape ingestion_migration_report_shape = { .name = "migration_report", .size = sizeof(struct cloud_report),
                                                        .fields = migration_fields, .count = COUNT_OF(migration_fields) };

static int64_t rows_of(const struct backup_manifest *m, const char *owner, const char *table, int64_t *total)
{
    const struct backup_service *s = ingestion_manifest_find(m, owner);
    for (size_t i = 0; s && i < s->tables.count; i++) {
        const struct backup_table *t = LIST_AT(&s->tables, const struct backup_table, i);
        if (!str_equal(t->name, str_of(table)))
            continue;
        *total += t->rows;
        return t->rows;
    }
    return 0;
}

static int64_t position_of(const struct backup_manifest *m, const char *owner)
{
    const struct backup_service *s = ingestion_manifest_find(m, owner);
    return s ? s->position : 0;
}

void ingestion_report_count(arena *a, struct cloud_report *r, const struct backup_manifest *m)
{
    struct record_counts *counts = NEW(a, struct record_counts);
    int64_t total = 0;
    counts->mysql = NEW(a, struct rooms_counts);
    *counts->mysql = (struct rooms_counts){ rows_of(m, "rooms", "rooms", &total), rows_of(m, "rooms", "seats", &total),
                                            rows_of(m, "rooms", "schedules", &total) };
    counts->postgresql = NEW(a, struct reservations_counts);
    *counts->postgresql = (struct reservations_counts){ rows_of(m, "reservations", "users", &total),
                                                        rows_of(m, "reservations", "reservations", &total),
                                                        rows_of(m, "reservations", "reserved_seats", &total),
                                                        rows_of(m, "reservations", "payments", &total) };
    counts->mongodb = NEW(a, struct movies_counts);
    *counts->mongodb = (struct movies_counts){ rows_of(m, "movies", "movies", &total), rows_of(m, "movies", "genres", &total) };
    r->record_counts = counts;
    r->total = total;
    r->positions = NEW(a, struct position_counts);
    *r->positions = (struct position_counts){ position_of(m, "movies"), position_of(m, "rooms"), position_of(m, "reservations") };
}
