/* restore.h - a backup back into three empty stores, while the cinema runs.
 *
 * Nothing is sent before every file of the backup was found as its manifest says. All three owners are asked before any is
 * filled, and opened again when one refuses. What broke off is run again: stores that are half full begin anew, one that
 * holds the backup already (its log begins with the backup's) is left as it is. */
#ifndef TAQUILLA_INGESTION_RESTORE_H
#define TAQUILLA_INGESTION_RESTORE_H

#include "services/ingestion/backup/backup.h"
#include "services/ingestion/backup/manifest.h"

struct backup_chosen {
    const char *folder;
    struct backup_manifest manifest;
    strs passed_over; /* sentences: newer ones of the directory that are damaged */
};

/* `from` is a backup's folder, or a directory of them: then the newest that is whole. Waits for the disk. INVALID
 * backup_missing, backup_unreadable, backup_damaged. */
const fault *ingestion_backup_choose(arena *a, const char *from, struct backup_chosen *out) MUST_CHECK;

/* Does the log there begin with all of this one's? Fibers only. */
const fault *ingestion_log_begins(arena *a, struct upstream *u, const struct backup_service *kept, bool *same) MUST_CHECK;

struct restore_order {
    struct ingestion_owners owners;
    const struct backup_chosen *backup;
    struct backup_watcher *watcher; /* NULL: nobody */
};

/* *there: the owners held it all already. CONFLICT store_not_empty, restore_differs; what else an owner or the disk says.
 * Fibers only; its reads wait for the disk, so not in a process that answers others. */
const fault *ingestion_restore(arena *a, const struct restore_order *want, bool *there) MUST_CHECK;

#endif
