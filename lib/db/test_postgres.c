/* test_postgres.c - the store on a real PostgreSQL, which tests/harness/postgres.py starts around this program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/db/postgres_internal.h"

#define MANY 200

static const struct migration migrations[] = {
    { 1, "things",
      "CREATE TABLE things (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE, price numeric(10,2),"
      " made timestamptz, old timestamp, good boolean, numbers bigint[], kind text, part text);"
      "CREATE FUNCTION things_acts(single json, bulk json) RETURNS TABLE (n int, code text, detail bigint, named bigint[],"
      " answer text, extra text, last bigint) LANGUAGE plpgsql AS $$"
      " DECLARE c json; made bigint; at bigint; before bigint := (SELECT coalesce(max(position), 0) FROM log);"
      " BEGIN FOR c IN SELECT value FROM json_array_elements(single) UNION ALL SELECT value FROM json_array_elements(bulk) LOOP"
      "  n := c->>'n'; code := ''; detail := NULL; named := NULL; answer := NULL; extra := NULL;"
      "  IF c->>'act' = 'explode' THEN made := 1 / (c->>'zero')::bigint;"
      "  ELSIF c->>'act' = 'refuse' THEN code := 'refused'; detail := 7; named := ARRAY[3, 5];"
      "  ELSIF c->>'act' = 'twice' AND before = 0 THEN code := 'again';"
      "  ELSE INSERT INTO things (name) VALUES (c->>'name') RETURNING id INTO made;"
      "   SELECT coalesce(max(position), 0) + 1 INTO at FROM log; answer := json_build_object('id', made, 'name', c->>'name');"
      "   INSERT INTO log (position, type, subject, time, data, command)"
      "   VALUES (at, 'thing.made', made::text, clock_timestamp(), answer, (c->>'command')::uuid); END IF;"
      "  last := (SELECT coalesce(max(position), 0) FROM log); RETURN NEXT;"
      " END LOOP; IF last > before THEN PERFORM pg_notify('taquilla_test', last::text); END IF; END $$;" },
    { 0, NULL, NULL },
};

struct thing {
    int64_t id;
    str name;
    int64_t zero;
};
static const struct field thing_fields[] = {
    FIELD(struct thing, id, "id"),
    FIELD(struct thing, name, "name", .nullable = true),
    FIELD(struct thing, zero, "zero", .optional = true),
};
static const struct shape thing_shape = SHAPE(thing, thing_fields);

static arena *boot;
static struct postgres *store, *other;
static int64_t moved_to;

static void store_moved(void *arg, int64_t position)
{
    (void)arg;
    moved_to = position;
}

static struct postgres_setup setup_of(const char *url)
{
    return (struct postgres_setup){ .url = str_of(url), .service = "test", .migrations = migrations,
                                    .acts = "things_acts", .moved = store_moved };
}

static void psql(const char *text)
{
    char command[2000];
    snprintf(command, sizeof command, "psql -qAt -v ON_ERROR_STOP=1 '%s' -c \"%s\" >/dev/null", getenv("TAQUILLA_TEST_POSTGRES"), text);
    assert_int_equal(system(command), 0);
}

static void (*body)(void);

static void body_run(void *arg)
{
    (void)arg;
    struct postgres_setup setup = setup_of(getenv("TAQUILLA_TEST_POSTGRES"));
    assert_null(postgres_open(boot, &store, &setup));
    while (!postgres_connected(store))
        fiber_sleep(1);
    body();
    postgres_close(store);
    loop_stop();
}

static void on_loop(void (*run)(void))
{
    psql("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    boot = arena_new(64 << 20);
    moved_to = 0;
    loop_open();
    body = run;
    assert_true(fiber_start("test", body_run, NULL));
    loop_run();
    loop_close();
    arena_free(boot);
}

static const fault *act_do(struct postgres *p, const char *act, const char *name, struct pg_answer *out)
{
    struct thing args = { .name = str_of(name) };
    struct pg_command command = { .act = act, .shape = &thing_shape, .args = &args, .events = "thing.",
                                  .bulk = name && name[0] == 'b' };
    return postgres_write(p, boot, &command, out);
}

static int64_t number_of(const char *text)
{
    int64_t n = -1;
    assert_null(pg_number(postgres_keys(store), boot, &n, text, PG_NO_BINDS));
    return n;
}

static void assert_code(const fault *problem, enum fault_kind kind, const char *code)
{
    assert_non_null(problem);
    assert_string_equal(problem->code, code);
    assert_int_equal(problem->kind, kind);
}

static void assert_dense(void)
{
    assert_int_equal(number_of("SELECT count(*) FROM log"), number_of("SELECT coalesce(max(position), 0) FROM log"));
}

/* --- reading --- */

struct wide {
    int64_t id;
    str name;
    money price;
    instant made, old;
    bool good;
    ids numbers;
    unsigned kind;
    struct thing *part;
    int64_t nothing;
};
static const char *const kinds[] = { "SMALL", "LARGE", NULL };
static const struct field wide_fields[] = {
    FIELD(struct wide, id, "id"),       FIELD(struct wide, name, "name", .nullable = true),
    FIELD(struct wide, price, "price"), FIELD(struct wide, made, "made"),
    FIELD(struct wide, old, "old"),     FIELD(struct wide, good, "good"),
    FIELD(struct wide, numbers, "ns"),  FIELD(struct wide, kind, "kind", .choices = kinds),
    FIELD(struct wide, part, "part", .shape = &thing_shape), FIELD(struct wide, nothing, "nothing", .nullable = true),
};
static const struct shape wide_shape = SHAPE(wide, wide_fields);

static void rows_body(void)
{
    struct wide row;
    bool found;
    int64_t three[] = { 1, -2, INT64_C(9000000000) };
    ids numbers = { three, 3 };
    /* What the SELECT gives is what was bound, so texts and back are one test. */
    assert_null(pg_one(postgres_keys(store), boot, &wide_shape, &row, &found,
                       "SELECT $1::bigint AS id, $2::text AS name, $3::numeric(10,2) AS price, $4::timestamptz AS made, "
                       "$4::timestamptz::timestamp AS old, $5::boolean AS good, $6::bigint[] AS numbers, 'LARGE' AS kind, "
                       "'{\"id\":4,\"name\":\"x\"}'::json AS part, $7::bigint AS nothing, 1 AS unknown_column",
                       PG_BIND(pg_int(7), pg_text(STR("Ñandú 'quoted' \\ back\n")), pg_money((money){ -105 }),
                               pg_instant((instant){ INT64_C(1787456100007) }), pg_bool(true), pg_ids(&numbers),
                               pg_int(INT64_MIN))));
    assert_true(found);
    assert_int_equal(row.id, 7);
    assert_true(str_equal(row.name, STR("Ñandú 'quoted' \\ back\n")));
    assert_int_equal(row.price.cents, -105);
    assert_int_equal(row.made.ms, INT64_C(1787456100007));
    assert_int_equal(row.old.ms, INT64_C(1787456100007));
    assert_true(row.good);
    assert_int_equal(row.numbers.count, 3);
    assert_int_equal(row.numbers.at[2], INT64_C(9000000000));
    assert_int_equal(row.kind, 1);
    assert_int_equal(row.part->id, 4);
    assert_int_equal(row.nothing, INT64_MIN);
    row.id = 99;
    assert_null(pg_one(postgres_keys(store), boot, &wide_shape, &row, &found, "SELECT 1 AS id WHERE false", PG_NO_BINDS));
    assert_false(found);
    assert_int_equal(row.id, 99);
    assert_code(pg_number(postgres_keys(store), boot, &row.id, "SELECT length($1::text)", PG_BIND(pg_text((str){ "a\0b", 3 }))),
                FAULT_INVALID, "constraint_broken");
    assert_code(pg_number(postgres_keys(store), boot, &row.id, "SELECT length($1::text)", PG_BIND(pg_text(STR("\xff")))),
                FAULT_INVALID, "constraint_broken");
}

static void rows_come_as_they_were_bound(void **state)
{
    (void)state;
    on_loop(rows_body);
}

static int64_t sum;
static int bad;
static bool some_fail;

static void reader(void *arg)
{
    int64_t wanted = (int64_t)(intptr_t)arg, found = 0;
    const fault *problem;
    if (some_fail && wanted % 50 == 49)
        problem = pg_number(postgres_keys(store), boot, &found, "SELECT 1 / ($1::bigint - $1::bigint)", PG_BIND(pg_int(wanted)));
    else
        problem = pg_number(postgres_keys(store), boot, &found, "SELECT $1::bigint", PG_BIND(pg_int(wanted)));
    bad += problem != NULL;
    sum += found;
}

static void readers_run(void)
{
    struct group all = { 0, NULL };
    sum = bad = 0;
    for (intptr_t i = 0; i < MANY; i++)
        assert_true(group_start(&all, "reader", reader, (void *)i));
    group_wait(&all);
}

static void pipeline_body(void)
{
    uint64_t sends = store->keys.sends;
    some_fail = false;
    readers_run();
    assert_int_equal(bad, 0);
    assert_int_equal(sum, MANY * (MANY - 1) / 2);
    assert_true(store->keys.sends - sends < MANY / 10);

    some_fail = true; /* must not take their neighbours along */
    readers_run();
    assert_int_equal(bad, MANY / 50);
    assert_int_equal(sum, MANY * (MANY - 1) / 2 - (49 + 99 + 149 + 199));
}

static void reads_of_a_turn_leave_together(void **state)
{
    (void)state;
    on_loop(pipeline_body);
}

/* --- by key, together --- */

#define ROWS_OF(key) ((key) % 3)

/* Each in an arena of its own, gone when it ends: nobody may look into another's. */
static void keyed_reader(void *arg)
{
    int64_t key = (int64_t)(intptr_t)arg;
    const char *text = "SELECT k AS id, repeat('x', k::int) AS name FROM unnest($1::bigint[]) k, generate_series(1, k % 3) ORDER BY k DESC";
    if (some_fail)
        text = "SELECT k / (k - k) AS id FROM unnest($1::bigint[]) k ORDER BY 1 DESC";
    list rows;
    arena *a = arena_new(1 << 20);
    const fault *problem = pg_list_of(postgres_keys(store), a, &thing_shape, &rows, text, key);
    if (problem) {
        assert_code(problem, FAULT_INTERNAL, "internal_error");
        assert_true(problem->internal.len > 0);
        bad++;
    } else {
        assert_int_equal(rows.count, ROWS_OF(key));
        for (size_t i = 0; i < rows.count; i++) {
            assert_int_equal(LIST_AT(&rows, struct thing, i)->id, key);
            assert_int_equal(LIST_AT(&rows, struct thing, i)->name.len, key);
        }
        sum += key;
    }
    arena_free(a);
}

static void keyed_readers_run(void)
{
    struct group all = { 0, NULL };
    sum = bad = 0;
    for (intptr_t i = 0; i < MANY; i++) /* one after another in the order of a hash, some keys twice */
        assert_true(group_start(&all, "reader", keyed_reader, (void *)((i * 37) % (MANY - 10))));
    group_wait(&all);
}

static void together_body(void)
{
    int64_t all = 0;
    for (int64_t i = 0; i < MANY; i++)
        all += (i * 37) % (MANY - 10);
    some_fail = false;
    number_of("SELECT 1"); /* from here on reads wait for the end of the turn */
    uint64_t reads = store->keys.reads;
    keyed_readers_run();
    assert_int_equal(bad, 0);
    assert_int_equal(sum, all);
    assert_int_equal(store->keys.reads - reads, 4); /* 64 keys each */

    some_fail = true;
    keyed_readers_run();
    assert_int_equal(bad, MANY);

    some_fail = false;
    psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()");
    keyed_readers_run();
    assert_int_equal(bad, 0);
    assert_int_equal(sum, all);
}

static void reads_by_key_are_one_read(void **state)
{
    (void)state;
    on_loop(together_body);
}

/* --- writing --- */

static int refused, exploded, made_count;

static void writer(void *arg)
{
    int64_t n = (int64_t)(intptr_t)arg;
    struct pg_answer answer;
    const char *act = n % 10 == 3 ? "refuse" : n % 40 == 7 ? "explode" : n % 10 == 5 ? "twice" : "make";
    const char *name = arena_printf(boot, "%c'\\%lld\\'\n\"", n % 2 ? 'a' : 'b', (long long)n).at;
    const fault *problem = act_do(store, act, name, &answer);
    if (problem) {
        assert_code(problem, FAULT_INTERNAL, "internal_error");
        assert_string_equal(act, "explode");
        exploded++;
    } else if (str_equal(answer.code, STR("refused"))) {
        assert_int_equal(answer.detail, 7);
        assert_int_equal(answer.named.count, 2);
        assert_int_equal(answer.named.at[1], 5);
        refused++;
    } else {
        struct thing made;
        bool found;
        assert_int_equal(answer.code.len, 0);
        assert_null(pg_one(postgres_keys(store), boot, &thing_shape, &made, &found, "SELECT id, name FROM things WHERE name = $1",
                           PG_BIND(pg_text(str_of(name)))));
        assert_true(found); /* committed before the answer */
        made_count++;
    }
}

static void batches_body(void)
{
    struct group all = { 0, NULL };
    refused = exploded = made_count = 0;
    for (intptr_t i = 0; i < MANY; i++)
        assert_true(group_start(&all, "writer", writer, (void *)i));
    group_wait(&all);
    assert_int_equal(refused, MANY / 10);
    assert_int_equal(exploded, MANY / 40);
    assert_int_equal(made_count, MANY - refused - exploded);
    assert_int_equal(number_of("SELECT count(*) FROM things"), made_count);
    assert_dense();
    assert_int_equal(moved_to, made_count);
    assert_int_equal(postgres_position(store), made_count);
    struct postgres_stats stats = postgres_stats(store);
    assert_int_equal(stats.queued, 0);
    assert_true(stats.commands_max_in_batch > 10); /* it halves where one explodes */
}

static void a_batch_is_one_commit_and_a_bad_command_is_alone(void **state)
{
    (void)state;
    on_loop(batches_body);
}

/* --- two replicas --- */

static void other_writer(void *arg)
{
    struct pg_answer answer;
    assert_null(act_do(arg, "make", arena_printf(boot, "a%p %d", arg, ++made_count).at, &answer));
    assert_int_equal(answer.code.len, 0);
}

static void replicas_body(void)
{
    struct postgres_setup setup = setup_of(getenv("TAQUILLA_TEST_POSTGRES"));
    setup.moved = NULL;
    assert_null(postgres_open(boot, &other, &setup));
    struct group all = { 0, NULL };
    made_count = 0;
    for (int i = 0; i < MANY; i++)
        assert_true(group_start(&all, "writer", other_writer, i % 2 ? store : other));
    group_wait(&all);
    assert_int_equal(number_of("SELECT count(*) FROM log"), MANY);
    assert_dense();
    struct pg_answer answer;
    assert_null(act_do(other, "make", "the last", &answer));
    for (int64_t until = loop_now_ms() + 4000; moved_to < MANY + 1 && loop_now_ms() < until;)
        fiber_sleep(5);
    assert_int_equal(moved_to, MANY + 1); /* the ear has heard it */
    struct event_page page = { 0 };
    assert_null(postgres_log_read(store, boot, MANY - 1, 10, &page));
    assert_int_equal(page.events.count, 2);
    assert_int_equal(page.position, MANY + 1);
    postgres_close(other);
}

static void replicas_keep_one_dense_log_and_hear_each_other(void **state)
{
    (void)state;
    on_loop(replicas_body);
}

/* --- a lost connection --- */

static void found_body(void)
{
    struct pg_answer answer;
    assert_null(act_do(store, "make", "kept", &answer));
    str command = { NULL, 0 };
    struct pg_link by_hand = { .store = store, .name = "test", .options = "" };
    assert_null(pg_link_open(&by_hand, boot));
    assert_null(pg_ask(&by_hand, boot, "SELECT command FROM log", &command));

    /* As if the answers had been lost: one of this batch is in the log, the other never came to the server. */
    struct pg_answer outs[2];
    struct pg_command wanted = { .act = "make", .events = "thing." };
    struct pg_queued first = { .command = &wanted, .arena = boot, .out = &outs[0], .waiter = fiber_self() }, second = first;
    memcpy(first.id, command.at, 36);
    memcpy(second.id, "00000000-0000-8000-8000-000000000000", 36);
    second.out = &outs[1];
    struct pg_batch batch = { .at = { &first, &second }, .count = 2 };
    pg_batch_find(store, boot, &batch, 0);
    assert_true(first.done && second.done);
    assert_null(first.problem);
    assert_true(outs[0].found_later);
    assert_true(str_equal(outs[0].answer, answer.answer));
    assert_code(second.problem, FAULT_UNAVAILABLE, "store_unavailable");

    /* The process that served the old connection is ended, so that nothing of it comes later. */
    int old = store->writer.backend;
    pg_batch_find(store, boot, &batch, 0);
    str left;
    assert_null(pg_ask(&by_hand, boot, arena_printf(boot, "SELECT count(*) FROM pg_stat_activity WHERE pid = %d", old).at, &left));
    assert_true(str_equal(left, STR("0")));
    pg_link_drop(&by_hand);
}

static void what_was_lost_is_looked_up(void **state)
{
    (void)state;
    on_loop(found_body);
}

/* The server ends every connection: reads go again by themselves, and writing heals. */
static void ended_body(void)
{
    struct pg_answer answer;
    for (int i = 0; i < 3; i++) {
        psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'taquilla%'");
        assert_int_equal(number_of("SELECT 42"), 42);
        const fault *problem = act_do(store, "make", arena_printf(boot, "after %d", i).at, &answer);
        if (problem) { /* the end had not come yet when it was sent: looked up, and it did not happen */
            assert_code(problem, FAULT_UNAVAILABLE, "store_unavailable");
            problem = act_do(store, "make", arena_printf(boot, "after %d", i).at, &answer);
        }
        assert_null(problem);
    }
    assert_dense();
    assert_true(postgres_stats(store).reconnects >= 3);
}

static void a_connection_that_ended_is_made_again(void **state)
{
    (void)state;
    on_loop(ended_body);
}

/* Somebody holds the lock: no answer is better than a late one. */
static void locked_body(void)
{
    struct pg_link by_hand = { .store = store, .name = "test", .options = "" };
    struct pg_answer answer;
    str nothing;
    assert_null(pg_link_open(&by_hand, boot));
    assert_null(pg_ask(&by_hand, boot, arena_printf(boot, "SELECT pg_advisory_lock(%lld)", (long long)store->lock_key).at, &nothing));
    assert_code(act_do(store, "make", "never", &answer), FAULT_UNAVAILABLE, "store_busy");
    pg_link_drop(&by_hand);
    assert_null(act_do(store, "make", "now", &answer));
    assert_int_equal(number_of("SELECT count(*) FROM things"), 1);
}

static void a_lock_that_is_not_to_be_had_is_busy(void **state)
{
    (void)state;
    on_loop(locked_body);
}

/* --- opening --- */

static void away_run(void *arg)
{
    struct postgres_setup setup = setup_of("postgres://nobody@127.0.0.1:1/nothing");
    struct pg_answer answer;
    int64_t n;
    (void)arg;
    assert_null(postgres_open(boot, &store, &setup)); /* it may come later */
    int64_t began = clock_mono_ms();
    assert_code(pg_number(postgres_keys(store), boot, &n, "SELECT 1", PG_NO_BINDS), FAULT_UNAVAILABLE, "store_unavailable");
    const fault *problem = act_do(store, "make", "x", &answer);
    assert_code(problem, FAULT_UNAVAILABLE, "store_unavailable");
    assert_true(problem->retry_after_s > 0);
    assert_in_range(clock_mono_ms() - began, 100, 20000);
    assert_non_null(postgres_check(store, boot));
    postgres_close(store);
    setup.url = STR("postgres://:::bad");
    assert_code(postgres_open(boot, &store, &setup), FAULT_INVALID, "setting_invalid");
    loop_stop();
}

static void a_server_that_is_away_is_no_fault_at_start(void **state)
{
    (void)state;
    boot = arena_new(64 << 20);
    loop_open();
    assert_true(fiber_start("test", away_run, NULL));
    loop_run();
    loop_close();
    arena_free(boot);
}

static void newer_run(void)
{
    struct postgres_setup setup = setup_of(getenv("TAQUILLA_TEST_POSTGRES"));
    psql("INSERT INTO schema_migrations (number, name) VALUES (9, 'of tomorrow')");
    assert_code(postgres_open(boot, &other, &setup), FAULT_INVALID, "store_unreadable");
    static const struct migration broken[] = { { 1, "things", "" }, { 2, "bad", "CREATE TABLE half (id int); SELECT 1/0" }, { 0, NULL, NULL } };
    psql("DELETE FROM schema_migrations WHERE number = 9");
    setup.migrations = broken;
    assert_code(postgres_open(boot, &other, &setup), FAULT_INVALID, "store_unreadable");
    assert_int_equal(number_of("SELECT count(*) FROM pg_class WHERE relname = 'half'"), 0); /* all or nothing */
}

static void a_schema_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    on_loop(newer_run);
}

/* --- literals --- */

static void literals_body(void)
{
    struct pg_link by_hand = { .store = store, .name = "test", .options = "-c standard_conforming_strings=off" };
    assert_null(pg_link_open(&by_hand, boot));
    static const char pieces[] = "'\\\"$E;-/*\n\t x\x01\x7f";
    unsigned seed = 7;
    for (int round = 0; round < 300; round++) {
        char text[40];
        size_t len = (size_t)rand_r(&seed) % sizeof text;
        for (size_t i = 0; i < len; i++)
            text[i] = pieces[(size_t)rand_r(&seed) % (sizeof pieces - 1)];
        struct buf sql = { .in = boot };
        str back;
        buf_text(&sql, STR("SELECT"));
        assert_true(pg_literal(&sql, (str){ text, len }));
        buf_char(&sql, '\0');
        assert_null(pg_ask(&by_hand, boot, sql.at, &back));
        assert_int_equal(back.len, len);
        assert_memory_equal(back.at, text, len);
    }
    struct buf none = { .in = boot };
    assert_false(pg_literal(&none, (str){ "a\0b", 3 }));
    assert_false(pg_literal(&none, STR("\xc3")));
    assert_false(pg_literal(&none, STR("\xed\xa0\x80")));
    assert_int_equal(none.len, 0);
    pg_link_drop(&by_hand);
}

static void literals_come_back(void **state)
{
    (void)state;
    on_loop(literals_body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_as_they_were_bound),
        cmocka_unit_test(reads_of_a_turn_leave_together),
        cmocka_unit_test(reads_by_key_are_one_read),
        cmocka_unit_test(a_batch_is_one_commit_and_a_bad_command_is_alone),
        cmocka_unit_test(replicas_keep_one_dense_log_and_hear_each_other),
        cmocka_unit_test(what_was_lost_is_looked_up),
        cmocka_unit_test(a_connection_that_ended_is_made_again),
        cmocka_unit_test(a_lock_that_is_not_to_be_had_is_busy),
        cmocka_unit_test(a_server_that_is_away_is_no_fault_at_start),
        cmocka_unit_test(a_schema_that_does_not_fit_is_refused),
        cmocka_unit_test(literals_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
