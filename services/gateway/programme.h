/* programme.h - what is on, in memory: every film, room, layout and showing, folded from the owners' events. */
#ifndef TAQUILLA_GATEWAY_PROGRAMME_H
#define TAQUILLA_GATEWAY_PROGRAMME_H

#include "lib/base/event.h"
#include "services/gateway/model.h"

struct programme {
    struct film_kept *films;       /* hash tables, by id */
    struct room_kept *rooms;
    struct showing_kept *showings;
    const struct showing **order;  /* the active ones, by show_time then id; see programme_order */
    size_t order_count;
    bool ordered;
    size_t waiting_rooms;          /* of showings that have one */
};

/* Takes an event of movies or of rooms; of a kind that it does not know, nothing. False: it cannot be read. */
bool programme_film(struct programme *p, const struct event *e);
bool programme_room(struct programme *p, const struct event *e);
/* Before a snapshot is told. */
void programme_forget_films(struct programme *p);
void programme_forget_rooms(struct programme *p);

/* What these give holds until the caller parks. NULL: unknown. Inactive ones too. */
const struct film *programme_film_find(const struct programme *p, str id);
/* With its room and film as they are now. */
bool programme_showing_find(const struct programme *p, int64_t id, struct showing *out);
/* The active ones in order. */
const struct showing *const *programme_order(struct programme *p, size_t *count);
/* The same with room and film. */
void programme_dress(const struct programme *p, struct showing *s);
/* The seats of its room in order, each what it is as long as nobody claims it, at the showing's price; copied. */
list programme_seats(const struct programme *p, arena *a, const struct showing *s);

size_t programme_showing_count(const struct programme *p);

#endif
