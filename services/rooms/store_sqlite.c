/* store_sqlite.c - the embedded store of rooms: opening it, its transactions, its upkeep, and the sales stopped for a
 * change. */
#include "services/rooms/store_sqlite.h"

#define REZONE_BYTES_MAX ((size_t)1 << 30)

/* --- acts --- */

static struct rooms_rows reader(struct store *store)
{
    return rooms_sqlite_rows(sqlite_reader(STORE_OF(store)->db), &store->rules);
}

static const fault *order_run(struct sql *db, arena *a, void *arg)
{
    const struct rooms_order *order = arg;
    struct rooms_rows within = rooms_sqlite_rows(db, order->rules);
    return order->act(&within, a, order->arg);
}

static const fault *act_write(struct store *store, arena *a, rooms_act *act, void *arg)
{
    struct rooms_order order = { &store->rules, act, arg };
    return sqlite_write(STORE_OF(store)->db, a, order_run, &order);
}

static const struct rows_source rows = { .reader = reader, .write = act_write };

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

static const fault *stops_list(struct store *store, arena *a, list *out)
{
    return sql_list(sqlite_reader(STORE_OF(store)->db), a, &rooms_stopped_shape, out,
                    "SELECT t.schedule_id, s.is_active FROM sales_stops t JOIN schedules s ON s.id "
                    "= t.schedule_id "
                    "ORDER BY t.schedule_id",
                    NO_BINDS);
}

/* --- upkeep --- */

static const fault *feed_read(void *store, arena *a, int64_t after, int64_t limit,
                              struct event_page *out)
{
    return sqlite_log_read(((struct sqlite_store *)store)->db, a, after, limit, out);
}

static const fault *reader_passed(void *store, arena *a, str reader, int64_t position)
{
    return sqlite_reader_passed(((struct sqlite_store *)store)->db, a, reader, position);
}

static const fault *log_archive(void *store, arena *a, const struct archive_wish *want, struct archive_made *out)
{
    return sqlite_log_archive(((struct sqlite_store *)store)->db, a, want, out);
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

static const fault *rezone(struct store *store, arena *boot)
{
    arena *own = arena_new(REZONE_BYTES_MAX);
    const fault *problem = rooms_showings_rezone(store, own), *kept = NULL;
    if (problem)
        kept = fault_internal(boot, problem->kind, problem->code,
                              "The showings could not be moved to the house's time zone.", "%.*s",
                              STR_ARG(problem->internal));
    arena_free(own);
    return kept;
}

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
        .rows = &rows,
        .rules = *rules,
        .stops_begin = stops_begin,
        .stops_list = stops_list,
        .stops_end = stops_end,
        .feed_read = feed_read,
        .reader_passed = reader_passed,
        .log_archive = log_archive,
        .position = position,
        .check = check,
        .metrics = metrics,
        .close = store_close,
    };
    rooms_acts_fill(&s->store);
    rooms_store_export_fill(s);
    *out = &s->store;
    if (sqlite_restore_runs(s->db)) /* it did not finish; it counts the instants itself */
        return NULL;
    return rezone(&s->store, boot);
}
