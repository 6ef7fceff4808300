/* items_sale.c - reservations as items: with their seats, their newest payment and their showing. */
#include "services/ingestion/dynamodb/items.h"

/* --- shapes --- */

static const struct field showing_fields[] = {
    FIELD(struct item_showing, id, "id"),
    FIELD(struct item_showing, room_id, "room_id"),
    FIELD(struct item_showing, show_time, "show_time"),
};
const struct shape item_showing_shape = SHAPE(item_showing, showing_fields);

static const struct field ticket_fact_fields[] = {
    FIELD(struct item_ticket, id, "id"),
    FIELD(struct item_ticket, seat_id, "seatId"),
    FIELD(struct item_ticket, row_number, "rowNumber", .nullable = true),
    FIELD(struct item_ticket, seat_number, "seatNumber", .nullable = true),
    FIELD(struct item_ticket, ticket_type, "ticketType"),
    FIELD(struct item_ticket, price, "price"),
};
static const struct shape ticket_fact_shape = SHAPE(item_ticket, ticket_fact_fields);

static const struct field reservation_fact_fields[] = {
    FIELD(struct item_reservation, id, "id"),
    FIELD(struct item_reservation, user_id, "userId"),
    FIELD(struct item_reservation, schedule_id, "scheduleId"),
    FIELD(struct item_reservation, movie_id, "movieId"),
    FIELD(struct item_reservation, total_amount, "totalAmount"),
    FIELD(struct item_reservation, status, "status"),
    FIELD(struct item_reservation, hold, "hold", .fallback = "false"),
    FIELD(struct item_reservation, reserved_at, "reservationDate"),
    FIELD(struct item_reservation, expires_at, "expiresAt", .nullable = true),
    FIELD(struct item_reservation, confirmed_at, "confirmedAt", .nullable = true),
    FIELD(struct item_reservation, cancelled_at, "cancelledAt", .nullable = true),
    FIELD(struct item_reservation, deleted_at, "deletedAt", .nullable = true),
    FIELD(struct item_reservation, tickets, "seats", .shape = &ticket_fact_shape),
};
const struct shape item_reservation_fact_shape = SHAPE(item_reservation, reservation_fact_fields);

static const struct field payment_fact_fields[] = {
    FIELD(struct item_payment, id, "id"),
    FIELD(struct item_payment, reservation_id, "reservationId"),
    FIELD(struct item_payment, amount, "amount"),
    FIELD(struct item_payment, method, "paymentMethod"),
    FIELD(struct item_payment, status, "status"),
    FIELD(struct item_payment, transaction_id, "transactionId", .nullable = true),
    FIELD(struct item_payment, paid_at, "paidAt"),
    FIELD(struct item_payment, refunded_at, "refundedAt", .nullable = true),
};
const struct shape item_payment_fact_shape = SHAPE(item_payment, payment_fact_fields);

static const struct field reservation_row_fields[] = {
    FIELD(struct item_reservation, id, "id"),
    FIELD(struct item_reservation, user_id, "user_id"),
    FIELD(struct item_reservation, schedule_id, "schedule_id"),
    FIELD(struct item_reservation, movie_id, "movie_id"),
    FIELD(struct item_reservation, total_amount, "total_amount"),
    FIELD(struct item_reservation, status, "status"),
    FIELD(struct item_reservation, hold, "hold"),
    FIELD(struct item_reservation, reserved_at, "reservation_date"),
    FIELD(struct item_reservation, expires_at, "expires_at", .nullable = true),
    FIELD(struct item_reservation, confirmed_at, "confirmed_at", .nullable = true),
    FIELD(struct item_reservation, cancelled_at, "cancelled_at", .nullable = true),
    FIELD(struct item_reservation, deleted_at, "deleted_at", .nullable = true),
};
const struct shape item_reservation_row_shape = SHAPE(item_reservation, reservation_row_fields);

static const struct field ticket_row_fields[] = {
    FIELD(struct item_ticket, id, "id"),
    FIELD(struct item_ticket, reservation_id, "reservation_id"),
    FIELD(struct item_ticket, seat_id, "seat_id"),
    FIELD(struct item_ticket, row_number, "row_number", .nullable = true),
    FIELD(struct item_ticket, seat_number, "seat_number", .nullable = true),
    FIELD(struct item_ticket, ticket_type, "ticket_type"),
    FIELD(struct item_ticket, price, "price"),
};
const struct shape item_ticket_row_shape = SHAPE(item_ticket, ticket_row_fields);

static const struct field payment_row_fields[] = {
    FIELD(struct item_payment, id, "id"),
    FIELD(struct item_payment, reservation_id, "reservation_id"),
    FIELD(struct item_payment, amount, "amount"),
    FIELD(struct item_payment, method, "payment_method"),
    FIELD(struct item_payment, status, "payment_status"),
    FIELD(struct item_payment, transaction_id, "transaction_id", .nullable = true),
    FIELD(struct item_payment, paid_at, "payment_date"),
    FIELD(struct item_payment, refunded_at, "refunded_at", .nullable = true),
};
const struct shape item_payment_row_shape = SHAPE(item_payment, payment_row_fields);

/* --- attributes --- */

static void tickets_add(struct attributes *of, const list *tickets)
{
    struct buf maps = { .in = of->in };
    for (size_t i = 0; i < tickets->count; i++) {
        const struct item_ticket *t = LIST_AT(tickets, const struct item_ticket, i);
        struct attributes map = { .in = of->in };
        attribute_number(&map, "seat_id", t->seat_id);
        attribute_text(&map, "row", t->row_number);
        attribute_number(&map, "number", t->seat_number);
        attribute_text(&map, "ticket_type", t->ticket_type);
        attribute_cents(&map, "price", t->price);
        attribute_map_put(&maps, &map);
    }
    attribute_maps(of, "seats", &maps);
    attribute_number(of, "seat_count", (int64_t)tickets->count);
}

static void showing_add(struct attributes *of, const struct item_showing *showing)
{
    attribute_number(of, "room_id", showing->room_id);
    attribute_wall(of, "show_time", showing->show_time);
}

static void payment_add(struct attributes *of, const struct item_payment *p)
{
    attribute_number(of, "payment_id", p->id);
    attribute_text(of, "payment_status", p->status);
    attribute_text(of, "payment_method", p->method);
    attribute_cents(of, "payment_amount", p->amount);
    attribute_text(of, "transaction_id", p->transaction_id);
    attribute_moment(of, "paid_at", p->paid_at, TIME_Z_MS);
    attribute_moment(of, "refunded_at", p->refunded_at, TIME_Z_MS);
}

static void reservation_add(struct attributes *of, const struct item_reservation *r)
{
    attribute_text(of, "user_id", item_id(of->in, r->user_id));
    attribute_number(of, "schedule_id", r->schedule_id);
    attribute_key_text(of, "movie_id", r->movie_id);
    attribute_cents(of, "total_amount", r->total_amount);
    attribute_text(of, "status", r->status);
    attribute_bool(of, "hold", r->hold);
    attribute_moment(of, "created_at", r->reserved_at, TIME_Z_MS);
    attribute_moment(of, "held_until", r->expires_at, TIME_Z_MS); /* expires_at is a tombstone's */
    attribute_moment(of, "confirmed_at", r->confirmed_at, TIME_Z_MS);
    attribute_moment(of, "cancelled_at", r->cancelled_at, TIME_Z_MS);
    tickets_add(of, &r->tickets);
}

str item_of_reservation(arena *a, const struct item_reservation *r, const struct item_payment *payment,
                        const struct item_showing *showing, int64_t showing_position, int64_t position)
{
    struct attributes of = { .in = a };
    attribute_text(&of, "reservation_id", item_id(a, r->id));
    attribute_number(&of, "position", position);
    reservation_add(&of, r);
    if (showing) {
        showing_add(&of, showing);
        attribute_number(&of, ITEM_SHOWING_GUARD, showing_position);
    }
    if (payment)
        payment_add(&of, payment);
    return attributes_item(&of);
}

struct attributes_change item_reservation_change(arena *a, const struct item_reservation *r, const struct item_payment *payment,
                                                 const struct item_showing *showing, int64_t showing_position)
{
    struct attributes of = { .in = a };
    reservation_add(&of, r);
    if (showing) {
        showing_add(&of, showing);
        attribute_number(&of, ITEM_SHOWING_GUARD, showing_position);
    }
    if (payment)
        payment_add(&of, payment);
    attribute_none(&of, "deleted");
    attribute_none(&of, ITEM_TTL);
    return attributes_change(&of);
}

struct attributes_change item_payment_change(arena *a, const struct item_payment *payment)
{
    struct attributes of = { .in = a };
    payment_add(&of, payment);
    attribute_named(&of, "status");
    return attributes_change(&of);
}

struct attributes_change item_showing_change(arena *a, const struct item_showing *showing)
{
    struct attributes of = { .in = a };
    showing_add(&of, showing);
    attribute_named(&of, "status");
    return attributes_change(&of);
}
