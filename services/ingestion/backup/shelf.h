/* shelf.h - the directory in which backups stand side by side: its lock, what is in it, what may go.
 *
 * All of these wait for the disk: fibers of a service call them by offload. Faults name the path, so they are for the
 * operator and the log: INVALID backup_missing, backup_unreadable; UNAVAILABLE backup_running, backup_unwritable,
 * storage_full. */
#ifndef TAQUILLA_INGESTION_SHELF_H
#define TAQUILLA_INGESTION_SHELF_H

#include "services/ingestion/model.h"

#define PATH_BYTES_MAX 4096

/* By errno: what went wrong with writing `path`. */
const fault *ingestion_disk_fault(arena *a, const char *path);

/* Makes the directory if only it is missing, and locks it until the descriptor is closed: one backup at a time. Half
 * backups that a crash left are taken away: who holds the lock knows that nobody works on them. */
const fault *ingestion_shelf_lock(arena *a, const char *shelf, int *lock_fd) MUST_CHECK;
void ingestion_shelf_unlock(int lock_fd);

/* Names of folders with a manifest, newest first; they are not looked into. */
const fault *ingestion_shelf_list(arena *a, const char *shelf, strs *names) MUST_CHECK;

/* Keeps the newest `keep` of these. What a wrong clock once named after a time to come stays and does not count: it would
 * drive out every true one. Under the lock. */
const fault *ingestion_shelf_prune(arena *a, const char *shelf, size_t keep, instant now, size_t *removed) MUST_CHECK;

/* Takes a folder away as far as it is ours: a manifest, and a folder of files for each service. */
const fault *ingestion_folder_clear(arena *a, const char *path);

/* Renames a folder to NAME.partial, so that no half backup is ever found under a whole one's name, and takes it away. */
const fault *ingestion_shelf_remove(arena *a, const char *shelf, str name) MUST_CHECK;

/* Flushes the directory itself: the names in it. */
const fault *ingestion_directory_flush(arena *a, const char *path) MUST_CHECK;

#endif
