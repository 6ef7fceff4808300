/* rows.h - the members of a JSON array one by one, or the lines of NDJSON, in bounded memory.
 *
 * A row is a text that is yet to be read as JSON. What an array holds is only told apart here: by its commas outside of
 * strings and brackets. */
#ifndef TAQUILLA_JSON_ROWS_H
#define TAQUILLA_JSON_ROWS_H

#include "lib/base/buf.h"
#include "lib/base/source.h"

#define JSON_ROW_BYTES_MAX ((size_t)1024 * 1024)

struct json_row {
    size_t line;   /* where it begins, from 1 */
    str text;      /* until the next row */
    bool too_long; /* over JSON_ROW_BYTES_MAX; the rows after it are read all the same */
};

struct json_rows {
    struct source *from;
    bool array;         /* begins with '['; else each line is a row, and blank ones are none */
    size_t line;        /* of the next byte */
    const char *broken; /* why there are no more rows although the file has not ended well; NULL */
    size_t broken_line;
    bool first, over;
    char *text;
    size_t len;
};

void json_rows_open(arena *a, struct json_rows *out, struct source *from);
/* False at the end, and where the array is broken. */
bool json_rows_next(struct json_rows *rows, struct json_row *out);

#endif
