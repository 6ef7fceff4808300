/* model_shapes.c - what analytics is asked and what it answers, on the wire. */
#include "services/analytics/model.h"

/* --- questions --- */

#define WINDOW_DOC "whole days of the house ending today: today and day 1, week 7, month 30, quarter 90, year 365, all"

static const char *const period_names[] = { "day", "week", "month", "year", "all", NULL };

static struct fault_field *field_wrong(arena *a, const char *name, const char *sentence)
{
    struct fault_field *made = NEW(a, struct fault_field);
    *made = (struct fault_field){ .field = str_of(name), .sentence = str_of(sentence), .kind = "min" };
    return made;
}

static const fault *revenue_query_check(arena *a, void *query)
{
    const struct revenue_query *want = query;
    if (want->start.days == TIME_NONE || want->end.days == TIME_NONE || want->start.days <= want->end.days)
        return NULL;
    fault *problem = fault_new(a, FAULT_INVALID, "validation_failed", "endDate must not lie before startDate.");
    problem->fields = field_wrong(a, "endDate", "endDate must not lie before startDate.");
    return problem;
}

static const struct field revenue_query_fields[] = {
    FIELD(struct revenue_query, period, "period", .choices = period_names, .fallback = "month",
          .doc = "what the revenue is summed by; weeks and their years are ISO 8601"),
    FIELD(struct revenue_query, start, "startDate", .nullable = true, .doc = "first day of the house; open without"),
    FIELD(struct revenue_query, end, "endDate", .nullable = true, .doc = "last day, included; open without"),
};
const struct shape analytics_revenue_query_shape =
    SHAPE(revenue_query, revenue_query_fields, .check = revenue_query_check);

static const struct field popular_query_fields[] = {
    FIELD(struct popular_query, period, "period", .choices = analytics_window_names, .fallback = "month",
          .doc = WINDOW_DOC),
    FIELD(struct popular_query, limit, "limit", .fallback = "10", .max = 10000),
};
const struct shape analytics_popular_query_shape = SHAPE(popular_query, popular_query_fields);

static const struct field occupancy_query_fields[] = {
    FIELD(struct occupancy_query, period, "period", .choices = analytics_window_names, .fallback = "week",
          .doc = "showings from the first of so many whole days ending today (today and day 1, week 7, month 30, "
                 "quarter 90, year 365, all) on, those to come included"),
    FIELD(struct occupancy_query, room_id, "roomId", .nullable = true, .min = 1, .doc = "this room alone"),
};
const struct shape analytics_occupancy_query_shape = SHAPE(occupancy_query, occupancy_query_fields);

static const struct field window_query_fields[] = {
    FIELD(struct window_query, period, "period", .choices = analytics_window_names, .fallback = "month",
          .doc = WINDOW_DOC),
};
const struct shape analytics_window_query_shape = SHAPE(window_query, window_query_fields);

/* --- revenue --- */

#define REVENUE_DOC                                                                                \
    "sales on the day of their confirmation, minus those cancelled later on the day of their cancellation"
#define RESERVATIONS_DOC "PENDING and CONFIRMED, by the day they were made"
#define AVERAGE_DOC                                                                                \
    "revenue / CONFIRMED reservations that were confirmed then; two decimals, half up; 0 when none"

static const struct field revenue_summary_fields[] = {
    FIELD(struct revenue_summary, total_revenue, "totalRevenue", .doc = REVENUE_DOC),
    FIELD(struct revenue_summary, total_reservations, "totalReservations", .doc = RESERVATIONS_DOC),
    FIELD(struct revenue_summary, average_ticket_price, "averageTicketPrice", .doc = AVERAGE_DOC),
};
static const struct shape revenue_summary_shape = SHAPE(revenue_summary, revenue_summary_fields);

static const struct field revenue_period_fields[] = {
    FIELD(struct revenue_period, period, "period", .doc = "2026-09-12, 2026-W46, 2026-09, 2026 or all"),
    FIELD(struct revenue_period, revenue, "revenue", .doc = REVENUE_DOC),
    FIELD(struct revenue_period, reservations, "reservations", .doc = RESERVATIONS_DOC),
    FIELD(struct revenue_period, average_ticket_price, "averageTicketPrice", .doc = AVERAGE_DOC),
};
static const struct shape revenue_period_shape = SHAPE(revenue_period, revenue_period_fields);

static const struct field revenue_fields[] = {
    FIELD(struct revenue, summary, "summary", .shape = &revenue_summary_shape),
    FIELD(struct revenue, by_period, "revenueByPeriod", .shape = &revenue_period_shape,
          .doc = "by revenue, then period, descending; periods without revenue and reservations are left out"),
};
const struct shape analytics_revenue_shape = SHAPE(revenue, revenue_fields);

/* --- popular movies --- */

static const struct field popular_fields[] = {
    FIELD(struct popular, movie_id, "movieId"),
    FIELD(struct popular, title, "title", .nullable = true, .doc = "null when movies does not know the film"),
    FIELD(struct popular, total_reservations, "totalReservations", .doc = RESERVATIONS_DOC),
    FIELD(struct popular, total_revenue, "totalRevenue", .doc = REVENUE_DOC),
    FIELD(struct popular, average_ticket_price, "averageTicketPrice", .doc = AVERAGE_DOC),
};
const struct shape analytics_popular_shape = {
    .name = "popular_movie", .size = sizeof(struct popular), .fields = popular_fields, .count = COUNT_OF(popular_fields)
};

/* --- occupancy --- */

static const struct field occupancy_summary_fields[] = {
    FIELD(struct occupancy_summary, total_rooms, "totalRooms", .doc = "those listed"),
    FIELD(struct occupancy_summary, total_occupied_seats, "totalOccupiedSeats"),
    FIELD(struct occupancy_summary, total_possible_seats, "totalPossibleSeats"),
    FIELD(struct occupancy_summary, overall_occupancy_rate, "overallOccupancyRate",
          .doc = "percent, two decimals, half up"),
};
static const struct shape occupancy_summary_shape = SHAPE(occupancy_summary, occupancy_summary_fields);

static const struct field room_occupancy_fields[] = {
    FIELD(struct room_occupancy, room_id, "roomId"),
    FIELD(struct room_occupancy, room_name, "roomName"),
    FIELD(struct room_occupancy, total_seats, "totalSeats", .doc = "all seats of the room, also those out of service"),
    FIELD(struct room_occupancy, total_schedules, "totalSchedules", .doc = "active showings of the window"),
    FIELD(struct room_occupancy, occupied_seats, "occupiedSeats", .doc = "held or sold for those showings"),
    FIELD(struct room_occupancy, total_possible_seats, "totalPossibleSeats", .doc = "totalSeats x totalSchedules"),
    FIELD(struct room_occupancy, occupancy_rate, "occupancyRate", .doc = "percent, two decimals, half up"),
};
static const struct shape room_occupancy_shape = SHAPE(room_occupancy, room_occupancy_fields);

static const struct field occupancy_fields[] = {
    FIELD(struct occupancy, summary, "summary", .shape = &occupancy_summary_shape),
    FIELD(struct occupancy, rooms, "roomOccupancy", .shape = &room_occupancy_shape,
          .doc = "rooms in use or with a showing in the window, by rate descending, then id"),
};
const struct shape analytics_occupancy_shape = SHAPE(occupancy, occupancy_fields);

/* --- user behavior --- */

static const struct field behavior_summary_fields[] = {
    FIELD(struct behavior_summary, total_users, "totalUsers", .doc = "those not erased"),
    FIELD(struct behavior_summary, active_users, "activeUsers",
          .doc = "with a reservation or spending in the window, erased ones too"),
    FIELD(struct behavior_summary, total_revenue, "totalRevenue", .doc = REVENUE_DOC),
    FIELD(struct behavior_summary, average_spending_per_user, "averageSpendingPerUser",
          .doc = "totalRevenue / activeUsers; 0 when none"),
};
static const struct shape behavior_summary_shape = SHAPE(behavior_summary, behavior_summary_fields);

static const struct field segments_fields[] = {
    FIELD(struct segments, vip, "vip", .doc = "spent 200 or more in the window"),
    FIELD(struct segments, regular, "regular", .doc = "spent 50 or more"),
    FIELD(struct segments, casual, "casual", .doc = "the other active ones"),
    FIELD(struct segments, inactive, "inactive", .doc = "the rest of totalUsers"),
};
static const struct shape segments_shape = SHAPE(segments, segments_fields);

static const struct field top_user_fields[] = {
    FIELD(struct top_user, user_id, "userId"),
    FIELD(struct top_user, user_name, "userName", .nullable = true, .doc = "null when reservations is away"),
    FIELD(struct top_user, total_reservations, "totalReservations", .doc = RESERVATIONS_DOC),
    FIELD(struct top_user, total_spent, "totalSpent", .doc = REVENUE_DOC),
    FIELD(struct top_user, average_ticket_price, "averageTicketPrice", .doc = AVERAGE_DOC),
    FIELD(struct top_user, last_reservation, "lastReservationDate", .nullable = true, .form = TIME_PLAIN,
          .doc = "the latest that is PENDING or CONFIRMED, of any day; UTC; null when there is none"),
};
static const struct shape top_user_shape = SHAPE(top_user, top_user_fields);

static const struct field behavior_fields[] = {
    FIELD(struct behavior, summary, "summary", .shape = &behavior_summary_shape),
    FIELD(struct behavior, segments, "userSegments", .shape = &segments_shape, .doc = "of users not erased"),
    FIELD(struct behavior, top_users, "topUsers", .shape = &top_user_shape,
          .doc = "ten active ones, not erased, by totalSpent and totalReservations descending, then userId"),
};
const struct shape analytics_behavior_shape = SHAPE(behavior, behavior_fields);

/* --- dashboard --- */

static const struct field overview_fields[] = {
    FIELD(struct overview, total_movies, "totalMovies", .doc = "active ones"),
    FIELD(struct overview, total_rooms, "totalRooms", .doc = "active ones"),
    FIELD(struct overview, total_users, "totalUsers", .doc = "those not erased"),
    FIELD(struct overview, total_reservations, "totalReservations", .doc = RESERVATIONS_DOC),
    FIELD(struct overview, total_revenue, "totalRevenue", .doc = REVENUE_DOC),
    FIELD(struct overview, average_ticket_price, "averageTicketPrice", .doc = AVERAGE_DOC),
};
static const struct shape overview_shape = SHAPE(overview, overview_fields);

static const struct field top_movie_fields[] = {
    FIELD(struct top_movie, movie_id, "movieId"),
    FIELD(struct top_movie, reservations, "reservations"),
};
static const struct shape top_movie_shape = SHAPE(top_movie, top_movie_fields);

static const struct field dashboard_fields[] = {
    FIELD(struct dashboard, overview, "overview", .shape = &overview_shape),
    FIELD(struct dashboard, top_movies, "topMovies", .shape = &top_movie_shape,
          .doc = "the first five of popular-movies that have reservations"),
    FIELD(struct dashboard, period, "period", .choices = analytics_window_names),
};
const struct shape analytics_dashboard_shape = SHAPE(dashboard, dashboard_fields);

/* --- the day sheet --- */

static const struct field sheet_query_fields[] = {
    FIELD(struct sheet_query, date, "date", .nullable = true,
          .doc = "a day of the house, which begins at DAY_STARTS; without it the one that it is now"),
};
const struct shape analytics_sheet_query_shape = SHAPE(sheet_query, sheet_query_fields);

#define SHEET_SUMS                                                                                 \
    FIELD(struct sheet_sum, sold, "sold", .doc = "of sales confirmed on that day"),                \
        FIELD(struct sheet_sum, refunded, "refunded", .doc = "of paid sales cancelled on that day"), \
        FIELD(struct sheet_sum, net, "net", .doc = "sold - refunded"),                             \
        FIELD(struct sheet_sum, tickets, "tickets", .doc = "seats sold, less those given back")

static const struct field sheet_total_fields[] = { SHEET_SUMS };
static const struct shape sheet_total_shape = { .name = "day_total", .size = sizeof(struct sheet_sum),
                                                .fields = sheet_total_fields, .count = COUNT_OF(sheet_total_fields) };
static const struct field sheet_method_fields[] = {
    FIELD(struct sheet_sum, name, "paymentMethod", .nullable = true, .doc = "null when no payment is known"), SHEET_SUMS
};
static const struct shape sheet_method_shape = { .name = "day_method", .size = sizeof(struct sheet_sum),
                                                 .fields = sheet_method_fields, .count = COUNT_OF(sheet_method_fields) };
static const struct field sheet_film_fields[] = {
    FIELD(struct sheet_sum, name, "movieId", .nullable = true),
    FIELD(struct sheet_sum, title, "title", .nullable = true, .doc = "null when movies does not know the film"), SHEET_SUMS
};
static const struct shape sheet_film_shape = { .name = "day_film", .size = sizeof(struct sheet_sum),
                                               .fields = sheet_film_fields, .count = COUNT_OF(sheet_film_fields) };
static const struct field sheet_hour_fields[] = {
    FIELD(struct sheet_sum, name, "hour", .doc = "on the house's clock, as 18:00"), SHEET_SUMS
};
static const struct shape sheet_hour_shape = { .name = "day_hour", .size = sizeof(struct sheet_sum),
                                               .fields = sheet_hour_fields, .count = COUNT_OF(sheet_hour_fields) };

static const struct field sheet_fields[] = {
    FIELD(struct day_sheet, date, "date"),
    FIELD(struct day_sheet, from, "from", .form = TIME_OFFSET),
    FIELD(struct day_sheet, to, "to", .form = TIME_OFFSET, .doc = "when the next day begins"),
    FIELD(struct day_sheet, total, "total", .shape = &sheet_total_shape),
    FIELD(struct day_sheet, by_method, "byPaymentMethod", .shape = &sheet_method_shape, .doc = "by net descending"),
    FIELD(struct day_sheet, by_film, "byMovie", .shape = &sheet_film_shape, .doc = "by net descending"),
    FIELD(struct day_sheet, by_hour, "byHour", .shape = &sheet_hour_shape, .doc = "in the order of the day"),
};
const struct shape analytics_sheet_shape = SHAPE(day_sheet, sheet_fields);

/* --- the distributor's return --- */

static const fault *returns_query_check(arena *a, void *query)
{
    const struct returns_query *want = query;
    int32_t monday;
    if (analytics_week_read(want->week, &monday))
        return NULL;
    fault *problem = fault_new(a, FAULT_INVALID, "validation_failed", "week must be a week like 2026-W46.");
    problem->fields = field_wrong(a, "week", "week must be a week like 2026-W46.");
    return problem;
}

static const struct field returns_query_fields[] = {
    FIELD(struct returns_query, movie_id, "movieId", .min = 1, .max = 100),
    FIELD(struct returns_query, week, "week", .min = 1, .max = 10, .pattern = "^[0-9]{4}-W[0-9]{2}$",
          .doc = "2026-W46: the seven days from WEEK_STARTS in that week (ISO 8601) on"),
};
const struct shape analytics_returns_query_shape =
    SHAPE(returns_query, returns_query_fields, .check = returns_query_check);

static const struct field return_line_fields[] = {
    FIELD(struct return_line, room_id, "roomId"),
    FIELD(struct return_line, room_name, "roomName", .nullable = true),
    FIELD(struct return_line, price, "price", .doc = "of one ticket"),
    FIELD(struct return_line, admissions, "admissions", .doc = "seats of CONFIRMED reservations"),
    FIELD(struct return_line, takings, "takings", .doc = "price x admissions"),
};
static const struct shape return_line_shape = SHAPE(return_line, return_line_fields);

static const struct field returns_fields[] = {
    FIELD(struct returns, movie_id, "movieId"),
    FIELD(struct returns, title, "title", .nullable = true),
    FIELD(struct returns, week, "week"),
    FIELD(struct returns, from, "from", .doc = "the first day of the house"),
    FIELD(struct returns, to, "to", .doc = "the last one, included"),
    FIELD(struct returns, admissions, "admissions"),
    FIELD(struct returns, takings, "takings"),
    FIELD(struct returns, lines, "lines", .shape = &return_line_shape, .doc = "by room, then price descending"),
};
const struct shape analytics_returns_shape = SHAPE(returns, returns_fields);

/* --- sales as rows --- */

static const fault *sales_query_check(arena *a, void *query)
{
    const struct sales_query *want = query;
    struct revenue_query days = { .start = want->start, .end = want->end };
    return revenue_query_check(a, &days);
}

static const struct field sales_query_fields[] = {
    FIELD(struct sales_query, start, "startDate", .nullable = true, .doc = "first day; open without"),
    FIELD(struct sales_query, end, "endDate", .nullable = true, .doc = "last day, included; open without"),
};
const struct shape analytics_sales_query_shape = SHAPE(sales_query, sales_query_fields, .check = sales_query_check);
