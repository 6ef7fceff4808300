/* model.c - days, windows and periods of the house, and the sums that every figure is made of. */
#include "services/analytics/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

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

/* --- revenue --- */

struct days analytics_days_asked(const struct revenue_query *want)
{
    struct days within = ALL_DAYS;
    if (want->start.days != TIME_NONE)
        within.from = (int32_t)want->start.days;
    if (want->end.days != TIME_NONE)
        within.to = (int32_t)want->end.days;
    return within;
}

static int by_revenue(const void *left, const void *right)
{
    const struct revenue_period *a = left, *b = right;
    if (a->revenue.cents != b->revenue.cents)
        return a->revenue.cents < b->revenue.cents ? 1 : -1;
    return (a->start < b->start) - (a->start > b->start);
}

static void period_end(arena *a, unsigned period, int32_t start, const struct sum *sum, list *out)
{
    char room[PERIOD_TEXT_MAX];
    if (sum->cents == 0 && sum->reservations == 0)
        return;
    *LIST_AT(out, struct revenue_period, out->count++) = (struct revenue_period){
        .start = start,
        .period = arena_copy(a, analytics_period_text(room, period, start)),
        .revenue = { sum->cents },
        .reservations = sum->reservations,
        .average_ticket_price = analytics_average(sum->cents, sum->confirmed),
    };
}

static void sum_join(struct sum *sum, const struct day_sum *one)
{
    sum->cents += one->cents;
    sum->reservations += one->reservations;
    sum->confirmed += one->confirmed;
}

void analytics_revenue_make(arena *a, const list *sums, unsigned period, struct revenue *out)
{
    struct sum all = { 0 }, sum = { 0 };
    int32_t start = 0;
    out->by_period = (list){ NEW_ARRAY(a, struct revenue_period, sums->count + 1), 0 };
    for (size_t i = 0; i < sums->count; i++) {
        const struct day_sum *one = LIST_AT(sums, struct day_sum, i);
        int32_t begun = analytics_period_start(period, (int32_t)one->day);
        if (begun != start) {
            period_end(a, period, start, &sum, &out->by_period);
            sum = (struct sum){ 0 };
            start = begun;
        }
        sum_join(&sum, one);
        sum_join(&all, one);
    }
    period_end(a, period, start, &sum, &out->by_period);
    if (out->by_period.count > 1)
        qsort(out->by_period.at, out->by_period.count, sizeof(struct revenue_period), by_revenue);
    out->summary = NEW(a, struct revenue_summary);
    *out->summary = (struct revenue_summary){ { all.cents }, all.reservations,
                                              analytics_average(all.cents, all.confirmed) };
}

/* --- occupancy --- */

static int by_rate(const void *left, const void *right)
{
    const struct room_occupancy *a = left, *b = right;
    if (a->occupancy_rate < b->occupancy_rate || a->occupancy_rate > b->occupancy_rate)
        return a->occupancy_rate < b->occupancy_rate ? 1 : -1;
    return (a->room_id > b->room_id) - (a->room_id < b->room_id);
}

static bool room_listed(const struct room_occupancy *room, int64_t room_id)
{
    return room_id == INTEGER_NONE ? room->is_active || room->total_schedules > 0 : room->room_id == room_id;
}

void analytics_occupancy_make(arena *a, list *rooms, int64_t room_id, struct occupancy *out)
{
    struct occupancy_summary *all = out->summary = NEW(a, struct occupancy_summary);
    out->rooms = (list){ rooms->at, 0 };
    for (size_t i = 0; i < rooms->count; i++) {
        struct room_occupancy room = *LIST_AT(rooms, struct room_occupancy, i);
        if (!room_listed(&room, room_id))
            continue;
        room.total_possible_seats = room.total_seats * room.total_schedules;
        room.occupancy_rate = analytics_percent(room.occupied_seats, room.total_possible_seats);
        all->total_occupied_seats += room.occupied_seats;
        all->total_possible_seats += room.total_possible_seats;
        *LIST_AT(&out->rooms, struct room_occupancy, out->rooms.count++) = room; /* never before its own place */
    }
    all->total_rooms = (int64_t)out->rooms.count;
    all->overall_occupancy_rate = analytics_percent(all->total_occupied_seats, all->total_possible_seats);
    if (out->rooms.count > 1)
        qsort(out->rooms.at, out->rooms.count, sizeof(struct room_occupancy), by_rate);
}
