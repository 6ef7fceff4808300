/* test_mysql_lines.c - the driver of MySQL when something happens to its connections: lost, cut, stopped, refused, and when others write too. */
#include "lib/db/test_mysql.h"

#include <stdlib.h>

/* --- lost lines --- */

static void lost_connections_are_replaced(void)
{
    assert_null(name_insert(store, "one"));
    int64_t ours = number_of("SELECT CONNECTION_ID()");
    server_run(arena_cstr(boot, arena_printf(boot, "KILL %lld", (long long)ours)));
    assert_int_equal(number_of("SELECT count(*) FROM things"), 1); /* an idle one that was closed is not even tried */
    assert_null(name_insert(store, "two"));
    assert_int_equal(my_position(store), 2);
}

static const fault *die_once(struct my *db, arena *a, void *arg)
{
    struct thing *want = arg;
    TRY(thing_insert(db, a, want));
    if (want->id > 0 && db->store->acts_again == 0)
        server_run(arena_cstr(a, arena_printf(a, "KILL %lu", mysql_thread_id(db->on->handle))));
    return my_run(db, a, "SELECT 1", MY_NO_BINDS);
}

static void acts_whose_line_is_lost_are_run_again(void)
{
    struct thing want = { .name = STR("once") };
    assert_null(my_write(store, boot, die_once, &want));
    assert_int_equal(store->acts_again, 1);
    assert_int_equal(number_of("SELECT count(*) FROM things"), 1);
    assert_int_equal(number_of("SELECT count(*) FROM log"), 1);
}

static struct my_store *store_by_wire(int port)
{
    struct my_store *made;
    struct my_setup setup = store->setup;
    setup.address.port = port;
    assert_null(my_open(boot, &made, &setup));
    return made;
}

/* The one thing that must not happen is that somebody is told no and it was done, or that it is done twice. */
static void commits_that_are_cut_are_looked_up(void)
{
    struct my_store *far = store_by_wire(wire_open());
    assert_null(name_insert(far, "whole"));
    wire_set(WIRE_CUT_AFTER_COMMIT);
    assert_null(name_insert(far, "done"));
    assert_int_equal(far->commits_asked, 1);
    assert_int_equal(far->acts_again, 0);
    wire_set(WIRE_CUT_BEFORE_COMMIT);
    assert_null(name_insert(far, "again"));
    assert_int_equal(far->commits_asked, 2);
    assert_int_equal(far->acts_again, 1);
    assert_int_equal(my_position(far), 3);
    assert_int_equal(number_of("SELECT count(*) FROM things"), 3);
    assert_int_equal(number_of("SELECT count(*) FROM log"), 3);
    my_close(far);
    wire_close();
}

/* Each act whose commit is cut is followed, before it is looked up, by one of another replica that takes the position. */
static void racer(void *arg)
{
    struct my_store *other = arg;
    for (int i = 0; i < 20; i++) {
        struct thing want = { .name = arena_printf(boot, "racer %d", i) };
        assert_null(my_write(other, boot, thing_insert, &want));
    }
}

static void lookups_race_with_other_replicas(void)
{
    struct my_store *far = store_by_wire(wire_open());
    struct group all = { 0 };
    assert_true(group_start(&all, "racer", racer, store));
    for (int i = 0; i < 10; i++) {
        struct thing want = { .name = arena_printf(boot, "far %d", i) };
        wire_set(i % 2 ? WIRE_CUT_AFTER_COMMIT : WIRE_CUT_BEFORE_COMMIT);
        assert_null(my_write(far, boot, thing_insert, &want));
    }
    group_wait(&all);
    assert_int_equal(number_of("SELECT count(*) FROM things"), 30);
    assert_int_equal(number_of("SELECT count(*) FROM log"), 30);
    assert_int_equal(number_of("SELECT max(position) FROM log"), 30);
    my_close(far);
    wire_close();
}

static void a_server_that_is_away_is_said_to_be(void)
{
    int port = wire_open();
    wire_set(WIRE_DEAF);
    struct my_store *far = store_by_wire(port);
    int64_t n = 0, began_ms = clock_mono_ms();
    const fault *problem = my_number(my_reader(far), boot, &n, "SELECT 1", MY_NO_BINDS);
    assert_code(problem, FAULT_UNAVAILABLE, "store_unavailable");
    assert_int_equal(problem->retry_after_s, 1);
    assert_code(name_insert(far, "x"), FAULT_UNAVAILABLE, "store_unavailable");
    assert_code(my_check(far, boot), FAULT_UNAVAILABLE, "store_unavailable");
    assert_true(clock_mono_ms() - began_ms < 6000);
    wire_set(WIRE_WHOLE);
    while (!far->ready)
        fiber_sleep(10);
    assert_null(name_insert(far, "x")); /* by itself */
    wire_set(WIRE_DEAF);
    fiber_sleep(100);
    assert_code(my_check(far, boot), FAULT_UNAVAILABLE, "store_unavailable");
    wire_set(WIRE_WHOLE);
    while (my_check(far, boot) != NULL)
        fiber_sleep(10);
    assert_null(name_insert(far, "y"));
    my_close(far);
    wire_close();
}

/* --- locks --- */

/* A process that was stopped in the middle of its transaction holds the counter for two seconds at most. */
static void a_stopped_writer_does_not_stop_the_others(void)
{
    struct my_store *other = store_another();
    arena *a = boot;
    struct my_connection *c;
    int64_t numbers[TEXT_NUMBERS_MAX];
    size_t count;
    assert_null(pool_take(other, a, &c));
    assert_null(connection_text(c, a,
                                STR("SET SESSION wait_timeout = 2; START TRANSACTION; "
                                    "SELECT position FROM log_counter WHERE id = 1 FOR UPDATE"),
                                STATEMENT_MS, numbers, &count));
    assert_null(name_insert(store, "later"));
    assert_int_equal(my_position(store), 1);
    assert_code(connection_text(c, a, STR("COMMIT"), STATEMENT_MS, NULL, NULL), FAULT_UNAVAILABLE, "store_unavailable");
    pool_give(other, c);
    my_close(other);
}

/* --- accounts and TLS --- */

static const fault *log_in(const char *account, const char *options)
{
    struct my_setup setup = store->setup;
    struct my_connection *c;
    setup.address = address_of(arena_cstr(boot, arena_printf(boot, "%s%s", setup.address.database, options)), account);
    TRY(connection_dial(&setup.address, boot, &c));
    int64_t numbers[TEXT_NUMBERS_MAX];
    size_t count;
    const fault *problem = connection_text(c, boot, STR("SELECT 41 + 1"), STATEMENT_MS, numbers, &count);
    if (!problem)
        assert_int_equal(numbers[0], 42);
    connection_end(c);
    return problem;
}

static void accounts_with_plugins_log_in(void)
{
    server_run("CREATE OR REPLACE USER ed IDENTIFIED VIA ed25519 USING PASSWORD('a b%c')");
    server_run("CREATE OR REPLACE USER plain IDENTIFIED BY 'p'");
    server_run("GRANT ALL ON *.* TO ed");
    server_run("GRANT ALL ON *.* TO plain");
    assert_null(log_in("ed:a%20b%25c", ""));
    assert_null(log_in("plain:p", ""));
    assert_code(log_in("ed:wrong", ""), FAULT_UNAVAILABLE, "store_unavailable");
    server_run("DROP USER ed, plain");
}

static void lines_are_encrypted_when_asked(void)
{
    const char *ca = getenv("TAQUILLA_TEST_MYSQL_CA");
    assert_non_null(ca);
    server_run("CREATE OR REPLACE USER closed IDENTIFIED BY 'p' REQUIRE SSL");
    server_run("GRANT ALL ON *.* TO closed");
    assert_code(log_in("closed:p", ""), FAULT_UNAVAILABLE, "store_unavailable");
    assert_null(log_in("closed:p", "?ssl=require"));
    assert_code(log_in("closed:p", "?ssl=verify"), FAULT_UNAVAILABLE, "store_unavailable"); /* by nobody we know */
    assert_null(log_in("closed:p", arena_cstr(boot, arena_printf(boot, "?ssl=verify&ssl_ca=%s", ca))));
    server_run("DROP USER closed");
}

/* --- several replicas --- */

static void commits_of_others_are_noticed(void)
{
    struct my_store *other = store_another();
    struct event_page page = { 0 };
    moved_to = 0;
    assert_null(name_insert(other, "theirs"));
    assert_null(my_log_read(store, boot, 1, 10, &page)); /* a reader that has it already is told so */
    assert_int_equal(page.events.count, 0);
    assert_int_equal(page.position, 1);
    assert_int_equal(my_position(store), 0);
    awaited = true;
    while (my_position(store) < 1)
        fiber_sleep(5);
    assert_int_equal(moved_to, 1);
    assert_null(my_log_read(store, boot, 0, 10, &page));
    assert_int_equal(page.events.count, 1);
    assert_text(LIST_AT(&page.events, struct event, 0)->subject, "theirs");
    my_close(other);
}

static void replica_opens(void *arg)
{
    *(struct my_store **)arg = store_another();
}

static void replicas_may_start_together(void)
{
    struct my_store *replicas[4];
    struct group all = { 0 };
    assert_null(my_run(my_reader(store), boot, "DROP TABLE things", MY_NO_BINDS));
    assert_null(my_run(my_reader(store), boot, "DELETE FROM schema_migrations", MY_NO_BINDS));
    for (size_t i = 0; i < COUNT_OF(replicas); i++)
        assert_true(group_start(&all, "replica", replica_opens, &replicas[i]));
    group_wait(&all);
    for (size_t i = 0; i < COUNT_OF(replicas); i++) {
        while (!replicas[i]->ready)
            fiber_sleep(5);
        my_close(replicas[i]);
    }
    assert_int_equal(number_of("SELECT count(*) FROM schema_migrations"), 1);
    assert_null(my_run(my_reader(store), boot, "UPDATE schema_migrations SET number = 2", MY_NO_BINDS));
    struct my_store *older;
    struct my_setup setup = store->setup;
    assert_code(my_open(boot, &older, &setup), FAULT_INVALID, "store_unreadable");
}

ON_STORE(lost_connections_are_replaced)
ON_STORE(acts_whose_line_is_lost_are_run_again)
ON_STORE(commits_that_are_cut_are_looked_up)
ON_STORE(lookups_race_with_other_replicas)
ON_STORE(a_server_that_is_away_is_said_to_be)
ON_STORE(a_stopped_writer_does_not_stop_the_others)
ON_STORE(accounts_with_plugins_log_in)
ON_STORE(lines_are_encrypted_when_asked)
ON_STORE(commits_of_others_are_noticed)
ON_STORE(replicas_may_start_together)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lost_connections_are_replaced),
        cmocka_unit_test(test_acts_whose_line_is_lost_are_run_again),
        cmocka_unit_test(test_commits_that_are_cut_are_looked_up),
        cmocka_unit_test(test_lookups_race_with_other_replicas),
        cmocka_unit_test(test_a_server_that_is_away_is_said_to_be),
        cmocka_unit_test(test_a_stopped_writer_does_not_stop_the_others),
        cmocka_unit_test(test_accounts_with_plugins_log_in),
        cmocka_unit_test(test_lines_are_encrypted_when_asked),
        cmocka_unit_test(test_commits_of_others_are_noticed),
        cmocka_unit_test(test_replicas_may_start_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
