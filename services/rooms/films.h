/* films.h - how long films last and whether they are shown, in memory, folded from the events of movies. */
#ifndef TAQUILLA_ROOMS_FILMS_H
#define TAQUILLA_ROOMS_FILMS_H

#include "lib/base/event.h"
#include "services/rooms/model.h"

struct film {
    int64_t minutes;
    bool is_active;
};

struct rooms_films {
    struct film_kept *kept; /* a hash table, by id */
    arena *reading;         /* of one event */
};

/* Takes an event of movies; of another kind than films, nothing. *lasts_other: the film was known, and not so long. False: it cannot
 * be read. */
bool rooms_films_take(struct rooms_films *f, const struct event *e, bool *lasts_other);
void rooms_films_forget(struct rooms_films *f); /* all; also at the end */

/* By an id of either case. NULL: unknown. Holds until the caller parks. */
const struct film *rooms_films_find(const struct rooms_films *f, str id);

#endif
