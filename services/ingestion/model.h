/* model.h - what a backup is: its manifest, the lines of an export, the names of its folders. No I/O. */
#ifndef TAQUILLA_INGESTION_MODEL_H
#define TAQUILLA_INGESTION_MODEL_H

#include "lib/base/cron.h"
#include "lib/json/shape.h"

/* --- settings --- */

struct ingestion_settings {
    uint64_t given_unused; /* keeps offset 0 free */
    str backup_dir;        /* no text: no backups by schedule */
    str backup_schedule;
    int64_t backup_keep;
    int64_t retries_max, retry_delay_s;
    str aws_key, rds_endpoint;
    struct cron schedule;  /* of backup_schedule; not a field */
};
extern const struct shape ingestion_settings_shape;

bool ingestion_cloud_wished(const struct ingestion_settings *s);

/* --- a backup --- */

#define BACKUP_VERSION 1
#define BACKUP_TABLES_MAX 32 /* of one service */
#define BACKUP_OWNERS 3

struct backup_table {
    str name;
    int64_t rows, bytes;
    str sha256; /* of its file: the bare rows, a line each */
};

struct backup_service {
    str name;
    int64_t position; /* of its log, at which every table stands */
    list tables;      /* of struct backup_table, in the order in which they go back */
};

struct backup_manifest {
    int64_t version;
    instant made_at; /* when it was begun */
    str program;
    list services;   /* of struct backup_service, in the order in which they were read */
};
extern const struct shape ingestion_manifest_shape;

/* Whoever refers to others is read first: what is referred to is then there. They go back the other way round. */
extern const char *const ingestion_owner_names[BACKUP_OWNERS];

/* What no field alone can state: the version, the three owners, each once, names that are names and nothing else.
 * INVALID backup_damaged. */
const fault *ingestion_manifest_check(arena *a, const struct backup_manifest *m) MUST_CHECK;
const struct backup_service *ingestion_manifest_find(const struct backup_manifest *m, const char *owner);

/* --- names --- */

#define BACKUP_NAME_MAX 32
/* "taquilla-20261125_070000", in UTC: names sort as their times do. */
str ingestion_backup_name(char room[BACKUP_NAME_MAX], instant made_at);
bool ingestion_is_backup_name(str name);
bool ingestion_is_leftover_name(str name); /* one with .partial behind it */
bool ingestion_is_table_name(str name);    /* small letters and '_': a file's name that leads nowhere else */

/* --- lines of an export --- */

enum export_line_kind { EXPORT_ROW, EXPORT_END, EXPORT_STRANGE };
struct export_line {
    str table, row;         /* EXPORT_ROW: the bare row as it stands */
    int64_t position, rows; /* EXPORT_END */
};
enum export_line_kind ingestion_line_read(str line, struct export_line *out);

#endif
