/* store_sqlite_cells.c - sums by their keys, and what follows when a user's sum changes: its segment. */
#include "services/analytics/store_sqlite.h"

/* --- segments --- */

static const fault *segments_keep(struct sql *db, arena *a, int64_t window, const struct segment_sums *s)
{
    if (!s->active && !s->vip && !s->regular && !s->casual)
        return NULL;
    return sql_run(db, a,
                   "INSERT INTO windows (span, cents, reservations, confirmed, active, vip, regular, casual) "
                   "VALUES (?1, 0, 0, 0, ?2, ?3, ?4, ?5) ON CONFLICT (span) DO UPDATE SET active = active + excluded.active, "
                   "vip = vip + excluded.vip, regular = regular + excluded.regular, casual = casual + excluded.casual",
                   BIND(sql_int(window), sql_int(s->active), sql_int(s->vip), sql_int(s->regular), sql_int(s->casual)));
}

/* --- users --- */

struct user_sum {
    int64_t window;
    struct sum sum;
    bool alive;
};
struct user_sum_row {
    int64_t span, cents, reservations, confirmed;
    bool alive;
};
static const struct field user_sum_fields[] = {
    FIELD(struct user_sum_row, span, "span"),
    FIELD(struct user_sum_row, cents, "cents"),
    FIELD(struct user_sum_row, reservations, "reservations"),
    FIELD(struct user_sum_row, confirmed, "confirmed"),
    FIELD(struct user_sum_row, alive, "alive"),
};
static const struct shape user_sum_shape = SHAPE(user_sum_row, user_sum_fields);

static const fault *user_window_keep(struct sql *db, arena *a, const struct cell *one, struct segment_sums *segments)
{
    struct user_sum_row row = { 0 };
    bool found;
    TRY(sql_one(db, a, &user_sum_shape, &row, &found,
                "SELECT ?1 AS span, w.cents, w.reservations, w.confirmed, "
                "coalesce(w.alive, (SELECT alive FROM users WHERE id = ?2), 0) AS alive "
                "FROM (SELECT 1) LEFT JOIN user_windows w ON w.span = ?1 AND w.user_id = ?2",
                BIND(sql_int(one->key[0]), sql_int(one->key[1]))));
    struct sum sum = { row.cents, row.reservations, row.confirmed };
    analytics_segment_add(segments, &sum, row.alive, -1);
    sum = (struct sum){ sum.cents + one->add[0], sum.reservations + one->add[1], sum.confirmed + one->add[2] };
    analytics_segment_add(segments, &sum, row.alive, 1);
    if (sum.cents == 0 && sum.reservations == 0 && sum.confirmed == 0)
        return sql_run(db, a, "DELETE FROM user_windows WHERE span = ?1 AND user_id = ?2",
                       BIND(sql_int(one->key[0]), sql_int(one->key[1])));
    return sql_run(db, a,
                   "INSERT INTO user_windows (span, user_id, cents, reservations, confirmed, alive) "
                   "VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET cents = excluded.cents, "
                   "reservations = excluded.reservations, confirmed = excluded.confirmed",
                   BIND(sql_int(one->key[0]), sql_int(one->key[1]), sql_int(sum.cents), sql_int(sum.reservations),
                        sql_int(sum.confirmed), sql_bool(row.alive)));
}

/* Every window's, found by its key: an index by user would be written with each sale, and this is asked for seldom. */
#define OF_USER "span IN (1, 2, 3, 4, 5, 6) AND user_id = ?1"
_Static_assert(WINDOWS_FIRST == 1 && WINDOWS_LAST == 6, "those are the windows");

const fault *user_alive_set(struct sql *db, arena *a, int64_t user_id, bool alive)
{
    int64_t was = 0;
    list sums;
    TRY(sql_number(db, a, &was, "SELECT alive FROM users WHERE id = ?1", BIND(sql_int(user_id))));
    TRY(sql_run(db, a, "INSERT INTO users (id, alive) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET alive = excluded.alive",
                BIND(sql_int(user_id), sql_bool(alive))));
    if (was == alive)
        return NULL;
    TRY(sql_list(db, a, &user_sum_shape, &sums,
                 "SELECT span, cents, reservations, confirmed, alive FROM user_windows WHERE " OF_USER,
                 BIND(sql_int(user_id))));
    for (size_t i = 0; i < sums.count; i++) {
        const struct user_sum_row *row = LIST_AT(&sums, struct user_sum_row, i);
        struct sum sum = { row->cents, row->reservations, row->confirmed };
        struct segment_sums segments = { 0 };
        analytics_segment_add(&segments, &sum, row->alive, -1);
        analytics_segment_add(&segments, &sum, alive, 1);
        TRY(segments_keep(db, a, row->span, &segments));
    }
    TRY(sql_run(db, a, "UPDATE user_windows SET alive = ?2 WHERE " OF_USER, BIND(sql_int(user_id), sql_bool(alive))));
    return sql_run(db, a, "UPDATE figures SET alive = alive + ?1", BIND(sql_int(alive - was)));
}

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

/* Settled: the users of a window lie together. */
static const fault *sums_keep(struct sql *db, const struct cells *c)
{
    struct segment_sums segments[WINDOWS_LAST + 1] = { 0 };
    for (size_t i = 0; i < c->count; i++) {
        const struct cell *one = &c->at[i];
        if (one->of == CELL_USER_WINDOW)
            TRY(user_window_keep(db, c->in, one, &segments[one->key[0]]));
        else if (one->of != CELL_DAY && one->of != CELL_TAKEN) /* a day is a span too */
            TRY(cell_keep(db, c->in, one));
    }
    for (unsigned window = WINDOWS_FIRST; window <= WINDOWS_LAST; window++)
        TRY(segments_keep(db, c->in, window, &segments[window]));
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
    return sums_keep(db, c);
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
static const struct {
    enum cell_of of;
    const char *rows;
} moved[] = {
    { CELL_WINDOW, "SELECT 0 AS who, " SUMS_AS "spans WHERE period = 0 AND start = ?1" },
    { CELL_FILM_WINDOW, "SELECT film AS who, " SUMS_AS "film_days WHERE day = ?1" },
    { CELL_USER_WINDOW, "SELECT user_id AS who, " SUMS_AS "user_days WHERE day = ?1" },
    { CELL_ROOM_WINDOW, "SELECT room_id AS who, showings AS first, seats AS second, 0 AS third FROM room_days WHERE day = ?1" },
};

static const fault *day_move(struct sql *db, arena *a, enum cell_of of, const char *rows, unsigned window, int32_t on,
                             int64_t sign)
{
    struct cells c = { .in = a };
    list found;
    TRY(sql_list(db, a, &day_row_shape, &found, rows, BIND(sql_int(on))));
    for (size_t i = 0; i < found.count; i++) {
        const struct day_row *row = LIST_AT(&found, struct day_row, i);
        analytics_cells_add(&c, (struct cell){ of, { window, row->who },
                                               { sign * row->first, sign * row->second, sign * row->third } });
    }
    analytics_cells_settle(&c);
    return sums_keep(db, &c);
}

static const fault *days_move(struct sql *db, arena *a, enum cell_of of, const char *rows, unsigned window,
                              const struct days *range, int64_t sign)
{
    for (int64_t on = range->from; on <= range->to; on++)
        TRY(day_move(db, a, of, rows, window, (int32_t)on, sign));
    return NULL;
}

const fault *windows_move(struct sql *db, arena *a, int32_t before, int32_t today)
{
    for (size_t i = 0; i < COUNT_OF(moved); i++)
        for (unsigned window = WINDOWS_FIRST; window < WINDOW_ALL; window++) {
            struct days (*of)(unsigned, int32_t) = moved[i].of == CELL_ROOM_WINDOW ? analytics_window_showings
                                                                                   : analytics_window_days;
            struct days was = of(window, before), is = of(window, today), range[2];
            for (size_t k = 0, count = analytics_days_less(was, is, range); k < count; k++)
                TRY(days_move(db, a, moved[i].of, moved[i].rows, window, &range[k], -1));
            for (size_t k = 0, count = analytics_days_less(is, was, range); k < count; k++)
                TRY(days_move(db, a, moved[i].of, moved[i].rows, window, &range[k], 1));
        }
    return NULL;
}
