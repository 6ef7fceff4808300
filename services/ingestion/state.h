/* state.h - small files that outlive a restart: whole or not at all. They wait for the disk: fibers call them by offload. */
#ifndef TAQUILLA_INGESTION_STATE_H
#define TAQUILLA_INGESTION_STATE_H

#include "lib/base/fault.h"

#define STATE_BYTES_MAX ((size_t)8 * 1024 * 1024)

/* Beside it, flushed, then under its name. UNAVAILABLE backup_unwritable, storage_full. */
const fault *ingestion_state_write(arena *a, const char *path, str text) MUST_CHECK;
/* No text: there is none. INVALID backup_unreadable. */
const fault *ingestion_state_read(arena *a, const char *path, str *text) MUST_CHECK;

#endif
