/* facts.c - what a booking is checked against, each entry replaced by the event that tells it. */
#include "services/reservations/facts.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "lib/base/heap.h"
#include "lib/json/read.h"

#define FACT_BYTES_MAX ((size_t)32 * 1024 * 1024) /* a room of 10,000 seats takes 3 MB */

struct showing_kept {
    struct showing showing; /* without seats; its text follows the struct */
    UT_hash_handle hh;
};
struct layout_kept {
    int64_t room_id;
    list seats; /* of struct seat, by id; their texts follow them */
    UT_hash_handle hh;
};

/* --- showings --- */

static void showing_drop(struct showing_facts *f, struct showing_kept *old)
{
    HASH_DEL(f->showings, old);
    free(old);
}

static bool showing_told(struct showing_facts *f, const struct event *e, int64_t *showing_id)
{
    struct showing told = { 0 };
    if (json_read_fact(f->reading, e->data, &told_showing_shape, &told))
        return false;
    struct showing_kept *old, *made = heap_take(sizeof *made + told.movie_id.len);
    memcpy(made + 1, told.movie_id.at, told.movie_id.len);
    made->showing = told;
    made->showing.movie_id.at = (const char *)(made + 1);
    HASH_FIND(hh, f->showings, &told.id, sizeof told.id, old);
    if (old)
        showing_drop(f, old);
    HASH_ADD(hh, f->showings, showing.id, sizeof told.id, made);
    *showing_id = told.id;
    return true;
}

/* --- seats --- */

static size_t texts_bytes(const list *seats)
{
    size_t bytes = 0;
    for (size_t i = 0; i < seats->count; i++)
        bytes += LIST_AT(seats, struct seat, i)->row_number.len;
    return bytes;
}

static void seat_add(list *into, char **texts, const struct seat *seat)
{
    struct seat *made = LIST_AT(into, struct seat, into->count++);
    *made = *seat;
    memcpy(*texts, seat->row_number.at, seat->row_number.len);
    made->row_number.at = *texts;
    *texts += seat->row_number.len;
}

/* Both by id: what is told replaces or joins what is there. */
static list seats_joined(const list *old, const list *told)
{
    size_t most = old->count + told->count, i = 0, k = 0;
    list made = { heap_take(most * sizeof(struct seat) + texts_bytes(old) + texts_bytes(told) + 1), 0 };
    char *texts = (char *)LIST_AT(&made, struct seat, most);
    while (i < old->count || k < told->count) {
        const struct seat *before = i < old->count ? LIST_AT(old, struct seat, i) : NULL;
        const struct seat *now = k < told->count ? LIST_AT(told, struct seat, k) : NULL;
        bool kept = before && (!now || before->id < now->id);
        i += kept || (before && before->id == now->id);
        k += !kept;
        seat_add(&made, &texts, kept ? before : now);
    }
    return made;
}

static struct layout_kept *layout_find(const struct showing_facts *f, int64_t room_id)
{
    struct layout_kept *found;
    HASH_FIND(hh, f->layouts, &room_id, sizeof room_id, found);
    return found;
}

static bool seats_told(struct showing_facts *f, const struct event *e)
{
    struct room_seats told = { 0 };
    if (json_read_fact(f->reading, e->data, &told_seats_shape, &told))
        return false;
    struct layout_kept *room = layout_find(f, told.room_id);
    if (!room) {
        room = heap_take(sizeof *room);
        room->room_id = told.room_id;
        HASH_ADD(hh, f->layouts, room_id, sizeof room->room_id, room);
    }
    list before = room->seats;
    room->seats = seats_joined(&before, &told.seats);
    free(before.at);
    return true;
}

/* --- the outside --- */

bool showing_facts_take(struct showing_facts *f, const struct event *e, int64_t *showing_id)
{
    bool of_showing = str_starts(e->type, STR("showing.")), of_seats = str_starts(e->type, STR("seats."));
    *showing_id = 0;
    if (!of_showing && !of_seats)
        return true;
    if (!f->reading)
        f->reading = arena_new(FACT_BYTES_MAX);
    bool good = of_showing ? showing_told(f, e, showing_id) : seats_told(f, e);
    arena_reset(f->reading);
    return good;
}

void showing_facts_forget(struct showing_facts *f)
{
    struct showing_kept *s, *next;
    struct layout_kept *r, *next_room;
    HASH_ITER(hh, f->showings, s, next)
        showing_drop(f, s);
    HASH_ITER(hh, f->layouts, r, next_room) {
        HASH_DEL(f->layouts, r);
        free(r->seats.at);
        free(r);
    }
    if (f->reading)
        arena_free(f->reading);
    f->reading = NULL;
}

bool showing_facts_find(const struct showing_facts *f, int64_t id, struct showing *out)
{
    struct showing_kept *found;
    HASH_FIND(hh, f->showings, &id, sizeof id, found);
    if (!found)
        return false;
    const struct layout_kept *room = layout_find(f, found->showing.room_id);
    *out = found->showing;
    out->seats = room ? room->seats : (list){ NULL, 0 };
    return true;
}
