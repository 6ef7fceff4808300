/* store_mysql_import.c - rows of a file on MySQL. */
#include "services/rooms/store_import.h"
#include "services/rooms/store_mysql.h"

static const fault *rooms_named(void *db, arena *a, str name, list *out)
{
    return my_list(db, a, &rooms_room_shape, out,
                   "SELECT id, name, capacity, screen_type, is_active, created_at FROM rooms "
                   "WHERE LOWER(name) = LOWER(?) COLLATE utf8mb4_bin ORDER BY is_active DESC, id LIMIT 2",
                   MY_BIND(my_text(name)));
}

static const fault *showing_at(void *db, arena *a, int64_t room_id, wall show_time, int64_t *id)
{
    return my_number(db, a, id,
                     "SELECT id FROM schedules WHERE room_id = ? AND show_time = ? AND is_active = 1 LIMIT 1",
                     MY_BIND(my_int(room_id), my_wall(show_time)));
}

static const fault *room_row(void *db, arena *a, int64_t id, struct room *out)
{
    return rooms_mysql_room_row(db, a, id, out);
}

static const fault *room_insert(void *db, arena *a, const struct room_new *want, struct room *out)
{
    return rooms_mysql_room_insert(db, a, want, out);
}

static const fault *room_update(void *db, arena *a, const struct room *room)
{
    return rooms_mysql_room_update(db, a, room);
}

static const fault *room_tell(void *db, arena *a, const struct room *room)
{
    return rooms_mysql_room_log(db, a, room);
}

static const fault *seat_count(void *db, arena *a, int64_t room_id, int64_t *count)
{
    return rooms_mysql_seat_count(db, a, room_id, count);
}

static const fault *seat_at(void *db, arena *a, int64_t room_id, str row_number,
                            int64_t seat_number, struct seat *out, bool *found)
{
    return rooms_mysql_seat_at(db, a, room_id, row_number, seat_number, out, found);
}

static const fault *seat_insert(void *db, arena *a, struct seat *seat)
{
    return rooms_mysql_seat_insert(db, a, seat);
}

static const fault *seat_update(void *db, arena *a, const struct seat *seat)
{
    return rooms_mysql_seat_update(db, a, seat);
}

static const fault *seats_tell(void *db, arena *a, int64_t room_id, const ids *changed)
{
    return rooms_mysql_seats_tell(db, a, room_id, changed);
}

static const fault *showing_row(void *db, arena *a, int64_t id, struct showing *out)
{
    return rooms_mysql_showing_row(db, a, id, out);
}

static const fault *showing_insert(void *db, arena *a, const struct house_rules *rules,
                                   struct showing *made)
{
    return rooms_mysql_showing_insert(db, a, rules, made);
}

static const fault *showing_rewrite(void *db, arena *a, const struct house_rules *rules,
                                    struct showing *made)
{
    return rooms_mysql_showing_rewrite(db, a, rules, made);
}

static struct import_place place_of(struct my *db, const struct house_rules *rules)
{
    return (struct import_place){
        .db = db,
        .rules = rules,
        .rooms_named = rooms_named,
        .room_row = room_row,
        .room_insert = room_insert,
        .room_update = room_update,
        .room_tell = room_tell,
        .seat_count = seat_count,
        .seat_at = seat_at,
        .seat_insert = seat_insert,
        .seat_update = seat_update,
        .seats_tell = seats_tell,
        .showing_at = showing_at,
        .showing_row = showing_row,
        .showing_insert = showing_insert,
        .showing_rewrite = showing_rewrite,
    };
}

/* Run again, an act begins anew. */
struct import_act {
    const struct house_rules *rules;
    const struct import_rows *rows;
    const struct imported *begun;
    struct imported made;
};

static const fault *rooms_act(struct my *db, arena *a, void *arg)
{
    struct import_act *act = arg;
    struct import_place place = place_of(db, act->rules);
    act->made = *act->begun;
    return rooms_import_run(&place, a, act->rows, &act->made);
}

static const fault *showings_act(struct my *db, arena *a, void *arg)
{
    struct import_act *act = arg;
    struct import_place place = place_of(db, act->rules);
    act->made = *act->begun;
    return rooms_import_showings_run(&place, a, act->rows, &act->made);
}

static const fault *rooms_import(struct store *store, arena *a, const struct import_rows *rows,
                                 struct imported *made)
{
    struct import_act act = { .rules = &store->rules, .rows = rows, .begun = made };
    TRY(imported_settle(my_write(MYSQL_STORE_OF(store)->db, a, rooms_act, &act)));
    *made = act.made;
    return NULL;
}

static const fault *showings_import(struct store *store, arena *a, const struct import_rows *rows,
                                    struct imported *made)
{
    struct import_act act = { .rules = &store->rules, .rows = rows, .begun = made };
    TRY(imported_settle(my_write(MYSQL_STORE_OF(store)->db, a, showings_act, &act)));
    *made = act.made;
    return NULL;
}

void rooms_mysql_import_fill(struct store *s)
{
    s->rooms_import = rooms_import;
    s->showings_import = showings_import;
}
