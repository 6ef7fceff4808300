/* movies_store.c - what services/movies/store.h promises, asked of every implementation: nothing here knows its database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/feed/testing.h"
#include "lib/json/read.h"
#include "lib/json/write.h"
#include "lib/loop/fiber.h"
#include "tests/contract/movies_store.h"
#include "tests/contract/racing.h"

arena *a;
struct store *store;
int64_t moved_to;

void moved(void *arg, int64_t position)
{
    (void)arg;
    moved_to = position > moved_to ? position : moved_to;
}

void store_open(void)
{
    assert_null(place_open(a, &store));
}

struct store *store_another(void)
{
    struct store *made;
    assert_null(place_open(a, &made));
    return made;
}

static void (*body)(void);

static void body_run(void *arg)
{
    (void)arg;
    fiber_sleep(1); /* the loop runs from here on, */
    fiber_sleep(1); /* and has ended a turn */
    body();
    if (store)
        store->close(store);
    loop_stop();
}

void on_place(void (*run)(void))
{
    a = arena_new((size_t)1 << 30);
    store = NULL;
    moved_to = 0;
    loop_open();
    place_new();
    body = run;
    assert_true(fiber_start("test", body_run, NULL));
    loop_run();
    loop_close();
    place_drop();
    racing_over();
    arena_free(a);
}

static void (*store_body)(void);

static void store_body_run(void)
{
    store_open();
    store_body();
}

/* Each test is a fiber with a fresh store. */
void on_store(void (*run)(void))
{
    store_body = run;
    on_place(store_body_run);
}

void assert_refused(const fault *problem, const char *code)
{
    assert_non_null(problem);
    assert_string_equal(problem->code, code);
}

void assert_text(str found, const char *wanted)
{
    if (!str_equal(found, str_of(wanted)))
        fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(found), wanted);
}

struct movie film(const char *title, const char *genres, int64_t released, double rating)
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

struct movie created(struct store *at, struct movie want)
{
    struct movie made;
    assert_null(at->movie_create(at, a, &want, NULL, &made));
    return made;
}

void assert_same(struct store *one, struct store *other)
{
    assert_string_equal(exporter_lines(one->exporter, a), exporter_lines(other->exporter, a));
}

struct movie told(const list *found, size_t at)
{
    struct movie m;
    assert_null(json_restore(a, LIST_AT(found, struct written, at)->json.text, &movie_shape, &m));
    return m;
}

static const char *titles(const list *found)
{
    struct buf out = { .in = a };
    for (size_t i = 0; i < found->count; i++) {
        buf_text(&out, i ? STR("|") : STR(""));
        buf_text(&out, told(found, i).title);
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
    created(store, film("Old", "Drama,Noir", 1, 7.0));
    created(store, film("New", "Comedy", 300, 6.9));
    created(store, film("Middle", "Drama", 200, 9.5));
    struct movie gone = created(store, film("Gone", "Drama", 250, 10));
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
    created(store, film("Newest", "Drama", 400, 1));
    assert_listed((struct movie_filter){ .page = 1, .limit = 1, .genre = STR("Drama") }, 3, "Newest");
}

static void search(void)
{
    struct movie amelie = film("Amélie", "Comedy", 10, 8.3);
    amelie.description = STR("A shy waitress in Paris");
    str faces[] = { STR("Audrey Tautou"), STR("Mathieu Kassovitz") };
    amelie.cast = (strs){ faces, 2 };
    created(store, amelie);
    struct movie paris = film("Paris, Texas", "Drama", 5, 8.1);
    paris.director = STR("Wim Wenders");
    created(store, paris);
    created(store, film("Midnight in Paris", "Comedy,Fantasy", 20, 7.7));

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
    assert_null(store->movie_edit(store, a, told(&found, 0).id, &edit, &made));
    assert_true(str_equal(made.title, STR("Noon")) && made.duration == 90 && made.genre.count == 2);
    assert_found("midnight", "", 0, "");
    assert_found("noon", "", 1, "Noon");
    assert_null(store->movie_deactivate(store, a, made.id));
    assert_found("noon", "", 0, "");
}

static void one_film(void)
{
    struct movie made = created(store, film("One", "A,A", 3, 5)), found;
    assert_int_equal(made.id.len, MOVIE_ID_LENGTH);
    assert_int_equal(moved_to, 1);
    assert_null(store->movie_show(store, a, made.id, &found));
    assert_true(str_equal(found.title, STR("One")) && found.genre.count == 2 && found.cast.count == 0);
    assert_int_equal(found.created_at.ms, made.created_at.ms);
    struct written text;
    struct buf written = { .in = a };
    json_write(&written, &movie_shape, &found);
    assert_null(store->movie_text(store, a, made.id, &text));
    assert_text(text.json.text, arena_cstr(a, buf_str(&written)));
    assert_refused(store->movie_text(store, a, STR("507f1f77bcf86cd799439011"), &text), "movie_unknown");
    const fault *problem = store->movie_show(store, a, STR("507f1f77bcf86cd799439011"), &found);
    assert_string_equal(problem->code, "movie_unknown");
    assert_string_equal(problem->sentence.at, "Movie not found");
    struct movie edit = { .given = 0 };
    assert_non_null(store->movie_edit(store, a, STR("507f1f77bcf86cd799439011"), &edit, &found));
    assert_non_null(store->movie_deactivate(store, a, STR("507f1f77bcf86cd799439011")));
    assert_int_equal(store->position(store), 1);

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
    struct genre drama, western;
    assert_null(json_restore(a, LIST_AT(&found, struct written, 0)->json.text, &genre_shape, &drama));
    assert_null(json_restore(a, LIST_AT(&found, struct written, 1)->json.text, &genre_shape, &western));
    assert_true(str_equal(drama.name, STR("Drama")) && str_equal(drama.id, made.id));
    assert_true(str_equal(western.description, STR("dust")));
    store->close(store);
    store_open();
    assert_null(store->genre_list(store, a, &found));
    assert_int_equal(found.count, 2);
    assert_null(store->sweep(store, a));
    assert_null(store->check(store, a));
}

/* An edit is partial, and is decided on what is there. */
static void edits(void)
{
    struct movie made = created(store, film("One", "Drama", 3, 5)), after, found;
    struct movie edit = { .rating = 9.25, .is_active = false };
    edit.given = UINT64_C(1) << (shape_field(&movie_edit_shape, STR("rating")) - movie_edit_shape.fields);
    assert_null(store->movie_edit(store, a, made.id, &edit, &after));
    assert_true(after.rating == 9.25 && after.is_active && str_equal(after.title, STR("One")));
    assert_int_equal(after.created_at.ms, made.created_at.ms);
    assert_true(after.updated_at.ms >= made.updated_at.ms);
    assert_null(store->movie_show(store, a, made.id, &found));
    assert_true(found.rating == 9.25);
    assert_null(store->movie_deactivate(store, a, made.id));
    edit.given = UINT64_C(1) << (shape_field(&movie_edit_shape, STR("isActive")) - movie_edit_shape.fields);
    edit.is_active = true;
    assert_null(store->movie_edit(store, a, made.id, &edit, &after));
    assert_true(after.is_active && after.rating == 9.25);
}

static void keys(void)
{
    struct once key = { .scope = STR("POST /api/genres"), .key = STR("k"), .body_hash = STR("h") };
    struct genre want = { .name = STR("Western"), .description = STR("") }, first, again;
    assert_null(store->genre_create(store, a, &want, &key, &first));
    assert_null(store->genre_create(store, a, &want, &key, &again));
    assert_true(str_equal(first.id, again.id));
    struct once other = key;
    other.body_hash = STR("another");
    assert_refused(store->genre_create(store, a, &want, &other, &again), "idempotency_key_reused");
    other = key;
    other.scope = STR("POST /api/else");
    assert_refused(store->genre_create(store, a, &want, &other, &again), "genre_exists"); /* and no key is kept for it */
    want.name = STR("Drama");
    assert_null(store->genre_create(store, a, &want, &other, &again));
    assert_int_equal(store->position(store), 2);
}

/* --- there again --- */

static void what_was_kept_is_there_again(void)
{
    struct once key = { .scope = STR("POST /api/movies"), .key = STR("k"), .body_hash = STR("h") };
    struct movie want = film("Once", "Drama,Noir", 3, 5), first, again;
    struct genre genre = { .name = STR("Drama"), .description = STR("\"\x01 \xc3\xb1") }, made;
    assert_null(store->movie_create(store, a, &want, &key, &first));
    assert_null(store->genre_create(store, a, &genre, NULL, &made));
    assert_null(store->movie_deactivate(store, a, created(store, film("Gone", "Drama", 1, 1)).id));
    const char *lines = exporter_lines(store->exporter, a);
    store->close(store);
    store_open();
    assert_string_equal(exporter_lines(store->exporter, a), lines);
    assert_null(store->movie_create(store, a, &want, &key, &again));
    assert_true(str_equal(first.id, again.id));
    assert_int_equal(store->position(store), 4);
    assert_found("once", "Noir", 1, "Once");
}

static void tables_go_into_an_empty_store(void)
{
    struct genre genre = { .name = STR("Drama"), .description = STR("") }, made;
    created(store, film("Am\xc3\xa9lie", "Drama,\"x\"", -300, 8.1));
    created(store, film("Volver", "Drama", 3, 0.1));
    assert_null(store->genre_create(store, a, &genre, NULL, &made));
    assert_refused(store->exporter->restore_start(store->exporter->store, a), "store_not_empty");
    struct store *from = store;
    const char *lines = exporter_lines(from->exporter, a);
    struct buf kept = { .in = a };
    buf_text(&kept, str_of(lines));
    char second[] = "/tmp/test-movies-XXXXXX", command[128];
    assert_non_null(mkdtemp(second));
    struct store *to;
    assert_null(movies_sqlite_open(a, &to, second, moved, NULL));
    exporter_copy(from->exporter, to->exporter, a);
    assert_same(from, to);
    from->close(from);
    place_drop();
    place_new();
    store_open();
    exporter_copy(to->exporter, store->exporter, a);
    assert_same(store, to);
    assert_found("amelie", "", 1, "Am\xc3\xa9lie");
    created(store, film("Tercera", "Drama", 5, 5));
    assert_int_equal(store->position(store), 4);
    store->close(store);
    store_open();
    assert_int_equal(store->position(store), 4);
    assert_found("amelie", "", 1, "Am\xc3\xa9lie");
    to->close(to);
    snprintf(command, sizeof command, "rm -rf %s", second);
    assert_int_equal(system(command), 0);
}

/* --- many at once --- */

static struct store *replicas[2];
static struct race race;
static bool race_over;
static str race_ids[RACE_WRITERS * RACE_FILMS_EACH];

static void race_write(void *arg)
{
    struct store *at = arg;
    arena *own = racing_arena();
    for (int i = 0; i < RACE_FILMS_EACH; i++) {
        struct movie want = film("Race", "Drama", i, 5), made;
        const fault *problem = at->movie_create(at, own, &want, NULL, &made);
        if (!problem) {
            race_ids[race.acknowledged++] = made.id;
        } else {
            race.refused++;
            assert_int_equal(problem->kind, FAULT_UNAVAILABLE);
        }
    }
}

static size_t holes_after(struct store *at, int64_t *after)
{
    struct event_page page;
    size_t holes = 0;
    assert_null(at->feed_read(at, a, *after, 100, &page));
    for (size_t i = 0; i < page.events.count; i++) {
        int64_t position = LIST_AT(&page.events, struct event, i)->position;
        holes += position != *after + 1;
        *after = position;
    }
    return holes;
}

static void race_read(void *arg)
{
    int64_t after = 0;
    while (!race_over) {
        race.holes += holes_after(arg, &after);
        fiber_sleep(2);
    }
}

static void race_judge(void)
{
    struct store *fresh = place_takes_replicas ? store_another() : store;
    int64_t after = 0;
    for (int64_t before = -1; before != after;) {
        before = after;
        race.holes += holes_after(fresh, &after);
    }
    for (size_t i = 0; i < race.acknowledged; i++) {
        struct movie found;
        race.lost += fresh->movie_show(fresh, a, race_ids[i], &found) != NULL;
    }
    if (fresh != store)
        fresh->close(fresh);
}

struct race race_run(void)
{
    struct group writers = { 0 }, readers = { 0 };
    race = (struct race){ 0 };
    race_over = false;
    replicas[0] = store;
    replicas[1] = place_takes_replicas ? store_another() : store;
    for (size_t i = 0; i < 2; i++)
        assert_true(group_start(&readers, "reader", race_read, replicas[i]));
    for (size_t i = 0; i < RACE_WRITERS; i++)
        assert_true(group_start(&writers, "writer", race_write, replicas[i % 2]));
    group_wait(&writers);
    race_over = true;
    group_wait(&readers);
    if (replicas[1] != store)
        replicas[1]->close(replicas[1]);
    race_judge();
    return race;
}

static void many_write_at_once(void)
{
    struct race seen = race_run();
    assert_int_equal(seen.refused, 0);
    assert_int_equal(seen.acknowledged, RACE_WRITERS * RACE_FILMS_EACH);
    assert_int_equal(seen.holes, 0);
    assert_int_equal(seen.lost, 0);
    assert_int_equal(store->position(store), RACE_WRITERS * RACE_FILMS_EACH);
}

static size_t genres_made, genres_refused;

static void genre_race(void *arg)
{
    struct store *at = arg;
    struct genre want = { .name = STR("Drama"), .description = STR("") }, made;
    const fault *problem = at->genre_create(at, racing_arena(), &want, NULL, &made);
    genres_made += !problem;
    genres_refused += problem && strcmp(problem->code, "genre_exists") == 0;
}

static void one_of_many_makes_the_genre(void)
{
    struct group writers = { 0 };
    struct store *other = place_takes_replicas ? store_another() : store;
    genres_made = genres_refused = 0;
    for (size_t i = 0; i < RACE_WRITERS; i++)
        assert_true(group_start(&writers, "writer", genre_race, i % 2 ? store : other));
    group_wait(&writers);
    assert_int_equal(genres_made, 1);
    assert_int_equal(genres_refused, RACE_WRITERS - 1);
    if (other != store)
        other->close(other);
}

static str key_ids[RACE_WRITERS];
static size_t key_answers;

static void key_race(void *arg)
{
    struct store *at = arg;
    struct once key = { .scope = STR("POST /api/movies"), .key = STR("k"), .body_hash = STR("h") };
    struct movie want = film("Once", "", 3, 5), made;
    assert_null(at->movie_create(at, racing_arena(), &want, &key, &made));
    key_ids[key_answers++] = made.id;
}

static void a_key_sent_to_many_is_done_once(void)
{
    struct group writers = { 0 };
    struct store *other = place_takes_replicas ? store_another() : store;
    key_answers = 0;
    for (size_t i = 0; i < RACE_WRITERS; i++)
        assert_true(group_start(&writers, "writer", key_race, i % 2 ? store : other));
    group_wait(&writers);
    for (size_t i = 0; i < key_answers; i++)
        assert_true(str_equal(key_ids[i], key_ids[0]));
    assert_int_equal(store->position(store), 1);
    if (other != store)
        other->close(other);
}

ON_STORE(lists)
ON_STORE(search)
ON_STORE(one_film)
ON_STORE(edits)
ON_STORE(import)
ON_STORE(genres)
ON_STORE(keys)
ON_STORE(what_was_kept_is_there_again)
ON_STORE(tables_go_into_an_empty_store)
ON_STORE(many_write_at_once)
ON_STORE(one_of_many_makes_the_genre)
ON_STORE(a_key_sent_to_many_is_done_once)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_search),
        cmocka_unit_test(test_one_film),
        cmocka_unit_test(test_edits),
        cmocka_unit_test(test_import),
        cmocka_unit_test(test_genres),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_what_was_kept_is_there_again),
        cmocka_unit_test(test_tables_go_into_an_empty_store),
        cmocka_unit_test(test_many_write_at_once),
        cmocka_unit_test(test_one_of_many_makes_the_genre),
        cmocka_unit_test(test_a_key_sent_to_many_is_done_once),
    };
    return cmocka_run_group_tests_name("movies' store", tests, NULL, NULL) + scan_tests() + poster_tests() + place_tests();
}
