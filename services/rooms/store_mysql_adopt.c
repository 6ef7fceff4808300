/* store_mysql_adopt.c - a database of the old system gets its log, and its showings their instants, before anybody may ask. */
#include "services/rooms/store_mysql.h"

#include "lib/base/log.h"

#define OVERLAPS_TOLD_MAX "1000"

/* --- the log of an old database: one event a row --- */

static const fault *rooms_adopt(const struct rooms_rows *r, arena *a, const ids *all)
{
    list rooms;
    TRY(r->rooms_by_id(r->db, a, all, &rooms));
    for (size_t i = 0; i < rooms.count; i++) {
        const struct room *room = LIST_AT(&rooms, struct room, i);
        TRY(rooms_log(r, a, "room.adopted", room->id, &rooms_room_shape, room));
    }
    return NULL;
}

static const fault *seats_adopt(const struct rooms_rows *r, arena *a, int64_t room_id)
{
    list seats;
    TRY(r->seats_page(r->db, a, room_id, &(struct paging){ .limit = LIMIT_NONE }, &seats));
    for (size_t i = 0; i < seats.count; i++) {
        struct seats_made fact = {
            room_id, {LIST_AT(&seats, struct seat, i), 1}
        };
        TRY(rooms_log(r, a, "seats.adopted", room_id, &rooms_seats_made_shape, &fact));
    }
    return NULL;
}

/* The zone decides which instant a wall clock means. */
static const fault *showing_adopt(const struct rooms_rows *r, arena *a, int64_t id)
{
    struct showing showing;
    TRY(rooms_showing_row(r, a, id, &showing));
    rooms_showing_place(&showing);
    TRY(r->showing_move(r->db, a, id, showing.starts_at));
    rooms_showing_settle(&showing, r->rules);
    return rooms_log(r, a, "showing.adopted", id, &rooms_showing_event_shape, &showing);
}

/* --- what cannot be right in it, and is kept --- */

struct overlap {
    int64_t room_id, first, second;
    wall show_time;
};
static const struct field overlap_fields[] = {
    FIELD(struct overlap, room_id, "room_id"),
    FIELD(struct overlap, first, "first"),
    FIELD(struct overlap, second, "second"),
    FIELD(struct overlap, show_time, "show_time"),
};
static const struct shape overlap_shape = SHAPE(overlap, overlap_fields);

static const fault *overlaps_tell(struct my *db, arena *a)
{
    list found;
    TRY(my_list(db, a, &overlap_shape, &found,
                "SELECT one.room_id, one.id AS first, other.id AS second, other.show_time "
                "FROM schedules one JOIN schedules other ON other.room_id = one.room_id "
                "AND (other.starts_at > one.starts_at OR (other.starts_at = one.starts_at AND "
                "other.id > one.id)) AND other.starts_at < one.ends_at "
                "WHERE one.is_active = 1 AND other.is_active = 1 "
                "ORDER BY one.room_id, one.starts_at, one.id LIMIT " OVERLAPS_TOLD_MAX,
                MY_NO_BINDS));
    for (size_t i = 0; i < found.count; i++) {
        const struct overlap *o = LIST_AT(&found, struct overlap, i);
        char room[TIME_TEXT_MAX];
        log_line("warn", "adopted_overlap",
                 "room %lld: showing %lld begins at %.*s, before showing %lld is over if that lasts two hours; both are kept",
                 (long long)o->room_id, (long long)o->second, STR_ARG(wall_text(room, o->show_time)),
                 (long long)o->first);
    }
    return NULL;
}

static const fault *adopt_act(const struct rooms_rows *r, arena *a, void *arg)
{
    ids rooms, showings;
    (void)arg;
    TRY(my_numbers(r->db, a, &rooms, "SELECT id FROM rooms ORDER BY id", MY_NO_BINDS));
    TRY(my_numbers(r->db, a, &showings, "SELECT id FROM schedules ORDER BY id", MY_NO_BINDS));
    TRY(rooms_adopt(r, a, &rooms));
    for (size_t i = 0; i < rooms.count; i++)
        TRY(seats_adopt(r, a, rooms.at[i]));
    for (size_t i = 0; i < showings.count; i++)
        TRY(showing_adopt(r, a, showings.at[i]));
    TRY(overlaps_tell(r->db, a));
    log_line("info", "adopted", "%zu rooms and %zu showings of the old system", rooms.count,
             showings.count);
    return NULL;
}

/* Rows without a log are not ours. */
const fault *rooms_mysql_adopt(struct store *store, arena *a)
{
    struct my *db = my_reader(MYSQL_STORE_OF(store)->db);
    int64_t position = 0, rows = 0;
    TRY(my_number(db, a, &position, "SELECT position FROM log_counter WHERE id = 1", MY_NO_BINDS));
    TRY(my_number(db, a, &rows, "SELECT COUNT(*) FROM rooms", MY_NO_BINDS));
    return position > 0 || rows == 0 ? NULL : rooms_write(store, a, adopt_act, NULL);
}
