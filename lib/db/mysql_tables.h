/* mysql_tables.h - whole tables out of a store at one moment, and back into an empty one, each by a shape. */
#ifndef TAQUILLA_DB_MYSQL_TABLES_H
#define TAQUILLA_DB_MYSQL_TABLES_H

#include "lib/db/mysql.h"

/* A row's shape names the columns: the fields' `column`. */
struct my_table {
    const char *name;
    const char *key;  /* an integer column, unique, and a member of the shape: rows are read in its order */
    const char *also; /* a column that follows from the others; NULL: none */
    struct my_bind (*derive)(arena *a, const void *row);
};

/* --- out: a view is a transaction that goes on seeing what was committed when it began --- */

#define MY_VIEWS_MAX 4             /* of one store: each takes a connection, and keeps the server from forgetting old rows, */
#define MY_VIEW_MS_MAX (600 * 1000) /* so none lasts for ever */

struct my_view;

/* The view lives in `a`. *position is the log's last in the snapshot. UNAVAILABLE export_busy. */
const fault *my_view_open(struct my_store *s, arena *a, struct my_view **out, int64_t *position) MUST_CHECK;
/* `t` and `row` must live until its rows are read. */
void my_view_begin(struct my_view *v, const struct my_table *t, const struct shape *row);
/* The next rows of the table begun, at most `limit`, fewer when they are long; none: it is over. UNAVAILABLE export_late. */
const fault *my_view_rows(struct my_view *v, arena *a, int64_t limit, list *rows) MUST_CHECK;
void my_view_close(struct my_view *v);

/* --- back: while a restore runs, every other act is refused with UNAVAILABLE restore_running, by every replica --- */

struct my_restore {
    const struct my_table *tables; /* those that others refer to first; ended by one without name */
};

/* CONFLICT store_not_empty, unless what is there was left by a restore that did not finish: that goes. */
const fault *my_restore_start(struct my_store *s, arena *a, const struct my_restore *of) MUST_CHECK;
/* All of them or none. CONFLICT restore_not_started; INVALID row_refused, naming the row. */
const fault *my_restore_rows(struct my_store *s, arena *a, const struct my_table *t, const struct shape *row,
                             const list *rows) MUST_CHECK;
/* From now on the store is as any other: its log goes on where the rows of `log` end. CONFLICT restore_differs: they have a
 * hole. */
const fault *my_restore_finish(struct my_store *s, arena *a, const struct my_restore *of) MUST_CHECK;
bool my_restore_runs(const struct my_store *s);

#endif
