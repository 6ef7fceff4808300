/* reservations.h - the service's own struct, and what its handlers share. */
#ifndef TAQUILLA_RESERVATIONS_RESERVATIONS_H
#define TAQUILLA_RESERVATIONS_RESERVATIONS_H

#include "lib/feed/owner.h"
#include "services/reservations/follow.h"
#include "services/reservations/provider.h"
#include "services/reservations/store.h"
#include "services/reservations/ticket_keys.h"

struct reservations_settings {
    uint64_t given_unused; /* keeps offset 0 free */
    int64_t hold_s;
    str unpaid_until; /* minutes, or "off" */
    int64_t refund_until_min, payment_grace_s, payment_timeout_s, holds_per_user_max;
    str ticket_key;
};
extern const struct shape reservations_settings_shape;

/* Those who choose seats at this moment: best.c. */
struct choosers {
    struct chooser *first;
    arena *plans; /* of one choice at a time; NULL before the first */
    uint64_t chosen, lost; /* choices so far, and those in which somebody else was faster: in /metrics */
};

struct reservations {
    struct owner_desk desk; /* first: lib/feed/owner.h */
    struct store *store;
    struct showings *showings; /* NULL: this service runs alone */
    struct provider *provider;
    struct selling_rules rules;
    int64_t payment_timeout_ms;
    struct choosers choosers;
    struct ticket_ring tickets;
    str ticket_key;             /* TICKET_KEY */
    const char *tickets_beside; /* the embedded store's directory; NULL: the store is shared */
    bool stopping;
    struct fiber *sweeper, *recoverer; /* of upkeep.c, while they run */
};

extern const struct route reservations_routes[];
extern const struct snapshot_part reservations_snapshot[];

/* payments.c: begin, the provider's call, settle. DECLINED payment_declined; UNAVAILABLE payment_unknown; CONFLICT
 * payment_refunded and what begin refuses. */
const fault *reservation_pay(struct reservations *svc, arena *a, const struct payment_order *want,
                             const struct once *once, struct payment *made) MUST_CHECK;

/* service.c: the keys of the tickets, at start and after a restore. */
const fault *reservations_keys_open(struct reservations *svc, arena *a) MUST_CHECK;

/* upkeep.c: the fibers that expire holds and ask about payments nobody answered. */
const fault *upkeep_start(struct reservations *svc, arena *a) MUST_CHECK;
void upkeep_stop(struct reservations *svc); /* waits for their end; fibers only */

#endif
