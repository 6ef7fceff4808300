/* handlers_posters.c - a film's poster: taken, shown, taken away. */
#include "services/movies/model_poster.h"
#include "services/movies/movies.h"

#define KEEP_FOR_EVER "public, max-age=31536000, immutable" /* an address with a digest has one poster only */
#define ASK_EACH_TIME "public, max-age=0, must-revalidate"

static const fault *poster_of(struct call *c, str *id, str *digest)
{
    struct movies *svc = c->service;
    struct movie film;
    TRY(movies_id_read(c, id));
    TRY(svc->store->movie_show(svc->store, c->arena, *id, &film));
    *digest = poster_digest(*id, film.poster_url);
    return digest->len ? NULL : poster_unknown(c->arena);
}

const fault *movies_poster_show(struct call *c)
{
    struct movies *svc = c->service;
    const struct poster_query *want = c->query;
    str id, digest, bytes;
    TRY(poster_of(c, &id, &digest));
    str etag = arena_printf(c->arena, "\"%.*s\"", STR_ARG(digest));
    TRY(reply_tagged(c, NULL, (str){ NULL, 0 }, etag)); /* who has it already does not make us read it */
    if (c->status != 304) {
        TRY(svc->store->poster_bytes(svc->store, c->arena, id, digest, &bytes));
        TRY(reply_raw(c, 200, poster_type(bytes), bytes));
    }
    answer_header(c, "Cache-Control", str_equal(want->version, digest) ? STR(KEEP_FOR_EVER) : STR(ASK_EACH_TIME));
    answer_header(c, "X-Content-Type-Options", STR("nosniff"));
    return NULL;
}

const fault *movies_poster_put(struct call *c)
{
    struct movies *svc = c->service;
    struct movie made;
    str id, bytes = c->request->body;
    TRY(movies_id_read(c, &id));
    TRY(poster_check(c->arena, bytes, message_header(c->request, "Content-Type")));
    TRY(svc->store->poster_put(svc->store, c->arena, id, bytes, &made));
    return reply(c, 200, &movie_shape, &made);
}

const fault *movies_poster_delete(struct call *c)
{
    struct movies *svc = c->service;
    struct movie made;
    str id;
    TRY(movies_id_read(c, &id));
    TRY(svc->store->poster_drop(svc->store, c->arena, id, &made));
    return reply(c, 200, &movie_shape, &made);
}
