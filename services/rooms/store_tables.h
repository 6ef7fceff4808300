/* store_tables.h - the tables of rooms as exports and restores see them, whatever database keeps them. */
#ifndef TAQUILLA_ROOMS_STORE_TABLES_H
#define TAQUILLA_ROOMS_STORE_TABLES_H

#include "lib/feed/export.h"
#include "services/rooms/model.h"

/* rooms, seats, schedules, sales_stops, waiting_rooms, log: members are named as the columns. */
extern const struct export_table rooms_tables[];

struct room_row {
    int64_t id;
    str name;
    int64_t capacity;
    unsigned screen_type;
    bool is_active;
    instant created_at, updated_at;
};

struct seat_row {
    int64_t id, room_id;
    str row_number;
    int64_t seat_number;
    unsigned seat_type;
    bool is_available, accessible, house;
    instant created_at;
};

/* When it starts and ends as an instant follows from show_time, length and the house's zone. */
struct schedule_row {
    int64_t id;
    str movie_id;
    int64_t room_id;
    wall show_time;
    money price;
    bool is_active;
    instant sales_open_at, sales_close_at;
    int64_t length_minutes;
    instant created_at, updated_at;
};

struct sales_stop_row {
    int64_t schedule_id;
};

struct waiting_room_row {
    int64_t schedule_id;
};

#endif
