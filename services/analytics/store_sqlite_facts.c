/* store_sqlite_facts.c - one fact after the other: what its row added is taken off, what it adds now is added. */
#include "services/analytics/store_sqlite.h"

/* --- names as numbers --- */

/* 0 when none is said. */
static const fault *film_key(struct sql *db, arena *a, str id, int64_t *key)
{
    *key = 0;
    if (!id.at)
        return NULL;
    TRY(sql_number(db, a, key, "SELECT key FROM films WHERE id = ?1", BIND(sql_text(id))));
    if (*key)
        return NULL;
    TRY(sql_run(db, a, "INSERT INTO films (id, is_active) VALUES (?1, 0)", BIND(sql_text(id))));
    *key = sql_last_id(db);
    return NULL;
}

static const fault *method_key(struct sql *db, arena *a, str name, int64_t *key)
{
    *key = 0;
    if (!name.at)
        return NULL;
    TRY(sql_number(db, a, key, "SELECT key FROM methods WHERE name = ?1", BIND(sql_text(name))));
    if (*key)
        return NULL;
    TRY(sql_run(db, a, "INSERT INTO methods (name) VALUES (?1)", BIND(sql_text(name))));
    *key = sql_last_id(db);
    return NULL;
}

/* --- films, rooms, showings --- */

static const fault *film_take(struct sql *db, arena *a, const struct film_fact *told)
{
    return sql_run(db, a,
                   "INSERT INTO films (id, title, is_active) VALUES (?1, ?2, ?3) "
                   "ON CONFLICT (id) DO UPDATE SET title = excluded.title, is_active = excluded.is_active",
                   BIND(sql_text(told->id), sql_text(told->title), sql_bool(told->is_active)));
}

static const fault *room_take(struct sql *db, arena *a, const struct room_fact *told)
{
    return sql_run(db, a,
                   "INSERT INTO rooms (id, name, is_active, seats) VALUES (?1, ?2, ?3, 0) "
                   "ON CONFLICT (id) DO UPDATE SET name = excluded.name, is_active = excluded.is_active",
                   BIND(sql_int(told->id), sql_text(told->name), sql_bool(told->is_active)));
}

static const fault *seats_take(struct sql *db, arena *a, const struct seats_fact *told)
{
    int64_t fresh = 0;
    for (size_t i = 0; i < told->seats.count; i++) {
        TRY(sql_run(db, a, "INSERT INTO seats (id, room_id) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING",
                    BIND(sql_int(LIST_AT(&told->seats, struct seat_fact, i)->id), sql_int(told->room_id))));
        fresh += sql_changes(db);
    }
    return sql_run(db, a,
                   "INSERT INTO rooms (id, is_active, seats) VALUES (?1, 0, ?2) "
                   "ON CONFLICT (id) DO UPDATE SET seats = seats + excluded.seats",
                   BIND(sql_int(told->room_id), sql_int(fresh)));
}

const fault *showing_row(struct sql *db, arena *a, int64_t id, struct showing *out)
{
    bool found;
    *out = analytics_showing_untold(id);
    return sql_one(db, a, &analytics_showing_row_shape, out, &found,
                   "SELECT id, film, room_id, day, played, is_active, taken, hour FROM showings WHERE id = ?1", BIND(sql_int(id)));
}

static const fault *showing_take(struct sql *db, struct cells *c, const struct showing_fact *told,
                                 const struct house_clock *clock)
{
    struct showing row;
    TRY(showing_row(db, c->in, told->id, &row));
    analytics_showing_count(c, &row, -1);
    TRY(film_key(db, c->in, told->movie_id, &row.film));
    analytics_showing_tell(&row, told, clock);
    analytics_showing_count(c, &row, 1);
    return sql_run(db, c->in,
                   "INSERT INTO showings (id, film, room_id, day, played, is_active, taken, hour) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7) "
                   "ON CONFLICT (id) DO UPDATE SET film = excluded.film, room_id = excluded.room_id, day = excluded.day, "
                   "played = excluded.played, is_active = excluded.is_active, hour = excluded.hour",
                   BIND(sql_int(row.id), sql_int(row.film), sql_int(row.room_id), sql_int(row.day), sql_int(row.played),
                        sql_bool(row.is_active), sql_int(row.hour)));
}

/* --- sales --- */

static const fault *sale_row(struct sql *db, arena *a, int64_t id, struct sale *out)
{
    bool found;
    *out = analytics_sale_untold(id);
    return sql_one(db, a, &analytics_sale_row_shape, out, &found,
                   "SELECT id, user_id, schedule_id, film, cents, status, made, sold, back, tickets, method, payment_id "
                   "FROM sales WHERE id = ?1",
                   BIND(sql_int(id)));
}

#define SALE_INSERT                                                                                \
    "INSERT INTO sales (id, user_id, schedule_id, film, cents, status, made, sold, back, tickets, method, payment_id) " \
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT (id) DO UPDATE SET method = excluded.method, " \
    "payment_id = excluded.payment_id"
/* The first leaves the indexes alone: each column that is set costs its own, whether it changes or not. */
static const char paid_text[] = SALE_INSERT;
static const char told_text[] = SALE_INSERT
    ", user_id = excluded.user_id, schedule_id = excluded.schedule_id, film = excluded.film, cents = excluded.cents, "
    "status = excluded.status, made = excluded.made, sold = excluded.sold, back = excluded.back, tickets = excluded.tickets";

static const fault *sale_put(struct sql *db, struct cells *c, const struct sale *before, const struct sale *now,
                             const struct house_clock *clock, const char *text)
{
    analytics_sale_count(c, before, -1, clock);
    analytics_sale_count(c, now, 1, clock);
    return sql_run(db, c->in, text,
                   BIND(sql_int(now->id), sql_int(now->user_id), sql_int(now->schedule_id), sql_int(now->film),
                        sql_int(now->cents), sql_int(now->status), sql_instant(now->made), sql_instant(now->sold),
                        sql_instant(now->back), sql_text(now->tickets), sql_int(now->method), sql_int(now->payment_id)));
}

static const fault *reservation_take(struct sql *db, struct cells *c, const struct reservation_fact *told,
                                     const struct house_clock *clock)
{
    struct sale before, now = analytics_sale_of(c->in, told);
    TRY(sale_row(db, c->in, told->id, &before));
    TRY(film_key(db, c->in, told->movie_id, &now.film));
    now.method = before.method;
    now.payment_id = before.payment_id;
    return sale_put(db, c, &before, &now, clock, told_text);
}

static const fault *payment_take(struct sql *db, struct cells *c, const struct payment_fact *told,
                                 const struct house_clock *clock)
{
    struct sale before;
    TRY(sale_row(db, c->in, told->reservation_id, &before));
    if (!analytics_payment_counts(told, &before))
        return NULL;
    struct sale now = before;
    now.payment_id = told->id;
    TRY(method_key(db, c->in, told->method, &now.method));
    return sale_put(db, c, &before, &now, clock, paid_text);
}

/* --- any of them --- */

const fault *fact_take(struct sql *db, struct cells *c, enum owner_name owner, const struct event *e,
                       const struct house_clock *clock, bool *read)
{
    struct fact told = analytics_fact_read(c->in, owner, e);
    *read = told.kind != FACT_UNREADABLE;
    switch (told.kind) {
    case FACT_OF_NO_MATTER:
    case FACT_UNREADABLE:
        return NULL;
    case FACT_FILM:
        return film_take(db, c->in, &told.film);
    case FACT_ROOM:
        return room_take(db, c->in, &told.room);
    case FACT_SEATS:
        return seats_take(db, c->in, &told.seats);
    case FACT_SHOWING:
        return showing_take(db, c, &told.showing, clock);
    case FACT_USER:
        return user_alive_set(db, c->in, told.user.id, !told.erased, clock->today);
    case FACT_RESERVATION:
        return reservation_take(db, c, &told.reservation, clock);
    case FACT_PAYMENT:
        return payment_take(db, c, &told.payment, clock);
    }
    return NULL;
}

/* --- forgetting --- */

static const char *const forgotten[OWNER_COUNT][16] = {
    [MOVIES] = { "UPDATE films SET title = NULL, is_active = 0" },
    [ROOMS] = { "DELETE FROM rooms", "DELETE FROM seats", "DELETE FROM room_days", "DELETE FROM room_windows",
                "UPDATE showings SET room_id = NULL, film = 0, is_active = 0" },
    [RESERVATIONS] = { "DELETE FROM sales", "DELETE FROM users", "DELETE FROM spans", "DELETE FROM film_days",
                       "DELETE FROM user_days", "DELETE FROM windows", "DELETE FROM film_windows",
                       "DELETE FROM user_sums", "DELETE FROM top_users", "DELETE FROM top_ends", "DELETE FROM sheet",
                       "DELETE FROM admissions",
                       "UPDATE showings SET taken = 0", "UPDATE room_days SET seats = 0",
                       "UPDATE room_windows SET seats = 0", "UPDATE figures SET alive = 0" },
};

const fault *facts_forget(struct sql *db, arena *a, enum owner_name owner)
{
    for (size_t i = 0; i < COUNT_OF(forgotten[owner]) && forgotten[owner][i]; i++)
        TRY(sql_run(db, a, forgotten[owner][i], NO_BINDS));
    return NULL;
}
