/* handlers.h - the handlers that routes.c lists, and how they read the service's struct. */
#ifndef TAQUILLA_ROOMS_HANDLERS_H
#define TAQUILLA_ROOMS_HANDLERS_H

#include "services/rooms/rooms.h"

/* handlers.c */
handler rooms_room_list, rooms_room_show, rooms_room_create, rooms_room_edit, rooms_room_delete;
handler rooms_seat_list, rooms_seat_create, rooms_seat_edit, rooms_seat_delete;

/* handlers_showings.c: on the wire, schedules */
handler rooms_showing_list, rooms_showing_show, rooms_showings_of_film;
handler rooms_showing_create, rooms_showing_edit, rooms_showing_delete;

/* handlers_import.c */
handler rooms_import_rooms, rooms_import_showings;

/* handlers_internal.c */
handler rooms_internal_showings, rooms_restore_finish;

#endif
