/* fuzz_shapes.c - what the gateway reads: its routes' queries, and the owners' answers that it joins. */
#include "lib/http/fuzz/route_shapes.h"
#include "services/gateway/gateway.h"

FUZZ_ROUTES(gateway_routes, &film_shape, &room_shape, &room_seats_shape, &showing_fact_shape, &sale_shape,
            &dashboard_answer_shape, &queue_booked_shape)
