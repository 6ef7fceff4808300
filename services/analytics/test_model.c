/* test_model.c - days, windows and periods, rounding, and the questions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/json/read.h"
#include "lib/json/write.h"
#include "services/analytics/model_fold.h"

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

static int32_t on(const char *text)
{
    day date;
    assert_true(day_read(str_of(text), &date));
    return (int32_t)date.days;
}

static void assert_text(str found, const char *wanted)
{
    if (!str_equal(found, str_of(wanted)))
        fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(found), wanted);
}

/* --- periods --- */

static void assert_period(enum period period, const char *of_day, const char *wanted)
{
    char room[PERIOD_TEXT_MAX];
    int32_t when = on(of_day), start = analytics_period_start(period, when);
    assert_text(analytics_period_text(room, period, start), wanted);
    assert_text(analytics_period_text(room, period, when), wanted);
    assert_true(start <= when || period == PERIOD_ALL);
    assert_int_equal(analytics_period_start(period, start), start);
}

static void weeks_belong_to_the_year_of_their_thursday(void **state)
{
    (void)state;
    assert_period(PERIOD_WEEK, "2026-11-15", "2026-W46"); /* a Sunday ends its week */
    assert_period(PERIOD_WEEK, "2026-11-16", "2026-W47");
    assert_period(PERIOD_WEEK, "2026-12-31", "2026-W53");
    assert_period(PERIOD_WEEK, "2027-01-01", "2026-W53");
    assert_period(PERIOD_WEEK, "2027-01-03", "2026-W53");
    assert_period(PERIOD_WEEK, "2027-01-04", "2027-W01");
    assert_period(PERIOD_WEEK, "2024-12-29", "2024-W52");
    assert_period(PERIOD_WEEK, "2024-12-30", "2025-W01"); /* a Monday of December in the next year's first week */
    assert_period(PERIOD_WEEK, "2021-01-03", "2020-W53");
    assert_period(PERIOD_WEEK, "2022-01-02", "2021-W52");
    assert_period(PERIOD_WEEK, "1969-12-31", "1970-W01"); /* before the days have a number above zero */
    assert_period(PERIOD_WEEK, "1969-12-28", "1969-W52");
    assert_period(PERIOD_WEEK, "0999-01-01", "0999-W01");
}

static void months_and_years_begin_with_their_first_day(void **state)
{
    (void)state;
    assert_period(PERIOD_MONTH, "2026-09-30", "2026-09");
    assert_period(PERIOD_MONTH, "2026-10-01", "2026-10");
    assert_period(PERIOD_MONTH, "2024-02-29", "2024-02");
    assert_period(PERIOD_YEAR, "2026-12-31", "2026");
    assert_period(PERIOD_YEAR, "2027-01-01", "2027");
    assert_period(PERIOD_DAY, "2026-09-12", "2026-09-12");
    assert_period(PERIOD_ALL, "2026-09-12", "all");
}

static void windows_are_whole_days_that_end_today(void **state)
{
    (void)state;
    int32_t today = on("2026-03-01");
    static const struct {
        enum window window;
        const char *from;
    } windows[] = {
        { WINDOW_TODAY, "2026-03-01" },   { WINDOW_DAY, "2026-03-01" },     { WINDOW_WEEK, "2026-02-23" },
        { WINDOW_MONTH, "2026-01-31" },   { WINDOW_QUARTER, "2025-12-02" }, { WINDOW_YEAR, "2025-03-02" },
    };
    for (size_t i = 0; i < COUNT_OF(windows); i++) {
        struct days found = analytics_window_days(windows[i].window, today);
        assert_int_equal(found.from, on(windows[i].from));
        assert_int_equal(found.to, today);
    }
    struct days all = analytics_window_days(WINDOW_ALL, today);
    assert_true(all.from < on("0001-01-01") && all.to > on("9999-12-31") && all.from > NO_DAY);
}

/* --- rounding --- */

static void averages_are_rounded_half_up_to_the_cent(void **state)
{
    (void)state;
    assert_int_equal(analytics_average(0, 0).cents, 0);
    assert_int_equal(analytics_average(500, 0).cents, 0);
    assert_int_equal(analytics_average(1001, 2).cents, 501);
    assert_int_equal(analytics_average(1000, 3).cents, 333);
    assert_int_equal(analytics_average(2000, 3).cents, 667);
    assert_int_equal(analytics_average(999, 1000).cents, 1);
    assert_int_equal(analytics_average(499, 1000).cents, 0);
    assert_int_equal(analytics_average(500, 1000).cents, 1);
    assert_int_equal(analytics_average(-1001, 2).cents, -501);
    assert_int_equal(analytics_average(-1000, 3).cents, -333);
}

static void assert_percent(int64_t part, int64_t whole, const char *wanted)
{
    struct buf out = { .in = a };
    json_write_number(&out, analytics_percent(part, whole));
    assert_text(buf_str(&out), wanted);
}

static void percents_have_two_decimals(void **state)
{
    (void)state;
    assert_percent(0, 0, "0");
    assert_percent(0, 7, "0");
    assert_percent(7, 7, "100");
    assert_percent(1, 3, "33.33");
    assert_percent(2, 3, "66.67");
    assert_percent(1, 8, "12.5");
    assert_percent(1, 20000, "0.01"); /* half of a hundredth goes up */
    assert_percent(1, 20001, "0");
    assert_percent(3, 10000, "0.03");
    assert_percent(9999, 100000, "10");
}

/* --- questions --- */

static void an_end_before_its_start_is_refused(void **state)
{
    (void)state;
    struct revenue_query want;
    const fault *problem =
        query_read(a, STR("startDate=2026-02-02&endDate=2026-02-01"), &analytics_revenue_query_shape, &want);
    assert_non_null(problem);
    assert_string_equal(problem->code, "validation_failed");
    assert_text(problem->fields->field, "endDate");
    assert_null(query_read(a, STR("startDate=2026-02-02&endDate=2026-02-02"), &analytics_revenue_query_shape, &want));
    assert_non_null(query_read(a, STR("period=fortnight"), &analytics_revenue_query_shape, &want));
    assert_non_null(query_read(a, STR("period=today"), &analytics_revenue_query_shape, &want));
    assert_non_null(query_read(a, STR("startDate=2026-02-30"), &analytics_revenue_query_shape, &want));
}

/* --- days that leave a window and come into it --- */

static void assert_less(struct days of, struct days without, const char *wanted)
{
    struct days found[2];
    struct buf out = { .in = a };
    for (size_t i = 0, count = analytics_days_less(of, without, found); i < count; i++)
        buf_printf(&out, "%d..%d ", found[i].from, found[i].to);
    assert_text(out.len > 0 ? buf_str(&out) : STR(""), wanted);
}

static void windows_move_by_the_days_at_their_ends(void **state)
{
    (void)state;
    assert_less((struct days){ 1, 7 }, (struct days){ 2, 8 }, "1..1 ");
    assert_less((struct days){ 2, 8 }, (struct days){ 1, 7 }, "8..8 ");
    assert_less((struct days){ 1, 7 }, (struct days){ 1, 7 }, "");
    assert_less((struct days){ 1, 7 }, (struct days){ 8, 14 }, "1..7 ");
    assert_less((struct days){ 8, 14 }, (struct days){ 1, 7 }, "8..14 ");
    assert_less((struct days){ 1, 7 }, (struct days){ 30, 36 }, "1..7 ");
    assert_less((struct days){ 1, 9 }, (struct days){ 4, 5 }, "1..3 6..9 ");
    assert_less((struct days){ 5, INT32_MAX }, (struct days){ 9, INT32_MAX }, "5..8 ");
    assert_less((struct days){ 9, INT32_MAX }, (struct days){ 5, INT32_MAX }, "");
}

/* --- tickets --- */

static void tickets_are_counted_by_price(void **state)
{
    (void)state;
    struct ticket some[] = { { { 1250 } }, { { 900 } }, { { 1250 } } };
    str rest = analytics_tickets_text(a, &(list){ some, COUNT_OF(some) });
    int64_t price, count;
    assert_text(rest, "1250:2,900:1");
    assert_true(analytics_tickets_next(&rest, &price, &count));
    assert_int_equal(price * count, 2500);
    assert_true(analytics_tickets_next(&rest, &price, &count));
    assert_int_equal(price * count, 900);
    assert_false(analytics_tickets_next(&rest, &price, &count));
    rest = analytics_tickets_text(a, &(list){ NULL, 0 });
    assert_false(analytics_tickets_next(&rest, &price, &count));
}

/* --- the sales of a showing --- */

static void a_curve_has_a_point_for_each_hour_that_moved(void **state)
{
    (void)state;
    const int64_t hour = 3600000;
    struct curve_sale some[] = {
        { .sold = { 10 * hour + 5 }, .back = { 12 * hour }, .tickets = STR("1000:2"), .cents = 2000 },
        { .sold = { 10 * hour + 9 }, .back = INSTANT_NONE, .tickets = STR("1000:1,500:1"), .cents = 1500 },
        { .sold = { 9 * hour }, .back = INSTANT_NONE, .tickets = STR("500:1"), .cents = 500 },
    };
    struct curve made = { 0 };
    analytics_curve_make(a, &(list){ some, COUNT_OF(some) }, &made);
    static const struct curve_point wanted[] = {
        { .at = { 9 * 3600000LL }, .sold = 1, .tickets = 1, .revenue = { 500 } },
        { .at = { 10 * 3600000LL }, .sold = 4, .tickets = 5, .revenue = { 4000 } },
        { .at = { 12 * 3600000LL }, .refunded = 2, .tickets = 3, .revenue = { 2000 } },
    };
    assert_int_equal(made.points.count, COUNT_OF(wanted));
    for (size_t i = 0; i < COUNT_OF(wanted); i++)
        assert_memory_equal(LIST_AT(&made.points, struct curve_point, i), &wanted[i], sizeof wanted[i]);
    assert_int_equal(made.tickets, 3);
    assert_int_equal(made.revenue.cents, 2000);
    made = (struct curve){ 0 };
    analytics_curve_make(a, &(list){ NULL, 0 }, &made);
    assert_int_equal(made.points.count, 0);
}

static void rooms_by_hour_are_rated(void **state)
{
    (void)state;
    struct room_hour some[] = { { .total_seats = 120, .hour_number = 9, .total_schedules = 2, .occupied_seats = 30 }, { .hour_number = 22 } };
    list hours = { some, COUNT_OF(some) };
    analytics_hours_make(a, &hours);
    assert_text(some[0].hour, "09:00");
    assert_int_equal(some[0].total_possible_seats, 240);
    assert_true(some[0].occupancy_rate > 12.49 && some[0].occupancy_rate < 12.51);
    assert_text(some[1].hour, "22:00");
    assert_true(some[1].occupancy_rate < 0.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weeks_belong_to_the_year_of_their_thursday),
        cmocka_unit_test(months_and_years_begin_with_their_first_day),
        cmocka_unit_test(windows_are_whole_days_that_end_today),
        cmocka_unit_test(averages_are_rounded_half_up_to_the_cent),
        cmocka_unit_test(percents_have_two_decimals),
        cmocka_unit_test(an_end_before_its_start_is_refused),
        cmocka_unit_test(windows_move_by_the_days_at_their_ends),
        cmocka_unit_test(tickets_are_counted_by_price),
        cmocka_unit_test(a_curve_has_a_point_for_each_hour_that_moved),
        cmocka_unit_test(rooms_by_hour_are_rated),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
