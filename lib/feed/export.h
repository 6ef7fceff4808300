/* export.h - an owner's tables over HTTP, at one moment: what a backup keeps, and a restore puts back.
 *
 * GET /export?tables=a,b (all of them when absent) answers NDJSON, a line a row, `{"table":"users","row":{...}}`, tables in
 * their order, rows by key, every row as it stood at one position (header Taquilla-Position); the last line is
 * `{"end":true,"position":N,"rows":M}`. GET /export/{table} answers the bare rows of one. The same facts always make the
 * same bytes, in every implementation of a store.
 *
 * POST /internal/restore/start, then /internal/restore/rows {"table","rows":[...]} in the order of the tables, then
 * /internal/restore/finish {"tables":[{"table","rows":N,"sha256":"..."}]}. A store with data refuses (409
 * store_not_empty); from start to finish every other request gets 503 restore_running; a restore that broke off is
 * started again and begins anew; no rows at all only ask whether one is under way (409 restore_not_started). finish compares rows and the SHA-256 of each table's bare lines as /export gives them;
 * what differs is 409 restore_differs, and the store stays closed. */
#ifndef TAQUILLA_FEED_EXPORT_H
#define TAQUILLA_FEED_EXPORT_H

#include "lib/http/route.h"

struct export_table {
    const char *name;        /* "reserved_seats" */
    const struct shape *row; /* a line; its fields' columns are the store's */
};

struct export_view; /* the store's tables at one moment */

/* What exports and restores ask of their owner's store. */
struct exporter {
    const struct export_table *tables; /* those that others refer to first; ended by one without name */
    void *store;

    /* At most EXPORT_VIEWS_MAX at once: UNAVAILABLE export_busy. */
    const fault *(*view_open)(void *store, arena *a, struct export_view **out, int64_t *position);
    const fault *(*view_begin)(struct export_view *view, arena *a, const struct export_table *table);
    /* The next rows of the table begun, by key, at most `limit`; none: it is over. */
    const fault *(*view_rows)(struct export_view *view, arena *a, int64_t limit, list *rows);
    void (*view_close)(struct export_view *view);

    /* CONFLICT store_not_empty; what an unfinished restore left is taken away. */
    const fault *(*restore_start)(void *store, arena *a);
    const fault *(*restore_rows)(void *store, arena *a, const struct export_table *table, const list *rows);
    const fault *(*restore_finish)(void *store, arena *a);
    bool (*restore_runs)(void *store);
};

#define EXPORT_VIEWS_MAX 4
#define EXPORT_ROWS_MAX 1000 /* of one POST /internal/restore/rows */

/* The handlers of the routes above; the service's own ones call them with its exporter. */
const fault *export_answer(const struct exporter *x, struct call *c);       /* /export */
const fault *export_table_answer(const struct exporter *x, struct call *c); /* /export/{*table}: 404 table_unknown */
const fault *restore_start_answer(const struct exporter *x, struct call *c);
const fault *restore_rows_answer(const struct exporter *x, struct call *c);
const fault *restore_finish_answer(const struct exporter *x, struct call *c);

extern const struct shape export_query_shape, restore_rows_shape, restore_finish_shape;
extern const struct shape restore_answer_shape; /* what the three of restore answer */

/* A row of the last table of every owner. */
struct export_log {
    int64_t position;
    str type, subject;
    instant time_ms;
    struct raw_json data;
};
extern const struct shape export_log_shape;

/* What export.c and restore.c share. NOT_FOUND table_unknown, naming those that there are. */
const fault *export_table_find(const struct exporter *x, arena *a, str name, const struct export_table **out) MUST_CHECK;
/* One row and its line end, as GET /export/{table} has it. */
void export_row_write(struct buf *out, const struct export_table *t, const void *row);
/* Hands the rows of a table to `take`, some at a time; *rows counts them. */
typedef const fault *export_take(void *arg, const struct export_table *t, const list *rows);
const fault *export_table_read(const struct exporter *x, struct export_view *view, arena *a, const struct export_table *t,
                               export_take *take, void *arg, int64_t *rows) MUST_CHECK;

#endif
