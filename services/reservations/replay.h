/* replay.h - users, reservations and payments made from a backup and the events after it. */
#ifndef TAQUILLA_RESERVATIONS_REPLAY_H
#define TAQUILLA_RESERVATIONS_REPLAY_H

#include "lib/feed/export_replay.h"

/* A user.erased empties the person's row, and takes nobody's seat: what else the owner did then has events of its own. Users made
 * after the backup have no name. */
const fault *reservations_replayer_open(arena *boot, struct replayer *out, const char *directory) MUST_CHECK;

/* Showings as rooms tells them (of struct event): what reservations keeps of those that it has sold seats of. */
const fault *reservations_replayer_hear(const struct replayer *r, arena *a, const list *events) MUST_CHECK;

/* Is that a user who is not erased? */
const fault *reservations_replayer_knows(const struct replayer *r, arena *a, int64_t user_id, bool *known) MUST_CHECK;

#endif
