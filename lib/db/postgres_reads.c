/* postgres_reads.c - a lane: one connection over which all reads of a loop's turn leave with one send and one Sync. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "lib/base/log.h"
#include "lib/db/postgres_internal.h"

#define SENT_TIMES_MAX 3
#define VALUES_MAX 16

static struct pg_lane *open_lanes[16]; /* loop thread; of every store of the process */
static bool turning;

/* --- queues --- */

static void reads_add(struct pg_reads *q, struct pg_read *r)
{
    r->next = NULL;
    if (q->last)
        q->last->next = r;
    else
        q->first = r;
    q->last = r;
}

static struct pg_read *reads_take(struct pg_reads *q)
{
    struct pg_read *r = q->first;
    q->first = r->next;
    if (!q->first)
        q->last = NULL;
    return r;
}

static struct pg_read *read_new(void)
{
    struct pg_read *made = calloc(1, sizeof *made);
    if (!made)
        abort();
    return made;
}

static void read_free(struct pg_read *r)
{
    PQclear(r->result);
    free(r);
}

/* Its waiter frees it; when there is none any more, nobody does but we. */
static void read_finish(struct pg_read *r)
{
    r->done = true;
    if (r->waiter)
        fiber_wake(r->waiter);
    else
        read_free(r);
}

/* --- statements --- */

static struct pg_statement *statement_find(struct pg_lane *lane, const char *text)
{
    struct pg_statement *st;
    HASH_FIND_STR(lane->statements, text, st);
    if (st)
        return st;
    /* Texts are literals, a few dozen per store: more would be a mistake of ours. */
    assert(HASH_COUNT(lane->statements) < STATEMENTS_MAX);
    st = calloc(1, sizeof *st);
    if (!st || !(st->text = strdup(text)))
        abort();
    snprintf(st->name, sizeof st->name, "s%u", HASH_COUNT(lane->statements));
    HASH_ADD_KEYPTR(hh, lane->statements, st->text, strlen(st->text), st);
    return st;
}

static void statements_drop(struct pg_lane *lane)
{
    struct pg_statement *st, *after;
    HASH_ITER(hh, lane->statements, st, after) {
        HASH_DEL(lane->statements, st);
        free(st->text);
        free(st);
    }
}

/* --- losing the connection --- */

/* What was sent and not answered goes again over the next connection: reads do no harm twice. */
static void lane_break(struct pg_lane *lane)
{
    if (lane->broken)
        return;
    lane->broken = true;
    if (lane->watched)
        watch_stop(&lane->watch);
    lane->watched = false;
    struct pg_reads again = { NULL, NULL };
    while (lane->sent.first) {
        struct pg_read *r = reads_take(&lane->sent);
        if (r->sync || !r->waiter)
            read_free(r);
        else
            reads_add(&again, r);
    }
    while (lane->gathered.first)
        reads_add(&again, reads_take(&lane->gathered));
    for (struct pg_read *r = again.first; r; r = r->next)
        r->prepares = false;
    lane->gathered = again;
    if (lane->keeper)
        fiber_wake(lane->keeper);
}

/* --- sending --- */

static bool read_send(struct pg_lane *lane, struct pg_read *r)
{
    const char *values[VALUES_MAX];
    assert(r->values.count <= VALUES_MAX);
    for (size_t i = 0; i < r->values.count; i++) {
        bool fits; /* looked at before it was queued */
        values[i] = pg_bind_text(r->arena, &r->values.at[i], &fits);
    }
    PGconn *conn = lane->link.conn;
    struct pg_statement *st = r->statement;
    r->prepares = st->prepared_in != lane->connection;
    if (r->prepares && !PQsendPrepare(conn, st->name, st->text, 0, NULL))
        return false;
    st->prepared_in = lane->connection;
    if (!PQsendQueryPrepared(conn, st->name, (int)r->values.count, values, NULL, NULL, 0))
        return false;
    r->sent_times++;
    r->sent_ms = loop_now_ms();
    lane->reads++;
    return true;
}

/* Up to here a read that fails takes what follows it along. False: the connection is lost. */
static bool sync_put(struct pg_lane *lane)
{
    struct pg_read *end = read_new();
    end->sync = true;
    reads_add(&lane->sent, end);
    lane->sends++;
    return PQpipelineSync(lane->link.conn) != 0; /* sends too */
}

/* A read that was tried before is one that stood behind a failing one, perhaps: it goes alone. */
static void lane_send(struct pg_lane *lane)
{
    bool good = true, open = false;
    pg_parties_close(lane);
    for (int count = 0; good && lane->gathered.first && count < READS_PER_SEND_MAX; count++) {
        struct pg_read *r = lane->gathered.first;
        if (!r->waiter) {
            read_free(reads_take(&lane->gathered));
            continue;
        }
        bool alone = r->sent_times > 0;
        good = (!alone || !open || sync_put(lane)) && read_send(lane, r);
        if (!good)
            break;
        reads_add(&lane->sent, reads_take(&lane->gathered));
        open = !alone;
        if (alone)
            good = sync_put(lane);
    }
    if (good && open)
        good = sync_put(lane);
    int left = good ? PQflush(lane->link.conn) : -1;
    if (left < 0)
        lane_break(lane);
    else
        watch_change(&lane->watch, left ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

/* At the end of a turn: what its fibers asked for leaves together. */
static void lanes_send(void *arg)
{
    (void)arg;
    turning = true;
    for (size_t i = 0; i < COUNT_OF(open_lanes); i++) {
        struct pg_lane *lane = open_lanes[i];
        if (lane && !lane->broken && lane->gathered.first)
            lane_send(lane);
    }
}

/* --- receiving --- */

/* True when the connection is no good any more for the statements prepared on it, or at all. */
static bool read_spoils(const PGresult *result)
{
    return pg_state_is(result, "0A000") || pg_state_is(result, "26000") || pg_state_is(result, "57P01") ||
           pg_state_is(result, "57P02") || pg_state_is(result, "57P03") || pg_state_is(result, "25006");
}

/* One result of the read at the front. */
static void result_take(struct pg_lane *lane, PGresult *result)
{
    struct pg_read *r = lane->sent.first;
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_PIPELINE_SYNC) {
        if (r->sync)
            read_free(reads_take(&lane->sent));
        PQclear(result);
        return;
    }
    bool kept = !r->result || PQresultStatus(r->result) != PGRES_FATAL_ERROR;
    if (kept) {
        PQclear(r->result);
        r->result = result;
    } else {
        PQclear(result); /* the answer to Parse said what is wrong */
    }
}

/* The results of the read at the front have all come. */
static void result_end(struct pg_lane *lane)
{
    struct pg_read *r = lane->sent.first;
    if (r->sync || !r->result)
        return;
    if (r->prepares) {
        r->prepares = false;
        if (PQresultStatus(r->result) == PGRES_FATAL_ERROR)
            r->statement->prepared_in = 0;
        if (PQresultStatus(r->result) == PGRES_COMMAND_OK) {
            PQclear(r->result);
            r->result = NULL;
        } else if (PQresultStatus(r->result) == PGRES_PIPELINE_ABORTED) {
            r->statement->prepared_in = 0;
        }
        return;
    }
    reads_take(&lane->sent);
    /* Another read of the same send failed: this one was not tried. */
    if (PQresultStatus(r->result) == PGRES_PIPELINE_ABORTED && r->waiter && r->sent_times < SENT_TIMES_MAX) {
        PQclear(r->result);
        r->result = NULL;
        reads_add(&lane->gathered, r);
        return;
    }
    bool spoils = PQresultStatus(r->result) == PGRES_FATAL_ERROR && read_spoils(r->result);
    if (spoils && r->waiter && r->sent_times < SENT_TIMES_MAX) {
        PQclear(r->result);
        r->result = NULL;
        reads_add(&lane->gathered, r);
    } else {
        read_finish(r);
    }
    if (spoils)
        lane_break(lane);
}

static void lane_ready(struct watch *w, uint32_t events)
{
    struct pg_lane *lane = w->owner;
    PGconn *conn = lane->link.conn;
    if ((events & EPOLLOUT) != 0) {
        int left = PQflush(conn);
        if (left < 0) {
            lane_break(lane);
            return;
        }
        watch_change(w, left ? EPOLLIN | EPOLLOUT : EPOLLIN);
    }
    if (!PQconsumeInput(conn)) {
        lane_break(lane);
        return;
    }
    while (!lane->broken && lane->sent.first && !PQisBusy(conn)) {
        PGresult *result = PQgetResult(conn);
        if (result)
            result_take(lane, result);
        else
            result_end(lane);
    }
    if (!lane->broken && PQstatus(conn) == CONNECTION_BAD)
        lane_break(lane);
}

/* --- keeping it connected --- */

static bool lane_serve(struct pg_lane *lane, arena *a)
{
    struct pg_link *l = &lane->link;
    const fault *problem = pg_link_open(l, a);
    if (!problem && PQenterPipelineMode(l->conn)) {
        lane->connection++;
        lane->watch = (struct watch){ .fd = PQsocket(l->conn), .ready = lane_ready, .owner = lane };
        problem = watch_start(a, &lane->watch, EPOLLIN);
    }
    if (problem) {
        pg_link_drop(l);
        return false;
    }
    lane->watched = true;
    lane->broken = false;
    if (lane->gathered.first)
        lane_send(lane);
    return true;
}

/* An answer that does not come: the server, or the way to it, hangs. */
static bool lane_hangs(const struct pg_lane *lane)
{
    const struct pg_read *r = lane->sent.first;
    while (r && r->sync)
        r = r->next;
    return r && loop_now_ms() - r->sent_ms > lane->wait_ms + 1000;
}

static void lane_keep(void *arg)
{
    struct pg_lane *lane = arg;
    struct postgres *p = lane->link.store;
    arena *a = arena_new(1024 * 1024);
    lane->keeper = fiber_self();
    while (!p->closing) {
        if (!p->migrated) {
            fiber_park("the store's schema", loop_now_ms() + 1000);
            continue;
        }
        arena_reset(a);
        if (!lane_serve(lane, a)) {
            pg_link_pause(&lane->link);
            continue;
        }
        while (!lane->broken && !p->closing) {
            fiber_park("the end of a connection", loop_now_ms() + 1000);
            if (!lane->broken && lane_hangs(lane))
                lane_break(lane);
        }
        lane_break(lane);
        pg_link_drop(&lane->link);
        if (!p->closing)
            p->stats.reconnects++;
    }
    arena_free(a);
    lane->keeper = NULL;
}

/* --- asking --- */

static const fault *values_check(arena *a, struct pg_binds values)
{
    for (size_t i = 0; i < values.count; i++) {
        bool fits = true;
        if (values.at[i].kind == PG_TEXT)
            (void)pg_bind_text(a, &values.at[i], &fits);
        if (!fits)
            return fault_new(a, FAULT_INVALID, "constraint_broken", "A value is not possible here.");
    }
    return NULL;
}

static void read_wait(struct pg_lane *lane, struct pg_read *r)
{
    int64_t began_ms = loop_now_ms();
    while (!r->done) {
        bool sent = r->sent_times > 0 && !lane->broken;
        int64_t deadline_ms = began_ms + (sent ? lane->wait_ms : AWAY_WAIT_MS);
        if (loop_now_ms() >= deadline_ms)
            return;
        /* It may be sent, or lose its connection, meanwhile: so the deadline is looked at again. */
        int64_t look_ms = loop_now_ms() + AWAY_WAIT_MS;
        fiber_park("an answer of the store", deadline_ms < look_ms ? deadline_ms : look_ms);
    }
}

const fault *pg_lane_ask(struct pg_lane *lane, arena *a, const char *text, struct pg_binds values, PGresult **out,
                      struct pg_statement **statement)
{
    TRY(values_check(a, values));
    if (lane->link.store->closing)
        return pg_away(a, "the store is closing");
    struct pg_read *r = read_new();
    *r = (struct pg_read){ .statement = statement_find(lane, text), .values = values, .arena = a,
                           .waiter = fiber_self() };
    reads_add(&lane->gathered, r);
    if (!turning && !lane->broken)
        lane_send(lane);
    read_wait(lane, r);
    if (!r->done) {
        r->waiter = NULL; /* whoever meets it frees it */
        return pg_away(a, "no answer in time");
    }
    const fault *problem = pg_fault(a, r->result, text);
    if (!problem && PQresultStatus(r->result) != PGRES_TUPLES_OK)
        problem = pg_away(a, "the read was not answered");
    *statement = r->statement;
    *out = problem ? NULL : r->result;
    if (!problem)
        r->result = NULL;
    read_free(r);
    return problem;
}

/* --- opening and closing --- */

static const fault *lane_start(struct pg_lane *lane, arena *a)
{
    lane->broken = true;
    size_t i = 0;
    while (i < COUNT_OF(open_lanes) && open_lanes[i])
        i++;
    if (i == COUNT_OF(open_lanes) || !fiber_start("store's reads", lane_keep, lane))
        return fault_new(a, FAULT_UNAVAILABLE, "store_unavailable", "The store cannot be opened.");
    open_lanes[i] = lane;
    return NULL;
}

const fault *pg_lanes_start(struct postgres *p, arena *a)
{
    bool first = true;
    for (size_t i = 0; i < COUNT_OF(open_lanes); i++)
        first = first && !open_lanes[i];
    if (first) {
        turning = false;
        loop_each_turn(lanes_send, NULL);
    }
    TRY(lane_start(&p->keys, a));
    return lane_start(&p->lists, a);
}

static void lane_stop(struct pg_lane *lane)
{
    while (lane->keeper) {
        fiber_wake(lane->keeper);
        fiber_sleep(1);
    }
    while (lane->gathered.first)
        read_finish(reads_take(&lane->gathered));
    for (size_t i = 0; i < COUNT_OF(open_lanes); i++)
        if (open_lanes[i] == lane)
            open_lanes[i] = NULL;
    statements_drop(lane);
}

void pg_lanes_stop(struct postgres *p)
{
    lane_stop(&p->keys);
    lane_stop(&p->lists);
}
