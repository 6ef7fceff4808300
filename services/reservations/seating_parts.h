/* seating_parts.h - a room as seating.c and seating_apart.c see it; nobody else includes it. */
#ifndef TAQUILLA_RESERVATIONS_SEATING_PARTS_H
#define TAQUILLA_RESERVATIONS_SEATING_PARTS_H

#include "services/reservations/seating.h"

struct place {
    const struct seat *seat;
    int64_t number, cost;
    size_t row;      /* from the screen, from 0 */
    size_t before;   /* free places that lie beside it, one after the other, towards the row's begin */
    size_t after;    /* the same towards its end */
    bool free, fits; /* may be sold; and is of the kind wanted */
};

struct plan {
    arena *a;
    struct place *at; /* by row, then number */
    size_t count, rows;
};

/* `count` neighbours from `first` on. Less is better, member by member. */
struct window {
    size_t first, count;
    int64_t strained; /* accessible seats taken beyond what is wanted */
    int64_t orphans;  /* single seats that it leaves alone */
    int64_t cost;
};

/* Neighbours that all fit, from `first` on. */
struct run {
    size_t first, count;
};

/* The next run at or after *at, which moves behind it; false: there is none. */
bool run_next(const struct plan *p, size_t *at, struct run *out);
bool run_accessible(const struct plan *p, const struct run *r);
bool window_better(const struct plan *p, const struct window *one, const struct window *than);
/* The best window of a run; with `accessible` one with such a seat. False: there is none. */
bool window_best(const struct plan *p, const struct run *r, size_t count, bool accessible, struct window *out);

/* seating_apart.c: a party in several places. False: the seats that fit are too few. */
bool seating_apart(const struct plan *p, size_t party, bool accessible, ids *out);
/* What a window takes, added to *out. */
void window_take(const struct plan *p, const struct window *w, ids *out);

#endif
