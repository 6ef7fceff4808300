/* test_facts.c - the programme and the sales folded from events, in whatever order a snapshot and a feed bring them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/gateway/cards.h"
#include "services/gateway/programme.h"
#include "services/gateway/sales.h"

static arena *a;
static struct programme programme;
static struct sales sales;

static int setup(void **state)
{
    (void)state;
    a = arena_new((size_t)16 * 1024 * 1024);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    programme_free(&programme);
    sales_forget(&sales);
    arena_free(a);
    return 0;
}

static struct event told(const char *type, const char *data)
{
    return (struct event){ .type = str_of(type), .subject = STR("1"), .data = str_of(data) };
}

static void film(const char *data)
{
    assert_true(programme_film(&programme, &(struct event){ .type = STR("movie.changed"), .data = str_of(data) }));
}

static void room(const char *type, const char *data)
{
    struct event e = told(type, data);
    assert_true(programme_room(&programme, &e));
}

/* --- sales --- */

static int64_t sale(const char *type, const char *data)
{
    struct event e = told(type, data);
    int64_t changed;
    assert_true(sales_take(&sales, &e, &changed));
    return changed;
}

static enum seat_state state_of(int64_t showing, int64_t seat_id)
{
    struct seat one = { .id = seat_id, .state = SEAT_FREE };
    list seats = { &one, 1 };
    sales_mark(&sales, showing, &seats);
    return one.state;
}

#define SALE_AT(id, status, seats, second)                                                         \
    "{\"id\":" id ",\"scheduleId\":5,\"status\":\"" status                                          \
    "\",\"reservationDate\":\"2026-11-27T20:00:0" second ".000Z\",\"seats\":[" seats "]}"
#define SALE(id, status, seats) SALE_AT(id, status, seats, "0")
#define TWO "{\"seatId\":10},{\"seatId\":11}"

static void a_seat_is_held_sold_and_free_again(void **state)
{
    (void)state;
    assert_int_equal(sale("reservation.made", SALE("1", "PENDING", TWO)), 5);
    assert_int_equal(state_of(5, 10), SEAT_HELD);
    assert_int_equal(state_of(5, 12), SEAT_FREE);
    assert_int_equal(state_of(6, 10), SEAT_FREE);
    assert_int_equal(sale("reservation.confirmed", SALE("1", "CONFIRMED", TWO)), 5);
    assert_int_equal(state_of(5, 11), SEAT_SOLD);
    assert_int_equal(sale("payment.completed", "{\"id\":1}"), 0);
    assert_int_equal(sale("reservation.cancelled", SALE("1", "CANCELLED", TWO)), 5);
    assert_int_equal(state_of(5, 10), SEAT_FREE);
}

/* What a snapshot held already comes again: nobody loses a seat by another's old end. */
static void only_who_has_a_seat_frees_it(void **state)
{
    (void)state;
    sale("reservation.changed", SALE_AT("2", "CONFIRMED", "{\"seatId\":10}", "1"));
    sale("reservation.made", SALE_AT("1", "PENDING", TWO, "2"));
    assert_int_equal(state_of(5, 10), SEAT_SOLD);
    sale("reservation.expired", SALE("1", "EXPIRED", TWO));
    assert_int_equal(state_of(5, 10), SEAT_SOLD);
    assert_int_equal(state_of(5, 11), SEAT_FREE);
    sales_forget(&sales);
    assert_int_equal(state_of(5, 10), SEAT_FREE);
}

/* In whatever order they are told. */
static void of_two_sales_the_earlier_has_the_seat(void **state)
{
    (void)state;
    sale("reservation.changed", SALE_AT("29", "CONFIRMED", "{\"seatId\":10}", "5"));
    sale("reservation.changed", SALE_AT("30", "PENDING", "{\"seatId\":10}", "3"));
    assert_int_equal(state_of(5, 10), SEAT_HELD);
    sale("reservation.moved", SALE_AT("29", "CONFIRMED", "{\"seatId\":10}", "5"));
    assert_int_equal(state_of(5, 10), SEAT_HELD);
    sale("reservation.cancelled", SALE_AT("29", "CANCELLED", "{\"seatId\":10}", "5"));
    assert_int_equal(state_of(5, 10), SEAT_HELD);
    sale("reservation.expired", SALE_AT("30", "EXPIRED", "{\"seatId\":10}", "3"));
    assert_int_equal(state_of(5, 10), SEAT_FREE);
    sale("reservation.confirmed", SALE_AT("29", "CONFIRMED", "{\"seatId\":10}", "5"));
    assert_int_equal(state_of(5, 10), SEAT_FREE);
}

static bool is_even(void *arg, int64_t schedule_id)
{
    ++*(int *)arg;
    return schedule_id % 2 == 0;
}

/* Each is looked at, a few at a time, and those that stay keep their claims. */
static void what_is_over_is_forgotten(void **state)
{
    (void)state;
    int looks = 0;
    for (int id = 1; id <= 100; id++)
        sale("reservation.made", arena_cstr(a, arena_printf(a, "{\"id\":%d,\"scheduleId\":%d,\"status\":\"PENDING\",\"reservationDate\":"
                                                              "\"2026-11-27T20:00:00.000Z\",\"seats\":[{\"seatId\":7}]}", id, id)));
    sales_tidy(&sales, is_even, &looks);
    assert_in_range(looks, 1, 8);
    for (int i = 0; i < 100; i++)
        sales_tidy(&sales, is_even, &looks);
    assert_int_equal(sales.count, 50);
    for (int id = 1; id <= 100; id++)
        assert_int_equal(state_of(id, 7), id % 2 ? SEAT_HELD : SEAT_FREE);
    sale("reservation.confirmed", "{\"id\":2,\"scheduleId\":2,\"status\":\"CONFIRMED\",\"reservationDate\":\"2026-11-27T20:00:00.000Z\","
                                  "\"seats\":[{\"seatId\":7}]}");
    assert_int_equal(sales.count, 50); /* what happens to a sale later gives it no seat */
}

/* --- the programme --- */

#define SHOWING(id, time, active)                                                                  \
    "{\"id\":" id ",\"movie_id\":\"f1\",\"room_id\":3,\"show_time\":\"2026-12-0" time "T20:00:00\","   \
    "\"showtime\":\"x\",\"startsAt\":\"2026-12-01T20:00:00Z\",\"price\":9.5,\"is_active\":" active     \
    ",\"room_name\":\"old\",\"sales_open_at\":null,\"sales_close_at\":\"2026-12-01T20:00:00Z\","       \
    "\"endsAt\":\"2026-12-01T22:00:00Z\",\"length_minutes\":100}"

static str text_of(int64_t id)
{
    struct showing found;
    struct buf out = { .in = a };
    assert_true(programme_showing_find(&programme, id, &found));
    showing_write(&out, &found, true);
    return buf_str(&out);
}

static bool has(str text, const char *words)
{
    return memmem(text.at, text.len, words, strlen(words)) != NULL;
}

static void a_showing_wears_what_its_room_and_film_are_now(void **state)
{
    (void)state;
    room("showing.changed", SHOWING("7", "2", "true")); /* before both */
    assert_true(has(text_of(7), "\"room\":null,\"movie\":null}"));
    room("room.changed", "{\"id\":3,\"name\":\"Blue\",\"capacity\":9}");
    film("{\"_id\":\"f1\",\"title\":\"Alien\",\"isActive\":true}");
    assert_true(has(text_of(7), "\"room_name\":\"Blue\""));
    assert_true(has(text_of(7), "\"room\":{\"id\":3,\"name\":\"Blue\",\"capacity\":9},\"movie\":{\"_id\":\"f1\",\"title\":\"Alien\""));
    room("room.adopted", "{\"id\":3,\"name\":\"Red\"}");
    film("{\"_id\":\"f1\",\"title\":\"Aliens\",\"isActive\":false}");
    assert_true(has(text_of(7), "\"room_name\":\"Red\""));
    assert_true(has(text_of(7), "\"title\":\"Aliens\""));
}

/* The ids of those wanted, in order: "9 7 8". */
static const char *listed(const struct showtime_query *want, const char *now)
{
    struct buf out = { .in = a };
    instant moment;
    assert_true(instant_read(str_of(now), &moment));
    struct programme_walk walk = programme_walk(&programme, want, moment);
    for (struct showing s; programme_next(&walk, &s);)
        buf_printf(&out, "%s%lld", out.len > 0 ? " " : "", (long long)s.id);
    return arena_cstr(a, buf_str(&out));
}

#define NEVER "2020-01-01T00:00:00Z"
static const struct showtime_query all = { .from = { TIME_NONE + 1 }, .until = { TIME_NONE } };

static void active_showings_stand_in_order(void **state)
{
    (void)state;
    room("showing.changed", SHOWING("9", "1", "true"));
    room("showing.changed", SHOWING("8", "3", "true"));
    room("showing.changed", SHOWING("7", "3", "true"));
    room("showing.changed", SHOWING("6", "2", "false"));
    assert_string_equal(listed(&all, NEVER), "9 7 8");
    room("showing.changed", SHOWING("9", "4", "true")); /* after somebody has asked */
    room("showing.changed", SHOWING("5", "3", "true"));
    assert_string_equal(listed(&all, NEVER), "5 7 8 9");
    room("showing.changed", SHOWING("7", "3", "false"));
    room("showing.changed", SHOWING("6", "2", "true"));
    assert_string_equal(listed(&all, NEVER), "6 5 8 9");
    assert_int_equal(programme_showing_count(&programme), 5);
    programme_forget_rooms(&programme);
    assert_string_equal(listed(&all, NEVER), "");
}

#define OF(id, film, room, day, end)                                                               \
    "{\"id\":" id ",\"movie_id\":\"" film "\",\"room_id\":" room ",\"show_time\":\"2026-12-" day "T20:00:00\","   \
    "\"startsAt\":\"2026-12-" day "T20:00:00Z\",\"price\":9.5,\"is_active\":true,\"sales_open_at\":null,"            \
    "\"sales_close_at\":\"2026-12-" day "T20:00:00Z\",\"endsAt\":\"2026-12-" end ":00Z\"}"

/* Also one that lasts for days among those that do not. */
static void a_walk_begins_where_the_first_wanted_stands(void **state)
{
    (void)state;
    room("showing.changed", OF("1", "f1", "3", "01", "05T22:00"));
    room("showing.changed", OF("2", "f1", "4", "02", "02T22:00"));
    room("showing.changed", OF("3", "f2", "3", "03", "03T22:00"));
    room("showing.changed", OF("4", "f2", "4", "04", "04T22:00"));
    struct showtime_query coming = { .from = WALL_NONE, .until = WALL_NONE };
    assert_string_equal(listed(&coming, NEVER), "1 2 3 4");
    assert_string_equal(listed(&coming, "2026-12-03T21:00:00Z"), "1 3 4");
    assert_string_equal(listed(&coming, "2026-12-05T21:59:59Z"), "1");
    assert_string_equal(listed(&coming, "2026-12-05T22:00:00Z"), "");
    struct showtime_query days = { .from = all.from, .until = { 20790 * 86400 } }; /* until the 3rd */
    assert_string_equal(listed(&days, NEVER), "1 2");
    days.from.s = 20789 * 86400;
    assert_string_equal(listed(&days, NEVER), "2");
    struct showtime_query of = all;
    of.movie_id = STR("f2");
    assert_string_equal(listed(&of, NEVER), "3 4");
    of.room_id = 4;
    assert_string_equal(listed(&of, NEVER), "4");
    of.movie_id = (str){ NULL, 0 };
    assert_string_equal(listed(&of, NEVER), "2 4");
    of.room_id = 5;
    assert_string_equal(listed(&of, NEVER), "");
    of = (struct showtime_query){ .movie_id = STR("f3"), .from = all.from, .until = WALL_NONE };
    assert_string_equal(listed(&of, NEVER), "");
}

/* What was told before there were waiting rooms says nothing of them. */
static void waiting_rooms_are_counted(void **state)
{
    (void)state;
    struct showing s;
#define WAITS(id, yes)                                                                             \
    "{\"id\":" id ",\"movie_id\":\"f1\",\"room_id\":3,\"show_time\":\"2026-12-01T20:00:00\","         \
    "\"startsAt\":\"2026-12-01T20:00:00Z\",\"price\":9.5,\"is_active\":true,\"sales_open_at\":null,"    \
    "\"sales_close_at\":\"2026-12-01T20:00:00Z\",\"endsAt\":\"2026-12-01T22:00:00Z\",\"waiting_room\":" yes "}"
    room("showing.changed", SHOWING("7", "1", "true"));
    assert_true(programme_showing_find(&programme, 7, &s) && !s.waiting_room);
    assert_int_equal(programme.waiting_rooms, 0);
    room("showing.changed", WAITS("7", "true"));
    room("showing.changed", WAITS("7", "true"));
    room("showing.changed", WAITS("8", "true"));
    assert_true(programme_showing_find(&programme, 7, &s) && s.waiting_room);
    assert_int_equal(programme.waiting_rooms, 2);
    room("showing.changed", WAITS("7", "false"));
    assert_int_equal(programme.waiting_rooms, 1);
    programme_forget_rooms(&programme);
    assert_int_equal(programme.waiting_rooms, 0);
}

#define SEAT(id, row, number, more)                                                                \
    "{\"id\":" id ",\"row_number\":\"" row "\",\"seat_number\":" number ",\"seat_type\":\"regular\"" more "}"
#define FREE ",\"accessible\":false,\"is_available\":true,\"house\":false"
#define GONE ",\"accessible\":false,\"is_available\":false,\"house\":false"

static void seats_stand_as_rooms_lists_them(void **state)
{
    (void)state;
    struct showing s;
    static const int64_t wanted[] = { 4, 2, 3, 1, 5 };
    room("showing.changed", SHOWING("7", "1", "true"));
    room("seats.changed", "{\"room_id\":3,\"seats\":[" SEAT("1", "AA", "1", FREE) "," SEAT("2", "B", "2", FREE) ","
                          SEAT("3", "b", "10", FREE) "," SEAT("4", "A", "1", FREE) "]}");
    room("seats.changed", "{\"room_id\":3,\"seats\":[" SEAT("5", "AA", "2", GONE) "," SEAT("2", "B", "2", GONE) "]}");
    assert_true(programme_showing_find(&programme, 7, &s));
    list seats = programme_seats(&programme, a, &s);
    assert_int_equal(seats.count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(LIST_AT(&seats, struct seat, i)->id, wanted[i]);
    assert_int_equal(LIST_AT(&seats, struct seat, 1)->state, SEAT_OUT);
    assert_int_equal(LIST_AT(&seats, struct seat, 2)->state, SEAT_FREE);
    assert_int_equal(LIST_AT(&seats, struct seat, 2)->price.cents, 950);
}

static void what_cannot_be_read_is_told(void **state)
{
    (void)state;
    int64_t changed;
    assert_false(programme_film(&programme, &(struct event){ .type = STR("movie.changed"), .data = STR("{}") }));
    assert_false(programme_room(&programme, &(struct event){ .type = STR("showing.changed"), .data = STR("[]") }));
    assert_false(sales_take(&sales, &(struct event){ .type = STR("reservation.made"), .data = STR("{\"id\":1}") }, &changed));
    assert_true(programme_room(&programme, &(struct event){ .type = STR("curtain.changed"), .data = STR("?") }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_seat_is_held_sold_and_free_again, setup, teardown),
        cmocka_unit_test_setup_teardown(only_who_has_a_seat_frees_it, setup, teardown),
        cmocka_unit_test_setup_teardown(of_two_sales_the_earlier_has_the_seat, setup, teardown),
        cmocka_unit_test_setup_teardown(a_showing_wears_what_its_room_and_film_are_now, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_over_is_forgotten, setup, teardown),
        cmocka_unit_test_setup_teardown(active_showings_stand_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(a_walk_begins_where_the_first_wanted_stands, setup, teardown),
        cmocka_unit_test_setup_teardown(waiting_rooms_are_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(seats_stand_as_rooms_lists_them, setup, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_read_is_told, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
