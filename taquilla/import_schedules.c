/* import_schedules.c - rows as showings. */
#include "taquilla/import_kinds.h"

#define TEXT_BYTES_MAX 2000

enum { MOVIE_ID, MOVIE, YEAR, ROOM_ID, ROOM, SHOW_TIME, DATE, TIME, PRICE, SALES_OPEN, SALES_CLOSE, ACTIVE };

static const struct import_field fields[] = {
    [MOVIE_ID] = { "movie_id", "movieid filmid" },
    [MOVIE] = { "movie", "movie movietitle film filmtitle title pelicula pel\xc3\xad" "cula titulo t\xc3\xadtulo" },
    [YEAR] = { "year", "year movieyear filmyear releaseyear a\xc3\xb1o" },
    [ROOM_ID] = { "room_id", "roomid" },
    [ROOM] = { "room", "room roomname screen auditorium hall sala" },
    [SHOW_TIME] = { "show_time", "showtime datetime startsat start starttime begins" },
    [DATE] = { "date", "date day fecha dia d\xc3\xad" "a" },
    [TIME] = { "time", "time hour hora" },
    [PRICE] = { "price", "price ticketprice precio" },
    [SALES_OPEN] = { "sales_open_at", "salesopenat salesopen" },
    [SALES_CLOSE] = { "sales_close_at", "salescloseat salesclose" },
    [ACTIVE] = { "is_active", "isactive active" },
};

/* One column, or day and hour in two. The wall clock of the house, which has no zone. */
static const char *show_time_read(arena *a, const struct row *row, str *out)
{
    str text = value_text(&row->of[SHOW_TIME]), date = value_text(&row->of[DATE]), hour = value_text(&row->of[TIME]);
    char room[TIME_TEXT_MAX];
    bool zoned = false;
    wall when;
    if (!text.at && date.at && hour.at)
        text = arena_printf(a, "%.*sT%s%.*s", STR_ARG(date), hour.len > 1 && hour.at[1] == ':' ? "0" : "", STR_ARG(hour));
    if (!text.at)
        return "no show time";
    if (!wall_read(text, &when, &zoned))
        return zoned ? "a show time with a zone: it is the wall clock of the house"
                     : "a show time that is not like 2026-11-25T10:00";
    *out = arena_copy(a, wall_text(room, when));
    return NULL;
}

static bool room_write(arena *a, struct buf *order, const struct row *row, str *room)
{
    int64_t id;
    bool was_number;
    *room = value_text_or_number(a, &row->of[ROOM], &was_number);
    if (value_integer(&row->of[ROOM_ID], &id) && id > 0) {
        *room = arena_printf(a, "%lld", (long long)id);
        member_int(order, "room_id", id);
        return true;
    }
    member_text(order, "room", *room);
    return room->at && room->len <= TEXT_BYTES_MAX;
}

static bool is_movie_id(str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
            return false;
    }
    return text.len == 24;
}

static str lowered(arena *a, str text)
{
    char *out = arena_take(a, text.len + 1);
    for (size_t i = 0; i < text.len; i++)
        out[i] = (char)(text.at[i] >= 'A' && text.at[i] <= 'F' ? text.at[i] + ('a' - 'A') : text.at[i]);
    return (str){ out, text.len };
}

static bool movie_write(arena *a, struct buf *order, const struct row *row)
{
    str id = value_text(&row->of[MOVIE_ID]);
    bool was_number;
    int64_t year;
    str title = value_text_or_number(a, &row->of[MOVIE], &was_number);
    if (!id.at && is_movie_id(title))
        id = title;
    if (id.at) {
        member_text(order, "movie_id", lowered(a, id));
        return id.len <= TEXT_BYTES_MAX;
    }
    member_text(order, "movie", title);
    if (value_integer(&row->of[YEAR], &year) && year > 0 && year < 9999)
        member_int(order, "movie_year", year);
    return title.at && title.len <= TEXT_BYTES_MAX;
}

static const char *rest_write(struct buf *order, const struct row *row)
{
    double price;
    bool active;
    str opens = value_text(&row->of[SALES_OPEN]), closes = value_text(&row->of[SALES_CLOSE]);
    if (value_number(&row->of[PRICE], &price))
        member_number(order, "price", price);
    else if (value_given(&row->of[PRICE]))
        return "a price that is not a number";
    if (opens.len > TEXT_BYTES_MAX || closes.len > TEXT_BYTES_MAX)
        return "a time of sales that cannot be one";
    member_text(order, "sales_open_at", opens);
    member_text(order, "sales_close_at", closes);
    return value_flag(&row->of[ACTIVE], &active) && !active ? "a cancelled showing" : NULL;
}

static void showing_read(arena *a, const struct lore *lore, const struct row *row, struct import_row *out)
{
    (void)lore;
    struct buf order = { .in = a };
    str when = { NULL, 0 }, room;
    buf_char(&order, '{');
    bool has_room = room_write(a, &order, row, &room), has_movie = movie_write(a, &order, row);
    out->refused = show_time_read(a, row, &when);
    if (room.at)
        out->name = when.at ? arena_printf(a, "%.*s, %.*s", STR_ARG(room), STR_ARG(when)) : room;
    out->refused = !has_room ? "no room" : !has_movie ? "no film" : out->refused;
    if (!out->refused)
        out->refused = rest_write(&order, row);
    if (out->refused)
        return;
    member_text(&order, "show_time", when);
    buf_char(&order, '}');
    out->order = buf_str(&order);
    out->key = arena_printf(a, "%.*s\n%.*s", STR_ARG(when), STR_ARG(room));
}

const struct import_kind import_schedules = {
    .name = "schedules",
    .one = "room and time",
    .owner = OWNER_ROOMS,
    .target = "/internal/schedules/import",
    .fields = fields,
    .field_count = COUNT_OF(fields),
    .read = showing_read,
    .check_rows_max = 5000,
};
