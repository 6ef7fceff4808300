/* test_import.c - rows of files: what is read, mapped, repaired and refused, line by line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "taquilla/import_kinds.h"

#define TODAY ((day){ 20781 }) /* 2026-11-24 */
#define ROWS_MAX 256

static arena *a;
static struct columns columns;
static struct import_row rows[ROWS_MAX];
static size_t count;

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

static const fault *pass(const struct import_kind *kind, const char *path, struct lore *lore, bool survey)
{
    struct import_file file = { .fd = -1 };
    struct row row;
    const fault *problem = import_file_open(a, &file, path, &columns);
    for (bool found = true; !problem && found;) {
        problem = import_file_next(&file, a, &row, &found);
        if (problem || !found)
            break;
        if (survey) {
            lore->rows++;
            if (kind->look && !row.flaw)
                kind->look(lore, &row);
        } else if (count < ROWS_MAX) {
            rows[count] = (struct import_row){ .line = row.line, .refused = row.flaw };
            if (!row.flaw)
                kind->read(a, lore, &row, &rows[count]);
            count++;
        }
    }
    import_file_close(&file);
    return problem;
}

/* Both readings of a file of that text. */
static const fault *read_text(const struct import_kind *kind, str text)
{
    struct lore *lore = NEW(a, struct lore);
    int fd = memfd_create("rows", 0);
    assert_int_equal(write(fd, text.at, text.len), (ssize_t)text.len);
    const char *path = arena_printf(a, "/proc/self/fd/%d", fd).at;
    columns.fields = kind->fields;
    columns.field_count = kind->field_count;
    count = 0;
    lore_begin(lore, TODAY);
    const fault *problem = pass(kind, path, lore, true);
    lore_end(lore);
    if (!problem)
        problem = pass(kind, path, lore, false);
    close(fd);
    return problem;
}

static const struct import_row *only_row(const struct import_kind *kind, str text)
{
    columns = (struct columns){ 0 };
    assert_null(read_text(kind, text));
    assert_int_equal(count, 1);
    return &rows[0];
}

static const struct import_row *row_of(const char *row)
{
    return only_row(&import_movies, arena_printf(a, "[%s]", row));
}

static void expect(const struct import_row *row, const char *part)
{
    assert_null(row->refused);
    assert_non_null(row->order.at);
    if (!strstr(arena_cstr(a, row->order), part))
        fail_msg("%s is not in %.*s", part, STR_ARG(row->order));
}

static void refuse(const char *row, const char *why)
{
    const struct import_row *found = row_of(row);
    assert_null(found->order.at);
    assert_string_equal(found->refused, why);
}

static bool mended(const struct import_row *row, const struct import_kind *kind, const char *field)
{
    for (size_t i = 0; i < REPAIRS_MAX; i++)
        if (row->repaired >> i & 1 && strcmp(kind->repairs[i].field, field) == 0)
            return true;
    return false;
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
    assert_true(mended(row, &import_movies, "description"));
    assert_int_equal(__builtin_popcount(row->repaired), 1);
    expect(row, "\"assumed\":[\"description\"]");
    assert_true(str_equal(row->key, STR("1998\nSlam")));
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
    expect(row, "\"assumed\":[\"duration\",\"description\",\"director\"]");
    assert_int_equal(__builtin_popcount(row->repaired), 5);
    assert_false(mended(row, &import_movies, "releaseDate"));
    row = row_of("{\"Title\":\"A\",\"Release Date\":\"1999\",\"Running Time min\":0,\"IMDB Rating\":11}");
    expect(row, "\"rating\":0");
    expect(row, "\"assumed\":[\"releaseDate\",\"duration\",\"rating\",\"description\",\"director\"]");
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
    assert_int_equal(row->repaired, 0);
    assert_null(strstr(arena_cstr(a, row->order), "assumed"));
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
    buf_char(&text, '[');
    for (int i = 0; i < 200; i++)
        buf_printf(&text, "{\"Title\":\"F%d\",\"Release Date\":\"Jan 02 %d\"},\n", i, 1960 + i % 52);
    buf_literal(&text, "{\"Title\":\"Birth\",\"Release Date\":\"Feb 08 2015\"}]");
    columns = (struct columns){ 0 };
    assert_null(read_text(&import_movies, buf_str(&text)));
    assert_true(mended(&rows[200], &import_movies, "releaseDate"));
    expect(&rows[200], "\"releaseDate\":\"1915-02-08\"");
    expect(&rows[51], "\"releaseDate\":\"2011-01-02\"");
    assert_int_equal(rows[200].line, 201);
    assert_int_equal(rows[51].line, 52);
}

static void not_a_list(void **state)
{
    (void)state;
    struct buf nested = { .in = a };
    for (int i = 0; i < 100000; i++)
        buf_char(&nested, '[');
    static const char *const bad[] = { "", " \n", "[", "[{]", "[{\"Title\":1e999}]", "[1,]", "[{}{}]", "[{}] x", "[{\"a\":1",
                                       "title,year\n\"A,1999\n", "\xff\xfet\0", "\"never closed" };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        columns = (struct columns){ 0 };
        const fault *problem = read_text(&import_movies, str_of(bad[i]));
        assert_non_null(problem);
        assert_string_equal(problem->code, "import_unreadable");
    }
    assert_non_null(read_text(&import_movies, buf_str(&nested)));
    assert_null(read_text(&import_movies, STR("[]")));
    assert_int_equal(count, 0);
}

static void rows_alone_are_refused(void **state)
{
    (void)state;
    columns = (struct columns){ 0 };
    assert_null(read_text(&import_movies,
                          STR("{\"title\":\"A\",\"year\":1999}\n{\"title\n\n[1]\n{\"a\":1,\"a\":2}\n{\"title\":\"\\u0000\"}\n")));
    static const char *const why[] = { NULL, "not JSON", "not an object", "the same name twice", "a NUL byte in its text" };
    static const size_t line[] = { 1, 2, 4, 5, 6 };
    assert_int_equal(count, COUNT_OF(why));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(rows[i].line, line[i]);
        if (why[i])
            assert_string_equal(rows[i].refused, why[i]);
        else
            assert_null(rows[i].refused);
    }
    assert_null(read_text(&import_movies, STR("[{\"title\":\"A\",\"title\":\"B\"},{\"title\":\"C\",\"year\":2001}]")));
    assert_string_equal(rows[0].refused, "the same name twice");
    expect(&rows[1], "\"title\":\"C\"");
}

/* --- CSV --- */

static void csv_films(void **state)
{
    (void)state;
    columns = (struct columns){ 0 };
    assert_null(read_text(&import_movies,
                          STR("\xef\xbb\xbfprimaryTitle;startYear;runtimeMinutes;genres;Rating;Reparto;Nonsense\r\n"
                              "\"El \"\"Santo\"\";\nrow two\";1958;95;Action,Drama;7,5;Ana|Luis, hijo;x\r\n"
                              "'=Cut;1960;1,024 min;\\N;N/A;;\r\n"
                              "No year;;;;;;\r\n"
                              "Too many;1999;90;;;;;;oops\r\n"
                              "Bad \xff;1999;;;;;\r\n"
                              "Short;1999\r\n")));
    assert_int_equal(count, 6);
    expect(&rows[0], "\"title\":\"El \\\"Santo\\\";\\nrow two\"");
    expect(&rows[0], "\"duration\":95");
    expect(&rows[0], "\"rating\":7.5");
    expect(&rows[0], "\"genre\":[\"Action\",\"Drama\"]");
    expect(&rows[0], "\"cast\":[\"Ana\",\"Luis, hijo\"]");
    assert_int_equal(rows[0].line, 2);
    expect(&rows[1], "\"title\":\"=Cut\"");
    expect(&rows[1], "\"duration\":1024");
    assert_null(strstr(arena_cstr(a, rows[1].order), "genre"));
    assert_int_equal(rows[1].line, 4);
    assert_string_equal(rows[2].refused, "no release date");
    assert_string_equal(rows[3].refused, "more cells than there are columns");
    assert_string_equal(rows[4].refused, "text that is not UTF-8");
    expect(&rows[5], "\"releaseDate\":\"1999-01-01\"");
    assert_true(str_equal(columns_unknown(&columns, a), STR("Nonsense")));
    assert_null(columns_check(&columns, a));
}

static const fault *map(const char *text)
{
    columns.fields = import_movies.fields;
    columns.field_count = import_movies.field_count;
    return columns_map(&columns, a, text);
}

static void mapping(void **state)
{
    (void)state;
    columns = (struct columns){ 0 };
    assert_null(map("Was=title"));
    assert_null(map("wann = release_date"));
    assert_null(map("a=b="));
    assert_null(read_text(&import_movies, STR("title,was,Wann,a=b,c\nWrong,Right,1999-05-06,,\n")));
    expect(&rows[0], "\"title\":\"Right\"");
    expect(&rows[0], "\"releaseDate\":\"1999-05-06\"");
    assert_true(str_equal(columns_unknown(&columns, a), STR("c")));
    assert_null(columns_check(&columns, a));
    assert_null(map("absent=genre"));
    assert_string_equal(columns_check(&columns, a)->code, "import_map");

    columns = (struct columns){ 0 };
    static const char *const bad[] = { "title", "=title", "x=nothing", "" };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_string_equal(map(bad[i])->code, "import_map");
    for (int i = 0; i < IMPORT_MAPS_MAX; i++)
        assert_null(map("x=title"));
    assert_non_null(map("x=title"));

    columns = (struct columns){ 0 };
    assert_null(read_text(&import_movies, STR("what,is,this\n1,2,3\n")));
    assert_string_equal(columns_check(&columns, a)->code, "import_unreadable");
}

/* The better known name counts, wherever it stands, unless it has nothing. */
static void two_columns_for_one_field(void **state)
{
    (void)state;
    columns = (struct columns){ 0 };
    assert_null(read_text(&import_movies, STR("year,release date,name,title\n1999,1999-02-03,N,T\n1998,,N2,\n")));
    expect(&rows[0], "\"releaseDate\":\"1999-02-03\"");
    expect(&rows[0], "\"title\":\"T\"");
    expect(&rows[1], "\"releaseDate\":\"1998-01-01\"");
    expect(&rows[1], "\"title\":\"N2\"");
}

static void numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double number;
    } good[] = { { "12", 12 }, { "-3.5", -3.5 }, { "8,9", 8.9 }, { "1,234", 1234 }, { "1.234,5", 1234.5 }, { "1,234.5", 1234.5 },
                 { "$ 12.50", 12.5 }, { "12,50 \xe2\x82\xac", 12.5 }, { "142 min", 142 }, { "S/. 20", 20 }, { "1 000", 1000 },
                 { "1.234.567", 1234567 } };
    static const char *const bad[] = { "", "x", "1e5", "8/10", "1,2,3.4.5", "0x10", "12 of 13", "--1", "1-2", "nan", "a longer text 1" };
    double number;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct value v = value_of_cell(str_of(good[i].text));
        if (!value_number(&v, &number))
            fail_msg("%s is no number", good[i].text);
        assert_true(number == good[i].number);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct value v = value_of_cell(str_of(bad[i]));
        if (value_number(&v, &number))
            fail_msg("%s is a number", bad[i]);
    }
}

/* --- the other kinds --- */

static void users(void **state)
{
    (void)state;
    columns = (struct columns){ 0 };
    assert_null(read_text(&import_users, STR("E-Mail,First Name,Last Name,Phone\nana@x.pe,Ana,Paz,\"'+51 (999) 123-456-789\"\n"
                                             ",B,,\nc@x.pe,,,\n")));
    expect(&rows[0], "{\"email\":\"ana@x.pe\",\"name\":\"Ana Paz\",\"phone\":\"+51999123456789\"}");
    assert_true(mended(&rows[0], &import_users, "phone"));
    assert_string_equal(rows[1].refused, "no e-mail");
    expect(&rows[2], "{\"email\":\"c@x.pe\"}");
    const struct import_row *row = only_row(&import_users, STR("{\"correo\":\"a@b\",\"nombre\":\"A\",\"apellidos\":\"B\",\"tel\":5}"));
    expect(row, "\"name\":\"A B\",\"phone\":\"5\"");
}

static void rooms(void **state)
{
    (void)state;
    expect(only_row(&import_rooms, STR("name,capacity,screen,rows,seats per row\nSala 1,,imax,4,5\n")),
           "{\"name\":\"Sala 1\",\"screen_type\":\"IMAX\",\"capacity\":20,\"furnish\":20,\"seats_per_row\":5}");
    expect(only_row(&import_rooms, STR("name,capacity,rows\nA,22,4\n")), "\"capacity\":22,\"furnish\":22,\"seats_per_row\":6}");
    const struct import_row *row = only_row(&import_rooms, STR("name,capacity,format\nA,22,4DX\n"));
    expect(row, "\"screen_type\":\"2D\",\"capacity\":22,\"furnish\":22,\"seats_per_row\":10,\"assumed\":[\"screen_type\"]}");
    assert_true(mended(row, &import_rooms, "screen_type") && mended(row, &import_rooms, "seats_per_row"));
    expect(only_row(&import_rooms, STR("[{\"name\":\"A\",\"seats\":[{\"row\":\"A\",\"seat\":1,\"type\":\"VIP\"},"
                                       "{\"row_number\":\"A\",\"seat_number\":\"2\",\"accessible\":\"yes\"}]}]")),
           "\"seats\":[{\"row_number\":\"A\",\"seat_number\":1,\"seat_type\":\"vip\"},"
           "{\"row_number\":\"A\",\"seat_number\":2,\"accessible\":true}]");
    row = only_row(&import_rooms, STR("room,row,seat,type,house\nSala 1,AA,7,standard,1\n"));
    expect(row, "{\"name\":\"Sala 1\",\"is_seat\":true,\"seats\":[{\"row_number\":\"AA\",\"seat_number\":7,\"house\":true}]}");
    assert_true(mended(row, &import_rooms, "seat_type"));
    assert_true(str_equal(row->key, STR("Sala 1\nAA\n7")));

    static const char *const bad[][2] = {
        { "name,capacity\nA,\n", "neither seats nor a capacity" },
        { "name,capacity\nA,0\n", "a capacity, rows or seats per row that are not from 1 to 10,000" },
        { "name,rows,seats per row\nA,200,200\n", "a capacity, rows or seats per row that are not from 1 to 10,000" },
        { "name,capacity\n,5\n", "no name of a room" },
        { "room,row,seat\nA,A,\n", "a seat without a number" },
        { "room,row,seat\nA,,3\n", "a seat without a row" },
        { "room,row,seat,available\nA,A,3,perhaps\n", "a yes or no that is neither" },
        { "name,capacity,is_active\nA,5,false\n", "a room that is not in use" },
        { "[{\"name\":\"A\",\"seats\":[7]}]", "seats that are not objects" },
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_string_equal(only_row(&import_rooms, str_of(bad[i][0]))->refused, bad[i][1]);
}

static void schedules(void **state)
{
    (void)state;
    const struct import_row *row =
        only_row(&import_schedules, STR("sala;pel\xc3\xad" "cula;a\xc3\xb1o;fecha;hora;precio\nSala 1;Ran;1985;2026-11-25;9:30;S/ 12,50\n"));
    expect(row, "{\"room\":\"Sala 1\",\"movie\":\"Ran\",\"movie_year\":1985,\"price\":12.5,\"show_time\":\"2026-11-25T09:30:00\"}");
    assert_true(str_equal(row->key, STR("2026-11-25T09:30:00\nSala 1")));
    expect(only_row(&import_schedules, STR("[{\"room_id\":3,\"movie\":\"507F1F77bcf86cd799439011\",\"show_time\":\"2026-11-25 10:00\"}]")),
           "{\"room_id\":3,\"movie_id\":\"507f1f77bcf86cd799439011\",\"show_time\":\"2026-11-25T10:00:00\"}");
    static const char *const bad[][2] = {
        { "room,movie,show time\n,Ran,2026-11-25T10:00\n", "no room" },
        { "room,movie,show time\nA,,2026-11-25T10:00\n", "no film" },
        { "room,movie,show time\nA,Ran,\n", "no show time" },
        { "room,movie,show time\nA,Ran,25/11/2026\n", "a show time that is not like 2026-11-25T10:00" },
        { "room,movie,show time\nA,Ran,2026-11-25T10:00Z\n", "a show time with a zone: it is the wall clock of the house" },
        { "room,movie,show time,price\nA,Ran,2026-11-25T10:00,dear\n", "a price that is not a number" },
        { "room,movie,show time,active\nA,Ran,2026-11-25T10:00,no\n", "a cancelled showing" },
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_string_equal(only_row(&import_schedules, str_of(bad[i][0]))->refused, bad[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_row), cmocka_unit_test(gaps_are_repaired), cmocka_unit_test(our_own_shape),
        cmocka_unit_test(dates), cmocka_unit_test(titles), cmocka_unit_test(a_century_too_late),
        cmocka_unit_test(not_a_list), cmocka_unit_test(rows_alone_are_refused), cmocka_unit_test(csv_films),
        cmocka_unit_test(mapping), cmocka_unit_test(two_columns_for_one_field), cmocka_unit_test(numbers),
        cmocka_unit_test(users), cmocka_unit_test(rooms), cmocka_unit_test(schedules),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
