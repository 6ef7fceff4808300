/* fuzz_shapes.c - what movies reads: its routes' bodies and queries, and the rows of an import, which
 * are films as somebody else wrote them. */
#include "lib/http/fuzz/route_shapes.h"
#include "services/movies/movies.h"

FUZZ_ROUTES(movies_routes, &movie_shape, &genre_shape)
