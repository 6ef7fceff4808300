/* export_replay.h - an owner's tables in an embedded store of their own, from a backup's rows and the events after it: no service runs on
 * them, so nothing happens there that the log does not tell. */
#ifndef TAQUILLA_FEED_EXPORT_REPLAY_H
#define TAQUILLA_FEED_EXPORT_REPLAY_H

#include "lib/base/event.h"
#include "lib/feed/export.h"

/* Opened by {service}_replayer_open (services/{service}/replay.h) in a directory that is empty. Fibers only. */
struct replayer {
    void *store;
    const struct exporter *exporter; /* its rows in, by a restore, and all of it out again */

    /* The next events of the log (of struct event), into the tables and the log, all or none. What they do not tell stays as it was:
     * names, e-mails and phones. INVALID log_hole: another position would be the next one. */
    const fault *(*take)(void *store, arena *a, const list *events);
    void (*close)(void *store);
};

#endif
