/* fuzz_shapes.h - which shapes a fuzz target of lib/json reads: lib/json has its sample, a service
 * links its own table.
 *
 * A service's table is one file, built with fuzz_json.c or fuzz_query.c:
 *   FUZZ_SHAPES(&booking_shape, &payment_input_shape); */
#ifndef TAQUILLA_JSON_FUZZ_SHAPES_H
#define TAQUILLA_JSON_FUZZ_SHAPES_H

#include "lib/json/shape.h"

extern const struct shape *const fuzz_shapes[]; /* ended by NULL */

#define FUZZ_SHAPES(...) const struct shape *const fuzz_shapes[] = { __VA_ARGS__, NULL }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
