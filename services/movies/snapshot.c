/* snapshot.c - films and genres as whoever begins to follow this service gets them. */
#include "lib/json/write.h"
#include "services/movies/movies.h"

static list rows_of(arena *a, const list *found, const struct shape *shape, size_t id_offset)
{
    list rows = { NEW_ARRAY(a, struct snapshot_row, found->count + 1), found->count };
    for (size_t i = 0; i < found->count; i++) {
        const char *fact = (const char *)found->at + i * shape->size;
        str id = *(const str *)(const void *)(fact + id_offset);
        struct buf out = { .in = a };
        json_write(&out, shape, fact);
        *LIST_AT(&rows, struct snapshot_row, i) = (struct snapshot_row){ .key = id, .subject = id, .fact = buf_str(&out) };
    }
    return rows;
}

static const fault *genres_read(void *store, arena *a, const struct snapshot_wish *want, list *rows)
{
    struct store *s = store;
    list found;
    TRY(s->genres_after(s, a, want->after, want->limit, &found));
    *rows = rows_of(a, &found, &genre_shape, offsetof(struct genre, id));
    return NULL;
}

static const fault *films_read(void *store, arena *a, const struct snapshot_wish *want, list *rows)
{
    struct store *s = store;
    list found;
    TRY(s->movies_after(s, a, want->after, want->limit, &found));
    *rows = rows_of(a, &found, &movie_shape, offsetof(struct movie, id));
    return NULL;
}

const struct snapshot_part movies_snapshot[] = {
    { .name = "genres", .type = "genre.changed", .read = genres_read },
    { .name = "movies", .type = "movie.changed", .read = films_read },
    { .name = NULL },
};
