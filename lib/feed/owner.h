/* owner.h - what every owner offers the other services: its log as it grows, its tables at one moment, and a way back for them. */
#ifndef TAQUILLA_FEED_OWNER_H
#define TAQUILLA_FEED_OWNER_H

#include "lib/feed/export.h"
#include "lib/feed/feed.h"
#include "lib/feed/relay.h"
#include "lib/feed/snapshot.h"

/* The first member of an owner's own struct: the handlers below know of that no more. */
struct owner_desk {
    struct feed feed;
    struct relay *relay; /* NULL: there is no bus */
    const struct exporter *exporter;
    const struct snapshot_part *parts; /* of its snapshot */
};

handler owner_feed, owner_snapshot;                                      /* GET /feed, /feed/snapshot */
handler owner_export, owner_export_table;                                /* GET /export, /export/{*table} */
handler owner_restore_start, owner_restore_rows, owner_restore_finish;   /* POST /internal/restore/... */
bool owner_closed(void *service); /* a restore runs: nothing else happens */

#endif
