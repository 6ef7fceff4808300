/* server.h - HTTP/1.1 on the loop: strict heads, keep-alive, pipelining, chunks, deadlines, drain.
 *
 * Bounds: head 16 KiB and 100 headers (431), body 1 MiB (413), 10 s from a request's first byte to
 * its last (408), 60 s idle, 30 s to send an answer, 10,000 connections (503). One request of a
 * connection runs at a time; what follows waits in the kernel. */
#ifndef TAQUILLA_HTTP_SERVER_H
#define TAQUILLA_HTTP_SERVER_H

#include "lib/http/route.h"

#define REQUEST_DEADLINE_MS 10000
#define IDLE_DEADLINE_MS 60000
#define SEND_DEADLINE_MS 30000
#define CONNECTIONS_MAX 10000

struct server;

/* Listens on address:port (port 0: any; *bound_port tells). INVALID listen_failed. */
const fault *server_open(arena *a, struct server **out, struct site *site, const char *address, int port,
                         int *bound_port) MUST_CHECK;
/* No new connections; answers under way are finished, idle connections closed; `drained` is called when none is
 * left or grace_ms passed. */
void server_drain(struct server *s, int64_t grace_ms, void (*drained)(void *), void *arg);
void server_close(struct server *s);

#endif
