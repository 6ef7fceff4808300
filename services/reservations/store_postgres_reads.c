/* store_postgres_reads.c - reservations with user, newest payment and seats: one statement, a row for each seat. */
#include "services/reservations/store_postgres.h"

/* One row of the join; of a reservation's rows only the seat differs. */
struct joined {
    int64_t id, user_id, schedule_id;
    str movie_id;
    money total_amount;
    unsigned status;
    bool hold;
    instant reservation_date, expires_at, confirmed_at, cancelled_at, deleted_at;
    str email, name, phone;
    int64_t payment_id; /* 0: none yet */
    money amount;
    str method, transaction_id;
    unsigned payment_status;
    instant paid_at, ask_at, asked_until, grace_until, refunded_at;
    bool refund_due;
    int64_t seat_row, seat_id, seat_number; /* seat_row 0: no seats */
    str row_number, ticket_type;
    money price;
};
static const struct field joined_fields[] = {
    FIELD(struct joined, id, "id"),
    FIELD(struct joined, user_id, "userId"),
    FIELD(struct joined, schedule_id, "scheduleId"),
    FIELD(struct joined, movie_id, "movieId"),
    FIELD(struct joined, total_amount, "totalAmount"),
    FIELD(struct joined, status, "status", .choices = reservation_statuses),
    FIELD(struct joined, hold, "hold"),
    FIELD(struct joined, reservation_date, "reservationDate"),
    FIELD(struct joined, expires_at, "expiresAt"),
    FIELD(struct joined, confirmed_at, "confirmedAt"),
    FIELD(struct joined, cancelled_at, "cancelledAt"),
    FIELD(struct joined, deleted_at, "deletedAt"),
    FIELD(struct joined, email, "email"),
    FIELD(struct joined, name, "name"),
    FIELD(struct joined, phone, "phone"),
    FIELD(struct joined, payment_id, "paymentId"),
    FIELD(struct joined, amount, "amount"),
    FIELD(struct joined, method, "paymentMethod"),
    FIELD(struct joined, transaction_id, "transactionId"),
    FIELD(struct joined, payment_status, "paymentStatus", .choices = payment_statuses),
    FIELD(struct joined, paid_at, "paidAt"),
    FIELD(struct joined, ask_at, "askAt"),
    FIELD(struct joined, asked_until, "askedUntil"),
    FIELD(struct joined, grace_until, "graceUntil"),
    FIELD(struct joined, refunded_at, "refundedAt"),
    FIELD(struct joined, refund_due, "refundDue"),
    FIELD(struct joined, seat_row, "seatRow"),
    FIELD(struct joined, seat_id, "seatId"),
    FIELD(struct joined, seat_number, "seatNumber", .nullable = true),
    FIELD(struct joined, row_number, "rowNumber"),
    FIELD(struct joined, ticket_type, "ticketType"),
    FIELD(struct joined, price, "price"),
};
static const struct shape joined_shape = SHAPE(joined, joined_fields);

#define JOINED(reservations)                                                                       \
    "SELECT r.id, r.user_id, r.schedule_id, r.movie_id, r.total_amount, r.status, r.hold, r.reservation_date, r.expires_at, " \
    "r.confirmed_at, r.cancelled_at, r.deleted_at, u.email, u.name, u.phone, p.id AS payment_id, p.amount, "       \
    "p.payment_method AS method, p.transaction_id, p.payment_status, p.payment_date AS paid_at, p.ask_at, p.asked_until, " \
    "p.grace_until, p.refunded_at, p.refund_due, s.id AS seat_row, s.seat_id, s.seat_number, s.row_number, s.ticket_type, "     \
    "s.price FROM (" reservations ") r JOIN users u ON u.id = r.user_id "                          \
    "LEFT JOIN LATERAL (SELECT * FROM payments WHERE reservation_id = r.id ORDER BY id DESC LIMIT 1) p ON true "    \
    "LEFT JOIN reserved_seats s ON s.reservation_id = r.id ORDER BY r.id DESC, s.id"

/* --- putting them together --- */

static void user_fill(arena *a, const struct joined *row, struct reservation *out)
{
    out->user = NEW(a, struct user);
    *out->user = (struct user){ .id = row->user_id, .email = row->email, .name = row->name, .phone = row->phone };
}

static void payment_fill(arena *a, const struct joined *row, struct reservation *out)
{
    if (!row->payment_id)
        return;
    out->payment = NEW(a, struct payment);
    *out->payment = (struct payment){ .id = row->payment_id,
                                      .reservation_id = row->id,
                                      .amount = row->amount,
                                      .method = row->method,
                                      .status = row->payment_status,
                                      .transaction_id = row->transaction_id,
                                      .paid_at = row->paid_at,
                                      .refunded_at = row->refunded_at,
                                      .ask_at = row->ask_at,
                                      .asked_until = row->asked_until,
                                      .grace_until = row->grace_until,
                                      .refund_due = row->refund_due };
}

static void reservation_begin(arena *a, const struct joined *row, struct reservation *out)
{
    *out = (struct reservation){ .id = row->id,
                                 .user_id = row->user_id,
                                 .schedule_id = row->schedule_id,
                                 .movie_id = row->movie_id,
                                 .total_amount = row->total_amount,
                                 .status = row->status,
                                 .hold = row->hold,
                                 .reservation_date = row->reservation_date,
                                 .created_at = row->reservation_date,
                                 .expires_at = row->expires_at,
                                 .confirmed_at = row->confirmed_at,
                                 .cancelled_at = row->cancelled_at,
                                 .deleted_at = row->deleted_at };
    user_fill(a, row, out);
    payment_fill(a, row, out);
}

static struct reserved_seat seat_of(const struct joined *row)
{
    return (struct reserved_seat){ .id = row->seat_row,
                                   .reservation_id = row->id,
                                   .seat_id = row->seat_id,
                                   .row_number = row->row_number,
                                   .seat_number = row->seat_number,
                                   .ticket_type = row->ticket_type,
                                   .price = row->price };
}

static list joined_fold(arena *a, const list *rows)
{
    list made = { NEW_ARRAY(a, struct reservation, rows->count + 1), 0 };
    struct reserved_seat *seats = NEW_ARRAY(a, struct reserved_seat, rows->count + 1);
    int64_t *seat_ids = NEW_ARRAY(a, int64_t, rows->count + 1);
    struct reservation *last = NULL;
    for (size_t i = 0; i < rows->count; i++) {
        const struct joined *row = LIST_AT(rows, struct joined, i);
        if (!last || last->id != row->id) {
            last = LIST_AT(&made, struct reservation, made.count++);
            reservation_begin(a, row, last);
            last->reserved_seats = (list){ &seats[i], 0 };
            last->seat_ids = (ids){ &seat_ids[i], 0 };
        }
        if (!row->seat_row)
            continue;
        seats[i] = seat_of(row);
        seat_ids[i] = row->seat_id;
        last->reserved_seats.count++;
        last->seat_ids.count++;
    }
    return made;
}

/* --- reads --- */

const fault *postgres_reservation(struct store *store, arena *a, int64_t id, struct reservation *out)
{
    list rows;
    TRY(pg_list_of(KEYS(store), a, &joined_shape, &rows,
                   JOINED("SELECT * FROM reservations WHERE id = ANY($1::bigint[]) AND deleted_at IS NULL"), id));
    if (rows.count == 0)
        return fault_new(a, FAULT_NOT_FOUND, "reservation_unknown", "Reservation not found with id: %lld",
                         (long long)id);
    list made = joined_fold(a, &rows);
    *out = *LIST_AT(&made, struct reservation, 0);
    return NULL;
}

/* One statement for each column that a list is asked by, so that each has its index. */
static const char *list_statement(const struct reservation_filter *filter)
{
#define LIST_BY(condition)                                                                         \
    JOINED("SELECT * FROM reservations WHERE " condition " AND deleted_at IS NULL AND ($1::text IS NULL OR status = $1) "  \
           "AND ($2::bigint = 0 OR user_id = $2) AND ($3::bigint = 0 OR schedule_id = $3) "        \
           "AND ($4::text IS NULL OR movie_id = $4) ORDER BY id DESC LIMIT $5 OFFSET $6")
    if (filter->user_id)
        return LIST_BY("user_id = $2");
    if (filter->schedule_id)
        return LIST_BY("schedule_id = $3");
    if (filter->movie_id.at)
        return LIST_BY("movie_id = $4");
    return LIST_BY("true");
#undef LIST_BY
}

static const fault *reservation_list(struct store *store, arena *a, const struct reservation_filter *filter, list *out)
{
    list rows;
    TRY(pg_list(LISTS(store), a, &joined_shape, &rows, list_statement(filter),
                PG_BIND(pg_text(filter->status), pg_int(filter->user_id), pg_int(filter->schedule_id),
                        pg_text(filter->movie_id), pg_int(filter->limit), pg_int(filter->offset))));
    *out = joined_fold(a, &rows);
    return NULL;
}

void postgres_reads_fill(struct store *s)
{
    s->reservation_show = postgres_reservation;
    s->reservation_list = reservation_list;
}
