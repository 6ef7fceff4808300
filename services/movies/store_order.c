/* store_order.c - a sorted array whose tail may still be unsorted. */
#include "services/movies/store_order.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/heap.h"

#define FIRST_CAP 16

void *room_for(void *at, size_t *cap, size_t need, size_t size)
{
    if (need <= *cap)
        return at;
    size_t wider = *cap * 2 > need ? *cap * 2 : need;
    wider = wider > FIRST_CAP ? wider : FIRST_CAP;
    char *made = realloc(at, wider * size);
    if (!made)
        abort();
    memset(made + *cap * size, 0, (wider - *cap) * size);
    *cap = wider;
    return made;
}

void order_add(struct order *o, void *thing)
{
    o->at = room_for(o->at, &o->cap, o->count + 1, sizeof *o->at);
    o->at[o->count++] = thing;
}

static size_t before(const struct order *o, size_t end, const void *thing)
{
    size_t low = 0;
    while (low < end) {
        size_t middle = low + (end - low) / 2;
        if (o->compare(&o->at[middle], &thing) < 0)
            low = middle + 1;
        else
            end = middle;
    }
    return low;
}

size_t order_before(const struct order *o, const void *thing)
{
    assert(o->settled == o->count);
    return before(o, o->count, thing);
}

/* The new ones are sorted by themselves and put in from the last to the first, so that each old one moves once. */
void order_settle(struct order *o)
{
    size_t fresh = o->count - o->settled, end = o->settled;
    if (fresh == 0)
        return;
    qsort(o->at + end, fresh, sizeof *o->at, o->compare);
    if (end > 0) {
        void **sorted = heap_take(fresh * sizeof *sorted);
        memcpy(sorted, o->at + end, fresh * sizeof *sorted);
        for (size_t i = fresh; i-- > 0;) {
            size_t place = before(o, end, sorted[i]);
            memmove(o->at + place + i + 1, o->at + place, (end - place) * sizeof *o->at);
            o->at[place + i] = sorted[i];
            end = place;
        }
        free(sorted);
    }
    o->settled = o->count;
}

void order_remove(struct order *o, void *thing)
{
    order_settle(o);
    size_t place = before(o, o->count, thing);
    assert(place < o->count && o->at[place] == thing);
    memmove(o->at + place, o->at + place + 1, (o->count - place - 1) * sizeof *o->at);
    o->settled = --o->count;
}

void order_free(struct order *o)
{
    free(o->at);
    *o = (struct order){ .compare = o->compare };
}
