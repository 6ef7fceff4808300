/* handlers.c - films and genres: listed, searched, made, changed, taken out of the programme. */
#include "services/movies/movies.h"

#include "lib/json/read.h"

const fault *movies_id_read(struct call *c, str *id)
{
    if (movie_id_read(c->arena, c->names[0], id))
        return NULL;
    return fault_new(c->arena, FAULT_INVALID, "movie_id_invalid", "A movie's id has 24 hexadecimal digits.");
}

/* --- lists --- */

static const fault *page_reply(struct call *c, const struct movie_filter *want, const list *found, int64_t total)
{
    struct page page = { .page = want->page, .limit = want->limit, .total = total };
    return reply_page(c, &written_shape, found, &page);
}

const fault *movies_list(struct call *c)
{
    struct movies *svc = c->service;
    list found;
    int64_t total;
    TRY(svc->store->movie_list(svc->store, c->arena, c->query, &found, &total));
    return page_reply(c, c->query, &found, total);
}

const fault *movies_search(struct call *c)
{
    struct movies *svc = c->service;
    list found;
    int64_t total;
    TRY(svc->store->movie_search(svc->store, c->arena, c->query, &found, &total));
    return page_reply(c, c->query, &found, total);
}

const fault *movies_featured(struct call *c)
{
    struct movies *svc = c->service;
    const struct featured_query *want = c->query;
    list found;
    TRY(svc->store->movie_featured(svc->store, c->arena, want->limit, &found));
    return reply_list(c, &written_shape, &found);
}

/* --- one film --- */

const fault *movies_show(struct call *c)
{
    struct movies *svc = c->service;
    struct written found;
    str id;
    TRY(movies_id_read(c, &id));
    TRY(svc->store->movie_text(svc->store, c->arena, id, &found));
    return reply(c, 200, &written_shape, &found);
}

const fault *movies_create(struct call *c)
{
    struct movies *svc = c->service;
    struct movie made;
    TRY(svc->store->movie_create(svc->store, c->arena, c->body, c->once, &made));
    location(c, "/api/movies/%.*s", STR_ARG(made.id));
    return reply(c, 201, &movie_shape, &made);
}

const fault *movies_edit(struct call *c)
{
    struct movies *svc = c->service;
    struct movie made;
    str id;
    TRY(movies_id_read(c, &id));
    TRY(svc->store->movie_edit(svc->store, c->arena, id, c->body, &made));
    return reply(c, 200, &movie_shape, &made);
}

/* Rooms knows whether the film is still to be shown. */
struct showings_answer {
    uint64_t given_unused;
    list data;
};
struct showing_row {
    int64_t id;
};
static const struct field showing_fields[] = { FIELD(struct showing_row, id, "id") };
static const struct shape showing_row_shape = SHAPE(showing_row, showing_fields);
static const struct field answer_fields[] = {
    FIELD(struct showings_answer, data, "data", .shape = &showing_row_shape)
};
static const struct shape showings_answer_shape = SHAPE(showings_answer, answer_fields);

static const fault *showings_none(struct movies *svc, arena *a, str movie_id)
{
    struct message answer;
    struct showings_answer found;
    TRY(upstream_call(svc->rooms, a,
                      &(struct outgoing){ .method = GET,
                                          .target = arena_printf(a, "/internal/showings?movieId=%.*s&active=true&notOver=true&limit=1",
                                                                 STR_ARG(movie_id)),
                                          .internal = true },
                      &answer));
    if (answer.status != 200 || json_read_fact(a, answer.body, &showings_answer_shape, &found))
        return fault_internal(a, FAULT_UNAVAILABLE, "upstream_away", "Showings cannot be looked up right now.",
                              "rooms answered %d", answer.status);
    if (found.data.count > 0)
        return fault_new(a, FAULT_CONFLICT, "movie_has_showings",
                         "This movie has showings to come; ?showings=keep deactivates it all the same.");
    return NULL;
}

const fault *movies_delete(struct call *c)
{
    struct movies *svc = c->service;
    const struct delete_query *want = c->query;
    struct movie found;
    struct written after;
    str id;
    TRY(movies_id_read(c, &id));
    TRY(svc->store->movie_show(svc->store, c->arena, id, &found));
    if (found.is_active && svc->rooms && want->showings == SHOWINGS_ASK)
        TRY(showings_none(svc, c->arena, found.id));
    TRY(svc->store->movie_deactivate(svc->store, c->arena, id));
    TRY(svc->store->movie_text(svc->store, c->arena, id, &after));
    return reply_message(c, 200, &written_shape, &after, "Movie deactivated successfully");
}

/* --- genres --- */

const fault *movies_genre_list(struct call *c)
{
    struct movies *svc = c->service;
    list found;
    TRY(svc->store->genre_list(svc->store, c->arena, &found));
    return reply_list(c, &written_shape, &found);
}

const fault *movies_genre_create(struct call *c)
{
    struct movies *svc = c->service;
    struct genre made;
    TRY(svc->store->genre_create(svc->store, c->arena, c->body, c->once, &made));
    return reply(c, 201, &genre_shape, &made);
}

/* --- for the other services --- */

/* Each row is judged by itself, so that one bad film does not keep the others out. */
const fault *movies_import_rows(struct call *c)
{
    struct movies *svc = c->service;
    struct import_rows films;
    struct imported made;
    import_rows_read(c->arena, c->body, &movie_input_shape, &films, &made);
    if (films.rows.count > 0)
        TRY(svc->store->movies_import(svc->store, c->arena, &films, &made));
    return reply(c, 200, &imported_shape, &made);
}

const fault *movies_film_lookup(struct call *c)
{
    struct movies *svc = c->service;
    const struct film_lookup *want = c->body;
    list found;
    TRY(svc->store->movies_lookup(svc->store, c->arena, &want->films, &found));
    return reply_list(c, &film_found_shape, &found);
}
