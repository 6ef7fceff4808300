/* store_sqlite.c - the embedded store of rooms: opening it, its upkeep, and the sales stopped for a
 * change. */
#include "services/rooms/store_sqlite.h"

/* --- stopped sales --- */

struct stops_act {
    const ids *schedule_ids;
    const char *text;
};

static const fault *stops_act(struct sql *db, arena *a, void *arg)
{
    const struct stops_act *act = arg;
    return sql_run(db, a, act->text, BIND(sql_ids(a, act->schedule_ids)));
}

static const fault *stops_begin(struct store *store, arena *a, const ids *schedule_ids)
{
    struct stops_act act = {
        schedule_ids, "INSERT OR IGNORE INTO sales_stops (schedule_id) "
                      "SELECT id FROM schedules WHERE id IN (SELECT value FROM json_each(?1))"
    };
    return sqlite_write(STORE_OF(store)->db, a, stops_act, &act);
}

static const fault *stops_end(struct store *store, arena *a, const ids *schedule_ids)
{
    struct stops_act act = {
        schedule_ids,
        "DELETE FROM sales_stops WHERE schedule_id IN (SELECT value FROM json_each(?1))"
    };
    return sqlite_write(STORE_OF(store)->db, a, stops_act, &act);
}

static const struct field stopped_fields[] = {
    FIELD(struct stopped_sale, schedule_id, "scheduleId"),
    FIELD(struct stopped_sale, is_active, "isActive"),
};
static const struct shape stopped_shape = SHAPE(stopped_sale, stopped_fields);

static const fault *stops_list(struct store *store, arena *a, list *out)
{
    return sql_list(STORE_READER(store), a, &stopped_shape, out,
                    "SELECT t.schedule_id, s.is_active FROM sales_stops t JOIN schedules s ON s.id "
                    "= t.schedule_id "
                    "ORDER BY t.schedule_id",
                    NO_BINDS);
}

/* --- upkeep --- */

static const fault *sweep_act(struct sql *db, arena *a, void *arg)
{
    (void)arg;
    return sqlite_once_sweep(db, a);
}

static const fault *sweep(struct store *store, arena *a)
{
    return sqlite_write(STORE_OF(store)->db, a, sweep_act, NULL);
}

static const fault *feed_read(void *store, arena *a, int64_t after, int64_t limit,
                              struct event_page *out)
{
    return sqlite_log_read(((struct sqlite_store *)store)->db, a, after, limit, out);
}

static int64_t position(const struct store *store)
{
    return sqlite_position(((const struct sqlite_store *)(const void *)store)->db);
}

static const fault *check(struct store *store, arena *a)
{
    return sqlite_check(STORE_OF(store)->db, a);
}

static void metrics(struct store *store, struct buf *out)
{
    sqlite_metrics(STORE_OF(store)->db, out);
}

static void store_close(struct store *store)
{
    sqlite_close(STORE_OF(store)->db);
}

/* --- opening --- */

const fault *rooms_sqlite_open(arena *boot, struct store **out, const char *directory,
                               const struct house_rules *rules,
                               void (*moved)(void *arg, int64_t position), void *arg)
{
    struct sqlite_store *s = NEW(boot, struct sqlite_store);
    TRY(sqlite_open(boot, &s->db,
                    &(struct sqlite_setup){ .directory = directory,
                                            .file = "rooms.db",
                                            .service = "rooms",
                                            .migrations = rooms_migrations,
                                            .moved = moved,
                                            .arg = arg }));
    s->store = (struct store){
        .rules = *rules,
        .stops_begin = stops_begin,
        .stops_list = stops_list,
        .stops_end = stops_end,
        .sweep = sweep,
        .feed_read = feed_read,
        .position = position,
        .check = check,
        .metrics = metrics,
        .close = store_close,
    };
    rooms_store_rooms_fill(&s->store);
    rooms_store_seats_fill(&s->store);
    rooms_store_showings_fill(&s->store);
    rooms_store_program_fill(&s->store);
    rooms_store_export_fill(s);
    rooms_store_import_fill(&s->store);
    *out = &s->store;
    if (sqlite_restore_runs(s->db)) /* it did not finish; it counts the instants itself */
        return NULL;
    return rooms_showings_rezone(s, boot);
}
