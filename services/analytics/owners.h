/* owners.h - movies, rooms and reservations as analytics reads them: their exports, when their position has moved.
 *
 * Of each owner one question and one reading is under way at a time. Who comes meanwhile shares the next question,
 * and a reading that holds what the owner had when it was asked: nobody is answered from older facts than that. */
#ifndef TAQUILLA_ANALYTICS_OWNERS_H
#define TAQUILLA_ANALYTICS_OWNERS_H

#include "lib/http/client.h"
#include "services/analytics/facts.h"
#include "services/analytics/lines.h"

#define WAITERS_MAX 256        /* of one owner; more are refused */
#define READING_MS_MAX 30000
#define ASK_DEADLINE_MS 1000

struct flight_waiter;

/* Something that is done once at a time for all who want it. */
struct flight {
    bool flying;
    uint64_t begun, ended;
    struct flight_waiter *waiting;
    size_t waiting_count;
};

struct owner {
    const char *name;
    enum owner_name which;
    struct upstream *upstream;
    bool stopping;

    struct facts *facts;      /* what was read last; NULL: nothing yet */
    uint64_t serial;          /* of those: another one with every reading */
    uint64_t moment;          /* counts what happens here: says what was before what */
    uint64_t facts_came;      /* moment */

    bool away;                /* the last question or reading failed */
    int64_t heard_ms;         /* loop time of the last good answer; 0: none yet */
    int64_t confirmed_ms;     /* when the facts were last known to be the present ones */

    struct flight asking;
    struct {
        bool good;
        int64_t position;
        uint64_t moment;      /* when it was asked */
    } answer;

    struct flight reading;
    struct facts *read;       /* of the reading under way */
    bool unread;              /* the last one failed: it was said, and is not said again */
    struct lines lines;
    int64_t read_until_ms, rest_at_us;
    uint64_t readings_total, failures_total;
};

struct owners {
    struct owner of[OWNER_COUNT];
};

/* What an answer may be made of until the fiber parks. */
struct known {
    const struct facts *of[OWNER_COUNT];
    uint64_t serial[OWNER_COUNT];
};
#define WANT(owner) (1u << (owner))

/* The facts of the owners wanted, as they stand now; those kept when an owner is away. UNAVAILABLE upstream_away when
 * nothing was read of it yet, overloaded when too many wait. */
const fault *analytics_refresh(struct owners *o, arena *a, unsigned wanted, struct known *out) MUST_CHECK;

/* Asks an owner for its position, for /health. */
void analytics_probe(struct owner *o, arena *a);

/* Fills in the names of `users` (struct top_user); false when reservations is away: then there are none. */
bool analytics_names_ask(struct owners *o, arena *a, const list *users);

extern const struct shape analytics_names_shape;

/* Ends what is under way at once; nobody is asked any more. */
void analytics_owners_stop(struct owners *o);
void analytics_owners_close(struct owners *o);

#endif
