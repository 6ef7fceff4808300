/* service.h - gateway: one address for pages, apps and tills; answers from memory, commands go to their owners. */
#ifndef TAQUILLA_GATEWAY_SERVICE_H
#define TAQUILLA_GATEWAY_SERVICE_H

#include "lib/frame/service.h"

extern const struct service gateway_service;

#endif
