/* test_tickets.c - what stands on a ticket, and how a calendar is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "services/gateway/ticket_draw.h"

static arena *a;

static int begin(void **state)
{
    (void)state;
    a = arena_new((size_t)16 << 20);
    return clock_set_zone(a, "America/Lima") ? 1 : 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static void assert_text(str found, const char *wanted)
{
    if (!str_equal(found, str_of(wanted)))
        fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(found), wanted);
}

/* --- language, tax --- */

static void the_language_is_who_holds_its(void **state)
{
    (void)state;
    static const struct {
        const char *asked, *accepted, *house;
        enum ticket_language wanted;
    } cases[] = {
        { "en", "es", "es", TICKET_EN },        { "ES-pe", "en", "en", TICKET_ES },    { "fr", "en-GB", "es", TICKET_EN },
        { "", "fr, en;q=0.3", "es", TICKET_EN }, { "", "en;q=0.3, es;q=0.75", "en", TICKET_ES }, { "", "en;q=0, de", "es", TICKET_ES },
        { "", "", "en", TICKET_EN },            { "", "fr", "pt", TICKET_ES },         { "", "es;q=x,en;q=0.001", "es", TICKET_EN },
        { "", ";;,,q=", "es", TICKET_ES },      { "", "es; q=0.5 , en ; q=0.6", "es", TICKET_EN },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (ticket_language(str_of(cases[i].asked), str_of(cases[i].accepted), str_of(cases[i].house)) != cases[i].wanted)
            fail_msg("case %zu", i);
    assert_int_equal(ticket_language((str){ NULL, 0 }, (str){ NULL, 0 }, STR("en")), TICKET_EN);
}

static void the_tax_that_is_in_a_price(void **state)
{
    (void)state;
    int64_t rate = -1;
    static const char *const wrong[] = { "", "-1", "101", "100.01", "1.234", "1.", ".5", "x", "1e1", "1.-1" };
    assert_true(tax_read(STR("18"), &rate) && rate == 1800);
    assert_true(tax_read(STR("10.5"), &rate) && rate == 1050);
    assert_true(tax_read(STR("7.25"), &rate) && rate == 725);
    assert_true(tax_read(STR("100"), &rate) && rate == 10000);
    assert_true(tax_read(STR("0"), &rate) && rate == 0);
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_false(tax_read(str_of(wrong[i]), &rate));
    assert_int_equal(tax_within((money){ 1190 }, 1900).cents, 190);
    assert_int_equal(tax_within((money){ 1250 }, 1800).cents, 191); /* 190.68 */
    assert_int_equal(tax_within((money){ 3 }, 10000).cents, 2);     /* 1.5 */
    assert_int_equal(tax_within((money){ 1 }, 1800).cents, 0);
    assert_int_equal(tax_within((money){ 9999999999 }, 10000).cents, 5000000000);
}

/* --- lines --- */

static const struct ticket_told ticket = { .number = { "12-31", 5 }, .row_number = { "AA", 2 }, .seat_number = 7,
                                           .ticket_type = { "general", 7 }, .price = { 1250 }, .code = { "TQ1.x.y.z", 9 } };
static struct ticket_told seats[2];
static struct tickets_told told;

static struct printing printing(enum ticket_language language)
{
    seats[0] = seats[1] = ticket;
    seats[1].seat_number = 8;
    told = (struct tickets_told){ .number = STR("12"), .schedule_id = 5, .confirmed_at = { 1000 }, .tickets = { seats, 2 } };
    return (struct printing){ .told = &told, .house = STR("Cine; uno"), .film = STR("El sur"), .room = STR("Sala 1"), .currency = STR("PEN"),
                              .starts_at = { INT64_C(1795914000000) }, .ends_at = { INT64_C(1795920000000) }, .tax = 1050, .language = language };
}

static void lines_in_either_language(void **state)
{
    (void)state;
    struct ticket_line lines[TICKET_LINES_MAX];
    static const char *const wanted[2][TICKET_LINES_MAX] = {
        { "Cine; uno", "El sur", "sábado 28/11/2026, 20:00", "Sala 1", "Fila AA · Asiento 7", "general · 12.50 PEN",
          "Impuesto incluido (10.5 %): 1.19 PEN", "N.º 12-31" },
        { "Cine; uno", "El sur", "Saturday 2026-11-28, 20:00", "Sala 1", "Row AA · Seat 7", "general · 12.50 PEN",
          "Tax included (10.5 %): 1.19 PEN", "No. 12-31" },
    };
    for (int language = 0; language < 2; language++) {
        struct printing p = printing((enum ticket_language)language);
        assert_int_equal(ticket_lines(a, &p, &ticket, lines), TICKET_LINES_MAX);
        for (size_t i = 0; i < TICKET_LINES_MAX; i++)
            assert_text(lines[i].text, wanted[language][i]);
    }
    struct ticket_told bare = ticket; /* sold without rooms: nobody knows its name */
    bare.row_number = (str){ NULL, 0 };
    struct printing p = printing(TICKET_ES);
    p.starts_at = INSTANT_NONE;
    p.tax = 0;
    ticket_lines(a, &p, &bare, lines);
    assert_text(lines[2].text, "");
    assert_text(lines[4].text, "");
    assert_text(lines[6].text, "");
}

static double letters(void *arg, str piece)
{
    (void)arg;
    return (double)str_code_points(piece);
}

static void texts_are_wrapped(void **state)
{
    (void)state;
    str pieces[3];
    assert_int_equal(text_wrap(a, STR(" ñandú y otra  cosa "), 8, letters, NULL, pieces, 3), 3);
    assert_text(pieces[0], "ñandú y");
    assert_text(pieces[1], "otra");
    assert_text(pieces[2], "cosa");
    assert_int_equal(text_wrap(a, STR("ñññññññññññ"), 4, letters, NULL, pieces, 2), 2);
    assert_text(pieces[0], "ññññ");
    assert_text(pieces[1], "ñññ…");
    assert_int_equal(text_wrap(a, STR("ab"), 0.5, letters, NULL, pieces, 3), 2); /* one letter at least */
    assert_int_equal(text_wrap(a, STR("  "), 4, letters, NULL, pieces, 3), 0);
}

/* --- the calendar --- */

static void calendar_lines_are_folded(void **state)
{
    (void)state;
    struct buf out = { .in = a };
    char line[200];
    for (size_t len = 0; len < sizeof line; len++) { /* of letters of two bytes, shifted by one */
        out.len = 0;
        line[0] = 'x';
        for (size_t i = 1; i + 1 < len; i += 2)
            memcpy(line + i, "ñ", 2);
        size_t whole = len < 2 ? len : 1 + (len - 1) / 2 * 2;
        ics_line(&out, (str){ line, whole });
        size_t at = 0, kept = 0;
        while (at < out.len) {
            const char *break_at = memmem(out.at + at, out.len - at, "\r\n", 2);
            assert_non_null(break_at);
            str one = { out.at + at, (size_t)(break_at - (out.at + at)) };
            assert_true(one.len <= 75);
            assert_true(str_is_utf8(one));
            kept += one.len - (at > 0);
            assert_true(at == 0 || one.at[0] == ' ');
            at += one.len + 2;
        }
        assert_int_equal(kept, whole);
    }
}

static void calendar_texts_are_escaped(void **state)
{
    (void)state;
    assert_text(ics_text(a, STR("a;b,c\\d\ne\r\x01")), "a\\;b\\,c\\\\d\\ne");
    struct printing p = printing(TICKET_ES);
    str made = ticket_ics(a, &p, (instant){ INT64_C(1795910000000) });
    assert_text(made, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Taquilla//Tickets//EN\r\nBEGIN:VEVENT\r\nUID:12-1000@taquilla\r\n"
                      "DTSTAMP:20261128T235320Z\r\nDTSTART:20261129T010000Z\r\nDTEND:20261129T024000Z\r\nSUMMARY:El sur\r\n"
                      "LOCATION:Cine\\; uno\\, Sala 1\r\nDESCRIPTION:Fila AA · Asiento 7\\nFila AA · Asiento 8\\nReserva 12\r\n"
                      "STATUS:CONFIRMED\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
    p.ends_at = INSTANT_NONE;
    made = ticket_ics(a, &p, (instant){ 0 });
    assert_null(memmem(made.at, made.len, "DTEND", 5));
}

/* --- pictures --- */

static void pictures_of_hard_texts(void **state)
{
    (void)state;
    struct printing p = printing(TICKET_EN);
    str made;
    p.film = STR("\x01<&>\" \xf0\x9f\x8e\xac Ωλ \xe6\x98\xa0\xe7\x94\xbb");
    assert_null(ticket_pdf(a, &p, &made));
    assert_true(str_starts(made, STR("%PDF-1.")));
    assert_null(ticket_svg(a, &p, &made));
    assert_non_null(memmem(made.at, made.len, " &lt;&amp;&gt;&quot;", 20));
    char *long_code = arena_take(a, 4000);
    memset(long_code, 'x', 4000);
    seats[1].code = (str){ long_code, 4000 };
    assert_non_null(ticket_svg(a, &p, &made));
    assert_non_null(ticket_pdf(a, &p, &made));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_language_is_who_holds_its, begin, end),
        cmocka_unit_test_setup_teardown(the_tax_that_is_in_a_price, begin, end),
        cmocka_unit_test_setup_teardown(lines_in_either_language, begin, end),
        cmocka_unit_test_setup_teardown(texts_are_wrapped, begin, end),
        cmocka_unit_test_setup_teardown(calendar_lines_are_folded, begin, end),
        cmocka_unit_test_setup_teardown(calendar_texts_are_escaped, begin, end),
        cmocka_unit_test_setup_teardown(pictures_of_hard_texts, begin, end),
    };
    return cmocka_run_group_tests_name("tickets as they are printed", tests, NULL, NULL);
}
