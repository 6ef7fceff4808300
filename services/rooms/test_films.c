/* test_films.c - lengths of films folded from the events of movies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/rooms/films.h"

static struct rooms_films films;

static int teardown(void **state)
{
    (void)state;
    rooms_films_forget(&films);
    return 0;
}

#define ID "507f1f77bcf86cd799439011"
#define FILM(id, duration, active)                                                                 \
    "{\"_id\":\"" id "\",\"title\":\"Up\",\"duration\":" duration ",\"genre\":[],\"isActive\":" active "}"

/* Does it last other than before? */
static bool told(const char *type, const char *data)
{
    bool lasts_other;
    assert_true(rooms_films_take(&films, &(struct event){ .type = str_of(type), .data = str_of(data) }, &lasts_other));
    return lasts_other;
}

static void a_film_is_as_it_was_last_told(void **state)
{
    (void)state;
    assert_null(rooms_films_find(&films, STR(ID)));
    assert_false(told("movie.changed", FILM(ID, "100", "true")));
    assert_int_equal(rooms_films_find(&films, STR(ID))->minutes, 100);
    assert_true(rooms_films_find(&films, STR(ID))->is_active);
    assert_false(told("movie.changed", FILM(ID, "100", "false")));
    assert_false(rooms_films_find(&films, STR(ID))->is_active);
    assert_true(told("movie.adopted", FILM(ID, "101", "false")));
    assert_int_equal(rooms_films_find(&films, STR(ID))->minutes, 101);
    assert_false(told("movie.changed", FILM("507f1f77bcf86cd799439012", "50", "true")));
    assert_int_equal(rooms_films_find(&films, STR("507f1f77bcf86cd799439012"))->minutes, 50);
    rooms_films_forget(&films);
    assert_null(rooms_films_find(&films, STR(ID)));
}

static void ids_are_found_in_either_case(void **state)
{
    (void)state;
    told("movie.changed", FILM(ID, "100", "true"));
    assert_non_null(rooms_films_find(&films, STR("507F1F77BCF86CD799439011")));
    assert_null(rooms_films_find(&films, STR("507f1f77bcf86cd79943901")));
    assert_null(rooms_films_find(&films, STR("507f1f77bcf86cd799439011 ")));
    assert_null(rooms_films_find(&films, STR("507f1f77bcf86cd79943901g")));
    assert_null(rooms_films_find(&films, STR("")));
}

/* As an old database may have it. */
static void a_film_without_a_length_takes_what_is_taken_unchecked(void **state)
{
    (void)state;
    told("movie.changed", FILM(ID, "0", "true"));
    assert_int_equal(rooms_films_find(&films, STR(ID))->minutes, FILM_MINUTES_UNCHECKED);
}

static void what_is_no_film(void **state)
{
    (void)state;
    bool other;
    assert_false(told("genre.changed", "?"));
    assert_false(rooms_films_take(&films, &(struct event){ .type = STR("movie.changed"), .data = STR("{}") }, &other));
    assert_false(rooms_films_take(&films, &(struct event){ .type = STR("movie.changed"), .data = STR(FILM("x", "9", "true")) }, &other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_film_is_as_it_was_last_told, teardown),
        cmocka_unit_test_teardown(ids_are_found_in_either_case, teardown),
        cmocka_unit_test_teardown(a_film_without_a_length_takes_what_is_taken_unchecked, teardown),
        cmocka_unit_test_teardown(what_is_no_film, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
