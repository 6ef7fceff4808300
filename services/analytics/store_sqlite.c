/* store_sqlite.c - the embedded store of analytics: opening it, and what it is told, a page a transaction. */
#include "services/analytics/store_sqlite.h"

/* --- what holds for all of it --- */

struct figures_row {
    int64_t today, day_starts;
    str zone;
};
static const struct field figures_fields[] = {
    FIELD(struct figures_row, today, "today"),
    FIELD(struct figures_row, day_starts, "dayStarts"),
    FIELD(struct figures_row, zone, "zone"),
};
static const struct shape figures_shape = SHAPE(figures_row, figures_fields);

static const fault *figures_row(struct sql *db, arena *a, struct figures_row *out, bool *found)
{
    return sql_one(db, a, &figures_shape, out, found, "SELECT today, day_starts, zone FROM figures", NO_BINDS);
}

/* Every act begins with it: the days that have left the windows since, and one moment more. */
static const fault *today_begin(struct sql *db, arena *a, int32_t today)
{
    struct figures_row row = { .today = today };
    bool found;
    TRY(figures_row(db, a, &row, &found));
    TRY(sql_run(db, a, "UPDATE figures SET moment = moment + 1, today = ?1", BIND(sql_int(today))));
    return row.today == today ? NULL : windows_move(db, a, (int32_t)row.today, today);
}

/* --- what owners tell --- */

struct left_row {
    int64_t position;
    bool whole;
};
static const struct field left_fields[] = {
    FIELD(struct left_row, position, "position"),
    FIELD(struct left_row, whole, "whole"),
};
static const struct shape left_shape = SHAPE(left_row, left_fields);

static const fault *feed_left(struct store *store, arena *a, enum owner_name owner, struct feed_left *out)
{
    struct left_row row = { 0 };
    bool found;
    TRY(sql_one(sqlite_reader(STORE_OF(store)->db), a, &left_shape, &row, &found,
                "SELECT position, whole FROM feeds WHERE owner = ?1", BIND(sql_int(owner))));
    *out = (struct feed_left){ row.position, row.whole };
    return NULL;
}

static const fault *feed_leave(struct sql *db, arena *a, enum owner_name owner, int64_t position, bool whole)
{
    return sql_run(db, a,
                   "INSERT INTO feeds (owner, position, whole) VALUES (?1, ?2, ?3) "
                   "ON CONFLICT DO UPDATE SET position = excluded.position, whole = excluded.whole",
                   BIND(sql_int(owner), sql_int(position), sql_bool(whole)));
}

struct begin_act {
    enum owner_name owner;
    int32_t today;
};

static const fault *begin_act(struct sql *db, arena *a, void *arg)
{
    const struct begin_act *act = arg;
    TRY(facts_forget(db, a, act->owner));
    TRY(today_begin(db, a, act->today));
    return feed_leave(db, a, act->owner, 0, false);
}

static const fault *begin(struct store *store, arena *a, enum owner_name owner, int32_t today)
{
    struct begin_act act = { owner, today };
    TRY(sqlite_write(STORE_OF(store)->db, a, begin_act, &act));
    STORE_OF(store)->today = today;
    return NULL;
}

struct take_act {
    struct told *page;
    struct house_clock clock;
};

static const fault *take_act(struct sql *db, arena *a, void *arg)
{
    struct take_act *act = arg;
    struct cells counted = { .in = a };
    TRY(today_begin(db, a, act->clock.today));
    for (size_t i = 0; i < act->page->events.count; i++) {
        bool read = true;
        TRY(fact_take(db, &counted, act->page->owner, LIST_AT(&act->page->events, struct event, i), &act->clock, &read));
        act->page->unread += !read;
    }
    TRY(cells_keep(db, &counted, act->clock.today));
    return feed_leave(db, a, act->page->owner, act->page->position, act->page->whole);
}

static const fault *take(struct store *store, arena *a, struct told *page, int32_t today)
{
    struct sqlite_store *s = STORE_OF(store);
    struct take_act act = { page, { today, s->day_starts_s } };
    TRY(sqlite_write(s->db, a, take_act, &act));
    s->today = today;
    return NULL;
}

static const fault *come_act(struct sql *db, arena *a, void *arg)
{
    return today_begin(db, a, *(const int32_t *)arg);
}

static const fault *come_to(struct store *store, arena *a, int32_t today)
{
    struct sqlite_store *s = STORE_OF(store);
    if (s->today == today)
        return NULL;
    TRY(sqlite_write(s->db, a, come_act, &today));
    s->today = today;
    return NULL;
}

/* --- life --- */

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

struct open_act {
    str zone;
    int32_t day_starts_s, today;
};

static const fault *open_act(struct sql *db, arena *a, void *arg)
{
    const struct open_act *act = arg;
    struct figures_row row = { .today = act->today };
    bool found;
    TRY(figures_row(db, a, &row, &found));
    if (found && str_equal(row.zone, act->zone) && row.day_starts == act->day_starts_s)
        return today_begin(db, a, act->today);
    for (enum owner_name owner = MOVIES; owner < OWNER_COUNT; owner++) {
        TRY(facts_forget(db, a, owner));
        TRY(feed_leave(db, a, owner, 0, false));
    }
    TRY(sql_run(db, a, "DELETE FROM figures", NO_BINDS));
    return sql_run(db, a,
                   "INSERT INTO figures (id, zone, day_starts, today, alive, moment) VALUES (1, ?1, ?2, ?3, 0, 1)",
                   BIND(sql_text(act->zone), sql_int(act->day_starts_s), sql_int(act->today)));
}

const fault *analytics_sqlite_open(arena *boot, struct store **out, const char *directory, str zone,
                                   int32_t day_starts_s)
{
    struct sqlite_store *s = NEW(boot, struct sqlite_store);
    struct open_act act = { zone.at ? zone : STR(""), day_starts_s, (int32_t)day_of(clock_wall_now()).days };
    TRY(sqlite_open(boot, &s->db, &(struct sqlite_setup){ .directory = directory, .file = "analytics.db",
                                                          .service = "analytics", .migrations = analytics_migrations }));
    s->day_starts_s = day_starts_s;
    s->store = (struct store){ .feed_left = feed_left, .begin = begin, .take = take, .come_to = come_to, .check = check,
                               .metrics = metrics, .close = store_close };
    analytics_figures_fill(&s->store);
    analytics_sheets_fill(&s->store);
    *out = &s->store; /* it is closed by who has it, also when the rest fails */
    TRY(sqlite_write(s->db, boot, open_act, &act));
    s->today = act.today;
    return NULL;
}
