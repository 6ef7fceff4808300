/* store_postgres_checkins.c - who came in by which ticket, on PostgreSQL. */
#include "lib/json/read.h"
#include "services/reservations/store_postgres.h"

struct checkin_args {
    int64_t reservation_id, seat_id, schedule_id;
    str place;
    instant at;
    str scope, key, body_hash;
};
static const struct field args_fields[] = {
    FIELD(struct checkin_args, reservation_id, "reservation_id"),
    FIELD(struct checkin_args, seat_id, "seat_id"),
    FIELD(struct checkin_args, schedule_id, "schedule_id"),
    FIELD(struct checkin_args, place, "place"),
    FIELD(struct checkin_args, at, "at", .form = TIME_Z_MS, .nullable = true),
    FIELD(struct checkin_args, scope, "scope", .nullable = true),
    FIELD(struct checkin_args, key, "key", .nullable = true),
    FIELD(struct checkin_args, body_hash, "body_hash", .nullable = true),
};
static const struct shape args_shape = SHAPE(checkin_args, args_fields);

#define CHECKINS                                                                                   \
    "SELECT c.id, c.reservation_id, c.seat_id, c.schedule_id, c.checked_in_at, c.recorded_at, c.place, r.movie_id, "      \
    "s.row_number, s.seat_number, s.ticket_type FROM checkins c JOIN reservations r ON r.id = c.reservation_id "          \
    "JOIN reserved_seats s ON s.reservation_id = c.reservation_id AND s.seat_id = c.seat_id "

static const fault *checkin_refused(arena *a, const struct pg_answer *answer, const fault *problem)
{
    struct checkin was = { 0 };
    if (str_equal(answer->code, STR("ticket_unknown")))
        return ticket_unknown(a);
    if (str_equal(answer->code, STR("ticket_cancelled")))
        return ticket_cancelled(a);
    if (str_equal(answer->code, STR("not_confirmed")))
        return not_confirmed(a);
    if (!str_equal(answer->code, STR("already_in")))
        return problem;
    TRY(json_restore(a, answer->answer, &checkin_fact_shape, &was));
    return already_in(a, &was);
}

/* The fact has the row alone: of which seat it is, the sale says. */
static const fault *checkin_told(struct store *store, arena *a, str fact, struct checkin *out)
{
    struct checkin made = { 0 };
    bool found;
    TRY(json_restore(a, fact, &checkin_fact_shape, &made));
    TRY(pg_one(KEYS(store), a, &checkin_shape, out, &found, CHECKINS "WHERE c.id = $1 ORDER BY s.id LIMIT 1", PG_BIND(pg_int(made.id))));
    return found ? NULL : ticket_unknown(a);
}

static const fault *checkin(struct store *store, arena *a, const struct checkin_order *want, const struct once *once,
                            struct checkin *out)
{
    struct checkin_args args = { .reservation_id = want->reservation_id,
                                 .seat_id = want->seat_id,
                                 .schedule_id = want->schedule_id,
                                 .place = want->place,
                                 .at = want->at,
                                 .scope = ONCE_SCOPE(once),
                                 .key = ONCE_KEY(once),
                                 .body_hash = ONCE_HASH(once) };
    struct pg_command command = { .act = "checkin", .shape = &args_shape, .args = &args, .events = "checkin." };
    struct pg_answer answer = { .code = { NULL, 0 } };
    const fault *problem = act_write(store, a, &command, &answer);
    if (problem)
        return checkin_refused(a, &answer, problem);
    return checkin_told(store, a, answer.answer, out);
}

/* --- reads --- */

static const fault *checkins_of(struct store *store, arena *a, int64_t reservation_id, list *out)
{
    return pg_list(KEYS(store), a, &checkin_shape, out, CHECKINS "WHERE c.reservation_id = $1 ORDER BY c.id",
                   PG_BIND(pg_int(reservation_id)));
}

static const fault *door_seats(struct store *store, arena *a, int64_t schedule_id, list *out)
{
    return pg_list(LISTS(store), a, &door_seat_shape, out,
                   "SELECT r.id AS reservation_id, s.seat_id, s.row_number, s.seat_number, s.ticket_type, r.status, "
                   "c.checked_in_at, c.place FROM reservations r JOIN reserved_seats s ON s.reservation_id = r.id "
                   "LEFT JOIN checkins c ON c.reservation_id = r.id AND c.seat_id = s.seat_id "
                   "WHERE r.schedule_id = $1 AND (r.status = 'CONFIRMED' OR (r.status = 'CANCELLED' AND r.confirmed_at IS NOT NULL)) "
                   "ORDER BY r.status = 'CANCELLED', r.id, s.id LIMIT $2",
                   PG_BIND(pg_int(schedule_id), pg_int(DOOR_SEATS_MAX)));
}

void postgres_checkins_fill(struct store *s)
{
    s->checkin = checkin;
    s->checkins_of = checkins_of;
    s->door_seats = door_seats;
}
