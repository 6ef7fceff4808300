/* clock.c - the clocks, the house's zone, and how times are written; reading them is in
 * clock_read.c. */
#include "lib/base/clock.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/calendar.h"

#define ZONE_FOLDER "/usr/share/zoneinfo/"
#define CACHE_SPAN_S 900

/* Counts the changes of zone, so that what threads remember of the old one is not used. */
static atomic_uint zone_version = 1;

static bool zone_is_known(arena *a, str name)
{
    char magic[4];
    if (str_equal(name, STR("UTC")))
        return true;
    if (name.at[0] == '/' || name.at[0] == '.' || memmem(name.at, name.len, "..", 2))
        return false;
    int fd = open(arena_printf(a, ZONE_FOLDER "%.*s", STR_ARG(name)).at, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool known = read(fd, magic, sizeof magic) == sizeof magic && memcmp(magic, "TZif", 4) == 0;
    close(fd);
    return known;
}

const fault *clock_set_zone(arena *a, const char *iana_name)
{
    if (iana_name && *iana_name) {
        if (!zone_is_known(a, str_of(iana_name)))
            return fault_new(
                a, FAULT_INVALID, "zone_unknown",
                "The time zone \"%s\" is not known to this machine; names look like America/Lima.",
                iana_name);
        setenv("TZ", iana_name, 1);
    }
    tzset();
    atomic_fetch_add(&zone_version, 1);
    return NULL;
}

int64_t clock_mono_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_boot_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_mono_ms(void)
{
    return clock_mono_us() / 1000;
}

instant clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (instant){ (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 };
}

wall clock_wall_now(void)
{
    return wall_of(clock_now());
}

static int64_t offset_asked(int64_t utc_s)
{
    struct tm local;
    time_t t = (time_t)utc_s;
    return localtime_r(&t, &local) ? (int64_t)local.tm_gmtoff : 0;
}

/* Seconds the house's wall is ahead of UTC at that second. Each thread remembers the last quarter
 * of an hour that it asked for and that has one offset at both its ends: localtime_r takes a lock,
 * and lists of showings ask for the same hours again. */
static int64_t offset_at(int64_t utc_s)
{
    static _Thread_local struct {
        unsigned version;
        int64_t span, offset;
    } last;
    unsigned version = atomic_load_explicit(&zone_version, memory_order_relaxed);
    int64_t span = floor_div(utc_s, CACHE_SPAN_S);
    if (last.version == version && last.span == span)
        return last.offset;
    int64_t offset = offset_asked(utc_s);
    if (offset_asked(span * CACHE_SPAN_S) == offset_asked((span + 1) * CACHE_SPAN_S - 1)) {
        last.version = version;
        last.span = span;
        last.offset = offset;
    }
    return offset;
}

wall wall_of(instant moment)
{
    if (moment.ms == TIME_NONE)
        return WALL_NONE;
    int64_t utc_s = floor_div(moment.ms, 1000);
    return (wall){ utc_s + offset_at(utc_s) };
}

day day_of(wall moment)
{
    return moment.s == TIME_NONE ? DAY_NONE : (day){ floor_div(moment.s, DAY_S) };
}

/* A wall time belongs to the offset of the day before or to that of the day after; where both give
 * it back, the earlier instant comes with the larger offset. Zones do not change twice within two
 * days. */
enum wall_fit wall_to_instant(wall moment, instant *out)
{
    if (moment.s == TIME_NONE) {
        *out = INSTANT_NONE;
        return WALL_ONCE;
    }
    int64_t before = offset_at(moment.s - DAY_S), after = offset_at(moment.s + DAY_S);
    bool fits_before = offset_at(moment.s - before) == before;
    bool fits_after = offset_at(moment.s - after) == after;
    bool use_after = fits_after && (!fits_before || after > before);
    out->ms = (moment.s - (use_after ? after : before)) * 1000;
    if (!fits_before && !fits_after)
        return WALL_SKIPPED;
    return fits_before && fits_after && before != after ? WALL_TWICE : WALL_ONCE;
}

/* --- writing: by hand, since lists of showings are made of times --- */

static char *put_two(char *at, int64_t n)
{
    at[0] = (char)('0' + n / 10);
    at[1] = (char)('0' + n % 10);
    return at + 2;
}

static char *put_date(char *at, int64_t days)
{
    struct date date = date_of_days(days);
    at = put_two(put_two(at, date.year / 100), date.year % 100);
    *at++ = '-';
    at = put_two(at, date.month);
    *at++ = '-';
    return put_two(at, date.day);
}

static char *put_time(char *at, int64_t second_of_day)
{
    at = put_two(at, second_of_day / 3600);
    *at++ = ':';
    at = put_two(at, second_of_day / 60 % 60);
    *at++ = ':';
    return put_two(at, second_of_day % 60);
}

static char *put_offset(char *at, int64_t offset_s)
{
    int64_t minutes = offset_s / 60;
    *at++ = minutes < 0 ? '-' : '+';
    minutes = minutes < 0 ? -minutes : minutes;
    at = put_two(at, minutes / 60);
    *at++ = ':';
    return put_two(at, minutes % 60);
}

/* Four digits are what a year has here: what lies outside is written as the nearest end. */
static int64_t clamp_s(int64_t s)
{
    return s < FIRST_SECOND ? FIRST_SECOND : s > LAST_SECOND ? LAST_SECOND : s;
}

static char *put_seconds(char *at, int64_t s)
{
    s = clamp_s(s);
    at = put_date(at, floor_div(s, DAY_S));
    *at++ = 'T';
    return put_time(at, floor_mod(s, DAY_S));
}

str instant_text(char room[TIME_TEXT_MAX], instant moment, enum time_form form)
{
    if (moment.ms == TIME_NONE)
        return (str){ NULL, 0 };
    int64_t utc_s = floor_div(moment.ms, 1000), ms = floor_mod(moment.ms, 1000);
    int64_t offset = form == TIME_OFFSET ? offset_at(utc_s) / 60 * 60 : 0;
    char *at = put_seconds(room, utc_s + offset);
    if (form == TIME_Z_MS) {
        *at++ = '.';
        *at++ = (char)('0' + ms / 100);
        at = put_two(at, ms % 100);
    }
    if (form == TIME_OFFSET)
        at = put_offset(at, offset);
    else if (form != TIME_PLAIN)
        *at++ = 'Z';
    *at = '\0';
    return (str){ room, (size_t)(at - room) };
}

str wall_text(char room[TIME_TEXT_MAX], wall moment)
{
    if (moment.s == TIME_NONE)
        return (str){ NULL, 0 };
    char *at = put_seconds(room, moment.s);
    *at = '\0';
    return (str){ room, (size_t)(at - room) };
}

str day_text(char room[TIME_TEXT_MAX], day date)
{
    if (date.days == TIME_NONE)
        return (str){ NULL, 0 };
    int64_t days = date.days < FIRST_SECOND / DAY_S  ? FIRST_SECOND / DAY_S
                   : date.days > LAST_SECOND / DAY_S ? LAST_SECOND / DAY_S
                                                     : date.days;
    char *at = put_date(room, days);
    *at = '\0';
    return (str){ room, (size_t)(at - room) };
}
