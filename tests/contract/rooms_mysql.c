/* rooms_mysql.c - the suite of rooms' store on a MySQL server, and what it alone promises: adoption, several replicas. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/feed/testing.h"
#include "tests/contract/rooms_store.h"

#include <mariadb/mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/db/mysql.h"
#include "lib/loop/fiber.h"

const bool place_takes_replicas = true;
static char database[32];
static int64_t moved_to;

static void moved(void *arg, int64_t position)
{
    (void)arg;
    moved_to = position;
}

static bool somebody_waits(void *arg)
{
    (void)arg;
    return awaited;
}

static str server_url(const char *name)
{
    const char *url = getenv("TAQUILLA_TEST_MYSQL");
    if (!url)
        fail_msg("TAQUILLA_TEST_MYSQL is not set: run this test by tests/harness/mariadb.py");
    return arena_printf(a, "%s/%s", url, name);
}

/* Several statements, in the test's database when it is there; what the last one found, if it is one number. */
static int64_t server_run(const char *text)
{
    struct my_address to;
    assert_null(my_address_read(a, "TAQUILLA_TEST_MYSQL", server_url("mysql"), &to));
    MYSQL *handle = mysql_init(NULL);
    unsigned protocol = MYSQL_PROTOCOL_TCP;
    int64_t found = 0;
    mysql_optionsv(handle, MYSQL_OPT_PROTOCOL, &protocol);
    mysql_optionsv(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    assert_non_null(mysql_real_connect(handle, to.host, to.user, to.password, NULL, (unsigned)to.port, NULL,
                                       CLIENT_MULTI_STATEMENTS));
    if (strncmp(text, "CREATE DATABASE", 15) != 0)
        assert_int_equal(mysql_select_db(handle, database), 0);
    int code = mysql_query(handle, text);
    while (code == 0) {
        MYSQL_RES *result = mysql_store_result(handle);
        MYSQL_ROW row = result ? mysql_fetch_row(result) : NULL;
        if (row && row[0])
            found = strtoll(row[0], NULL, 10);
        mysql_free_result(result);
        code = mysql_next_result(handle);
    }
    if (mysql_errno(handle) != 0)
        fail_msg("%s: %s", text, mysql_error(handle));
    mysql_close(handle);
    return found;
}

void place_new(void)
{
    static int count;
    snprintf(database, sizeof database, "rooms%d_%d", (int)getpid(), ++count);
    moved_to = 0;
    server_run(arena_cstr(a, arena_printf(a, "CREATE DATABASE %s", database)));
}

void place_drop(void)
{
    server_run(arena_cstr(a, arena_printf(a, "DROP DATABASE %s", database)));
}

const fault *place_open(arena *boot, struct store **out)
{
    struct store_news news = { moved, somebody_waits, NULL };
    return rooms_mysql_open(boot, out, server_url(database), &house, &news);
}

/* --- databases of the old system --- */

#define OLD_ROOMS                                                                                  \
    "CREATE TABLE rooms (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(100) NOT NULL, capacity INT NOT NULL,"            \
    " screen_type ENUM('2D','3D','IMAX') DEFAULT '2D', is_active BOOLEAN DEFAULT TRUE,"                                    \
    " created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,"                                                                     \
    " updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP) DEFAULT CHARSET = latin1;"              \
    "CREATE TABLE seats (id INT AUTO_INCREMENT PRIMARY KEY, room_id INT NOT NULL, `row_number` VARCHAR(10) NOT NULL,"     \
    " seat_number INT NOT NULL, seat_type ENUM('regular','premium','vip') DEFAULT 'regular',"                              \
    " is_available BOOLEAN DEFAULT TRUE, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,"                                  \
    " UNIQUE KEY unique_seat (room_id, `row_number`, seat_number),"                                                        \
    " FOREIGN KEY (room_id) REFERENCES rooms(id) ON DELETE CASCADE) DEFAULT CHARSET = utf8mb4 COLLATE utf8mb4_general_ci;"
#define OLD_SCHEDULES                                                                              \
    "CREATE TABLE schedules (id INT AUTO_INCREMENT PRIMARY KEY, movie_id VARCHAR(100) NOT NULL, room_id INT NOT NULL,"    \
    " show_time DATETIME NOT NULL, price DECIMAL(10,2) NOT NULL, is_active BOOLEAN DEFAULT TRUE,"                          \
    " created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,"                                                                     \
    " FOREIGN KEY (room_id) REFERENCES rooms(id) ON DELETE CASCADE, INDEX idx_movie_id (movie_id));"
#define OLD_ROWS                                                                                   \
    "INSERT INTO rooms VALUES (3, 'Sala Peña', 100, 'IMAX', 1, '2025-01-02 03:04:05', '2025-01-02 03:04:06'),"             \
    " (7, 'Sala 2', 50, NULL, NULL, NULL, NULL);"                                                                          \
    "INSERT INTO seats (id, room_id, `row_number`, seat_number, seat_type, is_available) VALUES"                           \
    " (10, 3, 'A', 1, 'vip', 1), (11, 3, 'A', 2, NULL, 0), (12, 7, 'B', 1, 'regular', NULL);"                             \
    "INSERT INTO schedules (id, movie_id, room_id, show_time, price, is_active) VALUES"                                    \
    " (130, '507f1f77bcf86cd799439011', 3, '2030-05-01 20:00:00', 12.50, 1),"                                              \
    " (131, '507f1f77bcf86cd799439011', 3, '2030-05-01 21:30:00', 9.99, 1),"                                               \
    " (132, '507f1f77bcf86cd799439012', 7, '2030-05-01 21:30:00', 7, 0);"

static void assert_adopted_rows(void)
{
    struct room room;
    struct showing showing;
    list seats;
    assert_null(store->room_find(store, a, 3, &room));
    assert_text(room.name, "Sala Peña");
    assert_int_equal(room.screen_type, SCREEN_IMAX);
    assert_int_equal(room.created_at.ms, INT64_C(1735787045000));
    assert_null(store->room_find(store, a, 7, &room));
    assert_true(room.is_active);
    assert_int_equal(room.screen_type, SCREEN_2D);
    assert_true(room.created_at.ms > INT64_C(1735787045000));
    assert_null(store->seats_list(store, a, 3, &(struct paging){ .limit = 10 }, &seats));
    assert_int_equal(seats.count, 2);
    assert_int_equal(LIST_AT(&seats, struct seat, 0)->seat_type, SEAT_VIP);
    assert_false(LIST_AT(&seats, struct seat, 1)->is_available);
    assert_null(store->showing_find(store, a, 130, &showing));
    assert_int_equal(showing.price.cents, 1250);
    assert_int_equal(showing.show_time.s, 1903896000);
    assert_int_equal(showing.starts_at.ms, INT64_C(1903914000000)); /* Lima is five hours behind */
    assert_int_equal(showing.length_minutes, 120);
    assert_null(store->showing_find(store, a, 132, &showing));
    assert_false(showing.is_active);
}

/* The log begins with what was there: a follower from 0 has everything. */
static void assert_adopted_log(void)
{
    static const char *const types[] = { "room.adopted", "room.adopted", "seats.adopted", "seats.adopted", "seats.adopted",
                                         "showing.adopted", "showing.adopted", "showing.adopted" };
    struct event_page page;
    assert_null(store->feed_read(store, a, 0, 100, &page));
    assert_int_equal(page.events.count, COUNT_OF(types));
    assert_int_equal(store->position(store), COUNT_OF(types));
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        assert_text(LIST_AT(&page.events, struct event, i)->type, types[i]);
        assert_int_equal(LIST_AT(&page.events, struct event, i)->position, i + 1);
    }
    str data = LIST_AT(&page.events, struct event, 5)->data;
    assert_non_null(memmem(data.at, data.len, "\"id\":130", 8));
    assert_non_null(memmem(data.at, data.len, "\"startsAt\":\"2030-05-01T20:00:00-05:00\"", 38));
}

/* What an adopted database is for: everything works on it, and ids go on. */
static void assert_adopted_works(void)
{
    struct showing other;
    struct room made = room_make(30);
    list seats;
    assert_true(made.id > 7);
    struct seats_new want = { .auto_generate = true, .seats_per_row = 10 };
    assert_null(store->seats_create(store, a, NULL, made.id, &want, &seats));
    assert_int_equal(seats.count, 30);
    struct seat spanish[] = {
        {.row_number = STR("N"), .seat_number = 1, .is_available = true },
        {.row_number = STR("Ñ"), .seat_number = 1, .is_available = true }
    };
    struct seats_new rows = {
        .seats = {spanish, 2}
    };
    assert_null(store->seats_create(store, a, NULL, 7, &rows, &seats));
    struct room_edit emoji = { .name = STR("Sala \xf0\x9f\x8e\xac"), .given = 1 };
    assert_null(store->room_edit(store, a, 3, &emoji, &(ids){ NULL, 0 }, &made));
    assert_null(store->showing_close(store, a, 130, &other));
    assert_null(store->showing_close(store, a, 131, &other));
    struct showing_new again = { .movie_id = STR("m"), .room_id = 3, .show_time = { 1903896000 }, .price = { 100 },
                                 .sales_open_at = INSTANT_NONE, .sales_close_at = INSTANT_NONE };
    assert_null(store->showing_create(store, a, NULL, &again, 100, &other)); /* the time of one that was cancelled */
}

static void assert_adopted(void)
{
    store_open();
    assert_adopted_log();
    assert_adopted_rows();
    store->close(store);
    store_open();
    assert_adopted_log(); /* not twice */
    assert_adopted_works();
}

static void the_first_old_shape_is_adopted(void)
{
    server_run("SET time_zone = '+00:00'; SET sql_mode = '';" OLD_ROOMS OLD_SCHEDULES OLD_ROWS);
    assert_adopted();
}

static void the_later_old_shape_is_adopted(void)
{
    server_run("SET time_zone = '+00:00'; SET sql_mode = '';" OLD_ROOMS OLD_SCHEDULES
               "ALTER TABLE schedules ADD COLUMN updated_at TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,"
               " ADD CONSTRAINT chk_price CHECK (price > 0), ADD UNIQUE KEY unique_showing (room_id, show_time);" OLD_ROWS);
    assert_adopted();
}

/* SQLAlchemy's own columns, and ids of the other size. */
static void what_an_orm_made_is_adopted(void)
{
    server_run("SET time_zone = '+00:00'; SET sql_mode = '';"
               "CREATE TABLE rooms (id BIGINT NOT NULL AUTO_INCREMENT, name VARCHAR(100) NOT NULL, capacity INTEGER NOT NULL,"
               " screen_type ENUM('2D','3D','IMAX'), is_active BOOL, created_at DATETIME, updated_at DATETIME, PRIMARY KEY (id));"
               "CREATE TABLE seats (id BIGINT NOT NULL AUTO_INCREMENT, room_id BIGINT NOT NULL, `row_number` VARCHAR(10) NOT NULL,"
               " seat_number INTEGER NOT NULL, seat_type ENUM('regular','premium','vip'), is_available BOOL, created_at DATETIME,"
               " PRIMARY KEY (id), CONSTRAINT unique_seat UNIQUE (room_id, `row_number`, seat_number),"
               " FOREIGN KEY(room_id) REFERENCES rooms (id) ON DELETE CASCADE);"
               "CREATE TABLE schedules (id BIGINT NOT NULL AUTO_INCREMENT, movie_id VARCHAR(100) NOT NULL, room_id BIGINT NOT NULL,"
               " show_time DATETIME NOT NULL, price NUMERIC(10, 2) NOT NULL, is_active BOOL, created_at DATETIME,"
               " note VARCHAR(20), PRIMARY KEY (id), FOREIGN KEY(room_id) REFERENCES rooms (id) ON DELETE CASCADE);" OLD_ROWS
               "UPDATE schedules SET note = 'kept';");
    assert_adopted();
    assert_int_equal(server_run("SELECT COUNT(*) FROM schedules WHERE note = 'kept'"), 3);
}

/* A start that ended anywhere in the migration is made good by the next. */
static void a_migration_that_broke_off_is_run_again(void)
{
    server_run("SET time_zone = '+00:00'; SET sql_mode = '';" OLD_ROOMS OLD_SCHEDULES OLD_ROWS);
    store_open();
    store->close(store);
    server_run("DELETE FROM schema_migrations; ALTER TABLE schedules DROP COLUMN updated_at;"
               "ALTER TABLE seats DROP COLUMN house, DROP COLUMN `accessible`");
    store_open();
    assert_adopted_log();
    assert_adopted_rows();
}

/* --- replicas --- */

static void stopped_sales_are_one_replicas_at_a_time(void)
{
    struct store *other;
    list stopped;
    assert_null(place_open(a, &other));
    struct room room = room_make(10);
    struct showing one = showing_make(room.id, "m", 60), two = showing_make(room.id, "m", 600);
    ids first = { &one.id, 1 }, second = { &two.id, 1 };
    assert_null(store->stops_begin(store, a, &first));
    assert_refused(other->stops_begin(other, a, &second), "change_under_way");
    assert_null(other->stops_list(other, a, &stopped));
    assert_int_equal(stopped.count, 0); /* it must not put on sale what is stopped for a reason */
    assert_null(other->stops_end(other, a, &first));
    assert_null(store->stops_list(store, a, &stopped));
    assert_int_equal(stopped.count, 1);
    assert_null(store->stops_end(store, a, &first));
    assert_null(other->stops_begin(other, a, &second));
    server_run("UPDATE sales_stops SET begun_ms = begun_ms - 61000"); /* its replica was killed a minute ago */
    assert_null(store->stops_list(store, a, &stopped));
    assert_int_equal(stopped.count, 1);
    assert_int_equal(LIST_AT(&stopped, struct stopped_sale, 0)->schedule_id, two.id);
    assert_null(store->stops_end(store, a, &second));
    other->close(other);
}

static void other_replicas_commits_are_told(void)
{
    struct store *other;
    assert_null(place_open(a, &other));
    awaited = true;
    struct room made;
    struct room_new want = { .name = STR("Sala"), .capacity = 1 };
    assert_null(other->room_create(other, a, NULL, &want, &made));
    while (store->position(store) < 1)
        fiber_sleep(5);
    assert_int_equal(moved_to, 1);
    other->close(other);
}

/* --- tables out and in --- */

static void something_of_all(struct store *s)
{
    struct room room;
    list seats;
    struct showing showing;
    assert_null(s->room_create(s, a, NULL, &(struct room_new){ STR("Sala \"Ñ\" \xf0\x9f\x8e\xac"), 300, SCREEN_IMAX }, &room));
    struct seats_new want = { .auto_generate = true, .seats_per_row = 7 };
    assert_null(s->seats_create(s, a, NULL, room.id, &want, &seats));
    struct seat_edit closing = rooms_seat_closing();
    struct seat changed;
    assert_null(s->seat_edit(s, a, room.id, LIST_AT(&seats, struct seat, 3)->id, &closing, &changed));
    struct showing_new premiere = { .movie_id = STR("507f1f77bcf86cd799439011"), .room_id = room.id,
                                    .show_time = { 1903896000 }, .price = { 1255 }, .sales_open_at = INSTANT_NONE,
                                    .sales_close_at = { INT64_C(1903914000123) } };
    assert_null(s->showing_create(s, a, NULL, &premiere, 90, &showing));
    assert_null(s->stops_begin(s, a, &(ids){ &showing.id, 1 }));
}

/* The same facts are the same bytes in either store, whichever way they went. */
static void tables_go_to_the_embedded_store_and_back(void)
{
    char directory[] = "/tmp/test-rooms-XXXXXX", command[64];
    struct store *embedded, *found;
    assert_non_null(mkdtemp(directory));
    assert_null(rooms_sqlite_open(a, &embedded, directory, &house, moved, NULL));
    something_of_all(embedded);
    const char *lines = exporter_lines(embedded->exporter, a);
    exporter_copy(embedded->exporter, store->exporter, a);
    assert_string_equal(exporter_lines(store->exporter, a), lines);
    assert_int_equal(store->position(store), embedded->position(embedded));
    assert_int_equal(moved_to, store->position(store));

    room_make(10);
    lines = exporter_lines(store->exporter, a);
    snprintf(command, sizeof command, "%s/again", directory);
    assert_null(rooms_sqlite_open(a, &found, command, &house, moved, NULL));
    exporter_copy(store->exporter, found->exporter, a);
    assert_string_equal(exporter_lines(found->exporter, a), lines);
    found->close(found);
    embedded->close(embedded);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    assert_int_equal(system(command), 0);
}

ON_STORE(tables_go_to_the_embedded_store_and_back)
ON_PLACE(the_first_old_shape_is_adopted)
ON_PLACE(the_later_old_shape_is_adopted)
ON_PLACE(what_an_orm_made_is_adopted)
ON_PLACE(a_migration_that_broke_off_is_run_again)
ON_STORE(stopped_sales_are_one_replicas_at_a_time)
ON_STORE(other_replicas_commits_are_told)

int place_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables_go_to_the_embedded_store_and_back),
        cmocka_unit_test(test_the_first_old_shape_is_adopted),
        cmocka_unit_test(test_the_later_old_shape_is_adopted),
        cmocka_unit_test(test_what_an_orm_made_is_adopted),
        cmocka_unit_test(test_a_migration_that_broke_off_is_run_again),
        cmocka_unit_test(test_stopped_sales_are_one_replicas_at_a_time),
        cmocka_unit_test(test_other_replicas_commits_are_told),
    };
    return cmocka_run_group_tests_name("rooms' store on MySQL alone", tests, NULL, NULL);
}
