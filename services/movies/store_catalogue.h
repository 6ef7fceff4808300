/* store_catalogue.h - every film in memory, each with its JSON written once: found by id, listed by date, genre and rating, and
 * searched; and the list of genres. It knows no database: a store puts films in, in the order in which they were made. Loop thread only. */
#ifndef TAQUILLA_MOVIES_STORE_CATALOGUE_H
#define TAQUILLA_MOVIES_STORE_CATALOGUE_H

#include "lib/db/tokens.h"
#include "services/movies/model.h"

struct catalogue; /* on the heap */
struct catalogue *catalogue_new(const struct tokens *tokens);
void catalogue_free(struct catalogue *c);

/* A new one, or in place of the one with its id. */
void catalogue_put(struct catalogue *c, const struct movie *m);
/* All of them (struct genre), in the order in which they are listed. */
void catalogue_put_genres(struct catalogue *c, const list *genres);

/* What these give (struct written) holds until the next put. */
list catalogue_genres(const struct catalogue *c);
bool catalogue_show(const struct catalogue *c, str id, struct written *out);
void catalogue_list(struct catalogue *c, arena *a, const struct movie_filter *filter, list *out, int64_t *total);
void catalogue_search(struct catalogue *c, arena *a, const struct movie_filter *filter, list *out, int64_t *total);
void catalogue_featured(struct catalogue *c, arena *a, int64_t limit, list *out);

#endif
