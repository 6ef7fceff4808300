/* store_sqlite_snapshot.c - today's state as facts, for whoever begins to follow this service. */
#include <stdlib.h>

#include "lib/feed/snapshot.h"
#include "services/reservations/store_sqlite.h"

#define LIVE_MS ((int64_t)24 * 3600 * 1000)

static const fault *users_snapshot(struct store *store, arena *a, const struct snapshot_wish *want, list *rows)
{
    list found;
    TRY(sql_list(sqlite_reader(STORE_OF(store)->db), a, &user_fact_shape, &found,
                 "SELECT id, created_at, updated_at FROM users WHERE id > ?1 AND ?2 ORDER BY id LIMIT ?3",
                 BIND(sql_int(snapshot_after(want)), sql_bool(want->all), sql_int(want->limit))));
    *rows = snapshot_rows_of(a, &found, &user_fact_shape, offsetof(struct user, id));
    ids erased;
    TRY(sql_numbers(sqlite_reader(STORE_OF(store)->db), a, &erased,
                    "SELECT id FROM users WHERE id > ?1 AND erased_at IS NOT NULL AND ?2 ORDER BY id LIMIT ?3",
                    BIND(sql_int(snapshot_after(want)), sql_bool(want->all), sql_int(want->limit))));
    for (size_t i = 0; i < found.count; i++)
        if (ids_contain_sorted(&erased, LIST_AT(&found, struct user, i)->id))
            LIST_AT(rows, struct snapshot_row, i)->type = STR("user.erased");
    return NULL;
}

/* All by id, as they were written: whoever puts them into a table of his own writes at its end and not all over it. Live ones by
 * showing; of two names for its number the one whose index leads, else SQLite sorts all that is left for each page. */
#define AFTER "r.id > ?1 ORDER BY r.id LIMIT ?2"
#define LIVE_AFTER "(s.schedule_id, r.id) > (?1, ?2) ORDER BY s.schedule_id, r.id LIMIT ?3"

static int by_id(const void *left, const void *right)
{
    int64_t a = ((const struct reservation *)left)->id, b = ((const struct reservation *)right)->id;
    return (a > b) - (a < b);
}

static int by_showing(const void *left, const void *right)
{
    int64_t a = ((const struct reservation *)left)->schedule_id, b = ((const struct reservation *)right)->schedule_id;
    return a != b ? (a > b) - (a < b) : by_id(left, right);
}

/* The parts of reservations are looked for in the order of their ids, and pages of live ones go by showing. */
static const fault *parts_fill(struct sql *db, arena *a, list *found)
{
    if (found->count == 0)
        return NULL;
    qsort(found->at, found->count, sizeof(struct reservation), by_id);
    TRY(reservations_seats_fill(db, a, found));
    qsort(found->at, found->count, sizeof(struct reservation), by_showing);
    return NULL;
}

static const fault *reservations_snapshot(struct store *store, arena *a, const struct snapshot_wish *want, list *rows)
{
    struct sql *db = sqlite_reader(STORE_OF(store)->db);
    struct sale_place after = sale_place_read(want->after);
    list found;
    if (want->all)
        TRY(sql_list(db, a, &reservation_row_shape, &found,
                     "SELECT " RESERVATION_COLUMNS " FROM reservations r WHERE " AFTER,
                     BIND(sql_int(after.id), sql_int(want->limit))));
    else /* CROSS: from showings to their reservations, never the other way round */
        TRY(sql_list(db, a, &reservation_row_shape, &found,
                     "SELECT " RESERVATION_COLUMNS " FROM showings s CROSS JOIN reservations r ON r.schedule_id = s.schedule_id "
                     "WHERE s.schedule_id >= ?1 AND (s.ends_at IS NULL OR s.ends_at > ?4) "
                     "AND r.status IN ('PENDING', 'CONFIRMED') AND EXISTS (SELECT 1 FROM reserved_seats t "
                     "JOIN seat_claims k ON k.schedule_id = r.schedule_id AND k.seat_id = t.seat_id AND k.reservation_id = r.id "
                     "WHERE t.reservation_id = r.id) AND " LIVE_AFTER,
                     BIND(sql_int(after.schedule_id), sql_int(after.id), sql_int(want->limit),
                          sql_int(clock_now().ms - LIVE_MS))));
    TRY(want->all ? reservations_seats_fill(db, a, &found) : parts_fill(db, a, &found));
    *rows = snapshot_rows_of(a, &found, &reservation_fact_shape, offsetof(struct reservation, id));
    for (size_t i = 0; i < found.count; i++)
        LIST_AT(rows, struct snapshot_row, i)->key = sale_place_text(a, LIST_AT(&found, struct reservation, i));
    return NULL;
}

static const fault *payments_snapshot(struct store *store, arena *a, const struct snapshot_wish *want, list *rows)
{
    list found;
    TRY(sql_list(sqlite_reader(STORE_OF(store)->db), a, &payment_fact_shape, &found,
                 "SELECT " PAYMENT_COLUMNS " FROM payments WHERE id > ?1 AND ?2 ORDER BY id LIMIT ?3",
                 BIND(sql_int(snapshot_after(want)), sql_bool(want->all), sql_int(want->limit))));
    *rows = snapshot_rows_of(a, &found, &payment_fact_shape, offsetof(struct payment, id));
    return NULL;
}

static const fault *checkins_snapshot(struct store *store, arena *a, const struct snapshot_wish *want, list *rows)
{
    list found;
    TRY(sql_list(sqlite_reader(STORE_OF(store)->db), a, &checkin_fact_shape, &found,
                 "SELECT id, reservation_id, seat_id, schedule_id, checked_in_at, recorded_at, place FROM checkins "
                 "WHERE id > ?1 AND ?2 ORDER BY id LIMIT ?3",
                 BIND(sql_int(snapshot_after(want)), sql_bool(want->all), sql_int(want->limit))));
    *rows = snapshot_rows_of(a, &found, &checkin_fact_shape, offsetof(struct checkin, id));
    return NULL;
}

void store_snapshot_fill(struct store *s)
{
    s->users_snapshot = users_snapshot;
    s->reservations_snapshot = reservations_snapshot;
    s->payments_snapshot = payments_snapshot;
    s->checkins_snapshot = checkins_snapshot;
}
