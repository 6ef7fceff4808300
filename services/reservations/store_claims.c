/* store_claims.c - claims in memory: of each showing an array in the order of the seats. */
#include "services/reservations/store_claims.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "lib/base/heap.h"

struct claimed_showing {
    int64_t showing_id;
    int64_t position; /* of the log when it was read */
    struct claim *at;
    size_t count, room;
    UT_hash_handle hh; /* in the order of reading */
};

/* --- showings --- */

static struct claimed_showing *showing_find(const struct claims *c, int64_t showing_id)
{
    struct claimed_showing *found;
    HASH_FIND(hh, c->showings, &showing_id, sizeof showing_id, found);
    return found;
}

static void showing_drop(struct claims *c, struct claimed_showing *s)
{
    HASH_DEL(c->showings, s);
    c->showing_count--;
    c->claim_count -= s->count;
    free(s->at);
    free(s);
}

void claims_forget(struct claims *c)
{
    while (c->showings)
        showing_drop(c, c->showings);
}

bool claims_known(const struct claims *c, int64_t showing_id)
{
    return showing_find(c, showing_id) != NULL;
}

static void room_make(struct claimed_showing *s, size_t count)
{
    if (count <= s->room)
        return;
    size_t room = count + count / 2 + 16;
    struct claim *at = heap_take(room * sizeof *at);
    if (s->count > 0)
        memcpy(at, s->at, s->count * sizeof *at);
    free(s->at);
    s->at = at;
    s->room = room;
}

static void bound_keep(struct claims *c)
{
    while (c->showings && (c->showing_count > CLAIMS_SHOWINGS_MAX || c->claim_count > CLAIMS_MAX))
        showing_drop(c, c->showings);
}

void claims_put(struct claims *c, int64_t showing_id, const list *rows, int64_t position)
{
    struct claimed_showing *s = showing_find(c, showing_id);
    if (s)
        showing_drop(c, s);
    s = heap_take(sizeof *s);
    s->showing_id = showing_id;
    s->position = position;
    room_make(s, rows->count);
    if (rows->count > 0)
        memcpy(s->at, rows->at, rows->count * sizeof *s->at);
    s->count = rows->count;
    HASH_ADD(hh, c->showings, showing_id, sizeof s->showing_id, s);
    c->showing_count++;
    c->claim_count += s->count;
    bound_keep(c);
}

/* --- seats --- */

/* The first claim whose seat is not before this one. */
static size_t place_of(const struct claimed_showing *s, int64_t seat_id)
{
    size_t low = 0, high = s->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->at[middle].seat_id < seat_id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool claimed_at(const struct claimed_showing *s, size_t place, int64_t seat_id)
{
    return place < s->count && s->at[place].seat_id == seat_id;
}

static void claim_set(struct claims *c, struct claimed_showing *s, struct claim claim)
{
    size_t place = place_of(s, claim.seat_id);
    if (!claimed_at(s, place, claim.seat_id)) {
        room_make(s, s->count + 1);
        memmove(&s->at[place + 1], &s->at[place], (s->count - place) * sizeof *s->at);
        s->count++;
        c->claim_count++;
    }
    s->at[place] = claim;
}

/* Only where the claim is that reservation's: the seat may be another's since. */
static void claim_end(struct claims *c, struct claimed_showing *s, int64_t seat_id, int64_t reservation_id)
{
    size_t place = place_of(s, seat_id);
    if (!claimed_at(s, place, seat_id) || s->at[place].reservation_id != reservation_id)
        return;
    s->count--;
    c->claim_count--;
    memmove(&s->at[place], &s->at[place + 1], (s->count - place) * sizeof *s->at);
}

void claims_follow(struct claims *c, const struct reservation *fact, int64_t position)
{
    struct claimed_showing *s = showing_find(c, fact->schedule_id);
    if (!s || position <= s->position)
        return;
    bool live = fact->status == RESERVATION_PENDING || fact->status == RESERVATION_CONFIRMED;
    int64_t until_ms = fact->status == RESERVATION_CONFIRMED || fact->expires_at.ms == TIME_NONE ? CLAIM_SOLD : fact->expires_at.ms;
    for (size_t i = 0; i < fact->reserved_seats.count; i++) {
        int64_t seat_id = LIST_AT(&fact->reserved_seats, struct reserved_seat, i)->seat_id;
        if (live)
            claim_set(c, s, (struct claim){ seat_id, fact->id, until_ms });
        else
            claim_end(c, s, seat_id, fact->id);
    }
    bound_keep(c);
}

/* --- asking --- */

bool claims_gone(const struct claims *c, arena *a, int64_t showing_id, const ids *wanted, int64_t latest_ms, ids *out)
{
    const struct claimed_showing *s = showing_find(c, showing_id);
    *out = (ids){ NULL, 0 };
    for (size_t i = 0; s && i < wanted->count; i++) {
        size_t place = place_of(s, wanted->at[i]);
        if (!claimed_at(s, place, wanted->at[i]))
            continue;
        if (s->at[place].until_ms <= latest_ms)
            return false;
        if (!out->at)
            out->at = NEW_ARRAY(a, int64_t, wanted->count);
        out->at[out->count++] = wanted->at[i];
    }
    return true;
}

bool claims_whole(const struct claims *c, arena *a, int64_t showing_id, int64_t latest_ms, ids *out)
{
    const struct claimed_showing *s = showing_find(c, showing_id);
    if (!s)
        return false;
    ids all = { NEW_ARRAY(a, int64_t, s->count + 1), 0 };
    for (size_t i = 0; i < s->count; i++) {
        if (s->at[i].until_ms <= latest_ms)
            return false;
        all.at[all.count++] = s->at[i].seat_id;
    }
    *out = all;
    return true;
}
