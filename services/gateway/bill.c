/* bill.c - an array of showings and three sorted arrays of places in it. A change moves numbers of four bytes, not showings. */
#include "services/gateway/bill.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/heap.h"

#define ROOM_MIN 64

/* --- orders --- */

static int64_t key_of(const struct bill_entry *s, enum bill_order by)
{
    return by == BILL_BY_FILM ? (int64_t)s->film : by == BILL_BY_ROOM ? s->room_id : 0;
}

static int numbers_order(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int entry_order(const struct bill_entry *a, const struct bill_entry *b, enum bill_order by)
{
    int order = numbers_order(key_of(a, by), key_of(b, by));
    if (order == 0)
        order = numbers_order(a->show_time.s, b->show_time.s);
    return order ? order : numbers_order(a->id, b->id);
}

/* The first place in an order whose entry does not stand before `s`. */
static size_t order_place(const struct bill *b, enum bill_order by, const struct bill_entry *s)
{
    size_t low = 0, high = b->ordered;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (entry_order(&b->entries[b->order[by][middle]], s, by) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void orders_widen(struct bill *b, size_t wanted)
{
    if (wanted <= b->order_room)
        return;
    b->order_room = wanted + wanted / 4 + ROOM_MIN;
    for (int by = 0; by < BILL_ORDERS; by++)
        b->order[by] = heap_again(b->order[by], b->order_room * sizeof(uint32_t));
}

/* It stands in the array as it stood when it was put in. */
static void orders_take_out(struct bill *b, uint32_t place)
{
    for (int by = 0; by < BILL_ORDERS; by++) {
        size_t at = order_place(b, by, &b->entries[place]);
        memmove(b->order[by] + at, b->order[by] + at + 1, (b->ordered - at - 1) * sizeof(uint32_t));
    }
    b->ordered--;
}

static void orders_put_in(struct bill *b, uint32_t place)
{
    orders_widen(b, b->ordered + 1);
    for (int by = 0; by < BILL_ORDERS; by++) {
        size_t at = order_place(b, by, &b->entries[place]);
        memmove(b->order[by] + at + 1, b->order[by] + at, (b->ordered - at) * sizeof(uint32_t));
        b->order[by][at] = place;
    }
    b->ordered++;
}

struct sorting {
    const struct bill *of;
    enum bill_order by;
};

static int places_order(const void *left, const void *right, void *arg)
{
    const struct sorting *s = arg;
    return entry_order(&s->of->entries[*(const uint32_t *)left], &s->of->entries[*(const uint32_t *)right], s->by);
}

/* A snapshot is sorted once, when somebody asks. */
static void sort(struct bill *b)
{
    if (b->sorted)
        return;
    b->sorted = true;
    b->ordered = 0;
    orders_widen(b, b->count);
    for (uint32_t place = 0; place < b->count; place++)
        if (b->entries[place].is_active)
            b->order[BILL_BY_TIME][b->ordered++] = place;
    for (int by = 0; by < BILL_ORDERS && b->ordered > 0; by++) {
        if (by != BILL_BY_TIME)
            memcpy(b->order[by], b->order[BILL_BY_TIME], b->ordered * sizeof(uint32_t));
        qsort_r(b->order[by], b->ordered, sizeof(uint32_t), places_order, &(struct sorting){ b, by });
    }
}

/* --- what is told --- */

static uint32_t place_new(struct bill *b, const struct bill_entry *told)
{
    if (b->count == b->room) {
        b->room += b->room / 4 + ROOM_MIN;
        b->entries = heap_again(b->entries, b->room * sizeof *b->entries);
    }
    b->entries[b->count] = *told;
    places_add(&b->places, b->entries, sizeof *b->entries, (uint32_t)b->count);
    return (uint32_t)b->count++;
}

void bill_put(struct bill *b, const struct bill_entry *told)
{
    uint32_t place = places_find(&b->places, b->entries, sizeof *b->entries, told->id);
    int64_t lasts_s = told->ends_at.ms / 1000 + 1 - told->show_time.s;
    if (lasts_s > b->longest_s)
        b->longest_s = lasts_s;
    if (place == PLACE_NONE) {
        place = place_new(b, told);
    } else {
        if (b->sorted && b->entries[place].is_active)
            orders_take_out(b, place);
        b->entries[place] = *told;
    }
    if (b->sorted && told->is_active)
        orders_put_in(b, place);
}

void bill_forget(struct bill *b)
{
    free(b->entries);
    places_free(&b->places);
    for (int by = 0; by < BILL_ORDERS; by++)
        free(b->order[by]);
    *b = (struct bill){ 0 };
}

/* --- what is asked --- */

const struct bill_entry *bill_find(const struct bill *b, int64_t id)
{
    uint32_t place = places_find(&b->places, b->entries, sizeof *b->entries, id);
    return place == PLACE_NONE ? NULL : &b->entries[place];
}

struct bill_walk bill_walk(struct bill *b, int64_t film, int64_t room_id, wall from, wall until, instant now)
{
    struct bill_walk w = { .of = b, .by = film >= 0 ? BILL_BY_FILM : room_id ? BILL_BY_ROOM : BILL_BY_TIME, .until = until };
    w.key = w.by == BILL_BY_FILM ? film : w.by == BILL_BY_ROOM ? room_id : 0;
    sort(b);
    struct bill_entry first = { .id = INT64_MIN, .show_time = from, .room_id = room_id, .film = film >= 0 ? (uint32_t)film : 0 };
    if (from.s == TIME_NONE && until.s == TIME_NONE)
        first.show_time.s = now.ms / 1000 - b->longest_s;
    w.at = order_place(b, w.by, &first);
    return w;
}

const struct bill_entry *bill_next(struct bill_walk *w)
{
    if (w->at >= w->of->ordered)
        return NULL;
    const struct bill_entry *found = &w->of->entries[w->of->order[w->by][w->at]];
    if (key_of(found, w->by) != w->key || (w->until.s != TIME_NONE && found->show_time.s >= w->until.s))
        return NULL;
    w->at++;
    return found;
}
