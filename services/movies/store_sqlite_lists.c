/* store_sqlite_lists.c - films listed by date, by rating, and by how well they match. */
#include "services/movies/store_sqlite.h"

/* What both lists choose from. ?1 genre, ?2 the words, ?3 the least rating. */
#define LISTED                                                                                     \
    "m.is_active = 1 AND m.rating >= ?3 "                                                          \
    "AND (?1 = '' OR m.key IN (SELECT movie_key FROM movie_genres WHERE genre = ?1)) "             \
    "AND (?2 IS NULL OR m.key IN (SELECT rowid FROM movie_words WHERE movie_words MATCH ?2))"

#define RATING_ANY (-1.0)

static struct bind least_rating(const struct movie_filter *filter)
{
    return sql_real(filter->featured ? FEATURED_RATING : RATING_ANY);
}

/* Words were given, but none that could stand in a film: nothing matches. */
static bool nothing_matches(const struct movie_filter *filter, str words)
{
    return !str_blank(filter->search) && !words.at;
}

static int64_t offset_of(const struct movie_filter *filter)
{
    return (filter->page - 1) * filter->limit;
}

static const fault *movie_list(struct store *store, arena *a, const struct movie_filter *filter, list *out,
                               int64_t *total)
{
    struct sql *db = sqlite_reader(STORE_OF(store)->db);
    str words = search_expression(a, filter->search);
    *out = (list){ NULL, 0 };
    *total = 0;
    if (nothing_matches(filter, words))
        return NULL;
    TRY(sql_number(db, a, total, "SELECT count(*) FROM movies m WHERE " LISTED,
                   BIND(sql_text(filter->genre), sql_text(words), least_rating(filter))));
    return sql_list(db, a, &movie_shape, out,
                    "SELECT " MOVIE_COLUMNS " FROM movies m WHERE " LISTED
                    " ORDER BY m.release_date DESC, m.key DESC LIMIT ?4 OFFSET ?5",
                    BIND(sql_text(filter->genre), sql_text(words), least_rating(filter), sql_int(filter->limit),
                         sql_int(offset_of(filter))));
}

/* A word in the title weighs most, then one among the people. */
static const fault *movie_search(struct store *store, arena *a, const struct movie_filter *filter, list *out,
                                 int64_t *total)
{
    struct sql *db = sqlite_reader(STORE_OF(store)->db);
    str words = search_expression(a, filter->search);
    if (!words.at)
        return movie_list(store, a, filter, out, total);
    *total = 0;
    TRY(sql_number(db, a, total, "SELECT count(*) FROM movies m WHERE " LISTED,
                   BIND(sql_text(filter->genre), sql_text(words), least_rating(filter))));
    return sql_list(db, a, &movie_shape, out,
                    "SELECT " MOVIE_COLUMNS " FROM movie_words JOIN movies m ON m.key = movie_words.rowid "
                    "WHERE movie_words MATCH ?2 AND m.is_active = 1 AND m.rating >= ?3 "
                    "AND (?1 = '' OR m.key IN (SELECT movie_key FROM movie_genres WHERE genre = ?1)) "
                    "ORDER BY bm25(movie_words, 10.0, 1.0, 4.0, 4.0), m.release_date DESC, m.key DESC LIMIT ?4 OFFSET ?5",
                    BIND(sql_text(filter->genre), sql_text(words), least_rating(filter), sql_int(filter->limit),
                         sql_int(offset_of(filter))));
}

static const fault *movie_featured(struct store *store, arena *a, int64_t limit, list *out)
{
    return sql_list(sqlite_reader(STORE_OF(store)->db), a, &movie_shape, out,
                    "SELECT " MOVIE_COLUMNS " FROM movies m WHERE m.is_active = 1 AND m.rating >= ?1 "
                    "ORDER BY m.rating DESC, m.release_date DESC, m.key DESC LIMIT ?2",
                    BIND(sql_real(FEATURED_RATING), sql_int(limit)));
}

void store_lists_fill(struct store *s)
{
    s->movie_list = movie_list;
    s->movie_search = movie_search;
    s->movie_featured = movie_featured;
}
