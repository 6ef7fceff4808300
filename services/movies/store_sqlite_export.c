/* store_sqlite_export.c - how the embedded store keeps the tables of movies, and the words and genres that follow from them. */
#include "services/movies/store_sqlite.h"
#include "services/movies/store_tables.h"

static const struct sqlite_table kept[] = {
    { .name = "movies", .key = "id" },
    { .name = "genres", .key = "id" },
    { .name = "log", .key = "position" },
    { .name = NULL },
};
static const char *const derived[] = { "movie_genres", "movie_words", NULL };

/* As store_sqlite_films.c does for one film. */
static const fault *films_index(struct sql *db, arena *a, void *arg)
{
    (void)arg;
    TRY(sql_run(db, a,
                "INSERT OR IGNORE INTO movie_genres (genre, movie_key) SELECT g.value, m.key FROM movies m, json_each(m.genre) g",
                NO_BINDS));
    return sql_run(db, a,
                   "INSERT INTO movie_words (rowid, title, description, director, cast_names) SELECT key, title, description, "
                   "director, coalesce((SELECT group_concat(value, ' ') FROM json_each(\"cast\")), '') FROM movies ORDER BY key",
                   NO_BINDS);
}

void movies_store_export_fill(struct sqlite_store *s)
{
    export_sqlite_fill(&s->exporter, s->db, movies_tables,
                       &(struct sqlite_restore){ .tables = kept, .derived = derived, .rebuild = films_index });
    s->store.exporter = &s->exporter.exporter;
}
