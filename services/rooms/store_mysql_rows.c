/* store_mysql_rows.c - the rows of rooms, seats and showings on MySQL: its statements, and nothing decided. Many seats at once
 * are one statement, not one each. */
#include "services/rooms/store_mysql.h"

#include "lib/base/calendar.h"

static instant now(void *db)
{
    return my_now(db);
}

static const fault *event_log(void *db, arena *a, const char *type, str subject,
                              const struct shape *s, const void *fact)
{
    return my_log(db, a, type, subject, s, fact, NULL);
}

static const fault *once_recall(void *db, arena *a, const struct once *once, const struct shape *s,
                                void *made, bool *seen)
{
    return my_once_recall(db, a, once, s, made, seen);
}

static const fault *once_keep(void *db, arena *a, const struct once *once, const struct shape *s,
                              const void *made)
{
    return my_once_keep(db, a, once, s, made, 0);
}

static const fault *once_sweep(void *db, arena *a)
{
    return my_once_sweep(db, a);
}

/* --- rooms --- */

#define SELECT_ROOM "SELECT id, name, capacity, screen_type, is_active, created_at FROM rooms "

static const fault *rooms_page(void *db, arena *a, const struct paging *want, list *out)
{
    return my_list(db, a, &rooms_room_shape, out,
                   SELECT_ROOM "WHERE is_active = 1 ORDER BY id LIMIT ? OFFSET ?",
                   MY_BIND(my_int(want->limit), my_int(want->offset)));
}

static const fault *rooms_by_id(void *db, arena *a, const ids *wanted, list *out)
{
    return my_list(db, a, &rooms_room_shape, out,
                   "SELECT DISTINCT r.id, r.name, r.capacity, r.screen_type, r.is_active, "
                   "r.created_at FROM " MYSQL_WANTED
                   "STRAIGHT_JOIN rooms r ON r.id = wanted.id ORDER BY r.id",
                   MY_BIND(my_ids(a, wanted)));
}

static const fault *rooms_after(void *db, arena *a, int64_t id, int64_t limit, list *out)
{
    return my_list(db, a, &rooms_room_shape, out, SELECT_ROOM "WHERE id > ? ORDER BY id LIMIT ?",
                   MY_BIND(my_int(id), my_int(limit)));
}

static const fault *rooms_named(void *db, arena *a, str name, list *out)
{
    return my_list(db, a, &rooms_room_shape, out,
                   SELECT_ROOM "WHERE LOWER(name) = LOWER(?) COLLATE utf8mb4_bin "
                               "ORDER BY is_active DESC, id LIMIT 2",
                   MY_BIND(my_text(name)));
}

static const fault *room_find(void *db, arena *a, int64_t id, struct room *out, bool *found)
{
    return my_one(db, a, &rooms_room_shape, out, found, SELECT_ROOM "WHERE id = ?",
                  MY_BIND(my_int(id)));
}

static const fault *room_insert(void *db, arena *a, const struct room_new *want, int64_t *id)
{
    TRY(my_run(db, a,
               "INSERT INTO rooms (name, capacity, screen_type, created_at, updated_at) "
               "VALUES (?, ?, ?, ?, ?)",
               MY_BIND(my_text(want->name), my_int(want->capacity),
                       my_text(rooms_screen_type_name(want->screen_type)), my_instant(my_now(db)),
                       my_instant(my_now(db)))));
    *id = my_last_id(db);
    return NULL;
}

static const fault *room_update(void *db, arena *a, const struct room *room)
{
    return my_run(db, a,
                  "UPDATE rooms SET name = ?, capacity = ?, screen_type = ?, is_active = ?, "
                  "updated_at = ? WHERE id = ?",
                  MY_BIND(my_text(room->name), my_int(room->capacity),
                          my_text(rooms_screen_type_name(room->screen_type)),
                          my_flag(room->is_active), my_instant(my_now(db)), my_int(room->id)));
}

/* --- seats --- */

/* `row_number` and `accessible` are words of MySQL's own. */
#define SELECT_SEAT                                                                                \
    "SELECT id, room_id, `row_number`, seat_number, seat_type, is_available, `accessible`, house " \
    "FROM seats "

static const fault *seat_count(void *db, arena *a, int64_t room_id, int64_t *count)
{
    return my_number(db, a, count, "SELECT COUNT(*) FROM seats WHERE room_id = ?",
                     MY_BIND(my_int(room_id)));
}

static const fault *seats_page(void *db, arena *a, int64_t room_id, const struct paging *want,
                               list *out)
{
    return my_list(db, a, &rooms_seat_shape, out,
                   SELECT_SEAT
                   "WHERE room_id = ? "
                   "ORDER BY CHAR_LENGTH(`row_number`), LOWER(`row_number`), seat_number, id "
                   "LIMIT ? OFFSET ?",
                   MY_BIND(my_int(room_id), my_int(want->limit), my_int(want->offset)));
}

static const fault *seats_by_id(void *db, arena *a, const ids *wanted, list *out)
{
    return my_list(db, a, &rooms_seat_shape, out,
                   "SELECT s.id, s.room_id, s.`row_number`, s.seat_number, s.seat_type, "
                   "s.is_available, s.`accessible`, s.house FROM " MYSQL_WANTED
                   "STRAIGHT_JOIN seats s ON s.id = wanted.id ORDER BY s.id",
                   MY_BIND(my_ids(a, wanted)));
}

static const fault *seat_find(void *db, arena *a, int64_t room_id, int64_t id, struct seat *out,
                              bool *found)
{
    return my_one(db, a, &rooms_seat_shape, out, found,
                  SELECT_SEAT "WHERE id = ? AND room_id = ?",
                  MY_BIND(my_int(id), my_int(room_id)));
}

static const fault *seat_at(void *db, arena *a, int64_t room_id, str row_number,
                            int64_t seat_number, struct seat *out, bool *found)
{
    return my_one(db, a, &rooms_seat_shape, out, found,
                  SELECT_SEAT "WHERE room_id = ? AND seat_number = ? AND LOWER(`row_number`) = "
                              "LOWER(?) COLLATE utf8mb4_bin ORDER BY id LIMIT 1",
                  MY_BIND(my_int(room_id), my_int(seat_number), my_text(row_number)));
}

static const fault *seat_twin(void *db, arena *a, const struct seat *seat, int64_t *id)
{
    return my_number(db, a, id,
                     "SELECT id FROM seats WHERE room_id = ? AND LOWER(`row_number`) = "
                     "LOWER(?) COLLATE utf8mb4_bin AND seat_number = ? AND id <> ? LIMIT 1",
                     MY_BIND(my_int(seat->room_id), my_text(seat->row_number),
                             my_int(seat->seat_number), my_int(seat->id)));
}

static const fault *seat_insert(void *db, arena *a, struct seat *seat)
{
    TRY(my_run(db, a,
               "INSERT INTO seats (room_id, `row_number`, seat_number, seat_type, is_available, "
               "`accessible`, house, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
               MY_BIND(my_int(seat->room_id), my_text(seat->row_number), my_int(seat->seat_number),
                       my_text(rooms_seat_type_name(seat->seat_type)), my_flag(seat->is_available),
                       my_flag(seat->accessible), my_flag(seat->house), my_instant(my_now(db)))));
    seat->id = my_last_id(db);
    return NULL;
}

/* The seats as a table, in their order. What a server makes of JSON's true is its own: 1 or a
 * word. */
#define WANTED_SEATS                                                                               \
    "JSON_TABLE(CAST(? AS CHAR), '$[*]' COLUMNS (place FOR ORDINALITY, "                           \
    "seat_row VARCHAR(10) CHARACTER SET utf8mb4 PATH '$.row_number', "                             \
    "seat_number INT PATH '$.seat_number', seat_type VARCHAR(10) PATH '$.seat_type', "             \
    "is_available VARCHAR(5) PATH '$.is_available', is_accessible VARCHAR(5) PATH "                \
    "'$.accessible', house VARCHAR(5) PATH '$.house')) wanted "
#define IS_TRUE(column) "(wanted." column " IN ('true', '1'))"

/* Those that would be there twice: in the room already, or named twice. */
static const fault *seats_refuse_twins(struct my *db, arena *a, int64_t room_id,
                                       struct my_bind seats)
{
    struct seat twin;
    bool found;
    TRY(my_one(db, a, &rooms_seat_shape, &twin, &found,
               "SELECT seat_row AS `row_number`, seat_number FROM ("
               "SELECT place, seat_row, seat_number, ROW_NUMBER() OVER (PARTITION BY "
               "LOWER(seat_row) COLLATE utf8mb4_bin, seat_number ORDER BY place) AS nth, "
               "(SELECT COUNT(*) FROM seats s WHERE s.room_id = ? AND s.seat_number = "
               "wanted.seat_number AND LOWER(s.`row_number`) = LOWER(wanted.seat_row) COLLATE "
               "utf8mb4_bin) AS already FROM " WANTED_SEATS
               ") judged WHERE nth > 1 OR already > 0 ORDER BY place LIMIT 1",
               MY_BIND(my_int(room_id), seats)));
    if (!found)
        return NULL;
    twin.room_id = room_id;
    return rooms_seat_exists(a, &twin);
}

/* Nobody else adds seats meanwhile: they are those above the highest id before. */
static const fault *seats_insert(void *db, arena *a, int64_t room_id, const list *wanted,
                                 list *made)
{
    struct my_bind seats = my_json_list(a, &rooms_seat_shape, wanted);
    int64_t before = 0;
    TRY(seats_refuse_twins(db, a, room_id, seats));
    TRY(my_number(db, a, &before, "SELECT MAX(id) FROM seats", MY_NO_BINDS));
    TRY(my_run(db, a,
               "INSERT INTO seats (room_id, `row_number`, seat_number, seat_type, is_available, "
               "`accessible`, house, created_at) SELECT ?, seat_row, seat_number, seat_type, " //
               IS_TRUE("is_available") ", " IS_TRUE("is_accessible") ", " IS_TRUE(
                   "house") ", ? FROM " WANTED_SEATS "ORDER BY place",
               MY_BIND(my_int(room_id), my_instant(my_now(db)), seats)));
    return my_list(db, a, &rooms_seat_shape, made,
                   SELECT_SEAT "WHERE id > ? AND room_id = ? ORDER BY id",
                   MY_BIND(my_int(before), my_int(room_id)));
}

static const fault *seat_update(void *db, arena *a, const struct seat *seat)
{
    return my_run(
        db, a,
        "UPDATE seats SET `row_number` = ?, seat_number = ?, seat_type = ?, is_available = "
        "?, `accessible` = ?, house = ? WHERE id = ?",
        MY_BIND(my_text(seat->row_number), my_int(seat->seat_number),
                my_text(rooms_seat_type_name(seat->seat_type)), my_flag(seat->is_available),
                my_flag(seat->accessible), my_flag(seat->house), my_int(seat->id)));
}

/* --- showings --- */

#define SELECT_SHOWING                                                                             \
    "SELECT s.id, s.movie_id, s.room_id, s.show_time, s.price, s.is_active, s.sales_open_at, "     \
    "s.sales_close_at, s.length_minutes, s.starts_at, s.ends_at, r.name AS room_name, "            \
    "r.capacity AS room_capacity, "                                                                \
    "EXISTS (SELECT 1 FROM waiting_rooms w WHERE w.schedule_id = s.id) AS waiting_room"
/* Rooms are looked up for the showings found, never the other way round. */
#define WITH_ROOM " STRAIGHT_JOIN rooms r ON r.id = s.room_id "

static const fault *showing_find(void *db, arena *a, int64_t id, struct showing *out, bool *found)
{
    return my_one(db, a, &rooms_showing_row_shape, out, found,
                  SELECT_SHOWING " FROM schedules s" WITH_ROOM "WHERE s.id = ?",
                  MY_BIND(my_int(id)));
}

static const fault *showings_after(void *db, arena *a, int64_t id, instant over, int64_t limit,
                                   list *out)
{
    return my_list(db, a, &rooms_showing_row_shape, out,
                   SELECT_SHOWING " FROM schedules s" WITH_ROOM
                                  "WHERE s.id > ? AND s.ends_at > ? ORDER BY s.id LIMIT ?",
                   MY_BIND(my_int(id), my_int(over.ms), my_int(limit)));
}

static const fault *showing_at(void *db, arena *a, int64_t room_id, wall show_time, int64_t *id)
{
    return my_number(
        db, a, id,
        "SELECT id FROM schedules WHERE room_id = ? AND show_time = ? AND is_active = 1 LIMIT 1",
        MY_BIND(my_int(room_id), my_wall(show_time)));
}

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
        [PART_COMING] = SELECT_SHOWING tables WITH_ROOM lead COMING FORWARDS,                      \
        [PART_OVER] = SELECT_SHOWING tables WITH_ROOM lead OVER BACKWARDS,                         \
        [PART_ANY] = SELECT_SHOWING tables WITH_ROOM lead ANY FORWARDS,                            \
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

/* The years that a DATETIME can say are those that a wall can. */
static struct my_binds question_bind(arena *a, enum part part, const struct question *q)
{
    bool coming = part == PART_COMING || part == PART_COMING_COUNT;
    const struct showing_filter *want = q->want;
    struct my_bind *values = NEW_ARRAY(a, struct my_bind, 9);
    int64_t from = want->from.s == TIME_NONE ? FIRST_SECOND : want->from.s;
    if (coming && from < q->since.s)
        from = q->since.s;
    int64_t last = want->until.s == TIME_NONE ? LAST_SECOND : want->until.s - 1;
    values[0] = q->lead == LEAD_IDS     ? my_ids(a, &want->ids)
                : q->lead == LEAD_MOVIE ? my_text(want->movie_id)
                                        : my_int(want->room_id);
    values[1] = values[2] = my_int(want->room_id);
    values[3] = my_flag(want->active);
    values[4] = my_wall((wall){ from });
    values[5] = my_wall((wall){ last });
    values[6] = my_int(q->now.ms);
    values[7] = my_int(q->limit);
    values[8] = my_int(q->offset);
    return (struct my_binds){ values, 9 };
}

static const fault *showings_part(void *db, arena *a, enum part part, const struct question *q,
                                  list *out)
{
    return my_list(db, a, &rooms_showing_row_shape, out, lists[q->lead][part],
                   question_bind(a, part, q));
}

static const fault *coming_count(void *db, arena *a, const struct question *q, int64_t *count)
{
    return my_number(db, a, count, lists[q->lead][PART_COMING_COUNT], question_bind(a, PART_COMING_COUNT, q));
}

static const fault *showing_longest(void *db, arena *a, int64_t *minutes)
{
    *minutes = 0;
    return my_number(db, a, minutes, "SELECT COALESCE(MAX(length_minutes), 0) FROM schedules", MY_NO_BINDS);
}

static const fault *showings_to_come(void *db, arena *a, int64_t room_id, instant since, ids *out)
{
    return my_numbers(db, a, out,
                      "SELECT id FROM schedules WHERE room_id = ? AND is_active = 1 AND ends_at > "
                      "? ORDER BY id",
                      MY_BIND(my_int(room_id), my_int(since.ms)));
}

static const fault *showings_within(void *db, arena *a, const struct showing *showing,
                                    struct span kept, ids *out)
{
    return my_numbers(
        db, a, out,
        "SELECT id FROM schedules WHERE room_id = ? AND ends_at > ? AND starts_at < ? "
        "AND is_active = 1 AND id <> ? ORDER BY starts_at LIMIT " CLASHES_NAMED_MAX,
        MY_BIND(my_int(showing->room_id), my_int(kept.from.ms), my_int(kept.until.ms),
                my_int(showing->id)));
}

static const fault *showings_placed(void *db, arena *a, list *out)
{
    return my_list(db, a, &rooms_placed_shape, out,
                   "SELECT id, show_time, starts_at FROM schedules", MY_NO_BINDS);
}

/* A table of its own: schedules are exported as ever, and compared with what older versions wrote. */
static const fault *waiting_room_keep(void *db, arena *a, const struct showing *showing, int64_t id)
{
    return my_run(db, a,
                  showing->waiting_room ? "INSERT IGNORE INTO waiting_rooms (schedule_id) VALUES (?)"
                                        : "DELETE FROM waiting_rooms WHERE schedule_id = ?",
                  MY_BIND(my_int(id)));
}

static const fault *showing_insert(void *db, arena *a, const struct showing *made,
                                   instant sales_close_asked, int64_t *id)
{
    TRY(my_run(db, a,
               "INSERT INTO schedules (movie_id, room_id, show_time, price, sales_open_at, "
               "sales_close_at, length_minutes, starts_at, created_at, updated_at) "
               "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
               MY_BIND(my_text(made->movie_id), my_int(made->room_id), my_wall(made->show_time),
                       my_money(a, made->price), my_int(made->sales_open_at.ms),
                       my_int(sales_close_asked.ms), my_int(made->length_minutes),
                       my_int(made->starts_at.ms), my_instant(my_now(db)),
                       my_instant(my_now(db)))));
    *id = my_last_id(db);
    return made->waiting_room ? waiting_room_keep(db, a, made, *id) : NULL;
}

static const fault *showing_update(void *db, arena *a, const struct showing *made,
                                   instant sales_close_asked)
{
    TRY(my_run(db, a,
                  "UPDATE schedules SET movie_id = ?, room_id = ?, show_time = ?, price = ?, "
                  "is_active = ?, sales_open_at = ?, sales_close_at = ?, length_minutes = ?, "
                  "starts_at = ?, updated_at = ? WHERE id = ?",
                  MY_BIND(my_text(made->movie_id), my_int(made->room_id), my_wall(made->show_time),
                          my_money(a, made->price), my_flag(made->is_active),
                          my_int(made->sales_open_at.ms), my_int(sales_close_asked.ms),
                          my_int(made->length_minutes), my_int(made->starts_at.ms),
                          my_instant(my_now(db)), my_int(made->id))));
    return waiting_room_keep(db, a, made, made->id);
}

static const fault *showing_close(void *db, arena *a, int64_t id)
{
    return my_run(db, a, "UPDATE schedules SET is_active = 0, updated_at = ? WHERE id = ?",
                  MY_BIND(my_instant(my_now(db)), my_int(id)));
}

static const fault *showing_move(void *db, arena *a, int64_t id, instant starts_at)
{
    return my_run(db, a, "UPDATE schedules SET starts_at = ?, updated_at = ? WHERE id = ?",
                  MY_BIND(my_int(starts_at.ms), my_instant(my_now(db)), my_int(id)));
}

static const fault *film_lengths(void *db, arena *a, instant since, list *out)
{
    return my_list(db, a, &rooms_film_length_shape, out,
                   "SELECT DISTINCT movie_id, length_minutes AS minutes FROM schedules WHERE ends_at > ? AND starts_at > ?",
                   MY_BIND(my_int(since.ms), my_int(since.ms)));
}

static const fault *showings_unlike(void *db, arena *a, const struct film_length *film,
                                    instant since, ids *out)
{
    return my_numbers(db, a, out,
                      "SELECT id FROM schedules WHERE movie_id = ? AND starts_at > ? AND "
                      "length_minutes <> ? ORDER BY id",
                      MY_BIND(my_text(film->movie_id), my_int(since.ms), my_int(film->minutes)));
}

static const fault *showing_lasts(void *db, arena *a, int64_t id, int64_t length_minutes)
{
    return my_run(db, a, "UPDATE schedules SET length_minutes = ?, updated_at = ? WHERE id = ?",
                  MY_BIND(my_int(length_minutes), my_instant(my_now(db)), my_int(id)));
}

/* --- all of them --- */

struct rooms_rows rooms_mysql_rows(struct my *db, const struct house_rules *rules)
{
    return ROOMS_ROWS(db, rules);
}
