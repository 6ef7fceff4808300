/* store_sqlite.h - what the parts of the embedded store share; nobody else includes it. */
#ifndef TAQUILLA_MOVIES_STORE_SQLITE_H
#define TAQUILLA_MOVIES_STORE_SQLITE_H

#include "lib/db/sqlite.h"
#include "lib/feed/export_sqlite.h"
#include "services/movies/store.h"
#include "services/movies/store_catalogue.h"

struct sqlite_store {
    struct store store; /* first: a struct store * is one of these */
    struct sqlite *db;
    void (*moved)(void *arg, int64_t position); /* of the service */
    void *moved_arg;
    struct tokens *tokens;
    struct catalogue *catalogue; /* every read of films is answered from it */
    int64_t catalogue_at;        /* its position in the log; -1: nothing is in it yet */
    struct sqlite_exporter exporter;
};
#define STORE_OF(store_pointer) ((struct sqlite_store *)(void *)(store_pointer))

extern const struct migration movies_migrations[];

#define MOVIE_COLUMNS                                                                              \
    "m.id, m.title, m.description, m.duration, m.genre, m.director, m.\"cast\", m.release_date, "  \
    "m.rating, m.poster_url, m.trailer_url, m.is_active, m.created_at, m.updated_at"

/* 24 hex digits in the old system's way: seconds, five random bytes, a counter; they sort by their time. */
str object_id(arena *a, instant now);
/* As it is now; nothing is logged. */
const fault *movie_put(struct sql *db, arena *a, const struct movie *m) MUST_CHECK;
const fault *genre_put(struct sql *db, arena *a, const struct genre *g) MUST_CHECK; /* a new one */
const fault *movie_by_id(struct sql *db, arena *a, str id, struct movie *out) MUST_CHECK;
/* A new one, with its id, and a change of one that is there; each with its event. */
const fault *movie_insert(struct sql *db, arena *a, const struct movie *want, struct movie *made) MUST_CHECK;
const fault *movie_save(struct sql *db, arena *a, struct movie *m) MUST_CHECK;

void movies_store_fill(struct sqlite_store *s); /* all functions, once s->db is open */

/* store_sqlite_lists.c */
const fault *movies_catalogue_begin(struct sqlite_store *s, arena *boot) MUST_CHECK; /* empty */
/* Brings it to the log's last position. */
const fault *movies_catalogue_reach(struct sqlite_store *s, arena *a) MUST_CHECK;
/* The same after a commit, so that the first reader after many does not wait for all of them. */
void movies_catalogue_follow(struct sqlite_store *s);
void movies_catalogue_forget(struct sqlite_store *s); /* the tables are others now */
void movies_catalogue_end(struct sqlite_store *s);
void store_lists_fill(struct store *s);

/* store_sqlite_posters.c. The film says that it has this poster (no text: none any more), with its event. NOT_FOUND
 * movie_unknown, poster_unknown. */
const fault *movie_poster_mark(struct sql *db, arena *a, str id, str digest, struct movie *out) MUST_CHECK;
/* Only what its posterUrl names stays. */
const fault *movie_poster_forget(struct sql *db, arena *a, const struct movie *m) MUST_CHECK;
void store_posters_fill(struct store *s);

void store_films_fill(struct store *s);
void movies_store_export_fill(struct sqlite_store *s);
void store_film_import_fill(struct store *s);

#endif
