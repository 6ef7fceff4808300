/* store_sqlite_sheets.c - the day sheet, the distributor's return, and sales as rows. */
#include "services/analytics/store_sqlite.h"

/* --- the day sheet --- */

static const struct field sheet_fields[] = {
    FIELD(struct sheet_row, hour, "hour"),
    FIELD(struct sheet_row, movie_id, "movieId", .nullable = true),
    FIELD(struct sheet_row, title, "title", .nullable = true),
    FIELD(struct sheet_row, method, "method", .nullable = true),
    FIELD(struct sheet_row, sold, "sold"),
    FIELD(struct sheet_row, refunded, "refunded"),
    FIELD(struct sheet_row, tickets, "tickets"),
};
static const struct shape sheet_row_shape = SHAPE(sheet_row, sheet_fields);

/* One statement is of one moment. */
static const fault *sheet(struct store *store, arena *a, int32_t played, struct day_sheet *out)
{
    list rows;
    TRY(sql_list(sqlite_reader(STORE_OF(store)->db), a, &sheet_row_shape, &rows,
                 "SELECT t.hour, f.id AS movie_id, f.title, m.name AS method, t.sold, t.refunded, t.tickets FROM sheet t "
                 "LEFT JOIN films f ON f.key = t.film LEFT JOIN methods m ON m.key = t.method "
                 "WHERE t.day = ?1 AND (t.sold <> 0 OR t.refunded <> 0 OR t.tickets <> 0)",
                 BIND(sql_int(played))));
    analytics_sheet_make(a, &rows, STORE_OF(store)->day_starts_s / 3600, out);
    return NULL;
}

/* --- the distributor's return --- */

struct film_row {
    int64_t key;
    str title;
};
static const struct field film_fields[] = {
    FIELD(struct film_row, key, "key"),
    FIELD(struct film_row, title, "title", .nullable = true),
};
static const struct shape film_row_shape = SHAPE(film_row, film_fields);

static const struct field line_fields[] = {
    FIELD(struct return_line, room_id, "roomId"),
    FIELD(struct return_line, room_name, "roomName", .nullable = true),
    FIELD(struct return_line, price, "price"),
    FIELD(struct return_line, admissions, "admissions"),
    FIELD(struct return_line, takings, "takings"),
};
static const struct shape line_shape = SHAPE(return_line, line_fields);

static const fault *returns(struct store *store, arena *a, struct returns *out)
{
    struct sql *db = sqlite_reader(STORE_OF(store)->db);
    struct film_row film;
    bool found;
    TRY(sql_one(db, a, &film_row_shape, &film, &found, "SELECT key, title FROM films WHERE id = ?1",
                BIND(sql_text(out->movie_id))));
    if (!found)
        return fault_new(a, FAULT_NOT_FOUND, "movie_unknown", "Movie not found");
    TRY(sql_list(db, a, &line_shape, &out->lines,
                 "SELECT s.room_id, r.name AS room_name, a.price, sum(a.seats) AS admissions, "
                 "sum(a.seats) * a.price AS takings FROM showings s JOIN admissions a ON a.schedule_id = s.id "
                 "LEFT JOIN rooms r ON r.id = s.room_id WHERE s.film = ?1 AND s.played BETWEEN ?2 AND ?3 AND a.seats <> 0 "
                 "GROUP BY s.room_id, a.price ORDER BY s.room_id, a.price DESC",
                 BIND(sql_int(film.key), sql_int(out->from.days), sql_int(out->to.days))));
    out->title = film.title;
    out->admissions = 0;
    out->takings = (money){ 0 };
    for (size_t i = 0; i < out->lines.count; i++) {
        const struct return_line *line = LIST_AT(&out->lines, struct return_line, i);
        out->admissions += line->admissions;
        out->takings.cents += line->takings.cents;
    }
    return NULL;
}

/* --- sales as rows --- */

static const struct field sales_fields[] = {
    FIELD(struct sales_row, moment, "moment"),
    FIELD(struct sales_row, refund, "refund"),
    FIELD(struct sales_row, id, "id"),
    FIELD(struct sales_row, schedule_id, "scheduleId"),
    FIELD(struct sales_row, movie_id, "movieId", .nullable = true),
    FIELD(struct sales_row, title, "title", .nullable = true),
    FIELD(struct sales_row, method, "method", .nullable = true),
    FIELD(struct sales_row, tickets, "tickets"),
    FIELD(struct sales_row, cents, "cents"),
};
static const struct shape sales_row_shape = SHAPE(sales_row, sales_fields);

#define MOVED(time, refund)                                                                        \
    "SELECT " time " AS moment, " refund " AS refund, id, schedule_id, film, s.method AS how, tickets, cents "        \
    "FROM sales s WHERE " time " IS NOT NULL AND " time " >= ?1 AND " time " < ?2 AND (" time " > ?1 OR " refund " > ?3 OR " \
    "(" refund " = ?3 AND id > ?4))"

static const fault *sales(struct store *store, arena *a, instant start, instant end, const struct sales_row *after,
                          int64_t limit, list *out)
{
    return sql_list(sqlite_reader(STORE_OF(store)->db), a, &sales_row_shape, out,
                    "SELECT moved.*, f.id AS movie_id, f.title, m.name AS method FROM (" MOVED("sold", "0")
                    " UNION ALL " MOVED("back", "1") " ORDER BY 1, 2, 3 LIMIT ?5) moved "
                    "LEFT JOIN films f ON f.key = moved.film LEFT JOIN methods m ON m.key = moved.how ORDER BY 1, 2, 3",
                    BIND(sql_instant(after ? after->moment : start), sql_instant(end), sql_int(after ? after->refund : -1),
                         sql_int(after ? after->id : 0), sql_int(limit)));
}

void analytics_sheets_fill(struct store *s)
{
    s->sheet = sheet;
    s->returns = returns;
    s->sales = sales;
}
