/* figures.h - the five figures, as arithmetic over what is known: see model.h for their rules. */
#ifndef TAQUILLA_ANALYTICS_FIGURES_H
#define TAQUILLA_ANALYTICS_FIGURES_H

#include "services/analytics/model.h"

void analytics_revenue(arena *a, const struct box_office *sold, const struct revenue_query *want, struct revenue *out);

/* Those with reservations that stand, or revenue, in the window; most reservations first. */
void analytics_popular(arena *a, const struct box_office *sold, const struct catalogue *films, struct days within,
                       int64_t limit, list *out);

/* Showings whose day on the wall is `from` or later. A room asked for by id is there even when it is unused. */
void analytics_occupancy(arena *a, const struct box_office *sold, const struct house *house, int32_t from,
                         int64_t room_id, struct occupancy *out);

void analytics_behavior(arena *a, const struct box_office *sold, struct days within, struct behavior *out);

void analytics_dashboard(arena *a, const struct box_office *sold, const struct house *house,
                         const struct catalogue *films, struct days within, struct dashboard *out);

#endif
