/* postgres_look.c - a store's migrations, read over one connection that may only read. */
#include "lib/db/postgres_internal.h"
#include "lib/db/schema.h"

#define LOOK_WAIT_MS 5000

static str cell(arena *a, const PGresult *rows, int row, int column)
{
    return arena_copy(a, (str){ PQgetvalue(rows, row, column), (size_t)PQgetlength(rows, row, column) });
}

static const fault *rows_read(struct pg_link *l, arena *a, struct schema_seen *out)
{
    PGresult *rows;
    str there;
    TRY(pg_ask(l, a, "SELECT to_regclass('schema_migrations') IS NOT NULL", &there));
    out->there = str_equal(there, STR("t"));
    if (!out->there)
        return NULL;
    TRY(pg_link_run(l, a, "SELECT number, name, (extract(epoch FROM applied_at) * 1000)::bigint FROM schema_migrations "
                          "ORDER BY number", loop_now_ms() + LOOK_WAIT_MS, &rows));
    out->done.count = (size_t)PQntuples(rows);
    struct migration_done *done = NEW_ARRAY(a, struct migration_done, out->done.count);
    out->done.at = done;
    for (int i = 0; i < PQntuples(rows); i++) {
        done[i].name = cell(a, rows, i, 1);
        if (!str_to_int(cell(a, rows, i, 0), &done[i].number) || !str_to_int(cell(a, rows, i, 2), &done[i].applied_at.ms))
            done[i].number = 0; /* both are numbers by their columns */
    }
    PQclear(rows);
    return NULL;
}

const fault *postgres_look(arena *a, const struct postgres_setup *setup, struct schema_seen *out)
{
    struct postgres *p = NEW(a, struct postgres);
    struct pg_link l = { .store = p, .name = "look", .options = "-c default_transaction_read_only=on -c statement_timeout=5s" };
    *out = (struct schema_seen){ .kind = "PostgreSQL", .place = STR("its server"), .known = setup->migrations };
    p->setup = *setup;
    p->url = arena_cstr(a, setup->url);
    TRY(pg_url_check(a, p->url));
    TRY(pg_link_open(&l, a));
    out->place = arena_printf(a, "%s:%s/%s", PQhost(l.conn), PQport(l.conn), PQdb(l.conn));
    const fault *problem = rows_read(&l, a, out);
    pg_link_drop(&l);
    return problem;
}
