/* model.h - rooms, seats and showings, the bodies that change them, and the rules that need no
 * database.
 *
 * Pure: no I/O. On the wire a showing is called a schedule. Names that other files of this service
 * use begin with rooms_: all services are linked into one program. */
#ifndef TAQUILLA_ROOMS_MODEL_H
#define TAQUILLA_ROOMS_MODEL_H

#include "lib/json/shape.h"

#define CAPACITY_MAX 10000
#define PAGE_LIMIT_MAX 10000
#define FILM_MINUTES_UNCHECKED 120 /* a showing's length when no movies service can be asked */

/* One bad field, for what a check finds; `rest` follows the field's name in the sentence. */
const fault *rooms_field_fault(arena *a, const char *name, const char *rest) MUST_CHECK;

/* --- rooms --- */

enum screen_type { SCREEN_2D, SCREEN_3D, SCREEN_IMAX };
extern const char *const rooms_screen_types[]; /* their names, NULL-terminated */

struct room {
    int64_t id;
    str name;
    int64_t capacity;
    unsigned screen_type; /* enum screen_type */
    bool is_active;
    instant created_at;
};

struct room_new {
    str name;
    int64_t capacity;
    unsigned screen_type;
};

struct room_edit {
    str name;
    int64_t capacity;
    unsigned screen_type;
    bool is_active;
    uint64_t given;
};

extern const struct shape rooms_room_shape, rooms_room_new_shape, rooms_room_edit_shape;

extern const char *const rooms_screen_types[], *const rooms_seat_types[]; /* names, ended by NULL */
str rooms_screen_type_name(unsigned screen_type);
void rooms_room_apply(struct room *room, const struct room_edit *edit);
/* The edit that a DELETE stands for. */
struct room_edit rooms_room_closing(void);
bool rooms_room_closes(const struct room_edit *edit);

/* --- seats --- */

enum seat_type { SEAT_REGULAR, SEAT_PREMIUM, SEAT_VIP };
extern const char *const rooms_seat_types[];

struct seat {
    int64_t id, room_id;
    str row_number;
    int64_t seat_number;
    unsigned seat_type; /* enum seat_type */
    bool is_available;  /* false: out of service for every showing */
    bool accessible;
    bool house; /* refused to the public */
};

/* A seat of a POST: the id and the room come with the making. */
struct seats_new {
    bool auto_generate;
    int64_t seats_per_row;
    list seats; /* of struct seat; id and room_id still 0 */
    uint64_t given;
};

struct seat_edit {
    str row_number;
    int64_t seat_number;
    unsigned seat_type;
    bool is_available, accessible, house;
    uint64_t given;
};

/* Seats that changed at once: the answer of a POST, kept for its Idempotency-Key, and the data of
 * an event. */
struct seats_made {
    int64_t room_id;
    list seats;
};

extern const struct shape rooms_seat_shape, rooms_seats_new_shape, rooms_seat_edit_shape,
    rooms_seats_made_shape;

str rooms_seat_type_name(unsigned seat_type);
void rooms_seat_apply(struct seat *seat, const struct seat_edit *edit);
struct seat_edit rooms_seat_closing(void);
/* Does the edit take the seat out of service? */
bool rooms_seat_closes(const struct seat_edit *edit);

/* 0 is A, 25 Z, 26 AA, 701 ZZ, 702 AAA. */
str rooms_row_name(arena *a, int64_t index);
/* `count` regular seats in rows of `per_row`, from A on; the last row short if need be. */
list rooms_seats_generate(arena *a, int64_t count, int64_t per_row);

/* --- showings --- */

struct showing {
    int64_t id;
    str movie_id;
    int64_t room_id;
    wall show_time;
    money price;
    bool is_active;
    instant sales_open_at;  /* none: from the beginning */
    instant sales_close_at; /* in a row none: some minutes after the start */
    bool waiting_room;      /* the gateway admits its buyers one after another */
    int64_t length_minutes; /* of its film; once it has begun, as it was then */
    instant starts_at, ends_at;
    str room_name;
    int64_t room_capacity;
    struct room *room; /* for those who ask for the whole room */
    int64_t cancelled; /* reservations that a DELETE cancelled */
};

struct showing_new {
    str movie_id;
    int64_t room_id;
    wall show_time;
    money price;
    str sales_open_text, sales_close_text;
    instant sales_open_at, sales_close_at; /* of those texts, by the check */
    bool waiting_room;
};

struct showing_edit {
    str movie_id;
    int64_t room_id;
    wall show_time;
    money price;
    bool is_active;
    str sales_open_text, sales_close_text;
    instant sales_open_at, sales_close_at;
    bool waiting_room;
    uint64_t given;
};

extern const struct shape rooms_showing_row_shape;     /* as it stands in a table */
extern const struct shape rooms_showing_shape;         /* "schedule" */
extern const struct shape rooms_showing_of_film_shape; /* with room_capacity */
extern const struct shape rooms_showing_closed_shape;  /* with cancelled */
extern const struct shape rooms_showing_listed_shape;  /* with endsAt and the whole room */
extern const struct shape rooms_showing_event_shape;   /* with endsAt and length_minutes */
extern const struct shape rooms_showing_new_shape, rooms_showing_edit_shape;

/* How long a film lasts: as movies says, or as its showings have it. */
struct film_length {
    str movie_id;
    int64_t minutes;
};
extern const struct shape rooms_film_length_shape; /* a row */

/* Settings that decide about showings. */
struct house_rules {
    int64_t cleaning_minutes;    /* CLEANING_MINUTES: a room stays free between two showings */
    int64_t sales_close_minutes; /* SALES_CLOSE_MINUTES after the start */
};

struct showing rooms_showing_of(const struct showing_new *want, int64_t length_minutes);
void rooms_showing_apply(struct showing *showing, const struct showing_edit *edit);
bool rooms_showing_moves(const struct showing_edit *edit,
                         const struct showing *found); /* to another room */
bool rooms_showing_closes(const struct showing_edit *edit,
                          const struct showing *found); /* becomes inactive */
bool rooms_showing_takes_film(const struct showing_edit *edit,
                              const struct showing *found); /* another one */
bool rooms_showing_reopens(const struct showing_edit *edit,
                           const struct showing *found); /* becomes active again */
bool rooms_showing_is_over(const struct showing *showing, instant now);

/* Start and end as instants, from show_time and length_minutes, in the house's zone. */
void rooms_showing_place(struct showing *showing);
/* The time of the end of sales when nobody set one. */
void rooms_showing_settle(struct showing *showing, const struct house_rules *rules);

/* A stretch of time without its two ends. */
struct span {
    instant from, until;
};
/* Another showing of the same room must not run in any part of it: the showing's own time and the
 * cleaning on both sides. */
struct span rooms_showing_keeps(const struct showing *showing, const struct house_rules *rules);
/* Does a showing that lasts from start to end reach into it? */
bool rooms_span_touched(struct span span, instant start, instant end);

/* INVALID validation_failed when nobody could ever buy: sales would close before they open. Of a
 * settled showing. */
const fault *rooms_showing_check_sales(arena *a, const struct showing *showing) MUST_CHECK;

/* An instant with Z or an offset, or wall clock without a zone; false also for a time that daylight
 * saving skips. */
bool rooms_moment_read(str text, instant *out) MUST_CHECK;

/* INVALID validation_failed: a time that daylight saving skips, or what is no time at all. */
const fault *rooms_show_time_check(arena *a, wall show_time) MUST_CHECK;
const fault *rooms_sales_moment_read(arena *a, const char *name, str text,
                                     instant *out) MUST_CHECK; /* none of no text */

/* --- questions --- */

struct paging {
    int64_t limit, offset;
};
extern const struct shape rooms_paging_shape;     /* 1000, at most PAGE_LIMIT_MAX */
extern const struct shape rooms_paging_all_shape; /* all unless asked for fewer */

#define LIMIT_NONE INT32_MAX

struct closing_query {
    bool refund;
};
extern const struct shape rooms_closing_query_shape;

enum showing_order {
    ORDER_BY_TIME,        /* show_time, id */
    ORDER_SELLABLE_FIRST, /* not yet over by show_time, id; then the past ones, latest first */
};

/* Which showings; a client's query string and a store's question at once. */
struct showing_filter {
    ids ids;         /* none: any */
    str movie_id;    /* no text or empty: any */
    int64_t room_id; /* 0: any */
    str date_text, from_text, to_text;
    wall from, until; /* from <= show_time < until, of those texts, by the check; none: open */
    bool active, not_over;
    enum showing_order order;
    int64_t limit, offset;
};
extern const struct shape rooms_program_query_shape;  /* GET /api/schedules */
extern const struct shape rooms_showings_query_shape; /* GET /internal/showings */

#endif
