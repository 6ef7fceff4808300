/* test_items.c - facts and rows as items of DynamoDB; what a change says; what is known of showings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lib/json/read.h"
#include "services/ingestion/dynamodb/showings.h"

static arena *a;

static int begin(void **state)
{
    (void)state;
    a = arena_new((size_t)64 * 1024 * 1024);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static void read(const char *text, const struct shape *shape, void *out)
{
    const fault *problem = json_read_fact(a, str_of(text), shape, out);
    if (problem)
        fail_msg("%.*s", STR_ARG(problem->sentence));
}

static void same(str found, const char *wanted)
{
    assert_string_equal(arena_cstr(a, found), wanted);
}

static bool has(str text, const char *part)
{
    return strstr(arena_cstr(a, text), part) != NULL;
}

/* --- films --- */

#define FILM(genres, cast)                                                                          \
    "{\"_id\":\"65f000000000000000000001\",\"title\":\"A \\\"B\\\"\",\"description\":\"\",\"duration\":95,\"genre\":" genres \
    ",\"director\":\"D\",\"cast\":" cast ",\"releaseDate\":\"2026-01-02T00:00:00.000Z\",\"rating\":7.25,\"posterUrl\":\"\"," \
    "\"trailerUrl\":\"\",\"isActive\":true,\"createdAt\":\"2026-01-01T00:00:00.001Z\",\"updatedAt\":\"2026-01-01T00:00:00.002Z\"}"

static void test_a_film(void **state)
{
    (void)state;
    struct item_film film;
    read(FILM("[\"Drama\",\"Cine\"]", "[\"X\"]"), &item_film_shape, &film);
    same(item_of_film(a, &film, 12),
         "{\"movie_id\":{\"S\":\"65f000000000000000000001\"},\"position\":{\"N\":\"12\"},\"genre_id\":{\"S\":\"Drama\"},"
         "\"genres\":{\"L\":[{\"S\":\"Drama\"},{\"S\":\"Cine\"}]},\"title\":{\"S\":\"A \\\"B\\\"\"},\"description\":{\"S\":\"\"},"
         "\"duration\":{\"N\":\"95\"},\"rating\":{\"N\":\"7.25\"},\"director\":{\"S\":\"D\"},\"cast\":{\"L\":[{\"S\":\"X\"}]},"
         "\"release_date\":{\"S\":\"2026-01-02T00:00:00.000Z\"},\"poster_url\":{\"S\":\"\"},\"trailer_url\":{\"S\":\"\"},"
         "\"is_active\":{\"BOOL\":true},\"created_at\":{\"S\":\"2026-01-01T00:00:00.001Z\"},"
         "\"updated_at\":{\"S\":\"2026-01-01T00:00:00.002Z\"}}");
}

/* DynamoDB refuses an empty key of an index. */
static void test_a_film_without_genre_is_in_no_index(void **state)
{
    (void)state;
    struct item_film film;
    read(FILM("[]", "[]"), &item_film_shape, &film);
    assert_false(has(item_of_film(a, &film, 1), "genre_id"));
    read(FILM("[\"\",\"Drama\"]", "[]"), &item_film_shape, &film);
    assert_false(has(item_of_film(a, &film, 1), "genre_id"));
}

static void test_a_cast_of_thousands_fits(void **state)
{
    (void)state;
    struct item_film film;
    read(FILM("[]", "[]"), &item_film_shape, &film);
    film.cast = (strs){ NEW_ARRAY(a, str, 500), 500 };
    char *name = arena_take(a, 2000);
    memset(name, 'x', 2000);
    for (size_t i = 0; i < 500; i++)
        film.cast.at[i] = (str){ name, 2000 };
    str item = item_of_film(a, &film, 1);
    assert_true(item.len < 400 * 1024);
    assert_true(has(item, "\"cast_count\":{\"N\":\"500\"}"));
}

/* --- rooms --- */

static struct item_room room_with(size_t seats)
{
    struct item_room room;
    read("{\"id\":3,\"name\":\"Sala\",\"capacity\":9,\"screen_type\":\"IMAX\",\"is_active\":true,\"created_at\":\"2026-01-01T10:00:00\"}",
         &item_room_shape, &room);
    room.seats = (list){ NEW_ARRAY(a, struct item_seat, seats + 1), seats };
    for (size_t i = 0; i < seats; i++)
        *LIST_AT(&room.seats, struct item_seat, i) = (struct item_seat){ .id = 10000 + (int64_t)i, .row_number = STR("AAA"),
                                                                         .seat_number = 1000, .seat_type = STR("premium"),
                                                                         .is_available = true };
    return room;
}

static void test_a_room(void **state)
{
    (void)state;
    struct item_room room = room_with(1);
    same(item_of_room(a, &room, 4),
         "{\"room_id\":{\"N\":\"3\"},\"position\":{\"N\":\"4\"},\"screen_type\":{\"S\":\"IMAX\"},\"name\":{\"S\":\"Sala\"},"
         "\"capacity\":{\"N\":\"9\"},\"is_active\":{\"BOOL\":true},\"created_at\":{\"S\":\"2026-01-01T10:00:00Z\"},"
         "\"seat_count\":{\"N\":\"1\"},\"seats\":{\"L\":[{\"M\":{\"seat_id\":{\"N\":\"10000\"},\"row\":{\"S\":\"AAA\"},"
         "\"number\":{\"N\":\"1000\"},\"type\":{\"S\":\"premium\"},\"accessible\":{\"BOOL\":false},\"available\":{\"BOOL\":true},"
         "\"house\":{\"BOOL\":false}}}]}}");
}

/* DynamoDB counts names and values, a number as half its digits and two more: 130 bytes a seat are more than it counts. */
static void test_a_large_room_fits(void **state)
{
    (void)state;
    assert_true(ITEM_SEATS_MAX * 130 < 400 * 1000);
    struct item_room most = room_with(ITEM_SEATS_MAX), more = room_with(ITEM_SEATS_MAX + 1);
    assert_true(has(item_of_room(a, &most, 1), "\"seats\":{\"L\""));
    assert_false(has(item_of_room(a, &more, 1), "\"seats\":{\"L\""));
    assert_true(has(item_of_room(a, &more, 1), "\"seat_count\":{\"N\":\"2501\"}"));
}

/* --- reservations --- */

#define FACT                                                                                         \
    "{\"id\":7,\"userId\":2,\"scheduleId\":5,\"movieId\":\"m\",\"totalAmount\":12.5,\"status\":\"PENDING\",\"hold\":true," \
    "\"reservationDate\":\"2026-01-01T00:00:00.005Z\",\"expiresAt\":\"2026-01-01T00:10:00.000Z\",\"confirmedAt\":null,"  \
    "\"cancelledAt\":null,\"deletedAt\":null,\"seats\":[{\"id\":1,\"seatId\":9,\"rowNumber\":\"A\",\"seatNumber\":3,"     \
    "\"ticketType\":\"adult\",\"price\":12.5}]}"
#define ROW                                                                                          \
    "{\"id\":7,\"user_id\":2,\"schedule_id\":5,\"movie_id\":\"m\",\"total_amount\":12.5,\"status\":\"PENDING\",\"hold\":true," \
    "\"reservation_date\":\"2026-01-01T00:00:00.005Z\",\"expires_at\":\"2026-01-01T00:10:00.000Z\",\"confirmed_at\":null,"   \
    "\"cancelled_at\":null,\"deleted_at\":null}"
#define TICKET_ROW                                                                                   \
    "{\"id\":1,\"reservation_id\":7,\"seat_id\":9,\"row_number\":\"A\",\"seat_number\":3,\"ticket_type\":\"adult\",\"price\":12.5}"
#define PAYMENT                                                                                      \
    "{\"id\":4,\"reservationId\":7,\"amount\":12.5,\"paymentMethod\":\"cash\",\"status\":\"COMPLETED\",\"transactionId\":\"t\"," \
    "\"paidAt\":\"2026-01-01T00:01:00.000Z\",\"refundedAt\":null}"
#define PAYMENT_ROW                                                                                  \
    "{\"id\":4,\"reservation_id\":7,\"amount\":12.5,\"payment_method\":\"cash\",\"payment_status\":\"COMPLETED\","       \
    "\"transaction_id\":\"t\",\"payment_date\":\"2026-01-01T00:01:00.000Z\",\"refunded_at\":null}"
#define SHOWING "{\"id\":5,\"room_id\":3,\"show_time\":\"2026-01-02T20:30:00\",\"price\":12.5}"

static void test_a_reservation_is_the_same_from_facts_and_rows(void **state)
{
    (void)state;
    struct item_reservation told, kept;
    struct item_payment paid, paid_row;
    struct item_ticket ticket;
    struct item_showing showing;
    read(FACT, &item_reservation_fact_shape, &told);
    read(ROW, &item_reservation_row_shape, &kept);
    read(TICKET_ROW, &item_ticket_row_shape, &ticket);
    read(PAYMENT, &item_payment_fact_shape, &paid);
    read(PAYMENT_ROW, &item_payment_row_shape, &paid_row);
    read(SHOWING, &item_showing_shape, &showing);
    kept.tickets = (list){ &ticket, 1 };
    str item = item_of_reservation(a, &told, &paid, &showing, 30, 40);
    same(item, arena_cstr(a, item_of_reservation(a, &kept, &paid_row, &showing, 30, 40)));
    same(item,
         "{\"reservation_id\":{\"S\":\"7\"},\"position\":{\"N\":\"40\"},\"user_id\":{\"S\":\"2\"},\"schedule_id\":{\"N\":\"5\"},"
         "\"movie_id\":{\"S\":\"m\"},\"total_amount\":{\"N\":\"1250\"},\"status\":{\"S\":\"PENDING\"},\"hold\":{\"BOOL\":true},"
         "\"created_at\":{\"S\":\"2026-01-01T00:00:00.005Z\"},\"held_until\":{\"S\":\"2026-01-01T00:10:00.000Z\"},"
         "\"seats\":{\"L\":[{\"M\":{\"seat_id\":{\"N\":\"9\"},\"row\":{\"S\":\"A\"},\"number\":{\"N\":\"3\"},"
         "\"ticket_type\":{\"S\":\"adult\"},\"price\":{\"N\":\"1250\"}}}]},\"seat_count\":{\"N\":\"1\"},"
         "\"room_id\":{\"N\":\"3\"},\"show_time\":{\"S\":\"2026-01-02T20:30:00\"},\"showing_position\":{\"N\":\"30\"},"
         "\"payment_id\":{\"N\":\"4\"},\"payment_status\":{\"S\":\"COMPLETED\"},\"payment_method\":{\"S\":\"cash\"},"
         "\"payment_amount\":{\"N\":\"1250\"},\"transaction_id\":{\"S\":\"t\"},\"paid_at\":{\"S\":\"2026-01-01T00:01:00.000Z\"}}");
}

static void test_a_change_takes_away_what_is_no_more(void **state)
{
    (void)state;
    struct item_reservation told;
    read(FACT, &item_reservation_fact_shape, &told);
    struct attributes_change change = item_reservation_change(a, &told, NULL, NULL, 0);
    assert_true(has(change.expression, "SET #user_id = :user_id, "));
    assert_true(has(change.expression, " REMOVE #confirmed_at,#cancelled_at,#deleted,#expires_at"));
    assert_true(has(change.names, "\"#cancelled_at\":\"cancelled_at\""));
    assert_true(has(change.values, "\":status\":{\"S\":\"PENDING\"}"));
    assert_false(has(change.values, "cancelled_at"));
    assert_false(has(change.names, "payment"));
    assert_false(has(change.names, "room_id"));
}

static void test_a_payment_alone_names_what_its_condition_asks(void **state)
{
    (void)state;
    struct item_payment paid;
    read(PAYMENT, &item_payment_fact_shape, &paid);
    struct attributes_change change = item_payment_change(a, &paid);
    assert_true(has(change.names, "\"#status\":\"status\""));
    assert_false(has(change.expression, "#status"));
    assert_true(has(change.expression, " REMOVE #refunded_at"));
    assert_true(has(change.values, "\":payment_id\":{\"N\":\"4\"}"));
}

/* --- users, tombstones, keys --- */

static void test_a_user_is_the_same_from_answer_and_row(void **state)
{
    (void)state;
    struct item_user told, kept;
    read("{\"id\":2,\"email\":\"ana@example.com\",\"name\":\"Ana\",\"phone\":null,\"createdAt\":\"2026-01-01T00:00:00\","
         "\"updatedAt\":\"2026-01-01T00:00:00\"}", &item_user_shape, &told);
    read("{\"id\":2,\"email\":\"ana@example.com\",\"name\":\"Ana\",\"phone\":null,\"created_at\":\"2026-01-01T00:00:00.789Z\","
         "\"updated_at\":\"2026-01-01T00:00:00.789Z\",\"erased_at\":null}", &item_user_row_shape, &kept);
    str item = item_of_user(a, &told, 8);
    same(item, arena_cstr(a, item_of_user(a, &kept, 8)));
    same(item, "{\"user_id\":{\"S\":\"2\"},\"position\":{\"N\":\"8\"},\"email\":{\"S\":\"ana@example.com\"},\"name\":{\"S\":\"Ana\"},"
               "\"created_at\":{\"S\":\"2026-01-01T00:00:00Z\"}}");
}

static void test_a_tombstone_says_nothing_else(void **state)
{
    (void)state;
    instant now = { INT64_C(1795608000000) };
    same(item_tombstone(a, "user_id", 'S', STR("2"), 9, now),
         "{\"user_id\":{\"S\":\"2\"},\"position\":{\"N\":\"9\"},\"deleted\":{\"BOOL\":true},\"expires_at\":{\"N\":\"1798200000\"}}");
    same(item_key(a, "room_id", 'N', STR("3")), "{\"room_id\":{\"N\":\"3\"}}");
}

/* --- showings --- */

static struct item_showing showing_of(int64_t id, int64_t room_id, int64_t at_s)
{
    return (struct item_showing){ id, room_id, { at_s } };
}

static void test_the_newest_of_a_showing_is_known(void **state)
{
    (void)state;
    struct showings known = { 0 };
    struct item_showing first = showing_of(5, 1, 100), moved = showing_of(5, 1, 200), priced = showing_of(5, 1, 200);
    assert_true(item_showings_take(&known, &first, 10));
    assert_true(item_showings_take(&known, &moved, 12));
    assert_false(item_showings_take(&known, &priced, 13));
    assert_true(item_showings_take(&known, &first, 11)); /* older: nothing is known of what DynamoDB shows */
    assert_int_equal(item_showings_find(&known, 5)->showing.show_time.s, 200);
    assert_int_equal(item_showings_find(&known, 5)->position, 13);
    assert_null(item_showings_find(&known, 4));
    item_showings_forget(&known);
}

static void test_showings_in_any_order(void **state)
{
    (void)state;
    struct showings known = { 0 };
    for (int64_t i = 0; i < 5000; i++) {
        struct item_showing s = showing_of((i * 7919) % 5000 + 1, i, i);
        item_showings_take(&known, &s, i + 1);
    }
    assert_int_equal(known.count, 5000);
    for (int64_t i = 0; i < 5000; i++)
        assert_int_equal(item_showings_find(&known, (i * 7919) % 5000 + 1)->showing.room_id, i);
    assert_null(item_showings_find(&known, 0));
    assert_null(item_showings_find(&known, 5001));
    item_showings_forget(&known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_film, begin, end),
        cmocka_unit_test_setup_teardown(test_a_film_without_genre_is_in_no_index, begin, end),
        cmocka_unit_test_setup_teardown(test_a_cast_of_thousands_fits, begin, end),
        cmocka_unit_test_setup_teardown(test_a_room, begin, end),
        cmocka_unit_test_setup_teardown(test_a_large_room_fits, begin, end),
        cmocka_unit_test_setup_teardown(test_a_reservation_is_the_same_from_facts_and_rows, begin, end),
        cmocka_unit_test_setup_teardown(test_a_change_takes_away_what_is_no_more, begin, end),
        cmocka_unit_test_setup_teardown(test_a_payment_alone_names_what_its_condition_asks, begin, end),
        cmocka_unit_test_setup_teardown(test_a_user_is_the_same_from_answer_and_row, begin, end),
        cmocka_unit_test_setup_teardown(test_a_tombstone_says_nothing_else, begin, end),
        cmocka_unit_test_setup_teardown(test_the_newest_of_a_showing_is_known, begin, end),
        cmocka_unit_test_setup_teardown(test_showings_in_any_order, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
