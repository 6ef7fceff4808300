/* live.h - a showing's seat map as it changes. Every change is written once as a server-sent event, and given to all who watch.
 *
 * "map": the whole map, as GET .../seats answers it in "data"; "seats": those seats alone that became another state, with the counts.
 * An event's id is the map's version and, behind '-', what the layout was: seats, prices, what is out of service. Who comes back with
 * the id that he saw last gets what he missed, or the whole map when it is kept no more. */
#ifndef TAQUILLA_GATEWAY_LIVE_H
#define TAQUILLA_GATEWAY_LIVE_H

#include "services/gateway/model.h"

#define LIVE_CHANGES_KEPT 64
#define LIVE_ID_BYTES 32

struct live_change {
    char id[LIVE_ID_BYTES]; /* of the event */
    struct buf text;        /* all of the event */
};

struct live {
    arena *memory;       /* of the map */
    struct seat_map map; /* as it was told last; none: no change was told yet */
    uint64_t layout;
    uint64_t told; /* changes so far; number n, from 1, lies at n % LIVE_CHANGES_KEPT while it is one of the last */
    struct live_change kept[LIVE_CHANGES_KEPT];
    struct buf whole; /* the event of the whole map as it is now; empty: not asked for since it changed */
};

/* Takes the map as it is now, which lives in `memory`, and both are the live map's own from here. True: something is new. */
bool live_tell(struct live *l, arena *memory, const struct seat_map *now);
/* The number of the last change that a watcher knows who saw the event with this id; 0: he must have the whole map. */
uint64_t live_known(const struct live *l, str id);
/* Writes what is new after number *known, which becomes the last. Nothing is written when nothing is. */
void live_write(struct live *l, uint64_t *known, struct buf *out);
void live_free(struct live *l);

#endif
