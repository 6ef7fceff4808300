/* sqlite_schema.c - brings a store to this program's schema: numbered migrations, each in a transaction of its own. */
#include "lib/db/sqlite_internal.h"

#include <string.h>

/* What every store has. */
static const char own_tables[] =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    " number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_ms INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS log ("
    " position INTEGER PRIMARY KEY, type TEXT NOT NULL, subject TEXT NOT NULL, time_ms INTEGER NOT NULL,"
    " data TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS once_keys ("
    " scope TEXT NOT NULL, key TEXT NOT NULL, body_hash TEXT NOT NULL, answer TEXT NOT NULL,"
    " owner INTEGER NOT NULL, made_ms INTEGER NOT NULL, PRIMARY KEY (scope, key)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS once_keys_by_time ON once_keys (made_ms);"
    "CREATE INDEX IF NOT EXISTS once_keys_by_owner ON once_keys (owner) WHERE owner <> 0;"
    "CREATE TABLE IF NOT EXISTS log_readers ("
    " reader TEXT PRIMARY KEY, position INTEGER NOT NULL, asked_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS restore_state (started_ms INTEGER NOT NULL);"; /* a row: the store is not whole */

static const fault *text_apply(struct sql *db, arena *a, const char *text)
{
    int code = sqlite3_exec(db->handle, text, NULL, NULL, NULL);
    return code == SQLITE_OK ? NULL : sql_fault(db, a, code, "migration");
}

static const fault *migration_apply(struct sql *db, arena *a, const struct migration *m)
{
    TRY(text_apply(db, a, m->sql));
    return sql_run(db, a, "INSERT INTO schema_migrations (number, name, applied_ms) VALUES (?1, ?2, ?3)",
                   BIND(sql_int(m->number), sql_text(str_of(m->name)), sql_instant(clock_now())));
}

static const fault *in_transaction(struct sql *db, arena *a, const struct migration *m)
{
    TRY(text_apply(db, a, "BEGIN IMMEDIATE"));
    const fault *problem = m ? migration_apply(db, a, m) : text_apply(db, a, own_tables);
    if (!problem)
        problem = text_apply(db, a, "COMMIT");
    if (problem && !sqlite3_get_autocommit(db->handle))
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    return problem;
}

const fault *schema_apply(struct sql *db, arena *a, const struct migration *migrations)
{
    TRY(in_transaction(db, a, NULL));
    int64_t last = 0, known = 0;
    TRY(sql_number(db, a, &last, "SELECT max(number) FROM schema_migrations", NO_BINDS));
    for (const struct migration *m = migrations; m && m->number; m++) {
        if (m->number > last)
            TRY(in_transaction(db, a, m));
        known = m->number;
    }
    if (last > known)
        return fault_new(a, FAULT_INVALID, "store_unreadable",
                         "The store was made by a newer version (schema %lld, this program knows %lld).",
                         (long long)last, (long long)known);
    return NULL;
}
