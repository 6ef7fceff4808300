/* import_movies.c - rows as films: of the kind of vega-datasets' movies.json, of IMDb's and OMDb's lists, and of our own. */
#include <math.h>

#include "taquilla/import_kinds.h"

#define MINUTES_MAX 1440
#define TEXT_BYTES_MAX 500 /* of a title or name: more is not one */
#define DESCRIPTION_MAX 10000
#define URL_BYTES_MAX 2000

enum { TITLE, DESCRIPTION, DURATION, GENRE, DIRECTOR, CAST, RELEASED, RATING, TOMATOES, POSTER, TRAILER, ACTIVE, SOURCE, DISTRIBUTOR };

static const struct import_field fields[] = {
    [TITLE] = { "title", "title primarytitle movietitle filmtitle name movie film titulo t\xc3\xadtulo pelicula pel\xc3\xad" "cula" },
    [DESCRIPTION] = { "description", "description overview plot synopsis summary descripcion descripci\xc3\xb3n sinopsis" },
    [DURATION] = { "duration", "duration runningtimemin runtimeminutes runtime minutes length lengthminutes duracion duraci\xc3\xb3n" },
    [GENRE] = { "genre", "genre genres majorgenre genero g\xc3\xa9nero generos g\xc3\xa9neros" },
    [DIRECTOR] = { "director", "director directors directedby direccion direcci\xc3\xb3n" },
    [CAST] = { "cast", "cast actors stars starring reparto" },
    [RELEASED] = { "releaseDate", "releasedate released release premiere estreno fechadeestreno releaseyear startyear year date a\xc3\xb1o fecha" },
    [RATING] = { "rating", "rating imdbrating averagerating voteaverage score puntuacion puntuaci\xc3\xb3n" },
    [TOMATOES] = { "tomatoes", "rottentomatoesrating rottentomatoes tomatometer" },
    [POSTER] = { "posterUrl", "posterurl poster" },
    [TRAILER] = { "trailerUrl", "trailerurl trailer" },
    [ACTIVE] = { "isActive", "isactive active" },
    [SOURCE] = { "source", "source" },
    [DISTRIBUTOR] = { "distributor", "distributor studio" },
};

enum { MENDED_TITLE, MENDED_DESCRIPTION, MENDED_DURATION, MENDED_DIRECTOR, MENDED_DATE, MENDED_RATING };

#define MENDED(what) (1U << (what))

struct film {
    str title, description, director, released;
    int64_t year, minutes;
    double rating; /* NaN: none */
    bool year_alone;
    unsigned mended;
};

/* What the file did not say, or not well: it makes a new film whole and changes none. */
struct assumed {
    str names[6];
    size_t count;
};

static void assume(struct assumed *all, const char *name)
{
    all->names[all->count++] = str_of(name);
}

static str short_text(const struct value *v, size_t bytes_max)
{
    str text = value_text(v);
    return text.len > bytes_max ? (str){ NULL, 0 } : text;
}

/* Its first characters. */
static str text_cut(str text, size_t characters)
{
    size_t at = 0;
    for (; characters > 0 && at < text.len; characters--)
        at += str_utf8_step(str_after(text, at));
    return (str){ text.at, at };
}

static str description_of(arena *a, const struct row *row, struct film *f, struct assumed *all)
{
    str given = value_text(&row->of[DESCRIPTION]), whole = given;
    if (given.at) {
        given = text_cut(given, DESCRIPTION_MAX);
        f->mended |= given.len < whole.len ? MENDED(MENDED_DESCRIPTION) : 0;
        return given;
    }
    struct buf out = { .in = a };
    strs genres = value_texts(a, &row->of[GENRE], 100);
    str source = short_text(&row->of[SOURCE], 100), distributor = short_text(&row->of[DISTRIBUTOR], 100);
    buf_printf(&out, "%.*s of %lld", STR_ARG(genres.count ? genres.at[0] : STR("Film")), (long long)f->year);
    if (source.at)
        buf_printf(&out, " (%.*s)", STR_ARG(source));
    if (distributor.at)
        buf_printf(&out, ", distributed by %.*s", STR_ARG(distributor));
    buf_char(&out, '.');
    f->mended |= MENDED(MENDED_DESCRIPTION);
    assume(all, "description");
    return buf_str(&out);
}

static int64_t minutes_of(const struct row *row, struct film *f, struct assumed *all)
{
    double minutes;
    if (value_number(&row->of[DURATION], &minutes) && minutes >= 1 && minutes < MINUTES_MAX + 1)
        return (int64_t)minutes;
    f->mended |= MENDED(MENDED_DURATION);
    assume(all, "duration");
    return IMPORT_MINUTES_UNKNOWN;
}

static double rating_of(const struct row *row, struct film *f, struct assumed *all)
{
    double rating = NAN, tomatoes;
    bool own = value_number(&row->of[RATING], &rating);
    if (!own && value_number(&row->of[TOMATOES], &tomatoes)) {
        rating = round(tomatoes) / 10;
        f->mended |= MENDED(MENDED_RATING);
    } else if (!own) {
        return NAN;
    }
    if (rating >= 0 && rating <= 10)
        return rating;
    f->mended |= MENDED(MENDED_RATING);
    assume(all, "rating");
    return 0;
}

static str film_write(arena *a, const struct film *f, const struct row *row, const struct assumed *all)
{
    struct buf out = { .in = a };
    bool active;
    buf_char(&out, '{');
    member_text(&out, "title", f->title);
    member_text(&out, "description", f->description);
    member_text(&out, "director", f->director);
    member_text(&out, "releaseDate", f->released);
    member_text(&out, "posterUrl", short_text(&row->of[POSTER], URL_BYTES_MAX));
    member_text(&out, "trailerUrl", short_text(&row->of[TRAILER], URL_BYTES_MAX));
    member_int(&out, "duration", f->minutes);
    if (!isnan(f->rating))
        member_number(&out, "rating", f->rating);
    strs genres = value_texts(a, &row->of[GENRE], TEXT_BYTES_MAX), cast = value_texts(a, &row->of[CAST], TEXT_BYTES_MAX);
    if (value_given(&row->of[GENRE]))
        member_texts(&out, "genre", &genres);
    if (value_given(&row->of[CAST]))
        member_texts(&out, "cast", &cast);
    if (value_flag(&row->of[ACTIVE], &active))
        member_flag(&out, "isActive", active);
    if (all->count) {
        str names[COUNT_OF(all->names)];
        for (size_t i = 0; i < all->count; i++)
            names[i] = all->names[i];
        member_texts(&out, "assumed", &(strs){ names, all->count });
    }
    buf_char(&out, '}');
    return buf_str(&out);
}

/* --- one row --- */

static const char *title_read(arena *a, const struct row *row, struct film *f)
{
    bool was_number;
    f->title = value_text_or_number(a, &row->of[TITLE], &was_number);
    f->mended |= was_number ? MENDED(MENDED_TITLE) : 0;
    return !f->title.at ? "no title" : f->title.len > TEXT_BYTES_MAX ? "a title of more than 500 bytes" : NULL;
}

static const char *released_read(arena *a, const struct lore *lore, const struct row *row, struct film *f)
{
    struct date_read d;
    if (!value_given(&row->of[RELEASED]))
        return "no release date";
    if (!date_read(&row->of[RELEASED], lore->this_year, &d))
        return "a release date that cannot be read";
    if (d.year > lore->newest && d.year < lore->newest + 200) {
        d.year -= 100;
        f->mended |= MENDED(MENDED_DATE);
    }
    f->year = d.year;
    f->year_alone = d.year_alone;
    return date_write(a, &d, &f->released) ? NULL : "a release date that does not exist";
}

static void film_look(struct lore *lore, const struct row *row)
{
    struct date_read d;
    if (date_read(&row->of[RELEASED], lore->this_year, &d) && d.year >= 0 && d.year < (int64_t)COUNT_OF(lore->films))
        lore->films[d.year]++;
}

static void film_read(arena *a, const struct lore *lore, const struct row *row, struct import_row *out)
{
    struct film f = { 0 };
    struct assumed all = { .count = 0 };
    out->refused = title_read(a, row, &f);
    if (f.title.at)
        out->name = f.title;
    if (!out->refused)
        out->refused = released_read(a, lore, row, &f);
    if (out->refused)
        return;
    if (f.year_alone)
        assume(&all, "releaseDate");
    f.minutes = minutes_of(row, &f, &all);
    f.rating = rating_of(row, &f, &all);
    f.description = description_of(a, row, &f, &all);
    f.director = short_text(&row->of[DIRECTOR], TEXT_BYTES_MAX);
    if (!f.director.at) {
        f.director = STR("Unknown");
        f.mended |= MENDED(MENDED_DIRECTOR);
        assume(&all, "director");
    }
    out->repaired = f.mended;
    out->key = arena_printf(a, "%lld\n%.*s", (long long)f.year, STR_ARG(f.title));
    out->order = film_write(a, &f, row, &all);
}

const struct import_kind import_movies = {
    .name = "movies",
    .one = "film",
    .owner = OWNER_MOVIES,
    .target = "/internal/movies/import",
    .fields = fields,
    .field_count = COUNT_OF(fields),
    .repairs = {
        [MENDED_TITLE] = { "title", "a number, written as text" },
        [MENDED_DESCRIPTION] = { "description", "none, written from genre, year, source and distributor; too long, cut" },
        [MENDED_DURATION] = { "duration", "unknown, taken as 120 minutes" },
        [MENDED_DIRECTOR] = { "director", "unknown, written as \"Unknown\"" },
        [MENDED_DATE] = { "releaseDate", "a year later than the file's newest films or than next year, moved back a century" },
        [MENDED_RATING] = { "rating", "no IMDB rating, a tenth of the Rotten Tomatoes one; out of range, 0" },
    },
    .look = film_look,
    .read = film_read,
};
