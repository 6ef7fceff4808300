/* model.h - what the gateway reads out of its owners' answers, and what it makes of them. Pure: no I/O. */
#ifndef TAQUILLA_GATEWAY_MODEL_H
#define TAQUILLA_GATEWAY_MODEL_H

#include "lib/base/buf.h"
#include "lib/json/shape.h"

/* --- films and showings, passed on as their owners wrote them --- */

struct film {
    str id;
    bool is_active;
    struct raw_json whole;
};

struct showing {
    int64_t id;
    str movie_id;
    int64_t room_id;
    wall show_time;
    instant ends_at;
    bool is_active;
    struct raw_json whole; /* with "room" */
    const struct film *film; /* NULL: movies does not know it */
};

struct films_answer {
    list data; /* of struct film */
};
struct showings_answer {
    list data; /* of struct showing */
};
extern const struct shape films_answer_shape, showings_answer_shape;

void films_sort(list *films); /* by id */
const struct film *film_find(const list *sorted, str id);

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

/* {schedule..., "room":{...}} and the same with "movie":{...}. */
void showing_write(struct buf *out, const struct showing *s, bool with_film);

/* --- the seat map --- */

enum seat_state { SEAT_FREE, SEAT_HELD, SEAT_SOLD, SEAT_OUT };

struct seat {
    int64_t id;
    str row_number;
    int64_t seat_number;
    str seat_type;
    bool accessible, is_available, house;
    unsigned state; /* enum seat_state */
    money price;
};

struct layout {
    int64_t id;
    money price;
    list seats; /* of struct seat, as rooms orders them */
};
struct layout_answer {
    struct layout *data;
};
extern const struct shape layout_answer_shape;

struct claim {
    int64_t seat_id;
    unsigned state; /* 0 held, 1 sold */
};
struct claims {
    int64_t position;
    list claims; /* of struct claim, by seat id */
};
struct claims_answer {
    struct claims *data;
};
extern const struct shape claims_answer_shape;

struct seat_counts {
    int64_t free, held, sold, out;
};
struct seat_map {
    int64_t schedule_id, version;
    struct seat_counts *counts;
    list seats;
};
extern const struct shape seat_map_shape;

/* Every seat's state from the layout and the claims. House seats are out for the public. */
void seat_map_make(arena *a, const struct layout *layout, const struct claims *claims, struct seat_map *out);

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

/* {reservation..., "movie":{...}|null, "schedule":{...}|null}. */
void booked_write(struct buf *out, const struct booked *b, const struct film *film, const struct showing *showing);

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

/* --- the house --- */

struct house {
    str cinema_name, currency, language, time_zone, day_starts;
};
extern const struct shape house_shape;

#endif
