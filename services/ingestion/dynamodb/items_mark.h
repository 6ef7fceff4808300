/* items_mark.h - how far a backup is in DynamoDB, kept in its folder: what a crash ended is gone on with behind it, and the mark goes
 * with the folder. Both wait for the disk. */
#ifndef TAQUILLA_INGESTION_ITEMS_MARK_H
#define TAQUILLA_INGESTION_ITEMS_MARK_H

#include "services/ingestion/cloud/cloud.h"

/* Of one of DynamoDB's tables. */
struct items_mark {
    int64_t rows; /* the first so many of the backup were acknowledged as items */
    int64_t live; /* of them: no tombstones */
};

/* None, or one that cannot be read: all zero, so that everything is sent again. */
void items_marks_read(arena *a, const char *folder, struct items_mark marks[CLOUD_TABLES]);
/* UNAVAILABLE backup_unwritable, storage_full. */
const fault *items_marks_write(arena *a, const char *folder, const struct items_mark marks[CLOUD_TABLES]) MUST_CHECK;

#endif
