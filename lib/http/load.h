/* load.h - which requests are refused while more is asked than can be answered.
 *
 * A process is overloaded when everybody waits: when within a tenth of a second not even the least wait was short (after CoDel: a
 * queue that empties now and then is only a burst). Then it refuses, class by class, a growing part of what is worth least, until the
 * waits are short again; what is refused early costs little, so that the rest has room. Pure: time is given. */
#ifndef TAQUILLA_HTTP_LOAD_H
#define TAQUILLA_HTTP_LOAD_H

#include "lib/base/fault.h"

/* In the order in which they are refused. */
enum worth {
    WORTH_UNSAID, /* of a route that says nothing: worth_usual */
    WORTH_LOOKS,  /* lists, searches, figures: whoever looks can look again */
    WORTH_KEPT,   /* what is made once and kept in memory: to be made anew; what is kept already is never refused */
    WORTH_BOOKS,  /* new bookings, and other writes */
    WORTH_PAYS,   /* who holds seats already: pays, cancels, shows the ticket */
    WORTH_ALWAYS, /* health, figures of the process, service to service: never refused */
    WORTH_COUNT,
};
const char *worth_name(enum worth w); /* "looks" */

#define LOAD_INTERVAL_MS 100
#define LOAD_CLASS 1000 /* of a level: one class refused as a whole */

struct load {
    int64_t late_ms_max; /* waits up to this are fine; 0: nothing is ever refused */
    int level;           /* 0: nothing is refused; 1500: all WORTH_LOOKS and half of WORTH_KEPT */
    int64_t interval_ends_ms, least_late_ms;
    int owed[WORTH_COUNT]; /* of the next one of a class, in thousandths: spreads the refused evenly */
    uint64_t refused[WORTH_COUNT];
    int64_t told_ms; /* when the log heard last that requests are refused */
    uint64_t untold;
};

/* May one more of that worth be answered? late_ms: how long requests wait now. */
bool load_takes(struct load *l, enum worth w, int64_t now_ms, int64_t late_ms);
/* In how many seconds one that was refused may come again: more when more is refused, and not all at once. `dice` is any number. */
int64_t load_again_s(const struct load *l, uint64_t dice);

#endif
