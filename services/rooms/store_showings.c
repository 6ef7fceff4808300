/* store_showings.c - what is asked about showings, whatever database keeps them. */
#include "services/rooms/store_rows.h"

#define CLOCK_SET_BACK_S_MAX (3 * 3600)

const fault *rooms_showing_row(const struct rooms_rows *r, arena *a, int64_t id, struct showing *out)
{
    bool found;
    TRY(r->showing_find(r->db, a, id, out, &found));
    if (!found)
        return fault_new(a, FAULT_NOT_FOUND, "showing_unknown", "Schedule not found");
    return NULL;
}

/* --- lists --- */

static enum lead lead_of(const struct showing_filter *want)
{
    return want->ids.count > 0      ? LEAD_IDS
           : want->movie_id.len > 0 ? LEAD_MOVIE
           : want->room_id > 0      ? LEAD_ROOM
                                    : LEAD_ALL;
}

static list joined(arena *a, const list *first, const list *then)
{
    list all = { NEW_ARRAY(a, struct showing, first->count + then->count + 1), 0 };
    for (size_t i = 0; i < first->count; i++)
        *LIST_AT(&all, struct showing, all.count++) = *LIST_AT(first, struct showing, i);
    for (size_t i = 0; i < then->count; i++)
        *LIST_AT(&all, struct showing, all.count++) = *LIST_AT(then, struct showing, i);
    return all;
}

/* A house's clock is set back by hours at most, twice a year. */
static const fault *since_find(const struct rooms_rows *r, arena *a, struct question *q)
{
    int64_t minutes;
    TRY(r->showing_longest(r->db, a, &minutes));
    q->since.s = wall_of(q->now).s - minutes * 60 - CLOCK_SET_BACK_S_MAX;
    return NULL;
}

/* Those to come, then those over: the page may begin in either. */
static const fault *program_list(const struct rooms_rows *r, arena *a, const struct question *q,
                                 list *out)
{
    list coming, over;
    TRY(r->showings_part(r->db, a, PART_COMING, q, &coming));
    int64_t left = q->limit - (int64_t)coming.count, before = q->offset + (int64_t)coming.count;
    *out = coming;
    if (left == 0)
        return NULL;
    struct question all = *q, rest = *q;
    all.limit = 1;
    all.offset = 0;
    if (coming.count == 0 && q->offset > 0)
        TRY(r->coming_count(r->db, a, &all, &before));
    rest.limit = left;
    rest.offset = q->offset > before ? q->offset - before : 0;
    TRY(r->showings_part(r->db, a, PART_OVER, &rest, &over));
    *out = joined(a, &coming, &over);
    return NULL;
}

static const fault *showings_find(struct store *store, arena *a, const struct showing_filter *want,
                                  list *out)
{
    struct rooms_rows r = rooms_reader(store);
    struct question q = { want, lead_of(want), clock_now(), want->limit, want->offset, WALL_NONE };
    list found;
    if (want->order == ORDER_SELLABLE_FIRST || want->not_over)
        TRY(since_find(&r, a, &q));
    if (want->order == ORDER_SELLABLE_FIRST)
        TRY(program_list(&r, a, &q, &found));
    else
        TRY(r.showings_part(r.db, a, want->not_over ? PART_COMING : PART_ANY, &q, &found));
    for (size_t i = 0; i < found.count; i++)
        rooms_showing_settle(LIST_AT(&found, struct showing, i), r.rules);
    *out = found;
    return NULL;
}

/* --- with whole rooms --- */

static struct room *room_of(const list *rooms, int64_t id)
{
    for (size_t i = 0; i < rooms->count; i++)
        if (LIST_AT(rooms, struct room, i)->id == id)
            return LIST_AT(rooms, struct room, i);
    return NULL;
}

static const fault *showings_with_rooms(struct store *store, arena *a,
                                        const struct showing_filter *want, list *out)
{
    struct rooms_rows r = rooms_reader(store);
    list found, rooms;
    TRY(showings_find(store, a, want, &found));
    ids room_ids = { NEW_ARRAY(a, int64_t, found.count + 1), found.count };
    for (size_t i = 0; i < found.count; i++)
        room_ids.at[i] = LIST_AT(&found, struct showing, i)->room_id;
    TRY(r.rooms_by_id(r.db, a, &room_ids, &rooms));
    for (size_t i = 0; i < found.count; i++) {
        struct showing *showing = LIST_AT(&found, struct showing, i);
        showing->room = room_of(&rooms, showing->room_id);
    }
    *out = found;
    return NULL;
}

static const fault *showing_find(struct store *store, arena *a, int64_t id, struct showing *out)
{
    struct rooms_rows r = rooms_reader(store);
    TRY(rooms_showing_row(&r, a, id, out));
    rooms_showing_settle(out, r.rules);
    return NULL;
}

static const fault *showings_after(struct store *store, arena *a, int64_t id, instant over,
                                   int64_t limit, list *out)
{
    struct rooms_rows r = rooms_reader(store);
    TRY(r.showings_after(r.db, a, id, over, limit, out));
    for (size_t i = 0; i < out->count; i++)
        rooms_showing_settle(LIST_AT(out, struct showing, i), r.rules);
    return NULL;
}

static const fault *room_showings(struct store *store, arena *a, int64_t room_id, ids *out)
{
    struct rooms_rows r = rooms_reader(store);
    return r.showings_to_come(r.db, a, room_id, clock_now(), out);
}

static const fault *film_lengths(struct store *store, arena *a, list *out)
{
    struct rooms_rows r = rooms_reader(store);
    return r.film_lengths(r.db, a, clock_now(), out);
}

void rooms_acts_on_showings(struct store *s)
{
    s->film_lengths = film_lengths;
    s->showings_find = showings_find;
    s->showings_with_rooms = showings_with_rooms;
    s->showing_find = showing_find;
    s->room_showings = room_showings;
    s->showings_after = showings_after;
}
