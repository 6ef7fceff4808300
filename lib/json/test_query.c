/* test_query.c - query strings and single texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "lib/json/read.h"
#include "lib/json/test_shapes.h"

static int arena_open(void **state)
{
    *state = arena_new(1024 * 1024);
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

static struct sample read_well(arena *a, const char *query)
{
    struct sample made;
    memset(&made, 0xA5, sizeof made);
    const fault *problem = query_read(a, str_of(query), &sample_query_shape, &made);
    if (problem)
        fail_msg("%s: %.*s", query, STR_ARG(problem->sentence));
    return made;
}

static void empty_is_the_default(void **state)
{
    static const char *const queries[] = {
        "", "&", "&&&", "limit=", "limit", "limit=&search=&date=&ids=", "unknown=1&=2&%20=3", NULL,
    };
    for (size_t i = 0; i < COUNT_OF(queries); i++) {
        struct sample made = read_well(*state, queries[i]);
        assert_int_equal(made.minutes, 10);
        assert_non_null(made.title.at);
        assert_int_equal(made.title.len, 0);
        assert_null(made.note.at);
        assert_false(made.active);
        assert_true(made.premiere.days == TIME_NONE && made.show_time.s == TIME_NONE &&
                    made.made.ms == TIME_NONE);
        assert_int_equal(made.screen, 1);
        assert_int_equal(made.seat_ids.count, 0);
        assert_int_equal(made.given, 0);
    }
}

static void values_are_decoded(void **state)
{
    struct sample made =
        read_well(*state, "search=a%20b+c%26%3d%C3%B1&limit=0&genre=Acci%c3%b3n&featured=true"
                          "&rating=7.5&price=12.50&date=2026-09-12&from=2026-09-12T10:00&since="
                          "2026-09-12T10%3A00%3A00%2B02:00"
                          "&screen=IMAX&ids=3,%201,2&names=a,b+c,");
    assert_text(made.title, "a b c&=ñ");
    assert_int_equal(made.minutes, 0);
    assert_text(made.note, "Acción");
    assert_true(made.active && made.rating == 7.5);
    assert_int_equal(made.price.cents, 1250);
    assert_int_equal(made.show_time.s - made.premiere.days * 86400, 36000);
    assert_int_equal(made.made.ms, (made.premiere.days * 86400 + 8 * 3600) * 1000);
    assert_int_equal(made.screen, 2);
    assert_int_equal(made.seat_ids.count, 3);
    assert_int_equal(made.seat_ids.at[1], 1);
    assert_int_equal(made.genre.count, 3);
    assert_text(made.genre.at[1], "b c");
    assert_text(made.genre.at[2], "");
    assert_true(shape_given(&sample_query_shape, &made, "limit"));

    made = read_well(*state, "search=a=b=c"); /* only the first = cuts */
    assert_text(made.title, "a=b=c");
    made = read_well(*state, "limit=3&limit=4&limit=x"); /* the first counts */
    assert_int_equal(made.minutes, 3);
    made = read_well(*state, "limit=&limit=4");
    assert_int_equal(made.minutes, 4);
    made = read_well(*state, "Limit=4"); /* names are exact */
    assert_int_equal(made.minutes, 10);
}

static void what_cannot_be_decoded(void **state)
{
    static const char *const bad[] = { "search=%",    "search=%4",  "search=%zz", "search=a%2",
                                       "search=%00",  "search=%ff", "search=%c3", "%zz=1",
                                       "limit=3&x=%", "search=%-1", "search=\xff" };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct sample made;
        const fault *problem = query_read(*state, str_of(bad[i]), &sample_query_shape, &made);
        if (problem == NULL)
            fail_msg("%s was taken", bad[i]);
        assert_string_equal(problem->code, "query_malformed");
        assert_int_equal(problem->kind, FAULT_MALFORMED);
    }
    struct sample made;
    assert_non_null(query_read(*state, STR("search=a\0b"), &sample_query_shape, &made));
}

static void bad_values_are_named(void **state)
{
    static const struct {
        const char *query, *sentence;
    } cases[] = {
        {"limit=x",                     "limit must be a whole number."                                     },
        { "limit=1.5",                  "limit must be a whole number."                                     },
        { "limit=1e3",                  "limit must be a whole number."                                     },
        { "limit=+5",                   "limit must be a whole number."                                     },
        { "limit=99999999999999999999", "limit must be a whole number."                                     },
        { "limit=-1",                   "limit must be at least 0."                                         },
        { "limit=1001",                 "limit must be at most 1000."                                       },
        { "featured=1",                 "featured must be true or false."                                   },
        { "rating=11",                  "rating must be at most 10."                                        },
        { "rating=nan",                 "rating must be a number."                                          },
        { "price=-1",                   "price must be at least 0."                                         },
        { "date=2026-02-30",            "date must be a date like 2026-11-25."                              },
        { "from=2026-09-12T10:00Z",
         "from is the time on the cinema's wall and takes no time zone."                                    },
        { "screen=4D",                  "screen must be one of 2D, 3D, IMAX."                               },
        { "ids=1,,2",                   "ids must be a list of whole numbers."                              },
        { "ids=1,2,3,4",                "ids must have at most 3 entries."                                  },
        { "limit=x&date=y",             "limit must be a whole number; date must be a date like 2026-11-25."},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sample made;
        const fault *problem =
            query_read(*state, str_of(cases[i].query), &sample_query_shape, &made);
        if (problem == NULL)
            fail_msg("%s was taken", cases[i].query);
        if (!str_equal(problem->sentence, str_of(cases[i].sentence)))
            fail_msg("%s: %.*s", cases[i].query, STR_ARG(problem->sentence));
        assert_string_equal(problem->code, "validation_failed");
        assert_non_null(problem->fields);
    }
}

/* A list that is given replaces its default, however long that is. */
static void given_lists_replace_their_default(void **state)
{
    static const struct field fields[] = {
        FIELD(struct sample, genre, "genre", .fallback = "Drama,Noir,Western"),
        FIELD(struct sample, seat_ids, "ids", .fallback = "4,5,6,7"),
    };
    static const struct shape shape = SHAPE(sample, fields);
    struct sample made;
    assert_null(query_read(*state, STR("genre=War&ids=9"), &shape, &made));
    assert_int_equal(made.genre.count, 1);
    assert_text(made.genre.at[0], "War");
    assert_int_equal(made.seat_ids.count, 1);
    assert_int_equal(made.seat_ids.at[0], 9);
    assert_null(query_read(*state, STR("genre="), &shape, &made));
    assert_int_equal(made.genre.count, 3);
    assert_int_equal(made.seat_ids.at[3], 7);
}

static void required_names_are_missed(void **state)
{
    static const struct field fields[] = { FIELD(struct sample, seat_ids, "ids", .min = 1,
                                                 .max = 100) };
    static const struct shape shape = SHAPE(sample, fields);
    struct sample made;
    assert_text(query_read(*state, STR(""), &shape, &made)->sentence, "ids is required.");
    assert_text(query_read(*state, STR("ids="), &shape, &made)->sentence, "ids is required.");
    assert_null(query_read(*state, STR("ids=7"), &shape, &made));
}

static void one_text_by_one_field(void **state)
{
    static const struct field fields[] = {
        FIELD(struct sample, minutes, "PORT", .min = 1, .max = 65535),
        FIELD(struct sample, genre, "CORS_ORIGINS"),
        FIELD(struct sample, rating, "rating", .nullable = true),
        FIELD(struct sample, title, "TITLE", .trim = true),
    };
    int64_t port = 0;
    strs origins;
    double rating = 0;
    str title;
    assert_null(text_read(*state, STR("3004"), &fields[0], &port));
    assert_int_equal(port, 3004);
    assert_text(text_read(*state, STR("70000"), &fields[0], &port)->sentence,
                "PORT must be at most 65535.");
    assert_text(text_read(*state, STR(""), &fields[0], &port)->sentence,
                "PORT must be a whole number.");
    assert_null(text_read(*state, STR("http://a, http://b"), &fields[1], &origins));
    assert_int_equal(origins.count, 2);
    assert_text(origins.at[1], "http://b");
    assert_null(text_read(*state, STR(""), &fields[1], &origins));
    assert_int_equal(origins.count, 0);
    assert_null(text_read(*state, STR(""), &fields[2], &rating));
    assert_true(isnan(rating));

    assert_text(text_read(*state, STR("a\0b"), &fields[3], &title)->sentence,
                "TITLE must be UTF-8 text.");
    assert_text(text_read(*state, STR("Jos\xE9"), &fields[3], &title)->sentence,
                "TITLE must be UTF-8 text.");
    char cell[] = " Sala 1 ";
    assert_null(text_read(*state, str_of(cell), &fields[3], &title));
    memset(cell, 'x', sizeof cell - 1); /* what was read does not lie in the caller's memory */
    assert_text(title, "Sala 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(empty_is_the_default, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(values_are_decoded, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(what_cannot_be_decoded, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(bad_values_are_named, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(given_lists_replace_their_default, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(required_names_are_missed, arena_open, arena_close),
        cmocka_unit_test_setup_teardown(one_text_by_one_field, arena_open, arena_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
