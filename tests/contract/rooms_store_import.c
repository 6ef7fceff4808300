/* rooms_store_import.c - what the store of rooms promises of the rows of a file, asked of every implementation. */
#include <string.h>

#include "lib/json/read.h"
#include "services/rooms/model_import.h"
#include "tests/contract/rooms_store.h"

#define ROWS_MAX 8

static struct imported made;

/* Rows as JSON, by their shape; what became of them is in `made`. */
static void bring(const struct shape *shape, bool check, const char *const *texts)
{
    static int64_t index[ROWS_MAX];
    struct import_rows order = { { arena_take(a, shape->size * ROWS_MAX), 0 }, { index, 0 }, check };
    for (; texts[order.rows.count]; order.rows.count++) {
        char *room = (char *)order.rows.at + order.rows.count * shape->size;
        assert_null(json_read(a, str_of(texts[order.rows.count]), shape, room));
        index[order.index.count++] = (int64_t)order.rows.count;
    }
    if (shape == &rooms_showing_import_shape)
        for (size_t i = 0; i < order.rows.count; i++)
            LIST_AT(&order.rows, struct showing_import, i)->length_minutes = 60;
    made = imported_new(a, ROWS_MAX);
    assert_null(shape == &rooms_showing_import_shape ? store->showings_import(store, a, &order, &made)
                                                     : store->rooms_import(store, a, &order, &made));
}

#define ROOMS(check, ...) bring(&rooms_room_import_shape, check, (const char *const[]){ __VA_ARGS__, NULL })
#define SHOWINGS(check, ...) bring(&rooms_showing_import_shape, check, (const char *const[]){ __VA_ARGS__, NULL })

static void expect(int64_t created, int64_t changed, int64_t unchanged, size_t told)
{
    assert_int_equal(made.created, created);
    assert_int_equal(made.changed, changed);
    assert_int_equal(made.unchanged, unchanged);
    assert_int_equal(made.rows.count, told);
}

static const struct imported_row *told(int64_t index)
{
    for (size_t i = 0; i < made.rows.count; i++)
        if (LIST_AT(&made.rows, struct imported_row, i)->index == index)
            return LIST_AT(&made.rows, struct imported_row, i);
    fail_msg("nothing is told of row %lld", (long long)index);
    return NULL;
}

static void expect_fields(int64_t index, const char *fields)
{
    struct buf all = { .in = a };
    const struct imported_row *row = told(index);
    for (size_t i = 0; i < row->fields.count; i++)
        buf_printf(&all, "%s%.*s", i ? " " : "", STR_ARG(row->fields.at[i]));
    assert_text(buf_str(&all), fields);
}

static int64_t seats_of(int64_t room_id)
{
    list found;
    assert_null(store->seats_list(store, a, room_id, &(struct paging){ .limit = LIMIT_NONE }, &found));
    return (int64_t)found.count;
}

static struct room newest_room(void)
{
    list found;
    assert_null(store->rooms_list(store, a, &(struct paging){ .limit = 100 }, &found));
    return *LIST_AT(&found, struct room, found.count - 1);
}

static void rooms_of_a_file(void)
{
    static const char furnished[] = "{\"name\":\"Uno\",\"capacity\":7,\"furnish\":6,\"seats_per_row\":4,\"screen_type\":\"IMAX\"}";
    ROOMS(true, furnished, "{\"name\":\"uno\",\"capacity\":9}");
    expect(1, 1, 0, 1);
    assert_int_equal(store->position(store), 0);
    ROOMS(false, furnished);
    expect(1, 0, 0, 0);
    assert_int_equal(store->position(store), 2);
    struct room room = newest_room();
    assert_int_equal(room.capacity, 7);
    assert_int_equal(seats_of(room.id), 6);
    ROOMS(false, furnished, "{\"name\":\"Uno\"}");
    expect(0, 0, 2, 0);
    ROOMS(false, "{\"name\":\"UNO\",\"capacity\":8}", "{\"name\":\"Uno\",\"capacity\":5}", "{\"name\":\"Dos\"}");
    expect(0, 1, 0, 3);
    expect_fields(0, "name capacity");
    assert_text(told(1)->code, "capacity_exceeded");
    assert_text(told(2)->code, "validation_failed");
    assert_int_equal(store->position(store), 3);
    struct room twin = room_make(1);
    struct room_edit edit = rooms_room_closing();
    assert_null(store->room_edit(store, a, twin.id, &edit, &(ids){ NULL, 0 }, &twin));
    ROOMS(false, "{\"name\":\"Sala 1\",\"capacity\":3}");
    assert_text(told(0)->code, "room_inactive");
    (void)room_make(2);
    (void)room_make(3);
    ROOMS(false, "{\"name\":\"Sala 1\",\"capacity\":4}");
    assert_text(told(0)->code, "validation_failed");
}

static void seats_of_a_file(void)
{
    ROOMS(false, "{\"name\":\"A\",\"is_seat\":true,\"seats\":[{\"row_number\":\"A\",\"seat_number\":1}]}",
          "{\"name\":\"a\",\"is_seat\":true,\"seats\":[{\"row_number\":\"A\",\"seat_number\":2,\"seat_type\":\"vip\"}]}",
          "{\"name\":\"A\",\"seats\":[{\"row_number\":\"B\",\"seat_number\":1},{\"row_number\":\"b\",\"seat_number\":1}]}",
          "{\"name\":\"A\",\"is_seat\":true,\"seats\":[{\"row_number\":\"a\",\"seat_number\":2,\"accessible\":true}]}");
    expect(2, 1, 0, 2);
    assert_text(told(2)->code, "seat_exists");
    expect_fields(3, "row_number accessible");
    struct room room = newest_room();
    assert_int_equal(room.capacity, 2);
    assert_int_equal(seats_of(room.id), 2);
    assert_int_equal(store->position(store), 2); /* one event of the room, one of its seats */
    ROOMS(false, "{\"name\":\"A\",\"seats\":[{\"row_number\":\"A\",\"seat_number\":1,\"is_available\":false}]}",
          "{\"name\":\"A\",\"seats\":[{\"row_number\":\"A\",\"seat_number\":1},{\"row_number\":\"C\",\"seat_number\":3}]}",
          "{\"name\":\"A\",\"capacity\":3,\"seats\":[{\"row_number\":\"D\",\"seat_number\":1}]}");
    expect(0, 1, 0, 3);
    assert_text(told(0)->code, "import_forbidden");
    expect_fields(1, "capacity seats");
    assert_text(told(2)->code, "capacity_exceeded");
    assert_int_equal(seats_of(room.id), 3);
    struct event_page page;
    assert_null(store->feed_read(store, a, 2, 10, &page));
    assert_int_equal(page.events.count, 2);
    assert_text(LIST_AT(&page.events, struct event, 0)->type, "room.changed");
    assert_text(LIST_AT(&page.events, struct event, 1)->type, "seats.changed");
    ROOMS(false, "{\"name\":\"A\",\"seats\":[{\"row_number\":\"A\",\"seat_number\":1},{\"row_number\":\"C\",\"seat_number\":3}]}");
    expect(0, 0, 1, 0);
}

static void showings_of_a_file(void)
{
    struct room room = room_make(10);
    static const char first[] = "{\"room\":\"SALA 1\",\"movie_id\":\"m1\",\"show_time\":\"2026-11-25T10:00\",\"price\":12.5}";
    static const char overlaps[] = "{\"room\":\"1\",\"movie_id\":\"m1\",\"show_time\":\"2026-11-25T10:30\",\"price\":12.5}";
    SHOWINGS(true, first, overlaps);
    expect(1, 0, 0, 1);
    int64_t before = store->position(store);
    SHOWINGS(false, first, overlaps, "{\"room_id\":99,\"movie_id\":\"m1\",\"show_time\":\"2026-11-25T12:00\",\"price\":1}",
             "{\"room\":\"Sala 9\",\"movie_id\":\"m1\",\"show_time\":\"2026-11-25T12:00\",\"price\":1}",
             "{\"room\":\"Sala 1\",\"movie_id\":\"m1\",\"show_time\":\"2026-11-25T15:00\"}");
    expect(1, 0, 0, 4);
    assert_text(told(1)->code, "showing_overlaps");
    assert_text(told(2)->code, "room_unknown");
    assert_text(told(3)->code, "room_unknown");
    assert_text(told(4)->code, "validation_failed");
    assert_int_equal(store->position(store), before + 1);
    SHOWINGS(false, first, "{\"room\":\"Sala 1\",\"movie_id\":\"m1\",\"show_time\":\"2026-11-25T10:00\"}");
    expect(0, 0, 2, 0);
    SHOWINGS(false, "{\"room\":\"Sala 1\",\"movie_id\":\"m2\",\"show_time\":\"2026-11-25T10:00\",\"price\":13,"
                    "\"sales_close_at\":\"2026-11-25T09:00\"}");
    expect(0, 1, 0, 1);
    expect_fields(0, "movie_id price sales_close_at");
    list found;
    assert_null(store->showings_find(store, a, &(struct showing_filter){ .room_id = room.id, .from = WALL_NONE,
                                                                        .until = WALL_NONE, .limit = 10 }, &found));
    assert_int_equal(found.count, 1);
    assert_int_equal(LIST_AT(&found, struct showing, 0)->price.cents, 1300);
}

ON_STORE(rooms_of_a_file)
ON_STORE(seats_of_a_file)
ON_STORE(showings_of_a_file)

int import_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rooms_of_a_file),
        cmocka_unit_test(test_seats_of_a_file),
        cmocka_unit_test(test_showings_of_a_file),
    };
    return cmocka_run_group_tests_name("rows of a file", tests, NULL, NULL);
}
