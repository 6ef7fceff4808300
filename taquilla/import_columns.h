/* import_columns.h - which column of a file says what: by known names, or as the operator says. Pure. */
#ifndef TAQUILLA_IMPORT_COLUMNS_H
#define TAQUILLA_IMPORT_COLUMNS_H

#include "lib/base/fault.h"

#define IMPORT_FIELDS_MAX 20
#define IMPORT_COLUMNS_MAX 256 /* names that are remembered; a CSV cannot have more */
#define IMPORT_MAPS_MAX 64

/* A field of a kind of row, with the names that are known for it: in small letters and digits alone, apart by spaces, the
 * best first. Two columns of a row may mean the same field: the one named first that has something counts. */
struct import_field {
    const char *name, *known;
};

struct column {
    str name;
    int field;     /* -1: of no use here */
    unsigned rank; /* among the names of its field; 0: the operator's word */
    bool ignored;  /* the operator said so */
};

struct columns {
    const struct import_field *fields;
    size_t field_count;
    struct {
        str column;
        int field;
        bool met;
    } maps[IMPORT_MAPS_MAX];
    size_t map_count;
    struct column at[IMPORT_COLUMNS_MAX];
    size_t count;
    bool more; /* names there were no room for */
};

/* "COLUMN=FIELD", "COLUMN=" to pass over it. INVALID import_map: no such field, or no '='. */
const fault *columns_map(struct columns *c, arena *a, const char *map) MUST_CHECK;

/* The column of that name, as it stands in the file: upper and lower case, spaces and signs make no difference. New names
 * are kept in `boot`. */
const struct column *columns_find(struct columns *c, arena *boot, str name);

/* INVALID import_map: a column that --map names and the file has not; import_unreadable: none of its columns is known. */
const fault *columns_check(const struct columns *c, arena *a) MUST_CHECK;

/* "MPAA Rating, US Gross": those of no use, some of them. No text when there are none. */
str columns_unknown(const struct columns *c, arena *a);

#endif
