/* bill.h - the showings in memory, packed: by id, and the active ones by time, by film and by room. */
#ifndef TAQUILLA_GATEWAY_BILL_H
#define TAQUILLA_GATEWAY_BILL_H

#include "lib/base/places.h"
#include "services/gateway/model.h"

/* 72 bytes, and 20 in tables: a chain has hundreds of thousands. */
struct bill_entry {
    int64_t id, room_id;
    wall show_time;
    instant starts_at, ends_at, sales_open_at, sales_close_at;
    money price;
    uint32_t film; /* the number of its film: the caller's */
    bool is_active, waiting_room;
};

enum bill_order { BILL_BY_TIME, BILL_BY_FILM, BILL_BY_ROOM, BILL_ORDERS };

struct bill {
    struct bill_entry *entries;
    size_t count, room;
    struct places places;
    uint32_t *order[BILL_ORDERS]; /* places of active ones: of one film, of one room; by show_time, then id */
    size_t ordered, order_room;   /* how many are in each order; how many have room */
    bool sorted;                  /* false: nobody has asked since the bill was empty */
    int64_t longest_s;            /* no showing ends later than so long after its show_time, as numbers of both clocks */
};

void bill_put(struct bill *b, const struct bill_entry *told);
const struct bill_entry *bill_find(const struct bill *b, int64_t id); /* NULL: unknown. Until the next put */
void bill_forget(struct bill *b);                                    /* all; also at the end */

/* The active ones of one film, of one room or all, from the first that may be wanted, in order. */
struct bill_walk {
    const struct bill *of;
    enum bill_order by;
    int64_t key;    /* of film or room */
    size_t at;
    wall until;     /* WALL_NONE: to the end */
};
/* film: its number, -1: any. room_id 0: any. With neither `from` nor `until`: those not over at `now`, and perhaps some that are. */
struct bill_walk bill_walk(struct bill *b, int64_t film, int64_t room_id, wall from, wall until, instant now);
const struct bill_entry *bill_next(struct bill_walk *w); /* NULL: that was all */

#endif
