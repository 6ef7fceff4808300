/* store_sqlite.h - what the parts of the embedded store share; nobody else includes it. */
#ifndef TAQUILLA_MOVIES_STORE_SQLITE_H
#define TAQUILLA_MOVIES_STORE_SQLITE_H

#include "lib/db/sqlite.h"
#include "lib/feed/export_sqlite.h"
#include "services/movies/store.h"

/* How many films a filter lets through: true until the log's position moves. */
#define TOTALS_KNOWN 32
#define TOTAL_ABOUT_MAX 104
struct known_total {
    int64_t position, total;
    unsigned asked;
    unsigned char length;
    char about[TOTAL_ABOUT_MAX]; /* genre and words */
};

struct sqlite_store {
    struct store store; /* first: a struct store * is one of these */
    struct sqlite *db;
    struct known_total totals[TOTALS_KNOWN];
    struct sqlite_exporter exporter;
};
#define STORE_OF(store_pointer) ((struct sqlite_store *)(void *)(store_pointer))

extern const struct migration movies_migrations[];

#define MOVIE_COLUMNS                                                                              \
    "m.id, m.title, m.description, m.duration, m.genre, m.director, m.\"cast\", m.release_date, "  \
    "m.rating, m.poster_url, m.trailer_url, m.is_active, m.created_at, m.updated_at"

/* 24 hex digits in the old system's way: seconds, five random bytes, a counter; they sort by their time. */
str object_id(arena *a, instant now);
/* As it is now, with its genres and words; nothing is logged. */
const fault *movie_put(struct sql *db, arena *a, const struct movie *m) MUST_CHECK;
const fault *genre_put(struct sql *db, arena *a, const struct genre *g) MUST_CHECK; /* a new one */
const fault *movie_by_id(struct sql *db, arena *a, str id, struct movie *out) MUST_CHECK;
/* A new one, with its id, and a change of one that is there; each with genres, words and event. */
const fault *movie_insert(struct sql *db, arena *a, const struct movie *want, struct movie *made) MUST_CHECK;
const fault *movie_save(struct sql *db, arena *a, struct movie *m) MUST_CHECK;

void movies_store_fill(struct sqlite_store *s); /* all functions, once s->db is open */
void store_lists_fill(struct store *s);
void store_films_fill(struct store *s);
void movies_store_export_fill(struct sqlite_store *s);
void store_film_import_fill(struct store *s);

#endif
