/* snapshot.c - films and genres as whoever begins to follow this service gets them. */
#include "lib/json/write.h"
#include "services/movies/movies.h"

static struct snapshot_row row_of(arena *a, str id, const struct shape *shape, const void *fact)
{
    struct buf out = { .in = a };
    json_write(&out, shape, fact);
    return (struct snapshot_row){ .key = id, .subject = id, .fact = buf_str(&out) };
}

static const fault *genres_read(void *store, arena *a, const struct snapshot_wish *want, list *rows)
{
    struct store *s = store;
    list found;
    TRY(s->genres_after(s, a, want->after, want->limit, &found));
    *rows = (list){ NEW_ARRAY(a, struct snapshot_row, found.count + 1), found.count };
    for (size_t i = 0; i < found.count; i++) {
        const struct genre *g = LIST_AT(&found, struct genre, i);
        *LIST_AT(rows, struct snapshot_row, i) = row_of(a, g->id, &genre_shape, g);
    }
    return NULL;
}

static const fault *films_read(void *store, arena *a, const struct snapshot_wish *want, list *rows)
{
    struct store *s = store;
    list found;
    TRY(s->movies_after(s, a, want->after, want->limit, &found));
    *rows = (list){ NEW_ARRAY(a, struct snapshot_row, found.count + 1), found.count };
    for (size_t i = 0; i < found.count; i++) {
        const struct movie *m = LIST_AT(&found, struct movie, i);
        *LIST_AT(rows, struct snapshot_row, i) = row_of(a, m->id, &movie_shape, m);
    }
    return NULL;
}

const struct snapshot_part movies_snapshot[] = {
    { .name = "genres", .type = "genre.changed", .read = genres_read },
    { .name = "movies", .type = "movie.changed", .read = films_read },
    { .name = NULL },
};
