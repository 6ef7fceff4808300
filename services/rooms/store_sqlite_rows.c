/* store_sqlite_rows.c - the rows of rooms, seats and showings in the embedded store: its statements, and nothing decided. */
#include "services/rooms/store_sqlite.h"

static instant now(void *db)
{
    return sql_now(db);
}

static const fault *event_log(void *db, arena *a, const char *type, str subject,
                              const struct shape *s, const void *fact)
{
    return sqlite_log(db, a, type, subject, s, fact, NULL);
}

static const fault *once_recall(void *db, arena *a, const struct once *once, const struct shape *s,
                                void *made, bool *seen)
{
    return sqlite_once_recall(db, a, once, s, made, seen);
}

static const fault *once_keep(void *db, arena *a, const struct once *once, const struct shape *s,
                              const void *made)
{
    return sqlite_once_keep(db, a, once, s, made, 0);
}

static const fault *once_sweep(void *db, arena *a)
{
    return sqlite_once_sweep(db, a);
}

/* --- rooms --- */

#define SELECT_ROOM "SELECT id, name, capacity, screen_type, is_active, created_at FROM rooms "

static const fault *rooms_page(void *db, arena *a, const struct paging *want, list *out)
{
    return sql_list(db, a, &rooms_room_shape, out,
                    SELECT_ROOM "WHERE is_active = 1 ORDER BY id LIMIT ?1 OFFSET ?2",
                    BIND(sql_int(want->limit), sql_int(want->offset)));
}

static const fault *rooms_by_id(void *db, arena *a, const ids *wanted, list *out)
{
    return sql_list(db, a, &rooms_room_shape, out,
                    SELECT_ROOM "WHERE id IN (SELECT value FROM json_each(?1)) ORDER BY id",
                    BIND(sql_ids(a, wanted)));
}

static const fault *rooms_after(void *db, arena *a, int64_t id, int64_t limit, list *out)
{
    return sql_list(db, a, &rooms_room_shape, out, SELECT_ROOM "WHERE id > ?1 ORDER BY id LIMIT ?2",
                    BIND(sql_int(id), sql_int(limit)));
}

static const fault *rooms_named(void *db, arena *a, str name, list *out)
{
    return sql_list(
        db, a, &rooms_room_shape, out,
        SELECT_ROOM "WHERE name = ?1 COLLATE NOCASE ORDER BY is_active DESC, id LIMIT 2",
        BIND(sql_text(name)));
}

static const fault *room_find(void *db, arena *a, int64_t id, struct room *out, bool *found)
{
    return sql_one(db, a, &rooms_room_shape, out, found, SELECT_ROOM "WHERE id = ?1",
                   BIND(sql_int(id)));
}

static const fault *room_insert(void *db, arena *a, const struct room_new *want, int64_t *id)
{
    TRY(sql_run(db, a,
                "INSERT INTO rooms (name, capacity, screen_type, created_at, updated_at) VALUES "
                "(?1, ?2, ?3, ?4, ?4)",
                BIND(sql_text(want->name), sql_int(want->capacity),
                     sql_text(rooms_screen_type_name(want->screen_type)),
                     sql_instant(sql_now(db)))));
    *id = sql_last_id(db);
    return NULL;
}

static const fault *room_update(void *db, arena *a, const struct room *room)
{
    return sql_run(db, a,
                   "UPDATE rooms SET name = ?2, capacity = ?3, screen_type = ?4, is_active = ?5, "
                   "updated_at = ?6 "
                   "WHERE id = ?1",
                   BIND(sql_int(room->id), sql_text(room->name), sql_int(room->capacity),
                        sql_text(rooms_screen_type_name(room->screen_type)),
                        sql_bool(room->is_active), sql_instant(sql_now(db))));
}

/* --- seats --- */

#define SELECT_SEAT                                                                                \
    "SELECT id, room_id, row_number, seat_number, seat_type, is_available, accessible, house "     \
    "FROM seats "

static const fault *seat_count(void *db, arena *a, int64_t room_id, int64_t *count)
{
    return sql_number(db, a, count, "SELECT count(*) FROM seats WHERE room_id = ?1",
                      BIND(sql_int(room_id)));
}

static const fault *seats_page(void *db, arena *a, int64_t room_id, const struct paging *want,
                               list *out)
{
    return sql_list(db, a, &rooms_seat_shape, out,
                    SELECT_SEAT
                    "WHERE room_id = ?1 "
                    "ORDER BY length(row_number), row_number, seat_number LIMIT ?2 OFFSET ?3",
                    BIND(sql_int(room_id), sql_int(want->limit), sql_int(want->offset)));
}

static const fault *seats_by_id(void *db, arena *a, const ids *wanted, list *out)
{
    return sql_list(db, a, &rooms_seat_shape, out,
                    SELECT_SEAT "WHERE id IN (SELECT value FROM json_each(?1)) ORDER BY id",
                    BIND(sql_ids(a, wanted)));
}

static const fault *seat_find(void *db, arena *a, int64_t room_id, int64_t id, struct seat *out,
                              bool *found)
{
    return sql_one(db, a, &rooms_seat_shape, out, found,
                   SELECT_SEAT "WHERE id = ?1 AND room_id = ?2",
                   BIND(sql_int(id), sql_int(room_id)));
}

static const fault *seat_at(void *db, arena *a, int64_t room_id, str row_number,
                            int64_t seat_number, struct seat *out, bool *found)
{
    return sql_one(db, a, &rooms_seat_shape, out, found,
                   SELECT_SEAT "WHERE room_id = ?1 AND row_number = ?2 AND seat_number = ?3",
                   BIND(sql_int(room_id), sql_text(row_number), sql_int(seat_number)));
}

static const fault *seat_twin(void *db, arena *a, const struct seat *seat, int64_t *id)
{
    return sql_number(db, a, id,
                      "SELECT id FROM seats WHERE room_id = ?1 AND row_number = ?2 AND seat_number "
                      "= ?3 AND id <> ?4",
                      BIND(sql_int(seat->room_id), sql_text(seat->row_number),
                           sql_int(seat->seat_number), sql_int(seat->id)));
}

static const fault *seat_insert(void *db, arena *a, struct seat *seat)
{
    TRY(sql_run(db, a,
                "INSERT INTO seats (room_id, row_number, seat_number, seat_type, is_available, "
                "accessible, house, "
                "created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                BIND(sql_int(seat->room_id), sql_text(seat->row_number), sql_int(seat->seat_number),
                     sql_text(rooms_seat_type_name(seat->seat_type)), sql_bool(seat->is_available),
                     sql_bool(seat->accessible), sql_bool(seat->house), sql_instant(sql_now(db)))));
    seat->id = sql_last_id(db);
    return NULL;
}

static const fault *seats_insert(void *db, arena *a, int64_t room_id, const list *wanted,
                                 list *made)
{
    *made = (list){ NEW_ARRAY(a, struct seat, wanted->count), wanted->count };
    for (size_t i = 0; i < wanted->count; i++) {
        struct seat *seat = LIST_AT(made, struct seat, i);
        int64_t twin = 0;
        *seat = *LIST_AT(wanted, struct seat, i);
        seat->room_id = room_id;
        TRY(seat_twin(db, a, seat, &twin));
        if (twin != 0)
            return rooms_seat_exists(a, seat);
        TRY(seat_insert(db, a, seat));
    }
    return NULL;
}

static const fault *seat_update(void *db, arena *a, const struct seat *seat)
{
    return sql_run(
        db, a,
        "UPDATE seats SET row_number = ?2, seat_number = ?3, seat_type = ?4, is_available = ?5, "
        "accessible = ?6, house = ?7 WHERE id = ?1",
        BIND(sql_int(seat->id), sql_text(seat->row_number), sql_int(seat->seat_number),
             sql_text(rooms_seat_type_name(seat->seat_type)), sql_bool(seat->is_available),
             sql_bool(seat->accessible), sql_bool(seat->house)));
}

/* --- showings --- */

/* CROSS: rooms are looked up for the showings found, never the other way round. */
#define SELECT_SHOWING                                                                             \
    "SELECT s.id, s.movie_id, s.room_id, s.show_time, s.price, s.is_active, s.sales_open_at, "     \
    "s.sales_close_at, s.length_minutes, s.starts_at, s.ends_at, r.name AS room_name, "            \
    "r.capacity AS room_capacity, "                                                                \
    "EXISTS (SELECT 1 FROM waiting_rooms w WHERE w.schedule_id = s.id) AS waiting_room "           \
    "FROM schedules s CROSS JOIN rooms r ON r.id = s.room_id WHERE "

static const fault *showing_find(void *db, arena *a, int64_t id, struct showing *out, bool *found)
{
    return sql_one(db, a, &rooms_showing_row_shape, out, found, SELECT_SHOWING "s.id = ?1",
                   BIND(sql_int(id)));
}

static const fault *showings_after(void *db, arena *a, int64_t id, instant over, int64_t limit,
                                   list *out)
{
    return sql_list(db, a, &rooms_showing_row_shape, out,
                    SELECT_SHOWING "s.id > ?1 AND +s.ends_at > ?2 ORDER BY s.id LIMIT ?3",
                    BIND(sql_int(id), sql_instant(over), sql_int(limit)));
}

static const fault *showing_at(void *db, arena *a, int64_t room_id, wall show_time, int64_t *id)
{
    return sql_number(
        db, a, id,
        "SELECT id FROM schedules WHERE show_time = ?2 AND room_id = ?1 AND is_active = 1",
        BIND(sql_int(room_id), sql_wall(show_time)));
}

/* The + keeps a comparison from choosing the index: what is to come in a room is found by its ends, all else by its start, in order. */
#define REST " AND (?3 = 0 OR s.room_id = ?3) AND (?4 = 0 OR s.is_active = 1) "
#define COMING REST "AND s.show_time >= ?5 AND s.show_time < ?6 AND +s.ends_at > ?7 "
#define COMING_IN_ROOM REST "AND +s.show_time >= ?5 AND +s.show_time < ?6 AND s.ends_at > ?7 "
#define OVER REST "AND s.show_time >= ?5 AND s.show_time < ?6 AND +s.ends_at <= ?7 "
#define ANY REST "AND s.show_time >= ?5 AND s.show_time < ?6 AND ?7 = ?7 "
#define FORWARDS "ORDER BY s.show_time, s.id LIMIT ?8 OFFSET ?9"
#define FORWARDS_SORTED "ORDER BY +s.show_time, s.id LIMIT ?8 OFFSET ?9"
#define BACKWARDS "ORDER BY s.show_time DESC, s.id DESC LIMIT ?8 OFFSET ?9"
#define ONE_ROW "LIMIT ?8 OFFSET ?9"
#define COUNT "SELECT count(*) FROM schedules s WHERE "
#define LISTS_LED_BY(lead, coming, forwards)                                                       \
    {                                                                                              \
        [PART_COMING] = SELECT_SHOWING lead coming forwards,                                       \
        [PART_OVER] = SELECT_SHOWING lead OVER BACKWARDS,                                          \
        [PART_ANY] = SELECT_SHOWING lead ANY FORWARDS,                                             \
        [PART_COMING_COUNT] = COUNT lead coming ONE_ROW,                                           \
    }

static const char *const lists[LEADS][PARTS] = {
    [LEAD_IDS] = LISTS_LED_BY("s.id IN (SELECT value FROM json_each(?1)) AND ?2 IS ?2", COMING_IN_ROOM, FORWARDS_SORTED),
    [LEAD_MOVIE] = LISTS_LED_BY("s.movie_id = ?2 AND ?1 IS ?1", COMING, FORWARDS),
    [LEAD_ROOM] = LISTS_LED_BY("s.room_id = ?3 AND ?1 IS ?1 AND ?2 IS ?2", COMING_IN_ROOM, FORWARDS_SORTED),
    [LEAD_ALL] = LISTS_LED_BY("?1 IS ?1 AND ?2 IS ?2", COMING, FORWARDS),
};

#define LONG_AGO (-(INT64_C(1) << 60))
#define FAR_AHEAD (INT64_C(1) << 60)

static struct binds question_bind(arena *a, enum part part, const struct question *q)
{
    bool coming = part == PART_COMING || part == PART_COMING_COUNT;
    const struct showing_filter *want = q->want;
    struct bind *values = NEW_ARRAY(a, struct bind, 9);
    values[0] = sql_ids(a, &want->ids);
    values[1] = sql_text(want->movie_id);
    values[2] = sql_int(want->room_id);
    values[3] = sql_bool(want->active);
    values[4] = sql_int(coming && want->from.s < q->since.s ? q->since.s : want->from.s == TIME_NONE ? LONG_AGO : want->from.s);
    values[5] = sql_int(want->until.s == TIME_NONE ? FAR_AHEAD : want->until.s);
    values[6] = sql_instant(q->now);
    values[7] = sql_int(q->limit);
    values[8] = sql_int(q->offset);
    return (struct binds){ values, 9 };
}

static const fault *showings_part(void *db, arena *a, enum part part, const struct question *q,
                                  list *out)
{
    return sql_list(db, a, &rooms_showing_row_shape, out, lists[q->lead][part],
                    question_bind(a, part, q));
}

static const fault *coming_count(void *db, arena *a, const struct question *q, int64_t *count)
{
    return sql_number(db, a, count, lists[q->lead][PART_COMING_COUNT], question_bind(a, PART_COMING_COUNT, q));
}

static const fault *showing_longest(void *db, arena *a, int64_t *minutes)
{
    *minutes = 0;
    return sql_number(db, a, minutes, "SELECT max(length_minutes) FROM schedules", NO_BINDS);
}

static const fault *showings_to_come(void *db, arena *a, int64_t room_id, instant since, ids *out)
{
    return sql_numbers(db, a, out,
                       "SELECT id FROM schedules WHERE room_id = ?1 AND is_active = 1 AND ends_at "
                       "> ?2 ORDER BY id",
                       BIND(sql_int(room_id), sql_instant(since)));
}

static const fault *showings_within(void *db, arena *a, const struct showing *showing,
                                    struct span kept, ids *out)
{
    return sql_numbers(
        db, a, out,
        "SELECT id FROM schedules WHERE room_id = ?1 AND ends_at > ?2 AND starts_at < ?3 "
        "AND is_active = 1 AND id <> ?4 ORDER BY starts_at LIMIT " CLASHES_NAMED_MAX,
        BIND(sql_int(showing->room_id), sql_instant(kept.from), sql_instant(kept.until),
             sql_int(showing->id)));
}

static const fault *showings_placed(void *db, arena *a, list *out)
{
    return sql_list(db, a, &rooms_placed_shape, out,
                    "SELECT id, show_time, starts_at FROM schedules", NO_BINDS);
}

/* A table of its own: schedules are exported as ever, and compared with what older versions wrote. */
static const fault *waiting_room_keep(void *db, arena *a, const struct showing *showing, int64_t id)
{
    return sql_run(db, a,
                   showing->waiting_room ? "INSERT OR IGNORE INTO waiting_rooms (schedule_id) VALUES (?1)"
                                         : "DELETE FROM waiting_rooms WHERE schedule_id = ?1",
                   BIND(sql_int(id)));
}

static const fault *showing_insert(void *db, arena *a, const struct showing *made,
                                   instant sales_close_asked, int64_t *id)
{
    TRY(sql_run(db, a,
                "INSERT INTO schedules (movie_id, room_id, show_time, price, sales_open_at, "
                "sales_close_at, "
                "length_minutes, starts_at, created_at, updated_at) "
                "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)",
                BIND(sql_text(made->movie_id), sql_int(made->room_id), sql_wall(made->show_time),
                     sql_money(made->price), sql_instant(made->sales_open_at),
                     sql_instant(sales_close_asked), sql_int(made->length_minutes),
                     sql_instant(made->starts_at), sql_instant(sql_now(db)))));
    *id = sql_last_id(db);
    return made->waiting_room ? waiting_room_keep(db, a, made, *id) : NULL;
}

static const fault *showing_update(void *db, arena *a, const struct showing *made,
                                   instant sales_close_asked)
{
    TRY(sql_run(db, a,
                   "UPDATE schedules SET movie_id = ?2, room_id = ?3, show_time = ?4, price = ?5, "
                   "is_active = ?6, "
                   "sales_open_at = ?7, sales_close_at = ?8, length_minutes = ?9, starts_at = ?10, "
                   "updated_at = ?11 "
                   "WHERE id = ?1",
                   BIND(sql_int(made->id), sql_text(made->movie_id), sql_int(made->room_id),
                        sql_wall(made->show_time), sql_money(made->price),
                        sql_bool(made->is_active), sql_instant(made->sales_open_at),
                        sql_instant(sales_close_asked), sql_int(made->length_minutes),
                        sql_instant(made->starts_at), sql_instant(sql_now(db)))));
    return waiting_room_keep(db, a, made, made->id);
}

static const fault *showing_close(void *db, arena *a, int64_t id)
{
    return sql_run(db, a, "UPDATE schedules SET is_active = 0, updated_at = ?2 WHERE id = ?1",
                   BIND(sql_int(id), sql_instant(sql_now(db))));
}

static const fault *showing_move(void *db, arena *a, int64_t id, instant starts_at)
{
    return sql_run(db, a, "UPDATE schedules SET starts_at = ?2, updated_at = ?3 WHERE id = ?1",
                   BIND(sql_int(id), sql_instant(starts_at), sql_instant(sql_now(db))));
}

static const fault *film_lengths(void *db, arena *a, instant since, list *out)
{
    return sql_list(db, a, &rooms_film_length_shape, out,
                    "SELECT DISTINCT movie_id, length_minutes AS minutes FROM schedules WHERE ends_at > ?1 AND starts_at > ?1",
                    BIND(sql_instant(since)));
}

static const fault *showings_unlike(void *db, arena *a, const struct film_length *film,
                                    instant since, ids *out)
{
    return sql_numbers(db, a, out,
                       "SELECT id FROM schedules WHERE movie_id = ?1 AND starts_at > ?2 AND "
                       "length_minutes <> ?3 ORDER BY id",
                       BIND(sql_text(film->movie_id), sql_instant(since), sql_int(film->minutes)));
}

static const fault *showing_lasts(void *db, arena *a, int64_t id, int64_t length_minutes)
{
    return sql_run(db, a, "UPDATE schedules SET length_minutes = ?2, updated_at = ?3 WHERE id = ?1",
                   BIND(sql_int(id), sql_int(length_minutes), sql_instant(sql_now(db))));
}

/* --- all of them --- */

struct rooms_rows rooms_sqlite_rows(struct sql *db, const struct house_rules *rules)
{
    return ROOMS_ROWS(db, rules);
}
