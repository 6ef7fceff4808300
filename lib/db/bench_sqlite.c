/* bench_sqlite.c - acts per second of a tiny insert with its event, by number of fibers; prints one JSON line each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "lib/db/sqlite.h"
#include "lib/loop/fiber.h"

#define RUN_MS 2000

struct row {
    int64_t id, n;
};
static const struct field row_fields[] = { FIELD(struct row, id, "id"), FIELD(struct row, n, "n") };
static const struct shape row_shape = SHAPE(row, row_fields);
static const struct migration migrations[] = {
    { 1, "rows", "CREATE TABLE rows (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)" },
    { 0, NULL, NULL },
};

static struct sqlite *store;
static int64_t until_ms;

static const fault *row_insert(struct sql *db, arena *a, void *arg)
{
    struct row *want = arg;
    TRY(sql_run(db, a, "INSERT INTO rows (n) VALUES (?1)", BIND(sql_int(want->n))));
    want->id = sql_last_id(db);
    return sqlite_log(db, a, "row.changed", STR("row"), &row_shape, want, NULL);
}

static void writer_fiber(void *arg)
{
    (void)arg;
    arena *a = arena_new(1 << 20);
    while (clock_mono_ms() < until_ms) {
        struct row want = { .n = 1 };
        MUST(sqlite_write(store, a, row_insert, &want));
        arena_reset(a);
    }
    arena_free(a);
}

static int64_t cpu_us(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 + used.ru_utime.tv_usec + used.ru_stime.tv_usec;
}

static void round_run(int fibers)
{
    struct sqlite_stats before = sqlite_stats(store);
    struct group g = { 0 };
    int64_t cpu = cpu_us(), from = clock_mono_us();
    until_ms = clock_mono_ms() + RUN_MS;
    for (int i = 0; i < fibers; i++)
        if (!group_start(&g, "writer", writer_fiber, NULL))
            exit(1);
    group_wait(&g);
    struct sqlite_stats after = sqlite_stats(store);
    double acts = (double)(after.acts - before.acts), s = (double)(clock_mono_us() - from) / 1e6;
    printf("{\"scenario\":\"sqlite_acts\",\"fibers\":%d,\"acts_per_s\":%.0f,\"acts_per_commit\":%.1f,\"cpu_us_per_act\":%.1f}\n",
           fibers, acts / s, acts / (double)(after.batches - before.batches), (double)(cpu_us() - cpu) / acts);
}

static void reads_run(arena *a)
{
    int64_t from = clock_mono_us(), n = 0;
    const int count = 200000;
    for (int i = 0; i < count; i++)
        MUST(sql_number(sqlite_reader(store), a, &n, "SELECT n FROM rows WHERE id = ?1", BIND(sql_int(i % 1000 + 1))));
    printf("{\"scenario\":\"sqlite_read_by_key\",\"us\":%.2f}\n", (double)(clock_mono_us() - from) / count);
}

static void bench(void *arg)
{
    fiber_sleep(1);
    fiber_sleep(1);
    static const int fibers[] = { 1, 16, 64, 256 };
    for (size_t i = 0; i < COUNT_OF(fibers); i++)
        round_run(fibers[i]);
    reads_run(arg);
    loop_stop();
}

int main(void)
{
    char directory[] = "/tmp/bench-sqlite-XXXXXX";
    if (!mkdtemp(directory))
        return 1;
    arena *boot = arena_new(64 << 20);
    loop_open();
    MUST(sqlite_open(boot, &store, &(struct sqlite_setup){ .directory = directory, .file = "bench.db",
                                                           .service = "bench", .migrations = migrations }));
    if (!fiber_start("bench", bench, boot))
        return 1;
    loop_run();
    sqlite_close(store);
    loop_close();
    arena_free(boot);
    char command[64];
    snprintf(command, sizeof(command), "rm -rf %s", directory);
    return system(command) != 0;
}
