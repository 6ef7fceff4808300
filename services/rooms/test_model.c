/* test_model.c - the rules of rooms, seats and showings, as arithmetic. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/json/read.h"
#include "services/rooms/model.h"

static arena *a;

static int setup(void **state)
{
    (void)state;
    a = arena_new((size_t)64 * 1024 * 1024);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static void zone(const char *name)
{
    assert_null(clock_set_zone(a, name));
}

static void assert_text(str found, const char *wanted)
{
    if (!str_equal(found, str_of(wanted)))
        fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(found), wanted);
}

static wall at(const char *text)
{
    wall moment;
    bool zoned;
    assert_true(wall_read(str_of(text), &moment, &zoned));
    return moment;
}

static instant moment(const char *text)
{
    instant read;
    assert_true(instant_read(str_of(text), &read));
    return read;
}

static void assert_instant(instant found, const char *wanted)
{
    char room[TIME_TEXT_MAX];
    assert_text(instant_text(room, found, TIME_Z), wanted);
}

/* --- seats --- */

static void rows_are_named_like_columns_of_a_sheet(void **state)
{
    (void)state;
    static const struct {
        int64_t index;
        const char *name;
    } rows[] = {
        {0,     "A"  },
        { 1,    "B"  },
        { 25,   "Z"  },
        { 26,   "AA" },
        { 27,   "AB" },
        { 51,   "AZ" },
        { 52,   "BA" },
        { 701,  "ZZ" },
        { 702,  "AAA"},
        { 9999, "NTP"}
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_text(rooms_row_name(a, rows[i].index), rows[i].name);
}

static void generated_seats_fill_rows_and_end_short(void **state)
{
    (void)state;
    list seats = rooms_seats_generate(a, 25, 10);
    assert_int_equal(seats.count, 25);
    const struct seat *first = LIST_AT(&seats, struct seat, 0),
                      *tenth = LIST_AT(&seats, struct seat, 9),
                      *eleventh = LIST_AT(&seats, struct seat, 10),
                      *last = LIST_AT(&seats, struct seat, 24);
    assert_text(first->row_number, "A");
    assert_int_equal(first->seat_number, 1);
    assert_text(tenth->row_number, "A");
    assert_int_equal(tenth->seat_number, 10);
    assert_text(eleventh->row_number, "B");
    assert_int_equal(eleventh->seat_number, 1);
    assert_text(last->row_number, "C");
    assert_int_equal(last->seat_number, 5);
    for (size_t i = 0; i < seats.count; i++) {
        const struct seat *seat = LIST_AT(&seats, struct seat, i);
        assert_true(seat->is_available && !seat->house && !seat->accessible &&
                    seat->seat_type == SEAT_REGULAR);
    }
}

static void generated_rows_go_past_z(void **state)
{
    (void)state;
    list seats = rooms_seats_generate(a, 28, 1);
    assert_text(LIST_AT(&seats, struct seat, 25)->row_number, "Z");
    assert_text(LIST_AT(&seats, struct seat, 26)->row_number, "AA");
    assert_text(LIST_AT(&seats, struct seat, 27)->row_number, "AB");
    assert_int_equal(rooms_seats_generate(a, 0, 10).count, 0);
    assert_int_equal(rooms_seats_generate(a, CAPACITY_MAX, CAPACITY_MAX).count, CAPACITY_MAX);
}

/* --- where showings lie --- */

static struct showing showing_at(const char *start, int64_t minutes)
{
    struct showing made = { .show_time = at(start),
                            .length_minutes = minutes,
                            .sales_open_at = INSTANT_NONE,
                            .sales_close_at = INSTANT_NONE };
    rooms_showing_place(&made);
    return made;
}

static const struct house_rules house = { .cleaning_minutes = 15, .sales_close_minutes = 20 };

static bool meet(const struct showing *one, const struct showing *other)
{
    bool met =
        rooms_span_touched(rooms_showing_keeps(one, &house), other->starts_at, other->ends_at);
    bool back =
        rooms_span_touched(rooms_showing_keeps(other, &house), one->starts_at, one->ends_at);
    assert_int_equal(met, back);
    return met;
}

static void showings_leave_time_to_clean(void **state)
{
    (void)state;
    zone("America/Lima");
    struct showing first = showing_at("2026-11-25T10:00:00", 120);
    assert_instant(first.starts_at, "2026-11-25T15:00:00Z");
    assert_instant(first.ends_at, "2026-11-25T17:00:00Z");
    static const struct {
        const char *start;
        bool meets;
    } others[] = {
        {"2026-11-25T10:00:00",  true },
        { "2026-11-25T11:59:00", true },
        { "2026-11-25T12:00:00", true },
        { "2026-11-25T12:14:59", true },
        { "2026-11-25T12:15:00", false},
        { "2026-11-25T07:45:00", false},
        { "2026-11-25T07:45:01", true },
        { "2026-11-26T10:00:00", false}
    };
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        struct showing other = showing_at(others[i].start, 120);
        if (meet(&first, &other) != others[i].meets)
            fail_msg("at %s", others[i].start);
    }
}

static void a_showing_inside_a_long_one_meets_it(void **state)
{
    (void)state;
    zone("America/Lima");
    struct showing whole = showing_at("2026-11-25T10:00:00", 600),
                   inner = showing_at("2026-11-25T12:00:00", 10);
    assert_true(meet(&whole, &inner));
}

static void showings_run_past_midnight(void **state)
{
    (void)state;
    zone("America/Lima");
    struct showing late = showing_at("2026-12-31T23:30:00", 90);
    assert_instant(late.ends_at, "2027-01-01T06:00:00Z");
    struct showing early = showing_at("2027-01-01T01:14:00", 60),
                   free = showing_at("2027-01-01T01:15:00", 60);
    assert_true(meet(&late, &early));
    assert_false(meet(&late, &free));
    assert_false(rooms_showing_is_over(&late, moment("2027-01-01T05:59:59Z")));
    assert_true(rooms_showing_is_over(&late, moment("2027-01-01T06:00:00Z")));
}

/* Madrid: 2026-10-25 at 3:00 it is 2:00 again, 2026-03-29 at 2:00 it is 3:00. */
static void showings_last_as_long_while_clocks_change(void **state)
{
    (void)state;
    zone("Europe/Madrid");
    struct showing autumn = showing_at("2026-10-25T01:30:00", 120);
    assert_instant(autumn.starts_at, "2026-10-24T23:30:00Z");
    assert_instant(autumn.ends_at, "2026-10-25T01:30:00Z");      /* the wall says 2:30 */
    struct showing next = showing_at("2026-10-25T02:40:00", 60); /* the first 2:40: still running */
    assert_instant(next.starts_at, "2026-10-25T00:40:00Z");
    assert_true(meet(&autumn, &next));

    struct showing spring = showing_at("2026-03-29T01:00:00", 90);
    assert_instant(spring.ends_at, "2026-03-29T01:30:00Z"); /* the wall says 3:30 */
    struct showing after = showing_at("2026-03-29T03:44:00", 60),
                   free = showing_at("2026-03-29T03:45:00", 60);
    assert_true(meet(&spring, &after));
    assert_false(meet(&spring, &free));
}

/* --- sales --- */

static void sales_close_some_minutes_after_the_start(void **state)
{
    (void)state;
    zone("America/Lima");
    struct showing showing = showing_at("2026-11-25T10:00:00", 120);
    rooms_showing_settle(&showing, &house);
    assert_instant(showing.sales_close_at, "2026-11-25T15:20:00Z");
    showing.sales_close_at = moment("2026-11-25T14:00:00Z");
    rooms_showing_settle(&showing, &house);
    assert_instant(showing.sales_close_at, "2026-11-25T14:00:00Z");
}

static void sales_open_before_they_close(void **state)
{
    (void)state;
    zone("America/Lima");
    struct showing showing = showing_at("2026-11-25T10:00:00", 120);
    rooms_showing_settle(&showing, &house);
    assert_null(rooms_showing_check_sales(a, &showing));
    showing.sales_open_at = moment("2026-11-25T15:19:59Z");
    assert_null(rooms_showing_check_sales(a, &showing));
    showing.sales_open_at = moment("2026-11-25T15:20:00Z");
    const fault *problem = rooms_showing_check_sales(a, &showing);
    assert_non_null(problem);
    assert_int_equal(problem->kind, FAULT_INVALID);
    assert_text(problem->fields->field, "sales_open_at");
}

static void moments_are_instants_or_wall_clock(void **state)
{
    (void)state;
    zone("America/Lima");
    static const struct {
        const char *text, *means;
    } good[] = {
        {"2026-11-25T10:00:00",        "2026-11-25T15:00:00Z"},
        { "2026-11-25 10:00",          "2026-11-25T15:00:00Z"},
        { "2026-11-25",                "2026-11-25T05:00:00Z"},
        { "2026-11-25T10:00:00Z",      "2026-11-25T10:00:00Z"},
        { "2026-11-25T10:00:00.250Z",  "2026-11-25T10:00:00Z"},
        { "2026-11-25T10:00:00+02:00", "2026-11-25T08:00:00Z"}
    };
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        instant read;
        assert_true(rooms_moment_read(str_of(good[i].text), &read));
        assert_instant(read, good[i].means);
    }
    static const char *const bad[] = { "",
                                       "tomorrow",
                                       "2026-02-30T10:00:00",
                                       "2026-11-25T25:00:00",
                                       "2026-11-25T10:00:00.5",
                                       "2026-11-25T10:00:00X" };
    instant read;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (rooms_moment_read(str_of(bad[i]), &read))
            fail_msg("%s was read", bad[i]);
    zone("Europe/Madrid");
    assert_false(rooms_moment_read(STR("2026-03-29T02:30:00"), &read));
    assert_true(rooms_moment_read(STR("2026-10-25T02:30:00"), &read));
    assert_instant(read, "2026-10-25T00:30:00Z");
}

/* --- bodies --- */

static const fault *read_body(const struct shape *s, const char *body, void *out)
{
    return json_read(a, str_of(body), s, out);
}

static void assert_refused(const struct shape *s, const char *body, const char *field)
{
    void *out = arena_take(a, s->size);
    const fault *problem = read_body(s, body, out);
    if (!problem)
        fail_msg("%s was taken", body);
    assert_int_equal(problem->kind, FAULT_INVALID);
    if (!problem->fields)
        fail_msg("no field is named for %s", body);
    assert_text(problem->fields->field, field);
}

#define SHOWING(rest) "{\"movie_id\":\"m\",\"room_id\":1," rest "}"

static void bodies_of_showings_are_judged(void **state)
{
    (void)state;
    zone("Europe/Madrid");
    struct showing_new want;
    assert_null(read_body(&rooms_showing_new_shape,
                          SHOWING("\"show_time\":\"2026-10-25 02:30\",\"price\":\"12.345\""),
                          &want));
    assert_int_equal(want.price.cents, 1235);
    assert_true(want.sales_open_at.ms == TIME_NONE && want.sales_close_at.ms == TIME_NONE);
    struct showing made = rooms_showing_of(&want, 90);
    rooms_showing_place(&made);
    assert_instant(made.starts_at, "2026-10-25T00:30:00Z"); /* twice: the first is meant */

    const struct shape *s = &rooms_showing_new_shape;
    assert_refused(s, SHOWING("\"show_time\":\"2026-11-25T10:00:00Z\",\"price\":1"), "show_time");
    assert_refused(s, SHOWING("\"show_time\":\"2026-11-25T10:00:00-05:00\",\"price\":1"),
                   "show_time");
    assert_refused(s, SHOWING("\"show_time\":\"2026-03-29T02:30:00\",\"price\":1"),
                   "show_time"); /* skipped */
    assert_refused(s, SHOWING("\"show_time\":\"2026-11-25T10:00:00\",\"price\":0"), "price");
    assert_refused(s, SHOWING("\"show_time\":\"2026-11-25T10:00:00\",\"price\":0.004"), "price");
    assert_refused(s, SHOWING("\"show_time\":\"2026-11-25T10:00:00\",\"price\":-1"), "price");
    assert_refused(s, SHOWING("\"show_time\":\"2026-11-25T10:00:00\",\"price\":100000000"),
                   "price");
    assert_refused(s, SHOWING("\"show_time\":\"2026-11-25T10:00:00\",\"price\":1,\"seats\":1"),
                   "seats");
    assert_refused(
        s, SHOWING("\"show_time\":\"2026-11-25T10:00:00\",\"price\":1,\"sales_open_at\":\"soon\""),
        "sales_open_at");
    assert_refused(
        s, "{\"movie_id\":\" \",\"room_id\":1,\"show_time\":\"2026-11-25T10:00\",\"price\":1}",
        "movie_id");
}

static void bodies_of_rooms_are_judged(void **state)
{
    (void)state;
    struct room_new want;
    assert_null(
        read_body(&rooms_room_new_shape, "{\"name\":\" Sala 1 \",\"capacity\":\"100\"}", &want));
    assert_text(want.name, "Sala 1");
    assert_int_equal(want.capacity, 100);
    assert_int_equal(want.screen_type, SCREEN_2D);
    const struct shape *s = &rooms_room_new_shape;
    assert_refused(s, "{\"name\":\"\",\"capacity\":1}", "name");
    assert_refused(s, "{\"name\":\"a\",\"capacity\":0}", "capacity");
    assert_refused(s, "{\"name\":\"a\",\"capacity\":10001}", "capacity");
    assert_refused(s, "{\"name\":\"a\",\"capacity\":1,\"screen_type\":\"4D\"}", "screen_type");
    assert_refused(s, "{\"name\":\"a\",\"capacity\":1,\"color\":\"red\"}", "color");
}

static void bodies_of_seats_are_judged(void **state)
{
    (void)state;
    struct seats_new want;
    const struct shape *s = &rooms_seats_new_shape;
    assert_null(read_body(s, "{\"auto_generate\":true}", &want));
    assert_int_equal(want.seats_per_row, 10);
    assert_null(read_body(s, "{\"seats\":[]}", &want));
    assert_int_equal(want.seats.count, 0);
    assert_null(read_body(s, "{\"seats\":[{\"row_number\":\"A\",\"seat_number\":1}]}", &want));
    const struct seat *seat = LIST_AT(&want.seats, struct seat, 0);
    assert_true(seat->is_available && !seat->house && seat->seat_type == SEAT_REGULAR);
    assert_refused(s, "{}", "seats");
    assert_refused(s, "{\"auto_generate\":false}", "seats");
    assert_refused(s,
                   "{\"auto_generate\":true,\"seats\":[{\"row_number\":\"A\",\"seat_number\":1}]}",
                   "seats");
    assert_refused(s, "{\"auto_generate\":true,\"seats_per_row\":0}", "seats_per_row");
}

/* --- edits --- */

static void an_edit_changes_what_it_names(void **state)
{
    (void)state;
    zone("America/Lima");
    struct showing showing = showing_at("2026-11-25T23:00:00", 120);
    showing.room_id = 1;
    showing.movie_id = STR("m");
    showing.is_active = true;
    showing.price.cents = 1000;
    showing.sales_open_at = moment("2026-11-20T00:00:00Z");

    struct showing_edit edit;
    assert_null(read_body(&rooms_showing_edit_shape,
                          "{\"show_time\":\"2026-11-26 00:30\",\"sales_open_at\":null}", &edit));
    assert_false(rooms_showing_moves(&edit, &showing));
    assert_false(rooms_showing_closes(&edit, &showing));
    assert_false(rooms_showing_takes_film(&edit, &showing));
    rooms_showing_apply(&showing, &edit);
    rooms_showing_place(&showing);
    assert_instant(showing.starts_at, "2026-11-26T05:30:00Z"); /* over midnight */
    assert_int_equal(showing.price.cents, 1000);
    assert_true(showing.sales_open_at.ms == TIME_NONE);

    assert_null(read_body(&rooms_showing_edit_shape,
                          "{\"room_id\":2,\"is_active\":false,\"movie_id\":\"n\"}", &edit));
    assert_true(rooms_showing_moves(&edit, &showing));
    assert_true(rooms_showing_closes(&edit, &showing));
    assert_true(rooms_showing_takes_film(&edit, &showing));
    rooms_showing_apply(&showing, &edit);
    assert_null(read_body(&rooms_showing_edit_shape, "{\"is_active\":true}", &edit));
    assert_true(rooms_showing_reopens(&edit, &showing));
    assert_false(rooms_showing_closes(&edit, &showing));
    assert_refused(&rooms_showing_edit_shape, "{\"show_time\":null}", "show_time");
}

static void closing_edits_name_one_thing(void **state)
{
    (void)state;
    struct room room = { .name = STR("Sala 1"), .capacity = 10, .is_active = true };
    struct room_edit room_edit = rooms_room_closing();
    assert_true(rooms_room_closes(&room_edit));
    rooms_room_apply(&room, &room_edit);
    assert_false(room.is_active);
    assert_text(room.name, "Sala 1");
    struct seat seat = {
        .row_number = STR("A"), .seat_number = 3, .is_available = true, .house = true
    };
    struct seat_edit seat_edit = rooms_seat_closing();
    assert_true(rooms_seat_closes(&seat_edit));
    rooms_seat_apply(&seat, &seat_edit);
    assert_false(seat.is_available);
    assert_true(seat.house);
    assert_int_equal(seat.seat_number, 3);
}

/* --- questions --- */

static void assert_between(const char *query, const char *from, const char *until)
{
    struct showing_filter want;
    char room[TIME_TEXT_MAX];
    assert_null(query_read(a, str_of(query), &rooms_showings_query_shape, &want));
    str text = wall_text(room, want.from);
    assert_text(text.at ? text : STR(""), from);
    text = wall_text(room, want.until);
    assert_text(text.at ? text : STR(""), until);
}

static void questions_take_days_and_times(void **state)
{
    (void)state;
    assert_between("", "", "");
    assert_between("from=2026-11-25", "2026-11-25T00:00:00", "");
    assert_between("to=2026-11-25", "", "2026-11-26T00:00:00");
    assert_between("from=2026-11-25T10:00&to=2026-11-25%2012:00:00", "2026-11-25T10:00:00",
                   "2026-11-25T12:00:01");
    assert_between("date=2026-11-25", "2026-11-25T00:00:00", "2026-11-26T00:00:00");
    assert_between("date=2026-11-25&from=2026-11-25T18:00", "2026-11-25T18:00:00",
                   "2026-11-26T00:00:00");
    struct showing_filter want;
    static const char *const bad[] = { "from=soon",
                                       "to=2026-02-30",
                                       "from=2026-11-25T10:00Z",
                                       "date=2026-11-25T10:00",
                                       "limit=10001",
                                       "limit=-1",
                                       "offset=-1",
                                       "limit=x" };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (!query_read(a, str_of(bad[i]), &rooms_showings_query_shape, &want))
            fail_msg("%s was taken", bad[i]);
    struct paging page;
    assert_null(query_read(a, STR("limit=&offset="), &rooms_paging_shape, &page));
    assert_int_equal(page.limit, 1000);
    assert_null(query_read(a, STR(""), &rooms_paging_all_shape, &page));
    assert_int_equal(page.limit, LIMIT_NONE);
    assert_null(query_read(a, STR("limit=0"), &rooms_paging_all_shape, &page));
    assert_int_equal(page.limit, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_named_like_columns_of_a_sheet),
        cmocka_unit_test(generated_seats_fill_rows_and_end_short),
        cmocka_unit_test(generated_rows_go_past_z),
        cmocka_unit_test(showings_leave_time_to_clean),
        cmocka_unit_test(a_showing_inside_a_long_one_meets_it),
        cmocka_unit_test(showings_run_past_midnight),
        cmocka_unit_test(showings_last_as_long_while_clocks_change),
        cmocka_unit_test(sales_close_some_minutes_after_the_start),
        cmocka_unit_test(sales_open_before_they_close),
        cmocka_unit_test(moments_are_instants_or_wall_clock),
        cmocka_unit_test(bodies_of_showings_are_judged),
        cmocka_unit_test(bodies_of_rooms_are_judged),
        cmocka_unit_test(bodies_of_seats_are_judged),
        cmocka_unit_test(an_edit_changes_what_it_names),
        cmocka_unit_test(closing_edits_name_one_thing),
        cmocka_unit_test(questions_take_days_and_times),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
