/* test_dynamodb_json.c - DynamoDB's JSON: parts found as they stand, items made plain, what is broken refused. */
#include "lib/aws/dynamodb_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int arena_open(void **state)
{
    *state = arena_new((size_t)1024 * 1024);
    return 0;
}

static int arena_close(void **state)
{
    arena_free(*state);
    return 0;
}

static void assert_text(str is, const char *wanted)
{
    assert_non_null(is.at);
    if (is.len != strlen(wanted) || memcmp(is.at, wanted, is.len) != 0)
        fail_msg("%.*s is not %s", STR_ARG(is), wanted);
}

static void parts_are_found_as_they_stand(void **state)
{
    str answer = STR(" { \"Count\" : 2,\"Name\":\"a \\\"b\\\" \\u00e9\", \"Items\":[ {\"a\":{\"S\":\"]\"}} ,{\"a\":{\"N\":\"1\"}}], \"No\":null} ");
    str part;
    assert_true(dynamodb_part(*state, answer, "Items", &part));
    assert_text(part, "[ {\"a\":{\"S\":\"]\"}} ,{\"a\":{\"N\":\"1\"}}]");
    assert_true(dynamodb_part(*state, answer, "Missing", &part));
    assert_null(part.at);
    assert_int_equal(dynamodb_int(*state, answer, "Count"), 2);
    assert_int_equal(dynamodb_int(*state, answer, "Name"), 0);
    assert_text(dynamodb_text(*state, answer, "Name"), "a \"b\" \xC3\xA9");
    assert_null(dynamodb_text(*state, answer, "Count").at);
    assert_null(dynamodb_text(*state, (str){ NULL, 0 }, "Count").at);
    assert_int_equal(dynamodb_int(*state, (str){ NULL, 0 }, "Count"), 0);
}

static void entries_come_one_by_one(void **state)
{
    str rest = STR("[ {\"a\":{\"S\":\"],[\"}} ,{\"b\":{}},3]"), one;
    assert_true(dynamodb_entry(*state, &rest, &one));
    assert_text(one, "{\"a\":{\"S\":\"],[\"}}");
    assert_true(dynamodb_entry(*state, &rest, &one));
    assert_text(one, "{\"b\":{}}");
    assert_true(dynamodb_entry(*state, &rest, &one));
    assert_text(one, "3");
    assert_false(dynamodb_entry(*state, &rest, &one));
    static const char *const none[] = { "[]", " [ ] ", "", "{}", "null", "[", "[{\"a\":}]" };
    for (size_t i = 0; i < COUNT_OF(none); i++) {
        rest = str_of(none[i]);
        assert_false(dynamodb_entry(*state, &rest, &one));
    }
    rest = (str){ NULL, 0 };
    assert_false(dynamodb_entry(*state, &rest, &one));
}

static void broken_answers_are_no_answers(void **state)
{
    static const char *const bad[] = { "", "[]", "null", "{", "{\"a\"}", "{\"a\":1", "{\"a\":1,}", "{\"a\":tru}", "<a/>" };
    str part;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(dynamodb_part(*state, str_of(bad[i]), "a", &part));
}

static void items_become_plain(void **state)
{
    static const struct {
        const char *item, *plain;
    } items[] = {
        { "{}", "{}" },
        { "{\"movie_id\":{\"S\":\"7\"},\"position\":{\"N\":\"12\"}}", "{\"movie_id\":\"7\",\"position\":12}" },
        { " { \"a\" : { \"S\" : \"q\\\"\\u00e9\" } } ", "{\"a\":\"q\\\"\\u00e9\"}" },
        { "{\"n\":{\"N\":\"-0.5\"},\"e\":{\"N\":\"1E+40\"},\"l\":{\"N\":\"12345678901234567890123456789012345678\"}}",
          "{\"n\":-0.5,\"e\":1E+40,\"l\":12345678901234567890123456789012345678}" },
        { "{\"n\":{\"N\":\"NaN\"},\"z\":{\"N\":\"007\"},\"d\":{\"N\":\"1.\"},\"m\":{\"N\":\"-\"}}",
          "{\"n\":\"NaN\",\"z\":\"007\",\"d\":\"1.\",\"m\":\"-\"}" },
        { "{\"t\":{\"BOOL\":true},\"x\":{\"NULL\":true},\"b\":{\"B\":\"AAE=\"}}", "{\"t\":true,\"x\":null,\"b\":\"AAE=\"}" },
        { "{\"m\":{\"M\":{\"a\":{\"L\":[{\"N\":\"1\"},{\"S\":\"\"},{\"M\":{}}]}}}}", "{\"m\":{\"a\":[1,\"\",{}]}}" },
        { "{\"s\":{\"SS\":[\"a\",\"b\"]},\"n\":{\"NS\":[\"1\",\"2.5\"]},\"e\":{\"L\":[]}}", "{\"s\":[\"a\",\"b\"],\"n\":[1,2.5],\"e\":[]}" },
    };
    str plain;
    for (size_t i = 0; i < COUNT_OF(items); i++) {
        assert_null(dynamodb_plain(*state, str_of(items[i].item), &plain));
        assert_text(plain, items[i].plain);
    }
}

static void broken_items_are_refused(void **state)
{
    static const char *const bad[] = { "", "[]", "{\"a\":1}", "{\"a\":{}}", "{\"a\":{\"N\":1}}", "{\"a\":{\"S\":\"x\",\"N\":\"1\"}}",
                                       "{\"a\":{\"M\":[]}}", "{\"a\":{\"L\":{}}}", "{\"a\":{\"S\":\"x\"}}x", "{\"a\":{\"S\":\"x\"}" };
    str plain;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        const fault *problem = dynamodb_plain(*state, str_of(bad[i]), &plain);
        assert_non_null(problem);
        assert_string_equal(problem->code, "aws_strange");
    }
}

#define IN_ARENA(test) cmocka_unit_test_setup_teardown(test, arena_open, arena_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ARENA(parts_are_found_as_they_stand),
        IN_ARENA(entries_come_one_by_one),
        IN_ARENA(broken_answers_are_no_answers),
        IN_ARENA(items_become_plain),
        IN_ARENA(broken_items_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
