/* store_sqlite_export.c - how the embedded store keeps the tables of movies. */
#include "services/movies/store_sqlite.h"
#include "services/movies/store_tables.h"

static const struct sqlite_table kept[] = {
    { .name = "movies", .key = "id" },
    { .name = "genres", .key = "id" },
    { .name = "posters", .key = "movie_id, part" },
    { .name = "log", .key = "position" },
    { .name = NULL },
};

static const fault *restore_finish(void *exporter, arena *a)
{
    struct sqlite_exporter *e = exporter;
    TRY(sqlite_restore_finish(e->db, a, &e->restore));
    movies_catalogue_forget((struct sqlite_store *)(void *)((char *)e - offsetof(struct sqlite_store, exporter)));
    return NULL;
}

void movies_store_export_fill(struct sqlite_store *s)
{
    export_sqlite_fill(&s->exporter, s->db, movies_tables, &(struct sqlite_restore){ .tables = kept });
    s->exporter.exporter.restore_finish = restore_finish;
    s->store.exporter = &s->exporter.exporter;
}
