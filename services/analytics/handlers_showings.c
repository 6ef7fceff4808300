/* handlers_showings.c - rooms by the hour, and the sales of one showing. */
#include "services/analytics/analytics.h"

const fault *analytics_hours_show(struct call *c)
{
    struct store *store;
    list made;
    TRY(analytics_sums_ready(c, WANT(RESERVATIONS) | WANT(ROOMS), &store));
    TRY(store->hours(store, c->arena, c->query, &made));
    return reply_list(c, &analytics_room_hour_shape, &made);
}

const fault *analytics_curve_show(struct call *c)
{
    const struct curve_query *want = c->query;
    struct curve made = { .schedule_id = want->schedule_id };
    struct store *store;
    TRY(analytics_sums_ready(c, WANT(RESERVATIONS) | WANT(ROOMS) | WANT(MOVIES), &store));
    TRY(store->curve(store, c->arena, &made));
    return reply(c, 200, &analytics_curve_shape, &made);
}
