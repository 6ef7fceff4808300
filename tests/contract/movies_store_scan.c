/* movies_store_scan.c - what a store lists and finds is what a plain look at every film gives, after any changes and a restart. */
#include "tests/contract/movies_store.h"

#include <stdlib.h>
#include <string.h>

#define FILMS 40
#define CHANGES 60
#define QUESTIONS 150

/* --- chance, the same in each run --- */

static uint64_t chance_state;

static size_t chance(size_t below)
{
    chance_state = chance_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(chance_state >> 33) % below;
}

/* Each word as it may be written, and as it is compared. */
static const struct word {
    const char *written, *folded;
} words[] = {
    { "Am\xc3\xa9lie", "amelie" }, { "amelie", "amelie" }, { "AMOR", "amor" }, { "Ma\xc3\xb1""ana", "manana" },
    { "man", "man" }, { "Woman", "woman" }, { "L\xc3\x89ON", "leon" }, { "leones", "leones" }, { "2001", "2001" }, { "20", "20" },
    { "\xc3\x93rgano", "organo" }, { "the", "the" }, { "of", "of" }, { "Paris", "paris" },
};
static const char *const genres[] = { "Drama", "drama", "Noir", "Comedy" };

/* A film, and its words by their numbers. */
struct scanned {
    struct movie movie;
    size_t words[12], word_count;
};
static struct scanned films[FILMS];
static size_t film_count;

static str text_some(struct scanned *of, size_t most)
{
    struct buf out = { .in = a };
    for (size_t count = 1 + chance(most), i = 0; i < count; i++) {
        size_t word = chance(COUNT_OF(words));
        of->words[of->word_count++] = word;
        buf_text(&out, i ? STR(" ") : STR(""));
        buf_text(&out, str_of(words[word].written));
    }
    return buf_str(&out);
}

static struct movie film_some(struct scanned *of)
{
    of->word_count = 0;
    struct movie m = film("", genres[chance(COUNT_OF(genres))], (int64_t)chance(20) - 10, (double)chance(101) / 10);
    m.title = text_some(of, 3);
    m.description = text_some(of, 4);
    m.director = text_some(of, 2);
    m.cast = (strs){ NEW_ARRAY(a, str, 1), 1 };
    m.cast.at[0] = text_some(of, 2);
    m.is_active = chance(5) > 0;
    m.given = ~UINT64_C(0);
    return m;
}

static void change_some(void)
{
    struct scanned *of = &films[chance(film_count)], next;
    if (chance(4) == 0) {
        assert_null(store->movie_deactivate(store, a, of->movie.id));
        of->movie.is_active = false;
        return;
    }
    next.movie = film_some(&next);
    assert_null(store->movie_edit(store, a, of->movie.id, &next.movie, &next.movie));
    *of = next;
}

/* --- the plain look --- */

static bool has_beginning(const struct scanned *f, str beginning)
{
    for (size_t i = 0; i < f->word_count; i++)
        if (str_starts(str_of(words[f->words[i]].folded), beginning))
            return true;
    return false;
}

static bool is_meant(const struct scanned *f, const struct movie_filter *filter, const str *beginnings, size_t count)
{
    bool meant = f->movie.is_active && (filter->genre.len == 0 || str_equal(f->movie.genre.at[0], filter->genre));
    for (size_t i = 0; i < count; i++)
        meant = meant && has_beginning(f, beginnings[i]);
    return meant && (!filter->featured || f->movie.rating >= FEATURED_RATING);
}

/* Newest first; of one day the one that was made last. */
static int films_compare(const void *one, const void *other)
{
    const struct scanned *x = *(const struct scanned *const *)one, *y = *(const struct scanned *const *)other;
    if (x->movie.release_date.ms != y->movie.release_date.ms)
        return x->movie.release_date.ms > y->movie.release_date.ms ? -1 : 1;
    return x > y ? -1 : 1;
}

static size_t scan(const struct movie_filter *filter, const str *beginnings, size_t count, const struct scanned **out)
{
    size_t found = 0;
    for (size_t i = 0; i < film_count; i++)
        if (is_meant(&films[i], filter, beginnings, count))
            out[found++] = &films[i];
    qsort(out, found, sizeof *out, films_compare);
    return found;
}

/* --- both --- */

/* The beginning of a word, as it is written half of the time; *folded: as it is compared. */
static str beginning_some(str *folded)
{
    const struct word *word = &words[chance(COUNT_OF(words))];
    if (chance(2)) {
        *folded = str_of(word->folded);
        return str_of(word->written);
    }
    *folded = (str){ word->folded, 1 + chance(strlen(word->folded)) };
    return *folded;
}

static void assert_page(const list *found, const struct scanned *const *wanted, size_t count, const struct movie_filter *filter)
{
    size_t from = (size_t)((filter->page - 1) * filter->limit), rows = from < count ? count - from : 0;
    rows = rows < (size_t)filter->limit ? rows : (size_t)filter->limit;
    assert_int_equal(found->count, rows);
    for (size_t i = 0; i < rows; i++) {
        struct movie m = told(found, i);
        assert_true(str_equal(m.id, wanted[from + i]->movie.id) && str_equal(m.title, wanted[from + i]->movie.title));
        assert_int_equal(m.updated_at.ms, wanted[from + i]->movie.updated_at.ms);
    }
}

/* The order of a search is how well a film fits: each that is meant is there, once, on one of the pages. */
static void assert_searched(struct movie_filter filter, const struct scanned *const *wanted, size_t count)
{
    bool seen[FILMS] = { false };
    size_t rows = 0;
    int64_t total;
    filter.featured = false;
    for (filter.page = 1; rows < count; filter.page++) {
        list found;
        assert_null(store->movie_search(store, a, &filter, &found, &total));
        assert_int_equal(total, count);
        assert_true(found.count > 0 && found.count <= (size_t)filter.limit);
        for (size_t i = 0; i < found.count; i++, rows++) {
            size_t k = 0;
            while (k < count && !str_equal(told(&found, i).id, wanted[k]->movie.id))
                k++;
            assert_true(k < count && !seen[k]);
            seen[k] = true;
        }
    }
}

static void compare_some(void)
{
    static const int64_t limits[] = { 1, 3, 10, 100 };
    const struct scanned *wanted[FILMS];
    str beginnings[3];
    struct buf asked = { .in = a };
    size_t count = chance(4);
    for (size_t i = 0; i < count; i++) {
        buf_text(&asked, i ? STR(" ") : STR(""));
        buf_text(&asked, beginning_some(&beginnings[i]));
    }
    struct movie_filter filter = { .page = 1 + (int64_t)chance(3),
                                   .limit = limits[chance(COUNT_OF(limits))],
                                   .genre = chance(3) ? STR("") : str_of(genres[chance(COUNT_OF(genres))]),
                                   .search = count ? buf_str(&asked) : STR(""),
                                   .featured = chance(3) == 0 };
    list found;
    int64_t total;
    size_t meant = scan(&filter, beginnings, count, wanted);
    assert_null(store->movie_list(store, a, &filter, &found, &total));
    assert_int_equal(total, meant);
    assert_page(&found, wanted, meant, &filter);
    if (!filter.featured)
        assert_searched(filter, wanted, meant);
}

static void lists_are_those_of_a_plain_scan(void)
{
    chance_state = 11;
    for (film_count = 0; film_count < FILMS; film_count++)
        films[film_count].movie = created(store, film_some(&films[film_count]));
    for (int i = 0; i < QUESTIONS; i++)
        compare_some();
    for (int i = 0; i < CHANGES; i++) {
        change_some();
        compare_some();
    }
    for (int i = 0; i < FILMS; i += 10) /* what is read before and after a restart is not made of the same events */
        change_some();
    store->close(store);
    store_open();
    for (int i = 0; i < QUESTIONS; i++)
        compare_some();
}

ON_STORE(lists_are_those_of_a_plain_scan)

int scan_tests(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_lists_are_those_of_a_plain_scan) };
    return cmocka_run_group_tests_name("movies' lists", tests, NULL, NULL);
}
