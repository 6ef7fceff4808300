/* sqlite_writer.c - the one thread that writes: what gathered while the last commit was under way goes into the next,
 * so that one fsync serves many acts. */
#include "lib/db/sqlite_internal.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/twin.h"

static struct sqlite *open_stores; /* loop thread */
static bool turning;               /* the loop calls at the end of its turns by now */

/* --- the loop's side --- */

static void queue_add(struct act_queue *q, struct act *first, struct act *last)
{
    if (q->last)
        q->last->next = first;
    else
        q->first = first;
    q->last = last;
}

static void store_hand_over(struct sqlite *s)
{
    if (!s->gathered.first)
        return;
    pthread_mutex_lock(&s->lock);
    bool idle = !s->waiting.first;
    queue_add(&s->waiting, s->gathered.first, s->gathered.last);
    if (idle)
        pthread_cond_signal(&s->work);
    pthread_mutex_unlock(&s->lock);
    s->gathered = (struct act_queue){ NULL, NULL };
}

/* At the end of a turn and not act by act: else the first of a turn would be a batch alone, and the others would wait
 * for its fsync. */
static void stores_hand_over(void *arg)
{
    (void)arg;
    turning = true;
    for (struct sqlite *s = open_stores; s; s = s->next_open)
        store_hand_over(s);
}

static const fault *write_wait(struct sqlite *s, struct act mine)
{
    arena *a = mine.arena;
    assert(fiber_self());
    if (!mine.restores && atomic_load(&s->restoring))
        return restore_running(a);
    if (s->memory)
        return mine.restores ? sqlite_memory_run(s, a, mine.run, mine.arg)
                             : s->memory_setup.write(s->memory_setup.arg, a, mine.run, mine.arg);
    if (s->closed || s->queued >= ACTS_QUEUED_MAX) {
        fault *busy = fault_new(a, FAULT_UNAVAILABLE, s->closed ? "store_unavailable" : "store_busy",
                                "The store is busy at the moment; please try again.");
        busy->retry_after_s = 1;
        return busy;
    }
    mine.waiter = fiber_self();
    mine.store = s;
    queue_add(&s->gathered, &mine, &mine);
    s->queued++;
    if (!turning)
        store_hand_over(s);
    while (!mine.done)
        fiber_park("the store's commit", INT64_MAX);
    return mine.problem;
}

const fault *sqlite_write(struct sqlite *s, arena *a, sqlite_act *act, void *arg)
{
    return write_wait(s, (struct act){ .run = act, .arena = a, .arg = arg });
}

const fault *sqlite_write_looked(struct sqlite *s, arena *a, sqlite_act *act, void *arg)
{
    return write_wait(s, (struct act){ .run = act, .arena = a, .arg = arg, .looks = true });
}

const fault *sqlite_write_restoring(struct sqlite *s, arena *a, sqlite_act *act, void *arg)
{
    return write_wait(s, (struct act){ .run = act, .arena = a, .arg = arg, .restores = true });
}

/* On the loop, once per batch. An act lives on its fiber's stack: it is read before its fiber runs on. */
static void batch_tell(struct task *t)
{
    struct act *first = t->owner;
    struct sqlite *s = first->store;
    reader_let_go(&s->reader);
    if (first->moved && !s->closed && s->setup.moved)
        s->setup.moved(s->setup.arg, sqlite_position(s));
    for (struct act *each = first, *next; each; each = next) {
        next = each->next;
        each->done = true;
        s->queued--;
        fiber_wake(each->waiter);
    }
}

/* --- the thread's side --- */

/* Blocks until there is work; NULL when the store closes and nothing is left. */
static struct act *batch_take(struct sqlite *s)
{
    pthread_mutex_lock(&s->lock);
    while (!s->waiting.first && !s->stopping)
        pthread_cond_wait(&s->work, &s->lock);
    struct act *first = s->waiting.first, *last = first;
    for (int count = 1; last && last->next && count < ACTS_PER_BATCH_MAX; count++)
        last = last->next;
    if (first) {
        s->waiting.first = last->next;
        if (!last->next)
            s->waiting.last = NULL;
        last->next = NULL;
    }
    pthread_mutex_unlock(&s->lock);
    return first;
}

static void act_do(struct sql *db, struct act *one)
{
    bool shut_out = !one->restores && atomic_load(&db->store->restoring); /* it was queued before the restore began */
    one->problem = shut_out ? restore_running(one->arena) : one->run(db, one->arena, one->arg);
}

/* False when the whole batch is lost: some errors (disk full, I/O) make SQLite end the transaction by itself. */
static bool act_run(struct sql *db, struct act *one)
{
    int64_t position = db->position;
    if (sql_command(db, COMMAND_SAVE) != SQLITE_OK)
        return false;
    act_do(db, one);
    if (sqlite3_get_autocommit(db->handle))
        return false;
    if (one->problem) {
        db->position = position;
        db->spent += twin_lacks("positions");
        if (sql_command(db, COMMAND_UNDO) != SQLITE_OK)
            return false;
    }
    return sql_command(db, COMMAND_KEEP) == SQLITE_OK;
}

/* Makes the time between an act and its commit, and from there to its answer, as long as a test wants it. */
static void commit_pause(void)
{
    int64_t pause_ms = twin_pause_ms();
    if (pause_ms > 0)
        usleep((useconds_t)pause_ms * 1000);
}

/* False: one was refused after a change, which only a savepoint could take back, or all is lost. */
static bool lookers_run(struct sql *db, struct act *first)
{
    for (struct act *one = first; one; one = one->next) {
        int changes = sqlite3_total_changes(db->handle);
        act_do(db, one);
        if (sqlite3_get_autocommit(db->handle) || (one->problem && sqlite3_total_changes(db->handle) != changes))
            return false;
        if (one->problem)
            db->spent += twin_lacks("positions");
    }
    return true;
}

static bool acts_run(struct sql *db, struct act *first)
{
    bool look = true;
    int64_t position = db->position, spent = db->spent;
    for (struct act *one = first; one; one = one->next)
        look = look && one->looks;
    if (look && lookers_run(db, first))
        return true;
    if (look) { /* again, with savepoints */
        if (sqlite3_get_autocommit(db->handle) || sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK ||
            sql_command(db, COMMAND_WRITE) != SQLITE_OK)
            return false;
        db->position = position;
        db->spent = spent;
    }
    for (struct act *one = first; one; one = one->next)
        if (!act_run(db, one))
            return false;
    return true;
}

static bool batch_run(struct sql *db, struct act *first)
{
    db->last_error = SQLITE_OK;
    if (sql_command(db, COMMAND_WRITE) != SQLITE_OK)
        return false;
    db->now = clock_now();
    if (!acts_run(db, first))
        return false;
    commit_pause();
    bool done = sql_command(db, COMMAND_COMMIT) == SQLITE_OK;
    commit_pause();
    return done;
}

/* Nothing of the batch counts, also what it refused: a refusal may rest on another act of the same batch. */
static void batch_fail(struct sql *db, struct act *first)
{
    int code = db->last_error ? db->last_error : SQLITE_IOERR;
    str detail = STR("the batch was not committed");
    if (!sqlite3_get_autocommit(db->handle))
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    for (struct act *one = first; one; one = one->next)
        one->problem = store_fault(one->arena, code, detail.at);
    log_line("error", "store_batch_failed", "sqlite %d: %s", code, sqlite3_errstr(code));
}

static void batch_finish(struct sqlite *s, struct act *first)
{
    struct sql *db = &s->writer;
    uint64_t count = 0;
    int64_t before = db->position;
    bool restoring = atomic_load(&s->restoring);
    for (struct act *one = first; one; one = one->next)
        count++;
    if (batch_run(db, first)) {
        first->moved = db->position != before;
        atomic_store(&s->position, db->position);
        atomic_fetch_add(&s->batches, 1);
        atomic_fetch_add(&s->acts, count);
        if (count > atomic_load(&s->acts_max))
            atomic_store(&s->acts_max, count);
    } else {
        db->position = before;
        atomic_store(&s->restoring, restoring);
        batch_fail(db, first);
    }
    first->finished = (struct task){ .run = batch_tell, .owner = first };
    loop_post(&first->finished); /* from here on the acts are the loop's */
}

static int wal_grew(void *arg, sqlite3 *handle, const char *schema, int pages)
{
    (void)handle;
    (void)schema;
    struct sqlite *s = arg;
    atomic_store(&s->wal_pages, pages);
    return SQLITE_OK;
}

/* After the answers are out, so that no act waits for it. What is left undone is tried again after the next batch. */
static void checkpoint_if_due(struct sqlite *s)
{
    if (atomic_load(&s->wal_pages) < WAL_PAGES_MAX)
        return;
    int pages = 0, done = -1;
    int code = sqlite3_wal_checkpoint_v2(s->writer.handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &done);
    if (code == SQLITE_OK && pages == done)
        atomic_store(&s->wal_pages, 0);
}

static void *writer_main(void *arg)
{
    struct sqlite *s = arg;
    s->writer.thread = pthread_self();
    for (struct act *first; (first = batch_take(s)) != NULL;) {
        batch_finish(s, first);
        checkpoint_if_due(s);
    }
    return NULL;
}

const fault *writer_start(struct sqlite *s, arena *a)
{
    sqlite3_wal_hook(s->writer.handle, wal_grew, s);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->work, NULL);

    /* Signals are the loop's. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int refused = pthread_create(&s->thread, NULL, writer_main, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (refused)
        return fault_internal(a, FAULT_UNAVAILABLE, "store_unavailable",
                              "The store's writer cannot be started.", "pthread_create: %s",
                              strerror(refused));
    if (!open_stores) {
        turning = false;
        loop_each_turn(stores_hand_over, NULL);
    }
    s->next_open = open_stores;
    open_stores = s;
    return NULL;
}

void writer_stop(struct sqlite *s)
{
    store_hand_over(s);
    for (struct sqlite **link = &open_stores; *link; link = &(*link)->next_open)
        if (*link == s) {
            *link = s->next_open;
            break;
        }
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_cond_signal(&s->work);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->work);
}

int64_t sqlite_position(const struct sqlite *s)
{
    return atomic_load(&s->position);
}

struct sqlite_stats sqlite_stats(const struct sqlite *s)
{
    return (struct sqlite_stats){
        .batches = atomic_load(&s->batches),
        .acts = atomic_load(&s->acts),
        .acts_max_in_batch = atomic_load(&s->acts_max),
        .queued = s->queued,
    };
}

void sqlite_metrics(const struct sqlite *s, struct buf *out)
{
    struct sqlite_stats stats = sqlite_stats(s);
    buf_printf(out,
               "# TYPE taquilla_store_batches_total counter\ntaquilla_store_batches_total %llu\n"
               "# TYPE taquilla_store_acts_total counter\ntaquilla_store_acts_total %llu\n"
               "# TYPE taquilla_store_acts_in_batch_max gauge\ntaquilla_store_acts_in_batch_max %llu\n"
               "# TYPE taquilla_store_queued gauge\ntaquilla_store_queued %llu\n",
               (unsigned long long)stats.batches, (unsigned long long)stats.acts,
               (unsigned long long)stats.acts_max_in_batch, (unsigned long long)stats.queued);
}

instant sql_now(struct sql *db)
{
    return db->writes ? db->now : clock_now();
}
