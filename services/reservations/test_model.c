/* test_model.c - the rules of a sale as arithmetic. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/json/read.h"
#include "services/reservations/model.h"

#define NOW_MS INT64_C(1795536000000)
#define MINUTE_MS INT64_C(60000)

static const struct selling_rules rules = {
    .hold_s = 600, .unpaid_until_min = 30, .refund_until_min = 60, .payment_grace_s = 120, .holds_per_user_max = 10
};

static int arena_open(void **state)
{
    *state = arena_new(1024 * 1024);
    return 0;
}

static int arena_close(void **state)
{
    arena_free(*state);
    return 0;
}

/* A showing in two hours with four seats: 3 is out of service, 4 is the house's. */
static struct showing showing_of(arena *a)
{
    struct showing s = { .id = 7,
                         .movie_id = STR("507f1f77bcf86cd799439011"),
                         .room_id = 1,
                         .starts_at = { NOW_MS + 120 * MINUTE_MS },
                         .ends_at = { NOW_MS + 240 * MINUTE_MS },
                         .sales_open_at = INSTANT_NONE,
                         .sales_close_at = { NOW_MS + 140 * MINUTE_MS },
                         .price = { 1250 },
                         .is_active = true };
    s.seats = (list){ NEW_ARRAY(a, struct seat, 4), 4 };
    for (int64_t i = 0; i < 4; i++)
        *LIST_AT(&s.seats, struct seat, i) = (struct seat){
            .id = i + 1, .row_number = STR("A"), .seat_number = i + 1, .is_available = i != 2, .house = i == 3
        };
    return s;
}

static struct booking booking_of(arena *a, int64_t first, int64_t second)
{
    struct booking want = { .user_id = 1, .schedule_id = 7, .total_amount = { 100 } };
    want.seat_ids = (ids){ NEW_ARRAY(a, int64_t, 2), second ? 2 : 1 };
    want.seat_ids.at[0] = first;
    want.seat_ids.at[1] = second;
    return want;
}

static void assert_refused(const fault *problem, const char *code)
{
    assert_non_null(problem);
    assert_string_equal(problem->code, code);
}

static void server_price_is_charged(void **state)
{
    struct showing showing = showing_of(*state);
    struct booking want = booking_of(*state, 1, 2);
    struct sale sale;
    assert_null(sale_price(*state, &want, &showing, &rules, (instant){ NOW_MS }, false, &sale));
    assert_int_equal(sale.total_amount.cents, 2500);
    assert_int_equal(LIST_AT(&sale.seats, struct reserved_seat, 1)->price.cents, 1250);
    assert_true(str_equal(sale.movie_id, showing.movie_id));
}

static void lost_seats_are_named(void **state)
{
    struct showing showing = showing_of(*state);
    struct booking want = booking_of(*state, 1, 3);
    struct sale sale;
    const fault *problem = sale_price(*state, &want, &showing, &rules, (instant){ NOW_MS }, false, &sale);
    assert_refused(problem, "seats_taken");
    assert_string_equal(problem->named_as, "seatIds");
    assert_int_equal(problem->named.count, 1);
    assert_int_equal(problem->named.at[0], 3);
}

static void house_seats_are_for_the_box_office(void **state)
{
    struct showing showing = showing_of(*state);
    struct booking want = booking_of(*state, 4, 0);
    struct sale sale;
    assert_refused(sale_price(*state, &want, &showing, &rules, (instant){ NOW_MS }, false, &sale), "seats_taken");
    assert_null(sale_price(*state, &want, &showing, &rules, (instant){ NOW_MS }, true, &sale));
}

static void seats_of_another_room(void **state)
{
    struct showing showing = showing_of(*state);
    struct booking want = booking_of(*state, 1, 99);
    struct sale sale;
    const fault *problem = sale_price(*state, &want, &showing, &rules, (instant){ NOW_MS }, false, &sale);
    assert_refused(problem, "seat_not_in_room");
    assert_int_equal(problem->kind, FAULT_INVALID);
}

static void sales_window(void **state)
{
    struct showing showing = showing_of(*state);
    struct booking want = booking_of(*state, 1, 0);
    struct sale sale;
    instant close = showing.sales_close_at;
    assert_refused(sale_price(*state, &want, &showing, &rules, close, false, &sale), "sales_closed");
    assert_null(sale_price(*state, &want, &showing, &rules, (instant){ close.ms - 1 }, false, &sale));

    showing.sales_open_at.ms = NOW_MS + OPENING_DOUBT_MS + 1500;
    const fault *early = sale_price(*state, &want, &showing, &rules, (instant){ NOW_MS }, false, &sale);
    assert_refused(early, "not_on_sale_yet");
    assert_int_equal(early->retry_after_s, OPENING_DOUBT_MS / 1000 + 2);
    showing.sales_open_at.ms = NOW_MS + OPENING_DOUBT_MS; /* from here on the store says it */
    assert_null(sale_price(*state, &want, &showing, &rules, (instant){ NOW_MS }, false, &sale));
    assert_int_equal(sale.sales_open_at.ms, showing.sales_open_at.ms);
    assert_null(sale_price(*state, &want, &showing, &rules, (instant){ NOW_MS + 60 * MINUTE_MS }, false, &sale));
    assert_int_equal(sale.sales_open_at.ms, showing.sales_open_at.ms);
    assert_null(sale_price(*state, &want, &showing, &rules, (instant){ NOW_MS + 61 * MINUTE_MS }, false, &sale));
    assert_int_equal(sale.sales_open_at.ms, TIME_NONE);

    showing.is_active = false;
    assert_refused(sale_price(*state, &want, &showing, &rules, (instant){ NOW_MS }, false, &sale), "showing_cancelled");
}

static void ticket_types(void **state)
{
    struct showing showing = showing_of(*state);
    struct booking want = booking_of(*state, 1, 0);
    struct ticket_choice choice = { 1, STR("child") };
    struct sale sale;
    want.tickets = (list){ &choice, 1 };
    assert_refused(sale_price(*state, &want, &showing, &rules, (instant){ NOW_MS }, false, &sale), "ticket_type_unknown");
    choice = (struct ticket_choice){ 2, STR("general") };
    assert_refused(sale_price(*state, &want, &showing, &rules, (instant){ NOW_MS }, false, &sale), "ticket_without_seat");
    choice.seat_id = 1;
    assert_null(sale_price(*state, &want, &showing, &rules, (instant){ NOW_MS }, false, &sale));
}

static void alone_the_figure_is_split(void **state)
{
    struct booking want = booking_of(*state, 1, 2);
    struct sale sale;
    want.total_amount.cents = 2501;
    assert_null(sale_price_alone(*state, &want, &rules, &sale));
    assert_int_equal(sale.total_amount.cents, 2501);
    assert_int_equal(LIST_AT(&sale.seats, struct reserved_seat, 0)->price.cents, 1251);
    assert_int_equal(LIST_AT(&sale.seats, struct reserved_seat, 1)->price.cents, 1250);
}

static void how_long_unpaid_seats_are_kept(void **state)
{
    (void)state;
    struct sale sale = { .hold = true, .hold_s = 600, .unpaid_until_min = 30, .starts_at = { NOW_MS + 120 * MINUTE_MS } };
    assert_int_equal(sale_expires_at(&sale, (instant){ NOW_MS }).ms, NOW_MS + 10 * MINUTE_MS);
    sale.hold = false;
    assert_int_equal(sale_expires_at(&sale, (instant){ NOW_MS }).ms, NOW_MS + 90 * MINUTE_MS);
    /* At the counter, after the cut-off. */
    assert_int_equal(sale_expires_at(&sale, (instant){ NOW_MS + 100 * MINUTE_MS }).ms, NOW_MS + 110 * MINUTE_MS);
    sale.starts_at = INSTANT_NONE;
    assert_int_equal(sale_expires_at(&sale, (instant){ NOW_MS }).ms, TIME_NONE);
}

static void unpaid_off_makes_every_booking_a_hold(void **state)
{
    struct showing showing = showing_of(*state);
    struct booking want = booking_of(*state, 1, 0);
    struct selling_rules off = rules;
    struct sale sale;
    off.unpaid_until_min = -1;
    assert_null(sale_price(*state, &want, &showing, &off, (instant){ NOW_MS }, false, &sale));
    assert_true(sale.hold);
}

static void emails(void **state)
{
    assert_true(email_plausible(STR("a@b")));
    assert_true(email_plausible(STR("ana.maria@example.com")));
    static const char *const bad[] = { "", "@", "a@", "@b", "a@b@c", "a b@c", "plain" };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(email_plausible(str_of(bad[i])));
    assert_true(str_equal(email_key(*state, STR("Ana@Example.COM")), STR("ana@example.com")));
}

static void bodies(void **state)
{
    struct booking want;
    assert_null(json_read(*state, STR("{\"userId\":\"1\",\"scheduleId\":7,\"movieId\":\"m\",\"seatIds\":[9,\"3\",5],"
                                      "\"totalAmount\":20}"),
                          &booking_shape, &want));
    assert_int_equal(want.user_id, 1);
    assert_int_equal(want.seat_ids.at[0], 3); /* sorted: one lock order for all */
    assert_int_equal(want.seat_ids.at[2], 9);
    assert_false(want.hold);
    assert_refused(json_read(*state, STR("{\"userId\":1,\"scheduleId\":7,\"movieId\":\"m\",\"seatIds\":[3,3],"
                                         "\"totalAmount\":20}"),
                             &booking_shape, &want),
                   "seat_repeated");
    assert_refused(json_read(*state, STR("{\"userId\":1,\"scheduleId\":7,\"movieId\":\"m\",\"seatIds\":[],"
                                         "\"totalAmount\":0}"),
                             &booking_shape, &want),
                   "validation_failed");

    struct payment_order pay;
    assert_refused(json_read(*state, STR("{\"reservationId\":1,\"amount\":10.005,\"paymentMethod\":\"cash\"}"),
                             &payment_order_shape, &pay),
                   "validation_failed");
    assert_refused(json_read(*state, STR("{\"reservationId\":1,\"amount\":10,\"paymentMethod\":\"visa 4111-1111.1111 1111\"}"),
                             &payment_order_shape, &pay),
                   "validation_failed");
    assert_null(json_read(*state, STR("{\"reservationId\":1,\"amount\":10,\"paymentMethod\":\"card 12345678901\"}"),
                          &payment_order_shape, &pay));
    struct ticket_order order;
    assert_refused(json_read(*state,
                             STR("{\"scheduleId\":7,\"movieId\":\"m\",\"seatIds\":[1],\"userId\":1,\"paymentMethod\":"
                                 "\"378282246310005\"}"),
                             &ticket_order_shape, &order),
                   "validation_failed");
    assert_refused(json_read(*state, STR("{\"scheduleId\":7,\"movieId\":\"m\",\"seatIds\":[1]}"), &ticket_order_shape, &order),
                   "buyer_or_user");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(server_price_is_charged, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(lost_seats_are_named, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(house_seats_are_for_the_box_office, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(seats_of_another_room, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(sales_window, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(ticket_types, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(alone_the_figure_is_split, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(how_long_unpaid_seats_are_kept, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(unpaid_off_makes_every_booking_a_hold, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(emails, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(bodies, arena_open, arena_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
