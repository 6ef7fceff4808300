/* handlers.c - each figure: bring the sums up to date, read it, answer. */
#include "lib/http/embed.h"
#include "services/analytics/analytics.h"

extern const struct embedded analytics_files[]; /* docs/, by tools/embed.py */

const fault *analytics_sums_ready(struct call *c, unsigned wanted, struct store **out)
{
    struct analytics *svc = c->service;
    TRY(analytics_caught_up(&svc->owners, c->arena, wanted));
    TRY(svc->store->come_to(svc->store, c->arena, analytics_today()));
    *out = svc->store;
    return NULL;
}

const fault *analytics_revenue_show(struct call *c)
{
    struct store *store;
    struct revenue made;
    TRY(analytics_sums_ready(c, WANT(RESERVATIONS), &store));
    TRY(store->revenue(store, c->arena, c->query, &made));
    return reply(c, 200, &analytics_revenue_shape, &made);
}

const fault *analytics_popular_show(struct call *c)
{
    struct store *store;
    list made;
    TRY(analytics_sums_ready(c, WANT(RESERVATIONS) | WANT(MOVIES), &store));
    TRY(store->popular(store, c->arena, c->query, &made));
    return reply_list(c, &analytics_popular_shape, &made);
}

const fault *analytics_occupancy_show(struct call *c)
{
    struct store *store;
    struct occupancy made;
    TRY(analytics_sums_ready(c, WANT(RESERVATIONS) | WANT(ROOMS), &store));
    TRY(store->occupancy(store, c->arena, c->query, &made));
    return reply(c, 200, &analytics_occupancy_shape, &made);
}

const fault *analytics_behavior_show(struct call *c)
{
    struct analytics *svc = c->service;
    struct store *store;
    struct behavior made;
    TRY(analytics_sums_ready(c, WANT(RESERVATIONS), &store));
    TRY(store->behavior(store, c->arena, c->query, &made));
    analytics_names_ask(&svc->owners, c->arena, &made.top_users);
    return reply(c, 200, &analytics_behavior_shape, &made);
}

const fault *analytics_dashboard_show(struct call *c)
{
    struct store *store;
    struct dashboard made;
    TRY(analytics_sums_ready(c, WANT(RESERVATIONS) | WANT(ROOMS) | WANT(MOVIES), &store));
    TRY(store->dashboard(store, c->arena, c->query, &made));
    return reply(c, 200, &analytics_dashboard_shape, &made);
}

const fault *analytics_to_docs(struct call *c)
{
    location(c, "/docs");
    return reply_raw(c, 308, NULL, STR(""));
}

/* What each figure says. Nothing but our own style sheet, and nobody's frame around it. */
const fault *analytics_figures_page(struct call *c)
{
    answer_header(c, "Content-Security-Policy",
                  STR("default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"));
    answer_header(c, "Referrer-Policy", STR("no-referrer"));
    return reply_embedded(c, embedded_find(analytics_files, STR("figures.html")));
}
