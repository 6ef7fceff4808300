/* test_sqlite_tables.c - views that stand still while others write, and restores that nothing disturbs. */
#include "lib/db/sqlite_tables.h"
#include "lib/db/test_sqlite.h"

#include "lib/base/random.h"
#include "lib/json/write.h"

/* --- every kind of column --- */

struct mixed {
    int64_t id, maybe;
    double ratio;
    bool on;
    str words, none;
    money price, tip;
    instant at;
    wall clock;
    day date;
    unsigned colour;
    ids numbers;
    strs texts;
    struct raw_json raw;
};
static const char *const colours[] = { "red", "green", NULL };
static const struct field mixed_fields[] = {
    FIELD(struct mixed, id, "id"),
    FIELD(struct mixed, maybe, "maybe", .nullable = true),
    FIELD(struct mixed, ratio, "ratio"),
    FIELD(struct mixed, on, "on"),
    FIELD(struct mixed, words, "words"),
    FIELD(struct mixed, none, "none", .nullable = true),
    FIELD(struct mixed, price, "price"),
    FIELD(struct mixed, tip, "tip", .nullable = true),
    FIELD(struct mixed, at, "at", .nullable = true),
    FIELD(struct mixed, clock, "clock"),
    FIELD(struct mixed, date, "date"),
    FIELD(struct mixed, colour, "colour", .choices = colours),
    FIELD(struct mixed, numbers, "numbers"),
    FIELD(struct mixed, texts, "texts"),
    FIELD(struct mixed, raw, "raw"),
};
static const struct shape mixed_shape = SHAPE(mixed, mixed_fields);

static struct bind twice(arena *a, const void *row)
{
    (void)a;
    return sql_int(((const struct mixed *)row)->id * 2);
}

struct log_row {
    int64_t position;
    str type, subject;
    instant time_ms;
    struct raw_json data;
};
static const struct field log_fields[] = {
    FIELD(struct log_row, position, "position"), FIELD(struct log_row, type, "type"),
    FIELD(struct log_row, subject, "subject"),   FIELD(struct log_row, time_ms, "time"),
    FIELD(struct log_row, data, "data"),
};
static const struct shape log_shape = SHAPE(log_row, log_fields);

static const struct sqlite_table tables[] = {
    { .name = "things", .key = "id" },
    { .name = "parts", .key = "id" },
    { .name = "mixed", .key = "id", .also = "twice", .derive = twice },
    { .name = "own", .key = "id", .own = true },
    { .name = "log", .key = "position" },
    { .name = NULL },
};
enum { THINGS, PARTS, MIXED, OWN, LOG };

static const fault *counts_make(struct sql *db, arena *a, void *arg)
{
    (*(int *)arg)++;
    TRY(sql_run(db, a, "DELETE FROM counts", NO_BINDS));
    return sql_run(db, a, "INSERT INTO counts SELECT count(*) FROM things", NO_BINDS);
}
static int rebuilt;
static const struct sqlite_restore restore = { tables, counts_make, &rebuilt };

static const fault *more_tables(struct sql *db, arena *a, void *arg)
{
    (void)arg;
    TRY(sql_run(db, a,
                "CREATE TABLE IF NOT EXISTS mixed (id INTEGER PRIMARY KEY AUTOINCREMENT, maybe INTEGER, ratio REAL, \"on\" INTEGER, "
                "words TEXT NOT NULL, none TEXT, price INTEGER, tip INTEGER, at INTEGER, clock INTEGER, date INTEGER, "
                "colour TEXT, numbers TEXT, texts TEXT, raw TEXT, twice INTEGER NOT NULL)",
                NO_BINDS));
    TRY(sql_run(db, a, "CREATE TABLE IF NOT EXISTS own (id INTEGER PRIMARY KEY)", NO_BINDS));
    TRY(sql_run(db, a, "INSERT OR IGNORE INTO own VALUES (7)", NO_BINDS));
    return sql_run(db, a, "CREATE TABLE IF NOT EXISTS counts (n INTEGER)", NO_BINDS);
}

static void tables_make(void)
{
    assert_null(sqlite_write(store, boot, more_tables, NULL));
}

/* --- views --- */

static int64_t rows_left(struct sqlite_view *v, int64_t at_once)
{
    int64_t all = 0, last = 0;
    for (;;) {
        list rows;
        assert_null(sqlite_view_rows(v, boot, at_once, &rows));
        if (rows.count == 0)
            return all;
        assert_true((int64_t)rows.count <= at_once);
        for (size_t i = 0; i < rows.count; i++) {
            assert_true(LIST_AT(&rows, struct thing, i)->id > last);
            last = LIST_AT(&rows, struct thing, i)->id;
        }
        all += (int64_t)rows.count;
    }
}

static void views(void)
{
    struct sqlite_view *v, *later, *more[SQLITE_VIEWS_MAX];
    int64_t position;
    list rows;
    for (int i = 0; i < 10; i++)
        assert_null(name_insert(arena_printf(boot, "thing %d", i).at));
    assert_null(sqlite_view_open(store, boot, &v, &position));
    assert_int_equal(position, 10);

    /* What is written meanwhile is for later views. */
    assert_null(sqlite_view_begin(v, boot, &tables[THINGS], &thing_shape));
    assert_null(sqlite_view_rows(v, boot, 4, &rows));
    assert_int_equal(rows.count, 4);
    assert_true(str_equal(LIST_AT(&rows, struct thing, 0)->name, STR("thing 0")));
    assert_null(name_insert("late"));
    assert_int_equal(rows_left(v, 4), 6);
    assert_null(sqlite_view_open(store, boot, &later, &position));
    assert_int_equal(position, 11);
    assert_null(sqlite_view_begin(later, boot, &tables[THINGS], &thing_shape));
    assert_int_equal(rows_left(later, 100), 11);
    assert_null(sqlite_view_begin(v, boot, &tables[LOG], &log_shape));
    assert_null(sqlite_view_rows(v, boot, 100, &rows)); /* left before its end */
    assert_int_equal(rows.count, 10);
    assert_int_equal(LIST_AT(&rows, struct log_row, 9)->position, 10);
    assert_null(sqlite_view_begin(v, boot, &tables[THINGS], &thing_shape));
    assert_int_equal(rows_left(v, 3), 10);
    sqlite_view_close(v);
    sqlite_view_close(later);

    /* So many at once and no more; one that ends makes room. */
    for (int i = 0; i < SQLITE_VIEWS_MAX; i++)
        assert_null(sqlite_view_open(store, boot, &more[i], &position));
    assert_code(sqlite_view_open(store, boot, &v, &position), FAULT_UNAVAILABLE, "export_busy");
    sqlite_view_close(more[0]);
    assert_null(sqlite_view_open(store, boot, &more[0], &position));
    for (int i = 0; i < SQLITE_VIEWS_MAX; i++)
        sqlite_view_close(more[i]);
}

static void test_views(void **state)
{
    (void)state;
    on_loop(views);
}

static void long_rows(void)
{
    struct sqlite_view *v;
    int64_t position;
    list rows;
    char *name = arena_take(boot, 100001);
    for (char first = 'a'; first < 'a' + 20; first++) {
        memset(name, first, 100000);
        assert_null(name_insert(name));
    }
    assert_null(sqlite_view_open(store, boot, &v, &position));
    assert_null(sqlite_view_begin(v, boot, &tables[THINGS], &thing_shape));
    int64_t all = 0;
    do {
        assert_null(sqlite_view_rows(v, boot, 64, &rows));
        assert_in_range(rows.count, 0, 3); /* however many were asked for */
        all += (int64_t)rows.count;
    } while (rows.count > 0);
    assert_int_equal(all, 20);
    sqlite_view_close(v);
}

static void test_long_rows(void **state)
{
    (void)state;
    on_loop(long_rows);
}

/* --- rows of every kind, there and back --- */

static str mixed_text(const list *rows)
{
    struct buf out = { .in = boot };
    json_write_list(&out, &mixed_shape, rows);
    return buf_str(&out);
}

static void kinds(void)
{
    struct mixed some[] = {
        { .id = 3, .maybe = INTEGER_NONE, .ratio = 8.1, .on = true, .words = STR("\"\xc3\xb1\" \x01 \\"), .price = { 1250 },
          .tip = MONEY_NONE, .at = INSTANT_NONE, .clock = { 1795000000 }, .date = { -400 }, .colour = 1,
          .numbers = { (int64_t[]){ 4, -5 }, 2 }, .texts = { (str[]){ STR("a,b"), STR("") }, 2 },
          .raw = { STR("{\"r\":8.1,\"t\":\"\\u0001\"}") } },
        { .id = 9, .maybe = -1, .ratio = 3, .words = STR(""), .none = STR(""), .price = { 0 }, .tip = { 0 },
          .at = { INT64_C(253402300799999) }, .clock = { 0 }, .date = { 0 }, .colour = 0, .raw = { STR("[1,null]") } },
    };
    list rows = { some, COUNT_OF(some) }, back;
    struct sqlite_view *v;
    int64_t position;
    tables_make();
    assert_null(sqlite_restore_start(store, boot, &restore));
    assert_null(sqlite_restore_rows(store, boot, &tables[MIXED], &mixed_shape, &rows));
    assert_null(sqlite_restore_finish(store, boot, &restore));
    assert_int_equal(number_of("SELECT count(*) FROM mixed WHERE twice = 2 * id"), 2);
    assert_int_equal(number_of("SELECT count(*) FROM mixed WHERE maybe IS NULL AND none IS NULL AND tip IS NULL AND at IS NULL"), 1);
    assert_null(sqlite_view_open(store, boot, &v, &position));
    assert_null(sqlite_view_begin(v, boot, &tables[MIXED], &mixed_shape));
    assert_null(sqlite_view_rows(v, boot, 10, &back));
    sqlite_view_close(v);
    assert_string_equal(arena_cstr(boot, mixed_text(&back)), arena_cstr(boot, mixed_text(&rows)));
}

static void test_kinds(void **state)
{
    (void)state;
    on_loop(kinds);
}

/* --- restores --- */

static const fault *things_put(int64_t first, int64_t last)
{
    list rows = { NEW_ARRAY(boot, struct thing, last - first + 1), (size_t)(last - first + 1) };
    for (int64_t i = first; i <= last; i++)
        *LIST_AT(&rows, struct thing, i - first) = (struct thing){ i, arena_printf(boot, "thing %lld", (long long)i) };
    return sqlite_restore_rows(store, boot, &tables[THINGS], &thing_shape, &rows);
}

static const fault *event_put(int64_t position)
{
    struct log_row row = { position, STR("thing.changed"), STR("1"), { 1780000000123 }, { STR("{}") } };
    return sqlite_restore_rows(store, boot, &tables[LOG], &log_shape, &(list){ &row, 1 });
}

static void restores(void)
{
    tables_make();
    assert_code(things_put(1, 1), FAULT_CONFLICT, "restore_not_started");
    assert_code(sqlite_restore_finish(store, boot, &restore), FAULT_CONFLICT, "restore_not_started");
    assert_null(sqlite_restore_start(store, boot, &restore)); /* what an empty store has of its own is in nobody's way */
    assert_true(sqlite_restore_runs(store));
    assert_int_equal(number_of("SELECT count(*) FROM own"), 0);
    assert_null(things_put(1, 20));

    /* All rows of a request or none, and the one at fault is named. */
    const fault *twice = things_put(19, 25);
    assert_code(twice, FAULT_INVALID, "row_refused");
    assert_non_null(strstr(twice->sentence.at, "rows[0]"));
    struct part {
        int64_t id, thing_id;
    } orphan[] = { { 1, 1 }, { 2, 99 } };
    static const struct field part_fields[] = { FIELD(struct part, id, "id"), FIELD(struct part, thing_id, "thing") };
    static const struct shape part_shape = SHAPE(part, part_fields);
    const fault *lost = sqlite_restore_rows(store, boot, &tables[PARTS], &part_shape, &(list){ orphan, 2 });
    assert_code(lost, FAULT_INVALID, "row_refused");
    assert_non_null(strstr(lost->sentence.at, "rows[1]"));
    assert_int_equal(number_of("SELECT count(*) FROM parts"), 0);
    assert_int_equal(number_of("SELECT count(*) FROM things"), 20);

    /* Nobody else writes. */
    assert_code(name_insert("meanwhile"), FAULT_UNAVAILABLE, "restore_running");
    assert_int_equal(sqlite_position(store), 0);

    /* A log with a hole is not taken, and the store stays as it is. */
    assert_null(event_put(1));
    assert_null(event_put(3));
    assert_code(sqlite_restore_finish(store, boot, &restore), FAULT_CONFLICT, "restore_differs");
    assert_true(sqlite_restore_runs(store));
    assert_null(event_put(2));
    assert_null(sqlite_restore_finish(store, boot, &restore));
    assert_false(sqlite_restore_runs(store));
    assert_int_equal(sqlite_position(store), 3);
    assert_int_equal(moved_to, 3);
    assert_int_equal(rebuilt, 1);
    assert_int_equal(number_of("SELECT n FROM counts"), 20);

    /* It goes on as any store. */
    assert_null(name_insert("after"));
    assert_int_equal(sqlite_position(store), 4);
    assert_positions_dense();
    assert_code(sqlite_restore_start(store, boot, &restore), FAULT_CONFLICT, "store_not_empty");
    assert_false(sqlite_restore_runs(store));
    assert_null(name_insert("and again"));
}

static void test_restores(void **state)
{
    (void)state;
    rebuilt = 0;
    on_loop(restores);
}

static void broken_off(void)
{
    tables_make();
    assert_null(sqlite_restore_start(store, boot, &restore));
    struct mixed high = { .id = 900, .words = STR("x"), .at = INSTANT_NONE };
    assert_null(things_put(1, 5));
    assert_null(event_put(1));
    assert_null(event_put(2));
    assert_null(sqlite_restore_rows(store, boot, &tables[MIXED], &mixed_shape, &(list){ &high, 1 }));
}

/* The process ended in the middle: the store knows, and the next restore begins anew. */
static void begun_anew(void)
{
    assert_true(sqlite_restore_runs(store));
    assert_code(name_insert("too early"), FAULT_UNAVAILABLE, "restore_running");
    assert_null(sqlite_restore_start(store, boot, &restore));
    assert_int_equal(number_of("SELECT count(*) FROM things"), 0);
    assert_int_equal(number_of("SELECT count(*) FROM log"), 0);
    struct mixed low = { .id = 4, .words = STR("x"), .at = INSTANT_NONE };
    assert_null(sqlite_restore_rows(store, boot, &tables[MIXED], &mixed_shape, &(list){ &low, 1 }));
    assert_null(event_put(1));
    assert_null(sqlite_restore_finish(store, boot, &restore));
    assert_int_equal(sqlite_position(store), 1);
    assert_int_equal(number_of("SELECT seq FROM sqlite_sequence WHERE name = 'mixed'"), 4); /* not 900 */
    assert_null(name_insert("now"));
    assert_positions_dense();
}

static void whole_again(void)
{
    assert_false(sqlite_restore_runs(store));
    assert_int_equal(sqlite_position(store), 2);
}

static void test_broken_off(void **state)
{
    (void)state;
    directory_new();
    on_loop_again(broken_off);
    on_loop_again(begun_anew);
    on_loop_again(whole_again);
    directory_drop();
}

static void rows_without_events(void)
{
    tables_make();
    assert_null(sqlite_restore_start(store, boot, &restore));
    assert_null(things_put(1, 1));
    assert_null(sqlite_restore_finish(store, boot, &restore));
    assert_int_equal(sqlite_position(store), 0);
    assert_code(sqlite_restore_start(store, boot, &restore), FAULT_CONFLICT, "store_not_empty");
}

static void test_rows_without_events(void **state)
{
    (void)state;
    on_loop(rows_without_events);
}

/* --- writers and a restore at the same moment --- */

struct booking {
    const fault *problem;
    bool ended;
};

static void book(void *arg)
{
    struct booking *mine = arg;
    struct thing want = { .name = random_hex(boot, 8) };
    mine->problem = sqlite_write(store, boot, thing_insert, &want);
    mine->ended = true;
}

static void start_as_fiber(void *arg)
{
    struct booking *mine = arg;
    mine->problem = sqlite_restore_start(store, boot, &restore);
    mine->ended = true;
}

/* In one batch: who comes before the restore keeps it out, who comes after it is kept out. */
static void same_moment(void)
{
    struct booking before = { 0 }, start = { 0 };
    tables_make();
    assert_true(fiber_start("before", book, &before));
    assert_true(fiber_start("start", start_as_fiber, &start));
    while (!before.ended || !start.ended)
        fiber_sleep(1);
    assert_null(before.problem);
    assert_code(start.problem, FAULT_CONFLICT, "store_not_empty");
    assert_false(sqlite_restore_runs(store));
    assert_null(name_insert("goes on"));
}

static void restore_first(void)
{
    struct booking start = { 0 }, after = { 0 };
    tables_make();
    assert_true(fiber_start("start", start_as_fiber, &start));
    assert_true(fiber_start("after", book, &after));
    while (!after.ended || !start.ended)
        fiber_sleep(1);
    assert_null(start.problem);
    assert_code(after.problem, FAULT_UNAVAILABLE, "restore_running");
    assert_int_equal(number_of("SELECT count(*) FROM things"), 0);
}

static void test_same_moment(void **state)
{
    (void)state;
    on_loop(same_moment);
    on_loop(restore_first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_views),       cmocka_unit_test(test_long_rows),           cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_restores),    cmocka_unit_test(test_broken_off),          cmocka_unit_test(test_rows_without_events),
        cmocka_unit_test(test_same_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
