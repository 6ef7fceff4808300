/* export.c - an owner's tables as lines of JSON, a few rows in memory at a time. */
#include "lib/feed/export.h"

#include <string.h>

#include "lib/json/write.h"

#define LINES_BYTES_ENOUGH ((size_t)64 * 1024) /* sent as one piece */
#define ROWS_AT_ONCE 64
#define ROWS_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define NDJSON "application/x-ndjson"

struct export_query {
    strs tables;
};
static const struct field export_query_fields[] = {
    FIELD(struct export_query, tables, "tables", .optional = true, .doc = "names, separated by commas; all when absent"),
};
const struct shape export_query_shape = SHAPE(export_query, export_query_fields);

static const struct field export_log_fields[] = {
    FIELD(struct export_log, position, "position", .min = 1),
    FIELD(struct export_log, type, "type", .min = 1),
    FIELD(struct export_log, subject, "subject"),
    FIELD(struct export_log, time_ms, "time", .form = TIME_Z_MS),
    FIELD(struct export_log, data, "data"),
};
const struct shape export_log_shape = SHAPE(export_log, export_log_fields, .strict = true);

const fault *export_table_find(const struct exporter *x, arena *a, str name, const struct export_table **out)
{
    struct buf known = { .in = a };
    for (const struct export_table *t = x->tables; t->name; t++) {
        if (str_equal(name, str_of(t->name))) {
            *out = t;
            return NULL;
        }
        buf_printf(&known, "%s%s", known.len ? ", " : "", t->name);
    }
    return fault_new(a, FAULT_NOT_FOUND, "table_unknown", "There is no such table here; there are %.*s.",
                     STR_ARG(buf_str(&known)));
}

void export_row_write(struct buf *out, const struct export_table *t, const void *row)
{
    json_write(out, t->row, row);
    buf_char(out, '\n');
}

/* --- a table, some rows at a time --- */

static const fault *rows_walk(const struct exporter *x, struct export_view *view, arena *memory,
                              const struct export_table *t, export_take *take, void *arg, int64_t *rows)
{
    TRY(x->view_begin(view, memory, t));
    for (;;) {
        list found;
        arena_reset(memory);
        TRY(x->view_rows(view, memory, ROWS_AT_ONCE, &found));
        if (found.count == 0)
            return NULL;
        TRY(take(arg, t, &found));
        *rows += (int64_t)found.count;
    }
}

const fault *export_table_read(const struct exporter *x, struct export_view *view, arena *a, const struct export_table *t,
                               export_take *take, void *arg, int64_t *rows)
{
    arena *memory = arena_new(ROWS_BYTES_MAX);
    const fault *problem = rows_walk(x, view, memory, t, take, arg, rows);
    problem = problem ? fault_copy(a, problem) : NULL; /* before its memory goes */
    arena_free(memory);
    return problem;
}

/* --- the answers --- */

struct exporting {
    struct call *c;
    const struct exporter *x;
    struct export_view *view;
    const strs *wanted; /* none: every table */
    int64_t position, rows;
};

static const fault *lines_send(struct call *c, size_t enough)
{
    return c->out.len >= enough ? stream_flush(c) : NULL;
}

static const fault *named_rows_write(void *arg, const struct export_table *t, const list *rows)
{
    struct call *c = arg;
    for (size_t i = 0; i < rows->count; i++) {
        buf_printf(&c->out, "{\"table\":\"%s\",\"row\":", t->name);
        json_write(&c->out, t->row, (const char *)rows->at + i * t->row->size);
        buf_literal(&c->out, "}\n");
    }
    return lines_send(c, LINES_BYTES_ENOUGH);
}

static const fault *rows_write(void *arg, const struct export_table *t, const list *rows)
{
    struct call *c = arg;
    for (size_t i = 0; i < rows->count; i++)
        export_row_write(&c->out, t, (const char *)rows->at + i * t->row->size);
    return lines_send(c, LINES_BYTES_ENOUGH);
}

static bool is_wanted(const struct exporting *e, const struct export_table *t)
{
    for (size_t i = 0; i < e->wanted->count; i++)
        if (str_equal(e->wanted->at[i], str_of(t->name)))
            return true;
    return e->wanted->count == 0;
}

static const fault *tables_write(struct exporting *e)
{
    struct call *c = e->c;
    for (const struct export_table *t = e->x->tables; t->name; t++)
        if (is_wanted(e, t))
            TRY(export_table_read(e->x, e->view, c->arena, t, named_rows_write, c, &e->rows));
    buf_printf(&c->out, "{\"end\":true,\"position\":%lld,\"rows\":%lld}\n", (long long)e->position, (long long)e->rows);
    return lines_send(c, 1);
}

static bool lines_begin(struct exporting *e)
{
    answer_header(e->c, "Taquilla-Position",
                  arena_printf(e->c->arena, "%s/%lld", e->c->site->name, (long long)e->position));
    return stream_start(e->c, 200, NDJSON);
}

const fault *export_answer(const struct exporter *x, struct call *c)
{
    const struct export_query *want = c->query;
    struct exporting e = { .c = c, .x = x, .wanted = &want->tables };
    const struct export_table *known;
    for (size_t i = 0; i < want->tables.count; i++)
        TRY(export_table_find(x, c->arena, want->tables.at[i], &known));
    TRY(x->view_open(x->store, c->arena, &e.view, &e.position));
    const fault *problem = lines_begin(&e) ? tables_write(&e) : NULL;
    x->view_close(e.view);
    return problem;
}

const fault *export_table_answer(const struct exporter *x, struct call *c)
{
    struct exporting e = { .c = c, .x = x };
    const struct export_table *t;
    TRY(export_table_find(x, c->arena, c->names[0], &t));
    TRY(x->view_open(x->store, c->arena, &e.view, &e.position));
    const fault *problem = NULL;
    if (lines_begin(&e)) {
        problem = export_table_read(x, e.view, c->arena, t, rows_write, c, &e.rows);
        if (!problem)
            problem = lines_send(c, 1);
    }
    x->view_close(e.view);
    return problem;
}
