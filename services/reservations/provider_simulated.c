/* provider_simulated.c - the default provider: no money moves, and every way in which it can go wrong can be played. */
#include "lib/loop/fiber.h"
#include "services/reservations/provider.h"

#define SLOW_MS 3000
#define LATE_MS (5 * 60 * 1000)

/* The same payment always has the same transaction: that is what an idempotency key buys. */
static str transaction_of(arena *a, const struct payment *p)
{
    return arena_printf(a, "TXN%lld-%lld", (long long)p->paid_at.ms, (long long)p->id);
}

static bool method_is(const struct payment *p, const char *name)
{
    return str_equal(p->method, str_of(name));
}

static enum payment_outcome charge(struct provider *provider, arena *a, const struct payment *p,
                                   int64_t timeout_ms, str *transaction_id)
{
    (void)provider;
    if (method_is(p, "test_lost") || method_is(p, "test_late")) {
        fiber_sleep(timeout_ms);
        return OUTCOME_UNKNOWN;
    }
    if (method_is(p, "test_slow"))
        fiber_sleep(SLOW_MS < timeout_ms ? SLOW_MS : timeout_ms);
    *transaction_id = transaction_of(a, p);
    return method_is(p, "test_decline") ? OUTCOME_DECLINED : OUTCOME_CHARGED;
}

static enum payment_outcome ask(struct provider *provider, arena *a, const struct payment *p, int64_t timeout_ms,
                                str *transaction_id)
{
    (void)provider;
    (void)timeout_ms;
    if (method_is(p, "test_late") && clock_now().ms < p->paid_at.ms + LATE_MS)
        return OUTCOME_UNKNOWN;
    *transaction_id = transaction_of(a, p);
    return method_is(p, "test_decline") ? OUTCOME_DECLINED : OUTCOME_CHARGED;
}

static bool refund(struct provider *provider, arena *a, const struct payment *p, int64_t timeout_ms)
{
    (void)provider;
    (void)a;
    (void)p;
    (void)timeout_ms;
    return true;
}

struct provider *provider_simulated(void)
{
    static struct provider simulated = { "simulated", charge, ask, refund };
    return &simulated;
}
