/* fuzz_shapes.c - what reservations reads: its routes' bodies and queries, a showing as rooms tells it,
 * and its own facts. */
#include "lib/http/fuzz/route_shapes.h"
#include "services/reservations/reservations.h"

FUZZ_ROUTES(reservations_routes, &told_showing_shape, &told_seats_shape, &user_shape, &reservation_fact_shape,
            &payment_fact_shape, &checkin_fact_shape, &user_import_shape)
