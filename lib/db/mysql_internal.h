/* mysql_internal.h - what the files of this folder share about one MySQL store; nobody else includes it. */
#ifndef TAQUILLA_DB_MYSQL_INTERNAL_H
#define TAQUILLA_DB_MYSQL_INTERNAL_H

#include <mariadb/mysql.h> /* not <mysql.h>: ours has that name too */
#include <uthash.h>

#include "lib/db/mysql.h"
#include "lib/loop/fiber.h"

#define CONNECTIONS_MAX 8
#define CONNECT_S 2           /* TCP, TLS and login together take a few of these at most */
#define TAKE_WAIT_MS 1500     /* for a free connection */
#define TURN_WAIT_MS 5000     /* for our turn to write */
#define WRITERS_WAITING_MAX 1024
#define STATEMENT_MS 10000
#define MIGRATION_MS 600000
#define LOOKUP_MS 5000        /* to learn what became of a commit */
#define POLL_MS 50            /* for other replicas' commits */
#define STATEMENTS_PER_CONNECTION_MAX 512
#define SHAPE_COLUMNS_MAX 64
#define TEXT_NUMBERS_MAX 8

/* A column of a result, and where libmariadb puts it. */
struct my_column {
    enum my_bind_kind kind;
    int64_t number;
    double real;
    MYSQL_TIME time;
    unsigned long length;
    my_bool null;
};

/* A prepared text. The columns' places in a shape are looked up once per shape. */
struct my_statement {
    char *text; /* its own copy: the key */
    MYSQL_STMT *handle;
    unsigned bind_count, column_count;
    struct my_column *columns;
    MYSQL_BIND *results;
    const struct shape *placed_for;
    signed char field_of[SHAPE_COLUMNS_MAX]; /* column -> field of placed_for; -1: none */
    UT_hash_handle hh;
};

struct my_connection {
    MYSQL *handle;
    struct my_statement *by_text;
    bool broken;      /* lost: it is not used again */
    bool late;        /* because a deadline passed */
    bool undone;      /* the server took its transaction back as a whole */
    struct my_connection *next;
};

struct my {
    struct my_store *store;
    struct my_connection *on; /* NULL: any, for each statement */
    int64_t last_id, changes;

    /* A transaction's own. */
    bool writes, restores;
    instant now;
    int64_t began_at, position; /* the log's last when it began, and now */
    str command;                /* random; in every event of this transaction */
};

/* A fiber that waits for a connection or its turn to write; on its stack. */
struct my_waiter {
    fiber *who;
    struct my_connection *got;
    bool called;
    struct my_waiter *next;
};
struct my_queue {
    struct my_waiter *first, *last;
    size_t count;
};

struct my_store {
    struct my_setup setup;
    struct my reader;

    struct my_connection *idle;
    size_t open_count; /* idle ones, those in use, and one that is being dialled */
    bool dialling;
    struct my_queue waiting;
    int64_t retry_at_ms, back_off_ms; /* loop time; while it is ahead no new connection is tried */
    char away_why[256];               /* of the last failed one */

    bool writing;
    struct my_queue writers;

    fiber *opener, *poller, *dialler;
    bool tried, ready, closing, closed;
    const fault *refused; /* the database is not for this program */
    arena *own;
    fiber *opening; /* waits in my_open */

    int64_t position;
    bool restoring; /* a restore runs here, as far as we know */
    size_t views;
    uint64_t acts, acts_again, commits_asked, connects, connects_failed, lost;
};

/* mysql_connection.c: libmariadb's calls, awaited. A fault that means the connection is lost marks it broken. */
const fault *connection_dial(const struct my_address *address, arena *a, struct my_connection **out) MUST_CHECK;
void connection_end(struct my_connection *c);
bool connection_stale(const struct my_connection *c); /* closed by the server meanwhile */
/* Several statements at once, without values; the first column of each row of each result into numbers, as many as fit. */
const fault *connection_text(struct my_connection *c, arena *a, str text, int64_t wait_ms, int64_t *numbers,
                             size_t *count) MUST_CHECK;
int connection_await(struct my_connection *c, int status, int64_t deadline_ms);
const fault *connection_fault(struct my_connection *c, arena *a, unsigned code, const char *said,
                              const char *text);
const fault *my_away(arena *a, str why);
const fault *my_busy(arena *a, const char *why);

/* mysql_pool.c */
const fault *pool_take(struct my_store *s, arena *a, struct my_connection **out) MUST_CHECK;
void pool_give(struct my_store *s, struct my_connection *c);
void queue_add(struct my_queue *q, struct my_waiter *w);
struct my_waiter *queue_take(struct my_queue *q);
void queue_leave(struct my_queue *q, const struct my_waiter *w);
void position_reached(struct my_store *s, int64_t position);

/* mysql_statement.c: one statement on db's connection, all its rows fetched from the server; each(...) is called for each. */
typedef const fault *my_row(struct my_statement *st, arena *a, void *arg, bool *enough);
const fault *statement_each(struct my *db, arena *a, const char *text, struct my_binds values, my_row *each,
                            void *arg) MUST_CHECK;
void statements_drop(struct my_connection *c);

/* mysql_schema.c */
const fault *my_schema_apply(struct my_store *s, arena *a, struct my_connection *c) MUST_CHECK;

/* mysql_write.c */
void my_transaction_undo(struct my *db, arena *a);
const fault *my_write_restoring(struct my_store *s, arena *a, my_act *act, void *arg) MUST_CHECK;

/* mysql_restore.c */
const fault *my_restore_running(arena *a);

/* mysql_time.c */
MYSQL_TIME time_of_ms(int64_t ms);
int64_t ms_of_time(const MYSQL_TIME *t);

#endif
