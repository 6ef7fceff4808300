/* store_postgres_figures.c - the figures and sheets, read from their sums: some dozens of rows, however much was sold. */
#include "services/analytics/store_postgres.h"

#define MOMENTS_MAX 100 /* a figure is asked for again when the figures moved meanwhile */

/* --- of one moment: a statement is; several are when nothing has moved between them --- */

struct asked {
    struct store *store;
    arena *arena;
    const void *want;
    void *out;
};

static const fault *moment_read(struct asked *q, int64_t *moment)
{
    return pg_number(KEYS(q->store), q->arena, moment, "SELECT moment FROM figures", PG_NO_BINDS);
}

static const fault *at_one_moment(struct asked *q, const fault *(*read)(struct asked *q))
{
    int64_t before = 0, after = 0;
    TRY(moment_read(q, &before));
    for (int i = 0; i < MOMENTS_MAX; i++) {
        TRY(read(q));
        TRY(moment_read(q, &after));
        if (before == after)
            return NULL;
        before = after;
    }
    return fault_new(q->arena, FAULT_UNAVAILABLE, "store_busy", "The figures change faster than they can be read. Try again.");
}

static struct pg_bind window_bind(unsigned window)
{
    return pg_int(analytics_window_kept(window));
}

/* --- revenue, films, rooms --- */

/* Whole periods are kept as such; between two days they are made of days. */
static const fault *revenue(struct store *s, arena *a, const struct revenue_query *want, struct revenue *out)
{
    bool whole = want->start.days == TIME_NONE && want->end.days == TIME_NONE;
    struct days within = analytics_days_asked(want);
    list sums;
    TRY(pg_list(KEYS(s), a, &analytics_day_sum_shape, &sums,
                "SELECT start AS day, cents, reservations, confirmed FROM spans "
                "WHERE period = $1 AND start BETWEEN $2 AND $3 ORDER BY start",
                PG_BIND(pg_int(whole ? want->period : PERIOD_DAY), pg_int(within.from), pg_int(within.to))));
    analytics_revenue_make(a, &sums, want->period, out);
    return NULL;
}

static const fault *popular(struct store *s, arena *a, const struct popular_query *want, list *out)
{
    list found;
    TRY(pg_list(KEYS(s), a, &analytics_film_sum_shape, &found,
                "SELECT f.id, f.title, w.cents, w.reservations, w.confirmed FROM film_windows w JOIN films f ON f.key = w.film "
                "WHERE w.span = $1 AND (w.reservations <> 0 OR w.cents <> 0) "
                "ORDER BY w.reservations DESC, w.cents DESC, f.id LIMIT $2",
                PG_BIND(window_bind(want->period), pg_int(want->limit))));
    *out = analytics_popular_make(a, &found);
    return NULL;
}

static const fault *occupancy(struct store *s, arena *a, const struct occupancy_query *want, struct occupancy *out)
{
    list rooms;
    TRY(pg_list(KEYS(s), a, &analytics_room_row_shape, &rooms,
                "SELECT r.id AS room_id, r.name AS room_name, r.is_active, r.seats AS total_seats, "
                "coalesce(w.showings, 0) AS total_schedules, coalesce(w.seats, 0) AS occupied_seats "
                "FROM rooms r LEFT JOIN room_windows w ON w.span = $1 AND w.room_id = r.id "
                "WHERE r.name IS NOT NULL AND ($2::bigint IS NULL OR r.id = $2) ORDER BY r.id",
                PG_BIND(window_bind(want->period), pg_int(want->room_id))));
    TRY(analytics_room_known(a, want, &rooms));
    analytics_occupancy_make(a, &rooms, want->room_id, out);
    return NULL;
}

/* By the rows of the showings themselves: they are thousands in a year, whatever is sold. */
static const fault *hours(struct store *s, arena *a, const struct hours_query *want, list *out)
{
    TRY(pg_list(KEYS(s), a, &analytics_room_hour_row_shape, out,
                "SELECT s.room_id, r.name AS room_name, r.seats AS total_seats, s.hour AS hour_number, "
                "count(*) AS total_schedules, sum(s.taken)::bigint AS occupied_seats "
                "FROM showings s JOIN rooms r ON r.id = s.room_id WHERE s.is_active AND s.day >= (SELECT today FROM figures) + $1 AND r.name IS NOT NULL "
                "GROUP BY s.room_id, r.name, r.seats, s.hour ORDER BY s.room_id, s.hour",
                PG_BIND(pg_int(analytics_window_showings(want->period, 0).from))));
    analytics_hours_make(a, out);
    return NULL;
}

/* --- the sales of a showing --- */

static const fault *curve_read(struct asked *q)
{
    struct curve *out = q->out;
    int64_t id = out->schedule_id;
    bool found;
    list moved;
    *out = (struct curve){ .schedule_id = id };
    TRY(pg_one(KEYS(q->store), q->arena, &analytics_curve_row_shape, out, &found,
               "SELECT s.id AS schedule_id, f.id AS movie_id, f.title, r.name AS room_name, coalesce(r.seats, 0) AS seats "
               "FROM showings s LEFT JOIN films f ON f.key = s.film LEFT JOIN rooms r ON r.id = s.room_id WHERE s.id = $1",
               PG_BIND(pg_int(id))));
    TRY(analytics_showing_known(q->arena, found, id));
    TRY(pg_list(LISTS(q->store), q->arena, &analytics_curve_sale_shape, &moved,
                "SELECT sold, back, tickets, cents FROM sales WHERE schedule_id = $1 AND sold IS NOT NULL ORDER BY sold LIMIT $2",
                PG_BIND(pg_int(id), pg_int(CURVE_SALES_MAX))));
    analytics_curve_make(q->arena, &moved, out);
    return NULL;
}

static const fault *curve(struct store *s, arena *a, struct curve *out)
{
    return at_one_moment(&(struct asked){ s, a, NULL, out }, curve_read);
}

/* --- users --- */

static const fault *window_read(struct asked *q, unsigned window, struct window_sum *out)
{
    bool found;
    *out = (struct window_sum){ 0 };
    return pg_one(KEYS(q->store), q->arena, &analytics_window_sum_shape, out, &found,
                  "SELECT f.alive, w.* FROM figures f LEFT JOIN windows w ON w.span = $1", PG_BIND(window_bind(window)));
}

static const fault *top_read(struct asked *q, unsigned window, list *out)
{
    list found;
    TRY(pg_list(KEYS(q->store), q->arena, &analytics_top_row_shape, &found,
                "SELECT user_id, cents, reservations, confirmed, "
                "(SELECT max(made) FROM sales s WHERE s.user_id = w.user_id AND s.status IN ('PENDING', 'CONFIRMED')) AS last FROM user_windows w "
                "WHERE span = $1 AND alive AND (reservations <> 0 OR cents <> 0) "
                "ORDER BY cents DESC, reservations DESC, user_id LIMIT $2",
                PG_BIND(window_bind(window), pg_int(TOP_USERS))));
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

static const fault *behavior(struct store *s, arena *a, const struct window_query *want, struct behavior *out)
{
    return at_one_moment(&(struct asked){ s, a, want, out }, behavior_read);
}

/* --- dashboard --- */

static const fault *dashboard_read(struct asked *q)
{
    const struct window_query *want = q->want;
    struct dashboard *out = q->out;
    struct window_sum row;
    list best;
    TRY(window_read(q, want->period, &row));
    out->period = want->period;
    out->overview = NEW(q->arena, struct overview);
    *out->overview = analytics_overview_make(&row);
    TRY(pg_number(KEYS(q->store), q->arena, &out->overview->total_movies, "SELECT count(*) FROM films WHERE is_active",
                  PG_NO_BINDS));
    TRY(pg_number(KEYS(q->store), q->arena, &out->overview->total_rooms, "SELECT count(*) FROM rooms WHERE is_active",
                  PG_NO_BINDS));
    TRY(popular(q->store, q->arena, &(struct popular_query){ .period = want->period, .limit = TOP_MOVIES }, &best));
    out->top_movies = analytics_top_movies_make(q->arena, &best);
    return NULL;
}

static const fault *dashboard(struct store *s, arena *a, const struct window_query *want, struct dashboard *out)
{
    return at_one_moment(&(struct asked){ s, a, want, out }, dashboard_read);
}

/* --- the day sheet, the distributor's return, sales as rows --- */

static const fault *sheet(struct store *s, arena *a, int32_t played, struct day_sheet *out)
{
    list rows;
    TRY(pg_list(KEYS(s), a, &analytics_sheet_row_shape, &rows,
                "SELECT t.hour, f.id AS movie_id, f.title, m.name AS method, t.sold, t.refunded, t.tickets FROM sheet t "
                "LEFT JOIN films f ON f.key = t.film LEFT JOIN methods m ON m.key = t.method "
                "WHERE t.day = $1 AND (t.sold <> 0 OR t.refunded <> 0 OR t.tickets <> 0) ORDER BY t.day, t.hour, t.film, t.method",
                PG_BIND(pg_int(played))));
    analytics_sheet_make(a, &rows, POSTGRES_STORE(s)->day_starts_s / 3600, out);
    return NULL;
}

static const fault *returns_read(struct asked *q)
{
    struct returns *out = q->out;
    struct film_name film;
    bool found;
    TRY(pg_one(KEYS(q->store), q->arena, &analytics_film_name_shape, &film, &found, "SELECT key, title FROM films WHERE id = $1",
               PG_BIND(pg_text(out->movie_id))));
    if (!found)
        return fault_new(q->arena, FAULT_NOT_FOUND, "movie_unknown", "Movie not found");
    TRY(pg_list(KEYS(q->store), q->arena, &analytics_return_line_row_shape, &out->lines,
                "SELECT s.room_id, r.name AS room_name, a.price / 100::numeric AS price, sum(a.seats) AS admissions, "
                "sum(a.seats) * a.price / 100 AS takings FROM showings s JOIN admissions a ON a.schedule_id = s.id "
                "LEFT JOIN rooms r ON r.id = s.room_id WHERE s.film = $1 AND s.played BETWEEN $2 AND $3 AND a.seats <> 0 "
                "GROUP BY s.room_id, r.name, a.price ORDER BY s.room_id NULLS FIRST, a.price DESC",
                PG_BIND(pg_int(film.key), pg_int(out->from.days), pg_int(out->to.days))));
    analytics_returns_make(&film, out);
    return NULL;
}

static const fault *returns(struct store *s, arena *a, struct returns *out)
{
    return at_one_moment(&(struct asked){ s, a, NULL, out }, returns_read);
}

#define MOVED(time, refund)                                                                        \
    "SELECT " time " AS moment, " refund " AS refund, id, schedule_id, film, s.method AS how, tickets, cents "        \
    "FROM sales s WHERE " time " IS NOT NULL AND " time " >= $1 AND " time " < $2 AND (" time " > $1 OR " refund " > $3 OR " \
    "(" refund " = $3 AND id > $4))"

/* "From ever" and "for ever" are no timestamps. */
static struct pg_bind bound_bind(instant bound)
{
    static const int64_t first = INT64_C(-62135596800000), last = INT64_C(253402300799000); /* years 1 and 9999 */
    return pg_instant((instant){ bound.ms < first ? first : bound.ms > last ? last : bound.ms });
}

static const fault *sales(struct store *s, arena *a, instant start, instant end, const struct sales_row *after,
                          int64_t limit, list *out)
{
    return pg_list(LISTS(s), a, &analytics_sales_row_shape, out,
                   "SELECT moved.*, f.id AS movie_id, f.title, m.name AS method FROM ((" MOVED("sold", "0") " ORDER BY sold, id LIMIT $5)"
                   " UNION ALL (" MOVED("back", "1") " ORDER BY back, id LIMIT $5) ORDER BY 1, 2, 3 LIMIT $5) moved "
                   "LEFT JOIN films f ON f.key = moved.film LEFT JOIN methods m ON m.key = moved.how ORDER BY 1, 2, 3",
                   PG_BIND(bound_bind(after ? after->moment : start), bound_bind(end), pg_int(after ? after->refund : -1),
                           pg_int(after ? after->id : 0), pg_int(limit)));
}

void analytics_postgres_figures_fill(struct store *s)
{
    s->revenue = revenue;
    s->popular = popular;
    s->occupancy = occupancy;
    s->hours = hours;
    s->curve = curve;
    s->behavior = behavior;
    s->dashboard = dashboard;
    s->sheet = sheet;
    s->returns = returns;
    s->sales = sales;
}
