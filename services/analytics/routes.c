/* routes.c - the API of analytics as one table. */
#include "services/analytics/analytics.h"

/* clang-format off */
static const char *const figure_faults[] = { "upstream_away", "store_busy", NULL };
static const char *const occupancy_faults[] = { "room_unknown", "upstream_away", "store_busy", NULL };

static const char *const curve_faults[] = { "showing_unknown", "upstream_away", "store_busy", NULL };
static const char *const returns_faults[] = { "movie_unknown", "upstream_away", NULL };
static const char *const stream_faults[] = { "upstream_away", "overloaded", NULL };

const struct route analytics_routes[] = {
    { GET, "/api/analytics/revenue",        analytics_revenue_show,   NULL, &analytics_revenue_shape,
      "Money and reservations over time",   .query = &analytics_revenue_query_shape, .faults = figure_faults },
    { GET, "/api/analytics/popular-movies", analytics_popular_show,   NULL, &analytics_popular_shape,
      "Films by reservations, then revenue", .query = &analytics_popular_query_shape, .gives_list = true, .faults = figure_faults },
    { GET, "/api/analytics/occupancy",      analytics_occupancy_show, NULL, &analytics_occupancy_shape,
      "How full the rooms are",             .query = &analytics_occupancy_query_shape, .faults = occupancy_faults },
    { GET, "/api/analytics/occupancy-hours", analytics_hours_show,    NULL, &analytics_room_hour_shape,
      "How full the rooms are by the hour in which a showing begins", .query = &analytics_hours_query_shape, .gives_list = true, .faults = figure_faults },
    { GET, "/api/analytics/showing-sales",  analytics_curve_show,     NULL, &analytics_curve_shape,
      "How the tickets of a showing went, hour by hour", .query = &analytics_curve_query_shape, .access = ACCESS_ADMIN, .faults = curve_faults },
    { GET, "/api/analytics/user-behavior",  analytics_behavior_show,  NULL, &analytics_behavior_shape,
      "What users spend, and who most",     .query = &analytics_window_query_shape, .access = ACCESS_ADMIN, .faults = figure_faults },
    { GET, "/api/analytics/dashboard",      analytics_dashboard_show, NULL, &analytics_dashboard_shape,
      "The house at a glance",              .query = &analytics_window_query_shape, .faults = figure_faults },

    { GET, "/api/analytics/stream",         analytics_stream,         .summary =
      "The dashboard's figures, sent again whenever they change, as server-sent events", .query = &analytics_window_query_shape, .streams = "text/event-stream", .faults = stream_faults },
    { GET, "/api/analytics/day",            analytics_sheet_show,     NULL, &analytics_sheet_shape,
      "The sheet of a house's day: sold and refunded", .query = &analytics_sheet_query_shape, .faults = figure_faults },
    { GET, "/api/analytics/returns",        analytics_returns_show,   NULL, &analytics_returns_shape,
      "What a distributor is told of a film's week", .query = &analytics_returns_query_shape, .faults = returns_faults },
    { GET, "/api/analytics/sales.csv",      analytics_sales_csv,      NULL, NULL,
      "Each sale and refund as a row of CSV", .query = &analytics_sales_query_shape, .access = ACCESS_ADMIN, .streams = "text/csv", .faults = figure_faults },

    { GET, "/docs/figures",                 analytics_figures_page,   .plain = true },
    { GET, "/",                             analytics_to_docs,        .redirects = true },
    { .path = NULL },
};
/* clang-format on */
