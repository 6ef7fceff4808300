/* store_sqlite.c - the embedded store of reservations: opening it, and its upkeep. */
#include "services/reservations/store_sqlite.h"

#include <sodium.h>

#include "lib/base/random.h"
#include "lib/base/twin.h"
#include "services/reservations/store_tickets.h"

/* --- the key of the access codes --- */

const fault *access_key_use(struct sql *db, arena *a, void *arg)
{
    struct sqlite_store *s = arg;
    struct bind fresh = sql_text(random_hex(a, 32));
    TRY(sql_run(db, a, "INSERT INTO secrets (name, value) VALUES ('access_key', ?1) ON CONFLICT DO NOTHING",
                BIND(fresh)));
    struct key_row {
        str value;
    } found = { { NULL, 0 } };
    static const struct field fields[] = { FIELD(struct key_row, value, "value") };
    static const struct shape shape = SHAPE(key_row, fields);
    bool present;
    TRY(sql_one(db, a, &shape, &found, &present, "SELECT value FROM secrets WHERE name = 'access_key'",
                NO_BINDS));
    size_t bytes = 0;
    if (sodium_hex2bin(s->access_key, sizeof s->access_key, found.value.at, found.value.len, NULL, &bytes, NULL) != 0 ||
        bytes != sizeof s->access_key)
        return fault_new(a, FAULT_INTERNAL, "store_unreadable", "The store's access key is damaged.");
    s->access_key_known = true;
    return NULL;
}

str access_code_of(const struct sqlite_store *s, arena *a, int64_t reservation_id)
{
    unsigned char code[16];
    str subject = arena_printf(a, "reservation/%lld", (long long)reservation_id);
    crypto_generichash(code, sizeof code, (const unsigned char *)subject.at, subject.len, s->access_key,
                       sizeof s->access_key);
    char *hex = arena_take(a, 2 * sizeof code + 1);
    sodium_bin2hex(hex, 2 * sizeof code + 1, code, sizeof code);
    return (str){ hex, 2 * sizeof code };
}

static str access_code(struct store *store, arena *a, int64_t reservation_id)
{
    return access_code_of(STORE_OF(store), a, reservation_id);
}

static bool ticket_seed(struct store *store, unsigned char out[32])
{
    const struct sqlite_store *s = STORE_OF(store);
    return s->access_key_known && store_ticket_seed(s->access_key, out);
}

/* --- upkeep --- */

/* Whether anything has run out is a read, so an idle cinema writes nothing. */
static const fault *due_now(struct sql *db, arena *a, instant now, ids *due)
{
    return sql_numbers(db, a, due,
                       "SELECT id FROM reservations r WHERE status = 'PENDING' AND expires_at <= ?1 "
                       "AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.reservation_id = r.id "
                       "AND p.payment_status = 'PENDING') ORDER BY expires_at LIMIT 500",
                       BIND(sql_instant(now)));
}

static const fault *sweep_act(struct sql *db, arena *a, void *arg)
{
    ids *due = arg;
    TRY(due_now(db, a, sql_now(db), due));
    return reservations_expire(db, a, due);
}

static const fault *sweep(struct store *store, arena *a, bool *more)
{
    struct sqlite_store *s = STORE_OF(store);
    ids due = { NULL, 0 };
    TRY(due_now(sqlite_reader(s->db), a, clock_now(), &due));
    *more = due.count == 500;
    if (due.count == 0)
        return NULL;
    return sqlite_write(s->db, a, sweep_act, &due);
}

static const fault *forget_act(struct sql *db, arena *a, void *arg)
{
    (void)arg;
    return sqlite_once_sweep(db, a);
}

static const fault *keys_forget_old(struct store *store, arena *a)
{
    return sqlite_write(STORE_OF(store)->db, a, forget_act, NULL);
}

static const fault *feed_read(void *store, arena *a, int64_t after, int64_t limit, struct event_page *out)
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

static int64_t position(struct store *store)
{
    return sqlite_position(STORE_OF(store)->db);
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

#ifdef TAQUILLA_TEST_TWINS
/* The race test's twin: what protects a seat is taken away, and the test must see seats sold twice. */
static const fault *unsafe_act(struct sql *db, arena *a, void *arg)
{
    (void)arg;
    TRY(sql_run(db, a, "DROP TABLE seat_claims", NO_BINDS));
    return sql_run(db, a,
                   "CREATE TABLE seat_claims (schedule_id INTEGER NOT NULL, seat_id INTEGER NOT NULL, "
                   "reservation_id INTEGER NOT NULL, held_until INTEGER)",
                   NO_BINDS);
}

static const fault *unsafe_when_asked(struct sqlite_store *s, arena *a)
{
    if (!twin_lacks("claims"))
        return NULL;
    s->claims_unsafe = true;
    return sqlite_write(s->db, a, unsafe_act, NULL);
}
#endif

const fault *reservations_sqlite_open(arena *boot, struct store **out, const char *directory,
                                      void (*moved)(void *, int64_t position), void *arg)
{
    struct sqlite_store *s = NEW(boot, struct sqlite_store);
    TRY(sqlite_open(boot, &s->db,
                    &(struct sqlite_setup){ .directory = directory,
                                            .file = "reservations.db",
                                            .service = "reservations",
                                            .migrations = reservations_migrations,
                                            .moved = moved,
                                            .arg = arg }));
    if (!sqlite_restore_runs(s->db)) { /* one that did not finish: nothing else is written */
        TRY(sqlite_write(s->db, boot, access_key_use, s));
        TRY(sqlite_write(s->db, boot, payments_orphaned, NULL));
    }
#ifdef TAQUILLA_TEST_TWINS
    TRY(unsafe_when_asked(s, boot));
#endif
    s->store = (struct store){
        .access_code = access_code,
        .ticket_seed = ticket_seed,
        .sweep = sweep,
        .keys_forget_old = keys_forget_old,
        .feed_read = feed_read,
        .reader_passed = reader_passed,
        .log_archive = log_archive,
        .position = position,
        .check = check,
        .metrics = metrics,
        .close = store_close,
    };
    store_users_fill(&s->store);
    store_user_import_fill(&s->store);
    store_reads_fill(&s->store);
    store_selling_fill(&s->store);
    store_ending_fill(&s->store);
    store_payments_fill(&s->store);
    store_showings_fill(&s->store);
    store_checkins_fill(&s->store);
    store_snapshot_fill(&s->store);
    store_export_fill(s);
    *out = &s->store;
    return NULL;
}
