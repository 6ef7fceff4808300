/* store_order.h - things kept in an order, each once: many are added at the cost of sorting them, one at that of making room. */
#ifndef TAQUILLA_MOVIES_STORE_ORDER_H
#define TAQUILLA_MOVIES_STORE_ORDER_H

#include <stddef.h>

struct order {
    int (*compare)(const void *one, const void *other); /* of pointers to two things; never 0 */
    void **at;                                          /* in order only after order_settle */
    size_t count;
    size_t settled; /* so many at the front are in order */
    size_t cap;
};

void order_add(struct order *o, void *thing);
void order_remove(struct order *o, void *thing); /* it is in there, and what it is compared by has not changed */
void order_settle(struct order *o);
/* How many of them, settled, come before it. */
size_t order_before(const struct order *o, const void *thing);
void order_free(struct order *o);

/* Room for `need` things of that size: *at, moved and longer. */
void *room_for(void *at, size_t *cap, size_t need, size_t size);

#endif
