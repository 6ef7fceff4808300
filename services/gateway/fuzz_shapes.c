/* fuzz_shapes.c - what the gateway reads: its routes' queries, and the owners' answers that it joins. */
#include "lib/http/fuzz/route_shapes.h"
#include "services/gateway/gateway.h"

FUZZ_ROUTES(gateway_routes, &films_answer_shape, &showings_answer_shape, &layout_answer_shape,
            &claims_answer_shape, &dashboard_answer_shape)
