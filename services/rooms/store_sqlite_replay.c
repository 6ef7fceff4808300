/* store_sqlite_replay.c - rooms, seats and showings from what the log tells of them: each event is the whole fact, and when a row was
 * made and changed is when its events happened. */
#include "services/rooms/replay.h"

#include "lib/json/read.h"
#include "lib/json/write.h"
#include "services/rooms/store_sqlite.h"

#define SHOWINGS_AT_ONCE 500
#define MINUTE_MS 60000

/* --- rows --- */

static const fault *room_replay(struct sql *db, arena *a, const struct event *e)
{
    struct room about = { 0 };
    TRY(json_restore(a, e->data, &rooms_room_shape, &about));
    return sql_run(db, a,
                   "INSERT INTO rooms (id, name, capacity, screen_type, is_active, created_at, updated_at) "
                   "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT (id) DO UPDATE SET name = excluded.name, "
                   "capacity = excluded.capacity, screen_type = excluded.screen_type, is_active = excluded.is_active, "
                   "updated_at = excluded.updated_at",
                   BIND(sql_int(about.id), sql_text(about.name), sql_int(about.capacity),
                        sql_text(rooms_screen_type_name(about.screen_type)), sql_bool(about.is_active), sql_instant(e->time)));
}

static const fault *seats_replay(struct sql *db, arena *a, const struct event *e)
{
    struct seats_made about = { 0 };
    TRY(json_restore(a, e->data, &rooms_seats_made_shape, &about));
    for (size_t i = 0; i < about.seats.count; i++) {
        const struct seat *seat = LIST_AT(&about.seats, struct seat, i);
        TRY(sql_run(db, a,
                    "INSERT INTO seats (id, room_id, row_number, seat_number, seat_type, is_available, accessible, house, "
                    "created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO UPDATE SET "
                    "row_number = excluded.row_number, seat_number = excluded.seat_number, seat_type = excluded.seat_type, "
                    "is_available = excluded.is_available, accessible = excluded.accessible, house = excluded.house",
                    BIND(sql_int(seat->id), sql_int(about.room_id), sql_text(seat->row_number), sql_int(seat->seat_number),
                         sql_text(rooms_seat_type_name(seat->seat_type)), sql_bool(seat->is_available),
                         sql_bool(seat->accessible), sql_bool(seat->house), sql_instant(e->time))));
    }
    return NULL;
}

/* The event has the end of sales that counts; the row has one only when somebody asked for it. */
static const fault *sales_close_asked(struct sql *db, arena *a, const struct showing *about, const struct house_rules *rules,
                                      instant *out)
{
    int64_t kept_ms = TIME_NONE;
    TRY(sql_number(db, a, &kept_ms, "SELECT sales_close_at FROM schedules WHERE id = ?1", BIND(sql_int(about->id))));
    *out = about->sales_close_at;
    if (out->ms == about->starts_at.ms + rules->sales_close_minutes * MINUTE_MS && kept_ms != out->ms)
        *out = INSTANT_NONE;
    return NULL;
}

/* Whatever its sale was stopped for has ended, one way or the other. */
static const fault *showing_replay(struct sql *db, arena *a, const struct event *e, const struct house_rules *rules)
{
    struct showing about = { 0 };
    instant close;
    TRY(json_restore(a, e->data, &rooms_showing_event_shape, &about));
    rooms_showing_place(&about);
    TRY(sales_close_asked(db, a, &about, rules, &close));
    TRY(sql_run(db, a,
                "INSERT INTO schedules (id, movie_id, room_id, show_time, price, is_active, sales_open_at, sales_close_at, "
                "length_minutes, starts_at, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11) "
                "ON CONFLICT (id) DO UPDATE SET movie_id = excluded.movie_id, room_id = excluded.room_id, "
                "show_time = excluded.show_time, price = excluded.price, is_active = excluded.is_active, "
                "sales_open_at = excluded.sales_open_at, sales_close_at = excluded.sales_close_at, "
                "length_minutes = excluded.length_minutes, starts_at = excluded.starts_at, updated_at = excluded.updated_at",
                BIND(sql_int(about.id), sql_text(about.movie_id), sql_int(about.room_id), sql_wall(about.show_time),
                     sql_money(about.price), sql_bool(about.is_active), sql_instant(about.sales_open_at), sql_instant(close),
                     sql_int(about.length_minutes), sql_instant(about.starts_at), sql_instant(e->time))));
    TRY(sql_run(db, a,
                about.waiting_room ? "INSERT OR IGNORE INTO waiting_rooms (schedule_id) VALUES (?1)"
                                   : "DELETE FROM waiting_rooms WHERE schedule_id = ?1",
                BIND(sql_int(about.id))));
    return sql_run(db, a, "DELETE FROM sales_stops WHERE schedule_id = ?1", BIND(sql_int(about.id)));
}

/* --- all --- */

struct replay_act {
    const struct house_rules *rules;
    list events;
};

static const fault *events_replay(struct sql *db, arena *a, void *arg)
{
    const struct replay_act *act = arg;
    for (size_t i = 0; i < act->events.count; i++) {
        const struct event *e = LIST_AT(&act->events, struct event, i);
        TRY(sqlite_log_take(db, a, e));
        if (str_starts(e->type, STR("room.")))
            TRY(room_replay(db, a, e));
        else if (str_starts(e->type, STR("seats.")))
            TRY(seats_replay(db, a, e));
        else if (str_starts(e->type, STR("showing.")))
            TRY(showing_replay(db, a, e, act->rules));
    }
    return NULL;
}

static const fault *events_take(void *store, arena *a, const list *events)
{
    struct replay_act act = { &((struct store *)store)->rules, *events };
    return sqlite_write(STORE_OF(store)->db, a, events_replay, &act);
}

const fault *rooms_replayer_showings(const struct replayer *r, arena *a, int64_t after, list *events, int64_t *last)
{
    struct store *s = r->store;
    list found;
    TRY(s->showings_after(s, a, after, (instant){ 0 }, SHOWINGS_AT_ONCE, &found));
    *events = (list){ NEW_ARRAY(a, struct event, found.count + 1), found.count };
    for (size_t i = 0; i < found.count; i++) {
        const struct showing *about = LIST_AT(&found, struct showing, i);
        struct buf data = { .in = a };
        json_write(&data, &rooms_showing_event_shape, about);
        *LIST_AT(events, struct event, i) = (struct event){ .type = STR("showing.changed"), .data = buf_str(&data) };
        *last = about->id;
    }
    return NULL;
}

static void store_close(void *store)
{
    struct store *s = store;
    s->close(s);
}

static void nobody_waits(void *arg, int64_t position)
{
    (void)arg, (void)position;
}

const fault *rooms_replayer_open(arena *boot, struct replayer *out, const char *directory, const void *settings)
{
    struct store *s;
    TRY(rooms_sqlite_open(boot, &s, directory, settings, nobody_waits, NULL));
    *out = (struct replayer){ .store = s, .exporter = s->exporter, .take = events_take, .close = store_close };
    return NULL;
}
