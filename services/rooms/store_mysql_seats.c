/* store_mysql_seats.c - seats on MySQL: many at once are one statement, not one each. */
#include "services/rooms/store_mysql.h"

/* `row_number` and `accessible` are words of MySQL's own. */
#define SEAT_COLUMNS                                                                               \
    "id, room_id, `row_number`, seat_number, seat_type, is_available, `accessible`, house"

const fault *rooms_mysql_seat_count(struct my *db, arena *a, int64_t room_id, int64_t *count)
{
    return my_number(db, a, count, "SELECT COUNT(*) FROM seats WHERE room_id = ?",
                     MY_BIND(my_int(room_id)));
}

/* A .. Z, AA ..: shorter names first. */
const fault *rooms_mysql_seat_rows(struct my *db, arena *a, int64_t room_id,
                                   const struct paging *want, list *out)
{
    return my_list(db, a, &rooms_seat_shape, out,
                   "SELECT " SEAT_COLUMNS " FROM seats WHERE room_id = ? "
                   "ORDER BY CHAR_LENGTH(`row_number`), LOWER(`row_number`), seat_number, id "
                   "LIMIT ? OFFSET ?",
                   MY_BIND(my_int(room_id), my_int(want->limit), my_int(want->offset)));
}

static const fault *seats_list(struct store *store, arena *a, int64_t room_id,
                               const struct paging *want, list *out)
{
    struct room room;
    TRY(rooms_mysql_room_row(MYSQL_READER(store), a, room_id, &room));
    return rooms_mysql_seat_rows(MYSQL_READER(store), a, room_id, want, out);
}

static const fault *seat_row(struct my *db, arena *a, int64_t room_id, int64_t id, struct seat *out)
{
    struct room room;
    bool found;
    TRY(rooms_mysql_room_row(db, a, room_id, &room));
    TRY(my_one(db, a, &rooms_seat_shape, out, &found,
               "SELECT " SEAT_COLUMNS " FROM seats WHERE id = ? AND room_id = ?",
               MY_BIND(my_int(id), my_int(room_id))));
    if (!found)
        return fault_new(a, FAULT_NOT_FOUND, "seat_unknown", "Seat not found");
    return NULL;
}

static const fault *seat_find(struct store *store, arena *a, int64_t room_id, int64_t id,
                              struct seat *out)
{
    return seat_row(MYSQL_READER(store), a, room_id, id, out);
}

static const fault *seat_exists(arena *a, const struct seat *seat)
{
    return fault_new(a, FAULT_CONFLICT, "seat_exists", "Room %lld already has seat %.*s%lld.",
                     (long long)seat->room_id, STR_ARG(seat->row_number),
                     (long long)seat->seat_number);
}

/* Is there another seat of that row and number? Nobody finds seat a1 beside seat A1. */
static const fault *seat_refuse_twin(struct my *db, arena *a, const struct seat *seat)
{
    int64_t twin = 0;
    TRY(my_number(db, a, &twin,
                  "SELECT id FROM seats WHERE room_id = ? AND LOWER(`row_number`) = "
                  "LOWER(?) COLLATE utf8mb4_bin AND seat_number = ? AND id <> ? LIMIT 1",
                  MY_BIND(my_int(seat->room_id), my_text(seat->row_number),
                          my_int(seat->seat_number), my_int(seat->id))));
    return twin == 0 ? NULL : seat_exists(a, seat);
}

static const fault *seats_log(struct my *db, arena *a, const struct seats_made *about)
{
    return my_log(db, a, "seats.changed", arena_printf(a, "%lld", (long long)about->room_id),
                  &rooms_seats_made_shape, about, NULL);
}

/* --- one by one --- */

const fault *rooms_mysql_seat_at(struct my *db, arena *a, int64_t room_id, str row_number,
                                 int64_t seat_number, struct seat *out, bool *found)
{
    return my_one(db, a, &rooms_seat_shape, out, found,
                  "SELECT " SEAT_COLUMNS " FROM seats WHERE room_id = ? AND seat_number = ? AND "
                  "LOWER(`row_number`) = LOWER(?) COLLATE utf8mb4_bin ORDER BY id LIMIT 1",
                  MY_BIND(my_int(room_id), my_int(seat_number), my_text(row_number)));
}

const fault *rooms_mysql_seat_insert(struct my *db, arena *a, struct seat *seat)
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

const fault *rooms_mysql_seats_tell(struct my *db, arena *a, int64_t room_id, const ids *changed)
{
    struct seats_made about = { .room_id = room_id };
    TRY(my_list(db, a, &rooms_seat_shape, &about.seats,
                "SELECT s.id, s.room_id, s.`row_number`, s.seat_number, s.seat_type, "
                "s.is_available, s.`accessible`, s.house FROM " MYSQL_WANTED
                "STRAIGHT_JOIN seats s ON s.id = wanted.id ORDER BY s.id",
                MY_BIND(my_ids(a, changed))));
    return seats_log(db, a, &about);
}

/* --- create --- */

struct create_act {
    const struct once *once;
    int64_t room_id;
    const struct seats_new *want;
    struct seats_made made;
};

/* The seats asked for. A full room is generated as if it were empty: then the answer names the seat
 * that is there twice. */
static list seats_wanted(arena *a, const struct seats_new *want, int64_t capacity, int64_t already)
{
    if (want->auto_generate)
        return rooms_seats_generate(a, already < capacity ? capacity - already : capacity,
                                    want->seats_per_row);
    return want->seats;
}

/* The seats as a table, in their order. What a server makes of JSON's true is its own: 1 or a
 * word. */
#define WANTED_SEATS                                                                               \
    "JSON_TABLE(CAST(? AS CHAR), '$[*]' COLUMNS (place FOR ORDINALITY, "                                         \
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
    return seat_exists(a, &twin);
}

/* Nobody else adds seats meanwhile: they are those above the highest id before. */
static const fault *seats_insert(struct my *db, arena *a, int64_t room_id, struct my_bind seats,
                                 list *made)
{
    int64_t before = 0;
    TRY(my_number(db, a, &before, "SELECT MAX(id) FROM seats", MY_NO_BINDS));
    TRY(my_run(db, a,
               "INSERT INTO seats (room_id, `row_number`, seat_number, seat_type, is_available, "
               "`accessible`, house, created_at) SELECT ?, seat_row, seat_number, seat_type, " //
               IS_TRUE("is_available") ", " IS_TRUE("is_accessible") ", " IS_TRUE(
                   "house") ", ? FROM " WANTED_SEATS "ORDER BY place",
               MY_BIND(my_int(room_id), my_instant(my_now(db)), seats)));
    return my_list(db, a, &rooms_seat_shape, made,
                   "SELECT " SEAT_COLUMNS " FROM seats WHERE id > ? AND room_id = ? ORDER BY id",
                   MY_BIND(my_int(before), my_int(room_id)));
}

static const fault *create_act(struct my *db, arena *a, void *arg)
{
    struct create_act *act = arg;
    bool seen;
    TRY(my_once_recall(db, a, act->once, &rooms_seats_made_shape, &act->made, &seen));
    if (seen)
        return NULL;
    struct room room;
    int64_t already = 0;
    TRY(rooms_mysql_room_row(db, a, act->room_id, &room));
    TRY(rooms_mysql_seat_count(db, a, room.id, &already));
    list wanted = seats_wanted(a, act->want, room.capacity, already);
    act->made = (struct seats_made){ .room_id = room.id };
    if (wanted.count > 0) {
        struct my_bind seats = my_json_list(a, &rooms_seat_shape, &wanted);
        TRY(seats_refuse_twins(db, a, room.id, seats));
        TRY(seats_insert(db, a, room.id, seats, &act->made.seats));
    }
    if (already + (int64_t)wanted.count > room.capacity)
        return fault_new(a, FAULT_CONFLICT, "capacity_exceeded",
                         "Room %lld takes %lld seats and would have %lld.", (long long)room.id,
                         (long long)room.capacity, (long long)already + (long long)wanted.count);
    if (wanted.count > 0)
        TRY(seats_log(db, a, &act->made));
    return my_once_keep(db, a, act->once, &rooms_seats_made_shape, &act->made, 0);
}

static const fault *seats_create(struct store *store, arena *a, const struct once *once,
                                 int64_t room_id, const struct seats_new *want, list *out)
{
    struct create_act act = { .once = once, .room_id = room_id, .want = want };
    TRY(my_write(MYSQL_STORE_OF(store)->db, a, create_act, &act));
    *out = act.made.seats;
    return NULL;
}

/* --- edit --- */

const fault *rooms_mysql_seat_update(struct my *db, arena *a, const struct seat *seat)
{
    return my_run(
        db, a,
        "UPDATE seats SET `row_number` = ?, seat_number = ?, seat_type = ?, is_available = "
        "?, `accessible` = ?, house = ? WHERE id = ?",
        MY_BIND(my_text(seat->row_number), my_int(seat->seat_number),
                my_text(rooms_seat_type_name(seat->seat_type)), my_flag(seat->is_available),
                my_flag(seat->accessible), my_flag(seat->house), my_int(seat->id)));
}

struct edit_act {
    int64_t room_id, id;
    const struct seat_edit *edit;
    struct seat made;
};

static const fault *edit_act(struct my *db, arena *a, void *arg)
{
    struct edit_act *act = arg;
    struct seat *made = &act->made;
    TRY(seat_row(db, a, act->room_id, act->id, made));
    rooms_seat_apply(made, act->edit);
    TRY(seat_refuse_twin(db, a, made));
    TRY(rooms_mysql_seat_update(db, a, made));
    struct seats_made fact = {
        made->room_id, {made, 1}
    };
    return seats_log(db, a, &fact);
}

static const fault *seat_edit(struct store *store, arena *a, int64_t room_id, int64_t id,
                              const struct seat_edit *edit, struct seat *out)
{
    struct edit_act act = { .room_id = room_id, .id = id, .edit = edit };
    TRY(my_write(MYSQL_STORE_OF(store)->db, a, edit_act, &act));
    *out = act.made;
    return NULL;
}

void rooms_mysql_seats_fill(struct store *s)
{
    s->seats_list = seats_list;
    s->seats_create = seats_create;
    s->seat_find = seat_find;
    s->seat_edit = seat_edit;
}
