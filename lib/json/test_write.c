/* test_write.c - what is written, and that it comes back the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json/read.h"
#include "lib/json/test_shapes.h"
#include "lib/json/write.h"

static int arena_open(void **state)
{
    *state = arena_new(16 * 1024 * 1024);
    return clock_set_zone(*state, "America/Lima") != NULL;
}

static int arena_close(void **state)
{
    arena_free(*state);
    return 0;
}

#define assert_text(made, wanted) assert_text_at((made), (wanted), __LINE__)

static void assert_text_at(str made, const char *wanted, int line)
{
    if (!str_equal(made, str_of(wanted)))
        fail_msg("line %d:\n%.*s\nis not\n%s", line, STR_ARG(made), wanted);
}

static str written(arena *a, const struct shape *s, const void *value)
{
    struct buf out = { .in = a };
    json_write(&out, s, value);
    return buf_str(&out);
}

static str stored(arena *a, const struct shape *s, const void *value)
{
    struct buf out = { .in = a };
    json_store(&out, s, value);
    return buf_str(&out);
}

static int64_t numbers[] = { 3, -1, INT64_MAX };
static str texts[] = {
    {"Drama",  5},
    { "",      0},
    { "\"q\"", 3}
};
static struct sample_seat rows[] = {
    {7,  { "A", 1 }, 2},
    { 8, { "B", 1 }, 0}
};

static struct sample full(void)
{
    return (struct sample){
        .id = 12,
        .minutes = 135,
        .rating = 8.7,
        .active = true,
        .title = STR("Año \"x\"\n"),
        .note = STR(""),
        .price = {1250                   },
        .deposit = { 1205                  },
        .made = { INT64_C(1787457300042)},
        .plain = { INT64_C(1787457300042)},
        .local = { INT64_C(1787457300042)},
        .show_time = { INT64_C(1795600800)   },
        .premiere = { 20782                 },
        .screen = 2,
        .seat_ids = { numbers,                3 },
        .genre = { texts,                      3 },
        .seats = { rows, 2 },
        .best = &rows[1],
        .extra = { STR("{\"a\":[1,0.1,null]}")                  },
        .held_until_ms = 5,
    };
}

static void every_kind_is_written(void **state)
{
    struct sample value = full();
    assert_text(written(*state, &sample_shape, &value),
                "{\"id\":12,\"duration\":135,\"rating\":8.7,\"isActive\":true,\"title\":\"Año "
                "\\\"x\\\"\\n\",\"note\":\"\","
                "\"price\":12.5,\"deposit\":12.05,\"made\":\"2026-08-23T03:55:00.042Z\",\"plain\":"
                "\"2026-08-23T03:55:00\","
                "\"local\":\"2026-08-22T22:55:00-05:00\",\"show_time\":\"2026-11-25T10:00:00\","
                "\"premiere\":\"2026-11-25\","
                "\"screen_type\":\"IMAX\",\"seatIds\":[3,-1,9223372036854775807],\"genre\":["
                "\"Drama\",\"\",\"\\\"q\\\"\"],"
                "\"seats\":[{\"id\":7,\"row_number\":\"A\",\"seat_type\":\"vip\"},"
                "{\"id\":8,\"row_number\":\"B\",\"seat_type\":\"regular\"}],"
                "\"best\":{\"id\":8,\"row_number\":\"B\",\"seat_type\":\"regular\"},\"extra\":{"
                "\"a\":[1,0.1,null]}}");
}

static void nothing_is_written_as_its_kind_has_it(void **state)
{
    struct sample value = { .made = INSTANT_NONE,
                            .plain = INSTANT_NONE,
                            .local = INSTANT_NONE,
                            .show_time = WALL_NONE,
                            .premiere = DAY_NONE,
                            .screen = 99,
                            .rating = NAN };
    assert_text(written(*state, &sample_shape, &value),
                "{\"id\":0,\"duration\":0,\"rating\":null,\"isActive\":false,\"title\":\"\","
                "\"note\":\"\",\"price\":0,"
                "\"deposit\":0,\"made\":null,\"plain\":null,\"local\":null,\"show_time\":null,"
                "\"premiere\":null,"
                "\"screen_type\":null,\"seatIds\":[],\"genre\":[],\"seats\":[],\"best\":null,"
                "\"extra\":null}");
}

static struct sample nothing(void)
{
    return (struct sample){
        .id = INTEGER_NONE,
        .minutes = INTEGER_NONE,
        .rating = NAN,
        .price = MONEY_NONE,
        .deposit = MONEY_NONE,
        .made = INSTANT_NONE,
        .plain = INSTANT_NONE,
        .local = INSTANT_NONE,
        .show_time = WALL_NONE,
        .premiere = DAY_NONE,
        .screen = CHOICE_NONE,
        .held_until_ms = INTEGER_NONE,
    };
}

static const char *const all_null = "{\"id\":null,\"duration\":null,\"rating\":null,\"isActive\":"
                                    "false,\"title\":null,\"note\":null,\"price\":null,"
                                    "\"deposit\":null,\"made\":null,\"plain\":null,\"local\":null,"
                                    "\"show_time\":null,\"premiere\":null,"
                                    "\"screen_type\":null,\"seatIds\":null,\"genre\":null,"
                                    "\"seats\":null,\"best\":null,\"extra\":null}";

static void nulls_come_back_as_nulls(void **state)
{
    struct sample value = nothing(), back;
    assert_text(written(*state, &sample_nullable_shape, &value), all_null);
    memset(&back, 0xA5, sizeof back);
    assert_null(json_read(*state, str_of(all_null), &sample_nullable_shape, &back));
    assert_text(written(*state, &sample_nullable_shape, &back), all_null);
    memset(&back, 0xA5, sizeof back);
    assert_null(json_read(*state, STR("{}"), &sample_nullable_shape, &back));
    assert_text(written(*state, &sample_nullable_shape, &back), all_null);
    memset(&back, 0xA5, sizeof back);
    assert_null(json_restore(*state, stored(*state, &sample_nullable_shape, &value),
                             &sample_nullable_shape, &back));
    assert_text(written(*state, &sample_nullable_shape, &back), all_null);
    assert_true(back.held_until_ms == INTEGER_NONE);
}

static void what_is_stored_is_restored(void **state)
{
    static const struct shape *const shapes[] = { &sample_shape, &sample_nullable_shape,
                                                  &sample_edit_shape };
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        struct sample value = full(), back;
        memset(&back, 0xA5, sizeof back);
        str text = stored(*state, shapes[i], &value);
        assert_null(json_restore(*state, text, shapes[i], &back));
        assert_text(stored(*state, shapes[i], &back), arena_cstr(*state, text));
        assert_int_equal(back.id, 12);
        assert_int_equal(back.held_until_ms, 5);
        assert_int_equal(back.made.ms, value.made.ms);
        assert_int_equal(back.plain.ms,
                         value.plain.ms); /* to the millisecond, though it is written plain */
        assert_int_equal(back.local.ms, value.local.ms);
        assert_int_equal(LIST_AT(&back.seats, struct sample_seat, 0)->id, 7);
    }
}

/* Also what json_write wrote for clients, in every form of a time. */
static void what_is_written_is_restored(void **state)
{
    struct sample value = full(), back;
    str text = written(*state, &sample_shape, &value);
    assert_null(json_restore(*state, text, &sample_shape, &back));
    assert_text(written(*state, &sample_shape, &back), arena_cstr(*state, text));
    assert_int_equal(back.local.ms, value.local.ms / 1000 * 1000);
}

/* What breaks today's rules was good when it was stored. */
static void restoring_applies_no_rule(void **state)
{
    struct sample back;
    assert_null(json_restore(*state,
                             STR("{\"duration\":-5,\"title\":\"  \",\"deposit\":99,\"later\":1}"),
                             &sample_shape, &back));
    assert_int_equal(back.minutes, -5);
    assert_text(back.title, "  ");
    assert_int_equal(back.deposit.cents, 9900);
    assert_true(back.active); /* absent: the fallback */
    const fault *problem = json_restore(*state, STR("{\"duration\":\"x\"}"), &sample_shape, &back);
    assert_string_equal(problem->code, "validation_failed");
    list many;
    assert_null(json_restore_list(*state, STR("[{\"id\":4},{}]"), &sample_seat_shape, &many));
    assert_int_equal(LIST_AT(&many, struct sample_seat, 0)->id, 4);
}

static void lists_are_written(void **state)
{
    struct buf out = { .in = *state };
    json_write_list(&out, &sample_seat_shape, &(list){ rows, 1 });
    json_write_list(&out, &sample_seat_shape, &(list){ NULL, 0 });
    json_write_text(&out, (str){ NULL, 0 });
    json_write_text(&out, STR("a\\"));
    assert_text(buf_str(&out),
                "[{\"id\":7,\"row_number\":\"A\",\"seat_type\":\"vip\"}][]null\"a\\\\\"");
}

/* What is written already is not one member more: it is the object. */
static void texts_are_written_as_they_are(void **state)
{
    struct text {
        struct raw_json json;
    };
    static const struct field fields[] = { FIELD(struct text, json, "", .whole = true) };
    static const struct shape shape = SHAPE(text, fields);
    struct text two[] = { { { STR("{\"id\":1}") } }, { { { NULL, 0 } } } };
    struct buf out = { .in = *state };
    json_write_list(&out, &shape, &(list){ two, 2 });
    assert_text(buf_str(&out), "[{\"id\":1},null]");
}

static void money_has_no_trailing_zeros(void **state)
{
    static const struct {
        int64_t cents;
        const char *text;
    } cases[] = {
        {0,                "0"                    },
        { 1,               "0.01"                 },
        { 10,              "0.1"                  },
        { 100,             "1"                    },
        { 1250,            "12.5"                 },
        { 2500,            "25"                   },
        { 1205,            "12.05"                },
        { -1,              "-0.01"                },
        { -50,             "-0.5"                 },
        { -1205,           "-12.05"               },
        { MONEY_MAX_CENTS, "99999999.99"          },
        { INT64_MIN,       "-92233720368547758.08"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf out = { .in = *state };
        json_write_money(&out, (money){ cases[i].cents });
        assert_text(buf_str(&out), cases[i].text);
    }
}

static void numbers_are_short_and_exact(void **state)
{
    static const struct {
        double number;
        const char *text;
    } cases[] = {
        {9,                       "9"                      },
        { 8.5,                    "8.5"                    },
        { 0.1,                    "0.1"                    },
        { 0.1 + 0.2,              "0.30000000000000004"    },
        { -0.0,                   "0"                      },
        { 1e22,                   "1e+22"                  },
        { 123456789012345678.0,   "1.2345678901234568e+17" },
        { 1e-7,                   "1e-07"                  },
        { 5e-324,                 "4.94065645841247e-324"  },
        { NAN,                    "null"                   },
        { HUGE_VAL,               "null"                   },
        { 1.7976931348623157e308, "1.7976931348623157e+308"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf out = { .in = *state };
        json_write_number(&out, cases[i].number);
        assert_text(buf_str(&out), cases[i].text);
    }
    srand(7);
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = ((uint64_t)rand() << 40) ^ ((uint64_t)rand() << 20) ^ (uint64_t)rand();
        double number;
        memcpy(&number, &bits, sizeof number);
        struct buf out = { .in = *state };
        json_write_number(&out, number);
        buf_char(&out, '\0');
        if (isfinite(number) && strtod(out.at, NULL) != number)
            fail_msg("%s", out.at);
        arena_reset(*state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_kind_is_written, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(nothing_is_written_as_its_kind_has_it, arena_open,
                                        arena_close),
        cmocka_unit_test_setup_teardown(nulls_come_back_as_nulls, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(what_is_stored_is_restored, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(what_is_written_is_restored, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(restoring_applies_no_rule, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(lists_are_written, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(texts_are_written_as_they_are, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(money_has_no_trailing_zeros, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(numbers_are_short_and_exact, arena_open, arena_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
