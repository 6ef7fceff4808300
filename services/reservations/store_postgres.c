/* store_postgres.c - the store of reservations on PostgreSQL: opening it, and its upkeep. */
#include "services/reservations/store_postgres.h"

#include <sodium.h>

#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/base/twin.h"
#include "services/reservations/store_tickets.h"
#include "services/reservations/store_postgres_sole.h"

/* --- getting ready --- */

static const fault *access_key_load(struct postgres_store *s, arena *a, struct pg_link *link)
{
    str hex;
    size_t bytes = 0;
    TRY(pg_ask(link, a, "SELECT value FROM secrets WHERE name = 'access_key'", &hex));
    s->access_key_known = false;
    if (!hex.at)
        return NULL; /* a restore has not brought it yet */
    if (sodium_hex2bin(s->access_key, sizeof s->access_key, hex.at, hex.len, NULL, &bytes, NULL) != 0 ||
        bytes != sizeof s->access_key)
        return fault_new(a, FAULT_INVALID, "store_unreadable", "The store's access key is damaged.");
    s->access_key_known = true;
    return NULL;
}

/* What an old database had that cannot be: kept, and told once. */
static const fault *findings_tell(arena *a, struct pg_link *link)
{
    str all, one;
    TRY(pg_ask(link, a,
               "WITH news AS (UPDATE adoption_findings SET told = true WHERE NOT told RETURNING id, kind, sentence) "
               "SELECT string_agg(kind || ': ' || sentence, chr(10) ORDER BY id) FROM news", &all));
    while (all.at && str_cut(&all, '\n', &one))
        log_line("warn", "adopted", "%.*s", STR_ARG(one));
    return NULL;
}

#ifdef TAQUILLA_TEST_TWINS
/* The race test's twin: what protects a seat is taken away, and the test must see seats sold twice. */
static const fault *unsafe_when_asked(arena *a, struct pg_link *link)
{
    str nothing;
    if (twin_lacks("positions")) /* each event's is the next of a sequence, whoever commits first */
        return pg_ask(link, a,
                      "CREATE SEQUENCE IF NOT EXISTS log_bare_seq;"
                      "CREATE OR REPLACE FUNCTION log_bare() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                      " NEW.position := nextval('log_bare_seq'); RETURN NEW; END $$;"
                      "CREATE OR REPLACE TRIGGER log_bare BEFORE INSERT ON log FOR EACH ROW EXECUTE FUNCTION log_bare()",
                      &nothing);
    if (!twin_lacks("claims"))
        return NULL;
    return pg_ask(link, a,
                  "ALTER TABLE seat_claims DROP CONSTRAINT IF EXISTS seat_claims_once;"
                  "ALTER TABLE log DROP CONSTRAINT IF EXISTS log_pkey;"
                  "CREATE INDEX IF NOT EXISTS seat_claims_twice ON seat_claims (schedule_id, seat_id);"
                  "CREATE INDEX IF NOT EXISTS log_twice ON log (position)", &nothing);
}
#else
static const fault *unsafe_when_asked(arena *a, struct pg_link *link)
{
    (void)a;
    (void)link;
    return NULL;
}
#endif

/* Open attempts of payments are not asked about at once, as the embedded store does: another replica may be waiting for that very
 * answer. Each carries the moment at which whoever waited has given up. */
static const fault *store_ready(void *arg, arena *a, struct pg_link *link)
{
    TRY(sole_ready(arg, a, link));
    TRY(access_key_load(arg, a, link));
    TRY(unsafe_when_asked(a, link));
    return findings_tell(a, link);
}

str postgres_access_code(struct store *store, arena *a, int64_t reservation_id)
{
    const struct postgres_store *s = POSTGRES_STORE(store);
    unsigned char code[16];
    if (!s->access_key_known)
        return random_hex(a, sizeof code);
    str subject = arena_printf(a, "reservation/%lld", (long long)reservation_id);
    crypto_generichash(code, sizeof code, (const unsigned char *)subject.at, subject.len, s->access_key,
                       sizeof s->access_key);
    char *hex = arena_take(a, 2 * sizeof code + 1);
    sodium_bin2hex(hex, 2 * sizeof code + 1, code, sizeof code);
    return (str){ hex, 2 * sizeof code };
}

static bool ticket_seed(struct store *store, unsigned char out[32])
{
    const struct postgres_store *s = POSTGRES_STORE(store);
    return s->access_key_known && store_ticket_seed(s->access_key, out);
}

/* --- upkeep --- */

/* Whether anything has run out is a read, so an idle cinema writes nothing. */
static const fault *sweep(struct store *store, arena *a, bool *more)
{
    int64_t due = 0;
    TRY(pg_number(KEYS(store), a, &due,
                  "SELECT count(*) FROM (SELECT 1 FROM reservations r WHERE status = 'PENDING' AND expires_at <= now() "
                  "AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.reservation_id = r.id AND p.payment_status = 'PENDING') "
                  "LIMIT 500) d",
                  PG_NO_BINDS));
    *more = due == 500;
    if (due == 0)
        return NULL;
    struct pg_answer answer;
    return act_write(store, a, &(struct pg_command){ .act = "sweep" }, &answer);
}

static const fault *keys_forget_old(struct store *store, arena *a)
{
    struct pg_answer answer;
    return act_write(store, a, &(struct pg_command){ .act = "keys_forget" }, &answer);
}

static const fault *feed_read(void *store, arena *a, int64_t after, int64_t limit, struct event_page *out)
{
    return postgres_log_read(POSTGRES_STORE(store)->db, a, after, limit, out);
}

static const fault *reader_passed(void *store, arena *a, str reader, int64_t position)
{
    return postgres_reader_passed(POSTGRES_STORE(store)->db, a, reader, position);
}

static const fault *log_archive(void *store, arena *a, const struct archive_wish *want, struct archive_made *out)
{
    return postgres_log_archive(POSTGRES_STORE(store)->db, a, want, out);
}

static int64_t position(struct store *store)
{
    return postgres_position(POSTGRES_STORE(store)->db);
}

static const fault *check(struct store *store, arena *a)
{
    return postgres_check(POSTGRES_STORE(store)->db, a);
}

static void metrics(struct store *store, struct buf *out)
{
    postgres_metrics(POSTGRES_STORE(store)->db, out);
    sole_metrics(POSTGRES_STORE(store), out);
}

static void store_close(struct store *store)
{
    sole_close(POSTGRES_STORE(store));
    postgres_close(POSTGRES_STORE(store)->db);
}

static void log_moved(void *arg, int64_t position)
{
    struct postgres_store *s = arg;
    sole_moved(s);
    if (s->moved)
        s->moved(s->moved_arg, position);
}

/* --- opening --- */

const fault *reservations_postgres_open(arena *boot, struct store **out, str url,
                                        void (*moved)(void *, int64_t position), void *arg)
{
    struct postgres_store *s = NEW(boot, struct postgres_store);
    s->moved = moved;
    s->moved_arg = arg;
    sole_open(s, boot);
    TRY(postgres_open(boot, &s->db,
                      &(struct postgres_setup){ .url = url,
                                                .service = "reservations",
                                                .migrations = reservations_postgres_migrations,
                                                .acts = "reservations_acts",
                                                .ready = store_ready,
                                                .ready_arg = s,
                                                .moved = log_moved,
                                                .arg = s,
                                                .lock_free = twin_lacks("claims") || twin_lacks("positions") }));
    TRY(sole_start(s, boot));
    s->store = (struct store){
        .access_code = postgres_access_code,
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
    postgres_users_fill(&s->store);
    postgres_import_fill(&s->store);
    postgres_reads_fill(&s->store);
    postgres_acts_fill(&s->store);
    postgres_payments_fill(&s->store);
    postgres_showings_fill(&s->store);
    postgres_checkins_fill(&s->store);
    postgres_snapshot_fill(&s->store);
    postgres_export_fill(s);
    *out = &s->store;
    return NULL;
}
