/* movies.h - the service's own struct and its handlers. */
#ifndef TAQUILLA_MOVIES_MOVIES_H
#define TAQUILLA_MOVIES_MOVIES_H

#include "lib/feed/owner.h"
#include "lib/feed/import.h"
#include "lib/http/client.h"
#include "lib/loop/fiber.h"
#include "services/movies/store.h"

struct movies {
    struct owner_desk desk; /* first: lib/feed/owner.h */
    struct store *store;
    struct upstream *rooms; /* NULL: this service runs alone */
    struct fiber *keeper; /* forgets old keys, while it runs */
    bool ending;
};

extern const struct route movies_routes[];
extern const struct snapshot_part movies_snapshot[];

handler movies_list, movies_search, movies_featured, movies_show, movies_create, movies_edit, movies_delete;
/* The film's id in the path. INVALID movie_id_invalid. */
const fault *movies_id_read(struct call *c, str *id) MUST_CHECK;

handler movies_genre_list, movies_genre_create;
handler movies_poster_show, movies_poster_put, movies_poster_delete;
handler movies_import_rows, movies_film_lookup;

#endif
