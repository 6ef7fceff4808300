/* rewind.h - a backup's folder brought on by the events that the lake has after it: to a moment, and past the erasures that came later.
 *
 * The backup goes into embedded stores of their own, on which no service runs; events are added to them and to their logs as they
 * stand, so each owner's log stays what its owner told, and a new folder is made of them in the form of any backup. Restored, it works
 * for every kind of store. */
#ifndef TAQUILLA_REWIND_H
#define TAQUILLA_REWIND_H

#include "services/ingestion/lake/lake.h"
#include "services/ingestion/restore/restore.h"

struct rewind_order {
    const struct cloud *cloud;        /* where the lake is */
    const struct backup_chosen *from; /* whole */
    instant at;                       /* INSTANT_NONE: as of the backup */
    const char *into;                 /* a directory for stores that go again and the new folder */
    const void *rooms_settings;       /* as its shape reads them */
    const char *program;
};

struct rewind_made {
    struct backup_chosen backup;          /* what to restore: the new folder, or `from` itself when nothing had to be added */
    int64_t events[BACKUP_OWNERS];        /* that were added, in the order of ingestion_owner_names; without erasures */
    int64_t erased;                       /* users whose erasure came later */
    instant lake_until[BACKUP_OWNERS];    /* the lake has all that happened up to then; INSTANT_NONE: there is no lake */
    str life;                             /* the lake that goes on from the backup: its stamp */
    bool early;                           /* the backup itself holds what came after `at`: an older one is wanted */
};

/* INVALID lake_hole, lake_damaged; CONFLICT lake_differs: the lake tells another past than the backup. Fibers only. */
const fault *rewind_make(arena *a, const struct rewind_order *want, struct rewind_made *made) MUST_CHECK;

/* Takes away what rewind_make left in `into`, save the new folder. */
void rewind_clear(arena *a, const char *into);

#endif
