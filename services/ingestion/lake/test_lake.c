/* test_lake.c - what a manifest of the lake must say, and how its objects are named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/json/read.h"
#include "lib/json/write.h"
#include "services/ingestion/model_lake.h"

#define SUM STR("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")

static arena *a;

static int begin(void **state)
{
    (void)state;
    a = arena_new((size_t)8 * 1024 * 1024);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static struct lake_segment segment(int64_t first, int64_t last)
{
    return (struct lake_segment){ .key = STR("k"), .first = first, .last = last, .rows = last - first + 1, .bytes = 9,
                                  .sha256 = SUM, .dt = STR("2026-11-25") };
}

static const char *code_of(const struct lake_manifest *m)
{
    const fault *problem = lake_manifest_check(a, m, "rooms_events");
    return problem ? problem->code : "";
}

static void segments_follow_each_other(void **state)
{
    struct lake_segment s[] = { segment(1, 4), segment(5, 5), segment(6, 20) };
    struct lake_manifest m = { .version = LAKE_VERSION, .table = STR("rooms_events"), .last = 20, .segments = { s, 3 } };
    (void)state;
    assert_string_equal(code_of(&m), "");
    m.last = 21;
    assert_string_equal(code_of(&m), "lake_damaged");
    m.last = 20;
    s[1] = segment(4, 5);
    assert_string_equal(code_of(&m), "lake_damaged");
    s[1] = segment(6, 5);
    assert_string_equal(code_of(&m), "lake_hole");
    s[1] = segment(5, 3);
    assert_string_equal(code_of(&m), "lake_damaged");
    s[1] = segment(5, 5);
    m.version = 2;
    assert_string_equal(code_of(&m), "lake_damaged");
    m.version = LAKE_VERSION;
    m.table = STR("movies_events");
    assert_string_equal(code_of(&m), "lake_damaged");
}

static void parts_come_before_segments(void **state)
{
    struct lake_part p[] = { { STR("p"), 1, 10, 2, SUM }, { STR("q"), 11, 15, 1, SUM } };
    struct lake_segment s[] = { segment(16, 17) };
    struct lake_manifest m = { .version = LAKE_VERSION, .table = STR("rooms_events"), .last = 17, .parts = { p, 2 },
                               .segments = { s, 1 } };
    (void)state;
    assert_string_equal(code_of(&m), "");
    p[1].first = 12;
    assert_string_equal(code_of(&m), "lake_hole");
    p[1].first = 11;
    s[0].first = 17;
    assert_string_equal(code_of(&m), "lake_hole");
}

static void a_part_lists_what_its_manifest_says(void **state)
{
    struct lake_part p = { STR("p"), 3, 10, 2, SUM };
    struct lake_segment s[] = { segment(3, 9), segment(10, 10) };
    struct lake_part_content content = { .segments = { s, 2 } };
    (void)state;
    assert_null(lake_part_check(a, &p, &content));
    p.last = 11;
    assert_non_null(lake_part_check(a, &p, &content));
    p.last = 10;
    p.segments = 3;
    assert_non_null(lake_part_check(a, &p, &content));
}

static void a_manifest_is_read_as_it_was_written(void **state)
{
    struct lake_segment s[] = { segment(1, 4) };
    struct lake_manifest m = { .version = LAKE_VERSION, .table = STR("rooms_events"), .last = 4, .segments = { s, 1 },
                               .written_at = { 1764054000123 } }, read = { 0 };
    struct buf text = { .in = a }, again = { .in = a };
    (void)state;
    json_write(&text, &lake_manifest_shape, &m);
    assert_null(json_read(a, buf_str(&text), &lake_manifest_shape, &read));
    json_write(&again, &lake_manifest_shape, &read);
    assert_true(str_equal(buf_str(&text), buf_str(&again)));
}

static void names_sort_as_positions_do(void **state)
{
    (void)state;
    const char *place = lake_place(a, "analytics", STR(""));
    str first = lake_segment_key(a, place, "rooms_events", STR("2026-11-25"), 9);
    str later = lake_segment_key(a, place, "rooms_events", STR("2026-11-25"), 10);
    assert_true(str_equal(first, STR("analytics/lake/rooms_events/dt=2026-11-25/000000000009.ndjson.gz")));
    assert_true(strcmp(first.at, later.at) < 0);
    place = lake_place(a, "a", STR("20261125_210000"));
    assert_true(str_equal(lake_part_key(a, place, "t", 1001), STR("a/lake-20261125_210000/t/manifest/000000001001.json")));
    assert_true(str_equal(lake_manifest_key(a, place, "t"), STR("a/lake-20261125_210000/t/manifest.json")));
}

static void a_life_is_known_by_its_key(void **state)
{
    (void)state;
    str stamp = STR("20261125_210000"), key = lake_life_key(a, "an/alytics", stamp);
    assert_true(str_equal(key, STR("an/alytics/lives/20261125_210000.json")));
    assert_true(str_equal(lake_life_stamp(key), stamp));
    assert_null(lake_life_stamp(STR("analytics/lives/20261125_210000")).at);
    assert_null(lake_life_stamp(STR("analytics/lives/2026x125_210000.json")).at);
    assert_null(lake_life_stamp(STR("analytics/lives/.json")).at);
    assert_null(lake_life_stamp(STR("")).at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_follow_each_other),
        cmocka_unit_test(parts_come_before_segments),
        cmocka_unit_test(a_part_lists_what_its_manifest_says),
        cmocka_unit_test(a_manifest_is_read_as_it_was_written),
        cmocka_unit_test(names_sort_as_positions_do),
        cmocka_unit_test(a_life_is_known_by_its_key),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
