/* store_mongo_project.c - brings the documents of `movies` and `genres` up to the log, as the old system has them: for whoever looks
 * at them. Each carries in `rev` the position of its last event, so any number of replicas may do the same at once. */
#include "services/movies/store_mongo.h"

#include <string.h>

#include "lib/json/read.h"

#define AGAIN_MS 250
#define BYTES_MAX ((size_t)64 * 1024 * 1024)

struct due {
    str subject, type;
    int64_t position;
    struct raw_json data;
    int64_t text_id; /* the old system's _id is a text */
};
static const struct field due_fields[] = {
    FIELD(struct due, subject, "subject"), FIELD(struct due, type, "type"),       FIELD(struct due, position, "position"),
    FIELD(struct due, data, "data"),       FIELD(struct due, text_id, "text_id"),
};
static const struct shape due_shape = SHAPE(due, due_fields);

struct kept_movie {
    struct movie movie;
    int64_t rev;
};
static const struct field movie_fields[] = {
    FIELD(struct kept_movie, movie.id, "_id"),
    FIELD(struct kept_movie, movie.title, "title"),
    FIELD(struct kept_movie, movie.description, "description"),
    FIELD(struct kept_movie, movie.duration, "duration"),
    FIELD(struct kept_movie, movie.genre, "genre"),
    FIELD(struct kept_movie, movie.director, "director"),
    FIELD(struct kept_movie, movie.cast, "cast"),
    FIELD(struct kept_movie, movie.release_date, "releaseDate"),
    FIELD(struct kept_movie, movie.rating, "rating"),
    FIELD(struct kept_movie, movie.poster_url, "posterUrl"),
    FIELD(struct kept_movie, movie.trailer_url, "trailerUrl"),
    FIELD(struct kept_movie, movie.is_active, "isActive"),
    FIELD(struct kept_movie, movie.created_at, "createdAt"),
    FIELD(struct kept_movie, movie.updated_at, "updatedAt"),
    FIELD(struct kept_movie, rev, "rev"),
};
static const struct shape kept_movie_shape = SHAPE(kept_movie, movie_fields);

struct kept_genre {
    struct genre genre;
    int64_t rev;
};
static const struct field genre_fields[] = {
    FIELD(struct kept_genre, genre.id, "_id"),
    FIELD(struct kept_genre, genre.name, "name"),
    FIELD(struct kept_genre, genre.description, "description"),
    FIELD(struct kept_genre, genre.created_at, "createdAt"),
    FIELD(struct kept_genre, genre.updated_at, "updatedAt"),
    FIELD(struct kept_genre, rev, "rev"),
};
static const struct shape kept_genre_shape = SHAPE(kept_genre, genre_fields);

struct kept_rev {
    int64_t rev;
};
static const struct field rev_fields[] = { FIELD(struct kept_rev, rev, "rev") };
static const struct shape kept_rev_shape = SHAPE(kept_rev, rev_fields);

static struct mongo_match id_of(const struct due *d)
{
    return d->text_id ? mongo_is_text("_id", d->subject) : mongo_is_id("_id", d->subject);
}

/* Of the old system, and as it was found: it only learns its position. */
static const fault *adopted_mark(struct mongo_store *s, arena *a, const char *collection, const struct due *d)
{
    struct kept_rev rev = { d->position };
    return mongo_set(s->db, a, collection, MONGO_WHERE(id_of(d), mongo_absent("rev")), &kept_rev_shape, &rev, false);
}

static const fault *document_put(struct mongo_store *s, arena *a, const char *collection, const struct due *d,
                                 const struct shape *shape, const void *document)
{
    struct mongo_match id = mongo_is_id("_id", d->subject);
    const fault *problem = mongo_set(s->db, a, collection, MONGO_WHERE(id, mongo_below("rev", d->position)), shape, document, true);
    if (!problem || problem->kind != FAULT_CONFLICT)
        return problem;
    /* There is one that is as new, or one that has no position yet. */
    return mongo_set(s->db, a, collection, MONGO_WHERE(id, mongo_absent("rev")), shape, document, false);
}

static const fault *changed_put(struct mongo_store *s, arena *a, const char *collection, const struct due *d)
{
    /* An _id cannot be changed: the document whose _id is a text goes before the right one comes. Should we end in between, the
     * next start finds that it is due; a server that takes both for the same never sees the two. */
    if (d->text_id)
        TRY(mongo_delete(s->db, a, collection, MONGO_WHERE(mongo_is_text("_id", d->subject))));
    if (strcmp(collection, "movies") == 0) {
        struct kept_movie document = { .rev = d->position };
        TRY(json_restore(a, d->data.text, &movie_shape, &document.movie));
        return document_put(s, a, collection, d, &kept_movie_shape, &document);
    }
    struct kept_genre document = { .rev = d->position };
    TRY(json_restore(a, d->data.text, &genre_shape, &document.genre));
    return document_put(s, a, collection, d, &kept_genre_shape, &document);
}

static const fault *done_act(struct sql *db, arena *a, void *arg)
{
    const struct due *d = arg;
    if (d->text_id && !str_ends(d->type, STR(".adopted")))
        TRY(sql_run(db, a, "DELETE FROM text_ids WHERE id = ?1", BIND(sql_text(d->subject))));
    return sql_run(db, a, "DELETE FROM projections_due WHERE subject = ?1 AND position = ?2",
                   BIND(sql_text(d->subject), sql_int(d->position)));
}

/* The oldest that is due; *any: there was one. */
static const fault *project_one(struct mongo_store *s, arena *a, bool *any)
{
    struct due d;
    TRY(sql_one(sqlite_reader(s->inner.db), a, &due_shape, &d, any,
                "SELECT d.subject, d.position, l.type, l.data, EXISTS (SELECT 1 FROM text_ids t WHERE t.id = d.subject) AS text_id "
                "FROM projections_due d JOIN log l ON l.position = d.position ORDER BY d.position LIMIT 1",
                NO_BINDS));
    if (!*any)
        return NULL;
    const char *collection = str_starts(d.type, STR("movie.")) ? "movies" : "genres";
    if (str_ends(d.type, STR(".adopted")))
        TRY(adopted_mark(s, a, collection, &d));
    else
        TRY(changed_put(s, a, collection, &d));
    return sqlite_memory_run(s->inner.db, a, done_act, &d);
}

void movies_projector_run(void *store)
{
    struct mongo_store *s = store;
    s->projector = fiber_self();
    arena *a = arena_new(BYTES_MAX);
    bool any = false;
    while (!s->closing || (any && s->loaded)) {
        const fault *problem = NULL;
        any = false;
        if (s->loaded && !sqlite_restore_runs(s->inner.db))
            problem = project_one(s, a, &any);
        movies_store_tell(s, "projection_failed", problem);
        arena_reset(a);
        if (problem && s->closing)
            break; /* the next start finds what is due */
        if (!any || problem)
            fiber_park("documents that are behind the log", problem ? loop_now_ms() + AGAIN_MS : INT64_MAX);
    }
    arena_free(a);
    s->projector = NULL;
}
