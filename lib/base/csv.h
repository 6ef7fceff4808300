/* csv.h - CSV as RFC 4180 has it and as spreadsheets write it: read row by row in bounded memory, and written so that no
 * cell is taken for a formula.
 *
 * Read are cells apart by comma, semicolon or tab (found from the first row, or said by a line "sep=;" before it), quoted
 * ones with line ends and doubled quotes inside, lines that end in LF, CRLF or CR, and a UTF-8 mark at the front. Lines
 * without anything are no rows. Bytes are passed on as they are: whether they are UTF-8 is the caller's question. */
#ifndef TAQUILLA_BASE_CSV_H
#define TAQUILLA_BASE_CSV_H

#include "lib/base/buf.h"
#include "lib/base/source.h"

#define CSV_ROW_BYTES_MAX ((size_t)1024 * 1024)
#define CSV_CELLS_MAX 256

/* What is wrong with a row; the rows after it are read all the same. */
enum csv_flaw {
    CSV_FINE,
    CSV_LONG, /* over CSV_ROW_BYTES_MAX */
    CSV_WIDE, /* over CSV_CELLS_MAX cells */
    CSV_NUL,  /* a NUL byte */
    CSV_TAIL, /* text between a closing quote and the next separator */
};

struct csv_row {
    size_t line;      /* where it begins, from 1 */
    const str *cells; /* until the next row; without what is over a limit */
    size_t count;
    enum csv_flaw flaw;
};

struct csv {
    struct source *from;
    int separator;
    size_t line;          /* of the next byte */
    size_t unclosed_line; /* where a quote opens that nothing closes: the rest of the file is in doubt; 0: nowhere */
    char *text;
    size_t len;
    str *cells;
    struct csv_row row;
};

void csv_open(arena *a, struct csv *out, struct source *from);
/* False at the end, and at a quote that is never closed. */
bool csv_next(struct csv *c, struct csv_row *out);

/* A cell as it was before it was written: without the apostrophe that keeps a formula a text. */
str csv_plain(str cell);

/* One row and CRLF. A text that a spreadsheet would compute (it begins with = + - @, tab, CR or LF, also behind apostrophes)
 * gets an apostrophe before it; no text is an empty cell. */
void csv_write_row(struct buf *out, const str *cells, size_t count);

#endif
