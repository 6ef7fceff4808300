/* payments.c - a payment: two acts of the store with the provider's call between them, in no transaction. */
#include "services/reservations/reservations.h"

#define ASK_AFTER_S 5 /* past the provider's deadline: by then the handler has settled, or died */

static enum payment_outcome charge(struct reservations *svc, arena *a, const struct payment *begun,
                                   str *transaction_id)
{
    return svc->provider->charge(svc->provider, a, begun, svc->payment_timeout_ms, transaction_id);
}

const fault *reservation_pay(struct reservations *svc, arena *a, const struct payment_order *want,
                             const struct once *once, struct payment *made)
{
    bool begun;
    TRY(svc->store->payment_begin(svc->store, a, want, svc->rules.payment_grace_s,
                                  svc->payment_timeout_ms / 1000 + ASK_AFTER_S, once, made, &begun));
    if (!begun)
        return NULL; /* the same key, completed before */

    str transaction_id = { NULL, 0 };
    enum payment_outcome outcome = charge(svc, a, made, &transaction_id);
    TRY(svc->store->payment_settle(svc->store, a, made->id, outcome, transaction_id, made));

    /* The recovery loop may have been faster: what the store says counts, not what was heard here. */
    if (made->status == PAYMENT_COMPLETED)
        return NULL;
    if (made->status == PAYMENT_REFUNDED)
        return fault_new(a, FAULT_CONFLICT, "payment_refunded",
                         "The seats were no longer held when the payment arrived; the money goes back.");
    if (made->status == PAYMENT_FAILED)
        return fault_new(a, FAULT_DECLINED, "payment_declined",
                         "The payment was declined. The reservation still stands and may be paid again.");
    return payment_undecided(a);
}
