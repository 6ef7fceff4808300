/* mysql_look.c - a store's migrations, read over one connection that changes nothing. */
#include "lib/db/mysql_internal.h"
#include "lib/db/schema.h"

static const struct field done_fields[] = {
    FIELD(struct migration_done, number, "number"),
    FIELD(struct migration_done, name, "name"),
    FIELD(struct migration_done, applied_at, "applied_at"),
};
static const struct shape done_shape = SHAPE(migration_done, done_fields);

static const fault *rows_read(struct my_store *s, struct my_connection *c, arena *a, struct schema_seen *out)
{
    struct my db = { .store = s, .on = c };
    int64_t tables = 0;
    TRY(my_number(&db, a, &tables,
                  "SELECT COUNT(*) FROM information_schema.tables "
                  "WHERE table_schema = DATABASE() AND table_name = 'schema_migrations'", MY_NO_BINDS));
    out->there = tables > 0;
    if (!out->there)
        return NULL;
    return my_list(&db, a, &done_shape, &out->done,
                   "SELECT number, name, applied_ms AS applied_at FROM schema_migrations ORDER BY number", MY_NO_BINDS);
}

const fault *my_look(arena *a, const struct my_setup *setup, struct schema_seen *out)
{
    struct my_store *s = NEW(a, struct my_store);
    struct my_connection *c;
    const struct my_address *at = &setup->address;
    *out = (struct schema_seen){ .kind = "MySQL", .known = setup->migrations,
                                 .place = arena_printf(a, "%s:%lld/%s", at->host, (long long)at->port, at->database) };
    s->setup = *setup;
    TRY(connection_dial(&s->setup.address, a, &c));
    const fault *problem = rows_read(s, c, a, out);
    connection_end(c);
    return problem;
}
