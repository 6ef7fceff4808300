/* upkeep.c - what nobody asks for: holds that run out, payments nobody answered, refunds to send. */
#include "lib/base/log.h"
#include "lib/loop/fiber.h"
#include "services/reservations/reservations.h"

#define SWEEP_EVERY_MS 250
#define RECOVER_EVERY_MS 1000
#define FORGET_EVERY_ROUNDS 600 /* of recovery: ten minutes */
#define ARENA_BYTES_MAX (64 * 1024 * 1024)

/* A showing may have been moved while this process was not there: what is unpaid until shortly before its start runs out by its new time.
 * Holds do not wait longer than this for rooms to say so. */
#define TIMES_WAIT_MS 10000

static void times_await(struct reservations *svc)
{
    int64_t until_ms = loop_now_ms() + TIMES_WAIT_MS;
    while (svc->showings && !showings_compared(svc->showings) && !svc->stopping && loop_now_ms() < until_ms)
        fiber_park("the times of showings", loop_now_ms() + SWEEP_EVERY_MS);
}

static void sweep_holds(void *arg)
{
    struct reservations *svc = arg;
    svc->sweeper = fiber_self();
    arena *a = arena_new(ARENA_BYTES_MAX);
    times_await(svc);
    while (!svc->stopping) {
        bool more = false;
        const fault *problem = owner_closed(svc) ? NULL : svc->store->sweep(svc->store, a, &more);
        if (problem)
            log_line("error", "sweep_failed", "%s: %.*s", problem->code, STR_ARG(problem->internal));
        arena_reset(a);
        if (!more || problem)
            fiber_park("the next sweep", loop_now_ms() + SWEEP_EVERY_MS);
    }
    arena_free(a);
    svc->sweeper = NULL;
}

static const fault *recover_one(struct reservations *svc, arena *a, const struct payment *due)
{
    if (due->refund_due) {
        if (!svc->provider->refund(svc->provider, a, due, svc->payment_timeout_ms))
            return NULL; /* asked again in the next round */
        return svc->store->refund_done(svc->store, a, due->id);
    }
    str transaction_id = { NULL, 0 };
    enum payment_outcome outcome =
        svc->provider->ask(svc->provider, a, due, svc->payment_timeout_ms, &transaction_id);
    struct payment settled;
    TRY(svc->store->payment_settle(svc->store, a, due->id, outcome, transaction_id, &settled));
    return NULL;
}

static const fault *recover_due(struct reservations *svc, arena *a)
{
    list due;
    TRY(svc->store->payments_due(svc->store, a, &due));
    for (size_t i = 0; i < due.count && !svc->stopping; i++)
        TRY(recover_one(svc, a, LIST_AT(&due, struct payment, i)));
    return NULL;
}

static const fault *recover_round(struct reservations *svc, arena *a, uint64_t round)
{
    TRY(recover_due(svc, a));
    return round % FORGET_EVERY_ROUNDS == 0 ? svc->store->keys_forget_old(svc->store, a) : NULL;
}

static void recover_payments(void *arg)
{
    struct reservations *svc = arg;
    svc->recoverer = fiber_self();
    arena *a = arena_new(ARENA_BYTES_MAX);
    for (uint64_t round = 0; !svc->stopping; round++) {
        const fault *problem = owner_closed(svc) ? NULL : recover_round(svc, a, round);
        if (problem)
            log_line("error", "recovery_failed", "%s: %.*s", problem->code, STR_ARG(problem->internal));
        arena_reset(a);
        if (!svc->stopping)
            fiber_park("the next look for open payments", loop_now_ms() + RECOVER_EVERY_MS);
    }
    arena_free(a);
    svc->recoverer = NULL;
}

const fault *upkeep_start(struct reservations *svc, arena *a)
{
    if (!fiber_start("sweep holds", sweep_holds, svc) ||
        !fiber_start("recover payments", recover_payments, svc))
        return fault_new(a, FAULT_INTERNAL, "fibers_exhausted", "No fiber is left for upkeep.");
    return NULL;
}

void upkeep_stop(struct reservations *svc)
{
    svc->stopping = true;
    while (svc->sweeper || svc->recoverer) {
        if (svc->sweeper)
            fiber_wake(svc->sweeper);
        if (svc->recoverer)
            fiber_wake(svc->recoverer);
        fiber_sleep(1);
    }
}
