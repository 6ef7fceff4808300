/* store_sqlite_selling.c - a seat is claimed, at most once.
 *
 * The act looks before it writes, in this order: who buys and what; holds that have run out on the wanted seats end;
 * a booking with a claimed seat is refused, naming them; then reservation, seats, claims, event and key are written.
 * The primary key of seat_claims is the judge if the writer's order is ever broken. */
#include "services/reservations/store_sqlite.h"

struct reserve_act {
    struct sqlite_store *store;
    const struct sale *sale;
    const struct once *once;
    struct reservation made;
};

/* Seats of the sale that are claimed past `after_ms`, by id. One lookup by key each: a booking has few seats, and a list as
 * a parameter costs more than it saves. */
static const fault *claimed(struct sql *db, arena *a, const struct sale *sale, int64_t after_ms, ids *out)
{
    *out = (ids){ NEW_ARRAY(a, int64_t, sale->seat_ids.count), 0 };
    for (size_t i = 0; i < sale->seat_ids.count; i++) {
        int64_t until_ms = INT64_MIN;
        TRY(sql_number(db, a, &until_ms,
                       "SELECT coalesce(held_until, 9223372036854775807) FROM seat_claims "
                       "WHERE schedule_id = ?1 AND seat_id = ?2",
                       BIND(sql_int(sale->schedule_id), sql_int(sale->seat_ids.at[i]))));
        if (until_ms > after_ms)
            out->at[out->count++] = sale->seat_ids.at[i];
    }
    return NULL;
}

/* --- inside the act: it looks, then it writes, and may run twice (sqlite_write_looked) --- */

/* What the store knows of the showing, looked up once for both questions. */
enum { SHOWING_AS_TOLD, SHOWING_DIFFERS, SHOWING_STOPPED };

static const fault *showing_open(struct sql *db, arena *a, const struct sale *sale, bool *differs)
{
    int64_t known = SHOWING_DIFFERS;
    if (sale->sales_open_at.ms != TIME_NONE && sale->sales_open_at.ms > sql_now(db).ms)
        return not_on_sale_yet(a, sale->sales_open_at.ms - sql_now(db).ms);
    TRY(sql_number(db, a, &known,
                   "SELECT CASE WHEN sales_stopped THEN 2 ELSE movie_id IS NOT ?2 OR room_id IS NOT ?3 OR starts_at IS NOT ?4 "
                   "OR ends_at IS NOT ?5 END FROM showings WHERE schedule_id = ?1",
                   BIND(sql_int(sale->schedule_id), sql_text(sale->movie_id), sql_int(sale->room_id ? sale->room_id : INT64_MIN),
                        sql_instant(sale->starts_at), sql_instant(sale->ends_at))));
    if (known == SHOWING_STOPPED)
        return fault_new(a, FAULT_CONFLICT, "showing_cancelled", "This showing has been cancelled.");
    *differs = known == SHOWING_DIFFERS;
    return NULL;
}

static const fault *showing_keep(struct sql *db, arena *a, const struct sale *sale)
{
    return sql_run(db, a,
                   "INSERT INTO showings (schedule_id, movie_id, room_id, starts_at, ends_at) VALUES (?1, ?2, ?3, ?4, ?5) "
                   "ON CONFLICT (schedule_id) DO UPDATE SET movie_id = excluded.movie_id, room_id = excluded.room_id, "
                   "starts_at = excluded.starts_at, ends_at = excluded.ends_at",
                   BIND(sql_int(sale->schedule_id), sql_text(sale->movie_id),
                        sql_int(sale->room_id ? sale->room_id : INT64_MIN), sql_instant(sale->starts_at),
                        sql_instant(sale->ends_at)));
}

static const fault *seats_free(struct sql *db, arena *a, const struct reserve_act *act)
{
    if (act->store->claims_unsafe)
        return NULL;
    ids taken = { NULL, 0 }, run_out = { NULL, 0 };
    TRY(claimed(db, a, act->sale, INT64_MIN, &taken));
    if (taken.count == 0)
        return NULL;
    TRY(sql_numbers(db, a, &run_out,
                    "SELECT DISTINCT reservation_id FROM seat_claims WHERE schedule_id = ?1 "
                    "AND seat_id IN (SELECT value FROM json_each(?2)) AND held_until <= ?3 ORDER BY reservation_id",
                    BIND(sql_int(act->sale->schedule_id), sql_ids(a, &act->sale->seat_ids),
                         sql_instant(sql_now(db)))));
    TRY(reservations_expire(db, a, &run_out));
    TRY(claimed(db, a, act->sale, INT64_MIN, &taken));
    return taken.count == 0 ? NULL : seats_taken(a, taken);
}

static const fault *holds_allowed(struct sql *db, arena *a, const struct sale *sale)
{
    int64_t open = 0;
    TRY(sql_number(db, a, &open,
                   "SELECT count(*) FROM (SELECT 1 FROM reservations WHERE user_id = ?1 AND status = 'PENDING' "
                   "AND (expires_at IS NULL OR expires_at > ?2) LIMIT ?3)",
                   BIND(sql_int(sale->user_id), sql_instant(sql_now(db)), sql_int(sale->holds_per_user_max))));
    if (open >= sale->holds_per_user_max)
        return fault_new(a, FAULT_CONFLICT, "too_many_holds",
                         "This user already has %lld unpaid reservations; pay or cancel one first.",
                         (long long)open);
    return NULL;
}

static const fault *reservation_insert(struct sql *db, arena *a, const struct sale *sale,
                                       struct reservation *made)
{
    made->user_id = sale->user_id;
    made->schedule_id = sale->schedule_id;
    made->movie_id = sale->movie_id;
    made->total_amount = sale->total_amount;
    made->status = RESERVATION_PENDING;
    made->hold = sale->hold;
    made->reservation_date = made->created_at = sql_now(db);
    made->expires_at = sale_expires_at(sale, sql_now(db));
    made->confirmed_at = made->cancelled_at = made->deleted_at = INSTANT_NONE;
    made->reserved_seats = sale->seats;
    made->seat_ids = sale->seat_ids;
    TRY(sql_run(db, a,
                "INSERT INTO reservations (user_id, schedule_id, movie_id, total_amount, status, hold, reservation_date, "
                "expires_at) VALUES (?1, ?2, ?3, ?4, 'PENDING', ?5, ?6, ?7)",
                BIND(sql_int(made->user_id), sql_int(made->schedule_id), sql_text(made->movie_id),
                     sql_money(made->total_amount), sql_bool(made->hold), sql_instant(made->reservation_date),
                     sql_instant(made->expires_at))));
    made->id = sql_last_id(db);
    return NULL;
}

static const fault *seats_claim(struct sql *db, arena *a, struct reservation *made)
{
    int64_t until = made->expires_at.ms == TIME_NONE ? HELD_FOR_EVER_MS : made->expires_at.ms;
    for (size_t i = 0; i < made->reserved_seats.count; i++) {
        struct reserved_seat *seat = LIST_AT(&made->reserved_seats, struct reserved_seat, i);
        seat->reservation_id = made->id;
        TRY(sql_run(db, a,
                    "INSERT INTO reserved_seats (reservation_id, seat_id, row_number, seat_number, ticket_type, price) "
                    "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    BIND(sql_int(made->id), sql_int(seat->seat_id), sql_text(seat->row_number),
                         sql_int(seat->seat_number), sql_text(seat->ticket_type), sql_money(seat->price))));
        seat->id = sql_last_id(db);
        TRY(sql_run(db, a,
                    "INSERT INTO seat_claims (schedule_id, seat_id, reservation_id, held_until) VALUES (?1, ?2, ?3, ?4)",
                    BIND(sql_int(made->schedule_id), sql_int(seat->seat_id), sql_int(made->id), sql_int(until))));
    }
    return NULL;
}

static const fault *reserve_act(struct sql *db, arena *a, void *arg)
{
    struct reserve_act *act = arg;
    bool seen = false;
    TRY(sqlite_once_recall(db, a, act->once, &reservation_made_shape, &act->made, &seen));
    if (seen)
        return NULL;
    struct user *buyer = NEW(a, struct user);
    TRY(user_row(db, a, act->sale->user_id, buyer));
    bool differs = false;
    TRY(showing_open(db, a, act->sale, &differs));
    TRY(seats_free(db, a, act));
    TRY(holds_allowed(db, a, act->sale));
    if (differs)
        TRY(showing_keep(db, a, act->sale));
    TRY(reservation_insert(db, a, act->sale, &act->made));
    TRY(seats_claim(db, a, &act->made));
    act->made.user = buyer;
    act->made.access_code = access_code_of(act->store, a, act->made.id);
    TRY(reservation_log(db, a, "reservation.made", &act->made));
    return sqlite_once_keep(db, a, act->once, &reservation_made_shape, &act->made, act->sale->user_id);
}

/* --- before the act --- */

/* Refuses what is certainly gone from what the last commit says, so that losers never queue for the writer.
 * It is certain: only this process writes, and a claim that is sold or still held was so a moment ago. */
static const fault *refuse_early(struct sqlite_store *s, arena *a, const struct sale *sale)
{
    ids taken = { NULL, 0 };
    TRY(claimed(sqlite_reader(s->db), a, sale, clock_now().ms, &taken));
    return taken.count == 0 ? NULL : seats_taken(a, taken);
}

static const fault *reserve(struct store *store, arena *a, const struct sale *sale, const struct once *once,
                            struct reservation *out)
{
    struct sqlite_store *s = STORE_OF(store);
    struct reserve_act act = { .store = s, .sale = sale, .once = once };
    const fault *gone = refuse_early(s, a, sale);
    bool seen = false;
    if (gone) { /* but first of all a buyer must be there */
        struct user buyer;
        TRY(user_row(sqlite_reader(s->db), a, sale->user_id, &buyer));
    }
    if (gone && once) /* gone to this very request, perhaps, which came twice */
        TRY(sqlite_once_recall(sqlite_reader(s->db), a, once, &reservation_made_shape, &act.made, &seen));
    if (!seen) {
        TRY(gone);
        TRY(sqlite_write_looked(s->db, a, reserve_act, &act));
    }
    *out = act.made;
    return NULL;
}

static const fault *reserve_recall(struct store *store, arena *a, const struct once *once, struct reservation *out,
                                   bool *seen)
{
    return sqlite_once_recall(sqlite_reader(STORE_OF(store)->db), a, once, &reservation_made_shape, out, seen);
}

static const fault *seats_claimed(struct store *store, arena *a, int64_t schedule_id, ids *out)
{
    struct sql *db = sqlite_reader(STORE_OF(store)->db);
    *out = (ids){ NULL, 0 };
    return sql_numbers(db, a, out,
                       "SELECT seat_id FROM seat_claims c WHERE schedule_id = ?1 AND (held_until IS NULL OR held_until > ?2 "
                       "OR EXISTS (SELECT 1 FROM payments p WHERE p.reservation_id = c.reservation_id "
                       "AND p.payment_status = 'PENDING')) ORDER BY seat_id",
                       BIND(sql_int(schedule_id), sql_instant(clock_now())));
}

void store_selling_fill(struct store *s)
{
    s->reserve = reserve;
    s->reserve_recall = reserve_recall;
    s->seats_claimed = seats_claimed;
}
