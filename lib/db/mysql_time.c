/* mysql_time.c - DATETIME columns and milliseconds, by the calendar alone: a session's zone is UTC. */
#include "lib/db/mysql_internal.h"

#include "lib/base/calendar.h"

#define DAY_MS (INT64_C(1000) * DAY_S)

MYSQL_TIME time_of_ms(int64_t ms)
{
    struct date date = date_of_days(floor_div(ms, DAY_MS));
    int64_t in_day = floor_mod(ms, DAY_MS);
    return (MYSQL_TIME){
        .year = (unsigned)date.year,
        .month = (unsigned)date.month,
        .day = (unsigned)date.day,
        .hour = (unsigned)(in_day / 3600000),
        .minute = (unsigned)(in_day / 60000 % 60),
        .second = (unsigned)(in_day / 1000 % 60),
        .second_part = (unsigned long)(in_day % 1000) * 1000,
        .time_type = MYSQL_TIMESTAMP_DATETIME,
    };
}

/* 0000-00-00, which old tables may hold, is none. */
int64_t ms_of_time(const MYSQL_TIME *t)
{
    struct date date = { t->year, t->month, t->day };
    if (!date_exists(date))
        return TIME_NONE;
    int64_t seconds = days_of_date(date) * DAY_S + t->hour * 3600 + t->minute * 60 + t->second;
    return seconds * 1000 + (int64_t)(t->second_part / 1000);
}
