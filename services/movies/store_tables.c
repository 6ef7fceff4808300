/* store_tables.c - a row of each table of movies, as a line of an export: the documents that clients know. */
#include "services/movies/store_tables.h"

#include "services/movies/store_posters.h"

#define OBJECT_ID .min = MOVIE_ID_LENGTH, .max = MOVIE_ID_LENGTH
#define STAMP .form = TIME_Z_MS

static const struct field movie_fields[] = {
    FIELD(struct movie, id, "_id", OBJECT_ID),
    FIELD(struct movie, title, "title"),
    FIELD(struct movie, description, "description"),
    FIELD(struct movie, duration, "duration"),
    FIELD(struct movie, genre, "genre"),
    FIELD(struct movie, director, "director"),
    FIELD(struct movie, cast, "cast"),
    FIELD(struct movie, release_date, "releaseDate", STAMP),
    FIELD(struct movie, rating, "rating"),
    FIELD(struct movie, poster_url, "posterUrl"),
    FIELD(struct movie, trailer_url, "trailerUrl"),
    FIELD(struct movie, is_active, "isActive"),
    FIELD(struct movie, created_at, "createdAt", STAMP),
    FIELD(struct movie, updated_at, "updatedAt", STAMP),
};
static const struct shape movie_row_shape = SHAPE(movie, movie_fields, .strict = true);

static const struct field genre_fields[] = {
    FIELD(struct genre, id, "_id", OBJECT_ID),
    FIELD(struct genre, name, "name"),
    FIELD(struct genre, description, "description"),
    FIELD(struct genre, created_at, "createdAt", STAMP),
    FIELD(struct genre, updated_at, "updatedAt", STAMP),
};
static const struct shape genre_row_shape = SHAPE(genre, genre_fields, .strict = true);

const struct export_table movies_tables[] = {
    { "movies", &movie_row_shape },
    { "genres", &genre_row_shape },
    { "posters", &poster_part_shape },
    { "log", &export_log_shape },
    { NULL, NULL },
};
