/* model.h - what analytics knows of the owners, what it is asked, and the figures it makes of them. Pure: no I/O.
 *
 * Money moves on days of the house: a sale on the day of its confirmation, taken back on the day of its cancellation
 * when it was cancelled later. "Reservations" are those that stand (PENDING or CONFIRMED), on the day they were made. */
#ifndef TAQUILLA_ANALYTICS_MODEL_H
#define TAQUILLA_ANALYTICS_MODEL_H

#include "lib/json/shape.h"

/* --- sales --- */

enum sale_status { SALE_PENDING, SALE_CONFIRMED, SALE_CANCELLED, SALE_EXPIRED };

/* --- days: since 1970-01-01, smaller than a `day` --- */

#define NO_DAY INT32_MIN

struct days {
    int32_t from, to; /* both included */
};
#define ALL_DAYS ((struct days){ INT32_MIN + 1, INT32_MAX })

enum window { WINDOW_TODAY, WINDOW_DAY, WINDOW_WEEK, WINDOW_MONTH, WINDOW_QUARTER, WINDOW_YEAR, WINDOW_ALL };
/* Whole days that end today: 1, 1, 7, 30, 90, 365 of them, or all. */
struct days analytics_window_days(unsigned window, int32_t today);
extern const char *const analytics_window_names[];

enum period { PERIOD_DAY, PERIOD_WEEK, PERIOD_MONTH, PERIOD_YEAR, PERIOD_ALL };
int32_t analytics_period_start(unsigned period, int32_t when);
#define PERIOD_TEXT_MAX 24
/* 2026-09-12, 2026-W46 (the ISO year: 2027-01-01 is in 2026-W53), 2026-09, 2026, all. */
str analytics_period_text(char room[PERIOD_TEXT_MAX], unsigned period, int32_t when);

/* --- sums --- */

struct sum {
    int64_t cents, reservations, confirmed; /* confirmed: still CONFIRMED, on the day of the confirmation */
};
/* One day of the house, or the first one of a period. */
struct day_sum {
    int64_t day;
    int64_t cents, reservations, confirmed;
};

/* sum / count to the cent, half up (away from zero); 0 when there are none. */
money analytics_average(int64_t cents, int64_t count);
/* part of whole in percent with two decimals, half up; 0 when there is no whole. */
double analytics_percent(int64_t part, int64_t whole);

/* --- revenue --- */

struct revenue_query {
    unsigned period; /* enum period */
    day start, end;  /* DAY_NONE: open */
};
struct revenue_summary {
    money total_revenue;
    int64_t total_reservations;
    money average_ticket_price;
};
struct revenue_period {
    int32_t start;
    str period;
    money revenue;
    int64_t reservations;
    money average_ticket_price;
};
struct revenue {
    struct revenue_summary *summary;
    list by_period; /* of struct revenue_period */
};
struct days analytics_days_asked(const struct revenue_query *want);
/* sums: of struct day_sum by day, of days or of periods of the kind asked for. */
void analytics_revenue_make(arena *a, const list *sums, unsigned period, struct revenue *out);

/* --- popular movies --- */

struct popular_query {
    unsigned period; /* enum window */
    int64_t limit;
};
struct popular {
    str movie_id, title; /* no title: movies does not know it */
    int64_t total_reservations;
    money total_revenue, average_ticket_price;
};

/* --- occupancy --- */

struct occupancy_query {
    unsigned period; /* enum window */
    int64_t room_id; /* INTEGER_NONE: every room */
};
struct occupancy_summary {
    int64_t total_rooms, total_occupied_seats, total_possible_seats;
    double overall_occupancy_rate;
};
struct room_occupancy {
    int64_t room_id;
    str room_name;
    int64_t total_seats, total_schedules, occupied_seats, total_possible_seats;
    double occupancy_rate;
    bool is_active;
};
struct occupancy {
    struct occupancy_summary *summary;
    list rooms; /* of struct room_occupancy */
};
/* Of rooms with their seats, showings and occupied seats: those to be listed, their rates, and the whole. */
void analytics_occupancy_make(arena *a, list *rooms, int64_t room_id, struct occupancy *out);

/* --- rooms by hour --- */

struct hours_query {
    unsigned period; /* enum window */
};
struct room_hour {
    int64_t room_id, total_seats, hour_number; /* 0 to 23 */
    str room_name, hour;                       /* "18:00" */
    int64_t total_schedules, occupied_seats, total_possible_seats;
    double occupancy_rate;
};
/* hours: rows of a store; what follows from them is added. */
void analytics_hours_make(arena *a, list *hours);

/* --- the sales of a showing --- */

#define CURVE_SALES_MAX 20000 /* sales of one showing that are looked at, the first of them */

struct curve_query {
    int64_t schedule_id;
};
struct curve_sale {
    instant sold, back; /* back: INSTANT_NONE unless its money was given back */
    str tickets;        /* as struct sale's */
    int64_t cents;
};
struct curve_point {
    instant at; /* an hour begins */
    int64_t sold, refunded, tickets;
    money revenue;
};
struct curve {
    int64_t schedule_id;
    str movie_id, title, room_name;
    int64_t seats, tickets;
    money revenue;
    list points; /* of struct curve_point */
};
/* sales: of struct curve_sale, in any order. */
void analytics_curve_make(arena *a, const list *sales, struct curve *out);

/* --- user behavior --- */

#define VIP_CENTS 20000
#define REGULAR_CENTS 5000
#define TOP_USERS 10

struct window_query {
    unsigned period; /* enum window */
};
struct behavior_summary {
    int64_t total_users, active_users;
    money total_revenue, average_spending_per_user;
};
struct segments {
    int64_t vip, regular, casual, inactive;
};
struct top_user {
    int64_t user_id;
    str user_name; /* no text: its owner has not told */
    int64_t total_reservations;
    money total_spent, average_ticket_price;
    instant last_reservation;
};
struct behavior {
    struct behavior_summary *summary;
    struct segments *segments;
    list top_users; /* of struct top_user, without their names */
};

/* --- dashboard --- */

#define TOP_MOVIES 5

struct overview {
    int64_t total_movies, total_rooms, total_users, total_reservations;
    money total_revenue, average_ticket_price;
};
struct top_movie {
    str movie_id;
    int64_t reservations;
};
struct dashboard {
    struct overview *overview;
    list top_movies; /* of struct top_movie */
    unsigned period; /* enum window */
};

/* --- the day sheet --- */

struct sheet_query {
    day date; /* DAY_NONE: the house's day that it is now */
};
/* Money and tickets of the day that have one payment method, film or hour in common. */
struct sheet_sum {
    str name, title;  /* the method, the film and its title, or "18:00"; no text: not known */
    money sold, refunded, net;
    int64_t tickets;  /* less those given back */
};
struct day_sheet {
    day date;
    instant from, to; /* the next day begins at `to` */
    struct sheet_sum *total;
    list by_method, by_film, by_hour; /* of struct sheet_sum */
};
/* What the store has: hour, film and method of each sum. */
struct sheet_row {
    int64_t hour;
    str movie_id, title, method;
    int64_t sold, refunded, tickets;
};
/* first_hour: the one in which the house's day begins. */
void analytics_sheet_make(arena *a, const list *rows, int64_t first_hour, struct day_sheet *out);

/* --- the distributor's return --- */

struct returns_query {
    str movie_id, week; /* "2026-W46": the cinema week that begins in that week of the calendar */
};
struct return_line {
    int64_t room_id;
    str room_name;
    money price;
    int64_t admissions;
    money takings;
};
struct returns {
    str movie_id, title, week;
    day from, to;     /* the house's days, both included */
    list lines;       /* of struct return_line, by room, then price descending */
    int64_t admissions;
    money takings;
};
/* Its Monday; false when there is no such week. */
bool analytics_week_read(str text, int32_t *monday) MUST_CHECK;

/* --- sales as rows --- */

struct sales_query {
    day start, end; /* DAY_NONE: open */
};
/* Money that came or went. */
struct sales_row {
    instant moment;
    bool refund;
    int64_t id, schedule_id;
    str movie_id, title, method, tickets;
    int64_t cents;
};

/* --- their shapes --- */

extern const struct shape analytics_sheet_query_shape, analytics_returns_query_shape, analytics_sales_query_shape,
    analytics_sheet_shape, analytics_returns_shape;

extern const struct shape analytics_hours_query_shape, analytics_room_hour_shape, analytics_curve_query_shape, analytics_curve_shape;
extern const struct shape analytics_revenue_query_shape, analytics_popular_query_shape,
    analytics_occupancy_query_shape, analytics_window_query_shape;
extern const struct shape analytics_revenue_shape, analytics_popular_shape, analytics_occupancy_shape,
    analytics_behavior_shape, analytics_dashboard_shape;

#endif
