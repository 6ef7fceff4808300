/* postgres_internal.h - what the files of this folder share about one store on PostgreSQL; nobody else includes it. */
#ifndef TAQUILLA_DB_POSTGRES_INTERNAL_H
#define TAQUILLA_DB_POSTGRES_INTERNAL_H

#include <libpq-fe.h>
#include <uthash.h>

#include "lib/db/postgres.h"
#include "lib/loop/fiber.h"

#define CONNECT_WAIT_MS 5000   /* for one try */
#define PAUSE_MIN_MS 50        /* between tries; doubles, jittered */
#define PAUSE_MAX_MS 1000
#define AWAY_WAIT_MS 1500      /* what a call waits for a connection, or for its turn to be written */
#define FIRST_WAIT_MS 3000     /* what opening waits for the first connection */
#define KEYS_WAIT_MS 2000      /* and for an answer */
#define LISTS_WAIT_MS 15000
#define BATCH_WAIT_MS 8000
#define LOST_WAIT_MS 10000     /* while the fate of a batch is looked up */
#define COMMANDS_QUEUED_MAX 4096
#define COMMANDS_PER_BATCH_MAX 256
#define BATCH_BYTES_MAX ((size_t)1024 * 1024)
#define READS_PER_SEND_MAX 512
#define STATEMENTS_MAX 256

/* --- one connection: postgres_connect.c --- */

struct pg_link {
    struct postgres *store;
    const char *name;      /* "keys", "lists", "writer", "ear": for the log and for pg_stat_activity */
    const char *options;   /* its session's settings */
    PGconn *conn;          /* NULL: not connected */
    int64_t pause_ms;      /* before the next try */
    bool complained;       /* the log has heard that it is away */
    int backend;           /* the server's process, */
    char began[40];        /* and when it began: a pid alone comes again */
};

/* INVALID setting_invalid. */
const fault *pg_url_check(arena *a, const char *url) MUST_CHECK;
/* One try. The session is set up when it returns NULL. Fibers only. */
const fault *pg_link_open(struct pg_link *l, arena *a) MUST_CHECK;
void pg_link_drop(struct pg_link *l);
/* Waits the pause that is due before the next try; a wake ends it. */
void pg_link_pause(struct pg_link *l);
/* A whole simple-protocol message; *out is the result of its last statement, the caller's. A fault may leave the link
 * dropped. Fibers only. */
const fault *pg_link_run(struct pg_link *l, arena *a, const char *text, int64_t deadline_ms, PGresult **out) MUST_CHECK;
/* Waits until everything is sent, or the deadline. False: the connection is lost. */
bool pg_link_flush(struct pg_link *l, int64_t deadline_ms);
/* The next result of the message under way; false: the connection is lost or late. *out is NULL after the last. */
bool pg_link_result(struct pg_link *l, int64_t deadline_ms, PGresult **out);

/* --- faults: postgres_fault.c --- */

const fault *pg_away(arena *a, const char *why);
const fault *pg_restoring(arena *a);
/* By SQLSTATE; NULL of a result that is no error. */
const fault *pg_fault(arena *a, const PGresult *result, const char *text);
bool pg_state_is(const PGresult *result, const char *sqlstate);

/* --- reads: postgres_reads.c --- */

struct pg_statement {
    char *text;
    char name[16];
    unsigned prepared_in; /* the lane's connection number in which it was prepared */
    const struct shape *placed_for;
    signed char field_of[64];
    UT_hash_handle hh;
};

/* A read under way. On the heap: who asked may give up while the answer is still to come. */
struct pg_read {
    struct pg_statement *statement;
    struct pg_binds values; /* of the waiter; gone when it gave up, so only sent before */
    arena *arena;
    fiber *waiter;          /* NULL: nobody waits any more */
    PGresult *result;
    bool prepares;          /* an answer to Parse comes first */
    bool sync;              /* no read: the end of one send */
    bool done;
    int sent_times;
    int64_t sent_ms;
    struct pg_read *next;
};
struct pg_reads {
    struct pg_read *first, *last;
};

struct pg_lane {
    struct pg_link link; /* first */
    struct watch watch;
    bool watched, broken;
    unsigned connection; /* counts them */
    int64_t wait_ms;
    struct pg_statement *statements;
    struct pg_reads gathered, sent;
    struct pg_party *parties; /* reads of several, among the gathered */
    uint64_t reads, sends;
    fiber *keeper;
};

const fault *pg_lanes_start(struct postgres *p, arena *a) MUST_CHECK;
void pg_lanes_stop(struct postgres *p);
/* *out is the caller's to clear. */
const fault *pg_lane_ask(struct pg_lane *lane, arena *a, const char *text, struct pg_binds values, PGresult **out,
                      struct pg_statement **statement) MUST_CHECK;

/* No more keys into the reads that are about to be sent: postgres_together.c. */
void pg_parties_close(struct pg_lane *lane);

/* --- values: postgres_rows.c, postgres_text.c --- */

/* Every row of the result. */
const fault *pg_rows_take(arena *a, const PGresult *result, struct pg_statement *st, const struct shape *row, list *out) MUST_CHECK;
const fault *pg_row_take(arena *a, const PGresult *result, int row, struct pg_statement *st, const struct shape *s,
                      void *out) MUST_CHECK;
ids pg_numbers_read(arena *a, const char *text); /* "{1,2}" */
/* NULL for a NULL; *fits is false for a text that PostgreSQL cannot take. */
const char *pg_bind_text(arena *a, const struct pg_bind *value, bool *fits);
/* Bytes of a literal that was begun with E', which is known to fit. */
void pg_literal_inside(struct buf *out, str text);

/* --- writing: postgres_writer.c, postgres_lost.c --- */

struct pg_queued {
    const struct pg_command *command;
    str json;              /* members of the object, without braces */
    str *cells;            /* of the sheet's columns, those of parts with all their elements; NULL: it goes as JSON */
    size_t parts, bytes;
    char id[37];           /* uuid */
    arena *arena;
    struct pg_answer *out;
    const fault *problem;
    fiber *waiter;
    bool taken;            /* in a batch: its fate is not the waiter's any more */
    bool done;
    int agains;            /* how often the function put it off */
    struct pg_queued *next;
};
struct pg_batch {
    struct pg_queued *at[COMMANDS_PER_BATCH_MAX];
    size_t count;
};

/* postgres_columns.c. INVALID constraint_broken. */
const fault *pg_cells_make(arena *a, const struct pg_sheet *sheet, const struct pg_command *command, struct pg_queued *q) MUST_CHECK;
/* Each of the arguments with a comma before it. */
void pg_columns_put(struct buf *out, const struct pg_sheet *sheet, const struct pg_batch *batch);

const fault *pg_writer_start(struct postgres *p, arena *a) MUST_CHECK;
void pg_writer_stop(struct postgres *p);
void pg_command_finish(struct postgres *p, struct pg_queued *q, const fault *problem);
/* Connects and gets the store ready for commands. */
const fault *pg_writer_connect(struct postgres *p, arena *a) MUST_CHECK;
/* The connection was lost before the answer: what became of each command of the batch? Reconnects. `known` is a position from
 * before the batch was sent. */
void pg_batch_find(struct postgres *p, arena *a, struct pg_batch *batch, int64_t known);

/* --- schema, ear --- */

const fault *pg_schema_apply(struct pg_link *l, arena *a, const struct postgres_setup *setup) MUST_CHECK;
const fault *pg_ear_start(struct postgres *p, arena *a) MUST_CHECK;
void pg_ear_stop(struct postgres *p);
/* Is there a restore's mark? Over the link given. */
const fault *pg_mark_read(struct postgres *p, arena *a, struct pg_link *l) MUST_CHECK;
/* The store is known to have got there. */
void pg_position_reached(struct postgres *p, int64_t position);

struct postgres {
    struct postgres_setup setup;
    const char *url;
    int64_t lock_key;
    bool closing;
    bool migrated;            /* by this process or another, as far as this one needs */
    const fault *unreadable;  /* why it will never be; in the boot arena */
    arena *boot;
    struct pg_lane keys, lists;
    int64_t position;

    struct pg_link writer;
    fiber *writer_fiber;
    bool writer_ready;        /* connected and migrated */
    bool tried;               /* to connect, once */
    uint64_t command_prefix, command_count;
    struct pg_queued *first, *last;
    struct pg_turn *alone; /* who is at it, and who waits for it: postgres_alone.c */
    struct postgres_stats stats;
    int views;                /* open ones */
    bool refresh;             /* setup.ready must be asked again: a restore has ended */
    bool restoring;           /* the store has a restore's mark, as far as this process knows */

    struct pg_link ear;
    fiber *ear_fiber;
};

#endif
