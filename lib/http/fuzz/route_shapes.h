/* route_shapes.h - the shapes that a service's routes read, bodies and query strings, for the fuzz
 * targets of lib/json: a new route is fuzzed without a word.
 *
 * A service's table is one file; behind its routes, what it reads of other services' answers:
 *   FUZZ_ROUTES(reservations_routes, &showing_shape) */
#ifndef TAQUILLA_HTTP_ROUTE_SHAPES_H
#define TAQUILLA_HTTP_ROUTE_SHAPES_H

#include "lib/http/route.h"
#include "lib/json/fuzz/fuzz_shapes.h"

/* Each shape once, NULL at the end; both lists are ended too. */
const struct shape *const *route_shapes(const struct route *routes, const struct shape *const *more);

#define FUZZ_ROUTES(routes, ...)                                                                   \
    const struct shape *const *fuzz_shapes(void)                                                   \
    {                                                                                              \
        static const struct shape *const more[] = { __VA_ARGS__ __VA_OPT__(, ) NULL };             \
        return route_shapes(routes, more);                                                         \
    }

#endif
