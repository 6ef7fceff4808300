/* store_sqlite_lists.c - films listed by date, by rating, and by how well they match. */
#include "services/movies/store_sqlite.h"

#include <string.h>

/* A condition that is not wanted would still be looked at for each film, so each way of asking has a text of its own.
 * ?1 genre, ?2 the words, ?3 limit, ?4 offset. */
#define OF_GENRE " AND m.key IN (SELECT movie_key FROM movie_genres WHERE genre = ?1)"
#define OF_WORDS " AND m.key IN (SELECT rowid FROM movie_words WHERE movie_words MATCH ?2)"
#define OF_RATING " AND m.rating >= 7.0"
#define COUNT(conditions) "SELECT count(*) FROM movies m WHERE m.is_active = 1" conditions
#define LIST(conditions)                                                                           \
    "SELECT " MOVIE_COLUMNS " FROM movies m WHERE m.is_active = 1" conditions                      \
    " ORDER BY m.release_date DESC, m.key DESC LIMIT ?3 OFFSET ?4"
/* The best are chosen by key before whole films are read. A word in the title weighs most, then one among the people. */
#define SEARCH(conditions)                                                                         \
    "SELECT " MOVIE_COLUMNS " FROM (SELECT m.key AS best, bm25(movie_words, 10.0, 1.0, 4.0, 4.0) AS fit "  \
    "FROM movie_words JOIN movies m ON m.key = movie_words.rowid "                                 \
    "WHERE movie_words MATCH ?2 AND m.is_active = 1" conditions                                    \
    " ORDER BY fit, m.release_date DESC, m.key DESC LIMIT ?3 OFFSET ?4) JOIN movies m ON m.key = best " \
    "ORDER BY fit, m.release_date DESC, m.key DESC"

enum asked { BY_GENRE = 1, BY_WORDS = 2, BY_RATING = 4 };

static const char *const count_texts[] = {
    [0] = COUNT(""),
    [BY_GENRE] = COUNT(OF_GENRE),
    [BY_WORDS] = COUNT(OF_WORDS),
    [BY_GENRE | BY_WORDS] = COUNT(OF_GENRE OF_WORDS),
    [BY_RATING] = COUNT(OF_RATING),
    [BY_RATING | BY_GENRE] = COUNT(OF_RATING OF_GENRE),
    [BY_RATING | BY_WORDS] = COUNT(OF_RATING OF_WORDS),
    [BY_RATING | BY_GENRE | BY_WORDS] = COUNT(OF_RATING OF_GENRE OF_WORDS),
};
static const char *const list_texts[] = {
    [0] = LIST(""),
    [BY_GENRE] = LIST(OF_GENRE),
    [BY_WORDS] = LIST(OF_WORDS),
    [BY_GENRE | BY_WORDS] = LIST(OF_GENRE OF_WORDS),
    [BY_RATING] = LIST(OF_RATING),
    [BY_RATING | BY_GENRE] = LIST(OF_RATING OF_GENRE),
    [BY_RATING | BY_WORDS] = LIST(OF_RATING OF_WORDS),
    [BY_RATING | BY_GENRE | BY_WORDS] = LIST(OF_RATING OF_GENRE OF_WORDS),
};
static const char *const search_texts[] = {
    [BY_WORDS] = SEARCH(""),
    [BY_WORDS | BY_GENRE] = SEARCH(OF_GENRE),
};

/* Where the total of such a list is kept; NULL when the filter is too long to be worth it. */
static struct known_total *total_place(struct sqlite_store *s, unsigned asked, str genre, str words, bool *known)
{
    char about[TOTAL_ABOUT_MAX];
    size_t length = genre.len + 1 + words.len;
    if (length > sizeof(about))
        return NULL;
    memcpy(about, genre.at, genre.len);
    about[genre.len] = '\0';
    if (words.len)
        memcpy(about + genre.len + 1, words.at, words.len);
    uint32_t mixed = asked;
    for (size_t i = 0; i < length; i++)
        mixed = (mixed ^ (unsigned char)about[i]) * 16777619u;
    struct known_total *place = &s->totals[(mixed ^ mixed >> 16) % TOTALS_KNOWN];
    int64_t position = sqlite_position(s->db);
    *known = place->length == length && place->asked == asked && place->position == position &&
             memcmp(place->about, about, length) == 0;
    if (!*known) {
        *place = (struct known_total){ .position = position, .asked = asked, .length = (unsigned char)length };
        memcpy(place->about, about, length);
    }
    return place;
}

/* Counting goes through all that matches and would cost more than the page itself. */
static const fault *total_read(struct sqlite_store *s, arena *a, unsigned asked, str genre, str words, int64_t *total)
{
    bool known = false;
    struct known_total *place = total_place(s, asked, genre, words, &known);
    if (known) {
        *total = place->total;
        return NULL;
    }
    /* No place for words or genre in the text when they are not asked for. */
    struct binds all = BIND(sql_text(genre), sql_text(words));
    struct binds values = { all.at, asked & BY_WORDS ? 2 : asked & BY_GENRE ? 1 : 0 };
    const fault *problem = sql_number(sqlite_reader(s->db), a, total, count_texts[asked], values);
    if (place && problem)
        place->length = 0; /* nothing is about this */
    else if (place)
        place->total = *total;
    return problem;
}

static const fault *list_read(struct store *store, arena *a, const struct movie_filter *filter, bool best_first,
                              list *out, int64_t *total)
{
    struct sql *db = sqlite_reader(STORE_OF(store)->db);
    str words = search_expression(a, filter->search);
    *out = (list){ NULL, 0 };
    *total = 0;
    if (!str_blank(filter->search) && !words.at) /* words that can stand in no film */
        return NULL;
    unsigned asked = (filter->genre.len ? BY_GENRE : 0) | (words.at ? BY_WORDS : 0);
    if (filter->featured && !best_first)
        asked |= BY_RATING;
    const char *text = best_first && words.at ? search_texts[asked] : list_texts[asked];
    struct binds values = BIND(sql_text(filter->genre), sql_text(words), sql_int(filter->limit),
                               sql_int((filter->page - 1) * filter->limit));
    TRY(total_read(STORE_OF(store), a, asked, filter->genre, words, total));
    if (filter->limit == 0)
        return NULL;
    return sql_list(db, a, &movie_shape, out, text, values);
}

static const fault *movie_list(struct store *store, arena *a, const struct movie_filter *filter, list *out,
                               int64_t *total)
{
    return list_read(store, a, filter, false, out, total);
}

static const fault *movie_search(struct store *store, arena *a, const struct movie_filter *filter, list *out,
                                 int64_t *total)
{
    return list_read(store, a, filter, true, out, total);
}

static const fault *movie_featured(struct store *store, arena *a, int64_t limit, list *out)
{
    return sql_list(sqlite_reader(STORE_OF(store)->db), a, &movie_shape, out,
                    "SELECT " MOVIE_COLUMNS " FROM movies m WHERE m.is_active = 1 AND m.rating >= ?1 "
                    "ORDER BY m.rating DESC, m.release_date DESC, m.key DESC LIMIT ?2",
                    BIND(sql_real(FEATURED_RATING), sql_int(limit)));
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
    s->movie_list = movie_list;
    s->movie_search = movie_search;
    s->movie_featured = movie_featured;
    s->movies_after = movies_after;
    s->genres_after = genres_after;
}
