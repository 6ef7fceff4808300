/* store_mysql.c - the store of rooms on MySQL or MariaDB: opening it, its transactions, and its upkeep. */
#include "services/rooms/store_mysql.h"

#include "lib/base/random.h"

#define GOODBYE_BYTES_MAX ((size_t)256 * 1024)

static struct rooms_rows reader(struct store *store)
{
    return rooms_mysql_rows(my_reader(MYSQL_STORE_OF(store)->db), &store->rules);
}

static const fault *order_run(struct my *db, arena *a, void *arg)
{
    const struct rooms_order *order = arg;
    struct rooms_rows within = rooms_mysql_rows(db, order->rules);
    return order->act(&within, a, order->arg);
}

static const fault *act_write(struct store *store, arena *a, rooms_act *act, void *arg)
{
    struct rooms_order order = { &store->rules, act, arg };
    return my_write(MYSQL_STORE_OF(store)->db, a, order_run, &order);
}

static const struct rows_source rows = { .reader = reader, .write = act_write };

static const fault *feed_read(void *store, arena *a, int64_t after, int64_t limit,
                              struct event_page *out)
{
    return my_log_read(((struct mysql_store *)store)->db, a, after, limit, out);
}

static const fault *reader_passed(void *store, arena *a, str reader, int64_t position)
{
    return my_reader_passed(((struct mysql_store *)store)->db, a, reader, position);
}

static const fault *log_archive(void *store, arena *a, const struct archive_wish *want, struct archive_made *out)
{
    return my_log_archive(((struct mysql_store *)store)->db, a, want, out);
}

static int64_t position(const struct store *store)
{
    return my_position(((const struct mysql_store *)(const void *)store)->db);
}

static const fault *check(struct store *store, arena *a)
{
    return my_check(MYSQL_STORE_OF(store)->db, a);
}

static void metrics(struct store *store, struct buf *out)
{
    my_metrics(MYSQL_STORE_OF(store)->db, out);
}

/* Stopped sales that this replica did not end are the next one's to end, at once. */
static const fault *leave_act(struct my *db, arena *a, void *arg)
{
    const struct mysql_store *s = arg;
    return my_run(db, a, "UPDATE sales_stops SET begun_ms = 0 WHERE replica = ?",
                  MY_BIND(my_text(s->replica)));
}

static void store_close(struct store *store)
{
    struct mysql_store *s = MYSQL_STORE_OF(store);
    arena *a = arena_new(GOODBYE_BYTES_MAX);
    (void)!my_write(s->db, a, leave_act, s); /* else they find it by its age */
    arena_free(a);
    my_close(s->db);
}

/* --- opening --- */

static const fault *prepare(void *arg, struct my_store *db, arena *a)
{
    struct mysql_store *s = arg;
    s->db = db; /* my_open may not have returned yet */
    if (my_restore_runs(db)) /* it did not finish; it counts the instants itself */
        return NULL;
    TRY(rooms_mysql_adopt(&s->store, a));
    return rooms_showings_rezone(&s->store, a);
}

static void moved(void *arg, int64_t now_at)
{
    const struct mysql_store *s = arg;
    s->news.moved(s->news.arg, now_at);
}

static bool awaited(void *arg)
{
    const struct mysql_store *s = arg;
    return s->news.awaited(s->news.arg);
}

static void restarted(void *arg)
{
    const struct mysql_store *s = arg;
    if (s->news.restarted)
        s->news.restarted(s->news.arg);
}

const fault *rooms_mysql_open(arena *boot, struct store **out, str url,
                              const struct house_rules *rules, const struct store_news *news)
{
    struct mysql_store *s = NEW(boot, struct mysql_store);
    struct my_setup setup = { .service = "rooms",
                              .migrations = rooms_mysql_migrations,
                              .prepare = prepare,
                              .moved = moved,
                              .awaited = awaited,
                              .restarted = restarted,
                              .arg = s };
    TRY(my_address_read(boot, "ROOMS_DATABASE_URL", url, &setup.address));
    s->replica = random_hex(boot, 8);
    s->news = *news;
    s->store = (struct store){
        .rows = &rows,
        .rules = *rules,
        .feed_read = feed_read,
        .reader_passed = reader_passed,
        .log_archive = log_archive,
        .position = position,
        .check = check,
        .metrics = metrics,
        .close = store_close,
    };
    rooms_acts_fill(&s->store);
    rooms_mysql_stops_fill(&s->store);
    TRY(my_open(boot, &s->db, &setup));
    rooms_mysql_export_fill(s);
    *out = &s->store;
    return NULL;
}
