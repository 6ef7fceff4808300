/* test_join.c - rows of other tables found for each of one, in any order of theirs, over the ends of a part. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "services/ingestion/dynamodb/join.h"

static arena *a;
static char folder[64];

static int begin(void **state)
{
    (void)state;
    a = arena_new((size_t)64 * 1024 * 1024);
    snprintf(folder, sizeof folder, "/tmp/taquilla-join-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return mkdir(arena_printf(a, "%s/s", folder).at, 0700);
}

static int end(void **state)
{
    (void)state;
    static const char *const files[] = { "sales", "seats", "payments" };
    for (size_t i = 0; i < COUNT_OF(files); i++)
        unlink(arena_printf(a, "%s/s/%s.ndjson", folder, files[i]).at);
    assert_int_equal(rmdir(arena_printf(a, "%s/s", folder).at), 0);
    assert_int_equal(rmdir(folder), 0);
    arena_free(a);
    return 0;
}

static FILE *file_of(const char *table)
{
    FILE *f = fopen(arena_printf(a, "%s/s/%s.ndjson", folder, table).at, "w");
    assert_non_null(f);
    return f;
}

static struct join opened(void)
{
    struct join j = { .folder = folder, .service = "s", .table = "sales", .kind_count = 2,
                      .kinds = { { .table = "seats", .parent = "sale_id" }, { .table = "payments", .parent = "sale_id" } } };
    const fault *problem = join_open(a, &j);
    assert_null(problem);
    return j;
}

static void good(const fault *problem)
{
    if (problem)
        fail_msg("%s: %.*s", problem->code, STR_ARG(problem->sentence));
}

static int64_t seats_of(int64_t sale)
{
    return sale % 4;
}

/* Two parts and a bit; seats stand backwards, and the payments' order has nothing to do with the sales'. */
static void test_each_row_finds_its_own(void **state)
{
    (void)state;
    const int64_t count = 2 * (int64_t)JOIN_PARENTS_MAX + 5;
    FILE *sales = file_of("sales"), *seats = file_of("seats"), *payments = file_of("payments");
    for (int64_t i = 1; i <= count; i++)
        fprintf(sales, "{\"id\":%lld,\"note\":\"\\\"sale_id\\\":1\"}\n", (long long)i * 3);
    for (int64_t i = count, seat = 0; i >= 1; i--)
        for (int64_t k = 0; k < seats_of(i); k++)
            fprintf(seats, "{\"id\":%lld,\"sale_id\":%lld,\"seat\":%lld}\n", (long long)(1000000000 - seat++), (long long)i * 3,
                    (long long)k);
    for (int64_t i = 1; i <= count; i += 2)
        fprintf(payments, "{\"id\":%lld,\"sale_id\":%lld}\n", (long long)i, (long long)((i * 7) % count + 1) * 3);
    fclose(sales);
    fclose(seats);
    fclose(payments);

    struct join j = opened();
    struct joined of;
    int64_t found = 0, paid = 0;
    for (good(join_next(a, &j, &of)); of.line.at; good(join_next(a, &j, &of))) {
        int64_t id = ++found * 3;
        str wanted = arena_printf(a, "{\"id\":%lld,", (long long)id), line;
        assert_true(str_starts(of.line, wanted));
        assert_int_equal(of.counts[0], seats_of(found));
        for (size_t k = 0; k < of.counts[0]; k++) {
            good(join_line(a, &j, 0, &of.rows[0][k], &line));
            wanted = arena_printf(a, ",\"sale_id\":%lld,\"seat\":%lld}", (long long)id, (long long)(seats_of(found) - 1 - (int64_t)k));
            assert_true(str_ends(line, wanted));
        }
        paid += (int64_t)of.counts[1];
    }
    assert_int_equal(found, count);
    assert_int_equal(paid, (count + 1) / 2);
    join_close(&j);
}

static void test_nothing_at_all(void **state)
{
    (void)state;
    fclose(file_of("sales"));
    fclose(file_of("seats"));
    fclose(file_of("payments"));
    struct join j = opened();
    struct joined of;
    good(join_next(a, &j, &of));
    assert_null(of.line.at);
    good(join_next(a, &j, &of));
    assert_null(of.line.at);
    join_close(&j);
}

static void test_a_row_without_its_parent_is_damage(void **state)
{
    (void)state;
    FILE *sales = file_of("sales"), *seats = file_of("seats");
    fputs("{\"id\":1}\n", sales);
    fputs("{\"id\":1,\"sale\":1}\n", seats);
    fclose(sales);
    fclose(seats);
    fclose(file_of("payments"));
    struct join j = opened();
    struct joined of;
    const fault *problem = join_next(a, &j, &of);
    assert_non_null(problem);
    assert_string_equal(problem->code, "backup_damaged");
    join_close(&j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_row_finds_its_own, begin, end),
        cmocka_unit_test_setup_teardown(test_nothing_at_all, begin, end),
        cmocka_unit_test_setup_teardown(test_a_row_without_its_parent_is_damage, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
