/* store_sqlite_showings.c - what rooms and the gateway ask: stop or resume the sale of a showing, its times. */
#include "services/reservations/store_sqlite.h"

/* --- live tickets --- */

static const fault *live_of(struct sql *db, arena *a, const struct sales_order *want, list *out)
{
    return sql_list(db, a, &live_sales_shape, out,
                    "SELECT c.schedule_id, count(*) AS tickets FROM seat_claims c "
                    "WHERE c.schedule_id IN (SELECT value FROM json_each(?1)) "
                    "AND (?2 = 0 OR c.seat_id IN (SELECT value FROM json_each(?3))) "
                    "AND (c.held_until IS NULL OR c.held_until > ?4 OR EXISTS (SELECT 1 FROM payments p "
                    "WHERE p.reservation_id = c.reservation_id AND p.payment_status = 'PENDING')) "
                    "GROUP BY c.schedule_id ORDER BY c.schedule_id",
                    BIND(sql_ids(a, &want->schedule_ids), sql_int((int64_t)want->seat_ids.count),
                         sql_ids(a, &want->seat_ids), sql_instant(sql_now(db))));
}

static const fault *sales_live(struct store *store, arena *a, const struct sales_order *want, list *out)
{
    return live_of(sqlite_reader(STORE_OF(store)->db), a, want, out);
}

/* --- stop and resume --- */

struct stop_act {
    const struct sales_order *want;
    struct sales_answer made;
};

static const fault *stop_mark(struct sql *db, arena *a, const ids *schedule_ids, bool stopped)
{
    return sql_run(db, a,
                   "INSERT INTO showings (schedule_id, movie_id, sales_stopped) "
                   "SELECT value, '', ?2 FROM json_each(?1) WHERE true "
                   "ON CONFLICT (schedule_id) DO UPDATE SET sales_stopped = excluded.sales_stopped",
                   BIND(sql_ids(a, schedule_ids), sql_bool(stopped)));
}

/* A reservation whose payment is under way is left: its settlement sees the stop and gives the money back. */
static const fault *cancel_live(struct sql *db, arena *a, const struct sales_order *want, int64_t *cancelled)
{
    ids live = { NULL, 0 };
    TRY(sql_numbers(db, a, &live,
                    "SELECT r.id FROM reservations r WHERE r.schedule_id IN (SELECT value FROM json_each(?1)) "
                    "AND r.status IN ('PENDING', 'CONFIRMED') AND NOT EXISTS (SELECT 1 FROM payments p "
                    "WHERE p.reservation_id = r.id AND p.payment_status = 'PENDING') ORDER BY r.id",
                    BIND(sql_ids(a, &want->schedule_ids))));
    TRY(reservations_expire(db, a, &live));
    for (size_t i = 0; i < live.count; i++) {
        struct reservation about;
        TRY(reservation_row_any(db, a, live.at[i], &about));
        if (about.status == RESERVATION_EXPIRED)
            continue;
        TRY(reservation_cancel(db, a, &about));
        (*cancelled)++;
    }
    return NULL;
}

static const fault *stop_act(struct sql *db, arena *a, void *arg)
{
    struct stop_act *act = arg;
    TRY(live_of(db, a, act->want, &act->made.live));
    if (act->made.live.count > 0 && !act->want->refund)
        return NULL;
    TRY(stop_mark(db, a, &act->want->schedule_ids, true));
    act->made.stopped = true;
    return act->want->refund ? cancel_live(db, a, act->want, &act->made.cancelled) : NULL;
}

static const fault *sales_stop(struct store *store, arena *a, const struct sales_order *want,
                               struct sales_answer *out)
{
    struct stop_act act = { .want = want };
    TRY(sqlite_write(STORE_OF(store)->db, a, stop_act, &act));
    *out = act.made;
    return NULL;
}

static const fault *resume_act(struct sql *db, arena *a, void *arg)
{
    const struct sales_order *want = arg;
    return stop_mark(db, a, &want->schedule_ids, false);
}

static const fault *sales_resume(struct store *store, arena *a, const struct sales_order *want)
{
    struct sales_order order = *want;
    return sqlite_write(STORE_OF(store)->db, a, resume_act, &order);
}

/* --- a showing was moved --- */

struct moved_act {
    int64_t schedule_id, unpaid_until_min;
    instant starts_at, ends_at;
};

static const fault *moved_act(struct sql *db, arena *a, void *arg)
{
    const struct moved_act *act = arg;
    TRY(sql_run(db, a, "UPDATE showings SET starts_at = ?2, ends_at = ?3 WHERE schedule_id = ?1",
                BIND(sql_int(act->schedule_id), sql_instant(act->starts_at), sql_instant(act->ends_at))));
    if (act->unpaid_until_min < 0)
        return NULL;
    instant until = { act->starts_at.ms - act->unpaid_until_min * 60000 };
    ids unpaid = { NULL, 0 };
    TRY(sql_numbers(db, a, &unpaid,
                    "SELECT id FROM reservations WHERE schedule_id = ?1 AND status = 'PENDING' AND hold = 0 ORDER BY id",
                    BIND(sql_int(act->schedule_id))));
    for (size_t i = 0; i < unpaid.count; i++) {
        TRY(sql_run(db, a, "UPDATE reservations SET expires_at = ?2 WHERE id = ?1",
                    BIND(sql_int(unpaid.at[i]), sql_instant(until))));
        TRY(sql_run(db, a,
                    "UPDATE seat_claims SET held_until = ?3 WHERE schedule_id = ?1 AND reservation_id = ?2 "
                    "AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.reservation_id = ?2 AND p.payment_status = 'PENDING')",
                    BIND(sql_int(act->schedule_id), sql_int(unpaid.at[i]), sql_instant(until))));
        struct reservation about;
        TRY(reservation_row(db, a, unpaid.at[i], &about));
        TRY(reservation_log(db, a, "reservation.moved", &about));
    }
    return NULL;
}

static const fault *showing_moved(struct store *store, arena *a, int64_t schedule_id, instant starts_at,
                                  instant ends_at, int64_t unpaid_until_min)
{
    struct sqlite_store *s = STORE_OF(store);
    int64_t known = 0, known_starts_ms = TIME_NONE, known_ends_ms = TIME_NONE;
    TRY(sql_number(sqlite_reader(s->db), a, &known, "SELECT 1 FROM showings WHERE schedule_id = ?1",
                   BIND(sql_int(schedule_id))));
    TRY(sql_number(sqlite_reader(s->db), a, &known_starts_ms, "SELECT starts_at FROM showings WHERE schedule_id = ?1",
                   BIND(sql_int(schedule_id))));
    TRY(sql_number(sqlite_reader(s->db), a, &known_ends_ms, "SELECT ends_at FROM showings WHERE schedule_id = ?1",
                   BIND(sql_int(schedule_id))));
    if (!known || (known_starts_ms == starts_at.ms && known_ends_ms == ends_at.ms))
        return NULL;
    struct moved_act act = { schedule_id, unpaid_until_min, starts_at, ends_at };
    return sqlite_write(s->db, a, moved_act, &act);
}

static const fault *showing_times(struct store *store, arena *a, int64_t after, list *out)
{
    return sql_list(sqlite_reader(STORE_OF(store)->db), a, &showing_time_shape, out,
                    "SELECT schedule_id, starts_at, ends_at FROM showings WHERE schedule_id > ?1 ORDER BY schedule_id LIMIT 1000",
                    BIND(sql_int(after)));
}

void store_showings_fill(struct store *s)
{
    s->showing_times = showing_times;
    s->sales_stop = sales_stop;
    s->sales_resume = sales_resume;
    s->sales_live = sales_live;
    s->showing_moved = showing_moved;
}
