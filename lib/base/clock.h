/* clock.h - time with its unit in the name: instants (UTC), wall clock (the house's zone), days. */
#ifndef TAQUILLA_BASE_CLOCK_H
#define TAQUILLA_BASE_CLOCK_H

#include "lib/base/fault.h"

/* Milliseconds since 1970-01-01T00:00Z. INSTANT_NONE is JSON null. */
typedef struct {
    int64_t ms;
} instant;

/* What a clock on the wall of the house shows: seconds since 1970-01-01T00:00 of that clock, no zone. */
typedef struct {
    int64_t s;
} wall;

/* A calendar day: days since 1970-01-01. */
typedef struct {
    int64_t days;
} day;

#define TIME_NONE INT64_MIN
#define INSTANT_NONE ((instant){ TIME_NONE })
#define WALL_NONE ((wall){ TIME_NONE })
#define DAY_NONE ((day){ TIME_NONE })

enum time_form {
    TIME_Z_MS,   /* 2026-08-23T03:55:00.000Z */
    TIME_Z,      /* 2026-08-23T03:55:00Z */
    TIME_PLAIN,  /* 2026-08-23T03:55:00, UTC: fields of the old system */
    TIME_OFFSET, /* 2026-08-22T22:55:00-05:00, in the house's zone */
};

/* The house's zone (IANA name); NULL or empty keeps the machine's. INVALID zone_unknown. Once, at start. */
const fault *clock_set_zone(arena *a, const char *iana_name) MUST_CHECK;

int64_t clock_mono_ms(void); /* for deadlines and durations only */
int64_t clock_mono_us(void);
int64_t clock_boot_ms(void); /* the same, and it goes on while the machine is suspended */
instant clock_now(void);
wall clock_wall_now(void);

wall wall_of(instant moment);
day day_of(wall moment);

enum wall_fit {
    WALL_ONCE,
    WALL_TWICE,  /* the clock goes back over it: the first is meant */
    WALL_SKIPPED /* the clock jumps over it: no such time */
};
enum wall_fit wall_to_instant(wall moment, instant *out);

/* Longest text of any form, with its NUL. */
#define TIME_TEXT_MAX 40
str instant_text(char room[TIME_TEXT_MAX], instant moment, enum time_form form);
str wall_text(char room[TIME_TEXT_MAX], wall moment); /* 2026-11-25T10:00:00 */
str day_text(char room[TIME_TEXT_MAX], day date);     /* 2026-11-25 */

/* ISO date, date-time (with Z or offset; without, UTC), with T or a space; true when the whole text fits
 * and the date exists. */
bool instant_read(str text, instant *out) MUST_CHECK;
/* Date-time with T or a space, seconds optional, fraction refused; *zoned tells that a zone was given (and false returned). */
bool wall_read(str text, wall *out, bool *zoned) MUST_CHECK;
bool day_read(str text, day *out) MUST_CHECK; /* YYYY-MM-DD */

#endif
