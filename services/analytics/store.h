/* store.h - what analytics asks of its database: to take what owners tell, and the figures that follow from it.
 *
 * One function per act; each act is one transaction, all or nothing, and keeps how far the owner's feed was taken. Results live in
 * the arena given; on a fault *out is untouched. Every figure is of one moment. `today` is the house's day on the calendar: who is
 * given another one than last time lets days leave the windows and come into them first. */
#ifndef TAQUILLA_ANALYTICS_STORE_H
#define TAQUILLA_ANALYTICS_STORE_H

#include "lib/base/buf.h"
#include "lib/base/event.h"
#include "services/analytics/model_facts.h"

struct feed_left {
    int64_t position;
    bool whole; /* its snapshot is all here */
};

/* A page of an owner's snapshot or feed. */
struct told {
    enum owner_name owner;
    list events; /* of struct event */
    int64_t position;
    bool whole;
    int64_t unread; /* out: events that could not be read; they change nothing */
};

struct store {
    /* --- what owners tell; fibers only --- */

    const fault *(*feed_left)(struct store *, arena *, enum owner_name owner, struct feed_left *out) MUST_CHECK;
    /* All that this owner told is forgotten: its snapshot is about to come. */
    const fault *(*begin)(struct store *, arena *, enum owner_name owner, int32_t today) MUST_CHECK;
    const fault *(*take)(struct store *, arena *, struct told *page, int32_t today) MUST_CHECK;
    /* Windows end today from now on. */
    const fault *(*come_to)(struct store *, arena *, int32_t today) MUST_CHECK;

    /* --- the figures; after come_to --- */

    const fault *(*revenue)(struct store *, arena *, const struct revenue_query *want, struct revenue *out) MUST_CHECK;
    const fault *(*popular)(struct store *, arena *, const struct popular_query *want, list *out) MUST_CHECK;
    /* NOT_FOUND room_unknown. */
    const fault *(*occupancy)(struct store *, arena *, const struct occupancy_query *want, struct occupancy *out) MUST_CHECK;
    /* By room and hour, of showings that are active: struct room_hour. */
    const fault *(*hours)(struct store *, arena *, const struct hours_query *want, list *out) MUST_CHECK;
    /* schedule_id is given. NOT_FOUND showing_unknown. */
    const fault *(*curve)(struct store *, arena *, struct curve *out) MUST_CHECK;
    /* topUsers without their names. */
    const fault *(*behavior)(struct store *, arena *, const struct window_query *want, struct behavior *out) MUST_CHECK;
    const fault *(*dashboard)(struct store *, arena *, const struct window_query *want, struct dashboard *out) MUST_CHECK;

    /* One day of the house, all but its date and bounds. */
    const fault *(*sheet)(struct store *, arena *, int32_t played, struct day_sheet *out) MUST_CHECK;
    /* from and to are given; title, lines and sums come. NOT_FOUND movie_unknown: nobody has told of it. */
    const fault *(*returns)(struct store *, arena *, struct returns *out) MUST_CHECK;
    /* Money that moved from `start` on and before `end`, by time: at most `limit` of those after the one given (NULL: from the
     * first). struct sales_row. */
    const fault *(*sales)(struct store *, arena *, instant start, instant end, const struct sales_row *after, int64_t limit,
                          list *out) MUST_CHECK;

    const fault *(*check)(struct store *, arena *) MUST_CHECK;
    void (*metrics)(struct store *, struct buf *out);
    void (*close)(struct store *);
};

/* Days of another zone or DAY_STARTS are other days: what was folded by them is forgotten, and asked for anew. *out may be there
 * to be closed also after a fault. Fibers only. */
const fault *analytics_sqlite_open(arena *boot, struct store **out, const char *directory, str zone,
                                   int32_t day_starts_s) MUST_CHECK;
/* The same on PostgreSQL, whose server may come later: until then every act is UNAVAILABLE store_unavailable. One process folds into
 * a database: the one that asked feed_left first of all last. The others go on reading. Fibers only. */
const fault *analytics_postgres_open(arena *boot, struct store **out, str url, str zone, int32_t day_starts_s) MUST_CHECK;
struct schema_seen; /* lib/db/schema.h */
const fault *analytics_look(arena *a, str url, const char *directory, struct schema_seen *out) MUST_CHECK;

#endif
