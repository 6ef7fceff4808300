/* owners.h - movies, rooms and reservations as analytics follows them: what they tell goes into the store, page by page. */
#ifndef TAQUILLA_ANALYTICS_OWNERS_H
#define TAQUILLA_ANALYTICS_OWNERS_H

#include "lib/feed/follower.h"
#include "services/analytics/store.h"

struct owner {
    struct owners *all;
    enum owner_name which;
    struct upstream *upstream;
    struct follower follower;
    int64_t unread_total; /* events that could not be read */
};

struct owners {
    struct owner of[OWNER_COUNT];
    struct store *store;
    int taking;      /* pages under way to the store */
    uint64_t moment; /* one more with each page that came */
    bool stopping;
};

extern const char *const analytics_owner_names[OWNER_COUNT];
#define WANT(owner) (1u << (owner))

/* Goes on where the store was left, as soon as it says where that is. Fibers only. */
const fault *analytics_follow(struct owners *o, arena *a) MUST_CHECK;

/* What the owners wanted have told up to now is in the store; what was told before, when one is away. UNAVAILABLE upstream_away
 * when its first facts have not all come. Fibers only. */
const fault *analytics_caught_up(struct owners *o, arena *a, unsigned wanted) MUST_CHECK;

int32_t analytics_today(void);

/* Fills in the names of `users` (struct top_user); those of none when reservations is away. */
void analytics_names_ask(struct owners *o, arena *a, const list *users);
extern const struct shape analytics_names_shape;

void analytics_owners_stop(struct owners *o);
/* Waits for what is under way to the store. Fibers only. */
void analytics_owners_close(struct owners *o);

#endif
