/* folder.h - one backup on disk while it is made: SHELF/taquilla-STAMP.partial/{service}/{table}.ndjson, a manifest at last,
 * then its name. Either all of it is there under the name, flushed, or nothing is.
 *
 * As shelf.h: they wait for the disk, and their faults are for the operator. */
#ifndef TAQUILLA_INGESTION_FOLDER_H
#define TAQUILLA_INGESTION_FOLDER_H

#include <sodium.h>

#include "services/ingestion/backup/shelf.h"

struct folder_table {
    char name[65];
    int fd;
    int64_t rows, bytes;
    crypto_hash_sha256_state hash;
};

struct folder {
    const char *shelf, *path; /* of the folder while it is made */
    char name[BACKUP_NAME_MAX];
    int lock_fd;
    const char *service_path; /* of the service that is written now */
    struct folder_table tables[BACKUP_TABLES_MAX];
    size_t table_count;
};

/* Locks the shelf and makes the folder; the name is that of the first free second from made_at on. Only after success one of
 * finish and abandon must follow. */
const fault *ingestion_folder_begin(arena *a, struct folder *f, const char *shelf, instant made_at) MUST_CHECK;

const fault *ingestion_folder_service(arena *a, struct folder *f, const char *service) MUST_CHECK;
/* Whole lines of one table; a table's lines come without another's between them. */
const fault *ingestion_folder_append(arena *a, struct folder *f, str table, str lines, int64_t rows) MUST_CHECK;
/* Flushes the service's files; *tables (of struct backup_table) tells what was written. */
const fault *ingestion_folder_service_end(arena *a, struct folder *f, list *tables) MUST_CHECK;

const fault *ingestion_folder_finish(arena *a, struct folder *f, const struct backup_manifest *m) MUST_CHECK;
void ingestion_folder_abandon(arena *a, struct folder *f);

#endif
