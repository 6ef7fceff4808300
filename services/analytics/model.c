/* model.c - days, windows and periods of the house, and the sums that every figure is made of. */
#include "services/analytics/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/calendar.h"

/* --- days --- */

const char *const analytics_window_names[] = { "today", "day", "week", "month", "quarter", "year", "all", NULL };

struct days analytics_window_days(unsigned window, int32_t today)
{
    static const int32_t lengths[] = { [WINDOW_TODAY] = 1,  [WINDOW_DAY] = 1,      [WINDOW_WEEK] = 7,
                                       [WINDOW_MONTH] = 30, [WINDOW_QUARTER] = 90, [WINDOW_YEAR] = 365 };
    if (window >= WINDOW_ALL)
        return ALL_DAYS;
    return (struct days){ today - lengths[window] + 1, today };
}

/* 1970-01-01 was a Thursday. */
static int64_t monday_of(int64_t when)
{
    return when - floor_mod(when + 3, 7);
}

int32_t analytics_period_start(unsigned period, int32_t when)
{
    struct date date = date_of_days(when);
    switch ((enum period)period) {
    case PERIOD_DAY:
        return when;
    case PERIOD_WEEK:
        return (int32_t)monday_of(when);
    case PERIOD_MONTH:
        return (int32_t)days_of_date((struct date){ date.year, date.month, 1 });
    case PERIOD_YEAR:
        return (int32_t)days_of_date((struct date){ date.year, 1, 1 });
    case PERIOD_ALL:
        break;
    }
    return 0;
}

/* A week belongs to the year of its Thursday (ISO 8601). */
static int iso_week_text(char room[PERIOD_TEXT_MAX], int64_t when)
{
    int64_t thursday = monday_of(when) + 3, year = date_of_days(thursday).year;
    int64_t first = days_of_date((struct date){ year, 1, 1 });
    return snprintf(room, PERIOD_TEXT_MAX, "%04d-W%02d", (int)year, (int)((thursday - first) / 7 + 1));
}

str analytics_period_text(char room[PERIOD_TEXT_MAX], unsigned period, int32_t when)
{
    struct date date = date_of_days(when);
    int len = 0;
    switch ((enum period)period) {
    case PERIOD_DAY:
        len = snprintf(room, PERIOD_TEXT_MAX, "%04d-%02d-%02d", (int)date.year, (int)date.month, (int)date.day);
        break;
    case PERIOD_WEEK:
        len = iso_week_text(room, when);
        break;
    case PERIOD_MONTH:
        len = snprintf(room, PERIOD_TEXT_MAX, "%04d-%02d", (int)date.year, (int)date.month);
        break;
    case PERIOD_YEAR:
        len = snprintf(room, PERIOD_TEXT_MAX, "%04d", (int)date.year);
        break;
    case PERIOD_ALL:
        len = snprintf(room, PERIOD_TEXT_MAX, "all");
        break;
    }
    return (str){ room, (size_t)len };
}

/* --- sums --- */

static bool day_within(int32_t when, struct days within)
{
    return when >= within.from && when <= within.to; /* NO_DAY lies before every window */
}

static bool sale_stands(const struct sale *s)
{
    return s->status == SALE_PENDING || s->status == SALE_CONFIRMED;
}

void analytics_sum_add(struct sum *sum, const struct sale *s, struct days within)
{
    if (sale_stands(s) && day_within(s->made_day, within))
        sum->reservations++;
    if (day_within(s->sold_day, within)) {
        sum->cents += s->cents;
        sum->confirmed += s->status == SALE_CONFIRMED;
    }
    if (day_within(s->back_day, within))
        sum->cents -= s->cents;
}

money analytics_average(int64_t cents, int64_t count)
{
    if (count == 0)
        return (money){ 0 };
    int64_t size = cents < 0 ? -cents : cents;
    int64_t each = size / count + (size % count >= count - size % count);
    return (money){ cents < 0 ? -each : each };
}

double analytics_percent(int64_t part, int64_t whole)
{
    if (whole == 0)
        return 0;
    int64_t hundredths = part * 10000 / whole, rest = part * 10000 % whole;
    return (double)(hundredths + (rest >= whole - rest)) / 100;
}

/* --- what is derived once --- */

static int taken_order(const void *left, const void *right)
{
    int64_t a = ((const struct taken *)left)->schedule_id, b = ((const struct taken *)right)->schedule_id;
    return (a > b) - (a < b);
}

void analytics_taken_make(const list *sales, struct taken *rows, list *out)
{
    size_t count = 0, kept = 0;
    for (size_t i = 0; i < sales->count; i++) {
        const struct sale *s = LIST_AT(sales, struct sale, i);
        if (sale_stands(s) && s->seats > 0)
            rows[count++] = (struct taken){ s->schedule_id, s->seats };
    }
    if (count > 1)
        qsort(rows, count, sizeof *rows, taken_order);
    for (size_t i = 1; i < count; i++) {
        if (rows[i].schedule_id == rows[kept].schedule_id)
            rows[kept].seats += rows[i].seats;
        else
            rows[++kept] = rows[i];
    }
    *out = (list){ rows, count ? kept + 1 : 0 };
}

static int day_order(const void *left, const void *right)
{
    int32_t a = ((const struct day_sum *)left)->day, b = ((const struct day_sum *)right)->day;
    return (a > b) - (a < b);
}

static size_t days_of_sale(const struct sale *s, struct day_sum *rows)
{
    size_t count = 0;
    if (sale_stands(s))
        rows[count++] = (struct day_sum){ .day = s->made_day, .reservations = 1 };
    if (s->sold_day != NO_DAY)
        rows[count++] = (struct day_sum){
            .day = s->sold_day, .cents = s->cents, .confirmed = s->status == SALE_CONFIRMED
        };
    if (s->back_day != NO_DAY)
        rows[count++] = (struct day_sum){ .day = s->back_day, .cents = -s->cents };
    return count;
}

void analytics_days_make(const list *sales, struct day_sum *rows, list *out)
{
    size_t count = 0, kept = 0;
    for (size_t i = 0; i < sales->count; i++)
        count += days_of_sale(LIST_AT(sales, struct sale, i), rows + count);
    if (count > 1)
        qsort(rows, count, sizeof *rows, day_order);
    for (size_t i = 1; i < count; i++) {
        if (rows[i].day != rows[kept].day) {
            rows[++kept] = rows[i];
            continue;
        }
        rows[kept].cents += rows[i].cents;
        rows[kept].reservations += rows[i].reservations;
        rows[kept].confirmed += rows[i].confirmed;
    }
    *out = (list){ rows, count ? kept + 1 : 0 };
}

/* --- looking up --- */

static int film_order(const void *left, const void *right)
{
    str a = ((const struct film *)left)->id, b = ((const struct film *)right)->id;
    size_t both = a.len < b.len ? a.len : b.len;
    int order = both ? memcmp(a.at, b.at, both) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

void analytics_films_sort(struct catalogue *films)
{
    if (films->films.count > 1)
        qsort(films->films.at, films->films.count, sizeof(struct film), film_order);
}

const struct film *analytics_film_find(const struct catalogue *from, str id)
{
    struct film wanted = { .id = id };
    if (from->films.count == 0)
        return NULL;
    return bsearch(&wanted, from->films.at, from->films.count, sizeof wanted, film_order);
}

static int hall_order(const void *left, const void *right)
{
    int64_t a = ((const struct hall *)left)->id, b = ((const struct hall *)right)->id;
    return (a > b) - (a < b);
}

const struct hall *analytics_hall_find(const struct house *from, int64_t id)
{
    struct hall wanted = { .id = id };
    if (from->halls.count == 0)
        return NULL;
    return bsearch(&wanted, from->halls.at, from->halls.count, sizeof wanted, hall_order);
}
