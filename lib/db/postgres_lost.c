/* postgres_lost.c - a batch whose answer never came: it is looked up, and never sent again. */
#include <string.h>

#include "lib/base/log.h"
#include "lib/db/postgres_internal.h"

/* The old connection's process may still be at it, or about to begin: it is ended, so that what is found afterwards stays. */
static const fault *backend_end(struct postgres *p, arena *a, int pid, const char *began)
{
    struct buf text = { .in = a };
    str ended;
    if (!began[0])
        return NULL;
    buf_printf(&text, "SELECT pg_terminate_backend(pid, 1500) FROM pg_stat_activity WHERE pid = %d AND backend_start = ", pid);
    if (!pg_literal(&text, str_of(began)))
        return NULL;
    buf_char(&text, '\0');
    TRY(pg_ask(&p->writer, a, text.at, &ended));
    return str_equal(ended, STR("f")) ? pg_away(a, "the old connection's process does not end") : NULL;
}

static const fault *events_read(struct postgres *p, arena *a, const struct pg_batch *batch, int64_t known, PGresult **rows)
{
    struct buf text = { .in = a };
    if (!p->setup.lock_free)
        buf_printf(&text, "SELECT pg_advisory_xact_lock(%lld);", (long long)p->lock_key);
    buf_printf(&text, "SELECT command, type, data, position FROM log WHERE position > %lld AND command IN (", (long long)known);
    for (size_t i = 0; i < batch->count; i++)
        buf_printf(&text, "%s'%s'", i > 0 ? "," : "", batch->at[i]->id);
    buf_printf(&text, ") ORDER BY position");
    buf_char(&text, '\0');
    return pg_link_run(&p->writer, a, text.at, loop_now_ms() + CONNECT_WAIT_MS, rows);
}

static const fault *batch_look(struct postgres *p, arena *a, const struct pg_batch *batch, int64_t known, int pid,
                               const char *began, PGresult **rows)
{
    if (!p->writer.conn)
        TRY(pg_writer_connect(p, a));
    TRY(backend_end(p, a, pid, began));
    return events_read(p, a, batch, known, rows);
}

static bool command_found(struct pg_queued *q, const PGresult *rows)
{
    const char *wanted = q->command->events;
    bool found = false;
    for (int row = 0; wanted && row < PQntuples(rows); row++) {
        if (strcmp(PQgetvalue(rows, row, 0), q->id) != 0 || !str_starts(str_of(PQgetvalue(rows, row, 1)), str_of(wanted)))
            continue;
        str data = { PQgetvalue(rows, row, 2), (size_t)PQgetlength(rows, row, 2) };
        *q->out = (struct pg_answer){ .code = STR(""), .answer = arena_copy(q->arena, data), .found_later = true };
        found = true;
    }
    return found;
}

static void batch_tell(struct postgres *p, arena *a, const struct pg_batch *batch, const PGresult *rows)
{
    const fault *nothing = pg_away(a, "the connection was lost before this happened");
    for (size_t i = 0; i < batch->count; i++) {
        bool found = command_found(batch->at[i], rows);
        p->stats.found_after_loss += found;
        pg_command_finish(p, batch->at[i], found ? NULL : nothing);
    }
    int count = PQntuples(rows);
    if (count > 0) {
        int64_t last;
        if (str_to_int(str_of(PQgetvalue(rows, count - 1, 3)), &last))
            pg_position_reached(p, last);
    }
}

void pg_batch_find(struct postgres *p, arena *a, struct pg_batch *batch, int64_t known)
{
    int pid = p->writer.backend;
    char began[sizeof p->writer.began];
    memcpy(began, p->writer.began, sizeof began);
    pg_link_drop(&p->writer);
    p->writer_ready = false;
    const fault *problem = NULL;
    for (int64_t deadline_ms = loop_now_ms() + LOST_WAIT_MS; loop_now_ms() < deadline_ms; pg_link_pause(&p->writer)) {
        PGresult *rows;
        problem = batch_look(p, a, batch, known, pid, began, &rows);
        if (problem)
            continue;
        batch_tell(p, a, batch, rows);
        PQclear(rows);
        return;
    }
    log_line("error", "store_batch_unknown", "what became of %zu commands is not known: %.*s", batch->count,
             STR_ARG(problem ? problem->internal : STR("")));
    fault *unknown = fault_new(a, FAULT_UNAVAILABLE, "outcome_unknown",
                               "The store was lost while it wrote; whether this happened is not known yet.");
    unknown->retry_after_s = 2;
    for (size_t i = 0; i < batch->count; i++)
        pg_command_finish(p, batch->at[i], unknown);
}
