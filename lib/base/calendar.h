/* calendar.h - arithmetic of the Gregorian calendar, years 1 to 9999: for clock.c, clock_read.c and
 * whoever counts months. */
#ifndef TAQUILLA_BASE_CALENDAR_H
#define TAQUILLA_BASE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#define DAY_S 86400
#define FIRST_SECOND (INT64_C(-719162) * DAY_S)    /* 0001-01-01T00:00:00 */
#define LAST_SECOND (INT64_C(2932897) * DAY_S - 1) /* 9999-12-31T23:59:59 */

struct date {
    int64_t year, month, day; /* month and day from 1 */
};

int64_t floor_div(int64_t n, int64_t by);
int64_t floor_mod(int64_t n, int64_t by);

int64_t days_of_date(struct date date); /* since 1970-01-01 */
struct date date_of_days(int64_t days);
int64_t month_length(int64_t year, int64_t month);
bool date_exists(struct date date);

#endif
