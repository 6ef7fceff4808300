/* feed.h - an owner's log offered over HTTP: GET /feed?after=POSITION&limit=1000&wait=0..30.
 *
 * With `Accept: text/event-stream` it does not end: each event as it is committed, `id:` its position, `event:` its type, `data:` the
 * CloudEvent; a comment every 15 s when there is none. Last-Event-ID goes before `after`: who was cut off resumes where he was. */
#ifndef TAQUILLA_FEED_FEED_H
#define TAQUILLA_FEED_FEED_H

#include "lib/base/event.h"
#include "lib/http/route.h"

#define FEED_READERS_MAX 64
#define FEED_NAMES_MAX 32       /* of readers; of more the longest silent is told to the store more often */
#define FEED_NAME_BYTES_MAX 60

struct feed_name {
    char name[FEED_NAME_BYTES_MAX + 1];
    int64_t position, told_ms; /* what the store was told, and when: loop time */
};

/* What a feed asks of its owner's store. */
struct feed {
    const char *source; /* "taquilla/rooms": CloudEvents source */
    void *store;
    const fault *(*read)(void *store, arena *a, int64_t after, int64_t limit, struct event_page *out);
    /* Remembers how far a reader has come, for a minute; NULL: nothing is ever archived here. */
    const fault *(*passed)(void *store, arena *a, str reader, int64_t position);
    struct feed_name names[FEED_NAMES_MAX];
    int64_t position;   /* last known; feed_moved sets it */
    struct feed_waiter *waiting; /* parked fibers */
    struct feed_kept *kept; /* the newest events, written; until feed_stop */
    size_t readers;     /* in a long poll or a stream */
    bool stopped;       /* by feed_stop */
    uint64_t restarts;  /* by feed_restart */
};

/* The store committed up to `position`: wakes the waiters. Loop thread. */
void feed_moved(struct feed *f, int64_t position);

/* Answers every waiter now, and lets nobody wait any more. A server that drains does so by itself. */
void feed_stop(struct feed *f);

/* The store is being restored: whoever waits hears that at once (UNAVAILABLE restore_running), and the log begins anew. */
void feed_restart(struct feed *f);

/* Parks until the log is past `after`, restarts or stops, or the deadline (loop_now_ms time) has come. It counts as a reader. */
void feed_await(struct feed *f, int64_t after, int64_t deadline_ms);

/* Answers one GET /feed; the service's handler calls it with its own feed. No envelope: {"events":[...],"position":N}.
 * limit=0 answers the present position at once. UNAVAILABLE feed_busy: FEED_READERS_MAX wait already; restore_running. GONE
 * feed_archived: the log begins later by now, and the reader begins with the snapshot. What no reader that says its name (?reader=)
 * lacks may be archived. */
extern const struct shape feed_query_shape;
extern const struct shape wire_page_shape; /* what it answers, for the API description */
const fault *feed_answer(struct feed *f, struct call *c);

#endif
