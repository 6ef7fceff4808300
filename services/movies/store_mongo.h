/* store_mongo.h - what the parts of the store on MongoDB share; nobody else includes it.
 *
 * The log (collection movies_log) is the truth: an entry holds the events of what was committed together, its _id is the position
 * of the first, and inserting it is a compare-and-swap. Films and genres are folded from it into tables in memory, which are
 * the embedded store without a file, catalogue and all: it answers every read, and every act is tried in it. The collections `movies` and `genres`
 * are written after the log; nothing is decided by them. */
#ifndef TAQUILLA_MOVIES_STORE_MONGO_H
#define TAQUILLA_MOVIES_STORE_MONGO_H

#include "lib/db/mongo.h"
#include "lib/db/sqlite_memory.h"
#include "lib/loop/fiber.h"
#include "services/movies/store_sqlite.h"

#define DATABASE "cinema_movies" /* when the URL names none */
#define LOG_COLLECTION "movies_log"
#define STATE_COLLECTION "movies_state" /* a document: the store is not whole */
#define RESTORE_MARK "restore"
#define ENTRY_BYTES_ENOUGH ((size_t)4 * 1024 * 1024) /* a document may have 16 MiB */
#define ENTRY_EVENTS_MAX 500

struct log_event {
    str type, subject;
    instant time;
    struct raw_json data;
    str scope, key, body_hash; /* the Idempotency-Key it answers; no text: none */
};
struct log_entry {
    int64_t first;
    str by; /* who wrote it: 24 random hex digits */
    list events;
};
extern const struct shape log_entry_shape;

/* An act that waits for its commit; on the stack of its fiber. */
struct pending {
    sqlite_act *act;
    arena *arena;
    void *arg;
    const fault *problem;
    struct sqlite_tried tried;
    fiber *who;
    bool done;
    struct pending *next;
};
struct pending_queue {
    struct pending *first, *last;
};

struct look_waiter {
    fiber *who;
    struct look_waiter *next, **link;
};

struct mongo_store {
    struct sqlite_store inner;  /* first: a struct store * is one of these */
    struct store on_tables;  /* its functions, which know nothing of a server */
    struct exporter exporter;
    struct mongo *db;
    struct store_news news;
    fiber *keeper, *projector, *opening;
    bool loaded, tried, closing, closed;
    bool broken; /* an entry of the log cannot be folded */
    struct pending_queue waiting;
    size_t waiting_count;
    uint64_t looks_begun, looks_ended, looks_wanted; /* reads of the log's end */
    bool look_failed;
    struct look_waiter *lookers;
    int64_t rival_ms; /* when another replica's entry was seen last */
    uint64_t entries, conflicts;
    const char *told; /* the last trouble that went into the log */
};
#define MONGO_STORE_OF(store_pointer) ((struct mongo_store *)(void *)(store_pointer))

const fault *movies_store_away(arena *a) MUST_CHECK;                       /* UNAVAILABLE */
void movies_store_tell(struct mongo_store *s, const char *code, const fault *problem); /* into the log, once */

/* store_mongo_log.c: the one fiber that reads and writes the log. */
void movies_keeper_run(void *store);
const fault *movies_log_write(void *store, arena *a, sqlite_act *act, void *arg) MUST_CHECK;
/* The catalogue is at least as new as the log was at the time of asking. */
const fault *movies_log_reach(struct mongo_store *s, arena *a) MUST_CHECK;
/* CONFLICT unique_broken: the position is taken. UNAVAILABLE outcome_unknown, store_unavailable. */
const fault *movies_entry_put(struct mongo_store *s, arena *a, const struct log_entry *entry) MUST_CHECK;
/* Folds the entries that follow; *found: there were some. `mine`: one of them is by that writer. */
const fault *movies_log_look(struct mongo_store *s, arena *a, bool to_the_end, str by, bool *found, bool *mine) MUST_CHECK;

/* store_mongo_fold.c */
extern const struct migration movies_tables_more[];
const fault *movies_entry_fold(struct mongo_store *s, arena *a, const struct log_entry *entry) MUST_CHECK;
const fault *movies_due_all(struct sql *db, arena *a) MUST_CHECK; /* every document may be behind the log */

/* store_mongo_load.c: everything that the server has. */
const fault *movies_store_load(struct mongo_store *s, arena *a) MUST_CHECK;

/* store_mongo_project.c */
void movies_projector_run(void *store);

/* store_mongo_export.c */
void movies_mongo_export_fill(struct mongo_store *s);

#endif
