/* store_rows.c - rows of either store, and the figures that are made of them. */
#include "services/analytics/store_rows.h"

/* --- what is folded --- */

static const struct field showing_fields[] = {
    FIELD(struct showing, id, "id"),
    FIELD(struct showing, film, "film"),
    FIELD(struct showing, room_id, "room_id", .nullable = true),
    FIELD(struct showing, day, "day"),
    FIELD(struct showing, played, "played"),
    FIELD(struct showing, is_active, "is_active"),
    FIELD(struct showing, taken, "taken"),
    FIELD(struct showing, hour, "hour"),
};
const struct shape analytics_showing_row_shape = SHAPE(showing, showing_fields);

static const struct field sale_fields[] = {
    FIELD(struct sale, id, "id"),
    FIELD(struct sale, user_id, "user_id"),
    FIELD(struct sale, schedule_id, "schedule_id"),
    FIELD(struct sale, film, "film"),
    FIELD(struct sale, cents, "cents"),
    FIELD(struct sale, status, "status", .choices = analytics_sale_statuses),
    FIELD(struct sale, made, "made", .nullable = true, .form = TIME_Z_MS),
    FIELD(struct sale, sold, "sold", .nullable = true, .form = TIME_Z_MS),
    FIELD(struct sale, back, "back", .nullable = true, .form = TIME_Z_MS),
    FIELD(struct sale, tickets, "tickets"),
    FIELD(struct sale, method, "method"),
    FIELD(struct sale, payment_id, "payment_id"),
};
const struct shape analytics_sale_row_shape = SHAPE(sale, sale_fields);

struct showing analytics_showing_untold(int64_t id)
{
    return (struct showing){ .id = id, .room_id = INTEGER_NONE };
}

void analytics_showing_tell(struct showing *row, const struct showing_fact *told, const struct house_clock *clock)
{
    row->room_id = told->room_id;
    row->day = day_of(told->show_time).days;
    row->hour = (told->show_time.s - row->day * 86400) / 3600;
    row->played = analytics_played_day(told->show_time, clock);
    row->is_active = told->is_active;
}

struct sale analytics_sale_untold(int64_t id)
{
    return (struct sale){ .id = id, .status = SALE_EXPIRED, .made = INSTANT_NONE, .sold = INSTANT_NONE,
                          .back = INSTANT_NONE, .tickets = STR("") };
}

bool analytics_payment_counts(const struct payment_fact *told, const struct sale *of)
{
    return (told->status == PAYMENT_COMPLETED || told->status == PAYMENT_REFUNDED) && told->id >= of->payment_id;
}

/* --- revenue --- */

static const struct field day_sum_fields[] = {
    FIELD(struct day_sum, day, "day"),
    FIELD(struct day_sum, cents, "cents"),
    FIELD(struct day_sum, reservations, "reservations"),
    FIELD(struct day_sum, confirmed, "confirmed"),
};
const struct shape analytics_day_sum_shape = SHAPE(day_sum, day_sum_fields);

/* --- films --- */

static const struct field film_fields[] = {
    FIELD(struct film_sum, id, "id"),
    FIELD(struct film_sum, title, "title", .nullable = true),
    FIELD(struct film_sum, cents, "cents"),
    FIELD(struct film_sum, reservations, "reservations"),
    FIELD(struct film_sum, confirmed, "confirmed"),
};
const struct shape analytics_film_sum_shape = SHAPE(film_sum, film_fields);

list analytics_popular_make(arena *a, const list *sums)
{
    list made = { NEW_ARRAY(a, struct popular, sums->count + 1), sums->count };
    for (size_t i = 0; i < sums->count; i++) {
        const struct film_sum *row = LIST_AT(sums, struct film_sum, i);
        *LIST_AT(&made, struct popular, i) = (struct popular){
            .movie_id = row->id, .title = row->title, .total_reservations = row->reservations,
            .total_revenue = { row->cents }, .average_ticket_price = analytics_average(row->cents, row->confirmed)
        };
    }
    return made;
}

list analytics_top_movies_make(arena *a, const list *popular)
{
    list made = { NEW_ARRAY(a, struct top_movie, popular->count + 1), 0 };
    for (size_t i = 0; i < popular->count; i++) {
        const struct popular *row = LIST_AT(popular, struct popular, i);
        if (row->total_reservations > 0)
            *LIST_AT(&made, struct top_movie, made.count++) = (struct top_movie){ row->movie_id, row->total_reservations };
    }
    return made;
}

/* --- rooms --- */

static const struct field room_fields[] = {
    FIELD(struct room_occupancy, room_id, "roomId"),
    FIELD(struct room_occupancy, room_name, "roomName"),
    FIELD(struct room_occupancy, is_active, "isActive"),
    FIELD(struct room_occupancy, total_seats, "totalSeats"),
    FIELD(struct room_occupancy, total_schedules, "totalSchedules"),
    FIELD(struct room_occupancy, occupied_seats, "occupiedSeats"),
};
const struct shape analytics_room_row_shape = SHAPE(room_occupancy, room_fields);

const fault *analytics_room_known(arena *a, const struct occupancy_query *want, const list *rooms)
{
    if (want->room_id == INTEGER_NONE || rooms->count > 0)
        return NULL;
    return fault_new(a, FAULT_NOT_FOUND, "room_unknown", "Room not found with id: %lld", (long long)want->room_id);
}

/* --- rooms by hour, the sales of a showing --- */

static const struct field room_hour_fields[] = {
    FIELD(struct room_hour, room_id, "roomId"),
    FIELD(struct room_hour, room_name, "roomName"),
    FIELD(struct room_hour, total_seats, "totalSeats"),
    FIELD(struct room_hour, hour_number, "hour"),
    FIELD(struct room_hour, total_schedules, "totalSchedules"),
    FIELD(struct room_hour, occupied_seats, "occupiedSeats"),
};
const struct shape analytics_room_hour_row_shape = SHAPE(room_hour, room_hour_fields);

static const struct field curve_fields[] = {
    FIELD(struct curve, schedule_id, "scheduleId"),
    FIELD(struct curve, movie_id, "movieId", .nullable = true),
    FIELD(struct curve, title, "title", .nullable = true),
    FIELD(struct curve, room_name, "roomName", .nullable = true),
    FIELD(struct curve, seats, "seats"),
};
const struct shape analytics_curve_row_shape = SHAPE(curve, curve_fields);

static const struct field curve_sale_fields[] = {
    FIELD(struct curve_sale, sold, "sold"),
    FIELD(struct curve_sale, back, "back", .nullable = true),
    FIELD(struct curve_sale, tickets, "tickets"),
    FIELD(struct curve_sale, cents, "cents"),
};
const struct shape analytics_curve_sale_shape = SHAPE(curve_sale, curve_sale_fields);

const fault *analytics_showing_known(arena *a, bool found, int64_t schedule_id)
{
    if (found)
        return NULL;
    return fault_new(a, FAULT_NOT_FOUND, "showing_unknown", "Showing not found with id: %lld", (long long)schedule_id);
}

/* --- users --- */

static const struct field window_fields[] = {
    FIELD(struct window_sum, alive, "alive"),
    FIELD(struct window_sum, cents, "cents"),
    FIELD(struct window_sum, reservations, "reservations"),
    FIELD(struct window_sum, confirmed, "confirmed"),
    FIELD(struct window_sum, active, "active"),
    FIELD(struct window_sum, vip, "vip"),
    FIELD(struct window_sum, regular, "regular"),
    FIELD(struct window_sum, casual, "casual"),
};
const struct shape analytics_window_sum_shape = SHAPE(window_sum, window_fields);

unsigned analytics_window_kept(unsigned window)
{
    return window == WINDOW_TODAY ? WINDOW_DAY : window;
}

void analytics_behavior_make(arena *a, const struct window_sum *sum, struct behavior *out)
{
    out->summary = NEW(a, struct behavior_summary);
    *out->summary = (struct behavior_summary){ .total_users = sum->alive, .active_users = sum->active,
                                               .total_revenue = { sum->cents },
                                               .average_spending_per_user = analytics_average(sum->cents, sum->active) };
    out->segments = NEW(a, struct segments);
    *out->segments = (struct segments){ sum->vip, sum->regular, sum->casual,
                                        sum->alive - sum->vip - sum->regular - sum->casual };
}

struct overview analytics_overview_make(const struct window_sum *sum)
{
    return (struct overview){ .total_users = sum->alive, .total_reservations = sum->reservations,
                              .total_revenue = { sum->cents },
                              .average_ticket_price = analytics_average(sum->cents, sum->confirmed) };
}

static const struct field top_fields[] = {
    FIELD(struct top_row, user_id, "userId"),
    FIELD(struct top_row, cents, "cents"),
    FIELD(struct top_row, reservations, "reservations"),
    FIELD(struct top_row, confirmed, "confirmed"),
    FIELD(struct top_row, last, "last", .nullable = true),
};
const struct shape analytics_top_row_shape = SHAPE(top_row, top_fields);

list analytics_top_make(arena *a, const list *sums)
{
    list made = { NEW_ARRAY(a, struct top_user, sums->count + 1), sums->count };
    for (size_t i = 0; i < sums->count; i++) {
        const struct top_row *row = LIST_AT(sums, struct top_row, i);
        *LIST_AT(&made, struct top_user, i) = (struct top_user){
            .user_id = row->user_id, .total_reservations = row->reservations, .total_spent = { row->cents },
            .average_ticket_price = analytics_average(row->cents, row->confirmed), .last_reservation = row->last
        };
    }
    return made;
}

/* --- the day sheet, the distributor's return, sales as rows --- */

static const struct field sheet_fields[] = {
    FIELD(struct sheet_row, hour, "hour"),
    FIELD(struct sheet_row, movie_id, "movieId", .nullable = true),
    FIELD(struct sheet_row, title, "title", .nullable = true),
    FIELD(struct sheet_row, method, "method", .nullable = true),
    FIELD(struct sheet_row, sold, "sold"),
    FIELD(struct sheet_row, refunded, "refunded"),
    FIELD(struct sheet_row, tickets, "tickets"),
};
const struct shape analytics_sheet_row_shape = SHAPE(sheet_row, sheet_fields);

static const struct field film_name_fields[] = {
    FIELD(struct film_name, key, "key"),
    FIELD(struct film_name, title, "title", .nullable = true),
};
const struct shape analytics_film_name_shape = SHAPE(film_name, film_name_fields);

static const struct field line_fields[] = {
    FIELD(struct return_line, room_id, "roomId"),
    FIELD(struct return_line, room_name, "roomName", .nullable = true),
    FIELD(struct return_line, price, "price"),
    FIELD(struct return_line, admissions, "admissions"),
    FIELD(struct return_line, takings, "takings"),
};
const struct shape analytics_return_line_row_shape = SHAPE(return_line, line_fields);

void analytics_returns_make(const struct film_name *film, struct returns *out)
{
    out->title = film->title;
    out->admissions = 0;
    out->takings = (money){ 0 };
    for (size_t i = 0; i < out->lines.count; i++) {
        const struct return_line *line = LIST_AT(&out->lines, struct return_line, i);
        out->admissions += line->admissions;
        out->takings.cents += line->takings.cents;
    }
}

static const struct field sales_fields[] = {
    FIELD(struct sales_row, moment, "moment"),
    FIELD(struct sales_row, refund, "refund"),
    FIELD(struct sales_row, id, "id"),
    FIELD(struct sales_row, schedule_id, "scheduleId"),
    FIELD(struct sales_row, movie_id, "movieId", .nullable = true),
    FIELD(struct sales_row, title, "title", .nullable = true),
    FIELD(struct sales_row, method, "method", .nullable = true),
    FIELD(struct sales_row, tickets, "tickets"),
    FIELD(struct sales_row, cents, "cents"),
};
const struct shape analytics_sales_row_shape = SHAPE(sales_row, sales_fields);
