/* test_live.c - changes of a seat map as they are told: what is new, to whom, and once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/gateway/live.h"

#define SEATS 3

static struct live live;
static struct buf out;

static int setup(void **state)
{
    (void)state;
    live = (struct live){ .told = 0 };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    live_free(&live);
    buf_free(&out);
    out = (struct buf){ 0 };
    return 0;
}

/* The map at a version; states: a letter a seat, f free, h held, s sold. */
static bool tell(int64_t version, const char *states, int64_t cents)
{
    arena *a = arena_new(64 * 1024);
    struct seat_map map = { .schedule_id = 7, .version = version, .seats = { NEW_ARRAY(a, struct seat, SEATS), SEATS } };
    for (size_t i = 0; i < SEATS; i++)
        *LIST_AT(&map.seats, struct seat, i) = (struct seat){
            .id = (int64_t)i + 1, .row_number = STR("A"), .seat_number = (int64_t)i + 1, .seat_type = 0,
            .is_available = true, .price = { cents },
            .state = states[i] == 'f' ? SEAT_FREE : states[i] == 'h' ? SEAT_HELD : SEAT_SOLD,
        };
    seats_count(a, &map);
    return live_tell(&live, a, &map);
}

/* What a watcher gets who knows `known`. */
static const char *written(uint64_t *known)
{
    out.len = 0;
    live_write(&live, known, &out);
    buf_char(&out, '\0');
    return out.at;
}

static void test_first_the_map_then_what_changed(void **state)
{
    (void)state;
    uint64_t known = 0;
    assert_true(tell(10, "fff", 1250));
    assert_non_null(strstr(written(&known), "event: map\ndata: {\"scheduleId\":7,\"version\":10,\"counts\":{\"free\":3,"));
    assert_string_equal(written(&known), "");
    assert_false(tell(11, "fff", 1250));
    assert_string_equal(written(&known), "");
    assert_true(tell(12, "fhf", 1250));
    const char *text = written(&known);
    assert_int_equal(strncmp(text, "id: 12-", 7), 0);
    assert_non_null(strstr(text, "event: seats\ndata: {\"scheduleId\":7,\"version\":12,\"counts\":{\"free\":2,\"held\":1,\"sold\":0,\"out\":0},"
                                 "\"seats\":[{\"id\":2,\"state\":\"held\"}]}\n\n"));
    assert_null(strstr(text, "map"));
}

static void test_another_price_is_another_map(void **state)
{
    (void)state;
    uint64_t known = 0;
    tell(10, "fff", 1250);
    (void)written(&known);
    assert_true(tell(10, "fff", 900));
    assert_non_null(strstr(written(&known), "event: map"));
}

static void test_who_missed_some_gets_those(void **state)
{
    (void)state;
    uint64_t early = 0, late;
    tell(10, "fff", 1250);
    (void)written(&early);
    tell(11, "hff", 1250);
    char seen[LIVE_ID_BYTES];
    strcpy(seen, live.kept[live.told % LIVE_CHANGES_KEPT].id);
    tell(12, "hhf", 1250);
    tell(13, "hhh", 1250);
    late = live_known(&live, str_of(seen));
    const char *text = written(&late);
    assert_null(strstr(text, "\"version\":11"));
    assert_true(strstr(text, "\"version\":12") && strstr(text, "\"version\":13"));
    text = written(&early);
    assert_true(strstr(text, "\"version\":11") && strstr(text, "\"version\":13"));
    assert_int_equal(live_known(&live, STR("99-00000000")), 0);
    assert_int_equal(live_known(&live, STR("")), 0);
}

static void test_who_missed_too_much_gets_the_map(void **state)
{
    (void)state;
    uint64_t known = 0;
    tell(1, "fff", 1250);
    (void)written(&known);
    char first[LIVE_ID_BYTES];
    strcpy(first, live.kept[live.told % LIVE_CHANGES_KEPT].id);
    for (int64_t n = 0; n < LIVE_CHANGES_KEPT; n++)
        assert_true(tell(2 + n, n % 2 ? "fff" : "fhf", 1250));
    uint64_t just = known;
    assert_null(strstr(written(&just), "event: map")); /* the last 64 are kept */
    assert_true(tell(100, "fhs", 1250));
    assert_non_null(strstr(written(&known), "event: map"));
    assert_string_equal(written(&known), "");
    assert_int_equal(live_known(&live, str_of(first)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_first_the_map_then_what_changed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_another_price_is_another_map, setup, teardown),
        cmocka_unit_test_setup_teardown(test_who_missed_some_gets_those, setup, teardown),
        cmocka_unit_test_setup_teardown(test_who_missed_too_much_gets_the_map, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
