/* store_sqlite_seats.c - seats in the embedded store. */
#include "services/rooms/store_sqlite.h"

#define SEAT_COLUMNS                                                                               \
    "id, room_id, row_number, seat_number, seat_type, is_available, accessible, house"

const fault *rooms_seat_count(struct sql *db, arena *a, int64_t room_id, int64_t *count)
{
    return sql_number(db, a, count, "SELECT count(*) FROM seats WHERE room_id = ?1",
                      BIND(sql_int(room_id)));
}

/* A .. Z, AA ..: shorter names first. */
const fault *rooms_seat_rows(struct sql *db, arena *a, int64_t room_id, const struct paging *want,
                             list *out)
{
    return sql_list(db, a, &rooms_seat_shape, out,
                    "SELECT " SEAT_COLUMNS " FROM seats WHERE room_id = ?1 "
                    "ORDER BY length(row_number), row_number, seat_number LIMIT ?2 OFFSET ?3",
                    BIND(sql_int(room_id), sql_int(want->limit), sql_int(want->offset)));
}

static const fault *seats_list(struct store *store, arena *a, int64_t room_id,
                               const struct paging *want, list *out)
{
    struct room room;
    TRY(rooms_room_row(STORE_READER(store), a, room_id, &room));
    return rooms_seat_rows(STORE_READER(store), a, room_id, want, out);
}

static const fault *seat_row(struct sql *db, arena *a, int64_t room_id, int64_t id,
                             struct seat *out)
{
    struct room room;
    bool found;
    TRY(rooms_room_row(db, a, room_id, &room));
    TRY(sql_one(db, a, &rooms_seat_shape, out, &found,
                "SELECT " SEAT_COLUMNS " FROM seats WHERE id = ?1 AND room_id = ?2",
                BIND(sql_int(id), sql_int(room_id))));
    if (!found)
        return fault_new(a, FAULT_NOT_FOUND, "seat_unknown", "Seat not found");
    return NULL;
}

static const fault *seat_find(struct store *store, arena *a, int64_t room_id, int64_t id,
                              struct seat *out)
{
    return seat_row(STORE_READER(store), a, room_id, id, out);
}

/* Is there another seat of that row and number? */
static const fault *seat_refuse_twin(struct sql *db, arena *a, const struct seat *seat)
{
    int64_t twin = 0;
    TRY(sql_number(db, a, &twin,
                   "SELECT id FROM seats WHERE room_id = ?1 AND row_number = ?2 AND seat_number = "
                   "?3 AND id <> ?4",
                   BIND(sql_int(seat->room_id), sql_text(seat->row_number),
                        sql_int(seat->seat_number), sql_int(seat->id))));
    if (twin == 0)
        return NULL;
    return fault_new(a, FAULT_CONFLICT, "seat_exists", "Room %lld already has seat %.*s%lld.",
                     (long long)seat->room_id, STR_ARG(seat->row_number),
                     (long long)seat->seat_number);
}

static const fault *seats_log(struct sql *db, arena *a, const struct seats_made *about)
{
    return sqlite_log(db, a, "seats.changed", arena_printf(a, "%lld", (long long)about->room_id),
                      &rooms_seats_made_shape, about, NULL);
}

const fault *rooms_seats_tell(struct sql *db, arena *a, int64_t room_id, const ids *changed)
{
    struct seats_made about = { .room_id = room_id };
    TRY(sql_list(db, a, &rooms_seat_shape, &about.seats,
                 "SELECT " SEAT_COLUMNS
                 " FROM seats WHERE id IN (SELECT value FROM json_each(?1)) ORDER BY id",
                 BIND(sql_ids(a, changed))));
    return seats_log(db, a, &about);
}

const fault *rooms_seat_at(struct sql *db, arena *a, int64_t room_id, str row_number,
                           int64_t seat_number, struct seat *out, bool *found)
{
    return sql_one(db, a, &rooms_seat_shape, out, found,
                   "SELECT " SEAT_COLUMNS
                   " FROM seats WHERE room_id = ?1 AND row_number = ?2 AND seat_number = ?3",
                   BIND(sql_int(room_id), sql_text(row_number), sql_int(seat_number)));
}

/* --- create --- */

struct create_act {
    const struct once *once;
    int64_t room_id;
    const struct seats_new *want;
    struct seats_made made;
};

const fault *rooms_seat_insert(struct sql *db, arena *a, struct seat *seat)
{
    TRY(seat_refuse_twin(db, a, seat));
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

/* The seats asked for. A full room is generated as if it were empty: then the answer names the seat
 * that is there twice. */
static list seats_wanted(arena *a, const struct seats_new *want, int64_t capacity, int64_t already)
{
    if (want->auto_generate)
        return rooms_seats_generate(a, already < capacity ? capacity - already : capacity,
                                    want->seats_per_row);
    list copy = { NEW_ARRAY(a, struct seat, want->seats.count + 1), want->seats.count };
    for (size_t i = 0; i < copy.count; i++)
        *LIST_AT(&copy, struct seat, i) = *LIST_AT(&want->seats, struct seat, i);
    return copy;
}

static const fault *create_act(struct sql *db, arena *a, void *arg)
{
    struct create_act *act = arg;
    bool seen;
    TRY(sqlite_once_recall(db, a, act->once, &rooms_seats_made_shape, &act->made, &seen));
    if (seen)
        return NULL;
    struct room room;
    int64_t already = 0;
    TRY(rooms_room_row(db, a, act->room_id, &room));
    TRY(rooms_seat_count(db, a, room.id, &already));
    act->made = (struct seats_made){ room.id, seats_wanted(a, act->want, room.capacity, already) };
    for (size_t i = 0; i < act->made.seats.count; i++) {
        struct seat *seat = LIST_AT(&act->made.seats, struct seat, i);
        seat->room_id = room.id;
        TRY(rooms_seat_insert(db, a, seat));
    }
    if (already + (int64_t)act->made.seats.count > room.capacity)
        return fault_new(a, FAULT_CONFLICT, "capacity_exceeded",
                         "Room %lld takes %lld seats and would have %lld.", (long long)room.id,
                         (long long)room.capacity,
                         (long long)already + (long long)act->made.seats.count);
    if (act->made.seats.count > 0)
        TRY(seats_log(db, a, &act->made));
    return sqlite_once_keep(db, a, act->once, &rooms_seats_made_shape, &act->made, 0);
}

static const fault *seats_create(struct store *store, arena *a, const struct once *once,
                                 int64_t room_id, const struct seats_new *want, list *out)
{
    struct create_act act = { .once = once, .room_id = room_id, .want = want };
    TRY(sqlite_write(STORE_OF(store)->db, a, create_act, &act));
    *out = act.made.seats;
    return NULL;
}

/* --- edit --- */

const fault *rooms_seat_update(struct sql *db, arena *a, const struct seat *seat)
{
    return sql_run(
        db, a,
        "UPDATE seats SET row_number = ?2, seat_number = ?3, seat_type = ?4, is_available = ?5, "
        "accessible = ?6, house = ?7 WHERE id = ?1",
        BIND(sql_int(seat->id), sql_text(seat->row_number), sql_int(seat->seat_number),
             sql_text(rooms_seat_type_name(seat->seat_type)), sql_bool(seat->is_available),
             sql_bool(seat->accessible), sql_bool(seat->house)));
}

struct edit_act {
    int64_t room_id, id;
    const struct seat_edit *edit;
    struct seat made;
};

static const fault *edit_act(struct sql *db, arena *a, void *arg)
{
    struct edit_act *act = arg;
    struct seat *made = &act->made;
    TRY(seat_row(db, a, act->room_id, act->id, made));
    rooms_seat_apply(made, act->edit);
    TRY(seat_refuse_twin(db, a, made));
    TRY(rooms_seat_update(db, a, made));
    struct seats_made fact = {
        made->room_id, {made, 1}
    };
    return seats_log(db, a, &fact);
}

static const fault *seat_edit(struct store *store, arena *a, int64_t room_id, int64_t id,
                              const struct seat_edit *edit, struct seat *out)
{
    struct edit_act act = { .room_id = room_id, .id = id, .edit = edit };
    TRY(sqlite_write(STORE_OF(store)->db, a, edit_act, &act));
    *out = act.made;
    return NULL;
}

void rooms_store_seats_fill(struct store *s)
{
    s->seats_list = seats_list;
    s->seats_create = seats_create;
    s->seat_find = seat_find;
    s->seat_edit = seat_edit;
}
