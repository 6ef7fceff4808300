/* store_sqlite_sheets.c - the day sheet, the distributor's return, and sales as rows. */
#include "services/analytics/store_sqlite.h"

/* --- the day sheet --- */

/* One statement is of one moment. */
static const fault *sheet(struct store *store, arena *a, int32_t played, struct day_sheet *out)
{
    list rows;
    TRY(sql_list(sqlite_reader(STORE_OF(store)->db), a, &analytics_sheet_row_shape, &rows,
                 "SELECT t.hour, f.id AS movie_id, f.title, m.name AS method, t.sold, t.refunded, t.tickets FROM sheet t "
                 "LEFT JOIN films f ON f.key = t.film LEFT JOIN methods m ON m.key = t.method "
                 "WHERE t.day = ?1 AND (t.sold <> 0 OR t.refunded <> 0 OR t.tickets <> 0)",
                 BIND(sql_int(played))));
    analytics_sheet_make(a, &rows, STORE_OF(store)->day_starts_s / 3600, out);
    return NULL;
}

/* --- the distributor's return --- */

static const fault *returns(struct store *store, arena *a, struct returns *out)
{
    struct sql *db = sqlite_reader(STORE_OF(store)->db);
    struct film_name film;
    bool found;
    TRY(sql_one(db, a, &analytics_film_name_shape, &film, &found, "SELECT key, title FROM films WHERE id = ?1",
                BIND(sql_text(out->movie_id))));
    if (!found)
        return fault_new(a, FAULT_NOT_FOUND, "movie_unknown", "Movie not found");
    TRY(sql_list(db, a, &analytics_return_line_row_shape, &out->lines,
                 "SELECT s.room_id, r.name AS room_name, a.price, sum(a.seats) AS admissions, "
                 "sum(a.seats) * a.price AS takings FROM showings s JOIN admissions a ON a.schedule_id = s.id "
                 "LEFT JOIN rooms r ON r.id = s.room_id WHERE s.film = ?1 AND s.played BETWEEN ?2 AND ?3 AND a.seats <> 0 "
                 "GROUP BY s.room_id, a.price ORDER BY s.room_id, a.price DESC",
                 BIND(sql_int(film.key), sql_int(out->from.days), sql_int(out->to.days))));
    analytics_returns_make(&film, out);
    return NULL;
}

/* --- sales as rows --- */

#define MOVED(time, refund)                                                                        \
    "SELECT " time " AS moment, " refund " AS refund, id, schedule_id, film, s.method AS how, tickets, cents "        \
    "FROM sales s WHERE " time " IS NOT NULL AND " time " >= ?1 AND " time " < ?2 AND (" time " > ?1 OR " refund " > ?3 OR " \
    "(" refund " = ?3 AND id > ?4))"

static const fault *sales(struct store *store, arena *a, instant start, instant end, const struct sales_row *after,
                          int64_t limit, list *out)
{
    return sql_list(sqlite_reader(STORE_OF(store)->db), a, &analytics_sales_row_shape, out,
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
