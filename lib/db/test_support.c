/* test_support.c - the store that the tests of this folder share. */
#include "lib/db/test_sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const struct migration migrations[] = {
    { 1, "things",
      "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT UNIQUE, filler TEXT);"
      "CREATE TABLE parts (id INTEGER PRIMARY KEY, thing_id INTEGER NOT NULL REFERENCES things (id));" },
    { 0, NULL, NULL },
};

char directory[64];
arena *boot;
struct sqlite *store;
int64_t moved_to, moved_calls;

static void store_moved(void *arg, int64_t position)
{
    (void)arg;
    moved_to = position;
    moved_calls++;
}

struct sqlite_setup setup_of(const struct migration *texts)
{
    return (struct sqlite_setup){ .directory = directory, .file = "test.db", .service = "test",
                                  .migrations = texts, .moved = store_moved };
}

const fault *open_again(void)
{
    struct sqlite_setup setup = setup_of(migrations);
    return sqlite_open(boot, &store, &setup);
}

void directory_new(void)
{
    strcpy(directory, "/tmp/test-sqlite-XXXXXX");
    assert_non_null(mkdtemp(directory));
}

void directory_drop(void)
{
    char command[96];
    snprintf(command, sizeof(command), "rm -rf %s", directory);
    assert_int_equal(system(command), 0);
}

static void (*body)(void);

static void body_run(void *arg)
{
    (void)arg;
    fiber_sleep(1); /* the loop runs from here on, */
    fiber_sleep(1); /* and has ended a turn */
    body();
    loop_stop();
}

void on_loop_again(void (*run)(void))
{
    boot = arena_new(64 << 20);
    moved_to = moved_calls = 0;
    loop_open();
    assert_null(open_again());
    body = run;
    assert_true(fiber_start("test", body_run, NULL));
    loop_run();
    sqlite_close(store);
    loop_close();
    arena_free(boot);
}

void on_loop(void (*run)(void))
{
    directory_new();
    on_loop_again(run);
    directory_drop();
}

static const struct field thing_fields[] = {
    FIELD(struct thing, id, "id"),
    FIELD(struct thing, name, "name", .nullable = true),
};
const struct shape thing_shape = SHAPE(thing, thing_fields);

const fault *thing_insert(struct sql *db, arena *a, void *arg)
{
    struct thing *want = arg;
    TRY(sql_run(db, a, "INSERT INTO things (name) VALUES (?1)", BIND(sql_text(want->name))));
    want->id = sql_last_id(db);
    return sqlite_log(db, a, "thing.changed", want->name, &thing_shape, want, NULL);
}

const fault *insert_then_refuse(struct sql *db, arena *a, void *arg)
{
    TRY(thing_insert(db, a, arg));
    return fault_new(a, FAULT_CONFLICT, "changed_my_mind", "No.");
}

const fault *name_insert(const char *name)
{
    struct thing want = { .name = str_of(name) };
    return sqlite_write(store, boot, thing_insert, &want);
}

int64_t number_of(const char *text)
{
    int64_t n = -1;
    assert_null(sql_number(sqlite_reader(store), boot, &n, text, NO_BINDS));
    return n;
}

void assert_code(const fault *problem, enum fault_kind kind, const char *code)
{
    assert_non_null(problem);
    assert_string_equal(problem->code, code);
    assert_int_equal(problem->kind, kind);
}

void assert_positions_dense(void)
{
    assert_int_equal(number_of("SELECT count(*) FROM log"), sqlite_position(store));
    if (sqlite_position(store)) {
        assert_int_equal(number_of("SELECT min(position) FROM log"), 1);
        assert_int_equal(number_of("SELECT max(position) FROM log"), sqlite_position(store));
    }
}
