/* test_export.c - the tables of movies out of one store and into another, which finds films by their words again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/feed/testing.h"
#include "lib/loop/fiber.h"
#include "services/movies/store.h"

static arena *a;

static void moved(void *arg, int64_t position)
{
    (void)arg;
    (void)position;
}

static struct store *store_open(const char *directory)
{
    struct store *made;
    assert_null(movies_sqlite_open(a, &made, directory, moved, NULL));
    return made;
}

static void film_make(struct store *s, const char *title, double rating)
{
    struct movie want = { .title = str_of(title), .description = STR("\"Nada\" \x01 \xc3\xb1"), .duration = 90,
                          .genre = { (str[]){ STR("Drama"), STR("G\xc3\xa9nero \"x\"") }, 2 },
                          .director = STR("Jane Doe"), .cast = { (str[]){ STR("Ana Torrent"), STR("Luis") }, 2 },
                          .release_date = { INT64_C(-1356998400000) }, .rating = rating, .poster_url = STR(""),
                          .trailer_url = STR(""), .is_active = true },
                 made;
    assert_null(s->movie_create(s, a, &want, NULL, &made));
}

static int64_t total(struct store *s, struct movie_filter want)
{
    list found;
    int64_t count;
    want.page = 1;
    want.limit = 10;
    want.genre = want.genre.at ? want.genre : STR("");
    want.search = want.search.at ? want.search : STR("");
    assert_null(s->movie_search(s, a, &want, &found, &count));
    return count;
}

static void there_and_back(void)
{
    char first[] = "/tmp/test-movies-XXXXXX", second[] = "/tmp/test-movies-XXXXXX", command[128];
    assert_non_null(mkdtemp(first));
    assert_non_null(mkdtemp(second));
    struct store *from = store_open(first), *to = store_open(second);
    film_make(from, "Am\xc3\xa9lie", 8.1);
    film_make(from, "Volver", 0.1);
    struct genre genre = { .name = STR("Drama"), .description = STR("") }, made;
    assert_null(from->genre_create(from, a, &genre, NULL, &made));
    assert_int_equal(total(to, (struct movie_filter){ .search = STR("torrent") }), 0);

    exporter_copy(from->exporter, to->exporter, a);
    assert_string_equal(exporter_lines(to->exporter, a), exporter_lines(from->exporter, a));
    assert_int_equal(total(to, (struct movie_filter){ .search = STR("amelie torrent") }), 1);
    assert_int_equal(total(to, (struct movie_filter){ .search = STR("torrent") }), 2);
    assert_int_equal(total(to, (struct movie_filter){ .genre = STR("G\xc3\xa9nero \"x\"") }), 2);
    film_make(to, "Tercera", 5);
    assert_int_equal(to->position(to), 4);
    from->close(from);
    to->close(to);
    snprintf(command, sizeof command, "rm -rf %s %s", first, second);
    assert_int_equal(system(command), 0);
}

/* Films of a restore that broke off, and was there again when the store opened, are not among those of the next one. */
static void broken_off_and_begun_again(void)
{
    char first[] = "/tmp/test-movies-XXXXXX", second[] = "/tmp/test-movies-XXXXXX", command[128];
    assert_non_null(mkdtemp(first));
    assert_non_null(mkdtemp(second));
    struct store *from = store_open(first), *to = store_open(second);
    film_make(from, "Volver", 0.1);
    struct movie half = { .id = STR("507f1f77bcf86cd799439011"), .title = STR("Half"), .description = STR(""), .duration = 90,
                          .director = STR(""), .poster_url = STR(""), .trailer_url = STR(""), .is_active = true };
    assert_null(to->exporter->restore_start(to->exporter->store, a));
    assert_null(to->exporter->restore_rows(to->exporter->store, a, &to->exporter->tables[0], &(list){ &half, 1 }));
    to->close(to);
    to = store_open(second);
    exporter_copy(from->exporter, to->exporter, a);
    assert_int_equal(total(to, (struct movie_filter){ .search = STR("half") }), 0);
    assert_int_equal(total(to, (struct movie_filter){ .search = STR("volver") }), 1);
    from->close(from);
    to->close(to);
    snprintf(command, sizeof command, "rm -rf %s %s", first, second);
    assert_int_equal(system(command), 0);
}

static void (*body)(void);

static void body_run(void *arg)
{
    (void)arg;
    fiber_sleep(1); /* the loop runs from here on */
    body();
    loop_stop();
}

static void run(void (*what)(void))
{
    body = what;
    a = arena_new((size_t)64 << 20);
    loop_open();
    assert_true(fiber_start("test", body_run, NULL));
    loop_run();
    loop_close();
    arena_free(a);
}

static void test_there_and_back(void **state)
{
    (void)state;
    run(there_and_back);
}

static void test_broken_off_and_begun_again(void **state)
{
    (void)state;
    run(broken_off_and_begun_again);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_broken_off_and_begun_again) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
