/* postgres_schema.c - brings a store to this program's schema: numbered migrations, each in a transaction, one replica at a time. */
#include "lib/base/log.h"
#include "lib/db/postgres_internal.h"

#define MIGRATION_WAIT_MS (3600 * INT64_C(1000)) /* an old cinema's tables may be large */

/* What every store has. An event's command says who caused it, for who lost his connection meanwhile. */
static const char own_tables[] =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    " number integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());"
    "CREATE TABLE IF NOT EXISTS log ("
    " position bigint PRIMARY KEY, type text NOT NULL, subject text NOT NULL, time timestamptz NOT NULL,"
    " data text NOT NULL, command uuid);"
    "CREATE TABLE IF NOT EXISTS once_keys ("
    " scope text NOT NULL, key text NOT NULL, body_hash text NOT NULL, position bigint NOT NULL,"
    " owner bigint NOT NULL, made_at timestamptz NOT NULL, PRIMARY KEY (scope, key));"
    "CREATE INDEX IF NOT EXISTS once_keys_by_time ON once_keys (made_at);"
    "CREATE INDEX IF NOT EXISTS once_keys_by_owner ON once_keys (owner) WHERE owner <> 0;"
    "CREATE TABLE IF NOT EXISTS log_readers ("
    " reader text PRIMARY KEY, position bigint NOT NULL, asked_at timestamptz NOT NULL);"
    "CREATE TABLE IF NOT EXISTS restore_state (started_at timestamptz NOT NULL DEFAULT now());"
    "CREATE OR REPLACE FUNCTION restore_check() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN"
    " IF NOT EXISTS (SELECT 1 FROM restore_state) THEN RAISE EXCEPTION 'no restore' USING ERRCODE = 'TQ002'; END IF;"
    " RETURN true; END $$;"
    "CREATE OR REPLACE FUNCTION restore_undo() RETURNS void LANGUAGE plpgsql AS $$ BEGIN"
    " RAISE EXCEPTION 'undone' USING ERRCODE = 'TQ004'; END $$;";

static const fault *text_run(struct pg_link *l, arena *a, const char *text)
{
    PGresult *nothing;
    TRY(pg_link_run(l, a, text, loop_now_ms() + MIGRATION_WAIT_MS, &nothing));
    PQclear(nothing);
    return NULL;
}

/* All in one message: a transaction of its own, whatever happens to us meanwhile. */
static const fault *migration_run(struct pg_link *l, arena *a, const struct migration *m)
{
    struct buf text = { .in = a };
    buf_text(&text, str_of(m->sql));
    buf_printf(&text, ";INSERT INTO schema_migrations (number, name) VALUES (%d,", m->number);
    if (!pg_literal(&text, str_of(m->name)))
        return fault_new(a, FAULT_INVALID, "store_unreadable", "Migration %d has no name.", m->number);
    buf_put(&text, ")", 2);
    const fault *problem = text_run(l, a, text.at);
    if (!problem) {
        log_line("info", "store_migrated", "%d %s", m->number, m->name);
        return NULL;
    }
    if (problem->kind == FAULT_UNAVAILABLE)
        return problem;
    fault *failed = fault_new(a, FAULT_INVALID, "store_unreadable", "The store cannot be brought to schema %d (%s).",
                              m->number, m->name);
    failed->internal = problem->internal;
    return failed;
}

static const fault *migrations_run(struct pg_link *l, arena *a, const struct migration *migrations)
{
    TRY(text_run(l, a, own_tables));
    str text;
    int64_t last = 0, known = 0;
    TRY(pg_ask(l, a, "SELECT coalesce(max(number), 0) FROM schema_migrations", &text));
    if (!str_to_int(text, &last))
        return pg_away(a, "the schema's number cannot be read");
    for (const struct migration *m = migrations; m && m->number; m++) {
        if (m->number > last)
            TRY(migration_run(l, a, m));
        known = m->number;
    }
    if (last > known)
        return fault_new(a, FAULT_INVALID, "store_unreadable",
                         "The store was made by a newer version (schema %lld, this program knows %lld).",
                         (long long)last, (long long)known);
    return NULL;
}

const fault *pg_schema_apply(struct pg_link *l, arena *a, const struct postgres_setup *setup)
{
    struct buf lock = { .in = a }, unlock = { .in = a };
    /* The writer's settings are for short statements by key; a migration is neither. */
    TRY(text_run(l, a,
                 "SET lock_timeout = 0; SET statement_timeout = 0; SET enable_seqscan = on; SET enable_hashjoin = on;"
                 "SET enable_mergejoin = on; SET enable_bitmapscan = on; SET synchronous_commit = on; SET client_min_messages = error"));
    buf_printf(&lock, "SELECT pg_advisory_lock(%lld)", (long long)l->store->lock_key + 1);
    buf_char(&lock, '\0');
    TRY(text_run(l, a, lock.at));
    const fault *problem = migrations_run(l, a, setup->migrations);
    if (!l->conn)
        return problem;
    buf_printf(&unlock, "SELECT pg_advisory_unlock(%lld); RESET ALL", (long long)l->store->lock_key + 1);
    buf_char(&unlock, '\0');
    const fault *unlocked = text_run(l, a, unlock.at);
    return problem ? problem : unlocked;
}
