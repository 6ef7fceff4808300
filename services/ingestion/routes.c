/* routes.c - the API of ingestion as one table. */
#include "services/ingestion/handlers_sync.h"
#include "services/ingestion/handlers_tables.h"
#include "services/ingestion/ingestion.h"
#include "services/ingestion/model_report.h"

static const struct field backups_query_fields[] = {
    FIELD(struct backups_query, source_db, "source_db", .optional = true, .max = 64, .fits = ingestion_is_table_name,
          .fits_what = "small letters and _", .doc = "mysql, postgresql or mongodb"),
    FIELD(struct backups_query, table_name, "table_name", .optional = true, .max = 64),
};
static const struct shape backups_query_shape = SHAPE(backups_query, backups_query_fields);

/* What GET /backups writes as it comes, for the API's description. */
struct backup_object {
    str key;
    instant last_modified;
    int64_t size;
};
static const struct field backup_object_fields[] = {
    FIELD(struct backup_object, key, "key"),
    FIELD(struct backup_object, last_modified, "last_modified", .form = TIME_Z),
    FIELD(struct backup_object, size, "size", .doc = "bytes"),
};
static const struct shape backup_object_shape = SHAPE(backup_object, backup_object_fields);

struct backups_told {
    list backups;
    int64_t count;
};
static const struct field backups_fields[] = {
    FIELD(struct backups_told, backups, "backups", .shape = &backup_object_shape),
    FIELD(struct backups_told, count, "count"),
};
static const struct shape backups_shape = SHAPE(backups_told, backups_fields);

/* clang-format off */
#define CLOUD_FAULTS "cloud_not_configured", "aws_away", "aws_failing", "aws_throttled", "aws_denied", "aws_token_expired", "aws_clock_off", \
    "aws_no_credentials", "aws_refused", "aws_strange"
static const char *const job_faults[] = { "cloud_not_configured", "job_running", "backup_unwritable", "storage_full", NULL };
static const char *const show_faults[] = { "cloud_not_configured", "job_unknown", NULL };
static const char *const bucket_faults[] = { CLOUD_FAULTS, "bucket_missing", NULL };
static const char *const table_faults[] = { CLOUD_FAULTS, "table_missing", "table_unknown", NULL };
static const char *const sync_faults[] = { CLOUD_FAULTS, "table_missing", "table_unknown", "job_running", "sync_busy", "feed_shorter",
                                           "feed_strange", "feed_refused", "upstream_away", "storage_full", NULL };

const struct route ingestion_routes[] = {
    { POST, "/migrate",                          ingestion_migrate, NULL, &ingestion_migration_report_shape,
      "Copy every table to S3 and DynamoDB, and see that RDS has it; with Prefer: respond-async answers 202 and goes on",
                                                 .plain = true, .access = ACCESS_ADMIN, .also_status = 202, .faults = job_faults },
    { POST, "/backup",                           ingestion_backup, NULL,  &ingestion_backup_report_shape,
      "Every table to S3, with what analytics says; with Prefer: respond-async answers 202 and goes on",
                                                 .plain = true, .access = ACCESS_ADMIN, .also_status = 202, .faults = job_faults },
    { GET,  "/jobs/{*id}",                       ingestion_job_show, NULL, &job_shape,
      "How a migration or backup is",            .plain = true, .access = ACCESS_ADMIN, .faults = show_faults },
    { POST, "/sync/{*table_name}",               ingestion_sync, &ingestion_sync_order_shape, &ingestion_sync_answer_shape,
      "What changed in a table since the last sync", .body_optional = true, .plain = true, .access = ACCESS_ADMIN, .faults = sync_faults },
    { GET,  "/dynamodb/tables",                  ingestion_tables, NULL,  &ingestion_tables_shape,
      "The tables in DynamoDB",                  .plain = true, .access = ACCESS_ADMIN, .faults = table_faults },
    { GET,  "/dynamodb/{*table_name}/items",     ingestion_items, NULL,   &ingestion_items_shape,
      "Items of one of them",                    .query = &ingestion_items_query_shape, .plain = true, .access = ACCESS_ADMIN, .faults = table_faults },
    { GET,  "/backups",                          ingestion_backups_list, NULL, &backups_shape,
      "The backups in S3",                       .query = &backups_query_shape, .plain = true, .access = ACCESS_ADMIN, .faults = bucket_faults },
    { .path = NULL },
};
/* clang-format on */
