/* cloud.c - the settings made into a client, a bucket and four tables. */
#include "services/ingestion/cloud/cloud.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define CALL_RETRY_MS 200
#define BATCH_ROWS_MAX 1000 /* of one page of a feed */

/* contract.md section 6. */
static void tables_name(struct cloud *c, const struct ingestion_settings *s)
{
    c->tables[CLOUD_MOVIES] = (struct dynamodb_table){ .name = s->movies_table, .key = { "movie_id", 'S' },
                                                       .indexes = { { "GenreIndex", { "genre_id", 'S' } } }, .index_count = 1 };
    c->tables[CLOUD_ROOMS] = (struct dynamodb_table){ .name = s->rooms_table, .key = { "room_id", 'N' },
                                                      .indexes = { { "ScreenTypeIndex", { "screen_type", 'S' } } },
                                                      .index_count = 1 };
    c->tables[CLOUD_RESERVATIONS] = (struct dynamodb_table){ .name = s->reservations_table, .key = { "reservation_id", 'S' },
                                                             .indexes = { { "UserIndex", { "user_id", 'S' } },
                                                                          { "MovieIndex", { "movie_id", 'S' } } },
                                                             .index_count = 2 };
    c->tables[CLOUD_USERS] = (struct dynamodb_table){ .name = s->users_table, .key = { "user_id", 'S' },
                                                      .indexes = { { "EmailIndex", { "email", 'S' } } }, .index_count = 1 };
    for (size_t i = 0; i < CLOUD_TABLES; i++)
        c->tables[i].ttl = TTL_ATTRIBUTE;
}

static struct credential_settings credentials_of(const struct ingestion_settings *s)
{
    return (struct credential_settings){
        .key_id = s->aws_key, .secret = s->aws_secret, .token = s->aws_token,
        .profile = s->aws_profile, .shared_file = s->aws_shared_file, .config_file = s->aws_config_file,
        .web_identity_file = s->aws_web_identity_file, .role_arn = s->aws_role_arn,
        .role_session_name = s->aws_role_session_name,
        .container_relative_uri = s->aws_container_relative_uri, .container_full_uri = s->aws_container_full_uri,
        .container_token = s->aws_container_token, .container_token_file = s->aws_container_token_file,
        .metadata_endpoint = s->aws_metadata_endpoint, .metadata_disabled = s->aws_metadata_disabled,
        .sts_endpoint = s->endpoint_sts,
    };
}

static const fault *directory_make(arena *a, const char *path)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return NULL;
    return fault_new(a, FAULT_INVALID, "setting_invalid", "%s cannot be made: %s.", path, strerror(errno));
}

const fault *ingestion_cloud_open(arena *a, struct cloud *c, const struct ingestion_settings *s, str data_dir)
{
    *c = (struct cloud){ 0 };
    if (!ingestion_cloud_wished(s))
        return NULL;
    const struct aws_settings aws = { .region = ingestion_region(s), .endpoint_s3 = s->endpoint_s3,
                                      .endpoint_dynamodb = s->endpoint_dynamodb, .ca_file = s->ca_bundle, .retries_max = s->retries_max,
                                      .retry_delay_ms = CALL_RETRY_MS };
    const struct credential_settings who = credentials_of(s);
    c->backup_folder = arena_cstr(a, s->backup_folder);
    c->analytics_folder = arena_cstr(a, s->analytics_folder);
    c->dir = arena_printf(a, "%.*s/ingestion", STR_ARG(data_dir)).at;
    c->batch_rows = s->batch_size < BATCH_ROWS_MAX ? s->batch_size : BATCH_ROWS_MAX;
    tables_name(c, s);
    TRY(directory_make(a, arena_cstr(a, data_dir)));
    TRY(directory_make(a, c->dir));
    TRY(aws_open(a, &c->aws, &aws, &who));
    c->s3 = (struct s3){ .aws = c->aws, .bucket = ingestion_bucket(s) };
    return NULL;
}

void ingestion_cloud_close(struct cloud *c)
{
    if (c->aws)
        aws_close(c->aws);
    c->aws = NULL;
}
