/* test_restore.c - JSON of our own, read in one walk: what jansson takes is taken alike, what is broken anywhere is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/json/read.h"
#include "lib/json/test_shapes.h"
#include "lib/json/write.h"

static int arena_open(void **state)
{
    *state = arena_new((size_t)64 * 1024 * 1024);
    return 0;
}

static int arena_close(void **state)
{
    arena_free(*state);
    return 0;
}

static const char *const whole =
    "{ \"duration\" : 90, \"title\":\"A \\\"quoted\\\" \\u00e9\\uD83C\\uDFAC \\/\\b\\f\\n\\r\\t\\\\ title\", \"note\": \"ni\xC3\xB1o\",\n"
    "\"price\":12.5,\"deposit\":3,\"rating\":7.25,\"isActive\":false,\"made\":\"2026-08-23T03:55:00.125Z\","
    "\"plain\":\"2026-08-23T03:55:00\",\"local\":\"2026-08-23T03:55:00-05:00\",\"show_time\":\"2026-11-25T10:00:00\","
    "\"premiere\":\"2026-11-25\",\"screen_type\":\"IMAX\",\"seatIds\":[ 3 , 4,\"5\", 6.0 ],\"genre\":[\"Drama\",\"\"],"
    "\"seats\":[{\"row_number\":\"A\",\"seat_type\":\"vip\"}, {\"row_number\":\"B\"}],\"best\":null,"
    "\"extra\":{\"a\":[1,2.5,{\"b\":null}],\"c\":\"\\u0041\"},\"unknown\":[{\"x\":[[]]},-1e-3,true],\"heldUntil\":5}";

/* The same text by the reader of clients' bodies, which knows the rules besides: the sample breaks none of them. */
static void what_jansson_reads_is_read_alike(void **state)
{
    struct sample own, client;
    struct buf one = { .in = *state }, other = { .in = *state };
    memset(&own, 0xA5, sizeof own);
    memset(&client, 0xA5, sizeof client);
    assert_null(json_restore(*state, str_of(whole), &sample_nullable_shape, &own));
    assert_null(json_read(*state, str_of(whole), &sample_nullable_shape, &client));
    own.extra = client.extra; /* as it stood, and not written anew: compared below */
    own.held_until_ms = client.held_until_ms;
    json_store(&one, &sample_nullable_shape, &own);
    json_store(&other, &sample_nullable_shape, &client);
    buf_char(&one, '\0');
    buf_char(&other, '\0');
    assert_string_equal(one.at, other.at);
    assert_true(str_equal(own.title, STR("A \"quoted\" \xC3\xA9\xF0\x9F\x8E\xAC /\b\f\n\r\t\\ title")));

    assert_null(json_restore(*state, str_of(whole), &sample_nullable_shape, &own));
    assert_true(str_equal(own.extra.text, STR("{\"a\":[1,2.5,{\"b\":null}],\"c\":\"\\u0041\"}")));
    assert_int_equal(own.held_until_ms, 5);
    assert_int_equal(own.seat_ids.at[3], 6);
}

/* In memory of exactly that length, so that a look behind the end is seen. */
static const fault *restore_exactly(arena *a, const char *text, size_t len)
{
    struct sample out;
    char *copy = malloc(len ? len : 1);
    memcpy(copy, text, len);
    const fault *problem = json_restore(a, (str){ copy, len }, &sample_shape, &out);
    list rows;
    assert_non_null(json_restore_list(a, (str){ copy, len }, &sample_shape, &rows));
    free(copy);
    return problem;
}

static void no_part_is_taken_for_the_whole(void **state)
{
    size_t all = strlen(whole);
    assert_null(restore_exactly(*state, whole, all));
    for (size_t len = 0; len < all; len++)
        assert_non_null(restore_exactly(*state, whole, len));
}

static void any_changed_byte_does_no_harm(void **state)
{
    static const char bytes[] = "\"\\{}[],:0-.eEtfnu \x01\x80\xFF\xC3";
    size_t all = strlen(whole);
    char *text = malloc(all);
    for (size_t i = 0; i < all; i++)
        for (size_t b = 0; b <= sizeof bytes - 1; b++) {
            memcpy(text, whole, all);
            text[i] = bytes[b];
            (void)restore_exactly(*state, text, all);
            arena_reset(*state);
        }
    free(text);
}

static void what_is_no_json_is_refused(void **state)
{
    static const char *const broken[] = {
        "", " ", "null", "[]", "{", "}", "{}}", "{} x", "{,}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "{'a':1}",
        "{\"a\":01}", "{\"a\":1.}", "{\"a\":.5}", "{\"a\":+1}", "{\"a\":1e}", "{\"a\":1e999}", "{\"a\":99999999999999999999}", "{\"a\":0x10}",
        "{\"a\":NaN}", "{\"a\":truth}", "{\"a\":nul}", "{\"duration\":nul}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"\\uD800\"}",
        "{\"a\":\"\\uDC00\"}", "{\"a\":\"\\uD800\\u0041\"}", "{\"a\":\"\\u0000\"}", "{\"a\":\"\n\"}", "{\"a\":\"", "{\"a\":\"\\\"}", "{\"a\":[1 2]}",
        "{\"a\":[1,]}", "{\"a\":[,1]}", "{\"a\":[}", "{\"a\":{]}", "{\"title\":\"x\",\"title\":\"y\"}", "{\"extra\":{\"a\":1,}}",
        "{\"seats\":[{\"id\":1]}",
    };
    struct sample out;
    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        const fault *problem = json_restore(*state, str_of(broken[i]), &sample_shape, &out);
        if (!problem || problem->kind != FAULT_MALFORMED)
            fail_msg("taken: %s", broken[i]);
    }
    assert_string_equal(json_restore(*state, STR("{\"a\":\"\xFF\"}"), &sample_shape, &out)->code, "utf8_invalid");
    char deep[200] = "{\"a\":";
    memset(deep + 5, '[', 100);
    assert_string_equal(json_restore(*state, str_of(deep), &sample_shape, &out)->code, "json_too_deep");
}

static void what_is_of_another_kind_is_named(void **state)
{
    static const char *const wrong[] = {
        "{\"duration\":\"x\"}", "{\"duration\":1.5}", "{\"duration\":[]}", "{\"title\":1}", "{\"title\":{}}", "{\"seatIds\":[1,\"x\"]}",
        "{\"seatIds\":{}}", "{\"genre\":[1]}", "{\"seats\":[1]}", "{\"seats\":[[]]}", "{\"best\":[]}", "{\"isActive\":1}", "{\"price\":true}",
        "{\"premiere\":\"\"}", "{\"screen_type\":\"4D\"}",
    };
    struct sample out;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        const fault *problem = json_restore(*state, str_of(wrong[i]), &sample_shape, &out);
        if (!problem || strcmp(problem->code, "validation_failed") != 0 || !problem->fields)
            fail_msg("taken: %s", wrong[i]);
    }
}

/* A fact lacks nothing that is required; what is stored may, for it was stored by an older version. */
static void a_fact_is_complete(void **state)
{
    struct sample out;
    str little = STR("{\"title\":\"x\",\"price\":null}");
    assert_null(json_restore(*state, little, &sample_shape, &out));
    const fault *problem = json_read_fact(*state, little, &sample_shape, &out);
    assert_string_equal(problem->code, "validation_failed");
    assert_true(str_equal(problem->fields->field, STR("price")));
    assert_true(str_equal(problem->fields->next->field, STR("duration")));
    assert_null(problem->fields->next->next);
    assert_null(json_read_fact(*state, STR("{\"title\":\"x\",\"price\":1,\"duration\":2}"), &sample_shape, &out));
    str odd = STR("{\"title\":\"x\",\"price\":1,\"duration\":2,\"deposit\":3}");
    assert_null(json_restore(*state, odd, &sample_shape, &out));
    assert_string_equal(json_read_fact(*state, odd, &sample_shape, &out)->code, "deposit_too_large");
}

static void money_is_read_without_a_double(void **state)
{
    static const struct {
        const char *text;
        int64_t cents;
    } sums[] = { { "0", 0 }, { "0.0", 0 }, { "12.5", 1250 }, { "12.05", 1205 }, { "-3.1", -310 }, { "9999999.99", 999999999 },
                 { "99999999.99", 9999999999 }, { "1e2", 10000 }, { "10.005", 1001 } };
    for (size_t i = 0; i < COUNT_OF(sums); i++) {
        struct sample out;
        assert_null(json_restore(*state, arena_printf(*state, "{\"price\":%s}", sums[i].text), &sample_shape, &out));
        assert_int_equal(out.price.cents, sums[i].cents);
    }
}

static void long_lists_come_whole(void **state)
{
    struct buf text = { .in = *state };
    struct sample out;
    buf_literal(&text, "{\"seats\":[");
    for (int i = 0; i < 1000; i++)
        buf_printf(&text, "%s{\"id\":%d}", i ? "," : "", i);
    buf_literal(&text, "],\"seatIds\":[");
    for (int i = 0; i < 1000; i++)
        buf_printf(&text, "%s%d", i ? "," : "", i);
    buf_literal(&text, "],\"genre\":[]}");
    assert_null(json_restore(*state, buf_str(&text), &sample_shape, &out));
    assert_int_equal(out.seats.count, 1000);
    assert_int_equal(out.seat_ids.count, 1000);
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(LIST_AT(&out.seats, struct sample_seat, i)->id, i);
        assert_int_equal(out.seat_ids.at[i], i);
    }
    assert_true(out.genre.count == 0 && out.genre.at != NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_jansson_reads_is_read_alike, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(no_part_is_taken_for_the_whole, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(any_changed_byte_does_no_harm, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(what_is_no_json_is_refused, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(what_is_of_another_kind_is_named, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(a_fact_is_complete, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(money_is_read_without_a_double, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(long_lists_come_whole, arena_open, arena_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
