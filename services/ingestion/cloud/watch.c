/* watch.c - one fiber asks bucket, tables and analytics, and keeps what they said. */
#include "services/ingestion/cloud/watch.h"

#include "lib/loop/fiber.h"

#define MESSAGES_BYTES ((size_t)4 * 1024 * 1024)
#define LOOK_MS 10

static const fault *s3_ask(const struct cloud_watch *w, arena *a)
{
    bool there;
    TRY(s3_bucket_there(&w->cloud->s3, a, &there));
    return there ? NULL : fault_new(a, FAULT_UNAVAILABLE, "bucket_missing", "There is no bucket %.*s; `taquilla setup` makes it.",
                                    STR_ARG(w->cloud->s3.bucket));
}

static const fault *dynamodb_ask(const struct cloud_watch *w, arena *a)
{
    for (size_t i = 0; i < CLOUD_TABLES; i++) {
        struct dynamodb_seen seen;
        TRY(dynamodb_describe(w->cloud->aws, a, w->cloud->tables[i].name, &seen));
        if (!seen.there)
            return fault_new(a, FAULT_UNAVAILABLE, "table_missing", "There is no table %.*s; `taquilla setup` makes it.",
                             STR_ARG(w->cloud->tables[i].name));
    }
    return NULL;
}

/* Analytics alone speaks to it: its own health says how its store is. */
static const fault *rds_ask(const struct cloud_watch *w, arena *a)
{
    const struct outgoing want = { .method = GET, .target = STR("/health/ready"), .deadline_ms = WATCH_WAIT_MS };
    struct message *answer = NEW(a, struct message);
    if (!w->cloud->analytics)
        return fault_new(a, FAULT_UNAVAILABLE, "figures_away", "This cinema runs without analytics.");
    TRY(upstream_call(w->cloud->analytics, a, &want, answer));
    return answer->status == 200 ? NULL : fault_new(a, FAULT_UNAVAILABLE, "figures_away", "analytics is not ready.");
}

static void ask(void *arg)
{
    static const fault *(*const each[WATCHED])(const struct cloud_watch *, arena *) = { s3_ask, dynamodb_ask, rds_ask };
    struct cloud_watch *w = arg;
    arena *a = w->now;
    arena_reset(a);
    for (size_t i = 0; i < WATCHED; i++) {
        struct watch_state *s = &w->of[i];
        const fault *problem = s->used && !w->closing ? each[i](w, a) : NULL;
        s->well = !problem;
        if (!problem)
            s->well_ms = loop_now_ms();
        s->message = problem ? problem->sentence : STR("Connected.");
    }
    w->now = w->last; /* what was said stays until the one after */
    w->last = a;
    w->asking = false;
}

void cloud_watch_open(struct cloud_watch *w, const struct cloud *c, bool rds)
{
    *w = (struct cloud_watch){ .cloud = c, .now = arena_new(MESSAGES_BYTES), .last = arena_new(MESSAGES_BYTES) };
    for (size_t i = 0; i < WATCHED; i++)
        w->of[i] = (struct watch_state){ .used = i == WATCHED_RDS ? rds : c->aws != NULL, .well = true,
                                         .message = STR("Not asked yet.") };
}

void cloud_watch_look(struct cloud_watch *w)
{
    int64_t until_ms = loop_now_ms() + WATCH_WAIT_MS;
    bool old = w->asked_ms == 0 || loop_now_ms() - w->asked_ms >= WATCH_EVERY_MS;
    if (old && !w->asking && !w->closing) {
        w->asked_ms = loop_now_ms();
        w->asking = true;
        w->asking = fiber_start("the cloud's health", ask, w) && w->asking;
    }
    while (w->asking && loop_now_ms() < until_ms)
        fiber_sleep(LOOK_MS);
}

void cloud_watch_close(struct cloud_watch *w)
{
    w->closing = true;
    while (w->asking)
        fiber_sleep(LOOK_MS);
    if (w->now)
        arena_free(w->now);
    if (w->last)
        arena_free(w->last);
    w->now = w->last = NULL;
}
