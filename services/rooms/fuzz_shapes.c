/* fuzz_shapes.c - what rooms reads: its routes' bodies and queries, and its own rows and events. */
#include "lib/http/fuzz/route_shapes.h"
#include "services/rooms/rooms.h"

FUZZ_ROUTES(rooms_routes, &rooms_room_shape, &rooms_seats_made_shape, &rooms_showing_row_shape,
            &rooms_showing_event_shape, &rooms_room_import_shape, &rooms_showing_import_shape)
