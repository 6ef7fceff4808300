/* store_sqlite_ending.c - how a reservation ends: expired, cancelled, removed. Its seats are free in the same act. */
#include "services/reservations/store_sqlite.h"

static const struct {
    const char *status, *event;
} endings[] = {
    [RESERVATION_CANCELLED] = { "CANCELLED", "reservation.cancelled" },
    [RESERVATION_EXPIRED] = { "EXPIRED", "reservation.expired" },
};

const fault *reservation_end(struct sql *db, arena *a, struct reservation *about,
                             enum reservation_status status)
{
    about->status = status;
    about->expires_at = INSTANT_NONE;
    about->cancelled_at = sql_now(db);
    TRY(sql_run(db, a, "UPDATE reservations SET status = ?2, expires_at = NULL, cancelled_at = ?3 WHERE id = ?1",
                BIND(sql_int(about->id), sql_text(str_of(endings[status].status)), sql_instant(about->cancelled_at))));
    for (size_t i = 0; i < about->seat_ids.count; i++)
        TRY(sql_run(db, a,
                    "DELETE FROM seat_claims WHERE schedule_id = ?1 AND seat_id = ?2 AND reservation_id = ?3",
                    BIND(sql_int(about->schedule_id), sql_int(about->seat_ids.at[i]), sql_int(about->id))));
    return reservation_log(db, a, endings[status].event, about);
}

static bool payment_under_way(const struct reservation *about)
{
    return about->payment && about->payment->status == PAYMENT_PENDING;
}

const fault *reservations_expire(struct sql *db, arena *a, const ids *due)
{
    instant now = sql_now(db);
    for (size_t i = 0; i < due->count; i++) {
        struct reservation held;
        TRY(reservation_row_any(db, a, due->at[i], &held));
        /* It may have been paid or cancelled since it was seen to be due. */
        if (held.status != RESERVATION_PENDING || held.expires_at.ms == TIME_NONE ||
            held.expires_at.ms > now.ms || payment_under_way(&held))
            continue;
        TRY(reservation_end(db, a, &held, RESERVATION_EXPIRED));
    }
    return NULL;
}

const fault *reservation_cancel(struct sql *db, arena *a, struct reservation *about)
{
    if (payment_under_way(about))
        return fault_new(a, FAULT_CONFLICT, "payment_in_progress",
                         "A payment of this reservation is under way; try again when it is decided.");
    if (about->payment && about->payment->status == PAYMENT_COMPLETED)
        TRY(payment_refund(db, a, about->payment->id));
    TRY(reservation_end(db, a, about, RESERVATION_CANCELLED));
    return reservation_row(db, a, about->id, about);
}

/* --- cancel, by its owner or the box office --- */

struct cancel_act {
    int64_t id, refund_until_min;
    struct reservation made;
};

static const fault *too_late(struct sql *db, arena *a, const struct reservation *about,
                             int64_t refund_until_min)
{
    if (about->status != RESERVATION_CONFIRMED || refund_until_min < 0)
        return NULL;
    int64_t starts_ms = TIME_NONE;
    TRY(sql_number(db, a, &starts_ms, "SELECT starts_at FROM showings WHERE schedule_id = ?1",
                   BIND(sql_int(about->schedule_id))));
    if (starts_ms != TIME_NONE && sql_now(db).ms > starts_ms - refund_until_min * 60000)
        return fault_new(a, FAULT_CONFLICT, "too_late",
                         "A paid ticket can be given back until %lld minutes before the showing.",
                         (long long)refund_until_min);
    return NULL;
}

static const fault *cancel_one(struct sql *db, arena *a, struct cancel_act *act)
{
    struct reservation *about = &act->made;
    if (about->status == RESERVATION_CANCELLED)
        return fault_new(a, FAULT_CONFLICT, "reservation_cancelled", "Reservation is already cancelled");
    if (about->status == RESERVATION_EXPIRED)
        return fault_new(a, FAULT_CONFLICT, "reservation_expired", "Reservation has expired");
    bool used;
    TRY(checkins_there(db, a, about->id, &used));
    if (used)
        return tickets_used(a);
    TRY(too_late(db, a, about, act->refund_until_min));
    return reservation_cancel(db, a, about);
}

static const fault *cancel_act(struct sql *db, arena *a, void *arg)
{
    struct cancel_act *act = arg;
    TRY(reservations_expire(db, a, &(ids){ &act->id, 1 }));
    TRY(reservation_row(db, a, act->id, &act->made));
    return cancel_one(db, a, act);
}

static const fault *cancel(struct store *store, arena *a, int64_t id, int64_t refund_until_min,
                           struct reservation *out)
{
    struct cancel_act act = { .id = id, .refund_until_min = refund_until_min };
    TRY(sqlite_write(STORE_OF(store)->db, a, cancel_act, &act));
    *out = act.made;
    return NULL;
}

/* --- release --- */

struct release_act {
    int64_t id;
    const struct once *once;
};

static const fault *release_act(struct sql *db, arena *a, void *arg)
{
    const struct release_act *act = arg;
    struct reservation about;
    TRY(reservation_row(db, a, act->id, &about));
    if (act->once)
        TRY(sql_run(db, a, "DELETE FROM once_keys WHERE scope = ?1 AND key = ?2",
                    BIND(sql_text(act->once->scope), sql_text(act->once->key))));
    return about.status == RESERVATION_PENDING ? reservation_cancel(db, a, &about) : NULL;
}

static const fault *release(struct store *store, arena *a, int64_t id, const struct once *once)
{
    struct release_act act = { id, once };
    return sqlite_write(STORE_OF(store)->db, a, release_act, &act);
}

/* --- remove --- */

static const fault *remove_act(struct sql *db, arena *a, void *arg)
{
    struct cancel_act *act = arg;
    TRY(reservation_row(db, a, act->id, &act->made));
    bool live = act->made.status == RESERVATION_PENDING || act->made.status == RESERVATION_CONFIRMED;
    if (live)
        TRY(cancel_one(db, a, act));
    act->made.deleted_at = sql_now(db);
    TRY(sql_run(db, a, "UPDATE reservations SET deleted_at = ?2 WHERE id = ?1",
                BIND(sql_int(act->id), sql_instant(act->made.deleted_at))));
    return reservation_log(db, a, "reservation.deleted", &act->made);
}

static const fault *reservation_remove(struct store *store, arena *a, int64_t id, int64_t refund_until_min)
{
    struct cancel_act act = { .id = id, .refund_until_min = refund_until_min };
    return sqlite_write(STORE_OF(store)->db, a, remove_act, &act);
}

void store_ending_fill(struct store *s)
{
    s->cancel = cancel;
    s->release = release;
    s->remove = reservation_remove;
}
