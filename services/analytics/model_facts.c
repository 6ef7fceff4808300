/* model_facts.c - the facts' shapes: of each no more than the figures need. */
#include "services/analytics/model_facts.h"

static const struct field film_fields[] = {
    FIELD(struct film_fact, id, "_id"),
    FIELD(struct film_fact, title, "title"),
    FIELD(struct film_fact, is_active, "isActive"),
};
const struct shape analytics_film_fact_shape = SHAPE(film_fact, film_fields);

static const struct field room_fields[] = {
    FIELD(struct room_fact, id, "id"),
    FIELD(struct room_fact, name, "name"),
    FIELD(struct room_fact, is_active, "is_active"),
};
const struct shape analytics_room_fact_shape = SHAPE(room_fact, room_fields);

static const struct field seat_fields[] = { FIELD(struct seat_fact, id, "id") };
static const struct shape seat_fact_shape = SHAPE(seat_fact, seat_fields);
static const struct field seats_fields[] = {
    FIELD(struct seats_fact, room_id, "room_id"),
    FIELD(struct seats_fact, seats, "seats", .shape = &seat_fact_shape),
};
const struct shape analytics_seats_fact_shape = SHAPE(seats_fact, seats_fields);

static const struct field showing_fields[] = {
    FIELD(struct showing_fact, id, "id"),
    FIELD(struct showing_fact, room_id, "room_id"),
    FIELD(struct showing_fact, movie_id, "movie_id"),
    FIELD(struct showing_fact, show_time, "show_time"),
    FIELD(struct showing_fact, is_active, "is_active"),
};
const struct shape analytics_showing_fact_shape = SHAPE(showing_fact, showing_fields);

static const struct field user_fields[] = { FIELD(struct user_fact, id, "id") };
const struct shape analytics_user_fact_shape = SHAPE(user_fact, user_fields);

const char *const analytics_sale_statuses[] = { "PENDING", "CONFIRMED", "CANCELLED", "EXPIRED", NULL };
static const struct field ticket_fields[] = { FIELD(struct ticket, price, "price") };
static const struct shape ticket_shape = SHAPE(ticket, ticket_fields);
static const struct field reservation_fields[] = {
    FIELD(struct reservation_fact, id, "id"),
    FIELD(struct reservation_fact, user_id, "userId"),
    FIELD(struct reservation_fact, schedule_id, "scheduleId"),
    FIELD(struct reservation_fact, movie_id, "movieId"),
    FIELD(struct reservation_fact, total_amount, "totalAmount"),
    FIELD(struct reservation_fact, status, "status", .choices = analytics_sale_statuses),
    FIELD(struct reservation_fact, reservation_date, "reservationDate"),
    FIELD(struct reservation_fact, confirmed_at, "confirmedAt", .nullable = true),
    FIELD(struct reservation_fact, cancelled_at, "cancelledAt", .nullable = true),
    FIELD(struct reservation_fact, seats, "seats", .shape = &ticket_shape),
};
const struct shape analytics_reservation_fact_shape = SHAPE(reservation_fact, reservation_fields);

static const char *const payment_statuses[] = { "PENDING", "COMPLETED", "FAILED", "REFUNDED", NULL };
static const struct field payment_fields[] = {
    FIELD(struct payment_fact, id, "id"),
    FIELD(struct payment_fact, reservation_id, "reservationId"),
    FIELD(struct payment_fact, method, "paymentMethod"),
    FIELD(struct payment_fact, status, "status", .choices = payment_statuses),
};
const struct shape analytics_payment_fact_shape = SHAPE(payment_fact, payment_fields);

struct sale analytics_sale_of(arena *a, const struct reservation_fact *told)
{
    struct sale made = { .id = told->id, .user_id = told->user_id, .schedule_id = told->schedule_id,
                         .cents = told->total_amount.cents, .status = told->status, .made = told->reservation_date,
                         .sold = told->confirmed_at, .back = INSTANT_NONE };
    if (made.status == SALE_CANCELLED && made.sold.ms != TIME_NONE)
        made.back = told->cancelled_at;
    made.tickets = analytics_tickets_text(a, &told->seats);
    return made;
}
