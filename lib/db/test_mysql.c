/* test_mysql.c - the driver of MySQL against a real server: addresses, rows, acts, keys, views. */
#include "lib/db/mysql_tables.h"
#include "lib/db/test_mysql.h"

/* --- addresses --- */

static const char *refused(const char *url)
{
    struct my_address found;
    const fault *problem = my_address_read(boot, "ROOMS_DATABASE_URL", str_of(url), &found);
    assert_code(problem, FAULT_INVALID, "setting_invalid");
    assert_null(memmem(problem->sentence.at, problem->sentence.len, "s3cret", 6));
    return arena_cstr(boot, problem->sentence);
}

static void test_addresses(void **state)
{
    (void)state;
    struct my_address found;
    boot = arena_new(1 << 20);
    assert_null(my_address_read(boot, "X", STR("mysql://ana:p%40ss:w@rd@db.example:3307/cinema_rooms?ssl=verify&ssl_ca=/a%20b"),
                                &found));
    assert_string_equal(found.host, "db.example");
    assert_string_equal(found.user, "ana");
    assert_string_equal(found.password, "p@ss:w@rd");
    assert_string_equal(found.database, "cinema_rooms");
    assert_string_equal(found.ca, "/a b");
    assert_int_equal(found.port, 3307);
    assert_int_equal(found.tls, MY_TLS_VERIFY);
    assert_null(my_address_read(boot, "X", STR("mysql://root@[::1]/d"), &found));
    assert_string_equal(found.host, "::1");
    assert_string_equal(found.password, "");
    assert_int_equal(found.port, 3306);
    assert_null(my_address_read(boot, "X", STR("mysql://h/d"), &found));
    assert_string_equal(found.user, "");
    refused("postgres://u:s3cret@h/d");
    refused("mysql://u:s3cret@/d");
    refused("mysql://u:s3cret@h");
    refused("mysql://u:s3cret@h/");
    refused("mysql://u:s3cret@h:0/d");
    refused("mysql://u:s3cret@h:x/d");
    refused("mysql://u:s3cret@h/d?ssl=maybe");
    refused("mysql://u:s3cret@h/d?colour=red");
    refused("mysql://u:s3cret@h/d?ssl_ca=x");
    refused("mysql://u:s3cret%@h/d");
    refused("mysql://u:s3cret%00@h/d");
    arena_free(boot);
}

/* --- rows --- */

static const char *const colours[] = { "red", "green", NULL };
struct everything {
    int64_t number, none;
    double real;
    bool yes;
    str text, empty, long_text;
    money price, debt;
    instant made, counted;
    wall shown;
    day date;
    unsigned colour;
    ids numbers;
    strs texts;
    list things;
    struct raw_json raw;
};
static const struct field everything_fields[] = {
    FIELD(struct everything, number, "number"),
    FIELD(struct everything, none, "none", .nullable = true),
    FIELD(struct everything, real, "real"),
    FIELD(struct everything, yes, "yes"),
    FIELD(struct everything, text, "text"),
    FIELD(struct everything, empty, "empty"),
    FIELD(struct everything, long_text, "longText"),
    FIELD(struct everything, price, "price"),
    FIELD(struct everything, debt, "debt"),
    FIELD(struct everything, made, "made"),
    FIELD(struct everything, counted, "counted"),
    FIELD(struct everything, shown, "shown"),
    FIELD(struct everything, date, "date"),
    FIELD(struct everything, colour, "colour", .choices = colours),
    FIELD(struct everything, numbers, "numbers"),
    FIELD(struct everything, texts, "texts"),
    FIELD(struct everything, things, "things", .shape = &thing_shape),
    FIELD(struct everything, raw, "raw"),
};
static const struct shape everything_shape = SHAPE(everything, everything_fields);

static void rows_are_read_by_shape(void)
{
    struct everything found;
    bool there;
    assert_null(my_one(my_reader(store), boot, &everything_shape, &found, &there,
                       "SELECT CAST(? AS SIGNED) AS number, CAST(? AS SIGNED) AS none, CAST(? AS DOUBLE) AS `real`, ? = 1 AS yes,"
                       " CAST(? AS CHAR) AS text, CAST(? AS CHAR) AS empty, REPEAT('ñ', 100000) AS long_text,"
                       " CAST(? AS DECIMAL(10,2)) AS price, CAST(? AS DECIMAL(10,2)) AS debt,"
                       " CAST(? AS DATETIME(3)) AS made, 86400001 AS counted, CAST(? AS DATETIME) AS shown,"
                       " CAST('2026-11-25' AS DATE) AS date, 'green' AS colour, CAST(? AS CHAR) AS numbers,"
                       " '[\"a\",\"b\\\\\"\"]' AS texts, '[{\"id\":7,\"name\":\"x\"}]' AS things, '{\"a\":1}' AS raw",
                       MY_BIND(my_int(-5), my_int(INT64_MIN), my_real(1.5), my_flag(true), my_text(STR("Sala 1 \xf0\x9f\x8e\xac")),
                               my_text(STR("")), my_money(boot, (money){ 1250 }), my_money(boot, (money){ -7 }),
                               my_instant((instant){ -1 }), my_wall((wall){ 1795600800 }),
                               my_ids(boot, &(ids){ (int64_t[]){ 3, -4 }, 2 }))));
    assert_true(there);
    assert_int_equal(found.number, -5);
    assert_int_equal(found.none, INT64_MIN);
    assert_true(found.real > 1.49 && found.real < 1.51 && found.yes);
    assert_text(found.text, "Sala 1 \xf0\x9f\x8e\xac");
    assert_text(found.empty, "");
    assert_int_equal(found.long_text.len, 200000);
    assert_int_equal(found.price.cents, 1250);
    assert_int_equal(found.debt.cents, -7);
    assert_int_equal(found.made.ms, -1);
    assert_int_equal(found.counted.ms, 86400001);
    assert_int_equal(found.shown.s, 1795600800);
    assert_int_equal(found.date.days, 20782);
    assert_int_equal(found.colour, 1);
    assert_int_equal(found.numbers.count, 2);
    assert_int_equal(found.numbers.at[1], -4);
    assert_text(found.texts.at[1], "b\"");
    assert_int_equal(LIST_AT(&found.things, struct thing, 0)->id, 7);
    assert_text(found.raw.text, "{\"a\":1}");
}

static void lists_and_numbers(void)
{
    list things;
    ids numbers;
    int64_t n = 77;
    assert_null(my_list(my_reader(store), boot, &thing_shape, &things, "SELECT * FROM things", MY_NO_BINDS));
    assert_int_equal(things.count, 0);
    for (int i = 0; i < 40; i++)
        assert_null(name_insert(store, arena_cstr(boot, arena_printf(boot, "n%02d", i))));
    assert_null(my_list(my_reader(store), boot, &thing_shape, &things, "SELECT * FROM things ORDER BY id LIMIT ?",
                        MY_BIND(my_int(33))));
    assert_int_equal(things.count, 33);
    assert_text(LIST_AT(&things, struct thing, 32)->name, "n32");
    assert_null(my_numbers(my_reader(store), boot, &numbers, "SELECT id FROM things ORDER BY id DESC", MY_NO_BINDS));
    assert_int_equal(numbers.count, 40);
    assert_int_equal(numbers.at[0] - numbers.at[39], 39);
    assert_null(my_number(my_reader(store), boot, &n, "SELECT max(id) FROM things WHERE id < 0", MY_NO_BINDS));
    assert_int_equal(n, 77);
    struct thing none = { .id = 5 };
    bool found;
    assert_null(my_one(my_reader(store), boot, &thing_shape, &none, &found, "SELECT * FROM things WHERE id < 0", MY_NO_BINDS));
    assert_false(found);
    assert_int_equal(none.id, 5);
    assert_code(my_run(my_reader(store), boot, "SELECT nothing", MY_NO_BINDS), FAULT_INTERNAL, "internal_error");
    assert_code(my_run(my_reader(store), boot, "SELECT ?", MY_NO_BINDS), FAULT_INTERNAL, "internal_error");
}

/* --- acts --- */

static const fault *insert_then_refuse(struct my *db, arena *a, void *arg)
{
    TRY(thing_insert(db, a, arg));
    return fault_new(a, FAULT_CONFLICT, "changed_my_mind", "No.");
}

static const fault *insert_twice(struct my *db, arena *a, void *arg)
{
    struct thing *want = arg;
    TRY(thing_insert(db, a, arg));
    assert_code(my_run(db, a, "INSERT INTO things (name) VALUES (?)", MY_BIND(my_text(want->name))), FAULT_CONFLICT,
                "unique_broken");
    return NULL; /* the act may go on */
}

static void acts_are_all_or_nothing(void)
{
    struct thing want = { .name = STR("x") };
    assert_int_equal(my_position(store), 0);
    assert_code(my_write(store, boot, insert_then_refuse, &want), FAULT_CONFLICT, "changed_my_mind");
    assert_int_equal(number_of("SELECT count(*) FROM things"), 0);
    assert_int_equal(number_of("SELECT count(*) FROM log"), 0);
    assert_int_equal(my_position(store), 0);
    assert_null(my_write(store, boot, insert_twice, &want));
    assert_int_equal(number_of("SELECT count(*) FROM things"), 1);
    assert_int_equal(my_position(store), 1);
    assert_int_equal(moved_to, 1);
    assert_code(name_insert(store, "x"), FAULT_CONFLICT, "unique_broken");
    assert_code(name_insert(store, "12345678901234567890123456789012345678901234567890+"), FAULT_INVALID, "constraint_broken");
    assert_int_equal(my_position(store), 1);
    assert_int_equal(number_of("SELECT position FROM log_counter"), 1);
}

static const fault *once_act(struct my *db, arena *a, void *arg)
{
    struct once key = { STR("POST /things"), STR("Key"), STR("hash") };
    struct thing *want = arg;
    bool seen;
    TRY(my_once_recall(db, a, &key, &thing_shape, want, &seen));
    if (seen)
        return NULL;
    TRY(thing_insert(db, a, want));
    return my_once_keep(db, a, &key, &thing_shape, want, 0);
}

static const fault *sweep_act(struct my *db, arena *a, void *arg)
{
    (void)arg;
    return my_once_sweep(db, a);
}

static void keys_give_the_same_answer(void)
{
    struct thing first = { .name = STR("a") }, second = { .name = STR("b") };
    bool seen;
    assert_null(my_write(store, boot, once_act, &first));
    assert_null(my_write(store, boot, once_act, &second));
    assert_int_equal(first.id, second.id);
    assert_text(second.name, "a");
    struct once other = { STR("POST /things"), STR("key"), STR("hash") };
    assert_null(my_once_recall(my_reader(store), boot, &other, &thing_shape, &first, &seen));
    assert_false(seen); /* keys are told apart by case */
    other = (struct once){ STR("POST /things"), STR("Key"), STR("other") };
    assert_code(my_once_recall(my_reader(store), boot, &other, &thing_shape, &first, &seen), FAULT_KEY_REUSED,
                "idempotency_key_reused");
    assert_null(my_write(store, boot, sweep_act, NULL));
    assert_int_equal(number_of("SELECT count(*) FROM once_keys"), 1);
    assert_null(my_run(my_reader(store), boot, "UPDATE once_keys SET made_ms = made_ms - 86400001", MY_NO_BINDS));
    assert_null(my_once_recall(my_reader(store), boot, &other, &thing_shape, &first, &seen));
    assert_false(seen);
    assert_null(my_write(store, boot, sweep_act, NULL));
    assert_int_equal(number_of("SELECT count(*) FROM once_keys"), 0);
}

/* --- whole tables --- */

static const struct my_table things_table = { .name = "things", .key = "id" };

static size_t rows_of(struct my_view *view, const struct my_table *t, const struct shape *row)
{
    size_t count = 0;
    list page;
    int64_t before = 0;
    my_view_begin(view, t, row);
    do {
        assert_null(my_view_rows(view, boot, 1000, &page));
        for (size_t i = 0; i < page.count; i++) {
            assert_true(LIST_AT(&page, struct thing, i)->id > before);
            before = LIST_AT(&page, struct thing, i)->id;
        }
        count += page.count;
    } while (page.count > 0);
    return count;
}

static void views_stay_where_they_began(void)
{
    struct my_view *view, *more[MY_VIEWS_MAX];
    int64_t position;
    for (int i = 0; i < 50; i++)
        assert_null(name_insert(store, arena_cstr(boot, arena_printf(boot, "before %d", i))));
    assert_null(my_view_open(store, boot, &view, &position));
    assert_int_equal(position, 50);
    assert_null(name_insert(store, "after"));
    assert_null(my_run(my_reader(store), boot, "DELETE FROM things WHERE name = 'before 7'", MY_NO_BINDS));
    assert_int_equal(rows_of(view, &things_table, &thing_shape), 50);
    assert_int_equal(rows_of(view, &things_table, &thing_shape), 50);
    for (size_t i = 1; i < MY_VIEWS_MAX; i++)
        assert_null(my_view_open(store, boot, &more[i], &position));
    assert_code(my_view_open(store, boot, &more[0], &position), FAULT_UNAVAILABLE, "export_busy");
    assert_null(name_insert(store, "last"));
    for (size_t i = 1; i < MY_VIEWS_MAX; i++)
        my_view_close(more[i]);
    my_view_close(view);
    assert_null(my_view_open(store, boot, &view, &position));
    assert_int_equal(position, 52);
    assert_int_equal(rows_of(view, &things_table, &thing_shape), 51);
    my_view_close(view);
}

static void restores_close_the_door(void)
{
    static const struct my_table tables[] = { { .name = "things", .key = "id" }, { .name = "log", .key = "position" }, { .name = NULL } };
    static const struct my_restore all = { tables };
    struct my_store *other = store_another();
    struct thing rows[] = { { 3, STR("three") }, { 9, STR("nine") } };
    list both = { rows, 2 };
    assert_code(my_restore_rows(store, boot, &tables[0], &thing_shape, &both), FAULT_CONFLICT, "restore_not_started");
    assert_null(my_restore_start(store, boot, &all));
    assert_true(my_restore_runs(store));
    assert_code(name_insert(store, "x"), FAULT_UNAVAILABLE, "restore_running");
    assert_code(name_insert(other, "x"), FAULT_UNAVAILABLE, "restore_running");
    assert_true(my_restore_runs(other));
    assert_null(my_restore_rows(store, boot, &tables[0], &thing_shape, &both));
    assert_code(my_restore_rows(store, boot, &tables[0], &thing_shape, &both), FAULT_INVALID, "row_refused");
    assert_null(my_restore_start(store, boot, &all)); /* anew */
    assert_int_equal(number_of("SELECT COUNT(*) FROM things"), 0);
    assert_null(my_restore_rows(other, boot, &tables[0], &thing_shape, &both));
    assert_null(my_restore_finish(other, boot, &all));
    assert_null(name_insert(store, "x"));
    assert_false(my_restore_runs(store));
    assert_int_equal(number_of("SELECT MAX(id) FROM things"), 10);
    assert_code(my_restore_start(store, boot, &all), FAULT_CONFLICT, "store_not_empty");
    my_close(other);
}

ON_STORE(rows_are_read_by_shape)
ON_STORE(lists_and_numbers)
ON_STORE(acts_are_all_or_nothing)
ON_STORE(keys_give_the_same_answer)
ON_STORE(views_stay_where_they_began)
ON_STORE(restores_close_the_door)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_rows_are_read_by_shape),
        cmocka_unit_test(test_lists_and_numbers),
        cmocka_unit_test(test_acts_are_all_or_nothing),
        cmocka_unit_test(test_keys_give_the_same_answer),
        cmocka_unit_test(test_views_stay_where_they_began),
        cmocka_unit_test(test_restores_close_the_door),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
