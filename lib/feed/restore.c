/* restore.c - an owner's tables put back: rows read strictly by their shapes, and compared at the end with what they were. */
#include "lib/feed/export.h"

#include <sodium.h>

#include "lib/json/read.h"
#include "lib/loop/fiber.h"

#define TABLES_MAX 64

struct restore_row {
    uint64_t given_unused;
    struct raw_json whole;
};
struct restore_rows {
    str table;
    list rows; /* of struct restore_row: which shape they have, the table says */
};
static const struct field restore_row_fields[] = { FIELD(struct restore_row, whole, "", .whole = true) };
static const struct shape restore_row_shape = SHAPE(restore_row, restore_row_fields);
static const struct field restore_rows_fields[] = {
    FIELD(struct restore_rows, table, "table", .min = 1, .max = 100),
    FIELD(struct restore_rows, rows, "rows", .max = EXPORT_ROWS_MAX, .shape = &restore_row_shape),
};
const struct shape restore_rows_shape = SHAPE(restore_rows, restore_rows_fields, .strict = true);

struct table_sum {
    str table;
    int64_t rows;
    str sha256;
};
struct restore_finish {
    list tables; /* of struct table_sum; a table that is not among them is empty */
};
static const struct field table_sum_fields[] = {
    FIELD(struct table_sum, table, "table", .min = 1, .max = 100),
    FIELD(struct table_sum, rows, "rows"),
    FIELD(struct table_sum, sha256, "sha256", .min = 64, .max = 64, .doc = "of the table's lines, in lower-case hex"),
};
static const struct shape table_sum_shape = SHAPE(table_sum, table_sum_fields, .strict = true);
static const struct field restore_finish_fields[] = {
    FIELD(struct restore_finish, tables, "tables", .max = TABLES_MAX, .shape = &table_sum_shape),
};
const struct shape restore_finish_shape = SHAPE(restore_finish, restore_finish_fields, .strict = true);

struct restore_answer {
    int64_t rows, position;
};
static const struct field restore_answer_fields[] = {
    FIELD(struct restore_answer, rows, "rows", .doc = "taken by this request; to finish: all"),
    FIELD(struct restore_answer, position, "position", .doc = "of the log, once finished"),
};
const struct shape restore_answer_shape = SHAPE(restore_answer, restore_answer_fields);

const fault *restore_start_answer(const struct exporter *x, struct call *c)
{
    TRY(x->restore_start(x->store, c->arena));
    return reply(c, 200, &restore_answer_shape, &(struct restore_answer){ 0 });
}

static const fault *must_run(const struct exporter *x, arena *a)
{
    if (x->restore_runs(x->store))
        return NULL;
    return fault_new(a, FAULT_CONFLICT, "restore_not_started", "No restore is under way here; start one first.");
}

/* --- rows --- */

struct rows_of {
    list rows;
};

/* The rows as one text again, read by the shape of their table: a fault then names rows[3].price. */
static const fault *rows_read(arena *a, const struct export_table *t, const list *raw, list *out)
{
    struct buf text = { .in = a };
    struct rows_of read = { { NULL, 0 } };
    const struct field fields[] = {
        FIELD(struct rows_of, rows, "rows", .max = EXPORT_ROWS_MAX, .shape = t->row),
    };
    const struct shape shape = SHAPE(rows_of, fields);
    buf_literal(&text, "{\"rows\":[");
    for (size_t i = 0; i < raw->count; i++) {
        if (i > 0)
            buf_char(&text, ',');
        buf_text(&text, LIST_AT(raw, struct restore_row, i)->whole.text);
    }
    buf_literal(&text, "]}");
    TRY(json_read(a, buf_str(&text), &shape, &read));
    *out = read.rows;
    return NULL;
}

const fault *restore_rows_answer(const struct exporter *x, struct call *c)
{
    const struct restore_rows *want = c->body;
    const struct export_table *t;
    list rows;
    TRY(must_run(x, c->arena));
    TRY(export_table_find(x, c->arena, want->table, &t));
    if (want->rows.count == 0) /* whoever sends none asks whether a restore is under way */
        return reply(c, 200, &restore_answer_shape, &(struct restore_answer){ 0 });
    TRY(rows_read(c->arena, t, &want->rows, &rows));
    TRY(x->restore_rows(x->store, c->arena, t, &rows));
    return reply(c, 200, &restore_answer_shape, &(struct restore_answer){ .rows = (int64_t)rows.count });
}

/* --- finish --- */

struct summing {
    crypto_hash_sha256_state state;
    struct buf lines;
};

static const fault *rows_sum(void *arg, const struct export_table *t, const list *rows)
{
    struct summing *s = arg;
    s->lines.len = 0;
    for (size_t i = 0; i < rows->count; i++)
        export_row_write(&s->lines, t, (const char *)rows->at + i * t->row->size);
    crypto_hash_sha256_update(&s->state, (const unsigned char *)s->lines.at, s->lines.len);
    fiber_give_way(); /* others ask how we are */
    return NULL;
}

static const fault *table_sum(const struct exporter *x, struct export_view *view, arena *a, const struct export_table *t,
                              struct table_sum *out)
{
    struct summing s = { .lines = { 0 } };
    unsigned char hash[crypto_hash_sha256_BYTES];
    char *hex = arena_take(a, 2 * sizeof hash + 1);
    *out = (struct table_sum){ .table = str_of(t->name) };
    crypto_hash_sha256_init(&s.state);
    const fault *problem = export_table_read(x, view, a, t, rows_sum, &s, &out->rows);
    buf_free(&s.lines);
    crypto_hash_sha256_final(&s.state, hash);
    out->sha256 = (str){ sodium_bin2hex(hex, 2 * sizeof hash + 1, hash, sizeof hash), 2 * sizeof hash };
    return problem;
}

static const struct table_sum *told_of(const list *told, str table)
{
    for (size_t i = 0; i < told->count; i++)
        if (str_equal(LIST_AT(told, struct table_sum, i)->table, table))
            return LIST_AT(told, struct table_sum, i);
    return NULL;
}

/* Says what differs, if anything does. */
static void sums_compare(struct buf *differs, const struct table_sum *found, const struct table_sum *told)
{
    int64_t rows = told ? told->rows : 0;
    const char *before = differs->len ? "; " : "";
    if (found->rows != rows)
        buf_printf(differs, "%s%.*s has %lld rows and should have %lld", before, STR_ARG(found->table),
                   (long long)found->rows, (long long)rows);
    else if (told && !str_equal(found->sha256, told->sha256))
        buf_printf(differs, "%s%.*s has other rows than it should", before, STR_ARG(found->table));
}

static const fault *tables_compare(const struct exporter *x, struct export_view *view, arena *a, const list *told,
                                   int64_t *rows)
{
    struct buf differs = { .in = a };
    for (const struct export_table *t = x->tables; t->name; t++) {
        struct table_sum found;
        TRY(table_sum(x, view, a, t, &found));
        sums_compare(&differs, &found, told_of(told, found.table));
        *rows += found.rows;
    }
    if (differs.len == 0)
        return NULL;
    return fault_new(a, FAULT_CONFLICT, "restore_differs", "What was restored is not what was kept: %.*s.",
                     STR_ARG(buf_str(&differs)));
}

const fault *restore_finish_answer(const struct exporter *x, struct call *c)
{
    const struct restore_finish *want = c->body;
    struct restore_answer made = { 0 };
    struct export_view *view;
    const struct export_table *known;
    TRY(must_run(x, c->arena));
    for (size_t i = 0; i < want->tables.count; i++)
        TRY(export_table_find(x, c->arena, LIST_AT(&want->tables, struct table_sum, i)->table, &known));
    TRY(x->view_open(x->store, c->arena, &view, &made.position));
    const fault *problem = tables_compare(x, view, c->arena, &want->tables, &made.rows);
    x->view_close(view);
    TRY(problem);
    TRY(x->restore_finish(x->store, c->arena));
    return reply(c, 200, &restore_answer_shape, &made);
}
