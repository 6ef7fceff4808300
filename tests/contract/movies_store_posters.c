/* movies_store_posters.c - posters, on every implementation: kept whole, replaced, taken away, out and in again. */
#include "tests/contract/movies_store.h"

#include <string.h>

#include "lib/json/read.h"
#include "services/movies/model_poster.h"
#include "services/movies/store_posters.h"

static str bytes_of(size_t len, unsigned seed)
{
    char *bytes = arena_take_raw(a, len);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)(seed = seed * 1103515245 + 12345, seed >> 16);
    return (str){ bytes, len };
}

static struct movie shown_with(struct movie film_of, str bytes)
{
    struct movie made;
    assert_null(store->poster_put(store, a, film_of.id, bytes, &made));
    return made;
}

static void assert_poster(struct store *at, const struct movie *m, str bytes)
{
    str found;
    str digest = poster_digest(m->id, m->poster_url);
    assert_true(str_equal(digest, poster_digest_of(a, bytes)));
    assert_null(at->poster_bytes(at, a, m->id, digest, &found));
    assert_true(str_equal(found, bytes));
}

/* Sizes around a part's, and the largest that a request may bring. */
static void kept_whole(void)
{
    const size_t sizes[] = { 1, POSTER_PART_BYTES - 1, POSTER_PART_BYTES, POSTER_PART_BYTES + 1, (size_t)1 << 20 };
    struct movie m = created(store, film("Volver", "Drama", 3, 5)), found;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        str bytes = bytes_of(sizes[i], (unsigned)i);
        struct movie made = shown_with(m, bytes);
        assert_poster(store, &made, bytes);
        assert_null(store->movie_show(store, a, m.id, &found));
        assert_true(str_equal(found.poster_url, made.poster_url));
    }
    assert_int_equal(store->position(store), 6);
    shown_with(m, bytes_of(1 << 20, 4)); /* the same again is no news */
    assert_int_equal(store->position(store), 6);
    store->close(store);
    store_open();
    assert_null(store->movie_show(store, a, m.id, &found));
    assert_poster(store, &found, bytes_of(1 << 20, 4));
}

static void taken_away(void)
{
    struct movie m = created(store, film("Volver", "Drama", 3, 5)), made;
    str found;
    assert_refused(store->poster_drop(store, a, m.id, &made), "poster_unknown");
    assert_refused(store->poster_drop(store, a, STR("607f1f77bcf86cd799439011"), &made), "movie_unknown");
    assert_refused(store->poster_put(store, a, STR("607f1f77bcf86cd799439011"), STR("x"), &made), "movie_unknown");
    shown_with(m, STR("x"));
    assert_null(store->poster_drop(store, a, m.id, &made));
    assert_int_equal(made.poster_url.len, 0);
    assert_refused(store->poster_bytes(store, a, m.id, poster_digest_of(a, STR("never")), &found), "poster_unknown");
    assert_int_equal(store->position(store), 3);
}

/* An old client knows posterUrl as a text of its own. */
static void not_a_clients_to_set(void)
{
    struct movie m = created(store, film("Volver", "Drama", 3, 5)), edit, made;
    struct movie with = shown_with(m, STR("x"));
    assert_null(json_read(a, STR("{\"posterUrl\":\"https://example.com/p.jpg\"}"), &movie_edit_shape, &edit));
    assert_null(store->movie_edit(store, a, m.id, &edit, &made));
    assert_true(str_equal(made.poster_url, with.poster_url));
    assert_poster(store, &made, STR("x"));
    assert_null(store->poster_drop(store, a, m.id, &made));
    assert_null(store->movie_edit(store, a, m.id, &edit, &made));
    assert_text(made.poster_url, "https://example.com/p.jpg");
    edit.poster_url = with.poster_url;
    assert_null(store->movie_edit(store, a, m.id, &edit, &made));
    assert_text(made.poster_url, "https://example.com/p.jpg");
}

ON_STORE(kept_whole)
ON_STORE(taken_away)
ON_STORE(not_a_clients_to_set)

int poster_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept_whole),
        cmocka_unit_test(test_taken_away),
        cmocka_unit_test(test_not_a_clients_to_set),
    };
    return cmocka_run_group_tests_name("posters", tests, NULL, NULL);
}
