/* cron.h - a schedule in the five fields of crontab(5), and when it comes next on the wall of the house. */
#ifndef TAQUILLA_BASE_CRON_H
#define TAQUILLA_BASE_CRON_H

#include "lib/base/clock.h"

/* Bit n of a field: n is in it. Days of the week from Sunday, 0 to 6. */
struct cron {
    uint64_t minutes;
    uint64_t hours, days, months, weekdays;
    bool any_day, any_weekday; /* the field begins with '*' */
};

/* "minute hour day month weekday": numbers, lists (1,15), ranges (1-5), steps (0-30/5, or a star with one), names of months
 * and days in English (jan, mon); 7 is Sunday too; @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually.
 * When both the day and the weekday are restricted, one of them is enough. NULL when all is well; else what is wrong, as the
 * rest of a sentence: "its hour must be ...". */
const char *cron_read(str text, struct cron *out) MUST_CHECK;

/* The first moment after `after` at which it comes. Times that daylight saving skips come together at the first moment
 * after the gap; of times that occur twice the first counts. False when it comes never again (before the year 10000). */
bool cron_next(const struct cron *c, instant after, instant *out) MUST_CHECK;

/* The same on a wall that is never set: the next minute that matches. */
bool cron_next_wall(const struct cron *c, wall after, wall *out) MUST_CHECK;

#endif
