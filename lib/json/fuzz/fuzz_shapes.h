/* fuzz_shapes.h - which shapes a fuzz target of lib/json reads: lib/json has its sample, a service
 * links its own table.
 *
 * A table is one file, built with fuzz_json.c or fuzz_query.c: FUZZ_SHAPES(&one_shape, &other_shape);
 * a service's is FUZZ_ROUTES, in lib/http/fuzz/route_shapes.h. */
#ifndef TAQUILLA_JSON_FUZZ_SHAPES_H
#define TAQUILLA_JSON_FUZZ_SHAPES_H

#include "lib/json/shape.h"

/* Is it never written, because it keeps whole objects as they were read? */
static inline bool shape_for_reading_alone(const struct shape *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->fields[i].whole || (s->fields[i].shape && shape_for_reading_alone(s->fields[i].shape)))
            return true;
    return false;
}

const struct shape *const *fuzz_shapes(void); /* ended by NULL */

#define FUZZ_SHAPES(...)                                                                           \
    const struct shape *const *fuzz_shapes(void)                                                   \
    {                                                                                              \
        static const struct shape *const all[] = { __VA_ARGS__, NULL };                            \
        return all;                                                                                \
    }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
