/* test_model.c - settings, names, lines and manifests that hold, and those that do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib/base/random.h"
#include "lib/json/read.h"
#include "services/ingestion/model.h"
#include "services/ingestion/model_report.h"
#include "services/ingestion/model_settings.h"

static arena *a;

static const fault *settings_of(const char *query, struct ingestion_settings *out)
{
    return query_read(a, str_of(query), &ingestion_settings_shape, out);
}

static void settings_are_checked(void **state)
{
    (void)state;
    struct ingestion_settings set;
    assert_null(settings_of("", &set));
    assert_true(set.backup_dir.len == 0 && set.backup_keep == 14 && set.retries_max == 3 && set.retry_delay_s == 5);
    assert_true(set.schedule.hours == 1 << 2 && set.schedule.minutes == 1);
    assert_false(ingestion_cloud_wished(&set));
    assert_null(settings_of("BACKUP_SCHEDULE=*/30%20*%20*%20*%20*&RDS_ENDPOINT=x", &set));
    assert_true(set.schedule.minutes == (1 | UINT64_C(1) << 30) && !ingestion_cloud_wished(&set));
    const fault *problem = settings_of("BACKUP_SCHEDULE=0%2025%20*%20*%20*", &set);
    assert_non_null(problem);
    assert_true(strstr(arena_cstr(a, problem->sentence), "BACKUP_SCHEDULE is \"0 25 * * *\", and its hour must be") != NULL);
    assert_non_null(settings_of("BACKUP_KEEP=0", &set));
}

static void assert_text(str text, const char *want)
{
    assert_string_equal(arena_cstr(a, text), want);
}

static void a_cloud_is_wished_by_any_of_its_names(void **state)
{
    (void)state;
    static const char *const says[] = { "AWS_ACCESS_KEY_ID=A&AWS_SECRET_ACCESS_KEY=s", "S3_BUCKET=some-bucket", "AWS_PROFILE=p",
                                        "AWS_WEB_IDENTITY_TOKEN_FILE=f", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/x",
                                        "AWS_ENDPOINT_URL_DYNAMODB=http://x" };
    struct ingestion_settings set;
    for (size_t i = 0; i < COUNT_OF(says); i++) {
        assert_null(settings_of(says[i], &set));
        assert_true(ingestion_cloud_wished(&set));
    }
    assert_null(settings_of("AWS_REGION=eu-west-1&RDS_ENDPOINT=x", &set));
    assert_false(ingestion_cloud_wished(&set));
    assert_text(ingestion_region(&set), "eu-west-1");
    assert_text(ingestion_bucket(&set), "cinema-data-bucket");
    assert_text(set.movies_table, "cinema-movies");
    assert_null(settings_of("S3_BUCKET_NAME=mine&S3_BUCKET=other&AWS_DEFAULT_REGION=sa-east-1", &set));
    assert_text(ingestion_bucket(&set), "mine");
    assert_text(ingestion_region(&set), "sa-east-1");
    static const char *const wrong[] = { "AWS_ACCESS_KEY_ID=A", "AWS_SECRET_ACCESS_KEY=s", "S3_BUCKET_NAME=a/b", "S3_BACKUP_FOLDER=/x",
                                         "S3_ANALYTICS_FOLDER=x/", "DYNAMODB_ROOMS_TABLE=a%20b", "SYNC_SCHEDULE=often",
                                         "AWS_REGION=eu/west" };
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_non_null(settings_of(wrong[i], &set));
}

static void keys_are_the_contracts(void **state)
{
    (void)state;
    assert_text(ingestion_table_key(a, "backups", STR("rooms"), STR("seats"), STR("20261125_070000")),
                "backups/mysql/seats/20261125_070000_seats.json");
    assert_text(ingestion_table_key(a, "b/x", STR("movies"), STR("genres"), STR("20261125_070000")),
                "b/x/mongodb/genres/20261125_070000_genres.json");
    str key = ingestion_manifest_key(a, "backups", STR("20261125_070000"));
    assert_text(key, "backups/manifests/20261125_070000_manifest.json");
    assert_text(ingestion_manifest_stamp(key), "20261125_070000");
    static const char *const others[] = { "backups/mysql/rooms/20261125_070000_rooms.json", "backups/manifests/x_manifest.json",
                                          "backups/manifests/2026112x_070000_manifest.json", "_manifest.json", "" };
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_null(ingestion_manifest_stamp(str_of(others[i])).at);
    char room[BACKUP_NAME_MAX];
    instant moment = { INT64_C(1764054000000) };
    assert_true(ingestion_backup_moment(ingestion_backup_name(room, moment)).ms == moment.ms);
    assert_true(ingestion_backup_moment(STR("taquilla-2026")).ms == TIME_NONE);
}

static void a_report_counts_the_contracts_tables(void **state)
{
    (void)state;
    struct backup_table rooms[] = { { .name = STR("rooms"), .rows = 3 }, { .name = STR("seats"), .rows = 40 },
                                    { .name = STR("schedules"), .rows = 5 }, { .name = STR("log"), .rows = 999 } };
    struct backup_table sales[] = { { .name = STR("users"), .rows = 7 }, { .name = STR("payments"), .rows = 2 } };
    struct backup_service services[] = { { .name = STR("rooms"), .position = 12, .tables = { rooms, COUNT_OF(rooms) } },
                                         { .name = STR("reservations"), .position = 34, .tables = { sales, COUNT_OF(sales) } } };
    const struct backup_manifest m = { .services = { services, COUNT_OF(services) } };
    struct cloud_report r = { 0 };
    ingestion_report_count(a, &r, &m);
    assert_true(r.record_counts->mysql->seats == 40 && r.record_counts->postgresql->users == 7);
    assert_true(r.record_counts->mongodb->movies == 0 && r.total == 3 + 40 + 5 + 7 + 2);
    assert_true(r.positions->rooms == 12 && r.positions->reservations == 34 && r.positions->movies == 0);
}

static void names_sort_as_times(void **state)
{
    (void)state;
    char room[BACKUP_NAME_MAX];
    assert_string_equal(ingestion_backup_name(room, (instant){ INT64_C(1795590000999) }).at, "taquilla-20261125_070000");
    assert_true(ingestion_is_backup_name(str_of(room)));
    static const char *const others[] = { "", "taquilla-", "taquilla-20261125_07000", "taquilla-20261125_0700000",
                                          "taquilla-20261125-070000", "taquilla-2026112a_070000", "Taquilla-20261125_070000",
                                          "taquilla-20261125_070000.partial", "../taquilla-20261125_070000", "lost+found" };
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        assert_false(ingestion_is_backup_name(str_of(others[i])));
        assert_true(ingestion_is_leftover_name(str_of(others[i])) == (strstr(others[i], ".partial") != NULL));
    }
    assert_false(ingestion_is_leftover_name(STR("taquilla-20261125_070000")));
    assert_false(ingestion_is_leftover_name(STR(".partial")));
    assert_true(ingestion_is_table_name(STR("seat_claims")));
    static const char *const no_tables[] = { "", "a/b", "..", "Users", "a.b", "a b",
                                             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
    for (size_t i = 0; i < COUNT_OF(no_tables); i++)
        assert_false(ingestion_is_table_name(str_of(no_tables[i])));
}

static void lines_are_taken_apart(void **state)
{
    (void)state;
    struct export_line line;
    assert_int_equal(ingestion_line_read(STR("{\"table\":\"users\",\"row\":{\"id\":1,\"x\":{\"}\":\"]\"}}}"), &line),
                     EXPORT_ROW);
    assert_true(str_equal(line.table, STR("users")) && str_equal(line.row, STR("{\"id\":1,\"x\":{\"}\":\"]\"}}")));
    assert_int_equal(ingestion_line_read(STR("{\"table\":\"log\",\"row\":{}}"), &line), EXPORT_ROW);
    assert_int_equal(ingestion_line_read(STR("{\"end\":true,\"position\":17,\"rows\":0}"), &line), EXPORT_END);
    assert_true(line.position == 17 && line.rows == 0);
    static const char *const strange[] = {
        "", "{}", "{\"table\":\"users\"}", "{\"table\":\"users\",\"row\":{}", "{\"table\":\"users\",\"row\":1}",
        "{\"table\":\"users\",\"row\":[]}", "{\"table\":\"../x\",\"row\":{}}", "{\"table\":\"\",\"row\":{}}",
        "{\"table\":\"users\",\"row\":}", "{\"table\":\"users\",\"row\":}}", "{\"table\":\"users\",\"row\":{}} ",
        "{\"end\":true,\"position\":1,\"rows\":2} ", "{\"end\":true,\"position\":1,\"rows\":2", "{\"end\":true}",
        "{\"end\":true,\"position\":-1,\"rows\":2}", "{\"end\":true,\"position\":1,\"rows\":}",
        "{\"end\":true,\"position\":1,\"rows\":-2}", "{\"end\":false,\"position\":1,\"rows\":2}", "{\"table\":\"users",
    };
    for (size_t i = 0; i < COUNT_OF(strange); i++)
        if (ingestion_line_read(str_of(strange[i]), &line) != EXPORT_STRANGE)
            fail_msg("\"%s\" was taken", strange[i]);
}

/* Whatever the bytes, what comes out lies within them. */
static void no_line_does_harm(void **state)
{
    (void)state;
    static const char *const pieces[] = { "{\"table\":\"", "users", "\",\"row\":", "{", "}", "{\"end\":true,\"position\":",
                                          "12", ",\"rows\":", "\"", "\x80" };
    for (int round = 0; round < 100000; round++) {
        char text[200];
        size_t length = 0;
        for (uint64_t n = random_below(7); n > 0; n--) {
            const char *piece = pieces[random_below(COUNT_OF(pieces))];
            memcpy(text + length, piece, strlen(piece));
            length += strlen(piece);
        }
        struct export_line line;
        if (ingestion_line_read((str){ text, length }, &line) == EXPORT_ROW)
            assert_true(line.row.at > text && line.row.at + line.row.len < text + length && line.table.len == 5);
    }
}

static struct backup_manifest three(struct backup_service services[BACKUP_OWNERS])
{
    for (size_t i = 0; i < BACKUP_OWNERS; i++)
        services[i] = (struct backup_service){ .name = str_of(ingestion_owner_names[i]) };
    return (struct backup_manifest){ .version = BACKUP_VERSION, .services = { services, BACKUP_OWNERS } };
}

static void manifests_name_each_owner_once(void **state)
{
    (void)state;
    struct backup_service services[BACKUP_OWNERS];
    struct backup_manifest m = three(services);
    assert_null(ingestion_manifest_check(a, &m));
    assert_ptr_equal(ingestion_manifest_find(&m, "rooms"), &services[1]);
    m.version = 2;
    assert_non_null(ingestion_manifest_check(a, &m));
    m = three(services);
    services[2].name = STR("rooms");
    assert_non_null(ingestion_manifest_check(a, &m));
    m = three(services);
    m.services.count = 2;
    assert_non_null(ingestion_manifest_check(a, &m));
    m = three(services);
    struct backup_table twice[] = { { .name = STR("log") }, { .name = STR("genres") }, { .name = STR("log") } };
    services[1].tables = (list){ twice, 2 };
    assert_null(ingestion_manifest_check(a, &m));
    services[1].tables.count = 3;
    assert_non_null(ingestion_manifest_check(a, &m));
}

static int begin(void **state)
{
    (void)state;
    a = arena_new((size_t)4 * 1024 * 1024);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(settings_are_checked, begin, end),
        cmocka_unit_test_setup_teardown(a_cloud_is_wished_by_any_of_its_names, begin, end),
        cmocka_unit_test_setup_teardown(keys_are_the_contracts, begin, end),
        cmocka_unit_test_setup_teardown(a_report_counts_the_contracts_tables, begin, end),
        cmocka_unit_test_setup_teardown(names_sort_as_times, begin, end),
        cmocka_unit_test_setup_teardown(lines_are_taken_apart, begin, end),
        cmocka_unit_test_setup_teardown(no_line_does_harm, begin, end),
        cmocka_unit_test_setup_teardown(manifests_name_each_owner_once, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
