/* service.h - ingestion: safe copies of everything, here and (once configured) in the cloud. */
#ifndef TAQUILLA_INGESTION_SERVICE_H
#define TAQUILLA_INGESTION_SERVICE_H

#include "lib/frame/service.h"

extern const struct service ingestion_service;

#endif
