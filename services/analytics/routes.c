/* routes.c - the API of analytics as one table. */
#include "services/analytics/analytics.h"

/* clang-format off */
static const char *const figure_faults[] = { "upstream_away", "store_busy", NULL };
static const char *const occupancy_faults[] = { "room_unknown", "upstream_away", "store_busy", NULL };

const struct route analytics_routes[] = {
    { GET, "/api/analytics/revenue",        analytics_revenue_show,   NULL, &analytics_revenue_shape,
      "Money and reservations over time",   .query = &analytics_revenue_query_shape, .faults = figure_faults },
    { GET, "/api/analytics/popular-movies", analytics_popular_show,   NULL, &analytics_popular_shape,
      "Films by reservations, then revenue", .query = &analytics_popular_query_shape, .gives_list = true, .faults = figure_faults },
    { GET, "/api/analytics/occupancy",      analytics_occupancy_show, NULL, &analytics_occupancy_shape,
      "How full the rooms are",             .query = &analytics_occupancy_query_shape, .faults = occupancy_faults },
    { GET, "/api/analytics/user-behavior",  analytics_behavior_show,  NULL, &analytics_behavior_shape,
      "What users spend, and who most",     .query = &analytics_window_query_shape, .access = ACCESS_ADMIN, .faults = figure_faults },
    { GET, "/api/analytics/dashboard",      analytics_dashboard_show, NULL, &analytics_dashboard_shape,
      "The house at a glance",              .query = &analytics_window_query_shape, .faults = figure_faults },

    { GET, "/",                             analytics_to_docs,        .redirects = true },
    { .path = NULL },
};
/* clang-format on */
