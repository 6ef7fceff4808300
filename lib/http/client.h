/* client.h - HTTP to another service of ours: keep-alive connections, deadlines, tries, a breaker.
 *
 * Idempotent calls (GET, HEAD, PUT, DELETE, and POST with an Idempotency-Key) are tried up to 3
 * times, 20 to 200 ms apart with jitter, inside one deadline; others only when no connection could
 * be made. Faults: UNAVAILABLE upstream_away (refused, broken, late; Retry-After 1), upstream_open
 * (the breaker is open), upstream_busy (too many calls are under way already: what waits for one
 * service takes nothing from the others). An answer of any status is a success here. */
#ifndef TAQUILLA_HTTP_CLIENT_H
#define TAQUILLA_HTTP_CLIENT_H

#include "lib/base/fault.h"
#include "lib/http/breaker.h"
#include "lib/http/message.h"

#define UPSTREAM_CONNECTIONS_MAX 256     /* more callers wait, within their deadline */
#define UPSTREAM_CALLS_MAX 1024          /* those who wait included */
#define UPSTREAM_CALLS_PAYING 128        /* of them for who pays alone */
#define UPSTREAM_BODY_BYTES_MAX (64 * 1024 * 1024)

struct upstream;

/* url: http://host:port ; names are resolved by offload, at need. */
const fault *upstream_open(arena *a, struct upstream **out, const char *name, str url,
                           str service_token) MUST_CHECK;
void upstream_close(struct upstream *u); /* calls under way end at once: upstream_away */
const char *upstream_name(const struct upstream *u);
const struct breaker *upstream_breaker(const struct upstream *u);
int64_t upstream_heard_ms(const struct upstream *u); /* loop time of its last answer; 0: none yet */
int upstream_calls(const struct upstream *u);        /* under way */

struct outgoing {
    enum method method;
    str target;                  /* path and query, encoded */
    const struct header *headers; /* besides Host, Content-Length, Connection */
    size_t header_count;
    str body;
    int64_t deadline_ms;         /* from now; 0: 2000 */
    bool internal;               /* adds Authorization: Bearer SERVICE_TOKEN */
    bool pays;                   /* it may take the places kept for who pays, and goes before who does not */
    bool patient;                /* its answer may take long: a service that is silent meanwhile is asked whether it lives, and the
                                  * call ends with all others when that is not answered within two seconds from its begin */
};

/* The answer lives in the arena. Fibers only. */
const fault *upstream_call(struct upstream *u, arena *a, const struct outgoing *want,
                           struct message *answer) MUST_CHECK;

/* As upstream_call, but the body of a 200 is handed on as it comes, never whole in memory: `piece` runs on this fiber, may
 * park (the other side then waits), and its fault ends the exchange and is the result. The other tries end with the first
 * piece. deadline_ms counts anew from piece to piece. An answer of another status comes whole, as ever. UNAVAILABLE
 * upstream_away also when the body ends before its end. */
struct piece_taker {
    const fault *(*piece)(struct piece_taker *, str bytes);
    void *arg;
};
const fault *upstream_stream(struct upstream *u, arena *a, const struct outgoing *want, struct piece_taker *taker,
                             struct message *answer) MUST_CHECK;

#endif
