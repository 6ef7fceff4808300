/* import_rows.h - rows of a JSON file as films: what is taken, what is repaired and by which rule, what is refused. Pure. */
#ifndef TAQUILLA_IMPORT_ROWS_H
#define TAQUILLA_IMPORT_ROWS_H

#include "lib/base/buf.h"
#include "lib/base/clock.h"

#define IMPORT_MINUTES_UNKNOWN 120 /* what rooms reckons with for a film whose length nobody knows */

/* What was repaired; each row counts once a field. */
enum repair {
    REPAIR_TITLE,       /* a number: written as text */
    REPAIR_DESCRIPTION, /* none: written from genre, year, source and distributor */
    REPAIR_DURATION,    /* none, or not a length: IMPORT_MINUTES_UNKNOWN */
    REPAIR_DIRECTOR,    /* none: "Unknown" */
    REPAIR_DATE,        /* a year that cannot be: a century earlier */
    REPAIR_RATING,      /* no IMDB rating: a tenth of the Rotten Tomatoes one; out of 0..10: 0 */
    REPAIR_COUNT,
};
extern const char *const repair_fields[REPAIR_COUNT], *const repair_rules[REPAIR_COUNT];

struct import_row {
    size_t line;          /* where it begins in the file, from 1 */
    str name;             /* to recognise it by: its title, or what stands there */
    str film;             /* the film as JSON, as POST /api/movies takes it; no text: refused */
    const char *refused;  /* why */
    bool repaired[REPAIR_COUNT];
};

/* Every row of a JSON array, in order. today: years are judged by it. INVALID import_unreadable: not such a file. */
const fault *import_read(arena *a, str text, day today, list *rows) MUST_CHECK;

#endif
