/* model.c - the shapes of films and genres, and what is asked about them. */
#include "services/movies/model.h"

#include "lib/base/buf.h"
#include "lib/base/calendar.h"
#include "services/movies/model_poster.h"

/* --- films --- */

static const struct field movie_fields[] = {
    FIELD(struct movie, id, "_id", .read_only = true),
    FIELD(struct movie, title, "title"),
    FIELD(struct movie, description, "description"),
    FIELD(struct movie, duration, "duration", .doc = "minutes"),
    FIELD(struct movie, genre, "genre"),
    FIELD(struct movie, director, "director"),
    FIELD(struct movie, cast, "cast"),
    FIELD(struct movie, release_date, "releaseDate", .form = TIME_Z_MS),
    FIELD(struct movie, rating, "rating", .doc = "0 to 10"),
    FIELD(struct movie, poster_url, "posterUrl", .doc = "while a poster is uploaded: its path"),
    FIELD(struct movie, trailer_url, "trailerUrl"),
    FIELD(struct movie, is_active, "isActive"),
    FIELD(struct movie, created_at, "createdAt", .form = TIME_Z_MS, .read_only = true),
    FIELD(struct movie, updated_at, "updatedAt", .form = TIME_Z_MS, .read_only = true),
};
const struct shape movie_shape = SHAPE(movie, movie_fields);

/* One table for POST and PUT: an edit is the same with nothing required. */
static const struct field movie_input_fields[] = {
    FIELD(struct movie, title, "title", .trim = true, .blank_refused = true, .min = 1, .max = 500),
    FIELD(struct movie, description, "description", .trim = true, .blank_refused = true, .min = 1, .max = 10000),
    FIELD(struct movie, duration, "duration", .min = 1, .max = 10000, .doc = "minutes"),
    FIELD(struct movie, genre, "genre", .optional = true, .one_or_many = true, .trim = true, .max = 50,
          .entry_max = 100),
    FIELD(struct movie, director, "director", .trim = true, .blank_refused = true, .min = 1, .max = 500),
    FIELD(struct movie, cast, "cast", .optional = true, .one_or_many = true, .trim = true, .max = 500,
          .entry_max = 500),
    FIELD(struct movie, release_date, "releaseDate", .epoch_ms = true,
          .doc = "an ISO date, date-time, or milliseconds since 1970"),
    FIELD(struct movie, rating, "rating", .fallback = "0", .max = 10),
    FIELD(struct movie, poster_url, "posterUrl", .fallback = "", .trim = true, .max = 2000),
    FIELD(struct movie, trailer_url, "trailerUrl", .fallback = "", .trim = true, .max = 2000),
    FIELD(struct movie, is_active, "isActive", .fallback = "true"),
};
const struct shape movie_input_shape = {
    .name = "movieInput", .size = sizeof(struct movie), .fields = movie_input_fields,
    .count = COUNT_OF(movie_input_fields), .given = offsetof(struct movie, given)
};
const struct shape movie_edit_shape = {
    .name = "movieEdit", .size = sizeof(struct movie), .fields = movie_input_fields,
    .count = COUNT_OF(movie_input_fields), .given = offsetof(struct movie, given), .partial = true
};

void movie_apply(struct movie *movie, const struct movie *edit)
{
    const struct shape *s = &movie_edit_shape;
    if (shape_given(s, edit, "title"))
        movie->title = edit->title;
    if (shape_given(s, edit, "description"))
        movie->description = edit->description;
    if (shape_given(s, edit, "duration"))
        movie->duration = edit->duration;
    if (shape_given(s, edit, "genre"))
        movie->genre = edit->genre;
    if (shape_given(s, edit, "director"))
        movie->director = edit->director;
    if (shape_given(s, edit, "cast"))
        movie->cast = edit->cast;
    if (shape_given(s, edit, "releaseDate"))
        movie->release_date = edit->release_date;
    if (shape_given(s, edit, "rating"))
        movie->rating = edit->rating;
    if (shape_given(s, edit, "posterUrl") && !poster_digest(movie->id, movie->poster_url).len &&
        !poster_digest(movie->id, edit->poster_url).len)
        movie->poster_url = edit->poster_url;
    if (shape_given(s, edit, "trailerUrl"))
        movie->trailer_url = edit->trailer_url;
    if (shape_given(s, edit, "isActive"))
        movie->is_active = edit->is_active;
}

bool movie_id_read(arena *a, str text, str *out)
{
    char *id = NEW_ARRAY(a, char, text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        char d = text.at[i];
        if (d >= 'A' && d <= 'F')
            d = (char)(d - 'A' + 'a');
        if (!((d >= '0' && d <= '9') || (d >= 'a' && d <= 'f')))
            return false;
        id[i] = d;
    }
    *out = (str){ id, text.len };
    return text.len == MOVIE_ID_LENGTH;
}

/* --- genres --- */

static const struct field genre_fields[] = {
    FIELD(struct genre, id, "_id", .read_only = true),
    FIELD(struct genre, name, "name"),
    FIELD(struct genre, description, "description"),
    FIELD(struct genre, created_at, "createdAt", .form = TIME_Z_MS, .read_only = true),
    FIELD(struct genre, updated_at, "updatedAt", .form = TIME_Z_MS, .read_only = true),
};
const struct shape genre_shape = SHAPE(genre, genre_fields);

static const struct field genre_input_fields[] = {
    FIELD(struct genre, name, "name", .trim = true, .blank_refused = true, .min = 1, .max = 100),
    FIELD(struct genre, description, "description", .fallback = "", .trim = true, .max = 2000),
};
const struct shape genre_input_shape = {
    .name = "genreInput", .size = sizeof(struct genre), .fields = genre_input_fields,
    .count = COUNT_OF(genre_input_fields)
};

static const struct field written_fields[] = { FIELD(struct written, json, "", .whole = true) };
const struct shape written_shape = SHAPE(written, written_fields);

/* --- queries --- */

#define PAGE_FIELDS                                                                                \
    FIELD(struct movie_filter, page, "page", .fallback = "1", .min = 1, .max = 1000000000),        \
        FIELD(struct movie_filter, limit, "limit", .fallback = "10", .max = 1000),                 \
        FIELD(struct movie_filter, genre, "genre", .fallback = "", .max = 100, .doc = "exactly one of a film's genres")

static const struct field list_query_fields[] = {
    PAGE_FIELDS,
    FIELD(struct movie_filter, search, "search", .fallback = "", .max = 500,
          .doc = "over title, description, director and cast: every word as a prefix, accents and case ignored"),
    FIELD(struct movie_filter, featured, "featured", .fallback = "false", .doc = "true: rating of 7 or more"),
};
const struct shape movie_list_query_shape = {
    .name = "movieListQuery", .size = sizeof(struct movie_filter), .fields = list_query_fields,
    .count = COUNT_OF(list_query_fields)
};

static const struct field search_query_fields[] = {
    PAGE_FIELDS,
    FIELD(struct movie_filter, search, "q", .fallback = "", .max = 500, .doc = "as search, best first"),
};
const struct shape movie_search_query_shape = {
    .name = "movieSearchQuery", .size = sizeof(struct movie_filter), .fields = search_query_fields,
    .count = COUNT_OF(search_query_fields)
};

static const struct field featured_query_fields[] = {
    FIELD(struct featured_query, limit, "limit", .fallback = "5", .max = 1000),
};
const struct shape featured_query_shape = SHAPE(featured_query, featured_query_fields);

static const char *const showings_choices[] = { [SHOWINGS_ASK] = "ask", [SHOWINGS_KEEP] = "keep", NULL };
static const struct field delete_query_fields[] = {
    FIELD(struct delete_query, showings, "showings", .fallback = "ask", .choices = showings_choices,
          .doc = "keep: although it has showings to come"),
};
const struct shape delete_query_shape = SHAPE(delete_query, delete_query_fields);

static const struct field poster_query_fields[] = {
    FIELD(struct poster_query, version, "v", .optional = true, .max = 100, .doc = "the digest in posterUrl: the answer may be kept for ever"),
};
const struct shape poster_query_shape = SHAPE(poster_query, poster_query_fields);

/* --- import --- */

static const fault *film_wish_check(arena *a, void *body)
{
    const struct film_wish *want = body;
    if (want->id.len || want->title.len)
        return NULL;
    return fault_new(a, FAULT_INVALID, "validation_failed", "A film is meant by its id or by its title.");
}

static const struct field film_wish_fields[] = {
    FIELD(struct film_wish, id, "id", .fallback = "", .max = 100),
    FIELD(struct film_wish, title, "title", .fallback = "", .trim = true, .max = 500),
    FIELD(struct film_wish, year, "year", .fallback = "0", .max = 9998),
};
static const struct shape film_wish_shape = SHAPE(film_wish, film_wish_fields, .check = film_wish_check);
static const struct field film_lookup_fields[] = {
    FIELD(struct film_lookup, films, "films", .min = 1, .max = FILM_WISHES_MAX, .shape = &film_wish_shape),
};
const struct shape film_lookup_shape = SHAPE(film_lookup, film_lookup_fields);

static const struct field film_found_fields[] = {
    FIELD(struct film_found, id, "id", .nullable = true),
    FIELD(struct film_found, duration, "duration"),
    FIELD(struct film_found, is_active, "isActive"),
    FIELD(struct film_found, matches, "matches"),
};
const struct shape film_found_shape = SHAPE(film_found, film_found_fields);

#define DAY_MS (DAY_S * INT64_C(1000))

instant movie_day_start(instant moment)
{
    return (instant){ floor_div(moment.ms, DAY_MS) * DAY_MS };
}

instant movie_year_of(int64_t year)
{
    return (instant){ days_of_date((struct date){ year, 1, 1 }) * DAY_MS };
}

instant movie_year_start(instant moment, int64_t years_later)
{
    return movie_year_of(date_of_days(floor_div(moment.ms, DAY_MS)).year + years_later);
}
