/* import_kinds.h - what rows can be: films, rooms with their seats, users, showings; what is taken of a row, what is mended and
 * by which rule, what is refused. Pure. */
#ifndef TAQUILLA_IMPORT_KINDS_H
#define TAQUILLA_IMPORT_KINDS_H

#include "lib/base/clock.h"
#include "taquilla/import_file.h"

#define REPAIRS_MAX 8

struct repair {
    const char *field, *rule;
};

/* What a first reading of the whole file tells for the second. */
struct lore {
    int64_t this_year;
    size_t films[10001]; /* by year of release */
    size_t rows;
    int64_t newest;      /* the last year that can be meant */
};

/* A row as its owner takes it. */
struct import_row {
    size_t line;
    str name;            /* to recognise it by */
    str order;           /* JSON; none: refused */
    const char *refused; /* why */
    unsigned repaired;   /* bit i: by the kind's repairs[i] */
    str key;             /* no two rows of a file may have the same; without case */
    str room_facts;      /* rows of one room's seats must agree in these; none elsewhere */
    str room_key;
};

enum import_owner { OWNER_MOVIES, OWNER_ROOMS, OWNER_RESERVATIONS };

struct import_kind {
    const char *name, *one; /* "movies", "film" */
    enum import_owner owner;
    const char *target;
    const struct import_field *fields;
    size_t field_count;
    struct repair repairs[REPAIRS_MAX];
    void (*look)(struct lore *lore, const struct row *row); /* in the first reading; may be NULL */
    /* The row is in order, and out->line set. What is made lives in `a`. */
    void (*read)(arena *a, const struct lore *lore, const struct row *row, struct import_row *out);
    size_t check_rows_max; /* so many are looked at together in a dry run; 0: as in a real one */
};

extern const struct import_kind import_movies, import_rooms, import_users, import_schedules;

/* Before and after the first reading. today: years are judged by it. */
void lore_begin(struct lore *lore, day today);
void lore_end(struct lore *lore);

#define IMPORT_MINUTES_UNKNOWN 120 /* what rooms reckons with for a film whose length nobody knows */

/* --- import_dates.c --- */

#define YEAR_FIRST 1888 /* the first film */
#define YEAR_LAST 2199

struct date_read {
    int64_t year, day;
    int month;
    bool year_alone; /* day and month are made up */
};
/* "1998-06-12", "Jun 12 1998", "12 June, 1998", "12-Jun-98", "1998", milliseconds since 1970. */
bool date_read(const struct value *v, int64_t this_year, struct date_read *out) MUST_CHECK;
/* As YYYY-MM-DD; false when there is no such day. */
bool date_write(arena *a, const struct date_read *d, str *out) MUST_CHECK;

#endif
