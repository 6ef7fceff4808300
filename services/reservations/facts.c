/* facts.c - what a booking is checked against, each entry replaced by the event that tells it. */
#include "services/reservations/facts.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "lib/base/heap.h"
#include "lib/json/read.h"

#define FACT_BYTES_MAX ((size_t)32 * 1024 * 1024) /* a room of 10,000 seats takes 3 MB */

#define SHOWINGS_MORE 64

struct film_kept {
    str id; /* its text follows the struct */
    UT_hash_handle hh;
};
struct showing_kept {
    int64_t id, room_id;
    instant starts_at, ends_at, sales_open_at, sales_close_at;
    money price;
    const struct film_kept *film;
    bool is_active;
};
struct layout_kept {
    int64_t room_id;
    list seats; /* of struct seat, by id; their texts follow them */
    UT_hash_handle hh;
};

/* --- showings --- */

/* Films are named by many showings, and stay until all is forgotten. */
static const struct film_kept *film_named(struct showing_facts *f, str id)
{
    struct film_kept *film;
    HASH_FIND(hh, f->films, id.at, id.len, film);
    if (film)
        return film;
    film = heap_take(sizeof *film + id.len);
    film->id = (str){ memcpy(film + 1, id.at, id.len), id.len };
    HASH_ADD_KEYPTR(hh, f->films, film->id.at, film->id.len, film);
    return film;
}

static struct showing_kept *showing_find(const struct showing_facts *f, int64_t id)
{
    uint32_t place = places_find(&f->places, f->showings, sizeof *f->showings, id);
    return place == PLACE_NONE ? NULL : &f->showings[place];
}

static struct showing_kept *showing_of(struct showing_facts *f, int64_t id)
{
    struct showing_kept *found = showing_find(f, id);
    if (found)
        return found;
    if (f->count == f->room) {
        f->room += f->room / 4 + SHOWINGS_MORE;
        f->showings = heap_again(f->showings, f->room * sizeof *f->showings);
    }
    f->showings[f->count] = (struct showing_kept){ .id = id };
    places_add(&f->places, f->showings, sizeof *f->showings, (uint32_t)f->count);
    return &f->showings[f->count++];
}

static bool showing_told(struct showing_facts *f, const struct event *e, int64_t *showing_id)
{
    struct showing told = { 0 };
    if (json_read_fact(f->reading, e->data, &told_showing_shape, &told))
        return false;
    *showing_of(f, told.id) = (struct showing_kept){
        .id = told.id, .room_id = told.room_id, .starts_at = told.starts_at, .ends_at = told.ends_at,
        .sales_open_at = told.sales_open_at, .sales_close_at = told.sales_close_at, .price = told.price,
        .film = film_named(f, told.movie_id), .is_active = told.is_active };
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
    struct film_kept *film, *next_film;
    struct layout_kept *r, *next_room;
    free(f->showings);
    places_free(&f->places);
    HASH_ITER(hh, f->films, film, next_film) {
        HASH_DEL(f->films, film);
        free(film);
    }
    HASH_ITER(hh, f->layouts, r, next_room) {
        HASH_DEL(f->layouts, r);
        free(r->seats.at);
        free(r);
    }
    if (f->reading)
        arena_free(f->reading);
    *f = (struct showing_facts){ 0 };
}

bool showing_facts_find(const struct showing_facts *f, int64_t id, struct showing *out)
{
    const struct showing_kept *found = showing_find(f, id);
    if (!found)
        return false;
    const struct layout_kept *room = layout_find(f, found->room_id);
    *out = (struct showing){ .id = found->id, .movie_id = found->film->id, .room_id = found->room_id, .starts_at = found->starts_at,
                             .ends_at = found->ends_at, .sales_open_at = found->sales_open_at, .sales_close_at = found->sales_close_at,
                             .price = found->price, .is_active = found->is_active,
                             .seats = room ? room->seats : (list){ NULL, 0 } };
    return true;
}
