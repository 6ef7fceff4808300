/* model_import.c - how rows of a file look, and what they say of what is there already. */
#include "services/rooms/model_import.h"

/* --- rooms and seats --- */

static const struct field seat_fields[] = {
    FIELD(struct seat_edit, row_number, "row_number", .min = 1, .max = 10, .trim = true, .blank_refused = true),
    FIELD(struct seat_edit, seat_number, "seat_number", .min = 1, .max = CAPACITY_MAX),
    FIELD(struct seat_edit, seat_type, "seat_type", .choices = rooms_seat_types, .fallback = "regular"),
    FIELD(struct seat_edit, is_available, "is_available", .fallback = "true"),
    FIELD(struct seat_edit, accessible, "accessible", .fallback = "false"),
    FIELD(struct seat_edit, house, "house", .fallback = "false"),
};
static const struct shape seat_shape = {
    .name = "seat_row",
    .size = sizeof(struct seat_edit),
    .fields = seat_fields,
    .count = COUNT_OF(seat_fields),
    .given = offsetof(struct seat_edit, given),
    .strict = true,
};

static const fault *room_row_check(arena *a, void *body)
{
    const struct room_import *row = body;
    if (row->is_seat && row->seats.count != 1)
        return rooms_field_fault(a, "seats", "must have one entry");
    return NULL;
}

static const struct field room_row_fields[] = {
    FIELD(struct room_import, name, "name", .min = 1, .max = 100, .trim = true, .blank_refused = true),
    FIELD(struct room_import, capacity, "capacity", .optional = true, .min = 1, .max = CAPACITY_MAX),
    FIELD(struct room_import, screen_type, "screen_type", .choices = rooms_screen_types, .fallback = "2D"),
    FIELD(struct room_import, furnish, "furnish", .fallback = "0", .max = CAPACITY_MAX),
    FIELD(struct room_import, seats_per_row, "seats_per_row", .fallback = "10", .min = 1, .max = CAPACITY_MAX),
    FIELD(struct room_import, seats, "seats", .optional = true, .max = CAPACITY_MAX, .shape = &seat_shape),
    FIELD(struct room_import, is_seat, "is_seat", .fallback = "false"),
};
const struct shape rooms_room_import_shape = SHAPE(room_import, room_row_fields, .check = room_row_check,
                                                .given = offsetof(struct room_import, given));

static void pass_given(const struct room_import *row, struct room_edit *edit, const char *name)
{
    const struct shape *s = &rooms_room_edit_shape;
    if (shape_given(&rooms_room_import_shape, row, name))
        edit->given |= UINT64_C(1) << (size_t)(shape_field(s, str_of(name)) - s->fields);
}

struct room_edit rooms_room_import_edit(const struct room_import *row)
{
    struct room_edit edit = { .name = row->name, .capacity = row->capacity, .screen_type = row->screen_type };
    if (!row->is_seat) /* else two lines might spell it to and fro */
        pass_given(row, &edit, "name");
    pass_given(row, &edit, "capacity");
    pass_given(row, &edit, "screen_type");
    return edit;
}

struct seat rooms_seat_of(const struct seat_edit *row, int64_t room_id)
{
    return (struct seat){ .room_id = room_id,
                          .row_number = row->row_number,
                          .seat_number = row->seat_number,
                          .seat_type = row->seat_type,
                          .is_available = row->is_available,
                          .accessible = row->accessible,
                          .house = row->house };
}

/* --- showings --- */

static const fault *showing_row_check(arena *a, void *body)
{
    struct showing_import *row = body;
    if (!row->room_id && str_blank(row->room))
        return rooms_field_fault(a, "room", "must be given, by id or by name");
    if (str_blank(row->movie_id) && str_blank(row->movie))
        return rooms_field_fault(a, "movie", "must be given, by id or by title");
    TRY(rooms_show_time_check(a, row->show_time));
    TRY(rooms_sales_moment_read(a, "sales_open_at", row->sales_open_text, &row->sales_open_at));
    return rooms_sales_moment_read(a, "sales_close_at", row->sales_close_text, &row->sales_close_at);
}

#define SALES_MOMENT .optional = true, .nullable = true, .trim = true, .max = 40

static const struct field showing_row_fields[] = {
    FIELD(struct showing_import, room_id, "room_id", .fallback = "0", .min = 0),
    FIELD(struct showing_import, room, "room", .fallback = "", .trim = true, .max = 100),
    FIELD(struct showing_import, movie_id, "movie_id", .fallback = "", .trim = true, .max = 100),
    FIELD(struct showing_import, movie, "movie", .fallback = "", .trim = true, .max = 500),
    FIELD(struct showing_import, movie_year, "movie_year", .fallback = "0", .max = 9998),
    FIELD(struct showing_import, show_time, "show_time"),
    FIELD(struct showing_import, price, "price", .optional = true, .min = 1),
    FIELD(struct showing_import, sales_open_text, "sales_open_at", SALES_MOMENT),
    FIELD(struct showing_import, sales_close_text, "sales_close_at", SALES_MOMENT),
};
const struct shape rooms_showing_import_shape = SHAPE(showing_import, showing_row_fields, .check = showing_row_check,
                                                      .given = offsetof(struct showing_import, given));

void rooms_showing_take(struct showing *showing, const struct showing_import *row)
{
    const struct shape *s = &rooms_showing_import_shape;
    if (!str_equal(showing->movie_id, row->movie_id)) {
        showing->movie_id = row->movie_id;
        showing->length_minutes = row->length_minutes;
    }
    if (shape_given(s, row, "price"))
        showing->price = row->price;
    if (shape_given(s, row, "sales_open_at"))
        showing->sales_open_at = row->sales_open_at;
    if (shape_given(s, row, "sales_close_at"))
        showing->sales_close_at = row->sales_close_at;
}
