/* test_figures.c - every figure over a few sales that can be added up by hand, and the days they fall on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/json/read.h"
#include "lib/json/write.h"
#include "services/analytics/figures.h"

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

/* What a figure looks like on the wire. */
static void assert_written(const struct shape *s, const void *value, const char *wanted)
{
    struct buf out = { .in = a };
    json_write(&out, s, value);
    assert_text(buf_str(&out), wanted);
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

/* --- a small cinema --- */

static struct person people[] = { { 1, false }, { 2, false }, { 3, true }, { 4, false }, { 9, false } };
static str film_ids[] = { { "aa", 2 }, { "bb", 2 }, { "cc", 2 } };

static struct box_office office_of(struct sale *sales, size_t count)
{
    struct box_office made = { .people = { people, COUNT_OF(people) },
                               .films = { film_ids, COUNT_OF(film_ids) },
                               .sales = { sales, count } };
    analytics_taken_make(&made.sales, NEW_ARRAY(a, struct taken, count), &made.taken);
    analytics_days_make(&made.sales, NEW_ARRAY(a, struct day_sum, count * 3), &made.days);
    return made;
}

/* Every kind of history: days as dates, "" for never. */
static struct sale sale(unsigned status, int64_t cents, const char *made, const char *sold, const char *back)
{
    return (struct sale){ .status = status,
                          .cents = cents,
                          .seats = 2,
                          .schedule_id = 1,
                          .made = { (int64_t)on(made) * 86400000 },
                          .made_day = on(made),
                          .sold_day = sold[0] ? on(sold) : NO_DAY,
                          .back_day = back[0] ? on(back) : NO_DAY };
}

static void assert_revenue(const struct box_office *sold, const char *query, const char *wanted)
{
    struct revenue_query want;
    struct revenue made;
    assert_null(query_read(a, str_of(query), &analytics_revenue_query_shape, &want));
    analytics_revenue(a, sold, &want, &made);
    assert_written(&analytics_revenue_shape, &made, wanted);
}

static void revenue_counts_sales_on_their_day_and_refunds_on_theirs(void **state)
{
    (void)state;
    struct sale sales[] = {
        sale(SALE_CONFIRMED, 1000, "2026-01-31", "2026-01-31", ""),
        sale(SALE_CONFIRMED, 2001, "2026-01-31", "2026-02-01", ""),           /* paid the next day, in the next month */
        sale(SALE_CANCELLED, 500, "2026-01-30", "2026-01-30", "2026-02-01"),  /* sold, and given back later */
        sale(SALE_CANCELLED, 700, "2026-01-30", "", ""),                      /* never paid */
        sale(SALE_PENDING, 800, "2026-02-01", "", ""),
        sale(SALE_EXPIRED, 900, "2026-02-01", "", ""),
    };
    struct box_office sold = office_of(sales, COUNT_OF(sales));
    assert_revenue(&sold, "",
                   "{\"summary\":{\"totalRevenue\":30.01,\"totalReservations\":3,\"averageTicketPrice\":15.01},"
                   "\"revenueByPeriod\":["
                   "{\"period\":\"2026-02\",\"revenue\":15.01,\"reservations\":1,\"averageTicketPrice\":15.01},"
                   "{\"period\":\"2026-01\",\"revenue\":15,\"reservations\":2,\"averageTicketPrice\":15}]}");
    assert_revenue(&sold, "period=day&startDate=2026-01-30&endDate=2026-01-31",
                   "{\"summary\":{\"totalRevenue\":15,\"totalReservations\":2,\"averageTicketPrice\":15},"
                   "\"revenueByPeriod\":["
                   "{\"period\":\"2026-01-31\",\"revenue\":10,\"reservations\":2,\"averageTicketPrice\":10},"
                   "{\"period\":\"2026-01-30\",\"revenue\":5,\"reservations\":0,\"averageTicketPrice\":0}]}");
    assert_revenue(&sold, "period=all&startDate=2026-02-02",
                   "{\"summary\":{\"totalRevenue\":0,\"totalReservations\":0,\"averageTicketPrice\":0},"
                   "\"revenueByPeriod\":[]}");
    assert_revenue(&sold, "period=week&endDate=2026-01-31",
                   "{\"summary\":{\"totalRevenue\":15,\"totalReservations\":2,\"averageTicketPrice\":15},"
                   "\"revenueByPeriod\":["
                   "{\"period\":\"2026-W05\",\"revenue\":15,\"reservations\":2,\"averageTicketPrice\":15}]}");
}

static void a_year_s_first_week_may_be_the_old_year_s_last(void **state)
{
    (void)state;
    struct sale sales[] = {
        sale(SALE_CONFIRMED, 100, "2026-12-31", "2026-12-31", ""),
        sale(SALE_CONFIRMED, 200, "2027-01-03", "2027-01-03", ""),
        sale(SALE_CONFIRMED, 400, "2027-01-04", "2027-01-04", ""),
    };
    struct box_office sold = office_of(sales, COUNT_OF(sales));
    assert_revenue(&sold, "period=week",
                   "{\"summary\":{\"totalRevenue\":7,\"totalReservations\":3,\"averageTicketPrice\":2.33},"
                   "\"revenueByPeriod\":["
                   "{\"period\":\"2027-W01\",\"revenue\":4,\"reservations\":1,\"averageTicketPrice\":4},"
                   "{\"period\":\"2026-W53\",\"revenue\":3,\"reservations\":2,\"averageTicketPrice\":1.5}]}");
    assert_revenue(&sold, "period=year&startDate=2026-12-31&endDate=2027-01-03",
                   "{\"summary\":{\"totalRevenue\":3,\"totalReservations\":2,\"averageTicketPrice\":1.5},"
                   "\"revenueByPeriod\":["
                   "{\"period\":\"2027\",\"revenue\":2,\"reservations\":1,\"averageTicketPrice\":2},"
                   "{\"period\":\"2026\",\"revenue\":1,\"reservations\":1,\"averageTicketPrice\":1}]}");
}

static void more_may_go_back_than_comes_in(void **state)
{
    (void)state;
    struct sale sales[] = {
        sale(SALE_CANCELLED, 1000, "2026-01-01", "2026-01-01", "2026-02-01"),
        sale(SALE_CONFIRMED, 301, "2026-02-01", "2026-02-01", ""),
        sale(SALE_CANCELLED, 50, "2026-03-01", "2026-03-01", "2026-03-01"), /* a day on which nothing is left of it */
    };
    struct box_office sold = office_of(sales, COUNT_OF(sales));
    assert_revenue(&sold, "",
                   "{\"summary\":{\"totalRevenue\":3.01,\"totalReservations\":1,\"averageTicketPrice\":3.01},"
                   "\"revenueByPeriod\":["
                   "{\"period\":\"2026-01\",\"revenue\":10,\"reservations\":0,\"averageTicketPrice\":0},"
                   "{\"period\":\"2026-02\",\"revenue\":-6.99,\"reservations\":1,\"averageTicketPrice\":-6.99}]}");
}

static void equal_revenues_stand_latest_first(void **state)
{
    (void)state;
    struct sale sales[] = {
        sale(SALE_CONFIRMED, 100, "2026-01-01", "2026-01-01", ""),
        sale(SALE_CONFIRMED, 100, "2026-03-01", "2026-03-01", ""),
        sale(SALE_CONFIRMED, 100, "2026-02-01", "2026-02-01", ""),
    };
    struct box_office sold = office_of(sales, COUNT_OF(sales));
    struct revenue made;
    analytics_revenue(a, &sold, &(struct revenue_query){ PERIOD_MONTH, DAY_NONE, DAY_NONE }, &made);
    assert_text(LIST_AT(&made.by_period, struct revenue_period, 0)->period, "2026-03");
    assert_text(LIST_AT(&made.by_period, struct revenue_period, 1)->period, "2026-02");
    assert_text(LIST_AT(&made.by_period, struct revenue_period, 2)->period, "2026-01");
}

static void nothing_sold_is_nothing(void **state)
{
    (void)state;
    struct box_office sold = office_of(NULL, 0);
    assert_revenue(&sold, "period=day", "{\"summary\":{\"totalRevenue\":0,\"totalReservations\":0,"
                                        "\"averageTicketPrice\":0},\"revenueByPeriod\":[]}");
}

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

/* --- films --- */

static struct sale of_film(struct sale s, uint32_t film)
{
    s.film = film;
    return s;
}

static void films_stand_by_reservations_then_revenue_then_id(void **state)
{
    (void)state;
    struct film known[] = { { STR("aa"), STR("Alma"), true }, { STR("cc"), STR("Cielo"), false } };
    struct catalogue films = { { known, COUNT_OF(known) } };
    struct sale sales[] = {
        of_film(sale(SALE_PENDING, 900, "2026-02-10", "", ""), 0),
        of_film(sale(SALE_CONFIRMED, 500, "2026-02-10", "2026-02-10", ""), 1),
        of_film(sale(SALE_CANCELLED, 300, "2026-02-10", "2026-02-10", "2026-03-10"), 2),
        of_film(sale(SALE_CONFIRMED, 500, "2026-03-10", "2026-03-10", ""), 0), /* after the window */
    };
    struct box_office sold = office_of(sales, COUNT_OF(sales));
    list made;
    analytics_popular(a, &sold, &films, (struct days){ on("2026-02-01"), on("2026-02-28") }, 10, &made);
    assert_int_equal(made.count, 3);
    assert_written(&analytics_popular_shape, LIST_AT(&made, struct popular, 0),
                   "{\"movieId\":\"bb\",\"title\":null,\"totalReservations\":1,\"totalRevenue\":5,"
                   "\"averageTicketPrice\":5}");
    assert_written(&analytics_popular_shape, LIST_AT(&made, struct popular, 1),
                   "{\"movieId\":\"aa\",\"title\":\"Alma\",\"totalReservations\":1,\"totalRevenue\":0,"
                   "\"averageTicketPrice\":0}");
    assert_written(&analytics_popular_shape, LIST_AT(&made, struct popular, 2),
                   "{\"movieId\":\"cc\",\"title\":\"Cielo\",\"totalReservations\":0,\"totalRevenue\":3,"
                   "\"averageTicketPrice\":0}");
    analytics_popular(a, &sold, &films, ALL_DAYS, 1, &made);
    assert_int_equal(made.count, 1);
    assert_text(LIST_AT(&made, struct popular, 0)->movie_id, "aa");
    analytics_popular(a, &sold, &films, ALL_DAYS, 0, &made);
    assert_int_equal(made.count, 0);
    analytics_popular(a, &sold, &films, ALL_DAYS, 10, &made);
    assert_int_equal(made.count, 2); /* of cc nothing is left */
}

/* --- rooms --- */

static struct sale of_showing(unsigned status, int64_t schedule_id, uint32_t seats)
{
    return (struct sale){ .status = status, .schedule_id = schedule_id, .seats = seats, .sold_day = NO_DAY,
                          .back_day = NO_DAY };
}

static void rooms_are_as_full_as_their_active_showings(void **state)
{
    (void)state;
    struct hall halls[] = { { 1, STR("Uno"), true, 10 }, { 2, STR("Dos"), false, 4 },
                            { 3, STR("Tres"), true, 0 }, { 4, STR("Vieja"), false, 8 },
                            { 5, STR("Cinco"), true, 3 } };
    struct showing showings[] = {
        { 1, 1, 99, true },   /* before the window */
        { 2, 1, 100, true },  { 3, 1, 150, true }, { 4, 1, 100, false }, /* cancelled */
        { 5, 2, 100, true },  { 6, 3, 100, true }, { 7, 4, 99, true },
    };
    struct house house = { { halls, COUNT_OF(halls) }, { showings, COUNT_OF(showings) } };
    struct sale sales[] = {
        of_showing(SALE_CONFIRMED, 5, 2), of_showing(SALE_PENDING, 2, 3),  of_showing(SALE_CONFIRMED, 2, 2),
        of_showing(SALE_CANCELLED, 2, 4), of_showing(SALE_EXPIRED, 3, 5),  of_showing(SALE_CONFIRMED, 4, 1),
        of_showing(SALE_CONFIRMED, 1, 9), of_showing(SALE_CONFIRMED, 7, 8), of_showing(SALE_CONFIRMED, 88, 1),
    };
    struct box_office sold = office_of(sales, COUNT_OF(sales));
    struct occupancy made;
    analytics_occupancy(a, &sold, &house, 100, INTEGER_NONE, &made);
    assert_written(&analytics_occupancy_shape, &made,
                   "{\"summary\":{\"totalRooms\":4,\"totalOccupiedSeats\":7,\"totalPossibleSeats\":24,"
                   "\"overallOccupancyRate\":29.17},\"roomOccupancy\":["
                   "{\"roomId\":2,\"roomName\":\"Dos\",\"totalSeats\":4,\"totalSchedules\":1,\"occupiedSeats\":2,"
                   "\"totalPossibleSeats\":4,\"occupancyRate\":50},"
                   "{\"roomId\":1,\"roomName\":\"Uno\",\"totalSeats\":10,\"totalSchedules\":2,\"occupiedSeats\":5,"
                   "\"totalPossibleSeats\":20,\"occupancyRate\":25},"
                   "{\"roomId\":3,\"roomName\":\"Tres\",\"totalSeats\":0,\"totalSchedules\":1,\"occupiedSeats\":0,"
                   "\"totalPossibleSeats\":0,\"occupancyRate\":0},"
                   "{\"roomId\":5,\"roomName\":\"Cinco\",\"totalSeats\":3,\"totalSchedules\":0,\"occupiedSeats\":0,"
                   "\"totalPossibleSeats\":0,\"occupancyRate\":0}]}");
    analytics_occupancy(a, &sold, &house, 100, 4, &made);
    assert_written(&analytics_occupancy_shape, &made,
                   "{\"summary\":{\"totalRooms\":1,\"totalOccupiedSeats\":0,\"totalPossibleSeats\":0,"
                   "\"overallOccupancyRate\":0},\"roomOccupancy\":["
                   "{\"roomId\":4,\"roomName\":\"Vieja\",\"totalSeats\":8,\"totalSchedules\":0,\"occupiedSeats\":0,"
                   "\"totalPossibleSeats\":0,\"occupancyRate\":0}]}");
    analytics_occupancy(a, &sold, &house, ALL_DAYS.from, 4, &made);
    assert_int_equal(made.summary->total_occupied_seats, 8);
}

/* --- users --- */

static struct sale of_person(struct sale s, uint32_t person)
{
    s.person = person;
    return s;
}

static void users_are_what_they_spend_in_the_window(void **state)
{
    (void)state;
    struct sale sales[] = {
        of_person(sale(SALE_CONFIRMED, 20000, "2026-02-10", "2026-02-10", ""), 0),
        of_person(sale(SALE_CONFIRMED, 9999, "2026-01-01", "2026-01-01", ""), 0), /* before the window */
        of_person(sale(SALE_CONFIRMED, 5000, "2026-02-10", "2026-02-10", ""), 1),
        of_person(sale(SALE_PENDING, 5000, "2026-02-12", "", ""), 1),
        of_person(sale(SALE_CONFIRMED, 70000, "2026-02-10", "2026-02-10", ""), 2), /* erased since */
        of_person(sale(SALE_CANCELLED, 4000, "2026-01-31", "2026-01-31", "2026-02-01"), 3), /* a refund alone */
        of_person(sale(SALE_EXPIRED, 4000, "2026-02-10", "", ""), 4),
    };
    struct box_office sold = office_of(sales, COUNT_OF(sales));
    struct behavior made;
    analytics_behavior(a, &sold, (struct days){ on("2026-02-01"), on("2026-02-28") }, &made);
    assert_written(&analytics_behavior_shape, &made,
                   "{\"summary\":{\"totalUsers\":4,\"activeUsers\":4,\"totalRevenue\":910,"
                   "\"averageSpendingPerUser\":227.5},"
                   "\"userSegments\":{\"vip\":1,\"regular\":1,\"casual\":1,\"inactive\":1},\"topUsers\":["
                   "{\"userId\":1,\"userName\":null,\"totalReservations\":1,\"totalSpent\":200,"
                   "\"averageTicketPrice\":200,\"lastReservationDate\":\"2026-02-10T00:00:00\"},"
                   "{\"userId\":2,\"userName\":null,\"totalReservations\":2,\"totalSpent\":50,"
                   "\"averageTicketPrice\":50,\"lastReservationDate\":\"2026-02-12T00:00:00\"},"
                   "{\"userId\":4,\"userName\":null,\"totalReservations\":0,\"totalSpent\":-40,"
                   "\"averageTicketPrice\":0,\"lastReservationDate\":null}]}");
}

static void the_top_has_ten(void **state)
{
    (void)state;
    struct person many[40];
    struct sale sales[40];
    for (uint32_t i = 0; i < COUNT_OF(many); i++) {
        many[i] = (struct person){ i + 1, i == 20 };
        /* 13 goes round all remainders: spent 0..9 in no order; equal ones stand by id */
        sales[i] = of_person(sale(SALE_CONFIRMED, 100 * ((i * 13) % 10 + 1), "2026-02-10", "2026-02-10", ""), i);
    }
    struct box_office sold = office_of(sales, COUNT_OF(sales));
    sold.people = (list){ many, COUNT_OF(many) };
    struct behavior made;
    analytics_behavior(a, &sold, ALL_DAYS, &made);
    assert_int_equal(made.top_users.count, TOP_USERS);
    assert_int_equal(made.summary->total_users, 39);
    assert_int_equal(made.segments->casual, 39);
    for (size_t i = 1; i < TOP_USERS; i++) {
        const struct top_user *before = LIST_AT(&made.top_users, struct top_user, i - 1);
        const struct top_user *user = LIST_AT(&made.top_users, struct top_user, i);
        assert_true(before->total_spent.cents > user->total_spent.cents ||
                    (before->total_spent.cents == user->total_spent.cents && before->user_id < user->user_id));
        assert_true(user->total_spent.cents >= 800);
    }
}

/* --- dashboard --- */

static void the_dashboard_counts_what_is_in_use(void **state)
{
    (void)state;
    struct film known[] = { { STR("aa"), STR("Alma"), true }, { STR("bb"), STR("Bruma"), false } };
    struct hall halls[] = { { 1, STR("Uno"), true, 10 }, { 2, STR("Dos"), false, 4 } };
    struct sale sales[] = {
        of_film(sale(SALE_CONFIRMED, 1001, "2026-02-10", "2026-02-10", ""), 2),
        of_film(sale(SALE_CONFIRMED, 1000, "2026-02-10", "2026-02-10", ""), 2),
        of_film(sale(SALE_PENDING, 1000, "2026-02-10", "", ""), 1),
        of_film(sale(SALE_CANCELLED, 100, "2026-02-10", "2026-02-10", "2026-03-01"), 0),
    };
    struct box_office sold = office_of(sales, COUNT_OF(sales));
    struct dashboard made = { .period = WINDOW_QUARTER };
    analytics_dashboard(a, &sold, &(struct house){ .halls = { halls, 2 } }, &(struct catalogue){ { known, 2 } },
                        (struct days){ on("2026-02-01"), on("2026-02-28") }, &made);
    assert_written(&analytics_dashboard_shape, &made,
                   "{\"overview\":{\"totalMovies\":1,\"totalRooms\":1,\"totalUsers\":4,\"totalReservations\":3,"
                   "\"totalRevenue\":21.01,\"averageTicketPrice\":10.51},"
                   "\"topMovies\":[{\"movieId\":\"cc\",\"reservations\":2},{\"movieId\":\"bb\",\"reservations\":1}],"
                   "\"period\":\"quarter\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weeks_belong_to_the_year_of_their_thursday),
        cmocka_unit_test(months_and_years_begin_with_their_first_day),
        cmocka_unit_test(windows_are_whole_days_that_end_today),
        cmocka_unit_test(averages_are_rounded_half_up_to_the_cent),
        cmocka_unit_test(percents_have_two_decimals),
        cmocka_unit_test(revenue_counts_sales_on_their_day_and_refunds_on_theirs),
        cmocka_unit_test(a_year_s_first_week_may_be_the_old_year_s_last),
        cmocka_unit_test(more_may_go_back_than_comes_in),
        cmocka_unit_test(equal_revenues_stand_latest_first),
        cmocka_unit_test(nothing_sold_is_nothing),
        cmocka_unit_test(an_end_before_its_start_is_refused),
        cmocka_unit_test(films_stand_by_reservations_then_revenue_then_id),
        cmocka_unit_test(rooms_are_as_full_as_their_active_showings),
        cmocka_unit_test(users_are_what_they_spend_in_the_window),
        cmocka_unit_test(the_top_has_ten),
        cmocka_unit_test(the_dashboard_counts_what_is_in_use),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
