/* test_rows.c - members of an array and lines of NDJSON, however the file is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/source_text.h"
#include "lib/json/rows.h"

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

static void open_text(struct json_rows *rows, str text, size_t each)
{
    json_rows_open(a, rows, source_of_text(a, text, each));
}

/* "1<a> 2<b>", then why it broke and where. */
static void check(str text, const char *want)
{
    for (size_t each = 1; each <= SOURCE_BYTES; each += SOURCE_BYTES - 1) {
        struct buf all = { .in = a };
        struct json_rows rows;
        struct json_row row;
        open_text(&rows, text, each);
        while (json_rows_next(&rows, &row))
            buf_printf(&all, "%s%zu<%.*s>%s", all.len ? " " : "", row.line, STR_ARG(row.text), row.too_long ? "!" : "");
        assert_false(json_rows_next(&rows, &row));
        if (rows.broken)
            buf_printf(&all, "%s%s, line %zu", all.len ? " " : "", rows.broken, rows.broken_line);
        buf_char(&all, '\0');
        assert_string_equal(all.at, want);
        arena_reset(a);
    }
}

static void arrays(void **state)
{
    (void)state;
    check(STR("[]"), "");
    check(STR(" [ ] \n"), "");
    check(STR("[{\"a\":1},{\"b\":[2,{}]}]"), "1<{\"a\":1}> 1<{\"b\":[2,{}]}>");
    check(STR("\xef\xbb\xbf[\n 1 ,\n\n 2\n]\n"), "2<1> 4<2>");
    check(STR("\n[\n {\"Title\":\"[{,\\\"\"},{\"a\":\n[{}],\"b\":{}},\n\n\n {\n  \"Title\":\"x\"\n },\n\n7]\n"),
          "3<{\"Title\":\"[{,\\\"\"}> 3<{\"a\":\n[{}],\"b\":{}}> 7<{\n  \"Title\":\"x\"\n }> 11<7>");
    check(STR("[\"\\\\\",\"\\\"]\"]"), "1<\"\\\\\"> 1<\"\\\"]\">");
}

static void broken_arrays(void **state)
{
    (void)state;
    check(STR("["), "the list has no end, line 1");
    check(STR("[1\n,{\"a\"\n:2"), "1<1> the list has no end, line 2");
    check(STR("[\"a]"), "the list has no end, line 1");
    check(STR("[\"a\\"), "the list has no end, line 1");
    check(STR("[1]\n]"), "1<1> something follows the end of the list, line 2");
    check(STR("[1,]"), "1<1> 1<>");
    check(STR("[,1]"), "1<> 1<1>");
    check(STR("[1 2]"), "1<1 2>");
    check(STR("[}]"), "1<}>");
}

static void lines(void **state)
{
    (void)state;
    check(STR(""), "");
    check(STR(" \n\n"), "");
    check(STR("{\"a\":1}\r\n\n{\"b\":2}"), "1<{\"a\":1}> 3<{\"b\":2}>");
    check(STR("x\n{"), "1<x> 2<{>");
}

static void too_long(void **state)
{
    (void)state;
    struct buf text = { .in = a };
    struct json_rows rows;
    struct json_row row;
    buf_literal(&text, "[\"");
    for (size_t i = 0; i < JSON_ROW_BYTES_MAX - 1; i++)
        buf_char(&text, 'x');
    buf_literal(&text, "\",2]");
    open_text(&rows, buf_str(&text), SOURCE_BYTES);
    assert_true(json_rows_next(&rows, &row) && row.too_long);
    assert_true(json_rows_next(&rows, &row) && !row.too_long && str_equal(row.text, STR("2")));
    assert_false(json_rows_next(&rows, &row) || rows.broken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays), cmocka_unit_test(broken_arrays), cmocka_unit_test(lines), cmocka_unit_test(too_long),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
