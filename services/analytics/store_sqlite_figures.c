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

static struct bind window_bind(unsigned window)
{
    return sql_int(analytics_window_kept(window));
}

/* --- revenue --- */

/* Whole periods are kept as such; between two days they are made of days. */
static const fault *revenue_read(struct asked *q)
{
    const struct revenue_query *want = q->want;
    bool whole = want->start.days == TIME_NONE && want->end.days == TIME_NONE;
    struct days within = analytics_days_asked(want);
    list sums;
    TRY(sql_list(q->db, q->arena, &analytics_day_sum_shape, &sums,
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

static const fault *popular_read(struct asked *q)
{
    const struct popular_query *want = q->want;
    list found;
    TRY(sql_list(q->db, q->arena, &analytics_film_sum_shape, &found,
                 "SELECT f.id, f.title, w.cents, w.reservations, w.confirmed FROM film_windows w JOIN films f ON f.key = w.film "
                 "WHERE w.span = ?1 AND (w.reservations <> 0 OR w.cents <> 0) "
                 "ORDER BY w.reservations DESC, w.cents DESC, f.id LIMIT ?2",
                 BIND(window_bind(want->period), sql_int(want->limit))));
    *(list *)q->out = analytics_popular_make(q->arena, &found);
    return NULL;
}

static const fault *popular(struct store *store, arena *a, const struct popular_query *want, list *out)
{
    return at_one_moment(store, a, want, out, popular_read);
}

/* --- rooms --- */

static const fault *occupancy_read(struct asked *q)
{
    const struct occupancy_query *want = q->want;
    list rooms;
    TRY(sql_list(q->db, q->arena, &analytics_room_row_shape, &rooms,
                 "SELECT r.id AS room_id, r.name AS room_name, r.is_active, r.seats AS total_seats, "
                 "coalesce(w.showings, 0) AS total_schedules, coalesce(w.seats, 0) AS occupied_seats "
                 "FROM rooms r LEFT JOIN room_windows w ON w.span = ?1 AND w.room_id = r.id "
                 "WHERE r.name IS NOT NULL AND (?2 IS NULL OR r.id = ?2) ORDER BY r.id",
                 BIND(window_bind(want->period), sql_int(want->room_id))));
    TRY(analytics_room_known(q->arena, want, &rooms));
    analytics_occupancy_make(q->arena, &rooms, want->room_id, q->out);
    return NULL;
}

static const fault *occupancy(struct store *store, arena *a, const struct occupancy_query *want, struct occupancy *out)
{
    return at_one_moment(store, a, want, out, occupancy_read);
}

/* By the rows of the showings themselves: they are thousands in a year, whatever is sold. */
static const fault *hours_read(struct asked *q)
{
    const struct hours_query *want = q->want;
    list *out = q->out;
    TRY(sql_list(q->db, q->arena, &analytics_room_hour_row_shape, out,
                 "SELECT s.room_id, r.name AS room_name, r.seats AS total_seats, s.hour AS hour_number, "
                 "count(*) AS total_schedules, sum(s.taken) AS occupied_seats "
                 "FROM showings s JOIN rooms r ON r.id = s.room_id WHERE s.is_active = 1 AND s.day >= (SELECT today FROM figures) + ?1 AND r.name IS NOT NULL "
                 "GROUP BY s.room_id, s.hour ORDER BY s.room_id, s.hour",
                 BIND(sql_int(analytics_window_showings(want->period, 0).from))));
    analytics_hours_make(q->arena, out);
    return NULL;
}

static const fault *hours(struct store *store, arena *a, const struct hours_query *want, list *out)
{
    return at_one_moment(store, a, want, out, hours_read);
}

/* --- the sales of a showing --- */

static const fault *curve_read(struct asked *q)
{
    struct curve *out = q->out;
    int64_t id = out->schedule_id;
    bool found;
    list moved;
    *out = (struct curve){ .schedule_id = id };
    TRY(sql_one(q->db, q->arena, &analytics_curve_row_shape, out, &found,
                "SELECT s.id AS schedule_id, f.id AS movie_id, f.title, r.name AS room_name, coalesce(r.seats, 0) AS seats "
                "FROM showings s LEFT JOIN films f ON f.key = s.film LEFT JOIN rooms r ON r.id = s.room_id WHERE s.id = ?1",
                BIND(sql_int(id))));
    TRY(analytics_showing_known(q->arena, found, id));
    TRY(sql_list(q->db, q->arena, &analytics_curve_sale_shape, &moved,
                 "SELECT sold, back, tickets, cents FROM sales WHERE schedule_id = ?1 AND sold IS NOT NULL ORDER BY sold LIMIT ?2",
                 BIND(sql_int(id), sql_int(CURVE_SALES_MAX))));
    analytics_curve_make(q->arena, &moved, out);
    return NULL;
}

static const fault *curve(struct store *store, arena *a, struct curve *out)
{
    return at_one_moment(store, a, NULL, out, curve_read);
}

/* --- users --- */

static const fault *window_read(struct asked *q, unsigned window, struct window_sum *out)
{
    bool found;
    *out = (struct window_sum){ 0 };
    return sql_one(q->db, q->arena, &analytics_window_sum_shape, out, &found,
                   "SELECT f.alive, w.* FROM figures f LEFT JOIN windows w ON w.span = ?1", BIND(window_bind(window)));
}

static const fault *top_read(struct asked *q, unsigned window, list *out)
{
    list found;
    TRY(sql_list(q->db, q->arena, &analytics_top_row_shape, &found,
                 "WITH best AS MATERIALIZED (SELECT user_id, cents, reservations, confirmed FROM top_users WHERE span = ?1 "
                 "ORDER BY cents DESC, reservations DESC, user_id LIMIT ?2) "
                 "SELECT best.*, (SELECT max(made) FROM sales s WHERE s.user_id = best.user_id AND s.status < 2) AS last FROM best "
                 "ORDER BY cents DESC, reservations DESC, user_id",
                 BIND(window_bind(window), sql_int(TOP_USERS))));
    *out = analytics_top_make(q->arena, &found);
    return NULL;
}

static const fault *behavior_read(struct asked *q)
{
    const struct window_query *want = q->want;
    struct behavior *out = q->out;
    struct window_sum row;
    TRY(window_read(q, want->period, &row));
    analytics_behavior_make(q->arena, &row, out);
    return top_read(q, want->period, &out->top_users);
}

static const fault *behavior(struct store *store, arena *a, const struct window_query *want, struct behavior *out)
{
    return at_one_moment(store, a, want, out, behavior_read);
}

/* --- dashboard --- */

static const fault *overview_read(struct asked *q, unsigned window, struct overview *out)
{
    struct window_sum row;
    TRY(window_read(q, window, &row));
    *out = analytics_overview_make(&row);
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
    out->top_movies = analytics_top_movies_make(q->arena, &popular);
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
    s->hours = hours;
    s->curve = curve;
    s->behavior = behavior;
    s->dashboard = dashboard;
}
