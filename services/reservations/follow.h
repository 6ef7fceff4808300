/* follow.h - what this service knows of showings, from rooms: asked once, kept until the feed of rooms says that something
 * changed. */
#ifndef TAQUILLA_RESERVATIONS_FOLLOW_H
#define TAQUILLA_RESERVATIONS_FOLLOW_H

#include "lib/http/client.h"
#include "services/reservations/store.h"

struct showings;

/* rooms is asked over `upstream`; moved showings are told to the store. */
const fault *showings_open(arena *boot, struct showings **out, struct upstream *upstream, struct store *store,
                           int64_t unpaid_until_min) MUST_CHECK;
void showings_stop(struct showings *s);  /* follows no more */
void showings_close(struct showings *s);

/* The showing with its seats. *out is valid until the caller parks. NOT_FOUND showing_unknown; UNAVAILABLE when rooms is away
 * and nothing is known. */
const fault *showings_find(struct showings *s, arena *a, int64_t schedule_id,
                           const struct showing **out) MUST_CHECK;

#endif
