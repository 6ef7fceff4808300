/* provider.h - who takes the money. A provider is asked twice about the same payment without charging twice: the payment's id
 * is its idempotency key. Fibers only; no transaction is open during these calls. */
#ifndef TAQUILLA_RESERVATIONS_PROVIDER_H
#define TAQUILLA_RESERVATIONS_PROVIDER_H

#include "services/reservations/store.h"

struct provider {
    const char *name;
    /* Takes the money; answers within timeout_ms or says UNKNOWN. *transaction_id is the provider's own. */
    enum payment_outcome (*charge)(struct provider *, arena *, const struct payment *, int64_t timeout_ms,
                                   str *transaction_id);
    /* What became of a charge whose answer never came. */
    enum payment_outcome (*ask)(struct provider *, arena *, const struct payment *, int64_t timeout_ms,
                                str *transaction_id);
    /* Gives the money back; true when the provider confirmed it. */
    bool (*refund)(struct provider *, arena *, const struct payment *, int64_t timeout_ms);
};

/* No money moves. By paymentMethod: test_decline declines, test_slow takes three seconds, test_lost is charged but the answer is
 * lost, test_late too, and nobody can tell for five minutes; everything else completes at once. */
struct provider *provider_simulated(void);

#endif
