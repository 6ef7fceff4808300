/* fetch.h - a backup out of S3 into a folder, in the very form of one that was made on disk.
 *
 * A backup is complete when its manifest is there: {backup folder}/manifests/{YYYYmmdd_HHMMSS}_manifest.json. Its tables are JSON
 * arrays, a row a line; the folder gets the bare rows, and the manifest's SHA-256 are of those. What an earlier try has fetched whole
 * is not fetched again. Fibers only; the disk is waited for on the loop's thread, so not in a process that answers others. */
#ifndef TAQUILLA_INGESTION_FETCH_H
#define TAQUILLA_INGESTION_FETCH_H

#include "services/ingestion/backup/backup.h"
#include "services/ingestion/backup/manifest.h"
#include "services/ingestion/cloud/cloud.h"

/* Stamps of the complete backups that were begun at or before `at` (INSTANT_NONE: whenever), newest first. INVALID backup_missing:
 * there is none; what S3 says. */
const fault *ingestion_fetch_list(arena *a, const struct cloud *c, instant at, strs *stamps) MUST_CHECK;

struct fetch_order {
    const struct cloud *cloud;
    str stamp;
    const char *into;               /* a directory, made when absent (0700); the folder is taquilla-STAMP in it */
    struct backup_watcher *watcher; /* NULL: nobody; told of tables alone */
};
/* *folder: whole, held against its manifest. INVALID backup_damaged, naming the object; UNAVAILABLE backup_unwritable, storage_full. */
const fault *ingestion_fetch(arena *a, const struct fetch_order *want, const char **folder) MUST_CHECK;

#endif
