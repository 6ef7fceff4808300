/* postgres_restore.c - rows put back into an empty store. A mark in the store says that it is not whole: it outlives a crash, every
 * replica sees it, and nothing else is written as long as it is there. */
#include "lib/db/postgres_tables.h"

#include <string.h>

#include "lib/db/postgres_internal.h"
#include "lib/json/write.h"

#define RESTORE_WAIT_MS (600 * INT64_C(1000)) /* rebuilding what follows from the rows of a large store */

bool pg_restore_runs(const struct postgres *p)
{
    return p->restoring;
}

/* One message under the writers' lock: all of it or nothing. The server waits for no further word. */
static const fault *restore_run(struct postgres *p, arena *a, struct buf *text)
{
    struct pg_link link = { .store = p, .name = "restore", .options = "-c lock_timeout=5s -c statement_timeout=590s" };
    struct buf whole = { .in = a };
    PGresult *nothing;
    if (!p->migrated)
        return pg_away(a, "not connected");
    buf_printf(&whole, "SELECT pg_advisory_xact_lock(%lld);", (long long)p->lock_key);
    buf_text(&whole, buf_str(text));
    buf_char(&whole, '\0');
    TRY(pg_link_open(&link, a));
    const fault *problem = pg_link_run(&link, a, whole.at, loop_now_ms() + RESTORE_WAIT_MS, &nothing);
    if (!problem)
        PQclear(nothing);
    pg_link_drop(&link);
    return problem;
}

static void mark_tell(struct postgres *p, struct buf *text)
{
    buf_printf(text, ";NOTIFY taquilla_%s, 'restore'", p->setup.service);
}

/* --- start --- */

const fault *pg_restore_start(struct postgres *p, arena *a, const struct pg_restore *of)
{
    struct buf text = { .in = a };
    buf_literal(&text, "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM restore_state) AND (EXISTS (SELECT 1 FROM log)");
    for (const struct pg_table *t = of->tables; t->name; t++)
        if (!t->own)
            buf_printf(&text, " OR EXISTS (SELECT 1 FROM %s)", t->name);
    buf_literal(&text, ") THEN RAISE EXCEPTION 'not empty' USING ERRCODE = 'TQ001'; END IF; END $$; TRUNCATE once_keys, restore_state");
    for (const struct pg_table *t = of->tables; t->name; t++)
        buf_printf(&text, ", %s", t->name);
    for (size_t i = 0; of->derived && of->derived[i]; i++)
        buf_printf(&text, ", %s", of->derived[i]);
    buf_literal(&text, " RESTART IDENTITY; INSERT INTO restore_state DEFAULT VALUES");
    mark_tell(p, &text);
    TRY(restore_run(p, a, &text));
    p->restoring = true;
    p->position = 0;
    return NULL;
}

/* --- rows --- */

/* The members of the rows are named as the columns. False: a text is none for PostgreSQL. */
static bool insert_put(struct buf *text, arena *a, const struct pg_table *t, const struct shape *row, const list *rows)
{
    struct buf json = { .in = a };
    json_write_list(&json, row, rows);
    buf_printf(text, "INSERT INTO %s (", t->name);
    for (size_t i = 0; i < row->count; i++)
        buf_printf(text, "%s\"%s\"", i ? ", " : "", row->fields[i].name);
    buf_literal(text, ") SELECT ");
    for (size_t i = 0; i < row->count; i++)
        buf_printf(text, "%s\"%s\"", i ? ", " : "", row->fields[i].name);
    buf_printf(text, " FROM json_populate_recordset(NULL::%s,", t->name);
    bool fits = pg_literal(text, buf_str(&json));
    buf_literal(text, ") WHERE restore_check()");
    return fits;
}

/* With `trial`, all is taken back, also when it went well. */
static const fault *rows_insert(struct postgres *p, arena *a, const struct pg_table *t, const struct shape *row,
                                const list *rows, bool trial)
{
    struct buf text = { .in = a };
    if (!insert_put(&text, a, t, row, rows))
        return fault_new(a, FAULT_INVALID, "constraint_broken", "A value is not possible here.");
    if (trial)
        buf_literal(&text, ";SELECT restore_undo()");
    return restore_run(p, a, &text);
}

static bool rows_refused(const fault *problem)
{
    return problem->kind == FAULT_CONFLICT ? strcmp(problem->code, "unique_broken") == 0
                                           : strcmp(problem->code, "constraint_broken") == 0;
}

/* The first that does not fit: the shortest beginning of the rows that is refused ends with it. */
static const fault *row_name(struct postgres *p, arena *a, const struct pg_table *t, const struct shape *row, const list *rows,
                             const fault *why)
{
    size_t good = 0, bad = rows->count;
    while (good + 1 < bad) {
        size_t middle = good + (bad - good) / 2;
        const fault *problem = rows_insert(p, a, t, row, &(list){ rows->at, middle }, true);
        if (!problem || strcmp(problem->code, "restore_undone") == 0)
            good = middle;
        else if (rows_refused(problem))
            bad = middle, why = problem;
        else
            return problem;
    }
    fault *refused = fault_new(a, FAULT_INVALID, "row_refused", "rows[%zu] does not fit into %s: %s", bad - 1, t->name,
                               why->kind == FAULT_CONFLICT ? "a row with its key is there already."
                                                           : "it breaks a rule, or refers to a row that is not there.");
    refused->internal = why->internal;
    return refused;
}

const fault *pg_restore_rows(struct postgres *p, arena *a, const struct pg_table *t, const struct shape *row, const list *rows)
{
    if (rows->count == 0)
        return NULL;
    const fault *problem = rows_insert(p, a, t, row, rows, false);
    return problem && rows_refused(problem) ? row_name(p, a, t, row, rows, problem) : problem;
}

/* --- finish --- */

/* What the service keeps in memory of its store is another now: its writer gets ready anew. */
static const fault *refresh_wait(struct postgres *p, arena *a)
{
    p->refresh = true;
    p->writer_ready = false;
    if (p->writer_fiber)
        fiber_wake(p->writer_fiber);
    for (int64_t until_ms = loop_now_ms() + AWAY_WAIT_MS; !p->writer_ready && loop_now_ms() < until_ms;)
        fiber_sleep(2);
    return p->writer_ready ? NULL : pg_away(a, "not connected");
}

const fault *pg_restore_finish(struct postgres *p, arena *a, const struct pg_restore *of)
{
    struct buf text = { .in = a };
    buf_literal(&text, "SELECT restore_check();"
                       "DO $$ BEGIN IF EXISTS (SELECT 1 FROM log HAVING count(*) <> max(position) - min(position) + 1 OR min(position) < 1) "
                       "THEN RAISE EXCEPTION 'a hole' USING ERRCODE = 'TQ003'; END IF; END $$;");
    if (of->rebuild)
        buf_text(&text, str_of(of->rebuild));
    buf_literal(&text, ";DELETE FROM restore_state");
    mark_tell(p, &text);
    TRY(restore_run(p, a, &text));
    p->restoring = false;
    return refresh_wait(p, a);
}
