/* test_breaker.c - the circuit breaker opens, waits longer each time, tries once, and closes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/http/breaker.h"

static void fail_times(struct breaker *b, int64_t now_ms, int times)
{
    for (int i = 0; i < times; i++) {
        assert_true(breaker_allows(b, now_ms));
        breaker_failed(b, now_ms);
    }
}

static void test_opens_after_five_in_a_row(void **state)
{
    (void)state;
    struct breaker b = { 0 };
    fail_times(&b, 1000, 4);
    assert_true(breaker_allows(&b, 1000));
    breaker_succeeded(&b, 1000);
    fail_times(&b, 1000, 4);
    assert_int_equal(b.state, BREAKER_CLOSED);
    fail_times(&b, 1000, 1);
    assert_int_equal(b.state, BREAKER_OPEN);
    assert_false(breaker_allows(&b, 1000));
    assert_int_equal(b.opened_total, 1);
}

static void test_opens_when_half_fail(void **state)
{
    (void)state;
    struct breaker b = { 0 };
    for (int i = 0; i < 19; i++)
        i % 2 ? breaker_failed(&b, 5000) : breaker_succeeded(&b, 5000);
    assert_int_equal(b.state, BREAKER_CLOSED); /* 9 of 19: too few calls to judge by, and less than half */
    breaker_failed(&b, 5000);
    assert_int_equal(b.state, BREAKER_OPEN);
}

static void test_window_forgets(void **state)
{
    (void)state;
    struct breaker b = { 0 };
    for (int i = 0; i < 19; i++)
        i % 2 ? breaker_failed(&b, 10000) : breaker_succeeded(&b, 10000);
    breaker_failed(&b, 20001);
    assert_int_equal(b.state, BREAKER_CLOSED);
    assert_int_equal(b.calls, 1);
}

static void test_one_trial(void **state)
{
    (void)state;
    struct breaker b = { 0 };
    fail_times(&b, 0, 5);
    assert_in_range(b.open_until_ms, 800, 1000);
    assert_false(breaker_allows(&b, b.open_until_ms - 1));
    assert_true(breaker_allows(&b, b.open_until_ms));
    assert_int_equal(b.state, BREAKER_HALF_OPEN);
    assert_false(breaker_allows(&b, b.open_until_ms + 5)); /* one is under way */
    breaker_succeeded(&b, b.open_until_ms + 10);
    assert_int_equal(b.state, BREAKER_CLOSED);
    fail_times(&b, 3000, 4);
    assert_int_equal(b.state, BREAKER_CLOSED); /* the count began anew */
}

static void test_waits_longer_up_to_15_s(void **state)
{
    (void)state;
    static const int64_t expected_ms[] = { 1000, 2000, 4000, 8000, 15000, 15000 };
    struct breaker b = { 0 };
    int64_t now_ms = 50000;
    fail_times(&b, now_ms, 5);
    for (size_t i = 0; i < sizeof(expected_ms) / sizeof(expected_ms[0]); i++) {
        assert_in_range(b.open_until_ms - now_ms, expected_ms[i] * 4 / 5, expected_ms[i]);
        now_ms = b.open_until_ms;
        fail_times(&b, now_ms, 1);
    }
    now_ms = b.open_until_ms;
    assert_true(breaker_allows(&b, now_ms));
    breaker_succeeded(&b, now_ms);
    fail_times(&b, now_ms, 5);
    assert_in_range(b.open_until_ms - now_ms, 800, 1000); /* well again: from the start */
}

static void test_late_answers_change_nothing(void **state)
{
    (void)state;
    struct breaker b = { 0 };
    fail_times(&b, 0, 5);
    int64_t until_ms = b.open_until_ms;
    breaker_failed(&b, 10);
    breaker_succeeded(&b, 10);
    assert_int_equal(b.state, BREAKER_OPEN);
    assert_int_equal(b.open_until_ms, until_ms);
    assert_int_equal(b.opened_total, 1);
}

static void test_trips(void **state)
{
    (void)state;
    struct breaker b = { 0 };
    breaker_trip(&b, 1000);
    assert_false(breaker_allows(&b, 1100));
    assert_in_range(b.open_until_ms, 1800, 2000);
    int64_t until_ms = b.open_until_ms;
    breaker_trip(&b, 1500);
    assert_int_equal(b.open_until_ms, until_ms);
    assert_true(breaker_allows(&b, until_ms)); /* the trial hangs as well */
    breaker_trip(&b, until_ms);
    assert_in_range(b.open_until_ms - until_ms, 1600, 2000);
    assert_int_equal(b.opened_total, 2);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(breaker_state_name(BREAKER_CLOSED), "closed");
    assert_string_equal(breaker_state_name(BREAKER_OPEN), "open");
    assert_string_equal(breaker_state_name(BREAKER_HALF_OPEN), "half-open");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opens_after_five_in_a_row), cmocka_unit_test(test_opens_when_half_fail),
        cmocka_unit_test(test_window_forgets), cmocka_unit_test(test_one_trial),
        cmocka_unit_test(test_waits_longer_up_to_15_s), cmocka_unit_test(test_late_answers_change_nothing),
        cmocka_unit_test(test_trips), cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
