/* facts.h - what is kept of one owner's export: numbers and names of films and rooms, nobody's e-mail, name or phone. */
#ifndef TAQUILLA_ANALYTICS_FACTS_H
#define TAQUILLA_ANALYTICS_FACTS_H

#include "lib/base/buf.h"
#include "services/analytics/model.h"

enum owner_name { MOVIES, ROOMS, RESERVATIONS, OWNER_COUNT };

#define FACTS_TEXT_BYTES_MAX ((size_t)256 * 1024 * 1024) /* titles, names, film ids */
#define FACTS_ROWS_MAX 50000000

struct facts {
    enum owner_name of;
    int64_t position; /* of the owner's log, when these were the facts */
    bool ended;       /* the last line was read: all is there */
    int64_t rows;

    /* Of its owner alone; whole once it ended. */
    struct catalogue films;
    struct house house;
    struct box_office sold;

    /* What they grow in while they are read. */
    arena *texts, *line;
    struct buf films_read, halls, showings, people, film_ids, film_slots, sales, taken, days;
    size_t sale_at; /* where the last reserved seat belonged */
};

struct facts *analytics_facts_new(enum owner_name of) MUST_CHECK;
void analytics_facts_free(struct facts *f); /* NULL is fine */

/* The tables that it is made of, for ?tables=. */
const char *analytics_facts_tables(enum owner_name of);

/* Takes one line of an export (lib/feed/export.h). NULL, or what is wrong with it, as a literal. */
const char *analytics_facts_line(struct facts *f, str line) MUST_CHECK;

/* The rows as they are read, for the fuzz targets. */
extern const struct shape analytics_user_row_shape, analytics_reservation_row_shape, analytics_reserved_row_shape,
    analytics_room_row_shape, analytics_seat_row_shape, analytics_schedule_row_shape, analytics_movie_row_shape,
    analytics_end_row_shape;

#endif
