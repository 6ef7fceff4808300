/* sync_catalogue.c - films as their facts have them, and rooms with all their seats, which their owner is asked for: a fact of seats tells
 * only those that changed. */
#include <stdio.h>

#include "lib/base/log.h"
#include "lib/json/read.h"
#include "services/ingestion/sync/sync_parts.h"
#include "services/ingestion/sync/told.h"

#define ROOMS_AT_ONCE 32 /* in memory: each may have thousands of seats */
#define ROOMS_BYTES_MAX ((size_t)256 * 1024 * 1024)

static void strange(const struct event *e)
{
    log_line("error", "fact_unreadable", "%.*s at position %lld cannot be read: it is not copied", STR_ARG(e->type),
             (long long)e->position);
}

/* --- films --- */

const fault *sync_fold_movies(struct sync_page *p)
{
    ids films = sync_newest(p, "movie.");
    for (size_t i = 0; i < films.count; i++) {
        const struct event *e = LIST_AT(p->events, const struct event, films.at[i]);
        struct item_film film;
        if (json_read_fact(p->a, e->data, &item_film_shape, &film)) {
            strange(e);
            continue;
        }
        sync_write_add(p, CLOUD_MOVIES, e->position)->item = item_of_film(p->a, &film, e->position);
        p->synced[SYNC_MOVIES]++;
    }
    p->synced[SYNC_GENRES] += (int64_t)sync_newest(p, "genre.").count; /* films name theirs: no item is a genre's */
    return NULL;
}

/* --- rooms --- */

struct room_told {
    int64_t id, position;
};

/* The first of that part behind the one before it; false: it is another one's. */
static const fault *part_ask(struct upstream *u, arena *a, const char *part, int64_t id, const struct shape *shape, void *out,
                             bool *found)
{
    struct told_state page;
    char after[64];
    snprintf(after, sizeof after, "%s:%lld", part, (long long)id - 1);
    TRY(told_now(u, a, after, 1, &page));
    const struct event *e = LIST_AT(&page.events, const struct event, 0);
    *found = page.events.count > 0 && str_equal(e->subject, item_id(a, id)) && !json_read_fact(a, e->data, shape, out);
    return NULL;
}

static const fault *room_add(struct sync_page *into, const struct room_told *told)
{
    struct upstream *u = sync_upstream(into->s, SYNC_OF_ROOMS);
    struct item_room room = { 0 };
    struct item_seats seats = { 0 };
    bool found, seated;
    TRY(part_ask(u, into->a, "rooms", told->id, &item_room_shape, &room, &found));
    if (!found)
        return NULL;
    TRY(part_ask(u, into->a, "seats", told->id, &item_seats_shape, &seats, &seated));
    if (seated)
        room.seats = seats.seats;
    sync_write_add(into, CLOUD_ROOMS, told->position)->item = item_of_room(into->a, &room, told->position);
    return NULL;
}

static const fault *rooms_write(struct sync_page *p, arena *a, const struct room_told *rooms, size_t count)
{
    struct sync_page some = { .s = p->s, .a = a, .writes = NEW_ARRAY(a, struct sync_write, ROOMS_AT_ONCE) };
    for (size_t i = 0; i < count; i++)
        TRY(room_add(&some, &rooms[i]));
    return sync_write_all(p->s, a, some.writes, some.write_count);
}

static void told_add(struct room_told *rooms, size_t *count, const struct event *e)
{
    int64_t id;
    if (!str_to_int(e->subject, &id)) {
        strange(e);
        return;
    }
    for (size_t i = 0; i < *count; i++) {
        if (rooms[i].id == id) {
            rooms[i].position = e->position > rooms[i].position ? e->position : rooms[i].position;
            return;
        }
    }
    rooms[(*count)++] = (struct room_told){ id, e->position };
}

static void seats_count(struct sync_page *p, const struct event *e)
{
    struct item_seats told;
    if (!json_read_fact(p->a, e->data, &item_seats_shape, &told))
        p->synced[SYNC_SEATS] += (int64_t)told.seats.count;
}

static const fault *rooms_fold(struct sync_page *p)
{
    ids rooms = sync_newest(p, "room."), seats = sync_newest(p, "seats.");
    struct room_told *told = NEW_ARRAY(p->a, struct room_told, rooms.count + seats.count + 1);
    size_t count = 0;
    for (size_t i = 0; i < rooms.count; i++)
        told_add(told, &count, LIST_AT(p->events, const struct event, rooms.at[i]));
    for (size_t i = 0; i < seats.count; i++) {
        const struct event *e = LIST_AT(p->events, const struct event, seats.at[i]);
        told_add(told, &count, e);
        seats_count(p, e);
    }
    p->synced[SYNC_ROOMS] += (int64_t)rooms.count;
    const fault *problem = NULL;
    arena *a = arena_new(ROOMS_BYTES_MAX);
    for (size_t i = 0; i < count && !problem; i += ROOMS_AT_ONCE) {
        problem = rooms_write(p, a, &told[i], count - i < ROOMS_AT_ONCE ? count - i : ROOMS_AT_ONCE);
        problem = problem ? fault_copy(p->a, problem) : NULL;
        arena_reset(a);
    }
    arena_free(a);
    return problem;
}

const fault *sync_fold_rooms(struct sync_page *p)
{
    if (p->tables & (1u << SYNC_ROOMS | 1u << SYNC_SEATS))
        TRY(rooms_fold(p));
    return p->tables & 1u << SYNC_SCHEDULES ? sync_showings_moved(p) : NULL;
}
