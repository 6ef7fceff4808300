/* model_facts.h - what is read of the owners' events. Pure: no I/O. */
#ifndef TAQUILLA_ANALYTICS_MODEL_FACTS_H
#define TAQUILLA_ANALYTICS_MODEL_FACTS_H

#include "services/analytics/model_fold.h"

enum owner_name { MOVIES, ROOMS, RESERVATIONS, OWNER_COUNT };

struct film_fact {
    str id, title;
    bool is_active;
};
struct room_fact {
    int64_t id;
    str name;
    bool is_active;
};
struct seat_fact {
    int64_t id;
};
struct seats_fact {
    int64_t room_id;
    list seats; /* of struct seat_fact */
};
struct showing_fact {
    int64_t id, room_id;
    str movie_id;
    wall show_time;
    bool is_active;
};
struct user_fact {
    int64_t id;
};
struct reservation_fact {
    int64_t id, user_id, schedule_id;
    str movie_id;
    money total_amount;
    unsigned status; /* enum sale_status */
    instant reservation_date, confirmed_at, cancelled_at;
    list seats;      /* of struct ticket */
};
struct payment_fact {
    int64_t id, reservation_id;
    str method;
    unsigned status; /* enum payment_status */
};
enum payment_status { PAYMENT_PENDING, PAYMENT_COMPLETED, PAYMENT_FAILED, PAYMENT_REFUNDED };

extern const struct shape analytics_film_fact_shape, analytics_room_fact_shape, analytics_seats_fact_shape,
    analytics_showing_fact_shape, analytics_user_fact_shape, analytics_reservation_fact_shape,
    analytics_payment_fact_shape;

extern const char *const analytics_sale_statuses[]; /* by enum sale_status */

/* The sale that a reservation is now; film, method and payment are the caller's. */
struct sale analytics_sale_of(arena *a, const struct reservation_fact *told);

#endif
