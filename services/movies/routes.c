/* routes.c - the API of movies as one table. */
#include "lib/feed/export.h"
#include "services/movies/movies.h"

/* clang-format off */
static const char *const movie_faults[] = { "movie_id_invalid", "movie_unknown", NULL };
static const char *const delete_faults[] = {
    "movie_id_invalid", "movie_unknown", "movie_has_showings", "upstream_away", NULL };
static const char *const poster_faults[] = { "movie_id_invalid", "movie_unknown", "poster_unknown", NULL };
static const char *const poster_put_faults[] = {
    "movie_id_invalid", "movie_unknown", "poster_damaged", "poster_type_unsupported", NULL };
static const char *const poster_types[] = { "image/jpeg", "image/png", "image/webp", NULL };
static const char *const genre_faults[] = { "genre_exists", NULL };

static const char *const cursor_faults[] = { "cursor_invalid", NULL };

const struct route movies_routes[] = {
    { GET,    "/api/movies",                movies_list,         NULL,                &movie_shape,
      "Active films, newest release first", .query = &movie_list_query_shape, .gives_page = true },
    { GET,    "/api/movies/search",         movies_search,       NULL,                &movie_shape,
      "Active films by words, best first",  .query = &movie_search_query_shape, .gives_page = true },
    { GET,    "/api/movies/featured",       movies_featured,     NULL,                &movie_shape,
      "Active films rated 7 or more, best first", .query = &featured_query_shape, .gives_list = true },
    { GET,    "/api/movies/{*movieId}",     movies_show,         NULL,                &movie_shape,
      "One film, also a deactivated one",   .faults = movie_faults },
    { POST,   "/api/movies",                movies_create,       &movie_input_shape,  &movie_shape,
      "Add a film",                         .status = 201 },
    { PUT,    "/api/movies/{*movieId}",     movies_edit,         &movie_edit_shape,   &movie_shape,
      "Change what is given of a film; isActive true brings it back", .faults = movie_faults },
    { DELETE, "/api/movies/{*movieId}",     movies_delete,       NULL,                &movie_shape,
      "Deactivate a film",                  .query = &delete_query_shape, .faults = delete_faults },
    { GET,    "/api/movies/{*movieId}/poster", movies_poster_show, NULL,              NULL,
      "The uploaded poster of a film",      .query = &poster_query_shape, .gives_content = poster_types, .faults = poster_faults },
    { PUT,    "/api/movies/{*movieId}/poster", movies_poster_put, NULL,               &movie_shape,
      "Give a film a poster: JPEG, PNG or WebP, at most 1 MiB and 4096 pixels a side", .takes_content = poster_types, .faults = poster_put_faults },
    { DELETE, "/api/movies/{*movieId}/poster", movies_poster_delete, NULL,            &movie_shape,
      "Take a film's poster away",          .faults = poster_faults },
    { GET,    "/api/genres",                movies_genre_list,   NULL,                &genre_shape,
      "Genres, by name",                    .gives_list = true },
    { POST,   "/api/genres",                movies_genre_create, &genre_input_shape,  &genre_shape,
      "Add a genre",                        .status = 201, .faults = genre_faults },

    { POST,   "/internal/movies/import",    movies_import_rows,  &import_order_shape, &imported_shape,
      NULL,                                 .access = ACCESS_INTERNAL },
    { POST,   "/internal/movies/lookup",    movies_film_lookup,  &film_lookup_shape,  &film_found_shape,
      NULL,                                 .gives_list = true, .access = ACCESS_INTERNAL },
    { GET,    "/feed",                      owner_feed,          NULL,                NULL,
      NULL,                                 .query = &feed_query_shape, .access = ACCESS_INTERNAL },
    { GET,    "/feed/snapshot",             owner_snapshot,      NULL,                NULL,
      NULL,                                 .query = &snapshot_query_shape, .access = ACCESS_INTERNAL, .faults = cursor_faults },
    { GET,    "/export",                          owner_export,           NULL, NULL,
      NULL, .plain = true, .query = &export_query_shape, .access = ACCESS_INTERNAL, .when_closed = true },
    { GET,    "/export/{*table}",                 owner_export_table,     NULL, NULL,
      NULL, .plain = true, .access = ACCESS_INTERNAL, .when_closed = true },
    { POST,   "/internal/restore/start",          owner_restore_start,    NULL, &restore_answer_shape,
      NULL, .access = ACCESS_INTERNAL, .when_closed = true },
    { POST,   "/internal/restore/rows",           owner_restore_rows,     &restore_rows_shape, &restore_answer_shape,
      NULL, .access = ACCESS_INTERNAL, .when_closed = true },
    { POST,   "/internal/restore/finish",         owner_restore_finish,   &restore_finish_shape, &restore_answer_shape,
      NULL, .access = ACCESS_INTERNAL, .when_closed = true },
    { .path = NULL },
};
/* clang-format on */
