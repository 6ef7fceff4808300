/* seating.h - which seats of a room are the best that are left. Pure: no I/O.
 *
 * A row is all seats with one row_number; rows stand as rooms lists them: A .. Z, AA .., the first nearest to the screen. Neighbours
 * are seats of a row whose numbers follow one another: where a number is missing there is an aisle. A run is neighbours that may all be
 * sold, as long as it goes on.
 *
 * A seat's cost is 9 x² + 16 y²: x is its way from the middle of its whole row (sold seats too) in half seats, y its way from the row
 * two thirds back in thirds of a row. So a row off is as bad as two seats off. What is taken costs the sum of its seats.
 *
 * Of all windows of `count` neighbours these come first, in this order: those that take the fewest accessible seats from who needs
 * them; those that leave the fewest single seats alone beside them; the cheapest; the farther back; the lower number. */
#ifndef TAQUILLA_RESERVATIONS_SEATING_H
#define TAQUILLA_RESERVATIONS_SEATING_H

#include "services/reservations/model.h"

enum seating_end {
    SEATING_FOUND,
    SEATING_SOLD_OUT,     /* none of the kind wanted is left */
    SEATING_TOO_FEW,      /* `left` of them */
    SEATING_NOT_TOGETHER, /* enough, but `beside` at most in one row */
};

struct seating {
    enum seating_end end;
    ids seats;            /* FOUND: by id */
    int64_t left, beside; /* seats of the kind wanted; neighbours among them, with an accessible one if that is wanted */
};

/* Of a room's seats, without those `taken` (by id). house: seats that the house keeps may be sold too. With !together a party that no
 * row takes sits in several places: in as few as the nearest rows allow, nobody alone where that can be avoided. */
void seating_choose(arena *a, const list *seats, const ids *taken, const struct seat_wish *wish, bool house, struct seating *out);

#endif
