/* test_sqlite_writer.c - group commit: what is acknowledged is there, and nothing else, whatever happens. */
#include "lib/db/test_sqlite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct one_act {
    sqlite_act *act;
    const fault *problem;
};

/* --- group commit --- */

#define FIBERS 64
#define ACTS_EACH 50

static void *many_acts_failed;
static const fault *(*write_by)(struct sqlite *, arena *, sqlite_act *, void *);

static void many_acts(void *arg)
{
    int64_t number = *(int64_t *)arg;
    arena *a = arena_new(1 << 20);
    for (int i = 0; i < ACTS_EACH; i++) {
        struct thing want = { .name = arena_printf(a, "%lld/%d", (long long)number, i) };
        /* Every seventh is refused after it wrote: it must leave nothing. */
        bool refused = i % 7 == 0;
        const fault *problem = write_by(store, a, refused ? insert_then_refuse : thing_insert, &want);
        if (refused != (problem != NULL))
            many_acts_failed = arg;
        arena_reset(a);
    }
    arena_free(a);
}

static void group_commit(void)
{
    static int64_t numbers[FIBERS];
    struct group g = { 0 };
    many_acts_failed = NULL;
    for (int i = 0; i < FIBERS; i++) {
        numbers[i] = i;
        assert_true(group_start(&g, "many_acts", many_acts, &numbers[i]));
    }
    group_wait(&g);
    assert_null(many_acts_failed);
    int64_t kept = FIBERS * (ACTS_EACH - (ACTS_EACH + 6) / 7);
    assert_int_equal(number_of("SELECT count(*) FROM things"), kept);
    assert_int_equal(sqlite_position(store), kept);
    assert_positions_dense();
    struct sqlite_stats stats = sqlite_stats(store);
    assert_int_equal(stats.acts, FIBERS * ACTS_EACH);
    assert_int_equal(stats.queued, 0);
    assert_true(stats.batches * 8 <= stats.acts);
    assert_true(stats.acts_max_in_batch >= 8);
    assert_int_equal(moved_to, kept);
    assert_true(moved_calls <= (int64_t)stats.batches);
}

static void test_group_commit(void **state)
{
    (void)state;
    write_by = sqlite_write;
    on_loop(group_commit);
}

/* Without savepoints, until one is refused after it wrote: then the batch is done again with them. */
static void test_group_commit_looked(void **state)
{
    (void)state;
    write_by = sqlite_write_looked;
    on_loop(group_commit);
}

/* One that is refused before it wrote takes nothing of its neighbours with it, and costs no second run. */
static int runs;

static const fault *refuse_at_once(struct sql *db, arena *a, void *arg)
{
    (void)db;
    (void)arg;
    runs++;
    return fault_new(a, FAULT_CONFLICT, "refused", "No.");
}

static void looked_run(void *arg)
{
    struct one_act *one = arg;
    static int number;
    struct thing want = { .name = arena_printf(boot, "looked %d", ++number) };
    one->problem = sqlite_write_looked(store, boot, one->act, &want);
}

static void looked_together(sqlite_act *last, int runs_wanted)
{
    struct one_act acts[] = { { thing_insert, NULL }, { refuse_at_once, NULL }, { last, NULL } };
    struct group g = { 0 };
    runs = 0;
    for (int i = 0; i < 3; i++)
        assert_true(group_start(&g, "looked", looked_run, &acts[i]));
    group_wait(&g);
    assert_null(acts[0].problem);
    assert_code(acts[1].problem, FAULT_CONFLICT, "refused");
    assert_int_equal(runs, runs_wanted);
    assert_positions_dense();
}

static void looked(void)
{
    assert_null(name_insert("before")); /* from now on a turn's acts are handed over together */
    looked_together(thing_insert, 1);
    assert_int_equal(number_of("SELECT count(*) FROM things WHERE name LIKE 'looked%'"), 2);
    looked_together(insert_then_refuse, 2);
    assert_int_equal(number_of("SELECT count(*) FROM things WHERE name LIKE 'looked%'"), 3);
}

static void test_looked(void **state)
{
    (void)state;
    on_loop(looked);
}

/* --- no room --- */

static const fault *pages_limit(struct sql *db, arena *a, void *arg)
{
    int64_t pages = *(int64_t *)arg, now = 0;
    str text = arena_printf(a, "PRAGMA max_page_count = %lld", (long long)pages);
    return sql_number(db, a, &now, text.at, NO_BINDS);
}

static const fault *fill(struct sql *db, arena *a, void *arg)
{
    (void)arg;
    return sql_run(db, a, "INSERT INTO things (filler) VALUES (hex(zeroblob(20000)))", NO_BINDS);
}

static void one_act_run(void *arg)
{
    struct one_act *one = arg;
    struct thing want = { .name = STR("beside the full one") };
    one->problem = sqlite_write(store, boot, one->act, &want);
}

/* Three acts in one batch, the middle one finds no room: none of them may count. */
static void full_in_a_batch(void)
{
    struct one_act acts[] = { { thing_insert, NULL }, { fill, NULL }, { insert_then_refuse, NULL } };
    struct group g = { 0 };
    for (int i = 0; i < 3; i++)
        assert_true(group_start(&g, "one_act", one_act_run, &acts[i]));
    group_wait(&g);
    for (int i = 0; i < 3; i++)
        assert_code(acts[i].problem, FAULT_UNAVAILABLE, "storage_full");
    assert_true(acts[1].problem->retry_after_s > 0);
}

static void disk_full(void)
{
    assert_null(name_insert("before"));
    int64_t pages = number_of("PRAGMA page_count") + 2;
    assert_null(sqlite_write(store, boot, pages_limit, &pages));
    full_in_a_batch();
    assert_null(name_insert("small enough"));
    assert_int_equal(number_of("SELECT count(*) FROM things"), 2);
    assert_positions_dense();
    pages = 100000;
    assert_null(sqlite_write(store, boot, pages_limit, &pages));
    assert_null(sqlite_write(store, boot, fill, NULL));
    assert_null(name_insert("after"));
    assert_int_equal(number_of("SELECT count(*) FROM things"), 4);
    assert_positions_dense();
}

static void test_disk_full(void **state)
{
    (void)state;
    on_loop(disk_full);
}

/* The file system refuses: files of this process may not grow beyond some size. */
static void write_error(void)
{
    signal(SIGXFSZ, SIG_IGN);
    assert_null(name_insert("before"));
    struct rlimit whole, small;
    getrlimit(RLIMIT_FSIZE, &whole);
    small = whole;
    small.rlim_cur = 70000;
    int refused = 0;
    setrlimit(RLIMIT_FSIZE, &small);
    for (int i = 0; i < 20; i++) {
        const fault *problem = sqlite_write(store, boot, fill, NULL);
        if (problem) {
            refused++;
            assert_int_equal(problem->kind, FAULT_UNAVAILABLE);
        }
    }
    setrlimit(RLIMIT_FSIZE, &whole);
    assert_true(refused > 10);
    assert_null(name_insert("after"));
    assert_int_equal(number_of("SELECT count(*) FROM things"), 2 + 20 - refused);
    assert_positions_dense();
}

static void test_write_error(void **state)
{
    (void)state;
    on_loop(write_error);
}

/* More acts at once than the queue takes. */
static int64_t busy_count, done_count;

static void crowd_act(void *arg)
{
    (void)arg;
    arena *a = arena_new(1 << 20);
    struct thing want = { .name = arena_printf(a, "%p", (void *)a) };
    const fault *problem = sqlite_write(store, a, thing_insert, &want);
    if (!problem)
        done_count++;
    else if (strcmp(problem->code, "store_busy") == 0 && problem->retry_after_s == 1)
        busy_count++;
    arena_free(a);
}

static void crowd(void)
{
    struct group g = { 0 };
    busy_count = done_count = 0;
    for (int i = 0; i < ACTS_QUEUED_MAX + 100; i++)
        assert_true(group_start(&g, "crowd", crowd_act, NULL));
    group_wait(&g);
    assert_int_equal(done_count, ACTS_QUEUED_MAX);
    assert_int_equal(busy_count, 100);
    assert_in_range(sqlite_stats(store).acts_max_in_batch, FIBERS, ACTS_PER_BATCH_MAX);
    assert_int_equal(number_of("SELECT count(*) FROM things"), ACTS_QUEUED_MAX);
}

static void test_queue_bounded(void **state)
{
    (void)state;
    on_loop(crowd);
}

/* --- the write-ahead log of the file --- */

static void read_and_fill(void *arg)
{
    (void)arg;
    arena *a = arena_new(1 << 20);
    for (int i = 0; i < 100; i++) {
        int64_t n = -1;
        assert_null(sql_number(sqlite_reader(store), a, &n, "SELECT count(*) FROM things", NO_BINDS));
        assert_null(sqlite_write(store, a, fill, NULL));
        int64_t after = -1;
        assert_null(sql_number(sqlite_reader(store), a, &after, "SELECT count(*) FROM things", NO_BINDS));
        assert_true(after > n); /* each read sees the last commit, whatever snapshot the reader kept */
        arena_reset(a);
    }
    arena_free(a);
}

/* Readers that keep their snapshot must not keep the log from starting over: 20,000 pages go through it. */
static void log_bounded(void)
{
    struct group g = { 0 };
    for (int i = 0; i < 20; i++)
        assert_true(group_start(&g, "read_and_fill", read_and_fill, NULL));
    group_wait(&g);
    assert_int_equal(number_of("SELECT count(*) FROM things"), 2000);
    char path[96];
    snprintf(path, sizeof(path), "%s/test.db-wal", directory);
    struct stat found;
    assert_int_equal(stat(path, &found), 0);
    assert_true(found.st_size < 4 * WAL_PAGES_MAX * 4096);
}

static void test_log_bounded(void **state)
{
    (void)state;
    on_loop(log_bounded);
}

/* --- kill -9 --- */

#define STORM_FIBERS 32
static int storm_pipe;

/* Tells each acknowledged row's id to the parent. */
static void storm_fiber(void *arg)
{
    arena *a = arena_new(1 << 20);
    for (int64_t i = 0;; i++) {
        struct thing want = { .name = arena_printf(a, "%lld/%p", (long long)i, arg) };
        if (sqlite_write(store, a, thing_insert, &want))
            _exit(3);
        if (write(storm_pipe, &want.id, sizeof(want.id)) != (ssize_t)sizeof(want.id))
            _exit(4);
        arena_reset(a);
    }
}

static void storm_run(void)
{
    boot = arena_new(64 << 20);
    loop_open();
    if (open_again())
        _exit(2);
    for (int i = 0; i < STORM_FIBERS; i++)
        if (!fiber_start("storm", storm_fiber, &directory[i]))
            _exit(5);
    loop_run();
}

static ids acknowledged;

static void after_the_kill(void)
{
    for (size_t i = 0; i < acknowledged.count; i++) {
        int64_t found = 0;
        assert_null(sql_number(sqlite_reader(store), boot, &found, "SELECT 1 FROM things WHERE id = ?1",
                               BIND(sql_int(acknowledged.at[i]))));
        assert_int_equal(found, 1);
    }
    assert_positions_dense();
    assert_int_equal(number_of("SELECT count(*) FROM things"), sqlite_position(store));
    assert_null(name_insert("goes on"));
}

static void storm_once(size_t kill_after)
{
    static int64_t at[20000];
    acknowledged = (ids){ at, 0 };
    directory_new();
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        storm_pipe = ends[1];
        storm_run();
        _exit(1);
    }
    close(ends[1]);
    while (acknowledged.count < COUNT_OF(at) &&
           read(ends[0], &at[acknowledged.count], sizeof(at[0])) == (ssize_t)sizeof(at[0]))
        if (++acknowledged.count == kill_after)
            kill(child, SIGKILL);
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && acknowledged.count >= kill_after);
}

static void test_killed(void **state)
{
    (void)state;
    for (size_t kill_after = 100; kill_after < 5000; kill_after = kill_after * 2 + 33) {
        storm_once(kill_after);
        on_loop_again(after_the_kill);
        directory_drop();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed), /* first: it forks, before any thread was made */
        cmocka_unit_test(test_group_commit),
        cmocka_unit_test(test_group_commit_looked),
        cmocka_unit_test(test_looked),
        cmocka_unit_test(test_disk_full),
        cmocka_unit_test(test_write_error),
        cmocka_unit_test(test_queue_bounded),
        cmocka_unit_test(test_log_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
