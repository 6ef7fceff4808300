/* store_sqlite_posters.c - posters in the embedded store: bytes, film and event in one transaction. */
#include "services/movies/model_poster.h"
#include "services/movies/store_posters.h"
#include "services/movies/store_sqlite.h"

struct poster_act {
    str id, digest; /* no digest: the poster goes */
    str bytes;
    struct movie made;
};

const fault *movie_poster_mark(struct sql *db, arena *a, str id, str digest, struct movie *out)
{
    TRY(movie_by_id(db, a, id, out));
    str url = digest.len ? poster_url(a, id, digest) : STR("");
    if (!digest.len && !poster_digest(id, out->poster_url).len)
        return poster_unknown(a);
    if (str_equal(url, out->poster_url))
        return NULL;
    out->poster_url = url;
    return movie_save(db, a, out);
}

const fault *movie_poster_forget(struct sql *db, arena *a, const struct movie *m)
{
    str digest = poster_digest(m->id, m->poster_url);
    return sql_run(db, a, "DELETE FROM posters WHERE movie_id = ?1 AND digest <> ?2",
                   BIND(sql_text(m->id), sql_text(digest.len ? digest : STR(""))));
}

static const fault *put_act(struct sql *db, arena *a, void *arg)
{
    struct poster_act *act = arg;
    TRY(movie_poster_mark(db, a, act->id, act->digest, &act->made));
    TRY(sql_run(db, a, "DELETE FROM posters WHERE movie_id = ?1", BIND(sql_text(act->id))));
    list parts = poster_parts(a, act->id, act->digest, act->bytes);
    for (size_t i = 0; i < parts.count; i++) {
        const struct poster_part *p = LIST_AT(&parts, struct poster_part, i);
        TRY(sql_run(db, a, "INSERT INTO posters (movie_id, part, digest, data) VALUES (?1, ?2, ?3, ?4)",
                    BIND(sql_text(p->movie_id), sql_int(p->part), sql_text(p->digest), sql_text(p->data))));
    }
    return NULL;
}

static const fault *drop_act(struct sql *db, arena *a, void *arg)
{
    struct poster_act *act = arg;
    TRY(movie_poster_mark(db, a, act->id, act->digest, &act->made));
    return movie_poster_forget(db, a, &act->made);
}

static const fault *poster_put(struct store *store, arena *a, str id, str bytes, struct movie *out)
{
    struct poster_act act = { .id = id, .digest = poster_digest_of(a, bytes), .bytes = bytes };
    TRY(sqlite_write(STORE_OF(store)->db, a, put_act, &act));
    *out = act.made;
    return NULL;
}

static const fault *poster_drop(struct store *store, arena *a, str id, struct movie *out)
{
    struct poster_act act = { .id = id };
    TRY(sqlite_write(STORE_OF(store)->db, a, drop_act, &act));
    *out = act.made;
    return NULL;
}

static const fault *poster_bytes(struct store *store, arena *a, str id, str digest, str *out)
{
    list parts;
    TRY(sql_list(sqlite_reader(STORE_OF(store)->db), a, &poster_part_shape, &parts,
                 "SELECT movie_id, part, digest, data FROM posters WHERE movie_id = ?1 AND digest = ?2 ORDER BY part",
                 BIND(sql_text(id), sql_text(digest))));
    return parts.count > 0 ? poster_joined(a, &parts, digest, out) : poster_unknown(a);
}

void store_posters_fill(struct store *s)
{
    s->poster_put = poster_put;
    s->poster_drop = poster_drop;
    s->poster_bytes = poster_bytes;
}
