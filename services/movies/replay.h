/* replay.h - films and genres made from a backup and the events after it. */
#ifndef TAQUILLA_MOVIES_REPLAY_H
#define TAQUILLA_MOVIES_REPLAY_H

#include "lib/feed/export_replay.h"

const fault *movies_replayer_open(arena *boot, struct replayer *out, const char *directory) MUST_CHECK;

#endif
