/* copy.h - a cinema into another, owner by owner, without anything in between: rows go from the one's export into the other's restore.
 *
 * What is there already is asked of the other side itself, so nothing is kept of a copy that broke off: an owner that is half full
 * and holds the beginning of every table goes on behind it, one that differs begins anew, one that is whole is only compared. All
 * three are asked before any is filled. They are opened together at the end; each compares rows and SHA-256 of every table that
 * it holds with what was read at the first side. */
#ifndef TAQUILLA_INGESTION_COPY_H
#define TAQUILLA_INGESTION_COPY_H

#include <signal.h>

#include "services/ingestion/owners.h"

struct copy_watcher {
    void (*table)(struct copy_watcher *w, const char *owner, str table, int64_t rows); /* how many have passed so far */
    void (*said)(struct copy_watcher *w, const char *owner, const char *what);         /* a sentence */
};

struct copy_order {
    struct ingestion_owners from, to;
    const volatile sig_atomic_t *stop; /* becomes 1 when it shall end */
    struct copy_watcher *watcher;
};

struct copy_made {
    struct backup_service services[BACKUP_OWNERS]; /* as read at the first side; in the order of ingestion_owner_names */
    bool gone_on[BACKUP_OWNERS];                   /* it holds all of it, and more that came later: rows were not compared */
};

/* CONFLICT store_not_empty: other data is there, or the copy's own and the first side has changed since; restore_differs.
 * UNAVAILABLE copy_stopped. What else an owner says. Fibers only. */
const fault *ingestion_copy(arena *a, const struct copy_order *want, struct copy_made *made) MUST_CHECK;

#endif
