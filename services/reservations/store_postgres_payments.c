/* store_postgres_payments.c - the two acts of a payment, and what becomes of attempts nobody answered. */
#include "lib/json/read.h"
#include "services/reservations/store_postgres.h"

#define PAYMENT_COLUMNS                                                                            \
    "id, reservation_id, amount, payment_method AS method, payment_status AS status, transaction_id, "                      \
    "payment_date AS paid_at, ask_at, asked_until, grace_until, refund_due, refunded_at"

struct payment_args {
    int64_t id, reservation_id;
    money amount;
    str method;
    int64_t grace_s, ask_after_s;
    str outcome, transaction_id;
    str scope, key, body_hash;
};
static const struct field payment_fields[] = {
    FIELD(struct payment_args, id, "id"),
    FIELD(struct payment_args, reservation_id, "reservation_id"),
    FIELD(struct payment_args, amount, "amount"),
    FIELD(struct payment_args, method, "method", .nullable = true),
    FIELD(struct payment_args, grace_s, "grace_s"),
    FIELD(struct payment_args, ask_after_s, "ask_after_s"),
    FIELD(struct payment_args, outcome, "outcome", .nullable = true),
    FIELD(struct payment_args, transaction_id, "transaction_id", .nullable = true),
    FIELD(struct payment_args, scope, "scope", .nullable = true),
    FIELD(struct payment_args, key, "key", .nullable = true),
    FIELD(struct payment_args, body_hash, "body_hash", .nullable = true),
};
static const struct shape payment_args_shape = SHAPE(payment_args, payment_fields);

/* --- begin --- */

static const fault *begin_refused(arena *a, const struct pg_answer *answer, const fault *problem)
{
    if (str_equal(answer->code, STR("reservation_cancelled")))
        return fault_new(a, FAULT_CONFLICT, "reservation_cancelled",
                         "This reservation has been cancelled and cannot be paid.");
    if (str_equal(answer->code, STR("reservation_expired")))
        return fault_new(a, FAULT_CONFLICT, "reservation_expired", "This reservation has expired and cannot be paid.");
    if (str_equal(answer->code, STR("amount_differs")))
        return fault_new(a, FAULT_CONFLICT, "amount_differs", "The amount of this reservation is %lld.%02lld.",
                         (long long)(answer->detail / 100), (long long)(answer->detail % 100));
    return problem;
}

static const fault *payment_begin(struct store *store, arena *a, const struct payment_order *want, int64_t grace_s,
                                  int64_t ask_after_s, const struct once *once, struct payment *out, bool *begun)
{
    struct payment_args args = { .reservation_id = want->reservation_id,
                                 .amount = want->amount,
                                 .method = want->method,
                                 .grace_s = grace_s,
                                 .ask_after_s = ask_after_s,
                                 .scope = ONCE_SCOPE(once),
                                 .key = ONCE_KEY(once),
                                 .body_hash = ONCE_HASH(once) };
    struct pg_command command = { .act = "payment_begin", .shape = &payment_args_shape, .args = &args,
                                  .events = "payment.begun" };
    struct pg_answer answer;
    const fault *problem = act_write(store, a, &command, &answer);
    if (problem)
        return begin_refused(a, &answer, problem);
    TRY(json_restore(a, answer.answer, &payment_fact_shape, out));
    *begun = answer.detail == 1 || answer.found_later;
    return NULL;
}

/* --- settle --- */

static const fault *payment_settle(struct store *store, arena *a, int64_t payment_id, enum payment_outcome outcome,
                                   str transaction_id, struct payment *out)
{
    static const char *const words[] = { [OUTCOME_CHARGED] = "charged", [OUTCOME_DECLINED] = "declined",
                                         [OUTCOME_UNKNOWN] = "unknown" };
    struct payment_args args = { .id = payment_id, .outcome = str_of(words[outcome]), .transaction_id = transaction_id };
    struct pg_command command = { .act = "payment_settle", .shape = &payment_args_shape, .args = &args,
                                  .events = "payment." };
    struct pg_answer answer;
    TRY(act_write(store, a, &command, &answer));
    return json_restore(a, answer.answer, &payment_fact_shape, out);
}

static const fault *refund_done(struct store *store, arena *a, int64_t payment_id)
{
    struct payment_args args = { .id = payment_id };
    struct pg_command command = { .act = "refund_done", .shape = &payment_args_shape, .args = &args,
                                  .events = "payment." };
    struct pg_answer answer;
    return act_write(store, a, &command, &answer);
}

/* --- reads --- */

static const fault *payments_due(struct store *store, arena *a, list *out)
{
    return pg_list(KEYS(store), a, &payment_fact_shape, out,
                   "SELECT " PAYMENT_COLUMNS " FROM payments WHERE refund_due UNION ALL "
                   "SELECT " PAYMENT_COLUMNS " FROM payments WHERE ask_at <= now() LIMIT 100",
                   PG_NO_BINDS);
}

static const fault *payment_show(struct store *store, arena *a, int64_t reservation_id, struct payment *out)
{
    bool found;
    TRY(pg_one(KEYS(store), a, &payment_fact_shape, out, &found,
               "SELECT " PAYMENT_COLUMNS " FROM payments WHERE reservation_id = $1 ORDER BY id DESC LIMIT 1",
               PG_BIND(pg_int(reservation_id))));
    if (!found)
        return fault_new(a, FAULT_NOT_FOUND, "payment_missing", "Payment not found");
    return NULL;
}

void postgres_payments_fill(struct store *s)
{
    s->payment_begin = payment_begin;
    s->payment_settle = payment_settle;
    s->refund_done = refund_done;
    s->payments_due = payments_due;
    s->payment_show = payment_show;
}
