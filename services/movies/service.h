/* service.h - movies: films and genres, listed and searched. */
#ifndef TAQUILLA_MOVIES_SERVICE_H
#define TAQUILLA_MOVIES_SERVICE_H

#include "lib/frame/service.h"

extern const struct service movies_service;

#endif
