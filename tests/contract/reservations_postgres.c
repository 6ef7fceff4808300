/* reservations_postgres.c - the suite of the reservations' store on a PostgreSQL server, and what it alone promises. */
#include "tests/contract/reservations_store.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/feed/export.h"
#include "lib/loop/fiber.h"

static char databases[4][32];
static int count;

static str database_url(const char *name)
{
    const char *url = getenv("TAQUILLA_TEST_POSTGRES");
    if (!url)
        fail_msg("TAQUILLA_TEST_POSTGRES is not set: run this test by tests/harness/postgres.py");
    str base = str_of(url);
    while (base.at[base.len - 1] != '/')
        base.len--;
    return arena_printf(a, "%.*s%s", STR_ARG(base), name);
}

/* Several statements; the first column of the last one's first row, or "". */
static const char *server_run(const char *database, const char *text)
{
    static char found[200];
    PGconn *conn = PQconnectdb(database_url(database).at);
    PGresult *result = PQexec(conn, text);
    if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
        fail_msg("%s: %s", text, PQerrorMessage(conn));
    snprintf(found, sizeof found, "%s", PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    PQfinish(conn);
    return found;
}

static const char *here(const char *text)
{
    return server_run(databases[count - 1], text);
}

void place_new(void)
{
    static int made;
    snprintf(databases[count], sizeof databases[count], "r%d_%d", (int)getpid(), ++made);
    server_run("postgres", arena_printf(a, "CREATE DATABASE %s", databases[count]).at);
    count++;
}

void place_drop(void)
{
    while (count > 0)
        server_run("postgres", arena_printf(a, "DROP DATABASE %s WITH (FORCE)", databases[--count]).at);
}

const fault *place_open(arena *boot, struct store **out, void (*moved)(void *, int64_t), void *arg)
{
    return reservations_postgres_open(boot, out, database_url(databases[count - 1]), moved, arg);
}

/* --- replicas --- */

static struct store *other;

static void other_open(void)
{
    assert_null(place_open(a, &other, NULL, NULL));
    while (other->check(other, a))
        fiber_sleep(2);
}

#define RACERS 100
static int booked;

static void racer(void *arg)
{
    unsigned seed = (unsigned)(intptr_t)arg;
    struct reservation made;
    int first = 1 + rand_r(&seed) % 40;
    const fault *problem = book_racing(seed % 2 ? store : other, 1, 600, &made, first, first + 1, first + 2, 0);
    booked += !problem;
    if (problem)
        assert_refused(problem, "seats_taken");
}

static void replicas_never_share_a_seat(void)
{
    struct group all = { 0, NULL };
    other_open();
    user_make("a@x");
    booked = 0;
    for (intptr_t i = 1; i <= RACERS; i++)
        assert_true(group_start(&all, "racer", racer, (void *)i));
    group_wait(&all);
    assert_in_range(booked, 8, 14);
    while (store->position(store) < booked + 1)
        fiber_sleep(2); /* what the other committed last is still on its way */
    assert_whole();
    other->close(other);
}

static void what_a_replica_commits_is_told(void)
{
    struct user made, found;
    struct user_input ana = { STR("ana@x"), STR("Ana"), { NULL, 0 } };
    other_open();
    assert_null(other->user_create(other, a, &ana, NULL, &made));
    assert_null(store->user_show(store, a, made.id, &found)); /* read at once, */
    while (moved_to < 1)                                      /* and told soon */
        fiber_sleep(2);
    assert_int_equal(store->position(store), 1);
    assert_true(str_equal(store->access_code(store, a, 1), other->access_code(other, a, 1)));
    const struct exporter *x = store->exporter;
    assert_null(store->user_erase(store, a, made.id));
    assert_refused(x->restore_start(x->store, a), "store_not_empty");
    other->close(other);
}

/* Who has heard of a position from one replica may ask another that has not: a shorter log would be an older copy. */
static void no_replica_tells_of_a_shorter_log(void)
{
    struct event_page page;
    struct user made;
    other_open();
    for (int i = 1; i <= 30; i++) {
        struct user_input ana = { arena_printf(a, "ana%d@x", i), STR("Ana"), { NULL, 0 } };
        assert_null(other->user_create(other, a, &ana, NULL, &made));
        assert_null(store->feed_read(store, a, i, i % 2 ? 10 : 0, &page));
        assert_int_equal(page.position, i);
    }
    other->close(other);
}

static void two_open_an_empty_database_at_once(void)
{
    store = NULL;
    assert_null(place_open(a, &store, NULL, NULL));
    other_open();
    while (store->check(store, a))
        fiber_sleep(2);
    assert_string_equal(here("SELECT count(*) = max(number) FROM schema_migrations"), "t");
    other->close(other);
}

/* --- plans --- */

/* One of everything that a client or upkeep asks for. */
static void round_of_all(int64_t user, int seat)
{
    struct reservation r, made;
    struct payment p;
    bool begun, more, seen;
    list found, times;
    static const char *const filters[] = { "", "user", "showing", "movie" };
    struct once key = { STR("POST /p"), arena_printf(a, "k%d", seat), STR("h") };
    assert_null(book(store, user, 600, &r, seat, 0));
    assert_null(store->reserve_recall(store, a, &key, &made, &seen));
    assert_null(store->payment_begin(store, a, &(struct payment_order){ r.id, r.total_amount, STR("cash") }, 90, 30, &key, &p, &begun));
    assert_null(store->payment_settle(store, a, p.id, OUTCOME_CHARGED, STR("T"), &p));
    assert_null(store->payment_show(store, a, r.id, &p));
    assert_null(store->payments_due(store, a, &found));
    assert_null(store->cancel(store, a, r.id, -1, &made));
    assert_null(store->refund_done(store, a, p.id));
    assert_null(store->reservation_show(store, a, r.id, &made));
    for (int i = 0; i < 4; i++)
        assert_null(store->reservation_list(
            store, a, &(struct reservation_filter){ .user_id = filters[i][0] == 'u' ? user : 0, .schedule_id = filters[i][0] == 's' ? 5 : 0,
                                                    .movie_id = filters[i][0] == 'm' ? STR("507f1f77bcf86cd799439011") : (str){ NULL, 0 },
                                                    .limit = 5 }, &found));
    assert_null(store->sweep(store, a, &more));
    assert_null(store->showing_times(store, a, 1000000, &times));
    assert_null(store->sales_live(store, a, &(struct sales_order){ .schedule_ids = { (int64_t[]){ 5 }, 1 } }, &found));
    assert_null(store->user_find_or_create(store, a, &(struct user_input){ STR("ana@x"), STR("Ana"), { NULL, 0 } }, &(struct user){ 0 }));
}

static long rows_touched(void)
{
    return atol(here("SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) FROM pg_stat_user_tables"));
}

/* The plans of a connection are made while the house is empty, and kept: they must not read a full one from end to end. */
static void plans_of_an_empty_house_stay_good(void)
{
    int64_t user = user_make("ana@x");
    for (int i = 1; i < 4; i++)
        round_of_all(user, i);
    here("INSERT INTO users (email, email_key, name, created_at, updated_at) SELECT 'u' || i, 'u' || i, 'U', now(), now() FROM generate_series(1, 20000) i;"
         "INSERT INTO reservations (user_id, schedule_id, movie_id, total_amount, status, reservation_date, expires_at, cancelled_at)"
         " SELECT 2 + i % 2000, 100 + i % 500, 'm' || i % 500, 5, CASE WHEN i % 2 = 0 THEN 'PENDING' ELSE 'CANCELLED' END, now(),"
         " CASE WHEN i % 2 = 0 THEN now() + interval '1 hour' END, CASE WHEN i % 2 = 1 THEN now() END FROM generate_series(1, 20000) i;"
         "INSERT INTO reserved_seats (reservation_id, seat_id) SELECT id, id FROM reservations WHERE schedule_id >= 100;"
         "INSERT INTO seat_claims SELECT schedule_id, id, id, expires_at FROM reservations WHERE status = 'PENDING';"
         "INSERT INTO payments (reservation_id, amount, payment_method, payment_status, payment_date)"
         " SELECT id, 5, 'cash', 'FAILED', now() FROM reservations WHERE schedule_id >= 100;"
         "INSERT INTO showings (schedule_id, movie_id) SELECT i, 'm' FROM generate_series(100, 20000) i;"
         "INSERT INTO log SELECT log_last() + i, 'user.changed', i::text, now(), '{}' FROM generate_series(1, 20000) i;"
         "INSERT INTO once_keys SELECT 'POST /p', 'x' || i, 'h', i, i, now() FROM generate_series(1, 20000) i;"
         "SELECT pg_stat_force_next_flush()");
    fiber_sleep(1200);
    long before = rows_touched();
    for (int i = 4; i < 7; i++) { /* a connection tells what it did once a second */
        round_of_all(user, i);
        fiber_sleep(1200);
    }
    round_of_all(user, 7);
    long after = rows_touched();
    if (after - before > 5000)
        fail_msg("%ld rows were touched for some sixty requests: %s", after - before,
                 here("SELECT string_agg(relname || ' ' || seq_tup_read || '+' || coalesce(idx_tup_fetch, 0), ', ') FROM pg_stat_user_tables"));
}

/* --- databases of the old system --- */

/* A script of the old system: numbers of 32 bits, a status that knows three words. */
#define OLD_SCRIPT                                                                                 \
    "CREATE TABLE users (id SERIAL PRIMARY KEY, email VARCHAR(255) UNIQUE NOT NULL, name VARCHAR(255) NOT NULL, phone VARCHAR(20),"      \
    " created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);"                                  \
    "CREATE TABLE reservations (id SERIAL PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users(id), schedule_id INTEGER NOT NULL,"     \
    " movie_id VARCHAR(24) NOT NULL, total_amount DECIMAL(10,2) NOT NULL, status VARCHAR(9) DEFAULT 'PENDING'"                           \
    " CHECK (status IN ('PENDING', 'CONFIRMED', 'CANCELLED')), reservation_date TIMESTAMP DEFAULT CURRENT_TIMESTAMP);"                   \
    "CREATE TABLE reserved_seats (id SERIAL PRIMARY KEY, reservation_id INTEGER NOT NULL REFERENCES reservations(id), seat_id INTEGER NOT NULL);" \
    "CREATE TABLE payments (id SERIAL PRIMARY KEY, reservation_id INTEGER UNIQUE NOT NULL REFERENCES reservations(id),"                  \
    " amount DECIMAL(10,2) NOT NULL, payment_method VARCHAR(50), payment_status VARCHAR(20) DEFAULT 'PENDING', transaction_id VARCHAR(20)," \
    " payment_date TIMESTAMP DEFAULT CURRENT_TIMESTAMP);"

/* What an ORM made of its entities: 64 bits, enumerations as checks, a version that must be there, microseconds. */
#define OLD_ORM                                                                                    \
    "CREATE TABLE users (id BIGINT GENERATED BY DEFAULT AS IDENTITY, created_at TIMESTAMP(6) NOT NULL, updated_at TIMESTAMP(6) NOT NULL," \
    " email VARCHAR(255) NOT NULL CONSTRAINT uk6dotkott2kjsp8vw4d0m25fb7 UNIQUE, name VARCHAR(255) NOT NULL, phone VARCHAR(255), PRIMARY KEY (id));" \
    "CREATE SEQUENCE reservations_seq INCREMENT BY 50;"                                            \
    "CREATE TABLE reservations (id BIGINT NOT NULL, reservation_date TIMESTAMP(6) NOT NULL, schedule_id BIGINT NOT NULL,"                 \
    " total_amount NUMERIC(38,2) NOT NULL, user_id BIGINT NOT NULL REFERENCES users, movie_id VARCHAR(255) NOT NULL,"                     \
    " status VARCHAR(255) NOT NULL CHECK (status IN ('PENDING', 'CONFIRMED', 'CANCELLED')), version BIGINT NOT NULL, PRIMARY KEY (id));"  \
    "ALTER TABLE reservations ALTER COLUMN version SET DEFAULT 0;"                                 \
    "CREATE TABLE reserved_seats (id BIGINT GENERATED BY DEFAULT AS IDENTITY, reservation_id BIGINT NOT NULL REFERENCES reservations,"    \
    " seat_id BIGINT NOT NULL, PRIMARY KEY (id));"                                                 \
    "CREATE TABLE payments (id BIGINT GENERATED BY DEFAULT AS IDENTITY, amount NUMERIC(38,2) NOT NULL, payment_date TIMESTAMP(6),"        \
    " payment_method VARCHAR(255) NOT NULL, payment_status VARCHAR(255) NOT NULL CHECK (payment_status IN ('PENDING', 'COMPLETED', 'FAILED', 'REFUNDED'))," \
    " transaction_id VARCHAR(255), reservation_id BIGINT NOT NULL UNIQUE REFERENCES reservations, PRIMARY KEY (id));"                     \
    "ALTER TABLE reservations ALTER COLUMN version DROP DEFAULT;"

#define OLD_ROWS(version)                                                                          \
    "INSERT INTO users (id, email, name, phone, created_at, updated_at) VALUES (1, 'Ana@x.com', 'Ana', NULL, '2025-01-02 03:04:05.678', '2025-01-02 03:04:05')," \
    " (2, 'ana@x.com', 'Ana again', '5', '2025-01-03 00:00:00', '2025-01-03 00:00:00'), (9, 'bo@x.com', 'Bo', NULL, '2025-01-03 00:00:00', '2025-01-03 00:00:00');" \
    "INSERT INTO reservations (id, user_id, schedule_id, movie_id, total_amount, status, reservation_date " version                       \
    " (30, 1, 5, '507f1f77bcf86cd799439011', 25.01, 'CONFIRMED', '2025-02-01 10:00:00' VERSION,"   \
    " (31, 2, 5, '507f1f77bcf86cd799439011', 10, 'PENDING', '2025-02-01 09:00:00' VERSION,"        \
    " (32, 9, 5, '507f1f77bcf86cd799439011', 10, 'CONFIRMED', '2025-02-02 10:00:00' VERSION,"      \
    " (33, 9, 6, '507f1f77bcf86cd799439011', 12.5, 'CANCELLED', '2025-02-02 10:00:00' VERSION,"    \
    " (34, 9, 6, '507f1f77bcf86cd799439011', 12.5, 'PENDING', '2025-02-03 10:00:00' VERSION;"      \
    "INSERT INTO reserved_seats (id, reservation_id, seat_id) VALUES (1, 30, 101), (2, 30, 102), (3, 31, 103), (4, 32, 102), (5, 33, 103), (6, 34, 103);" \
    "INSERT INTO payments (id, reservation_id, amount, payment_method, payment_status, transaction_id, payment_date) VALUES"             \
    " (7, 30, 25.01, 'credit_card', 'COMPLETED', 'TXN1', '2025-02-01 10:01:00'), (8, 34, 12.5, 'cash', 'COMPLETED', NULL, '2025-02-03 10:01:00')," \
    " (9, 31, 10, 'cash', 'PENDING', NULL, NULL);"

/* VERSION stands where an ORM's column would be filled. */
static void old_rows(const char *columns, const char *value)
{
    struct buf text = { .in = a };
    str rest = str_of(OLD_ROWS("%%")), piece;
    for (bool first = true; str_cut(&rest, '%', &piece); first = false) {
        if (!first && piece.len > 0)
            buf_text(&text, str_of(columns));
        while (piece.len > 0) {
            const char *found = memmem(piece.at, piece.len, "VERSION", 7);
            size_t plain = found ? (size_t)(found - piece.at) : piece.len;
            buf_put(&text, piece.at, plain);
            if (found)
                buf_text(&text, str_of(value));
            piece = str_after(piece, found ? plain + 7 : plain);
        }
    }
    buf_char(&text, '\0');
    here(text.at);
}

static void assert_adopted_rows(void)
{
    struct reservation r;
    struct user u;
    assert_null(store->user_show(store, a, 1, &u));
    assert_text(u.email, "Ana@x.com");
    assert_int_equal(u.created_at.ms, INT64_C(1735787045678));
    assert_null(store->user_show(store, a, 2, &u)); /* kept, though its e-mail differs only in case */
    assert_null(store->user_find_or_create(store, a, &(struct user_input){ STR("ANA@x.com"), STR("x"), { NULL, 0 } }, &u));
    assert_int_equal(u.id, 1);
    assert_null(store->reservation_show(store, a, 30, &r));
    assert_int_equal(r.total_amount.cents, 2501);
    assert_int_equal(r.status, RESERVATION_CONFIRMED);
    assert_int_equal(r.reservation_date.ms, INT64_C(1738404000000));
    assert_int_equal(r.confirmed_at.ms, INT64_C(1738404060000)); /* when it was paid */
    assert_int_equal(LIST_AT(&r.reserved_seats, struct reserved_seat, 0)->price.cents, 1251);
    assert_int_equal(LIST_AT(&r.reserved_seats, struct reserved_seat, 1)->price.cents, 1250);
    assert_text(r.payment->transaction_id, "TXN1");
    assert_null(store->reservation_show(store, a, 31, &r));
    assert_int_equal(r.status, RESERVATION_PENDING);
    assert_false(r.hold);
    assert_int_equal(r.expires_at.ms, TIME_NONE);
    assert_int_equal(r.payment->status, PAYMENT_FAILED); /* nobody can say what became of it */
    assert_null(store->reservation_show(store, a, 34, &r));
    assert_int_equal(r.status, RESERVATION_CONFIRMED); /* it was paid */
}

static void assert_adopted_seats(void)
{
    list claims = claims_of(5);
    assert_int_equal(claims.count, 3);
    assert_int_equal(LIST_AT(&claims, struct claim_row, 1)->seat_id, 102);
    assert_string_equal(here("SELECT reservation_id FROM seat_claims WHERE schedule_id = 5 AND seat_id = 102"), "30");
    assert_string_equal(here("SELECT string_agg(kind || ' ' || subject, ', ' ORDER BY id) FROM adoption_findings"),
                        "email_repeated 2, paid_and_pending 34, seat_sold_twice 32");
    assert_string_equal(here("SELECT bool_and(told) FROM adoption_findings"), "t");
}

static void assert_adopted_log(void)
{
    assert_string_equal(events_after(0), "user.adopted user.adopted user.adopted reservation.adopted reservation.adopted "
                                         "reservation.adopted reservation.adopted reservation.adopted payment.adopted payment.adopted payment.adopted");
    assert_int_equal(store->position(store), 11);
}

/* What an adopted database is for: everything works on it, and ids go on. */
static void assert_adopted_works(void)
{
    struct reservation made;
    struct payment p;
    bool begun;
    assert_null(book(store, 9, 600, &made, 104, 105, 0));
    assert_true(made.id > 34);
    assert_refused(book(store, 9, 600, &made, 103, 0), "seats_taken");
    struct booking large = { .user_id = 9, .schedule_id = INT64_C(5000000000), .movie_id = STR("a film's id as long as any may be, which the old column could not take"),
                             .seat_ids = { (int64_t[]){ INT64_C(6000000000) }, 1 }, .total_amount = { 100 } };
    struct selling_rules rules = { .hold_s = 600, .unpaid_until_min = 30, .holds_per_user_max = 10 };
    struct sale sale;
    assert_null(sale_price_alone(a, &large, &rules, &sale));
    assert_null(store->reserve(store, a, &sale, NULL, &made));
    for (int i = 0; i < 2; i++) { /* one failed attempt does not forbid the next */
        assert_null(store->payment_begin(store, a, &(struct payment_order){ 31, { 1000 }, STR("cash") }, 90, 30, NULL, &p, &begun));
        assert_true(p.id > 9);
        assert_null(store->payment_settle(store, a, p.id, i ? OUTCOME_CHARGED : OUTCOME_DECLINED, STR("T"), &p));
    }
    struct checkin in;
    struct checkin_order late = { 32, 102, 5, STR("Door"), INSTANT_NONE }, early = { 30, 102, 5, STR("Door"), INSTANT_NONE };
    assert_refused(store->checkin(store, a, &late, NULL, &in), "seats_taken"); /* of two who bought it, the earlier sits there */
    assert_null(store->checkin(store, a, &early, NULL, &in));
    assert_null(store->cancel(store, a, 32, -1, &made)); /* gives back no seat that is another's */
    assert_string_equal(here("SELECT count(*) FROM seat_claims WHERE seat_id = 102"), "1");
    assert_refused(store->user_erase(store, a, 2), "user_has_tickets"); /* nobody knows when that showing is */
    struct user_input second = { STR("second@x.com"), STR("Ana"), { NULL, 0 } };
    assert_null(store->user_change(store, a, 2, &second, &(struct user){ 0 }));
    assert_whole();
}

/* The seats of an unpaid reservation are kept until its showing's time is known, and then as long as any. */
static void assert_adopted_expires(void)
{
    bool more;
    struct reservation r;
    assert_null(store->sweep(store, a, &more));
    assert_null(store->showing_moved(store, a, 5, (instant){ INT64_C(1738500000000) }, (instant){ INT64_C(1738507200000) }, 30));
    assert_null(store->sweep(store, a, &more));
    assert_null(store->reservation_show(store, a, 31, &r));
    assert_int_equal(r.status, RESERVATION_EXPIRED);
}

static void assert_adopted(bool expires)
{
    store_open();
    assert_adopted_log();
    assert_adopted_rows();
    assert_adopted_seats();
    store->close(store);
    store_open();
    assert_adopted_log(); /* not twice */
    if (expires)
        assert_adopted_expires();
    else
        assert_adopted_works();
}

static void the_old_script_is_adopted(void)
{
    here(OLD_SCRIPT);
    old_rows(") VALUES", ")");
    assert_adopted(false);
}

static void what_an_orm_made_is_adopted(void)
{
    here(OLD_ORM);
    old_rows(", version) VALUES", ", 0)");
    assert_adopted(false);
    assert_string_equal(here("SELECT count(*) FROM reservations WHERE version = 0"), "5");
}

static void unpaid_sales_of_old_end_with_their_showing(void)
{
    here(OLD_SCRIPT);
    old_rows(") VALUES", ")");
    assert_adopted(true);
}

ON_STORE(replicas_never_share_a_seat)
ON_STORE(what_a_replica_commits_is_told)
ON_STORE(no_replica_tells_of_a_shorter_log)
ON_STORE(plans_of_an_empty_house_stay_good)
ON_PLACE(two_open_an_empty_database_at_once)
ON_PLACE(the_old_script_is_adopted)
ON_PLACE(what_an_orm_made_is_adopted)
ON_PLACE(unpaid_sales_of_old_end_with_their_showing)

int place_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replicas_never_share_a_seat),
        cmocka_unit_test(test_what_a_replica_commits_is_told),
        cmocka_unit_test(test_no_replica_tells_of_a_shorter_log),
        cmocka_unit_test(test_plans_of_an_empty_house_stay_good),
        cmocka_unit_test(test_two_open_an_empty_database_at_once),
        cmocka_unit_test(test_the_old_script_is_adopted),
        cmocka_unit_test(test_what_an_orm_made_is_adopted),
        cmocka_unit_test(test_unpaid_sales_of_old_end_with_their_showing),
    };
    return cmocka_run_group_tests_name("the reservations' store on PostgreSQL alone", tests, NULL, NULL);
}
