/* postgres_view.c - a store's tables as they stood at one moment, read through a cursor while others write on. */
#include "lib/db/postgres_tables.h"

#include "lib/db/postgres_internal.h"

struct pg_view {
    struct pg_link link;
    int64_t until_ms;
    const struct shape *row; /* of the table begun; NULL: none */
    struct pg_statement places;
};

static const fault *view_run(struct pg_view *v, arena *a, struct buf *text, PGresult **out)
{
    if (loop_now_ms() >= v->until_ms)
        return fault_internal(a, FAULT_UNAVAILABLE, "export_late", "This export took too long; begin it again.",
                              "a view is open for ten minutes at most");
    buf_char(text, '\0');
    return pg_link_run(&v->link, a, text->at, loop_now_ms() + LISTS_WAIT_MS * 2, out);
}

static const fault *view_start(struct pg_view *v, arena *a, int64_t *position)
{
    str last;
    *position = 0;
    TRY(pg_link_open(&v->link, a));
    TRY(pg_ask(&v->link, a, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT max(position) FROM log", &last));
    if (last.at && !str_to_int(last, position))
        return pg_away(a, "the log's position cannot be read");
    return NULL;
}

const fault *pg_view_open(struct postgres *p, arena *a, struct pg_view **out, int64_t *position)
{
    if (p->views >= PG_VIEWS_MAX) {
        fault *busy = fault_new(a, FAULT_UNAVAILABLE, "export_busy", "%d exports run already; try again when one has ended.",
                                PG_VIEWS_MAX);
        busy->retry_after_s = 5;
        return busy;
    }
    if (!p->migrated)
        return pg_away(a, "not connected");
    struct pg_view *v = NEW(a, struct pg_view);
    v->link = (struct pg_link){ .store = p, .name = "export",
                                .options = "-c statement_timeout=25s -c idle_in_transaction_session_timeout=120s" };
    v->until_ms = loop_now_ms() + PG_VIEW_MS_MAX;
    p->views++;
    const fault *problem = view_start(v, a, position);
    if (problem)
        pg_view_close(v);
    else
        *out = v;
    return problem;
}

const fault *pg_view_begin(struct pg_view *v, arena *a, const struct pg_table *t, const struct shape *row)
{
    struct buf text = { .in = a };
    PGresult *nothing;
    buf_printf(&text, "%sDECLARE rows NO SCROLL CURSOR FOR SELECT ", v->row ? "CLOSE rows;" : "");
    for (size_t i = 0; i < row->count; i++)
        buf_printf(&text, "%s\"%s\" AS \"%s\"", i ? ", " : "", row->fields[i].name, row->fields[i].column);
    buf_printf(&text, " FROM %s ORDER BY %s", t->name, t->key);
    TRY(view_run(v, a, &text, &nothing));
    PQclear(nothing);
    v->row = row;
    v->places.placed_for = NULL;
    return NULL;
}

const fault *pg_view_rows(struct pg_view *v, arena *a, int64_t limit, list *rows)
{
    struct buf text = { .in = a };
    PGresult *found;
    buf_printf(&text, "FETCH FORWARD %lld FROM rows", (long long)limit);
    TRY(view_run(v, a, &text, &found));
    const fault *problem = pg_rows_take(a, found, &v->places, v->row, rows);
    PQclear(found);
    return problem;
}

void pg_view_close(struct pg_view *v)
{
    pg_link_drop(&v->link);
    v->link.store->views--;
}
