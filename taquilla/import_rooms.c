/* import_rooms.c - rows as rooms with their seats, or as one seat each. */
#include <string.h>

#include "taquilla/import_kinds.h"

#define CAPACITY_MAX 10000
#define PER_ROW_USUAL 10
#define TEXT_BYTES_MAX 500
#define SEATS_MAX 10000

enum { NAME, CAPACITY, SCREEN, ROWS, PER_ROW, SEATS, SEAT_ROW, SEAT_NUMBER, SEAT_TYPE, AVAILABLE, ACCESSIBLE, HOUSE, ACTIVE };

static const struct import_field fields[] = {
    [NAME] = { "name", "name room roomname sala hall auditorium nombre" },
    [CAPACITY] = { "capacity", "capacity capacidad aforo" },
    [SCREEN] = { "screen_type", "screentype screen format pantalla formato" },
    [ROWS] = { "rows", "rows rowcount filas" },
    [PER_ROW] = { "seats_per_row", "seatsperrow perrow asientosporfila butacasporfila" },
    [SEATS] = { "seats", "seats asientos butacas" },
    [SEAT_ROW] = { "row_number", "rownumber row rowname rowlabel fila" },
    [SEAT_NUMBER] = { "seat_number", "seatnumber seat number asiento butaca" },
    [SEAT_TYPE] = { "seat_type", "seattype category type tipo" },
    [AVAILABLE] = { "is_available", "isavailable available disponible" },
    [ACCESSIBLE] = { "accessible", "accessible wheelchair accesible" },
    [HOUSE] = { "house", "house houseseat reservada" },
    [ACTIVE] = { "is_active", "isactive active" },
};

enum { MENDED_SCREEN, MENDED_SEAT_TYPE, MENDED_PER_ROW, MENDED_NAME };

struct room {
    struct buf order;
    struct import_row *out;
    str assumed[2];
    size_t assumed_count;
    const char *refused;
};

static void mend(struct room *r, unsigned what, const char *assumed)
{
    r->out->repaired |= 1U << what;
    if (assumed)
        r->assumed[r->assumed_count++] = str_of(assumed);
}

/* --- seats --- */

/* Any kind of seat that we do not tell apart is a regular one. */
static void seat_type_write(struct room *r, const struct value *v)
{
    static const char *const known[] = { "regular", "premium", "vip" };
    str text = value_text(v);
    if (!value_given(v))
        return;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (str_equal_nocase(text, str_of(known[i]))) {
            member_text(&r->order, "seat_type", str_of(known[i]));
            return;
        }
    mend(r, MENDED_SEAT_TYPE, NULL);
}

static void flag_write(struct room *r, const char *name, const struct value *v)
{
    bool flag;
    if (value_flag(v, &flag))
        member_flag(&r->order, name, flag);
    else if (value_given(v))
        r->refused = "a yes or no that is neither";
}

/* The members of a seat by the fields above. */
static void seat_write(arena *a, struct room *r, const struct value of[IMPORT_FIELDS_MAX])
{
    bool was_number;
    int64_t number;
    str row = value_text_or_number(a, &of[SEAT_ROW], &was_number);
    if (!row.at || row.len > TEXT_BYTES_MAX)
        r->refused = "a seat without a row";
    else if (!value_integer(&of[SEAT_NUMBER], &number))
        r->refused = "a seat without a number";
    if (r->refused)
        return;
    buf_char(&r->order, '{');
    member_text(&r->order, "row_number", row);
    member_int(&r->order, "seat_number", number);
    seat_type_write(r, &of[SEAT_TYPE]);
    flag_write(r, "is_available", &of[AVAILABLE]);
    flag_write(r, "accessible", &of[ACCESSIBLE]);
    flag_write(r, "house", &of[HOUSE]);
    buf_char(&r->order, '}');
}

static void seat_of_json(arena *a, struct room *r, const json_t *seat)
{
    struct columns names = { .fields = fields, .field_count = COUNT_OF(fields) };
    struct value of[IMPORT_FIELDS_MAX] = { 0 };
    const char *key;
    json_t *member;
    void *iter = json_object_iter((json_t *)(uintptr_t)seat);
    for (; iter; iter = json_object_iter_next((json_t *)(uintptr_t)seat, iter)) {
        key = json_object_iter_key(iter);
        member = json_object_iter_value(iter);
        const struct column *column = columns_find(&names, a, str_of(key));
        if (column->field >= 0)
            of[column->field] = value_of_json(member);
    }
    seat_write(a, r, of);
}

static void seats_of_json(arena *a, struct room *r, const json_t *seats)
{
    size_t count = json_array_size(seats);
    if (count > SEATS_MAX)
        r->refused = "more than 10,000 seats";
    member_name(&r->order, "seats");
    buf_char(&r->order, '[');
    for (size_t i = 0; i < count && !r->refused; i++) {
        if (i)
            buf_char(&r->order, ',');
        if (json_is_object(json_array_get(seats, i)))
            seat_of_json(a, r, json_array_get(seats, i));
        else
            r->refused = "seats that are not objects";
    }
    buf_char(&r->order, ']');
}

/* --- the room --- */

static void screen_write(struct room *r, const struct value *v)
{
    static const char *const known[] = { "IMAX", "3D", "2D" };
    str text = value_text(v);
    if (!value_given(v))
        return;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (text.at && str_equal_nocase(text, str_of(known[i]))) {
            member_text(&r->order, "screen_type", str_of(known[i]));
            return;
        }
    member_text(&r->order, "screen_type", STR("2D"));
    mend(r, MENDED_SCREEN, "screen_type");
}

/* True when there is one that can be; 0: not given. */
static bool count_read(const struct value *v, int64_t *out)
{
    *out = 0;
    return !value_given(v) || (value_integer(v, out) && *out >= 1 && *out <= CAPACITY_MAX);
}

/* Rows of as many seats each, until so many. A room that has seats already keeps them as they are. */
static void furniture_write(struct room *r, const struct row *row)
{
    int64_t capacity, rows, per_row, seats = 0;
    bool good = count_read(&row->of[CAPACITY], &capacity) && count_read(&row->of[ROWS], &rows) &&
                count_read(&row->of[PER_ROW], &per_row);
    bool listed = json_is_array(row->of[SEATS].json);
    if (good && !listed && !capacity)
        good = count_read(&row->of[SEATS], &capacity);
    if (!good || rows * per_row > CAPACITY_MAX) {
        r->refused = "a capacity, rows or seats per row that are not from 1 to 10,000";
        return;
    }
    if (!per_row && rows && capacity)
        per_row = (capacity + rows - 1) / rows;
    if (!per_row && !listed) {
        per_row = PER_ROW_USUAL;
        mend(r, MENDED_PER_ROW, NULL);
    }
    seats = rows && rows * per_row <= CAPACITY_MAX ? rows * per_row : capacity;
    if (capacity && seats > capacity && !value_given(&row->of[PER_ROW]))
        seats = capacity; /* the last row is short */
    if (capacity || (seats && !listed))
        member_int(&r->order, "capacity", capacity ? capacity : seats);
    if (!listed && seats) {
        member_int(&r->order, "furnish", seats);
        member_int(&r->order, "seats_per_row", per_row);
    }
    if (!listed && !seats)
        r->refused = "neither seats nor a capacity";
}

static void capacity_write(struct room *r, const struct row *row)
{
    int64_t capacity;
    if (!count_read(&row->of[CAPACITY], &capacity))
        r->refused = "a capacity that is not from 1 to 10,000";
    else if (capacity)
        member_int(&r->order, "capacity", capacity);
}

static void seat_line_write(arena *a, struct room *r, const struct row *row, str name)
{
    bool was_number;
    str seat_row = value_text_or_number(a, &row->of[SEAT_ROW], &was_number);
    str number = value_text_or_number(a, &row->of[SEAT_NUMBER], &was_number);
    capacity_write(r, row);
    r->out->room_key = name;
    r->out->room_facts = arena_copy(a, buf_str(&r->order)); /* what this line says of the room */
    member_flag(&r->order, "is_seat", true);
    member_name(&r->order, "seats");
    buf_char(&r->order, '[');
    seat_write(a, r, row->of);
    buf_char(&r->order, ']');
    r->out->name = arena_printf(a, "%.*s %.*s%.*s", STR_ARG(name), STR_ARG(seat_row), STR_ARG(number));
    r->out->key = arena_printf(a, "%.*s\n%.*s\n%.*s", STR_ARG(name), STR_ARG(seat_row), STR_ARG(number));
}

static void room_read(arena *a, const struct lore *lore, const struct row *row, struct import_row *out)
{
    (void)lore;
    struct room r = { .order = { .in = a }, .out = out };
    bool active, was_number;
    str name = value_text_or_number(a, &row->of[NAME], &was_number);
    if (!name.at || name.len > TEXT_BYTES_MAX) {
        out->refused = "no name of a room";
        return;
    }
    if (was_number)
        mend(&r, MENDED_NAME, NULL);
    out->name = out->key = name;
    buf_char(&r.order, '{');
    member_text(&r.order, "name", name);
    screen_write(&r, &row->of[SCREEN]);
    if (value_given(&row->of[SEAT_ROW]) || value_given(&row->of[SEAT_NUMBER])) {
        seat_line_write(a, &r, row, name);
    } else {
        furniture_write(&r, row);
        if (json_is_array(row->of[SEATS].json) && !r.refused)
            seats_of_json(a, &r, row->of[SEATS].json);
    }
    if (value_flag(&row->of[ACTIVE], &active) && !active)
        r.refused = "a room that is not in use";
    out->refused = r.refused;
    if (out->refused)
        return;
    if (r.assumed_count)
        member_texts(&r.order, "assumed", &(strs){ r.assumed, r.assumed_count });
    buf_char(&r.order, '}');
    out->order = buf_str(&r.order);
}

const struct import_kind import_rooms = {
    .name = "rooms",
    .one = "room or seat",
    .owner = OWNER_ROOMS,
    .target = "/internal/rooms/import",
    .fields = fields,
    .field_count = COUNT_OF(fields),
    .repairs = {
        [MENDED_SCREEN] = { "screen_type", "none of 2D, 3D and IMAX, taken as 2D" },
        [MENDED_SEAT_TYPE] = { "seat_type", "none of regular, premium and vip, taken as regular" },
        [MENDED_PER_ROW] = { "seats_per_row", "not given, taken as 10" },
        [MENDED_NAME] = { "name", "a number, written as text" },
    },
    .read = room_read,
};
