/* test_clock.c - dates that exist, walls that are skipped or come twice, and every form of a time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lib/base/calendar.h"
#include "lib/base/clock.h"

#define assert_text(made, wanted) assert_text_at((made), (wanted), __LINE__)

static void assert_text_at(str made, const char *wanted, int line)
{
    if (!str_equal(made, str_of(wanted)))
        fail_msg("line %d: \"%.*s\" is not \"%s\"", line, STR_ARG(made), wanted);
}

static void use_zone(const char *name)
{
    arena *a = arena_new(64 * 1024);
    const fault *problem = clock_set_zone(a, name);
    if (problem)
        fail_msg("%.*s", STR_ARG(problem->sentence));
    arena_free(a);
}

static instant instant_at(const char *text)
{
    instant made;
    if (!instant_read(str_of(text), &made))
        fail_msg("\"%s\" was not read", text);
    return made;
}

static wall wall_at(const char *text)
{
    wall made;
    bool zoned;
    if (!wall_read(str_of(text), &made, &zoned))
        fail_msg("\"%s\" was not read", text);
    return made;
}

/* Every day of years 1 to 9999 against plain counting. */
static void calendar_counts_like_fingers(void **state)
{
    (void)state;
    struct date date = { 1, 1, 1 };
    for (int64_t days = FIRST_SECOND / DAY_S; date.year <= 9999; days++) {
        struct date made = date_of_days(days);
        if (made.year != date.year || made.month != date.month || made.day != date.day ||
            days_of_date(date) != days || !date_exists(date))
            fail_msg("day %lld", (long long)days);
        if (++date.day > month_length(date.year, date.month)) {
            date.day = 1;
            if (++date.month > 12) {
                date.month = 1;
                date.year++;
            }
        }
    }
    assert_int_equal(days_of_date((struct date){ 1970, 1, 1 }), 0);
    assert_int_equal(days_of_date((struct date){ 9999, 12, 31 }), LAST_SECOND / DAY_S);
    assert_int_equal(month_length(1900, 2), 28);
    assert_int_equal(month_length(2000, 2), 29);
    assert_int_equal(floor_div(-1, DAY_S), -1);
    assert_int_equal(floor_div(-DAY_S, DAY_S), -1);
    assert_int_equal(floor_mod(-1, DAY_S), DAY_S - 1);
}

static void instants_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"1970-01-01",                      0                     },
        { "1970-01-01T00:00:00Z",           0                     },
        { "1970-01-01 00:00",               0                     },
        { "2008-07-18T00:00:00.000Z",       INT64_C(1216339200000)},
        { "2008-07-18",                     INT64_C(1216339200000)},
        { "2008-07-17T19:00:00-05:00",      INT64_C(1216339200000)},
        { "2008-07-18T05:30:00+0530",       INT64_C(1216339200000)},
        { "2008-07-18T00:00:00.5",          INT64_C(1216339200500)},
        { "2008-07-18T00:00:00.123456789Z", INT64_C(1216339200123)},
        { "1969-12-31T23:59:59.999Z",       -1                    },
        { "2000-02-29",                     INT64_C(951782400000) },
        { "0001-01-01",                     FIRST_SECOND * 1000   },
        { "9999-12-31T23:59:59Z",           LAST_SECOND * 1000    },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (instant_at(cases[i].text).ms != cases[i].ms)
            fail_msg("\"%s\"", cases[i].text);
}

static void what_is_no_instant_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "x",
        "2008",
        "2008-07",
        "2008-7-18",
        "08-07-18",
        "2008-13-01",
        "2008-00-01",
        "2008-02-30",
        "2007-02-29",
        "1900-02-29",
        "2008-04-31",
        "2008-07-00",
        "0000-01-01",
        "2008-07-18T",
        "2008-07-18Z",
        "2008-07-18T24:00:00Z",
        "2008-07-18T23:60:00Z",
        "2008-07-18T23:59:60Z",
        "2008-07-18T1:00:00Z",
        "2008-07-18T10",
        "2008-07-18T10:",
        "2008-07-18T10:00:",
        "2008-07-18T10:00:00.",
        "2008-07-18T10:00:00.x",
        "2008-07-18T10:00:00.1234567890Z",
        "2008-07-18T10:00:00+5",
        "2008-07-18T10:00:00+24:00",
        "2008-07-18T10:00:00+05:60",
        "2008-07-18T10:00:00ZZ",
        "2008-07-18t10:00:00Z",
        "2008-07-18T10:00:00z",
        " 2008-07-18",
        "2008-07-18 ",
        "2008/07/18",
        "18-07-2008",
        "2008-07-18  10:00:00",
        "+2008-07-18",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "1216339200000",
        "Jun 12 1998",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        instant made = { 7 };
        if (instant_read(str_of(bad[i]), &made) || made.ms != 7)
            fail_msg("\"%s\" was read", bad[i]);
    }
}

static void walls_and_days_are_read(void **state)
{
    (void)state;
    wall made;
    bool zoned;
    assert_int_equal(wall_at("2026-11-25T10:00:00").s, wall_at("2026-11-25 10:00").s);
    assert_int_equal(wall_at("1970-01-02T00:00:01").s, DAY_S + 1);
    static const char *const with_zone[] = { "2026-11-25T10:00:00Z", "2026-11-25T10:00-05:00",
                                             "2026-11-25T10:00:00.000Z",
                                             "2026-11-25 10:00:00+0100" };
    static const char *const bad[] = { "2026-11-25",
                                       "2026-11-25T10:00:00.000",
                                       "2026-11-25T10",
                                       "2026-02-30T10:00",
                                       "2026-11-25T10:00:00X",
                                       "2026-11-25T25:00",
                                       "",
                                       "Z" };
    for (size_t i = 0; i < COUNT_OF(with_zone); i++)
        if (wall_read(str_of(with_zone[i]), &made, &zoned) || !zoned)
            fail_msg("\"%s\"", with_zone[i]);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (wall_read(str_of(bad[i]), &made, &zoned) || zoned)
            fail_msg("\"%s\"", bad[i]);
    day date;
    assert_true(day_read(STR("2026-11-25"), &date));
    assert_int_equal(date.days, 20782);
    assert_false(day_read(STR("2026-11-31"), &date));
    assert_false(day_read(STR("2026-11-25T10:00"), &date));
}

static void every_form_is_written(void **state)
{
    (void)state;
    char room[TIME_TEXT_MAX];
    use_zone("America/Lima");
    instant moment = instant_at("2026-08-23T03:55:00.042Z");
    assert_text(instant_text(room, moment, TIME_Z_MS), "2026-08-23T03:55:00.042Z");
    assert_text(instant_text(room, moment, TIME_Z), "2026-08-23T03:55:00Z");
    assert_text(instant_text(room, moment, TIME_PLAIN), "2026-08-23T03:55:00");
    assert_text(instant_text(room, moment, TIME_OFFSET), "2026-08-22T22:55:00-05:00");
    use_zone("Asia/Kolkata");
    assert_text(instant_text(room, moment, TIME_OFFSET), "2026-08-23T09:25:00+05:30");
    use_zone("UTC");
    assert_text(instant_text(room, moment, TIME_OFFSET), "2026-08-23T03:55:00+00:00");
    assert_text(instant_text(room, (instant){ -1 }, TIME_Z_MS), "1969-12-31T23:59:59.999Z");
    assert_text(wall_text(room, wall_at("2026-11-25 10:00")), "2026-11-25T10:00:00");
    assert_text(day_text(room, (day){ 20782 }), "2026-11-25");
    assert_null(instant_text(room, INSTANT_NONE, TIME_Z).at);
    assert_null(wall_text(room, WALL_NONE).at);
    assert_null(day_text(room, DAY_NONE).at);
    /* Beyond four digits nothing may be written past the room. */
    assert_text(instant_text(room, (instant){ INT64_MAX }, TIME_Z), "9999-12-31T23:59:59Z");
    assert_text(instant_text(room, (instant){ INT64_MIN + 1 }, TIME_OFFSET),
                "0001-01-01T00:00:00+00:00");
    assert_text(day_text(room, (day){ INT64_MAX }), "9999-12-31");
}

static void unknown_zones_are_named(void **state)
{
    (void)state;
    arena *a = arena_new(64 * 1024);
    static const char *const bad[] = {
        "America/Lisbon", "../../etc/passwd", "/etc/localtime",          "America",
        "lima",           "EST5EDT4,M3",      "America/../America/Lima", "zone1970.tab"
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        const fault *problem = clock_set_zone(a, bad[i]);
        if (problem == NULL)
            fail_msg("%s was taken", bad[i]);
        assert_string_equal(problem->code, "zone_unknown");
        assert_int_equal(problem->kind, FAULT_INVALID);
    }
    assert_null(clock_set_zone(a, NULL));
    assert_null(clock_set_zone(a, ""));
    assert_null(clock_set_zone(a, "UTC"));
    arena_free(a);
}

/* New York, 2026: forward on 8 March at 2:00, back on 1 November at 2:00. */
static void walls_are_skipped_or_come_twice(void **state)
{
    (void)state;
    instant made;
    char room[TIME_TEXT_MAX];
    use_zone("America/New_York");
    static const struct {
        const char *wall;
        enum wall_fit fit;
        const char *instant;
    } cases[] = {
        {"2026-03-08T01:59:59",  WALL_ONCE,    "2026-03-08T06:59:59Z"},
        { "2026-03-08T02:00:00", WALL_SKIPPED, NULL                  },
        { "2026-03-08T02:59:59", WALL_SKIPPED, NULL                  },
        { "2026-03-08T03:00:00", WALL_ONCE,    "2026-03-08T07:00:00Z"},
        { "2026-11-01T00:59:59", WALL_ONCE,    "2026-11-01T04:59:59Z"},
        { "2026-11-01T01:00:00", WALL_TWICE,   "2026-11-01T05:00:00Z"},
        { "2026-11-01T01:59:59", WALL_TWICE,   "2026-11-01T05:59:59Z"},
        { "2026-11-01T02:00:00", WALL_ONCE,    "2026-11-01T07:00:00Z"},
        { "2026-07-01T12:00:00", WALL_ONCE,    "2026-07-01T16:00:00Z"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum wall_fit fit = wall_to_instant(wall_at(cases[i].wall), &made);
        if (fit != cases[i].fit)
            fail_msg("%s fits %d", cases[i].wall, (int)fit);
        if (cases[i].instant)
            assert_text(instant_text(room, made, TIME_Z), cases[i].instant);
    }
    assert_int_equal(wall_to_instant(WALL_NONE, &made), WALL_ONCE);
    assert_true(made.ms == TIME_NONE);
}

static void odd_zones(void **state)
{
    (void)state;
    instant made;
    use_zone("Australia/Lord_Howe"); /* half an hour of daylight saving, in April back at 2:00 */
    assert_int_equal(wall_to_instant(wall_at("2026-04-05T01:45:00"), &made), WALL_TWICE);
    assert_int_equal(wall_to_instant(wall_at("2026-04-05T01:15:00"), &made), WALL_ONCE);
    assert_int_equal(wall_to_instant(wall_at("2026-10-04T02:15:00"), &made), WALL_SKIPPED);
    use_zone("Pacific/Apia"); /* had no 30 December 2011 at all */
    assert_int_equal(wall_to_instant(wall_at("2011-12-30T12:00:00"), &made), WALL_SKIPPED);
    assert_int_equal(wall_to_instant(wall_at("2011-12-31T00:00:00"), &made), WALL_ONCE);
    use_zone("Europe/Lisbon");
    assert_int_equal(wall_to_instant(wall_at("2026-03-29T01:30:00"), &made), WALL_SKIPPED);
}

/* Whole years, hour by hour, against the C library; a new zone must not be answered from the old
 * one's memory. */
static void walls_agree_with_the_library(void **state)
{
    (void)state;
    static const char *const zones[] = { "America/New_York", "America/Lima",        "Europe/Madrid",
                                         "Asia/Kathmandu",   "Australia/Lord_Howe", "UTC" };
    for (size_t z = 0; z < COUNT_OF(zones); z++) {
        use_zone(zones[z]);
        for (int64_t s = INT64_C(1767225600); s < INT64_C(1767225600) + 370 * DAY_S; s += 1799) {
            time_t t = (time_t)s;
            struct tm local;
            localtime_r(&t, &local);
            wall shown = wall_of((instant){ s * 1000 + 999 });
            if (shown.s != s + local.tm_gmtoff)
                fail_msg("%s at %lld", zones[z], (long long)s);
            instant back;
            enum wall_fit fit = wall_to_instant(shown, &back);
            assert_true(fit != WALL_SKIPPED);
            assert_true(back.ms == s * 1000 || (fit == WALL_TWICE && back.ms < s * 1000));
        }
    }
    assert_true(wall_of(INSTANT_NONE).s == TIME_NONE);
}

static void days_begin_at_midnight_of_the_wall(void **state)
{
    (void)state;
    char room[TIME_TEXT_MAX];
    use_zone("America/Lima");
    assert_text(day_text(room, day_of(wall_of(instant_at("2026-08-23T04:59:59Z")))), "2026-08-22");
    assert_text(day_text(room, day_of(wall_of(instant_at("2026-08-23T05:00:00Z")))), "2026-08-23");
    assert_int_equal(day_of((wall){ -1 }).days, -1);
    assert_true(day_of(WALL_NONE).days == TIME_NONE);
}

static void clocks_run(void **state)
{
    (void)state;
    use_zone("America/Lima");
    int64_t us = clock_mono_us(), ms = clock_mono_ms();
    assert_true(ms >= us / 1000 && ms < us / 1000 + 1000);
    instant now = clock_now();
    assert_true(llabs(now.ms / 1000 - (int64_t)time(NULL)) <= 1);
    assert_true(llabs(clock_wall_now().s - (now.ms / 1000 - 5 * 3600)) <= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calendar_counts_like_fingers),
        cmocka_unit_test(instants_are_read),
        cmocka_unit_test(what_is_no_instant_is_refused),
        cmocka_unit_test(walls_and_days_are_read),
        cmocka_unit_test(every_form_is_written),
        cmocka_unit_test(unknown_zones_are_named),
        cmocka_unit_test(walls_are_skipped_or_come_twice),
        cmocka_unit_test(odd_zones),
        cmocka_unit_test(walls_agree_with_the_library),
        cmocka_unit_test(days_begin_at_midnight_of_the_wall),
        cmocka_unit_test(clocks_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
