/* follow.h - what this service knows of films, folded from what movies tells: its snapshot first, then its feed. Showings that have
 * not begun last as long as their film lasts now. */
#ifndef TAQUILLA_ROOMS_FOLLOW_H
#define TAQUILLA_ROOMS_FOLLOW_H

#include "lib/http/client.h"
#include "services/rooms/store.h"

struct rooms_programme;

/* movies is followed over `upstream`; the store is told of films that last longer or shorter than their showings. */
const fault *rooms_programme_open(arena *boot, struct rooms_programme **out, struct upstream *upstream,
                                  struct store *store) MUST_CHECK;
void rooms_programme_stop(struct rooms_programme *p);  /* follows no more */
void rooms_programme_close(struct rooms_programme *p); /* waits for what the store is being told; fibers only */

/* The length of a film that may be shown: as movies has it now, or as it was last told while movies is away. NOT_FOUND film_unknown;
 * CONFLICT film_inactive; UNAVAILABLE upstream_away: it is not known here, and movies cannot be asked. Fibers only. */
const fault *rooms_programme_minutes(struct rooms_programme *p, arena *a, str movie_id, int64_t *minutes) MUST_CHECK;

/* After a showing was written, or many were: their films may have become longer or shorter meanwhile. */
void rooms_programme_check(struct rooms_programme *p, const struct showing *made);
void rooms_programme_compare(struct rooms_programme *p);

/* Showings that a film's new length made meet another in their room, so far. */
uint64_t rooms_programme_meeting(const struct rooms_programme *p);

#endif
