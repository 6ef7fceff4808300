/* mysql.h - an owner's store on a MySQL or MariaDB server: connections awaited on the loop, one writing transaction at a time.
 *
 * READ COMMITTED, the time of the server, UTC. Every writing transaction locks the counter row first, so positions of the log
 * are dense and in commit order however many replicas write. SQL must be what MySQL 8 and MariaDB 10.11 both take.
 * Faults: UNAVAILABLE store_unavailable (the server is away; heals by itself), store_busy (all connections are taken, or a lock
 * was not to be had in time), storage_full, outcome_unknown (cut off at the commit, and no server to ask since).
 * Texts of the server go into fault.internal only. All functions are for fibers of the loop thread. */
#ifndef TAQUILLA_DB_MYSQL_H
#define TAQUILLA_DB_MYSQL_H

#include "lib/base/archive.h"
#include "lib/base/buf.h"
#include "lib/base/event.h"
#include "lib/base/once.h"
#include "lib/db/migration.h"
#include "lib/json/shape.h"

struct schema_seen; /* schema.h */
struct my_store; /* the store: a pool of connections to one database */
struct my;       /* one connection of it; an act gets it and must not keep it */

enum my_tls {
    MY_TLS_DISABLE,
    MY_TLS_REQUIRE, /* encrypted, whoever answers */
    MY_TLS_VERIFY,  /* encrypted, and the certificate is the host's */
};

struct my_address {
    const char *host, *user, *password, *database;
    int64_t port;
    unsigned tls;                 /* enum my_tls */
    const char *ca, *cert, *key;  /* files; NULL: the system's, none */
};

/* mysql://user:password@host:port/database?ssl=disable|require|verify&ssl_ca=FILE&ssl_cert=FILE&ssl_key=FILE, each part
 * percent-encoded where need be. INVALID setting_invalid, a sentence that never shows the password. */
const fault *my_address_read(arena *a, const char *setting, str url, struct my_address *out) MUST_CHECK;

struct my_setup {
    struct my_address address;
    const char *service;                 /* in names of locks */
    const struct migration *migrations;  /* ended by number 0; each may be run again after it broke off half way */
    /* Once, when the schema is there and before anybody else may ask; no other replica is in it at the same time. A fault is
     * told and tried again. NULL: nothing to do. */
    const fault *(*prepare)(void *arg, struct my_store *s, arena *a);
    /* On the loop thread after each commit that logged something, ours or another replica's. */
    void (*moved)(void *arg, int64_t position);
    /* Does anybody wait for moved? While somebody does, other replicas' commits are looked for every 50 ms. */
    bool (*awaited)(void *arg);
    /* Another replica has begun a restore: what the log told so far is over. NULL: nobody to tell. */
    void (*restarted)(void *arg);
    void *arg;
};

/* Waits a few seconds at most for the server; when it is away the store opens all the same, every question gets
 * store_unavailable, and it goes on trying. INVALID store_unreadable: the database is of a newer version. */
const fault *my_open(arena *a, struct my_store **out, const struct my_setup *setup) MUST_CHECK;
void my_close(struct my_store *s);
/* What its migrations are, and which of them the store has; it stays as it is. Reads no more than address and
 * migrations of the setup. */
const fault *my_look(arena *a, const struct my_setup *setup, struct schema_seen *out) MUST_CHECK;

/* For reads: each statement on some connection, seeing what was committed before it; run again when that connection was lost. */
struct my *my_reader(struct my_store *s);

/* Runs act(db, a, arg) in a transaction that holds the counter's lock. A fault takes back all it did. When the connection is
 * lost the act is run again, unless its commit may have been done: then the log is asked. So an act must give the same when
 * it is run again, and one that logs nothing must do no harm when it is done twice. */
typedef const fault *my_act(struct my *db, arena *a, void *arg);
const fault *my_write(struct my_store *s, arena *a, my_act *act, void *arg) MUST_CHECK;

int64_t my_position(const struct my_store *s); /* the last commit known of */
instant my_now(struct my *db);                 /* the server's clock, read under the lock; our own for reads */

void my_metrics(const struct my_store *s, struct buf *out);
const fault *my_check(struct my_store *s, arena *a) MUST_CHECK; /* does the server answer? for /health */

/* --- statements: prepared once per connection and text, so `text` must be a literal or live as long as the store --- */

enum my_bind_kind { MY_NULL, MY_INT, MY_REAL, MY_TEXT, MY_TIME };
struct my_bind {
    enum my_bind_kind kind;
    int64_t number; /* MY_TIME: milliseconds since 1970 */
    double real;
    str text;
};
struct my_binds {
    const struct my_bind *at;
    size_t count;
};
#define MY_BIND(...)                                                                               \
    ((struct my_binds){ (const struct my_bind[]){ __VA_ARGS__ },                                   \
                        sizeof((const struct my_bind[]){ __VA_ARGS__ }) / sizeof(struct my_bind) })
#define MY_NO_BINDS ((struct my_binds){ NULL, 0 })
struct my_bind my_int(int64_t n);                  /* INT64_MIN is NULL */
struct my_bind my_real(double n);
struct my_bind my_text(str text);                  /* no text is NULL */
struct my_bind my_flag(bool b);
struct my_bind my_money(arena *a, money sum);      /* a DECIMAL */
struct my_bind my_instant(instant moment);         /* a DATETIME(3), UTC */
struct my_bind my_wall(wall moment);               /* a DATETIME */
/* A list for JSON_TABLE(CAST(? AS CHAR), '$[*]' COLUMNS (id BIGINT PATH '$')): both servers take a function there. */
struct my_bind my_ids(arena *a, const ids *numbers);
struct my_bind my_json_list(arena *a, const struct shape *row, const list *rows);

/* Runs a statement that gives no rows. A broken UNIQUE gives CONFLICT unique_broken, another constraint INVALID
 * constraint_broken (the statement is taken back, the act may go on). */
const fault *my_run(struct my *db, arena *a, const char *text, struct my_binds values) MUST_CHECK;
int64_t my_last_id(struct my *db);  /* acts only, as is my_changes */
int64_t my_changes(struct my *db);

/* The first row into *out by shape: columns are matched with the fields' `column`. Instants are DATETIME (UTC) or a number of
 * ms, walls DATETIME, days DATE, money DECIMAL, choices their text, bools numbers; ids, strs, lists and objects JSON
 * text. Members without a column are zero. *found is false (and *out untouched) when there is no row. */
const fault *my_one(struct my *db, arena *a, const struct shape *s, void *out, bool *found,
                    const char *text, struct my_binds values) MUST_CHECK;
const fault *my_list(struct my *db, arena *a, const struct shape *row, list *out, const char *text,
                     struct my_binds values) MUST_CHECK;
/* First column of the first row; *out stays as it was when there is no row or it is NULL. */
const fault *my_number(struct my *db, arena *a, int64_t *out, const char *text, struct my_binds values) MUST_CHECK;
/* First column of every row. */
const fault *my_numbers(struct my *db, arena *a, ids *out, const char *text, struct my_binds values) MUST_CHECK;

/* --- the log --- */

/* Appends one event at last + 1, in the act's transaction. data by shape. *position may be NULL. */
const fault *my_log(struct my *db, arena *a, const char *type, str subject, const struct shape *s,
                    const void *data, int64_t *position) MUST_CHECK;
/* Up to limit events after `after`. */
const fault *my_log_read(struct my_store *s, arena *a, int64_t after, int64_t limit,
                         struct event_page *out) MUST_CHECK;
/* A reader of that name has come to `position`; it is remembered in the store, so that every replica knows. */
const fault *my_reader_passed(struct my_store *s, arena *a, str reader, int64_t position) MUST_CHECK;
/* Removes the log's first rows, at most ARCHIVE_ROWS_MAX: those wished that are old enough and that no reader heard of within a day
 * lacks; never the last. */
const fault *my_log_archive(struct my_store *s, arena *a, const struct archive_wish *want, struct archive_made *out) MUST_CHECK;

/* --- once: call recall first and keep last, inside the act --- */

/* key NULL: *seen is false. Known key, same body: *made is what it was, *seen true. KEY_REUSED idempotency_key_reused. */
const fault *my_once_recall(struct my *db, arena *a, const struct once *key, const struct shape *s,
                            void *made, bool *seen) MUST_CHECK;
/* owner: whose personal data the answer may hold (a user's id); 0: nobody's. */
const fault *my_once_keep(struct my *db, arena *a, const struct once *key, const struct shape *s,
                          const void *made, int64_t owner) MUST_CHECK;
/* Deletes keys older than 24 h; the owner's sweeper calls it. */
const fault *my_once_sweep(struct my *db, arena *a) MUST_CHECK;

#endif
