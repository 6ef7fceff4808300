/* store_postgres.h - what the parts of the store on PostgreSQL share; nobody else includes it.
 *
 * A page of facts is folded here, over the rows that it touches, by the code that folds for the embedded store too; what comes of
 * it is written in one statement (schema/postgres/002_acts.sql). Whoever folds does so alone, and says at which moment of the
 * figures he read: if they have moved since, nothing is written. */
#ifndef TAQUILLA_ANALYTICS_STORE_POSTGRES_H
#define TAQUILLA_ANALYTICS_STORE_POSTGRES_H

#include "lib/db/postgres.h"
#include "services/analytics/store_rows.h"

struct postgres_store {
    struct store store; /* first: a struct store * is one of these */
    struct postgres *db;
    str zone;
    int32_t day_starts_s;
    int32_t today;   /* as the store has it; NO_DAY: not known */
    struct feed_left left[OWNER_COUNT]; /* where this process left the feeds */
    bool taken_over; /* this process folds, and the store's days are those of zone and day_starts_s */
    str writer;      /* names this process there */
};
#define POSTGRES_STORE(store_pointer) ((struct postgres_store *)(void *)(store_pointer))
#define KEYS(s) postgres_keys(POSTGRES_STORE(s)->db)
#define LISTS(s) postgres_lists(POSTGRES_STORE(s)->db)

extern const struct migration analytics_postgres_migrations[];

/* --- rows of a page: store_postgres_rows.c --- */

/* What has a name and a number of the store's own: films and payment methods. */
struct name_row {
    int64_t key;
    str id;
    str title;      /* of a film */
    bool is_active;
    bool changed;   /* is to be written */
};
/* A sorted array by id; what is asked for is in it. */
struct user_row {
    int64_t id;
    bool alive, was; /* was: when the page began */
    bool told;       /* by the page */
};
struct user_window {
    int64_t span, user_id, cents, reservations, confirmed;
    bool alive;
};
extern const struct shape analytics_film_keep_shape, analytics_method_keep_shape, analytics_user_keep_shape,
    analytics_user_window_shape;

/* The rows of `keys`, sorted and without repetitions: struct sale, showing, user_row; those that are not there are as untold. */
const fault *analytics_sales_load(struct store *s, arena *a, const ids *keys, list *out) MUST_CHECK;
const fault *analytics_showings_load(struct store *s, arena *a, const ids *keys, list *out) MUST_CHECK;
const fault *analytics_users_load(struct store *s, arena *a, const ids *keys, list *out) MUST_CHECK;
/* Every window of every user: struct user_window, WINDOWS_LAST for each. */
const fault *analytics_user_windows_load(struct store *s, arena *a, const list *users, list *out) MUST_CHECK;
/* struct name_row, by name; those that are not there get the numbers after `last`. */
const fault *analytics_films_load(struct store *s, arena *a, strs *names, int64_t last, list *out) MUST_CHECK;
const fault *analytics_methods_load(struct store *s, arena *a, strs *names, int64_t last, list *out) MUST_CHECK;
struct name_row *analytics_name_row_find(const list *rows, str name); /* NULL: no name */
/* Where the row of this key stands: each begins with its key. */
void *analytics_row_find(const list *rows, size_t size, int64_t key);
void analytics_ids_settle(ids *keys); /* sorted, without repetitions */

/* --- acts --- */

/* The store when an act begins. */
struct figures_state {
    int64_t moment, today;
    int64_t film_last, method_last; /* numbers given so far */
    str writer, act;
};

/* What a page comes to: rows as they are now, and what is to be added. */
struct page_kept {
    int64_t owner, position;
    bool whole;
    str writer, act_id;
    int64_t moment, today, alive; /* alive: so many users more */
    list films, methods, rooms, seats, showings, sales, users, user_windows, segments;
    ids kind, k1, k2, k3, k4, a1, a2, a3;
};
/* Folds it. store_postgres_fold.c */
const fault *analytics_page_fold(struct store *s, arena *a, struct told *page, const struct figures_state *now, struct page_kept *out) MUST_CHECK;
extern const struct shape analytics_page_kept_shape;

/* Writes it, or finds it written when the connection was lost meanwhile. */
const fault *analytics_act_write(struct store *s, arena *a, const char *act, const struct shape *shape, const void *args, str act_id) MUST_CHECK;
str analytics_act_name(arena *a);
const fault *analytics_state_read(struct store *s, arena *a, struct figures_state *out, bool *found) MUST_CHECK;

/* The windows end today from now on; store_postgres_midnight.c. */
const fault *analytics_windows_come(struct store *s, arena *a, struct figures_state *now, int32_t today) MUST_CHECK;

void analytics_postgres_figures_fill(struct store *s); /* store_postgres_figures.c */

#endif
