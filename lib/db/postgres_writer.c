/* postgres_writer.c - the one writer of this process: what gathered while the last batch was under way leaves as the next, in
 * one message, so that one commit serves many commands.
 *
 * The message is two statements, never one: a single one would take its snapshot before it waits for the lock. It is a simple
 * query and no pipeline: the server begins only when all of it is there, and commits without a further word of ours, so a
 * replica that stops half way holds no lock. */
#include <assert.h>
#include <stdlib.h>

#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/base/twin.h"
#include "lib/db/postgres_internal.h"
#include "lib/json/write.h"

#define AGAINS_MAX 100

/* --- the queue --- */

static void queue_add(struct postgres *p, struct pg_queued *q)
{
    q->next = NULL;
    if (p->last)
        p->last->next = q;
    else
        p->first = q;
    p->last = q;
    p->stats.queued++;
}

static void queue_drop(struct postgres *p, struct pg_queued *q)
{
    struct pg_queued **link = &p->first, *before = NULL;
    while (*link != q) {
        before = *link;
        link = &before->next;
    }
    *link = q->next;
    if (p->last == q)
        p->last = before;
    p->stats.queued--;
}

/* What the function put off goes before what came later, in its order. */
static void queue_put_back(struct postgres *p, struct pg_queued *first, struct pg_queued *last)
{
    last->next = p->first;
    p->first = first;
    if (!p->last)
        p->last = last;
    for (struct pg_queued *q = first;; q = q->next) {
        q->taken = false;
        p->stats.queued++;
        if (q == last)
            return;
    }
}

static void batch_take(struct postgres *p, struct pg_batch *batch)
{
    size_t bytes = 0;
    batch->count = 0;
    while (p->first && batch->count < COMMANDS_PER_BATCH_MAX && bytes < BATCH_BYTES_MAX) {
        struct pg_queued *q = p->first;
        bytes += q->bytes;
        queue_drop(p, q);
        q->taken = true;
        batch->at[batch->count++] = q;
    }
}

void pg_command_finish(struct postgres *p, struct pg_queued *q, const fault *problem)
{
    (void)p;
    if (problem) { /* it may live in another's arena */
        fault *own = fault_new(q->arena, problem->kind, problem->code, "%.*s", STR_ARG(problem->sentence));
        own->retry_after_s = problem->retry_after_s;
        own->internal = arena_copy(q->arena, problem->internal);
        q->problem = own;
    }
    q->done = true;
    fiber_wake(q->waiter);
}

static void batch_refuse(struct postgres *p, struct pg_batch *batch, const fault *problem)
{
    for (size_t i = 0; i < batch->count; i++)
        pg_command_finish(p, batch->at[i], problem);
}

/* --- the message --- */

static bool commands_put(struct buf *out, arena *a, const struct pg_batch *batch, bool bulk)
{
    struct buf json = { .in = a };
    buf_char(&json, '[');
    for (size_t i = 0; i < batch->count; i++) {
        const struct pg_queued *q = batch->at[i];
        if (q->cells || q->command->bulk != bulk)
            continue;
        buf_printf(&json, "%s{\"n\":%zu,\"act\":\"%s\",\"command\":\"%s\"%s%.*s}", json.len > 1 ? "," : "", i,
                   q->command->act, q->id, q->json.len > 0 ? "," : "", STR_ARG(q->json));
    }
    buf_char(&json, ']');
    return pg_literal(out, buf_str(&json));
}

static const char *message_make(struct postgres *p, arena *a, const struct pg_batch *batch)
{
    struct buf text = { .in = a };
    if (!p->setup.lock_free)
        buf_printf(&text, "SELECT pg_advisory_xact_lock(%lld);", (long long)p->lock_key);
    buf_printf(&text, "SELECT n, code, detail, named, answer, extra, last FROM %s(", p->setup.acts);
    bool whole = commands_put(&text, a, batch, false);
    if (p->setup.sheet) {
        pg_columns_put(&text, p->setup.sheet, batch);
    } else {
        buf_char(&text, ',');
        whole = whole && commands_put(&text, a, batch, true);
    }
    assert(whole); /* each was looked at before it was queued */
    buf_char(&text, ')');
    int64_t pause_ms = twin_pause_ms();
    if (pause_ms > 0) /* it asks for n, so that the server does all the acts before it sleeps */
        buf_printf(&text, " WHERE length((SELECT pg_sleep(%.3f)::text)) <= n", (double)pause_ms / 1000);
    buf_char(&text, '\0');
    return text.at;
}

/* --- the answer --- */

static str cell(const PGresult *r, int row, int column)
{
    if (PQgetisnull(r, row, column))
        return (str){ NULL, 0 };
    return (str){ PQgetvalue(r, row, column), (size_t)PQgetlength(r, row, column) };
}

static void answer_copy(const PGresult *r, int row, struct pg_queued *q)
{
    arena *a = q->arena;
    *q->out = (struct pg_answer){
        .code = arena_copy(a, cell(r, row, 1)),
        .detail = PQgetisnull(r, row, 2) ? 0 : strtoll(PQgetvalue(r, row, 2), NULL, 10),
        .answer = arena_copy(a, cell(r, row, 4)),
        .extra = arena_copy(a, cell(r, row, 5)),
    };
    if (!PQgetisnull(r, row, 3))
        q->out->named = pg_numbers_read(a, PQgetvalue(r, row, 3));
}

/* Replies go out after the commit and never before: the result is whole, and ReadyForQuery has come. */
static void batch_answer(struct postgres *p, arena *a, struct pg_batch *batch, const PGresult *r)
{
    struct pg_queued *again_first = NULL, *again_last = NULL;
    int64_t last = 0;
    for (int row = 0; row < PQntuples(r); row++) {
        size_t n = (size_t)strtoull(PQgetvalue(r, row, 0), NULL, 10);
        assert(n < batch->count && batch->at[n]);
        struct pg_queued *q = batch->at[n];
        last = strtoll(PQgetvalue(r, row, 6), NULL, 10);
        answer_copy(r, row, q);
        if (!str_equal(q->out->code, STR("again")) || ++q->agains > AGAINS_MAX)
            continue;
        batch->at[n] = NULL;
        if (again_last)
            again_last->next = q;
        else
            again_first = q;
        again_last = q;
    }
    p->stats.batches++;
    p->stats.commands += batch->count;
    if (batch->count > p->stats.commands_max_in_batch)
        p->stats.commands_max_in_batch = batch->count;
    pg_position_reached(p, last);
    const fault *nothing = fault_internal(a, FAULT_INTERNAL, "internal_error", "Something went wrong on our side.",
                                          "the batch's function did not answer a command");
    for (size_t i = 0; i < batch->count; i++)
        if (batch->at[i])
            pg_command_finish(p, batch->at[i], batch->at[i]->out->code.at ? NULL : nothing);
    if (again_first)
        queue_put_back(p, again_first, again_last);
}

/* --- one batch --- */

enum outcome { BATCH_DONE, BATCH_REFUSED, BATCH_LOST };

static enum outcome batch_send(struct postgres *p, arena *a, const struct pg_batch *batch, PGresult **rows,
                               const fault **problem)
{
    struct pg_link *l = &p->writer;
    int64_t deadline_ms = loop_now_ms() + BATCH_WAIT_MS;
    if (!PQsendQuery(l->conn, message_make(p, a, batch)) || !pg_link_flush(l, deadline_ms))
        return BATCH_LOST;
    *problem = NULL;
    for (PGresult *next;;) {
        if (!pg_link_result(l, deadline_ms, &next))
            return BATCH_LOST;
        if (!next)
            break;
        if (!*problem)
            *problem = pg_fault(a, next, "a batch");
        PQclear(*rows);
        *rows = next;
    }
    /* A server that ends the connection says why: it may say so after it has committed. */
    if (PQstatus(l->conn) == CONNECTION_BAD || PQtransactionStatus(l->conn) != PQTRANS_IDLE)
        return BATCH_LOST;
    return *problem ? BATCH_REFUSED : BATCH_DONE;
}

static void batch_run(struct postgres *p, arena *a, struct pg_batch *batch);

/* One of them cannot be done, and took the others with it: halves until it is alone. */
static void batch_halve(struct postgres *p, arena *a, const struct pg_batch *batch)
{
    size_t half = batch->count / 2;
    struct pg_batch part = { .count = half };
    for (size_t i = 0; i < half; i++)
        part.at[i] = batch->at[i];
    batch_run(p, a, &part);
    part.count = batch->count - half;
    for (size_t i = half; i < batch->count; i++)
        part.at[i - half] = batch->at[i];
    batch_run(p, a, &part);
}

static void batch_run(struct postgres *p, arena *a, struct pg_batch *batch)
{
    PGresult *rows = NULL;
    const fault *problem = NULL;
    int64_t known = p->position;
    if (!p->writer.conn) { /* lost with the other half */
        batch_refuse(p, batch, pg_away(a, "the connection was lost before this part of a batch was sent"));
        return;
    }
    switch (batch_send(p, a, batch, &rows, &problem)) {
    case BATCH_DONE:
        batch_answer(p, a, batch, rows);
        break;
    case BATCH_REFUSED:
        if (problem->kind != FAULT_UNAVAILABLE && batch->count > 1) {
            batch_halve(p, a, batch);
            break;
        }
        log_line("error", "store_batch_failed", "%.*s", STR_ARG(problem->internal));
        batch_refuse(p, batch, problem);
        break;
    case BATCH_LOST:
        log_line("warn", "store_connection_lost", "with a batch of %zu under way", batch->count);
        p->stats.reconnects++;
        pg_batch_find(p, a, batch, known);
        break;
    }
    PQclear(rows);
}

/* --- connecting --- */

static const fault *position_read(struct postgres *p, arena *a)
{
    str text;
    int64_t position = 0;
    TRY(pg_ask(&p->writer, a, "SELECT max(position) FROM log", &text));
    if (text.at && str_to_int(text, &position))
        pg_position_reached(p, position);
    return NULL;
}

/* Also after a fault: the link is dropped then. */
static const fault *writer_prepare(struct postgres *p, arena *a)
{
    TRY(pg_link_open(&p->writer, a));
    if (!p->migrated)
        TRY(pg_schema_apply(&p->writer, a, &p->setup));
    if (p->setup.ready)
        TRY(p->setup.ready(p->setup.ready_arg, a, &p->writer));
    TRY(pg_mark_read(p, a, &p->writer));
    return position_read(p, a);
}

static void away_tell(struct postgres *p, const fault *problem)
{
    if (!p->writer.complained)
        log_line("error", "store_away", "%s: %.*s%.*s", problem->code, STR_ARG(problem->internal),
                 problem->internal.len > 0 ? 0 : (int)problem->sentence.len, problem->sentence.at);
    p->writer.complained = true;
    if (problem->kind == FAULT_INVALID && !p->unreadable)
        p->unreadable = fault_new(p->boot, problem->kind, problem->code, "%.*s", STR_ARG(problem->sentence));
}

const fault *pg_writer_connect(struct postgres *p, arena *a)
{
    p->writer_ready = false;
    const fault *problem = writer_prepare(p, a);
    if (problem) {
        pg_link_drop(&p->writer);
        away_tell(p, problem);
        return problem;
    }
    if (p->writer.complained)
        log_line("info", "store_back", "connected");
    p->writer.complained = false;
    p->writer_ready = p->migrated = true;
    p->unreadable = NULL;
    for (struct pg_lane *lane = &p->keys; lane; lane = lane == &p->keys ? &p->lists : NULL)
        if (lane->keeper && !lane->link.conn)
            fiber_wake(lane->keeper);
    return NULL;
}

/* A server that went away while nobody wrote has said so by now: then nothing is sent into the void. What it said comes with
 * the first look, the end with the second. */
static bool writer_alive(struct postgres *p)
{
    PGconn *conn = p->writer.conn;
    if (conn && !p->refresh && PQconsumeInput(conn) && PQconsumeInput(conn) && PQstatus(conn) == CONNECTION_OK)
        return true;
    if (p->writer.conn)
        p->stats.reconnects++;
    pg_link_drop(&p->writer);
    p->writer_ready = p->refresh = false;
    return false;
}

static void writer_run(void *arg)
{
    struct postgres *p = arg;
    struct pg_batch batch;
    p->writer_fiber = fiber_self();
    arena *a = arena_new(64 * 1024 * 1024);
    while (!p->closing || (p->first && p->writer.conn)) {
        arena_reset(a);
        if (!writer_alive(p)) {
            const fault *problem = pg_writer_connect(p, a);
            p->tried = true;
            if (problem)
                pg_link_pause(&p->writer);
            continue;
        }
        if (!p->first) {
            fiber_park("something to write", loop_now_ms() + 1000);
            continue;
        }
        batch_take(p, &batch);
        batch_run(p, a, &batch);
    }
    while (p->first) {
        struct pg_queued *q = p->first;
        queue_drop(p, q);
        pg_command_finish(p, q, pg_away(a, "the store is closing"));
    }
    pg_link_drop(&p->writer);
    arena_free(a);
    p->writer_fiber = NULL;
}

const fault *pg_writer_start(struct postgres *p, arena *a)
{
    random_bytes(&p->command_prefix, sizeof p->command_prefix);
    if (!fiber_start("store's writer", writer_run, p))
        return fault_new(a, FAULT_UNAVAILABLE, "store_unavailable", "The store cannot be opened.");
    return NULL;
}

void pg_writer_stop(struct postgres *p)
{
    while (p->writer_fiber) {
        fiber_wake(p->writer_fiber);
        fiber_sleep(1);
    }
}

/* --- asking --- */

/* Version 8 of RFC 9562: bits of our own, from chance and a count. */
static void command_name(struct postgres *p, char id[37])
{
    uint64_t high = p->command_prefix, low = ++p->command_count;
    snprintf(id, 37, "%08x-%04x-8%03x-8%03x-%012llx", (unsigned)(high >> 32), (unsigned)(high >> 16 & 0xffff),
             (unsigned)(high >> 4 & 0xfff), (unsigned)(high & 0xf) << 8 | (unsigned)(low >> 48 & 0xff),
             (unsigned long long)(low & 0xffffffffffff));
}

static const fault *command_write(const struct postgres *p, arena *a, const struct pg_command *command, struct pg_queued *q)
{
    struct buf text = { .in = a };
    if (command->bulk && p->setup.sheet)
        return pg_cells_make(a, p->setup.sheet, command, q);
    if (!command->shape)
        return NULL;
    json_write(&text, command->shape, command->args);
    q->json = (str){ text.at + 1, text.len - 2 }; /* without braces */
    q->bytes = text.len;
    struct buf probe = { .in = a };
    if (!pg_literal(&probe, q->json))
        return fault_new(a, FAULT_INVALID, "constraint_broken", "A value is not possible here.");
    return NULL;
}

static const fault *too_busy(arena *a)
{
    fault *busy = fault_new(a, FAULT_UNAVAILABLE, "store_busy", "The store is busy at the moment; please try again.");
    busy->retry_after_s = 1;
    return busy;
}

const fault *postgres_write(struct postgres *p, arena *a, const struct pg_command *command, struct pg_answer *out)
{
    assert(fiber_self());
    *out = (struct pg_answer){ .code = { NULL, 0 } };
    if (p->closing)
        return pg_away(a, "the store is closing");
    if (p->restoring)
        return pg_restoring(a);
    if (p->stats.queued >= COMMANDS_QUEUED_MAX)
        return too_busy(a);
    struct pg_queued mine = { .command = command, .arena = a, .out = out, .waiter = fiber_self() };
    TRY(command_write(p, a, command, &mine));
    command_name(p, mine.id);
    queue_add(p, &mine);
    if (p->writer_fiber)
        fiber_wake(p->writer_fiber);
    int64_t deadline_ms = loop_now_ms() + AWAY_WAIT_MS;
    while (!mine.done) {
        if (!mine.taken && loop_now_ms() >= deadline_ms) {
            queue_drop(p, &mine);
            return p->writer_ready ? too_busy(a) : pg_away(a, "not connected");
        }
        fiber_park("the store's commit", mine.taken ? INT64_MAX : deadline_ms);
    }
    return mine.problem;
}
