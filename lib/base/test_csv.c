/* test_csv.c - rows of cells: read however they are written and cut, and written so that nothing is computed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/csv.h"
#include "lib/base/source_text.h"

static arena *a;

static int setup(void **state)
{
    (void)state;
    a = arena_new((size_t)256 * 1024 * 1024);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static void open_text(struct csv *c, str text, size_t each)
{
    csv_open(a, c, source_of_text(a, text, each));
}

/* All rows as one line: "1:a|b 2:c", with the flaw's number behind a '!' and "unclosed N" at the end. */
static const char *rows_of(str text, size_t each)
{
    struct buf all = { .in = a };
    struct csv c;
    struct csv_row row;
    open_text(&c, text, each);
    while (csv_next(&c, &row)) {
        buf_printf(&all, "%s%zu:", all.len ? " " : "", row.line);
        for (size_t i = 0; i < row.count; i++)
            buf_printf(&all, "%s%.*s", i ? "|" : "", STR_ARG(row.cells[i]));
        if (row.flaw)
            buf_printf(&all, "!%d", (int)row.flaw);
    }
    if (c.unclosed_line)
        buf_printf(&all, "%sunclosed %zu", all.len ? " " : "", c.unclosed_line);
    buf_char(&all, '\0');
    return all.at;
}

static void check(str text, const char *want)
{
    arena_reset(a);
    assert_string_equal(rows_of(text, SOURCE_BYTES), want);
    assert_string_equal(rows_of(text, 1), want);
}

static void plain(void **state)
{
    (void)state;
    check(STR(""), "");
    check(STR("a,b\nc,d"), "1:a|b 2:c|d");
    check(STR("a,b\r\nc,d\r\n"), "1:a|b 2:c|d");
    check(STR("a,b\rc,d\r"), "1:a|b 2:c|d");
    check(STR("a,,\n,\n"), "1:a|| 2:|");
    check(STR("\n\na\r\n\r\nb\n"), "3:a 5:b");
    check(STR("\"\"\nx\n"), "1: 2:x");
    check(STR("\xef\xbb\xbf" "a,b\n"), "1:a|b");
    check(STR("5\" disk,a\"b\n"), "1:5\" disk|a\"b");
    check(STR("a\n \nb"), "1:a 2:  3:b");
}

static void quoted(void **state)
{
    (void)state;
    check(STR("\"a,b\",\"c \"\"d\"\"\"\n"), "1:a,b|c \"d\"");
    check(STR("\"a\nb\r\nc\rd\",x\ny"), "1:a\nb\r\nc\rd|x 5:y");
    check(STR("\"a\"  ,b\n\"c\"d,e\n"), "1:a|b 2:c|e!4");
    check(STR("a\n\"b\nc"), "1:a unclosed 2");
    check(STR("\"\"\"\n"), "unclosed 1");
    check(STR("\"\"\"\""), "1:\"");
}

static void separators(void **state)
{
    (void)state;
    check(STR("a;b;c\n1,5;2\n"), "1:a|b|c 2:1,5|2");
    check(STR("a\tb,c\td\n"), "1:a|b,c|d");
    check(STR("\"a,b,c\";d\n"), "1:a,b,c|d");
    check(STR("\"a\n,,,\";d\nx,y;z"), "1:a\n,,,|d 3:x,y|z");
    check(STR("sep=;\na,b;c\n"), "2:a,b|c");
    check(STR("sep=|\r\na,b|c\n"), "2:a,b|c");
    check(STR("sep=\xff\na\xff" "b\n\"c"), "2:a|b unclosed 3"); /* as a char it is what the end of a source is */
    check(STR("one\n1,2\n"), "1:one 2:1|2");
}

static void flaws(void **state)
{
    (void)state;
    struct buf wide = { .in = a }, lengthy = { .in = a };
    struct csv c;
    struct csv_row row;
    open_text(&c, STR("a\0b,c\nd\n"), 3);
    assert_true(csv_next(&c, &row) && row.flaw == CSV_NUL && row.count == 2);
    assert_true(csv_next(&c, &row) && row.flaw == CSV_FINE && row.line == 2);

    for (int i = 0; i < 299; i++)
        buf_char(&wide, ',');
    buf_literal(&wide, "\nnext\n");
    open_text(&c, buf_str(&wide), SOURCE_BYTES);
    assert_true(csv_next(&c, &row) && row.flaw == CSV_WIDE && row.count == CSV_CELLS_MAX);
    assert_true(csv_next(&c, &row) && row.flaw == CSV_FINE && row.count == 1);

    for (size_t i = 0; i < 10 * CSV_ROW_BYTES_MAX; i++)
        buf_char(&lengthy, i % 7 ? 'x' : ',');
    buf_literal(&lengthy, "\nnext\n");
    open_text(&c, buf_str(&lengthy), SOURCE_BYTES);
    assert_true(csv_next(&c, &row) && row.flaw != CSV_FINE);
    assert_true(csv_next(&c, &row) && row.flaw == CSV_FINE && row.line == 2);

    buf_drop_front(&lengthy, 1); /* one cell that is too long, quoted, over lines */
    lengthy.at[0] = '"';
    for (size_t i = 1; i < 10 * CSV_ROW_BYTES_MAX - 2; i++)
        lengthy.at[i] = i % 1000 ? 'x' : '\n';
    lengthy.at[10 * CSV_ROW_BYTES_MAX - 2] = '"';
    open_text(&c, buf_str(&lengthy), SOURCE_BYTES);
    assert_true(csv_next(&c, &row) && row.flaw == CSV_LONG);
    assert_true(csv_next(&c, &row) && row.flaw == CSV_FINE && row.line == 10 * CSV_ROW_BYTES_MAX / 1000 + 2);
}

static void longest_row(void **state)
{
    (void)state;
    struct buf text = { .in = a };
    struct csv c;
    struct csv_row row;
    for (size_t i = 0; i < CSV_ROW_BYTES_MAX; i++)
        buf_char(&text, 'x');
    buf_literal(&text, "\n");
    open_text(&c, buf_str(&text), SOURCE_BYTES);
    assert_true(csv_next(&c, &row) && row.flaw == CSV_FINE && row.cells[0].len == CSV_ROW_BYTES_MAX);
    text.at[CSV_ROW_BYTES_MAX] = 'x';
    open_text(&c, buf_str(&text), SOURCE_BYTES);
    assert_true(csv_next(&c, &row) && row.flaw == CSV_LONG);
}

static void write_one(str text, const char *want)
{
    struct buf out = { .in = a };
    csv_write_row(&out, &text, 1);
    buf_char(&out, '\0');
    assert_string_equal(out.at, want);
}

static void formulas_are_texts(void **state)
{
    (void)state;
    write_one(STR("a \"b\", c\nd"), "\"a \"\"b\"\", c\nd\"\r\n");
    write_one((str){ NULL, 0 }, "\"\"\r\n");
    write_one(STR("=1+1"), "\"'=1+1\"\r\n");
    write_one(STR("+1"), "\"'+1\"\r\n");
    write_one(STR("-1"), "\"'-1\"\r\n");
    write_one(STR("@SUM(A1)"), "\"'@SUM(A1)\"\r\n");
    write_one(STR("\t=1"), "\"'\t=1\"\r\n");
    write_one(STR("\r=1"), "\"'\r=1\"\r\n");
    write_one(STR("\n=1"), "\"'\n=1\"\r\n");
    write_one(STR("\xef\xbc\x9d" "1"), "\"'\xef\xbc\x9d" "1\"\r\n");
    write_one(STR("'=1"), "\"''=1\"\r\n");
    write_one(STR("'tis"), "\"'tis\"\r\n");
    write_one(STR("a=1"), "\"a=1\"\r\n");
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    const str cells[] = { STR("=cmd|' /C calc'!A0"), STR("'+51 999"), STR("'quoted'"), STR("a\r\nb"), STR("\"'=\""), STR(""),
                          STR("-"), STR("''@"), STR("plain, \"x\"") };
    struct buf out = { .in = a };
    struct csv c;
    struct csv_row row;
    csv_write_row(&out, cells, COUNT_OF(cells));
    open_text(&c, buf_str(&out), 5);
    assert_true(csv_next(&c, &row));
    assert_int_equal(row.count, COUNT_OF(cells));
    for (size_t i = 0; i < row.count; i++)
        assert_true(str_equal(csv_plain(row.cells[i]), cells[i]));
    assert_false(csv_next(&c, &row));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain), cmocka_unit_test(quoted), cmocka_unit_test(separators), cmocka_unit_test(flaws),
        cmocka_unit_test(longest_row), cmocka_unit_test(formulas_are_texts), cmocka_unit_test(what_is_written_is_read),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
