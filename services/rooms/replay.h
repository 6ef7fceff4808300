/* replay.h - rooms, seats and showings made from a backup and the events after it. */
#ifndef TAQUILLA_ROOMS_REPLAY_H
#define TAQUILLA_ROOMS_REPLAY_H

#include "lib/feed/export_replay.h"

/* settings: those of the service, as its shape reads them. Of a showing whose sale ends when these would have it end, nobody asked for
 * another end. */
const fault *rooms_replayer_open(arena *boot, struct replayer *out, const char *directory, const void *settings) MUST_CHECK;

/* Every showing as the feed would tell it (of struct event without position), by id, after the one given; some at a time. */
const fault *rooms_replayer_showings(const struct replayer *r, arena *a, int64_t after, list *events, int64_t *last) MUST_CHECK;

#endif
