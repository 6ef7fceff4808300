/* routes.c - the API of ingestion as one table. */
#include "services/ingestion/ingestion.h"

struct backups_query {
    str source_db, table_name;
};
static const struct field backups_query_fields[] = {
    FIELD(struct backups_query, source_db, "source_db", .optional = true, .max = 64, .doc = "mysql, postgresql or mongodb"),
    FIELD(struct backups_query, table_name, "table_name", .optional = true, .max = 64),
};
static const struct shape backups_query_shape = SHAPE(backups_query, backups_query_fields);

struct items_query {
    int64_t limit;
    str index, key;
};
static const struct field items_query_fields[] = {
    FIELD(struct items_query, limit, "limit", .fallback = "100", .max = 10000),
    FIELD(struct items_query, index, "index", .optional = true, .max = 255, .doc = "a global secondary index"),
    FIELD(struct items_query, key, "key", .optional = true, .max = 1000, .doc = "of that index"),
};
static const struct shape items_query_shape = SHAPE(items_query, items_query_fields);

struct sync_order {
    uint64_t given;
    instant last_sync_time;
};
static const struct field sync_order_fields[] = {
    FIELD(struct sync_order, last_sync_time, "last_sync_time", .optional = true, .nullable = true,
          .doc = "since when; without it since the last sync"),
};
static const struct shape sync_order_shape = SHAPE(sync_order, sync_order_fields, .given = offsetof(struct sync_order, given),
                                                   .partial = true);

/* clang-format off */
static const char *const cloud_faults[] = { "cloud_not_configured", NULL };

const struct route ingestion_routes[] = {
    { POST, "/migrate",                          ingestion_cloud, NULL,              NULL,
      "Copy every table to S3 and DynamoDB, and to RDS when set",  .plain = true, .access = ACCESS_ADMIN, .faults = cloud_faults },
    { POST, "/backup",                           ingestion_cloud, NULL,              NULL,
      "Every table to S3",                       .plain = true, .access = ACCESS_ADMIN, .faults = cloud_faults },
    { POST, "/sync/{*table_name}",               ingestion_cloud, &sync_order_shape, NULL,
      "What changed in a table since the last sync", .body_optional = true, .plain = true, .access = ACCESS_ADMIN, .faults = cloud_faults },
    { GET,  "/backups",                          ingestion_cloud, NULL,              NULL,
      "The backups in S3",                       .query = &backups_query_shape, .plain = true, .access = ACCESS_ADMIN, .faults = cloud_faults },
    { GET,  "/dynamodb/tables",                  ingestion_cloud, NULL,              NULL,
      "The tables in DynamoDB",                  .plain = true, .access = ACCESS_ADMIN, .faults = cloud_faults },
    { GET,  "/dynamodb/{*table_name}/items",     ingestion_cloud, NULL,              NULL,
      "Items of one of them",                    .query = &items_query_shape, .plain = true, .access = ACCESS_ADMIN, .faults = cloud_faults },
    { .path = NULL },
};
/* clang-format on */
