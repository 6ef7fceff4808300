/* probe.h - one short question to a service of ours, asked without the loop: for `up` and `status`. */
#ifndef TAQUILLA_PROBE_H
#define TAQUILLA_PROBE_H

#include "lib/base/str.h"

/* Where somebody on this machine reaches what listens on `listen`: 0.0.0.0 is 127.0.0.1, :: is ::1. */
const char *probe_address(const char *listen);

/* The address as it stands in a URL: IPv6 in brackets. */
#define URL_HOST_MAX 300
str url_host(char room[URL_HOST_MAX], const char *address);

/* Is nobody listening there? True too for an address that cannot be tried: the service will say so. */
bool port_is_free(const char *listen, int port);

/* GET path; the answer's status, 0 when there was none in time. *body is what fits of it. */
int probe_get(const char *address, int port, const char *path, int timeout_ms, char *room, size_t size, str *body);

#endif
