/* fuzz_shapes.h - which shapes a fuzz target of lib/json reads: lib/json has its sample, a service
 * links its own table.
 *
 * A table is one file, built with fuzz_json.c or fuzz_query.c: FUZZ_SHAPES(&one_shape, &other_shape);
 * a service's is FUZZ_ROUTES, in lib/http/fuzz/route_shapes.h. */
#ifndef TAQUILLA_JSON_FUZZ_SHAPES_H
#define TAQUILLA_JSON_FUZZ_SHAPES_H

#include "lib/json/shape.h"

const struct shape *const *fuzz_shapes(void); /* ended by NULL */

#define FUZZ_SHAPES(...)                                                                           \
    const struct shape *const *fuzz_shapes(void)                                                   \
    {                                                                                              \
        static const struct shape *const all[] = { __VA_ARGS__, NULL };                            \
        return all;                                                                                \
    }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
