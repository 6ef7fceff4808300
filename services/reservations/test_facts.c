/* test_facts.c - showings and seats folded from events, in whatever order a snapshot and a feed bring them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "services/reservations/facts.h"

static struct showing_facts facts;

static int teardown(void **state)
{
    (void)state;
    showing_facts_forget(&facts);
    return 0;
}

static int64_t told(const char *type, const char *data)
{
    struct event e = { .type = str_of(type), .subject = STR("1"), .data = str_of(data) };
    int64_t showing_id = -1;
    assert_true(showing_facts_take(&facts, &e, &showing_id));
    return showing_id;
}

static struct showing found(int64_t id)
{
    struct showing s;
    assert_true(showing_facts_find(&facts, id, &s));
    return s;
}

#define SHOWING(id, room, price, active)                                                           \
    "{\"id\":" id ",\"movie_id\":\"507f1f77bcf86cd799439011\",\"room_id\":" room                       \
    ",\"show_time\":\"2026-12-01T20:00:00\",\"showtime\":\"x\",\"startsAt\":\"2026-12-01T20:00:00-05:00\",\"price\":" price \
    ",\"is_active\":" active ",\"room_name\":\"old\",\"sales_open_at\":null,"                          \
    "\"sales_close_at\":\"2026-12-02T01:20:00Z\",\"endsAt\":\"2026-12-02T03:00:00Z\",\"length_minutes\":120}"
#define SEAT(id, row, number, more)                                                                \
    "{\"id\":" id ",\"room_id\":3,\"row_number\":\"" row "\",\"seat_number\":" number ",\"seat_type\":\"vip\"" more "}"
#define FREE ",\"is_available\":true,\"accessible\":false,\"house\":false"
#define GONE ",\"is_available\":false,\"accessible\":false,\"house\":false"
#define HOUSE ",\"is_available\":true,\"accessible\":false,\"house\":true"

static void a_showing_is_as_it_was_last_told(void **state)
{
    (void)state;
    struct showing s;
    assert_false(showing_facts_find(&facts, 7, &s));
    assert_int_equal(told("showing.changed", SHOWING("7", "3", "9.5", "true")), 7);
    s = found(7);
    assert_int_equal(s.price.cents, 950);
    assert_true(s.is_active);
    assert_true(str_equal(s.movie_id, STR("507f1f77bcf86cd799439011")));
    assert_int_equal(s.ends_at.ms - s.starts_at.ms, INT64_C(7200000));
    assert_int_equal(s.sales_open_at.ms, TIME_NONE);
    assert_int_equal(s.sales_close_at.ms - s.starts_at.ms, INT64_C(1200000));
    assert_int_equal(s.seats.count, 0);
    assert_int_equal(told("showing.adopted", SHOWING("7", "4", "12", "false")), 7);
    s = found(7);
    assert_int_equal(s.price.cents, 1200);
    assert_int_equal(s.room_id, 4);
    assert_false(s.is_active);
    showing_facts_forget(&facts);
    assert_false(showing_facts_find(&facts, 7, &s));
}

static void seats_join_those_of_their_room(void **state)
{
    (void)state;
    told("showing.changed", SHOWING("7", "3", "9.5", "true")); /* before its room's seats */
    assert_int_equal(told("seats.changed", "{\"room_id\":3,\"seats\":[" SEAT("9", "B", "2", FREE) "," SEAT("4", "AA", "1", FREE) "]}"), 0);
    struct showing s = found(7);
    assert_int_equal(s.seats.count, 2);
    assert_true(showing_seat(&s, 4)->is_available);
    told("seats.changed", "{\"room_id\":3,\"seats\":[" SEAT("12", "C", "1", HOUSE) "," SEAT("4", "AA", "1", GONE) "," SEAT("1", "A", "1", FREE) "]}");
    told("seats.changed", "{\"room_id\":5,\"seats\":[" SEAT("2", "Z", "1", FREE) "]}");
    s = found(7);
    static const int64_t wanted[] = { 1, 4, 9, 12 };
    assert_int_equal(s.seats.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(LIST_AT(&s.seats, struct seat, i)->id, wanted[i]);
    assert_false(showing_seat(&s, 4)->is_available);
    assert_true(str_equal(showing_seat(&s, 4)->row_number, STR("AA")));
    assert_true(str_equal(showing_seat(&s, 9)->row_number, STR("B")));
    assert_int_equal(showing_seat(&s, 9)->seat_number, 2);
    assert_true(showing_seat(&s, 12)->house);
    assert_null(showing_seat(&s, 2));
    told("showing.changed", SHOWING("7", "5", "9.5", "true"));
    s = found(7);
    assert_non_null(showing_seat(&s, 2));
    assert_null(showing_seat(&s, 4));
}

static void what_no_booking_depends_on_is_passed_over(void **state)
{
    (void)state;
    assert_int_equal(told("room.changed", "{\"id\":3,\"name\":\"Blue\"}"), 0);
    assert_int_equal(told("curtain.changed", "?"), 0);
}

static void what_cannot_be_read_is_told(void **state)
{
    (void)state;
    int64_t id;
    told("showing.changed", SHOWING("7", "3", "9.5", "true"));
    assert_false(showing_facts_take(&facts, &(struct event){ .type = STR("showing.changed"), .data = STR("{\"id\":7}") }, &id));
    assert_false(showing_facts_take(&facts, &(struct event){ .type = STR("seats.changed"), .data = STR("[]") }, &id));
    assert_int_equal(found(7).price.cents, 950);
}

/* Thousand showings in ten rooms of 200 seats: each seat is kept once, whatever is shown there. */
static void showings_share_the_layout_of_their_room(void **state)
{
    (void)state;
    char data[64 * 1024], number[16];
    struct timespec began, ended;
    clock_gettime(CLOCK_MONOTONIC, &began);
    for (int room = 1; room <= 10; room++) {
        int at = snprintf(data, sizeof data, "{\"room_id\":%d,\"seats\":[", room);
        for (int seat = 1; seat <= 200; seat++)
            at += snprintf(data + at, sizeof data - (size_t)at, "%s" SEAT("%d", "%c", "%d", FREE), seat > 1 ? "," : "",
                           room * 1000 + seat, 'A' + seat / 20, seat % 20 + 1);
        snprintf(data + at, sizeof data - (size_t)at, "]}");
        told("seats.changed", data);
    }
    for (int id = 1; id <= 1000; id++) {
        snprintf(data, sizeof data, SHOWING("%d", "%d", "9.5", "true"), id, id % 10 + 1);
        assert_int_equal(told("showing.changed", data), id);
    }
    clock_gettime(CLOCK_MONOTONIC, &ended);
    double took_s = (double)(ended.tv_sec - began.tv_sec) + (double)(ended.tv_nsec - began.tv_nsec) / 1e9;
    snprintf(number, sizeof number, "%.3f s", took_s);
    print_message("folded in %s\n", number);
    assert_true(took_s < 1);
    struct showing first = found(10), other = found(1000);
    assert_int_equal(first.seats.count, 200);
    assert_ptr_equal(first.seats.at, other.seats.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_showing_is_as_it_was_last_told, teardown),
        cmocka_unit_test_teardown(seats_join_those_of_their_room, teardown),
        cmocka_unit_test_teardown(what_no_booking_depends_on_is_passed_over, teardown),
        cmocka_unit_test_teardown(what_cannot_be_read_is_told, teardown),
        cmocka_unit_test_teardown(showings_share_the_layout_of_their_room, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
