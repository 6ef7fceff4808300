/* model_settings.h - what ingestion is told at start, in the names that AWS's own tools and the old system use. No I/O. */
#ifndef TAQUILLA_INGESTION_MODEL_SETTINGS_H
#define TAQUILLA_INGESTION_MODEL_SETTINGS_H

#include "lib/base/cron.h"
#include "lib/json/shape.h"

struct ingestion_settings {
    uint64_t given_unused; /* keeps offset 0 free */
    str backup_dir;        /* no text: no backups into a directory */
    str backup_schedule, sync_schedule;
    int64_t backup_keep;
    int64_t retries_max, retry_delay_s, batch_size;
    str analytics_api_url, rds_endpoint;

    str aws_key, aws_secret, aws_token;
    str aws_region, aws_default_region;
    str aws_profile, aws_shared_file, aws_config_file;
    str aws_web_identity_file, aws_role_arn, aws_role_session_name;
    str aws_container_relative_uri, aws_container_full_uri, aws_container_token, aws_container_token_file;
    str aws_metadata_endpoint;
    bool aws_metadata_disabled;
    str endpoint_s3, endpoint_dynamodb, endpoint_sts, ca_bundle;

    str bucket_name, bucket;   /* S3_BUCKET_NAME, S3_BUCKET */
    str backup_folder, analytics_folder;
    str movies_table, rooms_table, reservations_table, users_table;

    struct cron schedule, syncs; /* of the two schedules; not fields */
};
extern const struct shape ingestion_settings_shape;

/* What says that there is a cloud: a key, another way to get one, a bucket, an endpoint of one's own. NULL ends it. */
extern const char *const ingestion_cloud_names[];
bool ingestion_cloud_wished(const struct ingestion_settings *s);
str ingestion_region(const struct ingestion_settings *s);
str ingestion_bucket(const struct ingestion_settings *s);

#endif
