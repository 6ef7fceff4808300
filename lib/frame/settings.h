/* settings.h - the settings that every service shares, and how they are read: .env, environment, flags (later wins). */
#ifndef TAQUILLA_FRAME_SETTINGS_H
#define TAQUILLA_FRAME_SETTINGS_H

#include "lib/json/shape.h"

struct settings {
    uint64_t given_unused; /* keeps offset 0 free */
    str time_zone;         /* TIME_ZONE, IANA; default the machine's */
    str currency;          /* CURRENCY=USD */
    str cinema_name;       /* CINEMA_NAME=Taquilla */
    str language;          /* LANGUAGE=es */
    str day_starts;        /* DAY_STARTS=05:00 */
    unsigned week_starts;  /* WEEK_STARTS=monday; 0 is monday */
    str listen;            /* LISTEN=127.0.0.1 */
    str admin_token;       /* ADMIN_TOKEN */
    str service_token;     /* SERVICE_TOKEN; `taquilla up` makes DIR/service.token */
    bool open;             /* OPEN=false */
    strs cors_origins;     /* CORS_ORIGINS, comma-separated */
    strs public_hosts;     /* PUBLIC_HOSTS, comma-separated */
    str data_dir;          /* DATA_DIR=./var; --data */
    int64_t log_keep_days; /* LOG_KEEP_DAYS=0: for ever */
    int64_t port;          /* PORT; 0: the service's own */
    /* sqlite:DIR or mysql://...; without it the embedded store in data_dir, or MySQL when MYSQL_HOST is set */
    str movies_database_url, mongodb_uri; /* the second is the old name */
    str rooms_database_url;
    str mysql_host, mysql_user, mysql_password, mysql_database; /* the old names */
    int64_t mysql_port;
    /* sqlite:DIR or postgres://...; without it the embedded store in data_dir, or PostgreSQL when one of the old names is set */
    str reservations_database_url;
    str spring_datasource_url, db_username, db_password; /* jdbc:postgresql://... */
    str postgres_host, postgres_user, postgres_password, postgres_database;
    int64_t postgres_port;
    /* sqlite:DIR or postgres://...; without it the embedded store in data_dir, or PostgreSQL when the old names are set */
    str analytics_database_url;
    str rds_endpoint, rds_user, rds_password, rds_database;
    int64_t rds_port;
    str redis_url;         /* the bus; without it facts travel over HTTP alone */
    str movies_api_url, rooms_api_url, reservations_api_url; /* "none": that service is not there, this one runs alone */
    int64_t shed_late_ms;  /* SHED_WHEN_LATE_MS=50; 0: never */
    bool measure_stacks;   /* MEASURE_STACKS=false: stack depth per route in /metrics; costs speed */
};

extern const struct shape settings_shape;

/* Reads `s` (a service's own settings, or settings_shape) from .env in the working directory and the environment. Names that
 * the shape does not have are ignored. INVALID setting_invalid: one sentence that names the setting. */
const fault *settings_read(arena *a, const struct shape *s, void *out) MUST_CHECK;

/* "NAME=VALUE" (ended by NUL) for each setting of the shape that the file has, which is in the form of .env. INVALID setting_invalid:
 * it cannot be read. */
const fault *settings_file_read(arena *a, const char *path, const struct shape *s, strs *pairs) MUST_CHECK;

/* Name, default and meaning of every setting of a shape, for `taquilla config`; with its value unless secret. */
void settings_print(const struct shape *s, const void *values);

#endif
