/* mysql_restore.c - rows put back into an empty store. A mark in the store says that it is not whole: it outlives a crash, every replica
 * sees it under the counter's lock, and nothing else is written as long as it is there. */
#include "lib/db/mysql_tables.h"

#include "lib/db/mysql_internal.h"
#include "lib/json/write.h"

const fault *my_restore_running(arena *a)
{
    fault *busy = fault_new(a, FAULT_UNAVAILABLE, "restore_running", "A restore is under way here; try again when it is over.");
    busy->retry_after_s = 2;
    return busy;
}

bool my_restore_runs(const struct my_store *s)
{
    return s->restoring;
}

/* --- start --- */

static const fault *refuse_data(struct my *db, arena *a, const struct my_restore *of)
{
    if (db->position > 0)
        return fault_new(a, FAULT_CONFLICT, "store_not_empty", "This store has data; only an empty one takes a restore.");
    for (const struct my_table *t = of->tables; t->name; t++) {
        int64_t rows = 0;
        TRY(my_number(db, a, &rows, arena_printf(a, "SELECT COUNT(*) FROM (SELECT 1 FROM `%s` LIMIT 1) one_row", t->name).at,
                      MY_NO_BINDS));
        if (rows > 0)
            return fault_new(a, FAULT_CONFLICT, "store_not_empty",
                             "This store has rows in %s; only an empty one takes a restore.", t->name);
    }
    return NULL;
}

static const fault *table_empty(struct my *db, arena *a, const char *name)
{
    return my_run(db, a, arena_printf(a, "DELETE FROM `%s`", name).at, MY_NO_BINDS);
}

/* What refers to others goes before them. */
static const fault *tables_empty(struct my *db, arena *a, const struct my_restore *of)
{
    size_t count = 0;
    while (of->tables[count].name)
        count++;
    while (count > 0)
        TRY(table_empty(db, a, of->tables[--count].name));
    return table_empty(db, a, "once_keys");
}

static const fault *start_act(struct my *db, arena *a, void *arg)
{
    const struct my_restore *of = arg;
    if (!db->store->restoring)
        TRY(refuse_data(db, a, of));
    TRY(tables_empty(db, a, of));
    TRY(table_empty(db, a, "restore_state"));
    return my_run(db, a, "INSERT INTO restore_state (started_ms) VALUES (?)", MY_BIND(my_int(my_now(db).ms)));
}

const fault *my_restore_start(struct my_store *s, arena *a, const struct my_restore *of)
{
    struct my_restore copy = *of;
    TRY(my_write_restoring(s, a, start_act, &copy));
    s->restoring = true;
    return NULL;
}

/* --- rows --- */

static struct my_bind choice_bind(const struct field *f, unsigned value)
{
    for (unsigned i = 0; f->choices[i]; i++)
        if (i == value)
            return my_text(str_of(f->choices[i]));
    return my_text((str){ NULL, 0 });
}

/* Lists and objects are JSON in their column. */
static struct my_bind json_bind(arena *a, const struct field *f, const void *member)
{
    struct buf text = { .in = a };
    if (f->kind == KIND_LIST)
        json_write_list(&text, f->shape, member);
    else if (*(void *const *)member)
        json_store(&text, f->shape, *(void *const *)member);
    else
        return my_text((str){ NULL, 0 });
    return my_text(buf_str(&text));
}

static struct my_bind texts_bind(arena *a, const strs *texts)
{
    struct buf text = { .in = a };
    for (size_t i = 0; i < texts->count; i++) {
        buf_char(&text, i ? ',' : '[');
        buf_quoted(&text, texts->at[i]);
    }
    buf_text(&text, texts->count ? STR("]") : STR("[]"));
    return my_text(buf_str(&text));
}

/* `unit_ms` is what a time of this kind counts; its column is a DATETIME, or a number of the same. */
static struct my_bind time_bind(int64_t n, int64_t unit_ms, enum my_bind_kind column)
{
    if (column != MY_TIME || n == TIME_NONE)
        return my_int(n);
    return my_instant((instant){ n * unit_ms });
}

static struct my_bind value_bind(arena *a, const struct field *f, const void *member, enum my_bind_kind column)
{
    switch (f->kind) {
    case KIND_INTEGER:
        return my_int(*(const int64_t *)member);
    case KIND_INSTANT:
        return time_bind(*(const int64_t *)member, 1, column);
    case KIND_WALL:
        return time_bind(*(const int64_t *)member, 1000, column);
    case KIND_DAY:
        return time_bind(*(const int64_t *)member, INT64_C(86400000), column);
    case KIND_MONEY:
        if (f->nullable && ((const money *)member)->cents < 0)
            return my_int(INT64_MIN);
        return my_money(a, *(const money *)member);
    case KIND_NUMBER:
        return my_real(*(const double *)member);
    case KIND_BOOL:
        return my_flag(*(const bool *)member);
    case KIND_TEXT:
        return my_text(*(const str *)member);
    case KIND_RAW:
        return my_text(((const struct raw_json *)member)->text);
    case KIND_CHOICE:
        return choice_bind(f, *(const unsigned *)member);
    case KIND_IDS:
        return my_ids(a, member);
    case KIND_TEXTS:
        return texts_bind(a, member);
    case KIND_LIST:
    case KIND_OBJECT:
        return json_bind(a, f, member);
    }
    return my_int(INT64_MIN);
}

/* What the columns of a shape are in the table, as its server says. */
static const fault *columns_ask(struct my *db, arena *a, const struct my_table *t, const struct shape *row,
                                enum my_bind_kind kinds[SHAPE_COLUMNS_MAX])
{
    struct buf text = { .in = a };
    struct my_statement *asked;
    for (size_t i = 0; i < row->count; i++)
        buf_printf(&text, "%s`%s`", i ? ", " : "SELECT ", row->fields[i].column);
    buf_printf(&text, " FROM `%s` LIMIT 0", t->name);
    const char *question = arena_cstr(a, buf_str(&text));
    TRY(my_run(db, a, question, MY_NO_BINDS));
    HASH_FIND_STR(db->on->by_text, question, asked);
    for (unsigned i = 0; asked && i < asked->column_count && i < SHAPE_COLUMNS_MAX; i++)
        kinds[i] = asked->columns[i].kind;
    return NULL;
}

static const char *insert_text(arena *a, const struct my_table *t, const struct shape *row)
{
    struct buf text = { .in = a };
    size_t count = row->count + (t->also != NULL);
    buf_printf(&text, "INSERT INTO `%s` (", t->name);
    for (size_t i = 0; i < count; i++)
        buf_printf(&text, "%s`%s`", i ? ", " : "", i < row->count ? row->fields[i].column : t->also);
    buf_literal(&text, ") VALUES (");
    for (size_t i = 0; i < count; i++)
        buf_text(&text, i ? STR(", ?") : STR("?"));
    buf_char(&text, ')');
    return arena_cstr(a, buf_str(&text));
}

struct rows_act {
    const struct my_table *table;
    const struct shape *row;
    const list *rows;
};

static const fault *row_refused(arena *a, const struct rows_act *act, size_t at, const fault *why)
{
    if (why->kind != FAULT_CONFLICT && why->kind != FAULT_INVALID)
        return why;
    fault *refused = fault_new(a, FAULT_INVALID, "row_refused", "rows[%zu] does not fit into %s: %s", at, act->table->name,
                               why->kind == FAULT_CONFLICT ? "a row with its key is there already."
                                                           : "it breaks a rule, or refers to a row that is not there.");
    refused->internal = why->internal;
    return refused;
}

static const fault *rows_act(struct my *db, arena *a, void *arg)
{
    const struct rows_act *act = arg;
    enum my_bind_kind kinds[SHAPE_COLUMNS_MAX] = { MY_NULL };
    if (!db->store->restoring)
        return fault_new(a, FAULT_CONFLICT, "restore_not_started", "No restore is under way here; start one first.");
    TRY(columns_ask(db, a, act->table, act->row, kinds));
    const char *text = insert_text(a, act->table, act->row);
    struct my_bind values[SHAPE_COLUMNS_MAX + 1];
    for (size_t i = 0; i < act->rows->count; i++) {
        const char *row = (const char *)act->rows->at + i * act->row->size;
        for (size_t f = 0; f < act->row->count; f++)
            values[f] = value_bind(a, &act->row->fields[f], row + act->row->fields[f].offset, kinds[f]);
        if (act->table->also)
            values[act->row->count] = act->table->derive(a, row);
        const fault *problem = my_run(db, a, text, (struct my_binds){ values, act->row->count + (act->table->also != NULL) });
        if (problem)
            return row_refused(a, act, i, problem);
    }
    return NULL;
}

const fault *my_restore_rows(struct my_store *s, arena *a, const struct my_table *t, const struct shape *row,
                             const list *rows)
{
    struct rows_act act = { t, row, rows };
    return my_write_restoring(s, a, rows_act, &act);
}

/* --- finish --- */

static const fault *finish_act(struct my *db, arena *a, void *arg)
{
    int64_t events = 0, last = 0, first = 0;
    (void)arg;
    if (!db->store->restoring)
        return fault_new(a, FAULT_CONFLICT, "restore_not_started", "No restore is under way here; start one first.");
    TRY(my_number(db, a, &events, "SELECT COUNT(*) FROM log", MY_NO_BINDS));
    TRY(my_number(db, a, &first, "SELECT MIN(position) FROM log", MY_NO_BINDS));
    TRY(my_number(db, a, &last, "SELECT MAX(position) FROM log", MY_NO_BINDS));
    if (events > 0 && (first < 1 || events != last - first + 1)) /* its beginning may be archived */
        return fault_new(a, FAULT_CONFLICT, "restore_differs", "The log has %lld events and ends at position %lld.",
                         (long long)events, (long long)last);
    TRY(table_empty(db, a, "restore_state"));
    db->position = last;
    return NULL;
}

const fault *my_restore_finish(struct my_store *s, arena *a, const struct my_restore *of)
{
    (void)of;
    TRY(my_write_restoring(s, a, finish_act, NULL));
    s->restoring = false;
    return NULL;
}
