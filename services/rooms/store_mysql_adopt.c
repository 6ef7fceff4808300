/* store_mysql_adopt.c - what is done before anybody may ask: a database of the old system gets its log, and showings their instants. */
#include "services/rooms/store_mysql.h"

#include "lib/base/log.h"

#define OVERLAPS_TOLD_MAX "1000"

/* The zone decides which instant a wall clock means. */
static const fault *showing_move(struct my *db, arena *a, struct showing *showing)
{
    rooms_showing_place(showing);
    return my_run(db, a, "UPDATE schedules SET starts_at = ?, updated_at = ? WHERE id = ?",
                  MY_BIND(my_int(showing->starts_at.ms), my_instant(my_now(db)),
                          my_int(showing->id)));
}

/* --- the log of an old database: one event a row --- */

static const fault *adopted_log(struct my *db, arena *a, const char *type, int64_t subject,
                                const struct shape *s, const void *fact)
{
    return my_log(db, a, type, arena_printf(a, "%lld", (long long)subject), s, fact, NULL);
}

static const fault *rooms_adopt(struct my *db, arena *a, const ids *all)
{
    list rooms;
    TRY(rooms_mysql_room_rows(db, a, all, &rooms));
    for (size_t i = 0; i < rooms.count; i++) {
        const struct room *room = LIST_AT(&rooms, struct room, i);
        TRY(adopted_log(db, a, "room.adopted", room->id, &rooms_room_shape, room));
    }
    return NULL;
}

static const fault *seats_adopt(struct my *db, arena *a, int64_t room_id)
{
    list seats;
    TRY(rooms_mysql_seat_rows(db, a, room_id, &(struct paging){ .limit = LIMIT_NONE }, &seats));
    for (size_t i = 0; i < seats.count; i++) {
        struct seats_made fact = {
            room_id, {LIST_AT(&seats, struct seat, i), 1}
        };
        TRY(adopted_log(db, a, "seats.adopted", room_id, &rooms_seats_made_shape, &fact));
    }
    return NULL;
}

static const fault *showing_adopt(struct my *db, arena *a, const struct house_rules *rules,
                                  int64_t id)
{
    struct showing showing;
    TRY(rooms_mysql_showing_row(db, a, id, &showing));
    TRY(showing_move(db, a, &showing));
    rooms_showing_settle(&showing, rules);
    return adopted_log(db, a, "showing.adopted", id, &rooms_showing_event_shape, &showing);
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

static const fault *adopt_act(struct my *db, arena *a, void *arg)
{
    const struct house_rules *rules = arg;
    ids rooms, showings;
    TRY(my_numbers(db, a, &rooms, "SELECT id FROM rooms ORDER BY id", MY_NO_BINDS));
    TRY(my_numbers(db, a, &showings, "SELECT id FROM schedules ORDER BY id", MY_NO_BINDS));
    TRY(rooms_adopt(db, a, &rooms));
    for (size_t i = 0; i < rooms.count; i++)
        TRY(seats_adopt(db, a, rooms.at[i]));
    for (size_t i = 0; i < showings.count; i++)
        TRY(showing_adopt(db, a, rules, showings.at[i]));
    TRY(overlaps_tell(db, a));
    log_line("info", "adopted", "%zu rooms and %zu showings of the old system", rooms.count,
             showings.count);
    return NULL;
}

/* Rows without a log are not ours. */
static const fault *adopt(struct my_store *db, arena *a, const struct house_rules *rules)
{
    int64_t position = 0, rows = 0;
    TRY(my_number(my_reader(db), a, &position, "SELECT position FROM log_counter WHERE id = 1", MY_NO_BINDS));
    TRY(my_number(my_reader(db), a, &rows, "SELECT COUNT(*) FROM rooms", MY_NO_BINDS));
    if (position > 0 || rows == 0)
        return NULL;
    struct house_rules copy = *rules;
    return my_write(db, a, adopt_act, &copy);
}

/* --- another zone: the wall clock of a showing stays, the instant that it means moves --- */

struct placed {
    int64_t id;
    wall show_time;
    instant starts_at;
};
static const struct field placed_fields[] = {
    FIELD(struct placed, id, "id"),
    FIELD(struct placed, show_time, "show_time"),
    FIELD(struct placed, starts_at, "starts_at"),
};
static const struct shape placed_shape = SHAPE(placed, placed_fields);

struct rezone_act {
    const struct house_rules *rules;
    ids moved;
};

static const fault *rezone_act(struct my *db, arena *a, void *arg)
{
    const struct rezone_act *act = arg;
    for (size_t i = 0; i < act->moved.count; i++) {
        struct showing showing;
        TRY(rooms_mysql_showing_row(db, a, act->moved.at[i], &showing));
        TRY(showing_move(db, a, &showing));
        rooms_showing_settle(&showing, act->rules);
        TRY(adopted_log(db, a, "showing.changed", showing.id, &rooms_showing_event_shape, &showing));
    }
    return NULL;
}

static const fault *rezone(struct my_store *db, arena *a, const struct house_rules *rules)
{
    list all;
    TRY(my_list(my_reader(db), a, &placed_shape, &all,
                "SELECT id, show_time, starts_at FROM schedules", MY_NO_BINDS));
    struct rezone_act act = {
        rules, {NEW_ARRAY(a, int64_t, all.count + 1), 0}
    };
    for (size_t i = 0; i < all.count; i++) {
        const struct placed *stored = LIST_AT(&all, struct placed, i);
        instant starts_at;
        (void)wall_to_instant(stored->show_time, &starts_at);
        if (starts_at.ms != stored->starts_at.ms)
            act.moved.at[act.moved.count++] = stored->id;
    }
    return act.moved.count > 0 ? my_write(db, a, rezone_act, &act) : NULL;
}

const fault *rooms_mysql_prepare(struct my_store *db, arena *a, const struct house_rules *rules)
{
    TRY(adopt(db, a, rules));
    return rezone(db, a, rules);
}
