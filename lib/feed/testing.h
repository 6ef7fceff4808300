/* testing.h - for tests of stores: all that an exporter tells, and a copy of it into another store. Include after cmocka. */
#ifndef TAQUILLA_FEED_TESTING_H
#define TAQUILLA_FEED_TESTING_H

#include "lib/feed/export.h"
#include "lib/json/read.h"
#include "lib/json/write.h"

static const fault *lines_take(void *arg, const struct export_table *t, const list *rows)
{
    struct buf *out = arg;
    for (size_t i = 0; i < rows->count; i++) {
        buf_printf(out, "%s ", t->name);
        export_row_write(out, t, (const char *)rows->at + i * t->row->size);
    }
    return NULL;
}

/* Every row of every table, a line each, and the position. */
static const char *exporter_lines(const struct exporter *x, arena *a)
{
    struct buf out = { .in = a };
    struct export_view *view;
    int64_t position, rows = 0;
    assert_null(x->view_open(x->store, a, &view, &position));
    for (const struct export_table *t = x->tables; t->name; t++)
        assert_null(export_table_read(x, view, a, t, lines_take, &out, &rows));
    x->view_close(view);
    buf_printf(&out, "%lld rows at %lld\n", (long long)rows, (long long)position);
    buf_char(&out, '\0');
    return out.at;
}

struct rows_copying {
    const struct exporter *to;
    arena *a;
};

/* By way of JSON, as over HTTP. */
static const fault *rows_copy(void *arg, const struct export_table *t, const list *rows)
{
    struct rows_copying *c = arg;
    struct buf text = { .in = c->a };
    list read;
    json_write_list(&text, t->row, rows);
    TRY(json_read_list(c->a, buf_str(&text), t->row, &read));
    return c->to->restore_rows(c->to->store, c->a, t, &read);
}

/* A restore of all that `from` has into `to`, which must be empty. */
static void exporter_copy(const struct exporter *from, const struct exporter *to, arena *a)
{
    struct rows_copying copying = { to, a };
    struct export_view *view;
    int64_t position, rows = 0;
    assert_null(from->view_open(from->store, a, &view, &position));
    assert_null(to->restore_start(to->store, a));
    for (const struct export_table *t = from->tables; t->name; t++) {
        const fault *problem = export_table_read(from, view, a, t, rows_copy, &copying, &rows);
        if (problem)
            fail_msg("%s: %.*s (%.*s)", t->name, STR_ARG(problem->sentence), STR_ARG(problem->internal));
    }
    from->view_close(view);
    assert_true(to->restore_runs(to->store));
    assert_null(to->restore_finish(to->store, a));
    assert_false(to->restore_runs(to->store));
}

#endif
