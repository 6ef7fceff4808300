/* mysql_write.c - the transaction of an act: the counter's lock first, one commit, and what became of it when the line was cut. */
#include "lib/db/mysql_internal.h"

#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/base/twin.h"

#define TRIES_MAX 3
#define LOOK_AGAIN_MS 50
#define COMMAND_BYTES 16

/* While a transaction is open the server waits two seconds for our next word and no longer: a process that was stopped there
 * must not keep the counter from the other replicas. Reading the clock after the lock is what puts times in commit order. */
#define IDLE_IN_TRANSACTION "2"
#define IDLE_USUALLY "28800"
#define BEGIN                                                                                      \
    "SET SESSION wait_timeout = " IDLE_IN_TRANSACTION "; START TRANSACTION; "                      \
    "SELECT position FROM log_counter WHERE id = 1 FOR UPDATE; " CLOCK_AND_MARK
#define CLOCK_AND_MARK                                                                             \
    "SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED); SELECT COUNT(*) FROM restore_state"

/* What is known of a transaction that gave a fault. */
enum fate {
    FATE_TOLD,    /* it is taken back, and the fault is the answer */
    FATE_UNDONE,  /* it is taken back, and may be tried again */
    FATE_UNKNOWN, /* the commit was sent, and no answer came */
};

/* --- our turn: one transaction at a time in this process, the counter's lock would let no more through --- */

static const fault *turn_take(struct my_store *s, arena *a)
{
    if (s->closing)
        return my_away(a, STR("closing"));
    if (!s->writing) {
        s->writing = true;
        return NULL;
    }
    if (s->writers.count >= WRITERS_WAITING_MAX)
        return my_busy(a, "too many acts wait already");
    struct my_waiter w = { .who = fiber_self() };
    int64_t deadline_ms = loop_now_ms() + TURN_WAIT_MS;
    queue_add(&s->writers, &w);
    while (!w.called && loop_now_ms() < deadline_ms)
        fiber_park("the turn to write", deadline_ms);
    if (w.called)
        return NULL;
    queue_leave(&s->writers, &w);
    return my_busy(a, "our turn did not come in time");
}

static void turn_give(struct my_store *s)
{
    struct my_waiter *next = queue_take(&s->writers);
    if (!next) {
        s->writing = false;
        return;
    }
    next->called = true;
    fiber_wake(next->who);
}

/* The twin of the tests: positions by AUTO_INCREMENT, and no lock. */
#define BEGIN_BARE                                                                                 \
    "START TRANSACTION; SELECT position FROM log_counter WHERE id = 1; " CLOCK_AND_MARK

static str begin_text(void)
{
    return twin_lacks("positions") ? STR(BEGIN_BARE) : STR(BEGIN);
}

/* Makes the time between an act and its commit as long as the test wants it. */
static void pause_before_commit(void)
{
    int64_t pause_ms = twin_pause_ms();
    if (pause_ms > 0)
        fiber_sleep(pause_ms);
}

/* --- one transaction --- */

static const fault *transaction_begin(struct my *db, arena *a)
{
    int64_t numbers[TEXT_NUMBERS_MAX];
    size_t count;
    TRY(connection_text(db->on, a, begin_text(), STATEMENT_MS, numbers, &count));
    if (count != 3)
        return fault_internal(a, FAULT_INTERNAL, "internal_error", "Something went wrong on our side.",
                              "the log's counter is missing");
    db->began_at = db->position = numbers[0];
    db->now.ms = numbers[1];
    db->store->restoring = numbers[2] > 0;
    db->command = random_hex(a, COMMAND_BYTES);
    return db->store->restoring && !db->restores ? my_restore_running(a) : NULL;
}

void my_transaction_undo(struct my *db, arena *a)
{
    str text = STR("ROLLBACK; SET SESSION wait_timeout = " IDLE_USUALLY);
    if (!db->on->broken && connection_text(db->on, a, text, STATEMENT_MS, NULL, NULL) != NULL)
        db->on->broken = true;
}

/* One message: the server has it whole or not at all. */
static const fault *transaction_commit(struct my *db, arena *a)
{
    struct buf text = { .in = a };
    if (db->position != db->began_at)
        buf_printf(&text, "UPDATE log_counter SET position = %lld WHERE id = 1; ", (long long)db->position);
    buf_literal(&text, "COMMIT; SET SESSION wait_timeout = " IDLE_USUALLY);
    const fault *problem = connection_text(db->on, a, buf_str(&text), STATEMENT_MS, NULL, NULL);
    if (problem)
        db->on->broken = true;
    return problem;
}

static const fault *act_try(struct my *db, arena *a, my_act *act, void *arg, enum fate *fate)
{
    *fate = FATE_TOLD;
    TRY(pool_take(db->store, a, &db->on));
    const fault *problem = transaction_begin(db, a);
    if (!problem)
        problem = act(db, a, arg);
    if (!problem && db->on->undone)
        problem = my_busy(a, "the transaction was taken back");
    bool lost = (db->on->broken && !db->on->late) || db->on->undone;
    if (problem) {
        *fate = lost ? FATE_UNDONE : FATE_TOLD;
        my_transaction_undo(db, a);
    } else {
        pause_before_commit();
        problem = transaction_commit(db, a);
        if (problem)
            *fate = FATE_UNKNOWN;
    }
    pool_give(db->store, db->on);
    db->on = NULL;
    return problem;
}

/* --- what became of a commit --- */

/* The counter's lock is not to be had before the lost transaction has ended, one way or the other. Its first event has the
 * position after the one it began at; if somebody else's has it, ours was taken back. */
static const fault *commit_ask(const struct my *db, arena *a, bool *done)
{
    struct my_connection *c;
    int64_t numbers[TEXT_NUMBERS_MAX];
    size_t count;
    str text = arena_printf(a,
                            "START TRANSACTION; SELECT position FROM log_counter WHERE id = 1 FOR UPDATE; "
                            "SELECT count(*) FROM log WHERE position = %lld AND command = '%.*s'; ROLLBACK",
                            (long long)db->began_at + 1, STR_ARG(db->command));
    TRY(pool_take(db->store, a, &c));
    const fault *problem = connection_text(c, a, text, STATEMENT_MS, numbers, &count);
    if (problem || count != 2)
        c->broken = true;
    else
        *done = numbers[1] == 1;
    pool_give(db->store, c);
    return problem;
}

static const fault *commit_find_out(const struct my *db, arena *a, bool *done)
{
    *done = false;
    if (db->position == db->began_at)
        return NULL; /* nothing was logged: it does no harm twice */
    int64_t deadline_ms = loop_now_ms() + LOOKUP_MS;
    for (;;) {
        db->store->commits_asked++;
        const fault *problem = commit_ask(db, a, done);
        if (!problem)
            return NULL;
        if (loop_now_ms() >= deadline_ms || db->store->closing) {
            fault *unknown = fault_new(a, FAULT_UNAVAILABLE, "outcome_unknown",
                                       "The store was lost at the last moment: it may or may not be done. Look, or "
                                       "ask again with the same Idempotency-Key.");
            unknown->retry_after_s = 1;
            unknown->internal = problem->internal;
            return unknown;
        }
        fiber_sleep(LOOK_AGAIN_MS);
    }
}

/* --- acts --- */

static const fault *act_run(struct my_store *s, arena *a, my_act *act, void *arg, bool restores)
{
    for (int tries = 1;; tries++) {
        struct my db = { .store = s, .writes = true, .restores = restores };
        enum fate fate;
        bool done = false;
        const fault *problem = act_try(&db, a, act, arg, &fate);
        if (fate == FATE_UNKNOWN)
            TRY(commit_find_out(&db, a, &done));
        if (!problem || done) {
            s->acts++;
            position_reached(s, db.position);
            return NULL;
        }
        if (fate == FATE_TOLD || tries == TRIES_MAX)
            return problem;
        s->acts_again++;
    }
}

static const fault *act_run_in_turn(struct my_store *s, arena *a, my_act *act, void *arg, bool restores)
{
    TRY(turn_take(s, a));
    const fault *problem = act_run(s, a, act, arg, restores);
    turn_give(s);
    return problem;
}

const fault *my_write(struct my_store *s, arena *a, my_act *act, void *arg)
{
    return act_run_in_turn(s, a, act, arg, false);
}

const fault *my_write_restoring(struct my_store *s, arena *a, my_act *act, void *arg)
{
    return act_run_in_turn(s, a, act, arg, true);
}

instant my_now(struct my *db)
{
    return db->writes ? db->now : clock_now();
}
