/* store_sqlite.h - what the parts of the embedded store share; nobody else includes it but service.c, which opens it. */
#ifndef TAQUILLA_ANALYTICS_STORE_SQLITE_H
#define TAQUILLA_ANALYTICS_STORE_SQLITE_H

#include "lib/db/sqlite.h"
#include "services/analytics/store_rows.h"

struct sqlite_store {
    struct store store; /* first: a struct store * is one of these */
    struct sqlite *db;
    int32_t day_starts_s;
    int32_t today; /* as the store has it */
};
#define STORE_OF(store_pointer) ((struct sqlite_store *)(void *)(store_pointer))

extern const struct migration analytics_migrations[];

/* store_sqlite_cells.c: adds what was counted, and what follows from it, to the sums. */
const fault *cells_keep(struct sql *db, struct cells *c, int32_t today) MUST_CHECK;
/* The windows end on that day from now on. */
const fault *windows_move(struct sql *db, arena *a, int32_t before, int32_t today) MUST_CHECK;

/* --- users: store_sqlite_users.c --- */

struct user_sums {
    int64_t user_id;
    bool alive;
    struct sum in[WINDOWS_LAST + 1]; /* by window */
};
/* Who stands behind it is not among the best of its window. */
struct top_end {
    int64_t span; /* 0: nobody does */
    int64_t cents, reservations, user_id;
};
/* Changes of some users' sums, from users_begin to users_end in one act. */
struct user_change {
    struct sql *db;
    arena *arena;
    int32_t today;
    struct segment_sums segments[WINDOWS_LAST + 1];
    struct top_end ends[WINDOWS_LAST + 1];
    int64_t top_more[WINDOWS_LAST + 1]; /* came among the best */
    bool top_fewer[WINDOWS_LAST + 1];   /* somebody left them */
};
const fault *users_begin(struct sql *db, arena *a, int32_t today, struct user_change *out) MUST_CHECK;
const fault *user_add(struct user_change *u, int64_t user_id, const struct sum add[WINDOWS_LAST + 1]) MUST_CHECK;
/* Segments and the best follow; the days of the users are written by then. */
const fault *users_end(struct user_change *u) MUST_CHECK;
/* What follows from the users' days among the cells. */
const fault *user_days_follow(struct sql *db, const struct cells *c, int32_t today) MUST_CHECK;
/* Is the user there, and not erased? */
const fault *user_alive_set(struct sql *db, arena *a, int64_t user_id, bool alive, int32_t today) MUST_CHECK;

/* store_sqlite_facts.c: one event; *read is false when it says nothing that can be understood. */
const fault *fact_take(struct sql *db, struct cells *c, enum owner_name owner, const struct event *e,
                       const struct house_clock *clock, bool *read) MUST_CHECK;
const fault *facts_forget(struct sql *db, arena *a, enum owner_name owner) MUST_CHECK;
const fault *showing_row(struct sql *db, arena *a, int64_t id, struct showing *out) MUST_CHECK;

void analytics_figures_fill(struct store *s); /* store_sqlite_figures.c */
void analytics_sheets_fill(struct store *s);  /* store_sqlite_sheets.c */

#endif
