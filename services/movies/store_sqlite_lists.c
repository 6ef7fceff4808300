/* store_sqlite_lists.c - the catalogue brought to the log's end, and asked; and films and genres in the order of their ids. */
#include "services/movies/store_sqlite.h"

#include "lib/base/log.h"

#define FILMS_AT_ONCE 100 /* of a MiB each at most */
#define BYTES_MAX ((size_t)1 << 30)

/* --- the catalogue --- */

const fault *movies_catalogue_begin(struct sqlite_store *s, arena *boot)
{
    TRY(tokens_open(boot, &s->tokens));
    movies_catalogue_forget(s);
    return NULL;
}

void movies_catalogue_forget(struct sqlite_store *s)
{
    if (s->catalogue)
        catalogue_free(s->catalogue);
    s->catalogue = catalogue_new(s->tokens);
    s->catalogue_at = -1;
}

void movies_catalogue_end(struct sqlite_store *s)
{
    if (s->catalogue)
        catalogue_free(s->catalogue);
    if (s->tokens)
        tokens_close(s->tokens);
    s->catalogue = NULL;
    s->tokens = NULL;
}

static void all_put(struct sqlite_store *s, const list *films)
{
    for (size_t i = 0; i < films->count; i++)
        catalogue_put(s->catalogue, LIST_AT(films, struct movie, i));
}

static const fault *load_some(struct sqlite_store *s, arena *a, int64_t *after)
{
    struct sql *db = sqlite_reader(s->db);
    int64_t until = *after;
    list films;
    TRY(sql_number(db, a, &until, "SELECT max(key) FROM (SELECT key FROM movies WHERE key > ?1 ORDER BY key LIMIT ?2)",
                   BIND(sql_int(*after), sql_int(FILMS_AT_ONCE))));
    TRY(sql_list(db, a, &movie_shape, &films,
                 "SELECT " MOVIE_COLUMNS " FROM movies m WHERE m.key > ?1 AND m.key <= ?2 ORDER BY m.key",
                 BIND(sql_int(*after), sql_int(until))));
    all_put(s, &films);
    *after = until;
    return NULL;
}

static const fault *genres_load(struct sqlite_store *s, arena *a)
{
    list genres;
    TRY(sql_list(sqlite_reader(s->db), a, &genre_shape, &genres,
                 "SELECT id, name, description, created_at, updated_at FROM genres ORDER BY name LIMIT 10000", NO_BINDS));
    catalogue_put_genres(s->catalogue, &genres);
    arena_reset(a);
    return NULL;
}

static const fault *load(struct sqlite_store *s, arena *a)
{
    TRY(genres_load(s, a));
    for (int64_t after = 0, before = -1; before != after;) {
        before = after;
        TRY(load_some(s, a, &after));
        arena_reset(a);
    }
    return NULL;
}

/* Rows may be newer than their events: what is told once more changes nothing. */
static const fault *fold(struct sqlite_store *s, arena *a, int64_t position)
{
    int64_t of_genres = 0;
    TRY(sql_number(sqlite_reader(s->db), a, &of_genres, "SELECT count(*) FROM log WHERE position > ?1 AND type GLOB 'genre.*'",
                   BIND(sql_int(s->catalogue_at))));
    if (of_genres > 0)
        TRY(genres_load(s, a));
    while (s->catalogue_at < position) {
        int64_t until = s->catalogue_at + FILMS_AT_ONCE < position ? s->catalogue_at + FILMS_AT_ONCE : position;
        list films;
        TRY(sql_list(sqlite_reader(s->db), a, &movie_shape, &films,
                     "SELECT " MOVIE_COLUMNS " FROM movies m WHERE m.id IN "
                     "(SELECT subject FROM log WHERE position > ?1 AND position <= ?2) ORDER BY m.key",
                     BIND(sql_int(s->catalogue_at), sql_int(until))));
        all_put(s, &films);
        s->catalogue_at = until;
        arena_reset(a);
    }
    return NULL;
}

static const fault *reach(struct sqlite_store *s, arena *a)
{
    int64_t position = 0; /* that of the rows which this connection sees */
    TRY(sql_number(sqlite_reader(s->db), a, &position, "SELECT max(position) FROM log", NO_BINDS));
    if (s->catalogue_at >= 0)
        return fold(s, a, position);
    TRY(load(s, a));
    s->catalogue_at = position;
    return NULL;
}

static const fault *problem_copy(arena *a, const fault *problem)
{
    fault *made = fault_new(a, problem->kind, problem->code, "%.*s", STR_ARG(problem->sentence));
    made->retry_after_s = problem->retry_after_s;
    made->internal = arena_copy(a, problem->internal);
    return made;
}

const fault *movies_catalogue_reach(struct sqlite_store *s, arena *a)
{
    if (s->catalogue_at == sqlite_position(s->db))
        return NULL;
    arena *own = arena_new(BYTES_MAX);
    const fault *problem = reach(s, own);
    if (problem)
        problem = problem_copy(a, problem);
    arena_free(own);
    return problem;
}

void movies_catalogue_follow(struct sqlite_store *s)
{
    arena *a = arena_new(BYTES_MAX);
    const fault *problem = movies_catalogue_reach(s, a);
    if (problem) /* who reads next tries again, and is told */
        log_line("warn", "catalogue_behind", "%s: %.*s", problem->code, STR_ARG(problem->internal));
    arena_free(a);
}

/* --- what it is asked --- */

static const fault *movie_text(struct store *store, arena *a, str id, struct written *out)
{
    struct sqlite_store *s = STORE_OF(store);
    TRY(movies_catalogue_reach(s, a));
    if (!catalogue_show(s->catalogue, id, out))
        return fault_new(a, FAULT_NOT_FOUND, "movie_unknown", "Movie not found");
    return NULL;
}

static const fault *movie_list(struct store *store, arena *a, const struct movie_filter *filter, list *out,
                               int64_t *total)
{
    TRY(movies_catalogue_reach(STORE_OF(store), a));
    catalogue_list(STORE_OF(store)->catalogue, a, filter, out, total);
    return NULL;
}

static const fault *movie_search(struct store *store, arena *a, const struct movie_filter *filter, list *out,
                                 int64_t *total)
{
    TRY(movies_catalogue_reach(STORE_OF(store), a));
    catalogue_search(STORE_OF(store)->catalogue, a, filter, out, total);
    return NULL;
}

static const fault *movie_featured(struct store *store, arena *a, int64_t limit, list *out)
{
    TRY(movies_catalogue_reach(STORE_OF(store), a));
    catalogue_featured(STORE_OF(store)->catalogue, a, limit, out);
    return NULL;
}

static const fault *genre_list(struct store *store, arena *a, list *out)
{
    TRY(movies_catalogue_reach(STORE_OF(store), a));
    *out = catalogue_genres(STORE_OF(store)->catalogue);
    return NULL;
}

/* --- everything, by id --- */

static const fault *movies_after(struct store *store, arena *a, str id, int64_t limit, list *out)
{
    return sql_list(sqlite_reader(STORE_OF(store)->db), a, &movie_shape, out,
                    "SELECT " MOVIE_COLUMNS " FROM movies m WHERE m.id > ?1 ORDER BY m.id LIMIT ?2",
                    BIND(sql_text(id), sql_int(limit)));
}

static const fault *genres_after(struct store *store, arena *a, str id, int64_t limit, list *out)
{
    return sql_list(sqlite_reader(STORE_OF(store)->db), a, &genre_shape, out,
                    "SELECT id, name, description, created_at, updated_at FROM genres WHERE id > ?1 ORDER BY id LIMIT ?2",
                    BIND(sql_text(id), sql_int(limit)));
}

void store_lists_fill(struct store *s)
{
    s->movie_text = movie_text;
    s->movie_list = movie_list;
    s->movie_search = movie_search;
    s->movie_featured = movie_featured;
    s->genre_list = genre_list;
    s->movies_after = movies_after;
    s->genres_after = genres_after;
}
