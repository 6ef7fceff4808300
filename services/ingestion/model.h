/* model.h - what a backup is: its manifest, the lines of an export, the names of its folders and of its keys in S3. No I/O. */
#ifndef TAQUILLA_INGESTION_MODEL_H
#define TAQUILLA_INGESTION_MODEL_H

#include "lib/json/shape.h"

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
/* The time in its name; INSTANT_NONE: it is no backup's. */
instant ingestion_backup_moment(str name);
str ingestion_backup_stamp(str name); /* "20261125_070000" of it */
bool ingestion_is_backup_name(str name);
bool ingestion_is_leftover_name(str name); /* one with .partial behind it */
bool ingestion_is_table_name(str name);    /* small letters and '_': a file's name that leads nowhere else */

/* The old system's names for where an owner's tables live: "postgresql", "mysql", "mongodb". They are folders in S3. */
const char *ingestion_source_of(str owner);
str ingestion_table_key(arena *a, const char *folder, str owner, str table, str stamp); /* backups/mysql/rooms/STAMP_rooms.json */
str ingestion_manifest_key(arena *a, const char *folder, str stamp);                    /* backups/manifests/STAMP_manifest.json */
str ingestion_manifest_stamp(str key); /* STAMP; no text: it is no such key */

/* --- lines of an export --- */

enum export_line_kind { EXPORT_ROW, EXPORT_END, EXPORT_STRANGE };
struct export_line {
    str table, row;         /* EXPORT_ROW: the bare row as it stands */
    int64_t position, rows; /* EXPORT_END */
};
enum export_line_kind ingestion_line_read(str line, struct export_line *out);

#endif
