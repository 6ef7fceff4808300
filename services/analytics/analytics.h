/* analytics.h - the service's own struct and its handlers. */
#ifndef TAQUILLA_ANALYTICS_ANALYTICS_H
#define TAQUILLA_ANALYTICS_ANALYTICS_H

#include "lib/http/route.h"
#include "services/analytics/owners.h"

struct analytics {
    struct owners owners;
    struct store *store;
};

extern const struct route analytics_routes[];

handler analytics_revenue_show, analytics_popular_show, analytics_occupancy_show, analytics_behavior_show,
    analytics_dashboard_show, analytics_to_docs;

#endif
