/* archiving.h - what rooms' and reservations' stores promise of the beginning of their logs. Include after the suite's own header. */
#ifndef TAQUILLA_TESTS_CONTRACT_ARCHIVING_H
#define TAQUILLA_TESTS_CONTRACT_ARCHIVING_H

#include "lib/feed/export.h"

#define OLD_MS (10 * ARCHIVE_DAY_MS)

/* Puts a log of the positions first..last into the empty store, as a restore does; those up to old are ten days old. */
static const fault *log_restore(int64_t first, int64_t last, int64_t old, int64_t missing)
{
    const struct exporter *x = store->exporter;
    const struct export_table *t;
    TRY(export_table_find(x, a, STR("log"), &t));
    TRY(x->restore_start(x->store, a));
    for (int64_t at = first; at <= last;) {
        list rows = { NEW_ARRAY(a, struct export_log, EXPORT_ROWS_MAX), 0 };
        for (; at <= last && rows.count < EXPORT_ROWS_MAX; at++)
            if (at != missing)
                *LIST_AT(&rows, struct export_log, rows.count++) = (struct export_log){
                    .position = at, .type = STR("thing.changed"), .subject = STR("1"),
                    .time_ms = { clock_now().ms - (at <= old ? OLD_MS : 0) }, .data = { STR("{\"id\":1}") } };
        TRY(x->restore_rows(x->store, a, t, &rows));
    }
    return x->restore_finish(x->store, a);
}

static void archives(int64_t position, int64_t keep_days, int64_t removed, int64_t archived, bool more)
{
    struct archive_made made;
    assert_null(store->log_archive(store, a, &(struct archive_wish){ position, keep_days }, &made));
    assert_int_equal(made.removed, removed);
    assert_int_equal(made.archived, archived);
    assert_int_equal(made.more, more);
}

static void reads(int64_t after, int64_t archived, int64_t next, int64_t last)
{
    struct event_page page;
    assert_null(store->feed_read(store, a, after, 10, &page));
    assert_int_equal(page.archived, archived);
    assert_int_equal(page.position, last);
    assert_int_equal(LIST_AT(&page.events, struct event, 0)->position, next);
}

static void the_beginning_is_archived(void)
{
    assert_null(log_restore(1, 2500, 1500, 0));
    reads(0, 0, 1, 2500);
    archives(2500, 0, 0, 0, false);
    archives(2500, 30, 0, 0, false);
    archives(1200, 5, 1000, 1000, true);
    archives(1200, 5, 200, 1200, false);
    archives(1200, 5, 0, 1200, false);
    reads(0, 1200, 1201, 2500);
    reads(1199, 1200, 1201, 2500);
    reads(1200, 0, 1201, 2500);
    assert_null(store->reader_passed(store, a, STR("gateway-1"), 1300));
    assert_null(store->reader_passed(store, a, STR("rooms-1"), 2500));
    archives(2500, 5, 100, 1300, false); /* what the one lacks */
    assert_null(store->reader_passed(store, a, STR("gateway-1"), 2400));
    archives(2500, 5, 200, 1500, false); /* what is young */
    store->close(store);
    store_open();
    reads(1499, 1500, 1501, 2500);
    reads(1500, 0, 1501, 2500);
    assert_int_equal(store->position(store), 2500);
}
ON_STORE(the_beginning_is_archived)

static void the_last_stays(void)
{
    assert_null(log_restore(1, 10, 10, 0));
    archives(100, 1, 9, 9, false);
    archives(100, 1, 0, 9, false);
    reads(9, 0, 10, 10);
    store->close(store);
    store_open();
    assert_int_equal(store->position(store), 10);
}
ON_STORE(the_last_stays)

static void an_archived_log_is_restored(void)
{
    assert_null(log_restore(501, 600, 600, 0));
    reads(0, 500, 501, 600);
    reads(500, 0, 501, 600);
    archives(550, 1, 50, 550, false);
}
ON_STORE(an_archived_log_is_restored)

static void an_archived_log_with_a_hole_is_not(void)
{
    assert_refused(log_restore(501, 600, 600, 550), "restore_differs");
}
ON_STORE(an_archived_log_with_a_hole_is_not)

static int archive_tests(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_the_beginning_is_archived), cmocka_unit_test(test_the_last_stays),
                                        cmocka_unit_test(test_an_archived_log_is_restored),
                                        cmocka_unit_test(test_an_archived_log_with_a_hole_is_not) };
    return cmocka_run_group_tests_name("the log's beginning", tests, NULL, NULL);
}

#endif
