/* model_tickets.h - what is printed for the door, and who came in by it. Pure: no I/O. */
#ifndef TAQUILLA_RESERVATIONS_MODEL_TICKETS_H
#define TAQUILLA_RESERVATIONS_MODEL_TICKETS_H

#include "services/reservations/model.h"

#define CHECKIN_AGE_MS_MAX ((int64_t)24 * 3600 * 1000) /* of one that a door made without us, until it is told */
#define CHECKIN_AHEAD_MS_MAX ((int64_t)5 * 60 * 1000)  /* by so much a door's clock may be fast: it then counts as now */

/* --- who came in --- */

/* A seat that somebody has taken by its ticket: once, as long as its reservation stands. */
struct checkin {
    int64_t id, reservation_id, seat_id, schedule_id;
    instant checked_in_at; /* at the door */
    instant recorded_at;   /* when the store learned of it: later for a door that was offline */
    str place;             /* which door; no person */
    /* Of the seat and its sale: */
    str movie_id, row_number;
    int64_t seat_number;
    str ticket_type;
};
extern const struct shape checkin_shape;
extern const struct shape checkin_fact_shape; /* in an event: the row alone */

/* What a door asks for. */
struct admission {
    str ticket_code, place;
    int64_t schedule_id; /* the showing it lets in; 0: it does not say */
    instant at;          /* INSTANT_NONE: now */
};
extern const struct shape admission_shape;

/* The same, its code read: what the store is asked to make true. */
struct checkin_order {
    int64_t reservation_id, seat_id, schedule_id;
    str place;
    instant at; /* not after the store's clock, else that; INSTANT_NONE: the store's clock */
};
/* INVALID checkin_time_invalid: older than CHECKIN_AGE_MS_MAX, or ahead by more than CHECKIN_AHEAD_MS_MAX. */
const fault *checkin_time_possible(arena *a, instant at, instant now) MUST_CHECK;

/* NOT_FOUND ticket_unknown; CONFLICT ticket_cancelled, not_confirmed, already_in (with when and where), other_showing (with which). */
const fault *ticket_unknown(arena *a) MUST_CHECK;
const fault *ticket_cancelled(arena *a) MUST_CHECK;
const fault *not_confirmed(arena *a) MUST_CHECK;
const fault *already_in(arena *a, const struct checkin *was) MUST_CHECK;
const fault *other_showing(arena *a, int64_t schedule_id) MUST_CHECK;
/* CONFLICT tickets_used: of a reservation whose tickets let somebody in nothing is given back. */
const fault *tickets_used(arena *a) MUST_CHECK;

/* --- a showing's list for its door --- */

#define DOOR_SEATS_MAX 20000 /* those that stand come before those that were given back */

struct door_seat {
    int64_t reservation_id, seat_id;
    str row_number;
    int64_t seat_number;
    str ticket_type;
    unsigned status; /* enum reservation_status: CONFIRMED, or CANCELLED after it was */
    instant checked_in_at;
    str place;
};
extern const struct shape door_seat_shape;

/* --- the tickets of a reservation --- */

struct ticket {
    str number; /* of this ticket alone: "12-31", the reservation and its seat's row */
    int64_t seat_id;
    str row_number;
    int64_t seat_number;
    str ticket_type;
    money price;
    str code; /* ticket_code.h */
    instant checked_in_at;
    str place;
};
struct tickets {
    str number; /* the reservation's, as it is told to its owner */
    int64_t reservation_id, schedule_id;
    str movie_id;
    instant confirmed_at;
    list tickets; /* of struct ticket */
};
extern const struct shape tickets_shape;

/* --- the keys that tickets are signed with, as doors get them --- */

struct ticket_key_told {
    str key_id, public_key;
    bool signs;
};
struct ticket_keys_told {
    list keys; /* of struct ticket_key_told */
};
extern const struct shape ticket_keys_shape;

#endif
