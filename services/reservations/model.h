/* model.h - users, reservations, payments and the rules that need no store. Pure: no I/O. */
#ifndef TAQUILLA_RESERVATIONS_MODEL_H
#define TAQUILLA_RESERVATIONS_MODEL_H

#include "lib/json/shape.h"

/* --- users --- */

struct user {
    int64_t id;
    str email, name, phone; /* no text once erased */
    instant created_at, updated_at;
};
extern const struct shape user_shape;
extern const struct shape user_brief_shape; /* inside a reservation */
extern const struct shape user_fact_shape;  /* in an event: no name, e-mail or phone */

struct user_input {
    str email, name, phone;
};
extern const struct shape user_input_shape; /* also "buyer" of a ticket */

/* A user by the e-mail, as a row of a file says it. */
struct user_import {
    str email, name, phone;
    uint64_t given;
};
extern const struct shape user_import_shape;
/* Who is there, with what the row gives. */
struct user user_as_imported(const struct user *found, const struct user_import *row);
/* Does the row say all that a new user needs? INVALID validation_failed. */
const fault *user_import_complete(arena *a, const struct user_import *row) MUST_CHECK;

/* One @ with something on both sides, no white space. */
bool email_plausible(str email);
/* What e-mails are compared by: ASCII letters lowered. */
str email_key(arena *a, str email);

/* --- payments --- */

enum payment_status { PAYMENT_PENDING, PAYMENT_COMPLETED, PAYMENT_FAILED, PAYMENT_REFUNDED };
extern const char *const payment_statuses[]; /* their names, NULL-terminated */

struct payment {
    int64_t id, reservation_id;
    money amount;
    str method;
    unsigned status;        /* enum payment_status */
    str transaction_id;     /* the provider's; no text until it answered */
    instant paid_at;        /* of the attempt */
    instant refunded_at;    /* REFUNDED: when its money was given back */
    instant ask_at;         /* PENDING: when the provider is asked next; FAILED and abandoned: the same */
    instant asked_until;    /* after it, an unanswered attempt is given up for good */
    instant grace_until;    /* PENDING: the seats are kept until then, whatever the hold says */
    bool refund_due;        /* the provider has not confirmed the refund yet */
};
extern const struct shape payment_shape;
extern const struct shape payment_fact_shape; /* the whole row, for events and rows */

struct payment_order {
    int64_t reservation_id;
    money amount;
    str method;
};
extern const struct shape payment_order_shape;
bool payment_method_plausible(str method); /* a name such as cash, not a card's number */

/* --- reservations --- */

enum reservation_status {
    RESERVATION_PENDING,
    RESERVATION_CONFIRMED,
    RESERVATION_CANCELLED,
    RESERVATION_EXPIRED
};
extern const char *const reservation_statuses[];

struct reserved_seat {
    int64_t id, reservation_id, seat_id;
    str row_number;
    int64_t seat_number;
    str ticket_type;
    money price;
};

struct reservation {
    int64_t id, user_id;
    struct user *user;
    int64_t schedule_id;
    str movie_id;
    money total_amount;
    unsigned status; /* enum reservation_status */
    bool hold;       /* a buyer who pays now; else paid at the counter */
    instant reservation_date, created_at;
    instant expires_at; /* PENDING only; none when the showing's time is unknown */
    instant confirmed_at;
    instant cancelled_at; /* or expired */
    instant deleted_at;
    list reserved_seats; /* of struct reserved_seat */
    ids seat_ids;
    struct payment *payment; /* the newest */
    str access_code;         /* 32 hex digits; in the answer to its own POST only */
};
extern const struct shape reservation_shape;
extern const struct shape reservation_made_shape; /* with accessCode */
/* Where a list of reservations by showing goes on: "12.345", the showing and the reservation. No text: before all. */
struct sale_place {
    int64_t schedule_id, id;
};
struct sale_place sale_place_read(str key);
str sale_place_text(arena *a, const struct reservation *r);

extern const struct shape reservation_fact_shape; /* in an event: seats and prices, no person but userId */
/* What is known of a fact of a reservation and of its seats before the store has given it ids and moments: members in their order. */
extern const struct shape reservation_told_shape, reserved_seat_told_shape;
extern const struct shape reservation_row_shape;
extern const struct shape reserved_seat_row_shape;

struct ticket_choice {
    int64_t seat_id;
    str type;
};

/* What a client asks for. */
struct booking {
    int64_t user_id, schedule_id;
    str movie_id;
    ids seat_ids; /* 1..20, different, sorted by the check */
    money total_amount;
    bool hold;
    list tickets; /* of struct ticket_choice */
};
extern const struct shape booking_shape;
#define SEATS_PER_BOOKING_MAX 20

/* The gateway's book-ticket: a booking by user or by buyer, perhaps paid in the same call. */
struct ticket_order {
    int64_t user_id, schedule_id;
    str movie_id;
    ids seat_ids;
    money total_amount;
    bool hold;
    list tickets;
    struct user_input *buyer;
    str payment_method;
};
extern const struct shape ticket_order_shape;
/* INVALID buyer_or_user: both say who buys, or neither. */
const fault *buyer_or_user(arena *a, const struct user_input *buyer, int64_t user_id) MUST_CHECK;

/* Seats by what they should be like, in place of their ids. */
struct seat_wish {
    int64_t count; /* 1..SEATS_PER_BOOKING_MAX */
    unsigned seat_type; /* enum seat_type; CHOICE_NONE: any */
    bool accessible;    /* one of them at least */
    bool together;      /* in one row, without a gap, or not at all */
};
/* The gateway's best-seats. */
struct best_order {
    int64_t user_id;
    struct user_input *buyer;
    struct seat_wish wish;
    str ticket_type, payment_method;
    bool hold;
};
extern const struct shape best_order_shape;

/* --- showings, as rooms tells them --- */

enum seat_type { SEAT_REGULAR, SEAT_PREMIUM, SEAT_VIP };
extern const char *const seat_types[];

struct seat {
    int64_t id;
    str row_number;
    int64_t seat_number;
    unsigned seat_type; /* enum seat_type */
    bool accessible, is_available, house;
};
struct room_seats {
    int64_t room_id;
    list seats; /* of struct seat, sorted by id by the check */
};
extern const struct shape told_seats_shape;

struct showing {
    int64_t id;
    str movie_id;
    int64_t room_id;
    instant starts_at, ends_at, sales_open_at, sales_close_at;
    money price;
    bool is_active;
    list seats; /* of struct seat, by id: those of its room */
};
extern const struct shape told_showing_shape; /* without seats */

const struct seat *showing_seat(const struct showing *s, int64_t seat_id); /* NULL: not of that room */

/* When a showing is, as the store knows it; none: it was not told. */
struct showing_time {
    int64_t schedule_id;
    instant starts_at, ends_at;
};
extern const struct shape showing_time_shape;

/* Settings that decide how long seats are kept. */
struct selling_rules {
    int64_t hold_s;              /* HOLD_SECONDS */
    int64_t unpaid_until_min;    /* UNPAID_UNTIL_MINUTES before the start; negative: `off`, every reservation is a hold */
    int64_t refund_until_min;    /* REFUND_UNTIL_MINUTES before the start */
    int64_t payment_grace_s;     /* PAYMENT_GRACE_SECONDS */
    int64_t holds_per_user_max;  /* MAX_HOLDS_PER_USER */
};

/* A booking that agrees with its showing, priced: what the store is asked to make true. */
struct sale {
    int64_t user_id, schedule_id;
    str movie_id;
    bool hold;
    money total_amount;
    list seats;          /* of struct reserved_seat, by seat id; id and reservation_id still 0 */
    ids seat_ids;
    instant starts_at, ends_at; /* none when this service runs alone */
    int64_t room_id;
    int64_t hold_s, unpaid_until_min, holds_per_user_max;
    instant sales_open_at; /* the store's clock judges it; none: long ago */
};

/* By this process's clock a showing is refused only when it opens so much later, and the store is asked for so long after: in between
 * the store's own clock decides, so that replicas whose clocks differ open at one moment. */
#define OPENING_DOUBT_MS 5000
#define OPENED_LATELY_MS 3600000
/* May seats of it be bought now, or is that for the store to say? CONFLICT showing_cancelled, not_on_sale_yet, sales_closed. */
const fault *showing_on_sale(arena *a, const struct showing *showing, instant now) MUST_CHECK;
/* Does the booking agree with the showing? INVALID seat_not_in_room, ticket_type_unknown; CONFLICT showing_cancelled,
 * not_on_sale_yet, sales_closed, seats_taken (out of service, or a house seat for the public). */
const fault *sale_price(arena *a, const struct booking *want, const struct showing *showing,
                        const struct selling_rules *rules, instant now, bool box_office,
                        struct sale *out) MUST_CHECK;
/* The same without a showing to ask: the body's figure is the price, split over the seats. */
const fault *sale_price_alone(arena *a, const struct booking *want, const struct selling_rules *rules,
                              struct sale *out) MUST_CHECK;

/* Until when an unpaid reservation made at `now` stands; none when nothing is known of the showing. */
instant sale_expires_at(const struct sale *sale, instant now);

/* CONFLICT not_on_sale_yet: sales open in so many milliseconds. */
const fault *not_on_sale_yet(arena *a, int64_t ms) MUST_CHECK;

/* UNAVAILABLE payment_unknown: the provider has not answered yet. */
const fault *payment_undecided(arena *a) MUST_CHECK;

/* Of a wish that cannot be had: CONFLICT sold_out, too_few_left (`left` are), seats_not_together (`beside` are the most in one row). */
const fault *seats_gone(arena *a, const struct seat_wish *wish, int64_t left, int64_t beside) MUST_CHECK;
/* CONFLICT seats_taken, naming them. */
const fault *seats_taken(arena *a, ids taken) MUST_CHECK;

/* --- what other services ask for --- */

struct sales_order {
    ids schedule_ids;
    ids seat_ids; /* none: any seat */
    bool refund;
};
extern const struct shape sales_order_shape;

struct live_sales {
    int64_t schedule_id, tickets;
};
struct sales_answer {
    list live; /* of struct live_sales */
    bool stopped;
    int64_t cancelled;
};
extern const struct shape live_sales_shape;
extern const struct shape sales_answer_shape;

struct dashboard {
    struct user *user;
    list reservations;
};
extern const struct shape dashboard_shape;

#endif
