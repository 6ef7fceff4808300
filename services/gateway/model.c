/* model.c - the shapes of the owners' answers, and how the gateway joins them. */
#include "services/gateway/model.h"

#include <stdlib.h>
#include <string.h>

#define DAY_S 86400

/* --- films and showings --- */

static const struct field film_fields[] = {
    FIELD(struct film, id, "_id"),
    FIELD(struct film, is_active, "isActive"),
    FIELD(struct film, whole, "", .whole = true),
};
static const struct shape film_shape = SHAPE(film, film_fields);

static const struct field films_answer_fields[] = { FIELD(struct films_answer, data, "data", .shape = &film_shape) };
const struct shape films_answer_shape = SHAPE(films_answer, films_answer_fields);

static const struct field showing_fields[] = {
    FIELD(struct showing, id, "id"),
    FIELD(struct showing, movie_id, "movie_id"),
    FIELD(struct showing, room_id, "room_id"),
    FIELD(struct showing, show_time, "show_time"),
    FIELD(struct showing, ends_at, "endsAt"),
    FIELD(struct showing, is_active, "is_active"),
    FIELD(struct showing, whole, "", .whole = true),
};
static const struct shape showing_card_shape = {
    .name = "showing_card", .size = sizeof(struct showing), .fields = showing_fields, .count = COUNT_OF(showing_fields)
};

static const struct field showings_answer_fields[] = {
    FIELD(struct showings_answer, data, "data", .shape = &showing_card_shape)
};
const struct shape showings_answer_shape = SHAPE(showings_answer, showings_answer_fields);

static int text_order(str a, str b)
{
    size_t both = a.len < b.len ? a.len : b.len;
    int order = both ? memcmp(a.at, b.at, both) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int film_order(const void *left, const void *right)
{
    return text_order(((const struct film *)left)->id, ((const struct film *)right)->id);
}

void films_sort(list *films)
{
    if (films->count > 1)
        qsort(films->at, films->count, sizeof(struct film), film_order);
}

const struct film *film_find(const list *sorted, str id)
{
    struct film wanted = { .id = id };
    if (sorted->count == 0)
        return NULL;
    return bsearch(&wanted, sorted->at, sorted->count, sizeof(struct film), film_order);
}

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

static const struct field showtime_query_fields[] = {
    FIELD(struct showtime_query, movie_id, "movieId", .optional = true, .max = 100),
    FIELD(struct showtime_query, room_id, "roomId", .fallback = "0"),
    FIELD(struct showtime_query, date, "date", .optional = true, .nullable = true,
          .doc = "a day of the house's clock; past ones too"),
    FIELD(struct showtime_query, from_text, "from", .optional = true, .max = 40, .doc = "first day or time, past ones too"),
    FIELD(struct showtime_query, to_text, "to", .optional = true, .max = 40, .doc = "last day or time, included"),
    FIELD(struct showtime_query, limit, "limit", .fallback = "100", .max = 10000),
    FIELD(struct showtime_query, offset, "offset", .fallback = "0"),
};
const struct shape showtime_query_shape = SHAPE(showtime_query, showtime_query_fields, .check = showtime_query_check);

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

/* An object's text without its closing brace, so that members can be added. */
static void object_open(struct buf *out, str whole)
{
    buf_put(out, whole.at, whole.len - 1);
}

void showing_write(struct buf *out, const struct showing *s, bool with_film)
{
    object_open(out, s->whole.text);
    if (with_film) {
        buf_literal(out, ",\"movie\":");
        buf_text(out, s->film ? s->film->whole.text : STR("null"));
    }
    buf_char(out, '}');
}

/* --- the seat map --- */

static const char *const seat_states[] = { "free", "held", "sold", "out", NULL };

static const struct field layout_seat_fields[] = {
    FIELD(struct seat, id, "id"),
    FIELD(struct seat, row_number, "row_number"),
    FIELD(struct seat, seat_number, "seat_number"),
    FIELD(struct seat, seat_type, "seat_type"),
    FIELD(struct seat, accessible, "accessible"),
    FIELD(struct seat, is_available, "is_available"),
    FIELD(struct seat, house, "house"),
};
static const struct shape layout_seat_shape = {
    .name = "layout_seat", .size = sizeof(struct seat), .fields = layout_seat_fields,
    .count = COUNT_OF(layout_seat_fields)
};

static const struct field layout_fields[] = {
    FIELD(struct layout, id, "id"),
    FIELD(struct layout, price, "price"),
    FIELD(struct layout, seats, "seats", .shape = &layout_seat_shape),
};
static const struct shape layout_shape = SHAPE(layout, layout_fields);
static const struct field layout_answer_fields[] = { FIELD(struct layout_answer, data, "data", .shape = &layout_shape) };
const struct shape layout_answer_shape = SHAPE(layout_answer, layout_answer_fields);

static const char *const claim_states[] = { "held", "sold", NULL };
static const struct field claim_fields[] = {
    FIELD(struct claim, seat_id, "seatId"),
    FIELD(struct claim, state, "state", .choices = claim_states),
};
static const struct shape seat_claim_shape = {
    .name = "seat_claim", .size = sizeof(struct claim), .fields = claim_fields, .count = COUNT_OF(claim_fields)
};
static const struct field claims_fields[] = {
    FIELD(struct claims, position, "position"),
    FIELD(struct claims, claims, "claims", .shape = &seat_claim_shape),
};
static const struct shape claims_shape = SHAPE(claims, claims_fields);
static const struct field claims_answer_fields[] = { FIELD(struct claims_answer, data, "data", .shape = &claims_shape) };
const struct shape claims_answer_shape = SHAPE(claims_answer, claims_answer_fields);

static const struct field counts_fields[] = {
    FIELD(struct seat_counts, free, "free"),
    FIELD(struct seat_counts, held, "held"),
    FIELD(struct seat_counts, sold, "sold"),
    FIELD(struct seat_counts, out, "out", .doc = "out of service, or kept by the house"),
};
static const struct shape counts_shape = SHAPE(seat_counts, counts_fields);

static const struct field mapped_seat_fields[] = {
    FIELD(struct seat, id, "id"),
    FIELD(struct seat, row_number, "row_number"),
    FIELD(struct seat, seat_number, "seat_number"),
    FIELD(struct seat, seat_type, "seat_type"),
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

static int claim_order(const void *left, const void *right)
{
    int64_t a = ((const struct claim *)left)->seat_id, b = ((const struct claim *)right)->seat_id;
    return (a > b) - (a < b);
}

static enum seat_state state_of(const struct seat *seat, const struct claims *claims)
{
    struct claim wanted = { .seat_id = seat->id };
    const struct claim *found = NULL;
    if (claims->claims.count > 0)
        found = bsearch(&wanted, claims->claims.at, claims->claims.count, sizeof(struct claim), claim_order);
    if (found)
        return found->state == 1 ? SEAT_SOLD : SEAT_HELD;
    return seat->is_available && !seat->house ? SEAT_FREE : SEAT_OUT;
}

void seat_map_make(arena *a, const struct layout *layout, const struct claims *claims, struct seat_map *out)
{
    *out = (struct seat_map){ .schedule_id = layout->id,
                              .version = claims->position,
                              .counts = NEW(a, struct seat_counts),
                              .seats = layout->seats };
    int64_t *count[] = { [SEAT_FREE] = &out->counts->free,
                         [SEAT_HELD] = &out->counts->held,
                         [SEAT_SOLD] = &out->counts->sold,
                         [SEAT_OUT] = &out->counts->out };
    for (size_t i = 0; i < out->seats.count; i++) {
        struct seat *seat = LIST_AT(&out->seats, struct seat, i);
        seat->state = state_of(seat, claims);
        seat->price = layout->price;
        ++*count[seat->state];
    }
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

void booked_write(struct buf *out, const struct booked *b, const struct film *film, const struct showing *showing)
{
    object_open(out, b->whole.text);
    buf_literal(out, ",\"movie\":");
    buf_text(out, film ? film->whole.text : STR("null"));
    buf_literal(out, ",\"schedule\":");
    if (showing)
        showing_write(out, showing, false);
    else
        buf_literal(out, "null");
    buf_char(out, '}');
}

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

/* --- the house --- */

static const struct field house_fields[] = {
    FIELD(struct house, cinema_name, "cinemaName"),
    FIELD(struct house, currency, "currency", .doc = "ISO 4217"),
    FIELD(struct house, language, "language"),
    FIELD(struct house, time_zone, "timeZone", .doc = "IANA"),
    FIELD(struct house, day_starts, "dayStarts", .doc = "when the house's day begins"),
};
const struct shape house_shape = SHAPE(house, house_fields);
