/* store_sqlite_import.c - films of a file: made, or changed in what the file says of them; and films that others name. */
#include "services/movies/store_sqlite.h"

/* --- import --- */

/* The film that a row means: of several of one title and year the one with its director, or its day, or the oldest. */
static const fault *movie_like(struct sql *db, arena *a, const struct movie *want, struct movie *out, bool *found)
{
    return sql_one(db, a, &movie_shape, out, found,
                   "SELECT " MOVIE_COLUMNS " FROM movies m WHERE m.title = ?1 AND m.release_date >= ?2 "
                   "AND m.release_date < ?3 ORDER BY m.director = ?4 DESC, m.release_date = ?5 DESC, m.key LIMIT 1",
                   BIND(sql_text(want->title), sql_instant(movie_year_start(want->release_date, 0)),
                        sql_instant(movie_year_start(want->release_date, 1)), sql_text(want->director),
                        sql_instant(want->release_date)));
}

static const fault *movie_import(struct sql *db, arena *a, const struct movie *want, int64_t index,
                                 struct imported *made)
{
    struct movie found, now;
    bool known;
    TRY(movie_like(db, a, want, &found, &known));
    if (!known) {
        TRY(movie_insert(db, a, want, &now));
        imported_note(made, index, IMPORT_CREATED, NULL);
        return NULL;
    }
    now = found;
    movie_apply(&now, want);
    if (movie_day_start(found.release_date).ms == now.release_date.ms) /* a file's day says nothing of the hour */
        now.release_date = found.release_date;
    strs fields = shape_differences(a, &movie_shape, &found, &now);
    if (fields.count > 0)
        TRY(movie_save(db, a, &now));
    imported_note(made, index, fields.count > 0 ? IMPORT_CHANGED : IMPORT_UNCHANGED, &fields);
    return NULL;
}

struct import_act {
    const struct import_rows *films;
    struct imported *made;
    struct imported begun; /* an act may be run again */
};

static const fault *import_act(struct sql *db, arena *a, void *arg)
{
    const struct import_act *act = arg;
    *act->made = act->begun;
    for (size_t i = 0; i < act->films->rows.count; i++) {
        int64_t index = act->films->index.at[i];
        const fault *problem = movie_import(db, a, LIST_AT(&act->films->rows, struct movie, i), index, act->made);
        TRY(imported_judge(act->made, index, problem));
    }
    return imported_end(a, act->films->check);
}

static const fault *movies_import(struct store *store, arena *a, const struct import_rows *films, struct imported *made)
{
    struct import_act act = { films, made, *made };
    return imported_settle(sqlite_write(STORE_OF(store)->db, a, import_act, &act));
}

/* --- look up --- */

static const struct field match_fields[] = {
    FIELD(struct film_found, id, "id"),
    FIELD(struct film_found, duration, "duration"),
    FIELD(struct film_found, is_active, "isActive"),
};
static const struct shape match_shape = SHAPE(film_found, match_fields);

/* Two of a kind are enough to know that there is more than one. Active ones come first and hide the others. */
static const fault *film_look(struct sql *db, arena *a, const struct film_wish *want, struct film_found *out)
{
    list found;
    if (want->id.len)
        TRY(sql_list(db, a, &match_shape, &found, "SELECT id, duration, is_active FROM movies WHERE id = ?1",
                     BIND(sql_text(want->id))));
    else
        TRY(sql_list(db, a, &match_shape, &found,
                     "SELECT id, duration, is_active FROM movies WHERE title = ?1 AND (?2 = 0 OR "
                     "release_date >= ?3 AND release_date < ?4) ORDER BY is_active DESC, key LIMIT 2",
                     BIND(sql_text(want->title), sql_int(want->year), sql_instant(movie_year_of(want->year)),
                          sql_instant(movie_year_of(want->year + 1)))));
    *out = (struct film_found){ .duration = 1 };
    if (found.count == 0)
        return NULL;
    const struct film_found *first = LIST_AT(&found, struct film_found, 0);
    bool one = found.count == 1 || first->is_active != LIST_AT(&found, struct film_found, 1)->is_active;
    if (one)
        *out = *first;
    out->matches = one ? 1 : 2;
    return NULL;
}

static const fault *movies_lookup(struct store *store, arena *a, const list *wishes, list *out)
{
    list found = { NEW_ARRAY(a, struct film_found, wishes->count), wishes->count };
    for (size_t i = 0; i < wishes->count; i++)
        TRY(film_look(sqlite_reader(STORE_OF(store)->db), a, LIST_AT(wishes, struct film_wish, i),
                      LIST_AT(&found, struct film_found, i)));
    *out = found;
    return NULL;
}

void store_film_import_fill(struct store *s)
{
    s->movies_import = movies_import;
    s->movies_lookup = movies_lookup;
}
