/* store_sqlite_cells.c - sums by their keys, and the days that leave the windows at midnight. */
#include "services/analytics/store_sqlite.h"

/* --- showings --- */

/* Seats of a showing that is not told yet wait in its row. */
static const fault *taken_keep(struct sql *db, struct cells *c, const struct cell *one)
{
    struct showing row;
    TRY(showing_row(db, c->in, one->key[0], &row));
    analytics_showing_count(c, &row, -1);
    row.taken += one->add[0];
    analytics_showing_count(c, &row, 1);
    return sql_run(db, c->in,
                   "INSERT INTO showings (id, film, day, played, is_active, taken) VALUES (?1, 0, 0, 0, 0, ?2) "
                   "ON CONFLICT (id) DO UPDATE SET taken = excluded.taken",
                   BIND(sql_int(row.id), sql_int(row.taken)));
}

/* --- sums --- */

#define SUMS_OF(table, keys, places)                                                               \
    "INSERT INTO " table " (" keys ", cents, reservations, confirmed) VALUES (" places ") "        \
    "ON CONFLICT DO UPDATE SET cents = cents + excluded.cents, "                                   \
    "reservations = reservations + excluded.reservations, confirmed = confirmed + excluded.confirmed"
#define SEATS_OF(table, key)                                                                       \
    "INSERT INTO " table " (" key ", room_id, showings, seats) VALUES (?1, ?2, ?3, ?4) "           \
    "ON CONFLICT DO UPDATE SET showings = showings + excluded.showings, seats = seats + excluded.seats"

static const struct {
    const char *text;
    size_t keys, adds;
} kept[] = {
    [CELL_FILM_DAY] = { SUMS_OF("film_days", "day, film", "?1, ?2, ?3, ?4, ?5"), 2, 3 },
    [CELL_USER_DAY] = { SUMS_OF("user_days", "day, user_id", "?1, ?2, ?3, ?4, ?5"), 2, 3 },
    [CELL_ROOM_DAY] = { SEATS_OF("room_days", "day"), 2, 2 },
    [CELL_SHEET] = { "INSERT INTO sheet (day, hour, film, method, sold, refunded, tickets) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
                     "ON CONFLICT DO UPDATE SET sold = sold + excluded.sold, refunded = refunded + excluded.refunded, "
                     "tickets = tickets + excluded.tickets", 4, 3 },
    [CELL_ADMISSIONS] = { "INSERT INTO admissions (schedule_id, price, seats) VALUES (?1, ?2, ?3) "
                          "ON CONFLICT DO UPDATE SET seats = seats + excluded.seats", 2, 1 },
    [CELL_SPAN] = { SUMS_OF("spans", "period, start", "?1, ?2, ?3, ?4, ?5"), 2, 3 },
    [CELL_WINDOW] = { "INSERT INTO windows (span, cents, reservations, confirmed, active, vip, regular, casual) "
                      "VALUES (?1, ?2, ?3, ?4, 0, 0, 0, 0) ON CONFLICT DO UPDATE SET cents = cents + excluded.cents, "
                      "reservations = reservations + excluded.reservations, confirmed = confirmed + excluded.confirmed", 1, 3 },
    [CELL_FILM_WINDOW] = { SUMS_OF("film_windows", "span, film", "?1, ?2, ?3, ?4, ?5"), 2, 3 },
    [CELL_ROOM_WINDOW] = { SEATS_OF("room_windows", "span"), 2, 2 },
};

static const fault *cell_keep(struct sql *db, arena *a, const struct cell *one)
{
    struct bind values[COUNT_OF(one->key) + COUNT_OF(one->add)];
    size_t count = 0;
    for (size_t i = 0; i < kept[one->of].keys; i++)
        values[count++] = sql_int(one->key[i]);
    for (size_t i = 0; i < kept[one->of].adds; i++)
        values[count++] = sql_int(one->add[i]);
    return sql_run(db, a, kept[one->of].text, (struct binds){ values, count });
}

static const fault *sums_keep(struct sql *db, const struct cells *c)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct cell *one = &c->at[i];
        if (one->of != CELL_DAY && one->of != CELL_TAKEN) /* a day is a span too */
            TRY(cell_keep(db, c->in, one));
    }
    return NULL;
}

const fault *cells_keep(struct sql *db, struct cells *c, int32_t today)
{
    analytics_cells_settle(c);
    size_t counted = c->count;
    for (size_t i = 0; i < counted; i++) {
        struct cell one = c->at[i]; /* keeping may move them */
        if (one.of == CELL_TAKEN)
            TRY(taken_keep(db, c, &one));
    }
    analytics_cells_settle(c);
    analytics_cells_follow(c, today);
    analytics_cells_settle(c);
    TRY(sums_keep(db, c));
    return user_days_follow(db, c, today);
}

/* --- midnight --- */

struct day_row {
    int64_t who, first, second, third;
};
static const struct field day_row_fields[] = {
    FIELD(struct day_row, who, "who"),
    FIELD(struct day_row, first, "first"),
    FIELD(struct day_row, second, "second"),
    FIELD(struct day_row, third, "third"),
};
static const struct shape day_row_shape = SHAPE(day_row, day_row_fields);

#define SUMS_AS "cents AS first, reservations AS second, confirmed AS third FROM "
static const struct moved {
    enum cell_of of; /* CELL_USER_DAY: what follows from it */
    const char *rows;
} moved[] = {
    { CELL_WINDOW, "SELECT 0 AS who, " SUMS_AS "spans WHERE period = 0 AND start = ?1" },
    { CELL_FILM_WINDOW, "SELECT film AS who, " SUMS_AS "film_days WHERE day = ?1" },
    { CELL_USER_DAY, "SELECT user_id AS who, " SUMS_AS "user_days WHERE day = ?1" },
    { CELL_ROOM_WINDOW, "SELECT room_id AS who, showings AS first, seats AS second, 0 AS third FROM room_days WHERE day = ?1" },
};

static const fault *day_move(struct user_change *users, const struct moved *m, unsigned window, int32_t on, int64_t sign)
{
    struct cells c = { .in = users->arena };
    list found;
    TRY(sql_list(users->db, c.in, &day_row_shape, &found, m->rows, BIND(sql_int(on))));
    for (size_t i = 0; i < found.count; i++) {
        const struct day_row *row = LIST_AT(&found, struct day_row, i);
        struct sum add[WINDOWS_LAST + 1] = { 0 };
        add[window] = (struct sum){ sign * row->first, sign * row->second, sign * row->third };
        if (m->of == CELL_USER_DAY)
            TRY(user_add(users, row->who, add));
        else
            analytics_cells_add(&c, (struct cell){ m->of, { window, row->who },
                                                   { add[window].cents, add[window].reservations, add[window].confirmed } });
    }
    analytics_cells_settle(&c);
    return sums_keep(users->db, &c);
}

static const fault *days_move(struct user_change *users, const struct moved *m, unsigned window, const struct days *range, int64_t sign)
{
    for (int64_t on = range->from; on <= range->to; on++)
        TRY(day_move(users, m, window, (int32_t)on, sign));
    return NULL;
}

const fault *windows_move(struct sql *db, arena *a, int32_t before, int32_t today)
{
    struct user_change users;
    TRY(users_begin(db, a, today, &users));
    for (size_t i = 0; i < COUNT_OF(moved); i++)
        for (unsigned window = WINDOWS_FIRST; window < WINDOW_ALL; window++) {
            struct days (*of)(unsigned, int32_t) = moved[i].of == CELL_ROOM_WINDOW ? analytics_window_showings
                                                                                   : analytics_window_days;
            struct days was = of(window, before), is = of(window, today), range[2];
            for (size_t k = 0, count = analytics_days_less(was, is, range); k < count; k++)
                TRY(days_move(&users, &moved[i], window, &range[k], -1));
            for (size_t k = 0, count = analytics_days_less(is, was, range); k < count; k++)
                TRY(days_move(&users, &moved[i], window, &range[k], 1));
        }
    return users_end(&users);
}
