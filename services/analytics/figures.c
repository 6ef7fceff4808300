/* figures.c - revenue over time, popular films and the dashboard. */
#include "services/analytics/figures.h"

#include <stdlib.h>
#include <string.h>

/* --- revenue --- */

static struct days days_asked(const struct revenue_query *want)
{
    struct days within = ALL_DAYS;
    if (want->start.days != TIME_NONE)
        within.from = (int32_t)want->start.days;
    if (want->end.days != TIME_NONE)
        within.to = (int32_t)want->end.days;
    return within;
}

static int by_revenue(const void *left, const void *right)
{
    const struct revenue_period *a = left, *b = right;
    if (a->revenue.cents != b->revenue.cents)
        return a->revenue.cents < b->revenue.cents ? 1 : -1;
    return (a->start < b->start) - (a->start > b->start);
}

static void period_end(arena *a, unsigned period, int32_t start, const struct sum *sum, list *out)
{
    char room[PERIOD_TEXT_MAX];
    if (sum->cents == 0 && sum->reservations == 0)
        return;
    *LIST_AT(out, struct revenue_period, out->count++) = (struct revenue_period){
        .start = start,
        .period = arena_copy(a, analytics_period_text(room, period, start)),
        .revenue = { sum->cents },
        .reservations = sum->reservations,
        .average_ticket_price = analytics_average(sum->cents, sum->confirmed),
    };
}

static void sum_join(struct sum *sum, const struct day_sum *one)
{
    sum->cents += one->cents;
    sum->reservations += one->reservations;
    sum->confirmed += one->confirmed;
}

void analytics_revenue(arena *a, const struct box_office *sold, const struct revenue_query *want, struct revenue *out)
{
    struct days within = days_asked(want);
    struct sum all = { 0 }, period = { 0 };
    int32_t start = 0;
    out->by_period = (list){ NEW_ARRAY(a, struct revenue_period, sold->days.count + 1), 0 };
    for (size_t i = 0; i < sold->days.count; i++) {
        const struct day_sum *one = LIST_AT(&sold->days, struct day_sum, i);
        if (one->day < within.from || one->day > within.to)
            continue;
        int32_t begun = analytics_period_start(want->period, one->day);
        if (begun != start) {
            period_end(a, want->period, start, &period, &out->by_period);
            period = (struct sum){ 0 };
            start = begun;
        }
        sum_join(&period, one);
        sum_join(&all, one);
    }
    period_end(a, want->period, start, &period, &out->by_period);
    if (out->by_period.count > 1)
        qsort(out->by_period.at, out->by_period.count, sizeof(struct revenue_period), by_revenue);
    out->summary = NEW(a, struct revenue_summary);
    *out->summary = (struct revenue_summary){ { all.cents }, all.reservations,
                                              analytics_average(all.cents, all.confirmed) };
}

/* --- films --- */

static int by_popularity(const void *left, const void *right)
{
    const struct popular *a = left, *b = right;
    if (a->total_reservations != b->total_reservations)
        return a->total_reservations < b->total_reservations ? 1 : -1;
    if (a->total_revenue.cents != b->total_revenue.cents)
        return a->total_revenue.cents < b->total_revenue.cents ? 1 : -1;
    size_t both = a->movie_id.len < b->movie_id.len ? a->movie_id.len : b->movie_id.len;
    int order = both ? memcmp(a->movie_id.at, b->movie_id.at, both) : 0;
    return order ? order : (a->movie_id.len > b->movie_id.len) - (a->movie_id.len < b->movie_id.len);
}

void analytics_popular(arena *a, const struct box_office *sold, const struct catalogue *films, struct days within,
                       int64_t limit, list *out)
{
    struct sum *sums = NEW_ARRAY(a, struct sum, sold->films.count + 1);
    for (size_t i = 0; i < sold->sales.count; i++) {
        const struct sale *s = LIST_AT(&sold->sales, struct sale, i);
        analytics_sum_add(&sums[s->film], s, within);
    }
    struct popular *rows = NEW_ARRAY(a, struct popular, sold->films.count + 1);
    size_t count = 0;
    for (size_t i = 0; i < sold->films.count; i++) {
        if (sums[i].reservations == 0 && sums[i].cents == 0)
            continue;
        rows[count++] = (struct popular){
            .movie_id = sold->films.at[i],
            .total_reservations = sums[i].reservations,
            .total_revenue = { sums[i].cents },
            .average_ticket_price = analytics_average(sums[i].cents, sums[i].confirmed),
        };
    }
    if (count > 1)
        qsort(rows, count, sizeof *rows, by_popularity);
    *out = (list){ rows, (int64_t)count < limit ? count : (size_t)limit };
    for (size_t i = 0; i < out->count; i++) {
        const struct film *film = analytics_film_find(films, rows[i].movie_id);
        rows[i].title = film ? film->title : (str){ NULL, 0 };
    }
}

/* --- dashboard --- */

static void overview_count(const struct box_office *sold, const struct house *house, const struct catalogue *films,
                           struct overview *out)
{
    for (size_t i = 0; i < films->films.count; i++)
        out->total_movies += LIST_AT(&films->films, struct film, i)->is_active;
    for (size_t i = 0; i < house->halls.count; i++)
        out->total_rooms += LIST_AT(&house->halls, struct hall, i)->is_active;
    for (size_t i = 0; i < sold->people.count; i++)
        out->total_users += !LIST_AT(&sold->people, struct person, i)->erased;
}

void analytics_dashboard(arena *a, const struct box_office *sold, const struct house *house,
                         const struct catalogue *films, struct days within, struct dashboard *out)
{
    struct sum sum = { 0 };
    for (size_t i = 0; i < sold->sales.count; i++)
        analytics_sum_add(&sum, LIST_AT(&sold->sales, struct sale, i), within);
    out->overview = NEW(a, struct overview);
    overview_count(sold, house, films, out->overview);
    out->overview->total_reservations = sum.reservations;
    out->overview->total_revenue = (money){ sum.cents };
    out->overview->average_ticket_price = analytics_average(sum.cents, sum.confirmed);

    list popular;
    analytics_popular(a, sold, films, within, TOP_MOVIES, &popular);
    out->top_movies = (list){ NEW_ARRAY(a, struct top_movie, TOP_MOVIES), 0 };
    for (size_t i = 0; i < popular.count; i++) {
        const struct popular *row = LIST_AT(&popular, struct popular, i);
        if (row->total_reservations > 0)
            *LIST_AT(&out->top_movies, struct top_movie, out->top_movies.count++) =
                (struct top_movie){ row->movie_id, row->total_reservations };
    }
}
