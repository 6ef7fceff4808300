/* services.h - the services that this program holds, in the order in which they are started. */
#ifndef TAQUILLA_SERVICES_H
#define TAQUILLA_SERVICES_H

#include "services/analytics/service.h"
#include "services/gateway/service.h"
#include "services/ingestion/service.h"
#include "services/movies/service.h"
#include "services/reservations/service.h"
#include "services/rooms/service.h"

#define SERVICE_COUNT 6
#define GATEWAY_AT 3   /* its owners stand before it */
#define BASE_PORT 3001 /* of the first; the others follow */

extern const struct service *const services[SERVICE_COUNT];
const struct service *service_named(const char *name); /* NULL when there is none */

#endif
