/* store_sqlite_showings.c - reads showings from the embedded store. */
#include "services/rooms/store_sqlite.h"

#define SHOWING_COLUMNS                                                                            \
    "s.id, s.movie_id, s.room_id, s.show_time, s.price, s.is_active, s.sales_open_at, "            \
    "s.sales_close_at, s.length_minutes, s.starts_at, s.ends_at, r.name AS room_name, "            \
    "r.capacity AS room_capacity"
/* CROSS: rooms are looked up for the showings found, never the other way round. */
#define SHOWING_TABLES " FROM schedules s CROSS JOIN rooms r ON r.id = s.room_id "

const fault *rooms_showing_row(struct sql *db, arena *a, int64_t id, struct showing *out)
{
    bool found;
    TRY(sql_one(db, a, &rooms_showing_row_shape, out, &found,
                "SELECT " SHOWING_COLUMNS SHOWING_TABLES "WHERE s.id = ?1", BIND(sql_int(id))));
    if (!found)
        return fault_new(a, FAULT_NOT_FOUND, "showing_unknown", "Schedule not found");
    return NULL;
}

const fault *rooms_showings_to_come(struct sql *db, arena *a, int64_t room_id, instant now,
                                    ids *out)
{
    return sql_numbers(db, a, out,
                       "SELECT id FROM schedules WHERE room_id = ?1 AND is_active = 1 AND ends_at "
                       "> ?2 ORDER BY id",
                       BIND(sql_int(room_id), sql_instant(now)));
}

/* --- lists: what is asked for leads to the index, the rest is compared row by row --- */

enum lead { LEAD_IDS, LEAD_MOVIE, LEAD_ROOM, LEAD_ALL, LEADS };
enum part { PART_COMING, PART_OVER, PART_ANY, PART_COMING_COUNT, PARTS };

/* The + keeps a comparison from choosing the index: a list of what is to come is found by its ends,
 * another by its start. */
#define REST " AND (?3 = 0 OR s.room_id = ?3) AND (?4 = 0 OR s.is_active = 1) "
#define COMING REST "AND +s.show_time >= ?5 AND +s.show_time < ?6 AND s.ends_at > ?7 "
#define OVER REST "AND s.show_time >= ?5 AND s.show_time < ?6 AND +s.ends_at <= ?7 "
#define ANY REST "AND s.show_time >= ?5 AND s.show_time < ?6 AND ?7 = ?7 "
#define FORWARDS "ORDER BY s.show_time, s.id LIMIT ?8 OFFSET ?9"
#define FORWARDS_SORTED "ORDER BY +s.show_time, s.id LIMIT ?8 OFFSET ?9"
#define BACKWARDS "ORDER BY s.show_time DESC, s.id DESC LIMIT ?8 OFFSET ?9"
#define ONE_ROW "LIMIT ?8 OFFSET ?9"
#define SHOWINGS "SELECT " SHOWING_COLUMNS SHOWING_TABLES "WHERE "
#define COUNT "SELECT count(*) FROM schedules s WHERE "
#define LISTS_LED_BY(lead)                                                                         \
    {                                                                                              \
        [PART_COMING] = SHOWINGS lead COMING FORWARDS_SORTED,                                      \
        [PART_OVER] = SHOWINGS lead OVER BACKWARDS, [PART_ANY] = SHOWINGS lead ANY FORWARDS,       \
        [PART_COMING_COUNT] = COUNT lead COMING ONE_ROW,                                           \
    }

static const char *const lists[LEADS][PARTS] = {
    [LEAD_IDS] = LISTS_LED_BY("s.id IN (SELECT value FROM json_each(?1)) AND ?2 IS ?2"),
    [LEAD_MOVIE] = LISTS_LED_BY("s.movie_id = ?2 AND ?1 IS ?1"),
    [LEAD_ROOM] = LISTS_LED_BY("s.room_id = ?3 AND ?1 IS ?1 AND ?2 IS ?2"),
    [LEAD_ALL] = LISTS_LED_BY("?1 IS ?1 AND ?2 IS ?2"),
};

#define LONG_AGO (-(INT64_C(1) << 60))
#define FAR_AHEAD (INT64_C(1) << 60)

struct question {
    const struct showing_filter *want;
    instant now;
    int64_t limit, offset;
};

static enum lead lead_of(const struct showing_filter *want)
{
    return want->ids.count > 0      ? LEAD_IDS
           : want->movie_id.len > 0 ? LEAD_MOVIE
           : want->room_id > 0      ? LEAD_ROOM
                                    : LEAD_ALL;
}

/* `values` has room for the nine of every list above. */
static void question_bind(arena *a, const struct question *q, struct bind values[9])
{
    const struct showing_filter *want = q->want;
    values[0] = sql_ids(a, &want->ids);
    values[1] = sql_text(want->movie_id);
    values[2] = sql_int(want->room_id);
    values[3] = sql_bool(want->active);
    values[4] = sql_int(want->from.s == TIME_NONE ? LONG_AGO : want->from.s);
    values[5] = sql_int(want->until.s == TIME_NONE ? FAR_AHEAD : want->until.s);
    values[6] = sql_instant(q->now);
    values[7] = sql_int(q->limit);
    values[8] = sql_int(q->offset);
}

static const fault *part_list(struct sql *db, arena *a, enum part part, const struct question *q,
                              list *out)
{
    struct bind values[9];
    question_bind(a, q, values);
    return sql_list(db, a, &rooms_showing_row_shape, out, lists[lead_of(q->want)][part],
                    (struct binds){ values, COUNT_OF(values) });
}

static const fault *coming_count(struct sql *db, arena *a, const struct question *q, int64_t *count)
{
    struct bind values[9];
    struct question all = { q->want, q->now, 1, 0 };
    question_bind(a, &all, values);
    return sql_number(db, a, count, lists[lead_of(q->want)][PART_COMING_COUNT],
                      (struct binds){ values, COUNT_OF(values) });
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

/* Those to come, then those over: the page may begin in either. */
static const fault *program_list(struct sql *db, arena *a, const struct question *q, list *out)
{
    list coming, over;
    TRY(part_list(db, a, PART_COMING, q, &coming));
    int64_t left = q->limit - (int64_t)coming.count, before = q->offset + (int64_t)coming.count;
    *out = coming;
    if (left == 0)
        return NULL;
    if (coming.count == 0 && q->offset > 0)
        TRY(coming_count(db, a, q, &before));
    struct question rest = { q->want, q->now, left, q->offset > before ? q->offset - before : 0 };
    TRY(part_list(db, a, PART_OVER, &rest, &over));
    *out = joined(a, &coming, &over);
    return NULL;
}

static const fault *showings_find(struct store *store, arena *a, const struct showing_filter *want,
                                  list *out)
{
    struct question q = { want, clock_now(), want->limit, want->offset };
    list found;
    if (want->order == ORDER_SELLABLE_FIRST)
        TRY(program_list(STORE_READER(store), a, &q, &found));
    else
        TRY(part_list(STORE_READER(store), a, want->not_over ? PART_COMING : PART_ANY, &q, &found));
    for (size_t i = 0; i < found.count; i++)
        rooms_showing_settle(LIST_AT(&found, struct showing, i), &store->rules);
    *out = found;
    return NULL;
}

/* --- with whole rooms, with seats --- */

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
    list found, rooms;
    TRY(showings_find(store, a, want, &found));
    ids room_ids = { NEW_ARRAY(a, int64_t, found.count + 1), found.count };
    for (size_t i = 0; i < found.count; i++)
        room_ids.at[i] = LIST_AT(&found, struct showing, i)->room_id;
    TRY(rooms_room_rows(STORE_READER(store), a, &room_ids, &rooms));
    for (size_t i = 0; i < found.count; i++) {
        struct showing *showing = LIST_AT(&found, struct showing, i);
        showing->room = room_of(&rooms, showing->room_id);
    }
    *out = found;
    return NULL;
}

static const fault *showing_find(struct store *store, arena *a, int64_t id, struct showing *out)
{
    TRY(rooms_showing_row(STORE_READER(store), a, id, out));
    rooms_showing_settle(out, &store->rules);
    return NULL;
}

static const fault *showing_with_seats(struct store *store, arena *a, int64_t id,
                                       struct showing *out)
{
    TRY(showing_find(store, a, id, out));
    return rooms_seat_rows(STORE_READER(store), a, out->room_id,
                           &(struct paging){ .limit = LIMIT_NONE }, &out->seats);
}

static const fault *room_showings(struct store *store, arena *a, int64_t room_id, ids *out)
{
    return rooms_showings_to_come(STORE_READER(store), a, room_id, clock_now(), out);
}

void rooms_store_showings_fill(struct store *s)
{
    s->showings_find = showings_find;
    s->showings_with_rooms = showings_with_rooms;
    s->showing_find = showing_find;
    s->showing_with_seats = showing_with_seats;
    s->room_showings = room_showings;
}
