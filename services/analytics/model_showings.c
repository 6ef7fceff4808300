/* model_showings.c - how full the rooms are by the hour in which a showing begins, and how the tickets of one showing went. */
#include <stdlib.h>

#include "services/analytics/model_fold.h"

#define HOUR_MS 3600000

/* --- rooms by hour --- */

static const struct field hours_query_fields[] = {
    FIELD(struct hours_query, period, "period", .choices = analytics_window_names, .fallback = "week",
          .doc = "showings from the first of so many whole days ending today (today and day 1, week 7, month 30, "
                 "quarter 90, year 365, all) on, those to come included"),
};
const struct shape analytics_hours_query_shape = SHAPE(hours_query, hours_query_fields);

static const struct field room_hour_fields[] = {
    FIELD(struct room_hour, room_id, "roomId"),
    FIELD(struct room_hour, room_name, "roomName"),
    FIELD(struct room_hour, hour, "hour", .doc = "in which the showings begin, on the house's clock, as 18:00"),
    FIELD(struct room_hour, total_schedules, "totalSchedules", .doc = "active showings of the window"),
    FIELD(struct room_hour, occupied_seats, "occupiedSeats", .doc = "held or sold for those showings"),
    FIELD(struct room_hour, total_possible_seats, "totalPossibleSeats", .doc = "all seats of the room x totalSchedules"),
    FIELD(struct room_hour, occupancy_rate, "occupancyRate", .doc = "percent, two decimals, half up"),
};
const struct shape analytics_room_hour_shape = SHAPE(room_hour, room_hour_fields);

void analytics_hours_make(arena *a, list *hours)
{
    for (size_t i = 0; i < hours->count; i++) {
        struct room_hour *one = LIST_AT(hours, struct room_hour, i);
        one->hour = arena_printf(a, "%02d:00", (int)one->hour_number);
        one->total_possible_seats = one->total_seats * one->total_schedules;
        one->occupancy_rate = analytics_percent(one->occupied_seats, one->total_possible_seats);
    }
}

/* --- the sales of a showing --- */

static const struct field curve_query_fields[] = {
    FIELD(struct curve_query, schedule_id, "scheduleId", .min = 1),
};
const struct shape analytics_curve_query_shape = SHAPE(curve_query, curve_query_fields);

static const struct field point_fields[] = {
    FIELD(struct curve_point, at, "at", .form = TIME_OFFSET, .doc = "the hour begins"),
    FIELD(struct curve_point, sold, "sold", .doc = "tickets that were paid in that hour"),
    FIELD(struct curve_point, refunded, "refunded", .doc = "tickets that were given back in it"),
    FIELD(struct curve_point, tickets, "tickets", .doc = "those that stand when it ends"),
    FIELD(struct curve_point, revenue, "revenue", .doc = "what they brought"),
};
static const struct shape point_shape = SHAPE(curve_point, point_fields);

static const struct field curve_fields[] = {
    FIELD(struct curve, schedule_id, "scheduleId"),
    FIELD(struct curve, movie_id, "movieId", .nullable = true),
    FIELD(struct curve, title, "title", .nullable = true, .doc = "null when movies does not know the film"),
    FIELD(struct curve, room_name, "roomName", .nullable = true),
    FIELD(struct curve, seats, "totalSeats", .doc = "all seats of the room, also those out of service"),
    FIELD(struct curve, tickets, "tickets", .doc = "paid ones that stand"),
    FIELD(struct curve, revenue, "revenue", .doc = "what they brought"),
    FIELD(struct curve, points, "points", .shape = &point_shape, .doc = "hours in which something was sold or given back, in order"),
};
const struct shape analytics_curve_shape = SHAPE(curve, curve_fields);

struct move {
    int64_t hour, tickets, cents; /* tickets given back are negative */
};

static int by_hour(const void *left, const void *right)
{
    const struct move *a = left, *b = right;
    return (a->hour > b->hour) - (a->hour < b->hour);
}

static int64_t tickets_in(str text)
{
    int64_t price, count, all = 0;
    while (analytics_tickets_next(&text, &price, &count))
        all += count;
    return all;
}

static size_t moves_of(const struct curve_sale *sale, struct move out[2])
{
    int64_t tickets = tickets_in(sale->tickets);
    out[0] = (struct move){ sale->sold.ms / HOUR_MS, tickets, sale->cents };
    if (sale->back.ms == TIME_NONE)
        return 1;
    out[1] = (struct move){ sale->back.ms / HOUR_MS, -tickets, -sale->cents };
    return 2;
}

void analytics_curve_make(arena *a, const list *sales, struct curve *out)
{
    struct move *moves = NEW_ARRAY(a, struct move, 2 * sales->count + 2);
    size_t count = 0;
    for (size_t i = 0; i < sales->count; i++)
        count += moves_of(LIST_AT(sales, struct curve_sale, i), moves + count);
    if (count > 1)
        qsort(moves, count, sizeof *moves, by_hour);
    out->points = (list){ NEW_ARRAY(a, struct curve_point, count + 1), 0 };
    struct curve_point *last = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct move *m = &moves[i];
        if (!last || last->at.ms != m->hour * HOUR_MS) {
            last = LIST_AT(&out->points, struct curve_point, out->points.count++);
            *last = (struct curve_point){ .at = { m->hour * HOUR_MS } };
        }
        *(m->tickets < 0 ? &last->refunded : &last->sold) += m->tickets < 0 ? -m->tickets : m->tickets;
        out->tickets += m->tickets;
        out->revenue.cents += m->cents;
        last->tickets = out->tickets;
        last->revenue = out->revenue;
    }
}
