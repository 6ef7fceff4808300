/* test_import.c - rows of a film file: what is read, repaired and refused, line by line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "taquilla/import_rows.h"

#define TODAY ((day){ 20781 }) /* 2026-11-24 */

static arena *a;

static int setup(void **state)
{
    (void)state;
    a = arena_new((size_t)64 * 1024 * 1024);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static const struct import_row *row_of(const char *row)
{
    list rows;
    str text = arena_printf(a, "[%s]", row);
    assert_null(import_read(a, text, TODAY, &rows));
    assert_int_equal(rows.count, 1);
    return LIST_AT(&rows, struct import_row, 0);
}

static void expect(const struct import_row *row, const char *part)
{
    assert_non_null(row->film.at);
    assert_null(row->refused);
    if (!strstr(arena_cstr(a, row->film), part))
        fail_msg("%s is not in %.*s", part, STR_ARG(row->film));
}

static void refuse(const char *row, const char *why)
{
    const struct import_row *found = row_of(row);
    assert_null(found->film.at);
    assert_string_equal(found->refused, why);
}

static void whole_row(void **state)
{
    (void)state;
    const struct import_row *row = row_of(
        "{\"Title\": \" Slam \", \"Release Date\": \"Oct 09 1998\", \"Running Time min\": 100, \"Director\": \"Marc Levin\","
        " \"IMDB Rating\": 3.4, \"Major Genre\": \"Drama\", \"Distributor\": \"Trimark\", \"Source\": \"Original Screenplay\"}");
    expect(row, "\"title\":\"Slam\"");
    expect(row, "\"releaseDate\":\"1998-10-09\"");
    expect(row, "\"duration\":100");
    expect(row, "\"director\":\"Marc Levin\"");
    expect(row, "\"rating\":3.4");
    expect(row, "\"genre\":[\"Drama\"]");
    expect(row, "\"description\":\"Drama of 1998 (Original Screenplay), distributed by Trimark.\"");
    for (size_t i = 0; i < REPAIR_COUNT; i++)
        assert_int_equal(row->repaired[i], i == REPAIR_DESCRIPTION);
}

static void gaps_are_repaired(void **state)
{
    (void)state;
    const struct import_row *row = row_of("{\"Title\": 1776, \"Release Date\": \"Nov 09 1972\", \"Running Time min\": null,"
                                          " \"Director\": null, \"Rotten Tomatoes Rating\": 57}");
    expect(row, "\"title\":\"1776\"");
    expect(row, "\"duration\":120");
    expect(row, "\"director\":\"Unknown\"");
    expect(row, "\"rating\":5.7");
    expect(row, "\"genre\":[]");
    for (size_t i = 0; i < REPAIR_COUNT; i++)
        assert_int_equal(row->repaired[i], i != REPAIR_DATE);
    expect(row_of("{\"Title\":\"A\",\"Release Date\":\"1999\",\"Running Time min\":0,\"IMDB Rating\":11}"), "\"rating\":0.0");
}

static void our_own_shape(void **state)
{
    (void)state;
    const struct import_row *row = row_of(
        "{\"_id\":\"x\",\"title\":\"Ran\",\"description\":\"An \\\"old\\\" lord\",\"duration\":162,\"genre\":[\"Drama\",\"War\"],"
        "\"director\":\"Akira Kurosawa\",\"cast\":[\"Tatsuya Nakadai\"],\"releaseDate\":\"1985-06-01T00:00:00.000Z\","
        "\"rating\":8.2,\"isActive\":false}");
    expect(row, "\"description\":\"An \\\"old\\\" lord\"");
    expect(row, "\"releaseDate\":\"1985-06-01\"");
    expect(row, "\"genre\":[\"Drama\",\"War\"]");
    expect(row, "\"cast\":[\"Tatsuya Nakadai\"]");
    expect(row, "\"isActive\":false");
    for (size_t i = 0; i < REPAIR_COUNT; i++)
        assert_false(row->repaired[i]);
}

static void dates(void **state)
{
    (void)state;
    static const char *const good[][2] = {
        { "Jun 12 1998", "1998-06-12" }, { "June 2, 1998", "1998-06-02" }, { "12-Jun-98", "1998-06-12" },
        { "12-Jun-03", "2003-06-12" }, { "Feb 29 2000", "2000-02-29" }, { "1987", "1987-01-01" },
        { "1987-03-04", "1987-03-04" }, { "Dec 31 2046", "1946-12-31" }, { "Jan 01 2027", "2027-01-01" },
        { "Jan 01 2028", "1928-01-01" }, { "1-Jan-28", "1928-01-01" }, { "1-Jan-27", "2027-01-01" },
    };
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        str row = arena_printf(a, "{\"Title\":\"A\",\"Release Date\":\"%s\"}", good[i][0]);
        expect(row_of(row.at), arena_printf(a, "\"releaseDate\":\"%s\"", good[i][1]).at);
    }
    expect(row_of("{\"title\":\"A\",\"releaseDate\":0}"), "\"releaseDate\":\"1970-01-01\"");
    expect(row_of("{\"title\":\"A\",\"releaseDate\":-1}"), "\"releaseDate\":\"1969-12-31\"");
    refuse("{\"Title\":\"A\"}", "no release date");
    refuse("{\"Title\":\"A\",\"Release Date\":null}", "no release date");
    refuse("{\"Title\":\"A\",\"Release Date\":\"soon\"}", "a release date that cannot be read");
    refuse("{\"Title\":\"A\",\"Release Date\":\"Foo 12 1998\"}", "a release date that cannot be read");
    refuse("{\"Title\":\"A\",\"Release Date\":\"Jun 12 1998 or so\"}", "a release date that cannot be read");
    refuse("{\"Title\":\"A\",\"Release Date\":\"Feb 29 1999\"}", "a release date that does not exist");
    refuse("{\"Title\":\"A\",\"Release Date\":\"Jun 12 1066\"}", "a release date that does not exist");
    refuse("{\"Title\":\"A\",\"Release Date\":\"Jun 99999999999 1998\"}", "a release date that does not exist");
}

static void titles(void **state)
{
    (void)state;
    refuse("{\"Title\":null,\"Release Date\":\"Jun 12 1998\"}", "no title");
    refuse("{\"Title\":\"  \",\"Release Date\":\"Jun 12 1998\"}", "no title");
    refuse("{\"Release Date\":\"Jun 12 1998\"}", "no title");
    refuse("{\"Title\":[],\"Release Date\":\"Jun 12 1998\"}", "no title");
    refuse("7", "not an object");
}

/* A file of many films tells by its own years when it was made. */
static void a_century_too_late(void **state)
{
    (void)state;
    struct buf text = { .in = a };
    list rows;
    buf_char(&text, '[');
    for (int i = 0; i < 200; i++)
        buf_printf(&text, "{\"Title\":\"F%d\",\"Release Date\":\"Jan 02 %d\"},\n", i, 1960 + i % 52);
    buf_literal(&text, "{\"Title\":\"Birth\",\"Release Date\":\"Feb 08 2015\"}]");
    assert_null(import_read(a, buf_str(&text), TODAY, &rows));
    const struct import_row *last = LIST_AT(&rows, struct import_row, 200), *newest = LIST_AT(&rows, struct import_row, 51);
    assert_true(last->repaired[REPAIR_DATE]);
    expect(last, "\"releaseDate\":\"1915-02-08\"");
    expect(newest, "\"releaseDate\":\"2011-01-02\"");
    assert_int_equal(last->line, 201);
    assert_int_equal(newest->line, 52);
}

static void lines(void **state)
{
    (void)state;
    static const size_t line[] = { 3, 3, 6, 12 };
    list rows;
    str text = STR("\n[\n {\"Title\":\"[{,\\\"\"},{\"a\":[{}],\"b\":{}},\n\n\n {\n  \"Title\":\"x\",\n  \"y\":[1,\n 2]\n },\n\n7]\n");
    assert_null(import_read(a, text, TODAY, &rows));
    assert_int_equal(rows.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(LIST_AT(&rows, struct import_row, i)->line, line[i]);
}

static void not_a_list(void **state)
{
    (void)state;
    list rows;
    struct buf nested = { .in = a };
    for (int i = 0; i < 100000; i++)
        buf_char(&nested, '[');
    static const char *const bad[] = { "", "{}", "[", "[{]", "[{\"Title\":1e999}]", "\"x\"", "[1,]" };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_non_null(import_read(a, str_of(bad[i]), TODAY, &rows));
    assert_non_null(import_read(a, buf_str(&nested), TODAY, &rows));
    assert_null(import_read(a, STR("[]"), TODAY, &rows));
    assert_int_equal(rows.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_row), cmocka_unit_test(gaps_are_repaired), cmocka_unit_test(our_own_shape),
        cmocka_unit_test(dates), cmocka_unit_test(titles), cmocka_unit_test(a_century_too_late),
        cmocka_unit_test(lines), cmocka_unit_test(not_a_list),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
