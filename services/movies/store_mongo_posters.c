/* store_mongo_posters.c - posters on MongoDB: the bytes first, then the log's event that the film has them. Nothing is overwritten but by
 * the same bytes, and what no film has any more stays for an hour, so no two replicas and no export meet half of a poster. */
#include "services/movies/store_mongo_posters.h"

#include "services/movies/model_poster.h"

#define KEPT_MS (60 * 60 * INT64_C(1000))

struct kept_poster {
    str movie, digest;
    int64_t at_ms; /* when it came last */
};
static const struct field poster_fields[] = {
    FIELD(struct kept_poster, movie, "movie"),
    FIELD(struct kept_poster, digest, "digest"),
    FIELD(struct kept_poster, at_ms, "at"),
};
static const struct shape kept_poster_shape = SHAPE(kept_poster, poster_fields);

struct kept_part {
    str movie, digest;
    int64_t part;
    str data;
    int64_t at_ms;
};
static const struct field part_fields[] = {
    FIELD(struct kept_part, movie, "movie"), FIELD(struct kept_part, digest, "digest"), FIELD(struct kept_part, part, "part"),
    FIELD(struct kept_part, data, "data"),   FIELD(struct kept_part, at_ms, "at"),
};
static const struct shape kept_part_shape = SHAPE(kept_part, part_fields);

static str part_id(arena *a, str movie_id, str digest, int64_t part)
{
    return arena_printf(a, "%.*s/%.*s/%lld", STR_ARG(movie_id), STR_ARG(digest), (long long)part);
}

/* The poster's own document goes first: by it the sweep finds parts of a poster that never became whole. */
static const fault *poster_note(struct mongo_store *s, arena *a, const struct poster_part *p, int64_t now_ms)
{
    struct kept_poster kept = { p->movie_id, p->digest, now_ms };
    str id = arena_printf(a, "%.*s/%.*s", STR_ARG(p->movie_id), STR_ARG(p->digest));
    return mongo_set(s->db, a, POSTERS_COLLECTION, MONGO_WHERE(mongo_is_text("_id", id)), &kept_poster_shape, &kept, true);
}

const fault *movies_mongo_parts_put(struct mongo_store *s, arena *a, const list *parts)
{
    int64_t now_ms = clock_now().ms;
    for (size_t i = 0; i < parts->count; i++) {
        const struct poster_part *p = LIST_AT(parts, struct poster_part, i);
        struct kept_part kept = { p->movie_id, p->digest, p->part, p->data, now_ms };
        if (p->part == 0)
            TRY(poster_note(s, a, p, now_ms));
        TRY(mongo_set(s->db, a, PARTS_COLLECTION, MONGO_WHERE(mongo_is_text("_id", part_id(a, p->movie_id, p->digest, p->part))),
                      &kept_part_shape, &kept, true));
    }
    return NULL;
}

const fault *movies_mongo_part(struct mongo_store *s, arena *a, str movie_id, str digest, int64_t part,
                               struct poster_part *out, bool *found)
{
    struct kept_part kept = { .part = 0 };
    TRY(mongo_find(s->db, a, PARTS_COLLECTION, MONGO_WHERE(mongo_is_text("_id", part_id(a, movie_id, digest, part))),
                   &kept_part_shape, &kept, found));
    if (*found)
        *out = (struct poster_part){ kept.movie, kept.part, kept.digest, kept.data };
    return NULL;
}

/* --- acts --- */

struct mark_act {
    str id, digest;
    struct movie made;
};

static const fault *mark_act(struct sql *db, arena *a, void *arg)
{
    struct mark_act *act = arg;
    return movie_poster_mark(db, a, act->id, act->digest, &act->made);
}

static const fault *marked(struct mongo_store *s, arena *a, str id, str digest, struct movie *out)
{
    struct mark_act act = { .id = id, .digest = digest };
    TRY(sqlite_write(s->inner.db, a, mark_act, &act));
    *out = act.made;
    return NULL;
}

static const fault *poster_put(struct store *store, arena *a, str id, str bytes, struct movie *out)
{
    struct mongo_store *s = MONGO_STORE_OF(store);
    str digest = poster_digest_of(a, bytes);
    list parts = poster_parts(a, id, digest, bytes);
    struct movie known;
    TRY(store->movie_show(store, a, id, &known)); /* no bytes for nobody */
    if (sqlite_restore_runs(s->inner.db))
        return movies_store_away(a);
    TRY(movies_mongo_parts_put(s, a, &parts));
    return marked(s, a, id, digest, out);
}

static const fault *poster_drop(struct store *store, arena *a, str id, struct movie *out)
{
    struct mongo_store *s = MONGO_STORE_OF(store);
    if (!s->loaded)
        return movies_store_away(a);
    return marked(s, a, id, (str){ NULL, 0 }, out);
}

static const fault *poster_bytes(struct store *store, arena *a, str id, str digest, str *out)
{
    struct mongo_store *s = MONGO_STORE_OF(store);
    list parts = { NEW_ARRAY(a, struct poster_part, POSTER_PARTS_MAX), 0 };
    bool found = true;
    while (parts.count < POSTER_PARTS_MAX) {
        TRY(movies_mongo_part(s, a, id, digest, (int64_t)parts.count, LIST_AT(&parts, struct poster_part, parts.count), &found));
        if (!found)
            break;
        parts.count++;
    }
    return parts.count > 0 ? poster_joined(a, &parts, digest, out) : poster_unknown(a);
}

/* --- sweep --- */

static const fault *sweep_one(struct mongo_store *s, arena *a, const struct kept_poster *p, int64_t before_ms)
{
    struct movie film;
    const fault *problem = movie_by_id(sqlite_reader(s->inner.db), a, p->movie, &film);
    if (problem && problem->kind != FAULT_NOT_FOUND)
        return problem;
    if (!problem && str_equal(poster_digest(p->movie, film.poster_url), p->digest))
        return NULL;
    struct mongo_match movie = mongo_is_text("movie", p->movie), digest = mongo_is_text("digest", p->digest);
    TRY(mongo_delete(s->db, a, PARTS_COLLECTION, MONGO_WHERE(movie, digest, mongo_below("at", before_ms))));
    return mongo_delete(s->db, a, POSTERS_COLLECTION, MONGO_WHERE(movie, digest, mongo_below("at", before_ms)));
}

const fault *movies_mongo_posters_sweep(struct mongo_store *s, arena *a)
{
    struct mongo_rows found;
    int64_t before_ms = clock_now().ms - KEPT_MS;
    TRY(movies_log_reach(s, a));
    TRY(mongo_find_all(s->db, a, POSTERS_COLLECTION, &kept_poster_shape, &found));
    for (size_t i = 0; i < found.rows.count; i++) {
        const struct kept_poster *p = LIST_AT(&found.rows, struct kept_poster, i);
        if (p->at_ms < before_ms)
            TRY(sweep_one(s, a, p, before_ms));
    }
    return NULL;
}

void movies_mongo_posters_fill(struct store *s)
{
    s->poster_put = poster_put;
    s->poster_drop = poster_drop;
    s->poster_bytes = poster_bytes;
}
