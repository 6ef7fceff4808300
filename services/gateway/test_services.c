/* test_services.c - what a service says of itself, and how far it is behind the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/json/read.h"
#include "services/gateway/model_services.h"

static struct service_seen seen(arena *a, const char *name, const char *health)
{
    struct service_seen made = { .name = str_of(name), .position = INTEGER_NONE };
    struct health_told told = { .position = INTEGER_NONE };
    assert_null(json_restore(a, str_of(health), &health_told_shape, &told));
    service_take(a, &told, &made);
    return made;
}

static void lags_are_of_the_owner_s_own_word(void **state)
{
    (void)state;
    arena *a = arena_new((size_t)1024 * 1024);
    struct service_seen all[SERVICES] = {
        seen(a, "movies", "{\"status\":\"healthy\",\"version\":\"1\",\"checks\":{\"store\":{\"status\":\"ok\",\"age_s\":0}},\"position\":81,\"feeds\":[]}"),
        seen(a, "rooms", "{\"status\":\"unhealthy\",\"version\":\"1\",\"checks\":{\"movies\":{\"status\":\"away\",\"age_s\":7,\"breaker\":\"open\"},"
                         "\"store\":{\"status\":\"ok\",\"age_s\":0}},\"position\":9,\"feeds\":[{\"owner\":\"movies\",\"position\":80,\"in_touch\":false,\"age_s\":7}]}"),
        seen(a, "analytics", "{\"status\":\"healthy\",\"version\":\"1\",\"feeds\":[{\"owner\":\"rooms\",\"position\":12,\"in_touch\":true,\"age_s\":0},"
                             "{\"owner\":\"reservations\",\"position\":5,\"in_touch\":true,\"age_s\":0}]}"),
        { .name = STR("reservations"), .position = INTEGER_NONE },
    };
    services_compare(all);
    assert_int_equal(all[1].checks.count, 2);
    assert_true(str_equal(LIST_AT(&all[1].checks, struct service_check, 0)->name, STR("store")));
    assert_true(str_equal(LIST_AT(&all[1].checks, struct service_check, 1)->breaker, STR("open")));
    assert_int_equal(LIST_AT(&all[1].feeds, struct service_feed, 0)->lag, 1);
    assert_int_equal(LIST_AT(&all[2].feeds, struct service_feed, 0)->lag, 0); /* it was asked later */
    assert_true(LIST_AT(&all[2].feeds, struct service_feed, 1)->lag == INTEGER_NONE); /* reservations is away */
    assert_true(all[2].position == INTEGER_NONE);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(lags_are_of_the_owner_s_own_word) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
