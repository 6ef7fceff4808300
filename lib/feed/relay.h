/* relay.h - tells an owner's log to Redis as it grows: one fiber, from where the stream ends, again and again after every loss.
 *
 * Any number of relays may tell the same log, and each may end at any time: an entry that is there already is done. */
#ifndef TAQUILLA_FEED_RELAY_H
#define TAQUILLA_FEED_RELAY_H

#include "lib/feed/feed.h"

struct relay;

/* *out is NULL without REDIS_URL. The feed's store must be open. UNAVAILABLE fibers_exhausted. */
const fault *relay_open(arena *boot, struct feed *f, struct relay **out) MUST_CHECK;
void relay_close(struct relay *r); /* r may be NULL; fibers only; before the store is closed */

#endif
