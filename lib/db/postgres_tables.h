/* postgres_tables.h - whole tables out of a store on PostgreSQL at one moment, and back into an empty one, each by a shape. */
#ifndef TAQUILLA_DB_POSTGRES_TABLES_H
#define TAQUILLA_DB_POSTGRES_TABLES_H

#include "lib/db/postgres.h"

/* A row's shape names the columns: the fields' names are the database's, their `column` the members'. */
struct pg_table {
    const char *name;
    const char *key; /* "id"; "schedule_id, seat_id": rows are read in this order */
    bool own;        /* an empty store has rows of its own here: its secrets */
};

/* --- out: a view has a connection and a snapshot of its own --- */

#define PG_VIEWS_MAX 4
#define PG_VIEW_MS_MAX (600 * 1000) /* rows that changed meanwhile are kept for it: so none lasts for ever */

struct pg_view;

/* The view lives in `a`. *position is the log's last in the snapshot. UNAVAILABLE export_busy. */
const fault *pg_view_open(struct postgres *p, arena *a, struct pg_view **out, int64_t *position) MUST_CHECK;
/* `t` and `row` must live until its rows are read. */
const fault *pg_view_begin(struct pg_view *v, arena *a, const struct pg_table *t, const struct shape *row) MUST_CHECK;
/* The next rows of the table begun, at most `limit`; none: it is over. UNAVAILABLE export_late. */
const fault *pg_view_rows(struct pg_view *v, arena *a, int64_t limit, list *rows) MUST_CHECK;
void pg_view_close(struct pg_view *v);

/* --- back: while a restore runs, every command is refused with UNAVAILABLE restore_running, on every replica --- */

struct pg_restore {
    const struct pg_table *tables;     /* those that others refer to first; ended by one without name */
    const char *const *derived;        /* tables that follow from them, in the order in which they are emptied; NULL-ended, or NULL */
    const char *rebuild;               /* statements that make what follows from the rows, when all are there; NULL: none */
};

/* CONFLICT store_not_empty, unless what is there was left by a restore that did not finish: that goes. */
const fault *pg_restore_start(struct postgres *p, arena *a, const struct pg_restore *of) MUST_CHECK;
/* All of them or none. CONFLICT restore_not_started; INVALID row_refused, naming the row. */
const fault *pg_restore_rows(struct postgres *p, arena *a, const struct pg_table *t, const struct shape *row,
                             const list *rows) MUST_CHECK;
/* From now on the store is as any other: its log goes on where the rows of `log` end. CONFLICT restore_not_started,
 * restore_differs: they have a hole. */
const fault *pg_restore_finish(struct postgres *p, arena *a, const struct pg_restore *of) MUST_CHECK;
bool pg_restore_runs(const struct postgres *p);

#endif
