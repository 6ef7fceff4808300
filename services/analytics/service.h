/* service.h - analytics, for the program that runs it. */
#ifndef TAQUILLA_ANALYTICS_SERVICE_H
#define TAQUILLA_ANALYTICS_SERVICE_H

#include "lib/frame/service.h"

extern const struct service analytics_service;

#endif
