/* facts.h - showings and the seats of their rooms in memory, folded from the events of rooms. Showings share their room's layout. */
#ifndef TAQUILLA_RESERVATIONS_FACTS_H
#define TAQUILLA_RESERVATIONS_FACTS_H

#include "lib/base/event.h"
#include "lib/base/places.h"
#include "services/reservations/model.h"

struct showing_facts {
    struct showing_kept *showings; /* packed: a chain has hundreds of thousands */
    size_t count, room;
    struct places places;          /* of showings, by id */
    struct film_kept *films;       /* hash tables, by id */
    struct layout_kept *layouts;
    arena *reading;                /* of one event */
};

/* Takes an event of rooms; of a kind that no booking depends on, nothing. *showing_id: whose times may be others now; 0: no showing's.
 * False: it cannot be read. */
bool showing_facts_take(struct showing_facts *f, const struct event *e, int64_t *showing_id);
void showing_facts_forget(struct showing_facts *f); /* all; also at the end */

/* False: unknown. The texts and the seats of *out hold until the caller parks. */
bool showing_facts_find(const struct showing_facts *f, int64_t id, struct showing *out);

#endif
