/* test_schema.c - the description says what the reader does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <string.h>

#include "lib/json/test_shapes.h"
#include "lib/json/write.h"

static json_t *parsed(struct buf *text)
{
    json_error_t error;
    json_t *made = json_loadb(text->at, text->len, JSON_REJECT_DUPLICATES, &error);
    if (made == NULL)
        fail_msg("%s in %.*s", error.text, (int)text->len, text->at);
    buf_free(text);
    return made;
}

static json_t *schema_of(const struct shape *s, bool input)
{
    struct buf text = { 0 };
    json_write_schema(&text, s, input);
    return parsed(&text);
}

static void assert_is(json_t *made, const char *wanted, const char *name)
{
    char *text = made ? json_dumps(made, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    if (text == NULL || strcmp(text, wanted) != 0)
        fail_msg("%s: %s is not %s", name, text ? text : "nothing", wanted);
    free(text);
}

static void assert_property(json_t *schema, const char *name, const char *wanted)
{
    assert_is(json_object_get(json_object_get(schema, "properties"), name), wanted, name);
}

static void input_has_the_rules(void **state)
{
    (void)state;
    json_t *s = schema_of(&sample_shape, true);
    assert_is(json_object_get(s, "type"), "\"object\"", "type");
    assert_is(json_object_get(s, "required"), "[\"duration\",\"title\",\"price\"]", "required");
    assert_null(json_object_get(s, "additionalProperties"));
    assert_null(json_object_get(json_object_get(s, "properties"), "id"));
    assert_null(json_object_get(json_object_get(s, "properties"), "heldUntil"));
    assert_property(s, "duration",
                    "{\"type\":\"integer\",\"format\":\"int64\",\"minimum\":1,\"maximum\":1000,"
                    "\"description\":\"minutes\"}");
    assert_property(s, "rating",
                    "{\"type\":\"number\",\"minimum\":0,\"maximum\":10,\"default\":0}");
    assert_property(s, "isActive", "{\"type\":\"boolean\",\"default\":true}");
    assert_property(s, "title", "{\"type\":\"string\",\"minLength\":1,\"maxLength\":20,\"pattern\":\"[^ ]\"}");
    assert_property(s, "note", "{\"type\":\"string\"}");
    assert_property(s, "price",
                    "{\"type\":\"number\",\"minimum\":0.01,\"maximum\":99999999.989999995}");
    assert_property(s, "deposit",
                    "{\"type\":\"number\",\"minimum\":0,\"maximum\":50,\"default\":0}");
    assert_property(s, "made", "{\"type\":[\"string\",\"integer\"],\"format\":\"date-time\"}");
    assert_property(s, "plain", "{\"type\":\"string\",\"format\":\"date-time\"}");
    assert_property(s, "premiere", "{\"type\":\"string\",\"format\":\"date\"}");
    assert_property(s, "screen_type",
                    "{\"type\":\"string\",\"enum\":[\"2D\",\"3D\",\"IMAX\"],\"default\":\"2D\"}");
    assert_property(
        s, "seatIds",
        "{\"type\":\"array\",\"items\":{\"type\":\"integer\",\"minimum\":2},\"maxItems\":20,\"default\":[]}");
    assert_property(s, "genre",
                    "{\"type\":[\"array\",\"string\"],\"items\":{\"type\":\"string\",\"maxLength\":9},"
                    "\"default\":[\"Drama\",\"Noir\"]}");
    assert_property(
        s, "seats",
        "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/sample_seatInput\"},"
        "\"maxItems\":3}");
    assert_property(
        s, "best",
        "{\"anyOf\":[{\"$ref\":\"#/components/schemas/sample_seatInput\"},{\"type\":\"null\"}]}");
    assert_property(s, "extra", "{}");
    json_decref(s);
}

static void output_has_the_forms(void **state)
{
    (void)state;
    json_t *s = schema_of(&sample_shape, false);
    assert_is(json_object_get(s, "required"),
              "[\"id\",\"duration\",\"rating\",\"isActive\",\"title\",\"price\",\"deposit\","
              "\"screen_type\",\"seatIds\","
              "\"genre\",\"best\"]",
              "required");
    assert_property(s, "id",
                    "{\"type\":\"integer\",\"format\":\"int64\",\"readOnly\":true,"
                    "\"description\":\"given by the server\"}");
    assert_property(s, "title", "{\"type\":\"string\"}");
    assert_property(s, "made", "{\"type\":\"string\",\"format\":\"date-time\"}");
    assert_property(s, "plain",
                    "{\"type\":\"string\",\"pattern\":"
                    "\"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$\"}");
    assert_property(s, "genre", "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}");
    assert_property(
        s, "best",
        "{\"anyOf\":[{\"$ref\":\"#/components/schemas/sample_seat\"},{\"type\":\"null\"}]}");
    json_decref(s);
}

static void null_is_a_type(void **state)
{
    (void)state;
    json_t *s = schema_of(&sample_nullable_shape, false);
    assert_property(s, "id", "{\"type\":[\"integer\",\"null\"],\"format\":\"int64\"}");
    assert_property(s, "title", "{\"type\":[\"string\",\"null\"]}");
    assert_property(s, "screen_type",
                    "{\"type\":[\"string\",\"null\"],\"enum\":[\"2D\",\"3D\",\"IMAX\",null]}");
    assert_property(s, "seats",
                    "{\"type\":[\"array\",\"null\"],\"items\":{\"$ref\":\"#/components/schemas/"
                    "sample_seat\"}}");
    json_decref(s);
}

static void edits_and_strict_shapes_say_so(void **state)
{
    (void)state;
    json_t *s = schema_of(&sample_edit_shape, true);
    assert_null(json_object_get(s, "required"));
    assert_is(json_object_get(s, "additionalProperties"), "false", "additionalProperties");
    assert_is(json_object_get(s, "patternProperties"),
              "{\"^\\\\$\":true,\"^_id$\":true,\"^id$\":true}", "patternProperties");
    json_decref(s);
}

static void query_names_are_parameters(void **state)
{
    (void)state;
    struct buf text = { 0 };
    buf_char(&text, '[');
    json_write_query_parameters(&text, &sample_query_shape);
    buf_char(&text, ']');
    json_t *all = parsed(&text);
    assert_int_equal(json_array_size(all), sample_query_shape.count);
    assert_is(json_array_get(all, 0),
              "{\"name\":\"limit\",\"in\":\"query\",\"required\":false,\"description\":\"how many "
              "at most\",\"schema\":"
              "{\"type\":\"integer\",\"format\":\"int64\",\"minimum\":0,\"maximum\":1000,"
              "\"default\":10}}",
              "limit");
    assert_is(
        json_array_get(all, 10),
        "{\"name\":\"ids\",\"in\":\"query\",\"required\":false,\"style\":\"form\",\"explode\":"
        "false,\"schema\":"
        "{\"type\":\"array\",\"items\":{\"type\":\"integer\"},\"maxItems\":3,\"default\":[]}}",
        "ids");
    json_decref(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(input_has_the_rules),
        cmocka_unit_test(output_has_the_forms),
        cmocka_unit_test(null_is_a_type),
        cmocka_unit_test(edits_and_strict_shapes_say_so),
        cmocka_unit_test(query_names_are_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
