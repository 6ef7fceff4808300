/* sqlite_memory.h - a store in memory that repeats a log kept elsewhere: acts are tried in it, and what the log took is put
 * into it. One connection, for the loop thread alone; nothing here parks, so that nobody ever reads half of a change. */
#ifndef TAQUILLA_DB_SQLITE_MEMORY_H
#define TAQUILLA_DB_SQLITE_MEMORY_H

#include "lib/db/sqlite.h"

struct sqlite_memory_setup {
    const struct migration *migrations; /* ended by number 0 */
    /* Instead of a writer's thread: what sqlite_write is asked to do. */
    const fault *(*write)(void *arg, arena *a, sqlite_act *act, void *act_arg);
    void *arg;
};
const fault *sqlite_memory_open(arena *a, struct sqlite **out, const struct sqlite_memory_setup *setup) MUST_CHECK;

/* Tries acts one after the other, each seeing those before it; at the end all is taken back. */
struct sqlite_tried {
    const fault *problem;
    list events;             /* of struct event: what it logged */
    const struct once *once; /* the key it kept its answer by; NULL: none */
};
const fault *sqlite_trial_begin(struct sqlite *s, arena *a) MUST_CHECK;
/* The act has its own arena; what it logged is in `a`. */
void sqlite_trial_run(struct sqlite *s, arena *own, sqlite_act *act, void *arg, arena *a, struct sqlite_tried *out);
void sqlite_trial_end(struct sqlite *s);

/* Runs an act and keeps what it did, or nothing of it. */
const fault *sqlite_memory_run(struct sqlite *s, arena *a, sqlite_act *act, void *arg) MUST_CHECK;

/* --- inside such an act: what the log took --- */

/* INTERNAL internal_error when it is not the next. */
const fault *sqlite_log_put(struct sql *db, arena *a, const struct event *e) MUST_CHECK;
/* answer: as json_store or json_write makes it. */
const fault *sqlite_once_put(struct sql *db, arena *a, const struct once *key, str answer, instant made) MUST_CHECK;

#endif
