/* store_sqlite_replay.c - sales made anew from their log alone: each event is the whole fact, so its row is written over; who has
 * which seat follows from the order in which things happened. */
#include "lib/json/read.h"
#include "services/reservations/store_sqlite.h"

const char *const reservations_replayed[] = { "reservations", "reserved_seats", "seat_claims", "payments", "checkins", NULL };

/* --- users: not made from the log; a sale needs its buyer's row, also when what told of him is archived --- */

static const fault *user_replay(struct sql *db, arena *a, const struct event *e)
{
    struct user about = { 0 };
    TRY(json_restore(a, e->data, &user_fact_shape, &about));
    return sql_run(db, a, "INSERT OR IGNORE INTO users (id, created_at, updated_at) VALUES (?1, ?2, ?3)",
                   BIND(sql_int(about.id), sql_instant(e->time), sql_instant(e->time)));
}

/* --- reservations and their claims --- */

static const fault *seats_replay(struct sql *db, arena *a, const struct reservation *about)
{
    for (size_t i = 0; i < about->reserved_seats.count; i++) {
        const struct reserved_seat *seat = LIST_AT(&about->reserved_seats, struct reserved_seat, i);
        TRY(sql_run(db, a,
                    "INSERT OR IGNORE INTO reserved_seats (id, reservation_id, seat_id, row_number, seat_number, ticket_type, "
                    "price) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    BIND(sql_int(seat->id), sql_int(about->id), sql_int(seat->seat_id), sql_text(seat->row_number),
                         sql_int(seat->seat_number), sql_text(seat->ticket_type), sql_money(seat->price))));
    }
    return NULL;
}

/* Of a seat that an old system sold twice the earlier sale has it; else nobody may find it taken. */
static const fault *claims_make(struct sql *db, arena *a, const struct reservation *about, bool adopted)
{
    int64_t until = about->status == RESERVATION_CONFIRMED   ? INT64_MIN
                    : about->expires_at.ms == TIME_NONE ? HELD_FOR_EVER_MS
                                                        : about->expires_at.ms;
    const char *text = adopted ? "INSERT OR IGNORE INTO seat_claims (schedule_id, seat_id, reservation_id, held_until) "
                                 "VALUES (?1, ?2, ?3, ?4)"
                               : "INSERT INTO seat_claims (schedule_id, seat_id, reservation_id, held_until) "
                                 "VALUES (?1, ?2, ?3, ?4)";
    for (size_t i = 0; i < about->reserved_seats.count; i++)
        TRY(sql_run(db, a, text,
                    BIND(sql_int(about->schedule_id),
                         sql_int(LIST_AT(&about->reserved_seats, struct reserved_seat, i)->seat_id), sql_int(about->id),
                         sql_int(until))));
    return NULL;
}

static const fault *claims_hold(struct sql *db, arena *a, int64_t reservation_id, instant until)
{
    return sql_run(db, a, "UPDATE seat_claims SET held_until = ?2 WHERE reservation_id = ?1",
                   BIND(sql_int(reservation_id), sql_instant(until)));
}

static const fault *claims_replay(struct sql *db, arena *a, const struct event *e, const struct reservation *about)
{
    bool adopted = str_equal(e->type, STR("reservation.adopted"));
    bool live = about->status == RESERVATION_PENDING || about->status == RESERVATION_CONFIRMED;
    if (!live)
        return sql_run(db, a, "DELETE FROM seat_claims WHERE reservation_id = ?1", BIND(sql_int(about->id)));
    if (adopted || str_equal(e->type, STR("reservation.made")))
        return claims_make(db, a, about, adopted);
    if (str_equal(e->type, STR("reservation.confirmed")))
        return claims_hold(db, a, about->id, INSTANT_NONE);
    if (!str_equal(e->type, STR("reservation.moved")))
        return NULL;
    int64_t paying = 0; /* it keeps its seats until that is decided */
    TRY(sql_number(db, a, &paying,
                   "SELECT count(*) FROM payments WHERE reservation_id = ?1 AND payment_status = 'PENDING'",
                   BIND(sql_int(about->id))));
    return paying ? NULL : claims_hold(db, a, about->id, about->expires_at);
}

static const fault *reservation_replay(struct sql *db, arena *a, const struct event *e)
{
    struct reservation about = { 0 };
    TRY(json_restore(a, e->data, &reservation_fact_shape, &about));
    TRY(sql_run(db, a, "INSERT OR IGNORE INTO users (id, created_at, updated_at) VALUES (?1, ?2, ?2)",
                BIND(sql_int(about.user_id), sql_instant(about.reservation_date))));
    TRY(sql_run(db, a,
                "INSERT INTO reservations (id, user_id, schedule_id, movie_id, total_amount, status, hold, reservation_date, "
                "expires_at, confirmed_at, cancelled_at, deleted_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) "
                "ON CONFLICT (id) DO UPDATE SET status = excluded.status, expires_at = excluded.expires_at, "
                "confirmed_at = excluded.confirmed_at, cancelled_at = excluded.cancelled_at, deleted_at = excluded.deleted_at",
                BIND(sql_int(about.id), sql_int(about.user_id), sql_int(about.schedule_id), sql_text(about.movie_id),
                     sql_money(about.total_amount), sql_text(str_of(reservation_statuses[about.status])), sql_bool(about.hold),
                     sql_instant(about.reservation_date), sql_instant(about.expires_at), sql_instant(about.confirmed_at),
                     sql_instant(about.cancelled_at), sql_instant(about.deleted_at))));
    TRY(seats_replay(db, a, &about));
    return claims_replay(db, a, e, &about);
}

/* --- payments --- */

/* A payment keeps its seats while the provider decides; when it fails, the hold takes its own course again. */
static const fault *claims_follow(struct sql *db, arena *a, const struct event *e, const struct payment *p)
{
    if (str_equal(e->type, STR("payment.begun")))
        return sql_run(db, a, "UPDATE seat_claims SET held_until = max(held_until, ?2) WHERE reservation_id = ?1",
                       BIND(sql_int(p->reservation_id), sql_instant(p->grace_until)));
    if (str_equal(e->type, STR("payment.failed")))
        return sql_run(db, a,
                       "UPDATE seat_claims SET held_until = r.expires_at FROM reservations r WHERE r.id = ?1 "
                       "AND seat_claims.reservation_id = r.id AND r.status = 'PENDING' AND r.expires_at IS NOT NULL",
                       BIND(sql_int(p->reservation_id)));
    return NULL;
}

/* A sale whose events are all archived is not made, and neither are its payments. */
static const fault *payment_replay(struct sql *db, arena *a, const struct event *e)
{
    struct payment p = { 0 };
    TRY(json_restore(a, e->data, &payment_fact_shape, &p));
    TRY(sql_run(db, a,
                "INSERT INTO payments (id, reservation_id, amount, payment_method, payment_status, transaction_id, payment_date, "
                "ask_at, asked_until, grace_until, refund_due, refunded_at) "
                "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12 WHERE EXISTS (SELECT 1 FROM reservations WHERE id = ?2) "
                "ON CONFLICT (id) DO UPDATE SET payment_status = excluded.payment_status, transaction_id = excluded.transaction_id, ask_at = excluded.ask_at, "
                "asked_until = excluded.asked_until, grace_until = excluded.grace_until, refund_due = excluded.refund_due, "
                "refunded_at = excluded.refunded_at",
                BIND(sql_int(p.id), sql_int(p.reservation_id), sql_money(p.amount), sql_text(p.method),
                     sql_text(str_of(payment_statuses[p.status])), sql_text(p.transaction_id), sql_instant(p.paid_at),
                     sql_instant(p.ask_at), sql_instant(p.asked_until), sql_instant(p.grace_until), sql_bool(p.refund_due),
                     sql_instant(p.refunded_at))));
    return claims_follow(db, a, e, &p);
}

/* --- check-ins --- */

static const fault *checkin_replay(struct sql *db, arena *a, const struct event *e)
{
    struct checkin in = { 0 };
    TRY(json_restore(a, e->data, &checkin_fact_shape, &in));
    return sql_run(db, a,
                   "INSERT INTO checkins (id, reservation_id, seat_id, schedule_id, checked_in_at, recorded_at, place) "
                   "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE EXISTS (SELECT 1 FROM reservations WHERE id = ?2)",
                   BIND(sql_int(in.id), sql_int(in.reservation_id), sql_int(in.seat_id), sql_int(in.schedule_id),
                        sql_instant(in.checked_in_at), sql_instant(in.recorded_at), sql_text(in.place)));
}

/* --- all --- */

const fault *sale_replay(struct sql *db, arena *a, const struct event *e)
{
    if (str_starts(e->type, STR("reservation.")))
        return reservation_replay(db, a, e);
    if (str_starts(e->type, STR("checkin.")))
        return checkin_replay(db, a, e);
    return str_starts(e->type, STR("payment.")) ? payment_replay(db, a, e) : NULL;
}

static const fault *events_replay(struct sql *db, arena *a, void *arg)
{
    const list *events = arg;
    for (size_t i = 0; i < events->count; i++) {
        const struct event *e = LIST_AT(events, struct event, i);
        TRY(str_starts(e->type, STR("user.")) ? user_replay(db, a, e) : sale_replay(db, a, e));
    }
    return NULL;
}

const fault *reservations_replay(struct store *fresh, arena *a, const list *events)
{
    list wanted = *events;
    return sqlite_write(STORE_OF(fresh)->db, a, events_replay, &wanted);
}
