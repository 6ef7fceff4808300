/* rewind_stores.h - three embedded stores for a while: filled from a backup, brought on by events, and made into a backup again. */
#ifndef TAQUILLA_REWIND_STORES_H
#define TAQUILLA_REWIND_STORES_H

#include "lib/feed/export_replay.h"
#include "services/ingestion/restore/restore.h"

struct rewind_stores {
    arena *a;
    const char *into, *place; /* the stores lie in a directory of their own in the first */
    struct replayer of[BACKUP_OWNERS];
    bool open[BACKUP_OWNERS];
};

const fault *rewind_stores_open(arena *a, struct rewind_stores *s, const char *into, const void *rooms_settings) MUST_CHECK;
void rewind_stores_close(struct rewind_stores *s);

const fault *rewind_stores_fill(struct rewind_stores *s, size_t owner, const struct backup_chosen *from) MUST_CHECK;
/* The next events of that owner's log. */
const fault *rewind_stores_take(struct rewind_stores *s, size_t owner, arena *a, const list *events) MUST_CHECK;
/* A user who is not erased? */
const fault *rewind_stores_know(struct rewind_stores *s, arena *a, int64_t user_id, bool *known) MUST_CHECK;
/* At the end: reservations learns of its showings what rooms has of them. */
const fault *rewind_stores_showings(struct rewind_stores *s) MUST_CHECK;
/* A new backup in `into`, named after that time. */
const fault *rewind_stores_keep(struct rewind_stores *s, instant made_at, const char *program, const char **folder) MUST_CHECK;

#endif
