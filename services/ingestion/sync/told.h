/* told.h - pages of an owner's feed and of its present state, asked for when they are needed. Fibers only.
 *
 * Faults: UNAVAILABLE upstream_away and the like; feed_refused; feed_strange (a hole, or what cannot be read); feed_shorter (the log
 * ends before `after`: its owner was restored from an older copy); feed_behind (what is asked for is archived). */
#ifndef TAQUILLA_INGESTION_TOLD_H
#define TAQUILLA_INGESTION_TOLD_H

#include "lib/base/event.h"
#include "lib/http/client.h"

/* Events after that position, dense, at most `limit`; position: the log's end. */
const fault *told_feed(struct upstream *u, arena *a, int64_t after, int64_t limit, struct event_page *out) MUST_CHECK;

const fault *told_end(struct upstream *u, arena *a, int64_t *position) MUST_CHECK;

/* The position after which everything was told that happened from `since` on. The log's times rise; it is halved. */
const fault *told_position_at(struct upstream *u, arena *a, instant since, int64_t *after) MUST_CHECK;

/* A page of everything that is there now, after a cursor: "rooms:41", "reservations:12.345". */
struct told_state {
    list events; /* of struct event: position is that of the page */
    int64_t position;
    str next;    /* no text: it was the last page */
};
const fault *told_now(struct upstream *u, arena *a, const char *after, int64_t limit, struct told_state *out) MUST_CHECK;

#endif
