/* import_values.h - what stands in a row of a file: a JSON value or a cell of CSV, read by what is wanted of it. Pure. */
#ifndef TAQUILLA_IMPORT_VALUES_H
#define TAQUILLA_IMPORT_VALUES_H

#include <jansson.h>

#include "lib/base/buf.h"
#include "lib/base/ids.h"

/* One of both, or neither: not given. */
struct value {
    const json_t *json;
    str cell; /* not blank */
};

/* null, a blank text, and what IMDb and OMDb write for nothing ("\N", "N/A") are not given. */
struct value value_of_json(const json_t *json);
struct value value_of_cell(str cell);
bool value_given(const struct value *v);

/* Without white space at its ends; no text when it is none. */
str value_text(const struct value *v);
/* The same; a number counts too, and *was_number tells that JSON had one. */
str value_text_or_number(arena *a, const struct value *v, bool *was_number);

/* Of cells and texts: "1,234.5", "8,9", "$12.50", "142 min". */
bool value_number(const struct value *v, double *out) MUST_CHECK;
/* A whole number, within 2^53. */
bool value_integer(const struct value *v, int64_t *out) MUST_CHECK;
/* true, false, 1, 0, yes, no, si, sí. */
bool value_flag(const struct value *v, bool *out) MUST_CHECK;

/* Of an array, or of one text whose parts are apart by '|', else by ';', else by ','. Blank ones, and those over bytes_max,
 * are left out. */
strs value_texts(arena *a, const struct value *v, size_t bytes_max);

/* --- members of a JSON object that is being written: the first has no comma before it --- */

void member_name(struct buf *out, const char *name);
void member_text(struct buf *out, const char *name, str text); /* left out when there is none */
void member_int(struct buf *out, const char *name, int64_t n);
void member_number(struct buf *out, const char *name, double n);
void member_flag(struct buf *out, const char *name, bool flag);
void member_texts(struct buf *out, const char *name, const strs *texts);

#endif
