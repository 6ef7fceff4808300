/* import_file.h - a file of rows, read one at a time: CSV, a JSON array of objects, or NDJSON, an object a line. */
#ifndef TAQUILLA_IMPORT_FILE_H
#define TAQUILLA_IMPORT_FILE_H

#include "lib/base/csv.h"
#include "lib/json/rows.h"
#include "taquilla/import_columns.h"
#include "taquilla/import_values.h"

/* A row by the fields of its kind. Until the next one is read. */
struct row {
    size_t line;
    struct value of[IMPORT_FIELDS_MAX];
    const char *flaw; /* why nothing of it can be read; NULL */
};

struct import_file {
    const char *path;
    struct columns *columns;
    arena *boot;
    int fd, problem; /* errno of a read that failed */
    bool is_csv;
    struct source *source;
    struct csv csv;
    struct json_rows rows;
    json_t *held; /* the object of the row */
    const struct column *header[CSV_CELLS_MAX];
    size_t header_count;
};

/* By its name (.csv, .tsv, .json, .ndjson, .jsonl), else by its first byte. INVALID import_unreadable: not there, or empty, or
 * not text. What it takes lives in `boot`. */
const fault *import_file_open(arena *boot, struct import_file *out, const char *path, struct columns *columns) MUST_CHECK;
/* *found is false at the end. INVALID import_unreadable: from here on nothing can be told apart. */
const fault *import_file_next(struct import_file *f, arena *a, struct row *out, bool *found) MUST_CHECK;
void import_file_close(struct import_file *f);

#endif
