/* test_export.c - the tables of rooms out of one store and into another, whatever zone the house has by then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/feed/testing.h"
#include "lib/loop/fiber.h"
#include "services/rooms/store.h"

static const struct house_rules house = { .cleaning_minutes = 15, .sales_close_minutes = 20 };
static arena *a;

static void moved(void *arg, int64_t position)
{
    *(int64_t *)arg = position;
}

static int64_t positions[2];

static struct store *store_open(const char *directory, int which)
{
    struct store *made;
    assert_null(rooms_sqlite_open(a, &made, directory, &house, moved, &positions[which]));
    return made;
}

static void fill(struct store *s)
{
    struct room room, closed;
    list seats;
    struct seat changed;
    struct showing showing;
    assert_null(s->room_create(s, a, NULL, &(struct room_new){ STR("Sala \"1\""), 30, SCREEN_IMAX }, &room));
    assert_null(s->room_create(s, a, NULL, &(struct room_new){ STR("Otra"), 5, SCREEN_2D }, &closed));
    struct seats_new want = { .auto_generate = true, .seats_per_row = 7 };
    assert_null(s->seats_create(s, a, NULL, room.id, &want, &seats));
    struct seat_edit out_of_service = rooms_seat_closing();
    assert_null(s->seat_edit(s, a, room.id, LIST_AT(&seats, struct seat, 3)->id, &out_of_service, &changed));
    struct showing_new premiere = { .movie_id = STR("507f1f77bcf86cd799439011"), .room_id = room.id,
                                    .show_time = { clock_wall_now().s / 60 * 60 + 86400 }, .price = { 1255 },
                                    .sales_open_at = INSTANT_NONE, .sales_close_at = { clock_now().ms / 1000 * 1000 + 86400000 } };
    assert_null(s->showing_create(s, a, NULL, &premiere, 90, &showing));
    assert_null(s->stops_begin(s, a, &(ids){ &showing.id, 1 }));
}

static void there_and_back(void)
{
    char first[] = "/tmp/test-rooms-XXXXXX", second[] = "/tmp/test-rooms-XXXXXX", command[128];
    assert_non_null(mkdtemp(first));
    assert_non_null(mkdtemp(second));
    assert_null(clock_set_zone(a, "America/Lima"));
    struct store *from = store_open(first, 0);
    fill(from);
    const char *lines = exporter_lines(from->exporter, a);
    assert_non_null(strstr(lines, "\"screen_type\":\"IMAX\""));

    /* The clock on the wall is what was written down; the instant follows from the zone that the house has now. */
    assert_null(clock_set_zone(a, "Asia/Tokyo"));
    struct store *to = store_open(second, 1);
    exporter_copy(from->exporter, to->exporter, a);
    assert_string_equal(exporter_lines(to->exporter, a), lines);
    assert_string_equal(exporter_lines(from->exporter, a), lines);
    struct showing here, there;
    assert_null(from->showing_find(from, a, 1, &here));
    assert_null(to->showing_find(to, a, 1, &there));
    assert_int_equal(there.show_time.s, here.show_time.s);
    assert_int_equal(here.starts_at.ms - there.starts_at.ms, 14 * 3600000);
    assert_int_equal(positions[1], positions[0]);

    struct room next;
    assert_null(to->room_create(to, a, NULL, &(struct room_new){ STR("Tercera"), 5, SCREEN_2D }, &next));
    assert_int_equal(next.id, 3);
    from->close(from);
    to->close(to);
    snprintf(command, sizeof command, "rm -rf %s %s", first, second);
    assert_int_equal(system(command), 0);
}

static void body_run(void *arg)
{
    (void)arg;
    there_and_back();
    loop_stop();
}

static void test_there_and_back(void **state)
{
    (void)state;
    a = arena_new((size_t)64 << 20);
    loop_open();
    assert_true(fiber_start("test", body_run, NULL));
    loop_run();
    loop_close();
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_there_and_back) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
