/* store_claims.h - which seats are surely gone: what the store's claims are, showing by showing, read once and then kept by the log.
 *
 * Only who alone writes may refuse by it (store_postgres_sole.c). It never says that a seat is free: who is not refused is judged by
 * the store. Bounded: past CLAIMS_SHOWINGS_MAX showings or CLAIMS_MAX seats that was read first goes first. */
#ifndef TAQUILLA_RESERVATIONS_STORE_CLAIMS_H
#define TAQUILLA_RESERVATIONS_STORE_CLAIMS_H

#include "services/reservations/model.h"

#define CLAIMS_SHOWINGS_MAX 1024
#define CLAIMS_MAX ((size_t)1 << 18) /* of 24 bytes each */
#define CLAIM_SOLD INT64_MAX

struct claim {
    int64_t seat_id, reservation_id;
    int64_t until_ms; /* the store's clock; CLAIM_SOLD */
};

/* Zeroed is empty. */
struct claims {
    struct claimed_showing *showings; /* a hash table */
    size_t showing_count, claim_count;
};
void claims_forget(struct claims *c);

/* All claims of a showing (of struct claim, by seat), as they were when the log's last was `position`. */
void claims_put(struct claims *c, int64_t showing_id, const list *rows, int64_t position);
/* A reservation as an event says it is from then on. Of a showing that is not known, or was read later: nothing. */
void claims_follow(struct claims *c, const struct reservation *fact, int64_t position);

bool claims_known(const struct claims *c, int64_t showing_id);
/* Of the wanted seats those that are sold, or held past latest_ms, the latest that the store's clock can be, by id; none: an empty
 * list. False: a wanted seat's hold has perhaps run out, so whether it is to be named the store says. */
bool claims_gone(const struct claims *c, arena *a, int64_t showing_id, const ids *wanted, int64_t latest_ms, ids *out) MUST_CHECK;
/* All such seats of a showing. False when it is not known, or when a hold has perhaps run out: what became of it the store says. */
bool claims_whole(const struct claims *c, arena *a, int64_t showing_id, int64_t latest_ms, ids *out);

#endif
