/* service.h - reservations: users, seats sold and held, payments. The one owner of who sits where. */
#ifndef TAQUILLA_RESERVATIONS_SERVICE_H
#define TAQUILLA_RESERVATIONS_SERVICE_H

#include "lib/frame/service.h"

extern const struct service reservations_service;

#endif
