/* queue_seen.h - what buyers of waiting rooms did with their tokens, in a table whose size does not grow with them.
 *
 * A place that was drawn is taken once, and an admission is good for so many bookings. When a part of the table is full, the token that
 * ends first is forgotten. Each gateway has a table of its own. */
#ifndef TAQUILLA_GATEWAY_QUEUE_SEEN_H
#define TAQUILLA_GATEWAY_QUEUE_SEEN_H

#include "lib/base/clock.h"

#define QUEUE_SEEN_SETS 16384
#define QUEUE_SEEN_WAYS 4
#define QUEUE_BOOKINGS_MAX 3 /* that go well, of one admission: somebody who thinks again, but no reseller */
#define QUEUE_TRIES_MAX 60   /* bookings asked for: seats go to others meanwhile */

struct queue_seen {
    uint64_t key;  /* of the token, under a secret of this process; 0: free */
    instant until; /* as the token's */
    instant turn;  /* of the place it has taken; none: it has not */
    uint32_t bookings, tries;
};

struct queue_seen_table {
    struct queue_seen (*sets)[QUEUE_SEEN_WAYS]; /* 2 MiB; NULL until there is a token */
    unsigned char secret[16];
};

/* The token's entry, new or not. Holds until the next call. */
struct queue_seen *queue_seen_of(struct queue_seen_table *t, uint64_t token_id, instant until);
void queue_seen_free(struct queue_seen_table *t);

#endif
