/* sqlite_tables.h - whole tables out of a store at one moment, and back into an empty one, each by a shape. */
#ifndef TAQUILLA_DB_SQLITE_TABLES_H
#define TAQUILLA_DB_SQLITE_TABLES_H

#include "lib/db/sqlite.h"

/* A row's shape names the columns: the fields' `column`. */
struct sqlite_table {
    const char *name;
    const char *key;          /* "id"; "schedule_id, seat_id": rows are read in this order */
    bool own;                 /* an empty store has rows of its own here: its secrets */
    const char *also;         /* a column that follows from the others; NULL: none */
    struct bind (*derive)(arena *a, const void *row);
};

/* --- out: a view has a connection and a snapshot of its own --- */

#define SQLITE_VIEWS_MAX 4             /* of one store: each keeps the write-ahead log from starting over, */
#define SQLITE_VIEW_MS_MAX (600 * 1000) /* so none lasts for ever */

struct sqlite_view;

/* Loop thread. The view lives in `a`. *position is the log's last in the snapshot. UNAVAILABLE export_busy. */
const fault *sqlite_view_open(struct sqlite *s, arena *a, struct sqlite_view **out, int64_t *position) MUST_CHECK;
/* `t` and `row` must live until its rows are read. */
const fault *sqlite_view_begin(struct sqlite_view *v, arena *a, const struct sqlite_table *t,
                               const struct shape *row) MUST_CHECK;
/* The next rows of the table begun, at most `limit`, and no more once they take some hundred KiB of `a`; none: it is over.
 * UNAVAILABLE export_late. */
const fault *sqlite_view_rows(struct sqlite_view *v, arena *a, int64_t limit, list *rows) MUST_CHECK;
void sqlite_view_close(struct sqlite_view *v);

/* --- back: while a restore runs, every other act is refused with UNAVAILABLE restore_running, also after a crash --- */

struct sqlite_restore {
    const struct sqlite_table *tables; /* those that others refer to first; ended by one without name */
    sqlite_act *rebuild;               /* makes what follows from the rows, inside finish's transaction; NULL: nothing does */
    void *arg;
};

/* CONFLICT store_not_empty, unless what is there was left by a restore that did not finish: that goes. Fibers only, as are the
 * other two. */
const fault *sqlite_restore_start(struct sqlite *s, arena *a, const struct sqlite_restore *of) MUST_CHECK;
/* All of them or none. CONFLICT restore_not_started; INVALID row_refused, naming the row. */
const fault *sqlite_restore_rows(struct sqlite *s, arena *a, const struct sqlite_table *t, const struct shape *row,
                                 const list *rows) MUST_CHECK;
/* From now on the store is as any other: its log goes on where the rows of `log` end. CONFLICT restore_differs: they have a
 * hole. */
const fault *sqlite_restore_finish(struct sqlite *s, arena *a, const struct sqlite_restore *of) MUST_CHECK;
bool sqlite_restore_runs(const struct sqlite *s); /* any thread */

/* One row as the insert of its table wants it: the columns of the shape in their order. `values` has room for s->count. */
void sql_row_bind(arena *a, const struct shape *s, const void *row, struct bind *values);

#endif
