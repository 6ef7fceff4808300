/* described.h - how the owners' things look that the gateway passes on as they were written: for the API's description
 * alone. Nothing is read or written by these shapes; the outside tests hold every answer against them. */
#ifndef TAQUILLA_GATEWAY_DESCRIBED_H
#define TAQUILLA_GATEWAY_DESCRIBED_H

#include "lib/json/shape.h"

extern const struct shape described_showtime_shape;    /* a showing with "movie" and "room" */
extern const struct shape described_details_shape;     /* "movie" and its "schedules" with "room" */
extern const struct shape described_dashboard_shape;   /* "user" and "reservations" with "movie" and "schedule" */
extern const struct shape described_reservation_shape; /* as book-ticket answers it, with accessCode */

/* described_tickets.c */
extern const struct shape described_admission_shape, described_checkin_shape, described_door_shape, described_ticket_keys_shape;

#endif
