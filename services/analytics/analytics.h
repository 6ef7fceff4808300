/* analytics.h - the service's own struct and its handlers. */
#ifndef TAQUILLA_ANALYTICS_ANALYTICS_H
#define TAQUILLA_ANALYTICS_ANALYTICS_H

#include "lib/http/route.h"
#include "services/analytics/owners.h"

struct analytics {
    struct owners owners;
    struct store *store;
    int32_t day_starts_s;  /* after midnight */
    unsigned week_starts;  /* 0 is monday */
    size_t streams;        /* open ones */
};

extern const struct route analytics_routes[];

handler analytics_revenue_show, analytics_popular_show, analytics_occupancy_show, analytics_behavior_show,
    analytics_dashboard_show, analytics_to_docs, analytics_figures_page;
handler analytics_sheet_show, analytics_returns_show, analytics_sales_csv, analytics_stream; /* handlers_sheets.c */
handler analytics_hours_show, analytics_curve_show; /* handlers_showings.c */

/* What the owners have told by now is counted, and the windows end today. */
const fault *analytics_sums_ready(struct call *c, unsigned wanted, struct store **out) MUST_CHECK;

#endif
