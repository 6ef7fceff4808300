/* store.h - what the movies service asks of its database.
 *
 * One function per business act; each act is one transaction, all or nothing, and writes its events (movie.changed,
 * genre.changed: the whole document) in that same transaction. Results live in the arena given; on a fault *out is untouched.
 * `once` is the client's Idempotency-Key or NULL. Any of them may fail with UNAVAILABLE; nothing has happened then. */
#ifndef TAQUILLA_MOVIES_STORE_H
#define TAQUILLA_MOVIES_STORE_H

#include "lib/base/buf.h"
#include "lib/base/event.h"
#include "lib/base/imported.h"
#include "lib/base/once.h"
#include "services/movies/model.h"

struct exporter; /* lib/feed/export.h */

struct store {
    const struct exporter *exporter; /* its tables out as they are at one moment, and back */

    /* --- films --- */

    const fault *(*movie_create)(struct store *, arena *, const struct movie *want, const struct once *,
                                 struct movie *out) MUST_CHECK;
    /* NOT_FOUND movie_unknown. */
    const fault *(*movie_edit)(struct store *, arena *, str id, const struct movie *edit, struct movie *out) MUST_CHECK;
    /* Makes it inactive; again and again the same. NOT_FOUND movie_unknown. */
    const fault *(*movie_deactivate)(struct store *, arena *, str id) MUST_CHECK;
    /* Creates each film (struct movie), or changes what it gives of the one with its title, without case, and year of release. */
    const fault *(*movies_import)(struct store *, arena *, const struct import_rows *films,
                                  struct imported *made) MUST_CHECK;
    /* A struct film_found for each wish, in order. */
    const fault *(*movies_lookup)(struct store *, arena *, const list *wishes, list *out) MUST_CHECK;

    /* Also an inactive one. NOT_FOUND movie_unknown. */
    const fault *(*movie_show)(struct store *, arena *, str id, struct movie *out) MUST_CHECK;

    /* From the catalogue in memory, of struct written, which hold until the caller parks. */
    /* As movie_show. */
    const fault *(*movie_text)(struct store *, arena *, str id, struct written *out) MUST_CHECK;
    /* Active ones, newest release first. */
    const fault *(*movie_list)(struct store *, arena *, const struct movie_filter *, list *out,
                               int64_t *total) MUST_CHECK;
    /* Active ones, best match first; with a blank search as movie_list. */
    const fault *(*movie_search)(struct store *, arena *, const struct movie_filter *, list *out,
                                 int64_t *total) MUST_CHECK;
    /* Active ones rated 7 or more, best first, then newest. */
    const fault *(*movie_featured)(struct store *, arena *, int64_t limit, list *out) MUST_CHECK;
    const fault *(*genre_list)(struct store *, arena *, list *out) MUST_CHECK; /* by name */

    /* --- posters: the film's event carries the digest (in posterUrl), never the bytes --- */

    /* From now on this is the film's poster. NOT_FOUND movie_unknown. */
    const fault *(*poster_put)(struct store *, arena *, str id, str bytes, struct movie *out) MUST_CHECK;
    /* NOT_FOUND movie_unknown, poster_unknown. */
    const fault *(*poster_drop)(struct store *, arena *, str id, struct movie *out) MUST_CHECK;
    /* NOT_FOUND poster_unknown. */
    const fault *(*poster_bytes)(struct store *, arena *, str id, str digest, str *out) MUST_CHECK;

    /* --- genres --- */

    /* CONFLICT genre_exists. */
    const fault *(*genre_create)(struct store *, arena *, const struct genre *want, const struct once *,
                                 struct genre *out) MUST_CHECK;

    /* --- today's state, by id, after the one given; `limit` at most --- */

    const fault *(*movies_after)(struct store *, arena *, str id, int64_t limit, list *out) MUST_CHECK; /* inactive ones too */
    const fault *(*genres_after)(struct store *, arena *, str id, int64_t limit, list *out) MUST_CHECK;

    /* --- upkeep --- */

    const fault *(*sweep)(struct store *, arena *) MUST_CHECK; /* forgets old Idempotency-Keys */
    const fault *(*feed_read)(void *store, arena *, int64_t after, int64_t limit, struct event_page *out) MUST_CHECK;
    int64_t (*position)(struct store *);
    const fault *(*check)(struct store *, arena *) MUST_CHECK;
    void (*metrics)(struct store *, struct buf *out);
    void (*close)(struct store *);
};

/* What a store with several replicas tells its service, and asks it. */
struct store_news {
    void (*moved)(void *arg, int64_t position); /* on the loop thread, after each commit with events, ours or another replica's */
    bool (*awaited)(void *arg);                 /* does anybody wait for other replicas' commits? */
    void *arg;
};

/* The embedded store in `directory`; moved is called after each commit, on the loop. */
const fault *movies_sqlite_open(arena *boot, struct store **out, const char *directory,
                                void (*moved)(void *, int64_t position), void *arg) MUST_CHECK;

/* MongoDB, by mongodb://user:password@host:port/database. It opens also while the server is away; a database that the old
 * system made is adopted. INVALID setting_invalid. */
const fault *movies_mongo_open(arena *boot, struct store **out, str url, const struct store_news *news) MUST_CHECK;

/* What the store at `url`, or (no text) the embedded one in `directory`, says of its schema; nothing is changed there. */
struct schema_seen; /* lib/db/schema.h */
const fault *movies_look(arena *a, str url, const char *directory, struct schema_seen *out) MUST_CHECK;

#endif
