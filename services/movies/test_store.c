/* test_store.c - what the movies service asks of its store, on the embedded one: order, words, totals, import. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/loop/fiber.h"
#include "services/movies/store.h"

static arena *a;
static struct store *store;
static int64_t moved_to;

static void moved(void *arg, int64_t position)
{
    (void)arg;
    moved_to = position;
}

static void body_run(void *arg)
{
    fiber_sleep(1); /* the loop runs from here on */
    ((void (*)(void))arg)();
    loop_stop();
}

/* The body of a test as a fiber, with a fresh store. */
static void on_loop(void (*body)(void))
{
    char directory[] = "/tmp/test-movies-XXXXXX";
    assert_non_null(mkdtemp(directory));
    a = arena_new(64 << 20);
    loop_open();
    assert_null(movies_sqlite_open(a, &store, directory, moved, NULL));
    assert_true(fiber_start("test", body_run, (void *)body));
    loop_run();
    store->close(store);
    loop_close();
    arena_free(a);
    char command[64];
    snprintf(command, sizeof(command), "rm -rf %s", directory);
    assert_int_equal(system(command), 0);
}

#define DAY_MS INT64_C(86400000)

/* "genre,genre"; day of release. */
static struct movie film(const char *title, const char *genres, int64_t released, double rating)
{
    struct movie m = { .title = str_of(title), .description = STR("Nothing special"), .duration = 90,
                       .director = STR("Jane Doe"), .release_date = { released * DAY_MS }, .rating = rating,
                       .poster_url = STR(""), .trailer_url = STR(""), .is_active = true };
    str rest = str_of(genres), piece;
    m.genre.at = NEW_ARRAY(a, str, 8);
    while (rest.len && str_cut(&rest, ',', &piece))
        m.genre.at[m.genre.count++] = piece;
    return m;
}

static struct movie created(struct movie want)
{
    struct movie made;
    assert_null(store->movie_create(store, a, &want, NULL, &made));
    return made;
}

static const char *titles(const list *found)
{
    struct buf out = { .in = a };
    for (size_t i = 0; i < found->count; i++) {
        buf_text(&out, i ? STR("|") : STR(""));
        buf_text(&out, LIST_AT(found, struct movie, i)->title);
    }
    return arena_cstr(a, buf_str(&out));
}

static void assert_listed(struct movie_filter filter, int64_t total, const char *expected)
{
    list found;
    int64_t counted = -1;
    if (!filter.genre.at)
        filter.genre = STR("");
    if (!filter.search.at)
        filter.search = STR("");
    assert_null(store->movie_list(store, a, &filter, &found, &counted));
    assert_string_equal(titles(&found), expected);
    assert_int_equal(counted, total);
}

static void assert_found(const char *words, const char *genre, int64_t total, const char *expected)
{
    struct movie_filter filter = { .page = 1, .limit = 10, .genre = str_of(genre), .search = str_of(words) };
    list found;
    int64_t counted = -1;
    assert_null(store->movie_search(store, a, &filter, &found, &counted));
    assert_string_equal(titles(&found), expected);
    assert_int_equal(counted, total);
}

static void lists(void)
{
    created(film("Old", "Drama,Noir", 1, 7.0));
    created(film("New", "Comedy", 300, 6.9));
    created(film("Middle", "Drama", 200, 9.5));
    struct movie gone = created(film("Gone", "Drama", 250, 10));
    assert_listed((struct movie_filter){ .page = 1, .limit = 10 }, 4, "New|Gone|Middle|Old");
    assert_null(store->movie_deactivate(store, a, gone.id));
    int64_t position = store->position(store);
    assert_null(store->movie_deactivate(store, a, gone.id));
    assert_int_equal(store->position(store), position); /* nothing changed, nothing logged */
    assert_listed((struct movie_filter){ .page = 1, .limit = 10 }, 3, "New|Middle|Old");
    assert_listed((struct movie_filter){ .page = 2, .limit = 2 }, 3, "Old");
    assert_listed((struct movie_filter){ .page = 9, .limit = 10 }, 3, "");
    assert_listed((struct movie_filter){ .page = 1, .limit = 0 }, 3, "");
    assert_listed((struct movie_filter){ .page = 1, .limit = 10, .genre = STR("Drama") }, 2, "Middle|Old");
    assert_listed((struct movie_filter){ .page = 1, .limit = 10, .genre = STR("drama") }, 0, "");
    assert_listed((struct movie_filter){ .page = 1, .limit = 10, .featured = true }, 2, "Middle|Old");
    assert_listed((struct movie_filter){ .page = 1, .limit = 10, .featured = true, .genre = STR("Noir") }, 1, "Old");
    list best;
    assert_null(store->movie_featured(store, a, 5, &best));
    assert_string_equal(titles(&best), "Middle|Old");
    assert_null(store->movie_featured(store, a, 1, &best));
    assert_string_equal(titles(&best), "Middle");
    /* The same question again gets the same total, until something changes. */
    assert_listed((struct movie_filter){ .page = 1, .limit = 1, .genre = STR("Drama") }, 2, "Middle");
    created(film("Newest", "Drama", 400, 1));
    assert_listed((struct movie_filter){ .page = 1, .limit = 1, .genre = STR("Drama") }, 3, "Newest");
}

static void test_lists(void **state)
{
    (void)state;
    on_loop(lists);
}

static void search(void)
{
    struct movie amelie = film("Amélie", "Comedy", 10, 8.3);
    amelie.description = STR("A shy waitress in Paris");
    str faces[] = { STR("Audrey Tautou"), STR("Mathieu Kassovitz") };
    amelie.cast = (strs){ faces, 2 };
    created(amelie);
    struct movie paris = film("Paris, Texas", "Drama", 5, 8.1);
    paris.director = STR("Wim Wenders");
    created(paris);
    created(film("Midnight in Paris", "Comedy,Fantasy", 20, 7.7));

    assert_found("amelie", "", 1, "Amélie");
    assert_found("AMÉ", "", 1, "Amélie");
    assert_found("tau", "", 1, "Amélie");
    assert_found("wend texas", "", 1, "Paris, Texas");
    assert_found("wend amelie", "", 0, "");
    assert_found("aris", "", 0, "");
    assert_found("\" OR title:paris", "", 0, "");
    assert_found("* - (", "", 0, "");
    assert_found("\xe2\x80\x94", "", 0, "");
    assert_found("", "", 3, "Midnight in Paris|Amélie|Paris, Texas");
    assert_found("  ", "Fantasy", 1, "Midnight in Paris");
    assert_found("paris", "Comedy", 2, "Midnight in Paris|Amélie"); /* the title weighs more */
    assert_listed((struct movie_filter){ .page = 1, .limit = 10, .search = STR("par") }, 3,
                  "Midnight in Paris|Amélie|Paris, Texas"); /* by date */

    /* Words follow the film. */
    list found;
    int64_t total;
    struct movie_filter filter = { .page = 1, .limit = 1, .genre = STR(""), .search = STR("midnight") };
    assert_null(store->movie_search(store, a, &filter, &found, &total));
    struct movie edit = { .title = STR("Noon"), .given = 1 }, made;
    assert_null(store->movie_edit(store, a, LIST_AT(&found, struct movie, 0)->id, &edit, &made));
    assert_true(str_equal(made.title, STR("Noon")) && made.duration == 90 && made.genre.count == 2);
    assert_found("midnight", "", 0, "");
    assert_found("noon", "", 1, "Noon");
    assert_null(store->movie_deactivate(store, a, made.id));
    assert_found("noon", "", 0, "");
}

static void test_search(void **state)
{
    (void)state;
    on_loop(search);
}

static void one_film(void)
{
    struct movie made = created(film("One", "A,A", 3, 5)), found;
    assert_int_equal(made.id.len, MOVIE_ID_LENGTH);
    assert_int_equal(moved_to, 1);
    assert_null(store->movie_show(store, a, made.id, &found));
    assert_true(str_equal(found.title, STR("One")) && found.genre.count == 2 && found.cast.count == 0);
    assert_int_equal(found.created_at.ms, made.created_at.ms);
    const fault *problem = store->movie_show(store, a, STR("507f1f77bcf86cd799439011"), &found);
    assert_string_equal(problem->code, "movie_unknown");
    assert_string_equal(problem->sentence.at, "Movie not found");
    struct movie edit = { .given = 0 };
    assert_non_null(store->movie_edit(store, a, STR("507f1f77bcf86cd799439011"), &edit, &found));
    assert_non_null(store->movie_deactivate(store, a, STR("507f1f77bcf86cd799439011")));
    assert_int_equal(store->position(store), 1);

    str wanted[] = { made.id, STR("507f1f77bcf86cd799439011") };
    list some;
    assert_null(store->movies_by_id(store, a, &(strs){ wanted, 2 }, &some));
    assert_string_equal(titles(&some), "One");

    struct once key = { .scope = STR("POST /api/movies"), .key = STR("k"), .body_hash = STR("h") };
    struct movie first, again, want = film("Once", "", 3, 5);
    assert_null(store->movie_create(store, a, &want, &key, &first));
    assert_null(store->movie_create(store, a, &want, &key, &again));
    assert_true(str_equal(first.id, again.id) && str_equal(again.title, STR("Once")));
    assert_int_equal(again.release_date.ms, first.release_date.ms);
    assert_int_equal(store->position(store), 2);
    struct event_page page;
    assert_null(store->feed_read(store, a, 1, 10, &page));
    assert_int_equal(page.events.count, 1);
    assert_true(str_equal(LIST_AT(&page.events, struct event, 0)->type, STR("movie.changed")));
    assert_true(str_equal(LIST_AT(&page.events, struct event, 0)->subject, first.id));
}

static void test_one_film(void **state)
{
    (void)state;
    on_loop(one_film);
}

static struct imported imported(struct movie *rows, size_t count, bool check)
{
    int64_t index[8];
    struct imported made = imported_new(a, count);
    for (size_t i = 0; i < count; i++)
        index[i] = (int64_t)i;
    struct import_rows order = { { rows, count }, { index, count }, check };
    assert_null(store->movies_import(store, a, &order, &made));
    return made;
}

static void give(struct movie *m, const char *name)
{
    m->given |= UINT64_C(1) << (shape_field(&movie_edit_shape, str_of(name)) - movie_edit_shape.fields);
}

static void expect(const struct imported *made, int64_t created, int64_t changed, int64_t unchanged)
{
    assert_int_equal(made->created, created);
    assert_int_equal(made->changed, changed);
    assert_int_equal(made->unchanged, unchanged);
}

/* The key is title, without case, and year; what a row does not give is left as it is. */
static void import(void)
{
    struct movie rows[] = { film("Solaris", "", -1, 8), film("solaris", "", -300, 8), film("Solaris", "", 0, 8) }, found;
    struct imported made = imported(rows, 3, true);
    expect(&made, 2, 0, 1);
    assert_int_equal(store->position(store), 0);
    made = imported(rows, 3, false);
    expect(&made, 2, 0, 1);
    made = imported(rows, 3, false);
    expect(&made, 0, 0, 3);
    assert_int_equal(store->position(store), 2);

    rows[0].rating = 9;
    rows[0].director = STR("Unknown");
    give(&rows[0], "rating");
    give(&rows[0], "releaseDate"); /* the day that it has */
    made = imported(rows, 1, true);
    expect(&made, 0, 1, 0);
    assert_int_equal(store->position(store), 2);
    made = imported(rows, 1, false);
    expect(&made, 0, 1, 0);
    const struct imported_row *changed = LIST_AT(&made.rows, struct imported_row, 0);
    assert_int_equal(changed->fields.count, 1);
    assert_true(str_equal(changed->fields.at[0], STR("rating")));
    made = imported(rows, 1, false);
    expect(&made, 0, 0, 1);
    assert_int_equal(store->position(store), 3);

    struct film_wish wishes[] = { { .title = STR("SOLARIS"), .year = 1969 }, { .title = STR("Solaris") },
                                  { .title = STR("Solaris"), .year = 1980 } };
    list looked;
    assert_null(store->movies_lookup(store, a, &(list){ wishes, 3 }, &looked));
    const struct film_found *of = looked.at;
    assert_int_equal(of[0].matches, 1);
    assert_int_equal(of[1].matches, 2);
    assert_null(of[1].id.at);
    assert_int_equal(of[2].matches, 0);
    assert_null(store->movie_show(store, a, of[0].id, &found));
    assert_true(found.rating == 9 && str_equal(found.director, STR("Jane Doe")));
    assert_null(store->movie_deactivate(store, a, of[0].id));
    assert_null(store->movies_lookup(store, a, &(list){ wishes, 2 }, &looked));
    of = looked.at;
    assert_true(of[0].matches == 1 && !of[0].is_active);
    assert_true(of[1].matches == 1 && of[1].is_active);
}

static void test_import(void **state)
{
    (void)state;
    on_loop(import);
}

static void genres(void)
{
    struct genre want = { .name = STR("Western"), .description = STR("dust") }, made;
    assert_null(store->genre_create(store, a, &want, NULL, &made));
    assert_string_equal(store->genre_create(store, a, &want, NULL, &made)->code, "genre_exists");
    want.name = STR("Drama");
    assert_null(store->genre_create(store, a, &want, NULL, &made));
    list found;
    assert_null(store->genre_list(store, a, &found));
    assert_int_equal(found.count, 2);
    assert_true(str_equal(LIST_AT(&found, struct genre, 0)->name, STR("Drama")));
    assert_true(str_equal(LIST_AT(&found, struct genre, 1)->description, STR("dust")));
    assert_null(store->sweep(store, a));
    assert_null(store->check(store, a));
}

static void test_genres(void **state)
{
    (void)state;
    on_loop(genres);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),  cmocka_unit_test(test_search), cmocka_unit_test(test_one_film),
        cmocka_unit_test(test_import), cmocka_unit_test(test_genres),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
