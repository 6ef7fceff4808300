/* store_sqlite_figures.c - the figures, read from their sums: some dozens of rows, however much was sold. */
#include "services/analytics/store_sqlite.h"

#define MOMENTS_MAX 100 /* a figure is asked for again when the writer was faster */

/* --- of one moment --- */

/* One question under way: its connection, its memory, what is asked, what is made of it. */
struct asked {
    struct sql *db;
    arena *arena;
    const void *want;
    void *out;
};

static const fault *moment_read(struct asked *q, int64_t *moment)
{
    return sql_number(q->db, q->arena, moment, "SELECT moment FROM figures", NO_BINDS);
}

static const fault *at_one_moment(struct store *store, arena *a, const void *want, void *out,
                                  const fault *(*read)(struct asked *q))
{
    struct asked q = { sqlite_reader(STORE_OF(store)->db), a, want, out };
    int64_t before = 0, after = 0;
    for (int i = 0; i < MOMENTS_MAX; i++) {
        TRY(moment_read(&q, &before));
        TRY(read(&q));
        TRY(moment_read(&q, &after));
        if (before == after)
            return NULL;
    }
    return fault_new(a, FAULT_UNAVAILABLE, "store_busy", "The figures change faster than they can be read. Try again.");
}

/* `today` is another name of `day`. */
static struct bind window_bind(unsigned window)
{
    return sql_int(window == WINDOW_TODAY ? WINDOW_DAY : window);
}

/* --- revenue --- */

static const struct field day_sum_fields[] = {
    FIELD(struct day_sum, day, "day"),
    FIELD(struct day_sum, cents, "cents"),
    FIELD(struct day_sum, reservations, "reservations"),
    FIELD(struct day_sum, confirmed, "confirmed"),
};
static const struct shape day_sum_shape = SHAPE(day_sum, day_sum_fields);

/* Whole periods are kept as such; between two days they are made of days. */
static const fault *revenue_read(struct asked *q)
{
    const struct revenue_query *want = q->want;
    bool whole = want->start.days == TIME_NONE && want->end.days == TIME_NONE;
    struct days within = analytics_days_asked(want);
    list sums;
    TRY(sql_list(q->db, q->arena, &day_sum_shape, &sums,
                 "SELECT start AS day, cents, reservations, confirmed FROM spans "
                 "WHERE period = ?1 AND start BETWEEN ?2 AND ?3 ORDER BY start",
                 BIND(sql_int(whole ? want->period : PERIOD_DAY), sql_int(within.from), sql_int(within.to))));
    analytics_revenue_make(q->arena, &sums, want->period, q->out);
    return NULL;
}

static const fault *revenue(struct store *store, arena *a, const struct revenue_query *want, struct revenue *out)
{
    return at_one_moment(store, a, want, out, revenue_read);
}

/* --- films --- */

struct film_row {
    str id, title;
    int64_t cents, reservations, confirmed;
};
static const struct field film_fields[] = {
    FIELD(struct film_row, id, "id"),
    FIELD(struct film_row, title, "title", .nullable = true),
    FIELD(struct film_row, cents, "cents"),
    FIELD(struct film_row, reservations, "reservations"),
    FIELD(struct film_row, confirmed, "confirmed"),
};
static const struct shape film_row_shape = SHAPE(film_row, film_fields);

static const fault *popular_read(struct asked *q)
{
    const struct popular_query *want = q->want;
    list found, *out = q->out;
    TRY(sql_list(q->db, q->arena, &film_row_shape, &found,
                 "SELECT f.id, f.title, w.cents, w.reservations, w.confirmed FROM film_windows w JOIN films f ON f.key = w.film "
                 "WHERE w.span = ?1 AND (w.reservations <> 0 OR w.cents <> 0) "
                 "ORDER BY w.reservations DESC, w.cents DESC, f.id LIMIT ?2",
                 BIND(window_bind(want->period), sql_int(want->limit))));
    *out = (list){ NEW_ARRAY(q->arena, struct popular, found.count + 1), found.count };
    for (size_t i = 0; i < found.count; i++) {
        const struct film_row *row = LIST_AT(&found, struct film_row, i);
        *LIST_AT(out, struct popular, i) = (struct popular){
            .movie_id = row->id, .title = row->title, .total_reservations = row->reservations,
            .total_revenue = { row->cents }, .average_ticket_price = analytics_average(row->cents, row->confirmed)
        };
    }
    return NULL;
}

static const fault *popular(struct store *store, arena *a, const struct popular_query *want, list *out)
{
    return at_one_moment(store, a, want, out, popular_read);
}

/* --- rooms --- */

static const struct field room_fields[] = {
    FIELD(struct room_occupancy, room_id, "roomId"),
    FIELD(struct room_occupancy, room_name, "roomName"),
    FIELD(struct room_occupancy, is_active, "isActive"),
    FIELD(struct room_occupancy, total_seats, "totalSeats"),
    FIELD(struct room_occupancy, total_schedules, "totalSchedules"),
    FIELD(struct room_occupancy, occupied_seats, "occupiedSeats"),
};
static const struct shape room_row_shape = SHAPE(room_occupancy, room_fields);

static const fault *occupancy_read(struct asked *q)
{
    const struct occupancy_query *want = q->want;
    list rooms;
    TRY(sql_list(q->db, q->arena, &room_row_shape, &rooms,
                 "SELECT r.id AS room_id, r.name AS room_name, r.is_active, r.seats AS total_seats, "
                 "coalesce(w.showings, 0) AS total_schedules, coalesce(w.seats, 0) AS occupied_seats "
                 "FROM rooms r LEFT JOIN room_windows w ON w.span = ?1 AND w.room_id = r.id "
                 "WHERE r.name IS NOT NULL AND (?2 IS NULL OR r.id = ?2) ORDER BY r.id",
                 BIND(window_bind(want->period), sql_int(want->room_id))));
    if (want->room_id != INTEGER_NONE && rooms.count == 0)
        return fault_new(q->arena, FAULT_NOT_FOUND, "room_unknown", "Room not found with id: %lld",
                         (long long)want->room_id);
    analytics_occupancy_make(q->arena, &rooms, want->room_id, q->out);
    return NULL;
}

static const fault *occupancy(struct store *store, arena *a, const struct occupancy_query *want, struct occupancy *out)
{
    return at_one_moment(store, a, want, out, occupancy_read);
}

/* --- users --- */

struct window_row {
    int64_t alive, cents, reservations, confirmed, active, vip, regular, casual;
};
static const struct field window_fields[] = {
    FIELD(struct window_row, alive, "alive"),
    FIELD(struct window_row, cents, "cents"),
    FIELD(struct window_row, reservations, "reservations"),
    FIELD(struct window_row, confirmed, "confirmed"),
    FIELD(struct window_row, active, "active"),
    FIELD(struct window_row, vip, "vip"),
    FIELD(struct window_row, regular, "regular"),
    FIELD(struct window_row, casual, "casual"),
};
static const struct shape window_row_shape = SHAPE(window_row, window_fields);

static const fault *window_read(struct asked *q, unsigned window, struct window_row *out)
{
    bool found;
    *out = (struct window_row){ 0 };
    return sql_one(q->db, q->arena, &window_row_shape, out, &found,
                   "SELECT f.alive, w.* FROM figures f LEFT JOIN windows w ON w.span = ?1", BIND(window_bind(window)));
}

struct top_row {
    int64_t user_id, cents, reservations, confirmed;
    instant last;
};
static const struct field top_fields[] = {
    FIELD(struct top_row, user_id, "userId"),
    FIELD(struct top_row, cents, "cents"),
    FIELD(struct top_row, reservations, "reservations"),
    FIELD(struct top_row, confirmed, "confirmed"),
    FIELD(struct top_row, last, "last", .nullable = true),
};
static const struct shape top_row_shape = SHAPE(top_row, top_fields);

static const fault *top_read(struct asked *q, unsigned window, list *out)
{
    list found;
    TRY(sql_list(q->db, q->arena, &top_row_shape, &found,
                 "SELECT user_id, cents, reservations, confirmed, "
                 "(SELECT max(made) FROM sales s WHERE s.user_id = w.user_id AND s.status < 2) AS last FROM user_windows w "
                 "WHERE span = ?1 AND alive = 1 AND (reservations <> 0 OR cents <> 0) "
                 "ORDER BY cents DESC, reservations DESC, user_id LIMIT ?2",
                 BIND(window_bind(window), sql_int(TOP_USERS))));
    *out = (list){ NEW_ARRAY(q->arena, struct top_user, found.count + 1), found.count };
    for (size_t i = 0; i < found.count; i++) {
        const struct top_row *row = LIST_AT(&found, struct top_row, i);
        *LIST_AT(out, struct top_user, i) = (struct top_user){
            .user_id = row->user_id, .total_reservations = row->reservations, .total_spent = { row->cents },
            .average_ticket_price = analytics_average(row->cents, row->confirmed), .last_reservation = row->last
        };
    }
    return NULL;
}

static const fault *behavior_read(struct asked *q)
{
    const struct window_query *want = q->want;
    struct behavior *out = q->out;
    struct window_row row;
    TRY(window_read(q, want->period, &row));
    out->summary = NEW(q->arena, struct behavior_summary);
    *out->summary = (struct behavior_summary){ .total_users = row.alive, .active_users = row.active,
                                               .total_revenue = { row.cents },
                                               .average_spending_per_user = analytics_average(row.cents, row.active) };
    out->segments = NEW(q->arena, struct segments);
    *out->segments = (struct segments){ row.vip, row.regular, row.casual,
                                        row.alive - row.vip - row.regular - row.casual };
    return top_read(q, want->period, &out->top_users);
}

static const fault *behavior(struct store *store, arena *a, const struct window_query *want, struct behavior *out)
{
    return at_one_moment(store, a, want, out, behavior_read);
}

/* --- dashboard --- */

static const fault *overview_read(struct asked *q, unsigned window, struct overview *out)
{
    struct window_row row;
    TRY(window_read(q, window, &row));
    *out = (struct overview){ .total_users = row.alive, .total_reservations = row.reservations,
                              .total_revenue = { row.cents },
                              .average_ticket_price = analytics_average(row.cents, row.confirmed) };
    TRY(sql_number(q->db, q->arena, &out->total_movies, "SELECT count(*) FROM films WHERE is_active = 1", NO_BINDS));
    return sql_number(q->db, q->arena, &out->total_rooms, "SELECT count(*) FROM rooms WHERE is_active = 1", NO_BINDS);
}

static const fault *dashboard_read(struct asked *q)
{
    const struct window_query *want = q->want;
    struct dashboard *out = q->out;
    list popular;
    struct popular_query best = { .period = want->period, .limit = TOP_MOVIES };
    out->period = want->period;
    out->overview = NEW(q->arena, struct overview);
    TRY(overview_read(q, want->period, out->overview));
    TRY(popular_read(&(struct asked){ q->db, q->arena, &best, &popular }));
    out->top_movies = (list){ NEW_ARRAY(q->arena, struct top_movie, TOP_MOVIES), 0 };
    for (size_t i = 0; i < popular.count; i++) {
        const struct popular *row = LIST_AT(&popular, struct popular, i);
        if (row->total_reservations > 0)
            *LIST_AT(&out->top_movies, struct top_movie, out->top_movies.count++) =
                (struct top_movie){ row->movie_id, row->total_reservations };
    }
    return NULL;
}

static const fault *dashboard(struct store *store, arena *a, const struct window_query *want, struct dashboard *out)
{
    return at_one_moment(store, a, want, out, dashboard_read);
}

void analytics_figures_fill(struct store *s)
{
    s->revenue = revenue;
    s->popular = popular;
    s->occupancy = occupancy;
    s->behavior = behavior;
    s->dashboard = dashboard;
}
