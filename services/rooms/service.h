/* service.h - rooms: rooms, their seats, and the showings in them. */
#ifndef TAQUILLA_ROOMS_SERVICE_H
#define TAQUILLA_ROOMS_SERVICE_H

#include "lib/frame/service.h"

extern const struct service rooms_service;

#endif
