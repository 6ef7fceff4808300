/* analytics_store.c - the suite of analytics' store: every figure over a few sales that can be added up by hand, facts that come
 * late, twice or in another order, and days that leave the windows at midnight. */
#include "tests/contract/analytics_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/random.h"
#include "lib/json/read.h"
#include "lib/json/write.h"
#include "lib/loop/fiber.h"

#define FIVE_OCLOCK_S (5 * 3600)

static arena *a;
static struct store *s, *twin; /* twin: see analytics_store.h */
static int32_t today;
static struct told page; /* what is told with the next take */

/* --- telling --- */

static int32_t on(const char *text)
{
    day date;
    assert_true(day_read(str_of(text), &date));
    return (int32_t)date.days;
}

static void tell(enum owner_name owner, const char *type, str data)
{
    struct event *events = NEW_ARRAY(a, struct event, page.events.count + 1);
    assert_true(page.events.count == 0 || page.owner == owner);
    if (page.events.count > 0)
        memcpy(events, page.events.at, page.events.count * sizeof *events);
    events[page.events.count] = (struct event){ .position = page.position + 1, .type = str_of(type), .data = data };
    page = (struct told){ owner, { events, page.events.count + 1 }, page.position + 1, true, 0 };
}

static void taken(void)
{
    struct told now = page;
    page = (struct told){ .position = page.position };
    assert_null(s->take(s, a, &now, today));
    assert_int_equal(now.unread, 0);
    if (twin)
        assert_null(twin->take(twin, a, &now, today));
}

static void user(int64_t id, bool erased)
{
    tell(RESERVATIONS, erased ? "user.erased" : "user.changed", arena_printf(a, "{\"id\":%lld}", (long long)id));
}

struct made {
    int64_t id, user, showing, cents;
    const char *film, *status, *made, *sold, *back; /* times of day, NULL: never */
    int seats;
};

static str moment(const char *text)
{
    return !text ? STR("null") : arena_printf(a, "\"%s%s\"", text, strlen(text) == 10 ? "T00:00:00.000Z" : ":00.000Z");
}

static void sale(struct made m)
{
    struct buf seats = { .in = a };
    m.seats = m.seats ? m.seats : 2;
    for (int i = 0; i < m.seats; i++)
        buf_printf(&seats, "%s{\"seatId\":%d,\"price\":%.2f}", i ? "," : "", i + 1, (double)m.cents / m.seats / 100);
    tell(RESERVATIONS, "reservation.changed",
         arena_printf(a,
                      "{\"id\":%lld,\"userId\":%lld,\"scheduleId\":%lld,\"movieId\":\"%s\",\"totalAmount\":%lld.%02lld,"
                      "\"status\":\"%s\",\"reservationDate\":%.*s,\"confirmedAt\":%.*s,\"cancelledAt\":%.*s,\"seats\":[%.*s]}",
                      (long long)m.id, (long long)(m.user ? m.user : 1), (long long)(m.showing ? m.showing : 1),
                      m.film ? m.film : "aa", (long long)m.cents / 100, (long long)m.cents % 100, m.status,
                      STR_ARG(moment(m.made)), STR_ARG(moment(m.sold)), STR_ARG(moment(m.back)), STR_ARG(buf_str(&seats))));
}

static void paid(int64_t id, int64_t sale_id, const char *method, const char *status)
{
    tell(RESERVATIONS, "payment.changed",
         arena_printf(a, "{\"id\":%lld,\"reservationId\":%lld,\"paymentMethod\":\"%s\",\"status\":\"%s\"}", (long long)id,
                      (long long)sale_id, method, status));
}

static void film(const char *id, const char *title, bool active)
{
    tell(MOVIES, "movie.changed",
         arena_printf(a, "{\"_id\":\"%s\",\"title\":\"%s\",\"isActive\":%s}", id, title, active ? "true" : "false"));
}

static void room(int64_t id, const char *name, bool active)
{
    tell(ROOMS, "room.changed",
         arena_printf(a, "{\"id\":%lld,\"name\":\"%s\",\"is_active\":%s}", (long long)id, name, active ? "true" : "false"));
}

static void seats(int64_t room_id, int64_t first, int64_t count)
{
    struct buf out = { .in = a };
    for (int64_t i = 0; i < count; i++)
        buf_printf(&out, "%s{\"id\":%lld}", i ? "," : "", (long long)(first + i));
    tell(ROOMS, "seats.changed",
         arena_printf(a, "{\"room_id\":%lld,\"seats\":[%.*s]}", (long long)room_id, (int)out.len, out.len ? out.at : ""));
}

static void showing(int64_t id, int64_t room_id, const char *at, bool active)
{
    tell(ROOMS, "showing.changed",
         arena_printf(a, "{\"id\":%lld,\"room_id\":%lld,\"movie_id\":\"aa\",\"show_time\":\"%s:00\",\"is_active\":%s}",
                      (long long)id, (long long)room_id, at, active ? "true" : "false"));
}

/* --- asking --- */

static const char *written(const struct shape *shape, const void *value)
{
    struct buf out = { .in = a };
    json_write(&out, shape, value);
    return arena_cstr(a, buf_str(&out));
}

static void assert_revenue(const char *query, const char *wanted)
{
    struct revenue_query want;
    struct revenue made;
    assert_null(query_read(a, str_of(query), &analytics_revenue_query_shape, &want));
    assert_null(s->revenue(s, a, &want, &made));
    assert_string_equal(written(&analytics_revenue_shape, &made), wanted);
}

static const char *popular(enum window window, int64_t limit)
{
    struct buf out = { .in = a };
    list made;
    assert_null(s->popular(s, a, &(struct popular_query){ window, limit }, &made));
    for (size_t i = 0; i < made.count; i++)
        json_write(&out, &analytics_popular_shape, LIST_AT(&made, struct popular, i));
    return out.len ? arena_cstr(a, buf_str(&out)) : "";
}

static const char *occupancy(enum window window, int64_t room_id)
{
    struct occupancy made;
    assert_null(s->occupancy(s, a, &(struct occupancy_query){ window, room_id }, &made));
    return written(&analytics_occupancy_shape, &made);
}

static const char *behavior(enum window window)
{
    struct behavior made;
    assert_null(s->behavior(s, a, &(struct window_query){ window }, &made));
    return written(&analytics_behavior_shape, &made);
}

static const char *dashboard(enum window window)
{
    struct dashboard made;
    assert_null(s->dashboard(s, a, &(struct window_query){ window }, &made));
    return written(&analytics_dashboard_shape, &made);
}

static void sheets_put(struct buf *out)
{
    static const char *const films[] = { "aa", "bb", "cc" };
    list rows;
    for (int32_t played = today - 400; played <= today + 1; played++) {
        struct day_sheet sheet = { .date = { played } };
        assert_null(s->sheet(s, a, played, &sheet));
        if (sheet.by_film.count > 0)
            buf_printf(out, "%s\n", written(&analytics_sheet_shape, &sheet));
    }
    for (size_t i = 0; i < COUNT_OF(films); i++) {
        struct returns returns = { .movie_id = str_of(films[i]), .week = STR("w"), .from = { today - 90 }, .to = { today } };
        if (!s->returns(s, a, &returns))
            buf_printf(out, "%s\n", written(&analytics_returns_shape, &returns));
    }
    assert_null(s->sales(s, a, (instant){ INT64_MIN + 1 }, (instant){ INT64_MAX }, NULL, 1000, &rows));
    for (size_t i = 0; i < rows.count; i++) {
        const struct sales_row *row = LIST_AT(&rows, struct sales_row, i);
        buf_printf(out, "%lld %d %lld %lld %.*s %.*s %.*s %.*s %lld\n", (long long)row->moment.ms, row->refund, (long long)row->id,
                   (long long)row->schedule_id, STR_ARG(row->movie_id), STR_ARG(row->title), STR_ARG(row->method),
                   STR_ARG(row->tickets), (long long)row->cents);
    }
}

static const char *everything(void)
{
    struct buf out = { .in = a };
    sheets_put(&out);
    for (enum window window = WINDOW_TODAY; window <= WINDOW_ALL; window++)
        buf_printf(&out, "%s\n%s\n%s\n%s\n", popular(window, 100), occupancy(window, INTEGER_NONE), behavior(window),
                   dashboard(window));
    for (unsigned period = PERIOD_DAY; period <= PERIOD_ALL; period++) {
        struct revenue made;
        assert_null(s->revenue(s, a, &(struct revenue_query){ period, DAY_NONE, DAY_NONE }, &made));
        buf_printf(&out, "%s\n", written(&analytics_revenue_shape, &made));
    }
    return arena_cstr(a, buf_str(&out));
}

/* --- revenue --- */

static void revenue_counts_sales_on_their_day_and_refunds_on_theirs(void)
{
    sale((struct made){ 1, .cents = 1000, .status = "CONFIRMED", .made = "2026-01-31", .sold = "2026-01-31" });
    sale((struct made){ 2, .cents = 2001, .status = "CONFIRMED", .made = "2026-01-31", .sold = "2026-02-01" });
    sale((struct made){ 3, .cents = 500, .status = "CANCELLED", .made = "2026-01-30", .sold = "2026-01-30", .back = "2026-02-01" });
    sale((struct made){ 4, .cents = 700, .status = "CANCELLED", .made = "2026-01-30", .back = "2026-01-30" }); /* never paid */
    sale((struct made){ 5, .cents = 800, .status = "PENDING", .made = "2026-02-01" });
    sale((struct made){ 6, .cents = 900, .status = "EXPIRED", .made = "2026-02-01", .back = "2026-02-01" });
    taken();
    assert_revenue("", "{\"summary\":{\"totalRevenue\":30.01,\"totalReservations\":3,\"averageTicketPrice\":15.01},"
                       "\"revenueByPeriod\":["
                       "{\"period\":\"2026-02\",\"revenue\":15.01,\"reservations\":1,\"averageTicketPrice\":15.01},"
                       "{\"period\":\"2026-01\",\"revenue\":15,\"reservations\":2,\"averageTicketPrice\":15}]}");
    assert_revenue("period=day&startDate=2026-01-30&endDate=2026-01-31",
                   "{\"summary\":{\"totalRevenue\":15,\"totalReservations\":2,\"averageTicketPrice\":15},"
                   "\"revenueByPeriod\":["
                   "{\"period\":\"2026-01-31\",\"revenue\":10,\"reservations\":2,\"averageTicketPrice\":10},"
                   "{\"period\":\"2026-01-30\",\"revenue\":5,\"reservations\":0,\"averageTicketPrice\":0}]}");
    assert_revenue("period=week&endDate=2026-01-31",
                   "{\"summary\":{\"totalRevenue\":15,\"totalReservations\":2,\"averageTicketPrice\":15},"
                   "\"revenueByPeriod\":["
                   "{\"period\":\"2026-W05\",\"revenue\":15,\"reservations\":2,\"averageTicketPrice\":15}]}");
    assert_revenue("period=all&startDate=2026-02-02",
                   "{\"summary\":{\"totalRevenue\":0,\"totalReservations\":0,\"averageTicketPrice\":0},\"revenueByPeriod\":[]}");
}

static void a_refund_months_later_makes_no_day_before_it_another(void)
{
    sale((struct made){ 1, .cents = 1000, .status = "CONFIRMED", .made = "2025-11-30", .sold = "2025-11-30" });
    sale((struct made){ 2, .cents = 301, .status = "CONFIRMED", .made = "2026-02-01", .sold = "2026-02-01" });
    taken();
    sale((struct made){ 1, .cents = 1000, .status = "CANCELLED", .made = "2025-11-30", .sold = "2025-11-30", .back = "2026-02-01" });
    taken();
    assert_revenue("", "{\"summary\":{\"totalRevenue\":3.01,\"totalReservations\":1,\"averageTicketPrice\":3.01},"
                       "\"revenueByPeriod\":["
                       "{\"period\":\"2025-11\",\"revenue\":10,\"reservations\":0,\"averageTicketPrice\":0},"
                       "{\"period\":\"2026-02\",\"revenue\":-6.99,\"reservations\":1,\"averageTicketPrice\":-6.99}]}");
}

static void equal_revenues_stand_latest_first(void)
{
    sale((struct made){ 1, .cents = 100, .status = "CONFIRMED", .made = "2026-12-31", .sold = "2026-12-31" });
    sale((struct made){ 2, .cents = 100, .status = "CONFIRMED", .made = "2027-01-04", .sold = "2027-01-04" });
    taken();
    assert_revenue("period=week", "{\"summary\":{\"totalRevenue\":2,\"totalReservations\":2,\"averageTicketPrice\":1},"
                                  "\"revenueByPeriod\":["
                                  "{\"period\":\"2027-W01\",\"revenue\":1,\"reservations\":1,\"averageTicketPrice\":1},"
                                  "{\"period\":\"2026-W53\",\"revenue\":1,\"reservations\":1,\"averageTicketPrice\":1}]}");
}

/* --- films --- */

static void films_stand_by_reservations_then_revenue_then_id(void)
{
    sale((struct made){ 1, .cents = 900, .film = "aa", .status = "PENDING", .made = "2026-02-10" });
    sale((struct made){ 2, .cents = 500, .film = "bb", .status = "CONFIRMED", .made = "2026-02-10", .sold = "2026-02-10" });
    sale((struct made){ 3, .cents = 300, .film = "cc", .status = "CANCELLED", .made = "2026-02-10", .sold = "2026-02-10", .back = "2026-03-10" });
    sale((struct made){ 4, .cents = 500, .film = "aa", .status = "CONFIRMED", .made = "2026-03-10", .sold = "2026-03-10" });
    taken();
    film("aa", "Alma", true); /* told after its sales */
    film("cc", "Cielo", false);
    taken();
    assert_string_equal(popular(WINDOW_MONTH, 10),
                        "{\"movieId\":\"bb\",\"title\":null,\"totalReservations\":1,\"totalRevenue\":5,\"averageTicketPrice\":5}"
                        "{\"movieId\":\"aa\",\"title\":\"Alma\",\"totalReservations\":1,\"totalRevenue\":0,\"averageTicketPrice\":0}"
                        "{\"movieId\":\"cc\",\"title\":\"Cielo\",\"totalReservations\":0,\"totalRevenue\":3,\"averageTicketPrice\":0}");
    assert_string_equal(popular(WINDOW_ALL, 1),
                        "{\"movieId\":\"aa\",\"title\":\"Alma\",\"totalReservations\":2,\"totalRevenue\":5,\"averageTicketPrice\":5}");
    assert_string_equal(popular(WINDOW_ALL, 0), "");
    assert_null(strstr(popular(WINDOW_ALL, 10), "Cielo")); /* of it nothing is left */
    film("aa", "Otra", true);
    taken();
    assert_non_null(strstr(popular(WINDOW_ALL, 10), "\"title\":\"Otra\""));
}

/* --- rooms --- */

static void rooms_told(void)
{
    room(1, "Uno", true);
    room(2, "Dos", false);
    room(4, "Vieja", false);
    seats(1, 100, 10);
    seats(2, 200, 4);
    seats(4, 400, 8);
    seats(1, 103, 2); /* two of them changed */
    showing(1, 1, "2026-02-21T20:00", true); /* before the week */
    showing(2, 1, "2026-02-22T20:00", true);
    showing(3, 1, "2026-05-01T20:00", true);
    showing(4, 1, "2026-02-28T20:00", false);
    showing(5, 2, "2026-02-28T20:00", true);
    showing(7, 4, "2026-02-21T20:00", true);
    taken();
}

static void sales_told(void)
{
    static const struct made all[] = {
        { 1, .showing = 5, .seats = 2, .status = "CONFIRMED" }, { 2, .showing = 2, .seats = 3, .status = "PENDING" },
        { 3, .showing = 2, .seats = 2, .status = "CONFIRMED" }, { 4, .showing = 2, .seats = 4, .status = "CANCELLED" },
        { 5, .showing = 3, .seats = 5, .status = "EXPIRED" },   { 6, .showing = 4, .seats = 1, .status = "CONFIRMED" },
        { 7, .showing = 1, .seats = 9, .status = "CONFIRMED" }, { 8, .showing = 88, .seats = 1, .status = "CONFIRMED" },
    };
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        struct made one = all[i];
        one.made = one.back = "2026-02-20";
        one.sold = strcmp(one.status, "CONFIRMED") == 0 ? one.made : NULL;
        sale(one);
    }
    taken();
}

static void assert_rooms(void)
{
    assert_string_equal(occupancy(WINDOW_WEEK, INTEGER_NONE),
                        "{\"summary\":{\"totalRooms\":2,\"totalOccupiedSeats\":7,\"totalPossibleSeats\":24,"
                        "\"overallOccupancyRate\":29.17},\"roomOccupancy\":["
                        "{\"roomId\":2,\"roomName\":\"Dos\",\"totalSeats\":4,\"totalSchedules\":1,\"occupiedSeats\":2,"
                        "\"totalPossibleSeats\":4,\"occupancyRate\":50},"
                        "{\"roomId\":1,\"roomName\":\"Uno\",\"totalSeats\":10,\"totalSchedules\":2,\"occupiedSeats\":5,"
                        "\"totalPossibleSeats\":20,\"occupancyRate\":25}]}");
    assert_non_null(strstr(occupancy(WINDOW_WEEK, 4), "\"totalSeats\":8,\"totalSchedules\":0,"));
    assert_non_null(strstr(occupancy(WINDOW_ALL, 4), "\"totalSeats\":8,\"totalSchedules\":1,"));
    struct occupancy made;
    const fault *problem = s->occupancy(s, a, &(struct occupancy_query){ WINDOW_ALL, 99 }, &made);
    assert_string_equal(problem->code, "room_unknown");
}

static void rooms_are_as_full_as_their_active_showings(void)
{
    rooms_told();
    sales_told();
    assert_rooms();
}

static void sales_may_come_before_their_showings(void)
{
    sales_told();
    rooms_told();
    assert_rooms();
}

static void a_showing_that_moves_takes_its_seats_along(void)
{
    rooms_told();
    sales_told();
    showing(2, 1, "2026-02-21T23:30", true); /* across the midnight with which the week begins */
    showing(5, 1, "2026-02-28T20:00", true); /* into another room */
    taken();
    assert_non_null(strstr(occupancy(WINDOW_WEEK, 1), "\"totalSchedules\":2,\"occupiedSeats\":2,"));
    assert_non_null(strstr(occupancy(WINDOW_ALL, 1), "\"totalSchedules\":4,\"occupiedSeats\":16,"));
    showing(2, 1, "2026-02-22T20:00", true);
    showing(5, 2, "2026-02-28T20:00", true);
    taken();
    assert_rooms();
}

/* --- users --- */

static void users_are_what_they_spend_in_the_window(void)
{
    for (int64_t id = 1; id <= 5; id++)
        user(id, false);
    sale((struct made){ 1, 1, .cents = 20000, .status = "CONFIRMED", .made = "2026-02-10", .sold = "2026-02-10" });
    sale((struct made){ 2, 1, .cents = 9999, .status = "CONFIRMED", .made = "2026-01-01", .sold = "2026-01-01" });
    sale((struct made){ 3, 2, .cents = 5000, .status = "CONFIRMED", .made = "2026-02-10", .sold = "2026-02-10" });
    sale((struct made){ 4, 2, .cents = 5000, .status = "PENDING", .made = "2026-02-12" });
    sale((struct made){ 5, 3, .cents = 70000, .status = "CONFIRMED", .made = "2026-02-10", .sold = "2026-02-10" });
    sale((struct made){ 6, 4, .cents = 4000, .status = "CANCELLED", .made = "2026-01-20", .sold = "2026-01-20", .back = "2026-02-01" });
    sale((struct made){ 7, 5, .cents = 4000, .status = "EXPIRED", .made = "2026-02-10", .back = "2026-02-10" });
    taken();
    user(3, true);
    taken();
    static const char wanted[] =
        "{\"summary\":{\"totalUsers\":4,\"activeUsers\":4,\"totalRevenue\":910,\"averageSpendingPerUser\":227.5},"
        "\"userSegments\":{\"vip\":1,\"regular\":1,\"casual\":1,\"inactive\":1},\"topUsers\":["
        "{\"userId\":1,\"userName\":null,\"totalReservations\":1,\"totalSpent\":200,"
        "\"averageTicketPrice\":200,\"lastReservationDate\":\"2026-02-10T00:00:00\"},"
        "{\"userId\":2,\"userName\":null,\"totalReservations\":2,\"totalSpent\":50,"
        "\"averageTicketPrice\":50,\"lastReservationDate\":\"2026-02-12T00:00:00\"},"
        "{\"userId\":4,\"userName\":null,\"totalReservations\":0,\"totalSpent\":-40,"
        "\"averageTicketPrice\":0,\"lastReservationDate\":null}]}";
    assert_string_equal(behavior(WINDOW_MONTH), wanted);
    user(3, true); /* told twice */
    taken();
    assert_string_equal(behavior(WINDOW_MONTH), wanted);
}

static void the_top_has_ten(void)
{
    for (int64_t i = 0; i < 40; i++) {
        user(i + 1, i == 20);
        sale((struct made){ i + 1, i + 1, .cents = 100 * ((i * 13) % 10 + 1), .status = "CONFIRMED", .made = "2026-02-10", .sold = "2026-02-10" });
    }
    taken();
    struct behavior made;
    assert_null(s->behavior(s, a, &(struct window_query){ WINDOW_ALL }, &made));
    assert_int_equal(made.top_users.count, TOP_USERS);
    assert_int_equal(made.summary->total_users, 39);
    assert_int_equal(made.segments->casual, 39);
    for (size_t i = 1; i < TOP_USERS; i++) {
        const struct top_user *before = LIST_AT(&made.top_users, struct top_user, i - 1);
        const struct top_user *next = LIST_AT(&made.top_users, struct top_user, i);
        assert_true(before->total_spent.cents > next->total_spent.cents ||
                    (before->total_spent.cents == next->total_spent.cents && before->user_id < next->user_id));
        assert_true(next->total_spent.cents >= 800);
    }
}

#define CROWD 400

struct buyer {
    int64_t user_id, cents;
    bool stands, erased;
};

static int buyer_order(const void *left, const void *right)
{
    const struct buyer *x = *(const struct buyer *const *)left, *y = *(const struct buyer *const *)right;
    if (x->cents != y->cents)
        return x->cents > y->cents ? -1 : 1;
    return x->user_id < y->user_id ? -1 : 1; /* each stands for one reservation at most */
}

static void assert_best(const struct buyer crowd[CROWD], enum window window)
{
    const struct buyer *best[CROWD];
    size_t count = 0;
    struct behavior made;
    for (size_t i = 0; i < CROWD; i++)
        if (crowd[i].stands && !crowd[i].erased)
            best[count++] = &crowd[i];
    qsort(best, count, sizeof(*best), buyer_order);
    assert_null(s->behavior(s, a, &(struct window_query){ window }, &made));
    assert_int_equal(made.top_users.count, count < TOP_USERS ? count : TOP_USERS);
    for (size_t i = 0; i < made.top_users.count; i++) {
        const struct top_user *user_there = LIST_AT(&made.top_users, struct top_user, i);
        assert_int_equal(user_there->user_id, best[i]->user_id);
        assert_int_equal(user_there->total_spent.cents, best[i]->cents);
    }
}

static void buyer_tell(const struct buyer *b)
{
    const char *when = b->user_id % 2 ? "2026-02-28" : "2026-02-20";
    sale((struct made){ b->user_id, b->user_id, .cents = b->cents ? b->cents : 100, .made = when, .sold = b->cents ? when : NULL,
                        .status = !b->stands ? "EXPIRED" : b->cents ? "CONFIRMED" : "PENDING" });
}

/* The best are replaced, cancel, are erased and come back, more of them than any list of the best is long. */
static void the_best_are_the_best_whoever_falls_behind(void)
{
    struct buyer crowd[CROWD];
    for (int64_t i = 0; i < CROWD; i++) {
        crowd[i] = (struct buyer){ i + 1, (int64_t)random_below(40) * 100, true, false };
        user(i + 1, false);
        buyer_tell(&crowd[i]);
    }
    taken();
    assert_best(crowd, WINDOW_ALL);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 40; i++) {
            struct buyer *one = &crowd[random_below(CROWD)];
            bool falls = one->cents >= 100 * (40 - 2 * round);
            one->cents = falls || round % 3 == 0 ? 0 : (int64_t)random_below(40) * 100;
            one->stands = one->cents > 0 || random_below(3) > 0;
            buyer_tell(one);
            if (random_below(10) == 0)
                user(one->user_id, one->erased = !one->erased);
        }
        for (int i = 0; round % 5 == 4 && i < CROWD; i++) { /* all of the best */
            crowd[i].stands &= crowd[i].cents < 3000;
            crowd[i].cents = crowd[i].stands ? crowd[i].cents : 0;
            buyer_tell(&crowd[i]);
        }
        taken();
        assert_best(crowd, WINDOW_ALL);
        assert_best(crowd, WINDOW_MONTH);
    }
    today += 12; /* 2026-03-12: those of the 28th are in no week */
    assert_null(s->come_to(s, a, today));
    assert_best(crowd, WINDOW_MONTH);
    today += 12; /* 2026-03-24: the others left the month */
    assert_null(s->come_to(s, a, today));
    for (int i = 0; i < CROWD; i++)
        crowd[i].stands &= crowd[i].user_id % 2;
    assert_best(crowd, WINDOW_MONTH);
    today += 12;
    assert_null(s->come_to(s, a, today));
    for (int i = 0; i < CROWD; i++)
        crowd[i].stands = false;
    assert_best(crowd, WINDOW_WEEK);
    assert_best(crowd, WINDOW_MONTH);
}

/* --- dashboard --- */

static void the_dashboard_counts_what_is_in_use(void)
{
    film("aa", "Alma", true);
    film("bb", "Bruma", false);
    taken();
    room(1, "Uno", true);
    room(2, "Dos", false);
    taken();
    user(1, false);
    sale((struct made){ 1, .cents = 1001, .film = "cc", .status = "CONFIRMED", .made = "2026-02-10", .sold = "2026-02-10" });
    sale((struct made){ 2, .cents = 1000, .film = "cc", .status = "CONFIRMED", .made = "2026-02-10", .sold = "2026-02-10" });
    sale((struct made){ 3, .cents = 1000, .film = "bb", .status = "PENDING", .made = "2026-02-10" });
    sale((struct made){ 4, .cents = 100, .film = "aa", .status = "CANCELLED", .made = "2026-02-10", .sold = "2026-02-10", .back = "2026-03-01" });
    taken();
    assert_string_equal(dashboard(WINDOW_MONTH),
                        "{\"overview\":{\"totalMovies\":1,\"totalRooms\":1,\"totalUsers\":1,\"totalReservations\":3,"
                        "\"totalRevenue\":21.01,\"averageTicketPrice\":10.51},"
                        "\"topMovies\":[{\"movieId\":\"cc\",\"reservations\":2},{\"movieId\":\"bb\",\"reservations\":1}],"
                        "\"period\":\"month\"}");
}

/* --- a history, and the days that pass --- */

static const char *random_date(int32_t around)
{
    static const int32_t near[] = { 0, 1, 6, 7, 8, 29, 30, 31, 89, 90, 91, 364, 365, 366, -1 };
    char *room = arena_take(a, TIME_TEXT_MAX);
    str text = day_text(room, (day){ around - near[random_below(COUNT_OF(near))] });
    return arena_cstr(a, text);
}

static void random_sale(int64_t id)
{
    static const char *const statuses[] = { "PENDING", "CONFIRMED", "CONFIRMED", "CANCELLED", "EXPIRED" };
    static const char *const films[] = { "aa", "bb", "cc" };
    struct made one = { id, (int64_t)random_below(12) + 1, (int64_t)random_below(9) + 1, (int64_t)random_below(30000),
                        films[random_below(3)], statuses[random_below(5)], random_date(today) };
    one.back = random_date(today);
    one.sold = strcmp(one.status, "CONFIRMED") == 0 || random_below(2) ? random_date(today) : NULL;
    one.seats = (int)random_below(4) + 1;
    if (one.status == statuses[0])
        one.sold = NULL;
    sale(one);
}

static void random_history(int64_t sales)
{
    for (int64_t i = 0; i < sales; i++) {
        random_sale((int64_t)random_below(60) + 1);
        if (random_below(4) == 0)
            user((int64_t)random_below(12) + 1, random_below(3) == 0);
        if (random_below(5) == 0)
            paid((int64_t)random_below(90) + 1, (int64_t)random_below(60) + 1, random_below(2) ? "cash" : "card", "COMPLETED");
        if (random_below(7) == 0)
            taken();
    }
    user(1, false);
    taken();
    for (int64_t id = 1; id <= 7; id++) {
        room(id % 3 + 1, "Sala", id % 2);
        showing(id, id % 3 + 1, arena_cstr(a, arena_printf(a, "%sT20:00", random_date(today))), random_below(3) > 0);
    }
    taken();
}

static void assert_twins_agree(void)
{
    if (!twin)
        return;
    const char *mine = everything();
    struct store *own = s;
    s = twin;
    assert_null(s->come_to(s, a, today));
    assert_string_equal(mine, everything());
    s = own;
}

static void the_same_facts_are_the_same_figures(void)
{
    assert_null(place_twin_open(a, &twin, STR("UTC"), FIVE_OCLOCK_S));
    if (twin)
        assert_null(twin->come_to(twin, a, today));
    random_history(300);
    film("aa", "Alma \u00e9\\u0027", true);
    taken();
    seats(1, 1, 5);
    seats(2, 4, 5);
    taken();
    assert_non_null(strstr(everything(), "Alma"));
    for (int i = 0; i < 3; i++) {
        assert_twins_agree();
        today += 20;
        assert_null(s->come_to(s, a, today));
        random_history(40);
    }
    assert_null(s->begin(s, a, RESERVATIONS, today));
    if (twin)
        assert_null(twin->begin(twin, a, RESERVATIONS, today));
    assert_twins_agree();
    random_history(40);
    assert_twins_agree();
    if (twin)
        twin->close(twin);
    twin = NULL;
}

static void days_leave_the_windows_and_come_into_them(void)
{
    static const int32_t steps[] = { 1, 1, 5, 0, 23, 60, -3, 275, 400, -400, 1 };
    random_history(300);
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        today += steps[i];
        assert_null(s->come_to(s, a, today));
        const char *moved = everything();
        /* far away no day is left in a window but in `all`; from there all come back */
        assert_null(s->come_to(s, a, today + 5000));
        assert_null(strstr(popular(WINDOW_YEAR, 10), "movieId"));
        assert_non_null(strstr(popular(WINDOW_ALL, 10), "movieId"));
        assert_null(s->come_to(s, a, today));
        assert_string_equal(everything(), moved);
    }
}

/* --- keeping --- */

static void what_was_taken_is_there_after_a_restart(void)
{
    struct feed_left left;
    random_history(40);
    const char *before = everything();
    s->close(s);
    assert_null(place_open(a, &s, STR("UTC"), FIVE_OCLOCK_S));
    assert_null(s->come_to(s, a, today));
    assert_string_equal(everything(), before);
    assert_null(s->feed_left(s, a, ROOMS, &left));
    assert_true(left.whole && left.position == page.position);

    s->close(s); /* days that begin at another hour are other days */
    assert_null(place_open(a, &s, STR("UTC"), 0));
    assert_null(s->feed_left(s, a, ROOMS, &left));
    assert_true(!left.whole && left.position == 0);
    assert_null(s->come_to(s, a, today));
    assert_null(strstr(popular(WINDOW_ALL, 10), "movieId"));
}

static void an_owner_that_begins_anew_is_forgotten_alone(void)
{
    rooms_told();
    sales_told();
    assert_null(s->begin(s, a, RESERVATIONS, today));
    assert_non_null(strstr(occupancy(WINDOW_WEEK, 1), "\"totalSchedules\":2,\"occupiedSeats\":0,"));
    sales_told();
    assert_rooms();
    assert_null(s->begin(s, a, ROOMS, today));
    assert_string_equal(occupancy(WINDOW_ALL, INTEGER_NONE),
                        "{\"summary\":{\"totalRooms\":0,\"totalOccupiedSeats\":0,\"totalPossibleSeats\":0,"
                        "\"overallOccupancyRate\":0},\"roomOccupancy\":[]}");
    rooms_told();
    assert_rooms();
}

/* --- running --- */

static void run_body(void *body)
{
    void (*test)(void);
    memcpy(&test, body, sizeof test);
    today = on("2026-02-28");
    page = (struct told){ .position = 0 };
    place_new();
    assert_null(place_open(a, &s, STR("UTC"), FIVE_OCLOCK_S));
    assert_null(s->come_to(s, a, today));
    test();
    s->close(s);
    place_drop();
    loop_stop();
}

static void run(void (*test)(void))
{
    a = arena_new((size_t)1 << 30);
    assert_null(clock_set_zone(a, "UTC"));
    loop_open();
    assert_true(fiber_start("test", run_body, &test));
    loop_run();
    loop_close();
    arena_free(a);
}

#define CASE(name)                                                                                 \
    static void test_##name(void **state)                                                          \
    {                                                                                              \
        (void)state;                                                                               \
        run(name);                                                                                 \
    }
CASE(revenue_counts_sales_on_their_day_and_refunds_on_theirs)
CASE(a_refund_months_later_makes_no_day_before_it_another)
CASE(equal_revenues_stand_latest_first)
CASE(films_stand_by_reservations_then_revenue_then_id)
CASE(rooms_are_as_full_as_their_active_showings)
CASE(sales_may_come_before_their_showings)
CASE(a_showing_that_moves_takes_its_seats_along)
CASE(users_are_what_they_spend_in_the_window)
CASE(the_top_has_ten)
CASE(the_best_are_the_best_whoever_falls_behind)
CASE(the_dashboard_counts_what_is_in_use)
CASE(the_same_facts_are_the_same_figures)
CASE(days_leave_the_windows_and_come_into_them)
CASE(what_was_taken_is_there_after_a_restart)
CASE(an_owner_that_begins_anew_is_forgotten_alone)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_revenue_counts_sales_on_their_day_and_refunds_on_theirs),
        cmocka_unit_test(test_a_refund_months_later_makes_no_day_before_it_another),
        cmocka_unit_test(test_equal_revenues_stand_latest_first),
        cmocka_unit_test(test_films_stand_by_reservations_then_revenue_then_id),
        cmocka_unit_test(test_rooms_are_as_full_as_their_active_showings),
        cmocka_unit_test(test_sales_may_come_before_their_showings),
        cmocka_unit_test(test_a_showing_that_moves_takes_its_seats_along),
        cmocka_unit_test(test_users_are_what_they_spend_in_the_window),
        cmocka_unit_test(test_the_top_has_ten),
        cmocka_unit_test(test_the_best_are_the_best_whoever_falls_behind),
        cmocka_unit_test(test_the_dashboard_counts_what_is_in_use),
        cmocka_unit_test(test_the_same_facts_are_the_same_figures),
        cmocka_unit_test(test_days_leave_the_windows_and_come_into_them),
        cmocka_unit_test(test_what_was_taken_is_there_after_a_restart),
        cmocka_unit_test(test_an_owner_that_begins_anew_is_forgotten_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
