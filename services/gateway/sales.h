/* sales.h - who has which seat, in memory: folded from the events of reservations. */
#ifndef TAQUILLA_GATEWAY_SALES_H
#define TAQUILLA_GATEWAY_SALES_H

#include "lib/base/event.h"
#include "lib/base/places.h"
#include "services/gateway/model.h"

struct sales {
    struct house_kept *houses; /* one for each showing that has claims: the claims by seat */
    size_t count, room;
    struct places places;
    size_t looked; /* of the houses, by sales_tidy */
};

/* Takes an event of reservations. *schedule_id is the showing whose seats it changed; 0: none's. False: it cannot be read. A seat is
 * freed only by the reservation that has it: events that a snapshot held already may come again. */
bool sales_take(struct sales *s, const struct event *e, int64_t *schedule_id);
void sales_forget(struct sales *s); /* before a snapshot is told */
/* Looks at a few showings, at others the next time, and forgets the claims of those that are over: once for each event is enough that no
 * more of them stay than there are others. */
void sales_tidy(struct sales *s, bool (*is_over)(void *arg, int64_t schedule_id), void *arg);

/* Each seat's state; those that nobody claims stay as they are. */
void sales_mark(const struct sales *s, int64_t schedule_id, list *seats);

#endif
