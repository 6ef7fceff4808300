/* store_sqlite_replayer.c - a store made from a backup, brought on by the events after it: sales as they are made anew anywhere, users
 * as far as the log knows them, showings as rooms tells them. */
#include "services/reservations/replay.h"

#include "lib/json/read.h"
#include "services/reservations/store_sqlite.h"

/* --- users --- */

static const fault *user_take(struct sql *db, arena *a, const struct event *e)
{
    struct user about = { 0 };
    TRY(json_restore(a, e->data, &user_fact_shape, &about));
    if (str_equal(e->type, STR("user.erased")))
        return sql_run(db, a,
                       "UPDATE users SET email = NULL, email_key = NULL, name = NULL, phone = NULL, updated_at = ?2, "
                       "erased_at = ?2 WHERE id = ?1 AND erased_at IS NULL",
                       BIND(sql_int(about.id), sql_instant(e->time)));
    return sql_run(db, a,
                   "INSERT INTO users (id, created_at, updated_at) VALUES (?1, ?2, ?3) "
                   "ON CONFLICT (id) DO UPDATE SET updated_at = excluded.updated_at",
                   BIND(sql_int(about.id), sql_instant(about.created_at), sql_instant(about.updated_at)));
}

/* --- sales --- */

/* Its times come by reservations_replayer_hear. */
static const fault *showing_note(struct sql *db, arena *a, const struct event *e)
{
    struct reservation about = { 0 };
    TRY(json_restore(a, e->data, &reservation_fact_shape, &about));
    return sql_run(db, a,
                   "INSERT INTO showings (schedule_id, movie_id) VALUES (?1, ?2) ON CONFLICT (schedule_id) "
                   "DO UPDATE SET movie_id = excluded.movie_id",
                   BIND(sql_int(about.schedule_id), sql_text(about.movie_id)));
}

/* Whoever settled it kept the answer under its key, and such answers are not in a backup. */
static const fault *keys_forget(struct sql *db, arena *a, const struct event *e)
{
    struct payment about = { 0 };
    TRY(json_restore(a, e->data, &payment_fact_shape, &about));
    if (about.status == PAYMENT_PENDING)
        return NULL;
    return sql_run(db, a, "DELETE FROM payment_keys WHERE payment_id = ?1", BIND(sql_int(about.id)));
}

static const fault *events_replay(struct sql *db, arena *a, void *arg)
{
    const list *events = arg;
    for (size_t i = 0; i < events->count; i++) {
        const struct event *e = LIST_AT(events, struct event, i);
        TRY(sqlite_log_take(db, a, e));
        if (str_starts(e->type, STR("user.")))
            TRY(user_take(db, a, e));
        else
            TRY(sale_replay(db, a, e));
        if (str_equal(e->type, STR("reservation.made")))
            TRY(showing_note(db, a, e));
        else if (str_starts(e->type, STR("payment.")))
            TRY(keys_forget(db, a, e));
    }
    return NULL;
}

static const fault *events_take(void *store, arena *a, const list *events)
{
    list wanted = *events;
    return sqlite_write(STORE_OF(store)->db, a, events_replay, &wanted);
}

/* --- showings --- */

struct told {
    int64_t id, room_id;
    instant starts_at, ends_at;
    bool is_active;
};
static const struct field told_fields[] = {
    FIELD(struct told, id, "id"),
    FIELD(struct told, room_id, "room_id"),
    FIELD(struct told, starts_at, "startsAt"),
    FIELD(struct told, ends_at, "endsAt"),
    FIELD(struct told, is_active, "is_active"),
};
static const struct shape told_shape = SHAPE(told, told_fields);

/* One that is closed is not sold, whether a seat of it ever was or not. */
static const fault *showing_hear(struct sql *db, arena *a, const struct event *e)
{
    struct told about = { 0 };
    TRY(json_restore(a, e->data, &told_shape, &about));
    TRY(sql_run(db, a,
                "UPDATE showings SET room_id = ?2, starts_at = ?3, ends_at = ?4 WHERE schedule_id = ?1 AND movie_id <> ''",
                BIND(sql_int(about.id), sql_int(about.room_id), sql_instant(about.starts_at), sql_instant(about.ends_at))));
    if (about.is_active)
        return sql_run(db, a, "UPDATE showings SET sales_stopped = 0 WHERE schedule_id = ?1", BIND(sql_int(about.id)));
    return sql_run(db, a,
                   "INSERT INTO showings (schedule_id, movie_id, sales_stopped) VALUES (?1, '', 1) ON CONFLICT (schedule_id) "
                   "DO UPDATE SET sales_stopped = 1",
                   BIND(sql_int(about.id)));
}

static const fault *events_hear(struct sql *db, arena *a, void *arg)
{
    const list *events = arg;
    for (size_t i = 0; i < events->count; i++)
        TRY(showing_hear(db, a, LIST_AT(events, struct event, i)));
    return NULL;
}

const fault *reservations_replayer_hear(const struct replayer *r, arena *a, const list *events)
{
    list wanted = *events;
    return sqlite_write(STORE_OF(r->store)->db, a, events_hear, &wanted);
}

const fault *reservations_replayer_knows(const struct replayer *r, arena *a, int64_t user_id, bool *known)
{
    int64_t found = 0;
    TRY(sql_number(sqlite_reader(STORE_OF(r->store)->db), a, &found,
                   "SELECT count(*) FROM users WHERE id = ?1 AND erased_at IS NULL", BIND(sql_int(user_id))));
    *known = found > 0;
    return NULL;
}

/* --- open --- */

static void store_close(void *store)
{
    struct store *s = store;
    s->close(s);
}

static void nobody_waits(void *arg, int64_t position)
{
    (void)arg, (void)position;
}

const fault *reservations_replayer_open(arena *boot, struct replayer *out, const char *directory)
{
    struct store *s;
    TRY(reservations_sqlite_open(boot, &s, directory, nobody_waits, NULL));
    *out = (struct replayer){ .store = s, .exporter = s->exporter, .take = events_take, .close = store_close };
    return NULL;
}
