/* store_tables.c - a row of each table of reservations, as a line of an export. */
#include "services/reservations/store_tables.h"

#define STAMP .form = TIME_Z_MS
#define MAYBE_STAMP .form = TIME_Z_MS, .nullable = true

static const struct field user_fields[] = {
    FIELD(struct user_row, id, "id", .min = 1),
    FIELD(struct user_row, email, "email", .nullable = true),
    FIELD(struct user_row, name, "name", .nullable = true),
    FIELD(struct user_row, phone, "phone", .nullable = true),
    FIELD(struct user_row, created_at, "created_at", STAMP),
    FIELD(struct user_row, updated_at, "updated_at", STAMP),
    FIELD(struct user_row, erased_at, "erased_at", MAYBE_STAMP),
};
static const struct shape user_row_shape = SHAPE(user_row, user_fields, .strict = true);

static const struct field showing_fields[] = {
    FIELD(struct showing_row, schedule_id, "schedule_id", .min = 1),
    FIELD(struct showing_row, movie_id, "movie_id"),
    FIELD(struct showing_row, room_id, "room_id", .nullable = true),
    FIELD(struct showing_row, starts_at, "starts_at", MAYBE_STAMP),
    FIELD(struct showing_row, ends_at, "ends_at", MAYBE_STAMP),
    FIELD(struct showing_row, sales_stopped, "sales_stopped"),
};
static const struct shape showing_row_shape = SHAPE(showing_row, showing_fields, .strict = true);

static const struct field reservation_fields[] = {
    FIELD(struct reservation_row, id, "id", .min = 1),
    FIELD(struct reservation_row, user_id, "user_id", .min = 1),
    FIELD(struct reservation_row, schedule_id, "schedule_id", .min = 1),
    FIELD(struct reservation_row, movie_id, "movie_id"),
    FIELD(struct reservation_row, total_amount, "total_amount"),
    FIELD(struct reservation_row, status, "status", .choices = reservation_statuses),
    FIELD(struct reservation_row, hold, "hold"),
    FIELD(struct reservation_row, reservation_date, "reservation_date", STAMP),
    FIELD(struct reservation_row, expires_at, "expires_at", MAYBE_STAMP),
    FIELD(struct reservation_row, confirmed_at, "confirmed_at", MAYBE_STAMP),
    FIELD(struct reservation_row, cancelled_at, "cancelled_at", MAYBE_STAMP),
    FIELD(struct reservation_row, deleted_at, "deleted_at", MAYBE_STAMP),
};
static const struct shape table_reservation_shape = SHAPE(reservation_row, reservation_fields, .strict = true);

static const struct field seat_fields[] = {
    FIELD(struct reserved_seat, id, "id", .min = 1),
    FIELD(struct reserved_seat, reservation_id, "reservation_id", .min = 1),
    FIELD(struct reserved_seat, seat_id, "seat_id", .min = 1),
    FIELD(struct reserved_seat, row_number, "row_number", .nullable = true),
    FIELD(struct reserved_seat, seat_number, "seat_number", .nullable = true),
    FIELD(struct reserved_seat, ticket_type, "ticket_type"),
    FIELD(struct reserved_seat, price, "price"),
};
static const struct shape seat_row_shape = SHAPE(reserved_seat, seat_fields, .strict = true);

static const struct field claim_fields[] = {
    FIELD(struct claim_row, schedule_id, "schedule_id", .min = 1),
    FIELD(struct claim_row, seat_id, "seat_id", .min = 1),
    FIELD(struct claim_row, reservation_id, "reservation_id", .min = 1),
    FIELD(struct claim_row, held_until, "held_until", MAYBE_STAMP, .doc = "null: sold"),
};
static const struct shape claim_row_shape = SHAPE(claim_row, claim_fields, .strict = true);

static const struct field payment_fields[] = {
    FIELD(struct payment_row, id, "id", .min = 1),
    FIELD(struct payment_row, reservation_id, "reservation_id", .min = 1),
    FIELD(struct payment_row, amount, "amount"),
    FIELD(struct payment_row, payment_method, "payment_method"),
    FIELD(struct payment_row, payment_status, "payment_status", .choices = payment_statuses),
    FIELD(struct payment_row, transaction_id, "transaction_id", .nullable = true),
    FIELD(struct payment_row, payment_date, "payment_date", STAMP),
    FIELD(struct payment_row, refunded_at, "refunded_at", MAYBE_STAMP),
    FIELD(struct payment_row, ask_at, "ask_at", MAYBE_STAMP),
    FIELD(struct payment_row, asked_until, "asked_until", MAYBE_STAMP),
    FIELD(struct payment_row, grace_until, "grace_until", MAYBE_STAMP),
    FIELD(struct payment_row, refund_due, "refund_due"),
};
static const struct shape payment_row_shape = SHAPE(payment_row, payment_fields, .strict = true);

static const struct field payment_key_fields[] = {
    FIELD(struct payment_key_row, payment_id, "payment_id", .min = 1),
    FIELD(struct payment_key_row, scope, "scope"),
    FIELD(struct payment_key_row, key, "key"),
    FIELD(struct payment_key_row, body_hash, "body_hash"),
};
static const struct shape payment_key_row_shape = SHAPE(payment_key_row, payment_key_fields, .strict = true);

static const struct field checkin_fields[] = {
    FIELD(struct checkin_row, id, "id", .min = 1),
    FIELD(struct checkin_row, reservation_id, "reservation_id", .min = 1),
    FIELD(struct checkin_row, seat_id, "seat_id", .min = 1),
    FIELD(struct checkin_row, schedule_id, "schedule_id", .min = 1),
    FIELD(struct checkin_row, checked_in_at, "checked_in_at", STAMP),
    FIELD(struct checkin_row, recorded_at, "recorded_at", STAMP),
    FIELD(struct checkin_row, place, "place"),
};
static const struct shape checkin_row_shape = SHAPE(checkin_row, checkin_fields, .strict = true);

static const struct field secret_fields[] = {
    FIELD(struct secret_row, name, "name"),
    FIELD(struct secret_row, value, "value"),
};
static const struct shape secret_row_shape = SHAPE(secret_row, secret_fields, .strict = true);

const struct export_table reservations_tables[] = {
    { "users", &user_row_shape },
    { "showings", &showing_row_shape },
    { "reservations", &table_reservation_shape },
    { "reserved_seats", &seat_row_shape },
    { "seat_claims", &claim_row_shape },
    { "payments", &payment_row_shape },
    { "payment_keys", &payment_key_row_shape },
    { "checkins", &checkin_row_shape },
    { "secrets", &secret_row_shape },
    { "log", &export_log_shape },
    { NULL, NULL },
};
