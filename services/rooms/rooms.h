/* rooms.h - the service's own struct, and what its files share. */
#ifndef TAQUILLA_ROOMS_ROOMS_H
#define TAQUILLA_ROOMS_ROOMS_H

#include "lib/feed/owner.h"
#include "lib/http/client.h"
#include "lib/loop/fiber.h"
#include "services/rooms/follow.h"
#include "services/rooms/store.h"

struct rooms {
    struct owner_desk desk; /* first: lib/feed/owner.h */
    struct store *store;
    struct upstream *movies, *reservations; /* NULL: this service runs without that one */
    struct rooms_programme *programme;      /* of movies; NULL: without */
    bool sales_stopping;                    /* sales.c: one change that stops sales at a time */
    bool ending;
    fiber *keeper; /* upkeep.c, while it runs */
};

extern const struct route rooms_routes[];
extern const struct snapshot_part rooms_snapshot[];

/* --- owners.c: what is asked of the other services --- */

/* The length of a film that may be shown; of any when there is no movies service. Faults as rooms_programme_minutes. */
const fault *rooms_film_minutes(struct rooms *svc, arena *a, str movie_id,
                                int64_t *minutes) MUST_CHECK;

/* Films as rows of a file name them; the same for what became of each. */
struct film_wish {
    str id, title; /* one of them */
    int64_t year;  /* 0: any */
};
struct film_found {
    str id; /* no text: none, or more than one */
    int64_t duration;
    bool is_active;
    int64_t matches;
};
const fault *rooms_films_look(struct rooms *svc, arena *a, const list *wishes,
                              list *out) MUST_CHECK;

struct sales_order {
    ids schedule_ids;
    ids seat_ids; /* none: any seat */
    bool refund;
};
struct live_sales {
    int64_t schedule_id, tickets;
};
struct sales_answer {
    list live; /* of struct live_sales */
    bool stopped;
    int64_t cancelled;
};
/* One act over there: when a showing has live tickets and refund is false nothing is stopped and
 * `live` lists them. */
const fault *rooms_sales_stop(struct rooms *svc, arena *a, const struct sales_order *want,
                              struct sales_answer *out) MUST_CHECK;
const fault *rooms_sales_resume(struct rooms *svc, arena *a, const ids *schedule_ids) MUST_CHECK;

/* --- sales.c: a change that nobody may buy into --- */

typedef const fault *sales_change(struct rooms *svc, arena *a, void *arg);

/* Stops the sale of the showings, runs the change, and puts those of them that are still active on
 * sale again, also when the change failed. CONFLICT showing_has_tickets, naming the showings.
 * *cancelled may be NULL. */
const fault *rooms_change_stopped(struct rooms *svc, arena *a, const struct sales_order *stop,
                                  sales_change *change, void *arg, int64_t *cancelled) MUST_CHECK;
/* Runs a change that makes a showing active again, and puts it on sale. */
const fault *rooms_change_reopening(struct rooms *svc, arena *a, int64_t schedule_id,
                                    sales_change *change, void *arg) MUST_CHECK;
/* Puts on sale what a change before left stopped, because the process or the reservations service
 * ended then. */
const fault *rooms_sales_repair(struct rooms *svc, arena *a) MUST_CHECK;

/* --- upkeep.c: a fiber that does the above from time to time, and forgets old keys --- */

const fault *rooms_upkeep_start(struct rooms *svc, arena *a) MUST_CHECK;
void rooms_upkeep_stop(struct rooms *svc); /* waits for its end; fibers only */

#endif
