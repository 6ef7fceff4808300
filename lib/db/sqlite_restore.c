/* sqlite_restore.c - rows put back into an empty store. A mark in the store says that it is not whole: it outlives a crash,
 * and nothing else is written as long as it is there. */
#include "lib/db/sqlite_tables.h"

#include "lib/db/sqlite_internal.h"
#include "lib/json/write.h"

const fault *restore_running(arena *a)
{
    fault *busy = fault_new(a, FAULT_UNAVAILABLE, "restore_running", "A restore is under way here; try again when it is over.");
    busy->retry_after_s = 2;
    return busy;
}

bool sqlite_restore_runs(const struct sqlite *s)
{
    return atomic_load(&s->restoring);
}

const fault *restore_mark_read(struct sqlite *s, arena *a)
{
    int64_t marks = 0;
    TRY(sql_number(&s->writer, a, &marks, "SELECT count(*) FROM restore_state", NO_BINDS));
    atomic_store(&s->restoring, marks > 0);
    return NULL;
}

/* --- start --- */

static const fault *refuse_data(struct sql *db, arena *a, const struct sqlite_restore *of)
{
    if (db->position > 0)
        return fault_new(a, FAULT_CONFLICT, "store_not_empty", "This store has data; only an empty one takes a restore.");
    for (const struct sqlite_table *t = of->tables; t->name; t++) {
        int64_t rows = 0;
        str text = arena_printf(a, "SELECT count(*) FROM (SELECT 1 FROM %s LIMIT 1)", t->name);
        if (!t->own)
            TRY(sql_number(db, a, &rows, text.at, NO_BINDS));
        if (rows > 0)
            return fault_new(a, FAULT_CONFLICT, "store_not_empty",
                             "This store has rows in %s; only an empty one takes a restore.", t->name);
    }
    return NULL;
}

static const fault *table_empty(struct sql *db, arena *a, const char *name)
{
    return sql_run(db, a, arena_printf(a, "DELETE FROM %s", name).at, NO_BINDS);
}

/* What refers to others goes before them. */
static const fault *tables_empty(struct sql *db, arena *a, const struct sqlite_restore *of)
{
    size_t count = 0;
    int64_t sequences = 0;
    while (of->tables[count].name)
        count++;
    while (count > 0)
        TRY(table_empty(db, a, of->tables[--count].name));
    TRY(table_empty(db, a, "once_keys"));
    TRY(sql_number(db, a, &sequences, "SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_sequence'", NO_BINDS));
    return sequences > 0 ? table_empty(db, a, "sqlite_sequence") : NULL;
}

static const fault *start_act(struct sql *db, arena *a, void *arg)
{
    const struct sqlite_restore *of = arg;
    if (!atomic_load(&db->store->restoring))
        TRY(refuse_data(db, a, of));
    TRY(tables_empty(db, a, of));
    TRY(table_empty(db, a, "restore_state"));
    TRY(sql_run(db, a, "INSERT INTO restore_state (started_ms) VALUES (?1)", BIND(sql_instant(sql_now(db)))));
    db->position = 0;
    atomic_store(&db->store->restoring, true);
    return NULL;
}

const fault *sqlite_restore_start(struct sqlite *s, arena *a, const struct sqlite_restore *of)
{
    struct sqlite_restore copy = *of;
    return sqlite_write_restoring(s, a, start_act, &copy);
}

/* --- rows --- */

static struct bind choice_bind(const struct field *f, unsigned value)
{
    for (unsigned i = 0; f->choices[i]; i++)
        if (i == value)
            return sql_text(str_of(f->choices[i]));
    return sql_text((str){ NULL, 0 });
}

/* A list or an object of a shape is JSON in its column. */
static struct bind json_bind(arena *a, const struct field *f, const void *member)
{
    struct buf text = { .in = a };
    if (f->kind == KIND_LIST)
        json_write_list(&text, f->shape, member);
    else if (*(void *const *)member)
        json_store(&text, f->shape, *(void *const *)member);
    else
        return sql_text((str){ NULL, 0 });
    return sql_text(buf_str(&text));
}

static struct bind value_bind(arena *a, const struct field *f, const void *member)
{
    switch (f->kind) {
    case KIND_INTEGER:
    case KIND_INSTANT:
    case KIND_WALL:
    case KIND_DAY:
        return sql_int(*(const int64_t *)member);
    case KIND_MONEY:
        return sql_int(f->nullable && ((const money *)member)->cents < 0 ? INT64_MIN : ((const money *)member)->cents);
    case KIND_NUMBER:
        return sql_real(*(const double *)member); /* not a number is null */
    case KIND_BOOL:
        return sql_bool(*(const bool *)member);
    case KIND_TEXT:
        return sql_text(*(const str *)member);
    case KIND_RAW:
        return sql_text(((const struct raw_json *)member)->text);
    case KIND_CHOICE:
        return choice_bind(f, *(const unsigned *)member);
    case KIND_IDS:
        return sql_ids(a, member);
    case KIND_TEXTS:
        return sql_json_texts(a, member);
    case KIND_LIST:
    case KIND_OBJECT:
        return json_bind(a, f, member);
    }
    return sql_int(INT64_MIN);
}

void sql_row_bind(arena *a, const struct shape *s, const void *row, struct bind *values)
{
    for (size_t i = 0; i < s->count; i++)
        values[i] = value_bind(a, &s->fields[i], (const char *)row + s->fields[i].offset);
}

static const char *insert_text(arena *a, const struct sqlite_table *t, const struct shape *row)
{
    struct buf text = { .in = a };
    size_t count = row->count + (t->also != NULL);
    buf_printf(&text, "INSERT INTO %s (", t->name);
    for (size_t i = 0; i < count; i++)
        buf_printf(&text, "%s\"%s\"", i ? ", " : "", i < row->count ? row->fields[i].column : t->also);
    buf_literal(&text, ") VALUES (");
    for (size_t i = 0; i < count; i++)
        buf_printf(&text, "%s?%zu", i ? ", " : "", i + 1);
    buf_char(&text, ')');
    buf_char(&text, '\0');
    return text.at;
}

struct rows_act {
    const struct sqlite_table *table;
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

static const fault *rows_act(struct sql *db, arena *a, void *arg)
{
    const struct rows_act *act = arg;
    if (!atomic_load(&db->store->restoring))
        return fault_new(a, FAULT_CONFLICT, "restore_not_started", "No restore is under way here; start one first.");
    const char *text = insert_text(a, act->table, act->row);
    struct bind values[SHAPE_FIELDS_MAX + 1];
    for (size_t i = 0; i < act->rows->count; i++) {
        const void *row = (const char *)act->rows->at + i * act->row->size;
        sql_row_bind(a, act->row, row, values);
        if (act->table->also)
            values[act->row->count] = act->table->derive(a, row);
        struct binds all = { values, act->row->count + (act->table->also != NULL) };
        const fault *problem = sql_run(db, a, text, all);
        if (problem)
            return row_refused(a, act, i, problem);
    }
    return NULL;
}

const fault *sqlite_restore_rows(struct sqlite *s, arena *a, const struct sqlite_table *t, const struct shape *row,
                                 const list *rows)
{
    struct rows_act act = { t, row, rows };
    return sqlite_write_restoring(s, a, rows_act, &act);
}

/* --- finish --- */

static const fault *finish_act(struct sql *db, arena *a, void *arg)
{
    const struct sqlite_restore *of = arg;
    int64_t events = 0, last = 0, first = 0;
    if (!atomic_load(&db->store->restoring))
        return fault_new(a, FAULT_CONFLICT, "restore_not_started", "No restore is under way here; start one first.");
    TRY(sql_number(db, a, &events, "SELECT count(*) FROM log", NO_BINDS));
    TRY(sql_number(db, a, &first, "SELECT min(position) FROM log", NO_BINDS));
    TRY(sql_number(db, a, &last, "SELECT max(position) FROM log", NO_BINDS));
    if (events > 0 && (first < 1 || events != last - first + 1)) /* its beginning may be archived */
        return fault_new(a, FAULT_CONFLICT, "restore_differs", "The log has %lld events and ends at position %lld.",
                         (long long)events, (long long)last);
    if (of->rebuild)
        TRY(of->rebuild(db, a, of->arg));
    TRY(table_empty(db, a, "restore_state"));
    db->position = last;
    return NULL;
}

const fault *sqlite_restore_finish(struct sqlite *s, arena *a, const struct sqlite_restore *of)
{
    struct sqlite_restore copy = *of;
    TRY(sqlite_write_restoring(s, a, finish_act, &copy));
    atomic_store(&s->restoring, false); /* not in the act: the mark may still be there when its commit fails */
    return NULL;
}
