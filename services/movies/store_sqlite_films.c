/* store_sqlite_films.c - films made, changed, taken out of the programme. */
#include "services/movies/store_sqlite.h"

/* --- one film --- */

const fault *movie_by_id(struct sql *db, arena *a, str id, struct movie *out)
{
    bool found;
    TRY(sql_one(db, a, &movie_shape, out, &found, "SELECT " MOVIE_COLUMNS " FROM movies m WHERE m.id = ?1",
                BIND(sql_text(id))));
    if (!found)
        return fault_new(a, FAULT_NOT_FOUND, "movie_unknown", "Movie not found");
    return NULL;
}

static const fault *movie_show(struct store *store, arena *a, str id, struct movie *out)
{
    return movie_by_id(sqlite_reader(STORE_OF(store)->db), a, id, out);
}

static const fault *movie_log(struct sql *db, arena *a, const struct movie *m)
{
    return sqlite_log(db, a, "movie.changed", m->id, &movie_shape, m, NULL);
}

/* --- its row --- */

static const fault *movie_add(struct sql *db, arena *a, const struct movie *m)
{
    return sql_run(db, a,
                "INSERT INTO movies (id, title, description, duration, genre, director, \"cast\", release_date, rating, "
                "poster_url, trailer_url, is_active, created_at, updated_at) "
                "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
                BIND(sql_text(m->id), sql_text(m->title), sql_text(m->description), sql_int(m->duration),
                     sql_json_texts(a, &m->genre), sql_text(m->director), sql_json_texts(a, &m->cast),
                     sql_instant(m->release_date), sql_real(m->rating), sql_text(m->poster_url),
                     sql_text(m->trailer_url), sql_bool(m->is_active), sql_instant(m->created_at),
                     sql_instant(m->updated_at)));
}

static const fault *movie_change(struct sql *db, arena *a, int64_t key, const struct movie *m)
{
    return sql_run(db, a,
                "UPDATE movies SET title = ?2, description = ?3, duration = ?4, genre = ?5, director = ?6, \"cast\" = ?7, "
                "release_date = ?8, rating = ?9, poster_url = ?10, trailer_url = ?11, is_active = ?12, updated_at = ?13 "
                "WHERE key = ?1",
                BIND(sql_int(key), sql_text(m->title), sql_text(m->description), sql_int(m->duration),
                     sql_json_texts(a, &m->genre), sql_text(m->director), sql_json_texts(a, &m->cast),
                     sql_instant(m->release_date), sql_real(m->rating), sql_text(m->poster_url),
                     sql_text(m->trailer_url), sql_bool(m->is_active), sql_instant(m->updated_at)));
}

const fault *movie_put(struct sql *db, arena *a, const struct movie *m)
{
    int64_t key = 0;
    TRY(sql_number(db, a, &key, "SELECT key FROM movies WHERE id = ?1", BIND(sql_text(m->id))));
    return key > 0 ? movie_change(db, a, key, m) : movie_add(db, a, m);
}

/* --- create --- */

const fault *movie_insert(struct sql *db, arena *a, const struct movie *want, struct movie *made)
{
    *made = *want;
    made->created_at = made->updated_at = sql_now(db);
    made->id = object_id(a, made->created_at);
    TRY(movie_add(db, a, made));
    return movie_log(db, a, made);
}

struct create_act {
    const struct movie *want;
    const struct once *once;
    struct movie made;
};

static const fault *create_act(struct sql *db, arena *a, void *arg)
{
    struct create_act *act = arg;
    bool seen = false;
    TRY(sqlite_once_recall(db, a, act->once, &movie_shape, &act->made, &seen));
    if (seen)
        return NULL;
    TRY(movie_insert(db, a, act->want, &act->made));
    return sqlite_once_keep(db, a, act->once, &movie_shape, &act->made, 0);
}

static const fault *movie_create(struct store *store, arena *a, const struct movie *want, const struct once *once,
                                 struct movie *out)
{
    struct create_act act = { .want = want, .once = once };
    TRY(sqlite_write(STORE_OF(store)->db, a, create_act, &act));
    *out = act.made;
    return NULL;
}

/* --- edit --- */

struct edit_act {
    str id;
    const struct movie *edit;
    struct movie made;
};

const fault *movie_save(struct sql *db, arena *a, struct movie *m)
{
    m->updated_at = sql_now(db);
    TRY(movie_put(db, a, m));
    return movie_log(db, a, m);
}

static const fault *edit_act(struct sql *db, arena *a, void *arg)
{
    struct edit_act *act = arg;
    TRY(movie_by_id(db, a, act->id, &act->made));
    movie_apply(&act->made, act->edit);
    return movie_save(db, a, &act->made);
}

static const fault *movie_edit(struct store *store, arena *a, str id, const struct movie *edit, struct movie *out)
{
    struct edit_act act = { .id = id, .edit = edit };
    TRY(sqlite_write(STORE_OF(store)->db, a, edit_act, &act));
    *out = act.made;
    return NULL;
}

static const fault *deactivate_act(struct sql *db, arena *a, void *arg)
{
    struct movie m;
    TRY(movie_by_id(db, a, *(str *)arg, &m));
    if (!m.is_active)
        return NULL;
    m.is_active = false;
    return movie_save(db, a, &m);
}

static const fault *movie_deactivate(struct store *store, arena *a, str id)
{
    return sqlite_write(STORE_OF(store)->db, a, deactivate_act, &id);
}

void store_films_fill(struct store *s)
{
    s->movie_show = movie_show;
    s->movie_create = movie_create;
    s->movie_edit = movie_edit;
    s->movie_deactivate = movie_deactivate;
}
