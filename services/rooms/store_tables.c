/* store_tables.c - a row of each table of rooms, as a line of an export. */
#include "services/rooms/store_tables.h"

#define STAMP .form = TIME_Z_MS

static const struct field room_fields[] = {
    FIELD(struct room_row, id, "id", .min = 1),
    FIELD(struct room_row, name, "name"),
    FIELD(struct room_row, capacity, "capacity", .min = 1, .max = CAPACITY_MAX),
    FIELD(struct room_row, screen_type, "screen_type", .choices = rooms_screen_types),
    FIELD(struct room_row, is_active, "is_active"),
    FIELD(struct room_row, created_at, "created_at", STAMP),
    FIELD(struct room_row, updated_at, "updated_at", STAMP),
};
static const struct shape room_shape = SHAPE(room_row, room_fields, .strict = true);

static const struct field seat_fields[] = {
    FIELD(struct seat_row, id, "id", .min = 1),
    FIELD(struct seat_row, room_id, "room_id", .min = 1),
    FIELD(struct seat_row, row_number, "row_number"),
    FIELD(struct seat_row, seat_number, "seat_number"),
    FIELD(struct seat_row, seat_type, "seat_type", .choices = rooms_seat_types),
    FIELD(struct seat_row, is_available, "is_available"),
    FIELD(struct seat_row, accessible, "accessible"),
    FIELD(struct seat_row, house, "house"),
    FIELD(struct seat_row, created_at, "created_at", STAMP),
};
static const struct shape seat_shape = SHAPE(seat_row, seat_fields, .strict = true);

static const struct field schedule_fields[] = {
    FIELD(struct schedule_row, id, "id", .min = 1),
    FIELD(struct schedule_row, movie_id, "movie_id"),
    FIELD(struct schedule_row, room_id, "room_id", .min = 1),
    FIELD(struct schedule_row, show_time, "show_time", .doc = "wall clock of the house"),
    FIELD(struct schedule_row, price, "price"),
    FIELD(struct schedule_row, is_active, "is_active"),
    FIELD(struct schedule_row, sales_open_at, "sales_open_at", STAMP, .nullable = true),
    FIELD(struct schedule_row, sales_close_at, "sales_close_at", STAMP, .nullable = true),
    FIELD(struct schedule_row, length_minutes, "length_minutes", .min = 1),
    FIELD(struct schedule_row, created_at, "created_at", STAMP),
    FIELD(struct schedule_row, updated_at, "updated_at", STAMP),
};
static const struct shape schedule_shape = SHAPE(schedule_row, schedule_fields, .strict = true);

static const struct field sales_stop_fields[] = {
    FIELD(struct sales_stop_row, schedule_id, "schedule_id", .min = 1),
};
static const struct shape sales_stop_shape = SHAPE(sales_stop_row, sales_stop_fields, .strict = true);

static const struct field waiting_room_fields[] = {
    FIELD(struct waiting_room_row, schedule_id, "schedule_id", .min = 1),
};
static const struct shape waiting_room_shape = SHAPE(waiting_room_row, waiting_room_fields, .strict = true);

const struct export_table rooms_tables[] = {
    { "rooms", &room_shape },
    { "seats", &seat_shape },
    { "schedules", &schedule_shape },
    { "sales_stops", &sales_stop_shape },
    { "waiting_rooms", &waiting_room_shape },
    { "log", &export_log_shape },
    { NULL, NULL },
};
