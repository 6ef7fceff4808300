/* export_postgres.c - exports and restores by lib/db's cursors and inserts. */
#include "lib/feed/export_postgres.h"

#include <assert.h>
#include <string.h>

_Static_assert(EXPORT_VIEWS_MAX == PG_VIEWS_MAX, "an exporter promises what its store can");

struct export_view {
    struct postgres_exporter *of;
    struct pg_view *view;
};

static const struct pg_table *table_kept(const struct postgres_exporter *e, const struct export_table *t)
{
    const struct pg_table *kept = &e->restore.tables[t - e->exporter.tables];
    assert(strcmp(kept->name, t->name) == 0);
    return kept;
}

static const fault *view_open(void *store, arena *a, struct export_view **out, int64_t *position)
{
    struct export_view *v = NEW(a, struct export_view);
    v->of = store;
    TRY(pg_view_open(v->of->db, a, &v->view, position));
    *out = v;
    return NULL;
}

static const fault *view_begin(struct export_view *v, arena *a, const struct export_table *t)
{
    return pg_view_begin(v->view, a, table_kept(v->of, t), t->row);
}

static const fault *view_rows(struct export_view *v, arena *a, int64_t limit, list *rows)
{
    return pg_view_rows(v->view, a, limit, rows);
}

static void view_close(struct export_view *v)
{
    pg_view_close(v->view);
}

static const fault *restore_start(void *store, arena *a)
{
    struct postgres_exporter *e = store;
    return pg_restore_start(e->db, a, &e->restore);
}

static const fault *restore_rows(void *store, arena *a, const struct export_table *t, const list *rows)
{
    struct postgres_exporter *e = store;
    return pg_restore_rows(e->db, a, table_kept(e, t), t->row, rows);
}

static const fault *restore_finish(void *store, arena *a)
{
    struct postgres_exporter *e = store;
    return pg_restore_finish(e->db, a, &e->restore);
}

static bool restore_runs(void *store)
{
    return pg_restore_runs(((struct postgres_exporter *)store)->db);
}

void export_postgres_fill(struct postgres_exporter *e, struct postgres *db, const struct export_table *tables,
                          const struct pg_restore *restore)
{
    e->db = db;
    e->restore = *restore;
    e->exporter = (struct exporter){
        .tables = tables,
        .store = e,
        .view_open = view_open,
        .view_begin = view_begin,
        .view_rows = view_rows,
        .view_close = view_close,
        .restore_start = restore_start,
        .restore_rows = restore_rows,
        .restore_finish = restore_finish,
        .restore_runs = restore_runs,
    };
}
