/* test_cron.c - schedules that are read and refused, and the next time of each against a walk through every minute. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lib/base/calendar.h"
#include "lib/base/cron.h"
#include "lib/base/random.h"

static void use_zone(const char *name)
{
    arena *a = arena_new(64 * 1024);
    const fault *problem = clock_set_zone(a, name);
    if (problem)
        fail_msg("%.*s", STR_ARG(problem->sentence));
    arena_free(a);
}

static struct cron cron_of(const char *text)
{
    struct cron made;
    const char *wrong = cron_read(str_of(text), &made);
    if (wrong)
        fail_msg("\"%s\": %s", text, wrong);
    return made;
}

static instant instant_of(const char *text)
{
    instant made;
    if (!instant_read(str_of(text), &made))
        fail_msg("\"%s\" was not read", text);
    return made;
}

static void fields_become_bits(void **state)
{
    (void)state;
    struct cron c = cron_of("0,30-35/2 */6 1 jan,MAR-may sun");
    assert_true(c.minutes == (1 | UINT64_C(1) << 30 | UINT64_C(1) << 32 | UINT64_C(1) << 34));
    assert_true(c.hours == (1 | 1 << 6 | 1 << 12 | 1 << 18));
    assert_true(c.days == 2 && !c.any_day);
    assert_true(c.months == (1 << 1 | 1 << 3 | 1 << 4 | 1 << 5));
    assert_true(c.weekdays == 1 && !c.any_weekday);
    assert_true(cron_of("* * * * 7").weekdays == 1);
    assert_true(cron_of("* * * * 0-7").weekdays == 0x7f);
    assert_true(cron_of("* * * * 5-7").weekdays == (1 << 5 | 1 << 6 | 1));
    assert_true(cron_of("* * * * fri,6").weekdays == (1 << 5 | 1 << 6));
    c = cron_of("  59\t23  31 12 *  ");
    assert_true(c.minutes == UINT64_C(1) << 59 && c.hours == 1 << 23 && c.days == UINT64_C(1) << 31 && c.months == 1 << 12);
    assert_true(c.weekdays == 0x7f && c.any_weekday);
    assert_true(cron_of("*/2 * * * *").minutes == UINT64_C(0x555555555555555));
    assert_true(cron_of("*/9223372036854775807 * * * *").minutes == 1);
    assert_true(cron_of("* * */2 * *").any_day);
    c = cron_of("@Daily");
    assert_true(c.minutes == 1 && c.hours == 1 && c.any_day && c.any_weekday);
    assert_true(cron_of("@weekly").weekdays == 1);
    assert_true(cron_of("0 0 30 2 1").days == UINT64_C(1) << 30); /* Mondays are enough */
    assert_true(cron_of("0 0 29 2 *").days == UINT64_C(1) << 29);
}

static void what_is_none_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *about;
    } wrong[] = {
        { "", "five fields" },          { "* * * *", "five fields" },      { "* * * * * *", "five fields" },
        { "@reboot", "five fields" },   { "60 * * * *", "minute" },        { "-1 * * * *", "minute" },
        { "+1 * * * *", "minute" },     { "1, * * * *", "minute" },        { ",1 * * * *", "minute" },
        { "1,,2 * * * *", "minute" },   { "5-1 * * * *", "minute" },       { "1- * * * *", "minute" },
        { "-5 * * * *", "minute" },     { "1-2-3 * * * *", "minute" },     { "*/0 * * * *", "minute" },
        { "*/-1 * * * *", "minute" },   { "*/ * * * *", "minute" },        { "5/10 * * * *", "minute" },
        { "*/1/2 * * * *", "minute" },  { "** * * * *", "minute" },        { "*-5 * * * *", "minute" },
        { "jan * * * *", "minute" },    { "1.5 * * * *", "minute" },       { "0x1 * * * *", "minute" },
        { "99999999999999999999 * * * *", "minute" },
        { "* 24 * * *", "hour" },       { "* x * * *", "hour" },           { "* * 0 * *", "day of the month" },
        { "* * 32 * *", "day of the month" }, { "* * * 0 *", "month" },    { "* * * 13 *", "month" },
        { "* * * mon *", "month" },     { "* * * january *", "month" },    { "* * * * 8", "day of the week" },
        { "* * * * sunday", "day of the week" }, { "* * * * fri-mon", "day of the week" },
        { "0 0 30 2 *", "such a day" }, { "0 0 31 2,4,6,9,11 *", "such a day" },
    };
    struct cron out;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        const char *said = cron_read(str_of(wrong[i].text), &out);
        if (!said || !strstr(said, wrong[i].about))
            fail_msg("\"%s\": %s", wrong[i].text, said ? said : "was read");
    }
}

/* Any bytes at all: an answer, and bits that lie within their field. */
static void no_text_does_harm(void **state)
{
    (void)state;
    static const char alphabet[] = "0123456789*/-,, \t\tjanfebmonsun@hourly789";
    for (int round = 0; round < 200000; round++) {
        char text[40];
        size_t length = (size_t)random_below(sizeof text);
        for (size_t i = 0; i < length; i++)
            text[i] = random_below(20) ? alphabet[random_below(sizeof alphabet - 1)] : (char)random_below(256);
        struct cron c;
        if (cron_read((str){ text, length }, &c))
            continue;
        assert_true(c.minutes && !(c.minutes >> 60) && c.hours && !(c.hours >> 24) && c.days && !(c.days >> 32) &&
                    !(c.days & 1) && c.months && !(c.months >> 13) && !(c.months & 1) && c.weekdays &&
                    !(c.weekdays >> 7));
        instant next;
        assert_true(cron_next(&c, instant_of("2026-11-25"), &next));
    }
}

static void assert_next(const char *schedule, const char *after, const char *wanted)
{
    struct cron c = cron_of(schedule);
    instant next;
    char room[TIME_TEXT_MAX];
    if (!cron_next(&c, instant_of(after), &next))
        fail_msg("\"%s\" after %s: never", schedule, after);
    if (next.ms != instant_of(wanted).ms)
        fail_msg("\"%s\" after %s: %.*s, not %s", schedule, after, STR_ARG(instant_text(room, next, TIME_Z)), wanted);
}

static void the_next_time_is_found(void **state)
{
    (void)state;
    use_zone("America/Lima"); /* UTC-5 all year */
    assert_next("0 2 * * *", "2026-11-25T06:59:59.999Z", "2026-11-25T07:00:00Z");
    assert_next("0 2 * * *", "2026-11-25T07:00:00Z", "2026-11-26T07:00:00Z");
    assert_next("0 2 * * *", "2026-11-25T07:00:00.001Z", "2026-11-26T07:00:00Z");
    assert_next("* * * * *", "2026-11-25T07:00:30Z", "2026-11-25T07:01:00Z");
    assert_next("59 23 31 12 *", "2026-12-31T23:00:00-05:00", "2026-12-31T23:59:00-05:00");
    assert_next("0 0 1 * *", "2026-12-31T23:59:00-05:00", "2027-01-01T00:00:00-05:00");
    assert_next("0 0 29 2 *", "2096-03-01T00:00:00-05:00", "2104-02-29T00:00:00-05:00"); /* 2100 has none */
    assert_next("0 0 31 * *", "2026-01-31T00:00:00-05:00", "2026-03-31T00:00:00-05:00");
    assert_next("0 12 * * mon", "2026-11-25T00:00:00-05:00", "2026-11-30T12:00:00-05:00"); /* from a Wednesday */
    assert_next("0 12 1 * mon", "2026-11-30T12:00:00-05:00", "2026-12-01T12:00:00-05:00"); /* one of the two is enough */
    assert_next("0 12 1 * mon", "2026-12-01T12:00:00-05:00", "2026-12-07T12:00:00-05:00");
    assert_next("0 12 */31 * mon", "2026-11-25T00:00:00-05:00", "2027-02-01T12:00:00-05:00"); /* a star: both */
    instant next;
    struct cron c = cron_of("0 2 * * *");
    assert_false(cron_next(&c, instant_of("9999-12-31T23:00:00Z"), &next));
    assert_false(cron_next(&c, INSTANT_NONE, &next));
}

static void daylight_saving_neither_drops_nor_doubles(void **state)
{
    (void)state;
    use_zone("Europe/Madrid"); /* 2027-03-28 02:00 becomes 03:00; 2027-10-31 03:00 becomes 02:00 */
    assert_next("30 2 * * *", "2027-03-27T12:00:00Z", "2027-03-28T01:00:00Z");
    assert_next("30 2 * * *", "2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z");
    assert_next("*/15 * * * *", "2027-03-28T00:45:00Z", "2027-03-28T01:00:00Z");
    assert_next("*/15 * * * *", "2027-03-28T01:00:00Z", "2027-03-28T01:15:00Z");
    assert_next("30 2 * * *", "2027-10-30T12:00:00Z", "2027-10-31T00:30:00Z");
    assert_next("30 2 * * *", "2027-10-31T00:30:00Z", "2027-11-01T01:30:00Z");
    assert_next("30 2 * * *", "2027-10-31T01:10:00Z", "2027-11-01T01:30:00Z"); /* from within the second pass */
    use_zone("America/Santiago"); /* midnight itself is skipped: 2027-09-05 00:00 becomes 01:00 */
    assert_next("0 0 * * *", "2027-09-04T12:00:00Z", "2027-09-05T04:00:00Z");
    assert_next("0 0 * * *", "2027-09-05T04:00:00Z", "2027-09-06T03:00:00Z");
}

/* --- against a walk --- */

static bool matches(const struct cron *c, int64_t minute)
{
    struct date date = date_of_days(floor_div(minute, 1440));
    int64_t of_day = floor_mod(minute, 1440), weekday = floor_mod(floor_div(minute, 1440) + 4, 7);
    bool by_day = c->days >> date.day & 1, by_week = c->weekdays >> weekday & 1;
    bool either = !c->any_day && !c->any_weekday;
    return (c->minutes >> of_day % 60 & 1) && (c->hours >> of_day / 60 & 1) && (c->months >> date.month & 1) &&
           (either ? by_day || by_week : by_day && by_week);
}

/* Every minute that passes, by a wall's hand that only goes on: what it newly shows or jumps over comes now. */
static bool walk(const struct cron *c, instant from, instant after, instant until, instant *out)
{
    int64_t shown = floor_div(wall_of((instant){ from.ms - 60000 }).s, 60);
    for (int64_t ms = from.ms; ms < until.ms; ms += 60000) {
        int64_t now = floor_div(wall_of((instant){ ms }).s, 60);
        bool comes = false;
        for (; shown < now; shown++)
            comes |= matches(c, shown + 1);
        if (comes && ms > after.ms) {
            *out = (instant){ ms };
            return true;
        }
    }
    return false;
}

static void random_field(char *out, size_t size, int64_t first, int64_t last)
{
    int64_t a = first + (int64_t)random_below((uint64_t)(last - first + 1));
    int64_t b = a + (int64_t)random_below((uint64_t)(last - a + 1)), step = 1 + (int64_t)random_below(7);
    switch (random_below(5)) {
    case 0:
        snprintf(out, size, "%lld", (long long)a);
        break;
    case 1:
        snprintf(out, size, "%lld,%lld", (long long)a, (long long)b);
        break;
    case 2:
        snprintf(out, size, "%lld-%lld/%lld", (long long)a, (long long)b, (long long)step);
        break;
    case 3:
        snprintf(out, size, "*/%lld", (long long)step);
        break;
    default:
        snprintf(out, size, "*");
    }
}

static void it_is_what_a_walk_finds(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *change;
    } places[] = {
        { "Europe/Madrid", "2027-03-28T01:00:00Z" },      { "Europe/Madrid", "2027-10-31T01:00:00Z" },
        { "America/Santiago", "2027-09-05T04:00:00Z" },   { "America/Santiago", "2027-04-04T03:00:00Z" },
        { "Australia/Lord_Howe", "2027-10-02T15:30:00Z" }, { "Australia/Lord_Howe", "2027-04-03T15:00:00Z" },
        { "America/Lima", "2027-02-28T05:00:00Z" },
    };
    enum { HOUR_MS = 3600 * 1000, FOUND_MIN = 500 };
    int found_count = 0;
    for (size_t round = 0; round < 2100; round++) {
        const char *zone = places[round % COUNT_OF(places)].zone;
        int64_t change = instant_of(places[round % COUNT_OF(places)].change).ms;
        use_zone(zone);
        char fields[5][32], text[160];
        static const int64_t bounds[5][2] = { { 0, 59 }, { 0, 23 }, { 1, 31 }, { 1, 12 }, { 0, 7 } };
        for (int i = 0; i < 5; i++)
            random_field(fields[i], sizeof fields[i], bounds[i][0], bounds[i][1]);
        if (random_below(2)) /* else most would come in another month */
            strcpy(fields[3], "*");
        snprintf(text, sizeof text, "%s %s %s %s %s", fields[0], fields[1], fields[2], fields[3], fields[4]);
        struct cron c;
        if (cron_read(str_of(text), &c))
            continue; /* a day that no month has */
        instant after = { change + ((int64_t)random_below(12 * 60) - 6 * 60) * 60000 + (int64_t)random_below(60000) };
        instant until = { change + 40 * HOUR_MS }, wanted, made;
        bool walked = walk(&c, (instant){ change - 30 * HOUR_MS }, after, until, &wanted);
        bool came = cron_next(&c, after, &made) && made.ms < until.ms;
        if (walked != came || (walked && made.ms != wanted.ms))
            fail_msg("%s: \"%s\" after %lld: %lld, walked to %lld", zone, text, (long long)after.ms,
                     came ? (long long)made.ms : -1, walked ? (long long)wanted.ms : -1);
        found_count += walked;
    }
    assert_true(found_count > FOUND_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_become_bits),
        cmocka_unit_test(what_is_none_is_refused),
        cmocka_unit_test(no_text_does_harm),
        cmocka_unit_test(the_next_time_is_found),
        cmocka_unit_test(daylight_saving_neither_drops_nor_doubles),
        cmocka_unit_test(it_is_what_a_walk_finds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
