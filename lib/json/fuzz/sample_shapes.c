/* sample_shapes.c - the table of lib/json's own fuzz targets: one shape with every kind, in each of
 * its manners. */
#include "lib/json/fuzz/fuzz_shapes.h"
#include "lib/json/test_shapes.h"

FUZZ_SHAPES(&sample_shape, &sample_nullable_shape, &sample_edit_shape, &sample_seat_shape,
            &sample_query_shape)
