/* reservations_store_checkins.c - what the store of reservations promises of tickets at the door, asked of every implementation. */
#include <string.h>

#include "lib/loop/fiber.h"
#include "tests/contract/racing.h"
#include "tests/contract/reservations_store.h"

static const struct once key_1 = { { "POST /api/checkins", 18 }, { "k1", 2 }, { "h1", 2 } };
static const struct once key_1_other = { { "POST /api/checkins", 18 }, { "k1", 2 }, { "h2", 2 } };

/* Seats 1 and 2 of showing 5, paid. */
static struct reservation paid_make(void)
{
    struct reservation made;
    struct payment p;
    bool begun;
    assert_null(book(store, user_make("ana@x"), 600, &made, 1, 2, 0));
    assert_null(store->payment_begin(store, a, &(struct payment_order){ made.id, made.total_amount, STR("cash") }, 90, 30, NULL, &p, &begun));
    assert_null(store->payment_settle(store, a, p.id, OUTCOME_CHARGED, STR("T"), &p));
    return made;
}

static struct checkin_order order_of(int64_t reservation_id, int64_t seat_id)
{
    return (struct checkin_order){ .reservation_id = reservation_id, .seat_id = seat_id, .schedule_id = 5, .place = STR("Puerta \"1\" ñ"),
                                   .at = INSTANT_NONE };
}

static const fault *come_in(int64_t reservation_id, int64_t seat_id, struct checkin *out)
{
    struct checkin_order order = order_of(reservation_id, seat_id);
    return store->checkin(store, a, &order, NULL, out);
}

static void a_seat_is_taken_once(void)
{
    struct reservation r = paid_make();
    struct checkin first, second;
    list in;
    assert_null(come_in(r.id, 1, &first));
    assert_int_equal(first.reservation_id, r.id);
    assert_int_equal(first.seat_id, 1);
    assert_int_equal(first.schedule_id, 5);
    assert_text(first.place, "Puerta \"1\" ñ");
    assert_text(first.movie_id, "507f1f77bcf86cd799439011");
    assert_int_equal(first.checked_in_at.ms, first.recorded_at.ms);
    const fault *again = come_in(r.id, 1, &second);
    assert_refused(again, "already_in");
    assert_non_null(memmem(again->members.at, again->members.len, "Puerta \\\"1\\\"", 12));
    assert_null(come_in(r.id, 2, &second));
    assert_true(second.id > first.id);
    assert_null(store->checkins_of(store, a, r.id, &in));
    assert_int_equal(in.count, 2);
    assert_int_equal(LIST_AT(&in, struct checkin, 1)->seat_id, 2);
    assert_string_equal(events_after(5), "checkin.made checkin.made");
    assert_whole();
}

static void tickets_that_do_not_open(void)
{
    struct reservation r = paid_make(), held, made;
    struct checkin in;
    assert_refused(come_in(999, 1, &in), "ticket_unknown");
    assert_refused(come_in(r.id, 3, &in), "ticket_unknown");
    struct checkin_order elsewhere = order_of(r.id, 1);
    elsewhere.schedule_id = 6;
    assert_refused(store->checkin(store, a, &elsewhere, NULL, &in), "ticket_unknown");
    assert_null(book(store, r.user_id, 600, &held, 3, 0));
    assert_refused(come_in(held.id, 3, &in), "not_confirmed");
    assert_null(store->cancel(store, a, r.id, 60, &made));
    assert_refused(come_in(r.id, 1, &in), "ticket_cancelled");
    assert_null(store->remove(store, a, r.id, 60));
    assert_refused(come_in(r.id, 1, &in), "ticket_cancelled");
    assert_int_equal(store->position(store), 9); /* what was refused left nothing */
    assert_whole();
}

static void what_let_in_is_not_given_back(void)
{
    struct reservation r = paid_make(), made;
    struct checkin in;
    struct sales_order stop = { .schedule_ids = { (int64_t[]){ 5 }, 1 }, .refund = true };
    struct sales_answer answer;
    assert_null(come_in(r.id, 2, &in));
    assert_refused(store->cancel(store, a, r.id, -1, &made), "tickets_used");
    assert_refused(store->remove(store, a, r.id, 60), "tickets_used");
    assert_null(store->sales_stop(store, a, &stop, &answer)); /* but by the house itself */
    assert_int_equal(answer.cancelled, 1);
    assert_refused(come_in(r.id, 1, &in), "ticket_cancelled");
    assert_refused(come_in(r.id, 2, &in), "ticket_cancelled");
    assert_whole();
}

static void doors_tell_late(void)
{
    struct reservation r = paid_make();
    struct checkin in, late;
    struct checkin_order order = order_of(r.id, 1);
    order.at.ms = clock_now().ms - 3600000;
    assert_null(store->checkin(store, a, &order, NULL, &in));
    assert_int_equal(in.checked_in_at.ms, order.at.ms);
    assert_true(in.recorded_at.ms > order.at.ms);
    order.seat_id = 2;
    order.at.ms = clock_now().ms + 3600000; /* nothing has happened yet */
    assert_null(store->checkin(store, a, &order, NULL, &late));
    assert_int_equal(late.checked_in_at.ms, late.recorded_at.ms);
    assert_whole();
}

static void a_scan_told_again_is_the_same(void)
{
    struct reservation r = paid_make();
    struct checkin first, again;
    struct checkin_order order = order_of(r.id, 1);
    assert_null(store->checkin(store, a, &order, &key_1, &first));
    assert_null(store->checkin(store, a, &order, &key_1, &again));
    assert_int_equal(again.id, first.id);
    assert_int_equal(again.checked_in_at.ms, first.checked_in_at.ms);
    assert_text(again.ticket_type, "general");
    assert_text(again.movie_id, "507f1f77bcf86cd799439011");
    assert_refused(store->checkin(store, a, &order, &key_1_other, &again), "idempotency_key_reused");
    assert_refused(store->checkin(store, a, &order, NULL, &again), "already_in");
    assert_whole();
}

static void the_door_has_its_list(void)
{
    struct reservation r = paid_make(), other, held, made;
    struct payment p;
    struct checkin in;
    bool begun;
    list seats;
    assert_null(book(store, r.user_id, 600, &other, 7, 0));
    assert_null(store->payment_begin(store, a, &(struct payment_order){ other.id, other.total_amount, STR("cash") }, 90, 30, NULL, &p, &begun));
    assert_null(store->payment_settle(store, a, p.id, OUTCOME_CHARGED, STR("T"), &p));
    assert_null(store->cancel(store, a, other.id, -1, &made));
    assert_null(book(store, r.user_id, 600, &held, 8, 0));
    assert_null(store->cancel(store, a, held.id, -1, &made)); /* it never had a ticket */
    assert_null(come_in(r.id, 2, &in));
    assert_null(store->door_seats(store, a, 5, &seats));
    assert_int_equal(seats.count, 3);
    const struct door_seat *row = LIST_AT(&seats, struct door_seat, 0);
    assert_int_equal(row[0].seat_id, 1);
    assert_int_equal(row[0].status, RESERVATION_CONFIRMED);
    assert_int_equal(row[0].checked_in_at.ms, TIME_NONE);
    assert_int_equal(row[1].checked_in_at.ms, in.checked_in_at.ms);
    assert_text(row[1].place, "Puerta \"1\" ñ");
    assert_int_equal(row[2].reservation_id, other.id);
    assert_int_equal(row[2].status, RESERVATION_CANCELLED);
    assert_null(store->door_seats(store, a, 6, &seats));
    assert_int_equal(seats.count, 0);
}

/* --- many doors --- */

#define DOORS 24
static int left, let_in, refused;
static struct reservation raced;

static void door_run(void *arg)
{
    struct checkin in;
    struct checkin_order order = order_of(raced.id, 1);
    (void)arg;
    const fault *problem = store->checkin(store, racing_arena(), &order, NULL, &in);
    let_in += problem == NULL;
    refused += problem && strcmp(problem->code, "already_in") == 0;
    left--;
}

static void doors_race(void)
{
    raced = paid_make();
    left = DOORS;
    let_in = refused = 0;
    for (int i = 0; i < DOORS; i++)
        assert_true(fiber_start("a door", door_run, NULL));
    while (left > 0)
        fiber_sleep(2);
    assert_int_equal(let_in, 1);
    assert_int_equal(refused, DOORS - 1);
    assert_whole();
}

/* --- the store's own ticket key --- */

static void the_key_is_the_stores(void)
{
    unsigned char seed[32], again[32];
    assert_true(store->ticket_seed(store, seed));
    store->close(store);
    store_open();
    assert_true(store->ticket_seed(store, again));
    assert_memory_equal(seed, again, sizeof seed);
    place_new();
    struct store *other = store;
    store_open();
    assert_true(store->ticket_seed(store, again));
    assert_memory_not_equal(seed, again, sizeof seed);
    other->close(other);
}

ON_STORE(a_seat_is_taken_once)
ON_STORE(tickets_that_do_not_open)
ON_STORE(what_let_in_is_not_given_back)
ON_STORE(doors_tell_late)
ON_STORE(a_scan_told_again_is_the_same)
ON_STORE(the_door_has_its_list)
ON_STORE(doors_race)
ON_STORE(the_key_is_the_stores)

int checkin_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_seat_is_taken_once),
        cmocka_unit_test(test_tickets_that_do_not_open),
        cmocka_unit_test(test_what_let_in_is_not_given_back),
        cmocka_unit_test(test_doors_tell_late),
        cmocka_unit_test(test_a_scan_told_again_is_the_same),
        cmocka_unit_test(test_the_door_has_its_list),
        cmocka_unit_test(test_doors_race),
        cmocka_unit_test(test_the_key_is_the_stores),
    };
    return cmocka_run_group_tests_name("tickets at the door", tests, NULL, NULL);
}
