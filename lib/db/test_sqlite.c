/* test_sqlite.c - the embedded store: opening, rows by shape, the log, keys. */
#include "lib/db/test_sqlite.h"

#include <stdio.h>

/* --- faults --- */

static const fault *orphan_insert(struct sql *db, arena *a, void *arg)
{
    (void)arg;
    return sql_run(db, a, "INSERT INTO parts (thing_id) VALUES (99)", NO_BINDS);
}

static void faults(void)
{
    assert_null(name_insert("a"));
    assert_code(name_insert("a"), FAULT_CONFLICT, "unique_broken");
    assert_code(sqlite_write(store, boot, orphan_insert, NULL), FAULT_INVALID, "constraint_broken");
    struct thing want = { .name = STR("b") };
    assert_code(sqlite_write(store, boot, insert_then_refuse, &want), FAULT_CONFLICT, "changed_my_mind");
    assert_null(name_insert("c"));
    assert_int_equal(number_of("SELECT count(*) FROM things"), 2);
    assert_positions_dense();
    const fault *wrong = sql_run(sqlite_reader(store), boot, "SELECT nonsense", NO_BINDS);
    assert_code(wrong, FAULT_INTERNAL, "internal_error");
    assert_null(strstr(wrong->sentence.at, "nonsense"));
    assert_non_null(strstr(wrong->internal.at, "nonsense"));
    assert_code(sql_run(sqlite_reader(store), boot, "SELECT ?1", NO_BINDS), FAULT_INTERNAL, "internal_error");
    /* The reader cannot write. */
    assert_non_null(sql_run(sqlite_reader(store), boot, "DELETE FROM things", NO_BINDS));
    assert_int_equal(number_of("SELECT count(*) FROM things"), 2);
}

static void test_faults(void **state)
{
    (void)state;
    on_loop(faults);
}

/* --- opening --- */

static void second_opening(void)
{
    struct sqlite *other = NULL;
    struct sqlite_setup setup = setup_of(migrations);
    assert_code(sqlite_open(boot, &other, &setup), FAULT_INVALID, "store_in_use");
    assert_null(other);

    /* Migrations run once; more of them run on top; fewer are refused. */
    assert_null(name_insert("kept"));
    sqlite_close(store);
    assert_code(name_insert("closed"), FAULT_UNAVAILABLE, "store_unavailable");
    static const struct migration more[] = {
        { 1, "things", "CREATE TABLE things (id INTEGER)" },
        { 2, "more", "ALTER TABLE things ADD COLUMN more TEXT; CREATE INDEX by_more ON things (more);" },
        { 0, NULL, NULL },
    };
    setup = setup_of(more);
    assert_null(sqlite_open(boot, &store, &setup));
    assert_int_equal(sqlite_position(store), 1);
    assert_int_equal(number_of("SELECT count(more) + count(*) FROM things"), 1);
    assert_int_equal(number_of("SELECT count(*) FROM schema_migrations"), 2);
    sqlite_close(store);

    assert_code(open_again(), FAULT_INVALID, "store_unreadable");
    static const struct migration broken[] = {
        { 3, "half", "CREATE TABLE half (id INTEGER); SELECT nonsense;" },
        { 0, NULL, NULL },
    };
    setup = setup_of(broken);
    assert_non_null(sqlite_open(boot, &store, &setup));
    setup = setup_of(more);
    assert_null(sqlite_open(boot, &store, &setup));
    assert_int_equal(number_of("SELECT count(*) FROM sqlite_master WHERE name = 'half'"), 0);
    assert_null(sqlite_check(store, boot));
}

static void test_opening(void **state)
{
    (void)state;
    on_loop(second_opening);
}

/* --- rows --- */

static const char *const colours[] = { "red", "green", "blue", NULL };
struct point {
    int64_t x, y;
};
static const struct field point_fields[] = { FIELD(struct point, x, "x"), FIELD(struct point, y, "y") };
static const struct shape point_shape = SHAPE(point, point_fields);
struct everything {
    int64_t whole;
    double real;
    bool yes;
    str text;
    money price;
    instant at;
    wall shown;
    day on;
    unsigned colour;
    ids numbers;
    strs texts;
    list points;
    struct point *point;
    struct raw_json raw;
};
static const struct field everything_fields[] = {
    FIELD(struct everything, whole, "whole", .nullable = true),
    FIELD(struct everything, real, "real"),
    FIELD(struct everything, yes, "yes"),
    FIELD(struct everything, text, "text", .nullable = true),
    FIELD(struct everything, price, "price", .nullable = true),
    FIELD(struct everything, at, "at"),
    FIELD(struct everything, shown, "shown"),
    FIELD(struct everything, on, "on"),
    FIELD(struct everything, colour, "colour", .choices = colours),
    FIELD(struct everything, numbers, "numbers"),
    FIELD(struct everything, texts, "texts"),
    FIELD(struct everything, points, "points", .shape = &point_shape),
    FIELD(struct everything, point, "point", .nullable = true, .shape = &point_shape),
    FIELD(struct everything, raw, "raw"),
};
static const struct shape everything_shape = SHAPE(everything, everything_fields);

static void rows_full(struct everything *e)
{
    int64_t some[] = { 3, -4, 5 };
    str names[] = { STR("plain"), STR("q\"uo\\te, é\n\x01"), STR("") };
    bool found;
    assert_null(sql_one(sqlite_reader(store), boot, &everything_shape, e, &found,
                        "SELECT ?1 AS whole, ?2 AS real, ?3 AS yes, ?4 AS text, ?5 AS price, ?6 AS at, ?7 AS shown,"
                        " 9 AS \"on\", 'blue' AS colour, ?8 AS numbers, ?9 AS texts, 'ignored' AS stranger,"
                        " '[{\"x\":1,\"y\":2},{\"x\":3,\"y\":4}]' AS points, '{\"x\":5,\"y\":6}' AS point,"
                        " '{\"any\":1}' AS raw",
                        BIND(sql_int(-7), sql_real(2.5), sql_bool(true), sql_text(STR("olé")),
                             sql_money((money){ 1250 }), sql_instant((instant){ 1000 }),
                             sql_wall((wall){ 60 }), sql_ids(boot, &(ids){ some, 3 }),
                             sql_json_texts(boot, &(strs){ names, 3 }))));
    assert_true(found);
    assert_int_equal(e->whole, -7);
    assert_true(e->real > 2.4 && e->real < 2.6 && e->yes);
    assert_true(str_equal(e->text, STR("olé")));
    assert_int_equal(e->price.cents, 1250);
    assert_int_equal(e->at.ms, 1000);
    assert_int_equal(e->shown.s, 60);
    assert_int_equal(e->on.days, 9);
    assert_int_equal(e->colour, 2);
    assert_int_equal(e->numbers.count, 3);
    assert_int_equal(e->numbers.at[1], -4);
    assert_int_equal(e->texts.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(str_equal(e->texts.at[i], names[i]));
    assert_int_equal(e->points.count, 2);
    assert_int_equal(LIST_AT(&e->points, struct point, 1)->y, 4);
    assert_int_equal(e->point->x, 5);
    assert_true(str_equal(e->raw.text, STR("{\"any\":1}")));
}

static void rows(void)
{
    struct everything e;
    rows_full(&e);
    bool found;
    assert_null(sql_one(sqlite_reader(store), boot, &everything_shape, &e, &found,
                        "SELECT NULL AS whole, ?1 AS text, ?2 AS price, ?3 AS at, 1 AS colour, '[]' AS numbers,"
                        " '[]' AS texts, NULL AS point",
                        BIND(sql_text((str){ NULL, 0 }), sql_money((money){ INT64_MIN }),
                             sql_instant(INSTANT_NONE))));
    assert_int_equal(e.whole, INT64_MIN);
    assert_null(e.text.at);
    assert_true(e.price.cents < 0 && e.at.ms == TIME_NONE && e.colour == 1);
    assert_int_equal(e.numbers.count + e.texts.count, 0);
    assert_null(e.point);

    struct thing kept = { .id = 5 };
    assert_null(sql_one(sqlite_reader(store), boot, &thing_shape, &kept, &found,
                        "SELECT id, name FROM things", NO_BINDS));
    assert_false(found);
    assert_int_equal(kept.id, 5);

    list many;
    assert_null(sql_list(sqlite_reader(store), boot, &thing_shape, &many,
                         "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
                         " SELECT i AS id, 'n' || i AS name FROM n", NO_BINDS));
    assert_int_equal(many.count, 100);
    assert_int_equal(LIST_AT(&many, struct thing, 99)->id, 100);
    assert_true(str_equal(LIST_AT(&many, struct thing, 50)->name, STR("n51")));
    ids numbers;
    assert_null(sql_numbers(sqlite_reader(store), boot, &numbers,
                            "SELECT value FROM json_each(?1)", BIND(sql_text(STR("[4,5,6]")))));
    assert_int_equal(numbers.count, 3);
    assert_int_equal(numbers.at[2], 6);
}

static void test_rows(void **state)
{
    (void)state;
    on_loop(rows);
}

/* A text in memory that another text had before is another statement, also when there are too many of them. */
static void texts_made_anew(void)
{
    char text[64];
    for (int i = 0; i < STATEMENTS_MAX * 2; i++) {
        snprintf(text, sizeof(text), "SELECT %d", i);
        assert_int_equal(number_of(text), i);
        assert_int_equal(number_of("SELECT -1"), -1);
    }
}

static void test_texts_made_anew(void **state)
{
    (void)state;
    on_loop(texts_made_anew);
}

/* --- log and keys --- */

static void log_pages(void)
{
    for (int i = 0; i < 5; i++)
        assert_null(name_insert(arena_printf(boot, "n%d", i).at));
    struct event_page page = { 0 };
    assert_null(sqlite_log_read(store, boot, 1, 3, &page));
    assert_int_equal(page.events.count, 3);
    assert_int_equal(page.position, 5);
    const struct event *e = LIST_AT(&page.events, struct event, 0);
    assert_int_equal(e->position, 2);
    assert_true(str_equal(e->type, STR("thing.changed")));
    assert_true(str_equal(e->subject, STR("n1")));
    assert_true(str_equal(e->data, STR("{\"id\":2,\"name\":\"n1\"}")));
    assert_true(clock_now().ms - e->time.ms < 60000);
    assert_null(sqlite_log_read(store, boot, 5, 3, &page));
    assert_int_equal(page.events.count, 0);
    assert_int_equal(page.position, 5);
}

static void test_log(void **state)
{
    (void)state;
    on_loop(log_pages);
}

struct once_want {
    struct once *key;
    struct thing thing;
    bool seen;
};

static const fault *insert_once(struct sql *db, arena *a, void *arg)
{
    struct once_want *want = arg;
    TRY(sqlite_once_recall(db, a, want->key, &thing_shape, &want->thing, &want->seen));
    if (want->seen)
        return NULL;
    TRY(thing_insert(db, a, &want->thing));
    return sqlite_once_keep(db, a, want->key, &thing_shape, &want->thing, 7);
}

static const fault *keys_age(struct sql *db, arena *a, void *arg)
{
    (void)arg;
    return sql_run(db, a, "UPDATE once_keys SET made_ms = made_ms - 86400000", NO_BINDS);
}

static const fault *keys_sweep(struct sql *db, arena *a, void *arg)
{
    (void)arg;
    return sqlite_once_sweep(db, a);
}

static const fault *owner_forget(struct sql *db, arena *a, void *arg)
{
    return sqlite_once_forget_owner(db, a, *(int64_t *)arg);
}

static void keys(void)
{
    struct once key = { .scope = STR("POST /things"), .key = STR("k1"), .body_hash = STR("h1") };
    struct once_want first = { .key = &key, .thing.name = STR("once") }, again = first;
    assert_null(sqlite_write(store, boot, insert_once, &first));
    assert_false(first.seen);
    again.thing.name = STR("not looked at");
    assert_null(sqlite_write(store, boot, insert_once, &again));
    assert_true(again.seen);
    assert_int_equal(again.thing.id, first.thing.id);
    assert_true(str_equal(again.thing.name, STR("once")));
    assert_int_equal(sqlite_position(store), 1);

    key.body_hash = STR("h2");
    assert_code(sqlite_write(store, boot, insert_once, &again), FAULT_KEY_REUSED, "idempotency_key_reused");
    int64_t owner = 8;
    assert_null(sqlite_write(store, boot, owner_forget, &owner));
    assert_int_equal(number_of("SELECT count(*) FROM once_keys"), 1);

    /* After a day the key is free, swept or not. */
    assert_null(sqlite_write(store, boot, keys_age, NULL));
    struct once_want later = { .key = &key, .thing.name = STR("a day later") };
    assert_null(sqlite_write(store, boot, insert_once, &later));
    assert_false(later.seen);
    assert_null(sqlite_write(store, boot, keys_sweep, NULL));
    assert_int_equal(number_of("SELECT count(*) FROM once_keys"), 1);
    assert_null(sqlite_write(store, boot, keys_age, NULL));
    assert_null(sqlite_write(store, boot, keys_sweep, NULL));
    assert_int_equal(number_of("SELECT count(*) FROM once_keys"), 0);

    struct once_want none = { .key = NULL, .thing.name = STR("without a key") };
    assert_null(sqlite_write(store, boot, insert_once, &none));
    assert_false(none.seen);
    key.key = STR("k2");
    struct once_want owned = { .key = &key, .thing.name = STR("owned") };
    assert_null(sqlite_write(store, boot, insert_once, &owned));
    owner = 7;
    assert_null(sqlite_write(store, boot, owner_forget, &owner));
    assert_int_equal(number_of("SELECT count(*) FROM once_keys"), 0);
}

static void test_once(void **state)
{
    (void)state;
    on_loop(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults), cmocka_unit_test(test_opening),          cmocka_unit_test(test_rows),
        cmocka_unit_test(test_log),    cmocka_unit_test(test_texts_made_anew), cmocka_unit_test(test_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
