/* upkeep.c - what nobody asks for: sales that a broken change left stopped, Idempotency-Keys grown
 * old. */
#include "services/rooms/rooms.h"

#include "lib/base/log.h"

#define LOOK_EVERY_MS 2000
#define SWEEP_EVERY_LOOKS 300
#define ARENA_BYTES_MAX ((size_t)64 * 1024 * 1024)

static const fault *keep_once(struct rooms *svc, arena *a, uint64_t look)
{
    TRY(rooms_sales_repair(svc, a));
    return look % SWEEP_EVERY_LOOKS == 0 ? svc->store->sweep(svc->store, a) : NULL;
}

static void keep(void *arg)
{
    struct rooms *svc = arg;
    svc->keeper = fiber_self();
    arena *a = arena_new(ARENA_BYTES_MAX);
    for (uint64_t look = 0; !svc->ending; look++) {
        const fault *problem = owner_closed(svc) ? NULL : keep_once(svc, a, look);
        if (problem)
            log_line("warn", "upkeep_failed", "%s: %.*s", problem->code,
                     STR_ARG(problem->sentence));
        arena_reset(a);
        if (!svc->ending)
            fiber_park("the next look for stopped sales", loop_now_ms() + LOOK_EVERY_MS);
    }
    arena_free(a);
    svc->keeper = NULL;
}

const fault *rooms_upkeep_start(struct rooms *svc, arena *a)
{
    if (!fiber_start("upkeep", keep, svc))
        return fault_new(a, FAULT_INTERNAL, "fibers_exhausted", "No fiber is left for upkeep.");
    return NULL;
}

void rooms_upkeep_stop(struct rooms *svc)
{
    svc->ending = true;
    while (svc->keeper) {
        fiber_wake(svc->keeper);
        fiber_sleep(1);
    }
}
