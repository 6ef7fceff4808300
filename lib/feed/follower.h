/* follower.h - keeps up with another owner's feed, and tells which position it has reached.
 *
 * One fiber per follower long-polls /feed and hands each event to `apply`, in order and dense: a hole stops it, loudly. With REDIS_URL
 * it listens to the owner's stream there, asks the feed for whatever that lacks, and looks at the feed every second all the same.
 * With `snapshot` it begins with the owner's present state, told by the same `apply`; without, a position 0 start reads from the
 * owner's present end: what came before is asked from the owner itself. A follower that was at position 0 when contact was lost
 * begins so again: the owner may have been restored since. With `keeper` what it is told is kept in a store, its position with it:
 * it goes on from there at the next start. What it lacks may be archived, when it was away for more than a day: it begins anew with
 * the snapshot then, and stops, loudly, where it has none. */
#ifndef TAQUILLA_FEED_FOLLOWER_H
#define TAQUILLA_FEED_FOLLOWER_H

#include "lib/base/event.h"
#include "lib/http/client.h"

/* A page of a snapshot or of the feed, to be kept in one transaction with where it ends. */
struct follower_page {
    list events;      /* of struct event; may be empty */
    int64_t position; /* what is told next comes after it */
    bool whole;       /* nothing of the snapshot is missing any more */
};
/* In place of begin and apply; both may park. After a fault the same is told again, a snapshot from its beginning. */
struct follower_keeper {
    const fault *(*begin)(void *arg, arena *a);
    const fault *(*take)(void *arg, arena *a, const struct follower_page *page);
    /* When a poll ended without news, or NULL: the store may have been put back meanwhile. True: follower_resume was called. */
    bool (*look)(void *arg, arena *a);
};

struct follower {
    const char *owner;               /* "rooms" */
    const char *reader;              /* "gateway": who follows; what it lacks is not archived. NULL: nobody of name */
    struct upstream *upstream;
    const char *snapshot;            /* "live" or "all"; NULL: none */
    void (*begin)(void *arg);        /* a snapshot is about to be told: nothing told before it holds */
    void (*apply)(void *arg, const struct event *e); /* the event's texts live until it returns; must not park */
    const struct follower_keeper *keeper; /* NULL: begin and apply */
    void (*lost)(void *arg);         /* contact lost: what was derived may be stale from now on; once per loss */
    void *arg;
    bool gathers;                    /* after a page the next one may come FOLLOWER_GATHER_MS later, unless somebody waits for it */

    int64_t position;                /* applied so far */
    bool in_touch;                   /* the last poll of the feed worked */
    bool whole;                      /* the snapshot and what happened while it was read are applied; stays so out of touch. Set
                                      * at the start by who has kept it: then it follows from `position` */
    int64_t heard_ms;                /* loop time of the feed's last good answer */
    uint64_t applied_total, snapshots_total;
    bool stopped;                    /* by follower_stop or by a hole */
    struct follower_waiter *waiting;
    struct {
        bool asking;
        uint64_t begun, ended;       /* questions */
        bool known;
        int64_t position;            /* what the last one was answered */
    } end;                           /* of the owner's feed */
};

#define FOLLOWERS_MAX 8 /* of one process */
#define FOLLOWER_GATHER_MS 50

void follower_start(struct follower *f);
/* For who keeps what is told, out of look, or of a take that is refused then: its store has got to this position, or was put back to
 * it. Not whole: the snapshot is told anew. */
void follower_resume(struct follower *f, int64_t position, bool whole);
/* Its fiber ends when its present poll does: close the upstream after this, and f must live until loop_close. */
void follower_stop(struct follower *f);

/* Parks until `position` is applied or wait_ms passed; true when it is. Fibers only. */
bool follower_reach(struct follower *f, int64_t position, int64_t wait_ms);

/* Parks until it is whole or wait_ms passed; true when it is. Fibers only. */
bool follower_whole(struct follower *f, int64_t wait_ms);
/* Asks the owner where its feed ends now and parks until that is applied: for who did not find what may be new. Several who ask at
 * once share the first question that is put from then on. False: the owner is away, or wait_ms passed. Fibers only. */
bool follower_catch_up(struct follower *f, int64_t wait_ms);

/* Every follower of this process, in no order. */
void follower_each(void (*each)(const struct follower *f, void *arg), void *arg);

/* Reads the position out of "rooms/42" when it is of this follower's owner; else 0. */
int64_t follower_position_of(const struct follower *f, str taquilla_position);

#endif
