/* sync_parts.h - what the files of the sync share. */
#ifndef TAQUILLA_INGESTION_SYNC_PARTS_H
#define TAQUILLA_INGESTION_SYNC_PARTS_H

#include "lib/base/event.h"
#include "services/ingestion/sync/sync.h"

/* --- sync_write.c: guarded writes, SYNC_AT_ONCE at a time --- */

struct sync_write {
    str table;
    int64_t position;
    str item;                         /* whole; no text: a change */
    struct dynamodb_change change;
    struct dynamodb_change otherwise; /* when that was not taken; without a table: nothing */
};
/* The first fault; what was under way is waited for. */
const fault *sync_write_all(struct sync *s, arena *a, const struct sync_write *writes, size_t count) MUST_CHECK;

/* --- pages: the newest facts of each key become writes --- */

struct sync_page {
    struct sync *s;
    arena *a;
    unsigned tables;        /* that are wanted */
    const list *events;     /* of struct event */
    struct sync_write *writes; /* room for as many as there are events */
    size_t write_count;
    int64_t *synced;        /* by enum sync_table */
};
struct sync_write *sync_write_add(struct sync_page *p, enum cloud_table table, int64_t position);
void sync_tombstone_add(struct sync_page *p, enum cloud_table table, str id, int64_t position);

typedef const fault *sync_fold(struct sync_page *p);
sync_fold sync_fold_movies, sync_fold_rooms;      /* sync_catalogue.c */
sync_fold sync_fold_reservations;                 /* sync_sales.c; users too */

/* Of each key the newest event, whose type begins so, in any order: indexes into events. */
ids sync_newest(const struct sync_page *p, const char *type);

/* --- sync_showings.c --- */

/* Knows all that rooms has told of showings up to now. */
const fault *sync_showings_catch_up(struct sync *s, arena *a) MUST_CHECK;
/* Of the page's showings whose place or time may be another one: the items of their reservations say so. */
const fault *sync_showings_moved(struct sync_page *p) MUST_CHECK;

/* --- sync_state.c --- */

void sync_state_load(struct sync *s, arena *a); /* waits for the disk */
const fault *sync_state_again(struct sync *s, arena *a) MUST_CHECK; /* by a fiber: another process may have moved on */
const fault *sync_state_save(struct sync *s, arena *a) MUST_CHECK;
/* Between processes: *locked false, another one holds it. */
const fault *sync_lock(struct sync *s, arena *a, bool *locked) MUST_CHECK;
void sync_unlock(struct sync *s);
enum sync_owner sync_owner_of(enum sync_table table);
struct upstream *sync_upstream(const struct sync *s, enum sync_owner owner); /* NULL: the cinema does without */
extern const char *const sync_owner_names[SYNC_OWNERS];

#endif
