/* manifest.h - what a backup says about itself, and whether it is true. Waits for the disk. */
#ifndef TAQUILLA_INGESTION_MANIFEST_H
#define TAQUILLA_INGESTION_MANIFEST_H

#include "services/ingestion/model.h"

#define MANIFEST_NAME "manifest.json"
#define ROW_BYTES_MAX (1024 * 1024 - 256) /* a restore puts it into a body of at most 1 MiB */

str ingestion_hex(arena *a, const unsigned char *bytes, size_t count);

/* JSON; its last member is the SHA-256 of all that stands before it. */
str ingestion_manifest_text(arena *a, const struct backup_manifest *m);

/* INVALID backup_missing (there is no manifest), backup_unreadable, backup_damaged. */
const fault *ingestion_manifest_load(arena *a, const char *folder, struct backup_manifest *out) MUST_CHECK;

/* Reads every file to its end and compares rows, bytes and SHA-256 with the manifest. The first that differs: INVALID
 * backup_damaged. */
const fault *ingestion_backup_check(arena *a, const char *folder, const struct backup_manifest *m) MUST_CHECK;

/* The same of one table. */
const fault *ingestion_table_check(arena *a, const char *folder, str service, const struct backup_table *t) MUST_CHECK;

/* --- the lines of a table's file --- */

struct rows_file {
    const char *path;
    int fd;
    char *at;         /* what was read and not yet handed out: at[from .. to) */
    size_t from, to;
    int64_t row;      /* how many were handed out */
};
/* *f is zero, or was closed: then its room is used again. */
const fault *ingestion_rows_open(arena *a, struct rows_file *f, const char *folder, str service, str table) MUST_CHECK;
/* The next line without its end, valid until the next call; no text (at NULL) at the end. INVALID backup_unreadable,
 * backup_damaged: a line without end, empty or too long. */
const fault *ingestion_rows_next(arena *a, struct rows_file *f, str *line) MUST_CHECK;
void ingestion_rows_close(struct rows_file *f);

#endif
