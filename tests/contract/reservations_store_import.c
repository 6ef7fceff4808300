/* reservations_store_import.c - what the store of reservations promises of the users of a file, asked of every implementation. */
#include "lib/json/read.h"
#include "tests/contract/reservations_store.h"

#define ROWS_MAX 8

static struct imported made;

static void bring(bool check, const char *const *texts)
{
    int64_t index[ROWS_MAX];
    struct import_rows order = { { NEW_ARRAY(a, struct user_import, ROWS_MAX), 0 }, { index, 0 }, check };
    for (; texts[order.rows.count]; order.rows.count++) {
        assert_null(json_read(a, str_of(texts[order.rows.count]), &user_import_shape,
                              LIST_AT(&order.rows, struct user_import, order.rows.count)));
        index[order.index.count++] = (int64_t)order.rows.count;
    }
    made = imported_new(a, ROWS_MAX);
    assert_null(store->users_import(store, a, &order, &made));
}

#define USERS(check, ...) bring(check, (const char *const[]){ __VA_ARGS__, NULL })

static void expect(int64_t created, int64_t changed, int64_t unchanged, size_t told)
{
    assert_int_equal(made.created, created);
    assert_int_equal(made.changed, changed);
    assert_int_equal(made.unchanged, unchanged);
    assert_int_equal(made.rows.count, told);
}

static void users_of_a_file(void)
{
    static const char ana[] = "{\"email\":\"ana@x.pe\",\"name\":\"Ana\",\"phone\":\"1\"}";
    USERS(true, ana, "{\"email\":\"b@x.pe\"}");
    expect(1, 0, 0, 1);
    assert_int_equal(store->position(store), 0);
    USERS(false, ana, "{\"email\":\"b@x.pe\"}", "{\"email\":\"c@x.pe\",\"name\":\"C\"}");
    expect(2, 0, 0, 1);
    assert_text(LIST_AT(&made.rows, struct imported_row, 0)->code, "validation_failed");
    USERS(false, ana, "{\"email\":\"C@x.pe\",\"phone\":\"2\"}", "{\"email\":\"ana@x.pe\"}");
    expect(0, 1, 2, 1);
    const struct imported_row *changed = LIST_AT(&made.rows, struct imported_row, 0);
    assert_int_equal(changed->index, 1);
    assert_int_equal(changed->fields.count, 2);
    assert_text(changed->fields.at[0], "email");
    assert_text(changed->fields.at[1], "phone");
    list found;
    assert_null(store->user_list(store, a, 10, 0, &found));
    assert_int_equal(found.count, 2);
    assert_text(LIST_AT(&found, struct user, 1)->name, "C");
    assert_text(LIST_AT(&found, struct user, 1)->phone, "2");
    assert_text(str_of(events_after(0)), "user.changed user.changed user.changed");

    /* Who was erased is nobody's any more. */
    assert_null(store->user_erase(store, a, LIST_AT(&found, struct user, 0)->id));
    USERS(false, ana);
    expect(1, 0, 0, 0);
}

ON_STORE(users_of_a_file)

int import_tests(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_users_of_a_file) };
    return cmocka_run_group_tests_name("users of a file", tests, NULL, NULL);
}
