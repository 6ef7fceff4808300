/* items_load.h - a finished local backup into DynamoDB: every film, room, reservation and user as an item that shows its owner's
 * position at which the backup stands.
 *
 * Without conditions, in batches, ITEMS_AT_ONCE at a time: the sync must be paused, and be told the positions (sync_stamp) before it
 * goes on. What the owners deleted or erased becomes a tombstone, and so does what DynamoDB has and the backup has not: afterwards
 * it shows the owners, whatever it showed before. How far it has come is marked in the folder (items_mark.h): who is given the same
 * folder again goes on from there. Memory does not depend on the size of the tables. Fibers only. */
#ifndef TAQUILLA_INGESTION_ITEMS_LOAD_H
#define TAQUILLA_INGESTION_ITEMS_LOAD_H

#include "services/ingestion/backup/manifest.h"
#include "services/ingestion/cloud/cloud.h"

/* Batches. With as many DynamoDB Local takes the most; at 10 ms each it is 20,000 items a second, five times what a new table on demand
 * takes. */
#define ITEMS_AT_ONCE 8

struct items_order {
    const struct cloud *cloud;
    const char *folder;
    const struct backup_manifest *manifest;
    const bool *stop;                            /* NULL, or becomes true when it shall end: UNAVAILABLE backup_stopped */
    void (*told)(void *arg, int64_t items);      /* NULL: nobody; how many were written so far, tombstones too */
    void *arg;
};

struct items_made {
    int64_t items[CLOUD_TABLES]; /* that are there now */
    int64_t tombstones;
};

/* Faults of manifest.h and of lib/aws. An owner that the backup lacks is left as it is. */
const fault *cloud_items_load(arena *a, const struct items_order *want, struct items_made *made) MUST_CHECK;

#endif
