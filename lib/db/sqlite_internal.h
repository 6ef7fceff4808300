/* sqlite_internal.h - what the files of this folder share about one store; nobody else includes it. */
#ifndef TAQUILLA_DB_SQLITE_INTERNAL_H
#define TAQUILLA_DB_SQLITE_INTERNAL_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <uthash.h>

#include "lib/db/sqlite_memory.h"
#include "lib/loop/fiber.h"

#define ACTS_QUEUED_MAX 4096
#define ACTS_PER_BATCH_MAX 512
#define WAL_PAGES_MAX 4000 /* the writer checkpoints from here on */
#define STATEMENTS_MAX 512
#define STATEMENT_SLOTS 256
#define SHAPE_FIELDS_MAX 64

/* A prepared text. The columns' places in a shape are looked up once per shape. */
struct statement {
    char *text; /* its own copy: the key */
    sqlite3_stmt *handle;
    int bind_count, column_count;
    const struct shape *placed_for;
    signed char field_of[SHAPE_FIELDS_MAX]; /* column -> field of placed_for; -1: none */
    UT_hash_handle hh;
};

enum command { COMMAND_BEGIN, COMMAND_WRITE, COMMAND_COMMIT, COMMAND_SAVE, COMMAND_KEEP, COMMAND_UNDO, COMMAND_COUNT };

struct sql {
    sqlite3 *handle;
    struct sqlite *store;
    pthread_t thread; /* the only one that may use it */
    bool writes;
    struct statement *by_text;
    struct {
        const char *text;
        struct statement *found;
    } by_address[STATEMENT_SLOTS];
    int last_error; /* SQLite's code of the last statement that failed */
    bool fixed;     /* a view's: it keeps its snapshot whatever is committed meanwhile */

    /* The writer's own. now and position are of the batch under way. */
    sqlite3_stmt *commands[COMMAND_COUNT];
    instant now;
    int64_t position;
    int64_t spent; /* numbers that the twin of the tests gave to acts which were refused: a sequence takes none back */
    const struct once *once_kept; /* by the act under way */

    /* The reader's: between statements it keeps its snapshot as long as that is the newest, see reader_refresh. */
    uint64_t commits_seen;
};

struct act {
    sqlite_act *run;
    arena *arena;
    void *arg;
    const fault *problem;
    fiber *waiter;
    bool done;
    struct act *next;
    struct task finished; /* the first act of a batch brings the news of all */
    struct sqlite *store;
    bool moved;
    bool restores; /* it may run while a restore does */
    bool looks;    /* before it writes: see sqlite_write_looked */
};

struct act_queue {
    struct act *first, *last;
};

struct sqlite {
    struct sqlite_setup setup;
    const char *path;
    int lock_fd;
    struct sql reader, writer;
    bool closed;
    bool memory; /* the writer alone, on the loop */
    struct sqlite_memory_setup memory_setup;
    struct sqlite *next_open;

    /* Loop thread: acts of this turn, handed over at its end with one lock and one wake-up. */
    struct act_queue gathered;
    uint64_t queued; /* not yet answered */
    int views;       /* open ones */

    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct act_queue waiting; /* under lock */
    bool stopping;            /* under lock */

    _Atomic int64_t position;
    _Atomic uint64_t batches, acts, acts_max;
    _Atomic int wal_pages;
    _Atomic bool restoring; /* the store is marked as not whole */
};

/* sqlite.c */
const fault *sql_connect(struct sqlite *s, arena *a, struct sql *db, const char *setup) MUST_CHECK;
void sql_disconnect(struct sql *db);
void sqlite_set_up(void); /* before the first connection */

/* sqlite_log.c, sqlite_once.c */
const fault *log_insert(struct sql *db, arena *a, const struct event *e) MUST_CHECK;
const fault *log_rows(struct sql *db, arena *a, int64_t after, int64_t limit, list *events) MUST_CHECK;
const fault *once_insert(struct sql *db, arena *a, const struct once *key, str answer, int64_t owner,
                         instant made) MUST_CHECK;

/* sqlite_rows.c: the row a statement stands on, into zeroed memory */
const fault *statement_row(arena *a, struct statement *st, const struct shape *s, void *out) MUST_CHECK;

/* sqlite_restore.c */
const fault *restore_running(arena *a) MUST_CHECK; /* UNAVAILABLE */
const fault *restore_mark_read(struct sqlite *s, arena *a) MUST_CHECK;

/* sqlite_statement.c */
const fault *sql_fault(struct sql *db, arena *a, int code, const char *text);
const fault *store_fault(arena *a, int code, const char *detail);
const fault *statement_begin(struct sql *db, arena *a, const char *text, struct binds values,
                             struct statement **out) MUST_CHECK;
/* *row is false at the end; then, and on a fault, the statement is reset already. */
const fault *statement_step(struct sql *db, arena *a, struct statement *s, bool *row) MUST_CHECK;
void statement_end(struct statement *s);
void statements_forget(struct sql *db);

const fault *commands_prepare(struct sql *db, arena *a) MUST_CHECK;
void commands_drop(struct sql *db);
int sql_command(struct sql *db, enum command which); /* SQLite's code */
void reader_let_go(struct sql *db);

/* sqlite_schema.c */
const fault *schema_apply(struct sql *db, arena *a, const struct migration *migrations) MUST_CHECK;

/* sqlite_writer.c */
const fault *writer_start(struct sqlite *s, arena *a) MUST_CHECK;
void writer_stop(struct sqlite *s);
/* As sqlite_write, for the acts of a restore. */
const fault *sqlite_write_restoring(struct sqlite *s, arena *a, sqlite_act *act, void *arg) MUST_CHECK;

#endif
