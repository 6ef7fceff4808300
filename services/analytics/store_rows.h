/* store_rows.h - what both stores of analytics share: rows by shape, and the figures that are made of them. */
#ifndef TAQUILLA_ANALYTICS_STORE_ROWS_H
#define TAQUILLA_ANALYTICS_STORE_ROWS_H

#include "services/analytics/store.h"

/* --- facts: store_facts.c --- */

enum fact_kind {
    FACT_OF_NO_MATTER, FACT_UNREADABLE, FACT_FILM, FACT_ROOM, FACT_SEATS, FACT_SHOWING, FACT_USER, FACT_RESERVATION, FACT_PAYMENT,
};
struct fact {
    enum fact_kind kind;
    bool erased; /* of a user */
    union {
        struct film_fact film;
        struct room_fact room;
        struct seats_fact seats;
        struct showing_fact showing;
        struct user_fact user;
        struct reservation_fact reservation;
        struct payment_fact payment;
    };
};
/* A kind of fact that nobody counts is of no matter; one that cannot be read is. */
struct fact analytics_fact_read(arena *a, enum owner_name owner, const struct event *e);

/* --- what is folded --- */

extern const struct shape analytics_showing_row_shape, analytics_sale_row_shape; /* of struct showing, struct sale */

/* One that nobody has told yet is in no room. */
struct showing analytics_showing_untold(int64_t id);
/* All but its film, which has a key. */
void analytics_showing_tell(struct showing *row, const struct showing_fact *told, const struct house_clock *clock);
/* One that is not there adds nothing: an expired one without money. */
struct sale analytics_sale_untold(int64_t id);
/* The newest one that brought money says how it was paid. A snapshot may tell it before its reservation. */
bool analytics_payment_counts(const struct payment_fact *told, const struct sale *of);

/* --- the figures --- */

struct film_sum {
    str id, title;
    int64_t cents, reservations, confirmed;
};
struct window_sum {
    int64_t alive, cents, reservations, confirmed, active, vip, regular, casual;
};
struct top_row {
    int64_t user_id, cents, reservations, confirmed;
    instant last;
};
struct film_name {
    int64_t key;
    str title;
};
/* Of struct room_hour, curve but its sums, curve_sale. */
extern const struct shape analytics_room_hour_row_shape, analytics_curve_row_shape, analytics_curve_sale_shape;
/* NOT_FOUND showing_unknown. */
const fault *analytics_showing_known(arena *a, bool found, int64_t schedule_id) MUST_CHECK;
/* Of struct day_sum, film_sum, room_occupancy, window_sum, top_row, sheet_row, film_name, return_line, sales_row. */
extern const struct shape analytics_day_sum_shape, analytics_film_sum_shape, analytics_room_row_shape, analytics_window_sum_shape,
    analytics_top_row_shape, analytics_sheet_row_shape, analytics_film_name_shape, analytics_return_line_row_shape,
    analytics_sales_row_shape;

unsigned analytics_window_kept(unsigned window); /* `today` is another name of `day` */
list analytics_popular_make(arena *a, const list *sums);       /* film_sum into popular */
list analytics_top_movies_make(arena *a, const list *popular); /* into top_movie */
/* NOT_FOUND room_unknown. */
const fault *analytics_room_known(arena *a, const struct occupancy_query *want, const list *rooms) MUST_CHECK;
void analytics_behavior_make(arena *a, const struct window_sum *sum, struct behavior *out);
struct overview analytics_overview_make(const struct window_sum *sum);
list analytics_top_make(arena *a, const list *sums);           /* top_row into top_user */
void analytics_returns_make(const struct film_name *film, struct returns *out);

#endif
