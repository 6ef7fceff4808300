/* model.c - the shapes of the owners' answers, and how the gateway joins them. */
#include "services/gateway/model.h"

#include "lib/base/row_name.h"

#define DAY_S 86400

/* --- films and showings --- */

static const struct field film_fields[] = {
    FIELD(struct film, id, "_id"),
    FIELD(struct film, is_active, "isActive"),
    FIELD(struct film, whole, "", .whole = true),
};
const struct shape film_shape = SHAPE(film, film_fields);

static const struct field room_fields[] = {
    FIELD(struct room, id, "id"),
    FIELD(struct room, name, "name"),
    FIELD(struct room, whole, "", .whole = true),
};
const struct shape room_shape = SHAPE(room, room_fields);

static const struct field showing_fact_fields[] = { SHOWING_IDS, SHOWING_TIME, SHOWING_SALES };
const struct shape showing_fact_shape = SHAPE(showing, showing_fact_fields);

/* --- which showings --- */

/* A day means its first second, or with `last` the first of the next: both ends are included. */
static bool bound_read(str text, bool last, wall *out)
{
    bool zoned;
    day date;
    if (day_read(text, &date)) {
        out->s = (date.days + (last ? 1 : 0)) * DAY_S;
        return true;
    }
    if (!wall_read(text, out, &zoned))
        return false;
    out->s += last ? 1 : 0;
    return true;
}

static const fault *bound_wrong(arena *a, const char *name)
{
    return fault_new(a, FAULT_INVALID, "validation_failed",
                     "%s must be a day like 2026-11-25 or a time like 2026-11-25T18:00:00, without a zone.", name);
}

static const fault *showtime_query_check(arena *a, void *query)
{
    struct showtime_query *want = query;
    want->from = want->until = WALL_NONE;
    if (want->from_text.len > 0 && !bound_read(want->from_text, false, &want->from))
        return bound_wrong(a, "from");
    if (want->to_text.len > 0 && !bound_read(want->to_text, true, &want->until))
        return bound_wrong(a, "to");
    if (want->date.days == TIME_NONE)
        return NULL;
    wall morning = { want->date.days * DAY_S };
    if (want->from.s == TIME_NONE || want->from.s < morning.s)
        want->from = morning;
    if (want->until.s == TIME_NONE || want->until.s > morning.s + DAY_S)
        want->until.s = morning.s + DAY_S;
    return NULL;
}

#define SHOWTIME_FIELDS(at_once_max) \
    { \
        FIELD(struct showtime_query, movie_id, "movieId", .optional = true, .max = 100), \
        FIELD(struct showtime_query, room_id, "roomId", .fallback = "0"), \
        FIELD(struct showtime_query, date, "date", .optional = true, .nullable = true, \
              .doc = "a day of the house's clock; past ones too"), \
        FIELD(struct showtime_query, from_text, "from", .optional = true, .max = 40, .doc = "first day or time, past ones too"), \
        FIELD(struct showtime_query, to_text, "to", .optional = true, .max = 40, .doc = "last day or time, included"), \
        FIELD(struct showtime_query, limit, "limit", .fallback = "100", .max = at_once_max), \
        FIELD(struct showtime_query, offset, "offset", .fallback = "0"), \
    }
static const struct field showtime_query_fields[] = SHOWTIME_FIELDS(10000);
const struct shape showtime_query_shape = SHAPE(showtime_query, showtime_query_fields, .check = showtime_query_check);
static const struct field availability_query_fields[] = SHOWTIME_FIELDS(1000);
const struct shape availability_query_shape = SHAPE(showtime_query, availability_query_fields, .check = showtime_query_check);

bool showing_wanted(const struct showing *s, const struct showtime_query *want, instant now)
{
    if (!s->is_active || (want->room_id && s->room_id != want->room_id) ||
        (want->movie_id.len > 0 && !str_equal(s->movie_id, want->movie_id)))
        return false;
    bool any_day = want->from.s != TIME_NONE || want->until.s != TIME_NONE;
    if (!any_day)
        return s->ends_at.ms > now.ms;
    return (want->from.s == TIME_NONE || s->show_time.s >= want->from.s) &&
           (want->until.s == TIME_NONE || s->show_time.s < want->until.s);
}

/* --- the seat map --- */

const char *const gateway_seat_types[] = { "regular", "premium", "vip", NULL };
static const char *const seat_states[] = { "free", "held", "sold", "out", NULL };

static const struct field layout_seat_fields[] = {
    FIELD(struct seat, id, "id"),
    FIELD(struct seat, row_number, "row_number"),
    FIELD(struct seat, seat_number, "seat_number"),
    FIELD(struct seat, seat_type, "seat_type", .choices = gateway_seat_types),
    FIELD(struct seat, accessible, "accessible"),
    FIELD(struct seat, is_available, "is_available"),
    FIELD(struct seat, house, "house"),
};
static const struct shape layout_seat_shape = {
    .name = "layout_seat", .size = sizeof(struct seat), .fields = layout_seat_fields,
    .count = COUNT_OF(layout_seat_fields)
};

static const struct field room_seats_fields[] = {
    FIELD(struct room_seats, room_id, "room_id"),
    FIELD(struct room_seats, seats, "seats", .shape = &layout_seat_shape),
};
const struct shape room_seats_shape = SHAPE(room_seats, room_seats_fields);

int seat_order(const void *left, const void *right)
{
    const struct seat *a = left, *b = right;
    int order = row_name_order(a->row_number, b->row_number);
    if (order == 0)
        order = (a->seat_number > b->seat_number) - (a->seat_number < b->seat_number);
    return order ? order : (a->id > b->id) - (a->id < b->id);
}

static const struct field sold_seat_fields[] = { FIELD(struct sold_seat, seat_id, "seatId") };
static const struct shape sold_seat_shape = SHAPE(sold_seat, sold_seat_fields);

static const char *const sale_statuses[] = { "PENDING", "CONFIRMED", "CANCELLED", "EXPIRED", NULL };
static const struct field sale_fields[] = {
    FIELD(struct sale, id, "id"),
    FIELD(struct sale, schedule_id, "scheduleId"),
    FIELD(struct sale, status, "status", .choices = sale_statuses),
    FIELD(struct sale, made, "reservationDate", .form = TIME_Z_MS),
    FIELD(struct sale, seats, "seats", .shape = &sold_seat_shape),
};
const struct shape sale_shape = SHAPE(sale, sale_fields);

static const struct field counts_fields[] = {
    FIELD(struct seat_counts, free, "free"),
    FIELD(struct seat_counts, held, "held"),
    FIELD(struct seat_counts, sold, "sold"),
    FIELD(struct seat_counts, out, "out", .doc = "out of service, or kept by the house"),
};
static const struct shape counts_shape = SHAPE(seat_counts, counts_fields);

static const struct field seats_left_fields[] = {
    FIELD(struct seats_left, id, "id", .doc = "of the showing"),
    FIELD(struct seats_left, free, "free"),
    FIELD(struct seats_left, seats, "seats", .doc = "without those out of service or kept by the house"),
};
const struct shape seats_left_shape = SHAPE(seats_left, seats_left_fields);

static const struct field mapped_seat_fields[] = {
    FIELD(struct seat, id, "id"),
    FIELD(struct seat, row_number, "row_number"),
    FIELD(struct seat, seat_number, "seat_number"),
    FIELD(struct seat, seat_type, "seat_type", .choices = gateway_seat_types),
    FIELD(struct seat, accessible, "accessible"),
    FIELD(struct seat, state, "state", .choices = seat_states),
    FIELD(struct seat, price, "price"),
};
static const struct shape mapped_seat_shape = {
    .name = "mapped_seat", .size = sizeof(struct seat), .fields = mapped_seat_fields,
    .count = COUNT_OF(mapped_seat_fields)
};

static const struct field seat_map_fields[] = {
    FIELD(struct seat_map, schedule_id, "scheduleId"),
    FIELD(struct seat_map, version, "version", .doc = "grows with every change of a seat's state"),
    FIELD(struct seat_map, counts, "counts", .shape = &counts_shape),
    FIELD(struct seat_map, seats, "seats", .shape = &mapped_seat_shape),
};
const struct shape seat_map_shape = SHAPE(seat_map, seat_map_fields);

static const struct field changed_seat_fields[] = {
    FIELD(struct seat, id, "id"),
    FIELD(struct seat, state, "state", .choices = seat_states),
};
static const struct shape changed_seat_shape = {
    .name = "changed_seat", .size = sizeof(struct seat), .fields = changed_seat_fields, .count = COUNT_OF(changed_seat_fields)
};

static const struct field seat_changes_fields[] = {
    FIELD(struct seat_map, schedule_id, "scheduleId"),
    FIELD(struct seat_map, version, "version"),
    FIELD(struct seat_map, counts, "counts", .shape = &counts_shape),
    FIELD(struct seat_map, seats, "seats", .shape = &changed_seat_shape),
};
const struct shape seat_changes_shape = {
    .name = "seat_changes", .size = sizeof(struct seat_map), .fields = seat_changes_fields, .count = COUNT_OF(seat_changes_fields)
};

enum seat_state seat_unclaimed(const struct seat *seat)
{
    return seat->is_available && !seat->house ? SEAT_FREE : SEAT_OUT;
}

void seats_count(arena *a, struct seat_map *map)
{
    map->counts = NEW(a, struct seat_counts);
    int64_t *count[] = { [SEAT_FREE] = &map->counts->free,
                         [SEAT_HELD] = &map->counts->held,
                         [SEAT_SOLD] = &map->counts->sold,
                         [SEAT_OUT] = &map->counts->out };
    for (size_t i = 0; i < map->seats.count; i++)
        ++*count[LIST_AT(&map->seats, struct seat, i)->state];
}

/* --- the dashboard --- */

static const struct field booked_fields[] = {
    FIELD(struct booked, schedule_id, "scheduleId"),
    FIELD(struct booked, movie_id, "movieId"),
    FIELD(struct booked, whole, "", .whole = true),
};
static const struct shape booked_shape = SHAPE(booked, booked_fields);
static const struct field dashboard_fields[] = {
    FIELD(struct dashboard, user, "user"),
    FIELD(struct dashboard, reservations, "reservations", .shape = &booked_shape),
};
static const struct shape dashboard_parts_shape = {
    .name = "dashboard_parts", .size = sizeof(struct dashboard), .fields = dashboard_fields,
    .count = COUNT_OF(dashboard_fields)
};
static const struct field dashboard_answer_fields[] = {
    FIELD(struct dashboard_answer, data, "data", .shape = &dashboard_parts_shape)
};
const struct shape dashboard_answer_shape = SHAPE(dashboard_answer, dashboard_answer_fields);

/* --- the ticket --- */

static const struct field buyer_fields[] = {
    FIELD(struct buyer, email, "email", .min = 1, .max = 255, .pattern = "^[^@\\s]+@[^@\\s]+$"),
    FIELD(struct buyer, name, "name", .min = 1, .max = 255),
    FIELD(struct buyer, phone, "phone", .nullable = true, .max = 20),
};
static const struct shape buyer_shape = SHAPE(buyer, buyer_fields);

static const struct field ticket_choice_fields[] = {
    FIELD(struct ticket_choice, seat_id, "seatId", .min = 1),
    FIELD(struct ticket_choice, type, "type", .min = 1, .max = 20),
};
static const struct shape ticket_choice_shape = SHAPE(ticket_choice, ticket_choice_fields);

static const struct field ticket_fields[] = {
    FIELD(struct ticket, user_id, "userId", .optional = true, .doc = "this, or buyer"),
    FIELD(struct ticket, schedule_id, "scheduleId", .min = 1),
    FIELD(struct ticket, movie_id, "movieId", .optional = true, .max = 100, .doc = "the showing's is taken"),
    FIELD(struct ticket, seat_ids, "seatIds", .min = 1, .max = 20, .entry_min = 1),
    FIELD(struct ticket, total_amount, "totalAmount", .optional = true, .doc = "information: the server's price is charged"),
    FIELD(struct ticket, hold, "hold", .fallback = "false", .doc = "true: a buyer who pays now, within HOLD_SECONDS"),
    FIELD(struct ticket, tickets, "tickets", .optional = true, .max = 20, .shape = &ticket_choice_shape,
          .doc = "the type of each seat; general when not said"),
    FIELD(struct ticket, buyer, "buyer", .optional = true, .shape = &buyer_shape,
          .doc = "in place of userId: the user with that e-mail, else a new one"),
    FIELD(struct ticket, payment_method, "paymentMethod", .optional = true, .max = 50, .doc = "pays in the same call"),
};
const struct shape gateway_ticket_shape = SHAPE(ticket, ticket_fields);

static const struct field wish_fields[] = {
    FIELD(struct wish, user_id, "userId", .optional = true, .doc = "this, or buyer"),
    FIELD(struct wish, buyer, "buyer", .optional = true, .shape = &buyer_shape,
          .doc = "in place of userId: the user with that e-mail, else a new one"),
    FIELD(struct wish, count, "count", .min = 1, .max = 20, .doc = "how many seats"),
    FIELD(struct wish, seat_type, "seatType", .choices = gateway_seat_types, .nullable = true, .doc = "null: any"),
    FIELD(struct wish, accessible, "accessible", .fallback = "false",
          .doc = "true: one of them at least; else they are left to who needs them as long as others are enough"),
    FIELD(struct wish, together, "together", .fallback = "true", .doc = "false: in several places when no row takes all"),
    FIELD(struct wish, ticket_type, "ticketType", .fallback = "general", .min = 1, .max = 20),
    FIELD(struct wish, hold, "hold", .fallback = "true", .doc = "false: paid at the counter"),
    FIELD(struct wish, payment_method, "paymentMethod", .optional = true, .max = 50, .doc = "pays in the same call"),
};
const struct shape gateway_wish_shape = SHAPE(wish, wish_fields);

/* --- the house --- */

static const struct field house_fields[] = {
    FIELD(struct house, cinema_name, "cinemaName"),
    FIELD(struct house, currency, "currency", .doc = "ISO 4217"),
    FIELD(struct house, language, "language"),
    FIELD(struct house, time_zone, "timeZone", .doc = "IANA"),
    FIELD(struct house, day_starts, "dayStarts", .doc = "when the house's day begins"),
};
const struct shape house_shape = SHAPE(house, house_fields);
