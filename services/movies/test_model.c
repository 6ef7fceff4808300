/* test_model.c - what a film may be, how an edit changes it, and how a search is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/json/read.h"
#include "lib/json/write.h"
#include "services/movies/model.h"

#define WHOLE                                                                                      \
    "\"title\":\" Up \",\"description\":\"d\",\"duration\":96,\"director\":\"Docter\",\"releaseDate\":\"2009-05-29\""

static arena *a;

static int set_up(void **state)
{
    (void)state;
    a = arena_new(1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static struct movie read_well(const struct shape *s, const char *body)
{
    struct movie m;
    const fault *problem = json_read(a, str_of(body), s, &m);
    assert_null(problem);
    return m;
}

/* The names of the bad fields, in the table's order. */
static void assert_refused(const char *body, const char *fields)
{
    struct movie m;
    const fault *problem = json_read(a, str_of(body), &movie_input_shape, &m);
    assert_non_null(problem);
    assert_string_equal(problem->code, "validation_failed");
    struct buf names = { .in = a };
    for (const struct fault_field *f = problem->fields; f; f = f->next) {
        buf_text(&names, f->field);
        buf_text(&names, STR(":"));
        buf_text(&names, str_of(f->kind));
        buf_text(&names, f->next ? STR(" ") : STR(""));
    }
    assert_string_equal(arena_cstr(a, buf_str(&names)), fields);
}

static void test_film_read(void **state)
{
    (void)state;
    struct movie m = read_well(&movie_input_shape, "{" WHOLE "}");
    assert_true(str_equal(m.title, STR("Up")));
    assert_int_equal(m.release_date.ms, INT64_C(1243555200000));
    assert_true(m.is_active && m.rating < 0.1);
    assert_int_equal(m.genre.count + m.cast.count, 0);
    assert_int_equal(m.poster_url.len, 0);
    assert_non_null(m.poster_url.at);

    m = read_well(&movie_input_shape, "{" WHOLE ",\"genre\":\" Drama \",\"cast\":[\"A\",\" B\"],\"rating\":\"7.5\","
                                      "\"isActive\":false,\"_id\":\"x\",\"$set\":{},\"stranger\":1}");
    assert_int_equal(m.genre.count, 1);
    assert_true(str_equal(m.genre.at[0], STR("Drama")));
    assert_int_equal(m.cast.count, 2);
    assert_true(str_equal(m.cast.at[1], STR("B")));
    assert_true(m.rating > 7.4 && m.rating < 7.6 && !m.is_active);
    assert_null(m.id.at);
}

static void test_dates(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } dates[] = {
        { "\"1969-12-31\"", -86400000 },
        { "\"2008-07-18T00:00:00.000Z\"", INT64_C(1216339200000) },
        { "\"2008-07-18T02:00:00+02:00\"", INT64_C(1216339200000) },
        { "1216339200000", INT64_C(1216339200000) },
        { "-1000", -1000 },
    };
    for (size_t i = 0; i < COUNT_OF(dates); i++) {
        str body = arena_printf(a, "{\"releaseDate\":%s}", dates[i].text);
        assert_int_equal(read_well(&movie_edit_shape, body.at).release_date.ms, dates[i].ms);
    }
    struct movie m;
    assert_non_null(json_read(a, STR("{\"releaseDate\":\"2009-02-30\"}"), &movie_edit_shape, &m));
    assert_non_null(json_read(a, STR("{\"releaseDate\":\"soon\"}"), &movie_edit_shape, &m));
    assert_non_null(json_read(a, STR("{\"releaseDate\":1e30}"), &movie_edit_shape, &m));
}

static void test_film_refused(void **state)
{
    (void)state;
    assert_refused("{}", "title:required description:required duration:required director:required releaseDate:required");
    assert_refused("{" WHOLE ",\"rating\":10.1}", "rating:max");
    assert_refused("{" WHOLE ",\"rating\":-0.1}", "rating:min");
    assert_refused("{\"title\":\" \",\"description\":\"d\",\"duration\":0,\"director\":7,\"releaseDate\":null}",
                   "title:required duration:min director:type releaseDate:required");
    assert_refused("{" WHOLE ",\"genre\":[1],\"isActive\":\"maybe\"}", "genre:type isActive:type");
}

static void test_edit(void **state)
{
    (void)state;
    struct movie m = read_well(&movie_input_shape, "{" WHOLE ",\"genre\":[\"A\"],\"rating\":5}");
    struct movie nothing = read_well(&movie_edit_shape, "{}");
    movie_apply(&m, &nothing);
    assert_true(str_equal(m.title, STR("Up")) && m.is_active && m.genre.count == 1 && m.duration == 96);
    struct movie some = read_well(&movie_edit_shape, "{\"rating\":0,\"genre\":[],\"isActive\":false,\"posterUrl\":\"p\"}");
    movie_apply(&m, &some);
    assert_true(m.rating < 0.1 && m.genre.count == 0 && !m.is_active);
    assert_true(str_equal(m.poster_url, STR("p")) && str_equal(m.title, STR("Up")));
    struct movie all = read_well(&movie_edit_shape,
                                 "{\"title\":\"T\",\"description\":\"D\",\"duration\":1,\"director\":\"X\",\"cast\":\"C\","
                                 "\"releaseDate\":5,\"trailerUrl\":\"t\"}");
    movie_apply(&m, &all);
    assert_true(str_equal(m.title, STR("T")) && str_equal(m.description, STR("D")) && m.duration == 1);
    assert_true(str_equal(m.director, STR("X")) && m.cast.count == 1 && m.release_date.ms == 5);
    assert_true(str_equal(m.trailer_url, STR("t")));
}

static void test_film_written(void **state)
{
    (void)state;
    struct movie m = read_well(&movie_input_shape, "{" WHOLE ",\"rating\":9,\"genre\":[\"A\"]}");
    m.id = STR("507f1f77bcf86cd799439011");
    m.created_at = m.updated_at = (instant){ 1 };
    struct buf out = { .in = a };
    json_write(&out, &movie_shape, &m);
    assert_string_equal(arena_cstr(a, buf_str(&out)),
                        "{\"_id\":\"507f1f77bcf86cd799439011\",\"title\":\"Up\",\"description\":\"d\",\"duration\":96,"
                        "\"genre\":[\"A\"],\"director\":\"Docter\",\"cast\":[],\"releaseDate\":\"2009-05-29T00:00:00.000Z\","
                        "\"rating\":9,\"posterUrl\":\"\",\"trailerUrl\":\"\",\"isActive\":true,"
                        "\"createdAt\":\"1970-01-01T00:00:00.001Z\",\"updatedAt\":\"1970-01-01T00:00:00.001Z\"}");
}

static void test_ids(void **state)
{
    (void)state;
    str id;
    assert_true(movie_id_read(a, STR("507F1f77bcf86cd79943901A"), &id));
    assert_true(str_equal(id, STR("507f1f77bcf86cd79943901a")));
    assert_false(movie_id_read(a, STR("507f1f77bcf86cd79943901"), &id));
    assert_false(movie_id_read(a, STR("507f1f77bcf86cd7994390111"), &id));
    assert_false(movie_id_read(a, STR("507f1f77bcf86cd79943901g"), &id));
    assert_false(movie_id_read(a, STR(""), &id));
}

static void test_queries(void **state)
{
    (void)state;
    struct movie_filter f;
    assert_null(query_read(a, STR(""), &movie_list_query_shape, &f));
    assert_true(f.page == 1 && f.limit == 10 && f.genre.len == 0 && f.search.len == 0 && !f.featured);
    assert_null(query_read(a, STR("page=2&limit=&search=a+b&featured=true&genre=Sci%2DFi&x=1"), &movie_list_query_shape, &f));
    assert_true(f.page == 2 && f.limit == 10 && f.featured);
    assert_true(str_equal(f.search, STR("a b")) && str_equal(f.genre, STR("Sci-Fi")));
    static const char *const bad[] = { "page=0", "limit=-1", "limit=1001", "page=1.5", "limit=ten" };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_non_null(query_read(a, str_of(bad[i]), &movie_list_query_shape, &f));
    struct delete_query d;
    assert_null(query_read(a, STR(""), &delete_query_shape, &d));
    assert_int_equal(d.showings, SHOWINGS_ASK);
    assert_null(query_read(a, STR("showings=keep"), &delete_query_shape, &d));
    assert_int_equal(d.showings, SHOWINGS_KEEP);
    assert_non_null(query_read(a, STR("showings=burn"), &delete_query_shape, &d));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_film_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_dates, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_film_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_edit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_film_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ids, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_queries, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
