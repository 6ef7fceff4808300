/* model_internal.c - the shapes of what rooms tells, and of what rooms and the gateway ask: showings, live sales, a dashboard. */
#include "services/reservations/model.h"

#include <stdlib.h>

/* --- showings --- */

const char *const seat_types[] = { "regular", "premium", "vip", NULL };

static const struct field seat_fields[] = {
    FIELD(struct seat, id, "id"),
    FIELD(struct seat, row_number, "row_number"),
    FIELD(struct seat, seat_number, "seat_number"),
    FIELD(struct seat, seat_type, "seat_type", .choices = seat_types, .fallback = "regular"),
    FIELD(struct seat, accessible, "accessible", .fallback = "false"),
    FIELD(struct seat, is_available, "is_available"),
    FIELD(struct seat, house, "house", .fallback = "false"),
};
static const struct shape seat_shape = SHAPE(seat, seat_fields);

static int seat_order(const void *left, const void *right)
{
    int64_t a = ((const struct seat *)left)->id, b = ((const struct seat *)right)->id;
    return (a > b) - (a < b);
}

static const fault *room_seats_check(arena *a, void *body)
{
    (void)a;
    struct room_seats *room = body;
    if (room->seats.count > 1)
        qsort(room->seats.at, room->seats.count, sizeof(struct seat), seat_order);
    return NULL;
}

static const struct field room_seats_fields[] = {
    FIELD(struct room_seats, room_id, "room_id"),
    FIELD(struct room_seats, seats, "seats", .shape = &seat_shape),
};
const struct shape told_seats_shape = SHAPE(room_seats, room_seats_fields, .check = room_seats_check);

static const struct field showing_fields[] = {
    FIELD(struct showing, id, "id"),
    FIELD(struct showing, movie_id, "movie_id"),
    FIELD(struct showing, room_id, "room_id"),
    FIELD(struct showing, starts_at, "startsAt"),
    FIELD(struct showing, ends_at, "endsAt"),
    FIELD(struct showing, sales_open_at, "sales_open_at", .nullable = true, .optional = true),
    FIELD(struct showing, sales_close_at, "sales_close_at", .nullable = true, .optional = true),
    FIELD(struct showing, price, "price"),
    FIELD(struct showing, is_active, "is_active"),
};
const struct shape told_showing_shape = SHAPE(showing, showing_fields);

static const struct field showing_time_fields[] = {
    FIELD(struct showing_time, schedule_id, "schedule_id"),
    FIELD(struct showing_time, starts_at, "starts_at", .nullable = true),
    FIELD(struct showing_time, ends_at, "ends_at", .nullable = true),
};
const struct shape showing_time_shape = SHAPE(showing_time, showing_time_fields);

const struct seat *showing_seat(const struct showing *s, int64_t seat_id)
{
    if (s->seats.count == 0)
        return NULL;
    struct seat wanted = { .id = seat_id };
    return bsearch(&wanted, s->seats.at, s->seats.count, sizeof(struct seat), seat_order);
}

/* --- questions --- */

static const struct field sales_order_fields[] = {
    FIELD(struct sales_order, schedule_ids, "scheduleIds", .min = 1, .max = 10000),
    FIELD(struct sales_order, seat_ids, "seatIds", .optional = true, .max = 10000),
    FIELD(struct sales_order, refund, "refund", .fallback = "false"),
};
const struct shape sales_order_shape = SHAPE(sales_order, sales_order_fields);

static const struct field live_sales_fields[] = {
    FIELD(struct live_sales, schedule_id, "scheduleId"),
    FIELD(struct live_sales, tickets, "tickets"),
};
const struct shape live_sales_shape = SHAPE(live_sales, live_sales_fields);

static const struct field sales_answer_fields[] = {
    FIELD(struct sales_answer, live, "live", .shape = &live_sales_shape),
    FIELD(struct sales_answer, stopped, "stopped"),
    FIELD(struct sales_answer, cancelled, "cancelled"),
};
const struct shape sales_answer_shape = SHAPE(sales_answer, sales_answer_fields);

static const struct field dashboard_fields[] = {
    FIELD(struct dashboard, user, "user", .shape = &user_shape),
    FIELD(struct dashboard, reservations, "reservations", .shape = &reservation_shape),
};
const struct shape dashboard_shape = SHAPE(dashboard, dashboard_fields);

/* --- places in a list by showing --- */

struct sale_place sale_place_read(str key)
{
    struct sale_place place = { 0, 0 };
    str showing;
    if (str_cut(&key, '.', &showing) && str_to_int(showing, &place.schedule_id) && str_to_int(key, &place.id))
        return place;
    return (struct sale_place){ 0, 0 };
}

str sale_place_text(arena *a, const struct reservation *r)
{
    return arena_printf(a, "%lld.%lld", (long long)r->schedule_id, (long long)r->id);
}
