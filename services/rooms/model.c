/* model.c - the rules of rooms, seats and showings that are arithmetic. */
#include "services/rooms/model.h"

#include "lib/base/calendar.h"

#define MINUTE_MS INT64_C(60000)

const fault *rooms_field_fault(arena *a, const char *name, const char *rest)
{
    fault *problem = fault_new(a, FAULT_INVALID, "validation_failed", "%s %s.", name, rest);
    struct fault_field *field = NEW(a, struct fault_field);
    *field = (struct fault_field){ .field = str_of(name),
                                   .sentence = problem->sentence,
                                   .kind = "type" };
    problem->fields = field;
    return problem;
}

/* --- edits: what was given in a body replaces what was found --- */

static void give(const struct shape *s, uint64_t *given, const char *name)
{
    *given |= UINT64_C(1) << (size_t)(shape_field(s, str_of(name)) - s->fields);
}

void rooms_room_apply(struct room *room, const struct room_edit *edit)
{
    const struct shape *s = &rooms_room_edit_shape;
    if (shape_given(s, edit, "name"))
        room->name = edit->name;
    if (shape_given(s, edit, "capacity"))
        room->capacity = edit->capacity;
    if (shape_given(s, edit, "screen_type"))
        room->screen_type = edit->screen_type;
    if (shape_given(s, edit, "is_active"))
        room->is_active = edit->is_active;
}

struct room_edit rooms_room_closing(void)
{
    struct room_edit edit = { .is_active = false };
    give(&rooms_room_edit_shape, &edit.given, "is_active");
    return edit;
}

bool rooms_room_closes(const struct room_edit *edit)
{
    return shape_given(&rooms_room_edit_shape, edit, "is_active") && !edit->is_active;
}

void rooms_seat_apply(struct seat *seat, const struct seat_edit *edit)
{
    const struct shape *s = &rooms_seat_edit_shape;
    if (shape_given(s, edit, "row_number"))
        seat->row_number = edit->row_number;
    if (shape_given(s, edit, "seat_number"))
        seat->seat_number = edit->seat_number;
    if (shape_given(s, edit, "seat_type"))
        seat->seat_type = edit->seat_type;
    if (shape_given(s, edit, "is_available"))
        seat->is_available = edit->is_available;
    if (shape_given(s, edit, "accessible"))
        seat->accessible = edit->accessible;
    if (shape_given(s, edit, "house"))
        seat->house = edit->house;
}

struct seat_edit rooms_seat_closing(void)
{
    struct seat_edit edit = { .is_available = false };
    give(&rooms_seat_edit_shape, &edit.given, "is_available");
    return edit;
}

bool rooms_seat_closes(const struct seat_edit *edit)
{
    return shape_given(&rooms_seat_edit_shape, edit, "is_available") && !edit->is_available;
}

void rooms_showing_apply(struct showing *showing, const struct showing_edit *edit)
{
    const struct shape *s = &rooms_showing_edit_shape;
    if (shape_given(s, edit, "movie_id"))
        showing->movie_id = edit->movie_id;
    if (shape_given(s, edit, "room_id"))
        showing->room_id = edit->room_id;
    if (shape_given(s, edit, "show_time"))
        showing->show_time = edit->show_time;
    if (shape_given(s, edit, "price"))
        showing->price = edit->price;
    if (shape_given(s, edit, "is_active"))
        showing->is_active = edit->is_active;
    if (shape_given(s, edit, "sales_open_at"))
        showing->sales_open_at = edit->sales_open_at;
    if (shape_given(s, edit, "sales_close_at"))
        showing->sales_close_at = edit->sales_close_at;
    if (shape_given(s, edit, "waiting_room"))
        showing->waiting_room = edit->waiting_room;
}

bool rooms_showing_moves(const struct showing_edit *edit, const struct showing *found)
{
    return shape_given(&rooms_showing_edit_shape, edit, "room_id") &&
           edit->room_id != found->room_id;
}

bool rooms_showing_takes_film(const struct showing_edit *edit, const struct showing *found)
{
    return shape_given(&rooms_showing_edit_shape, edit, "movie_id") &&
           !str_equal(edit->movie_id, found->movie_id);
}

bool rooms_showing_closes(const struct showing_edit *edit, const struct showing *found)
{
    return shape_given(&rooms_showing_edit_shape, edit, "is_active") && !edit->is_active &&
           found->is_active;
}

bool rooms_showing_reopens(const struct showing_edit *edit, const struct showing *found)
{
    return shape_given(&rooms_showing_edit_shape, edit, "is_active") && edit->is_active &&
           !found->is_active;
}

/* --- seats --- */

/* Counting in base 26 without a zero: after Z comes AA. */
str rooms_row_name(arena *a, int64_t index)
{
    char letters[16];
    size_t at = sizeof letters;
    for (int64_t left = index + 1; left > 0 && at > 0; left = (left - 1) / 26)
        letters[--at] = (char)('A' + (left - 1) % 26);
    return arena_copy(a, (str){ letters + at, sizeof letters - at });
}

list rooms_seats_generate(arena *a, int64_t count, int64_t per_row)
{
    list made = { NEW_ARRAY(a, struct seat, count > 0 ? count : 1), 0 };
    str row = { NULL, 0 };
    for (int64_t i = 0; i < count; i++) {
        if (i % per_row == 0)
            row = rooms_row_name(a, i / per_row);
        *LIST_AT(&made, struct seat, made.count++) = (struct seat){
            .row_number = row,
            .seat_number = i % per_row + 1,
            .seat_type = SEAT_REGULAR,
            .is_available = true,
        };
    }
    return made;
}

/* --- showings --- */

struct showing rooms_showing_of(const struct showing_new *want, int64_t length_minutes)
{
    return (struct showing){
        .movie_id = want->movie_id,
        .room_id = want->room_id,
        .show_time = want->show_time,
        .price = want->price,
        .is_active = true,
        .sales_open_at = want->sales_open_at,
        .sales_close_at = want->sales_close_at,
        .waiting_room = want->waiting_room,
        .length_minutes = length_minutes,
    };
}

bool rooms_showing_is_over(const struct showing *showing, instant now)
{
    return showing->ends_at.ms <= now.ms;
}

/* The end is counted in instants: a film that runs while the clocks change is no longer and no
 * shorter. */
void rooms_showing_place(struct showing *showing)
{
    (void)wall_to_instant(showing->show_time, &showing->starts_at);
    showing->ends_at.ms = showing->starts_at.ms + showing->length_minutes * MINUTE_MS;
}

void rooms_showing_settle(struct showing *showing, const struct house_rules *rules)
{
    if (showing->sales_close_at.ms == TIME_NONE)
        showing->sales_close_at.ms = showing->starts_at.ms + rules->sales_close_minutes * MINUTE_MS;
}

struct span rooms_showing_keeps(const struct showing *showing, const struct house_rules *rules)
{
    int64_t cleaning_ms = rules->cleaning_minutes * MINUTE_MS;
    return (struct span){ .from = { showing->starts_at.ms - cleaning_ms },
                          .until = { showing->ends_at.ms + cleaning_ms } };
}

bool rooms_span_touched(struct span span, instant start, instant end)
{
    return start.ms < span.until.ms && end.ms > span.from.ms;
}

const fault *rooms_showing_check_sales(arena *a, const struct showing *showing)
{
    if (showing->sales_open_at.ms == TIME_NONE ||
        showing->sales_open_at.ms < showing->sales_close_at.ms)
        return NULL;
    return rooms_field_fault(a, "sales_open_at", "must come before sales_close_at");
}

bool rooms_moment_read(str text, instant *out)
{
    wall moment;
    bool zoned = false;
    if (wall_read(text, &moment, &zoned))
        return wall_to_instant(moment, out) != WALL_SKIPPED;
    day date;
    if (day_read(text, &date))
        return wall_to_instant((wall){ date.days * DAY_S }, out) != WALL_SKIPPED;
    return zoned && instant_read(text, out);
}
