/* model.h - films and genres: their shapes, and the rules that need no store. Pure: no I/O. */
#ifndef TAQUILLA_MOVIES_MODEL_H
#define TAQUILLA_MOVIES_MODEL_H

#include "lib/json/shape.h"

#define FEATURED_RATING 7.0

struct movie {
    str id; /* 24 hex digits */
    str title, description;
    int64_t duration; /* minutes */
    strs genre;
    str director;
    strs cast;
    instant release_date;
    double rating; /* 0..10 */
    str poster_url, trailer_url;
    bool is_active;
    instant created_at, updated_at;
    uint64_t given; /* bodies: which fields were there */
};
extern const struct shape movie_shape;       /* as it is answered, logged and stored */
extern const struct shape movie_input_shape; /* POST */
extern const struct shape movie_edit_shape;  /* PUT: what is given is changed */

/* Takes over what the edit gives. The address of an uploaded poster is not a client's to set, nor to replace: see model_poster.h. */
void movie_apply(struct movie *movie, const struct movie *edit);
#define MOVIE_ID_LENGTH 24
/* An id as clients send it: that many hex digits, of either case; *out is how it is stored. */
bool movie_id_read(arena *a, str text, str *out) MUST_CHECK;

struct genre {
    str id, name, description;
    instant created_at, updated_at;
};
extern const struct shape genre_shape, genre_input_shape;

/* One of either, as JSON already. */
struct written {
    struct raw_json json;
};
extern const struct shape written_shape;

/* --- what clients ask for --- */

struct movie_filter {
    int64_t page, limit; /* from 1; limit 0 is an empty list */
    str genre;           /* exact member of the array; empty: any */
    str search;          /* every word as a prefix; empty: no filter */
    bool featured;       /* rating >= 7 only */
};
extern const struct shape movie_list_query_shape;   /* ?search */
extern const struct shape movie_search_query_shape; /* ?q */

struct featured_query {
    int64_t limit;
};
extern const struct shape featured_query_shape;

/* What becomes of a film's showings to come when it is taken out of the programme. */
enum { SHOWINGS_ASK, SHOWINGS_KEEP };
struct delete_query {
    unsigned showings;
};
extern const struct shape delete_query_shape;

struct poster_query {
    str version; /* the digest in the film's posterUrl */
};
extern const struct shape poster_query_shape;

/* --- import --- */

/* Which film another service means: by id, or by title and perhaps the year of its release. */
struct film_wish {
    str id, title;
    int64_t year; /* 0: any */
};
struct film_lookup {
    list films; /* of struct film_wish */
};
struct film_found {
    str id; /* no text: none, or more than one */
    int64_t duration;
    bool is_active;
    int64_t matches; /* of active films, when there are any */
};
extern const struct shape film_lookup_shape, film_found_shape;
#define FILM_WISHES_MAX 10000

/* Midnight of its day, UTC; also before 1970. */
instant movie_day_start(instant moment);
/* The first moment of its year, UTC, and of the one after. */
instant movie_year_start(instant moment, int64_t years_later);
instant movie_year_of(int64_t year); /* its first moment */

#endif
