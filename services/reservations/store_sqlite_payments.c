/* store_sqlite_payments.c - the two acts of a payment, and what becomes of attempts nobody answered. */
#include "services/reservations/store_sqlite.h"

#define ASK_AGAIN_MS 2000                    /* while the seats are kept */
#define ASK_LATER_MS 60000                   /* once they are not: money that arrives late goes back */
#define ASKED_FOR_MS (24 * 3600 * INT64_C(1000))

static const char *const status_texts[] = { "PENDING", "COMPLETED", "FAILED", "REFUNDED" };

/* --- rows --- */

static const fault *payment_row(struct sql *db, arena *a, int64_t id, struct payment *out)
{
    bool found;
    TRY(sql_one(db, a, &payment_fact_shape, out, &found,
                "SELECT " PAYMENT_COLUMNS " FROM payments WHERE id = ?1", BIND(sql_int(id))));
    if (!found)
        return fault_new(a, FAULT_NOT_FOUND, "payment_missing", "Payment not found");
    return NULL;
}

const fault *payment_newest(struct sql *db, arena *a, int64_t reservation_id, struct payment *out, bool *found)
{
    return sql_one(db, a, &payment_fact_shape, out, found,
                   "SELECT " PAYMENT_COLUMNS " FROM payments WHERE reservation_id = ?1 ORDER BY id DESC LIMIT 1",
                   BIND(sql_int(reservation_id)));
}

/* Writes what may change of a payment, and its event. */
static const fault *payment_save(struct sql *db, arena *a, const char *type, const struct payment *p)
{
    TRY(sql_run(db, a,
                "UPDATE payments SET payment_status = ?2, transaction_id = ?3, ask_at = ?4, asked_until = ?5, "
                "grace_until = ?6, refund_due = ?7, refunded_at = ?8 WHERE id = ?1",
                BIND(sql_int(p->id), sql_text(str_of(status_texts[p->status])), sql_text(p->transaction_id),
                     sql_instant(p->ask_at), sql_instant(p->asked_until), sql_instant(p->grace_until),
                     sql_bool(p->refund_due), sql_instant(p->refunded_at))));
    return sqlite_log(db, a, type, arena_printf(a, "%lld", (long long)p->id), &payment_fact_shape, p, NULL);
}

/* Its money goes back: at the provider it is due from now on. */
static const fault *money_return(struct sql *db, arena *a, struct payment *p)
{
    p->status = PAYMENT_REFUNDED;
    p->refund_due = true;
    p->refunded_at = sql_now(db);
    p->ask_at = p->asked_until = p->grace_until = INSTANT_NONE;
    return payment_save(db, a, "payment.refunded", p);
}

const fault *payment_refund(struct sql *db, arena *a, int64_t payment_id)
{
    struct payment p;
    TRY(payment_row(db, a, payment_id, &p));
    return money_return(db, a, &p);
}

/* --- begin --- */

struct begin_act {
    const struct payment_order *want;
    int64_t grace_s, ask_after_s;
    const struct once *once;
    struct payment made;
    bool begun;
};

static const fault *begin_refused(arena *a, const struct reservation *about, const struct payment_order *want)
{
    const struct payment *newest = about->payment;
    if (newest && (newest->status == PAYMENT_PENDING || newest->status == PAYMENT_COMPLETED))
        return fault_new(a, FAULT_CONFLICT, "payment_exists", "Payment already exists for this reservation");
    if (about->status == RESERVATION_CANCELLED)
        return fault_new(a, FAULT_CONFLICT, "reservation_cancelled",
                         "This reservation has been cancelled and cannot be paid.");
    if (about->status == RESERVATION_EXPIRED)
        return fault_new(a, FAULT_CONFLICT, "reservation_expired",
                         "This reservation has expired and cannot be paid.");
    if (want->amount.cents != about->total_amount.cents)
        return fault_new(a, FAULT_CONFLICT, "amount_differs", "The amount of this reservation is %lld.%02lld.",
                         (long long)(about->total_amount.cents / 100),
                         (long long)(about->total_amount.cents % 100));
    return NULL;
}

/* The same request again while the provider still thinks: not a second payment, and not decided either. */
static const fault *undecided(struct sql *db, arena *a, const struct once *once)
{
    int64_t open = 0;
    if (!once)
        return NULL;
    TRY(sql_number(db, a, &open,
                   "SELECT count(*) FROM payment_keys k JOIN payments p ON p.id = k.payment_id "
                   "WHERE k.scope = ?1 AND k.key = ?2 AND k.body_hash = ?3 AND p.payment_status = 'PENDING'",
                   BIND(sql_text(once->scope), sql_text(once->key), sql_text(once->body_hash))));
    return open > 0 ? payment_undecided(a) : NULL;
}

/* The seats are kept while the provider decides, however little of the hold is left. */
static const fault *claims_extend(struct sql *db, arena *a, const struct reservation *about, instant until)
{
    return sql_run(db, a,
                   "UPDATE seat_claims SET held_until = max(held_until, ?3) WHERE schedule_id = ?1 AND reservation_id = ?2",
                   BIND(sql_int(about->schedule_id), sql_int(about->id), sql_instant(until)));
}

static const fault *payment_insert(struct sql *db, arena *a, struct begin_act *act)
{
    instant now = sql_now(db);
    act->made = (struct payment){
        .reservation_id = act->want->reservation_id,
        .amount = act->want->amount,
        .method = act->want->method,
        .status = PAYMENT_PENDING,
        .paid_at = now,
        .ask_at = { now.ms + act->ask_after_s * 1000 },
        .asked_until = { now.ms + ASKED_FOR_MS },
        .grace_until = { now.ms + act->grace_s * 1000 },
        .refunded_at = INSTANT_NONE,
    };
    struct payment *p = &act->made;
    TRY(sql_run(db, a,
                "INSERT INTO payments (reservation_id, amount, payment_method, payment_status, payment_date, ask_at, "
                "asked_until, grace_until) VALUES (?1, ?2, ?3, 'PENDING', ?4, ?5, ?6, ?7)",
                BIND(sql_int(p->reservation_id), sql_money(p->amount), sql_text(p->method),
                     sql_instant(p->paid_at), sql_instant(p->ask_at), sql_instant(p->asked_until),
                     sql_instant(p->grace_until))));
    p->id = sql_last_id(db);
    if (act->once)
        TRY(sql_run(db, a, "INSERT INTO payment_keys (payment_id, scope, key, body_hash) VALUES (?1, ?2, ?3, ?4)",
                    BIND(sql_int(p->id), sql_text(act->once->scope), sql_text(act->once->key),
                         sql_text(act->once->body_hash))));
    return sqlite_log(db, a, "payment.begun", arena_printf(a, "%lld", (long long)p->id), &payment_fact_shape, p,
                      NULL);
}

static const fault *begin_act(struct sql *db, arena *a, void *arg)
{
    struct begin_act *act = arg;
    bool seen = false;
    TRY(sqlite_once_recall(db, a, act->once, &payment_fact_shape, &act->made, &seen));
    if (seen)
        return NULL;
    TRY(reservations_expire(db, a, &(ids){ &(int64_t){ act->want->reservation_id }, 1 }));
    struct reservation about;
    TRY(reservation_row(db, a, act->want->reservation_id, &about));
    TRY(undecided(db, a, act->once));
    TRY(begin_refused(a, &about, act->want));
    TRY(payment_insert(db, a, act));
    TRY(claims_extend(db, a, &about, act->made.grace_until));
    act->begun = true;
    return NULL;
}

static const fault *payment_begin(struct store *store, arena *a, const struct payment_order *want,
                                  int64_t grace_s, int64_t ask_after_s, const struct once *once,
                                  struct payment *out, bool *begun)
{
    struct begin_act act = { .want = want, .grace_s = grace_s, .ask_after_s = ask_after_s, .once = once };
    TRY(sqlite_write(STORE_OF(store)->db, a, begin_act, &act));
    *out = act.made;
    *begun = act.begun;
    return NULL;
}

/* --- settle --- */

struct settle_act {
    int64_t id;
    enum payment_outcome outcome;
    str transaction_id;
    struct payment made;
};

/* The hold takes its own course again. */
static const fault *claims_let_go(struct sql *db, arena *a, const struct reservation *about)
{
    if (about->status != RESERVATION_PENDING || about->expires_at.ms == TIME_NONE)
        return NULL;
    return sql_run(db, a, "UPDATE seat_claims SET held_until = ?3 WHERE schedule_id = ?1 AND reservation_id = ?2",
                   BIND(sql_int(about->schedule_id), sql_int(about->id), sql_instant(about->expires_at)));
}

static const fault *answer_keep(struct sql *db, arena *a, const struct payment *p, int64_t owner)
{
    struct key_row {
        str scope, key, body_hash;
    } kept;
    static const struct field fields[] = { FIELD(struct key_row, scope, "scope"),
                                           FIELD(struct key_row, key, "key"),
                                           FIELD(struct key_row, body_hash, "bodyHash") };
    static const struct shape shape = SHAPE(key_row, fields);
    bool found;
    TRY(sql_one(db, a, &shape, &kept, &found, "SELECT scope, key, body_hash FROM payment_keys WHERE payment_id = ?1",
                BIND(sql_int(p->id))));
    if (!found)
        return NULL;
    TRY(sql_run(db, a, "DELETE FROM payment_keys WHERE payment_id = ?1", BIND(sql_int(p->id))));
    struct once once = { kept.scope, kept.key, kept.body_hash };
    return sqlite_once_keep(db, a, &once, &payment_fact_shape, p, owner);
}

static const fault *confirm(struct sql *db, arena *a, struct settle_act *act, struct reservation *about)
{
    struct payment *p = &act->made;
    p->status = PAYMENT_COMPLETED;
    p->ask_at = p->asked_until = p->grace_until = INSTANT_NONE;
    TRY(payment_save(db, a, "payment.completed", p));
    about->status = RESERVATION_CONFIRMED;
    about->expires_at = INSTANT_NONE;
    about->confirmed_at = sql_now(db);
    TRY(sql_run(db, a, "UPDATE reservations SET status = 'CONFIRMED', expires_at = NULL, confirmed_at = ?2 WHERE id = ?1",
                BIND(sql_int(about->id), sql_instant(about->confirmed_at))));
    TRY(sql_run(db, a, "UPDATE seat_claims SET held_until = NULL WHERE schedule_id = ?1 AND reservation_id = ?2",
                BIND(sql_int(about->schedule_id), sql_int(about->id))));
    TRY(reservation_log(db, a, "reservation.confirmed", about));
    return answer_keep(db, a, p, about->user_id);
}

static const fault *showing_stopped(struct sql *db, arena *a, const struct reservation *about, bool *stopped)
{
    int64_t flag = 0;
    TRY(sql_number(db, a, &flag, "SELECT sales_stopped FROM showings WHERE schedule_id = ?1",
                   BIND(sql_int(about->schedule_id))));
    *stopped = flag != 0;
    return NULL;
}

static const fault *charged(struct sql *db, arena *a, struct settle_act *act, struct reservation *about)
{
    bool stopped;
    TRY(showing_stopped(db, a, about, &stopped));
    act->made.transaction_id = act->transaction_id;
    bool newest = about->payment && about->payment->id == act->made.id;
    if (about->status == RESERVATION_PENDING && newest && !stopped)
        return confirm(db, a, act, about);
    /* The seats are gone, or another attempt paid for them: the money goes back. */
    TRY(money_return(db, a, &act->made));
    if (stopped && about->status == RESERVATION_PENDING && newest)
        return reservation_end(db, a, about, RESERVATION_CANCELLED);
    return NULL;
}

static const fault *failed(struct sql *db, arena *a, struct settle_act *act, struct reservation *about,
                           instant ask_at)
{
    struct payment *p = &act->made;
    p->status = PAYMENT_FAILED;
    p->transaction_id = act->transaction_id;
    p->ask_at = ask_at;
    p->grace_until = INSTANT_NONE;
    TRY(payment_save(db, a, "payment.failed", p));
    bool stopped;
    TRY(showing_stopped(db, a, about, &stopped));
    if (stopped && about->status == RESERVATION_PENDING)
        return reservation_end(db, a, about, RESERVATION_CANCELLED);
    return claims_let_go(db, a, about);
}

static const fault *unanswered(struct sql *db, arena *a, struct settle_act *act, struct reservation *about)
{
    struct payment *p = &act->made;
    instant now = sql_now(db);
    if (p->status == PAYMENT_PENDING && now.ms >= p->grace_until.ms)
        return failed(db, a, act, about, (instant){ now.ms + ASK_LATER_MS });
    if (p->status == PAYMENT_PENDING)
        p->ask_at.ms = now.ms + ASK_AGAIN_MS < p->grace_until.ms ? now.ms + ASK_AGAIN_MS : p->grace_until.ms;
    else
        p->ask_at.ms = now.ms < p->asked_until.ms ? now.ms + ASK_LATER_MS : TIME_NONE;
    return payment_save(db, a, "payment.asked", p);
}

static const fault *settle_act(struct sql *db, arena *a, void *arg)
{
    struct settle_act *act = arg;
    TRY(payment_row(db, a, act->id, &act->made));
    if (act->made.ask_at.ms == TIME_NONE)
        return NULL; /* settled already: by the other of handler and recovery */
    struct reservation about;
    TRY(reservation_row_any(db, a, act->made.reservation_id, &about));
    switch (act->outcome) {
    case OUTCOME_CHARGED:
        return charged(db, a, act, &about);
    case OUTCOME_DECLINED:
        return failed(db, a, act, &about, INSTANT_NONE);
    case OUTCOME_UNKNOWN:
        return unanswered(db, a, act, &about);
    }
    return NULL;
}

static const fault *payment_settle(struct store *store, arena *a, int64_t payment_id, enum payment_outcome outcome,
                                   str transaction_id, struct payment *out)
{
    struct settle_act act = { .id = payment_id, .outcome = outcome, .transaction_id = transaction_id };
    TRY(sqlite_write(STORE_OF(store)->db, a, settle_act, &act));
    *out = act.made;
    return NULL;
}

/* --- refunds and what is due --- */

static const fault *refund_done_act(struct sql *db, arena *a, void *arg)
{
    struct payment p;
    TRY(payment_row(db, a, *(int64_t *)arg, &p));
    if (!p.refund_due)
        return NULL;
    p.refund_due = false;
    return payment_save(db, a, "payment.returned", &p);
}

static const fault *refund_done(struct store *store, arena *a, int64_t payment_id)
{
    return sqlite_write(STORE_OF(store)->db, a, refund_done_act, &payment_id);
}

static const fault *payments_due(struct store *store, arena *a, list *out)
{
    return sql_list(sqlite_reader(STORE_OF(store)->db), a, &payment_fact_shape, out,
                    "SELECT " PAYMENT_COLUMNS " FROM payments WHERE refund_due = 1 UNION ALL "
                    "SELECT " PAYMENT_COLUMNS " FROM payments WHERE ask_at <= ?1 LIMIT 100",
                    BIND(sql_instant(clock_now())));
}

const fault *payments_orphaned(struct sql *db, arena *a, void *arg)
{
    (void)arg;
    ids open = { NULL, 0 };
    TRY(sql_numbers(db, a, &open, "SELECT id FROM payments WHERE payment_status = 'PENDING' AND ask_at > ?1",
                    BIND(sql_instant(sql_now(db)))));
    for (size_t i = 0; i < open.count; i++) {
        struct payment p;
        TRY(payment_row(db, a, open.at[i], &p));
        p.ask_at = sql_now(db);
        TRY(payment_save(db, a, "payment.asked", &p));
    }
    return NULL;
}

static const fault *payment_show(struct store *store, arena *a, int64_t reservation_id, struct payment *out)
{
    bool found;
    TRY(payment_newest(sqlite_reader(STORE_OF(store)->db), a, reservation_id, out, &found));
    if (!found)
        return fault_new(a, FAULT_NOT_FOUND, "payment_missing", "Payment not found");
    return NULL;
}

void store_payments_fill(struct store *s)
{
    s->payment_begin = payment_begin;
    s->payment_settle = payment_settle;
    s->refund_done = refund_done;
    s->payments_due = payments_due;
    s->payment_show = payment_show;
}
