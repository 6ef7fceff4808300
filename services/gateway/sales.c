/* sales.c - one entry a claimed seat. */
#include "services/gateway/sales.h"

#include <stdlib.h>
#include <uthash.h>

#include "lib/base/heap.h"
#include "lib/json/read.h"

#define SALE_BYTES_MAX ((size_t)1024 * 1024)

struct claim_key {
    int64_t schedule_id, seat_id;
};
struct claim_kept {
    struct claim_key key;
    int64_t reservation_id;
    instant made; /* of the reservation */
    bool sold;
    UT_hash_handle hh;
};

static struct claim_kept *claim_find(const struct sales *s, struct claim_key key)
{
    struct claim_kept *found;
    HASH_FIND(hh, s->claims, &key, sizeof key, found);
    return found;
}

static void claim_drop(struct sales *s, struct claim_kept *claim)
{
    HASH_DEL(s->claims, claim);
    free(claim);
}

/* Of a seat that an old system sold twice the earlier sale has it. */
static bool is_before(const struct sale *by, const struct claim_kept *claim)
{
    return by->made.ms < claim->made.ms || (by->made.ms == claim->made.ms && by->id < claim->reservation_id);
}

static void claim_take(struct sales *s, struct claim_key key, const struct sale *by, bool begins)
{
    struct claim_kept *claim = claim_find(s, key);
    if (!claim && begins) {
        claim = heap_take(sizeof *claim);
        claim->key = key;
        claim->reservation_id = by->id;
        HASH_ADD(hh, s->claims, key, sizeof claim->key, claim);
    }
    if (!claim || (claim->reservation_id != by->id && !(begins && is_before(by, claim))))
        return;
    claim->reservation_id = by->id;
    claim->made = by->made;
    claim->sold = by->status == SALE_CONFIRMED;
}

static void claim_free(struct sales *s, struct claim_key key, const struct sale *by)
{
    struct claim_kept *claim = claim_find(s, key);
    if (claim && claim->reservation_id == by->id)
        claim_drop(s, claim);
}

bool sales_take(struct sales *s, const struct event *e, int64_t *schedule_id)
{
    *schedule_id = 0;
    if (!str_starts(e->type, STR("reservation.")))
        return true;
    arena *a = arena_new(SALE_BYTES_MAX);
    struct sale told = { 0 };
    bool good = !json_read_fact(a, e->data, &sale_shape, &told);
    bool live = told.status == SALE_PENDING || told.status == SALE_CONFIRMED;
    /* What happens to a sale later gives it no seat that it has lost. */
    bool begins = str_ends(e->type, STR(".made")) || str_ends(e->type, STR(".adopted")) || str_ends(e->type, STR(".changed"));
    for (size_t i = 0; good && i < told.seats.count; i++) {
        struct claim_key key = { told.schedule_id, LIST_AT(&told.seats, struct sold_seat, i)->seat_id };
        if (live)
            claim_take(s, key, &told, begins);
        else
            claim_free(s, key, &told);
    }
    *schedule_id = told.schedule_id;
    arena_free(a);
    return good;
}

void sales_forget(struct sales *s)
{
    struct claim_kept *claim, *next;
    HASH_ITER(hh, s->claims, claim, next)
        claim_drop(s, claim);
}

void sales_mark(const struct sales *s, int64_t schedule_id, list *seats)
{
    for (size_t i = 0; i < seats->count; i++) {
        struct seat *seat = LIST_AT(seats, struct seat, i);
        const struct claim_kept *claim = claim_find(s, (struct claim_key){ schedule_id, seat->id });
        if (claim)
            seat->state = claim->sold ? SEAT_SOLD : SEAT_HELD;
    }
}
