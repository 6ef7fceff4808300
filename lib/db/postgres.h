/* postgres.h - an owner's store on PostgreSQL: pipelined reads, and one writer with group commit, all on the loop.
 *
 * Four connections: keys (reads of a moment), lists (reads that may take longer), the writer, and an ear that hears what
 * other replicas commit. Each connects by itself, again and again with jittered pauses; until then, and while the server is
 * away, a call waits at most a second and a half. Names are looked up by offload; TLS is what the URL's sslmode says.
 * Faults: UNAVAILABLE store_unavailable (away, or no answer in time), store_busy (the writer's lock was not to be had within
 * two seconds, or 4096 commands wait already), storage_full, outcome_unknown (cut off while a batch was written, and no server
 * to ask since); INVALID constraint_broken (a text that no column can hold).
 * Texts of PostgreSQL go into fault.internal only. Everything here is for fibers, unless it says otherwise. */
#ifndef TAQUILLA_DB_POSTGRES_H
#define TAQUILLA_DB_POSTGRES_H

#include "lib/base/archive.h"
#include "lib/base/buf.h"
#include "lib/base/event.h"
#include "lib/base/once.h"
#include "lib/db/migration.h"
#include "lib/json/shape.h"

struct schema_seen; /* schema.h */
struct postgres; /* the store: its connections */
struct pg_lane;  /* one pipelined connection for reads */
struct pg_link;  /* one connection, as setup.ready gets it */

/* How commands become columns: n int[] and command uuid[], an array for each field of `row`, then of each part the place of its command
 * (int[], from 1) and an array for each field of `part`. Integers, money (cents) and instants (ms) are bigint[], the least int64_t being
 * null; bool[]; text[]. Raw JSON, never empty and without line ends, is a single text with a line
 * for each. No other kinds. */
struct pg_sheet {
    const struct shape *row, *part;
};

struct postgres_setup {
    str url;                             /* postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=... */
    const char *service;                 /* names the lock of its writers, and what their commits notify */
    const struct migration *migrations;  /* ended by number 0; the log and the idempotency table come before them */
    /* The function that runs a batch: `acts(single json, bulk json) RETURNS TABLE (n int, code text, detail bigint,
     * named bigint[], answer text, extra text, last bigint)`. It gets the commands as JSON objects that also have
     * n, act and command (a uuid, to be stored in each event); last is the log's last position when it is done. */
    const char *acts;
    /* With a sheet bulk is not JSON: in its place come the arrays of struct pg_sheet, and named is the text of such an array. */
    const struct pg_sheet *sheet;
    /* On the writer's connection after each connecting and each restore, before any command; a fault: it is tried again later. */
    const fault *(*ready)(void *ready_arg, arena *a, struct pg_link *link);
    void *ready_arg;
    /* On the loop, after each commit that logged something, whoever's it was; position: the log's last. */
    void (*moved)(void *arg, int64_t position);
    void *arg;
    bool lock_free; /* test twins only: no lock is taken, so nothing holds */
};

/* Starts to connect, and waits a moment for it: a server that is away is no fault, it may come later. INVALID
 * setting_invalid, store_unreadable (made by a newer program, or its migrations fail). */
const fault *postgres_open(arena *boot, struct postgres **out, const struct postgres_setup *setup) MUST_CHECK;
/* What its migrations are, and which of them the store has; it stays as it is. Reads no more than url, service and
 * migrations of the setup. */
const fault *postgres_look(arena *a, const struct postgres_setup *setup, struct schema_seen *out) MUST_CHECK;
void postgres_close(struct postgres *p); /* waits for what is queued, for a moment */

struct pg_lane *postgres_keys(struct postgres *p);
struct pg_lane *postgres_lists(struct postgres *p);

int64_t postgres_position(const struct postgres *p); /* of the last event that this process knows to be committed */
/* Asks the store for it: after a commit on another replica, whose notice is still on its way. */
const fault *postgres_position_now(struct postgres *p, arena *a, int64_t *out) MUST_CHECK;
bool postgres_connected(const struct postgres *p);
const fault *postgres_check(struct postgres *p, arena *a) MUST_CHECK; /* can it be read and written? for /health; anywhere */
void postgres_metrics(const struct postgres *p, struct buf *out);

struct postgres_stats {
    uint64_t batches, commands, commands_max_in_batch, queued, reconnects, found_after_loss;
};
struct postgres_stats postgres_stats(const struct postgres *p);

/* --- writing --- */

struct pg_command {
    const char *act;
    const struct shape *shape; /* of args, written as the command's members */
    const void *args;
    bool bulk;                 /* among those that the function does in one go; with a sheet, args are its row */
    const list *parts;         /* of the sheet's; bulk alone has any, and one at least */
    const char *events;        /* "reservation.": of the events it logs, the last with this beginning is its answer */
};

/* What the function said. code: empty when the command was done; then answer is the data of its event (see above) or
 * whatever the function gave. All texts live in the caller's arena. */
struct pg_answer {
    str code;
    int64_t detail;
    ids named;
    str answer, extra;
    bool found_later; /* the connection was lost, and the event was found after reconnecting: there is no extra */
};

/* Queues the command for the next batch and returns when that is committed. The code "again" from the function puts it into
 * the batch after. A batch leaves as one message: either all of it has arrived at the server, or none of it happens. */
const fault *postgres_write(struct postgres *p, arena *a, const struct pg_command *command,
                            struct pg_answer *out) MUST_CHECK;

/* For setup.ready: runs one statement; the first column of its first row, or no text. */
const fault *pg_ask(struct pg_link *link, arena *a, const char *text, str *out) MUST_CHECK;
/* The same while no process writes, under the writers' lock. UNAVAILABLE store_busy. */
const fault *pg_ask_alone(struct pg_link *link, arena *a, const char *text, str *out) MUST_CHECK;

/* Runs work when no other that was given here is under way: for who reads, reckons, and writes what follows from it. It may park. */
const fault *postgres_alone(struct postgres *p, arena *a, const fault *(*work)(void *arg, arena *a), void *arg) MUST_CHECK;

/* --- statements: prepared once per connection and text, so `text` must be a literal or live as long as the store --- */

enum pg_kind { PG_NULL, PG_INT, PG_TEXT, PG_MONEY, PG_INSTANT, PG_BOOL, PG_IDS };

struct pg_bind {
    enum pg_kind kind;
    int64_t number;
    str text;
    const ids *numbers;
};
struct pg_binds {
    const struct pg_bind *at;
    size_t count;
};
#define PG_BIND(...)                                                                               \
    ((struct pg_binds){ (const struct pg_bind[]){ __VA_ARGS__ },                                   \
                        sizeof((const struct pg_bind[]){ __VA_ARGS__ }) / sizeof(struct pg_bind) })
#define PG_NO_BINDS ((struct pg_binds){ NULL, 0 })

struct pg_bind pg_int(int64_t n);          /* INT64_MIN is NULL: TIME_NONE, "no id" */
struct pg_bind pg_text(str text);          /* no text is NULL */
struct pg_bind pg_bool(bool b);
struct pg_bind pg_money(money sum);
struct pg_bind pg_instant(instant moment); /* for timestamptz, and for timestamp that means UTC */
struct pg_bind pg_ids(const ids *numbers); /* bigint[]: "WHERE id = ANY($1)" */

/* The first row into *out by shape: columns are matched with the fields' `column`. numeric is money, timestamptz and
 * timestamp are instants, bigint[] is ids; a choice is its text or number, a list or an object JSON text. Members without a column
 * are zero. *found is false (and *out untouched) when there is no row. */
const fault *pg_one(struct pg_lane *lane, arena *a, const struct shape *s, void *out, bool *found, const char *text,
                    struct pg_binds values) MUST_CHECK;
const fault *pg_list(struct pg_lane *lane, arena *a, const struct shape *row, list *out, const char *text,
                     struct pg_binds values) MUST_CHECK;
/* The rows of one key. What other fibers ask of the same text in this turn of the loop is read together with it: the text says
 * `= ANY($1::bigint[])`, its first column is the key, and its rows are ordered by that, falling. No rows: an empty list. */
const fault *pg_list_of(struct pg_lane *lane, arena *a, const struct shape *row, list *out, const char *text,
                        int64_t key) MUST_CHECK;
/* First column of the first row; *out stays as it was when there is no row or it is NULL. */
const fault *pg_number(struct pg_lane *lane, arena *a, int64_t *out, const char *text, struct pg_binds values) MUST_CHECK;
const fault *pg_numbers(struct pg_lane *lane, arena *a, ids *out, const char *text, struct pg_binds values) MUST_CHECK;

/* --- the log and the idempotency keys --- */

/* Up to limit events after `after`. */
const fault *postgres_log_read(struct postgres *p, arena *a, int64_t after, int64_t limit,
                               struct event_page *out) MUST_CHECK;
/* A reader of that name has come to `position`; it is remembered in the store, so that every replica knows. */
const fault *postgres_reader_passed(struct postgres *p, arena *a, str reader, int64_t position) MUST_CHECK;
/* Removes the log's first rows, at most ARCHIVE_ROWS_MAX: those wished that are old enough and that no reader heard of within a day
 * lacks; never the last. */
const fault *postgres_log_archive(struct postgres *p, arena *a, const struct archive_wish *want, struct archive_made *out) MUST_CHECK;

/* What was done under this key: the data of its event. key NULL: *seen is false. KEY_REUSED idempotency_key_reused. */
const fault *postgres_once_recall(struct postgres *p, arena *a, const struct once *key, str *data,
                                  bool *seen) MUST_CHECK;

/* --- texts of SQL --- */

/* Appends `text` as a literal that PostgreSQL reads back as the same bytes, whatever its settings and wherever it stands. False,
 * and nothing appended: no such literal exists, because of a NUL or of bytes that are not UTF-8. The one place where a value
 * becomes SQL. */
bool pg_literal(struct buf *out, str text) MUST_CHECK;

#endif
