/* store_mongo_posters.h - posters on MongoDB, for the parts of that store alone. */
#ifndef TAQUILLA_MOVIES_STORE_MONGO_POSTERS_H
#define TAQUILLA_MOVIES_STORE_MONGO_POSTERS_H

#include "services/movies/store_mongo.h"
#include "services/movies/store_posters.h"

#define POSTERS_COLLECTION "movies_posters" /* a document a poster, without its bytes */
#define PARTS_COLLECTION "movies_poster_parts"

void movies_mongo_posters_fill(struct store *s);
/* Takes away posters that no film has any more, an hour after they came. */
const fault *movies_mongo_posters_sweep(struct mongo_store *s, arena *a) MUST_CHECK;
/* The part of that number; *found: it is there. */
const fault *movies_mongo_part(struct mongo_store *s, arena *a, str movie_id, str digest, int64_t part,
                               struct poster_part *out, bool *found) MUST_CHECK;
/* Parts of any posters, as a restore brings them. */
const fault *movies_mongo_parts_put(struct mongo_store *s, arena *a, const list *parts) MUST_CHECK;

#endif
