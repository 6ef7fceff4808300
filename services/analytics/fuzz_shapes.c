/* fuzz_shapes.c - what analytics reads: its routes' queries, and the rows and answers of the owners. */
#include "lib/http/fuzz/route_shapes.h"
#include "services/analytics/analytics.h"

FUZZ_ROUTES(analytics_routes, &analytics_user_row_shape, &analytics_reservation_row_shape,
            &analytics_reserved_row_shape, &analytics_room_row_shape, &analytics_seat_row_shape,
            &analytics_schedule_row_shape, &analytics_movie_row_shape, &analytics_end_row_shape,
            &analytics_names_shape)
