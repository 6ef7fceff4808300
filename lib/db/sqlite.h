/* sqlite.h - an owner's embedded store: one file, reads inline on the loop, one writer thread with group commit.
 *
 * WAL, synchronous=FULL, foreign keys on. An exclusive lock file (flock) beside the database keeps a second process out.
 * Faults: UNAVAILABLE storage_full (disk full; heals when there is room), store_unavailable (I/O error),
 * store_busy (4096 acts wait already). Texts of SQLite go into fault.internal only. */
#ifndef TAQUILLA_DB_SQLITE_H
#define TAQUILLA_DB_SQLITE_H

#include "lib/base/archive.h"
#include "lib/base/buf.h"
#include "lib/base/event.h"
#include "lib/base/once.h"
#include "lib/db/migration.h"
#include "lib/json/shape.h"

struct schema_seen; /* schema.h */
struct sqlite; /* the store: file, reader connection, writer thread */
struct sql;    /* one connection of it; an act or a read gets it and must not keep it */

struct sqlite_setup {
    const char *directory;               /* made (0700) when absent */
    const char *file;                    /* "movies.db" */
    const char *service;                 /* event source and Taquilla-Position */
    const struct migration *migrations;  /* ended by number 0 */
    /* On the loop thread after each commit that logged something; position: the log's last. */
    void (*moved)(void *arg, int64_t position);
    void *arg;
};

/* Opens, locks, migrates (creating the log and the idempotency tables too) and starts the writer. INVALID store_in_use (a second process),
 * store_unreadable. */
const fault *sqlite_open(arena *a, struct sqlite **out, const struct sqlite_setup *setup) MUST_CHECK;
/* What its migrations are, and which of them the store has; it stays as it is. Reads no more than directory, file and
 * migrations of the setup. INVALID store_unreadable. */
const fault *sqlite_look(arena *a, const struct sqlite_setup *setup, struct schema_seen *out) MUST_CHECK;
void sqlite_close(struct sqlite *s); /* waits for what is queued */

/* The connection for reads on the loop thread alone (an act reads with the one it is given); each statement sees the last commit. */
struct sql *sqlite_reader(struct sqlite *s);

/* Runs act(db, a, arg) on the writer's thread, inside the batch's transaction, in a savepoint of its own: a fault takes back
 * what this act did and nothing else. Returns (unparks) after the batch is committed. The caller's arena and arg are the act's alone
 * until then. `now` inside is read after the batch began. Fibers only. */
typedef const fault *sqlite_act(struct sql *db, arena *a, void *arg);
const fault *sqlite_write(struct sqlite *s, arena *a, sqlite_act *act, void *arg) MUST_CHECK;
/* As sqlite_write, for an act that looks before it writes: when it is refused it has almost never changed anything. A batch of
 * nothing but such acts has no savepoints, which would copy every page that an act writes. If one is refused after a change, the whole
 * batch is undone and done again with them: so such an act may run twice, and must give the same then. */
const fault *sqlite_write_looked(struct sqlite *s, arena *a, sqlite_act *act, void *arg) MUST_CHECK;

int64_t sqlite_position(const struct sqlite *s); /* of the last committed event; any thread */
instant sql_now(struct sql *db);                 /* one time for the whole batch */

struct sqlite_stats {
    uint64_t batches, acts, acts_max_in_batch, queued;
};
struct sqlite_stats sqlite_stats(const struct sqlite *s);
void sqlite_metrics(const struct sqlite *s, struct buf *out); /* the same as lines of /metrics */
const fault *sqlite_check(struct sqlite *s, arena *a) MUST_CHECK; /* can it be read? for /health */

/* --- statements: prepared once per connection and text, so `text` must be a literal or live as long as the store --- */

enum bind_kind { BIND_NULL, BIND_INT, BIND_REAL, BIND_TEXT };
struct bind {
    enum bind_kind kind;
    int64_t number;
    double real;
    str text;
};
struct binds {
    const struct bind *at;
    size_t count;
};
#define BIND(...)                                                                                  \
    ((struct binds){ (const struct bind[]){ __VA_ARGS__ },                                         \
                     sizeof((const struct bind[]){ __VA_ARGS__ }) / sizeof(struct bind) })
#define NO_BINDS ((struct binds){ NULL, 0 })
struct bind sql_int(int64_t n);          /* INT64_MIN is NULL: TIME_NONE, "no id" */
struct bind sql_real(double n);
struct bind sql_text(str text);          /* no text is NULL */
struct bind sql_bool(bool b);
struct bind sql_money(money sum);        /* cents */
struct bind sql_instant(instant moment); /* ms */
struct bind sql_wall(wall moment);       /* s */
/* A list for json_each: "WHERE id IN (SELECT value FROM json_each(?1))". */
struct bind sql_ids(arena *a, const ids *numbers);
struct bind sql_json_texts(arena *a, const strs *texts); /* also how strs are stored in a column */

/* Runs a statement that gives no rows. A broken UNIQUE gives CONFLICT unique_broken, another constraint INVALID
 * constraint_broken (the statement is taken back, the act may go on); acts turn them into their own words, or look before they write. */
const fault *sql_run(struct sql *db, arena *a, const char *text, struct binds values) MUST_CHECK;
int64_t sql_last_id(struct sql *db);
int64_t sql_changes(struct sql *db); /* rows of the last sql_run */

/* The first row into *out by shape: columns are matched with the fields' `column` (SELECT made_ms AS created_at ...); instants are
 * ms, walls s, days days, money cents; ids, strs, lists and objects JSON text; choices their text or number, bools 0/1. Members
 * without a column are zero. *found is false (and *out untouched) when there is no row. */
const fault *sql_one(struct sql *db, arena *a, const struct shape *s, void *out, bool *found,
                     const char *text, struct binds values) MUST_CHECK;
const fault *sql_list(struct sql *db, arena *a, const struct shape *row, list *out, const char *text,
                      struct binds values) MUST_CHECK;
/* First column of the first row; *out stays as it was when there is no row or it is NULL. */
const fault *sql_number(struct sql *db, arena *a, int64_t *out, const char *text, struct binds values) MUST_CHECK;
/* First column of every row. */
const fault *sql_numbers(struct sql *db, arena *a, ids *out, const char *text, struct binds values) MUST_CHECK;

/* --- the log --- */

/* Appends one event at last + 1, in the act's transaction. data by shape. *position may be NULL. */
const fault *sqlite_log(struct sql *db, arena *a, const char *type, str subject, const struct shape *s,
                        const void *data, int64_t *position) MUST_CHECK;
/* Appends one that was told before, as it stands. INVALID log_hole: it is not the next one. */
const fault *sqlite_log_take(struct sql *db, arena *a, const struct event *e) MUST_CHECK;
/* Up to limit events after `after`. */
const fault *sqlite_log_read(struct sqlite *s, arena *a, int64_t after, int64_t limit,
                             struct event_page *out) MUST_CHECK;
/* A reader of that name has come to `position`; it is remembered in the store, so that every replica knows. */
const fault *sqlite_reader_passed(struct sqlite *s, arena *a, str reader, int64_t position) MUST_CHECK;
/* Removes the log's first rows, at most ARCHIVE_ROWS_MAX: those wished that are old enough and that no reader heard of within a day
 * lacks; never the last. */
const fault *sqlite_log_archive(struct sqlite *s, arena *a, const struct archive_wish *want, struct archive_made *out) MUST_CHECK;

/* --- once: call recall first and keep last, inside the act --- */

/* key NULL: *seen is false. Known key, same body: *made is what it was, *seen true. KEY_REUSED idempotency_key_reused. */
const fault *sqlite_once_recall(struct sql *db, arena *a, const struct once *key, const struct shape *s,
                                void *made, bool *seen) MUST_CHECK;
/* owner: whose personal data the answer may hold (a user's id), so that an erasure finds it; 0: nobody's. */
const fault *sqlite_once_keep(struct sql *db, arena *a, const struct once *key, const struct shape *s,
                              const void *made, int64_t owner) MUST_CHECK;
const fault *sqlite_once_forget_owner(struct sql *db, arena *a, int64_t owner) MUST_CHECK;
/* Deletes keys older than 24 h; the owner's sweeper calls it. */
const fault *sqlite_once_sweep(struct sql *db, arena *a) MUST_CHECK;

#endif
