/* test_folder.c - backups on disk: written whole or not at all, checked to the last byte, kept by count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "services/ingestion/backup/folder.h"
#include "services/ingestion/restore/restore.h"

static arena *a;
static char root[64];
static const char *shelf;
static const instant noon = { INT64_C(1795608000000) }; /* 2026-11-25T12:00:00Z */

#define assert_good(expression) assert_good_at((expression), __LINE__)

static void assert_good_at(const fault *problem, int line)
{
    if (problem)
        fail_msg("line %d: %s: %.*s", line, problem->code, STR_ARG(problem->sentence));
}

static void assert_fault(const fault *problem, const char *code)
{
    assert_non_null(problem);
    assert_string_equal(problem->code, code);
}

static const char *path_of(const char *name)
{
    return arena_printf(a, "%s/%s", shelf, name).at;
}

static bool exists(const char *name)
{
    return access(path_of(name), F_OK) == 0;
}

static void write_services(struct folder *f, struct backup_service services[BACKUP_OWNERS])
{
    for (size_t i = 0; i < BACKUP_OWNERS; i++) {
        services[i] = (struct backup_service){ .name = str_of(ingestion_owner_names[i]), .position = 3 };
        assert_good(ingestion_folder_service(a, f, ingestion_owner_names[i]));
        assert_good(ingestion_folder_append(a, f, STR("genres"), STR("{\"id\":1}\n{\"id\":2}\n"), 2));
        assert_good(ingestion_folder_append(a, f, STR("genres"), STR("{\"id\":3}\n"), 1));
        assert_good(ingestion_folder_append(a, f, STR("log"), STR("{\"position\":1}\n"), 1));
        assert_good(ingestion_folder_service_end(a, f, &services[i].tables));
    }
}

static void backup_write(instant made_at)
{
    struct folder f;
    struct backup_service services[BACKUP_OWNERS];
    assert_good(ingestion_folder_begin(a, &f, shelf, made_at));
    write_services(&f, services);
    assert_good(ingestion_folder_finish(a, &f, &(struct backup_manifest){
        .version = BACKUP_VERSION, .made_at = made_at, .program = STR("test"), .services = { services, BACKUP_OWNERS } }));
}

static void what_was_written_is_found(void **state)
{
    (void)state;
    struct backup_chosen chosen;
    struct stat is;
    assert_fault(ingestion_backup_choose(a, shelf, &chosen), "backup_missing");
    backup_write(noon);
    assert_good(ingestion_backup_choose(a, shelf, &chosen));
    assert_string_equal(chosen.folder, path_of("taquilla-20261125_120000"));
    assert_good(ingestion_backup_choose(a, chosen.folder, &chosen));
    assert_true(chosen.manifest.made_at.ms == noon.ms && str_equal(chosen.manifest.program, STR("test")));
    const struct backup_service *s = ingestion_manifest_find(&chosen.manifest, "rooms");
    const struct backup_table *t = LIST_AT(&s->tables, const struct backup_table, 0);
    assert_true(s->tables.count == 2 && s->position == 3 && t->rows == 3 && t->bytes == 27);
    assert_string_equal(arena_cstr(a, t->sha256), "c83135caa2c4f32882c30d1a3c7d26a0a582da313e810a8978bcc5f5b78d1c49");
    assert_int_equal(stat(path_of("taquilla-20261125_120000/rooms/log.ndjson"), &is), 0);
    assert_int_equal(is.st_mode & 07777, 0600);
    assert_int_equal(stat(path_of("taquilla-20261125_120000/rooms"), &is), 0);
    assert_int_equal(is.st_mode & 07777, 0700);
}

static void the_name_comes_last(void **state)
{
    (void)state;
    struct folder f, second;
    struct backup_service services[BACKUP_OWNERS];
    assert_good(ingestion_folder_begin(a, &f, shelf, noon));
    write_services(&f, services);
    assert_true(exists("taquilla-20261125_120000.partial") && !exists("taquilla-20261125_120000"));
    assert_fault(ingestion_folder_begin(a, &second, shelf, noon), "backup_running");
    assert_true(exists("taquilla-20261125_120000.partial/movies/log.ndjson"));
    ingestion_folder_abandon(a, &f);
    assert_false(exists("taquilla-20261125_120000.partial"));
    backup_write(noon);
    backup_write(noon); /* of the same second */
    assert_true(exists("taquilla-20261125_120000") && exists("taquilla-20261125_120001"));
}

static void a_crash_leaves_nothing_for_long(void **state)
{
    (void)state;
    struct folder f;
    assert_good(ingestion_folder_begin(a, &f, shelf, noon));
    assert_good(ingestion_folder_service(a, &f, "movies"));
    assert_good(ingestion_folder_append(a, &f, STR("log"), STR("{}\n"), 1));
    close(f.tables[0].fd); /* as kill -9 would */
    ingestion_shelf_unlock(f.lock_fd);
    assert_true(exists("taquilla-20261125_120000.partial"));
    backup_write((instant){ noon.ms + 60000 });
    assert_false(exists("taquilla-20261125_120000.partial"));
}

static void a_file_make(const char *name)
{
    int fd = open(path_of(name), O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static void the_newest_are_kept(void **state)
{
    (void)state;
    size_t removed;
    strs names;
    for (int i = 0; i < 5; i++)
        backup_write((instant){ noon.ms + i * 60000 });
    assert_int_equal(mkdir(path_of("taquilla-20200101_000000"), 0700), 0); /* without a manifest: nobody knows what it is */
    assert_int_equal(mkdir(path_of("photos"), 0700), 0);
    a_file_make("photos/manifest.json");
    a_file_make("taquilla-19990101_000000");
    for (int i = 0; i < 3; i++) /* the clock was wrong */
        backup_write((instant){ noon.ms + INT64_C(5000) * 86400000 + i * 60000 });
    assert_good(ingestion_shelf_prune(a, shelf, 2, noon, &removed));
    assert_int_equal(removed, 3);
    assert_good(ingestion_shelf_list(a, shelf, &names));
    assert_int_equal(names.count, 5);
    assert_true(str_starts(names.at[2], STR("taquilla-2040")));
    assert_string_equal(names.at[3].at, "taquilla-20261125_120400");
    assert_string_equal(names.at[4].at, "taquilla-20261125_120300");
    assert_true(exists("taquilla-20200101_000000") && exists("photos/manifest.json") && exists("taquilla-19990101_000000"));
    assert_false(exists("taquilla-20261125_120000") || exists("taquilla-20261125_120000.partial"));
    assert_good(ingestion_shelf_prune(a, shelf, 2, noon, &removed));
    assert_int_equal(removed, 0);
}

/* Other people's things below a backup are not ours to take. */
static void what_lies_deeper_stays(void **state)
{
    (void)state;
    backup_write(noon);
    assert_int_equal(mkdir(path_of("taquilla-20261125_120000/rooms/deep"), 0700), 0);
    a_file_make("taquilla-20261125_120000/rooms/deep/file");
    assert_int_equal(symlink("/etc", path_of("taquilla-20261125_120000/movies/link")), 0);
    assert_fault(ingestion_shelf_remove(a, shelf, STR("taquilla-20261125_120000")), "backup_unwritable");
    assert_true(exists("taquilla-20261125_120000.partial/rooms/deep/file"));
    assert_true(access("/etc/passwd", F_OK) == 0);
}

static void byte_turn(const char *name, long at)
{
    FILE *file = fopen(path_of(name), "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    int was = fgetc(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    fputc(was ^ 1, file);
    fclose(file);
}

static void assert_damaged(const char *folder)
{
    arena *own = arena_new((size_t)8 * 1024 * 1024); /* a reader's room is large, and there are many of them */
    struct backup_chosen chosen;
    assert_fault(ingestion_backup_choose(own, folder, &chosen), "backup_damaged");
    arena_free(own);
}

static void every_byte_counts(void **state)
{
    (void)state;
    static const char *const files[] = { "taquilla-20261125_120000/rooms/genres.ndjson",
                                         "taquilla-20261125_120000/movies/log.ndjson",
                                         "taquilla-20261125_120000/manifest.json" };
    struct backup_chosen chosen;
    struct stat is;
    backup_write(noon);
    const char *folder = path_of("taquilla-20261125_120000");
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        assert_int_equal(stat(path_of(files[i]), &is), 0);
        for (long at = 0; at < is.st_size; at++) {
            byte_turn(files[i], at);
            assert_damaged(folder);
            byte_turn(files[i], at);
        }
        assert_int_equal(truncate(path_of(files[i]), is.st_size - 1), 0);
        assert_damaged(folder);
        assert_int_equal(truncate(path_of(files[i]), 0), 0);
        assert_damaged(folder);
        assert_int_equal(unlink(path_of(files[i])), 0);
        assert_non_null(ingestion_backup_choose(a, folder, &chosen));
        if (i + 1 < COUNT_OF(files)) { /* whole again for the next */
            assert_good(ingestion_shelf_remove(a, shelf, STR("taquilla-20261125_120000")));
            backup_write(noon);
        }
    }
}

static void a_damaged_one_is_passed_over(void **state)
{
    (void)state;
    struct backup_chosen chosen;
    backup_write(noon);
    backup_write((instant){ noon.ms + 60000 });
    byte_turn("taquilla-20261125_120100/rooms/log.ndjson", 3);
    assert_good(ingestion_backup_choose(a, shelf, &chosen));
    assert_string_equal(chosen.folder, path_of("taquilla-20261125_120000"));
    assert_int_equal(chosen.passed_over.count, 1);
    assert_true(strstr(chosen.passed_over.at[0].at, "taquilla-20261125_120100/rooms/log.ndjson is damaged") != NULL);
    byte_turn("taquilla-20261125_120000/rooms/log.ndjson", 3);
    assert_fault(ingestion_backup_choose(a, shelf, &chosen), "backup_damaged");
}

static void what_cannot_be_written_is_said(void **state)
{
    (void)state;
    struct folder f;
    a_file_make("file");
    assert_fault(ingestion_folder_begin(a, &f, path_of("file"), noon), "backup_unwritable");
    assert_fault(ingestion_folder_begin(a, &f, path_of("not/there"), noon), "backup_unwritable");
    assert_good(ingestion_folder_begin(a, &f, path_of("new"), noon)); /* one that only misses itself is made */
    ingestion_folder_abandon(a, &f);
    assert_true(exists("new") && !exists("new/taquilla-20261125_120000.partial"));
}

static void rows_of_any_length_are_read(void **state)
{
    (void)state;
    struct rows_file file = { 0 };
    str line;
    assert_int_equal(mkdir(path_of("rooms"), 0700), 0);
    FILE *out = fopen(path_of("rooms/log.ndjson"), "w");
    for (size_t length = 1; length <= ROW_BYTES_MAX; length = length * 3 + 1)
        fprintf(out, "%0*d\n", (int)length, 7);
    fprintf(out, "%0*d\n", ROW_BYTES_MAX, 7);
    fclose(out);
    assert_good(ingestion_rows_open(a, &file, shelf, STR("rooms"), STR("log")));
    for (size_t length = 1; length <= ROW_BYTES_MAX; length = length * 3 + 1) {
        assert_good(ingestion_rows_next(a, &file, &line));
        assert_true(line.len == length && line.at[length - 1] == '7');
    }
    assert_good(ingestion_rows_next(a, &file, &line));
    assert_true(line.len == ROW_BYTES_MAX);
    assert_good(ingestion_rows_next(a, &file, &line));
    assert_null(line.at);
    ingestion_rows_close(&file);
    out = fopen(path_of("rooms/log.ndjson"), "w");
    fprintf(out, "{}\n%0*d\n", ROW_BYTES_MAX + 1, 7);
    fclose(out);
    assert_good(ingestion_rows_open(a, &file, shelf, STR("rooms"), STR("log")));
    assert_good(ingestion_rows_next(a, &file, &line));
    assert_fault(ingestion_rows_next(a, &file, &line), "backup_damaged");
    ingestion_rows_close(&file);
}

static int begin(void **state)
{
    (void)state;
    strcpy(root, "/tmp/taquilla-shelf-XXXXXX");
    a = arena_new((size_t)64 * 1024 * 1024);
    shelf = mkdtemp(root);
    return shelf ? 0 : -1;
}

static int entry_remove(const char *path, const struct stat *is, int kind, struct FTW *where)
{
    (void)is, (void)kind, (void)where;
    return remove(path);
}

static int end(void **state)
{
    (void)state;
    arena_free(a);
    return nftw(root, entry_remove, 16, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_written_is_found, begin, end),
        cmocka_unit_test_setup_teardown(the_name_comes_last, begin, end),
        cmocka_unit_test_setup_teardown(a_crash_leaves_nothing_for_long, begin, end),
        cmocka_unit_test_setup_teardown(the_newest_are_kept, begin, end),
        cmocka_unit_test_setup_teardown(what_lies_deeper_stays, begin, end),
        cmocka_unit_test_setup_teardown(every_byte_counts, begin, end),
        cmocka_unit_test_setup_teardown(a_damaged_one_is_passed_over, begin, end),
        cmocka_unit_test_setup_teardown(what_cannot_be_written_is_said, begin, end),
        cmocka_unit_test_setup_teardown(rows_of_any_length_are_read, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
