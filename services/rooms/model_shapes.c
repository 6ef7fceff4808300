/* model_shapes.c - how rooms, seats, showings and the bodies that change them look on the wire and
 * in a row. */
#include "services/rooms/model.h"

#include "lib/base/calendar.h"

/* A shape whose name differs from its struct: several shapes show the same struct. */
#define NAMED_SHAPE(label, type, table)                                                            \
    {                                                                                              \
        .name = label, .size = sizeof(struct type), .fields = table, .count = COUNT_OF(table)      \
    }

/* --- rooms --- */

const char *const rooms_screen_types[] = { "2D", "3D", "IMAX", NULL };

str rooms_screen_type_name(unsigned screen_type)
{
    return str_of(rooms_screen_types[screen_type]);
}

static const struct field room_fields[] = {
    FIELD(struct room, id, "id"),
    FIELD(struct room, name, "name"),
    FIELD(struct room, capacity, "capacity"),
    FIELD(struct room, screen_type, "screen_type", .choices = rooms_screen_types),
    FIELD(struct room, is_active, "is_active"),
    FIELD(struct room, created_at, "created_at", .form = TIME_PLAIN, .doc = "UTC"),
};
const struct shape rooms_room_shape = SHAPE(room, room_fields);

#define ROOM_NAME .min = 1, .max = 100, .trim = true, .blank_refused = true
#define ROOM_CAPACITY .min = 1, .max = CAPACITY_MAX, .doc = "the most seats that the room may have"

static const struct field room_new_fields[] = {
    FIELD(struct room_new, name, "name", ROOM_NAME),
    FIELD(struct room_new, capacity, "capacity", ROOM_CAPACITY),
    FIELD(struct room_new, screen_type, "screen_type", .choices = rooms_screen_types, .fallback = "2D"),
};
const struct shape rooms_room_new_shape = SHAPE(room_new, room_new_fields, .strict = true);

static const struct field room_edit_fields[] = {
    FIELD(struct room_edit, name, "name", ROOM_NAME),
    FIELD(struct room_edit, capacity, "capacity", ROOM_CAPACITY),
    FIELD(struct room_edit, screen_type, "screen_type", .choices = rooms_screen_types),
    FIELD(struct room_edit, is_active, "is_active",
          .doc = "false: as DELETE; true: the room is used again"),
};
const struct shape rooms_room_edit_shape =
    SHAPE(room_edit, room_edit_fields, .strict = true, .partial = true,
          .given = offsetof(struct room_edit, given));

/* --- seats --- */

const char *const rooms_seat_types[] = { "regular", "premium", "vip", NULL };

str rooms_seat_type_name(unsigned seat_type)
{
    return str_of(rooms_seat_types[seat_type]);
}

#define SEAT_FIELDS                                                                                \
    FIELD(struct seat, row_number, "row_number"), FIELD(struct seat, seat_number, "seat_number"),  \
        FIELD(struct seat, seat_type, "seat_type", .choices = rooms_seat_types),                         \
        FIELD(struct seat, is_available, "is_available",                                           \
              .doc = "false: out of service for every showing"),                                   \
        FIELD(struct seat, accessible, "accessible"),                                              \
        FIELD(struct seat, house, "house", .doc = "refused to the public")

static const struct field seat_fields[] = {
    FIELD(struct seat, id, "id"),
    FIELD(struct seat, room_id, "room_id"),
    SEAT_FIELDS,
};
const struct shape rooms_seat_shape = SHAPE(seat, seat_fields);

static const struct field seats_made_fields[] = {
    FIELD(struct seats_made, room_id, "room_id"),
    FIELD(struct seats_made, seats, "seats", .shape = &rooms_seat_shape),
};
const struct shape rooms_seats_made_shape = SHAPE(seats_made, seats_made_fields);

#define SEAT_ROW                                                                                   \
    .min = 1, .max = 10, .trim = true, .blank_refused = true, .doc = "as A, B ... Z, AA"
#define SEAT_NUMBER .min = 1, .max = CAPACITY_MAX

static const struct field seat_new_fields[] = {
    FIELD(struct seat, row_number, "row_number", SEAT_ROW),
    FIELD(struct seat, seat_number, "seat_number", SEAT_NUMBER),
    FIELD(struct seat, seat_type, "seat_type", .choices = rooms_seat_types, .fallback = "regular"),
    FIELD(struct seat, is_available, "is_available", .fallback = "true"),
    FIELD(struct seat, accessible, "accessible", .fallback = "false"),
    FIELD(struct seat, house, "house", .fallback = "false"),
};
static const struct shape seat_new_shape = {
    .name = "seat_new",
    .size = sizeof(struct seat),
    .fields = seat_new_fields,
    .count = COUNT_OF(seat_new_fields),
    .strict = true,
};

static const fault *seats_new_check(arena *a, void *body)
{
    const struct seats_new *want = body;
    if (want->auto_generate && want->seats.count > 0)
        return rooms_field_fault(a, "seats", "cannot be listed together with auto_generate");
    if (!want->auto_generate && !shape_given(&rooms_seats_new_shape, want, "seats"))
        return rooms_field_fault(a, "seats", "must be listed, or auto_generate be true");
    return NULL;
}

static const struct field seats_new_fields[] = {
    FIELD(struct seats_new, auto_generate, "auto_generate", .fallback = "false",
          .doc = "rows A ... Z, AA ... of regular seats, until the room's capacity is reached"),
    FIELD(struct seats_new, seats_per_row, "seats_per_row", .fallback = "10", .min = 1,
          .max = CAPACITY_MAX),
    FIELD(struct seats_new, seats, "seats", .optional = true, .max = CAPACITY_MAX,
          .shape = &seat_new_shape),
};
const struct shape rooms_seats_new_shape =
    SHAPE(seats_new, seats_new_fields, .strict = true, .given = offsetof(struct seats_new, given),
          .check = seats_new_check);

static const struct field seat_edit_fields[] = {
    FIELD(struct seat_edit, row_number, "row_number", SEAT_ROW),
    FIELD(struct seat_edit, seat_number, "seat_number", SEAT_NUMBER),
    FIELD(struct seat_edit, seat_type, "seat_type", .choices = rooms_seat_types),
    FIELD(struct seat_edit, is_available, "is_available", .doc = "false: as DELETE"),
    FIELD(struct seat_edit, accessible, "accessible"),
    FIELD(struct seat_edit, house, "house"),
};
const struct shape rooms_seat_edit_shape =
    SHAPE(seat_edit, seat_edit_fields, .strict = true, .partial = true,
          .given = offsetof(struct seat_edit, given));

/* --- showings --- */

/* showtime says show_time again: an old page reads it. What was written before there were waiting rooms has none. */
#define SCHEDULE_FIELDS                                                                            \
    FIELD(struct showing, id, "id"), FIELD(struct showing, movie_id, "movie_id"),                  \
        FIELD(struct showing, room_id, "room_id"),                                                 \
        FIELD(struct showing, show_time, "show_time", .doc = "wall clock of the house"),           \
        FIELD(struct showing, show_time, "showtime", .doc = "the same as show_time"),              \
        FIELD(struct showing, starts_at, "startsAt", .form = TIME_OFFSET),                         \
        FIELD(struct showing, price, "price"), FIELD(struct showing, is_active, "is_active"),      \
        FIELD(struct showing, room_name, "room_name"),                                             \
        FIELD(struct showing, sales_open_at, "sales_open_at", .form = TIME_OFFSET,                 \
              .nullable = true, .doc = "null: on sale from the beginning"),                        \
        FIELD(struct showing, sales_close_at, "sales_close_at", .form = TIME_OFFSET),             \
        FIELD(struct showing, waiting_room, "waiting_room", .fallback = "false",                  \
              .doc = "true: the gateway admits its buyers one after another")

static const struct field showing_row_fields[] = {
    FIELD(struct showing, id, "id"),
    FIELD(struct showing, movie_id, "movie_id"),
    FIELD(struct showing, room_id, "room_id"),
    FIELD(struct showing, show_time, "show_time"),
    FIELD(struct showing, price, "price"),
    FIELD(struct showing, is_active, "is_active"),
    FIELD(struct showing, sales_open_at, "sales_open_at", .nullable = true),
    FIELD(struct showing, sales_close_at, "sales_close_at", .nullable = true),
    FIELD(struct showing, waiting_room, "waiting_room"),
    FIELD(struct showing, length_minutes, "length_minutes"),
    FIELD(struct showing, starts_at, "starts_at"),
    FIELD(struct showing, ends_at, "ends_at"),
    FIELD(struct showing, room_name, "room_name"),
    FIELD(struct showing, room_capacity, "room_capacity"),
};
const struct shape rooms_showing_row_shape =
    NAMED_SHAPE("schedule_row", showing, showing_row_fields);

static const struct field showing_fields[] = { SCHEDULE_FIELDS };
const struct shape rooms_showing_shape = NAMED_SHAPE("schedule", showing, showing_fields);

static const struct field showing_of_film_fields[] = {
    SCHEDULE_FIELDS,
    FIELD(struct showing, room_capacity, "room_capacity"),
};
const struct shape rooms_showing_of_film_shape =
    NAMED_SHAPE("schedule_of_movie", showing, showing_of_film_fields);

static const struct field showing_closed_fields[] = {
    SCHEDULE_FIELDS,
    FIELD(struct showing, cancelled, "cancelled", .doc = "reservations cancelled and refunded"),
};
const struct shape rooms_showing_closed_shape =
    NAMED_SHAPE("schedule_closed", showing, showing_closed_fields);

static const struct field showing_listed_fields[] = {
    SCHEDULE_FIELDS,
    FIELD(struct showing, ends_at, "endsAt", .form = TIME_OFFSET),
    FIELD(struct showing, room, "room", .shape = &rooms_room_shape),
};
const struct shape rooms_showing_listed_shape =
    NAMED_SHAPE("schedule_listed", showing, showing_listed_fields);

static const struct field showing_event_fields[] = {
    SCHEDULE_FIELDS,
    FIELD(struct showing, ends_at, "endsAt", .form = TIME_OFFSET),
    FIELD(struct showing, length_minutes, "length_minutes"),
};
const struct shape rooms_showing_event_shape =
    NAMED_SHAPE("schedule_event", showing, showing_event_fields);

static const struct field film_length_fields[] = {
    FIELD(struct film_length, movie_id, "movie_id"),
    FIELD(struct film_length, minutes, "minutes"),
};
const struct shape rooms_film_length_shape = SHAPE(film_length, film_length_fields);

/* --- bodies of showings --- */

#define MOVIE_ID .min = 1, .max = 100, .trim = true, .blank_refused = true
#define SHOW_TIME .doc = "wall clock of the house, without a zone"
#define PRICE .min = 1, .doc = "rounded half up to cents"
#define SALES_MOMENT(text)                                                                         \
    .optional = true, .nullable = true, .trim = true, .max = 40,                                   \
    .doc = text ": an instant with Z or an offset, or wall clock without a zone"
#define SALES_OPEN SALES_MOMENT("null: from the beginning")
#define SALES_CLOSE SALES_MOMENT("null: some minutes after the start")
#define WAITING_ROOM .doc = "true: who buys at the gateway waits for his turn"

const fault *rooms_show_time_check(arena *a, wall show_time)
{
    instant start;
    if (wall_to_instant(show_time, &start) == WALL_SKIPPED)
        return rooms_field_fault(a, "show_time",
                                 "does not exist: the clock jumps over it that day");
    return NULL;
}

const fault *rooms_sales_moment_read(arena *a, const char *name, str text, instant *out)
{
    *out = INSTANT_NONE;
    if (!text.at || rooms_moment_read(text, out))
        return NULL;
    return rooms_field_fault(
        a, name, "must be a time such as 2026-11-25T10:00:00-05:00, or wall clock without a zone");
}

static const fault *showing_new_check(arena *a, void *body)
{
    struct showing_new *want = body;
    TRY(rooms_show_time_check(a, want->show_time));
    TRY(rooms_sales_moment_read(a, "sales_open_at", want->sales_open_text, &want->sales_open_at));
    return rooms_sales_moment_read(a, "sales_close_at", want->sales_close_text, &want->sales_close_at);
}

static const struct field showing_new_fields[] = {
    FIELD(struct showing_new, movie_id, "movie_id", MOVIE_ID),
    FIELD(struct showing_new, room_id, "room_id", .min = 1),
    FIELD(struct showing_new, show_time, "show_time", SHOW_TIME),
    FIELD(struct showing_new, price, "price", PRICE),
    FIELD(struct showing_new, sales_open_text, "sales_open_at", SALES_OPEN),
    FIELD(struct showing_new, sales_close_text, "sales_close_at", SALES_CLOSE),
    FIELD(struct showing_new, waiting_room, "waiting_room", .fallback = "false", WAITING_ROOM),
};
const struct shape rooms_showing_new_shape =
    SHAPE(showing_new, showing_new_fields, .strict = true, .check = showing_new_check);

static const fault *showing_edit_check(arena *a, void *body)
{
    struct showing_edit *want = body;
    if (shape_given(&rooms_showing_edit_shape, want, "show_time"))
        TRY(rooms_show_time_check(a, want->show_time));
    TRY(rooms_sales_moment_read(a, "sales_open_at", want->sales_open_text, &want->sales_open_at));
    return rooms_sales_moment_read(a, "sales_close_at", want->sales_close_text, &want->sales_close_at);
}

static const struct field showing_edit_fields[] = {
    FIELD(struct showing_edit, movie_id, "movie_id", MOVIE_ID),
    FIELD(struct showing_edit, room_id, "room_id", .min = 1),
    FIELD(struct showing_edit, show_time, "show_time", SHOW_TIME),
    FIELD(struct showing_edit, price, "price", PRICE),
    FIELD(struct showing_edit, is_active, "is_active",
          .doc = "false: as DELETE; true: on sale again"),
    FIELD(struct showing_edit, sales_open_text, "sales_open_at", SALES_OPEN),
    FIELD(struct showing_edit, sales_close_text, "sales_close_at", SALES_CLOSE),
    FIELD(struct showing_edit, waiting_room, "waiting_room", WAITING_ROOM),
};
const struct shape rooms_showing_edit_shape =
    SHAPE(showing_edit, showing_edit_fields, .strict = true, .partial = true,
          .check = showing_edit_check, .given = offsetof(struct showing_edit, given));

/* --- questions --- */

#define LIMIT .min = 0, .max = PAGE_LIMIT_MAX, .fallback = "1000"
#define OFFSET .min = 0, .fallback = "0"

static const struct field paging_fields[] = {
    FIELD(struct paging, limit, "limit", LIMIT),
    FIELD(struct paging, offset, "offset", OFFSET),
};
const struct shape rooms_paging_shape = SHAPE(paging, paging_fields);

static const struct field paging_all_fields[] = {
    FIELD(struct paging, limit, "limit", .min = 0, .max = LIMIT_NONE, .fallback = "2147483647",
          .doc = "all unless said"),
    FIELD(struct paging, offset, "offset", OFFSET),
};
const struct shape rooms_paging_all_shape = NAMED_SHAPE("paging_all", paging, paging_all_fields);

static const struct field closing_query_fields[] = {
    FIELD(struct closing_query, refund, "refund", .fallback = "false",
          .doc = "cancels and refunds every reservation"),
};
const struct shape rooms_closing_query_shape = SHAPE(closing_query, closing_query_fields);

/* A day is the whole of it, at either end; a time is that moment, itself included. */
static const fault *wall_bounds_read(arena *a, const char *name, str text, wall *first, wall *after)
{
    bool zoned = false;
    day date;
    if (day_read(text, &date)) {
        first->s = date.days * DAY_S;
        after->s = first->s + DAY_S;
        return NULL;
    }
    if (wall_read(text, first, &zoned)) {
        after->s = first->s + 1;
        return NULL;
    }
    return rooms_field_fault(
        a, name,
        zoned ? "is wall clock of the house: leave the zone out"
              : "must be a day such as 2026-11-25 or a time such as 2026-11-25T10:00");
}

static const fault *showing_filter_check(arena *a, void *query)
{
    struct showing_filter *want = query;
    wall first = WALL_NONE, after = WALL_NONE;
    want->from = want->until = WALL_NONE;
    if (want->from_text.len > 0) {
        TRY(wall_bounds_read(a, "from", want->from_text, &first, &after));
        want->from = first;
    }
    if (want->to_text.len > 0) {
        TRY(wall_bounds_read(a, "to", want->to_text, &first, &after));
        want->until = after;
    }
    if (want->date_text.len == 0)
        return NULL;
    day date;
    if (!day_read(want->date_text, &date))
        return rooms_field_fault(a, "date", "must be a day such as 2026-11-25");
    wall morning = { date.days * DAY_S };
    if (want->from.s == TIME_NONE || want->from.s < morning.s)
        want->from = morning;
    if (want->until.s == TIME_NONE || want->until.s > morning.s + DAY_S)
        want->until.s = morning.s + DAY_S;
    return NULL;
}

#define FROM_TO                                                                                    \
    FIELD(struct showing_filter, from_text, "from", .optional = true, .max = 40,                              \
          .doc = "first day or time of the house's clock"),                                        \
        FIELD(struct showing_filter, to_text, "to", .optional = true, .max = 40,                              \
              .doc = "last day or time, included"),                                                \
        FIELD(struct showing_filter, limit, "limit", LIMIT),                                       \
        FIELD(struct showing_filter, offset, "offset", OFFSET)

static const struct field program_query_fields[] = {
    FIELD(struct showing_filter, movie_id, "movie_id", .optional = true, .max = 100),
    FIELD(struct showing_filter, room_id, "room_id", .fallback = "0", .min = 0),
    FROM_TO,
};
const struct shape rooms_program_query_shape = {
    .name = "program_query",
    .size = sizeof(struct showing_filter),
    .fields = program_query_fields,
    .count = COUNT_OF(program_query_fields),
    .check = showing_filter_check,
};

static const struct field showings_query_fields[] = {
    FIELD(struct showing_filter, ids, "ids", .optional = true, .max = 2000),
    FIELD(struct showing_filter, movie_id, "movieId", .optional = true, .max = 100),
    FIELD(struct showing_filter, room_id, "roomId", .fallback = "0", .min = 0),
    FIELD(struct showing_filter, date_text, "date", .optional = true, .max = 40),
    FROM_TO,
    FIELD(struct showing_filter, active, "active", .fallback = "false"),
    FIELD(struct showing_filter, not_over, "notOver", .fallback = "false"),
};
const struct shape rooms_showings_query_shape = {
    .name = "showings_query",
    .size = sizeof(struct showing_filter),
    .fields = showings_query_fields,
    .count = COUNT_OF(showings_query_fields),
    .check = showing_filter_check,
};
