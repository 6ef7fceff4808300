/* backup.h - every table of the three owners into one folder: each owner at one moment, all of it or nothing.
 *
 * The owners are read in the order reservations, rooms, movies: what one refers to is in what is read after it. */
#ifndef TAQUILLA_INGESTION_BACKUP_H
#define TAQUILLA_INGESTION_BACKUP_H

#include "services/ingestion/owners.h"

/* Told of what comes about; for a person who waits. */
struct backup_watcher {
    void (*table)(struct backup_watcher *w, const char *owner, str table, int64_t rows, int64_t rows_all); /* so far; 0: unknown */
    void (*owner)(struct backup_watcher *w, const struct backup_service *done);
};

struct backup_order {
    struct ingestion_owners owners;
    const char *shelf;               /* where the folder goes */
    const char *program;             /* "taquilla 0.1.0" */
    const bool *stop;                /* NULL, or becomes true when it shall end */
    struct backup_watcher *watcher;  /* NULL: nobody */
};

struct backup_made {
    str name;
    instant made_at;
    int64_t rows, bytes;
};

/* Fibers only. A fault leaves nothing behind, save after a crash: the next backup takes that away. */
const fault *ingestion_backup_make(arena *a, const struct backup_order *want, struct backup_made *made) MUST_CHECK;

/* Keeps the newest `keep` of the shelf. */
const fault *ingestion_backups_prune(arena *a, const char *shelf, int64_t keep, int64_t *removed) MUST_CHECK;

#endif
