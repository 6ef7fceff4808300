/* test_lake_write.c - brings the lake to where the feeds end and says what it wrote: for the tests, which end it at any moment. Settings
 * come from the environment, as for ingestion; argument: the data directory. */
#include <stdio.h>

#include "lib/frame/service.h"
#include "lib/loop/fiber.h"
#include "services/ingestion/lake/lake.h"

#define ARENA_BYTES ((size_t)64 * 1024 * 1024)

static int code = 1;
static const char *data;

static const fault *owners_open(arena *a, struct cloud *c, const struct settings *s, const struct ingestion_settings *own)
{
    const str urls[] = { s->reservations_api_url, s->rooms_api_url, s->movies_api_url };
    for (size_t i = 0; i < BACKUP_OWNERS; i++)
        TRY(upstream_open(a, &c->owners.of[i], ingestion_owner_names[i], urls[i], s->service_token));
    return upstream_open(a, &c->analytics, "analytics", own->analytics_api_url, s->service_token);
}

static const fault *write_now(arena *a, struct cloud *c, struct lake_written *made)
{
    struct settings shared;
    struct ingestion_settings own;
    struct lake_life life = { 0 };
    TRY(settings_read(a, &settings_shape, &shared));
    TRY(settings_read(a, &ingestion_settings_shape, &own));
    TRY(ingestion_cloud_open(a, c, &own, str_of(data)));
    TRY(owners_open(a, c, &shared, &own));
    return ingestion_lake_write(a, &(struct lake_order){ .cloud = c, .life = &life }, made);
}

static void run(void *arg)
{
    struct cloud c = { 0 };
    struct lake_written made = { 0 };
    (void)arg;
    arena *a = arena_new(ARENA_BYTES);
    const fault *problem = write_now(a, &c, &made);
    if (problem)
        printf("%s: %.*s\n", problem->code, STR_ARG(problem->sentence));
    else
        printf("{\"segments\":%lld,\"rows\":%lld,\"positions\":[%lld,%lld,%lld]}\n", (long long)made.segments, (long long)made.rows,
               (long long)made.positions[0], (long long)made.positions[1], (long long)made.positions[2]);
    code = problem != NULL;
    for (size_t i = 0; i < BACKUP_OWNERS; i++)
        if (c.owners.of[i])
            upstream_close(c.owners.of[i]);
    if (c.analytics)
        upstream_close(c.analytics);
    ingestion_cloud_close(&c);
    arena_free(a);
    loop_stop();
}

int main(int argc, char **argv)
{
    data = argc > 1 ? argv[1] : ".";
    loop_open();
    if (fiber_start("lake", run, NULL))
        loop_run();
    loop_close();
    return code;
}
