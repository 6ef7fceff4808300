/* ticket_keys.h - where the keys of the tickets come from: TICKET_KEY, else DIR/ticket.key beside the embedded store, else the store's
 * own secret, so that all who share a store, and whoever restores it, sign alike. */
#ifndef TAQUILLA_RESERVATIONS_TICKET_KEYS_H
#define TAQUILLA_RESERVATIONS_TICKET_KEYS_H

#include "services/reservations/store.h"
#include "services/reservations/ticket_code.h"

struct ticket_ring {
    struct ticket_keys keys;
    int own_at;       /* which of them is the store's own; -1: none */
    unsigned char own_seed[TICKET_SEED_BYTES]; /* what that one was made of */
};

/* Keys as an operator writes them: one or two of 64 hex digits, separated by commas or lines; lines that begin with # are left out.
 * `own` in place of one is the store's own. INVALID setting_invalid, naming `what`. */
const fault *ticket_keys_read(arena *a, str text, const char *what, struct ticket_ring *out) MUST_CHECK;

/* said: TICKET_KEY, or no text. directory: of the embedded store, whose ticket.key is made when it is missing; NULL: a shared store.
 * Also after a restore: a ticket.key that was made here is then made anew of the secret that came with it. While a restore runs there
 * are no keys. INVALID setting_invalid, store_unreadable. */
const fault *ticket_ring_open(struct ticket_ring *ring, arena *a, struct store *store, str said, const char *directory) MUST_CHECK;

/* The keys now. UNAVAILABLE store_unavailable: the store's secret is not known yet. */
const fault *ticket_ring_keys(struct ticket_ring *ring, arena *a, struct store *store, const struct ticket_keys **out) MUST_CHECK;

#endif
