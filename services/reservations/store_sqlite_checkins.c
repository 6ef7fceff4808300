/* store_sqlite_checkins.c - who came in by which ticket: each seat once, the row's own key being the judge. */
#include "lib/base/twin.h"
#include "services/reservations/store_sqlite.h"

#define CHECKINS                                                                                   \
    "SELECT c.id, c.reservation_id, c.seat_id, c.schedule_id, c.checked_in_at, c.recorded_at, c.place, r.movie_id, "      \
    "s.row_number, s.seat_number, s.ticket_type FROM checkins c JOIN reservations r ON r.id = c.reservation_id "          \
    "JOIN reserved_seats s ON s.reservation_id = c.reservation_id AND s.seat_id = c.seat_id WHERE c.reservation_id = ?1 "

const fault *checkins_there(struct sql *db, arena *a, int64_t reservation_id, bool *any)
{
    int64_t count = 0;
    TRY(sql_number(db, a, &count, "SELECT count(*) FROM checkins WHERE reservation_id = ?1", BIND(sql_int(reservation_id))));
    *any = count > 0;
    return NULL;
}

static const fault *checkin_find(struct sql *db, arena *a, const struct checkin_order *want, struct checkin *out, bool *found)
{
    return sql_one(db, a, &checkin_shape, out, found, CHECKINS "AND c.seat_id = ?2 ORDER BY s.id LIMIT 1",
                   BIND(sql_int(want->reservation_id), sql_int(want->seat_id)));
}

/* --- the act --- */

struct checkin_act {
    const struct checkin_order *want;
    const struct once *once;
    bool looked; /* test twins only: somebody looked before the act, and nobody looks again */
    struct checkin made;
};

struct sold {
    unsigned status;
    int64_t schedule_id, claimed_by; /* 0: nobody has the seat */
};
static const struct field sold_fields[] = {
    FIELD(struct sold, status, "status", .choices = reservation_statuses),
    FIELD(struct sold, schedule_id, "schedule_id"),
    FIELD(struct sold, claimed_by, "claimed_by"),
};
static const struct shape sold_shape = SHAPE(sold, sold_fields);

/* Does the ticket stand? A deleted reservation was cancelled. */
static const fault *ticket_judge(struct sql *db, arena *a, const struct checkin_order *want)
{
    struct sold sold;
    bool found;
    TRY(sql_one(db, a, &sold_shape, &sold, &found,
                "SELECT r.status, r.schedule_id, coalesce(k.reservation_id, 0) AS claimed_by FROM reservations r "
                "JOIN reserved_seats s ON s.reservation_id = r.id AND s.seat_id = ?2 "
                "LEFT JOIN seat_claims k ON k.schedule_id = r.schedule_id AND k.seat_id = s.seat_id WHERE r.id = ?1",
                BIND(sql_int(want->reservation_id), sql_int(want->seat_id))));
    if (!found || sold.schedule_id != want->schedule_id)
        return ticket_unknown(a);
    if (sold.status == RESERVATION_CANCELLED)
        return ticket_cancelled(a);
    if (sold.status != RESERVATION_CONFIRMED)
        return not_confirmed(a);
    if (sold.claimed_by != want->reservation_id)
        return seats_taken(a, (ids){ &(int64_t){ want->seat_id }, 1 });
    return NULL;
}

static const fault *not_in_yet(struct sql *db, arena *a, const struct checkin_order *want)
{
    struct checkin was;
    bool found;
    TRY(checkin_find(db, a, want, &was, &found));
    return found ? already_in(a, &was) : NULL;
}

static const fault *checkin_act(struct sql *db, arena *a, void *arg)
{
    struct checkin_act *act = arg;
    const struct checkin_order *want = act->want;
    instant now = sql_now(db);
    bool seen = false;
    TRY(sqlite_once_recall(db, a, act->once, &checkin_shape, &act->made, &seen));
    if (seen)
        return NULL;
    TRY(ticket_judge(db, a, want));
    if (!act->looked)
        TRY(not_in_yet(db, a, want));
    TRY(sql_run(db, a,
                act->looked ? "INSERT OR REPLACE INTO checkins (reservation_id, seat_id, schedule_id, checked_in_at, recorded_at, place) "
                              "VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
                            : "INSERT INTO checkins (reservation_id, seat_id, schedule_id, checked_in_at, recorded_at, place) "
                              "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                BIND(sql_int(want->reservation_id), sql_int(want->seat_id), sql_int(want->schedule_id),
                     sql_instant(want->at.ms == TIME_NONE || want->at.ms > now.ms ? now : want->at), sql_instant(now),
                     sql_text(want->place))));
    bool found;
    TRY(checkin_find(db, a, want, &act->made, &found));
    TRY(sqlite_log(db, a, "checkin.made", arena_printf(a, "%lld", (long long)act->made.id), &checkin_fact_shape, &act->made, NULL));
    return sqlite_once_keep(db, a, act->once, &checkin_shape, &act->made, 0);
}

static const fault *checkin(struct store *store, arena *a, const struct checkin_order *want, const struct once *once,
                            struct checkin *out)
{
    struct sqlite *db = STORE_OF(store)->db;
    struct checkin_act act = { .want = want, .once = once, .looked = twin_lacks("checkins") };
    if (act.looked)
        TRY(not_in_yet(sqlite_reader(db), a, want));
    TRY(sqlite_write(db, a, checkin_act, &act));
    *out = act.made;
    return NULL;
}

/* --- reads --- */

static const fault *checkins_of(struct store *store, arena *a, int64_t reservation_id, list *out)
{
    return sql_list(sqlite_reader(STORE_OF(store)->db), a, &checkin_shape, out, CHECKINS "ORDER BY c.id",
                    BIND(sql_int(reservation_id)));
}

static const fault *door_seats(struct store *store, arena *a, int64_t schedule_id, list *out)
{
    return sql_list(sqlite_reader(STORE_OF(store)->db), a, &door_seat_shape, out,
                    "SELECT r.id AS reservation_id, s.seat_id, s.row_number, s.seat_number, s.ticket_type, r.status, "
                    "c.checked_in_at, c.place FROM reservations r JOIN reserved_seats s ON s.reservation_id = r.id "
                    "LEFT JOIN checkins c ON c.reservation_id = r.id AND c.seat_id = s.seat_id "
                    "WHERE r.schedule_id = ?1 AND (r.status = 'CONFIRMED' OR (r.status = 'CANCELLED' AND r.confirmed_at IS NOT NULL)) "
                    "ORDER BY r.status = 'CANCELLED', r.id, s.id LIMIT ?2",
                    BIND(sql_int(schedule_id), sql_int(DOOR_SEATS_MAX)));
}

void store_checkins_fill(struct store *s)
{
    s->checkin = checkin;
    s->checkins_of = checkins_of;
    s->door_seats = door_seats;
}
