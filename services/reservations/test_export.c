/* test_export.c - the tables of reservations out of one store and into another; and what the second migration fills in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/feed/testing.h"
#include "lib/loop/fiber.h"
#include "services/reservations/store_sqlite.h"

#define AHEAD_MS INT64_C(864000000)

static arena *a;
static char first[64], second[64];

static void moved(void *arg, int64_t position)
{
    (void)arg;
    (void)position;
}

static struct store *store_open(const char *directory)
{
    struct store *made;
    assert_null(reservations_sqlite_open(a, &made, directory, moved, NULL));
    return made;
}

static struct reservation seat_sell(struct store *s, int64_t user_id, int64_t seat_id, bool hold)
{
    struct reserved_seat *seat = NEW(a, struct reserved_seat);
    int64_t *id = NEW(a, int64_t);
    *id = seat_id;
    *seat = (struct reserved_seat){ .seat_id = seat_id, .row_number = STR("A"), .seat_number = seat_id,
                                    .ticket_type = STR("general"), .price = { 1255 } };
    struct sale sale = { .user_id = user_id, .schedule_id = 5, .movie_id = STR("507f1f77bcf86cd799439011"), .hold = hold,
                         .total_amount = { 1255 }, .seats = { seat, 1 }, .seat_ids = { id, 1 },
                         .starts_at = { clock_now().ms + AHEAD_MS }, .ends_at = { clock_now().ms + AHEAD_MS + 1 },
                         .room_id = 2, .hold_s = 600, .unpaid_until_min = 30, .holds_per_user_max = 100 };
    struct reservation made;
    assert_null(s->reserve(s, a, &sale, NULL, &made));
    return made;
}

static struct payment pay(struct store *s, const struct reservation *r, enum payment_outcome outcome)
{
    struct payment_order want = { r->id, r->total_amount, STR("cash") };
    struct payment made;
    bool begun;
    assert_null(s->payment_begin(s, a, &want, 120, 30, NULL, &made, &begun));
    assert_null(s->payment_settle(s, a, made.id, outcome, STR("TXN1"), &made));
    return made;
}

static int64_t fill(struct store *s)
{
    struct user ana, gone;
    struct reservation ended;
    struct user_input who = { STR("Ana@Example.com"), STR("Ana"), { NULL, 0 } };
    assert_null(s->user_create(s, a, &who, NULL, &ana));
    who.email = STR("gone@example.com");
    assert_null(s->user_create(s, a, &who, NULL, &gone));
    assert_null(s->user_erase(s, a, gone.id));
    struct reservation paid = seat_sell(s, ana.id, 1, false), refunded = seat_sell(s, ana.id, 2, true);
    seat_sell(s, ana.id, 3, false);
    struct reservation open = seat_sell(s, ana.id, 4, true), cancelled = seat_sell(s, ana.id, 5, true);
    pay(s, &paid, OUTCOME_DECLINED);
    assert_int_equal(pay(s, &paid, OUTCOME_CHARGED).status, PAYMENT_COMPLETED);
    pay(s, &refunded, OUTCOME_CHARGED);
    assert_null(s->cancel(s, a, refunded.id, 60, &ended));
    assert_null(s->cancel(s, a, cancelled.id, 60, &ended));
    pay(s, &open, OUTCOME_UNKNOWN);
    return paid.id;
}

static void there_and_back(void)
{
    struct store *from = store_open(first), *to = store_open(second);
    int64_t paid = fill(from);
    str code = from->access_code(from, a, paid);
    assert_false(str_equal(to->access_code(to, a, paid), code));
    exporter_copy(from->exporter, to->exporter, a);
    const char *lines = exporter_lines(from->exporter, a);
    assert_string_equal(exporter_lines(to->exporter, a), lines);
    assert_true(str_equal(to->access_code(to, a, paid), code));

    /* E-mails are compared without case as before, and ids go on. */
    struct user_input twin = { STR("ANA@example.COM"), STR("Ana"), { NULL, 0 } }, new = { STR("new@example.com"), STR("N"), { NULL, 0 } };
    struct user made;
    const fault *taken = to->user_create(to, a, &twin, NULL, &made);
    assert_non_null(taken);
    assert_string_equal(taken->code, "email_taken");
    assert_null(to->user_create(to, a, &new, NULL, &made));
    assert_int_equal(made.id, 3);
    from->close(from);
    to->close(to);

    to = store_open(second); /* and with the key that came along */
    assert_true(str_equal(to->access_code(to, a, paid), code));
    to->close(to);
}

/* --- the second migration --- */

static const fault *old_rows(struct sql *db, arena *memory, void *arg)
{
    static const char *const texts[] = {
        "INSERT INTO users (id, email, email_key, name, created_at, updated_at) VALUES (1, 'a@b', 'a@b', 'A', 1, 1)",
        "INSERT INTO reservations (id, user_id, schedule_id, movie_id, total_amount, status, hold, reservation_date) VALUES "
        "(1, 1, 5, 'x', 100, 'CONFIRMED', 0, 1000), (2, 1, 5, 'x', 100, 'CANCELLED', 0, 2000), (3, 1, 5, 'x', 100, 'EXPIRED', 0, 3000), "
        "(4, 1, 5, 'x', 100, 'PENDING', 0, 4000), (5, 1, 5, 'x', 100, 'CONFIRMED', 0, 5000), (6, 1, 5, 'x', 100, 'CANCELLED', 0, 6000)",
        "INSERT INTO payments (reservation_id, amount, payment_method, payment_status, payment_date) VALUES "
        "(1, 100, 'cash', 'COMPLETED', 1100), (2, 100, 'cash', 'REFUNDED', 2100), (5, 100, 'cash', 'COMPLETED', 5100)",
        /* What the log tells of 1, 2 and 3; of 5 and 6 it tells nothing. */
        "INSERT INTO log (position, type, subject, time_ms, data) VALUES (1, 'reservation.confirmed', '1', 1150, '{}'), "
        "(2, 'reservation.confirmed', '2', 2150, '{}'), (3, 'payment.refunded', '2', 2200, '{}'), "
        "(4, 'reservation.cancelled', '2', 2200, '{}'), (5, 'reservation.expired', '3', 3300, '{}')",
    };
    (void)arg;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        TRY(sql_run(db, memory, texts[i], NO_BINDS));
    return NULL;
}

static void assert_moments(struct sqlite *db, int64_t id, int64_t confirmed, int64_t cancelled)
{
    int64_t found[] = { -1, -1 };
    assert_null(sql_number(sqlite_reader(db), a, &found[0], "SELECT confirmed_at FROM reservations WHERE id = ?1", BIND(sql_int(id))));
    assert_null(sql_number(sqlite_reader(db), a, &found[1], "SELECT cancelled_at FROM reservations WHERE id = ?1", BIND(sql_int(id))));
    assert_int_equal(found[0], confirmed);
    assert_int_equal(found[1], cancelled);
}

static void old_rows_get_their_moments(void)
{
    const struct migration before[] = { reservations_migrations[0], { 0, NULL, NULL } };
    struct sqlite_setup setup = { .directory = first, .file = "reservations.db", .service = "reservations", .migrations = before };
    struct sqlite *old;
    assert_null(sqlite_open(a, &old, &setup));
    assert_null(sqlite_write(old, a, old_rows, NULL));
    sqlite_close(old);
    struct store *now = store_open(first);
    struct sqlite *db = STORE_OF(now)->db;
    int64_t refunded = -1;
    assert_moments(db, 1, 1150, -1);
    assert_moments(db, 2, 2150, 2200);
    assert_moments(db, 3, -1, 3300);
    assert_moments(db, 4, -1, -1);
    assert_moments(db, 5, 5100, -1);
    assert_moments(db, 6, -1, 6000);
    assert_null(sql_number(sqlite_reader(db), a, &refunded, "SELECT refunded_at FROM payments WHERE reservation_id = 2", NO_BINDS));
    assert_int_equal(refunded, 2200);
    now->close(now);
}

/* --- each with two directories of its own --- */

static void (*body)(void);

static void body_run(void *arg)
{
    (void)arg;
    fiber_sleep(1); /* the loop runs from here on */
    body();
    loop_stop();
}

static void on_loop(void (*run)(void))
{
    char command[160];
    strcpy(first, "/tmp/test-reservations-XXXXXX");
    strcpy(second, "/tmp/test-reservations-XXXXXX");
    assert_non_null(mkdtemp(first));
    assert_non_null(mkdtemp(second));
    assert_true(sodium_init() >= 0);
    a = arena_new((size_t)64 << 20);
    body = run;
    loop_open();
    assert_true(fiber_start("test", body_run, NULL));
    loop_run();
    loop_close();
    arena_free(a);
    snprintf(command, sizeof command, "rm -rf %s %s", first, second);
    assert_int_equal(system(command), 0);
}

static void test_there_and_back(void **state)
{
    (void)state;
    on_loop(there_and_back);
}

static void test_old_rows(void **state)
{
    (void)state;
    on_loop(old_rows_get_their_moments);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_old_rows) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
