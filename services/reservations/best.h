/* best.h - booking the best seats that are left. */
#ifndef TAQUILLA_RESERVATIONS_BEST_H
#define TAQUILLA_RESERVATIONS_BEST_H

#include "services/reservations/reservations.h"

struct best_wish {
    int64_t user_id, showing_id;
    const struct seat_wish *wish;
    str ticket_type;
    bool hold, box_office;
    const struct once *once;
};

/* Books what seating.h calls the best, in this very call. CONFLICT sold_out, too_few_left, seats_not_together, and what reserve and
 * sale_price refuse but seats_taken; NOT_FOUND showing_unknown; UNAVAILABLE store_busy, upstream_away. Fibers only; what svc->showings
 * needs must be there. */
const fault *best_make(struct reservations *svc, arena *a, const struct best_wish *want, struct reservation *made) MUST_CHECK;

#endif
