/* programme.c - films, rooms, seats and showings, each entry replaced by the event that tells it. */
#include "services/gateway/programme.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "lib/base/heap.h"
#include "lib/json/read.h"
#include "services/gateway/layout.h"

#define FACT_BYTES_MAX ((size_t)32 * 1024 * 1024) /* a room of 10,000 seats takes 3 MB */

#define FILMS_MORE 64

struct film_kept {
    str id; /* its text follows the struct */
    uint32_t number;
    bool known;       /* movies has told it */
    struct film film; /* its text is a memory of its own */
    UT_hash_handle hh;
};
struct room_kept {
    int64_t id;
    struct room room;
    char *texts;      /* of the room */
    struct layout layout;
    UT_hash_handle hh;
};

/* --- films --- */

static struct film_kept *film_named(struct programme *p, str id)
{
    struct film_kept *film;
    HASH_FIND(hh, p->films, id.at, id.len, film);
    if (film)
        return film;
    film = heap_take(sizeof *film + id.len);
    film->id = (str){ memcpy(film + 1, id.at, id.len), id.len };
    film->number = p->film_count;
    HASH_ADD_KEYPTR(hh, p->films, film->id.at, film->id.len, film);
    if (p->film_count == p->film_room)
        p->numbered = heap_again(p->numbered, (p->film_room += p->film_room / 4 + FILMS_MORE) * sizeof *p->numbered);
    p->numbered[p->film_count++] = film;
    return film;
}

static void film_unknow(struct film_kept *film)
{
    free((void *)(uintptr_t)film->film.whole.text.at);
    film->film = (struct film){ 0 };
    film->known = false;
}

static void film_put(struct programme *p, const struct film *told)
{
    struct film_kept *film = film_named(p, told->id);
    char *text = heap_take(told->whole.text.len);
    memcpy(text, told->whole.text.at, told->whole.text.len);
    film_unknow(film);
    film->film = (struct film){ .id = film->id, .is_active = told->is_active, .whole = { { text, told->whole.text.len } } };
    film->known = true;
}

bool programme_film(struct programme *p, const struct event *e)
{
    if (!str_starts(e->type, STR("movie.")))
        return true;
    arena *a = arena_new(FACT_BYTES_MAX);
    struct film told = { 0 };
    bool good = !json_read_fact(a, e->data, &film_shape, &told);
    if (good)
        film_put(p, &told);
    arena_free(a);
    return good;
}

void programme_forget_films(struct programme *p)
{
    for (uint32_t i = 0; i < p->film_count; i++)
        film_unknow(p->numbered[i]);
}

static const struct film *film_told(const struct film_kept *film)
{
    return film && film->known ? &film->film : NULL;
}

const struct film *programme_film_find(const struct programme *p, str id)
{
    struct film_kept *found;
    HASH_FIND(hh, p->films, id.at, id.len, found);
    return film_told(found);
}

/* --- rooms --- */

static struct room_kept *room_of(struct programme *p, int64_t id)
{
    struct room_kept *room;
    HASH_FIND(hh, p->rooms, &id, sizeof id, room);
    if (room)
        return room;
    room = heap_take(sizeof *room);
    room->id = id;
    room->room.whole.text = STR("null"); /* its seats may be told before it is */
    HASH_ADD(hh, p->rooms, id, sizeof room->id, room);
    return room;
}

static void room_drop(struct programme *p, struct room_kept *room)
{
    HASH_DEL(p->rooms, room);
    free(room->texts);
    layout_free(&room->layout);
    free(room);
}

static void room_put(struct programme *p, const struct room *told)
{
    struct room_kept *room = room_of(p, told->id);
    free(room->texts);
    room->texts = heap_take(told->name.len + told->whole.text.len);
    memcpy(room->texts, told->name.at, told->name.len);
    memcpy(room->texts + told->name.len, told->whole.text.at, told->whole.text.len);
    room->room = (struct room){ .id = told->id, .name = { room->texts, told->name.len },
                                .whole = { { room->texts + told->name.len, told->whole.text.len } } };
}

static bool room_told(struct programme *p, const struct event *e)
{
    arena *a = arena_new(FACT_BYTES_MAX);
    struct room told = { 0 };
    bool good = !json_read_fact(a, e->data, &room_shape, &told);
    if (good)
        room_put(p, &told);
    arena_free(a);
    return good;
}

/* --- seats --- */

static bool seats_told(struct programme *p, const struct event *e)
{
    arena *a = arena_new(FACT_BYTES_MAX);
    struct room_seats told = { 0 };
    bool good = !json_read_fact(a, e->data, &room_seats_shape, &told);
    if (good)
        layout_join(&room_of(p, told.room_id)->layout, &told.seats);
    arena_free(a);
    return good;
}

/* --- showings --- */

static void showing_put(struct programme *p, const struct showing *told)
{
    const struct bill_entry *old = bill_find(&p->showings, told->id);
    if (old)
        p->waiting_rooms -= old->waiting_room;
    p->waiting_rooms += told->waiting_room;
    bill_put(&p->showings, &(struct bill_entry){
        .id = told->id, .room_id = told->room_id, .show_time = told->show_time, .starts_at = told->starts_at, .ends_at = told->ends_at,
        .sales_open_at = told->sales_open_at, .sales_close_at = told->sales_close_at, .price = told->price,
        .film = film_named(p, told->movie_id)->number, .is_active = told->is_active, .waiting_room = told->waiting_room });
}

static bool showing_told(struct programme *p, const struct event *e)
{
    arena *a = arena_new(FACT_BYTES_MAX);
    struct showing told = { 0 };
    bool good = !json_read_fact(a, e->data, &showing_fact_shape, &told);
    if (good)
        showing_put(p, &told);
    arena_free(a);
    return good;
}

bool programme_room(struct programme *p, const struct event *e)
{
    if (str_starts(e->type, STR("showing.")))
        return showing_told(p, e);
    if (str_starts(e->type, STR("seats.")))
        return seats_told(p, e);
    return !str_starts(e->type, STR("room.")) || room_told(p, e);
}

void programme_forget_rooms(struct programme *p)
{
    struct room_kept *r, *next;
    HASH_ITER(hh, p->rooms, r, next)
        room_drop(p, r);
    bill_forget(&p->showings);
    p->waiting_rooms = 0;
}

void programme_free(struct programme *p)
{
    programme_forget_rooms(p);
    programme_forget_films(p);
    HASH_CLEAR(hh, p->films);
    for (uint32_t i = 0; i < p->film_count; i++)
        free(p->numbered[i]);
    free(p->numbered);
    *p = (struct programme){ 0 };
}

/* --- what is asked --- */

static struct room_kept *room_find(const struct programme *p, int64_t id)
{
    struct room_kept *room;
    HASH_FIND(hh, p->rooms, &id, sizeof id, room);
    return room;
}

void programme_dress(const struct programme *p, struct showing *s)
{
    const struct room_kept *room = room_find(p, s->room_id);
    s->room_name = room ? room->room.name : STR("");
    s->room.text = room ? room->room.whole.text : STR("null");
}

static struct showing unpacked(const struct programme *p, const struct bill_entry *s)
{
    const struct film_kept *film = p->numbered[s->film];
    return (struct showing){ .id = s->id, .movie_id = film->id, .room_id = s->room_id, .show_time = s->show_time, .starts_at = s->starts_at,
                             .ends_at = s->ends_at, .price = s->price, .is_active = s->is_active, .waiting_room = s->waiting_room,
                             .sales_open_at = s->sales_open_at, .sales_close_at = s->sales_close_at, .film = film_told(film) };
}

bool programme_showing_find(const struct programme *p, int64_t id, struct showing *out)
{
    const struct bill_entry *found = bill_find(&p->showings, id);
    if (!found)
        return false;
    *out = unpacked(p, found);
    programme_dress(p, out);
    return true;
}

struct programme_walk programme_walk(struct programme *p, const struct showtime_query *want, instant now)
{
    struct film_kept *film = NULL;
    if (want->movie_id.len > 0)
        HASH_FIND(hh, p->films, want->movie_id.at, want->movie_id.len, film);
    int64_t number = film ? (int64_t)film->number : want->movie_id.len > 0 ? (int64_t)p->film_count : -1;
    return (struct programme_walk){ p, want, now, bill_walk(&p->showings, number, want->room_id, want->from, want->until, now) };
}

bool programme_next(struct programme_walk *w, struct showing *out)
{
    const struct bill_entry *found;
    while ((found = bill_next(&w->showings))) {
        *out = unpacked(w->of, found);
        if (showing_wanted(out, w->want, w->now))
            return true;
    }
    return false;
}

list programme_seats(const struct programme *p, arena *a, const struct showing *s)
{
    const struct room_kept *room = room_find(p, s->room_id);
    return room ? layout_seats(&room->layout, a, s->price) : (list){ NULL, 0 };
}

size_t programme_showing_count(const struct programme *p)
{
    return p->showings.count;
}
