/* postgres.c - a store on PostgreSQL put together: its four connections, opened and closed; what it says of itself. */
#include "lib/db/postgres_internal.h"

/* All of our statements find their rows by an index. A plan made while a table was small must not read it whole when it has
 * grown, and a plan by statistics is never better: so the planner is told. Its writer finds a few rows each time, for which a bitmap is
 * too much. */
#define BY_INDEX                                                                                   \
    "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c plan_cache_mode=force_generic_plan "
#define READING BY_INDEX "-c default_transaction_read_only=on "

/* FNV-1a: the same number in every replica, another for every service. */
static int64_t lock_key_of(const char *service)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (const char *c = service; *c; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
    return (int64_t)(hash >> 2 << 1); /* even: the next odd one is for migrations */
}

static void links_fill(struct postgres *p)
{
    p->keys = (struct pg_lane){ .link = { .store = p, .name = "keys", .options = READING "-c statement_timeout=1900ms" },
                                .wait_ms = KEYS_WAIT_MS };
    p->lists = (struct pg_lane){ .link = { .store = p, .name = "lists", .options = READING "-c statement_timeout=14s" },
                                 .wait_ms = LISTS_WAIT_MS };
    p->writer = (struct pg_link){ .store = p, .name = "writer",
                                  .options = BY_INDEX "-c enable_bitmapscan=off -c lock_timeout=2s -c statement_timeout=6s" };
    p->ear = (struct pg_link){ .store = p, .name = "ear", .options = "-c statement_timeout=5s" };
}

const fault *postgres_open(arena *boot, struct postgres **out, const struct postgres_setup *setup)
{
    struct postgres *p = NEW(boot, struct postgres);
    p->setup = *setup;
    p->boot = boot;
    p->url = arena_cstr(boot, setup->url);
    p->lock_key = lock_key_of(setup->service);
    TRY(pg_url_check(boot, p->url));
    links_fill(p);
    TRY(pg_writer_start(p, boot));
    const fault *problem = pg_lanes_start(p, boot);
    if (!problem)
        problem = pg_ear_start(p, boot);
    for (int64_t until_ms = loop_now_ms() + FIRST_WAIT_MS; !problem && !p->tried && loop_now_ms() < until_ms;)
        fiber_sleep(2);
    if (!problem)
        problem = p->unreadable;
    if (problem)
        postgres_close(p);
    else
        *out = p;
    return problem;
}

/* What is queued is still written, when the server is there. */
void postgres_close(struct postgres *p)
{
    p->closing = true;
    pg_writer_stop(p);
    pg_lanes_stop(p);
    pg_ear_stop(p);
}

struct pg_lane *postgres_keys(struct postgres *p)
{
    return &p->keys;
}

struct pg_lane *postgres_lists(struct postgres *p)
{
    return &p->lists;
}

int64_t postgres_position(const struct postgres *p)
{
    return p->position;
}

bool postgres_connected(const struct postgres *p)
{
    return p->writer_ready && !p->keys.broken && !p->lists.broken;
}

const fault *postgres_check(struct postgres *p, arena *a)
{
    return postgres_connected(p) ? NULL : pg_away(a, "not connected");
}

struct postgres_stats postgres_stats(const struct postgres *p)
{
    return p->stats;
}

void postgres_metrics(const struct postgres *p, struct buf *out)
{
    const struct postgres_stats *s = &p->stats;
    buf_printf(out,
               "# TYPE taquilla_store_batches_total counter\ntaquilla_store_batches_total %llu\n"
               "# TYPE taquilla_store_acts_total counter\ntaquilla_store_acts_total %llu\n"
               "# TYPE taquilla_store_acts_in_batch_max gauge\ntaquilla_store_acts_in_batch_max %llu\n"
               "# TYPE taquilla_store_queued gauge\ntaquilla_store_queued %llu\n"
               "# TYPE taquilla_store_connected gauge\ntaquilla_store_connected %d\n"
               "# TYPE taquilla_store_reconnects_total counter\ntaquilla_store_reconnects_total %llu\n"
               "# TYPE taquilla_store_found_after_loss_total counter\ntaquilla_store_found_after_loss_total %llu\n"
               "# TYPE taquilla_store_reads_total counter\ntaquilla_store_reads_total %llu\n"
               "# TYPE taquilla_store_sends_total counter\ntaquilla_store_sends_total %llu\n",
               (unsigned long long)s->batches, (unsigned long long)s->commands,
               (unsigned long long)s->commands_max_in_batch, (unsigned long long)s->queued, postgres_connected(p),
               (unsigned long long)s->reconnects, (unsigned long long)s->found_after_loss,
               (unsigned long long)(p->keys.reads + p->lists.reads), (unsigned long long)(p->keys.sends + p->lists.sends));
}
