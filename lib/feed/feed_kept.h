/* feed_kept.h - the newest events as they go over the wire: what one reader was told the next one gets without asking the store.
 *
 * For a second after they were read, so that no store that was put back from a copy meanwhile is hidden by them. */
#ifndef TAQUILLA_FEED_FEED_KEPT_H
#define TAQUILLA_FEED_FEED_KEPT_H

#include "lib/feed/feed.h"

#define FEED_KEPT_EVENTS 512
#define FEED_KEPT_BYTES_MAX 4096 /* of one; a longer one is read again */

/* False: it is not known any more. The text is good until the next put. */
bool feed_kept_find(const struct feed *f, int64_t position, str *out);
void feed_kept_put(struct feed *f, int64_t position, str text);
void feed_kept_drop(struct feed *f); /* all of them */

#endif
