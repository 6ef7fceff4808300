/* model_settings.c - the settings of ingestion, and which of them mean that there is a cloud. */
#include "services/ingestion/model_settings.h"

#define AWS_OWN(member, name, text) \
    FIELD(struct ingestion_settings, member, name, .optional = true, .max = 2000, .doc = text)
#define SECRET(member, name, text) \
    FIELD(struct ingestion_settings, member, name, .optional = true, .max = 4000, .secret = true, .doc = text)
#define TABLE(member, name, usual) \
    FIELD(struct ingestion_settings, member, name, .fallback = usual, .min = 3, .max = 255, .fits = is_table, \
          .fits_what = "letters, digits, _ - and .", .doc = "its table in DynamoDB")

static bool is_word(str text, const char *also)
{
    for (size_t i = 0; i < text.len; i++) {
        char ch = text.at[i];
        bool good = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9');
        for (const char *other = also; *other && !good; other++)
            good = ch == *other;
        if (!good)
            return false;
    }
    return true;
}

static bool is_table(str text)
{
    return is_word(text, "_-.");
}

static bool is_bucket(str text)
{
    return is_word(text, "-.");
}

static bool is_folder(str text)
{
    return text.len > 0 && is_word(text, "-._/") && text.at[0] != '/' && text.at[text.len - 1] != '/';
}

static const struct field settings_fields[] = {
    FIELD(struct ingestion_settings, backup_dir, "BACKUP_DIR", .optional = true, .max = 1000,
          .doc = "directory for backups by schedule, a folder each; none are made without it. Better on another disk"),
    FIELD(struct ingestion_settings, backup_schedule, "BACKUP_SCHEDULE", .fallback = "0 2 * * *", .max = 200,
          .doc = "when, as in crontab(5): minute hour day month weekday, on the house's wall clock; into BACKUP_DIR and, with a "
                 "cloud, to S3. One that was missed while the cinema was closed is made up for at the next start"),
    FIELD(struct ingestion_settings, sync_schedule, "SYNC_SCHEDULE", .fallback = "*/30 * * * *", .max = 200,
          .doc = "when what changed goes to DynamoDB, in the same form"),
    FIELD(struct ingestion_settings, backup_keep, "BACKUP_KEEP", .fallback = "14", .min = 1, .max = 100000,
          .doc = "how many of the newest are kept in BACKUP_DIR; in S3 the bucket's lifecycle rules say"),
    FIELD(struct ingestion_settings, retries_max, "MAX_RETRIES", .fallback = "3", .max = 100,
          .doc = "how often a backup that failed is tried again before the next of the schedule, and a request to AWS"),
    FIELD(struct ingestion_settings, retry_delay_s, "RETRY_DELAY", .fallback = "5", .min = 1, .max = 86400,
          .doc = "seconds before the first of these of a backup, doubled for each further one"),
    FIELD(struct ingestion_settings, batch_size, "BATCH_SIZE", .fallback = "1000", .min = 1, .max = 1000000,
          .doc = "facts that a sync reads at once, up to 1000"),
    FIELD(struct ingestion_settings, analytics_api_url, "ANALYTICS_API_URL", .fallback = "",
          .doc = "http://host:port of analytics, whose figures go to S3 with each backup; without it port 3005 here; none: there is none"),
    FIELD(struct ingestion_settings, rds_endpoint, "RDS_ENDPOINT", .optional = true, .max = 255,
          .doc = "analytics keeps its sums there; ingestion's health tells of it, and a migration waits for it"),

    SECRET(aws_key, "AWS_ACCESS_KEY_ID", "of the cloud; without one the other places of AWS's tools are looked at"),
    SECRET(aws_secret, "AWS_SECRET_ACCESS_KEY", "of AWS_ACCESS_KEY_ID"),
    SECRET(aws_token, "AWS_SESSION_TOKEN", "of temporary keys"),
    FIELD(struct ingestion_settings, aws_region, "AWS_REGION", .optional = true, .max = 60, .fits = is_bucket,
          .fits_what = "a region's name like eu-west-1", .doc = "of bucket and tables; us-east-1 without it"),
    FIELD(struct ingestion_settings, aws_default_region, "AWS_DEFAULT_REGION", .optional = true, .max = 60, .fits = is_bucket,
          .fits_what = "a region's name like eu-west-1", .doc = "the same, for who sets no AWS_REGION"),
    AWS_OWN(aws_profile, "AWS_PROFILE", "which profile of the shared files"),
    AWS_OWN(aws_shared_file, "AWS_SHARED_CREDENTIALS_FILE", "without it ~/.aws/credentials"),
    AWS_OWN(aws_config_file, "AWS_CONFIG_FILE", "without it ~/.aws/config"),
    AWS_OWN(aws_web_identity_file, "AWS_WEB_IDENTITY_TOKEN_FILE", "set by EKS: the pod's token"),
    AWS_OWN(aws_role_arn, "AWS_ROLE_ARN", "set by EKS: the role to take with it"),
    AWS_OWN(aws_role_session_name, "AWS_ROLE_SESSION_NAME", "how that session is named in AWS's logs"),
    AWS_OWN(aws_container_relative_uri, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "set by ECS"),
    AWS_OWN(aws_container_full_uri, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "set by EKS Pod Identity"),
    SECRET(aws_container_token, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "shown there"),
    AWS_OWN(aws_container_token_file, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "the same in a file"),
    AWS_OWN(aws_metadata_endpoint, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "of EC2's keys; without it http://169.254.169.254"),
    FIELD(struct ingestion_settings, aws_metadata_disabled, "AWS_EC2_METADATA_DISABLED", .fallback = "false",
          .doc = "do not ask the machine for keys"),
    AWS_OWN(endpoint_s3, "AWS_ENDPOINT_URL_S3", "http(s)://host:port of another S3 than Amazon's; ://{bucket}.host:port where it wants the bucket in the host's name"),
    AWS_OWN(endpoint_dynamodb, "AWS_ENDPOINT_URL_DYNAMODB", "the same of DynamoDB"),
    AWS_OWN(endpoint_sts, "AWS_ENDPOINT_URL_STS", "the same of STS"),
    AWS_OWN(ca_bundle, "AWS_CA_BUNDLE", "file of the certificates that are trusted there; without it the machine's"),

    FIELD(struct ingestion_settings, bucket_name, "S3_BUCKET_NAME", .optional = true, .min = 3, .max = 63, .fits = is_bucket,
          .fits_what = "a bucket's name", .doc = "where backups and the data lake go; cinema-data-bucket without it"),
    FIELD(struct ingestion_settings, bucket, "S3_BUCKET", .optional = true, .min = 3, .max = 63, .fits = is_bucket,
          .fits_what = "a bucket's name", .doc = "the same, for who sets no S3_BUCKET_NAME"),
    FIELD(struct ingestion_settings, backup_folder, "S3_BACKUP_FOLDER", .fallback = "backups", .max = 200, .fits = is_folder,
          .fits_what = "a path without '/' at its ends", .doc = "what the keys of backups begin with"),
    FIELD(struct ingestion_settings, analytics_folder, "S3_ANALYTICS_FOLDER", .fallback = "analytics", .max = 200,
          .fits = is_folder, .fits_what = "a path without '/' at its ends", .doc = "what the keys of reports and of the data lake begin with"),
    TABLE(movies_table, "DYNAMODB_MOVIES_TABLE", "cinema-movies"),
    TABLE(rooms_table, "DYNAMODB_ROOMS_TABLE", "cinema-rooms"),
    TABLE(reservations_table, "DYNAMODB_RESERVATIONS_TABLE", "cinema-reservations"),
    TABLE(users_table, "DYNAMODB_USERS_TABLE", "cinema-users"),
};

static const fault *schedule_read(arena *a, const char *name, str text, struct cron *out)
{
    const char *wrong = cron_read(text, out);
    if (!wrong)
        return NULL;
    return fault_new(a, FAULT_INVALID, "setting_invalid", "%s is \"%.*s\", and %s.", name, STR_ARG(text), wrong);
}

static const fault *settings_check(arena *a, void *body)
{
    struct ingestion_settings *s = body;
    TRY(schedule_read(a, "BACKUP_SCHEDULE", s->backup_schedule, &s->schedule));
    TRY(schedule_read(a, "SYNC_SCHEDULE", s->sync_schedule, &s->syncs));
    if ((s->aws_key.len > 0) != (s->aws_secret.len > 0))
        return fault_new(a, FAULT_INVALID, "setting_invalid", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY need each other.");
    return NULL;
}

const struct shape ingestion_settings_shape = SHAPE(ingestion_settings, settings_fields, .check = settings_check);

const char *const ingestion_cloud_names[] = { "AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE",
                                              "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                                              "S3_BUCKET_NAME", "S3_BUCKET", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_DYNAMODB",
                                              NULL };

bool ingestion_cloud_wished(const struct ingestion_settings *s)
{
    for (size_t i = 0; ingestion_cloud_names[i]; i++) {
        const struct field *f = shape_field(&ingestion_settings_shape, str_of(ingestion_cloud_names[i]));
        if (((const str *)(const void *)((const char *)s + f->offset))->len > 0)
            return true;
    }
    return false;
}

str ingestion_region(const struct ingestion_settings *s)
{
    if (s->aws_region.len > 0)
        return s->aws_region;
    return s->aws_default_region.len > 0 ? s->aws_default_region : STR("us-east-1");
}

str ingestion_bucket(const struct ingestion_settings *s)
{
    if (s->bucket_name.len > 0)
        return s->bucket_name;
    return s->bucket.len > 0 ? s->bucket : STR("cinema-data-bucket");
}
