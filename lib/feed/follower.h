/* follower.h - keeps up with another owner's feed, and tells which position it has reached.
 *
 * One fiber per follower long-polls /feed and hands each event to `apply`, in order and dense: a hole stops it, loudly.
 * A position 0 start reads from the owner's present end: what came before is asked from the owner itself. So does a follower
 * that was at position 0 when contact was lost: the owner may have been restored since. */
#ifndef TAQUILLA_FEED_FOLLOWER_H
#define TAQUILLA_FEED_FOLLOWER_H

#include "lib/base/event.h"
#include "lib/http/client.h"

struct follower {
    const char *owner;               /* "rooms" */
    struct upstream *upstream;
    void (*apply)(void *arg, const struct event *e); /* the event's texts live until it returns; must not park */
    void (*lost)(void *arg);         /* contact lost: what was derived may be stale from now on; once per loss */
    void *arg;

    int64_t position;                /* applied so far */
    bool in_touch;                   /* the last poll worked */
    int64_t heard_ms;                /* loop time of the last good answer */
    uint64_t applied_total;
    bool stopped;                    /* by follower_stop or by a hole */
    struct follower_waiter *waiting;
};

#define FOLLOWERS_MAX 8 /* of one process */

void follower_start(struct follower *f);
/* Its fiber ends when its present poll does: close the upstream after this, and f must live until loop_close. */
void follower_stop(struct follower *f);

/* Parks until `position` is applied or wait_ms passed; true when it is. Fibers only. */
bool follower_reach(struct follower *f, int64_t position, int64_t wait_ms);

/* Reads the position out of "rooms/42" when it is of this follower's owner; else 0. */
int64_t follower_position_of(const struct follower *f, str taquilla_position);

#endif
