/* store_postgres_snapshot.c - today's state as facts, for whoever begins to follow this service. The database writes them by the
 * functions that write its log. */
#include "lib/feed/snapshot.h"
#include "services/reservations/store_postgres.h"

static const struct field row_fields[] = {
    FIELD(struct snapshot_row, key, "key"),
    FIELD(struct snapshot_row, subject, "subject"),
    FIELD(struct snapshot_row, fact, "fact"),
    FIELD(struct snapshot_row, type, "type", .nullable = true),
};
static const struct shape row_shape = SHAPE(snapshot_row, row_fields);

#define BY_ID(table, type)                                                                         \
    "SELECT id::text AS key, id::text AS subject, " table "_fact(id) AS fact, " type " AS type "   \
    "FROM " table "s WHERE id > $1 AND $2 ORDER BY id LIMIT $3"

static const fault *users_snapshot(struct store *store, arena *a, const struct snapshot_wish *want, list *rows)
{
    return pg_list(LISTS(store), a, &row_shape, rows, BY_ID("user", "CASE WHEN erased_at IS NOT NULL THEN 'user.erased' END"),
                   PG_BIND(pg_int(snapshot_after(want)), pg_bool(want->all), pg_int(want->limit)));
}

static const fault *payments_snapshot(struct store *store, arena *a, const struct snapshot_wish *want, list *rows)
{
    return pg_list(LISTS(store), a, &row_shape, rows, BY_ID("payment", "NULL::text"),
                   PG_BIND(pg_int(snapshot_after(want)), pg_bool(want->all), pg_int(want->limit)));
}

static const fault *checkins_snapshot(struct store *store, arena *a, const struct snapshot_wish *want, list *rows)
{
    return pg_list(LISTS(store), a, &row_shape, rows, BY_ID("checkin", "NULL::text"),
                   PG_BIND(pg_int(snapshot_after(want)), pg_bool(want->all), pg_int(want->limit)));
}

#define SALE "SELECT r.schedule_id || '.' || r.id AS key, r.id::text AS subject, reservation_fact(r.id) AS fact, NULL::text AS type FROM "
/* All by id, as they were written: whoever puts them into a table of his own writes at its end and not all over it. */
#define AFTER "$1 >= 0 AND r.id > $2 ORDER BY r.id LIMIT $3"
#define LIVE_AFTER "(s.schedule_id, r.id) > ($1, $2) ORDER BY s.schedule_id, r.id LIMIT $3"

static const fault *reservations_snapshot(struct store *store, arena *a, const struct snapshot_wish *want, list *rows)
{
    struct sale_place after = sale_place_read(want->after);
    const char *text = want->all ? SALE "reservations r WHERE " AFTER
                                 : SALE "showings s JOIN reservations r ON r.schedule_id = s.schedule_id "
                                        "WHERE (s.ends_at IS NULL OR s.ends_at > now() - interval '1 day') "
                                        "AND r.status IN ('PENDING', 'CONFIRMED') AND EXISTS (SELECT 1 FROM reserved_seats t "
                                        "JOIN seat_claims k ON k.schedule_id = r.schedule_id AND k.seat_id = t.seat_id "
                                        "AND k.reservation_id = r.id WHERE t.reservation_id = r.id) AND s.schedule_id >= $1 AND " LIVE_AFTER;
    return pg_list(LISTS(store), a, &row_shape, rows, text,
                   PG_BIND(pg_int(after.schedule_id), pg_int(after.id), pg_int(want->limit)));
}

void postgres_snapshot_fill(struct store *s)
{
    s->users_snapshot = users_snapshot;
    s->reservations_snapshot = reservations_snapshot;
    s->payments_snapshot = payments_snapshot;
    s->checkins_snapshot = checkins_snapshot;
}
