/* store_postgres_sole.h - who alone writes refuses seats from memory, without a word to the server.
 *
 * A lease in the store says which process alone writes; it is taken when seats are refused and no other process that may write is
 * connected, and let go when nobody has been refused for a while or another connects. Who connects waits until nobody has it. */
#ifndef TAQUILLA_RESERVATIONS_STORE_POSTGRES_SOLE_H
#define TAQUILLA_RESERVATIONS_STORE_POSTGRES_SOLE_H

#include "lib/base/buf.h"
#include "services/reservations/store_postgres.h"

void sole_open(struct postgres_store *s, arena *boot); /* before the store is opened, */
const fault *sole_start(struct postgres_store *s, arena *boot) MUST_CHECK; /* and after: INTERNAL fibers_exhausted */
void sole_close(struct postgres_store *s); /* before the store is closed: the lease is given back */

/* On the writer's connection, before any command: what was known is forgotten, and nobody else is the sole writer from now on. */
const fault *sole_ready(struct postgres_store *s, arena *a, struct pg_link *writer) MUST_CHECK;
void sole_moved(struct postgres_store *s); /* the log has grown */

/* Around each act that may free seats: what it has done is seen before it has answered. */
void sole_act_begins(struct postgres_store *s, const char *act);
void sole_act_ends(struct postgres_store *s, const char *act);

/* Which of the wanted seats are surely gone; false: the store must be asked. */
bool sole_gone(struct postgres_store *s, arena *a, const struct sale *sale, ids *gone);
/* All that are claimed, when that is certain. */
bool sole_whole(struct postgres_store *s, arena *a, int64_t showing_id, ids *claimed);
/* The store has refused seats of it to this user: he exists, its sale is not stopped, and others will ask for them, too. */
void sole_lost(struct postgres_store *s, int64_t showing_id, int64_t user_id);

void sole_metrics(const struct postgres_store *s, struct buf *out);

#endif
