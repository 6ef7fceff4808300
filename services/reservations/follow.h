/* follow.h - what this service knows of showings, folded from what rooms tells: its snapshot first, then its feed. */
#ifndef TAQUILLA_RESERVATIONS_FOLLOW_H
#define TAQUILLA_RESERVATIONS_FOLLOW_H

#include "lib/http/client.h"
#include "services/reservations/store.h"

struct showings;

/* rooms is followed over `upstream`; the store is told of showings whose times differ from what it has. */
const fault *showings_open(arena *boot, struct showings **out, struct upstream *upstream, struct store *store,
                           int64_t unpaid_until_min) MUST_CHECK;
void showings_stop(struct showings *s);  /* follows no more */
void showings_close(struct showings *s); /* waits for what the store is being told; fibers only */

/* The showing with its seats, also while rooms is away; the texts and seats of *out hold until the caller parks. NOT_FOUND
 * showing_unknown: rooms has none; UNAVAILABLE upstream_away: it is not known here, and rooms cannot be asked. */
const fault *showings_find(struct showings *s, arena *a, int64_t schedule_id, struct showing *out) MUST_CHECK;

/* Taquilla-Position of a request, as "rooms/42"; another's or none is nothing to wait for. */
/* Waits a moment for what the asker has seen of rooms; not while rooms is away. Fibers only. */
void showings_see(struct showings *s, str position);
/* The same for who must have it. UNAVAILABLE upstream_away: it did not come. Fibers only. */
const fault *showings_reach(struct showings *s, arena *a, str position) MUST_CHECK;

/* The store's rows are others now, those of a backup: its times are to be compared again. */
void showings_compare(struct showings *s);
bool showings_compared(const struct showings *s); /* they were, since the start */

#endif
