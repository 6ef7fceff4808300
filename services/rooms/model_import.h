/* model_import.h - rows of a file as rooms with their seats, and as showings. Pure: no I/O. */
#ifndef TAQUILLA_ROOMS_MODEL_IMPORT_H
#define TAQUILLA_ROOMS_MODEL_IMPORT_H

#include "services/rooms/model.h"

/* A room by its name, or one seat of it. A capacity that is not given follows the seats. */
struct room_import {
    str name;
    int64_t capacity;
    unsigned screen_type;
    int64_t furnish, seats_per_row; /* so many seats, in such rows, for a room that has none */
    list seats;                     /* of struct seat_edit */
    bool is_seat;                   /* it is the seat that is made or changed */
    uint64_t given;
};
extern const struct shape rooms_room_import_shape;
#define FURNISH_PER_ROW 10

/* What of the room itself the row gives, as an edit. */
struct room_edit rooms_room_import_edit(const struct room_import *row);
/* A seat that is not there yet, as the row gives it. */
struct seat rooms_seat_of(const struct seat_edit *row, int64_t room_id);

/* A showing by its room and time; room and film by id or by name. */
struct showing_import {
    int64_t room_id;
    str room; /* a name; when no room is called so, an id */
    str movie_id, movie;
    int64_t movie_year;
    wall show_time;
    money price;
    str sales_open_text, sales_close_text;
    instant sales_open_at, sales_close_at; /* of those texts, by the check */
    uint64_t given;
    int64_t length_minutes;                /* of its film: filled in before the store sees it */
};
extern const struct shape rooms_showing_import_shape;

/* Takes over what the row gives. */
void rooms_showing_take(struct showing *showing, const struct showing_import *row);

#endif
