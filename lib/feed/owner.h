/* owner.h - what every owner offers the other services: its log as it grows, its tables at one moment, and a way back for them. */
#ifndef TAQUILLA_FEED_OWNER_H
#define TAQUILLA_FEED_OWNER_H

#include "lib/base/archive.h"
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
    const fault *(*archive)(void *store, arena *a, const struct archive_wish *want, struct archive_made *out); /* NULL: never */
    int64_t log_keep_days;             /* LOG_KEEP_DAYS */
};

handler owner_feed, owner_snapshot;                                      /* GET /feed, /feed/snapshot */
handler owner_export, owner_export_table;                                /* GET /export, /export/{*table} */
handler owner_restore_start, owner_restore_rows, owner_restore_finish;   /* POST /internal/restore/... */
/* POST /internal/log/archived {"position":P}: the log is kept elsewhere up to P. Removes some of its old rows (LOG_KEEP_DAYS) and says
 * whether the same again may remove more. */
handler owner_archived;
extern const struct shape archived_order_shape, archived_answer_shape;
bool owner_closed(void *service); /* a restore runs: nothing else happens */

#endif
