/* test_facts.c - exports cut anywhere are read the same; what is none is said; days are those of the house. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "services/analytics/facts.h"
#include "services/analytics/lines.h"

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

static void zone(const char *name)
{
    assert_null(clock_set_zone(a, name));
}

static int32_t on(const char *text)
{
    day date;
    assert_true(day_read(str_of(text), &date));
    return (int32_t)date.days;
}

static void assert_text(str found, const char *wanted)
{
    if (!str_equal(found, str_of(wanted)))
        fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(found), wanted);
}

static const char *facts_take(void *arg, str line)
{
    return analytics_facts_line(arg, line);
}

/* Reads a whole body in pieces of that many bytes. What is wrong with it, else NULL. */
static const char *body_read(struct facts *f, str body, size_t piece_bytes)
{
    struct lines lines = { .take = facts_take, .arg = f };
    const char *wrong = NULL;
    while (body.len > 0 && !wrong) {
        size_t taken = piece_bytes < body.len ? piece_bytes : body.len;
        wrong = analytics_lines_take(&lines, (str){ body.at, taken });
        body = str_after(body, taken);
    }
    if (!wrong)
        wrong = analytics_lines_end(&lines);
    analytics_lines_free(&lines);
    return wrong;
}

static struct facts *facts_of(enum owner_name of, const char *body, size_t piece_bytes)
{
    struct facts *made = analytics_facts_new(of);
    const char *wrong = body_read(made, str_of(body), piece_bytes);
    if (wrong)
        fail_msg("%s", wrong);
    assert_true(made->ended);
    return made;
}

#define USER(id, erased)                                                                                   \
    "{\"table\":\"users\",\"row\":{\"id\":" id ",\"email\":\"ana@example.com\",\"name\":\"Ana\",\"phone\":null,"  \
    "\"created_at\":\"2026-01-01T00:00:00.000Z\",\"updated_at\":\"2026-01-01T00:00:00.000Z\",\"erased_at\":" erased \
    "}}\n"
#define SALE(id, user, film, amount, status, made, confirmed, cancelled)                                   \
    "{\"table\":\"reservations\",\"row\":{\"id\":" id ",\"user_id\":" user ",\"schedule_id\":4,\"movie_id\":\"" film \
    "\",\"total_amount\":" amount ",\"status\":\"" status "\",\"hold\":true,\"reservation_date\":\"" made      \
    "\",\"expires_at\":null,\"confirmed_at\":" confirmed ",\"cancelled_at\":" cancelled ",\"deleted_at\":null}}\n"
#define RESERVED(id, reservation)                                                                          \
    "{\"table\":\"reserved_seats\",\"row\":{\"id\":" id ",\"reservation_id\":" reservation ",\"seat_id\":9,\"row_number\":" \
    "\"A\",\"seat_number\":1,\"ticket_type\":\"general\",\"price\":12.50}}\n"
#define END(position, rows) "{\"end\":true,\"position\":" position ",\"rows\":" rows "}\n"

static const char office[] =
    USER("3", "null") USER("7", "\"2026-02-01T00:00:00.000Z\"")
    SALE("5", "7", "aa", "25.00", "CONFIRMED", "2026-01-31T23:30:00.000Z", "\"2026-01-31T23:40:00.000Z\"", "null")
    SALE("8", "3", "bb", "0.07", "CANCELLED", "2026-01-31T10:00:00.000Z", "\"2026-01-31T10:05:00.000Z\"",
         "\"2026-02-02T10:00:00.000Z\"")
    SALE("9", "3", "aa", "12.50", "CANCELLED", "2026-01-31T10:00:00.000Z", "null", "\"2026-02-02T10:00:00.000Z\"")
    SALE("12", "3", "aa", "12.50", "PENDING", "2026-01-31T10:00:00.000Z", "null", "null")
    RESERVED("1", "9") RESERVED("2", "5") RESERVED("3", "5") RESERVED("4", "8") RESERVED("5", "12") RESERVED("6", "5")
    END("77", "12");

static void an_export_is_read_whatever_its_pieces(void **state)
{
    (void)state;
    zone("UTC");
    for (size_t bytes = 1; bytes <= sizeof office; bytes = bytes < 70 ? bytes + 1 : bytes * 2) {
        struct facts *f = facts_of(RESERVATIONS, office, bytes);
        assert_int_equal(f->position, 77);
        assert_int_equal(f->sold.people.count, 2);
        assert_false(LIST_AT(&f->sold.people, struct person, 0)->erased);
        assert_true(LIST_AT(&f->sold.people, struct person, 1)->erased);
        assert_int_equal(f->sold.sales.count, 4);
        const struct sale *s = LIST_AT(&f->sold.sales, struct sale, 0);
        assert_int_equal(s->id, 5);
        assert_int_equal(s->cents, 2500);
        assert_int_equal(s->seats, 3);
        assert_int_equal(s->person, 1);
        assert_text(f->sold.films.at[s->film], "aa");
        assert_int_equal(f->sold.films.count, 2);
        assert_int_equal(f->sold.taken.count, 1); /* one showing: three seats sold, one held */
        assert_int_equal(LIST_AT(&f->sold.taken, struct taken, 0)->seats, 4);
        analytics_facts_free(f);
    }
}

static void money_goes_back_only_where_it_came(void **state)
{
    (void)state;
    zone("UTC");
    struct facts *f = facts_of(RESERVATIONS, office, 1000);
    const struct sale *sales = LIST_AT(&f->sold.sales, struct sale, 0);
    assert_int_equal(sales[1].sold_day, on("2026-01-31"));
    assert_int_equal(sales[1].back_day, on("2026-02-02"));
    assert_int_equal(sales[2].sold_day, NO_DAY);
    assert_int_equal(sales[2].back_day, NO_DAY);
    assert_int_equal(f->sold.days.count, 2);
    const struct day_sum *days = LIST_AT(&f->sold.days, struct day_sum, 0);
    assert_int_equal(days[0].cents, 2507);
    assert_int_equal(days[0].reservations, 2);
    assert_int_equal(days[0].confirmed, 1);
    assert_int_equal(days[1].cents, -7);
    analytics_facts_free(f);
}

/* --- days of the house --- */

static int32_t day_of_sale(const char *made)
{
    static const char before[] = USER("1", "null");
    struct facts *f = analytics_facts_new(RESERVATIONS);
    str body = arena_printf(a,
                            "%s"
                            "{\"table\":\"reservations\",\"row\":{\"id\":1,\"user_id\":1,\"schedule_id\":4,"
                            "\"movie_id\":\"aa\",\"total_amount\":1,\"status\":\"PENDING\",\"reservation_date\":\"%s\","
                            "\"confirmed_at\":null,\"cancelled_at\":null}}\n" END("1", "2"),
                            before, made);
    assert_null(body_read(f, body, body.len));
    int32_t found = LIST_AT(&f->sold.sales, struct sale, 0)->made_day;
    analytics_facts_free(f);
    return found;
}

static void a_day_lasts_from_midnight_to_midnight_on_the_wall(void **state)
{
    (void)state;
    zone("America/Lima"); /* UTC-5 all year: the last day of a month ends at 05:00 UTC */
    assert_int_equal(day_of_sale("2026-10-01T04:59:59.999Z"), on("2026-09-30"));
    assert_int_equal(day_of_sale("2026-10-01T05:00:00.000Z"), on("2026-10-01"));
    assert_int_equal(day_of_sale("2027-01-01T04:59:59.999Z"), on("2026-12-31"));
    zone("America/New_York"); /* 2026-03-08 has 23 hours, 2026-11-01 has 25 */
    assert_int_equal(day_of_sale("2026-03-08T04:59:59.999Z"), on("2026-03-07"));
    assert_int_equal(day_of_sale("2026-03-08T05:00:00.000Z"), on("2026-03-08"));
    assert_int_equal(day_of_sale("2026-03-09T03:59:59.999Z"), on("2026-03-08"));
    assert_int_equal(day_of_sale("2026-03-09T04:00:00.000Z"), on("2026-03-09"));
    assert_int_equal(day_of_sale("2026-11-01T03:59:59.999Z"), on("2026-10-31"));
    assert_int_equal(day_of_sale("2026-11-01T04:00:00.000Z"), on("2026-11-01"));
    assert_int_equal(day_of_sale("2026-11-02T04:59:59.999Z"), on("2026-11-01"));
    assert_int_equal(day_of_sale("2026-11-02T05:00:00.000Z"), on("2026-11-02"));
    zone("Europe/Madrid"); /* 2026-03-29 and 2026-10-25 */
    assert_int_equal(day_of_sale("2026-03-28T22:59:59.999Z"), on("2026-03-28"));
    assert_int_equal(day_of_sale("2026-03-28T23:00:00.000Z"), on("2026-03-29"));
    assert_int_equal(day_of_sale("2026-03-29T21:59:59.999Z"), on("2026-03-29"));
    assert_int_equal(day_of_sale("2026-03-29T22:00:00.000Z"), on("2026-03-30"));
    assert_int_equal(day_of_sale("2026-10-24T22:00:00.000Z"), on("2026-10-25"));
    assert_int_equal(day_of_sale("2026-10-25T22:59:59.999Z"), on("2026-10-25"));
    assert_int_equal(day_of_sale("2026-10-25T23:00:00.000Z"), on("2026-10-26"));
    zone("UTC");
}

/* --- rooms and movies --- */

static void seats_count_for_their_room(void **state)
{
    (void)state;
    struct facts *f = facts_of(
        ROOMS,
        "{\"table\":\"rooms\",\"row\":{\"id\":1,\"name\":\"Sala \\\"1\\\"\",\"capacity\":9,\"is_active\":true}}\n"
        "{\"table\":\"rooms\",\"row\":{\"id\":2,\"name\":\"Sala 2\",\"capacity\":9,\"is_active\":false}}\n"
        "{\"table\":\"seats\",\"row\":{\"id\":1,\"room_id\":2,\"row_number\":\"A\"}}\n"
        "{\"table\":\"seats\",\"row\":{\"id\":2,\"room_id\":2,\"row_number\":\"A\"}}\n"
        "{\"table\":\"schedules\",\"row\":{\"id\":5,\"movie_id\":\"aa\",\"room_id\":2,\"show_time\":"
        "\"2026-03-29T23:59:00\",\"price\":9.00,\"is_active\":true}}\n" END("4", "5"),
        7);
    assert_int_equal(f->house.halls.count, 2);
    assert_text(LIST_AT(&f->house.halls, struct hall, 0)->name, "Sala \"1\"");
    assert_int_equal(LIST_AT(&f->house.halls, struct hall, 0)->seats, 0);
    assert_int_equal(LIST_AT(&f->house.halls, struct hall, 1)->seats, 2);
    assert_int_equal(LIST_AT(&f->house.showings, struct showing, 0)->day, on("2026-03-29"));
    analytics_facts_free(f);
}

static void films_are_found_by_id(void **state)
{
    (void)state;
    struct facts *f = facts_of(MOVIES,
                               "{\"table\":\"movies\",\"row\":{\"_id\":\"cc\",\"title\":\"Cielo\",\"isActive\":false}}\n"
                               "{\"table\":\"movies\",\"row\":{\"_id\":\"aa\",\"title\":\"Alma\",\"isActive\":true}}\n"
                               END("2", "2"),
                               1000);
    assert_text(analytics_film_find(&f->films, STR("aa"))->title, "Alma");
    assert_text(analytics_film_find(&f->films, STR("cc"))->title, "Cielo");
    assert_null(analytics_film_find(&f->films, STR("bb")));
    analytics_facts_free(f);
}

static void many_films_keep_their_places(void **state)
{
    (void)state;
    struct buf body = { .in = a };
    buf_text(&body, STR(USER("1", "null")));
    for (int i = 1; i <= 3000; i++)
        buf_printf(&body,
                   "{\"table\":\"reservations\",\"row\":{\"id\":%d,\"user_id\":1,\"schedule_id\":4,\"movie_id\":\"f%d\","
                   "\"total_amount\":1,\"status\":\"PENDING\",\"reservation_date\":\"2026-01-01T00:00:00.000Z\","
                   "\"confirmed_at\":null,\"cancelled_at\":null}}\n",
                   i, i % 1000);
    buf_text(&body, STR(END("1", "3001")));
    struct facts *f = analytics_facts_new(RESERVATIONS);
    assert_null(body_read(f, buf_str(&body), 4096));
    assert_int_equal(f->sold.films.count, 1000);
    for (int i = 1; i <= 3000; i++) {
        uint32_t film = LIST_AT(&f->sold.sales, struct sale, i - 1)->film;
        assert_text(f->sold.films.at[film], arena_printf(a, "f%d", i % 1000).at);
    }
    analytics_facts_free(f);
}

/* --- what is no export --- */

static void assert_wrong(enum owner_name of, const char *body, const char *wanted)
{
    struct facts *f = analytics_facts_new(of);
    const char *wrong = body_read(f, str_of(body), 100);
    assert_non_null(wrong);
    assert_string_equal(wrong, wanted);
    assert_false(f->ended && strcmp(wanted, "goes on after its end") != 0);
    analytics_facts_free(f);
}

static void what_is_no_export_is_said(void **state)
{
    (void)state;
    assert_wrong(RESERVATIONS, "<html>\n", "has a line that is none of an export");
    assert_wrong(RESERVATIONS, "\n", "has a line that is none of an export");
    assert_wrong(RESERVATIONS, "{\"end\":false,\"position\":1,\"rows\":0}\n", "has a line that is none of an export");
    assert_wrong(RESERVATIONS, END("1", "1"), "has another number of rows than it says");
    assert_wrong(RESERVATIONS, END("1", "0") END("1", "0"), "goes on after its end");
    assert_wrong(RESERVATIONS, END("1", "0") USER("1", "null"), "goes on after its end");
    assert_wrong(RESERVATIONS, USER("2", "null") USER("1", "null"), "has rows that are not in the order of their keys");
    assert_wrong(RESERVATIONS, USER("2", "null") USER("2", "null"), "has rows that are not in the order of their keys");
    assert_wrong(RESERVATIONS, USER("0", "null"), "has a row that cannot be read");
    assert_wrong(RESERVATIONS, USER("\"\"", "null"), "has a row that cannot be read");
    assert_wrong(RESERVATIONS, "{\"table\":\"users\",\"row\":{\"id\":1}", "ends within a line");
    assert_wrong(RESERVATIONS, "{\"table\":\"payments\",\"row\":{\"id\":1}}\n", "has a table that was not asked for");
    assert_wrong(MOVIES, USER("1", "null"), "has a table that was not asked for");
    assert_wrong(RESERVATIONS, RESERVED("1", "4"), "has a row that belongs to none before it");
    assert_wrong(RESERVATIONS,
                 SALE("1", "4", "aa", "1", "PENDING", "2026-01-01T00:00:00.000Z", "null", "null"),
                 "has a row that belongs to none before it");
    assert_wrong(RESERVATIONS,
                 USER("4", "null") SALE("1", "4", "aa", "1", "SOLD", "2026-01-01T00:00:00.000Z", "null", "null"),
                 "has a row that cannot be read");
    assert_wrong(ROOMS, "{\"table\":\"seats\",\"row\":{\"id\":1,\"room_id\":1}}\n",
                 "has a row that belongs to none before it");
}

static void an_export_that_is_cut_has_not_ended(void **state)
{
    (void)state;
    struct facts *f = analytics_facts_new(RESERVATIONS);
    assert_null(body_read(f, STR(USER("1", "null")), 10));
    assert_false(f->ended);
    analytics_facts_free(f);
}

static const char *lines_count(void *arg, str line)
{
    (void)line;
    ++*(size_t *)arg;
    return NULL;
}

static void a_line_has_its_limit(void **state)
{
    (void)state;
    size_t count = 0;
    struct lines lines = { .take = lines_count, .arg = &count };
    char *piece = arena_take(a, LINE_BYTES_MAX + 2);
    memset(piece, 'x', LINE_BYTES_MAX + 2);
    piece[LINE_BYTES_MAX] = '\n';
    assert_null(analytics_lines_take(&lines, (str){ piece, LINE_BYTES_MAX + 1 }));
    assert_int_equal(count, 1);
    assert_null(analytics_lines_take(&lines, (str){ piece, LINE_BYTES_MAX }));
    assert_null(analytics_lines_take(&lines, STR("\n")));
    assert_int_equal(count, 2);
    assert_null(analytics_lines_take(&lines, (str){ piece, LINE_BYTES_MAX }));
    assert_string_equal(analytics_lines_take(&lines, STR("x\n")), "has a line that is too long");
    lines.begun.len = 0;
    piece[LINE_BYTES_MAX] = 'x';
    piece[LINE_BYTES_MAX + 1] = '\n';
    assert_string_equal(analytics_lines_take(&lines, (str){ piece, LINE_BYTES_MAX + 2 }), "has a line that is too long");
    analytics_lines_free(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_export_is_read_whatever_its_pieces),
        cmocka_unit_test(money_goes_back_only_where_it_came),
        cmocka_unit_test(a_day_lasts_from_midnight_to_midnight_on_the_wall),
        cmocka_unit_test(seats_count_for_their_room),
        cmocka_unit_test(films_are_found_by_id),
        cmocka_unit_test(many_films_keep_their_places),
        cmocka_unit_test(what_is_no_export_is_said),
        cmocka_unit_test(an_export_that_is_cut_has_not_ended),
        cmocka_unit_test(a_line_has_its_limit),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
