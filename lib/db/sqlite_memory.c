/* sqlite_memory.c - a store without a file: opened, acts tried and taken back, or run and kept. */
#include "lib/db/sqlite_memory.h"

#include "lib/db/sqlite_internal.h"

#define MEMORY_SETUP "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;"

const fault *sqlite_memory_open(arena *a, struct sqlite **out, const struct sqlite_memory_setup *setup)
{
    sqlite_set_up();
    struct sqlite *s = NEW(a, struct sqlite);
    s->memory = true;
    s->memory_setup = *setup;
    s->setup.service = "memory";
    s->path = ":memory:";
    s->lock_fd = -1;
    const fault *problem = sql_connect(s, a, &s->writer, MEMORY_SETUP);
    if (!problem)
        problem = schema_apply(&s->writer, a, setup->migrations);
    if (problem) {
        sqlite_close(s);
        return problem;
    }
    *out = s;
    return NULL;
}

/* No event is older than the one before it, whatever the clocks of several replicas say. */
static const fault *transaction_begin(struct sqlite *s, arena *a)
{
    struct sql *db = &s->writer;
    instant now = clock_now();
    int64_t last_ms = now.ms;
    if (sql_command(db, COMMAND_WRITE) != SQLITE_OK)
        return sql_fault(db, a, db->last_error, "BEGIN IMMEDIATE");
    db->now = now;
    TRY(sql_number(db, a, &last_ms, "SELECT time_ms FROM log WHERE position = ?1", BIND(sql_int(db->position))));
    if (last_ms > now.ms)
        db->now.ms = last_ms;
    return NULL;
}

static void transaction_undo(struct sqlite *s)
{
    struct sql *db = &s->writer;
    if (!sqlite3_get_autocommit(db->handle))
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    db->position = atomic_load(&s->position);
}

const fault *sqlite_trial_begin(struct sqlite *s, arena *a)
{
    const fault *problem = transaction_begin(s, a);
    if (problem)
        transaction_undo(s);
    return problem;
}

void sqlite_trial_run(struct sqlite *s, arena *own, sqlite_act *act, void *arg, arena *a, struct sqlite_tried *out)
{
    struct sql *db = &s->writer;
    int64_t before = db->position;
    *out = (struct sqlite_tried){ 0 };
    db->once_kept = NULL;
    if (sql_command(db, COMMAND_SAVE) != SQLITE_OK) {
        out->problem = sql_fault(db, own, db->last_error, "SAVEPOINT");
        return;
    }
    out->problem = act(db, own, arg);
    if (!out->problem)
        out->problem = log_rows(db, a, before, db->position - before, &out->events);
    if (out->problem) {
        db->position = before;
        out->events = (list){ NULL, 0 };
        sql_command(db, COMMAND_UNDO);
    } else {
        out->once = db->once_kept;
    }
    sql_command(db, COMMAND_KEEP);
}

void sqlite_trial_end(struct sqlite *s)
{
    transaction_undo(s);
}

const fault *sqlite_memory_run(struct sqlite *s, arena *a, sqlite_act *act, void *arg)
{
    struct sql *db = &s->writer;
    const fault *problem = transaction_begin(s, a);
    if (!problem)
        problem = act(db, a, arg);
    if (!problem && sql_command(db, COMMAND_COMMIT) != SQLITE_OK)
        problem = sql_fault(db, a, db->last_error, "COMMIT");
    if (problem) {
        transaction_undo(s);
        return problem;
    }
    atomic_store(&s->position, db->position);
    return NULL;
}

const fault *sqlite_log_put(struct sql *db, arena *a, const struct event *e)
{
    if (e->position != db->position + 1)
        return fault_internal(a, FAULT_INTERNAL, "internal_error", "Something went wrong on our side.",
                              "the log has a hole: %lld follows %lld", (long long)e->position, (long long)db->position);
    TRY(log_insert(db, a, e));
    db->position = e->position;
    return NULL;
}

const fault *sqlite_once_put(struct sql *db, arena *a, const struct once *key, str answer, instant made)
{
    return once_insert(db, a, key, answer, 0, made);
}
