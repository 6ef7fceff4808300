/* model.h - what the gateway reads out of its owners' answers, and what it makes of them. Pure: no I/O. */
#ifndef TAQUILLA_GATEWAY_MODEL_H
#define TAQUILLA_GATEWAY_MODEL_H

#include "lib/base/buf.h"
#include "lib/json/shape.h"

/* --- films, rooms and showings, as their owners' events tell them --- */

struct film {
    str id;
    bool is_active;
    struct raw_json whole;
};
extern const struct shape film_shape;

struct room {
    int64_t id;
    str name;
    struct raw_json whole;
};
extern const struct shape room_shape;

struct showing {
    int64_t id;
    str movie_id;
    int64_t room_id;
    wall show_time;
    instant starts_at, ends_at;
    money price;
    bool is_active;
    instant sales_open_at, sales_close_at;
    bool waiting_room;
    str room_name; /* as the room is called now */
    struct raw_json room;
    const struct film *film; /* NULL: movies does not know it */
};
/* What an event tells of it, in the order in which rooms writes it. */
#define SHOWING_IDS                                                                             \
    FIELD(struct showing, id, "id"), FIELD(struct showing, movie_id, "movie_id"),                  \
        FIELD(struct showing, room_id, "room_id"), FIELD(struct showing, show_time, "show_time")
#define SHOWING_TIME                                                                               \
    FIELD(struct showing, starts_at, "startsAt", .form = TIME_OFFSET),                             \
        FIELD(struct showing, price, "price"), FIELD(struct showing, is_active, "is_active")
#define SHOWING_SALES                                                                              \
    FIELD(struct showing, sales_open_at, "sales_open_at", .form = TIME_OFFSET, .nullable = true),  \
        FIELD(struct showing, sales_close_at, "sales_close_at", .form = TIME_OFFSET),              \
        FIELD(struct showing, waiting_room, "waiting_room", .fallback = "false"),                  \
        FIELD(struct showing, ends_at, "endsAt", .form = TIME_OFFSET)
extern const struct shape showing_fact_shape;

/* Which showings a client asks for. Without any day: those not yet over. */
struct showtime_query {
    str movie_id;
    int64_t room_id;
    day date;
    str from_text, to_text;
    int64_t limit, offset;
    wall from, until; /* by the check: from <= show_time < until; WALL_NONE: open */
};
extern const struct shape showtime_query_shape;

bool showing_wanted(const struct showing *s, const struct showtime_query *want, instant now);

/* --- the seat map --- */

enum seat_state { SEAT_FREE, SEAT_HELD, SEAT_SOLD, SEAT_OUT };

struct seat {
    int64_t id;
    str row_number;
    int64_t seat_number;
    unsigned seat_type; /* of gateway_seat_types */
    bool accessible, is_available, house;
    unsigned state; /* enum seat_state */
    money price;
};

/* Some seats of a room, as an event tells them. */
struct room_seats {
    int64_t room_id;
    list seats; /* of struct seat */
};
extern const struct shape room_seats_shape;
extern const char *const gateway_seat_types[];
int seat_order(const void *left, const void *right); /* A .. Z, AA ..: as rooms lists them */

/* A reservation as far as it takes seats. */
struct sold_seat {
    int64_t seat_id;
};
struct sale {
    int64_t id, schedule_id;
    unsigned status; /* enum sale_status */
    instant made;
    list seats;      /* of struct sold_seat */
};
enum sale_status { SALE_PENDING, SALE_CONFIRMED, SALE_CANCELLED, SALE_EXPIRED };
extern const struct shape sale_shape;

struct seat_counts {
    int64_t free, held, sold, out;
};
struct seat_map {
    int64_t schedule_id, version;
    struct seat_counts *counts;
    list seats;
};
extern const struct shape seat_map_shape;
extern const struct shape seat_changes_shape; /* the same with seats as {id, state} */

/* What a seat is that nobody has claimed. House seats are out for the public. */
enum seat_state seat_unclaimed(const struct seat *seat);
void seats_count(arena *a, struct seat_map *map);

/* --- the dashboard --- */

struct booked {
    int64_t schedule_id;
    str movie_id;
    struct raw_json whole;
};
struct dashboard {
    struct raw_json user;
    list reservations; /* of struct booked */
};
struct dashboard_answer {
    struct dashboard *data;
};
extern const struct shape dashboard_answer_shape;

/* --- the ticket, as book-ticket takes it: described here, read by reservations --- */

struct buyer {
    str email, name, phone;
};
struct ticket_choice {
    int64_t seat_id;
    str type;
};
struct ticket {
    int64_t user_id, schedule_id;
    str movie_id;
    ids seat_ids;
    money total_amount;
    bool hold;
    list tickets; /* of struct ticket_choice */
    struct buyer *buyer;
    str payment_method;
};
extern const struct shape gateway_ticket_shape;

/* The same of best-seats. */
struct wish {
    int64_t user_id, count;
    unsigned seat_type;
    bool accessible, together, hold;
    str ticket_type, payment_method;
    struct buyer *buyer;
};
extern const struct shape gateway_wish_shape;

/* --- the house --- */

struct house {
    str cinema_name, currency, language, time_zone, day_starts;
};
extern const struct shape house_shape;

#endif
