/* test_load.c - what is refused, and when, by a clock that the test moves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/http/load.h"

#define FINE_MS 50

/* One request of each class every ten milliseconds, as late as said; how many of each were refused. */
static void asked(struct load *l, int64_t *now_ms, int64_t for_ms, int64_t late_ms, int refused[WORTH_COUNT])
{
    for (enum worth w = 0; w < WORTH_COUNT; w++)
        refused[w] = 0;
    for (int64_t end_ms = *now_ms + for_ms; *now_ms < end_ms; *now_ms += 10)
        for (enum worth w = WORTH_LOOKS; w < WORTH_COUNT; w++)
            refused[w] += !load_takes(l, w, *now_ms, late_ms);
}

static void nobody_is_refused_while_waits_are_short(void **state)
{
    (void)state;
    struct load l = { .late_ms_max = FINE_MS };
    int64_t now_ms = 1;
    int refused[WORTH_COUNT];
    asked(&l, &now_ms, 5000, FINE_MS, refused);
    for (enum worth w = WORTH_LOOKS; w < WORTH_COUNT; w++)
        assert_int_equal(refused[w], 0);
    assert_int_equal(l.level, 0);
}

/* A queue that empties once in every interval is a burst, however long it was in between. */
static void bursts_are_no_overload(void **state)
{
    (void)state;
    struct load l = { .late_ms_max = FINE_MS };
    for (int64_t now_ms = 1; now_ms < 10000; now_ms += 10)
        assert_true(load_takes(&l, WORTH_LOOKS, now_ms, now_ms % 50 < 10 ? 1 : 400));
}

static void the_least_worth_goes_first_and_payments_stay(void **state)
{
    (void)state;
    struct load l = { .late_ms_max = FINE_MS };
    int64_t now_ms = 1;
    int refused[WORTH_COUNT];
    asked(&l, &now_ms, 400, FINE_MS + 1, refused);
    assert_true(refused[WORTH_LOOKS] > 0);
    assert_int_equal(refused[WORTH_KEPT], 0);
    asked(&l, &now_ms, 400, FINE_MS + 1, refused);
    assert_true(refused[WORTH_KEPT] > 0);
    assert_int_equal(refused[WORTH_BOOKS], 0);
    asked(&l, &now_ms, 10000, FINE_MS * 10, refused);
    assert_true(refused[WORTH_BOOKS] > 900);
    assert_int_equal(refused[WORTH_PAYS], 0);
    assert_int_equal(refused[WORTH_ALWAYS], 0);
    assert_int_equal(l.level, 3 * LOAD_CLASS);
}

/* When even refusing the rest leaves waits of ten times what is fine, payments are what is too much. */
static void payments_go_last_and_health_never(void **state)
{
    (void)state;
    struct load l = { .late_ms_max = FINE_MS };
    int64_t now_ms = 1;
    int refused[WORTH_COUNT];
    asked(&l, &now_ms, 3000, FINE_MS * 10 + 1, refused);
    assert_true(refused[WORTH_PAYS] > 0);
    assert_int_equal(refused[WORTH_ALWAYS], 0);
    asked(&l, &now_ms, 200, FINE_MS * 10, refused);
    asked(&l, &now_ms, 1000, FINE_MS * 10, refused);
    assert_int_equal(refused[WORTH_PAYS], 0);
}

/* A quarter of a class is every fourth of it, not the first quarter of a second. */
static void a_part_of_a_class_is_spread(void **state)
{
    (void)state;
    struct load l = { .late_ms_max = FINE_MS, .level = 250, .interval_ends_ms = 1000, .least_late_ms = 0 };
    for (int i = 1; i <= 40; i++)
        assert_int_equal(load_takes(&l, WORTH_LOOKS, 10, 0), i % 4 != 0);
    assert_int_equal(l.refused[WORTH_LOOKS], 10);
}

static void it_comes_back_slowly_and_forgets_when_nobody_asks(void **state)
{
    (void)state;
    struct load l = { .late_ms_max = FINE_MS, .level = 1000, .interval_ends_ms = 100, .least_late_ms = INT64_MAX };
    int64_t now_ms = 1;
    int refused[WORTH_COUNT];
    asked(&l, &now_ms, 1000, 0, refused);
    assert_in_range(l.level, 450, 550);
    assert_true(load_takes(&l, WORTH_LOOKS, now_ms + 60000, 0));
    assert_int_equal(l.level, 0);
}

static void switched_off_it_takes_all(void **state)
{
    (void)state;
    struct load l = { 0 };
    int64_t now_ms = 1;
    int refused[WORTH_COUNT];
    asked(&l, &now_ms, 5000, 60000, refused);
    assert_int_equal(refused[WORTH_LOOKS], 0);
}

static void they_are_asked_back_one_after_the_other(void **state)
{
    (void)state;
    struct load calm = { .level = 100 }, full = { .level = 3000 };
    int64_t seen[2] = { 0 };
    for (uint64_t dice = 0; dice < 100; dice++) {
        assert_in_range(load_again_s(&calm, dice), 1, 2);
        assert_in_range(load_again_s(&full, dice), 1, 8);
        seen[0] = load_again_s(&full, dice) == 1 ? 1 : seen[0];
        seen[1] = load_again_s(&full, dice) == 8 ? 1 : seen[1];
    }
    assert_int_equal(seen[0] + seen[1], 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_refused_while_waits_are_short),
        cmocka_unit_test(bursts_are_no_overload),
        cmocka_unit_test(the_least_worth_goes_first_and_payments_stay),
        cmocka_unit_test(payments_go_last_and_health_never),
        cmocka_unit_test(a_part_of_a_class_is_spread),
        cmocka_unit_test(it_comes_back_slowly_and_forgets_when_nobody_asks),
        cmocka_unit_test(switched_off_it_takes_all),
        cmocka_unit_test(they_are_asked_back_one_after_the_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
