/* fuzz_shapes.c - what analytics reads: its routes' queries, and the facts and answers of the owners. */
#include "lib/http/fuzz/route_shapes.h"
#include "services/analytics/analytics.h"

FUZZ_ROUTES(analytics_routes, &analytics_film_fact_shape, &analytics_room_fact_shape, &analytics_seats_fact_shape,
            &analytics_showing_fact_shape, &analytics_user_fact_shape, &analytics_reservation_fact_shape,
            &analytics_payment_fact_shape, &analytics_names_shape)
