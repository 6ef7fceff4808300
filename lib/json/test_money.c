/* test_money.c - no double costs anybody a cent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/json/read.h"

static void money_is_exact(void **state)
{
    (void)state;
    static const struct {
        double number;
        int64_t cents;
        bool exact;
    } cases[] = {
        {0,             0,                true },
        { -0.0,         0,                true },
        { 12.5,         1250,             true },
        { 0.01,         1,                true },
        { 0.1 + 0.2,    30,               false},
        { 0.29,         29,               true },
        { 1.1,          110,              true },
        { 19.99,        1999,             true },
        { 12.345,       1235,             false},
        { 12.344,       1234,             false},
        { 1.005,        101,              false}, /* below the half in binary */
        { 10.005,       1001,             false},
        { 0.125,        13,               false},
        { 0.135,        14,               false},
        { 0.005,        1,                false},
        { 0.004999,     0,                false},
        { 1e-9,         0,                false},
        { 5e-324,       0,                false},
        { 2.675,        268,              false},
        { -1.005,       -101,             false},
        { 99999999.99,  MONEY_MAX_CENTS,  true },
        { -99999999.99, -MONEY_MAX_CENTS, true },
        { 99999999.994, MONEY_MAX_CENTS,  false},
        { 999999.995,   100000000,        false},
        { 123456.785,   12345679,         false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        money made;
        bool exact;
        if (!money_of_number(cases[i].number, &made, &exact) || made.cents != cases[i].cents ||
            exact != cases[i].exact)
            fail_msg("%.17g gave %lld", cases[i].number, (long long)made.cents);
    }
    static const double bad[] = { 99999999.995, 1e8, -1e8, 1e300, HUGE_VAL, -HUGE_VAL, NAN };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        money made;
        bool exact;
        if (money_of_number(bad[i], &made, &exact))
            fail_msg("%g was taken", bad[i]);
    }
}

/* Every amount that has a text comes back as itself. */
static void all_cents_are_exact(void **state)
{
    (void)state;
    for (int64_t cents = 0; cents <= MONEY_MAX_CENTS; cents += cents < 300000 ? 1 : 99991) {
        char text[32];
        snprintf(text, sizeof text, "%lld.%02lld", (long long)(cents / 100),
                 (long long)(cents % 100));
        money made;
        bool exact;
        if (!money_of_number(strtod(text, NULL), &made, &exact) || !exact || made.cents != cents)
            fail_msg("%s", text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(money_is_exact),
        cmocka_unit_test(all_cents_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
