/* test_read.c - what bodies are taken, what is refused, and with which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/json/read.h"
#include "lib/json/test_shapes.h"

static int arena_open(void **state)
{
    *state = arena_new(16 * 1024 * 1024);
    return 0;
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
        fail_msg("line %d: \"%.*s\" is not \"%s\"", line, STR_ARG(made), wanted);
}

static void read_well(arena *a, const struct shape *s, const char *body, struct sample *out)
{
    memset(out, 0xA5, sizeof *out); /* nothing may be left of what was there */
    const fault *problem = json_read(a, str_of(body), s, out);
    if (problem)
        fail_msg("%s: %.*s", body, STR_ARG(problem->sentence));
}

/* What the three required fields say, so that a test shows only its own. */
#define REST "\"title\":\"Roma\",\"duration\":135,\"price\":12.5"

static void whole_body(void **state)
{
    struct sample made;
    read_well(
        *state, &sample_shape,
        "{\"title\":\" A\\u00f1o "
        "\\ud83c\\udfac\\n\",\"duration\":135,\"rating\":8.5,\"isActive\":false,"
        "\"note\":\"\",\"price\":12.5,\"deposit\":0.3,\"made\":\"2008-07-18\",\"plain\":\"2026-08-"
        "23T03:55:00\","
        "\"local\":\"2026-08-22T22:55:00-05:00\",\"show_time\":\"2026-11-25 "
        "10:00\",\"premiere\":\"2026-11-25\","
        "\"screen_type\":\"IMAX\",\"seatIds\":[3,\"1\",2.0],\"genre\":[\" Drama \",\"\"],"
        "\"seats\":[{\"row_number\":\"A\"},{\"row_number\":\"B\",\"seat_type\":\"vip\"}],"
        "\"best\":{\"row_number\":\"C\"},\"extra\":{\"a\":[1,2.5,null,true,\"x\"]},\"unknown\":1}",
        &made);
    assert_text(made.title, "Año \xF0\x9F\x8E\xAC");
    assert_int_equal(made.minutes, 135);
    assert_true(made.rating == 8.5);
    assert_false(made.active);
    assert_non_null(made.note.at);
    assert_int_equal(made.note.len, 0);
    assert_int_equal(made.price.cents, 1250);
    assert_int_equal(made.deposit.cents, 30);
    assert_int_equal(made.made.ms, INT64_C(1216339200000));
    assert_int_equal(made.plain.ms, made.local.ms);
    assert_int_equal(made.show_time.s % 86400, 36000);
    assert_int_equal(made.premiere.days, 20782);
    assert_int_equal(made.screen, 2);
    assert_int_equal(made.seat_ids.count, 3);
    assert_int_equal(made.seat_ids.at[0], 3);
    assert_int_equal(made.seat_ids.at[1], 1);
    assert_int_equal(made.seat_ids.at[2], 2);
    assert_int_equal(made.genre.count, 2);
    assert_text(made.genre.at[0], "Drama");
    assert_int_equal(made.seats.count, 2);
    assert_int_equal(LIST_AT(&made.seats, struct sample_seat, 0)->type, 0);
    assert_int_equal(LIST_AT(&made.seats, struct sample_seat, 1)->type, 2);
    assert_text(made.best->row_number, "C");
    assert_text(made.extra.text, "{\"a\":[1,2.5,null,true,\"x\"]}");
}

static void fallbacks_fill_what_is_absent(void **state)
{
    struct sample made;
    read_well(*state, &sample_shape, "{" REST "}", &made);
    assert_true(made.rating == 0 && made.active);
    assert_null(made.note.at);
    assert_int_equal(made.screen, 0);
    assert_int_equal(made.seat_ids.count, 0);
    assert_int_equal(made.genre.count, 2);
    assert_text(made.genre.at[1], "Noir");
    assert_true(made.made.ms == TIME_NONE && made.show_time.s == TIME_NONE &&
                made.premiere.days == TIME_NONE);
    assert_null(made.best);
    assert_null(made.extra.text.at);
    assert_int_equal(made.seats.count, 0);
    assert_true(shape_given(&sample_shape, &made, "title"));
    assert_false(shape_given(&sample_shape, &made, "rating"));
    assert_false(shape_given(&sample_shape, &made, "nobody"));
}

static void numbers_may_be_texts(void **state)
{
    struct sample made;
    read_well(*state, &sample_shape,
              "{\"title\":\"x\",\"duration\":\"135\",\"price\":\"12.50\",\"rating\":\"8.5\","
              "\"isActive\":\"false\","
              "\"seatIds\":[\"7\"],\"made\":1216339200000,\"genre\":\"Drama\"}",
              &made);
    assert_int_equal(made.minutes, 135);
    assert_int_equal(made.price.cents, 1250);
    assert_true(made.rating == 8.5 && !made.active);
    assert_int_equal(made.seat_ids.at[0], 7);
    assert_int_equal(made.made.ms, INT64_C(1216339200000));
    assert_int_equal(made.genre.count, 1);
    read_well(*state, &sample_shape,
              "{\"title\":\"x\",\"duration\":12.0,\"price\":1,\"genre\":\"\"}", &made);
    assert_int_equal(made.minutes, 12);
    assert_int_equal(made.genre.count, 0);
    read_well(*state, &sample_shape, "{\"title\":\"x\",\"duration\":1.2e1,\"price\":100e-2}",
              &made);
    assert_int_equal(made.minutes, 12);
    assert_int_equal(made.price.cents, 100);
}

static void what_is_ours_is_not_read(void **state)
{
    struct sample made;
    read_well(*state, &sample_shape,
              "{\"id\":99,\"heldUntil\":5,\"$set\":{\"x\":1},\"_id\":\"x\"," REST "}", &made);
    assert_int_equal(made.id, 0);
    assert_int_equal(made.held_until_ms, 0);
    assert_false(shape_given(&sample_shape, &made, "id"));
}

/* One bad body, one sentence. */
static const struct {
    const char *body, *sentence, *field, *kind;
} bad_bodies[] = {
    {"{\"title\":\"x\",\"price\":1}",                                                   "duration is required.",                    "duration",            "required"},
    { "{\"title\":\"x\",\"price\":1,\"duration\":null}",                                "duration is required.",                    "duration",
     "required"                                                                                                                                                      },
    { "{\"title\":\"x\",\"price\":1,\"duration\":0}",                                   "duration must be at least 1.",             "duration",
     "min"                                                                                                                                                           },
    { "{\"title\":\"x\",\"price\":1,\"duration\":1001}",                                "duration must be at most 1000.",
     "duration",                                                                                                                                           "max"     },
    { "{\"title\":\"x\",\"price\":1,\"duration\":12.5}",                                "duration must be a whole number.",
     "duration",                                                                                                                                           "type"    },
    { "{\"title\":\"x\",\"price\":1,\"duration\":1e300}",                               "duration must be a whole number.",
     "duration",                                                                                                                                           "type"    },
    { "{\"title\":\"x\",\"price\":1,\"duration\":\"\"}",                                "duration must be a whole number.",
     "duration",                                                                                                                                           "type"    },
    { "{\"title\":\"x\",\"price\":1,\"duration\":\"12x\"}",                             "duration must be a whole number.",
     "duration",                                                                                                                                           "type"    },
    { "{\"title\":\"x\",\"price\":1,\"duration\":true}",                                "duration must be a whole number.",
     "duration",                                                                                                                                           "type"    },
    { "{\"title\":\"x\",\"price\":1,\"duration\":[1]}",                                 "duration must be a whole number.",
     "duration",                                                                                                                                           "type"    },
    { "{\"title\":\"x\",\"price\":1,\"duration\":{\"$gt\":0}}",                         "duration must be a whole number.",
     "duration",                                                                                                                                           "type"    },
    { "{" REST ",\"rating\":10.1}",                                                     "rating must be at most 10.",               "rating",              "max"     },
    { "{" REST ",\"rating\":-0.1}",                                                     "rating must be at least 0.",               "rating",              "min"     },
    { "{" REST ",\"rating\":\"nan\"}",                                                  "rating must be a number.",                 "rating",              "type"    },
    { "{" REST ",\"rating\":\"0x5\"}",                                                  "rating must be a number.",                 "rating",              "type"    },
    { "{" REST ",\"rating\":\"1e999\"}",                                                "rating must be a number.",                 "rating",              "type"    },
    { "{" REST ",\"isActive\":1}",                                                      "isActive must be true or false.",          "isActive",            "type"    },
    { "{" REST ",\"isActive\":\"yes\"}",                                                "isActive must be true or false.",          "isActive",            "type"    },
    { "{\"duration\":1,\"price\":1,\"title\":\"  \"}",                                  "title is required.",                       "title",               "required"},
    { "{\"duration\":1,\"price\":1,\"title\":5}",                                       "title must be a text.",                    "title",               "type"    },
    { "{\"duration\":1,\"price\":1,\"title\":[\"x\"]}",                                 "title must be a text.",                    "title",               "type"    },
    { "{\"duration\":1,\"price\":1,\"title\":\"123456789012345678901\"}",
     "title must be at most 20 characters long.",                                                                                   "title",               "max"     },
    { "{\"duration\":1,\"title\":\"x\",\"price\":0}",                                   "price must be at least 0.01.",             "price",
     "min"                                                                                                                                                           },
    { "{\"duration\":1,\"title\":\"x\",\"price\":0.004}",                               "price must be at least 0.01.",             "price",
     "min"                                                                                                                                                           },
    { "{\"duration\":1,\"title\":\"x\",\"price\":-5}",                                  "price must be at least 0.01.",             "price",
     "min"                                                                                                                                                           },
    { "{\"duration\":1,\"title\":\"x\",\"price\":100000000}",
     "price must be between -99999999.99 and 99999999.99.",                                                                         "price",               "max"     },
    { "{\"duration\":1,\"title\":\"x\",\"price\":\"free\"}",                            "price must be an amount of money.",
     "price",                                                                                                                                              "type"    },
    { "{" REST ",\"deposit\":0.005}",                                                   "deposit must have at most two decimals.",  "deposit",
     "type"                                                                                                                                                          },
    { "{" REST ",\"deposit\":50.01}",                                                   "deposit must be at most 50.",              "deposit",             "max"     },
    { "{" REST ",\"made\":\"2008-02-30\"}",                                             "made must be an ISO date or date-time.",   "made",
     "type"                                                                                                                                                          },
    { "{" REST ",\"made\":9e18}",                                                       "made must be an ISO date or date-time.",   "made",                "type"    },
    { "{" REST ",\"made\":1.5}",                                                        "made must be an ISO date or date-time.",   "made",                "type"    },
    { "{" REST ",\"plain\":1216339200000}",                                             "plain must be an ISO date or date-time.",  "plain",
     "type"                                                                                                                                                          },
    { "{" REST ",\"show_time\":\"2026-11-25T10:00:00Z\"}",
     "show_time is the time on the cinema's wall and takes no time zone.",                                                          "show_time",           "type"    },
    { "{" REST ",\"show_time\":\"tomorrow\"}",
     "show_time must be a date and time like 2026-11-25T10:00:00.",                                                                 "show_time",           "type"    },
    { "{" REST ",\"premiere\":\"25/11/2026\"}",                                         "premiere must be a date like 2026-11-25.",
     "premiere",                                                                                                                                           "type"    },
    { "{" REST ",\"screen_type\":\"3d\"}",                                              "screen_type must be one of 2D, 3D, IMAX.",
     "screen_type",                                                                                                                                        "type"    },
    { "{" REST ",\"screen_type\":1}",                                                   "screen_type must be one of 2D, 3D, IMAX.", "screen_type",
     "type"                                                                                                                                                          },
    { "{" REST ",\"seatIds\":\"1,2\"}",                                                 "seatIds must be a list of whole numbers.", "seatIds",
     "type"                                                                                                                                                          },
    { "{" REST ",\"seatIds\":[1,null]}",                                                "seatIds must be a list of whole numbers.", "seatIds",
     "type"                                                                                                                                                          },
    { "{" REST ",\"seatIds\":{\"0\":1}}",                                               "seatIds must be a list of whole numbers.", "seatIds",
     "type"                                                                                                                                                          },
    { "{" REST ",\"seatIds\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21]}",
     "seatIds must have at most 20 entries.",                                                                                       "seatIds",             "max"     },
    { "{" REST ",\"genre\":[\"x\",1]}",                                                 "genre must be a list of texts.",           "genre",               "type"    },
    { "{" REST ",\"genre\":[\"nine ñañá\",\"ten of them\"]}",
     "genre must have no entry longer than 9 characters.",                                                                          "genre",               "max"     },
    { "{" REST ",\"genre\":7}",                                                         "genre must be a list of texts.",           "genre",               "type"    },
    { "{" REST ",\"seats\":{}}",                                                        "seats must be a list of objects.",         "seats",               "type"    },
    { "{" REST ",\"seats\":\"\"}",                                                      "seats must be a list of objects.",         "seats",               "type"    },
    { "{" REST ",\"seats\":[{\"row_number\":\"A\"},5]}",                                "seats[1] must be an object.",              "seats[1]",
     "type"                                                                                                                                                          },
    { "{" REST ",\"seats\":[{\"row_number\":\"\"}]}",
     "seats[0].row_number must be at least 1 character long.",                                                                      "seats[0].row_number", "min"     },
    { "{" REST ",\"seats\":[{\"row_number\":\"A\",\"colour\":1}]}",
     "seats[0].colour is not a known field.",                                                                                       "seats[0].colour",     "type"    },
    { "{" REST ",\"seats\":[{},{},{},{}]}",                                             "seats must have at most 3 entries.",       "seats",               "max"     },
    { "{" REST ",\"best\":[]}",                                                         "best must be an object.",                  "best",                "type"    },
    { "{" REST ",\"best\":{}}",                                                         "best.row_number is required.",             "best.row_number",     "required"},
};

static void bad_fields_are_named(void **state)
{
    for (size_t i = 0; i < COUNT_OF(bad_bodies); i++) {
        struct sample made;
        const fault *problem = json_read(*state, str_of(bad_bodies[i].body), &sample_shape, &made);
        if (problem == NULL)
            fail_msg("%s was taken", bad_bodies[i].body);
        if (!str_equal(problem->sentence, str_of(bad_bodies[i].sentence)))
            fail_msg("%s: %.*s", bad_bodies[i].body, STR_ARG(problem->sentence));
        assert_string_equal(problem->code, "validation_failed");
        assert_int_equal(problem->kind, FAULT_INVALID);
        assert_non_null(problem->fields);
        assert_null(problem->fields->next);
        assert_text(problem->fields->field, bad_bodies[i].field);
        assert_text(problem->fields->sentence, bad_bodies[i].sentence);
        assert_string_equal(problem->fields->kind, bad_bodies[i].kind);
    }
}

static void every_bad_field_is_collected(void **state)
{
    struct sample made;
    const fault *problem = json_read(*state, STR("{\"duration\":0,\"price\":-1,\"rating\":\"x\"}"),
                                     &sample_shape, &made);
    assert_text(problem->sentence, "duration must be at least 1; rating must be a number; title is "
                                   "required; price must be at least 0.01.");
    size_t count = 0;
    for (const struct fault_field *f = problem->fields; f; f = f->next)
        count++;
    assert_int_equal(count, 4);
}

static void what_cannot_be_read(void **state)
{
    static const struct {
        const char *body, *code, *word;
    } cases[] = {
        {"",                                     "json_malformed", "empty"      },
        { " \r\n",                               "json_malformed", "empty"      },
        { "x",                                   "json_malformed", "line 1"     },
        { "{",                                   "json_malformed", "well-formed"},
        { "{}{}",                                "json_malformed", "well-formed"},
        { "{\"a\":1,}",                          "json_malformed", "well-formed"},
        { "{'a':1}",                             "json_malformed", "well-formed"},
        { "{\"a\":NaN}",                         "json_malformed", "well-formed"},
        { "{\"a\":Infinity}",                    "json_malformed", "well-formed"},
        { "{\"a\":01}",                          "json_malformed", "well-formed"},
        { "{\"a\":\"\\u0000\"}",                 "json_malformed", "well-formed"},
        { "{\"a\":\"\\ud800\"}",                 "json_malformed", "well-formed"},
        { "{\"a\":\"\n\"}",                      "json_malformed", "well-formed"},
        { "{\"a\":1,\"a\":2}",                   "json_malformed", "twice"      },
        { "{\"x\":{\"a\":1,\"a\":2}}",           "json_malformed", "twice"      },
        { "{\"duration\":1e999}",                "json_malformed", "too large"  },
        { "{\"duration\":99999999999999999999}", "json_malformed", "too large"  },
        { "[]",                                  "json_malformed", "object"     },
        { "null",                                "json_malformed", "object"     },
        { "5",                                   "json_malformed", "object"     },
        { "\"x\"",                               "json_malformed", "object"     },
        { "{\"a\":\"\xFF\"}",                    "utf8_invalid",   "UTF-8"      },
        { "{\"a\":\"\xC0\xAF\"}",                "utf8_invalid",   "UTF-8"      },
        { "{\"a\":\"\xED\xA0\x80\"}",            "utf8_invalid",   "UTF-8"      },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sample made;
        const fault *problem = json_read(*state, str_of(cases[i].body), &sample_shape, &made);
        if (problem == NULL)
            fail_msg("%s was taken", cases[i].body);
        if (strcmp(problem->code, cases[i].code) != 0)
            fail_msg("%s: %s", cases[i].body, problem->code);
        assert_int_equal(problem->kind, FAULT_MALFORMED);
        if (!memmem(problem->sentence.at, problem->sentence.len, cases[i].word,
                    strlen(cases[i].word)))
            fail_msg("%s: %.*s", cases[i].body, STR_ARG(problem->sentence));
    }
}

/* {"a": and then depth - 1 brackets */
static str nested(arena *a, size_t depth, bool closed)
{
    struct buf b = { .in = a };
    buf_literal(&b, "{\"a\":");
    for (size_t i = 1; i < depth; i++)
        buf_char(&b, '[');
    for (size_t i = 1; i < depth && closed; i++)
        buf_char(&b, ']');
    if (closed)
        buf_char(&b, '}');
    return buf_str(&b);
}

static void depth_is_counted_first(void **state)
{
    struct sample made;
    assert_false(json_too_deep(nested(*state, 32, true)));
    assert_true(json_too_deep(nested(*state, 33, true)));
    static const size_t depths[] = { 33, 1000, 500000 };
    for (size_t i = 0; i < COUNT_OF(depths); i++) {
        for (int closed = 0; closed < 2; closed++) {
            const fault *problem =
                json_read(*state, nested(*state, depths[i], closed), &sample_shape, &made);
            assert_string_equal(problem->code, "json_too_deep");
        }
    }
    /* Depth 32 is read to its end: what is wrong there is that fields are missing. */
    assert_string_equal(json_read(*state, nested(*state, 32, true), &sample_shape, &made)->code,
                        "validation_failed");
    /* Brackets in a text are none, wherever its quotes are escaped. */
    str text = STR("{\"a\":\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\\\"}");
    assert_false(json_too_deep(text));
}

static void edits_ask_for_nothing(void **state)
{
    struct sample made;
    read_well(*state, &sample_edit_shape, "{}", &made);
    assert_int_equal(made.given, 0);
    assert_int_equal(made.genre.count, 0); /* an edit that says nothing changes nothing */
    assert_false(made.active);
    read_well(*state, &sample_edit_shape, "{\"rating\":7,\"best\":null,\"genre\":null}", &made);
    assert_true(shape_given(&sample_edit_shape, &made, "rating"));
    assert_true(shape_given(&sample_edit_shape, &made, "best"));
    assert_true(shape_given(&sample_edit_shape, &made, "genre"));
    assert_false(shape_given(&sample_edit_shape, &made, "title"));
    assert_null(made.best);
    assert_int_equal(made.genre.count, 2); /* null sets the default */

    const fault *problem = json_read(*state, STR("{\"title\":null}"), &sample_edit_shape, &made);
    assert_text(problem->sentence, "title is required.");
    problem = json_read(*state, STR("{\"duration\":0}"), &sample_edit_shape, &made);
    assert_text(problem->sentence, "duration must be at least 1.");
}

static void strict_shapes_know_their_keys(void **state)
{
    struct sample made;
    read_well(*state, &sample_edit_shape, "{\"$where\":1,\"_id\":2,\"id\":3}", &made);
    assert_int_equal(made.given, 0);
    const fault *problem =
        json_read(*state, STR("{\"colour\":1,\"heldUntil\":2}"), &sample_edit_shape, &made);
    assert_text(problem->sentence, "colour is not a known field; heldUntil is not a known field.");
    assert_string_equal(problem->fields->kind, "type");
    /* A key is the client's own text: it is cut between code points. */
    struct buf body = { .in = *state };
    buf_literal(&body, "{\"");
    for (int i = 0; i < 5000; i++)
        buf_literal(&body, "\xE2\x82\xAC");
    buf_literal(&body, "\":1}");
    problem = json_read(*state, buf_str(&body), &sample_edit_shape, &made);
    assert_int_equal(problem->fields->field.len, 63);
    assert_true(str_is_utf8(problem->sentence));
}

static void the_check_comes_after_the_fields(void **state)
{
    struct sample made;
    const fault *problem =
        json_read(*state, STR("{\"title\":\"x\",\"duration\":1,\"price\":1,\"deposit\":2}"),
                  &sample_shape, &made);
    assert_string_equal(problem->code, "deposit_too_large");
    problem = json_read(*state, STR("{\"title\":\"x\",\"duration\":0,\"price\":1,\"deposit\":2}"),
                        &sample_shape, &made);
    assert_string_equal(problem->code, "validation_failed");
}

static void blame_is_bounded(void **state)
{
    struct buf body = { .in = *state };
    list rows;
    buf_char(&body, '[');
    for (int i = 0; i < 5000; i++)
        buf_text(&body, i ? STR(",{\"colour\":1}") : STR("{\"colour\":1}"));
    buf_char(&body, ']');
    const fault *problem = json_read_list(*state, buf_str(&body), &sample_seat_shape, &rows);
    size_t count = 0;
    for (const struct fault_field *f = problem->fields; f; f = f->next)
        count++;
    assert_int_equal(count, FAULT_FIELDS_MAX);
    assert_text(problem->fields->field, "[0].row_number");
}

static void rows_of_a_body_are_bounded(void **state)
{
    static const struct field fields[] = { FIELD(struct sample, seats, "seats",
                                                 .shape = &sample_seat_shape) };
    static const struct shape shape = SHAPE(sample, fields);
    struct sample made;
    struct buf body = { .in = *state };
    buf_literal(&body, "{\"seats\":[");
    for (int i = 0; i <= JSON_ROWS_MAX; i++)
        buf_text(&body, i ? STR(",{}") : STR("{}"));
    buf_literal(&body, "]}");
    const fault *problem = json_read(*state, buf_str(&body), &shape, &made);
    assert_text(problem->sentence, "seats must have at most 10000 entries.");
}

static void a_whole_object_is_kept(void **state)
{
    static const struct field fields[] = {
        FIELD(struct sample, extra, "*", .whole = true),
        FIELD(struct sample, title, "title"),
    };
    static const struct shape shape = SHAPE(sample, fields);
    list rows;
    assert_null(json_read_list(*state, STR("[{ \"later\": [1, 0.1], \"title\": \"Roma\" }]"), &shape,
                               &rows));
    const struct sample *row = LIST_AT(&rows, struct sample, 0);
    assert_text(row->extra.text, "{\"later\":[1,0.1],\"title\":\"Roma\"}");
    assert_text(row->title, "Roma");
}

static void lists_are_read(void **state)
{
    list rows;
    assert_null(json_read_list(*state, STR(" [{\"row_number\":\"A\"},{\"row_number\":\"B\"}] "),
                               &sample_seat_shape, &rows));
    assert_int_equal(rows.count, 2);
    assert_text(LIST_AT(&rows, struct sample_seat, 1)->row_number, "B");
    assert_null(json_read_list(*state, STR("[]"), &sample_seat_shape, &rows));
    assert_int_equal(rows.count, 0);
    const fault *problem = json_read_list(*state, STR("{}"), &sample_seat_shape, &rows);
    assert_string_equal(problem->code, "json_malformed");
}

static strs differing(arena *a, const char *one, const char *other)
{
    struct sample first, second;
    assert_null(json_read(a, str_of(one), &sample_edit_shape, &first));
    assert_null(json_read(a, str_of(other), &sample_edit_shape, &second));
    return shape_differences(a, &sample_edit_shape, &first, &second);
}

static void differences_are_named(void **state)
{
    const char *same = "{\"title\":\"Roma\",\"rating\":8.5,\"genre\":[\"A\",\"B\"]}";
    assert_int_equal(differing(*state, same, same).count, 0);
    strs found = differing(*state, same, "{\"title\":\"Rome\",\"rating\":8.5,\"genre\":[\"A\",\"C\"]}");
    assert_int_equal(found.count, 2);
    assert_text(found.at[0], "title");
    assert_text(found.at[1], "genre");
    assert_int_equal(differing(*state, "{}", "{\"title\":\"Roma\"}").count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whole_body, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(fallbacks_fill_what_is_absent, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(numbers_may_be_texts, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(what_is_ours_is_not_read, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(bad_fields_are_named, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(every_bad_field_is_collected, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(what_cannot_be_read, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(depth_is_counted_first, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(edits_ask_for_nothing, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(strict_shapes_know_their_keys, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(the_check_comes_after_the_fields, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(blame_is_bounded, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(rows_of_a_body_are_bounded, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(a_whole_object_is_kept, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(lists_are_read, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(differences_are_named, arena_open, arena_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
