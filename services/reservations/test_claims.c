/* test_claims.c - seats that are surely gone: as they were read, and as events change them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/reservations/store_claims.h"

#define SHOWING 7
#define NOW_MS 1000

static struct claims claims;
static arena *boot;

static int setup(void **state)
{
    (void)state;
    boot = arena_new(64 * 1024 * 1024);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    claims_forget(&claims);
    assert_int_equal(claims.claim_count, 0);
    assert_int_equal(claims.showing_count, 0);
    arena_free(boot);
    return 0;
}

static void put(int64_t showing_id, int64_t position, size_t count, const struct claim *rows)
{
    claims_put(&claims, showing_id, &(list){ (void *)(uintptr_t)rows, count }, position);
}

/* Two of three seats: 2 sold to reservation 20, 4 held by 40 until 5000. */
static void put_some(int64_t position)
{
    put(SHOWING, position, 2, (const struct claim[]){ { 2, 20, CLAIM_SOLD }, { 4, 40, 5000 } });
}

static void follow(int64_t position, int64_t id, unsigned status, int64_t until_ms, size_t count, const int64_t *seat_ids)
{
    struct reserved_seat seats[8] = { 0 };
    for (size_t i = 0; i < count; i++)
        seats[i].seat_id = seat_ids[i];
    struct reservation fact = { .id = id, .schedule_id = SHOWING, .status = status, .expires_at = { until_ms },
                                .reserved_seats = { seats, count } };
    claims_follow(&claims, &fact, position);
}

/* Of the seats 1 to 6, asked for one by one, those that are gone, as digits of one number. */
static int64_t gone(int64_t latest_ms)
{
    int64_t digits = 0;
    for (int64_t seat = 1; seat <= 6; seat++) {
        ids found;
        if (claims_gone(&claims, boot, SHOWING, &(ids){ &seat, 1 }, latest_ms, &found) && found.count > 0)
            digits = digits * 10 + seat;
    }
    return digits;
}

static void what_is_named_is_all_or_nothing(void **state)
{
    (void)state;
    int64_t both[] = { 2, 4 };
    ids found;
    put_some(1);
    assert_true(claims_gone(&claims, boot, SHOWING, &(ids){ both, 2 }, 4999, &found));
    assert_int_equal(found.count, 2);
    assert_false(claims_gone(&claims, boot, SHOWING, &(ids){ both, 2 }, 5000, &found));
}

static void nothing_is_known_of_others(void **state)
{
    (void)state;
    ids all;
    put_some(1);
    assert_true(claims_known(&claims, SHOWING));
    assert_false(claims_known(&claims, SHOWING + 1));
    assert_false(claims_whole(&claims, boot, SHOWING + 1, NOW_MS, &all));
    assert_true(claims_gone(&claims, boot, SHOWING + 1, &(ids){ (int64_t[]){ 2 }, 1 }, NOW_MS, &all));
    assert_int_equal(all.count, 0);
}

static void a_hold_is_gone_until_it_may_have_run_out(void **state)
{
    (void)state;
    ids all;
    put_some(1);
    assert_int_equal(gone(4999), 24);
    assert_true(claims_whole(&claims, boot, SHOWING, 4999, &all));
    assert_int_equal(all.count, 2);
    assert_int_equal(gone(5000), 2);
    assert_false(claims_whole(&claims, boot, SHOWING, 5000, &all));
}

static void events_change_it(void **state)
{
    (void)state;
    put_some(10);
    follow(11, 50, RESERVATION_PENDING, 9000, 3, (const int64_t[]){ 6, 1, 3 });
    assert_int_equal(gone(NOW_MS), 12346);
    follow(12, 40, RESERVATION_EXPIRED, TIME_NONE, 1, (const int64_t[]){ 4 });
    assert_int_equal(gone(NOW_MS), 1236);
    follow(13, 50, RESERVATION_CONFIRMED, TIME_NONE, 3, (const int64_t[]){ 6, 1, 3 });
    assert_int_equal(gone(9000), 1236);
    follow(14, 50, RESERVATION_CANCELLED, TIME_NONE, 3, (const int64_t[]){ 6, 1, 3 });
    assert_int_equal(gone(NOW_MS), 2);
}

static void a_hold_that_moves_ends_when_it_is_told(void **state)
{
    (void)state;
    put_some(1);
    follow(2, 40, RESERVATION_PENDING, 2000, 1, (const int64_t[]){ 4 });
    assert_int_equal(gone(1999), 24);
    assert_int_equal(gone(2000), 2);
}

static void what_was_read_later_stays(void **state)
{
    (void)state;
    put_some(10);
    follow(10, 20, RESERVATION_CANCELLED, TIME_NONE, 1, (const int64_t[]){ 2 });
    assert_int_equal(gone(NOW_MS), 24);
    follow(11, 20, RESERVATION_CANCELLED, TIME_NONE, 1, (const int64_t[]){ 2 });
    assert_int_equal(gone(NOW_MS), 4);
}

/* The seat was given to another before the first one's end was told. */
static void a_seat_is_freed_by_its_own_reservation_only(void **state)
{
    (void)state;
    put_some(1);
    follow(2, 99, RESERVATION_CANCELLED, TIME_NONE, 2, (const int64_t[]){ 2, 4 });
    assert_int_equal(gone(NOW_MS), 24);
}

static void it_is_bounded(void **state)
{
    (void)state;
    for (int64_t showing_id = 1; showing_id <= CLAIMS_SHOWINGS_MAX + 3; showing_id++)
        put(showing_id, 1, 1, (const struct claim[]){ { 1, 1, CLAIM_SOLD } });
    assert_int_equal(claims.showing_count, CLAIMS_SHOWINGS_MAX);
    assert_false(claims_known(&claims, 3));
    assert_true(claims_known(&claims, 4));
    size_t many = CLAIMS_MAX / 2 + 1;
    struct claim *rows = NEW_ARRAY(boot, struct claim, many);
    for (size_t i = 0; i < many; i++)
        rows[i] = (struct claim){ (int64_t)i, 1, CLAIM_SOLD };
    put(10001, 1, many, rows);
    put(10002, 1, many, rows);
    assert_true(claims.claim_count <= CLAIMS_MAX);
    assert_false(claims_known(&claims, 10001));
    assert_true(claims_known(&claims, 10002));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_known_of_others, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_named_is_all_or_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_hold_is_gone_until_it_may_have_run_out, setup, teardown),
        cmocka_unit_test_setup_teardown(events_change_it, setup, teardown),
        cmocka_unit_test_setup_teardown(a_hold_that_moves_ends_when_it_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_read_later_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(a_seat_is_freed_by_its_own_reservation_only, setup, teardown),
        cmocka_unit_test_setup_teardown(it_is_bounded, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
