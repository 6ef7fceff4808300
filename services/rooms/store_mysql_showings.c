/* store_mysql_showings.c - reads showings on MySQL. */
#include "services/rooms/store_mysql.h"

#include "lib/base/calendar.h"

#define SHOWING_COLUMNS                                                                            \
    "s.id, s.movie_id, s.room_id, s.show_time, s.price, s.is_active, s.sales_open_at, "            \
    "s.sales_close_at, s.length_minutes, s.starts_at, s.ends_at, r.name AS room_name, "            \
    "r.capacity AS room_capacity"
/* Rooms are looked up for the showings found, never the other way round. */
#define WITH_ROOM " STRAIGHT_JOIN rooms r ON r.id = s.room_id "

const fault *rooms_mysql_showing_row(struct my *db, arena *a, int64_t id, struct showing *out)
{
    bool found;
    TRY(my_one(db, a, &rooms_showing_row_shape, out, &found,
               "SELECT " SHOWING_COLUMNS " FROM schedules s" WITH_ROOM "WHERE s.id = ?",
               MY_BIND(my_int(id))));
    if (!found)
        return fault_new(a, FAULT_NOT_FOUND, "showing_unknown", "Schedule not found");
    return NULL;
}

const fault *rooms_mysql_showings_to_come(struct my *db, arena *a, int64_t room_id, instant now,
                                          ids *out)
{
    return my_numbers(db, a, out,
                      "SELECT id FROM schedules WHERE room_id = ? AND is_active = 1 AND ends_at > "
                      "? ORDER BY id",
                      MY_BIND(my_int(room_id), my_int(now.ms)));
}

/* --- lists: what is asked for leads to the index, the rest is compared row by row --- */

enum lead { LEAD_IDS, LEAD_MOVIE, LEAD_ROOM, LEAD_ALL, LEADS };
enum part { PART_COMING, PART_OVER, PART_ANY, PART_COMING_COUNT, PARTS };

/* Values: what leads, the room twice, active, from, to, now, limit, offset. */
#define REST                                                                                       \
    "AND (? = 0 OR s.room_id = ?) AND (? = 0 OR s.is_active = 1) AND s.show_time >= ? AND "        \
    "s.show_time <= ? "
#define COMING REST "AND s.ends_at > ? "
#define OVER REST "AND s.ends_at <= ? "
#define ANY REST "AND ? IS NOT NULL "
#define FORWARDS "ORDER BY s.show_time, s.id LIMIT ? OFFSET ?"
#define BACKWARDS "ORDER BY s.show_time DESC, s.id DESC LIMIT ? OFFSET ?"
#define ONE_ROW "LIMIT ? OFFSET ?"
#define LISTS_LED_BY(tables, lead)                                                                 \
    {                                                                                              \
        [PART_COMING] = "SELECT " SHOWING_COLUMNS tables WITH_ROOM lead COMING FORWARDS,           \
        [PART_OVER] = "SELECT " SHOWING_COLUMNS tables WITH_ROOM lead OVER BACKWARDS,              \
        [PART_ANY] = "SELECT " SHOWING_COLUMNS tables WITH_ROOM lead ANY FORWARDS,                 \
        [PART_COMING_COUNT] = "SELECT COUNT(*)" tables " " lead COMING ONE_ROW,                    \
    }

static const char *const lists[LEADS][PARTS] = {
    [LEAD_IDS] = LISTS_LED_BY(" FROM (SELECT DISTINCT id FROM " MYSQL_WANTED
                              ") named STRAIGHT_JOIN schedules s ON s.id = named.id",
                              "WHERE 1 = 1 "),
    [LEAD_MOVIE] = LISTS_LED_BY(" FROM schedules s", "WHERE s.movie_id = ? "),
    [LEAD_ROOM] = LISTS_LED_BY(" FROM schedules s", "WHERE s.room_id = ? "),
    [LEAD_ALL] = LISTS_LED_BY(" FROM schedules s", "WHERE ? IS NOT NULL "),
};

struct question {
    const struct showing_filter *want;
    instant now;
    int64_t limit, offset;
};
#define QUESTION_VALUES 9

static enum lead lead_of(const struct showing_filter *want)
{
    return want->ids.count > 0      ? LEAD_IDS
           : want->movie_id.len > 0 ? LEAD_MOVIE
           : want->room_id > 0      ? LEAD_ROOM
                                    : LEAD_ALL;
}

static struct my_bind lead_bind(arena *a, const struct showing_filter *want)
{
    switch (lead_of(want)) {
    case LEAD_IDS:
        return my_ids(a, &want->ids);
    case LEAD_MOVIE:
        return my_text(want->movie_id);
    case LEAD_ROOM:
    case LEAD_ALL:
    case LEADS:
        break;
    }
    return my_int(want->room_id);
}

/* The years that a DATETIME can say are those that a wall can. */
static void question_bind(arena *a, const struct question *q,
                          struct my_bind values[QUESTION_VALUES])
{
    const struct showing_filter *want = q->want;
    int64_t from = want->from.s == TIME_NONE ? FIRST_SECOND : want->from.s;
    int64_t last = want->until.s == TIME_NONE ? LAST_SECOND : want->until.s - 1;
    values[0] = lead_bind(a, want);
    values[1] = values[2] = my_int(want->room_id);
    values[3] = my_flag(want->active);
    values[4] = my_wall((wall){ from });
    values[5] = my_wall((wall){ last });
    values[6] = my_int(q->now.ms);
    values[7] = my_int(q->limit);
    values[8] = my_int(q->offset);
}

static const fault *part_list(struct my *db, arena *a, enum part part, const struct question *q,
                              list *out)
{
    struct my_bind values[QUESTION_VALUES];
    question_bind(a, q, values);
    return my_list(db, a, &rooms_showing_row_shape, out, lists[lead_of(q->want)][part],
                   (struct my_binds){ values, COUNT_OF(values) });
}

static const fault *coming_count(struct my *db, arena *a, const struct question *q, int64_t *count)
{
    struct my_bind values[QUESTION_VALUES];
    struct question all = { q->want, q->now, 1, 0 };
    question_bind(a, &all, values);
    return my_number(db, a, count, lists[lead_of(q->want)][PART_COMING_COUNT],
                     (struct my_binds){ values, COUNT_OF(values) });
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
static const fault *program_list(struct my *db, arena *a, const struct question *q, list *out)
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
        TRY(program_list(MYSQL_READER(store), a, &q, &found));
    else
        TRY(part_list(MYSQL_READER(store), a, want->not_over ? PART_COMING : PART_ANY, &q, &found));
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
    TRY(rooms_mysql_room_rows(MYSQL_READER(store), a, &room_ids, &rooms));
    for (size_t i = 0; i < found.count; i++) {
        struct showing *showing = LIST_AT(&found, struct showing, i);
        showing->room = room_of(&rooms, showing->room_id);
    }
    *out = found;
    return NULL;
}

static const fault *showing_find(struct store *store, arena *a, int64_t id, struct showing *out)
{
    TRY(rooms_mysql_showing_row(MYSQL_READER(store), a, id, out));
    rooms_showing_settle(out, &store->rules);
    return NULL;
}

static const fault *showing_with_seats(struct store *store, arena *a, int64_t id,
                                       struct showing *out)
{
    TRY(showing_find(store, a, id, out));
    return rooms_mysql_seat_rows(MYSQL_READER(store), a, out->room_id,
                                 &(struct paging){ .limit = LIMIT_NONE }, &out->seats);
}

static const fault *room_showings(struct store *store, arena *a, int64_t room_id, ids *out)
{
    return rooms_mysql_showings_to_come(MYSQL_READER(store), a, room_id, clock_now(), out);
}

void rooms_mysql_showings_fill(struct store *s)
{
    s->showings_find = showings_find;
    s->showings_with_rooms = showings_with_rooms;
    s->showing_find = showing_find;
    s->showing_with_seats = showing_with_seats;
    s->room_showings = room_showings;
}
