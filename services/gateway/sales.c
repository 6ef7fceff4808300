/* sales.c - the claims of each showing in an array by seat, 24 bytes a claim. */
#include "services/gateway/sales.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/heap.h"
#include "lib/json/read.h"

#define SALE_BYTES_MAX ((size_t)1024 * 1024)
#define HOUSES_MORE 64
#define CLAIMS_MORE 4
#define TIDY_AT_ONCE 4

struct claim {
    int64_t seat_id, reservation_id;
    int64_t made_sold; /* when the reservation was made, in ms, twice; and one more when it is paid */
};
struct house_kept {
    int64_t schedule_id;
    struct claim *claims;
    uint32_t count, room;
};

/* --- the claims of one showing --- */

/* The first claim of a seat that is not before this one. */
static uint32_t claim_place(const struct house_kept *h, int64_t seat_id)
{
    uint32_t low = 0, high = h->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (h->claims[middle].seat_id < seat_id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct claim *claim_find(const struct house_kept *h, int64_t seat_id)
{
    uint32_t at = claim_place(h, seat_id);
    return at < h->count && h->claims[at].seat_id == seat_id ? &h->claims[at] : NULL;
}

static struct claim *claim_new(struct house_kept *h, int64_t seat_id)
{
    uint32_t at = claim_place(h, seat_id);
    if (h->count == h->room) {
        h->room += h->room / 4 + CLAIMS_MORE;
        h->claims = heap_again(h->claims, h->room * sizeof *h->claims);
    }
    memmove(h->claims + at + 1, h->claims + at, (h->count++ - at) * sizeof *h->claims);
    h->claims[at] = (struct claim){ .seat_id = seat_id };
    return &h->claims[at];
}

/* Of a seat that an old system sold twice the earlier sale has it. */
static bool is_before(const struct sale *by, const struct claim *claim)
{
    int64_t made_ms = claim->made_sold >> 1;
    return by->made.ms < made_ms || (by->made.ms == made_ms && by->id < claim->reservation_id);
}

static void claim_take(struct house_kept *h, int64_t seat_id, const struct sale *by, bool begins)
{
    struct claim *claim = claim_find(h, seat_id);
    if (claim && claim->reservation_id != by->id && !(begins && is_before(by, claim)))
        return;
    if (!claim && !begins)
        return;
    if (!claim)
        claim = claim_new(h, seat_id);
    *claim = (struct claim){ .seat_id = seat_id, .reservation_id = by->id, .made_sold = by->made.ms * 2 + (by->status == SALE_CONFIRMED) };
}

static void claim_free(struct house_kept *h, int64_t seat_id, const struct sale *by)
{
    struct claim *claim = claim_find(h, seat_id);
    if (!claim || claim->reservation_id != by->id)
        return;
    h->count--;
    memmove(claim, claim + 1, (size_t)(h->claims + h->count - claim) * sizeof *claim);
}

/* --- showings --- */

static struct house_kept *house_find(const struct sales *s, int64_t schedule_id)
{
    uint32_t place = places_find(&s->places, s->houses, sizeof *s->houses, schedule_id);
    return place == PLACE_NONE ? NULL : &s->houses[place];
}

static struct house_kept *house_of(struct sales *s, int64_t schedule_id)
{
    struct house_kept *found = house_find(s, schedule_id);
    if (found)
        return found;
    if (s->count == s->room) {
        s->room += s->room / 4 + HOUSES_MORE;
        s->houses = heap_again(s->houses, s->room * sizeof *s->houses);
    }
    s->houses[s->count] = (struct house_kept){ .schedule_id = schedule_id };
    places_add(&s->places, s->houses, sizeof *s->houses, (uint32_t)s->count);
    return &s->houses[s->count++];
}

/* The last takes its place. */
static void house_drop(struct sales *s, struct house_kept *h)
{
    places_remove(&s->places, s->houses, sizeof *s->houses, h->schedule_id);
    free(h->claims);
    if (h == &s->houses[--s->count])
        return;
    *h = s->houses[s->count];
    places_move(&s->places, s->houses, sizeof *s->houses, (uint32_t)s->count, (uint32_t)(h - s->houses));
}

static void sale_put(struct sales *s, const struct sale *told, bool begins)
{
    bool live = told->status == SALE_PENDING || told->status == SALE_CONFIRMED;
    struct house_kept *h = live ? house_of(s, told->schedule_id) : house_find(s, told->schedule_id);
    for (size_t i = 0; h && i < told->seats.count; i++) {
        int64_t seat_id = LIST_AT(&told->seats, struct sold_seat, i)->seat_id;
        if (live)
            claim_take(h, seat_id, told, begins);
        else
            claim_free(h, seat_id, told);
    }
    if (h && h->count == 0)
        house_drop(s, h);
}

bool sales_take(struct sales *s, const struct event *e, int64_t *schedule_id)
{
    *schedule_id = 0;
    if (!str_starts(e->type, STR("reservation.")))
        return true;
    arena *a = arena_new(SALE_BYTES_MAX);
    struct sale told = { 0 };
    bool good = !json_read_fact(a, e->data, &sale_shape, &told);
    /* What happens to a sale later gives it no seat that it has lost. */
    bool begins = str_ends(e->type, STR(".made")) || str_ends(e->type, STR(".adopted")) || str_ends(e->type, STR(".changed"));
    if (good)
        sale_put(s, &told, begins);
    *schedule_id = told.schedule_id;
    arena_free(a);
    return good;
}

void sales_forget(struct sales *s)
{
    for (size_t i = 0; i < s->count; i++)
        free(s->houses[i].claims);
    free(s->houses);
    places_free(&s->places);
    *s = (struct sales){ 0 };
}

void sales_tidy(struct sales *s, bool (*is_over)(void *arg, int64_t schedule_id), void *arg)
{
    for (int i = 0; i < TIDY_AT_ONCE && s->count > 0; i++) {
        if (s->looked >= s->count)
            s->looked = 0;
        struct house_kept *h = &s->houses[s->looked];
        if (is_over(arg, h->schedule_id))
            house_drop(s, h); /* another stands there now */
        else
            s->looked++;
    }
}

void sales_mark(const struct sales *s, int64_t schedule_id, list *seats)
{
    const struct house_kept *h = house_find(s, schedule_id);
    for (size_t i = 0; h && i < seats->count; i++) {
        struct seat *seat = LIST_AT(seats, struct seat, i);
        const struct claim *claim = claim_find(h, seat->id);
        if (claim)
            seat->state = claim->made_sold & 1 ? SEAT_SOLD : SEAT_HELD;
    }
}
