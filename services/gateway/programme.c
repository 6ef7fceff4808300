/* programme.c - films, rooms, seats and showings, each entry replaced by the event that tells it. */
#include "services/gateway/programme.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "lib/base/heap.h"
#include "lib/json/read.h"

#define FACT_BYTES_MAX ((size_t)32 * 1024 * 1024) /* a room of 10,000 seats takes 3 MB */

struct film_kept {
    struct film film; /* its texts follow the struct */
    UT_hash_handle hh;
};
struct room_kept {
    int64_t id;
    struct room room;
    arena *memory, *seats_memory; /* of the room; of its seats */
    list seats;                   /* of struct seat, in order */
    UT_hash_handle hh;
};
struct showing_kept {
    int64_t id;
    struct showing showing; /* without room and film; its text follows the struct */
    UT_hash_handle hh;
};

/* --- films --- */

static void film_drop(struct programme *p, struct film_kept *old)
{
    HASH_DEL(p->films, old);
    free(old);
}

static void film_put(struct programme *p, const struct film *told)
{
    struct film_kept *old, *made = heap_take(sizeof *made + told->id.len + told->whole.text.len);
    char *texts = (char *)(made + 1);
    memcpy(texts, told->id.at, told->id.len);
    memcpy(texts + told->id.len, told->whole.text.at, told->whole.text.len);
    made->film = (struct film){ .id = { texts, told->id.len },
                                .is_active = told->is_active,
                                .whole = { { texts + told->id.len, told->whole.text.len } } };
    HASH_FIND(hh, p->films, told->id.at, told->id.len, old);
    if (old)
        film_drop(p, old);
    HASH_ADD_KEYPTR(hh, p->films, made->film.id.at, made->film.id.len, made);
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
    struct film_kept *f, *next;
    HASH_ITER(hh, p->films, f, next)
        film_drop(p, f);
}

const struct film *programme_film_find(const struct programme *p, str id)
{
    struct film_kept *found;
    HASH_FIND(hh, p->films, id.at, id.len, found);
    return found ? &found->film : NULL;
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
    if (room->memory)
        arena_free(room->memory);
    if (room->seats_memory)
        arena_free(room->seats_memory);
    free(room);
}

static bool room_told(struct programme *p, const struct event *e)
{
    arena *a = arena_new(FACT_BYTES_MAX);
    struct room told = { 0 };
    if (json_read_fact(a, arena_copy(a, e->data), &room_shape, &told)) {
        arena_free(a);
        return false;
    }
    struct room_kept *room = room_of(p, told.id);
    if (room->memory)
        arena_free(room->memory);
    room->memory = a;
    room->room = told;
    return true;
}

/* --- seats --- */

static void seat_put(arena *a, struct room_kept *into, size_t *count, const struct seat *told)
{
    struct seat *at = NULL;
    for (size_t i = 0; i < into->seats.count && !at; i++)
        if (LIST_AT(&into->seats, struct seat, i)->id == told->id)
            at = LIST_AT(&into->seats, struct seat, i);
    if (!at)
        at = LIST_AT(&into->seats, struct seat, (*count)++);
    *at = *told;
    at->row_number = arena_copy(a, told->row_number);
    at->seat_type = arena_copy(a, told->seat_type);
}

/* What is told replaces or joins what is there, in a memory of its own. */
static void seats_join(struct programme *p, const struct room_seats *told)
{
    struct room_kept *room = room_of(p, told->room_id);
    arena *a = arena_new(FACT_BYTES_MAX), *before = room->seats_memory;
    list old = room->seats;
    size_t count = 0;
    room->seats = (list){ NEW_ARRAY(a, struct seat, old.count + told->seats.count + 1), 0 };
    for (size_t i = 0; i < old.count; i++) /* all are others: nothing is looked for yet */
        seat_put(a, room, &count, LIST_AT(&old, struct seat, i));
    room->seats.count = count;
    for (size_t i = 0; i < told->seats.count; i++)
        seat_put(a, room, &count, LIST_AT(&told->seats, struct seat, i));
    room->seats.count = count;
    if (count > 1)
        qsort(room->seats.at, count, sizeof(struct seat), seat_order);
    room->seats_memory = a;
    if (before)
        arena_free(before);
}

static bool seats_told(struct programme *p, const struct event *e)
{
    arena *a = arena_new(FACT_BYTES_MAX);
    struct room_seats told = { 0 };
    bool good = !json_read_fact(a, e->data, &room_seats_shape, &told);
    if (good)
        seats_join(p, &told);
    arena_free(a);
    return good;
}

/* --- showings --- */

static void showing_drop(struct programme *p, struct showing_kept *old)
{
    HASH_DEL(p->showings, old);
    p->waiting_rooms -= old->showing.waiting_room;
    free(old);
}

static void showing_put(struct programme *p, const struct showing *told)
{
    struct showing_kept *old, *made = heap_take(sizeof *made + told->movie_id.len);
    made->id = told->id;
    made->showing = *told;
    memcpy(made + 1, told->movie_id.at, told->movie_id.len);
    made->showing.movie_id.at = (const char *)(made + 1);
    HASH_FIND(hh, p->showings, &told->id, sizeof told->id, old);
    if (old)
        showing_drop(p, old);
    HASH_ADD(hh, p->showings, id, sizeof made->id, made);
    p->waiting_rooms += told->waiting_room;
    p->ordered = false;
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
    struct room_kept *r, *next_room;
    struct showing_kept *s, *next;
    HASH_ITER(hh, p->rooms, r, next_room)
        room_drop(p, r);
    HASH_ITER(hh, p->showings, s, next)
        showing_drop(p, s);
    free(p->order);
    p->order = NULL;
    p->order_count = 0;
    p->ordered = false;
}

/* --- what is asked --- */

void programme_dress(const struct programme *p, struct showing *s)
{
    struct room_kept *room;
    HASH_FIND(hh, p->rooms, &s->room_id, sizeof s->room_id, room);
    s->room_name = room ? room->room.name : STR("");
    s->room.text = room ? room->room.whole.text : STR("null");
    s->film = programme_film_find(p, s->movie_id);
}

bool programme_showing_find(const struct programme *p, int64_t id, struct showing *out)
{
    struct showing_kept *found;
    HASH_FIND(hh, p->showings, &id, sizeof id, found);
    if (!found)
        return false;
    *out = found->showing;
    programme_dress(p, out);
    return true;
}

static int time_order(const void *left, const void *right)
{
    const struct showing *a = *(const struct showing *const *)left, *b = *(const struct showing *const *)right;
    if (a->show_time.s != b->show_time.s)
        return a->show_time.s < b->show_time.s ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

const struct showing *const *programme_order(struct programme *p, size_t *count)
{
    if (!p->ordered) {
        struct showing_kept *s, *next;
        free(p->order);
        p->order = heap_take((HASH_COUNT(p->showings) + 1) * sizeof(struct showing *));
        p->order_count = 0;
        HASH_ITER(hh, p->showings, s, next)
            if (s->showing.is_active)
                p->order[p->order_count++] = &s->showing;
        qsort(p->order, p->order_count, sizeof(struct showing *), time_order);
        p->ordered = true;
    }
    *count = p->order_count;
    return p->order;
}

list programme_seats(const struct programme *p, arena *a, const struct showing *s)
{
    struct room_kept *room;
    HASH_FIND(hh, p->rooms, &s->room_id, sizeof s->room_id, room);
    if (!room)
        return (list){ NULL, 0 };
    list seats = { NEW_ARRAY(a, struct seat, room->seats.count + 1), room->seats.count };
    for (size_t i = 0; i < seats.count; i++) {
        struct seat *seat = LIST_AT(&seats, struct seat, i);
        *seat = *LIST_AT(&room->seats, struct seat, i);
        seat->row_number = arena_copy(a, seat->row_number);
        seat->seat_type = arena_copy(a, seat->seat_type);
        seat->price = s->price;
        seat->state = seat_unclaimed(seat);
    }
    return seats;
}

size_t programme_showing_count(const struct programme *p)
{
    return HASH_COUNT(p->showings);
}
