/* test_catalogue.c - the catalogue in memory gives what plain SQL and SQLite's own full-text search give: the same films in the same
 * order, for random films, changes and questions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "lib/json/read.h"
#include "lib/json/write.h"
#include "services/movies/store_catalogue.h"
#include "services/movies/store_order.h"

#define FILMS 150
#define CHANGES 400
#define QUESTIONS 1500

static arena *a;
static struct tokens *tokens;
static struct catalogue *catalogue;
static sqlite3 *plain;

/* --- chance, the same in each run --- */

static uint64_t chance_state;

static size_t chance(size_t below)
{
    chance_state = chance_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(chance_state >> 33) % below;
}

static const char *const words[] = {
    "Am\xc3\xa9lie", "AM\xc3\x89", "amor", "Ma\xc3\xb1""ana", "manana", "Spider-Man", "spider", "man", "WALL\xc2\xb7""E", "wall-e", "E.T.",
    "2001", "20", "2", "L\xc3\xa9on", "leones", "o\xcc\x81rgano", "stra\xc3\x9f""e", "the", "The", "of", "\xd0\x9c\xd0\xbe\xd1\x81\xd0\xba\xd0\xb2\xd0\xb0",
    "\xe4\xb8\x83\xe4\xba\xba", "\xe2\x80\x94", "don't", "O'Brien", "a", "b", "c", "ab", "abc", "abcd", "\xf0\x9f\x8e\xac", "x\xff""y", "!", "s",
};

static str words_some(size_t most)
{
    struct buf out = { .in = a };
    for (size_t count = chance(most + 1), i = 0; i < count; i++) {
        if (i)
            buf_text(&out, chance(8) ? STR(" ") : STR(" \t"));
        buf_text(&out, str_of(words[chance(COUNT_OF(words))]));
    }
    buf_reserve(&out, 1);
    return buf_str(&out);
}

/* As somebody types: words that may break off early, also within a letter of several bytes. */
static str words_asked(void)
{
    str whole = words_some(3);
    struct buf out = { .in = a };
    buf_text(&out, whole.len > 2 && chance(2) ? (str){ whole.at, whole.len - chance(2) - 1 } : whole);
    if (chance(20) == 0)
        buf_text(&out, STR(" \"a OR title:b* ("));
    buf_reserve(&out, 1);
    return buf_str(&out);
}

static const char *const genres[] = { "Drama", "drama", "G\xc3\xa9nero \"x\"", "Noir", "Comedy" };

/* --- the plain way --- */

static sqlite3_stmt *prepared(const char *text)
{
    sqlite3_stmt *made;
    if (sqlite3_prepare_v2(plain, text, -1, &made, NULL) != SQLITE_OK)
        fail_msg("%s in %s", sqlite3_errmsg(plain), text);
    return made;
}

static void bind_text(sqlite3_stmt *to, int place, str text)
{
    assert_int_equal(sqlite3_bind_text(to, place, text.at, (int)text.len, SQLITE_STATIC), SQLITE_OK);
}

static str joined(const strs *names, const char *before, const char *after)
{
    struct buf out = { .in = a };
    for (size_t i = 0; i < names->count; i++) {
        buf_text(&out, str_of(before));
        buf_text(&out, names->at[i]);
        buf_text(&out, str_of(after));
    }
    buf_reserve(&out, 1);
    return buf_str(&out);
}

static void plain_put(int64_t key, const struct movie *m)
{
    sqlite3_stmt *drop = prepared("DELETE FROM words WHERE rowid = ?1");
    sqlite3_bind_int64(drop, 1, key);
    assert_int_equal(sqlite3_step(drop), SQLITE_DONE);
    sqlite3_finalize(drop);
    sqlite3_stmt *film = prepared("INSERT OR REPLACE INTO films VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    sqlite3_bind_int64(film, 1, key);
    bind_text(film, 2, m->id);
    sqlite3_bind_int64(film, 3, m->release_date.ms);
    sqlite3_bind_double(film, 4, m->rating);
    sqlite3_bind_int(film, 5, m->is_active);
    bind_text(film, 6, joined(&m->genre, "|", "|"));
    assert_int_equal(sqlite3_step(film), SQLITE_DONE);
    sqlite3_finalize(film);
    if (!m->is_active)
        return;
    sqlite3_stmt *of = prepared("INSERT INTO words (rowid, title, description, director, cast_names) VALUES (?1, ?2, ?3, ?4, ?5)");
    sqlite3_bind_int64(of, 1, key);
    bind_text(of, 2, m->title);
    bind_text(of, 3, m->description);
    bind_text(of, 4, m->director);
    bind_text(of, 5, joined(&m->cast, "", " "));
    assert_int_equal(sqlite3_step(of), SQLITE_DONE);
    sqlite3_finalize(of);
}

/* Each piece between white space as a quoted phrase whose last word is a prefix. A piece without a word would be an error or an
 * empty phrase: it is left out. */
static str expression(str asked)
{
    struct buf out = { .in = a };
    size_t at = 0;
    while (at < asked.len) {
        size_t from = at;
        while (at < asked.len && !str_blank((str){ asked.at + at, 1 }))
            at++;
        str piece = { asked.at + from, at - from };
        at++;
        if (piece.len == 0)
            continue;
        buf_char(&out, '"');
        for (size_t i = 0; i < piece.len; i++) {
            buf_char(&out, piece.at[i]);
            if (piece.at[i] == '"')
                buf_char(&out, '"');
        }
        buf_literal(&out, "\"* ");
    }
    return out.len ? buf_str(&out) : (str){ "", 0 };
}

#define CONDITIONS                                                                                 \
    "f.active AND (?1 = '' OR instr(f.genres, '|' || ?1 || '|') > 0) AND (NOT ?2 OR f.rating >= 7)"
#define OF_WORDS "words JOIN films f ON f.key = words.rowid WHERE words MATCH ?3 AND " CONDITIONS
static const char all_by_date[] = "SELECT f.id FROM films f WHERE " CONDITIONS " ORDER BY f.release DESC, f.key DESC";
static const char words_by_date[] = "SELECT f.id FROM " OF_WORDS " ORDER BY f.release DESC, f.key DESC";
static const char words_by_fit[] =
    "SELECT f.id FROM " OF_WORDS " ORDER BY bm25(words, 10.0, 1.0, 4.0, 4.0), f.release DESC, f.key DESC";

static void plain_ids(struct buf *out, const char *text, const struct movie_filter *filter, int64_t *total)
{
    sqlite3_stmt *asked = prepared(text);
    bind_text(asked, 1, filter->genre);
    sqlite3_bind_int(asked, 2, filter->featured);
    if (sqlite3_bind_parameter_count(asked) == 3)
        bind_text(asked, 3, expression(filter->search));
    int64_t from = (filter->page - 1) * filter->limit;
    int code;
    for (*total = 0; (code = sqlite3_step(asked)) == SQLITE_ROW; ++*total)
        if (*total >= from && *total < from + filter->limit)
            buf_printf(out, "%s ", (const char *)sqlite3_column_text(asked, 0));
    if (code != SQLITE_DONE)
        fail_msg("%s for %.*s", sqlite3_errmsg(plain), STR_ARG(expression(filter->search)));
    sqlite3_finalize(asked);
}

/* --- films --- */

static struct movie films[FILMS];

static strs names_some(size_t most, bool of_genres)
{
    strs names = { NEW_ARRAY(a, str, most + 1), chance(most + 1) };
    for (size_t i = 0; i < names.count; i++)
        names.at[i] = of_genres ? str_of(genres[chance(COUNT_OF(genres))]) : words_some(2);
    return names;
}

static void film_tell(size_t at)
{
    struct movie *m = &films[at];
    str id = m->id.at ? m->id : arena_printf(a, "%024zx", chance(1 << 30) << 20 | at);
    *m = (struct movie){ .id = id, .title = words_some(4), .description = words_some(10), .duration = 90,
                         .genre = names_some(3, true), .director = words_some(2), .cast = names_some(3, false),
                         .release_date = { (int64_t)chance(40) * 1000 - 20000 }, .rating = (double)chance(101) / 10,
                         .poster_url = STR(""), .trailer_url = STR(""), .is_active = chance(4) > 0 };
    catalogue_put(catalogue, m);
    plain_put((int64_t)at + 1, m);
}

static const char *ids_of(const list *found)
{
    struct buf out = { .in = a };
    for (size_t i = 0; i < found->count; i++) {
        struct movie m;
        assert_null(json_restore(a, LIST_AT(found, struct written, i)->json.text, &movie_shape, &m));
        buf_printf(&out, "%.*s ", STR_ARG(m.id));
    }
    return arena_cstr(a, buf_str(&out));
}

static void compare(struct movie_filter filter, bool by_fit)
{
    list found;
    int64_t total, wanted_total;
    struct buf wanted = { .in = a };
    bool blank = str_blank(filter.search);
    if (by_fit)
        catalogue_search(catalogue, a, &filter, &found, &total);
    else
        catalogue_list(catalogue, a, &filter, &found, &total);
    filter.featured = filter.featured && !by_fit;
    plain_ids(&wanted, blank ? all_by_date : by_fit ? words_by_fit : words_by_date, &filter, &wanted_total);
    if (total != wanted_total || strcmp(ids_of(&found), arena_cstr(a, buf_str(&wanted))) != 0)
        fail_msg("%.*s (genre %.*s, page %lld of %lld): %lld, %s; wanted %lld, %.*s", STR_ARG(filter.search), STR_ARG(filter.genre),
                 (long long)filter.page, (long long)filter.limit, (long long)total, ids_of(&found), (long long)wanted_total,
                 STR_ARG(wanted));
}

static void ask(void)
{
    static const int64_t limits[] = { 0, 1, 2, 10, 1000 };
    struct movie_filter filter = { .page = 1 + (int64_t)chance(4),
                                   .limit = limits[chance(COUNT_OF(limits))],
                                   .genre = chance(3) ? STR("") : str_of(genres[chance(COUNT_OF(genres))]),
                                   .search = chance(5) ? words_asked() : STR(" "),
                                   .featured = chance(4) == 0 };
    compare(filter, chance(2) == 0);
}

static void featured_compare(void)
{
    list found, wanted = { NEW_ARRAY(a, struct written, FILMS), 0 };
    sqlite3_stmt *asked =
        prepared("SELECT key - 1 FROM films WHERE active AND rating >= 7 ORDER BY rating DESC, release DESC, key DESC LIMIT 7");
    while (sqlite3_step(asked) == SQLITE_ROW) {
        struct written *row = LIST_AT(&wanted, struct written, wanted.count++);
        assert_true(catalogue_show(catalogue, films[sqlite3_column_int64(asked, 0)].id, row));
    }
    sqlite3_finalize(asked);
    catalogue_featured(catalogue, a, 7, &found);
    assert_string_equal(ids_of(&found), ids_of(&wanted));
}

static int open_all(void **state)
{
    (void)state;
    a = arena_new((size_t)1 << 30);
    chance_state = 7;
    assert_null(tokens_open(a, &tokens));
    catalogue = catalogue_new(tokens);
    assert_int_equal(sqlite3_open(":memory:", &plain), SQLITE_OK);
    assert_int_equal(sqlite3_exec(plain,
                                  "CREATE TABLE films (key INTEGER PRIMARY KEY, id, release, rating, active, genres);"
                                  "CREATE VIRTUAL TABLE words USING fts5 (title, description, director, cast_names,"
                                  " tokenize = 'unicode61 remove_diacritics 2')",
                                  NULL, NULL, NULL), SQLITE_OK);
    memset(films, 0, sizeof films);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    catalogue_free(catalogue);
    tokens_close(tokens);
    sqlite3_close(plain);
    arena_free(a);
    return 0;
}

static void test_as_plain_sql(void **state)
{
    (void)state;
    ask(); /* nothing is there */
    for (size_t i = 0; i < FILMS; i++)
        film_tell(i);
    for (int i = 0; i < QUESTIONS; i++)
        ask();
    for (int i = 0; i < CHANGES; i++) {
        film_tell(chance(FILMS));
        for (int k = 0; k < 3; k++)
            ask();
        featured_compare();
    }
}

static void test_one_film(void **state)
{
    (void)state;
    struct written found;
    assert_false(catalogue_show(catalogue, STR("507f1f77bcf86cd799439011"), &found));
    for (size_t i = 0; i < FILMS; i++)
        film_tell(i);
    for (size_t i = 0; i < FILMS; i++) {
        struct buf wanted = { .in = a };
        json_write(&wanted, &movie_shape, &films[i]);
        assert_true(catalogue_show(catalogue, films[i].id, &found)); /* also an inactive one */
        assert_true(str_equal(found.json.text, buf_str(&wanted)));
    }
}

/* Words that no film has any more are let go of, and found again when one has them. */
static void test_many_words_come_and_go(void **state)
{
    (void)state;
    struct movie m = { .id = STR("507f1f77bcf86cd799439011"), .description = STR(""), .director = STR(""), .is_active = true,
                       .poster_url = STR(""), .trailer_url = STR("") };
    list found;
    int64_t total;
    for (int i = 0; i < 5000; i++) {
        m.title = arena_printf(a, "w%05d common", i);
        catalogue_put(catalogue, &m);
        struct movie_filter now = { .page = 1, .limit = 1, .genre = STR(""), .search = arena_printf(a, "w%05d", i) };
        struct movie_filter before = { .page = 1, .limit = 1, .genre = STR(""), .search = arena_printf(a, "w%05d", i - 1) };
        catalogue_search(catalogue, a, &now, &found, &total);
        assert_int_equal(total, 1);
        catalogue_search(catalogue, a, &before, &found, &total);
        assert_int_equal(total, 0);
    }
}

/* The first 16 pieces count, however long the others are. */
static void test_many_pieces(void **state)
{
    (void)state;
    struct movie m = { .id = STR("507f1f77bcf86cd799439011"), .title = STR("a b"), .description = STR(""), .director = STR(""),
                       .is_active = true, .poster_url = STR(""), .trailer_url = STR("") };
    struct movie_filter filter = { .page = 1, .limit = 1, .genre = STR(""), .search = STR("a b a b a b a b a b a b a b a b zzz") };
    list found;
    int64_t total;
    catalogue_put(catalogue, &m);
    catalogue_search(catalogue, a, &filter, &found, &total);
    assert_int_equal(total, 1);
    filter.search = STR("a b a b a b a b a b a b a b a zzz");
    catalogue_search(catalogue, a, &filter, &found, &total);
    assert_int_equal(total, 0);
}

/* --- orders --- */

static int numbers_compare(const void *one, const void *other)
{
    int a_number = **(int *const *)one, b_number = **(int *const *)other;
    return (a_number > b_number) - (a_number < b_number);
}

static void test_orders(void **state)
{
    (void)state;
    static int numbers[500];
    bool in[COUNT_OF(numbers)] = { false };
    struct order o = { .compare = numbers_compare };
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        numbers[i] = (int)i;
    for (int round = 0; round < 4000; round++) {
        size_t at = chance(COUNT_OF(numbers));
        if (in[at])
            order_remove(&o, &numbers[at]);
        else
            order_add(&o, &numbers[at]);
        in[at] = !in[at];
        count += in[at] ? 1 : (size_t)-1;
        if (chance(10))
            continue;
        order_settle(&o);
        assert_int_equal(o.count, count);
        for (size_t i = 1; i < o.count; i++)
            assert_true(*(int *)o.at[i - 1] < *(int *)o.at[i]);
    }
    order_free(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_as_plain_sql, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_one_film, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_many_words_come_and_go, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_many_pieces, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_orders, open_all, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
