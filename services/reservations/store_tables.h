/* store_tables.h - the tables of reservations as exports and restores see them, whatever database keeps them. */
#ifndef TAQUILLA_RESERVATIONS_STORE_TABLES_H
#define TAQUILLA_RESERVATIONS_STORE_TABLES_H

#include "lib/feed/export.h"
#include "services/reservations/model.h"

/* users, showings, reservations, reserved_seats (struct reserved_seat), seat_claims, payments, payment_keys, checkins, secrets, log: members
 * are named as the columns. The answers kept for Idempotency-Keys stay behind. */
extern const struct export_table reservations_tables[];

struct user_row {
    int64_t id;
    str email, name, phone;
    instant created_at, updated_at, erased_at;
};

struct showing_row {
    int64_t schedule_id;
    str movie_id;
    int64_t room_id;
    instant starts_at, ends_at;
    bool sales_stopped;
};

struct reservation_row {
    int64_t id, user_id, schedule_id;
    str movie_id;
    money total_amount;
    unsigned status;
    bool hold;
    instant reservation_date, expires_at, confirmed_at, cancelled_at, deleted_at;
};

struct claim_row {
    int64_t schedule_id, seat_id, reservation_id;
    instant held_until;
};

struct payment_row {
    int64_t id, reservation_id;
    money amount;
    str payment_method;
    unsigned payment_status;
    str transaction_id;
    instant payment_date, refunded_at, ask_at, asked_until, grace_until;
    bool refund_due;
};

struct payment_key_row {
    int64_t payment_id;
    str scope, key, body_hash;
};

struct checkin_row {
    int64_t id, reservation_id, seat_id, schedule_id;
    instant checked_in_at, recorded_at;
    str place;
};

struct secret_row {
    str name, value;
};

#endif
