/* movies.h - the service's own struct and its handlers. */
#ifndef TAQUILLA_MOVIES_MOVIES_H
#define TAQUILLA_MOVIES_MOVIES_H

#include "lib/feed/feed.h"
#include "lib/feed/import.h"
#include "lib/http/client.h"
#include "lib/loop/fiber.h"
#include "services/movies/store.h"

struct movies {
    struct store *store;
    struct upstream *rooms; /* NULL: this service runs alone */
    struct feed feed;
    struct fiber *keeper; /* forgets old keys, while it runs */
    bool ending;
};

extern const struct route movies_routes[];

bool movies_closed(void *service); /* a restore runs: nothing else happens */

handler movies_list, movies_search, movies_featured, movies_show, movies_create, movies_edit, movies_delete;
handler movies_genre_list, movies_genre_create;
handler movies_by_ids, movies_import_rows, movies_film_lookup, movies_feed;

/* handlers_export.c */
handler movies_export, movies_export_table, movies_restore_start, movies_restore_rows, movies_restore_finish;

#endif
