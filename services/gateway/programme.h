/* programme.h - what is on, in memory: every film, room, layout and showing, folded from the owners' events. */
#ifndef TAQUILLA_GATEWAY_PROGRAMME_H
#define TAQUILLA_GATEWAY_PROGRAMME_H

#include "lib/base/event.h"
#include "services/gateway/bill.h"

struct programme {
    struct film_kept *films;      /* hash tables, by id */
    struct room_kept *rooms;
    struct film_kept **numbered;  /* films as they were named first, also those that movies does not know */
    uint32_t film_count, film_room;
    struct bill showings;
    size_t waiting_rooms;         /* of showings that have one */
};

/* Takes an event of movies or of rooms; of a kind that it does not know, nothing. False: it cannot be read. */
bool programme_film(struct programme *p, const struct event *e);
bool programme_room(struct programme *p, const struct event *e);
/* Before a snapshot is told. */
void programme_forget_films(struct programme *p);
void programme_forget_rooms(struct programme *p);
void programme_free(struct programme *p);

/* What these give holds until the caller parks. NULL: unknown. Inactive ones too. */
const struct film *programme_film_find(const struct programme *p, str id);
/* With its room and film as they are now. */
bool programme_showing_find(const struct programme *p, int64_t id, struct showing *out);
/* The active ones wanted, by show_time then id, with their film and without their room. */
struct programme_walk {
    const struct programme *of;
    const struct showtime_query *want;
    instant now;
    struct bill_walk showings;
};
struct programme_walk programme_walk(struct programme *p, const struct showtime_query *want, instant now);
bool programme_next(struct programme_walk *w, struct showing *out); /* false: that was all */
/* Adds its room. */
void programme_dress(const struct programme *p, struct showing *s);
/* The seats of its room in order, each what it is as long as nobody claims it, at the showing's price; copied. */
list programme_seats(const struct programme *p, arena *a, const struct showing *s);

size_t programme_showing_count(const struct programme *p);

#endif
