/* handlers.c - each figure: bring the facts up to date, give what is kept, or make it anew and keep it. */
#include "services/analytics/analytics.h"

#include "services/analytics/figures.h"

/* One question under way. */
struct asked {
    struct known known;
    struct kept_key key;
    int32_t today;
};

/* True in *done: it was answered from what is kept. */
static const fault *figure_begin(struct call *c, unsigned wanted, struct asked *out, bool *done)
{
    struct analytics *svc = c->service;
    TRY(analytics_refresh(&svc->owners, c->arena, wanted, &out->known));
    out->today = (int32_t)day_of(clock_wall_now()).days;
    analytics_kept_key(&out->key, c, &out->known, out->today);
    *done = analytics_kept_reply(&svc->kept, &out->key, c);
    return NULL;
}

static const fault *figure_end(struct call *c, const struct asked *asked)
{
    struct analytics *svc = c->service;
    analytics_kept_store(&svc->kept, &asked->key, c);
    return NULL;
}

const fault *analytics_revenue_show(struct call *c)
{
    struct asked asked;
    struct revenue made;
    bool done;
    TRY(figure_begin(c, WANT(RESERVATIONS), &asked, &done));
    if (done)
        return NULL;
    analytics_revenue(c->arena, &asked.known.of[RESERVATIONS]->sold, c->query, &made);
    TRY(reply(c, 200, &analytics_revenue_shape, &made));
    return figure_end(c, &asked);
}

const fault *analytics_popular_show(struct call *c)
{
    const struct popular_query *want = c->query;
    struct asked asked;
    list made;
    bool done;
    TRY(figure_begin(c, WANT(RESERVATIONS) | WANT(MOVIES), &asked, &done));
    if (done)
        return NULL;
    analytics_popular(c->arena, &asked.known.of[RESERVATIONS]->sold, &asked.known.of[MOVIES]->films,
                      analytics_window_days(want->period, asked.today), want->limit, &made);
    TRY(reply_list(c, &analytics_popular_shape, &made));
    return figure_end(c, &asked);
}

const fault *analytics_occupancy_show(struct call *c)
{
    const struct occupancy_query *want = c->query;
    struct asked asked;
    struct occupancy made;
    bool done;
    TRY(figure_begin(c, WANT(RESERVATIONS) | WANT(ROOMS), &asked, &done));
    if (done)
        return NULL;
    const struct house *house = &asked.known.of[ROOMS]->house;
    if (want->room_id != INTEGER_NONE && !analytics_hall_find(house, want->room_id))
        return fault_new(c->arena, FAULT_NOT_FOUND, "room_unknown", "Room not found with id: %lld",
                         (long long)want->room_id);
    analytics_occupancy(c->arena, &asked.known.of[RESERVATIONS]->sold, house,
                        analytics_window_days(want->period, asked.today).from, want->room_id, &made);
    TRY(reply(c, 200, &analytics_occupancy_shape, &made));
    return figure_end(c, &asked);
}

/* Names are asked for after the facts were looked at and kept with the figures alone: a new name is a new position. */
const fault *analytics_behavior_show(struct call *c)
{
    struct analytics *svc = c->service;
    const struct window_query *want = c->query;
    struct asked asked;
    struct behavior made;
    bool done;
    TRY(figure_begin(c, WANT(RESERVATIONS), &asked, &done));
    if (done)
        return NULL;
    analytics_behavior(c->arena, &asked.known.of[RESERVATIONS]->sold,
                       analytics_window_days(want->period, asked.today), &made);
    bool named = analytics_names_ask(&svc->owners, c->arena, &made.top_users);
    TRY(reply(c, 200, &analytics_behavior_shape, &made));
    return named ? figure_end(c, &asked) : NULL;
}

const fault *analytics_dashboard_show(struct call *c)
{
    const struct window_query *want = c->query;
    struct asked asked;
    struct dashboard made = { .period = want->period };
    bool done;
    TRY(figure_begin(c, WANT(RESERVATIONS) | WANT(ROOMS) | WANT(MOVIES), &asked, &done));
    if (done)
        return NULL;
    analytics_dashboard(c->arena, &asked.known.of[RESERVATIONS]->sold, &asked.known.of[ROOMS]->house,
                        &asked.known.of[MOVIES]->films, analytics_window_days(want->period, asked.today), &made);
    TRY(reply(c, 200, &analytics_dashboard_shape, &made));
    return figure_end(c, &asked);
}

const fault *analytics_to_docs(struct call *c)
{
    location(c, "/docs");
    return reply_raw(c, 308, NULL, STR(""));
}
